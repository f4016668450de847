//! Where to begin.

use axum::extract::State;
use axum::response::IntoResponse;

use super::Site;
use super::answer::{Answer, see_other};
use super::input::Id;
use super::visit::Visit;
use crate::error::Error;
use crate::id::RoomId;
use crate::permission::{self, View};
use crate::{first_use, space, status, view, watch};

pub(super) async fn show(State(site): State<Site>, visit: Visit) -> Answer {
    let spaces = space::visible(&site.app, visit.viewer()).await?;
    if spaces.is_empty() && visit.viewer().account().is_none() {
        return Err(Error::LoginNeeded.into());
    }
    let recent = status::recent(&site.app, visit.viewer()).await?;
    let first_uses = first_use::list(&site.app, visit.viewer()).await?;
    let news = watch::news(&site.app, visit.viewer()).await?;
    let may_create = spaces.iter().any(|(_, may_create)| *may_create);
    let spaces: Vec<_> = spaces.into_iter().map(|(space, _)| space).collect();
    let home = view::home::show(&visit.shell(), &spaces, &recent, &first_uses, &news, may_create);
    Ok(home.into_response())
}

/// Who made the page knows that somebody has begun to talk on it.
pub(super) async fn dismiss(
    State(site): State<Site>,
    visit: Visit,
    Id(room): Id<RoomId>,
) -> Answer {
    let grant = permission::may::<View>(&site.app, visit.viewer(), room).await?;
    first_use::dismiss(&site.app, &grant).await?;
    Ok(see_other("/"))
}
