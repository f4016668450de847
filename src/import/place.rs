//! Where messages that come in stand, and what those that are there already see of them.
//!
//! History stands day by day below everything that the room has of its own. Within a day it stands
//! by time, so that logs may come in any order and in parts; but what stood in one file stands as
//! it stood there, since order never comes from a clock where something better is known.
//!
//! **Invariant:** whatever is written stands where `check` wants it, in the same transaction.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, Row, named_params};

use crate::change::Change;
use crate::derived;
use crate::error::{Error, Result};
use crate::id::{AccountId, Mid, RoomId};
use crate::store::Tx;

/// Positions of imported days lie below zero, each day with room for a million messages.
const DAY_SPAN: i64 = 1 << 20;
const FIRST_DAY: i64 = 4_000_000;

/// A message that is to come in, as far as its place goes.
pub(super) struct Wanted<'a> {
    pub(super) origin: &'a str,
    pub(super) day: Date,
    /// Stands after what is as early: see [`Order`].
    pub(super) not_before: Timestamp,
    /// Its place, where the room becomes what it was.
    pub(super) position: Option<i64>,
}

/// Follows the lines of a file: none stands before the one that it came after.
#[derive(Default)]
pub(super) struct Order {
    latest: HashMap<Date, Timestamp>,
}

impl Order {
    /// The time of the next line, or that of the latest before it, where a clock was set back.
    pub(super) fn next(&mut self, day: Date, at: Timestamp) -> Timestamp {
        let latest = self.latest.entry(day).or_insert(at);
        *latest = at.max(*latest);
        *latest
    }
}

/// Where messages are to stand.
pub(super) struct Places {
    /// Of each that is wanted.
    pub(super) positions: Vec<i64>,
    /// What began the days that they are of.
    firsts: BTreeSet<Mid>,
}

/// A message that came in.
pub(super) struct Arrived {
    pub(super) mid: Mid,
    pub(super) position: i64,
    pub(super) author: Option<AccountId>,
    pub(super) at: Timestamp,
}

/// Finds a place for each of `wanted`, which stand in the order of their file; moves what is there
/// apart where that has to be.
pub(super) fn find(tx: &Tx<'_, Change>, room: RoomId, wanted: &[Wanted<'_>]) -> Result<Places> {
    let mut positions: Vec<i64> = wanted.iter().map(|one| one.position.unwrap_or(0)).collect();
    let mut firsts = BTreeSet::new();
    // Of each day what is history, and where it stands among all.
    let mut days: BTreeMap<Date, Vec<(&Wanted<'_>, &mut i64)>> = BTreeMap::new();
    for (one, position) in wanted.iter().zip(&mut positions) {
        let of_day = days.entry(one.day).or_default();
        if one.position.is_none() {
            of_day.push((one, position));
        }
    }
    for (day, history) in days {
        firsts.extend(first_of(tx, room, day)?);
        if history.is_empty() {
            continue;
        }
        super::refuse_own_days(tx, room, day)?;
        let of_day: Vec<&Wanted<'_>> = history.iter().map(|(one, _)| *one).collect();
        let found = within(tx, room, day, &of_day)?;
        for ((_, position), place) in history.into_iter().zip(found) {
            *position = place;
        }
    }
    Ok(Places { positions, firsts })
}

/// Tells everything that stands beside what arrived of it, and counts whose that is.
pub(super) fn settle(
    tx: &Tx<'_, Change>,
    room: RoomId,
    places: Places,
    arrived: &[Arrived],
) -> Result<()> {
    let mut touched = places.firsts;
    for one in arrived {
        touched.insert(one.mid);
        touched.extend(after(tx, room, one.position)?);
    }
    for mid in touched {
        derived::place_anew(tx, room, mid)?;
    }
    count_authors(tx, room, arrived)
}

// ------------------------------------------------------------------------------------ rules

fn first_position(day: Date) -> i64 {
    let epoch = jiff::civil::date(1970, 1, 1);
    let days = epoch.until(day).map_or(0, |span| i64::from(span.get_days()));
    (days - FIRST_DAY) * DAY_SPAN
}

/// A message of a day's history as it stands.
struct Standing {
    mid: Mid,
    position: i64,
    at: Timestamp,
    origin: String,
}

/// What it is a line of, and which: `KEY:` and 12 of `KEY:12`.
pub(super) fn source(origin: &str) -> (&str, Option<u64>) {
    let source = origin.trim_end_matches(|digit: char| digit.is_ascii_digit());
    let number = origin.strip_prefix(source).and_then(|number| number.parse().ok());
    (source, number)
}

/// Does a message stand before one that is there? As in their file, where they are of the same; of
/// others it is the time that says: `latest` is that of what is there up to this one.
fn stands_before(new: &Wanted<'_>, one: &Standing, latest: Timestamp) -> bool {
    match (source(new.origin), source(&one.origin)) {
        ((of, Some(new)), (same, Some(one))) if of == same => new < one,
        _ => new.not_before < latest,
    }
}

/// The places of `wanted` in the history of their day.
fn within(
    tx: &Tx<'_, Change>,
    room: RoomId,
    day: Date,
    wanted: &[&Wanted<'_>],
) -> Result<Vec<i64>> {
    let first = first_position(day);
    let last = last_of(tx, room, day)?;
    let is_after = |last: &Standing| match (source(&last.origin), wanted.first()) {
        ((of, Some(_)), Some(new)) if of == source(new.origin).0 => {
            !stands_before(new, last, last.at)
        }
        (_, new) => new.is_some_and(|new| new.not_before > last.at),
    };
    // As nearly always: a log goes on.
    if last.as_ref().is_none_or(is_after) {
        let next = last.map_or(first, |last| last.position + 1);
        let positions: Vec<i64> = (next..).take(wanted.len()).collect();
        refuse_full(day, positions.last())?;
        return Ok(positions);
    }
    let there = history_of(tx, room, day)?;
    let (positions, moved) = between(&there, wanted, first);
    refuse_full(day, positions.last().max(moved.last().map(|(_, position)| position)))?;
    // From the end: each moves to a place that is free by then.
    let mut update =
        tx.prepare_cached("update message set position = ?3 where room = ?1 and mid = ?2")?;
    for (mid, position) in moved.into_iter().rev() {
        update.execute((room, mid, position))?;
    }
    Ok(positions)
}

/// The places of `wanted` among those that are `there`, and what of these moves, all of it upwards.
fn between(there: &[Standing], wanted: &[&Wanted<'_>], first: i64) -> (Vec<i64>, Vec<(Mid, i64)>) {
    let mut wanted = wanted.iter().peekable();
    let (mut positions, mut moved) = (Vec::new(), Vec::new());
    let (mut latest, mut n_new) = (Timestamp::MIN, 0);
    let mut next = there.first().map_or(first, |one| one.position);
    for one in there {
        latest = latest.max(one.at);
        while wanted.next_if(|new| stands_before(new, one, latest)).is_some() {
            positions.push(next);
            next += 1;
            n_new += 1;
        }
        if n_new > 0 {
            moved.push((one.mid, one.position + n_new));
        }
        next = one.position + n_new + 1;
    }
    positions.extend((next..).take(wanted.len()));
    (positions, moved)
}

fn refuse_full(day: Date, last: Option<&i64>) -> Result<()> {
    if last.is_some_and(|last| *last >= first_position(day) + DAY_SPAN) {
        return Err(Error::Conflict(format!(
            "{day} would have more than a million imported messages, and no day has room for more."
        )));
    }
    Ok(())
}

// ------------------------------------------------------------------------------------ sql

/// The first message of a day.
fn first_of(connection: &Connection, room: RoomId, day: Date) -> Result<Option<Mid>> {
    let mid = connection
        .prepare_cached(
            "select mid from message where room = ?1 and day = ?2 order by position limit 1",
        )?
        .query_row((room, day.to_string()), |row| row.get(0))
        .optional()?;
    Ok(mid)
}

fn after(connection: &Connection, room: RoomId, position: i64) -> Result<Option<Mid>> {
    let mid = connection
        .prepare_cached(
            "select mid from message where room = ?1 and position > ?2 order by position limit 1",
        )?
        .query_row((room, position), |row| row.get(0))
        .optional()?;
    Ok(mid)
}

/// The last of a day's history.
fn last_of(connection: &Connection, room: RoomId, day: Date) -> Result<Option<Standing>> {
    let first = first_position(day);
    let last = connection
        .prepare_cached(
            "select mid, position, at, coalesce(origin, '') from message
             where room = ?1 and position between ?2 and ?3 order by position desc limit 1",
        )?
        .query_row((room, first, first + DAY_SPAN - 1), standing)
        .optional()?;
    Ok(last)
}

fn history_of(connection: &Connection, room: RoomId, day: Date) -> Result<Vec<Standing>> {
    let first = first_position(day);
    let mut statement = connection.prepare_cached(
        "select mid, position, at, coalesce(origin, '') from message
         where room = ?1 and position between ?2 and ?3 order by position",
    )?;
    let there = statement
        .query_map((room, first, first + DAY_SPAN - 1), standing)?
        .collect::<rusqlite::Result<_>>()?;
    Ok(there)
}

fn standing(row: &Row<'_>) -> rusqlite::Result<Standing> {
    Ok(Standing {
        mid: row.get(0)?,
        position: row.get(1)?,
        at: Timestamp::from_millisecond(row.get(2)?).unwrap_or_default(),
        origin: row.get(3)?,
    })
}

/// What accounts wrote is counted, and when they wrote last: of all that is theirs the last in the
/// log, which history is only where they said nothing else.
fn count_authors(tx: &Tx<'_, Change>, room: RoomId, arrived: &[Arrived]) -> Result<()> {
    let mut by_author: BTreeMap<i64, (i64, i64, Timestamp)> = BTreeMap::new();
    for one in arrived {
        let Some(AccountId(author)) = one.author else { continue };
        let (n, last, at) = by_author.entry(author).or_insert((0, i64::MIN, one.at));
        *n += 1;
        if one.position > *last {
            (*last, *at) = (one.position, one.at);
        }
    }
    for (author, (n, position, at)) in by_author {
        let is_later = stood_before(tx, room, author, position)?;
        tx.prepare_cached(
            "insert into participant (room, account, n_messages, last_at)
             values (:room, :account, :n, :at)
             on conflict (room, account) do update
               set n_messages = n_messages + excluded.n_messages,
                   last_at = case when :later then excluded.last_at else last_at end",
        )?
        .execute(named_params! {
            ":room": room, ":account": author, ":n": n, ":at": at.as_millisecond(),
            ":later": is_later,
        })?;
    }
    Ok(())
}

/// Did what the account had written last stand before that place? It is found by its instant, which
/// ids are in the order of: by its place alone, all of the log might have to be walked through.
fn stood_before(connection: &Connection, room: RoomId, author: i64, position: i64) -> Result<bool> {
    let last: Option<i64> = connection
        .prepare_cached(
            "select max(position) from participant join message
               on message.room = participant.room and author = account and at = last_at
             where participant.room = :room and account = :account
               and message.id between (last_at / 1000 - 1) << 12 and (last_at / 1000 + 60) << 12",
        )?
        .query_row(named_params! { ":room": room, ":account": author }, |row| row.get(0))?;
    Ok(last.is_none_or(|last| last <= position))
}
