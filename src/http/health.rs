//! Is it alive, is it ready; and one log line a request.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;

use super::Site;

/// The process answers, and its file takes writes.
pub(super) async fn alive(State(site): State<Site>) -> (StatusCode, &'static str) {
    if site.app.store.failed() {
        (StatusCode::SERVICE_UNAVAILABLE, "the disk failed\n")
    } else {
        (StatusCode::OK, "ok\n")
    }
}

/// The file can be read.
pub(super) async fn ready(State(site): State<Site>) -> (StatusCode, &'static str) {
    match site.app.store.answers().await {
        Ok(()) => (StatusCode::OK, "ready\n"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the file cannot be read\n"),
    }
}

/// Logs each request by its route: no query, no body, no address, nothing that is private.
pub(super) async fn log(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let begun = Instant::now();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "-".to_owned(), |path| path.as_str().to_owned());
    let response = next.run(request).await;
    tracing::debug!(%method, route, status = response.status().as_u16(),
        ms = begun.elapsed().as_millis(), "request");
    response
}
