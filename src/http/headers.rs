//! Headers that every answer carries.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;

/// Adds what is missing. A handler that sets one of these itself has its way.
pub(super) fn secure(response: &mut Response, nonce: &str) {
    // What the browser has kept goes by the nonce in it, so by the policy that it came with.
    let kept = response.status() == StatusCode::NOT_MODIFIED;
    let policy = (!kept).then(|| (header::CONTENT_SECURITY_POLICY, policy(nonce, "'none'")));
    for (name, value) in policy.into_iter().chain([
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
    ]) {
        if !response.headers().contains_key(&name)
            && let Ok(value) = HeaderValue::from_str(&value)
        {
            response.headers_mut().insert(name, value);
        }
    }
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
