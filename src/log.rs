//! Reading a room back: its latest messages, older ones, a day, what changed since a cursor.
//!
//! **Invariant:** first load, resume and resync are one query over one index, and there is no
//! second source of truth: "the page and the changes since its cursor" is the page now.

use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension};

use crate::app::App;
use crate::change::Cursor;
use crate::error::Result;
use crate::id::{Mid, RoomId};
use crate::message::{Message, columns, from_row};
use crate::permission::{Grant, View};
use crate::room;

/// A run of the log.
#[derive(Clone, Debug)]
pub struct Log {
    /// In the order of reading.
    pub messages: Vec<Message>,
    /// Everything up to here is in.
    pub cursor: Cursor,
}

/// Messages that a window begins with, and that one look back brings.
pub const N_AT_ONCE: i64 = 100;
/// A reader who missed more changes than this loads anew.
pub const N_RESUME: i64 = 300;

// ------------------------------------------------------------------------------------ verbs

/// The newest messages, and the cursor from which a stream goes on.
pub async fn latest(app: &App, grant: &Grant<View>) -> Result<Log> {
    let room = grant.room();
    let epoch = app.store.epoch().to_owned();
    app.store
        .read(move |connection| {
            let messages = before(connection, room, i64::MAX, N_AT_ONCE)?;
            Ok(Log { messages, cursor: Cursor { epoch, seq: room::seq(connection, room)? } })
        })
        .await
}

/// The messages before `mid`, in the order of reading.
pub async fn older(app: &App, grant: &Grant<View>, mid: Mid) -> Result<Vec<Message>> {
    let room = grant.room();
    app.store
        .read(move |connection| {
            let position: Option<i64> = connection
                .prepare_cached("select position from message where room = ?1 and mid = ?2")?
                .query_row((room, mid), |row| row.get(0))
                .optional()?;
            // A number that is no message's still says where to look.
            before(connection, room, position.unwrap_or(mid.0), N_AT_ONCE)
        })
        .await
}

/// A day's messages, in the order of reading.
pub async fn of_day(app: &App, grant: &Grant<View>, day: Date) -> Result<Vec<Message>> {
    let room = grant.room();
    app.store
        .read(move |connection| {
            let mut statement = connection.prepare_cached(concat!(
                "select ",
                columns!(),
                " where room = ?1 and day = ?2 order by position"
            ))?;
            let rows = statement
                .query_map((room, day.to_string()), from_row)?
                .collect::<rusqlite::Result<_>>()?;
            Ok(rows)
        })
        .await
}

/// What changed in a room since a cursor.
#[derive(Clone, Debug)]
pub enum Since {
    /// Each message that was made or touched, once, in its present state, ordered by the change
    /// that last touched it.
    Changes(Log),
    /// Too far behind, or from another copy of the file: load anew.
    TooFar(Cursor),
}

/// [`since`] for a poll: the right is asked for on the same snapshot as the messages.
pub async fn since_now(app: &App, grant: &Grant<View>, cursor: Option<Cursor>) -> Result<Since> {
    let grant = grant.clone();
    let now = app.clock.now();
    let epoch = app.store.epoch().to_owned();
    app.store
        .read(move |connection| {
            grant.confirm(connection, now)?;
            since(connection, &epoch, grant.room(), cursor.as_ref())
        })
        .await
}

/// What changed since `cursor`; since nothing (an empty log), where it is `None`.
pub(crate) fn since(
    connection: &Connection,
    epoch: &str,
    room: RoomId,
    cursor: Option<&Cursor>,
) -> Result<Since> {
    let seq = room::seq(connection, room)?;
    let now = Cursor { epoch: epoch.into(), seq };
    let Some(cursor) = cursor else {
        return Ok(Since::Changes(Log { messages: Vec::new(), cursor: now }));
    };
    if cursor.epoch != epoch || cursor.seq > seq {
        return Ok(Since::TooFar(now));
    }
    let mut statement = connection.prepare_cached(concat!(
        "select ",
        columns!(),
        " where room = ?1 and seq > ?2 order by seq limit ?3"
    ))?;
    let messages = statement
        .query_map((room, cursor.seq, N_RESUME + 1), from_row)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    if i64::try_from(messages.len()).unwrap_or(i64::MAX) > N_RESUME {
        return Ok(Since::TooFar(now));
    }
    Ok(Since::Changes(Log { messages, cursor: now }))
}

// ------------------------------------------------------------------------------------ sql

fn before(
    connection: &Connection,
    room: RoomId,
    position: i64,
    limit: i64,
) -> Result<Vec<Message>> {
    let mut statement = connection.prepare_cached(concat!(
        "select ",
        columns!(),
        " where room = ?1 and position < ?2 order by position desc limit ?3"
    ))?;
    let mut messages = statement
        .query_map((room, position, limit), from_row)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    messages.reverse();
    Ok(messages)
}
