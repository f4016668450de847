//! Being told of messages while one is elsewhere: what is chosen, and by which browser.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::Site;
use super::answer::{self, Answer, see_other};
use super::input::{Form, Id};
use super::visit::Visit;
use crate::error::Error;
use crate::id::RoomId;
use crate::notice::What;
use crate::permission::{self, View};
use crate::subscription::NewSubscription;
use crate::view::asset;
use crate::{notice, subscription};

/// What shows notices: it stands at the root, since it serves what is below where it stands, and
/// under one name for ever, so that a browser finds the next one.
pub(super) async fn worker() -> Response {
    let Some(script) = asset::named("sw.js") else { return StatusCode::NOT_FOUND.into_response() };
    let fields = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; connect-src 'self'"),
    ];
    (fields, script).into_response()
}

/// The key under which browsers subscribe.
pub(super) async fn key(State(site): State<Site>, visit: Visit) -> Answer<String> {
    visit.viewer().account().ok_or(Error::LoginNeeded)?;
    Ok(subscription::signer(&site.app).await?.public())
}

#[derive(Deserialize)]
pub(super) struct Browser {
    endpoint: String,
    p256dh: String,
    auth: String,
}

pub(super) async fn subscribe(
    State(site): State<Site>,
    visit: Visit,
    Form(browser): Form<Browser>,
) -> Answer<StatusCode> {
    let Browser { endpoint, p256dh, auth } = browser;
    let new = NewSubscription { endpoint, p256dh, auth };
    subscription::subscribe(&site.app, visit.viewer(), new).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
pub(super) struct Chosen {
    what: String,
}

pub(super) async fn update(
    State(site): State<Site>,
    visit: Visit,
    Id(room): Id<RoomId>,
    headers: HeaderMap,
    Form(chosen): Form<Chosen>,
) -> Answer {
    let grant = permission::may::<View>(&site.app, visit.viewer(), room).await?;
    let what = What::parse(&chosen.what)
        .ok_or_else(|| Error::invalid("what", "Choose off, mentions or all."))?;
    notice::set(&site.app, &grant, what).await?;
    if answer::accepts_html(&headers) {
        return Ok(see_other(&format!("/rooms/{room}")));
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}
