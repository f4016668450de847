//! Logging in and out, and what an account chose for itself.

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use serde::Deserialize;

use super::Site;
use super::answer::{self, Answer};
use super::input::{Form, own_path};
use super::visit::{self, Visit};
use crate::error::Error;
use crate::language::Language;
use crate::{account, setting, view};

#[derive(Deserialize)]
pub(super) struct Where {
    #[serde(default)]
    next: String,
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
    view::login::form(&visit.shell(), next, "", None, site.app.config.demo).into_response()
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
    Form(given): Form<Credentials>,
) -> Answer {
    let next = own_path(&given.next);
    match account::log_in(&site.app, &given.name, given.password).await {
        Ok(token) => {
            // A session that this log-in replaces ends; it was this browser's.
            account::log_out(&site.app, visit.viewer()).await?;
            Ok((jar.add(visit::cookie(token, site.app.config.is_https())), see_other(next))
                .into_response())
        }
        Err(error @ (Error::Invalid { .. } | Error::TooFast { .. })) => {
            let form = view::login::form(
                &visit.shell(),
                next,
                &given.name,
                Some(&view::text::error(&error)),
                site.app.config.demo,
            );
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
    account::log_out(&site.app, visit.viewer()).await?;
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

/// One's own settings.
pub(super) async fn settings(State(site): State<Site>, visit: Visit) -> Answer {
    let account = visit.viewer().account_id().ok_or(Error::LoginNeeded)?;
    let sound = setting::has_sound(&site.app, account).await?;
    let chosen = visit.viewer().language();
    Ok(view::account::settings(&visit.shell(), chosen, sound).into_response())
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
