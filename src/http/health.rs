//! Is it alive, is it ready; and what is counted and logged of each request.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;

use super::Site;
use crate::metrics;

/// The process answers, its file takes writes, and its streams go on.
pub(super) async fn alive(State(site): State<Site>) -> (StatusCode, &'static str) {
    if site.app.store.failed() {
        (StatusCode::SERVICE_UNAVAILABLE, "the disk failed\n")
    } else if site.app.failed() || site.live.hub.failed() {
        (StatusCode::SERVICE_UNAVAILABLE, "a part of the server failed\n")
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

/// Counts each request, and logs it by its route: no query, no body, no address, nothing that is
/// private. What else is logged meanwhile carries the same id, which the answer tells too, so that
/// who reports a fault can name it.
pub(super) async fn watch(State(site): State<Site>, request: Request, next: Next) -> Response {
    let method = match *request.method() {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        _ => "other",
    };
    let begun = Instant::now();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "-".to_owned(), |path| path.as_str().to_owned());
    let id = format!("{:016x}", rand::random::<u64>());
    let span = tracing::info_span!("request", id, method, route);
    let mut response = next.run(request).instrument(span.clone()).await;
    let (taken, status) = (begun.elapsed(), response.status().as_u16());
    span.in_scope(|| tracing::debug!(status, ms = taken.as_millis(), "answered"));
    let requests = &site.app.requests;
    requests.answered.get_or_create(&metrics::Request { method, route, status }).inc();
    requests.seconds.observe(taken.as_secs_f64());
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-request-id", id);
    }
    response
}
