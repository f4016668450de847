//! Logging in and out, and what an account chose for itself.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use maud::Markup;
use serde::Deserialize;

use super::Site;
use super::answer::{self, Answer};
use super::input::{Form, Id, Query, own_path};
use super::visit::{self, Visit};
use crate::app::App;
use crate::error::Error;
use crate::id::SessionId;
use crate::language::Language;
use crate::openid::Provider;
use crate::session::Opened;
use crate::view::Shell;
use crate::view::layout;
use crate::view::text::Phrase;
use crate::{session, setting, view};

#[derive(Deserialize)]
pub(super) struct Where {
    #[serde(default)]
    pub(super) next: String,
}

pub(super) async fn show(
    State(site): State<Site>,
    visit: Visit,
    Query(to): Query<Where>,
) -> Response {
    let next = own_path(&to.next);
    if visit.viewer().account().is_some() {
        return Redirect::to(next).into_response();
    }
    page(&site, &visit, next, "", None).into_response()
}

fn page(site: &Site, visit: &Visit, next: &str, name: &str, told: Option<&str>) -> Markup {
    let ways = view::login::Ways { provider: provider(&site.app), demo: site.app.config.demo };
    // Whoever logs in is led on from here, not back to here: not to a way back that was taken, either.
    let shell = Shell { path: next, ..visit.shell() };
    view::login::form(&shell, next, name, told, ways)
}

/// How whoever else vouches for people is called, if somebody does.
pub(super) fn provider(app: &App) -> Option<&str> {
    app.provider.as_ref().map(Provider::label)
}

/// The log-in page, with what went wrong.
pub(super) fn again(site: &Site, visit: &Visit, next: &str, name: &str, error: &Error) -> Markup {
    page(site, visit, next, name, Some(&view::text::error(error)))
}

#[derive(Deserialize)]
pub(super) struct Credentials {
    name: String,
    password: String,
    #[serde(default)]
    next: String,
}

pub(super) async fn create(
    State(site): State<Site>,
    visit: Visit,
    jar: CookieJar,
    headers: HeaderMap,
    Form(given): Form<Credentials>,
) -> Answer {
    let next = own_path(&given.next);
    let https = site.app.config.is_https();
    let from = visit::origin(&visit, &jar, &headers, https);
    match session::log_in(&site.app, &given.name, given.password, &from).await {
        Ok(Opened::Session(opened)) => {
            // A session that this log-in replaces ends; it was this browser's.
            session::log_out(&site.app, visit.viewer()).await?;
            Ok((visit::opened(jar, opened, https), see_other(next)).into_response())
        }
        Ok(Opened::Step(token)) => {
            let jar = jar.add(visit::step(token, https));
            Ok((jar, see_other(&layout::code_address(next))).into_response())
        }
        Err(error @ (Error::Invalid { .. } | Error::TooFast { .. })) => {
            let form = again(&site, &visit, next, &given.name, &error);
            Ok(match error {
                Error::TooFast { seconds } => {
                    let retry = [(header::RETRY_AFTER, seconds.to_string())];
                    (StatusCode::TOO_MANY_REQUESTS, retry, form).into_response()
                }
                _ => (StatusCode::UNAUTHORIZED, form).into_response(),
            })
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn remove(State(site): State<Site>, visit: Visit, jar: CookieJar) -> Answer {
    session::log_out(&site.app, visit.viewer()).await?;
    Ok((jar.remove(visit::no_cookie(site.app.config.is_https())), see_other("/")).into_response())
}

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

/// One's own settings.
pub(super) async fn settings(
    State(site): State<Site>,
    visit: Visit,
    Query(done): Query<Done>,
) -> Answer {
    let done = (done.done == "password").then_some(view::text::PASSWORD_CHANGED);
    Ok(own_settings(&site, &visit, done, None).await?.into_response())
}

async fn own_settings(
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
            let page = own_settings(&site, &visit, None, Some((field, &told))).await?;
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

/// After a form post: look there.
pub(super) fn see_other(path: &str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, path.to_owned())]).into_response()
}
