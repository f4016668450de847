//! Pinned messages: kept in sight, let go.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;

use super::Site;
use super::answer::{self, Answer, see_other};
use super::input::Ids;
use super::visit::Visit;
use crate::id::{Mid, RoomId};
use crate::permission::{self, Moderate};
use crate::pin;

pub(super) async fn create(
    State(site): State<Site>,
    visit: Visit,
    Ids(room, mid): Ids<RoomId, Mid>,
    headers: HeaderMap,
) -> Answer {
    let grant = permission::may::<Moderate>(&site.app, visit.viewer(), room).await?;
    pin::pin(&site.app, &grant, mid).await?;
    Ok(done(room, &headers))
}

pub(super) async fn remove(
    State(site): State<Site>,
    visit: Visit,
    Ids(room, mid): Ids<RoomId, Mid>,
    headers: HeaderMap,
) -> Answer {
    let grant = permission::may::<Moderate>(&site.app, visit.viewer(), room).await?;
    pin::unpin(&site.app, &grant, mid).await?;
    Ok(done(room, &headers))
}

/// The list in every window hears of it by the stream.
fn done(room: RoomId, headers: &HeaderMap) -> axum::response::Response {
    if answer::is_htmx(headers) {
        StatusCode::NO_CONTENT.into_response()
    } else {
        see_other(&format!("/rooms/{room}"))
    }
}
