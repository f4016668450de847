//! The versions of a page: listed, read, compared, restored.

use axum::extract::State;
use axum::http::HeaderMap;
use maud::Markup;
use serde::Deserialize;

use super::Site;
use super::answer::Answer;
use super::input::{Form, Id, Ids, Query};
use super::pages;
use super::typed::Typed;
use super::visit::Visit;
use crate::body;
use crate::error::Error;
use crate::id::PageId;
use crate::page::{self, Kind};
use crate::permission::{self, Edit, Grant, View};
use crate::{history, page_file, view};

#[derive(Deserialize)]
pub(super) struct Before {
    before: Option<i64>,
}

pub(super) async fn list(
    State(site): State<Site>,
    visit: Visit,
    Id(id): Id<PageId>,
    Query(from): Query<Before>,
) -> Answer<Markup> {
    let grant = written(&site, &visit, id).await?;
    let page = page::show(&site.app, &grant).await?;
    let versions = history::list(&site.app, &grant, from.before).await?;
    let acts = match from.before {
        None => page_file::acts(&site.app, &grant).await?,
        Some(_) => Vec::new(),
    };
    let may_edit = permission::may::<Edit>(&site.app, visit.viewer(), id).await.is_ok();
    Ok(view::history::list(&visit.shell(), &page, &versions, &acts, may_edit))
}

/// The grant, of a page that people wrote: the page of a day where nothing was noted has no versions.
async fn written(site: &Site, visit: &Visit, id: PageId) -> Result<Grant<View>, Error> {
    let grant = permission::may::<View>(&site.app, visit.viewer(), id).await?;
    let page = page::show(&site.app, &grant).await?;
    match page.kind {
        Kind::Transcript if page.version == 1 => Err(Error::NotFound),
        _ => Ok(grant),
    }
}

pub(super) async fn show(
    State(site): State<Site>,
    visit: Visit,
    Ids(id, version): Ids<PageId, i64>,
) -> Answer<Markup> {
    let grant = written(&site, &visit, id).await?;
    let now = page::show(&site.app, &grant).await?.version;
    let then = history::show(&site.app, &grant, version).await?;
    let wide = view::message::wide();
    let body = body::of_page(&site.app, &grant, &then, pages::still(), wide).await?;
    let may_edit = permission::may::<Edit>(&site.app, visit.viewer(), id).await.is_ok();
    Ok(view::history::show(&visit.shell(), &then, now, &body, may_edit))
}

#[derive(Deserialize)]
pub(super) struct Two {
    from: i64,
    to: i64,
}

pub(super) async fn compare(
    State(site): State<Site>,
    visit: Visit,
    Id(id): Id<PageId>,
    Query(two): Query<Two>,
) -> Answer<Markup> {
    let grant = written(&site, &visit, id).await?;
    let compared = history::compare(&site.app, &grant, two.from, two.to).await?;
    Ok(view::history::compare(&visit.shell(), &compared))
}

#[derive(Deserialize)]
pub(super) struct Onto {
    /// The version that is to be replaced: another one meanwhile is a conflict.
    #[serde(default)]
    version: String,
}

/// Saves the old text as a new version, asking what any edit asks: before a room closes, and when
/// somebody else was faster.
pub(super) async fn restore(
    State(site): State<Site>,
    visit: Visit,
    Ids(id, version): Ids<PageId, i64>,
    headers: HeaderMap,
    Form(onto): Form<Onto>,
) -> Answer {
    permission::may::<Edit>(&site.app, visit.viewer(), id).await?;
    let grant = written(&site, &visit, id).await?;
    let then = history::show(&site.app, &grant, version).await?;
    let typed = Typed::of_version(then.title, then.body, onto.version);
    pages::save(&site, &visit, id, &headers, &typed).await
}
