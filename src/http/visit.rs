//! Who visits: the session behind the cookie, and the nonce of the answer's scripts.

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use super::answer::Fault;
use super::{Site, address};
use crate::account::Viewer;
use crate::language::{self, Language};
use crate::session::{self, LoggedIn, Origin};
use crate::view::Shell;

/// Name of the session's cookie.
const COOKIE: &str = "sid";
/// Where browsers come by https: a name that they take only from this very host, with `Secure`.
const HOST_COOKIE: &str = "__Host-sid";

fn name(https: bool) -> &'static str {
    if https { HOST_COOKIE } else { COOKIE }
}

/// One request's visitor.
#[derive(Clone)]
pub(super) struct Visit {
    viewer: Viewer,
    nonce: Arc<str>,
    path: Arc<str>,
    address: Option<IpAddr>,
}

impl Visit {
    pub(super) fn viewer(&self) -> &Viewer {
        &self.viewer
    }

    /// Names the scripts of this answer in its Content-Security-Policy.
    pub(super) fn nonce(&self) -> &str {
        &self.nonce
    }

    /// The network that asks; `None`: this machine itself.
    pub(super) fn address(&self) -> Option<IpAddr> {
        self.address
    }

    /// What every page shows around its content.
    pub(super) fn shell(&self) -> Shell<'_> {
        Shell { nonce: &self.nonce, viewer: &self.viewer, path: &self.path }
    }
}

/// Finds out who visits, once for each request.
pub(super) async fn begin(
    State(site): State<Site>,
    jar: CookieJar,
    mut request: Request,
    next: Next,
) -> Response {
    let viewer = match jar.get(name(site.app.config.is_https())) {
        Some(cookie) => session::viewer(&site.app, cookie.value()).await,
        None => Ok(Viewer::anonymous()),
    };
    let viewer = viewer.unwrap_or_else(|error| {
        // No handler runs: [`super::answer::dress`] tells this instead.
        request.extensions_mut().insert(Fault::from(error));
        Viewer::anonymous()
    });
    let nonce: u128 = rand::random();
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
    let address =
        peer.and_then(|peer| address::of(peer, request.headers(), &site.app.config.proxies));
    let nonce = format!("{nonce:032x}").into();
    let visit = Visit { viewer, nonce, path: path.into(), address };
    request.extensions_mut().insert(visit.clone());
    let language = visit.viewer.language().or_else(|| {
        let asked = request.headers().get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
        Language::accepted(asked)
    });
    let language = language.unwrap_or_default();
    let mut response = language::scope(language, next.run(request)).await;
    response
        .headers_mut()
        .insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language.code()));
    super::headers::secure(&mut response, &visit.nonce);
    response
}

impl<S: Sync> FromRequestParts<S> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_else(|| Self {
            viewer: Viewer::anonymous(),
            nonce: "".into(),
            path: "/".into(),
            address: None,
        }))
    }
}

/// The cookie that carries a session's token: for the browser's top level only, unseen by
/// scripts, and on its way by `https` alone where that is what people use.
pub(super) fn cookie(token: String, https: bool) -> Cookie<'static> {
    Cookie::build((name(https), token))
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(https)
        .path("/")
        .build()
}

const DEVICE: &str = "device";
const HOST_DEVICE: &str = "__Host-device";

/// The cookie by which a browser that somebody has logged in from is known; it opens nothing.
pub(super) fn device(token: String, https: bool) -> Cookie<'static> {
    let name = if https { HOST_DEVICE } else { DEVICE };
    let mut cookie = cookie(token, https);
    cookie.set_name(name);
    cookie.make_permanent();
    cookie
}

const STEP: &str = "step";
const HOST_STEP: &str = "__Host-step";

/// The cookie of a browser that has shown a password and owes the code; it opens nothing.
pub(super) fn step(token: String, https: bool) -> Cookie<'static> {
    let mut cookie = cookie(token, https);
    cookie.set_name(if https { HOST_STEP } else { STEP });
    cookie
}

/// What that cookie holds; nothing that is ever awaited where there is none.
pub(super) fn step_token(jar: &CookieJar, https: bool) -> String {
    let cookie = jar.get(if https { HOST_STEP } else { STEP });
    cookie.map(|cookie| cookie.value().to_owned()).unwrap_or_default()
}

const ATTEMPT: &str = "oidc";
const HOST_ATTEMPT: &str = "__Host-oidc";

/// The cookie of a browser that is on its way to the provider of log-ins and back.
pub(super) fn attempt(carried: String, https: bool) -> Cookie<'static> {
    let mut cookie = cookie(carried, https);
    cookie.set_name(if https { HOST_ATTEMPT } else { ATTEMPT });
    cookie
}

/// What that cookie holds.
pub(super) fn attempt_of(jar: &CookieJar, https: bool) -> Option<String> {
    let cookie = jar.get(if https { HOST_ATTEMPT } else { ATTEMPT });
    cookie.map(|cookie| cookie.value().to_owned())
}

/// What the answer to a save tells the editor's script: the mark of what was saved, which only the
/// browser that sent it knows. A script takes the cookie away again; none is set for any other mark.
pub(super) fn saved(mark: &str, https: bool) -> Option<Cookie<'static>> {
    let fine = (1..=64).contains(&mark.len())
        && mark.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    fine.then(|| {
        Cookie::build(("saved", mark.to_owned()))
            .same_site(SameSite::Lax)
            .secure(https)
            .path("/")
            .build()
    })
}

/// The cookies of a session that was opened.
pub(super) fn opened(jar: CookieJar, opened: LoggedIn, https: bool) -> CookieJar {
    jar.add(cookie(opened.token, https)).add(device(opened.device, https))
}

/// Whence a log-in comes.
pub(super) fn origin(visit: &Visit, jar: &CookieJar, headers: &HeaderMap, https: bool) -> Origin {
    let device = jar.get(if https { HOST_DEVICE } else { DEVICE });
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    Origin {
        address: visit.address(),
        device: device.map(|cookie| cookie.value().to_owned()),
        agent: agent.unwrap_or_default().to_owned(),
    }
}

/// The cookie that takes the session's away.
pub(super) fn no_cookie(https: bool) -> Cookie<'static> {
    cookie(String::new(), https)
}
