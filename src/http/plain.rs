//! The room without scripts: a page, and its two frames.
//!
//! The log is a document that does not end while its reader may read and the server runs, up to
//! a quarter of an hour. It is written as a poll reads: it waits for the hub, then asks for what
//! changed, so that the hub needs no second form of each frame. Its body is an ordinary one; a
//! reader who does not take the last chunk holds the next one and, after another quarter of an
//! hour, nothing.
//!
//! **Invariant:** each look at the file asks for the right again, on the same snapshot.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use maud::Markup;
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;

use super::Site;
use super::answer::{self, Answer, Fault, see_other};
use super::headers;
use super::input::{Form, Id, Query, fresh_nonce, nonce};
use super::rooms::allow_frames;
use super::streams::{is_from_elsewhere, too_many};
use super::visit::Visit;
use crate::change::Cursor;
use crate::draft::Draft;
use crate::error::{Error, Result};
use crate::id::{AccountId, RoomId};
use crate::language;
use crate::log::{self, Since};
use crate::message;
use crate::page::{self, PageLink};
use crate::permission::{self, Grant, Post, View};
use crate::presence::{State as Presence, Window};
use crate::status;
use crate::view::plain::{Composer, Open, Plain};
use crate::view::unsaved::Unsaved;
use crate::{room, view};

/// How long a log goes on: a document that only grows should not grow for ever.
const LIFE: Duration = Duration::from_mins(15);
/// So often the log says that it goes on; the style knows what to say when it does not.
const BEAT: Duration = Duration::from_secs(15);
/// A stopped server is back by then, more often than not.
const AFTER_STOP: u32 = 2;
/// Messages that a browser without frames shows.
const N_WITHOUT_FRAMES: usize = 30;

pub(super) async fn show(
    State(site): State<Site>,
    visit: Visit,
    Id(room): Id<RoomId>,
) -> Answer<Response> {
    Ok(whole(&site, &visit, room, "", None).await?)
}

#[derive(Deserialize)]
pub(super) struct Wanted {
    lines: Option<String>,
}

pub(super) async fn compose(
    State(site): State<Site>,
    visit: Visit,
    Id(room): Id<RoomId>,
    Query(wanted): Query<Wanted>,
) -> Response {
    let large = wanted.lines.is_some();
    match form(&site, &visit, room, "", None, large).await {
        Ok(form) => framed(&visit, StatusCode::OK, form),
        Err(error) => refused(&visit, room, &error, ""),
    }
}

#[derive(Deserialize)]
pub(super) struct Sent {
    body: String,
    #[serde(default)]
    nonce: String,
    /// Sent from the page itself, by a browser without frames.
    whole: Option<String>,
}

pub(super) async fn create(
    State(site): State<Site>,
    visit: Visit,
    Id(room): Id<RoomId>,
    Form(sent): Form<Sent>,
) -> Answer {
    let draft = Draft { body: sent.body, nonce: nonce(&sent.nonce) };
    let in_frame = sent.whole.is_none();
    match post(&site, &visit, room, draft.clone()).await {
        // The fragment brings the focus back into the box.
        Ok(()) if in_frame => Ok(see_other(&format!("/rooms/{room}/plain/compose#text"))),
        Ok(()) => Ok(see_other(&format!("/rooms/{room}/plain"))),
        Err(error) if in_frame => Ok(kept(&site, &visit, room, &draft.body, &error).await),
        Err(error) => {
            let told = view::text::error(&error);
            let page = match error {
                // Where anyone may read there would be a page, and no box in it.
                Error::LoginNeeded => None,
                _ => whole(&site, &visit, room, &draft.body, Some(&told)).await.ok(),
            };
            let place = format!("/rooms/{room}/plain");
            match page {
                Some(page) => Ok(answer::again(&error, page)),
                None => Err(Fault::from(error).keeping(Unsaved::message(&draft.body), &place)),
            }
        }
    }
}

/// The endless document.
pub(super) async fn stream(
    State(site): State<Site>,
    visit: Visit,
    Id(room): Id<RoomId>,
    headers: HeaderMap,
) -> Response {
    if is_from_elsewhere(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    match begin(&site, &visit, room).await {
        Ok(body) => {
            let mut response = framed(&visit, StatusCode::OK, body);
            let headers = response.headers_mut();
            headers
                .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
            headers.insert(
                header::CACHE_CONTROL,
                HeaderValue::from_static("no-cache, no-store, no-transform"),
            );
            // Proxies, and our own compression, hold back what they are not told to let pass.
            headers.insert(
                HeaderName::from_static("x-accel-buffering"),
                HeaderValue::from_static("no"),
            );
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("identity"));
            response
        }
        Err(error) => {
            let mut response = refused(&visit, room, &error, "");
            if let Some(after) = answer::retry_after(&error) {
                response.headers_mut().insert(header::RETRY_AFTER, after);
            }
            response
        }
    }
}

// ------------------------------------------------------------------------------------ the log

async fn begin(site: &Site, visit: &Visit, room: RoomId) -> Result<Body> {
    let grant = permission::may::<View>(&site.app, visit.viewer(), room).await?;
    let held = site.live.hold(visit.viewer(), visit.address(), Window::default());
    let held = held.ok_or_else(too_many)?;
    let here = site.live.polls(&site.app, room, visit.viewer(), Window::default());
    let present = present(site, room);
    let log = log::latest(&site.app, &grant).await?;
    let panel = status::panel(&site.app, &grant).await?;
    let may_post = permission::may::<Post>(&site.app, visit.viewer(), room).await.is_ok();
    let may_react = may_post && view::text::shut(&panel.room).is_none();
    let document = view::plain::log(&visit.shell(), &panel, &log.messages, may_react);
    let (chunks, body) = mpsc::channel(1);
    let reading = Reading {
        site: site.clone(),
        grant,
        nonce: visit.nonce().to_owned(),
        cursor: log.cursor,
        present,
        chunks,
    };
    let spoken = language::spoken();
    tokio::spawn(language::scope(spoken, async move {
        let _while_it_lasts = (here, held);
        reading.go_on(document).await;
    }));
    Ok(Body::from_stream(ReceiverStream::new(body).map(Ok::<_, Infallible>)))
}

/// One open log.
struct Reading {
    site: Site,
    grant: Grant<View>,
    nonce: String,
    cursor: Cursor,
    present: Vec<(AccountId, Presence)>,
    chunks: mpsc::Sender<Bytes>,
}

/// Nobody takes the document any more.
struct Gone;

impl Reading {
    async fn go_on(mut self, document: Open) {
        let end = Instant::now() + LIFE;
        let last_word = match self.write(document.begin.into()).await {
            Ok(()) => self.until(end).await,
            Err(Gone) => return,
        };
        if let Ok(word) = last_word
            && self.write(word.into_string().into()).await.is_ok()
        {
            let _ = self.write(document.end.into()).await;
        }
    }

    /// Writes what happens, until there is a last word to say.
    async fn until(&mut self, end: Instant) -> Result<Markup, Gone> {
        let room = self.grant.room();
        let mut beat = Instant::now() + BEAT;
        loop {
            // Before the read, so that nothing falls between.
            let heard = self.site.live.hub.listen(room.0);
            if self.site.live.hub.is_stopping() {
                return Ok(view::plain::again(room, AFTER_STOP));
            }
            match self.news().await {
                Ok(Some(news)) if news.0.is_empty() => {}
                Ok(Some(news)) => self.write(news.into_string().into()).await?,
                Ok(None) => return Ok(view::plain::again(room, 0)),
                Err(Error::NotFound | Error::LoginNeeded) => return Ok(view::plain::shut(room)),
                Err(error) => {
                    tracing::warn!(%error, %room, "a plain log could not be read");
                    return Ok(view::plain::again(room, AFTER_STOP));
                }
            }
            tokio::select! {
                _ = heard => {}
                () = tokio::time::sleep_until(beat) => {
                    self.write(view::plain::beat(room).into_string().into()).await?;
                    beat = Instant::now() + BEAT;
                }
                () = tokio::time::sleep_until(end) => return Ok(view::plain::again(room, 0)),
                () = self.chunks.closed() => return Err(Gone),
            }
        }
    }

    /// What changed; `None` when that is too much to be told one by one.
    async fn news(&mut self) -> Result<Option<Markup>> {
        let app = &self.site.app;
        let since = log::since_now(app, &self.grant, Some(self.cursor.clone())).await?;
        let Since::Changes(log) = since else { return Ok(None) };
        let mut news = view::plain::more(&self.nonce, &log.messages, self.cursor.seq);
        self.cursor = log.cursor;
        let present = present(&self.site, self.grant.room());
        if present != self.present {
            let panel = status::panel(app, &self.grant).await?;
            news.0.push_str(&view::plain::here(&panel.present).0);
            self.present = present;
        }
        Ok(Some(news))
    }

    async fn write(&self, chunk: Bytes) -> Result<(), Gone> {
        self.chunks.send_timeout(chunk, LIFE).await.map_err(|_| Gone)
    }
}

fn present(site: &Site, room: RoomId) -> Vec<(AccountId, Presence)> {
    site.app.presence.present(room, site.app.clock.now())
}

// ------------------------------------------------------------------------------------ the box

async fn post(site: &Site, visit: &Visit, room: RoomId, draft: Draft) -> Result<()> {
    answer::count(site, visit)?;
    let grant = permission::may::<Post>(&site.app, visit.viewer(), room).await?;
    message::post(&site.app, &grant, draft).await.map(drop)
}

async fn form(
    site: &Site,
    visit: &Visit,
    room: RoomId,
    draft: &str,
    error: Option<&str>,
    large: bool,
) -> Result<Markup> {
    let grant = permission::may::<View>(&site.app, visit.viewer(), room).await?;
    let shut = view::text::shut(&room::show(&site.app, &grant).await?);
    let may_post = permission::may::<Post>(&site.app, visit.viewer(), room).await.is_ok();
    let nonce = fresh_nonce();
    let composer =
        Composer { room, shut: shut.as_deref(), may_post, nonce: &nonce, draft, error, large };
    Ok(view::plain::compose(&visit.shell(), &composer))
}

/// The box again, with what was typed and why it was not posted.
async fn kept(site: &Site, visit: &Visit, room: RoomId, draft: &str, error: &Error) -> Response {
    let large = draft.trim_end().contains('\n');
    let form = match error {
        Error::LoginNeeded => None,
        _ => form(site, visit, room, draft, Some(&view::text::error(error)), large).await.ok(),
    };
    let mut response = match form {
        Some(form) => answer::again(error, form),
        None => return refused(visit, room, error, draft),
    };
    allow_frames(&mut response, visit, "'self'");
    response
}

async fn whole(
    site: &Site,
    visit: &Visit,
    room: RoomId,
    draft: &str,
    error: Option<&str>,
) -> Result<Response> {
    let grant = permission::may::<View>(&site.app, visit.viewer(), room).await?;
    let log = log::latest(&site.app, &grant).await?;
    let panel = status::panel(&site.app, &grant).await?;
    let page = page::show(&site.app, &grant).await?;
    let may_post = permission::may::<Post>(&site.app, visit.viewer(), room).await.is_ok();
    let nonce = fresh_nonce();
    let (shut, large) = (view::text::shut(&panel.room), draft.contains('\n'));
    let latest = log.messages.len().saturating_sub(N_WITHOUT_FRAMES);
    let plain = Plain {
        page: &PageLink { id: page.id, title: page.title },
        panel: &panel,
        messages: log.messages.get(latest..).unwrap_or_default(),
        composer: Composer {
            room,
            shut: shut.as_deref(),
            may_post,
            nonce: &nonce,
            draft,
            error,
            large,
        },
    };
    let mut response = view::plain::page(&visit.shell(), &plain).into_response();
    let policy = format!("{}; frame-src 'self'", headers::policy(visit.nonce(), "'none'"));
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    Ok(response)
}

// ------------------------------------------------------------------------------------ frames

/// A part of the page: an answer that our own page may frame.
fn framed(visit: &Visit, status: StatusCode, part: impl IntoResponse) -> Response {
    let mut response = (status, part).into_response();
    allow_frames(&mut response, visit, "'self'");
    response
}

/// A refusal that can be read inside a frame.
fn refused(visit: &Visit, room: RoomId, error: &Error, draft: &str) -> Response {
    let shell = visit.shell();
    let part = match error {
        Error::NotFound | Error::LoginNeeded => view::plain::refused(&shell, room, draft),
        error => {
            if let Error::Broken(source) = error {
                tracing::error!(%source, %room, "a part of a plain room failed");
            }
            view::plain::trouble(&shell, &view::text::error(error), draft)
        }
    };
    framed(visit, answer::status(error), part)
}
