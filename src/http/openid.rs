//! Logging in by a provider of OpenID Connect: the way there, and the way back.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect};
use axum_extra::extract::CookieJar;

use super::Site;
use super::answer::{self, Answer, see_other};
use super::input::{Query, own_path};
use super::linking;
use super::login::{self, Where};
use super::visit::{self, Visit};
use crate::error::Error;
use crate::openid::Returned;
use crate::{identity, session};

pub(super) async fn begin(
    State(site): State<Site>,
    visit: Visit,
    jar: CookieJar,
    Query(to): Query<Where>,
) -> Answer {
    let next = own_path(&to.next);
    if visit.viewer().account().is_some() {
        return Ok(Redirect::to(next).into_response());
    }
    match identity::begin(&site.app, next, visit.address()).await {
        Ok((way, attempt)) => {
            let cookie = visit::attempt(attempt.cookie(), site.app.config.is_https());
            Ok((jar.add(cookie), see_other(way.as_str())).into_response())
        }
        Err(error) => refused(&site, &visit, next, error),
    }
}

pub(super) async fn finish(
    State(site): State<Site>,
    visit: Visit,
    jar: CookieJar,
    headers: HeaderMap,
    Query(returned): Query<Returned>,
) -> Answer {
    let https = site.app.config.is_https();
    let carried = visit::attempt_of(&jar, https);
    let attempt = match identity::attempt(&site.app, carried.as_deref(), &returned) {
        Ok(attempt) => attempt,
        // The cookie stays: whoever sent the browser here knows nothing of it.
        Err(error) => return refused(&site, &visit, "/", error),
    };
    if attempt.links() {
        let jar = jar.remove(visit::attempt(String::new(), https));
        let back = linking::finish(&site, &visit, &attempt, &returned).await;
        return Ok((jar, back.into_response()).into_response());
    }
    let next = own_path(attempt.next());
    let from = visit::origin(&visit, &jar, &headers, https);
    let jar = jar.remove(visit::attempt(String::new(), https));
    match identity::finish(&site.app, &attempt, &returned, &from).await {
        Ok(opened) => {
            session::log_out(&site.app, visit.viewer()).await?;
            Ok((visit::opened(jar, opened, https), see_other(next)).into_response())
        }
        Err(error) => Ok((jar, refused(&site, &visit, next, error)?).into_response()),
    }
}

/// The log-in page, with what went wrong.
pub(super) fn refused(site: &Site, visit: &Visit, next: &str, error: Error) -> Answer {
    match &error {
        Error::NotVouched { why, .. } => tracing::warn!(%why, "the provider let nobody in"),
        Error::Conflict(_) | Error::TooFast { .. } | Error::Busy => {}
        _ => return Err(error.into()),
    }
    Ok(answer::again(&error, login::again(site, visit, next, "", &error)))
}
