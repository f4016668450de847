//! What requests bring: ids in paths, forms, cursors; each with a clear refusal.

use std::str::FromStr;

use axum::extract::{FromRequest, FromRequestParts, Path, Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;

use super::answer::{Fault, Malformed};
use super::visit::Visit;
use crate::error::Error;

/// An id, or two, from the path. What is no id names nothing.
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

/// A form as a browser sends it.
pub(super) struct Form<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Form<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        match axum::Form::<T>::from_request(request, state).await {
            Ok(axum::Form(form)) => Ok(Self(form)),
            Err(rejection) => {
                let status = rejection.into_response().status();
                Err(match status {
                    StatusCode::PAYLOAD_TOO_LARGE => {
                        Fault::from(Error::TooLong { limit: super::LONGEST_TEXT }).into_response()
                    }
                    StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                        (status, "Send a form (application/x-www-form-urlencoded).\n")
                            .into_response()
                    }
                    _ => Malformed("This form is not complete.\n").into_response(),
                })
            }
        }
    }
}

/// Refuses a body that says itself that it has more than `most` bytes, before any of it was read.
/// One that does not say so is read up to there.
pub(super) async fn bound(State(most): State<u64>, request: Request, next: Next) -> Response {
    let length = request.headers().get(header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > most) {
        return Fault::from(Error::TooLong { limit: super::LONGEST_TEXT }).into_response();
    }
    next.run(request).await
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
