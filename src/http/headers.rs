//! Headers that every answer carries.

use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, StatusCode, Version, header};
use axum::response::Response;

/// Adds what is missing. A handler that sets one of these itself has its way.
pub(super) fn secure(response: &mut Response, nonce: &str) {
    let policy = policy(nonce, "'none'");
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".into()),
        // `no-referrer` would make plain form posts send `Origin: null`.
        (header::REFERRER_POLICY, "same-origin".into()),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), microphone=(), geolocation=()".into(),
        ),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin".into()),
        (header::CACHE_CONTROL, "no-store".into()),
        (header::VARY, "Cookie, HX-Request".into()),
    ] {
        if !response.headers().contains_key(&name)
            && let Ok(value) = HeaderValue::from_str(&value)
        {
            response.headers_mut().insert(name, value);
        }
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
