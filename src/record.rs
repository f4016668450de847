//! A message as data: one line of JSON, the same in an export, in the JSON of a day and in a
//! transcript's page, and what [`crate::import::records`] reads back.
//!
//! A page of a day holds them in `<pre id="record" hidden>`: the first line tells of the room
//! (`room`, `name`, `zone`, `page`, `space`, and `restricted` where only some of those whom the
//! space lets in may see the page), each further line is a message of the page, in the
//! order of the log: `mid` (its id in the room), `day`, `at` (an instant), `offset_minutes` (the
//! room's zone as of then), `kind` (`said`, `action`, `paste`), `author` (the name of an account,
//! or with `account: false` the name that an import brought), `display`, `body` (as typed, all of
//! it), and where it has them `reply_to`, `edited_at`, `removed`, `pinned`, `reactions`, `files`,
//! `position` (the place in the log, where that is not `mid`) and `origin` (the name under which an
//! import knows it again; without one that is the room's `key` and the `mid`). A room can be made
//! again of its pages alone, but for the bytes of its files and for what was edited away; and where
//! texts on one page come to more than some megabytes, for the further ones: of those `body` is
//! the beginning, and `cut` says so. No page is larger than what a server can hold for everybody
//! who looks at it; the day's JSON and an export have all of them.
//!
//! What people noted on the page of a day comes as a line before the day's messages,
//! `{"day": ..., "notes": wiki markup}`, with `restricted` where only some may see the day's page:
//! such a line is in what the operator exports, and in nothing else.
//!
//! An export holds these too: `versions` of a message, what it said before and since when; and
//! right before a message a line for each of its files, `{"file": name, "mid": ..., "base64": ...}`.
//!
//! **Invariant:** a removed message is its place, time and author, and nothing of what it said.

use std::collections::HashMap;
use std::fmt::Write;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use rusqlite::{Connection, Row};
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::draft::{self, Kind};
use crate::error::Result;
use crate::id::{Mid, PageId, RoomId};
use crate::permission::{Grant, View};
use crate::{clock, paste, restriction};

/// A message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the module tells of each")]
#[expect(clippy::struct_excessive_bools, reason = "the fields of a line are each their own")]
pub struct Record {
    pub mid: i64,
    pub day: Date,
    pub at: Timestamp,
    pub offset_minutes: i64,
    pub kind: Kind,
    pub author: String,
    pub display: String,
    #[serde(default)]
    pub account: bool,
    pub body: String,
    #[serde(default, skip_serializing_if = "is_false")]
    pub cut: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub removed: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    pub pinned: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reactions: Vec<Reacted>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<Attached>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<Before>,
}

/// What a message said before it was edited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Before {
    pub text: String,
    pub written_at: Timestamp,
}

/// Who answered a message with an emoji: accounts by their names, and mere `names`, which are
/// nobody's account, however that is called.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Reacted {
    pub emoji: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
}

/// A file of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Attached {
    pub name: String,
    pub size: u64,
    pub kind: String,
    pub address: String,
}

/// Whose messages they are: the first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the module tells of each")]
pub struct Head {
    pub room: i64,
    #[serde(default)]
    pub key: String,
    pub name: String,
    pub zone: String,
    pub page: String,
    pub space: String,
    #[serde(default, skip_serializing_if = "is_false")]
    pub restricted: bool,
}

/// What people noted beside the conversation of a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the module tells of each")]
pub struct Notes {
    pub day: Date,
    pub notes: String,
    #[serde(default, skip_serializing_if = "is_false")]
    pub restricted: bool,
}

/// Some messages of a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Records {
    /// Whose they are.
    #[serde(flatten)]
    pub head: Head,
    /// Of those days that have some.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Notes>,
    /// In the order of the log.
    pub messages: Vec<Record>,
}

/// Which messages.
#[derive(Clone, Copy, Debug)]
pub struct Which {
    /// Their day.
    pub day: Date,
    /// The first and the last place in the log.
    pub positions: (i64, i64),
    /// Bytes of their texts; of what would be more there is the beginning alone.
    pub bytes: usize,
    /// What people noted on that day goes along.
    pub notes: bool,
    /// So it does where only some may see the day's page: for the operator, who asks nobody.
    pub hidden_notes: bool,
}

/// Bytes of a beginning.
const CUT: usize = 500;

impl Which {
    /// All of a day.
    pub fn day(day: Date) -> Self {
        let positions = (i64::MIN, i64::MAX);
        Self { day, positions, bytes: usize::MAX, notes: true, hidden_notes: false }
    }

    fn parameters(self, room: RoomId) -> (RoomId, String, i64, i64) {
        let (from, until) = self.positions;
        (room, self.day.to_string(), from, until)
    }
}

/// How such a value ends.
pub const JSON_ENDS: &str = "]}";

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's form")]
fn is_false(flag: &bool) -> bool {
    !flag
}

// ------------------------------------------------------------------------------------ verbs

/// Messages of the granted room.
pub async fn show(app: &App, grant: &Grant<View>, which: Which) -> Result<Records> {
    let room = grant.room();
    grant.read(app, move |connection| select(connection, room, which)).await
}

// ------------------------------------------------------------------------------------ rules

impl Head {
    /// As a line.
    pub fn to_line(&self) -> String {
        json(self)
    }

    /// As a line for people.
    pub fn to_text(&self) -> String {
        format!("{} ({}, {})\n", self.name, self.space, self.zone)
    }
}

impl Notes {
    /// As a line.
    pub fn to_line(&self) -> String {
        json(self)
    }
}

impl Record {
    /// As a line.
    pub fn to_line(&self) -> String {
        json(self)
    }

    /// When, in the room's zone.
    pub fn local(&self) -> DateTime {
        clock::local(self.at.as_millisecond(), self.offset_minutes)
    }
}

impl Records {
    /// A line each.
    pub fn to_lines(&self) -> String {
        let mut lines = json(&self.head);
        for notes in &self.notes {
            lines.push('\n');
            lines.push_str(&json(notes));
        }
        for record in &self.messages {
            lines.push('\n');
            lines.push_str(&json(record));
        }
        lines.push('\n');
        lines
    }

    /// The beginning of the whole as one value: what comes before its messages, which follow with
    /// commas, and [`JSON_ENDS`].
    pub fn begin_json(&self) -> String {
        let (head, notes) = (self.head.clone(), self.notes.clone());
        let empty = json(&Self { head, notes, messages: Vec::new() });
        empty.strip_suffix(JSON_ENDS).unwrap_or(&empty).to_owned()
    }

    /// As people would write it down: a line each, further lines of a message indented. The day on
    /// which they go on has its heading already.
    pub fn to_text(&self, mut day: Option<Date>) -> String {
        let mut text = String::new();
        let mut notes = self.notes.iter().peekable();
        for record in &self.messages {
            if day != Some(record.day) {
                // Days of which nothing but notes is left stand in between.
                while let Some(noted) = notes.next_if(|noted| noted.day < record.day) {
                    write_day(&mut text, noted.day, Some(noted));
                }
                let of_day = notes.next_if(|noted| noted.day == record.day);
                write_day(&mut text, record.day, of_day);
                day = Some(record.day);
            }
            let said = draft::plain(record.kind, &record.body);
            let said = if record.removed { "(removed)" } else { said.trim_end() };
            let at = record.local().strftime("%H:%M");
            let said = said.replace('\n', "\n        ");
            let _ = match record.kind {
                Kind::Action => writeln!(text, "[{at}] * {} {said}", record.display),
                Kind::Said | Kind::Paste => writeln!(text, "[{at}] {}: {said}", record.display),
            };
        }
        for noted in notes {
            write_day(&mut text, noted.day, Some(noted));
        }
        text
    }
}

/// The heading of a day, and what was noted on it as it was typed, each line with a bar.
fn write_day(text: &mut String, day: Date, noted: Option<&Notes>) {
    let _ = write!(text, "\n{day}\n\n");
    if let Some(noted) = noted {
        for line in noted.notes.lines() {
            let _ = writeln!(text, "{}", format!("| {line}").trim_end());
        }
        text.push('\n');
    }
}

fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

// ------------------------------------------------------------------------------------ sql

/// A day is looked up: a room may hold hundreds of thousands of messages, and an export asks for each
/// of its days.
const OF_DAY: &str = "select message.mid, day, at, offset_minutes, kind, body, reply_to, edited_at,
            coalesce(account.name, author_name) as author,
            coalesce(account.display, author_name) as display,
            author is not null as account, removed_at is not null as removed,
            pin.mid is not null as pinned, nullif(position, message.mid) as position, origin
     from message left join account on account.id = message.author
       left join pin on pin.room = message.room and pin.mid = message.mid
     where message.room = ?1 and day = ?2 and message.position between ?3 and ?4
     order by message.position";

pub(crate) fn select(connection: &Connection, room: RoomId, which: Which) -> Result<Records> {
    let head = head(connection, room)?;
    let notes = if which.notes { notes(connection, room, which)? } else { Vec::new() };
    let mut reactions = reactions(connection, room, which)?;
    let mut files = files(connection, room, which)?;
    let mut statement = connection.prepare_cached(OF_DAY)?;
    let mut rows = statement.query(which.parameters(room))?;
    let (mut messages, mut left) = (Vec::new(), which.bytes);
    while let Some(row) = rows.next()? {
        let mut record = from_row(row)?;
        let (mid, is_paste) = (Mid(record.mid), record.kind == Kind::Paste && !record.removed);
        let size = if is_paste { paste::size(connection, room, mid)? } else { record.body.len() };
        if let Some(fewer) = left.checked_sub(size) {
            left = fewer;
            if is_paste {
                record.body = paste::select(connection, room, mid)?;
            }
        } else {
            record.body.truncate(record.body.floor_char_boundary(CUT));
            record.cut = true;
        }
        record.reactions = reactions.remove(&record.mid).unwrap_or_default();
        record.files = files.remove(&record.mid).unwrap_or_default();
        messages.push(record);
    }
    Ok(Records { head, notes, messages })
}

/// What tells of a room.
pub(crate) fn head(connection: &Connection, room: RoomId) -> Result<Head> {
    let restricted = restriction::is_restricted(connection, PageId::from(room))?;
    Ok(connection
        .prepare_cached(
            "select room.id, room.name, room.zone, page.title, space.key,
                    room.id || '-' || room.opened_at
             from room join page on page.id = room.id join space on space.id = page.space
             where room.id = ?1",
        )?
        .query_row([room], |row| {
            Ok(Head {
                room: row.get(0)?,
                key: row.get(5)?,
                name: row.get(1)?,
                zone: row.get(2)?,
                page: row.get(3)?,
                space: row.get(4)?,
                restricted,
            })
        })?)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Record> {
    let instant = |at: i64| Timestamp::from_millisecond(at).unwrap_or_default();
    let (at, offset_minutes) = (row.get("at")?, row.get("offset_minutes")?);
    let day: String = row.get("day")?;
    Ok(Record {
        mid: row.get("mid")?,
        day: day.parse().unwrap_or(clock::local(at, offset_minutes).date()),
        at: instant(at),
        offset_minutes,
        kind: row.get("kind")?,
        author: row.get("author")?,
        display: row.get("display")?,
        account: row.get("account")?,
        body: row.get("body")?,
        cut: false,
        reply_to: row.get("reply_to")?,
        edited_at: row.get::<_, Option<i64>>("edited_at")?.map(instant),
        removed: row.get("removed")?,
        pinned: row.get("pinned")?,
        reactions: Vec::new(),
        files: Vec::new(),
        position: row.get("position")?,
        origin: row.get("origin")?,
        versions: Vec::new(),
    })
}

/// What people noted on a day, if they did.
pub(crate) fn notes(connection: &Connection, room: RoomId, which: Which) -> Result<Vec<Notes>> {
    let (day, mut found) = (which.day, Vec::new());
    let mut statement = connection.prepare_cached(
        "select body,
                -- somebody let only some see the page of that day
                exists (select 1 from page_restriction
                        where page_restriction.page = transcript.page and operation = 'view')
         from transcript join page on page.id = transcript.page
         where room = ?1 and day = ?2 and body <> ''",
    )?;
    let mut rows = statement.query((room, day.to_string()))?;
    while let Some(row) = rows.next()? {
        let notes = Notes { day, notes: row.get(0)?, restricted: row.get(1)? };
        found.extend(Some(notes).filter(|notes| which.hidden_notes || !notes.restricted));
    }
    Ok(found)
}

/// Those of a day's messages, and not the day of each one in the room: hence the order of the joins.
const REACTIONS: &str = "with asked (mid) as (
       select mid from message where room = ?1 and day = ?2 and position between ?3 and ?4)
     select mid, emoji, account.name, reaction.seq, true
     from asked cross join reaction using (mid) join account on account.id = reaction.account
     where room = ?1
     union all
     select mid, emoji, name, seq, false from asked cross join imported_reaction using (mid)
     where room = ?1
     order by 1, 4";

fn reactions(
    connection: &Connection,
    room: RoomId,
    which: Which,
) -> Result<HashMap<i64, Vec<Reacted>>> {
    let mut statement = connection.prepare_cached(REACTIONS)?;
    let mut rows = statement.query(which.parameters(room))?;
    let mut found: HashMap<i64, Vec<Reacted>> = HashMap::new();
    while let Some(row) = rows.next()? {
        let (emoji, name): (String, String) = (row.get(1)?, row.get(2)?);
        let of_message = found.entry(row.get(0)?).or_default();
        let n = of_message.iter().position(|reacted| reacted.emoji == emoji);
        let n = n.unwrap_or_else(|| {
            of_message.push(Reacted { emoji, ..Reacted::default() });
            of_message.len() - 1
        });
        if let Some(reacted) = of_message.get_mut(n) {
            if row.get(4)? { reacted.by.push(name) } else { reacted.names.push(name) }
        }
    }
    Ok(found)
}

const FILES: &str = "with asked (mid) as (
       select mid from message where room = ?1 and day = ?2 and position between ?3 and ?4)
     select id, mid, name, size, kind from asked cross join file using (mid)
     where page = ?1 and state = 'here'
     order by mid, name";

fn files(
    connection: &Connection,
    room: RoomId,
    which: Which,
) -> Result<HashMap<i64, Vec<Attached>>> {
    let mut statement = connection.prepare_cached(FILES)?;
    let mut rows = statement.query(which.parameters(room))?;
    let mut found: HashMap<i64, Vec<Attached>> = HashMap::new();
    while let Some(row) = rows.next()? {
        let name: String = row.get(2)?;
        let address = crate::file::address(row.get(0)?, &name);
        let attached = Attached { name, size: row.get(3)?, kind: row.get(4)?, address };
        found.entry(row.get(1)?).or_default().push(attached);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_day_is_looked_up_and_its_room_not_walked_through() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(include_str!("../schema.sql")).unwrap();
        let which = Which::day(jiff::civil::date(2026, 11, 22)).parameters(RoomId(1));
        for sql in [OF_DAY, REACTIONS, FILES] {
            let mut plan = connection.prepare(&["explain query plan ", sql].concat()).unwrap();
            let steps = plan.query_map(which.clone(), |row| row.get("detail")).unwrap();
            let steps: Vec<String> = steps.map(Result::unwrap).collect();
            let looks = steps.iter().filter_map(|step| {
                step.strip_prefix("SEARCH ").or_else(|| step.strip_prefix("SCAN "))
            });
            let mut by_day = false;
            for look in looks {
                let by = match look.split(' ').next().unwrap() {
                    "message" => "(room=? AND day=? AND position",
                    "file" => "(page=? AND mid=?",
                    "account" => "(rowid=?",
                    "reaction" | "imported_reaction" | "pin" => "mid=?",
                    _ => continue,
                };
                assert!(look.contains(by), "{look} of {steps:#?}");
                by_day |= by.contains("day");
            }
            assert!(by_day, "{steps:#?}");
            let sorted = steps.iter().any(|step| step.contains("ORDER BY"));
            assert!(sql != OF_DAY || !sorted, "they stand in order: {steps:#?}");
        }
    }
}
