//! What was done to a room, for those who may edit its page.

use axum::extract::State;
use maud::Markup;
use serde::Deserialize;

use super::Site;
use super::answer::Answer;
use super::input::{Id, Query};
use super::visit::Visit;
use crate::id::RoomId;
use crate::permission::{self, Edit, View};
use crate::{audit, page, room, view};

#[derive(Deserialize)]
pub(super) struct Before {
    before: Option<i64>,
}

pub(super) async fn list(
    State(site): State<Site>,
    visit: Visit,
    Id(room): Id<RoomId>,
    Query(from): Query<Before>,
) -> Answer<Markup> {
    let reader = permission::may::<View>(&site.app, visit.viewer(), room).await?;
    let grant = permission::may::<Edit>(&site.app, visit.viewer(), room).await?;
    let room = room::show(&site.app, &reader).await?;
    let page = page::show(&site.app, &reader).await?;
    let entries = audit::list(&site.app, &grant, from.before).await?;
    Ok(view::audit::show(&visit.shell(), &page, &room, &entries))
}
