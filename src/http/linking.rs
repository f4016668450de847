//! One's account, linked with the provider of log-ins or not: the page, the way there, the way back.

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum_extra::extract::CookieJar;
use maud::Markup;
use serde::Deserialize;

use super::Site;
use super::account::Done;
use super::answer::{self, Answer, see_other};
use super::input::{Form, Query};
use super::login;
use super::openid;
use super::visit::{self, Visit};
use crate::error::{Error, Result};
use crate::linking::{self, Proof};
use crate::openid::{Attempt, Returned};
use crate::view;
use crate::view::linking::Screen;
use crate::view::text::{self, Phrase};

const PAGE: &str = "/settings/identity";

pub(super) async fn show(
    State(site): State<Site>,
    visit: Visit,
    Query(done): Query<Done>,
) -> Answer<Markup> {
    let done = match done.done.as_str() {
        "linked" => Some(text::LINKED_DONE),
        "unlinked" => Some(text::UNLINKED_DONE),
        _ => None,
    };
    Ok(own(&site, &visit, done, None).await?)
}

async fn own(
    site: &Site,
    visit: &Visit,
    done: Option<Phrase>,
    wrong: Option<&str>,
) -> Result<Markup> {
    let state = linking::state(&site.app, visit.viewer()).await?;
    let provider = login::provider(&site.app).unwrap_or_default();
    let zone = &site.app.config.zone;
    let screen = Screen { provider, state, zone, done, wrong };
    Ok(view::linking::own(&visit.shell(), &screen))
}

#[derive(Deserialize)]
pub(super) struct Shown {
    current: String,
    #[serde(default)]
    code: String,
}

impl From<Shown> for Proof {
    fn from(shown: Shown) -> Self {
        Self { password: shown.current, code: shown.code }
    }
}

pub(super) async fn begin(
    State(site): State<Site>,
    visit: Visit,
    jar: CookieJar,
    Form(shown): Form<Shown>,
) -> Answer {
    let (viewer, address) = (visit.viewer(), visit.address());
    match linking::begin(&site.app, viewer, shown.into(), address).await {
        Ok((way, attempt)) => {
            let cookie = visit::attempt(attempt.cookie(), site.app.config.is_https());
            let provider = login::provider(&site.app).unwrap_or_default();
            let page = view::linking::onwards(&visit.shell(), provider, way.as_str());
            // By itself, and by the link where that is turned off. A redirect of a form would have to
            // be allowed by the policy of the page that the form is on.
            let onwards = [(header::REFRESH, format!("0; url={way}"))];
            Ok((jar.add(cookie), onwards, page).into_response())
        }
        Err(error) => refused(&site, &visit, error).await,
    }
}

/// The way back.
pub(super) async fn finish(
    site: &Site,
    visit: &Visit,
    attempt: &Attempt,
    returned: &Returned,
) -> Answer {
    let (viewer, address) = (visit.viewer(), visit.address());
    match linking::finish(&site.app, viewer, attempt, returned, address).await {
        Ok(()) => Ok(see_other("/settings/identity?done=linked")),
        Err(error) if viewer.account().is_none() => openid::refused(site, visit, PAGE, error),
        Err(error) => refused(site, visit, error).await,
    }
}

pub(super) async fn end(
    State(site): State<Site>,
    visit: Visit,
    Form(shown): Form<Shown>,
) -> Answer {
    match linking::unlink(&site.app, visit.viewer(), shown.into()).await {
        Ok(()) => Ok(see_other("/settings/identity?done=unlinked")),
        Err(error) => refused(&site, &visit, error).await,
    }
}

/// The page as it is now, with what was wrong.
async fn refused(site: &Site, visit: &Visit, error: Error) -> Answer {
    match &error {
        Error::NotVouched { why, .. } => tracing::warn!(%why, "an account was not linked"),
        Error::Invalid { .. } | Error::Conflict(_) | Error::TooFast { .. } | Error::Busy => {}
        _ => return Err(error.into()),
    }
    let page = own(site, visit, None, Some(&text::error(&error))).await?;
    Ok(answer::again(&error, page))
}
