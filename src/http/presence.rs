//! Whether somebody is here: a badge for pages of a wiki.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use maud::Markup;

use super::Site;
use super::answer::Answer;
use super::visit::Visit;
use crate::{presence, view};

/// As a picture, or in words to whoever asks for text.
pub(super) async fn badge(
    State(site): State<Site>,
    visit: Visit,
    Path(name): Path<String>,
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
    Path(name): Path<String>,
) -> Answer<Markup> {
    let badge = presence::badge(&site.app, visit.viewer(), &name).await?;
    Ok(view::presence::page(&visit.shell(), &badge))
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
