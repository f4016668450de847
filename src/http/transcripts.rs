//! The days of a room.

use axum::extract::State;
use jiff::civil::Date;

use super::Site;
use super::answer::Answer;
use super::input::Ids;
use super::login::see_other;
use super::visit::Visit;
use crate::id::RoomId;
use crate::permission::{self, View};
use crate::transcript;

/// The page of a day.
pub(super) async fn of_day(
    State(site): State<Site>,
    visit: Visit,
    Ids(room, day): Ids<RoomId, Date>,
) -> Answer {
    let grant = permission::may::<View>(&site.app, visit.viewer(), room).await?;
    let page = transcript::page_of(&site.app, &grant, day).await?;
    Ok(see_other(&format!("/pages/{page}")))
}
