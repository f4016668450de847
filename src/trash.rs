//! What is in the trash, for those who may bring it back.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};

use crate::account::Viewer;
use crate::app::App;
use crate::error::{Error, Result};
use crate::id::PageId;
use crate::page::{self, PageLink};
use crate::permission;
use crate::space::Space;

/// A page in the trash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trashed {
    /// The page.
    pub page: PageLink,
    /// Where it was.
    pub space: Space,
    /// When it was put there.
    pub at: Timestamp,
    /// Display name of who put it there, if that is known.
    pub by: Option<String>,
    /// Pages below it, which come back with it.
    pub n_below: i64,
    /// What has to come back before it.
    pub above: Option<PageLink>,
}

/// Pages that the list shows.
const N_LISTED: usize = 500;

/// What was trashed last comes first. For who would be allowed to edit it; administrators see all.
pub async fn list(app: &App, viewer: &Viewer) -> Result<Vec<Trashed>> {
    let viewer = viewer.clone();
    if viewer.account().is_none() {
        return Err(Error::LoginNeeded);
    }
    app.store
        .read(move |connection| {
            let mut statement = connection.prepare_cached(
                "select page.id, trashed_at, account.display
                 from page left join account on account.id = page.trashed_by
                 where trashed_at is not null order by trashed_at desc, page.id desc",
            )?;
            let rows = statement.query_map([], |row| {
                Ok((row.get::<_, PageId>(0)?, row.get::<_, i64>(1)?, row.get(2)?))
            })?;
            let mut listed = Vec::new();
            for row in rows {
                let (id, at, by) = row?;
                let may = permission::would_edit(connection, &viewer, id);
                if matches!(may, Err(Error::NotFound | Error::Forbidden(_)))
                    || is_going(connection, id)?
                {
                    continue;
                }
                may?;
                let page = page::select(connection, id)?;
                listed.push(Trashed {
                    page: PageLink { id, title: page.title },
                    space: page.space,
                    at: Timestamp::from_millisecond(at).unwrap_or_default(),
                    by,
                    n_below: n_below(connection, &viewer, id)?,
                    above: above(connection, id)?,
                });
                if listed.len() == N_LISTED {
                    break;
                }
            }
            Ok(listed)
        })
        .await
}

// ------------------------------------------------------------------------------------ sql

/// The nearest page above that is in the trash itself.
pub(crate) fn above(connection: &Connection, page: PageId) -> Result<Option<PageLink>> {
    let above = connection
        .prepare_cached(
            "with recursive line (id, parent, height) as (
               select id, parent, 0 from page where id = ?1
               union all select above.id, above.parent, height + 1
                 from line join page above on above.id = line.parent)
             select page.id, title from line join page on page.id = line.id
             where height > 0 and trashed_at is not null order by height limit 1",
        )?
        .query_row([page], |row| Ok(PageLink { id: row.get(0)?, title: row.get(1)? }))
        .optional()?;
    Ok(above)
}

/// Is the page, or one above it, being taken away for good?
pub(crate) fn is_going(connection: &Connection, page: PageId) -> Result<bool> {
    let going = connection
        .prepare_cached(
            "with recursive line (id, parent) as (
               select id, parent from page where id = ?1
               union all select above.id, above.parent
                 from line join page above on above.id = line.parent)
             select exists (select 1 from line join purge on purge.page = line.id)",
        )?
        .query_row([page], |row| row.get(0))?;
    Ok(going)
}

fn n_below(connection: &Connection, viewer: &Viewer, page: PageId) -> Result<i64> {
    let mut below = connection.prepare_cached(
        "with recursive below (id) as (
           select ?1
           union all
           select page.id from below join page on page.parent = below.id
             where page.kind = 'page')
         select id from below where id <> ?1",
    )?;
    let mut n = 0;
    for id in below.query_map([page], |row| row.get(0))? {
        // Not even their number is told of pages that are others'.
        n += i64::from(permission::would_see(connection, viewer, id?)?);
    }
    Ok(n)
}
