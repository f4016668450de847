//! Messages that a room keeps in sight.
//!
//! **Invariant:** what was removed is not pinned: the pin goes in the same transaction.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, named_params};

use crate::app::App;
use crate::audit::{self, Act};
use crate::change::Change;
use crate::error::{Error, Result};
use crate::id::{Mid, RoomId};
use crate::markup::{self, Mode};
use crate::permission::{Grant, Moderate};
use crate::store::Tx;

/// A pinned message, as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// The message.
    pub mid: Mid,
    /// Account name of its author, or the name that an import brought.
    pub author_name: String,
    /// The author as shown.
    pub author_display: String,
    /// The beginning of what it says, on one line.
    pub line: String,
}

/// Pins of a room: more are not kept in sight by anybody.
pub const LIMIT: i64 = 20;

// ------------------------------------------------------------------------------------ verbs

/// Keeps a message in sight. Again is no error.
pub async fn pin(app: &App, grant: &Grant<Moderate>, mid: Mid) -> Result<()> {
    let grant = grant.clone();
    let now = app.clock.now();
    app.store
        .write(move |tx| {
            grant.confirm(tx, now)?;
            let room = grant.room();
            refuse_removed(tx, room, mid)?;
            if is_pinned(tx, room, mid)? {
                return Ok(());
            }
            if count(tx, room)? >= LIMIT {
                return Err(Error::Conflict(
                    "20 messages are pinned here, and that is enough. Unpin one first.".into(),
                ));
            }
            insert(tx, room, mid, now)?;
            audit::append(tx, room, grant.viewer().account_id(), &Act::Pinned { mid }, now)?;
            tx.tell(Change::Panel(room));
            Ok(())
        })
        .await
}

/// Lets it go again.
pub async fn unpin(app: &App, grant: &Grant<Moderate>, mid: Mid) -> Result<()> {
    let grant = grant.clone();
    let now = app.clock.now();
    app.store
        .write(move |tx| {
            grant.confirm(tx, now)?;
            let room = grant.room();
            if is_pinned(tx, room, mid)? {
                audit::append(tx, room, grant.viewer().account_id(), &Act::Unpinned { mid }, now)?;
            }
            forget(tx, room, mid)
        })
        .await
}

// ------------------------------------------------------------------------------------ sql

/// A message is not pinned any more, if it was: unpinned, or removed.
pub(crate) fn forget(tx: &Tx<'_, Change>, room: RoomId, mid: Mid) -> Result<()> {
    let gone =
        tx.prepare_cached("delete from pin where room = ?1 and mid = ?2")?.execute((room, mid))?;
    if gone > 0 {
        tx.tell(Change::Panel(room));
    }
    Ok(())
}

/// What a message says has changed: so has the list, if it is pinned.
pub(crate) fn follow(tx: &Tx<'_, Change>, room: RoomId, mid: Mid) -> Result<()> {
    if is_pinned(tx, room, mid)? {
        tx.tell(Change::Panel(room));
    }
    Ok(())
}

/// The few pins are read before the many messages (a cross join keeps that order), whose order would
/// otherwise be walked to its end. A line needs no more than the beginning of a body.
const OF_ROOM: &str = "select message.mid, coalesce(account.name, author_name),
        coalesce(account.display, author_name), substr(body, 1, 500),
        kind = 'paste'
 from pin cross join message on message.room = pin.room and message.mid = pin.mid
   left join account on account.id = message.author
 where pin.room = ?1 order by position";

/// The pins of a room in the order of the log.
pub(crate) fn select(connection: &Connection, room: RoomId) -> Result<Vec<Pin>> {
    let mut statement = connection.prepare_cached(OF_ROOM)?;
    let pins = statement
        .query_map([room], |row| {
            let body: String = row.get(3)?;
            Ok(Pin {
                mid: row.get(0)?,
                author_name: row.get(1)?,
                author_display: row.get(2)?,
                line: if row.get(4)? { markup::one_line(&body) } else { line(&body) },
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(pins)
}

fn line(body: &str) -> String {
    markup::one_line(&markup::to_plain_text(&markup::parse(body, Mode::Chat)))
}

fn refuse_removed(connection: &Connection, room: RoomId, mid: Mid) -> Result<()> {
    let removed: Option<bool> = connection
        .prepare_cached("select removed_at is not null from message where room = ?1 and mid = ?2")?
        .query_row((room, mid), |row| row.get(0))
        .optional()?;
    match removed {
        None => Err(Error::NotFound),
        Some(true) => Err(Error::Conflict("This message was removed.".into())),
        Some(false) => Ok(()),
    }
}

fn is_pinned(connection: &Connection, room: RoomId, mid: Mid) -> Result<bool> {
    let pinned = connection
        .prepare_cached("select exists (select 1 from pin where room = ?1 and mid = ?2)")?
        .query_row((room, mid), |row| row.get(0))?;
    Ok(pinned)
}

fn count(connection: &Connection, room: RoomId) -> Result<i64> {
    let n = connection
        .prepare_cached("select count(*) from pin where room = ?1")?
        .query_row([room], |row| row.get(0))?;
    Ok(n)
}

fn insert(connection: &Connection, room: RoomId, mid: Mid, now: Timestamp) -> Result<()> {
    connection
        .prepare_cached("insert into pin (room, mid, pinned_at) values (:room, :mid, :now)")?
        .execute(named_params! { ":room": room, ":mid": mid, ":now": now.as_millisecond() })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn the_pins_of_a_room_are_found_without_a_walk_through_its_messages() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(include_str!("../schema.sql")).unwrap();
        let mut plan = connection.prepare(&["explain query plan ", OF_ROOM].concat()).unwrap();
        let steps = plan.query_map([1], |row| row.get("detail")).unwrap();
        let steps: Vec<String> = steps.map(Result::unwrap).collect();
        let (first, then) = (steps.first().unwrap(), steps.get(1).unwrap());
        assert!(
            first.starts_with("SEARCH pin ") && then.ends_with("(room=? AND mid=?)"),
            "{steps:?}"
        );
    }
}
