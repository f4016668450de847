//! The style sheet, the scripts and the sound: from inside the binary, under names that change
//! with their content, so that browsers may keep them for ever.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::view::asset;

pub(super) async fn show(name: Result<Path<String>, PathRejection>) -> Response {
    match name.ok().and_then(|Path(name)| asset::find(&name)) {
        Some((bytes, content_type)) => (
            [
                (header::CONTENT_TYPE, content_type),
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
                // The status table stands on other sites too.
                (header::HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
            ],
            bytes,
        )
            .into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
