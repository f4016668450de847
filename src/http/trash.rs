//! The trash: what is in it, and what goes for good.

use axum::extract::State;
use maud::Markup;
use serde::Deserialize;

use super::Site;
use super::answer::{Answer, see_other};
use super::input::{Form, Id};
use super::visit::Visit;
use crate::error::Error;
use crate::id::PageId;
use crate::{purge, trash, view};

pub(super) async fn list(State(site): State<Site>, visit: Visit) -> Answer<Markup> {
    let listed = trash::list(&site.app, visit.viewer()).await?;
    Ok(view::trash::list(&visit.shell(), &listed))
}

#[derive(Deserialize)]
pub(super) struct Sure {
    #[serde(default)]
    confirm: String,
}

/// Marks the page at once; its rows go while others write.
pub(super) async fn purge(
    State(site): State<Site>,
    visit: Visit,
    Id(page): Id<PageId>,
    Form(sure): Form<Sure>,
) -> Answer {
    if visit.viewer().is_admin() && sure.confirm != "yes" {
        return Err(
            Error::invalid("confirm", "Say that you are sure: nothing brings it back.").into()
        );
    }
    purge::begin(&site.app, visit.viewer(), page).await?;
    let app = site.app.clone();
    tokio::spawn(async move { purge::sweep(&app).await });
    Ok(see_other("/trash"))
}
