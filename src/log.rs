//! Reading a room back: its latest messages, older ones, a day, what changed since a cursor.
//!
//! **Invariant:** first load, resume and resync read the one table of messages by its own indexes, and
//! there is no second source of truth: "the page and the changes since its cursor" is the page now.

use jiff::civil::{Date, Time};
use rusqlite::{Connection, OptionalExtension, Rows};

use crate::app::App;
use crate::change::Cursor;
use crate::error::{Error, Result};
use crate::id::{Mid, PageId, RoomId};
use crate::markup::Html;
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
/// And one who missed more bytes of what they say, rendered: each reader may have an own copy of them.
const N_RESUME_BYTES: usize = 1 << 20;
/// Bytes of what is said, rendered, on one page; of what would be more the first lines are shown.
const N_BYTES: usize = 4 << 20;

// ------------------------------------------------------------------------------------ verbs

/// The newest messages, and the cursor from which a stream goes on.
pub async fn latest(app: &App, grant: &Grant<View>) -> Result<Log> {
    let room = grant.room();
    let epoch = app.store.epoch().to_owned();
    grant
        .read(app, move |connection| {
            let messages = before(connection, room, i64::MAX, N_AT_ONCE)?;
            Ok(Log { messages, cursor: Cursor { epoch, seq: room::seq(connection, room)? } })
        })
        .await
}

/// The messages before `mid`, in the order of reading.
pub async fn older(app: &App, grant: &Grant<View>, mid: Mid) -> Result<Vec<Message>> {
    let room = grant.room();
    grant
        .read(app, move |connection| {
            let position: Option<i64> = connection
                .prepare_cached("select position from message where room = ?1 and mid = ?2")?
                .query_row((room, mid), |row| row.get(0))
                .optional()?;
            // A number that is no message's still says where to look.
            before(connection, room, position.unwrap_or(mid.0), N_AT_ONCE)
        })
        .await
}

/// Messages on one page of a day: a day may have very many.
pub const N_PART: i64 = 500;

/// A part of a day.
#[derive(Clone, Debug)]
pub struct Part {
    /// In the order of reading.
    pub messages: Vec<Message>,
    /// Which part this is, from 1 on.
    pub part: i64,
    /// How many there are; 1 for most days.
    pub n_parts: i64,
}

/// A part of a day; without a number the first one, or, of a day that goes on, the last.
pub async fn of_day(
    app: &App,
    grant: &Grant<View>,
    day: Date,
    part: Option<i64>,
    live: bool,
) -> Result<Part> {
    let room = grant.room();
    grant
        .read(app, move |connection| {
            let n: i64 = connection
                .prepare_cached("select count(*) from message where room = ?1 and day = ?2")?
                .query_row((room, day.to_string()), |row| row.get(0))?;
            let n_parts = (n + N_PART - 1) / N_PART;
            let n_parts = n_parts.max(1);
            let part = part.unwrap_or(if live { n_parts } else { 1 }).clamp(1, n_parts);
            // The place of its first message: found in the index alone.
            let mut statement = connection.prepare_cached(concat!(
                "select ",
                columns!(),
                " where room = ?1 and day = ?2 and position >= (
                    select position from message where room = ?1 and day = ?2
                    order by position limit 1 offset ?3)
                  order by position limit ?4"
            ))?;
            let rows = statement.query((room, day.to_string(), (part - 1) * N_PART, N_PART))?;
            Ok(Part { messages: bounded(rows)?, part, n_parts })
        })
        .await
}

/// A stretch of a day, from one place to another.
pub(crate) fn stretch(
    connection: &Connection,
    room: RoomId,
    day: Date,
    (from, until): (i64, i64),
) -> Result<Vec<Message>> {
    let mut statement = connection.prepare_cached(concat!(
        "select ",
        columns!(),
        " where room = ?1 and day = ?2 and position between ?3 and ?4 order by position"
    ))?;
    let messages = statement
        .query_map((room, day.to_string(), from, until), from_row)?
        .collect::<rusqlite::Result<_>>()?;
    Ok(messages)
}

/// Where a message stands: the page of its day, and which part of it, where there are several.
pub async fn place(app: &App, grant: &Grant<View>, mid: Mid) -> Result<(PageId, Option<i64>)> {
    let room = grant.room();
    grant
        .read(app, move |connection| {
            let (page, n, before) = connection
                .prepare_cached(
                    "select transcript.page,
                            (select count(*) from message m where m.room = found.room and m.day = found.day),
                            (select count(*) from message m where m.room = found.room and m.day = found.day
                               and m.position < found.position)
                     from message found
                       join transcript on transcript.room = found.room and transcript.day = found.day
                     where found.room = ?1 and found.mid = ?2",
                )?
                .query_row((room, mid), |row| {
                    Ok((row.get(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
                })
                .optional()?
                .ok_or(Error::NotFound)?;
            Ok((page, (n > N_PART).then_some(before / N_PART + 1)))
        })
        .await
}

/// The first message of a day from a time on; the last one, where nothing came later.
pub async fn at(app: &App, grant: &Grant<View>, day: Date, time: Time) -> Result<Mid> {
    let room = grant.room();
    let seconds = i64::from(time.hour()) * 3600 + i64::from(time.minute()) * 60;
    grant
        .read(app, move |connection| {
            let mid = connection
                .prepare_cached(
                    "select mid, (at / 1000 + offset_minutes * 60) % 86400 >= ?3 as later
                     from message where room = ?1 and day = ?2
                     order by later desc, case when later then position else -position end limit 1",
                )?
                .query_row((room, day.to_string(), seconds), |row| row.get(0))
                .optional()?;
            mid.ok_or(Error::NotFound)
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
    let room = grant.room();
    let epoch = app.store.epoch().to_owned();
    grant.read(app, move |connection| since(connection, &epoch, room, cursor.as_ref())).await
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
    // What was new and what was touched are in two indexes: the one of places serves the first, and
    // a message that is only posted stands in one index less.
    let (new, touched) = (
        concat!(
            "select ",
            columns!(),
            " where room = ?1 and mid > ?2 and seq = mid order by mid limit ?3"
        ),
        concat!(
            "select ",
            columns!(),
            " where room = ?1 and seq > ?2 and seq <> mid order by seq limit ?3"
        ),
    );
    let (mut messages, mut n_bytes): (Vec<Message>, _) = (Vec::new(), 0);
    for sql in [new, touched] {
        let mut statement = connection.prepare_cached(sql)?;
        let rows = statement.query_map((room, cursor.seq, N_RESUME + 1), from_row)?;
        for message in rows {
            let message = message?;
            n_bytes += message.html.as_str().len() + of_reactions(&message);
            messages.push(message);
            let n = i64::try_from(messages.len()).unwrap_or(i64::MAX);
            if n > N_RESUME || n_bytes > N_RESUME_BYTES {
                return Ok(Since::TooFar(now));
            }
        }
    }
    messages.sort_by_key(|message| message.seq);
    Ok(Since::Changes(Log { messages, cursor: now }))
}

/// About how many bytes the names of those who reacted are, each of which stands there twice.
fn of_reactions(message: &Message) -> usize {
    let readers = message.reactions.iter().flat_map(|reaction| &reaction.by);
    readers.map(|reader| reader.display.len() + reader.name.as_ref().map_or(0, String::len)).sum()
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
    let mut messages = bounded(statement.query((room, position, limit))?)?;
    messages.reverse();
    Ok(messages)
}

/// Messages, all of them; but of what is beyond [`N_BYTES`] the first lines.
fn bounded(mut rows: Rows<'_>) -> Result<Vec<Message>> {
    let (mut messages, mut left) = (Vec::new(), N_BYTES);
    while let Some(row) = rows.next()? {
        let mut message = from_row(row)?;
        if let Some(fewer) = left.checked_sub(message.html.as_str().len()) {
            left = fewer;
        } else {
            (message.html, message.cut) = (Html::default(), true);
        }
        messages.push(message);
    }
    Ok(messages)
}
