//! Where pages stand: what is above and below, moving, trash.
//!
//! **Invariant:** a tree has no circle, and no page has a parent in another space.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use crate::account::Viewer;
use crate::app::App;
use crate::change::Change;
use crate::error::{Error, Result};
use crate::id::{PageId, SpaceId};
use crate::page::{self, Kind, PageLink};
use crate::permission::{self, Edit, Grant, View};
use crate::session;

/// A line of the page tree, in the order of reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeLine {
    /// The page.
    pub id: PageId,
    /// Its title.
    pub title: String,
    /// 0 at the top of the space.
    pub depth: usize,
    /// What it is made by.
    pub kind: Kind,
}

// ------------------------------------------------------------------------------------ verbs

/// The pages above it, from the top.
pub async fn crumbs(app: &App, grant: &Grant<View>) -> Result<Vec<PageLink>> {
    let page = grant.page();
    app.store.read(move |connection| crumbs_of(connection, page)).await
}

/// The tree of a space, as far as the viewer may see it, in the order of reading. Transcripts
/// show under the page at hand alone: others would bury the pages.
pub async fn show(app: &App, grant: &Grant<View>) -> Result<Vec<TreeLine>> {
    let (viewer, page) = (grant.viewer().account_id(), grant.page());
    let sight = Arc::clone(&app.sight);
    app.store
        .read(move |connection| {
            let seen = sight.seen(connection, viewer)?;
            // Whoever sees a room sees its days, unless one of them is more than that.
            let is_seen = |line: &TreeLine, room: Option<PageId>| match (line.kind, room) {
                (Kind::Page, _) => Ok(seen.has(line.id)),
                (Kind::Transcript, Some(room)) => Ok(seen.has(room)),
                (Kind::Transcript, None) => permission::is_visible(connection, viewer, line.id),
            };
            let mut statement = connection.prepare_cached(
                "with recursive
                 here (id) as (
                   select id from page where id = :page
                   union select room from transcript where page = :page),
                 tree (id, title, kind, depth, path, parent) as (
                   select id, title, kind, 0, printf('%s\u{1}%020d', title_key, id), null from page
                     where parent is null and space = (select space from page where id = :page)
                   union all
                   select page.id, page.title, page.kind, depth + 1,
                          path || char(1) || printf('%s\u{1}%020d', page.title_key, page.id),
                          tree.id
                     from tree join page indexed by page_below
                       on page.parent = tree.id and page.kind = 'page'
                   union all
                   select page.id, page.title, page.kind, depth + 1,
                          -- transcripts stand last, the newest day first
                          path || char(1)
                            || printf('\u{10fffd}%020d', 9223372036854775807 - page.id),
                          tree.id
                     from tree join page on page.parent = tree.id and page.kind = 'transcript'
                     where tree.id in here)
                 select id, title, kind, depth,
                        (select room from transcript
                         where transcript.page = tree.id and transcript.room = tree.parent
                           and not exists (select 1 from page_restriction
                                           where page_restriction.page = tree.id)
                           and (select trashed_at from page where page.id = tree.id) is null)
                 from tree order by path",
            )?;
            let mut lines = Vec::new();
            let mut rows = statement.query(named_params! { ":page": page })?;
            while let Some(row) = rows.next()? {
                let line = TreeLine {
                    id: row.get(0)?,
                    title: row.get(1)?,
                    kind: page::kind(row, 2)?,
                    depth: row.get::<_, i64>(3)?.unsigned_abs().try_into().unwrap_or(0),
                };
                if is_seen(&line, row.get(4)?)? {
                    lines.push(line);
                }
            }
            Ok(lines)
        })
        .await
}

/// Hides a page with everything below it, its room and its streams too.
pub async fn trash(app: &App, grant: &Grant<Edit>) -> Result<()> {
    let grant = grant.clone();
    let now = app.clock.now();
    app.store
        .write(move |tx| {
            grant.confirm(tx, now)?;
            tx.execute(
                "update page set trashed_at = ?2, trashed_by = ?3 where id = ?1 and kind = 'page'",
                (grant.page(), now.as_millisecond(), grant.viewer().account_id()),
            )?;
            tx.tell(Change::Rights);
            Ok(())
        })
        .await
}

/// Brings a trashed page back, with its room, to where it was. For who may edit it once it is
/// back, and for administrators. What stands above it comes back first.
pub async fn restore(app: &App, viewer: &Viewer, page: PageId) -> Result<()> {
    let viewer = viewer.clone();
    let now = app.clock.now();
    app.store
        .write(move |tx| {
            session::confirm(tx, &viewer, now)?;
            let (space, title): (SpaceId, String) = tx
                .query_row(
                    "select space, title from page where id = ?1 and trashed_at is not null",
                    [page],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )
                .optional()?
                .ok_or(Error::NotFound)?;
            // Who may see the title decides first whether a clash of titles may be told.
            permission::would_edit(tx, &viewer, page)?;
            if let Some(above) = crate::trash::above(tx, page)? {
                return Err(Error::Conflict(format!(
                    "The page above it, “{}”, is in the trash too. Restore that one first.",
                    above.title
                )));
            }
            if crate::trash::is_going(tx, page)? {
                return Err(Error::NotFound);
            }
            page::refuse_taken(tx, space, &title, Some(page))?;
            tx.execute(
                "update page set trashed_at = null, trashed_by = null where id = ?1",
                [page],
            )?;
            Ok(())
        })
        .await
}

/// Puts a page, with everything below it, under another page of its space, or at the top.
pub async fn move_to(app: &App, grant: &Grant<Edit>, parent: Option<PageId>) -> Result<()> {
    let grant = grant.clone();
    let now = app.clock.now();
    app.store
        .write(move |tx| {
            grant.confirm(tx, now)?;
            let page = page::select(tx, grant.page())?;
            if page.kind == Kind::Transcript {
                return Err(Error::Forbidden("A transcript stays under its room's page."));
            }
            if let Some(parent) = parent {
                permission::grant::<View>(tx, grant.viewer(), parent)?;
                page::refuse_parent(tx, page.space.id, parent)?;
                if page::line(tx, parent)?.contains(&page.id) {
                    return Err(Error::invalid("parent", "A page cannot stand below itself."));
                }
                page::refuse_depth(tx, parent, height(tx, page.id)?)?;
            }
            tx.execute("update page set parent = ?2 where id = ?1", (page.id, parent))?;
            tx.tell(Change::Rights);
            Ok(())
        })
        .await
}

// ------------------------------------------------------------------------------------ sql

/// Levels of pages from this one down, itself included; transcripts are no level of their own.
pub(crate) fn height(connection: &Connection, page: PageId) -> Result<usize> {
    let height: i64 = connection
        .prepare_cached(
            "with recursive below (id, height) as (
               select ?1, 1
               union all
               select page.id, height + 1 from below join page on page.parent = below.id
                 where page.kind = 'page')
             select max(height) from below",
        )?
        .query_row([page], |row| row.get(0))?;
    Ok(usize::try_from(height).unwrap_or(usize::MAX))
}

/// [`crumbs`] on a snapshot that is at hand.
pub(crate) fn crumbs_of(connection: &Connection, page: PageId) -> Result<Vec<PageLink>> {
    let mut statement = connection.prepare_cached(
        "with recursive line (id, title, parent, height) as (
                   select id, title, parent, 0 from page where id = ?1
                   union all
                   select above.id, above.title, above.parent, height + 1
                     from line join page above on above.id = line.parent)
                 select id, title from line where height > 0 order by height desc",
    )?;
    let crumbs = statement.query_map([page], link)?.collect::<rusqlite::Result<_>>()?;
    Ok(crumbs)
}

fn link(row: &Row<'_>) -> rusqlite::Result<PageLink> {
    Ok(PageLink { id: row.get(0)?, title: row.get(1)? })
}
