//! Recent changes: what was saved on the pages of the wiki lately, as far as the viewer may see it.
//!
//! A walk down an index of all versions by time, each page asked about once. It ends after a bounded
//! number of versions, so that somebody who may see little does not wait for a walk over all.

use std::collections::HashMap;

use jiff::Timestamp;
use rusqlite::{Connection, named_params};

use crate::account::Viewer;
use crate::app::App;
use crate::error::{Error, Result};
use crate::id::{PageId, SpaceId};
use crate::{permission, space};

/// One saved version of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// The page.
    pub page: PageId,
    /// What it was called when it was saved.
    pub title: String,
    /// Name of its space.
    pub space: String,
    /// Counts from 1, which is a new page.
    pub version: i64,
    /// When.
    pub at: Timestamp,
    /// Display name of who saved it; `None`: the operator.
    pub by: Option<String>,
}

/// A place in the list: the walk goes on before it. As `ms-page-version` in addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    at: i64,
    page: PageId,
    version: i64,
}

impl Place {
    const START: Self = Self { at: i64::MAX, page: PageId(i64::MAX), version: i64::MAX };
}

impl std::str::FromStr for Place {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = || Error::invalid("before", "This is no place in the list of changes.");
        let mut parts = text.splitn(3, '-').map(|part| part.parse::<i64>().map_err(|_| wrong()));
        let mut next = || parts.next().unwrap_or_else(|| Err(wrong()));
        Ok(Self { at: next()?, page: PageId(next()?), version: next()? })
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}-{}", self.at, self.page, self.version)
    }
}

/// A stretch of the list.
#[derive(Clone, Debug)]
pub struct Stretch {
    /// The latest first.
    pub saved: Vec<Saved>,
    /// Where it goes on; `None`: there is no more.
    pub older: Option<Place>,
}

/// Changes that one screen shows.
const N_AT_ONCE: usize = 50;
/// Versions that are walked over for it at most.
const N_WALKED: usize = 5_000;

/// What was saved before `before` (or ever), in one space or in all that the viewer may enter.
pub async fn list(
    app: &App,
    viewer: &Viewer,
    key: Option<&str>,
    before: Option<Place>,
) -> Result<Stretch> {
    let (viewer, key) = (viewer.clone(), key.map(str::to_owned));
    app.store
        .read(move |connection| {
            let account = viewer.account_id();
            let within = match key {
                None => None,
                Some(key) => match space::by_key(connection, &key)? {
                    Some(space)
                        if permission::has_right(connection, account, space.id, "view")? =>
                    {
                        Some(space.id)
                    }
                    _ if account.is_none() => return Err(Error::LoginNeeded),
                    _ => return Err(Error::NotFound),
                },
            };
            let mut stretch = Stretch { saved: Vec::new(), older: None };
            let mut visible: HashMap<PageId, bool> = HashMap::new();
            walk(connection, before.unwrap_or(Place::START), |n, space, saved| {
                let place = Place {
                    at: saved.at.as_millisecond(),
                    page: saved.page,
                    version: saved.version,
                };
                let seen = match visible.get(&saved.page) {
                    _ if within.is_some_and(|within| within != space) => false,
                    Some(seen) => *seen,
                    None => {
                        let seen = permission::is_visible(connection, account, saved.page)?;
                        visible.insert(saved.page, seen);
                        seen
                    }
                };
                if seen {
                    stretch.saved.push(saved);
                }
                let full = stretch.saved.len() == N_AT_ONCE || n == N_WALKED;
                stretch.older = full.then_some(place);
                Ok(!full)
            })?;
            Ok(stretch)
        })
        .await
}

/// Shows each version to `look`, the latest first, with how many there were so far and its space,
/// until it has enough.
fn walk(
    connection: &Connection,
    before: Place,
    mut look: impl FnMut(usize, SpaceId, Saved) -> Result<bool>,
) -> Result<()> {
    let mut statement = connection.prepare_cached(
        "select page_version.page, page_version.title, space.name, page_version.version,
                page_version.changed_at, account.display, page.space
         from page_version join page on page.id = page_version.page
           join space on space.id = page.space
           left join account on account.id = page_version.changed_by
         -- the first version of a day's page is nobody's: it is kept to compare the notes with
         where (page.kind = 'page' or page_version.version > 1)
           and (page_version.changed_at, page_version.page, page_version.version)
                 < (:at, :page, :version)
         order by page_version.changed_at desc, page_version.page desc, page_version.version desc",
    )?;
    let wanted =
        named_params! { ":at": before.at, ":page": before.page, ":version": before.version };
    let mut rows = statement.query(wanted)?;
    let mut n = 0;
    while let Some(row) = rows.next()? {
        n += 1;
        let saved = Saved {
            page: row.get(0)?,
            title: row.get(1)?,
            space: row.get(2)?,
            version: row.get(3)?,
            at: Timestamp::from_millisecond(row.get(4)?).unwrap_or_default(),
            by: row.get(5)?,
        };
        if !look(n, row.get(6)?, saved)? {
            break;
        }
    }
    Ok(())
}
