//! Errors as answers: pages for browsers, fragments for htmx, short text for the rest.
//!
//! **Invariant:** the one place where an [`Error`] becomes a status and where a fault is logged.

use std::any::Any;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

use super::Site;
use super::visit::Visit;
use crate::error::Error;
use crate::metrics::Kind;
use crate::view::unsaved::Unsaved;
use crate::view::{self, Shell};
use crate::vital::Panicked;

/// What a handler answers with.
pub(super) type Answer<T = Response> = Result<T, Fault>;

/// An error on its way out of a handler, with what was written in vain.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    error: Arc<Error>,
    unsaved: Arc<Unsaved>,
    /// Where it was written.
    place: Option<Arc<str>>,
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self { error: Arc::new(error), unsaved: Arc::default(), place: None }
    }
}

impl Fault {
    /// What was written at `place`, and is in no form of the answer, is to be copied from it.
    pub(super) fn keeping(self, unsaved: Unsaved, place: &str) -> Self {
        Self { unsaved: Arc::new(unsaved), place: Some(place.into()), ..self }
    }
}

/// The request could not be understood: 400, where [`odd`] says nothing else.
#[derive(Clone, Debug)]
pub(super) struct Malformed(pub(super) &'static str);

/// What is wrong with the form of a request, with the status that there is for it.
pub(super) fn odd(status: StatusCode, told: &'static str) -> Response {
    let mut response = status.into_response();
    response.extensions_mut().insert(Malformed(told));
    response
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let mut response = again(&self.error, ());
        response.extensions_mut().insert(self);
        response
    }
}

/// The form again, or whatever else says what was refused and why.
pub(super) fn again(error: &Error, page: impl IntoResponse) -> Response {
    let mut response = page.into_response();
    *response.status_mut() = status(error);
    if let Some(after) = retry_after(error) {
        response.headers_mut().insert(header::RETRY_AFTER, after);
    }
    response
}

impl IntoResponse for Malformed {
    fn into_response(self) -> Response {
        odd(StatusCode::BAD_REQUEST, self.0)
    }
}

/// When to try again, where waiting is all that it takes.
pub(super) fn retry_after(error: &Error) -> Option<HeaderValue> {
    match error {
        Error::TooFast { seconds }
        | Error::TooMany { seconds }
        | Error::SlowMode { seconds, .. } => Some(HeaderValue::from(*seconds)),
        Error::Busy => Some(HeaderValue::from_static("1")),
        _ => None,
    }
}

pub(super) fn status(error: &Error) -> StatusCode {
    match error {
        Error::NotFound => StatusCode::NOT_FOUND,
        Error::LoginNeeded => StatusCode::UNAUTHORIZED,
        Error::Forbidden(_) | Error::Muted { .. } | Error::NotVouched { later: false, .. } => {
            StatusCode::FORBIDDEN
        }
        Error::Invalid { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        Error::TooLong { .. } | Error::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
        Error::Stale | Error::Conflict(_) => StatusCode::CONFLICT,
        Error::TooFast { .. } | Error::TooMany { .. } | Error::SlowMode { .. } => {
            StatusCode::TOO_MANY_REQUESTS
        }
        Error::Busy | Error::NotVouched { later: true, .. } => StatusCode::SERVICE_UNAVAILABLE,
        Error::Full | Error::NoSpace(_) => StatusCode::INSUFFICIENT_STORAGE,
        Error::Broken(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// One more request that changes something, by whoever is signed in.
pub(super) fn count(site: &Site, visit: &Visit) -> Result<(), Error> {
    match visit.viewer().account_id() {
        Some(account) => site.app.rate_limits.act(account.0),
        None => Ok(()),
    }
}

/// The forms that people write in. Their handlers count them, and give back what was written where
/// there were too many.
fn is_written(request: &Request) -> bool {
    let parts: Vec<&str> = request.uri().path().split('/').skip(1).collect();
    request.method() == Method::POST
        && matches!(
            parts[..],
            ["pages"]
                | ["pages", _]
                | ["rooms", _, "messages" | "files"]
                | ["rooms", _, "messages", _]
                | ["rooms", _, "plain", "compose"]
        )
}

/// Dresses faults for who asked. Runs around every handler.
pub(super) async fn dress(State(site): State<Site>, mut request: Request, next: Next) -> Response {
    let asked = Asked::of(&request);
    let visit = request.extensions().get::<Visit>().cloned();
    let counted = visit.as_ref().filter(|_| !asked.safe && !is_written(&request));
    let counted = counted.map(|visit| count(&site, visit));
    let mut response = match (request.extensions_mut().remove::<Fault>(), counted) {
        // It was not found out who asks.
        (Some(fault), _) => fault.into_response(),
        (None, Some(Err(error))) => Fault::from(error).into_response(),
        (None, _) => next.run(request).await,
    };
    if let Some(Malformed(told)) = response.extensions_mut().remove() {
        let told = view::text::sentence(told);
        let mut said = asked.say(response.status(), &told, visit.as_ref());
        if let Some(allowed) = response.headers_mut().remove(header::ALLOW) {
            said.headers_mut().insert(header::ALLOW, allowed);
        }
        return said;
    }
    let Some(fault) = response.extensions_mut().remove::<Fault>() else {
        return response;
    };
    site.app.requests.errors.get_or_create(&Kind { kind: fault.error.kind() }).inc();
    // A panic has told of itself where it happened.
    if let Error::Broken(source) = &*fault.error
        && !source.is::<Panicked>()
    {
        // Which one, the request's own span tells, by its route: a path holds titles and names.
        tracing::error!(error = %source, "a request failed");
    }
    let retry = response.headers().get(header::RETRY_AFTER).cloned();
    let provider = super::login::provider(&site.app);
    let mut dressed = asked.answer(&fault, visit.as_ref(), provider);
    if let Some(retry) = retry {
        dressed.headers_mut().insert(header::RETRY_AFTER, retry);
    }
    dressed
}

/// A handler panicked: this request has failed, and no other.
pub(super) fn panicked(_: Box<dyn Any + Send>) -> Response {
    Fault::from(Error::broken(Panicked)).into_response()
}

/// After a form post: look there.
pub(super) fn see_other(path: &str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, path.to_owned())]).into_response()
}

/// An address that no route answers.
pub(super) async fn nothing() -> Fault {
    Error::NotFound.into()
}

/// An address that is there, and takes no such method.
pub(super) async fn not_allowed(method: Method) -> Response {
    let told = if method.is_safe() {
        "There is nothing at this address that can be shown."
    } else {
        "This address takes no such request."
    };
    odd(StatusCode::METHOD_NOT_ALLOWED, told)
}

/// Who asked, as far as it decides the form of an answer.
#[expect(clippy::struct_excessive_bools, reason = "facts about one request")]
pub(super) struct Asked {
    /// htmx, or a browser that asks for a part of a page.
    fragment: bool,
    /// A browser that shows the answer.
    navigation: bool,
    /// What stands by itself: without a session one is led to the log-in.
    page: bool,
    safe: bool,
    path: String,
    dialog: bool,
}

impl Asked {
    pub(super) fn of(request: &Request) -> Self {
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
        let htmx = is_htmx(request.headers());
        let parts: Vec<&str> = request.uri().path().split('/').skip(1).collect();
        let part = request.method().is_safe()
            && matches!(parts[..], ["rooms", _, "stream" | "poll" | "messages" | "status"]);
        let browser = !htmx && accepts_html(request.headers());
        Self {
            fragment: htmx || part && browser,
            navigation: browser,
            page: !htmx && !part,
            safe: request.method().is_safe(),
            dialog: htmx && request.uri().path().starts_with("/rooms/"),
            path,
        }
    }

    /// The path without its query, which may hold what is private.
    fn route(&self) -> &str {
        self.path.split('?').next().unwrap_or("/")
    }

    fn answer(&self, fault: &Fault, visit: Option<&Visit>, provider: Option<&str>) -> Response {
        let error = &*fault.error;
        let status = status(error);
        match visit {
            _ if matches!(error, Error::LoginNeeded) && self.safe && self.page => {
                let next = percent_encoding::utf8_percent_encode(
                    &self.path,
                    percent_encoding::NON_ALPHANUMERIC,
                );
                Redirect::to(&format!("/login?next={next}")).into_response()
            }
            _ if matches!(error, Error::LoginNeeded) && self.dialog => {
                let room = self.route().split('/').nth(2).unwrap_or("");
                (status, view::login::dialog(&format!("/rooms/{room}"), provider)).into_response()
            }
            Some(visit) if self.navigation && !self.fragment => match &fault.place {
                Some(place) if matches!(error, Error::LoginNeeded) => {
                    let shell = Shell { path: place, ..visit.shell() };
                    let form = view::login::kept(&shell, place, &fault.unsaved, provider);
                    (status, form).into_response()
                }
                _ => self.page(status, &view::text::error(error), &fault.unsaved, visit),
            },
            _ => self.say(status, &view::text::error(error), visit),
        }
    }

    /// What is told, in the form that was asked for.
    fn say(&self, status: StatusCode, told: &str, visit: Option<&Visit>) -> Response {
        match visit {
            Some(visit) if self.navigation && !self.fragment => {
                self.page(status, told, &Unsaved::default(), visit)
            }
            _ if self.fragment => (status, view::error::fragment(told)).into_response(),
            _ => (status, format!("{told}\n")).into_response(),
        }
    }

    fn page(&self, status: StatusCode, told: &str, unsaved: &Unsaved, visit: &Visit) -> Response {
        let shell = Shell { nonce: visit.nonce(), viewer: visit.viewer(), path: &self.path };
        let heading = view::text::trouble(status.as_u16());
        let home = Some(("/", &*view::text::HOME));
        let page = view::error::page(&shell, status.as_u16(), &heading, told, home, unsaved);
        (status, page).into_response()
    }
}

/// The request came from htmx.
pub(super) fn is_htmx(headers: &HeaderMap) -> bool {
    headers.get("hx-request").is_some_and(|value| value == "true")
}

/// The request came from a browser that shows the answer as a page.
pub(super) fn accepts_html(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.contains("text/html"))
}
