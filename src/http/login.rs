//! Logging in and out.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use maud::Markup;
use serde::Deserialize;

use super::Site;
use super::answer::{Answer, see_other};
use super::input::{Form, Query, own_path};
use super::visit::{self, Visit};
use crate::app::App;
use crate::error::Error;
use crate::openid::Provider;
use crate::session::Opened;
use crate::view::Shell;
use crate::view::layout;
use crate::{session, view};

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
