//! Who made a page is told, once, that somebody has begun to talk on it.

use jiff::Timestamp;
use rusqlite::{Connection, named_params};

use crate::account::Viewer;
use crate::app::App;
use crate::error::Result;
use crate::id::{AccountId, PageId, RoomId};
use crate::page::PageLink;
use crate::permission::{self, Grant, View};

/// Somebody began to talk on a page that the viewer made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstUse {
    /// The page.
    pub page: PageLink,
    /// Display name of who began.
    pub by: String,
}

/// Notices that are shown at a time.
const N_SHOWN: i64 = 5;

// ------------------------------------------------------------------------------------ verbs

/// What the viewer has not been told yet, or has not waved aside; the latest first.
pub async fn list(app: &App, viewer: &Viewer) -> Result<Vec<FirstUse>> {
    let Some(account) = viewer.account_id() else { return Ok(Vec::new()) };
    app.store
        .read(move |connection| {
            let mut seen = Vec::new();
            for first in select(connection, account)? {
                if permission::is_visible(connection, Some(account), first.page.id)? {
                    seen.push(first);
                }
            }
            Ok(seen)
        })
        .await
}

/// Whoever made the page knows. From anybody else it says nothing.
pub async fn dismiss(app: &App, grant: &Grant<View>) -> Result<()> {
    let grant = grant.clone();
    let now = app.clock.now();
    app.store
        .write(move |tx| {
            grant.confirm(tx, now)?;
            tx.execute(
                "update first_use set dismissed_at = :now
                 where room = :room and dismissed_at is null and maker = :account",
                named_params! {
                    ":room": grant.page(), ":now": now.as_millisecond(),
                    ":account": grant.viewer().account_id(),
                },
            )?;
            Ok(())
        })
        .await
}

// ------------------------------------------------------------------------------------ sql

/// Notes who was the first to write in a room on somebody else's page.
pub(crate) fn note(
    connection: &Connection,
    room: RoomId,
    by: AccountId,
    now: Timestamp,
) -> Result<()> {
    connection
        .prepare_cached(
            "insert into first_use (room, maker, by, at)
             select :room, created_by, :by, :now from page where id = :room and created_by <> :by
               and not exists (select 1 from first_use where room = :room)",
        )?
        .execute(named_params! { ":room": room, ":by": by, ":now": now.as_millisecond() })?;
    Ok(())
}

/// Found by whom it is told to: home asks at each visit.
const OF_MAKER: &str = "select page.id, page.title, account.display
     from first_use join page on page.id = first_use.room
       join account on account.id = first_use.by
     where maker = ?1 and dismissed_at is null
     order by first_use.at desc limit ?2";

fn select(connection: &Connection, account: AccountId) -> Result<Vec<FirstUse>> {
    let mut statement = connection.prepare_cached(OF_MAKER)?;
    let found = statement
        .query_map((account, N_SHOWN), |row| {
            let id: PageId = row.get(0)?;
            Ok(FirstUse { page: PageLink { id, title: row.get(1)? }, by: row.get(2)? })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn what_somebody_is_told_is_found_in_order_without_a_walk_through_all_pages() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(include_str!("../schema.sql")).unwrap();
        let mut plan = connection.prepare(&["explain query plan ", OF_MAKER].concat()).unwrap();
        let steps = plan.query_map([1, N_SHOWN], |row| row.get("detail")).unwrap();
        let steps: Vec<String> = steps.map(Result::unwrap).collect();
        assert_eq!(
            steps,
            [
                "SEARCH first_use USING INDEX first_use_maker (maker=?)",
                "SEARCH page USING INTEGER PRIMARY KEY (rowid=?)",
                "SEARCH account USING INTEGER PRIMARY KEY (rowid=?)",
            ]
        );
    }
}
