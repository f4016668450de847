//! History from elsewhere comes into a room: before everything that the room itself holds.
//!
//! A line is known by its file and its number, since people repeat themselves: importing again
//! adds nothing. Authors are names, not accounts. Days that the room itself has, or that come
//! after its first own one, are refused.
//!
//! **Invariant:** an import wakes no window; it makes it load anew.

pub mod irc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use rusqlite::{Connection, OptionalExtension, named_params};

use crate::app::App;
use crate::change::Change;
use crate::draft::{self, Kind, Written};
use crate::error::{Error, Result};
use crate::id::{Mid, RoomId};
use crate::markup::Unresolved;
use crate::message::{self, NewRow, Place};
use crate::store::Tx;
use crate::{room, transcript};

/// What an import did with one file.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
pub struct Report {
    /// Messages that came in.
    pub n_added: usize,
    /// Lines that had come in before.
    pub n_known: usize,
    /// Lines that nobody said.
    pub n_skipped: usize,
    /// Lines that could not be read: number, and why.
    pub malformed: Vec<(usize, String)>,
}

/// Lines in one transaction: other people's posts wait no longer than for these.
const CHUNK: usize = 250;
/// Positions of imported days lie below zero, each day with room for a million messages.
const DAY_SPAN: i64 = 1 << 20;
const FIRST_DAY: i64 = 4_000_000;

/// Imports one IRC log, named `YYYY-MM-DD...`, whose clock showed the time of `zone`.
pub async fn irc(
    app: &App,
    room: RoomId,
    zone: &str,
    file_name: &str,
    text: &str,
) -> Result<Report> {
    let zone = TimeZone::get(zone)
        .map_err(|_| Error::invalid("zone", format!("{zone} is not a time zone.")))?;
    let day = irc::day_of(file_name).ok_or_else(|| {
        Error::invalid("file", format!("{file_name}: the name does not begin with YYYY-MM-DD."))
    })?;
    let log = irc::read(day, text);
    let mut report = Report {
        n_skipped: log.n_skipped,
        malformed: log.malformed.iter().map(|bad| (bad.number, bad.why.to_owned())).collect(),
        ..Report::default()
    };
    let rows =
        log.lines.iter().map(|line| row(line, file_name, &zone)).collect::<Result<Vec<_>>>()?;
    refuse_overlap(app, room, &rows).await?;
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let chunk: Vec<NewRow> = rows.by_ref().take(CHUNK).collect();
        let n_lines = chunk.len();
        let n_added = app.store.write(move |tx| insert_chunk(tx, room, &chunk)).await?;
        report.n_added += n_added;
        report.n_known += n_lines - n_added;
    }
    Ok(report)
}

// ------------------------------------------------------------------------------------ rules

fn row(line: &irc::Line, file_name: &str, zone: &TimeZone) -> Result<NewRow> {
    Ok(NewRow {
        written: Written::of_markup(line.kind, draft::clean(&line.text), &Unresolved),
        author: None,
        author_name: line.nick.clone(),
        author_display: line.nick.clone(),
        at: line.at.to_zoned(zone.clone()).map_err(Error::broken)?.timestamp(),
        draft: None,
        reply_to: None,
        origin: Some(format!("{file_name}:{}", line.number)),
    })
}

fn first_position(day: Date) -> i64 {
    let epoch = jiff::civil::date(1970, 1, 1);
    let days = epoch.until(day).map_or(0, |span| i64::from(span.get_days()));
    (days - FIRST_DAY) * DAY_SPAN
}

// ------------------------------------------------------------------------------------ sql

async fn refuse_overlap(app: &App, room: RoomId, rows: &[NewRow]) -> Result<()> {
    let latest = rows.iter().map(|row| row.at).max();
    let Some(latest) = latest else { return Ok(()) };
    app.store
        .read(move |connection| {
            let kept = room::select(connection, room)?;
            let zone = TimeZone::get(&kept.zone).unwrap_or(TimeZone::UTC);
            let last_day = latest.to_zoned(zone).date();
            let own: Option<String> = connection.query_row(
                "select min(day) from message where room = ?1 and position > 0",
                [room],
                |row| row.get(0),
            )?;
            match own.map(|day| day.parse::<Date>()) {
                Some(Ok(own)) if last_day >= own => Err(Error::Conflict(format!(
                    "The room has messages of its own from {own} on, and this log reaches to \
                     {last_day}. Only days before a room's own can be imported."
                ))),
                _ => Ok(()),
            }
        })
        .await
}

/// Writes the lines that are new; answers how many those were.
fn insert_chunk(tx: &Tx<'_, Change>, room: RoomId, rows: &[NewRow]) -> Result<usize> {
    let kept = room::select(tx, room)?;
    let zone = TimeZone::get(&kept.zone).unwrap_or(TimeZone::UTC);
    let mut n_added = 0;
    for row in rows {
        if is_known(tx, room, row)? {
            continue;
        }
        let local = row.at.to_zoned(zone.clone());
        let day = local.date();
        let opens_day = transcript::open_day(tx, room, &kept.name, day, row.at)?;
        let seq = room::next_seq(tx, room)?;
        let place = Place {
            room,
            mid: Mid(seq.0),
            seq,
            position: next_position(tx, room, day)?,
            day,
            offset_minutes: i64::from(local.offset().seconds() / 60),
            opens_day,
            continues: !opens_day && continues(tx, room, row, day)?,
        };
        message::insert_row(tx, row, &place)?;
        n_added += 1;
    }
    if n_added > 0 {
        tx.tell(Change::Reload(room));
    }
    Ok(n_added)
}

fn is_known(connection: &Connection, room: RoomId, row: &NewRow) -> Result<bool> {
    let known = connection
        .prepare_cached("select exists (select 1 from message where room = ?1 and origin = ?2)")?
        .query_row((room, &row.origin), |row| row.get(0))?;
    Ok(known)
}

fn next_position(connection: &Connection, room: RoomId, day: Date) -> Result<i64> {
    let first = first_position(day);
    let position = connection
        .prepare_cached(
            "select coalesce(max(position) + 1, :first) from message
             where room = :room and position between :first and :last",
        )?
        .query_row(
            named_params! { ":room": room, ":first": first, ":last": first + DAY_SPAN - 1 },
            |row| row.get(0),
        )?;
    Ok(position)
}

/// Does the line follow one by the same name, within five minutes?
fn continues(connection: &Connection, room: RoomId, row: &NewRow, day: Date) -> Result<bool> {
    let first = first_position(day);
    let continues = connection
        .prepare_cached(
            "select author_name = :name and kind <> 'action' and :said
                    and :at - at between 0 and 300000
             from message where room = :room and position between :first and :last
             order by position desc limit 1",
        )?
        .query_row(
            named_params! {
                ":room": room, ":name": row.author_name, ":said": row.written.kind != Kind::Action,
                ":at": row.at.as_millisecond(), ":first": first, ":last": first + DAY_SPAN - 1,
            },
            |row| row.get(0),
        )
        .optional()?;
    Ok(continues.unwrap_or(false))
}
