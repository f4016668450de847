//! History from elsewhere comes into a room: before everything that the room itself holds.
//!
//! A line is known by its file and its number, since people repeat themselves: importing again
//! adds nothing. Authors are names, not accounts. Days that the room itself has, or that come
//! after its first own one, are refused.
//!
//! **Invariant:** an import wakes no window; it makes it load anew.

mod files;
pub mod irc;
pub mod lines;
pub mod mrkdwn;
pub mod records;
pub mod slack;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use rusqlite::{Connection, OptionalExtension, named_params};

use crate::app::App;
use crate::change::Change;
use crate::draft::{self, Written};
use crate::error::{Error, Result};
use crate::id::{Mid, RoomId, Seq};
use crate::markup::Unresolved;
use crate::message::{self, NewRow, Place};
use crate::room::Room;
use crate::store::Tx;
use crate::{retention, room, transcript};

/// What an import did with one file.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
pub struct Report {
    /// Messages that came in.
    pub n_added: usize,
    /// Lines that had come in before.
    pub n_known: usize,
    /// Lines that nobody said.
    pub n_skipped: usize,
    /// Messages that are older than the room keeps them: they stay out.
    #[serde(default)]
    pub n_expired: usize,
    /// What could not be read: where, and why.
    pub malformed: Vec<(String, String)>,
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
    let mut log = irc::read(day, text);
    let mut rows = Vec::with_capacity(log.lines.len());
    for line in &log.lines {
        match row(line, file_name, &zone) {
            Some(row) => rows.push(row),
            // By the channel's clock it is a time, and in UTC it is none.
            None => {
                log.malformed.push(irc::Complaint { number: line.number, why: irc::BEYOND });
            }
        }
    }
    log.malformed.sort_by_key(|bad| bad.number);
    let mut report = Report {
        n_skipped: log.n_skipped,
        malformed: log
            .malformed
            .iter()
            .map(|bad| (bad.number.to_string(), bad.why.to_owned()))
            .collect(),
        ..Report::default()
    };
    let n_lines = rows.len();
    if let Some((before, kept_in)) = limit(app, room).await? {
        rows.retain(|row| row.at.to_zoned(kept_in.clone()).date() >= before);
    }
    report.n_expired = n_lines - rows.len();
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

/// For an operator: the cause, since nobody else reads it.
fn told(error: &Error) -> String {
    match error {
        Error::Broken(source) => source.to_string(),
        other => other.to_string(),
    }
}

/// `None`: it was said beyond the calendar.
fn row(line: &irc::Line, file_name: &str, zone: &TimeZone) -> Option<NewRow> {
    Some(NewRow {
        written: Written::of_markup(line.kind, draft::clean(&line.text), &Unresolved),
        author: None,
        author_name: line.nick.clone(),
        author_display: line.nick.clone(),
        at: line.at.to_zoned(zone.clone()).ok()?.timestamp(),
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

/// The first day that the room keeps, and its zone; `None`: it keeps all.
async fn limit(app: &App, room: RoomId) -> Result<Option<(Date, TimeZone)>> {
    let now = app.clock.now();
    app.store
        .read(move |connection| {
            let zone = TimeZone::get(&room::select(connection, room)?.zone);
            let before = retention::before(connection, room, now)?;
            Ok(before.map(|before| (before, zone.unwrap_or(TimeZone::UTC))))
        })
        .await
}

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
    let mut n_added = 0;
    for row in rows {
        if !is_known(tx, room, row)? {
            insert(tx, &kept, row, None, Spot::default())?;
            n_added += 1;
        }
    }
    if n_added > 0 {
        tx.tell(Change::Reload(room));
    }
    Ok(n_added)
}

/// Where a message goes; `None`: where it fits.
#[derive(Clone, Copy, Debug, Default)]
struct Spot {
    mid: Option<Mid>,
    position: Option<i64>,
    offset_minutes: Option<i64>,
}

/// Writes one message, and its day's transcript; answers its id here.
fn insert(
    tx: &Tx<'_, Change>,
    kept: &Room,
    row: &NewRow,
    reply_to: Option<Mid>,
    spot: Spot,
) -> Result<Mid> {
    let room = kept.id;
    let offset_minutes = spot.offset_minutes.unwrap_or_else(|| {
        let zone = TimeZone::get(&kept.zone).unwrap_or(TimeZone::UTC);
        i64::from(row.at.to_zoned(zone).offset().seconds() / 60)
    });
    let day = room::local(row.at.as_millisecond(), offset_minutes).date();
    let opens_day = transcript::open_day(tx, room, &kept.name, day, row.at)?;
    let position = if let Some(position) = spot.position {
        position
    } else {
        refuse_own_days(tx, room, day)?;
        next_position(tx, room, day)?
    };
    let mid = match spot.mid {
        Some(mid) => {
            tx.prepare_cached("update room set seq = max(seq, ?2) where id = ?1")?
                .execute((room, mid))?;
            mid
        }
        None => Mid(room::next_seq(tx, room)?.0),
    };
    let place = Place {
        room,
        mid,
        seq: Seq(mid.0),
        position,
        day,
        offset_minutes,
        opens_day,
        continues: !opens_day
            && reply_to.is_none()
            && message::last(tx, room, row, day, position)?.is_followed,
    };
    message::insert_row(tx, &NewRow { reply_to, ..row.clone() }, &place)?;
    Ok(mid)
}

/// Where people have spoken, history comes before what they said.
fn refuse_own_days(connection: &Connection, room: RoomId, day: Date) -> Result<()> {
    let own: Option<String> = connection
        .prepare_cached(
            "select day from message where room = ?1 and position > 0 order by position limit 1",
        )?
        .query_row([room], |row| row.get(0))
        .optional()?;
    match own.map(|day| day.parse::<Date>()) {
        Some(Ok(own)) if day >= own => Err(Error::Conflict(format!(
            "The room has messages of its own from {own} on, and this reaches to {day}. Only days \
             before a room's own can be imported."
        ))),
        _ => Ok(()),
    }
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
