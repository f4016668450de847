//! Streams and long-polls: the live side of a room.

use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Version};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::Site;
use super::answer::{Answer, Malformed};
use super::input::Id;
use super::visit::Visit;
use crate::change::Cursor;
use crate::id::RoomId;
use crate::log::{self, Since};
use crate::permission::{self, Grant, View};
use crate::presence::Window;
use crate::view::room::Poll;
use crate::{sse, view};

/// How long a poll waits for something to happen.
const PATIENCE: Duration = Duration::from_secs(20);
/// A stream that was heard so lately (two heartbeats) needs no poll beside it.
const ALIVE_MS: i64 = 22_000;
/// Every so many polls in a row the window tries a stream again.
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
    // On a reconnect the address is the old one: the header knows better.
    let last = headers.get("last-event-id").map(|id| id.to_str().unwrap_or("?").to_owned());
    let Ok(cursor) = read_cursor(last.or(from.after)) else {
        return Ok(Malformed("This is no cursor of ours.\n").into_response());
    };
    let grant = permission::may::<View>(&site.app, visit.viewer(), room).await?;
    Ok(sse::open(&site.app, &site.live, &grant, window(&headers), cursor, version).await?)
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
    let Ok(cursor) = read_cursor(asked.after) else {
        return Ok(Malformed("This is no cursor of ours.\n").into_response());
    };
    let grant = permission::may::<View>(&site.app, visit.viewer(), room).await?;
    if let Some(account) = visit.viewer().account_id() {
        site.app.pace.poll(account.0)?;
    }
    let now = site.app.clock.now().as_millisecond();
    let well = asked.alive.is_some_and(|alive| alive > 0 && (now - alive).abs() < ALIVE_MS);
    // The first poll of a window answers at once: it was the doubt that asked.
    let wait = !well && asked.tries != Some(0);
    let _here = site.live.polls(&site.app, room, visit.viewer(), window(&headers));
    let since = changes(&site, &grant, cursor.as_ref(), wait).await?;
    let tries = if well { 0 } else { asked.tries.unwrap_or(0).saturating_add(1) };
    Ok(polled(room, since, cursor.as_ref(), tries, asked.tries.is_some() && !well))
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

fn polled(room: RoomId, since: Since, asked: Option<&Cursor>, tries: u32, again: bool) -> Response {
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
    let renew = again && tries > 0 && tries.is_multiple_of(RENEW_EVERY);
    let poll = Poll { room, changes, cursor: &cursor, tries, renew };
    let mut response = view::room::polled(&poll).into_response();
    if too_far {
        // The same word as the stream's event; the window loads anew.
        set(&mut response, "reload");
    } else if again {
        set(&mut response, "again");
    }
    response
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

fn read_cursor(text: Option<String>) -> Result<Option<Cursor>, crate::change::Malformed> {
    text.filter(|text| !text.is_empty()).map(|text| text.parse()).transpose()
}
