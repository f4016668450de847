//! Streams and long-polls: the live side of a room.

use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Version};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::Site;
use super::answer::{Answer, Malformed};
use super::input::{Id, Query};
use super::visit::Visit;
use crate::change::Cursor;
use crate::error::Error;
use crate::id::RoomId;
use crate::log::{self, Since};
use crate::permission::{self, Grant, View};
use crate::presence::Window;
use crate::room::Room;
use crate::view::room::Poll;
use crate::{sse, status, view};

/// How long a poll waits for something to happen.
const PATIENCE: Duration = Duration::from_secs(20);
/// A stream that was heard so lately (two heartbeats) needs no poll beside it.
const ALIVE_MS: i64 = 22_000;
/// Every so many polls in a row the window tries a stream again, and after each that waited in vain.
const RENEW_EVERY: u32 = 5;

#[derive(Deserialize)]
pub(super) struct After {
    after: Option<String>,
}

pub(super) async fn open(
    State(site): State<Site>,
    visit: Visit,
    Id(room): Id<RoomId>,
    Query(from): Query<After>,
    version: Version,
    headers: HeaderMap,
) -> Answer {
    if is_from_elsewhere(&headers) {
        return Ok(StatusCode::FORBIDDEN.into_response());
    }
    // On a reconnect the address is the old one: the header knows better.
    let last = headers.get("last-event-id").map(|id| id.to_str().unwrap_or("?").trim());
    let last = last.filter(|last| !last.is_empty()).map(str::to_owned);
    let Ok(cursor) = read_cursor(last.or(from.after)) else {
        return Ok(Malformed("This is no cursor of ours.").into_response());
    };
    let grant = permission::may::<View>(&site.app, visit.viewer(), room).await?;
    let window = window(&headers);
    let Some(held) = site.live.hold(visit.viewer(), visit.address(), window) else {
        return if is_window(window) { Ok(sse::crowded()) } else { Err(too_many().into()) };
    };
    Ok(sse::open(&site.app, &site.live, &grant, (window, held), cursor, version).await?)
}

#[derive(Deserialize)]
pub(super) struct Asked {
    after: Option<String>,
    /// Polls in a row, by a window whose stream is silent; scripts leave it out.
    tries: Option<u32>,
    /// When the window last heard its stream, by the server's clock.
    alive: Option<i64>,
}

pub(super) async fn poll(
    State(site): State<Site>,
    visit: Visit,
    Id(room): Id<RoomId>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Answer {
    if is_from_elsewhere(&headers) {
        return Ok(StatusCode::FORBIDDEN.into_response());
    }
    let Ok(cursor) = read_cursor(asked.after.clone()) else {
        return Ok(Malformed("This is no cursor of ours.").into_response());
    };
    let grant = permission::may::<View>(&site.app, visit.viewer(), room).await?;
    if let Some(account) = visit.viewer().account_id() {
        site.app.rate_limits.poll(account.0)?;
    }
    let window = window(&headers);
    let held = site.live.hold(visit.viewer(), visit.address(), window);
    // A window goes on asking, each second; a script has to wait for what it holds elsewhere.
    if held.is_none() && !is_window(window) {
        return Err(too_many().into());
    }
    let mut next = Next::after(&asked, held.is_some(), site.app.clock.now().as_millisecond());
    let _here = site.live.polls(&site.app, room, visit.viewer(), window);
    let since = changes(&site, &grant, cursor.as_ref(), next.waits).await?;
    let in_vain = matches!(&since, Since::Changes(log) if log.messages.is_empty());
    next.renews |= next.event.is_some() && next.waits && in_vain;
    let state = status::state(&site.app, &grant).await?;
    Ok(polled(state, since, cursor.as_ref(), &next))
}

/// How a window goes on that has asked.
struct Next {
    /// Polls in a row, this one included; 0 where the stream is well.
    tries: u32,
    /// This poll waits for something to happen.
    waits: bool,
    /// It is time to try a stream again.
    renews: bool,
    /// By this event another one follows: at once, or after a second.
    event: Option<&'static str>,
}

impl Next {
    fn after(asked: &Asked, held: bool, now_ms: i64) -> Self {
        let well = asked.alive.is_some_and(|at| at > 0 && (now_ms - at).abs() < ALIVE_MS);
        let tries = match asked.tries.unwrap_or(0) {
            _ if well => 0,
            // As soon as the browser has a connection to spare, the stream has it.
            _ if !held => RENEW_EVERY - 1,
            tries => tries.saturating_add(1),
        };
        let again = asked.tries.is_some() && !well;
        let renews = again && held && tries.is_multiple_of(RENEW_EVERY);
        // The first poll of a window answers at once: it was the doubt that asked.
        let waits = held && !well && !renews && asked.tries != Some(0);
        let event = again.then_some(if held { "again" } else { "later" });
        Self { tries, waits, renews, event }
    }
}

/// What changed, or what will have within the patience of a poll.
async fn changes(
    site: &Site,
    grant: &Grant<View>,
    cursor: Option<&Cursor>,
    wait: bool,
) -> Answer<Since> {
    let room = grant.room();
    let end = tokio::time::Instant::now() + PATIENCE;
    let mut from = cursor.cloned();
    loop {
        // Before the read, so that nothing falls between.
        let heard = site.live.hub.listen(room.0);
        let since = log::since_now(&site.app, grant, from.clone()).await?;
        match &since {
            Since::Changes(log) if log.messages.is_empty() && wait => {
                from.get_or_insert_with(|| log.cursor.clone());
                // A hub that stops is heard at once, each time.
                let late = tokio::time::timeout_at(end, heard).await.is_err();
                if late || site.live.hub.is_stopping() {
                    return Ok(since);
                }
            }
            _ => return Ok(since),
        }
    }
}

fn polled(
    (room, first): (Room, i64),
    since: Since,
    asked: Option<&Cursor>,
    next: &Next,
) -> Response {
    let (changes, cursor, too_far) = match since {
        Since::Changes(log) => {
            let cursor = log.cursor.to_string();
            let after = asked.map(|cursor| cursor.seq);
            (view::message::replay(&log.messages, after, &cursor), cursor, false)
        }
        Since::TooFar(cursor) => {
            let cursor = cursor.to_string();
            (view::message::last(&cursor), cursor, true)
        }
    };
    let (tries, renew) = (next.tries, next.renews);
    let poll = Poll { room: &room, first, changes, cursor: &cursor, tries, renew };
    let mut response = view::room::polled(&poll).into_response();
    if too_far {
        // The same word as the stream's event; the window loads anew.
        set(&mut response, "reload");
    } else if let Some(event) = next.event {
        // A new stream gets a moment: a poll beside it would hold one more connection.
        set(&mut response, if next.renews { "later" } else { event });
    }
    response
}

/// Does the browser say that a page of another site asks? It could read nothing of the answer, but
/// would hold connections of its visitor's, and show them as being in the room.
pub(super) fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none")
}

fn set(response: &mut Response, event: &'static str) {
    response
        .headers_mut()
        .insert(HeaderName::from_static("hx-trigger"), HeaderValue::from_static(event));
}

/// Which of the viewer's windows asks: a number of its own, not in the address, so that a window
/// is opened by the same address again.
fn window(headers: &HeaderMap) -> Window {
    let number = headers.get("window").and_then(|number| number.to_str().ok()?.parse().ok());
    number.map(Window).unwrap_or_default()
}

/// A script names no window: it cannot be told to go on otherwise.
fn is_window(window: Window) -> bool {
    window != Window::default()
}

/// To who may hold no more connections.
pub(super) fn too_many() -> Error {
    Error::TooMany { seconds: 30 }
}

fn read_cursor(text: Option<String>) -> Result<Option<Cursor>, crate::change::Malformed> {
    text.filter(|text| !text.is_empty()).map(|text| text.parse()).transpose()
}
