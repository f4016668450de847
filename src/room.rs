//! The chat of one page: opens, closes, its name and its zone.

use jiff::civil::Date;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rusqlite::{Connection, OptionalExtension, Row, named_params};

use crate::app::App;
use crate::audit::{self, Act};
use crate::change::Change;
use crate::error::{Error, Result};
use crate::id::{AccountId, RoomId, Seq};
use crate::mandate::Mandate;
use crate::permission::{Grant, View};
use crate::store::Tx;

/// The chat of one page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// The page's id.
    pub id: RoomId,
    /// From the macro, or the page's title.
    pub name: String,
    /// IANA name of the time zone in which its days begin.
    pub zone: String,
    /// False: no macro stands on the page any more; reading only.
    pub open: bool,
    /// Moderators have locked it; reading only.
    pub locked: bool,
    /// Slow mode: seconds between an account's messages; 0: off.
    pub slow_seconds: i64,
}

/// A room as who administers sees it, without looking into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The room.
    pub room: Room,
    /// Its page's title.
    pub title: String,
    /// The key of its space.
    pub space: String,
    /// How long it keeps; `None`: for ever.
    pub keep_days: Option<i64>,
    /// The last day on which something was said, `2026-11-22`.
    pub last_day: Option<String>,
}

/// Rooms that one page shows.
pub const N_AT_ONCE: i64 = 100;

// ------------------------------------------------------------------------------------ verbs

/// For the operator, who asks nobody: is there such a room?
pub async fn exists(app: &App, room: RoomId) -> Result<()> {
    app.store
        .read(move |connection| match select(connection, room) {
            Err(Error::NotFound) => Err(Error::invalid(
                "room",
                format!("There is no room {room}: put a chat macro on page {room} first."),
            )),
            other => other.map(drop),
        })
        .await
}

/// The room itself.
pub async fn show(app: &App, grant: &Grant<View>) -> Result<Room> {
    let room = grant.room();
    app.store.read(move |connection| select(connection, room)).await
}

/// Rooms by the titles of their pages: those after `after` (a title and an id), and only such as
/// hold `text` in their name or title. Of all pages that are in no trash, nor below one that is.
pub async fn list(
    app: &App,
    _: &Mandate,
    text: &str,
    after: Option<RoomId>,
) -> Result<Vec<Listed>> {
    let text = text.trim().to_lowercase();
    app.store
        .read(move |connection| {
            let mut statement = connection.prepare_cached(
                "with recursive gone (id) as (
                   select id from page where trashed_at is not null
                   union select page.id from gone join page on page.parent = gone.id)
                 select room.id, room.name, zone, closed_at is null, locked_at is not null,
                        slow_seconds, page.title, space.key,
                        coalesce(room.keep_days, space.keep_days),
                        (select max(day) from transcript where room = room.id)
                 from room join page on page.id = room.id join space on space.id = page.space
                 where page.id not in gone
                   and (instr(lower(room.name), :text) > 0 or instr(page.title_key, :text) > 0)
                   and (page.title_key, room.id) > (
                     coalesce((select title_key from page where id = :after), ''),
                     coalesce(:after, 0))
                 order by page.title_key, room.id limit :most",
            )?;
            let rooms = statement.query_map(
                named_params! { ":text": text, ":after": after, ":most": N_AT_ONCE },
                |row| {
                    Ok(Listed {
                        room: from_row(row)?,
                        title: row.get(6)?,
                        space: row.get(7)?,
                        keep_days: row.get(8)?,
                        last_day: row.get(9)?,
                    })
                },
            )?;
            Ok(rooms.collect::<rusqlite::Result<_>>()?)
        })
        .await
}

// ------------------------------------------------------------------------------------ sql

pub(crate) fn select(connection: &Connection, room: RoomId) -> Result<Room> {
    connection
        .prepare_cached(
            "select id, name, zone, closed_at is null, locked_at is not null, slow_seconds
             from room where id = ?1",
        )?
        .query_row([room], from_row)
        .optional()?
        .ok_or(Error::NotFound)
}

/// [`select`], of a room that can be written in.
pub(crate) fn select_open(connection: &Connection, room: RoomId) -> Result<Room> {
    let room = select(connection, room)?;
    if !room.open {
        return Err(Error::Conflict("This room is closed: it can be read but not written.".into()));
    }
    Ok(room)
}

/// The newest change of the room.
pub(crate) fn seq(connection: &Connection, room: RoomId) -> Result<Seq> {
    connection
        .prepare_cached("select seq from room where id = ?1")?
        .query_row([room], |row| row.get(0))
        .optional()?
        .ok_or(Error::NotFound)
}

/// Counts one more change in the room.
pub(crate) fn next_seq(tx: &Tx<'_, Change>, room: RoomId) -> Result<Seq> {
    // Two statements: for `returning` a table is made each time, which takes longer than both.
    tx.prepare_cached("update room set seq = seq + 1 where id = ?1")?.execute([room])?;
    seq(tx, room)
}

/// Opens the room of a page that has a macro, or reopens or renames it. What moderators have set
/// stays as it is.
pub(crate) fn open(
    tx: &Tx<'_, Change>,
    room: RoomId,
    name: &str,
    zone: &str,
    by: Option<AccountId>,
    now: Timestamp,
) -> Result<()> {
    let before = match select(tx, room) {
        Ok(before) => Some(before),
        Err(Error::NotFound) => None,
        Err(error) => return Err(error),
    };
    let act = match &before {
        Some(before) if before.open && before.name == name => return Ok(()),
        Some(before) if before.open => Act::Renamed { name: name.into() },
        _ => Act::Opened { name: name.into() },
    };
    tx.execute(
        "insert into room (id, name, zone, opened_at) values (:id, :name, :zone, :now)
         on conflict (id) do update set name = excluded.name, closed_at = null",
        named_params! {
            ":id": room, ":name": name, ":zone": zone, ":now": now.as_millisecond(),
        },
    )?;
    audit::append(tx, room, by, &act, now)?;
    // A new room has no window that could be out of date.
    if before.is_some() {
        tx.tell(Change::Reload(room));
    }
    Ok(())
}

/// Sets the zone of a room in which nothing was said yet.
pub(crate) fn begin_in(tx: &Tx<'_, Change>, room: RoomId, zone: &str) -> Result<()> {
    tx.execute("update room set zone = ?2 where id = ?1 and seq = 0", (room, zone))?;
    Ok(())
}

/// Closes the room, if there is one, to posts.
pub(crate) fn close(
    tx: &Tx<'_, Change>,
    room: RoomId,
    by: Option<AccountId>,
    now: Timestamp,
) -> Result<()> {
    let closed = tx.execute(
        "update room set closed_at = ?2 where id = ?1 and closed_at is null",
        (room, now.as_millisecond()),
    )?;
    if closed > 0 {
        audit::append(tx, room, by, &Act::Closed, now)?;
        tx.tell(Change::Reload(room));
    }
    Ok(())
}

/// Notes that the account wrote in the room; true if it never had.
pub(crate) fn count_participant(
    connection: &Connection,
    room: RoomId,
    account: AccountId,
    now: Timestamp,
) -> Result<bool> {
    let wrote = (room, account, now.as_millisecond());
    let known = connection
        .prepare_cached(
            "update participant set n_messages = n_messages + 1, last_at = ?3
             where room = ?1 and account = ?2",
        )?
        .execute(wrote)?;
    if known == 0 {
        connection
            .prepare_cached(
                "insert into participant (room, account, n_messages, last_at) values (?1, ?2, 1, ?3)",
            )?
            .execute(wrote)?;
    }
    Ok(known == 0)
}

pub(crate) fn from_row(row: &Row<'_>) -> rusqlite::Result<Room> {
    Ok(Room {
        id: row.get(0)?,
        name: row.get(1)?,
        zone: row.get(2)?,
        open: row.get(3)?,
        locked: row.get(4)?,
        slow_seconds: row.get(5)?,
    })
}

// ------------------------------------------------------------------------------------ rules

/// The day that it is in the room.
pub fn today(room: &Room, now: Timestamp) -> Date {
    now.to_zoned(TimeZone::get(&room.zone).unwrap_or(TimeZone::UTC)).date()
}
