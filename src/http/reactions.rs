//! Reactions: who reacted, one more, one taken back.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::Markup;
use serde::Deserialize;

use super::Site;
use super::answer::{self, Answer, see_other};
use super::input::{Form, Id, Ids};
use super::visit::Visit;
use crate::error::Error;
use crate::id::{Mid, RoomId};
use crate::permission::{self, Post, View};
use crate::{message, react, room, view};

#[derive(Deserialize)]
pub(super) struct Chosen {
    #[serde(default)]
    emoji: String,
}

#[derive(Deserialize)]
pub(super) struct Chip {
    /// The message and the emoji, with a space between them: what one button can say.
    #[serde(default)]
    chip: String,
}

/// The picker; for a browser without scripts a page of its own.
pub(super) async fn show(
    State(site): State<Site>,
    visit: Visit,
    Ids(room, mid): Ids<RoomId, Mid>,
    headers: HeaderMap,
) -> Answer<Markup> {
    let grant = permission::may::<View>(&site.app, visit.viewer(), room).await?;
    let message = message::show(&site.app, &grant, mid).await?;
    if message.removed {
        return Err(Error::NotFound.into());
    }
    if answer::is_htmx(&headers) {
        let viewer = visit.viewer().account().map_or("", |account| account.name.as_str());
        return Ok(view::reaction::picker(&message, viewer));
    }
    let may_post = permission::may::<Post>(&site.app, visit.viewer(), room).await.is_ok();
    let is_shut = view::text::shut(&room::show(&site.app, &grant).await?).is_some();
    Ok(view::reaction::page(&visit.shell(), &message, may_post && !is_shut))
}

pub(super) async fn create(
    State(site): State<Site>,
    visit: Visit,
    Ids(room, mid): Ids<RoomId, Mid>,
    headers: HeaderMap,
    Form(chosen): Form<Chosen>,
) -> Answer {
    let grant = permission::may::<Post>(&site.app, visit.viewer(), room).await?;
    react::add(&site.app, &grant, mid, &chosen.emoji).await?;
    Ok(done(room, mid, &headers))
}

pub(super) async fn remove(
    State(site): State<Site>,
    visit: Visit,
    Ids(room, mid): Ids<RoomId, Mid>,
    headers: HeaderMap,
    Form(chosen): Form<Chosen>,
) -> Answer {
    let grant = permission::may::<Post>(&site.app, visit.viewer(), room).await?;
    react::remove(&site.app, &grant, mid, &chosen.emoji).await?;
    Ok(done(room, mid, &headers))
}

/// What a chip does: a reaction that is there goes, one that is not comes.
pub(super) async fn toggle(
    State(site): State<Site>,
    visit: Visit,
    Id(room): Id<RoomId>,
    headers: HeaderMap,
    Form(Chip { chip }): Form<Chip>,
) -> Answer {
    let grant = permission::may::<Post>(&site.app, visit.viewer(), room).await?;
    let (mid, emoji) = chip.split_once(' ').unwrap_or((&chip, ""));
    // What is no mid is in no room.
    let mid = mid.parse().unwrap_or(Mid(0));
    react::toggle(&site.app, &grant, mid, emoji).await?;
    Ok(done(room, mid, &headers))
}

/// Windows hear of it by the stream. A browser without scripts goes back to where it chose.
fn done(room: RoomId, mid: Mid, headers: &HeaderMap) -> Response {
    if answer::is_htmx(headers) {
        return StatusCode::NO_CONTENT.into_response();
    }
    let message = format!("/rooms/{room}/messages/{mid}");
    let places = [format!("/rooms/{room}/plain/log"), format!("{message}/reactions")];
    let from = headers.get(header::REFERER).and_then(|from| from.to_str().ok()).unwrap_or_default();
    let back = places.into_iter().find(|place| from.ends_with(place.as_str()));
    see_other(&back.unwrap_or(message))
}
