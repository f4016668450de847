//! Is it alive, is it ready; and what is counted and logged of each request.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use tracing::field::Empty;
use tracing::{Instrument, Span};

use super::Site;
use crate::error::Error;
use crate::metrics;

/// The process lives: it answers, and nothing failed in it that only a new one could mend. Whoever
/// looks after it begins it again where this fails.
pub(super) async fn alive(State(site): State<Site>) -> (StatusCode, &'static str) {
    if site.app.store.failed() {
        (StatusCode::SERVICE_UNAVAILABLE, "the disk failed\n")
    } else if site.app.failed() || site.live.hub.failed() {
        (StatusCode::SERVICE_UNAVAILABLE, "a part of the server failed\n")
    } else {
        (StatusCode::OK, "ok\n")
    }
}

/// Requests should come here: it lives and does not stop, and the file can be read and written.
pub(super) async fn ready(State(site): State<Site>) -> (StatusCode, &'static str) {
    let store = &site.app.store;
    let unready = if site.live.hub.is_stopping() {
        Some("stopping\n")
    } else if site.app.failed() || site.live.hub.failed() {
        Some("a part of the server failed\n")
    } else if store.answers().await.is_err() {
        Some("the file cannot be read\n")
    } else {
        match store.takes_writes().await {
            Ok(()) => None,
            Err(Error::Full) => Some("the disk is full\n"),
            Err(Error::Busy) => Some("the writer does not answer\n"),
            Err(_) => Some("the file cannot be written\n"),
        }
    };
    match unready {
        None => (StatusCode::OK, "ready\n"),
        Some(why) => (StatusCode::SERVICE_UNAVAILABLE, why),
    }
}

/// The route of a request, as soon as it is known: deep inside of what watches.
#[derive(Clone, Default)]
struct Matched(Arc<OnceLock<MatchedPath>>);

/// Tells who watches the request which route it has.
pub(super) fn note_route(request: Request) -> Request {
    let extensions = request.extensions();
    if let (Some(matched), Some(route)) =
        (extensions.get::<Matched>(), extensions.get::<MatchedPath>())
    {
        Span::current().record("route", route.as_str());
        // Nobody else has set it: a request has one route.
        let _ = matched.0.set(route.clone());
    }
    request
}

/// Counts each request, and logs it by its route: no query, no body, no address, nothing that is
/// private. What else is logged meanwhile carries the same id, which the answer tells too, so that
/// who reports a fault can name it.
pub(super) async fn watch(State(site): State<Site>, mut request: Request, next: Next) -> Response {
    let method = match *request.method() {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        _ => "other",
    };
    let begun = Instant::now();
    let matched = Matched::default();
    request.extensions_mut().insert(matched.clone());
    let id = format!("{:016x}", rand::random::<u64>());
    // Of the highest level, so that whatever is logged has it, however little that is.
    let span = tracing::error_span!("request", id, method, route = Empty);
    let mut response = next.run(request).instrument(span.clone()).await;
    let route = matched.0.get().map_or("-", MatchedPath::as_str).to_owned();
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
