//! Where to begin.

use axum::extract::State;
use axum::response::IntoResponse;

use super::Site;
use super::answer::Answer;
use super::visit::Visit;
use crate::error::Error;
use crate::status;
use crate::{space, view};

pub(super) async fn show(State(site): State<Site>, visit: Visit) -> Answer {
    let spaces = space::visible(&site.app, visit.viewer()).await?;
    if spaces.is_empty() && visit.viewer().account().is_none() {
        return Err(Error::LoginNeeded.into());
    }
    let recent = status::recent(&site.app, visit.viewer()).await?;
    let may_create = spaces.iter().any(|(_, may_create)| *may_create);
    let spaces: Vec<_> = spaces.into_iter().map(|(space, _)| space).collect();
    Ok(view::home::show(&visit.shell(), &spaces, &recent, may_create).into_response())
}
