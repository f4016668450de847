//! Headers that every answer carries.

use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, StatusCode, Version, header};
use axum::response::Response;

const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Adds what is missing. A handler that sets one of these itself has its way.
pub(super) fn secure(response: &mut Response, nonce: &str) {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // `no-referrer` would make plain form posts send `Origin: null`.
        (header::REFERRER_POLICY, "same-origin"),
        (PERMISSIONS_POLICY, "camera=(), microphone=(), geolocation=()"),
        (RESOURCE_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
        (header::VARY, "Cookie, HX-Request"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY)
        && let Ok(policy) = HeaderValue::try_from(policy(nonce, "'none'"))
    {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
}

/// May an answer be held back to be compressed? Not one that asks proxies to let it pass.
pub(super) fn may_wait(_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions) -> bool {
    !headers.contains_key("x-accel-buffering")
}

/// The policy of a room's window, which may also set up what shows notices (see `notice.js`).
pub(super) fn room_policy(nonce: &str) -> String {
    // The names of who may make scripts stand last, so that one more can follow.
    format!("{} notice; worker-src 'self'", policy(nonce, "'none'"))
}

/// The Content-Security-Policy: nothing inline, nothing from elsewhere, `DOM` sinks for htmx
/// alone. The nonce lets the popup's one style rule ("mine") in.
pub(super) fn policy(nonce: &str, ancestors: &str) -> String {
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; \
         connect-src 'self'; img-src 'self'; media-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors {ancestors}; require-trusted-types-for 'script'; \
         trusted-types htmx"
    )
}
