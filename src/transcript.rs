//! One day of a room as a child page of the room's page.
//!
//! **Invariant:** the conversation on a transcript page is the messages, rendered when read; no
//! copy of it is kept. A day without a message has no page, unless people wrote on it.

use jiff::civil::Date;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};

use crate::app::App;
use crate::change::Change;
use crate::error::{Error, Result};
use crate::id::{PageId, RoomId};
use crate::permission::{Grant, View};
use crate::store::Tx;
use crate::{page, title};

/// Where a transcript page belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transcript {
    /// The page that shows it.
    pub page: PageId,
    /// The room.
    pub room: RoomId,
    /// The day in the room's zone.
    pub day: Date,
    /// The day with messages before it.
    pub previous: Option<Date>,
    /// The day with messages after it.
    pub next: Option<Date>,
}

// ------------------------------------------------------------------------------------ verbs

/// Which day of which room the granted page shows.
pub async fn show(app: &App, grant: &Grant<View>) -> Result<Transcript> {
    let page = grant.page();
    app.store
        .read(move |connection| {
            let (room, day): (RoomId, String) = connection
                .prepare_cached("select room, day from transcript where page = ?1")?
                .query_row([page], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?
                .ok_or(Error::NotFound)?;
            Ok(Transcript {
                page,
                room,
                previous: neighbour(
                    connection,
                    "select max(day) from transcript where room = ?1 and day < ?2",
                    room,
                    &day,
                )?,
                next: neighbour(
                    connection,
                    "select min(day) from transcript where room = ?1 and day > ?2",
                    room,
                    &day,
                )?,
                day: day.parse().map_err(Error::broken)?,
            })
        })
        .await
}

/// The page of a day of the granted room; [`Error::NotFound`] for a day without activity.
pub async fn page_of(app: &App, grant: &Grant<View>, day: Date) -> Result<PageId> {
    let room = grant.room();
    app.store.read(move |connection| find(connection, room, day)?.ok_or(Error::NotFound)).await
}

// ------------------------------------------------------------------------------------ sql

/// Makes the day's page where there is none; true before the day's first message.
pub(crate) fn open_day(
    tx: &Tx<'_, Change>,
    room: RoomId,
    name: &str,
    day: Date,
    now: Timestamp,
) -> Result<bool> {
    if find(tx, room, day)?.is_some() {
        // What people noted may be all that there is of the day.
        let empty = tx
            .prepare_cached(
                "select not exists (select 1 from message where room = ?1 and day = ?2)",
            )?
            .query_row((room, day.to_string()), |row| row.get(0))?;
        return Ok(empty);
    }
    let page = page::insert_transcript(tx, room, &format!("{name} - {day}"), now)?;
    tx.prepare_cached("insert into transcript (room, day, page) values (?1, ?2, ?3)")?
        .execute((room, day.to_string(), page))?;
    tx.tell(Change::Panel(room));
    Ok(true)
}

/// Gives a day's page the title that its room and its day give it.
pub(crate) fn name_anew(tx: &Tx<'_, Change>, page: PageId) -> Result<()> {
    let title: String = tx.query_row(
        "select room.name || ' - ' || day from transcript join room on room.id = transcript.room
         where page = ?1",
        [page],
        |row| row.get(0),
    )?;
    let space = page::select(tx, page)?.space.id;
    let free = page::free_title(tx, space, &title, Some(page))?;
    title::set(tx, page, &free)
}

pub(crate) fn find(connection: &Connection, room: RoomId, day: Date) -> Result<Option<PageId>> {
    let page = connection
        .prepare_cached("select page from transcript where room = ?1 and day = ?2")?
        .query_row((room, day.to_string()), |row| row.get(0))
        .optional()?;
    Ok(page)
}

fn neighbour(connection: &Connection, sql: &str, room: RoomId, day: &str) -> Result<Option<Date>> {
    let found: Option<String> =
        connection.prepare_cached(sql)?.query_row((room, day), |row| row.get(0))?;
    found.map(|day| day.parse().map_err(Error::broken)).transpose()
}
