//! Under which name a request asks for us.
//!
//! **Invariant:** nothing that is answered is made of the name in `Host`, and no `X-Forwarded-Host`
//! or its like is read at all. Where the configuration says under which address people come, there
//! is no answer under any other name, save to this machine itself and to who asks for our health.
//!
//! Somebody else's name that points here is how a foreign page gets to be "of the same origin"
//! (DNS rebinding), and how what a cache in front keeps can be poisoned.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Method, StatusCode, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use url::Url;

use super::Site;

/// Whoever asks for these has no name for us: they ask by number, and learn nothing private.
const NAMELESS: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// Lets in what asks for us. Runs around every handler, and around the look at `Origin`.
pub(super) async fn check(State(site): State<Site>, request: Request, next: Next) -> Response {
    let config = &site.app.config;
    match refusal(config.url.as_ref(), config.demo, &request) {
        None => next.run(request).await,
        Some(StatusCode::MISDIRECTED_REQUEST) => {
            (StatusCode::MISDIRECTED_REQUEST, "This is not the address of this site.\n")
                .into_response()
        }
        // Who cannot say whom they ask may have lost count of their own words, too.
        Some(StatusCode::BAD_REQUEST) => {
            (StatusCode::BAD_REQUEST, [(header::CONNECTION, "close")]).into_response()
        }
        Some(status) => status.into_response(),
    }
}

fn refusal(url: Option<&Url>, demo: bool, request: &Request) -> Option<StatusCode> {
    let Ok(named) = name(request) else { return Some(StatusCode::BAD_REQUEST) };
    if NAMELESS.contains(&request.uri().path()) {
        return None;
    }
    let Some(named) = named else { return Some(StatusCode::BAD_REQUEST) };
    if is_local(named.host()) {
        return None;
    }
    match url {
        Some(url) if !is_of(url, &named) => Some(StatusCode::MISDIRECTED_REQUEST),
        Some(url) if comes_from_elsewhere(url, request) => Some(StatusCode::FORBIDDEN),
        // Everybody knows the demo's passwords: it is for this machine alone.
        None if demo => Some(StatusCode::MISDIRECTED_REQUEST),
        _ => None,
    }
}

/// The one name in the request; none where HTTP/1.0 may leave it out.
fn name(request: &Request) -> Result<Option<Authority>, ()> {
    let mut lines = request.headers().get_all(header::HOST).iter();
    let named = match (lines.next(), lines.next()) {
        (Some(line), None) => Some(parse(line.as_bytes())?),
        (None, None) if request.version() == Version::HTTP_10 => None,
        _ => return Err(()),
    };
    match (request.uri().authority(), &named) {
        // Whom of the two whoever is between us believes, nobody knows.
        (Some(asked), named) if named.as_ref() != Some(asked) => Err(()),
        _ => Ok(named),
    }
}

fn parse(line: &[u8]) -> Result<Authority, ()> {
    let named = Authority::try_from(line).map_err(|_| ())?;
    let has_port = named.as_str().len() > named.host().len();
    let odd = named.host().is_empty()
        || named.as_str().contains('@')
        || has_port && named.port_u16().is_none();
    if odd { Err(()) } else { Ok(named) }
}

/// Does the browser say that a page of another address sent this? Also one of the same name by
/// plain http, which whoever is on the line can write.
fn comes_from_elsewhere(url: &Url, request: &Request) -> bool {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let origins = request.headers().get_all(header::ORIGIN);
    let own = url.origin().ascii_serialization();
    !safe && origins.iter().any(|origin| origin.as_bytes() != own.as_bytes())
}

fn is_of(url: &Url, named: &Authority) -> bool {
    let default = if url.scheme() == "https" { 443 } else { 80 };
    url.host_str().is_some_and(|host| host.eq_ignore_ascii_case(named.host()))
        && url.port().unwrap_or(default) == named.port_u16().unwrap_or(default)
}

/// The names that lead to this machine wherever they are read (RFC 6761), which no foreign site has.
fn is_local(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    let number = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost"
        || host.ends_with(".localhost")
        || number.is_ok_and(|number| number.is_loopback())
}

/// Was this machine asked for by a name that nobody else can give it?
pub(super) fn asks_locally(headers: &HeaderMap) -> bool {
    let named = headers.get(header::HOST).and_then(|line| parse(line.as_bytes()).ok());
    named.is_some_and(|named| is_local(named.host()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn answer(url: Option<&str>, demo: bool, host: &str, uri: &str) -> Option<u16> {
        let url = url.and_then(|url| Url::parse(url).ok());
        let request = Request::builder().uri(uri).header(header::HOST, host).body(Body::empty());
        refusal(url.as_ref(), demo, &request.unwrap_or_default()).map(|status| status.as_u16())
    }

    #[test]
    fn only_the_site_s_own_name_and_this_machine_s_are_answered() {
        let site = Some("https://chat.example.org");
        for (host, told) in [
            ("chat.example.org", None),
            ("CHAT.example.ORG:443", None),
            ("localhost:8080", None),
            ("wiki.localhost", None),
            ("127.0.0.1:8080", None),
            ("[::1]:8080", None),
            ("chat.example.org:80", Some(421)),
            ("chat.example.org.", Some(421)),
            ("chat.example.org.evil.example", Some(421)),
            ("evil.example", Some(421)),
            ("localhost.evil.example", Some(421)),
            ("192.0.2.1", Some(421)),
            ("0.0.0.0:8080", Some(421)),
            ("chat.example.org@evil.example", Some(400)),
            ("chat.example.org:x", Some(400)),
            ("chat.example.org/", Some(400)),
            ("chat.example.org, evil.example", Some(400)),
            ("", Some(400)),
        ] {
            assert_eq!(answer(site, false, host, "/"), told, "{host}");
        }
        assert_eq!(answer(site, false, "10.0.0.7:8080", "/healthz"), None);
        // As a proxy asks; and where the two names differ.
        let whole = "http://chat.example.org/";
        assert_eq!(answer(site, false, "chat.example.org", whole), None);
        assert_eq!(answer(site, false, "127.0.0.1", whole), Some(400));
        // Nobody said which name is ours; the demo is this machine's all the same.
        assert_eq!(answer(None, false, "wiki.example.org", "/"), None);
        assert_eq!(answer(None, true, "wiki.example.org", "/"), Some(421));
        assert_eq!(answer(None, true, "localhost:8080", "/"), None);
    }
}
