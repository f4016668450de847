//! What is taken away of rooms: day by day and stretch by stretch, so that no more than one of those is
//! in memory.
//!
//! **Invariant:** of a removed message its tombstone goes along and nothing else.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};

use crate::account::Viewer;
use crate::app::App;
use crate::carried;
use crate::error::{Error, Result};
use crate::file::{FileId, Form};
use crate::id::{Mid, RoomId};
use crate::log;
use crate::message::Message;
use crate::record::{self, Before, Head, Notes, Records, Which};

/// Messages and bytes of a stretch: what is in memory for each who takes a day away.
const MOST: usize = 500;
const MOST_BYTES: usize = 512 << 10;

/// Whose messages.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub enum Of {
    /// Of one room.
    Room(RoomId),
    /// Of all rooms of a space.
    Space(String),
}

/// The rooms, in the order of their pages' titles; none that is in the trash with its page, or with
/// one above it. For the operator, who asks nobody.
pub async fn rooms(app: &App, of: Of) -> Result<Vec<RoomId>> {
    app.store
        .read(move |connection| {
            let key = match of {
                Of::Room(room) => return Ok(vec![room]),
                Of::Space(key) => key,
            };
            let space: Option<i64> = connection
                .prepare_cached("select id from space where key_folded = ?1")?
                .query_row([key.to_lowercase()], |row| row.get(0))
                .optional()?;
            let space = space
                .ok_or_else(|| Error::invalid("space", format!("There is no space {key}.")))?;
            let mut statement = connection.prepare_cached(
                "with recursive gone (id) as (
                   select id from page where trashed_at is not null
                   union select page.id from gone join page on page.parent = gone.id)
                 select room.id from room join page on page.id = room.id
                 where page.space = ?1 and page.id not in gone order by page.title_key",
            )?;
            let rooms =
                statement.query_map([space], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
            Ok(rooms)
        })
        .await
}

/// The days of a room on which something was said.
pub async fn days(app: &App, room: RoomId) -> Result<Vec<Date>> {
    app.store
        .read(move |connection| {
            let mut statement = connection
                .prepare_cached("select day from transcript where room = ?1 order by day")?;
            let days = statement
                .query_map([room], |row| row.get(0))?
                .collect::<rusqlite::Result<Vec<String>>>()?;
            days.iter().map(|day| day.parse().map_err(Error::broken)).collect()
        })
        .await
}

/// What tells of a room.
pub async fn head(app: &App, room: RoomId) -> Result<Head> {
    app.store.read(move |connection| record::head(connection, room)).await
}

/// A day in stretches, in order; `by_operator`: with the notes too that only some may see.
pub async fn stretches(
    app: &App,
    room: RoomId,
    day: Date,
    by_operator: bool,
) -> Result<Vec<Which>> {
    let mut stretches =
        app.store.read(move |connection| select_stretches(connection, room, day)).await?;
    for which in &mut stretches {
        which.hidden_notes = by_operator;
    }
    Ok(stretches)
}

/// A stretch as data.
pub async fn records(app: &App, room: RoomId, which: Which) -> Result<Records> {
    app.store.read(move |connection| record::select(connection, room, which)).await
}

/// A stretch as it is shown.
pub async fn messages(app: &App, room: RoomId, which: Which) -> Result<Vec<Message>> {
    let (day, positions) = (which.day, which.positions);
    app.store.read(move |connection| log::stretch(connection, room, day, positions)).await
}

/// A stretch with all that an import wants of it, but for the bytes of files.
pub struct Whole {
    /// The day's notes, with its first stretch; and messages with what they said before.
    pub records: Records,
    /// The files of each message that has some, by its `mid`.
    pub files: HashMap<i64, Vec<(FileId, String)>>,
}

/// A stretch with everything.
pub async fn whole(app: &App, room: RoomId, which: Which) -> Result<Whole> {
    app.store
        .read(move |connection| {
            let mut records = record::select(connection, room, which)?;
            let mut attached = HashMap::new();
            for message in &mut records.messages {
                let mid = Mid(message.mid);
                let files = files(connection, room, mid)?;
                if !files.is_empty() {
                    attached.insert(message.mid, files);
                }
                message.versions = versions(connection, room, mid)?;
            }
            Ok(Whole { records, files: attached })
        })
        .await
}

/// What people noted on a day.
pub async fn notes(app: &App, room: RoomId, which: Which) -> Result<Vec<Notes>> {
    app.store.read(move |connection| record::notes(connection, room, which)).await
}

/// The form in which `viewer` takes a file away; without one the operator.
pub(crate) async fn form(app: &App, file: FileId, viewer: Option<Viewer>) -> Result<Form> {
    app.store.read(move |connection| carried::form(connection, file, viewer.as_ref())).await
}

/// Bytes of a file, the `n`th piece of it; `None` after the last.
pub(crate) async fn piece(app: &App, file: FileId, form: Form, n: u64) -> Result<Option<Vec<u8>>> {
    app.store.read(move |connection| carried::piece(connection, file, form, n)).await
}

/// The picture that a file is shown as: its kind and its bytes.
pub async fn picture(app: &App, id: FileId) -> Result<Option<(String, String)>> {
    let picture = app.store.read(move |connection| carried::picture(connection, id)).await?;
    Ok(picture.map(|(kind, bytes)| (kind, STANDARD.encode(bytes))))
}

// ------------------------------------------------------------------------------------ sql

/// A day in stretches, in order; the first has its notes. A message that is larger than a stretch is
/// one by itself. Together they are the whole day, whatever else is put into it meanwhile: an import
/// moves what is there, which is then told twice by the latter stretch, and nothing is left out.
fn select_stretches(connection: &Connection, room: RoomId, day: Date) -> Result<Vec<Which>> {
    // The length of a text stands beside it: none is read for that.
    let mut statement = connection.prepare_cached(
        "select position, octet_length(body) + octet_length(html)
                + case kind when 'paste' then
                    (select coalesce(sum(octet_length(text)), 0) from paste
                     where paste.room = message.room and paste.mid = message.mid) else 0 end
                + case when edited_at is null then 0 else
                    (select coalesce(sum(octet_length(text)), 0) from message_version before
                     where before.room = message.room and before.mid = message.mid) end
         from message where room = ?1 and day = ?2 order by position",
    )?;
    let mut rows = statement.query((room, day.to_string()))?;
    let mut stretches = vec![Which { positions: (1, 0), ..Which::day(day) }];
    let (mut n_messages, mut n_bytes) = (0, 0_usize);
    while let Some(row) = rows.next()? {
        let (position, bytes): (i64, usize) = (row.get(0)?, row.get(1)?);
        n_messages += 1;
        n_bytes = n_bytes.saturating_add(bytes);
        let fits = n_messages <= MOST && n_bytes <= MOST_BYTES;
        match stretches.last_mut() {
            Some(last) if last.positions == (1, 0) => last.positions = (position, position),
            Some(last) if fits => last.positions.1 = position,
            _ => {
                let positions = (position, position);
                stretches.push(Which { positions, notes: false, ..Which::day(day) });
                (n_messages, n_bytes) = (1, bytes);
            }
        }
    }
    if n_messages > 0 {
        let mut begin = i64::MIN;
        for Which { positions, .. } in &mut stretches {
            positions.0 = begin;
            begin = positions.1.saturating_add(1);
        }
        // What was said here never moves; to read on would take in all that is said while one reads.
        if let Some(last) = stretches.last_mut().filter(|last| last.positions.1 <= 0) {
            last.positions.1 = 0;
        }
    }
    Ok(stretches)
}

fn files(connection: &Connection, room: RoomId, mid: Mid) -> Result<Vec<(FileId, String)>> {
    let mut statement = connection.prepare_cached(
        "select id, name from file where page = ?1 and mid = ?2 and state = 'here' order by name",
    )?;
    let files = statement
        .query_map((room, mid), |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(files)
}

fn versions(connection: &Connection, room: RoomId, mid: Mid) -> Result<Vec<Before>> {
    let mut statement = connection.prepare_cached(
        "select version, text, written_at from message_version
         where room = ?1 and mid = ?2 order by version, part",
    )?;
    let mut rows = statement.query((room, mid))?;
    let mut places: HashMap<i64, usize> = HashMap::new();
    let mut versions: Vec<Before> = Vec::new();
    while let Some(row) = rows.next()? {
        let (version, part): (i64, String) = (row.get(0)?, row.get(1)?);
        let place = *places.entry(version).or_insert(versions.len());
        match versions.get_mut(place) {
            Some(before) => before.text.push_str(&part),
            None => versions.push(Before {
                text: part,
                written_at: Timestamp::from_millisecond(row.get(2)?).unwrap_or_default(),
            }),
        }
    }
    Ok(versions)
}
