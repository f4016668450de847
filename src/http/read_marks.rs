//! What one has read, as one's windows tell.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;

use super::Site;
use super::answer::Answer;
use super::input::{Form, Id};
use super::visit::Visit;
use crate::id::{RoomId, Seq};
use crate::permission::{self, View};
use crate::read_mark;

#[derive(Deserialize)]
pub(super) struct Shown {
    seq: Seq,
}

pub(super) async fn update(
    State(site): State<Site>,
    visit: Visit,
    Id(room): Id<RoomId>,
    Form(shown): Form<Shown>,
) -> Answer<StatusCode> {
    let grant = permission::may::<View>(&site.app, visit.viewer(), room).await?;
    read_mark::set(&site.app, &grant, shown.seq).await?;
    Ok(StatusCode::NO_CONTENT)
}
