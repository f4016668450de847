//! A room's settings: topic, lock, slow mode, mutes.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use maud::Markup;
use serde::Deserialize;

use super::Site;
use super::answer::{self, Answer, see_other};
use super::input::{Form, Id};
use super::visit::Visit;
use crate::error::{Error, Result};
use crate::id::RoomId;
use crate::permission::{self, Edit, Grant, Moderate, View};
use crate::status;
use crate::view::settings::{Moderation, Screen};
use crate::{moderation, page, retention, topic, view};

pub(super) async fn show(
    State(site): State<Site>,
    visit: Visit,
    Id(room): Id<RoomId>,
) -> Answer<Markup> {
    Ok(screen(&site, &visit, room, None, None).await?)
}

/// The screen, for who may set anything on it; with what was wrong about a field, and what was typed
/// there.
async fn screen(
    site: &Site,
    visit: &Visit,
    room: RoomId,
    typed: Option<&str>,
    wrong: Option<(&str, &str)>,
) -> Result<Markup> {
    let grant = permission::may::<View>(&site.app, visit.viewer(), room).await?;
    let may_edit = permission::may::<Edit>(&site.app, visit.viewer(), room).await.is_ok();
    let moderates = permission::may::<Moderate>(&site.app, visit.viewer(), room).await;
    let status = status::show(&site.app, &grant).await?;
    let moderation = match moderates {
        Ok(moderator) => Some((
            moderation::muted(&site.app, &moderator).await?,
            retention::of_room(&site.app, &moderator).await?,
        )),
        Err(_) if may_edit => None,
        Err(refused) => return Err(refused),
    };
    let topic = status.topic.as_ref().map(|topic| topic.body.as_str());
    let (typed_topic, whom) = match wrong {
        Some(("account" | "minutes", _)) => (None, typed),
        _ => (typed, None),
    };
    let screen = Screen {
        page: &page::show(&site.app, &grant).await?,
        room: &status.room,
        moderation: moderation.as_ref().map(|(muted, kept)| Moderation {
            muted,
            people: &status.participants,
            kept: *kept,
            whom: whom.unwrap_or_default(),
        }),
        topic: may_edit.then(|| typed_topic.or(topic).unwrap_or_default()),
        wrong,
    };
    Ok(view::settings::show(&visit.shell(), &screen))
}

pub(super) async fn lock(
    State(site): State<Site>,
    visit: Visit,
    Id(room): Id<RoomId>,
) -> Answer<Response> {
    let grant = moderator(&site, &visit, room).await?;
    let done = moderation::lock(&site.app, &grant).await;
    set(&site, &visit, room, done, None).await
}

pub(super) async fn unlock(
    State(site): State<Site>,
    visit: Visit,
    Id(room): Id<RoomId>,
) -> Answer<Response> {
    let grant = moderator(&site, &visit, room).await?;
    let done = moderation::unlock(&site.app, &grant).await;
    set(&site, &visit, room, done, None).await
}

#[derive(Deserialize)]
pub(super) struct About {
    topic: String,
}

/// The form that a window of the room puts into its panel; else the settings, which have it too.
pub(super) async fn topic(
    State(site): State<Site>,
    visit: Visit,
    Id(room): Id<RoomId>,
    headers: HeaderMap,
) -> Answer<Response> {
    let grant = permission::may::<Edit>(&site.app, visit.viewer(), room).await?;
    if !answer::is_htmx(&headers) {
        return Ok(see_other(&format!("/rooms/{room}/settings")));
    }
    let topic = topic::show(&site.app, &grant).await?;
    let typed = topic.as_ref().map_or("", |topic| topic.body.as_str());
    Ok(view::topic::form(room, typed, None).into_response())
}

pub(super) async fn set_topic(
    State(site): State<Site>,
    visit: Visit,
    Id(room): Id<RoomId>,
    headers: HeaderMap,
    Form(about): Form<About>,
) -> Answer<Response> {
    let grant = permission::may::<Edit>(&site.app, visit.viewer(), room).await?;
    let done = topic::set(&site.app, &grant, &about.topic).await;
    if answer::is_htmx(&headers) {
        return match done {
            Ok(()) => {
                let topic = topic::show(&site.app, &grant).await?;
                Ok(view::topic::saved(topic.as_ref()).into_response())
            }
            Err(error @ Error::Invalid { .. }) => {
                let again = view::topic::form(room, &about.topic, Some(&error.to_string()));
                Ok((answer::status(&error), again).into_response())
            }
            Err(error) => Err(error.into()),
        };
    }
    set(&site, &visit, room, done, Some(&about.topic)).await
}

#[derive(Deserialize)]
pub(super) struct Slow {
    seconds: String,
}

pub(super) async fn slow(
    State(site): State<Site>,
    visit: Visit,
    Id(room): Id<RoomId>,
    Form(slow): Form<Slow>,
) -> Answer<Response> {
    let grant = moderator(&site, &visit, room).await?;
    // What is no number is out of every range.
    let done = moderation::set_slow(&site.app, &grant, slow.seconds.parse().unwrap_or(-1)).await;
    set(&site, &visit, room, done, None).await
}

#[derive(Deserialize)]
pub(super) struct Silence {
    account: String,
    minutes: String,
}

pub(super) async fn mute(
    State(site): State<Site>,
    visit: Visit,
    Id(room): Id<RoomId>,
    Form(silence): Form<Silence>,
) -> Answer<Response> {
    let grant = moderator(&site, &visit, room).await?;
    let minutes = silence.minutes.parse().unwrap_or(0);
    let done = moderation::mute(&site.app, &grant, &silence.account, minutes).await;
    set(&site, &visit, room, done, Some(&silence.account)).await
}

#[derive(Deserialize)]
pub(super) struct Somebody {
    account: String,
}

pub(super) async fn unmute(
    State(site): State<Site>,
    visit: Visit,
    Id(room): Id<RoomId>,
    Form(somebody): Form<Somebody>,
) -> Answer<Response> {
    let grant = moderator(&site, &visit, room).await?;
    let done = moderation::unmute(&site.app, &grant, &somebody.account).await;
    set(&site, &visit, room, done, None).await
}

async fn moderator(site: &Site, visit: &Visit, room: RoomId) -> Result<Grant<Moderate>> {
    permission::may::<Moderate>(&site.app, visit.viewer(), room).await
}

/// The settings as they are now, or what was wrong beside its field, with what was typed there.
pub(super) async fn set(
    site: &Site,
    visit: &Visit,
    room: RoomId,
    done: Result<()>,
    typed: Option<&str>,
) -> Answer<Response> {
    match done {
        Ok(()) => Ok(see_other(&format!("/rooms/{room}/settings"))),
        Err(error @ Error::Invalid { .. }) => {
            let status = answer::status(&error);
            let Error::Invalid { field, message } = &error else { return Err(error.into()) };
            let again = screen(site, visit, room, typed, Some((*field, message.as_str()))).await?;
            Ok((status, again).into_response())
        }
        Err(error) => Err(error.into()),
    }
}
