//! What was saved lately; watching a page.

use axum::extract::State;
use axum::response::IntoResponse;
use serde::Deserialize;

use super::Site;
use super::answer::{Answer, see_other};
use super::input::{Form, Id, Query};
use super::visit::Visit;
use crate::error::Error;
use crate::id::PageId;
use crate::permission::{self, View};
use crate::{recent, space, view, watch};

#[derive(Deserialize)]
pub(super) struct Wanted {
    space: Option<String>,
    before: Option<String>,
}

pub(super) async fn list(
    State(site): State<Site>,
    visit: Visit,
    Query(wanted): Query<Wanted>,
) -> Answer {
    let spaces = space::visible(&site.app, visit.viewer()).await?;
    if spaces.is_empty() && visit.viewer().account().is_none() {
        return Err(Error::LoginNeeded.into());
    }
    let key = wanted.space.as_deref().filter(|key| !key.is_empty());
    let before = wanted.before.as_deref().map(str::parse).transpose()?;
    let stretch = recent::list(&site.app, visit.viewer(), key, before).await?;
    let spaces: Vec<_> = spaces.into_iter().map(|(space, _)| space).collect();
    Ok(view::recent::list(&visit.shell(), &stretch, &spaces, key).into_response())
}

#[derive(Deserialize)]
pub(super) struct Watching {
    #[serde(default)]
    watch: String,
}

/// Watches a page (`watch=yes`), or no longer.
pub(super) async fn watch(
    State(site): State<Site>,
    visit: Visit,
    Id(page): Id<PageId>,
    Form(chosen): Form<Watching>,
) -> Answer {
    let grant = permission::may::<View>(&site.app, visit.viewer(), page).await?;
    watch::set(&site.app, &grant, chosen.watch == "yes").await?;
    Ok(see_other(&format!("/pages/{page}")))
}
