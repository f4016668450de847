//! A month of a room.

use axum::extract::State;
use axum::http::HeaderMap;
use jiff::civil::Date;
use maud::Markup;
use serde::Deserialize;

use super::Site;
use super::answer::{self, Answer};
use super::input::{Id, Query};
use super::visit::Visit;
use crate::error::{Error, Result};
use crate::id::RoomId;
use crate::permission::{self, View};
use crate::{calendar, page, view};

#[derive(Deserialize)]
pub(super) struct Wanted {
    month: Option<String>,
}

/// As a page, or for the panel of a room's window.
pub(super) async fn show(
    State(site): State<Site>,
    visit: Visit,
    Id(room): Id<RoomId>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Answer<Markup> {
    let grant = permission::may::<View>(&site.app, visit.viewer(), room).await?;
    let of = wanted.month.as_deref().map(read).transpose()?;
    let month = calendar::month(&site.app, &grant, of).await?;
    if answer::is_htmx(&headers) {
        return Ok(view::calendar::month(&month));
    }
    let page = page::show(&site.app, &grant).await?;
    let link = page::PageLink { id: page.id, title: page.title };
    Ok(view::calendar::page(&visit.shell(), &month, &link))
}

fn read(month: &str) -> Result<Date> {
    let fits = month.len() == 7;
    let first = format!("{month}-01").parse().ok().filter(|_| fits);
    first.ok_or_else(|| Error::invalid("month", "Name a month like 2026-11."))
}
