//! History from elsewhere comes into a room: before everything that the room itself holds.
//!
//! A line is known by its file and its number, since people repeat themselves: importing again
//! adds nothing. Authors are names, but for those of an export who are accounts here. Days that the room itself has, or that come
//! after its first own one, are refused. Within a day what comes in stands by time ([`place`]).
//!
//! **Invariant:** an import wakes no window; it makes it load anew.

mod again;
mod files;
pub mod irc;
pub mod lines;
pub mod mrkdwn;
mod place;
pub mod records;
pub mod slack;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rusqlite::{Connection, OptionalExtension};

use crate::app::App;
use crate::change::Change;
use crate::draft::{self, Written};
use crate::error::{Error, Result};
use crate::id::{Mid, RoomId, Seq};
use crate::markup::Unresolved;
use crate::message::{self, NewRow, Place};
use crate::room::Room;
use crate::store::Tx;
use crate::{clock, retention, room, transcript};
use place::{Arrived, Order, Wanted};

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

impl Report {
    /// Was there something, and no message of it could be read?
    pub fn has_read_nothing(&self) -> bool {
        self.n_added + self.n_known + self.n_expired == 0 && !self.malformed.is_empty()
    }
}

/// Lines in one transaction: other people's posts wait no longer than for these.
const CHUNK: usize = 250;

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
    let kept = kept(app, room).await?;
    let mut order = Order::default();
    let mut lines: Vec<Line> = Vec::with_capacity(rows.len());
    for row in rows {
        let day = kept.day_of(row.at);
        if kept.before.is_some_and(|before| day < before) {
            report.n_expired += 1;
            continue;
        }
        lines.push(Line { not_before: order.next(day, row.at), day, row });
    }
    refuse_overlap(app, room, lines.iter().map(|line| line.day).max()).await?;
    let mut lines = lines.into_iter().peekable();
    while lines.peek().is_some() {
        let chunk: Vec<Line> = lines.by_ref().take(CHUNK).collect();
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

/// A line of a log that only waits to be written.
struct Line {
    row: NewRow,
    day: Date,
    not_before: Timestamp,
}

/// What a room keeps, and where it is.
struct KeptDays {
    zone: TimeZone,
    /// The first day; `None`: it keeps all.
    before: Option<Date>,
}

impl KeptDays {
    /// The day of history that was said then.
    fn day_of(&self, at: Timestamp) -> Date {
        clock::local(at.as_millisecond(), offset_minutes(&self.zone, at)).date()
    }
}

fn offset_minutes(zone: &TimeZone, at: Timestamp) -> i64 {
    i64::from(zone.to_offset(at).seconds() / 60)
}

// ------------------------------------------------------------------------------------ sql

async fn kept(app: &App, room: RoomId) -> Result<KeptDays> {
    let now = app.clock.now();
    app.store
        .read(move |connection| {
            let zone = TimeZone::get(&room::select(connection, room)?.zone);
            let before = retention::before(connection, room, now)?;
            Ok(KeptDays { zone: zone.unwrap_or(TimeZone::UTC), before })
        })
        .await
}

/// Before any of it is written: history may only come before what the room has of its own.
async fn refuse_overlap(app: &App, room: RoomId, last_day: Option<Date>) -> Result<()> {
    let Some(last_day) = last_day else { return Ok(()) };
    app.store.read(move |connection| refuse_own_days(connection, room, last_day)).await
}

/// Writes the lines that are new; answers how many those were.
fn insert_chunk(tx: &Tx<'_, Change>, room: RoomId, lines: &[Line]) -> Result<usize> {
    let kept = room::select(tx, room)?;
    let mut new = Vec::with_capacity(lines.len());
    for line in lines {
        if !is_known(tx, room, &line.row)? {
            new.push(line);
        }
    }
    let wanted: Vec<Wanted<'_>> = new
        .iter()
        .map(|line| Wanted {
            origin: line.row.origin.as_deref().unwrap_or_default(),
            day: line.day,
            not_before: line.not_before,
            position: None,
        })
        .collect();
    let places = place::find(tx, room, &wanted)?;
    let mut arrived = Vec::with_capacity(new.len());
    for (line, position) in new.into_iter().zip(&places.positions) {
        let spot = Spot { position: *position, mid: None, offset_minutes: None };
        arrived.push(insert(tx, &kept, &line.row, None, spot)?);
    }
    place::settle(tx, room, places, &arrived)?;
    if !arrived.is_empty() {
        tx.tell(Change::Reload(room));
    }
    Ok(arrived.len())
}

/// Where a message goes.
#[derive(Clone, Copy, Debug)]
struct Spot {
    position: i64,
    /// `None`: the next one.
    mid: Option<Mid>,
    /// `None`: by the room's zone.
    offset_minutes: Option<i64>,
}

/// Writes one message, and its day's transcript.
fn insert(
    tx: &Tx<'_, Change>,
    kept: &Room,
    row: &NewRow,
    reply_to: Option<Mid>,
    spot: Spot,
) -> Result<Arrived> {
    let room = kept.id;
    let offset_minutes = spot.offset_minutes.unwrap_or_else(|| {
        offset_minutes(&TimeZone::get(&kept.zone).unwrap_or(TimeZone::UTC), row.at)
    });
    let day = clock::local(row.at.as_millisecond(), offset_minutes).date();
    let opens_day = transcript::open_day(tx, room, &kept.name, day, row.at)?;
    let position = spot.position;
    let mid = match spot.mid {
        Some(mid) => {
            // What is said next is after it by its number and by its place.
            tx.prepare_cached("update room set seq = max(seq, ?2, ?3) where id = ?1")?
                .execute((room, mid, position))?;
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
    Ok(Arrived { mid, position, author: row.author, at: row.at })
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
            "The room has messages of its own from {own} on (those of an export that came in as \
             they were are its own), and this reaches to {day}. Only days before a room's own can \
             be imported."
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
