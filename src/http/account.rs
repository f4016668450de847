//! What an account chose for itself, and where it is logged in.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use maud::Markup;
use serde::Deserialize;

use super::Site;
use super::answer::{self, Answer, see_other};
use super::input::{Form, Id, Query, own_path};
use super::login::provider;
use super::visit::Visit;
use crate::error::Error;
use crate::id::SessionId;
use crate::language::Language;
use crate::view::text::Phrase;
use crate::{session, setting, view};

#[derive(Deserialize)]
pub(super) struct Sound {
    #[serde(default)]
    sound: String,
    #[serde(default)]
    next: String,
}

pub(super) async fn set_sound(
    State(site): State<Site>,
    visit: Visit,
    headers: HeaderMap,
    Form(chosen): Form<Sound>,
) -> Answer {
    let account = visit.viewer().account_id().ok_or(Error::LoginNeeded)?;
    setting::set_sound(&site.app, account, chosen.sound == "on").await?;
    if answer::is_htmx(&headers) {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Ok(see_other(own_path(&chosen.next)).into_response())
}

/// What is told after a change.
#[derive(Deserialize)]
pub(super) struct Done {
    #[serde(default)]
    pub(super) done: String,
}

pub(super) async fn show(
    State(site): State<Site>,
    visit: Visit,
    Query(done): Query<Done>,
) -> Answer {
    let done = (done.done == "password").then_some(view::text::PASSWORD_CHANGED);
    Ok(screen(&site, &visit, done, None).await?.into_response())
}

async fn screen(
    site: &Site,
    visit: &Visit,
    done: Option<Phrase>,
    wrong: Option<(&str, &str)>,
) -> Answer<Markup> {
    let viewer = visit.viewer();
    let account = viewer.account_id().ok_or(Error::LoginNeeded)?;
    let sound = setting::has_sound(&site.app, account).await?;
    let sessions = session::list(&site.app, viewer).await?;
    let screen = view::account::Screen {
        chosen: viewer.language(),
        sound,
        provider: provider(&site.app),
        sessions: &sessions,
        here: viewer.session(),
        zone: &site.app.config.zone,
        done,
        wrong,
    };
    Ok(view::account::settings(&visit.shell(), &screen))
}

#[derive(Deserialize)]
pub(super) struct NewPassword {
    current: String,
    password: String,
}

pub(super) async fn set_password(
    State(site): State<Site>,
    visit: Visit,
    Form(given): Form<NewPassword>,
) -> Answer {
    let changed =
        session::change_password(&site.app, visit.viewer(), given.current, given.password).await;
    match changed {
        Ok(()) => Ok(see_other("/settings?done=password")),
        Err(error @ (Error::Invalid { .. } | Error::TooFast { .. })) => {
            let field = match &error {
                Error::Invalid { field, .. } => *field,
                _ => "current",
            };
            let told = view::text::error(&error);
            let page = screen(&site, &visit, None, Some((field, &told))).await?;
            Ok(answer::again(&error, page))
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn end(State(site): State<Site>, visit: Visit, Id(id): Id<SessionId>) -> Answer {
    session::end(&site.app, visit.viewer(), id).await?;
    Ok(see_other("/settings#sessions"))
}

pub(super) async fn end_others(State(site): State<Site>, visit: Visit) -> Answer {
    session::end_others(&site.app, visit.viewer()).await?;
    Ok(see_other("/settings#sessions"))
}

#[derive(Deserialize)]
pub(super) struct Spoken {
    #[serde(default)]
    language: String,
}

pub(super) async fn set_language(
    State(site): State<Site>,
    visit: Visit,
    Form(chosen): Form<Spoken>,
) -> Answer {
    let account = visit.viewer().account_id().ok_or(Error::LoginNeeded)?;
    setting::set_language(&site.app, account, Language::of_code(&chosen.language)).await?;
    Ok(see_other("/settings"))
}
