//! Recent changes: what was saved on the pages of the wiki lately, and which files were attached to
//! them or taken away, as far as the viewer may see it.
//!
//! A walk down the indexes of both by time, which steps over what the viewer does not see. Where that
//! is a lot, the pages that they do see are asked each for its own changes: that costs the same however
//! much is hidden. Who sees very many pages waits for it as for a tree of them.
//!
//! **Invariant:** what may not be seen is left out inside the statement, before anything is counted
//! or cut off: neither where a stretch ends nor whether there is another one tells of it. (Refused: to
//! end a stretch where the walk was long, and go on from there. It said that much is hidden, when it
//! was saved, and on which page.)

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, Rows, named_params};

use crate::account::Viewer;
use crate::app::App;
use crate::error::{Error, Result};
use crate::id::{AccountId, PageId, SpaceId};
use crate::page_file::Act;
use crate::store::is_cut_short;
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
/// Thousands of steps of a walk down the indexes, before the pages that are seen are asked: some
/// thousand changes, which take some milliseconds.
const WALK: u32 = 100;

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
            stretch(connection, account, &pages, before.unwrap_or(Place::START), WALK)
        })
        .await
}

/// What was changed on `pages` before a place; looked for by a walk of so many thousands of steps at
/// first.
fn stretch(
    connection: &Connection,
    account: Option<AccountId>,
    pages: &[PageId],
    before: Place,
    walk: u32,
) -> Result<Stretch> {
    let mut found = Found::from(before);
    let walked = walk_down(connection, pages, before, walk, |place, changed| {
        found.take(connection, account, place, changed)
    });
    match walked {
        Err(error) if is_cut_short(&error) => {
            let last = found.last;
            ask_each(connection, pages, last, |place, changed| {
                found.take(connection, account, place, changed)
            })?;
        }
        walked => walked?,
    }
    Ok(found.stretch)
}

/// What was found so far.
struct Found {
    stretch: Stretch,
    last: Place,
    /// Only some may see the page of a day of a room that they all see.
    visible: HashMap<PageId, bool>,
}

impl Found {
    fn from(before: Place) -> Self {
        let stretch = Stretch { changes: Vec::new(), older: None };
        Self { stretch, last: before, visible: HashMap::new() }
    }

    /// Takes the next change, if it is seen; is there room for more?
    fn take(
        &mut self,
        connection: &Connection,
        account: Option<AccountId>,
        place: Place,
        changed: Changed,
    ) -> Result<bool> {
        let seen = if let Some(seen) = self.visible.get(&changed.page) {
            *seen
        } else {
            let seen = permission::is_visible(connection, account, changed.page)?;
            self.visible.insert(changed.page, seen);
            seen
        };
        if seen {
            self.stretch.changes.push(changed);
        }
        self.last = place;
        let full = self.stretch.changes.len() == N_AT_ONCE;
        self.stretch.older = full.then_some(place);
        Ok(!full)
    }
}

fn pages_in(connection: &Connection, space: SpaceId) -> Result<HashSet<PageId>> {
    let mut statement =
        connection.prepare_cached("select id from page where space = ?1 and kind = 'page'")?;
    let pages = statement.query_map([space], |row| row.get(0))?;
    Ok(pages.collect::<rusqlite::Result<_>>()?)
}

/// Shows each change of `pages`, and of the days of their rooms, to `look`, the latest first, with its
/// place, until that has enough; or until so many thousands of steps were made, which is an error
/// ([`is_cut_short`]). The indexes alone say which to step over.
fn walk_down(
    connection: &Connection,
    pages: &[PageId],
    before: Place,
    most: u32,
    look: impl FnMut(Place, Changed) -> Result<bool>,
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
    let rows = statement.query(named_params! {
        ":at": before.at, ":page": before.page, ":n": before.n, ":pages": pages,
    })?;
    let mut n = 0;
    connection.progress_handler(
        1000,
        Some(move || {
            n += 1;
            n > most
        }),
    )?;
    let walked = show(rows, look);
    connection.progress_handler(0, None::<fn() -> bool>)?;
    walked
}

/// The same without a walk past anything else: each of `pages` is asked for its changes.
fn ask_each(
    connection: &Connection,
    pages: &[PageId],
    before: Place,
    look: impl FnMut(Place, Changed) -> Result<bool>,
) -> Result<()> {
    let pages = serde_json::to_string(pages).map_err(Error::broken)?;
    let mut statement = connection.prepare_cached(
        "with seen (page) as materialized (select value from json_each(:pages)),
         saved (page, first) as (
           select page, 1 from seen
           union all
           -- the days on which somebody noted something
           select page.id, 2 from seen cross join page indexed by page_noted
           where page.parent = seen.page and page.kind = 'transcript' and page.version > 1)
         select page_version.changed_at, page_version.page, page_version.version,
                page_version.title, space.name, account.display, null, null
         from saved cross join page_version on page_version.page = saved.page
           cross join page on page.id = saved.page
           cross join space on space.id = page.space
           left join account on account.id = page_version.changed_by
         where page_version.version >= saved.first
           and (page_version.changed_at, page_version.page, page_version.version)
                 < (:at, :page, :n)
         union all
         select file_act.at, file_act.page, -file_act.id, page.title, space.name,
                account.display, file_act.act, file_act.name
         from seen cross join file_act on file_act.page = seen.page
           cross join page on page.id = seen.page
           cross join space on space.id = page.space
           left join account on account.id = file_act.by
         where (file_act.at, file_act.page, -file_act.id) < (:at, :page, :n)
         order by 1 desc, 2 desc, 3 desc",
    )?;
    let rows = statement.query(named_params! {
        ":at": before.at, ":page": before.page, ":n": before.n, ":pages": pages,
    })?;
    show(rows, look)
}

fn show(mut rows: Rows<'_>, mut look: impl FnMut(Place, Changed) -> Result<bool>) -> Result<()> {
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::store::Store;

    /// Sixty pages that were saved five times in some order, each with a file, and with a room that has
    /// two days, of which one has notes that some see.
    const WIKI: &str = "
        insert into space (id, key, key_folded, name, created_at) values (1, 'T', 't', 'T', 0);
        insert into space_permission (space, operation, subject_kind) values (1, 'view', 'anyone');
        create table temp.n (n integer primary key);
        with recursive count (n) as (select 1 union all select n + 1 from count where n < 60)
        insert into temp.n select n from count;
        insert into page (id, space, title, title_key, created_at, changed_at)
          select n, 1, 'Page ' || n, 'page ' || n, 0, 0 from temp.n;
        insert into room (id, name, zone, opened_at) select n, 'Room', 'UTC', 0 from temp.n;
        insert into page (id, space, parent, kind, title, title_key, version, created_at, changed_at)
          select 100 * day + n, 1, n, 'transcript', 'Day', 'day ' || day || n, day, 0, 0
          from temp.n, (select 1 as day union select 2);
        insert into transcript (room, day, page)
          select n, '2026-11-2' || day, 100 * day + n
          from temp.n, (select 1 as day union select 2);
        insert into page_version (page, version, title, body, changed_at)
          select page.id, v.n, title, '', page.id * 7919 % 1000 + v.n * 500
          from page, temp.n v where v.n <= case kind when 'page' then 5 else page.version end;
        insert into file_act (page, at, act, name)
          select n, n * 104729 % 3000, 'attached', 'plan.pdf' from temp.n;
        insert into page_restriction (page, operation, subject_kind) values (203, 'view', 'account');";

    async fn wiki(folder: &tempfile::TempDir) -> Store<()> {
        let store = Store::open(&folder.path().join("wiki.db"), |_| ()).unwrap();
        store.write(|tx| Ok(tx.execute_batch(WIKI)?)).await.unwrap();
        store
    }

    /// The whole list, stretch by stretch.
    fn all(connection: &Connection, pages: &[PageId], walk: u32) -> Vec<Changed> {
        let (mut all, mut before) = (Vec::new(), Some(Place::START));
        while let Some(place) = before {
            let next = stretch(connection, None, pages, place, walk).unwrap();
            all.extend(next.changes);
            before = next.older;
        }
        all
    }

    #[tokio::test]
    async fn who_walks_and_who_asks_each_page_finds_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let store = wiki(&folder).await;
        let told = store.read_here(|connection| {
            let pages: Vec<_> = (1..=60).filter(|n| n % 3 == 0).map(PageId).collect();
            let walked = all(connection, &pages, u32::MAX);
            for walk in [0, 1, 5] {
                assert_eq!(all(connection, &pages, walk), walked, "{walk}");
            }
            Ok(walked)
        });
        let told = told.unwrap();
        let noted: Vec<_> = told.iter().filter(|changed| changed.page.0 > 100).collect();
        // Of twenty rooms, each with notes of one day, which of one room not everybody may see.
        assert_eq!((told.len(), noted.len()), (20 * 5 + 20 + 19, 19));
        assert!(noted.iter().all(|changed| changed.what == What::Saved(2)));
        assert!(told.is_sorted_by(|a, b| a.at >= b.at));
    }

    #[tokio::test]
    async fn a_walk_past_what_is_hidden_ends() {
        let folder = tempfile::tempdir().unwrap();
        let store = wiki(&folder).await;
        let many =
            "with recursive n (n) as (select 6 union all select n + 1 from n where n < 20000)
             insert into page_version (page, version, title, body, changed_at)
             select 1, n, 'Page 1', '', 9000 + n from n";
        store.write(|tx| Ok(tx.execute(many, []).map(drop)?)).await.unwrap();
        let walked = store.read_here(|connection| {
            walk_down(connection, &[PageId(2)], Place::START, WALK, |_, _| Ok(true))
        });
        assert!(is_cut_short(&walked.unwrap_err()));
        let found = store
            .read_here(|connection| stretch(connection, None, &[PageId(2)], Place::START, WALK));
        assert_eq!(found.unwrap().changes.len(), 5 + 1 + 1);
    }
}
