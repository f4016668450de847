//! Recent changes: what was saved on the pages of the wiki lately, and which files were attached to
//! them or taken away, as far as the viewer may see it.
//!
//! A walk down the indexes of both by time, which steps over what the viewer does not see.
//!
//! **Invariant:** what may not be seen is left out inside the statement, before anything is counted
//! or cut off: neither where a stretch ends nor whether there is another one tells of it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, named_params};

use crate::account::Viewer;
use crate::app::App;
use crate::error::{Error, Result};
use crate::id::{PageId, SpaceId};
use crate::page_file::Act;
use crate::{permission, space};

/// One change of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The page.
    pub page: PageId,
    /// What it was called when it was saved; with a file, what it is called now.
    pub title: String,
    /// Name of its space.
    pub space: String,
    /// What was done.
    pub what: What,
    /// When.
    pub at: Timestamp,
    /// Display name of who did it; `None`: the operator.
    pub by: Option<String>,
}

/// What was done with a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// This version was saved. They count from 1, which is a new page.
    Saved(i64),
    /// Something was done with the file of this name.
    File(Act, String),
}

/// A place in the list: the walk goes on before it. As `ms-page-n` in addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    at: i64,
    page: PageId,
    /// The version; of what was done with a file its number below zero.
    n: i64,
}

impl Place {
    const START: Self = Self { at: i64::MAX, page: PageId(i64::MAX), n: i64::MAX };
}

impl std::str::FromStr for Place {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = || Error::invalid("before", "This is no place in the list of changes.");
        let mut parts = text.splitn(3, '-').map(|part| part.parse::<i64>().map_err(|_| wrong()));
        let mut next = || parts.next().unwrap_or_else(|| Err(wrong()));
        Ok(Self { at: next()?, page: PageId(next()?), n: next()? })
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}-{}", self.at, self.page, self.n)
    }
}

/// A stretch of the list.
#[derive(Clone, Debug)]
pub struct Stretch {
    /// The latest first.
    pub changes: Vec<Changed>,
    /// Where it goes on; `None`: there is no more.
    pub older: Option<Place>,
}

/// Changes that one screen shows.
const N_AT_ONCE: usize = 50;

/// What was changed before `before` (or ever), in one space or in all that the viewer may enter.
pub async fn list(
    app: &App,
    viewer: &Viewer,
    key: Option<&str>,
    before: Option<Place>,
) -> Result<Stretch> {
    let (viewer, key) = (viewer.clone(), key.map(str::to_owned));
    let sight = Arc::clone(&app.sight);
    app.store
        .read(move |connection| {
            let account = viewer.account_id();
            let mut pages = sight.seen(connection, account)?.pages.clone();
            if let Some(key) = key {
                let within = match space::by_key(connection, &key)? {
                    Some(space)
                        if permission::has_right(connection, account, space.id, "view")? =>
                    {
                        pages_in(connection, space.id)?
                    }
                    _ if account.is_none() => return Err(Error::LoginNeeded),
                    _ => return Err(Error::NotFound),
                };
                pages.retain(|page| within.contains(page));
            }
            let mut stretch = Stretch { changes: Vec::new(), older: None };
            let mut visible: HashMap<PageId, bool> = HashMap::new();
            walk(connection, &pages, before.unwrap_or(Place::START), |place, changed| {
                // Only some may see the page of a day of a room that they all see.
                let seen = if let Some(seen) = visible.get(&changed.page) {
                    *seen
                } else {
                    let seen = permission::is_visible(connection, account, changed.page)?;
                    visible.insert(changed.page, seen);
                    seen
                };
                if seen {
                    stretch.changes.push(changed);
                }
                let full = stretch.changes.len() == N_AT_ONCE;
                stretch.older = full.then_some(place);
                Ok(!full)
            })?;
            Ok(stretch)
        })
        .await
}

fn pages_in(connection: &Connection, space: SpaceId) -> Result<HashSet<PageId>> {
    let mut statement =
        connection.prepare_cached("select id from page where space = ?1 and kind = 'page'")?;
    let pages = statement.query_map([space], |row| row.get(0))?;
    Ok(pages.collect::<rusqlite::Result<_>>()?)
}

/// Shows each change of `pages`, and of the days of their rooms, to `look`, the latest first, with its
/// place, until that has enough. The indexes alone say which to step over.
fn walk(
    connection: &Connection,
    pages: &[PageId],
    before: Place,
    mut look: impl FnMut(Place, Changed) -> Result<bool>,
) -> Result<()> {
    let pages: Vec<u8> = pages.iter().flat_map(|page| page.0.to_le_bytes()).collect();
    let mut statement = connection.prepare_cached(
        "select page_version.changed_at as at, page_version.page as page,
                page_version.version as n, page_version.title, space.name,
                account.display, null as act, null as file
         from page_version join page on page.id = page_version.page
           join space on space.id = page.space
           left join account on account.id = page_version.changed_by
         -- the first version of a day's page is nobody's: it is kept to compare the notes with
         where (page.kind = 'page' or page_version.version > 1)
           and (page_version.changed_at, page_version.page, page_version.version)
                 < (:at, :page, :n)
           and (holds(:pages, page_version.page) or exists (
             select 1 from transcript
             where transcript.page = page_version.page and holds(:pages, transcript.room)))
         union all
         select file_act.at, file_act.page, -file_act.id, page.title, space.name,
                account.display, file_act.act, file_act.name
         from file_act join page on page.id = file_act.page
           join space on space.id = page.space
           left join account on account.id = file_act.by
         where (file_act.at, file_act.page, -file_act.id) < (:at, :page, :n)
           and holds(:pages, file_act.page)
         order by 1 desc, 2 desc, 3 desc",
    )?;
    let mut rows = statement.query(named_params! {
        ":at": before.at, ":page": before.page, ":n": before.n, ":pages": pages,
    })?;
    while let Some(row) = rows.next()? {
        let place = Place { at: row.get(0)?, page: row.get(1)?, n: row.get(2)? };
        let what = match row.get::<_, Option<String>>(6)? {
            Some(act) => What::File(Act::of(&act), row.get(7)?),
            None => What::Saved(place.n),
        };
        let changed = Changed {
            page: place.page,
            title: row.get(3)?,
            space: row.get(4)?,
            what,
            at: Timestamp::from_millisecond(place.at).unwrap_or_default(),
            by: row.get(5)?,
        };
        if !look(place, changed)? {
            break;
        }
    }
    Ok(())
}
