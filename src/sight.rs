//! What an account sees, kept in memory: working it out walks all pages, and searches, lists and
//! trees ask for it all the time.
//!
//! **Invariant:** what is kept is used only on a snapshot in which nothing that decides who sees
//! what has changed since it was worked out. The file counts those changes (`local_rights`), by
//! triggers, in the transaction that makes them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::error::Result;
use crate::id::{AccountId, PageId, RoomId};
use crate::{folding, permission};

/// Accounts that are remembered; with the next one all are forgotten.
const N_KEPT: usize = 200;
/// How old a guess of how much was said in each room may be.
const GUESS: Duration = Duration::from_mins(10);

/// What was worked out; one for the whole program.
#[derive(Default)]
pub struct Sight {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// Which state of the rights it is about.
    version: i64,
    seen: HashMap<Option<AccountId>, Arc<Seen>>,
    names: Option<Arc<Vec<Named>>>,
    /// How much was said in each room, about, by room; when that was looked up.
    said: Option<(Instant, Arc<Said>)>,
}

/// Rooms in the order of their ids, each with how much was said in it.
type Said = Vec<(RoomId, i64)>;

/// What an account sees: the pages that people write, and the rooms on them. Pages of days are not
/// among them; they are seen with their room.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// In the order of their ids.
    pub pages: Vec<PageId>,
    /// The same.
    pub rooms: Vec<RoomId>,
}

impl Seen {
    /// Is the page seen?
    pub fn has(&self, page: PageId) -> bool {
        self.pages.binary_search(&page).is_ok()
    }
}

/// A page and how it may be called.
#[derive(Debug)]
pub struct Named {
    /// The page.
    pub page: PageId,
    /// Its title, folded.
    pub title: String,
    /// The name of its room, folded, if it has one.
    pub room: Option<String>,
    /// The key of its space, folded.
    pub space: Arc<str>,
}

impl Sight {
    /// What `account` (none: not signed in) sees.
    pub fn seen(&self, connection: &Connection, account: Option<AccountId>) -> Result<Arc<Seen>> {
        let version = version(connection)?;
        if let Some(seen) = self.kept(version).and_then(|kept| kept.seen.get(&account).cloned()) {
            return Ok(seen);
        }
        let mut pages = permission::seen(connection, account)?;
        pages.sort_unstable();
        let mut statement = connection.prepare_cached("select id from room order by id")?;
        let mut rooms: Vec<RoomId> =
            statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        rooms.retain(|room| pages.binary_search(&PageId::from(*room)).is_ok());
        let mut seen = Arc::new(Seen { pages, rooms });
        if let Some(mut kept) = self.kept(version) {
            // Most accounts see the same.
            if let Some(same) = kept.seen.values().find(|kept| **kept == seen) {
                seen = Arc::clone(same);
            }
            if kept.seen.len() >= N_KEPT {
                kept.seen.clear();
            }
            kept.seen.insert(account, Arc::clone(&seen));
        }
        Ok(seen)
    }

    /// What all pages are called, in the order of their ids.
    pub(crate) fn names(&self, connection: &Connection) -> Result<Arc<Vec<Named>>> {
        let version = version(connection)?;
        if let Some(names) = self.kept(version).and_then(|kept| kept.names.clone()) {
            return Ok(names);
        }
        let names = Arc::new(select_names(connection)?);
        if let Some(mut kept) = self.kept(version) {
            kept.names = Some(Arc::clone(&names));
        }
        Ok(names)
    }

    /// About what part of everything was said in these rooms; a guess, good enough to choose a way
    /// of looking by.
    pub(crate) fn part(&self, connection: &Connection, rooms: &[RoomId]) -> Result<f64> {
        let known = self.lock().said.clone().filter(|(since, _)| since.elapsed() < GUESS);
        let said = if let Some((_, said)) = known {
            said
        } else {
            let mut statement =
                connection.prepare_cached("select id, seq from room order by id")?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let said = Arc::new(rows.collect::<rusqlite::Result<Vec<_>>>()?);
            self.lock().said = Some((Instant::now(), Arc::clone(&said)));
            said
        };
        let of = |room: &RoomId| {
            let place = said.binary_search_by_key(room, |(room, _)| *room).ok()?;
            said.get(place).map(|(_, n)| *n)
        };
        let some: i64 = rooms.iter().filter_map(of).sum();
        let all: i64 = said.iter().map(|(_, n)| *n).sum();
        #[expect(clippy::cast_precision_loss, reason = "a guess")]
        Ok(some as f64 / all.max(1) as f64)
    }

    /// What is kept, if it is about this state of the rights; of an older one it is forgotten.
    fn kept(&self, version: i64) -> Option<MutexGuard<'_, Kept>> {
        let mut kept = self.lock();
        if kept.version < version {
            *kept = Kept { version, said: kept.said.take(), ..Kept::default() };
        }
        // A snapshot from before the last change is worked out by itself.
        (kept.version == version).then_some(kept)
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// ------------------------------------------------------------------------------------ sql

fn version(connection: &Connection) -> Result<i64> {
    let version = connection
        .prepare_cached("select version from local_rights")?
        .query_row([], |row| row.get(0))?;
    Ok(version)
}

fn select_names(connection: &Connection) -> Result<Vec<Named>> {
    let mut keys: HashMap<i64, Arc<str>> = HashMap::new();
    let mut statement = connection.prepare_cached("select id, key_folded from space")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        keys.insert(row.get(0)?, row.get::<_, String>(1)?.into());
    }
    let mut statement = connection.prepare_cached(
        "select page.id, page.title, room.name, page.space
         from page indexed by page_below left join room on room.id = page.id
         where page.kind = 'page' order by page.id",
    )?;
    let names = statement
        .query_map([], |row| {
            let name: Option<String> = row.get(2)?;
            Ok(Named {
                page: row.get(0)?,
                title: folding::lower(&row.get::<_, String>(1)?),
                room: name.map(|name| folding::lower(&name)),
                space: keys.get(&row.get(3)?).cloned().unwrap_or_else(|| "".into()),
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(names)
}
