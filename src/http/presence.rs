//! Whether somebody is here: what windows tell of themselves, and a badge for pages of a wiki.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::Markup;
use serde::Deserialize;

use super::Site;
use super::answer::Answer;
use super::input::{Form, Id};
use super::visit::Visit;
use crate::error::Error;
use crate::id::RoomId;
use crate::permission::{self, Post, View};
use crate::presence::Window;
use crate::view::text;
use crate::{presence, view};

/// As a picture, or in words to whoever asks for text.
pub(super) async fn badge(
    State(site): State<Site>,
    visit: Visit,
    Id(name): Id<String>,
    headers: HeaderMap,
) -> Answer {
    let badge = presence::badge(&site.app, visit.viewer(), &name).await?;
    let mut response = if wants_text(&headers) {
        format!("{}\n", view::presence::words(&badge)).into_response()
    } else {
        let kind = [(header::CONTENT_TYPE, "image/svg+xml")];
        (kind, view::presence::badge(&badge).into_string()).into_response()
    };
    vary(&mut response);
    Ok(response)
}

/// Who somebody is: where a mention leads. For those who would see the badge.
pub(super) async fn show(
    State(site): State<Site>,
    visit: Visit,
    Id(name): Id<String>,
) -> Answer<Markup> {
    let badge = presence::badge(&site.app, visit.viewer(), &name).await?;
    Ok(view::presence::page(&visit.shell(), &badge))
}

#[derive(Deserialize)]
pub(super) struct Looks {
    state: String,
    /// Which of the viewer's windows; see `streams::window`.
    #[serde(default)]
    window: u32,
    /// For how many seconds it has been hidden.
    #[serde(default)]
    ago: u32,
}

/// A window is to be seen, or is not any more.
pub(super) async fn update(
    State(site): State<Site>,
    visit: Visit,
    Id(room): Id<RoomId>,
    Form(looks): Form<Looks>,
) -> Answer<StatusCode> {
    let grant = permission::may::<View>(&site.app, visit.viewer(), room).await?;
    let hidden = match looks.state.as_str() {
        "visible" => None,
        "hidden" => Some(looks.ago),
        _ => return Err(Error::invalid("state", text::STATE_UNKNOWN.en).into()),
    };
    site.live.look(&site.app, &grant, Window(looks.window), hidden)?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
pub(super) struct Types {
    /// `stop`: the box is empty again.
    #[serde(default)]
    state: String,
}

/// The viewer types. What, is not told.
pub(super) async fn types(
    State(site): State<Site>,
    visit: Visit,
    Id(room): Id<RoomId>,
    Form(types): Form<Types>,
) -> Answer<StatusCode> {
    let grant = permission::may::<Post>(&site.app, visit.viewer(), room).await?;
    site.live.types(&site.app, &grant, types.state != "stop").await?;
    Ok(StatusCode::NO_CONTENT)
}

fn wants_text(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.contains("text/plain") && !value.contains("image/"))
}

fn vary(response: &mut Response) {
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("Cookie, Accept"));
}
