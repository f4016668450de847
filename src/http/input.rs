//! What requests bring: names in paths, queries, forms; each with a clear refusal, in our words.

use std::str::FromStr;

use axum::extract::{FromRequest, FromRequestParts, Path, Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;

use super::answer::{Fault, Malformed, odd};
use super::visit::Visit;
use crate::error::Error;

/// An id, or a name, from the path. What is none names nothing.
pub(super) struct Id<T>(pub(super) T);

impl<S: Send + Sync, T: FromStr> FromRequestParts<S> for Id<T> {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Fault> {
        let nothing = no_such(parts, state).await;
        let Ok(Path(text)) = Path::<String>::from_request_parts(parts, state).await else {
            return Err(nothing);
        };
        text.parse().map(Self).map_err(|_| nothing)
    }
}

/// A room's id and something in it.
pub(super) struct Ids<A, B>(pub(super) A, pub(super) B);

impl<S: Send + Sync, A: FromStr, B: FromStr> FromRequestParts<S> for Ids<A, B> {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Fault> {
        let nothing = no_such(parts, state).await;
        let Ok(Path((a, b))) = Path::<(String, String)>::from_request_parts(parts, state).await
        else {
            return Err(nothing);
        };
        match (a.parse(), b.parse()) {
            (Ok(a), Ok(b)) => Ok(Self(a, b)),
            _ => Err(nothing),
        }
    }
}

async fn no_such<S: Send + Sync>(parts: &mut Parts, state: &S) -> Fault {
    let signed_in = Visit::from_request_parts(parts, state)
        .await
        .is_ok_and(|visit| visit.viewer().account().is_some());
    if signed_in { Error::NotFound.into() } else { Error::LoginNeeded.into() }
}

/// What follows the `?` of an address.
pub(super) struct Query<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Malformed;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Malformed> {
        match axum::extract::Query::from_request_parts(parts, state).await {
            Ok(axum::extract::Query(asked)) => Ok(Self(asked)),
            Err(_) => Err(Malformed("Something in this address is missing or wrong.")),
        }
    }
}

/// A form as a browser sends it.
pub(super) struct Form<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Form<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let fits = request.extensions().get::<Bound>().map_or(super::LONGEST_TEXT, |b| b.fits);
        match axum::Form::<T>::from_request(request, state).await {
            Ok(axum::Form(form)) => Ok(Self(form)),
            Err(rejection) => {
                let status = rejection.into_response().status();
                Err(match status {
                    StatusCode::PAYLOAD_TOO_LARGE => {
                        Fault::from(Error::TooLong { limit: fits }).into_response()
                    }
                    StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                        odd(status, "Send a form (application/x-www-form-urlencoded).")
                    }
                    _ => Malformed("This form is not complete.").into_response(),
                })
            }
        }
    }
}

/// How long a form may be.
#[derive(Clone, Copy)]
pub(super) struct Bound {
    /// Bytes as they come.
    pub(super) most: usize,
    /// What that holds, as its sender counts.
    pub(super) fits: usize,
}

/// Refuses a body that says itself that it has more bytes than may come, before any of it was read.
/// One that does not say so is read up to there.
pub(super) async fn bound(
    State(bound): State<Bound>,
    mut request: Request,
    next: Next,
) -> Response {
    let length = request.headers().get(header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > bound.most as u64) {
        return Fault::from(Error::TooLong { limit: bound.fits }).into_response();
    }
    request.extensions_mut().insert(bound);
    next.run(request).await
}

/// A number of its own for a draft.
pub(super) fn fresh_nonce() -> String {
    format!("{:032x}", rand::random::<u128>())
}

/// The nonce that came with a draft, or a fresh one. A window's has 43 characters at most.
pub(super) fn nonce(sent: &str) -> String {
    match sent.trim() {
        "" => fresh_nonce(),
        sent => sent.chars().take(128).collect(),
    }
}

/// Where to go after logging in: a path of this site and nothing else.
pub(super) fn own_path(next: &str) -> &str {
    let mut characters = next.chars();
    let own = characters.next() == Some('/')
        && !matches!(characters.next(), Some('/' | '\\'))
        && !next.contains('\\')
        && !next.chars().any(char::is_control);
    if own { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::own_path;

    #[test]
    fn only_paths_of_this_site_are_followed_after_logging_in() {
        assert_eq!(own_path("/rooms/1?x=/y"), "/rooms/1?x=/y");
        for odd in
            ["", "//evil.example", "/\\evil.example", "https://evil.example", "/a\nb", "/a\\b"]
        {
            assert_eq!(own_path(odd), "/", "{odd}");
        }
    }
}
