//! Messages: posted, read back, removed.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use maud::Markup;
use serde::Deserialize;

use super::Site;
use super::answer::{self, Answer, Fault, see_other};
use super::input::{Form, Id, Ids, Query, nonce};
use super::rooms;
use super::visit::Visit;
use crate::draft::Draft;
use crate::error::Error;
use crate::id::{Mid, RoomId};
use crate::message;
use crate::permission::{self, Post, View};
use crate::view::unsaved::Unsaved;
use crate::{file, log, mention, view};

#[derive(Deserialize)]
pub(super) struct Sent {
    body: String,
    #[serde(default)]
    nonce: String,
    #[serde(default)]
    reply_to: String,
}

pub(super) async fn create(
    State(site): State<Site>,
    visit: Visit,
    Id(room): Id<RoomId>,
    headers: HeaderMap,
    Form(sent): Form<Sent>,
) -> Answer {
    let navigates = !answer::is_htmx(&headers) && answer::accepts_html(&headers);
    let draft = Draft { body: sent.body, nonce: nonce(&sent.nonce) };
    let to = answered(&sent.reply_to);
    match post(&site, &visit, room, draft.clone(), to).await {
        Ok(_) if navigates => Ok(see_other(&format!("/rooms/{room}"))),
        Ok(posted) => {
            let status = if posted.new { StatusCode::CREATED } else { StatusCode::OK };
            Ok((status, view::message::sent(&posted.message)).into_response())
        }
        Err(error) if navigates => keep_draft(&site, &visit, room, to, &draft.body, error).await,
        Err(error) => Err(error.into()),
    }
}

/// The message that a form says it answers.
pub(super) fn answered(reply_to: &str) -> Option<Mid> {
    match reply_to.trim() {
        "" => None,
        // What is no mid is in no room.
        to => Some(to.parse().unwrap_or(Mid(0))),
    }
}

async fn post(
    site: &Site,
    visit: &Visit,
    room: RoomId,
    draft: Draft,
    to: Option<Mid>,
) -> Result<message::Posted, Error> {
    answer::count(site, visit)?;
    let grant = permission::may::<Post>(&site.app, visit.viewer(), room).await?;
    message::reply(&site.app, &grant, draft, to).await
}

/// The window again, with what was typed and why it was not posted; or what was typed alone.
pub(super) async fn keep_draft(
    site: &Site,
    visit: &Visit,
    room: RoomId,
    to: Option<Mid>,
    draft: &str,
    error: Error,
) -> Answer<Response> {
    let told = view::text::error(&error);
    let window = match error {
        // Where anyone may read there would be a window, and no box in it.
        Error::LoginNeeded => None,
        _ => rooms::window(site, visit, room, to, draft, Some(&told)).await.ok(),
    };
    let Some(window) = window else {
        let place = format!("/rooms/{room}");
        return Err(Fault::from(error).keeping(Unsaved::message(draft), &place));
    };
    Ok(answer::again(&error, window))
}

#[derive(Deserialize)]
pub(super) struct Before {
    before: Option<String>,
}

pub(super) async fn older(
    State(site): State<Site>,
    visit: Visit,
    Id(room): Id<RoomId>,
    Query(from): Query<Before>,
) -> Answer<Markup> {
    let grant = permission::may::<View>(&site.app, visit.viewer(), room).await?;
    let before = from.before.as_deref().unwrap_or("").parse();
    let messages = match before {
        // A window without a message has nothing older.
        Ok(Mid(0)) => Vec::new(),
        Ok(before) => log::older(&site.app, &grant, before).await?,
        Err(_) => return Err(Error::invalid("before", "Name the message to look before.").into()),
    };
    Ok(view::message::older(&messages))
}

/// The permalink: its place in the transcript. A window of the room gets the message itself.
pub(super) async fn show(
    State(site): State<Site>,
    visit: Visit,
    Ids(room, mid): Ids<RoomId, Mid>,
    headers: HeaderMap,
) -> Answer {
    let grant = permission::may::<View>(&site.app, visit.viewer(), room).await?;
    if answer::is_htmx(&headers) {
        let message = message::show(&site.app, &grant, mid).await?;
        return Ok(view::message::item(&message).into_response());
    }
    let (page, part) = log::place(&site.app, &grant, mid).await?;
    Ok(see_other(&view::transcript::place(page, part, mid)))
}

#[derive(Deserialize)]
pub(super) struct Typed {
    #[serde(default)]
    q: String,
}

/// Who can be named, by the beginning of a name.
pub(super) async fn names(
    State(site): State<Site>,
    visit: Visit,
    Id(room): Id<RoomId>,
    Query(typed): Query<Typed>,
) -> Answer<Markup> {
    let grant = permission::may::<Post>(&site.app, visit.viewer(), room).await?;
    let names = mention::names(&site.app, &grant, &typed.q).await?;
    Ok(view::names::options(&names))
}

/// What stands over the box of somebody who answers a message.
pub(super) async fn reply(
    State(site): State<Site>,
    visit: Visit,
    Ids(room, mid): Ids<RoomId, Mid>,
) -> Answer<Markup> {
    let grant = permission::may::<View>(&site.app, visit.viewer(), room).await?;
    let message = message::show(&site.app, &grant, mid).await?;
    Ok(view::reply::reference(&message))
}

pub(super) async fn remove(
    State(site): State<Site>,
    visit: Visit,
    Ids(room, mid): Ids<RoomId, Mid>,
) -> Answer<Markup> {
    let grant = permission::may::<View>(&site.app, visit.viewer(), room).await?;
    let message = message::remove(&site.app, &grant, mid).await?;
    file::sweep(&site.app).await;
    Ok(view::message::item(&message))
}
