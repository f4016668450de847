//! Rewriting a message, and what it said before.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use maud::Markup;
use serde::Deserialize;

use super::Site;
use super::answer::{self, Answer, Fault, see_other};
use super::input::{Form, Ids, Query};
use super::pastes;
use super::visit::Visit;
use crate::error::Error;
use crate::id::{Mid, RoomId};
use crate::message::Message;
use crate::permission::{self, Post, View};
use crate::view::unsaved::Unsaved;
use crate::{edit, view};

#[derive(Deserialize)]
pub(super) struct Rewritten {
    body: String,
}

/// The form in the message's place; for a browser without scripts a page of its own.
pub(super) async fn form(
    State(site): State<Site>,
    visit: Visit,
    Ids(room, mid): Ids<RoomId, Mid>,
    headers: HeaderMap,
) -> Answer<Markup> {
    let (message, source) = source(&site, &visit, room, mid).await?;
    Ok(if answer::is_htmx(&headers) {
        view::edit::form(&message, &source)
    } else {
        view::edit::page(&visit.shell(), &message, &source, None)
    })
}

async fn source(
    site: &Site,
    visit: &Visit,
    room: RoomId,
    mid: Mid,
) -> Result<(Message, String), Error> {
    let grant = permission::may::<Post>(&site.app, visit.viewer(), room).await?;
    edit::source(&site.app, &grant, mid).await
}

pub(super) async fn update(
    State(site): State<Site>,
    visit: Visit,
    Ids(room, mid): Ids<RoomId, Mid>,
    headers: HeaderMap,
    Form(rewritten): Form<Rewritten>,
) -> Answer {
    let navigates = !answer::is_htmx(&headers) && answer::accepts_html(&headers);
    match rewrite(&site, &visit, room, mid, &rewritten.body).await {
        Ok(_) if navigates => Ok(see_other(&format!("/rooms/{room}"))),
        Ok(message) => Ok(view::message::item(&message).into_response()),
        Err(error) if navigates => again(&site, &visit, room, mid, &rewritten.body, error).await,
        Err(error) => Err(error.into()),
    }
}

async fn rewrite(
    site: &Site,
    visit: &Visit,
    room: RoomId,
    mid: Mid,
    body: &str,
) -> Result<Message, Error> {
    answer::count(site, visit)?;
    let grant = permission::may::<Post>(&site.app, visit.viewer(), room).await?;
    edit::edit(&site.app, &grant, mid, body).await
}

/// The form again with what was typed and why it was not kept; or what was typed alone.
async fn again(
    site: &Site,
    visit: &Visit,
    room: RoomId,
    mid: Mid,
    typed: &str,
    error: Error,
) -> Answer<Response> {
    let Ok((message, _)) = source(site, visit, room, mid).await else {
        let place = format!("/rooms/{room}/messages/{mid}/edit");
        return Err(Fault::from(error).keeping(Unsaved::message(typed), &place));
    };
    let told = view::text::error(&error);
    let page = view::edit::page(&visit.shell(), &message, typed, Some(&told));
    Ok(answer::again(&error, page))
}

#[derive(Deserialize)]
pub(super) struct Which {
    /// This one alone, as plain text.
    version: Option<i64>,
    /// Those before this one.
    before: Option<i64>,
}

pub(super) async fn history(
    State(site): State<Site>,
    visit: Visit,
    Ids(room, mid): Ids<RoomId, Mid>,
    Query(which): Query<Which>,
) -> Answer {
    let grant = permission::may::<View>(&site.app, visit.viewer(), room).await?;
    if let Some(n) = which.version {
        return Ok(pastes::plain(edit::version(&site.app, &grant, mid, n).await?));
    }
    let history = edit::history(&site.app, &grant, mid, which.before).await?;
    Ok(view::edit::history(&visit.shell(), &history).into_response())
}
