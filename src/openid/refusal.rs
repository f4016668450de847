//! Why nobody is let in: in words for whoever wanted in, and in ours for the log.

use crate::error::Error;

/// The errors that providers name (RFC 6749, 4.1.2.1 and 5.2; OpenID Connect Core, 3.1.2.6).
pub(super) fn known_error(named: &str) -> Option<&'static str> {
    const ERRORS: [&str; 14] = [
        "access_denied",
        "account_selection_required",
        "consent_required",
        "interaction_required",
        "invalid_client",
        "invalid_grant",
        "invalid_request",
        "invalid_scope",
        "login_required",
        "server_error",
        "temporarily_unavailable",
        "unauthorized_client",
        "unsupported_grant_type",
        "unsupported_response_type",
    ];
    ERRORS.into_iter().find(|known| *known == named)
}

pub(super) fn not_vouched(told: &'static str, why: impl Into<String>) -> Error {
    Error::NotVouched { told, why: why.into(), later: false }
}

/// Too late, or not from here.
pub fn stale(why: &str) -> Error {
    not_vouched(
        "This log-in took too long, was used already, or began in another browser. Begin again.",
        why,
    )
}

pub(super) fn refused(why: impl Into<String>) -> Error {
    not_vouched("The log-in service let nobody in. Tell who runs this site.", why)
}

pub(super) fn distrust(why: &str) -> Error {
    not_vouched("What the log-in service says cannot be trusted. Tell who runs this site.", why)
}
