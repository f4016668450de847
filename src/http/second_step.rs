//! The second step at log-in: where one types the code, and where it is set up.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect};
use axum_extra::extract::CookieJar;
use maud::Markup;
use serde::Deserialize;

use super::Site;
use super::answer::{Answer, again, see_other};
use super::input::{Form, Query, own_path};
use super::login::Where;
use super::visit::{self, Visit};
use crate::error::{Error, Result};
use crate::view::second_step::Wrong;
use crate::{second_step, session, view};

/// Where a code is typed; whoever did not show a password first is sent there.
pub(super) async fn show(
    State(site): State<Site>,
    visit: Visit,
    jar: CookieJar,
    Query(to): Query<Where>,
) -> Answer {
    let next = own_path(&to.next);
    if visit.viewer().account().is_some() {
        return Ok(Redirect::to(next).into_response());
    }
    let token = visit::step_token(&jar, site.app.config.is_https());
    if !second_step::is_awaited(&site.app, &token).await? {
        return Ok(see_other(&view::layout::login_address(next)));
    }
    Ok(view::login::code(&visit.shell(), next, None).into_response())
}

#[derive(Deserialize)]
pub(super) struct Typed {
    code: String,
    #[serde(default)]
    next: String,
}

pub(super) async fn create(
    State(site): State<Site>,
    visit: Visit,
    jar: CookieJar,
    headers: HeaderMap,
    Form(typed): Form<Typed>,
) -> Answer {
    let next = own_path(&typed.next);
    let https = site.app.config.is_https();
    let from = visit::origin(&visit, &jar, &headers, https);
    let token = visit::step_token(&jar, https);
    match second_step::finish(&site.app, &token, &typed.code, &from).await {
        Ok(opened) => {
            session::log_out(&site.app, visit.viewer()).await?;
            let jar = jar.remove(visit::step(String::new(), https));
            Ok((visit::opened(jar, opened, https), see_other(next)).into_response())
        }
        // Too late, or never begun.
        Err(Error::LoginNeeded) => Ok(see_other(&view::layout::login_address(next))),
        Err(error @ (Error::Invalid { .. } | Error::TooFast { .. })) => {
            let told = view::text::error(&error);
            let mut form = again(&error, view::login::code(&visit.shell(), next, Some(&told)));
            if matches!(error, Error::Invalid { .. }) {
                *form.status_mut() = StatusCode::UNAUTHORIZED;
            }
            Ok(form)
        }
        Err(error) => Err(error.into()),
    }
}

/// How it stands, and what can be done about it.
pub(super) async fn settings(State(site): State<Site>, visit: Visit) -> Answer {
    Ok(own(&site, &visit, None).await?.into_response())
}

async fn own(site: &Site, visit: &Visit, wrong: Option<Wrong<'_>>) -> Result<Markup> {
    let state = second_step::state(&site.app, visit.viewer()).await?;
    Ok(view::second_step::own(&visit.shell(), state, &site.app.config.zone, wrong))
}

#[derive(Deserialize)]
pub(super) struct Password {
    current: String,
    /// Asked for while the second step is on.
    #[serde(default)]
    code: String,
}

pub(super) async fn begin(
    State(site): State<Site>,
    visit: Visit,
    Form(given): Form<Password>,
) -> Answer {
    match second_step::begin(&site.app, visit.viewer(), given.current).await {
        Ok(secret) => Ok(view::second_step::set_up(&visit.shell(), &secret).into_response()),
        Err(error) => refused(&site, &visit, "set-up", error).await,
    }
}

#[derive(Deserialize)]
pub(super) struct First {
    code: String,
}

pub(super) async fn confirm(
    State(site): State<Site>,
    visit: Visit,
    Form(first): Form<First>,
) -> Answer {
    match second_step::confirm(&site.app, visit.viewer(), &first.code).await {
        Ok(codes) => Ok(view::second_step::codes(&visit.shell(), &codes).into_response()),
        Err(error @ (Error::Invalid { .. } | Error::TooFast { .. })) => {
            let told = view::text::error(&error);
            let page = view::second_step::again(&visit.shell(), &told);
            Ok(again(&error, page))
        }
        Err(error) => refused(&site, &visit, "", error).await,
    }
}

pub(super) async fn renew(
    State(site): State<Site>,
    visit: Visit,
    Form(given): Form<Password>,
) -> Answer {
    match second_step::renew(&site.app, visit.viewer(), given.current, &given.code).await {
        Ok(codes) => Ok(view::second_step::codes(&visit.shell(), &codes).into_response()),
        Err(error) => refused(&site, &visit, "recovery", error).await,
    }
}

pub(super) async fn turn_off(
    State(site): State<Site>,
    visit: Visit,
    Form(given): Form<Password>,
) -> Answer {
    match second_step::turn_off(&site.app, visit.viewer(), given.current, &given.code).await {
        Ok(()) => Ok(see_other("/settings/code")),
        Err(error) => refused(&site, &visit, "off", error).await,
    }
}

/// The page as it is now, with what was wrong in one of its forms.
async fn refused(site: &Site, visit: &Visit, form: &str, error: Error) -> Answer {
    let field = match &error {
        Error::Invalid { field, .. } => Some(*field),
        Error::TooFast { .. } | Error::Conflict(_) => None,
        _ => return Err(error.into()),
    };
    let told = view::text::error(&error);
    let page = own(site, visit, Some(Wrong { form, field, told: &told })).await?;
    Ok(again(&error, page))
}
