//! Messages as data ([`crate::record`]) come into a room: from an export, from pages of days, from
//! another program's export that was read into the same form.
//!
//! A room that nobody has spoken in takes them as they were: with their ids and places, so that it
//! becomes what it was. Into any other they come as history; so they do where messages of another
//! room came in before and have the same ids or would stand among them ([`super::again`]).
//!
//! An author who had an account is the account of that name, where there is one; else, as all who
//! had none, a name. So a file that is imported is believed in what it says about who said what:
//! only the operator can import.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, named_params};
use serde::{Deserialize, Serialize};

use super::again::{becomes_what_it_was, is_spoken_in, place_of};
use super::files::{self, Arrival, Kept};
use super::place::{self, Order, Wanted};
use super::{Report, Spot};
use crate::account::Account;
use crate::app::App;
use crate::change::Change;
use crate::draft::{self, Kind, Written};
use crate::error::{Error, Result};
use crate::id::{AccountId, Mid, RoomId, Seq};
use crate::mandate::Mandate;
use crate::message::NewRow;
use crate::page::{self, PageDraft};
use crate::record::{Head, Record};
use crate::store::Tx;
use crate::{account, body, clock, paste, reaction, restriction, room, version};

/// A message to come in.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Entry {
    /// What it is.
    pub record: Record,
    /// Under what name it is known again.
    pub origin: String,
    /// The origin of what it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<String>,
    /// Its files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<Content>,
    /// Where it stood: for whoever reads of what is wrong with it.
    pub place: String,
}

/// The bytes of a file.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Content {
    pub name: String,
    pub base64: String,
}

/// Where messages go.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub enum Into {
    /// Into this room.
    Room(RoomId),
    /// Into the room of the page of the same title in this space, which is made where there is none.
    Space(String),
}

/// The room that messages come into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The room.
    pub room: RoomId,
    /// Its page was made for it, and only who administers sees it: so it was with some, where it
    /// comes from.
    pub restricted: bool,
}

/// The room that messages of `head` come into.
pub async fn room(app: &App, into: Into, head: &Head) -> Result<Opened> {
    let space = match into {
        Into::Room(room) => {
            return room::exists(app, room).await.map(|()| Opened { room, restricted: false });
        }
        Into::Space(space) => space,
    };
    let (key, title, restricted) = (space.clone(), head.page.clone(), head.restricted);
    let found = app
        .store
        .read(move |connection| {
            let Some(page) = page::by_key(connection, &key, &title)? else { return Ok(None) };
            match room::select(connection, RoomId::from(page)) {
                Ok(_) if restricted && !restriction::is_restricted(connection, page)? => {
                    Err(Error::Conflict(format!(
                        "Only some could see the page “{title}” where this comes from, and page \
                         {page} here is not restricted: restrict it first, or name it by --room."
                    )))
                }
                Ok(room) => Ok(Some(room.id)),
                Err(Error::NotFound) => Err(Error::Conflict(format!(
                    "The page “{title}” has no room: put a chat macro on page {page} first."
                ))),
                Err(error) => Err(error),
            }
        })
        .await?;
    if let Some(room) = found {
        return Ok(Opened { room, restricted: false });
    }
    // Nothing in a macro ends it early.
    let name = head.name.replace(['{', '}', '\n'], " ");
    let draft = PageDraft { title: head.page.clone(), body: format!("{{chat:{name}}}") };
    let and = move |tx: &Tx<'_, Change>, page| {
        if restricted { restriction::keep_for_administrators(tx, page) } else { Ok(()) }
    };
    let page = page::create_and(app, &Mandate::operator(), &space, None, draft, and).await?;
    let room = RoomId::from(page);
    if jiff::tz::TimeZone::get(&head.zone).is_ok() {
        let zone = head.zone.clone();
        app.store.write(move |tx| room::begin_in(tx, room, &zone)).await?;
    }
    Ok(Opened { room, restricted })
}

/// Writes what is new of `entries`, in their order.
pub async fn take(app: &App, room: RoomId, entries: Vec<Entry>) -> Result<Report> {
    let n_entries = entries.len();
    let (entries, as_it_was) = app
        .store
        .read(move |connection| {
            let entries = unknown(connection, room, entries)?;
            let as_it_was = becomes_what_it_was(connection, room, &entries)?;
            Ok((entries, as_it_was))
        })
        .await?;
    let mut report = Report { n_known: n_entries - entries.len(), ..Report::default() };
    let kept = super::kept(app, room).await?;
    let mut order = Order::default();
    let mut waiting = Vec::with_capacity(entries.len());
    let mut last_day = None;
    for entry in entries {
        // The day that it is written on: a room that becomes what it was has its own zone then.
        let at = entry.record.at;
        let day = if as_it_was { entry.record.local().date() } else { kept.day_of(at) };
        if kept.before.is_some_and(|before| day < before) {
            report.n_expired += 1;
            continue;
        }
        if !as_it_was || place_of(&entry.record).is_none() {
            last_day = last_day.max(Some(day));
        }
        waiting.push((day, order.next(day, at), entry));
    }
    super::refuse_overlap(app, room, last_day).await?;
    let mut ready = Vec::with_capacity(waiting.len());
    // Few people say most: each is asked for once.
    let mut authors = HashMap::new();
    for (day, not_before, entry) in waiting {
        let place = entry.place.clone();
        match prepare(app, room, entry, &mut authors).await {
            Ok(one) => ready.push(Ready { day, not_before, ..one }),
            Err(error @ (Error::Invalid { .. } | Error::TooLong { .. } | Error::TooLarge(_))) => {
                report.malformed.push((place, error.to_string()));
            }
            Err(error) => return Err(error),
        }
    }
    let mut ready = ready.into_iter().peekable();
    while ready.peek().is_some() {
        let chunk: Vec<Ready> = ready.by_ref().take(super::CHUNK).collect();
        report.n_added +=
            app.store.write(move |tx| insert_chunk(tx, room, &chunk, as_it_was)).await?;
    }
    Ok(report)
}

/// A message that only waits to be written.
struct Ready {
    day: Date,
    not_before: Timestamp,
    entry: Entry,
    row: NewRow,
    #[expect(dead_code, reason = "its files are swept once this is dropped")]
    files: Vec<Kept>,
    arrivals: Vec<Arrival>,
}

// ------------------------------------------------------------------------------------ rules

/// Accounts by their names, as far as they were asked for.
type Authors = HashMap<String, Option<Account>>;

async fn author(app: &App, record: &Record, known: &mut Authors) -> Result<Option<Account>> {
    if !record.account {
        return Ok(None);
    }
    if let Some(author) = known.get(&record.author) {
        return Ok(author.clone());
    }
    let name = record.author.clone();
    let author = app.store.read(move |connection| account::by_name(connection, &name)).await?;
    known.insert(record.author.clone(), author.clone());
    Ok(author)
}

async fn prepare(
    app: &App,
    room: RoomId,
    mut entry: Entry,
    authors: &mut Authors,
) -> Result<Ready> {
    let record = &entry.record;
    if record.body.len() > app.config.paste_limit {
        return Err(Error::TooLong { limit: app.config.paste_limit });
    }
    if record.author.trim().is_empty() && record.display.trim().is_empty() {
        return Err(Error::invalid("author", "It is nobody's."));
    }
    if clock::offset(record.offset_minutes).is_none() {
        return Err(Error::invalid("offset_minutes", "No place is so far from UTC."));
    }
    let author = author(app, record, authors).await?;
    let by = author.as_ref().map(|account| account.id);
    let mut body = draft::clean(&record.body);
    let mut kept = Vec::new();
    for Content { name, base64 } in std::mem::take(&mut entry.files) {
        let file = files::keep(app, room, by, &name, files::decoded(&base64)?).await?;
        body = file.renamed(body);
        // What does not name its files would not show them.
        if !body.contains(&file.name) {
            let shown = if file.picture {
                format!("!{}|thumbnail!", file.name)
            } else {
                format!("[^{}]", file.name)
            };
            body = if body.is_empty() { shown } else { format!("{body}\n{shown}") };
        }
        kept.push(file);
    }
    let record = &entry.record;
    if body.is_empty() && !record.removed {
        return Err(Error::invalid("body", "It says nothing."));
    }
    let kind = record.kind;
    let arrivals: Vec<Arrival> = kept.iter().map(Kept::arrival).collect();
    let own = arrivals.iter().map(|arrival| arrival.id).collect();
    let written = match kind {
        _ if record.removed => Written::of_markup(kind, String::new(), &crate::markup::Unresolved),
        Kind::Paste => Written::of_paste(body),
        Kind::Said | Kind::Action => {
            let (written, names) = body::resolving_as(app, by, room, own, move |names| {
                Written::of_markup(kind, body.clone(), names)
            })
            .await?;
            Written { names: names.to_text(), ..written }
        }
    };
    let author_name = match &author {
        Some(account) => account.name.clone(),
        None if record.display.trim().is_empty() => record.author.clone(),
        None => record.display.clone(),
    };
    let author_display =
        author.as_ref().map_or_else(|| author_name.clone(), |account| account.display.clone());
    let row = NewRow {
        written,
        author: by,
        author_display,
        author_name,
        at: record.at,
        draft: None,
        reply_to: None,
        origin: Some(entry.origin.clone()),
    };
    let (day, not_before) = (entry.record.day, entry.record.at);
    Ok(Ready { day, not_before, entry, row, files: kept, arrivals })
}

// ------------------------------------------------------------------------------------ sql

/// Those that have not come in before, and were not said here.
fn unknown(connection: &Connection, room: RoomId, entries: Vec<Entry>) -> Result<Vec<Entry>> {
    let mut known = connection.prepare_cached(
        "select exists (select 1 from message where room = :room and origin = :origin)
             or exists (select 1 from message
                        where room = :room and mid = :mid and at = :at and origin is null)",
    )?;
    let (mut unknown, mut origins) = (Vec::new(), HashSet::new());
    for entry in entries {
        let is_known: bool = known.query_row(
            named_params! {
                ":room": room, ":origin": entry.origin, ":mid": entry.record.mid,
                ":at": entry.record.at.as_millisecond(),
            },
            |row| row.get(0),
        )?;
        if !is_known && origins.insert(entry.origin.clone()) {
            unknown.push(entry);
        }
    }
    Ok(unknown)
}

fn insert_chunk(
    tx: &Tx<'_, Change>,
    room: RoomId,
    chunk: &[Ready],
    as_it_was: bool,
) -> Result<usize> {
    let kept = room::select(tx, room)?;
    if as_it_was && is_spoken_in(tx, room)? {
        return Err(Error::Conflict(
            "Somebody wrote in the room while it was to become what it was: the rest stays out."
                .into(),
        ));
    }
    let mut new = Vec::with_capacity(chunk.len());
    for ready in chunk {
        if !super::is_known(tx, room, &ready.row)? {
            new.push(ready);
        }
    }
    let wanted: Vec<Wanted<'_>> = new
        .iter()
        .map(|ready| Wanted {
            origin: &ready.entry.origin,
            day: ready.day,
            not_before: ready.not_before,
            position: place_of(&ready.entry.record).filter(|_| as_it_was),
        })
        .collect();
    let places = place::find(tx, room, &wanted)?;
    let mut arrived = Vec::with_capacity(new.len());
    for (ready, position) in new.into_iter().zip(&places.positions) {
        let Ready { entry, row, arrivals, .. } = ready;
        let answered = match &entry.answers {
            Some(origin) => answered(tx, room, origin)?,
            None => None,
        };
        let record = as_it_was.then_some(&entry.record);
        let spot = Spot {
            position: *position,
            mid: record.map(|record| Mid(record.mid)),
            offset_minutes: record.map(|record| record.offset_minutes),
        };
        let one = super::insert(tx, &kept, row, answered, spot)?;
        finish(tx, room, one.mid, ready)?;
        files::arrive(tx, one.mid, arrivals)?;
        arrived.push(one);
    }
    place::settle(tx, room, places, &arrived)?;
    if !arrived.is_empty() {
        tx.tell(Change::Reload(room));
    }
    Ok(arrived.len())
}

fn answered(connection: &Connection, room: RoomId, origin: &str) -> Result<Option<Mid>> {
    let mid = connection
        .prepare_cached("select mid from message where room = ?1 and origin = ?2")?
        .query_row((room, origin), |row| row.get(0))
        .optional()?;
    Ok(mid)
}

/// What happened to the message after it was said.
fn finish(tx: &Tx<'_, Change>, room: RoomId, mid: Mid, ready: &Ready) -> Result<()> {
    let record = &ready.entry.record;
    if let Some(paste) = &ready.row.written.paste {
        paste::replace(tx, room, mid, Some(paste))?;
    }
    if record.removed {
        tx.prepare_cached(
            "update message set body = '', html = '', names = '', search = '', marks = '', line = '',
               removed_at = at, reworded_seq = seq where room = ?1 and mid = ?2",
        )?
        .execute((room, mid))?;
        return Ok(());
    }
    if let Some(edited_at) = record.edited_at {
        tx.prepare_cached(
            "update message set edited_at = ?3, reworded_seq = seq where room = ?1 and mid = ?2",
        )?
        .execute((room, mid, edited_at.as_millisecond()))?;
    }
    for (n, before) in (1_i64..).zip(&record.versions) {
        version::insert(tx, room, mid, n, &before.text, before.written_at.as_millisecond())?;
    }
    if record.pinned {
        tx.prepare_cached(
            "insert into pin (room, mid, pinned_at) values (?1, ?2, ?3) on conflict do nothing",
        )?
        .execute((room, mid, record.at.as_millisecond()))?;
    }
    let mut seq = 0;
    for reacted in &record.reactions {
        let Ok(emoji) = reaction::emoji(&reacted.emoji) else { continue };
        // Names came with history: they were there before anybody here could react.
        for name in &reacted.names {
            reaction::import(tx, (room, mid), emoji, None, name, Seq(seq))?;
            seq += 1;
        }
        for name in &reacted.by {
            let by = account_id(tx, name)?;
            reaction::import(tx, (room, mid), emoji, by, name, Seq(seq))?;
            seq += 1;
        }
    }
    Ok(())
}

fn account_id(connection: &Connection, name: &str) -> Result<Option<AccountId>> {
    Ok(account::by_name(connection, name)?.map(|account| account.id))
}
