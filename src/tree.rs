//! Where pages stand: what is above and below, moving, trash.
//!
//! **Invariant:** a tree has no circle, and no page has a parent in another space.

use std::sync::Arc;

use rusqlite::{CachedStatement, Connection, OptionalExtension, Row};

use crate::account::Viewer;
use crate::app::App;
use crate::change::Change;
use crate::error::{Error, Result};
use crate::id::{AccountId, PageId, SpaceId};
use crate::page::{self, Kind, PageLink};
use crate::permission::{self, Edit, Grant, View};
use crate::session;
use crate::sight::Seen;

/// The tree of a space as it stands beside a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    /// In the order of reading.
    pub lines: Vec<TreeLine>,
    /// All pages of the space that the viewer may see are in it; else those around the page.
    pub whole: bool,
}

/// A line of the page tree.
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

/// Pages of a space of which the whole tree is shown: more are no help to anybody, and each would
/// cost everybody who looks at a page of that space.
const MOST: usize = 300;
/// Pages before and after the open one, and below the page at hand, where there are more.
const AROUND: usize = 50;
/// Days of the room at hand; the calendar has all of them.
const N_DAYS: i64 = 400;

// ------------------------------------------------------------------------------------ verbs

/// The pages above it, from the top.
pub async fn crumbs(app: &App, grant: &Grant<View>) -> Result<Vec<PageLink>> {
    let page = grant.page();
    app.store.read(move |connection| crumbs_of(connection, page)).await
}

/// The tree of a space, as far as the viewer may see it. Of a large space it is what stands around
/// the page: its line up to the top, each with the pages beside it, and what is right below.
/// Transcripts show under the page at hand alone: others would bury the pages.
pub async fn show(app: &App, grant: &Grant<View>) -> Result<Tree> {
    let (viewer, page) = (grant.viewer().account_id(), grant.page());
    let sight = Arc::clone(&app.sight);
    app.store
        .read(move |connection| {
            let (space, room): (SpaceId, Option<PageId>) = connection
                .prepare_cached(
                    "select space, (select room from transcript where page = ?1)
                     from page where id = ?1",
                )?
                .query_row([page], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let here = room.unwrap_or(page);
            let seen = sight.seen(connection, viewer)?;
            let mut walk = Walk {
                connection,
                seen: &seen,
                viewer,
                space,
                page,
                here,
                line: page::line(connection, here)?,
                whole: true,
                n_pages: 0,
                lines: Vec::new(),
            };
            walk.below(None, 0)?;
            if walk.n_pages > MOST {
                (walk.whole, walk.n_pages) = (false, 0);
                walk.lines.clear();
                walk.below(None, 0)?;
            }
            Ok(Tree { whole: walk.whole, lines: walk.lines })
        })
        .await
}

/// The page of this title in the space of the granted one.
pub async fn beside(app: &App, grant: &Grant<Edit>, title: &str) -> Result<PageId> {
    let (grant, title) = (grant.clone(), title.to_owned());
    app.store
        .read(move |connection| {
            let space = page::select(connection, grant.page())?.space.key;
            page::find_visible(connection, grant.viewer().account_id(), &space, &title)?.ok_or_else(
                || Error::invalid("title", format!("There is no page “{title}” in this space.")),
            )
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

// ------------------------------------------------------------------------------------ rules

/// A walk through the tree of a space, from the top down.
struct Walk<'a> {
    connection: &'a Connection,
    seen: &'a Seen,
    viewer: Option<AccountId>,
    space: SpaceId,
    /// The page at hand.
    page: PageId,
    /// The same, or of a day its room's page: the one whose days are shown.
    here: PageId,
    /// That one and those above it.
    line: Vec<PageId>,
    /// It goes into every page, and ends when there are too many.
    whole: bool,
    n_pages: usize,
    lines: Vec<TreeLine>,
}

impl Walk<'_> {
    fn below(&mut self, parent: Option<PageId>, depth: usize) -> Result<()> {
        for (id, title) in self.beside(parent)? {
            self.lines.push(TreeLine { id, title, depth, kind: Kind::Page });
            self.n_pages += 1;
            if self.whole && self.n_pages > MOST {
                return Ok(());
            }
            if self.whole || self.line.contains(&id) {
                self.below(Some(id), depth + 1)?;
            }
        }
        if parent == Some(self.here) {
            self.days(depth)?;
        }
        Ok(())
    }

    /// The pages right below one, or at the top; of many those around the one that is open.
    fn beside(&self, parent: Option<PageId>) -> Result<Vec<(PageId, String)>> {
        if self.whole {
            return self.pages(parent, None, MOST + 1);
        }
        let Some(open) = self.open(parent)? else {
            return self.pages(parent, None, AROUND * 2);
        };
        let mut pages = self.before(parent, &open)?;
        pages.reverse();
        pages.extend(self.pages(parent, Some(&open), AROUND + 1)?);
        Ok(pages)
    }

    /// Where the open one among them stands.
    fn open(&self, parent: Option<PageId>) -> Result<Option<(String, PageId)>> {
        let at = self.line.iter().position(|id| Some(*id) == parent).unwrap_or(self.line.len());
        let Some(open) = at.checked_sub(1).and_then(|at| self.line.get(at)) else {
            return Ok(None);
        };
        let key = self
            .connection
            .prepare_cached("select title_key from page where id = ?1")?
            .query_row([open], |row| row.get(0))?;
        Ok(Some((key, *open)))
    }

    fn take(
        &self,
        statement: &mut CachedStatement<'_>,
        parent: Option<PageId>,
        open: Option<&(String, PageId)>,
        most: usize,
    ) -> Result<Vec<(PageId, String)>> {
        let (key, id) = open.map_or(("", PageId(0)), |(key, id)| (key, *id));
        let mut rows = match parent {
            Some(parent) => statement.query((parent, key, id))?,
            None => statement.query((self.space, key, id))?,
        };
        let mut pages = Vec::new();
        while let Some(row) = rows.next()?.filter(|_| pages.len() < most) {
            let id = row.get(0)?;
            if self.seen.has(id) {
                pages.push((id, row.get(1)?));
            }
        }
        Ok(pages)
    }

    /// From `open` on, or from the first.
    fn pages(
        &self,
        parent: Option<PageId>,
        open: Option<&(String, PageId)>,
        most: usize,
    ) -> Result<Vec<(PageId, String)>> {
        let mut statement = self.connection.prepare_cached(match parent {
            None => {
                "select id, title from page indexed by page_top
                 where space = ?1 and parent is null and kind = 'page'
                   and (title_key, id) >= (?2, ?3)
                 order by title_key, id"
            }
            Some(_) => {
                "select id, title from page indexed by page_below
                 where parent = ?1 and kind = 'page' and (title_key, id) >= (?2, ?3)
                 order by title_key, id"
            }
        })?;
        self.take(&mut statement, parent, open, most)
    }

    /// Those before `open`, the nearest first.
    fn before(
        &self,
        parent: Option<PageId>,
        open: &(String, PageId),
    ) -> Result<Vec<(PageId, String)>> {
        let mut statement = self.connection.prepare_cached(match parent {
            None => {
                "select id, title from page indexed by page_top
                 where space = ?1 and parent is null and kind = 'page'
                   and (title_key, id) < (?2, ?3)
                 order by title_key desc, id desc"
            }
            Some(_) => {
                "select id, title from page indexed by page_below
                 where parent = ?1 and kind = 'page' and (title_key, id) < (?2, ?3)
                 order by title_key desc, id desc"
            }
        })?;
        self.take(&mut statement, parent, Some(open), AROUND)
    }

    /// The days of the room at hand, the newest first; and the one at hand, however old it is.
    fn days(&mut self, depth: usize) -> Result<()> {
        let mut statement = self.connection.prepare_cached(
            "select page.id, page.title,
                    exists (select 1 from transcript
                            where transcript.page = page.id and transcript.room = page.parent)
                      and page.trashed_at is null
                      and not exists (select 1 from page_restriction
                                      where page_restriction.page = page.id)
             from page where parent = ?1 and kind = 'transcript'
               and (id = ?2 or id >= coalesce(
                 (select id from page where parent = ?1 and kind = 'transcript'
                  order by id desc limit 1 offset ?3), 0))
             order by id desc",
        )?;
        let mut rows = statement.query((self.here, self.page, N_DAYS - 1))?;
        while let Some(row) = rows.next()? {
            let (id, title, as_its_room) = (row.get(0)?, row.get(1)?, row.get(2)?);
            // Whoever sees a room sees its days, unless one of them is more than that.
            if as_its_room || permission::is_visible(self.connection, self.viewer, id)? {
                self.lines.push(TreeLine { id, title, depth, kind: Kind::Transcript });
            }
        }
        Ok(())
    }
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
