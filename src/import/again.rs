//! A room becomes what it was: messages come in with the ids and places that they had.
//!
//! **Invariant:** all messages of one room come in the same way, however many commands bring them;
//! else a day would be torn apart, or stand after one that it came before.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension};

use super::place::source;
use super::records::Entry;
use crate::error::Result;
use crate::id::RoomId;
use crate::record::Record;

/// May these messages have the ids and places that they had? Not where somebody has written; nor
/// where messages of another room stand among or after them, have ids of theirs, or are later; nor
/// where some of the same room have come in as history.
pub(super) fn becomes_what_it_was(
    connection: &Connection,
    room: RoomId,
    entries: &[Entry],
) -> Result<bool> {
    let (mut mids, mut places) = (HashSet::new(), HashSet::new());
    for entry in entries {
        let (mid, place) = (entry.record.mid, place_of(&entry.record));
        let are_free = mids.insert(mid) && place.is_none_or(|place| places.insert(place));
        let are_ids = (1..LARGEST).contains(&mid) && place.is_none_or(|place| place < LARGEST);
        if !are_free || !are_ids || is_taken(connection, room, mid, place)? {
            return Ok(false);
        }
    }
    if is_spoken_in(connection, room)? {
        return Ok(false);
    }
    let said = entries.iter().filter(|entry| place_of(&entry.record).is_some());
    let sources: HashSet<&str> = said.clone().map(|entry| source(&entry.origin).0).collect();
    for source in &sources {
        if came_as_history(connection, room, source)? {
            return Ok(false);
        }
    }
    let Some(first) = said.min_by_key(|entry| place_of(&entry.record)) else { return Ok(true) };
    let place = place_of(&first.record);
    let is_of_these =
        |origin: Option<&str>| origin.is_some_and(|origin| sources.contains(source(origin).0));
    let mut later = connection
        .prepare_cached("select origin from message where room = ?1 and position >= ?2")?;
    let mut later = later.query((room, place))?;
    while let Some(row) = later.next()? {
        if !is_of_these(row.get::<_, Option<String>>(0)?.as_deref()) {
            return Ok(false);
        }
    }
    let before: Option<(Option<String>, i64)> = connection
        .prepare_cached(
            "select origin, at from message where room = ?1 and position > 0 and position < ?2
             order by position desc limit 1",
        )?
        .query_row((room, place), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(before.is_none_or(|(origin, at)| {
        is_of_these(origin.as_deref()) || at <= first.record.at.as_millisecond()
    }))
}

// ------------------------------------------------------------------------------------ rules

/// No room ever counts so far.
const LARGEST: i64 = 1 << 53;

/// The place of what was said in that room itself; `None`: it was history there, or elsewhere.
pub(super) fn place_of(record: &Record) -> Option<i64> {
    Some(record.position.unwrap_or(record.mid)).filter(|place| record.mid > 0 && *place > 0)
}

// ------------------------------------------------------------------------------------ sql

/// What people said here always stands last.
pub(super) fn is_spoken_in(connection: &Connection, room: RoomId) -> Result<bool> {
    let own: Option<bool> = connection
        .prepare_cached(
            "select origin is null from message where room = ?1 and position > 0
             order by position desc limit 1",
        )?
        .query_row([room], |row| row.get(0))
        .optional()?;
    Ok(own.unwrap_or(false))
}

fn is_taken(connection: &Connection, room: RoomId, mid: i64, place: Option<i64>) -> Result<bool> {
    let taken = connection
        .prepare_cached(
            "select exists (select 1 from message where room = ?1 and mid = ?2)
                 or exists (select 1 from message where room = ?1 and position = ?3)",
        )?
        .query_row((room, mid, place), |row| row.get(0))?;
    Ok(taken)
}

/// All of one room came in the same way: one of them tells.
fn came_as_history(connection: &Connection, room: RoomId, source: &str) -> Result<bool> {
    let end = format!("{};", source.trim_end_matches(':'));
    let history: Option<bool> = connection
        .prepare_cached(
            "select position < 0 from message where room = ?1 and origin >= ?2 and origin < ?3
             order by origin limit 1",
        )?
        .query_row((room, source, end), |row| row.get(0))
        .optional()?;
    Ok(history.unwrap_or(false))
}
