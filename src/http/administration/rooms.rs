//! Rooms of whichever page: listed, locked, unlocked.

use axum::extract::State;
use maud::Markup;
use serde::Deserialize;

use crate::http::Site;
use crate::http::answer::{Answer, see_other};
use crate::http::input::{Id, Query};
use crate::http::visit::Visit;
use crate::id::RoomId;
use crate::mandate::Mandate;
use crate::view::administration;
use crate::{moderation, room};

const AREA: &str = "/admin/rooms";

/// Which part of the list.
#[derive(Deserialize)]
pub(in crate::http) struct Part {
    #[serde(default)]
    q: String,
    #[serde(default)]
    after: String,
}

pub(in crate::http) async fn list(
    State(site): State<Site>,
    visit: Visit,
    Query(part): Query<Part>,
) -> Answer<Markup> {
    let mandate = Mandate::of(visit.viewer())?;
    let listed = room::list(&site.app, &mandate, &part.q, part.after.parse().ok()).await?;
    Ok(administration::rooms(&visit.shell(), &part.q, &listed))
}

pub(in crate::http) async fn lock(
    State(site): State<Site>,
    visit: Visit,
    Id(room): Id<RoomId>,
) -> Answer {
    let mandate = Mandate::of(visit.viewer())?;
    moderation::lock_any(&site.app, &mandate, room).await?;
    Ok(see_other(AREA))
}

pub(in crate::http) async fn unlock(
    State(site): State<Site>,
    visit: Visit,
    Id(room): Id<RoomId>,
) -> Answer {
    let mandate = Mandate::of(visit.viewer())?;
    moderation::unlock_any(&site.app, &mandate, room).await?;
    Ok(see_other(AREA))
}
