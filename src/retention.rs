//! How long rooms keep what was said, and how it goes after that.
//!
//! A space says how many days its rooms keep; a room may say it for itself. Days go whole: a day
//! that is more than so many days before today in the room's zone, with its messages, its files and
//! its page. Of an expired message no tombstone stays, and what people wrote beside the
//! conversation of a day stays with the day's page.
//!
//! Who moderates a room may let it keep for a shorter time than its space, and only who administers
//! for a longer one: a space that promises to forget keeps its word. So where the space says a new
//! number, rooms that had a longer one of their own keep as the space from then on.
//!
//! **Invariant:** what expired is gone as what was removed: from the log, the index, the transcript
//! and from every byte of the file within a minute. A room goes a little at a time, each day from
//! its end, so that it is sound wherever that breaks off; what is set then is asked again each time.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use rusqlite::{Connection, OptionalExtension};

use crate::app::App;
use crate::audit::{self, Act};
use crate::change::Change;
use crate::doubt::{self, Look};
use crate::error::{Error, Result};
use crate::id::{AccountId, Mid, RoomId, SpaceId};
use crate::journal::{self, Act as Deed, Whom};
use crate::leftovers::{self, Leftovers};
use crate::mandate::Mandate;
use crate::permission::{Grant, Moderate};
use crate::space::{self, Space};
use crate::store::Tx;
use crate::{file, purge};

/// How long a room keeps what was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// What the room says itself.
    pub own: Option<i64>,
    /// What its space says.
    pub of_space: Option<i64>,
}

impl Kept {
    /// In days; `None`: for ever.
    pub fn days(self) -> Option<i64> {
        self.own.or(self.of_space)
    }
}

/// What of a room is older than it is to keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// The room.
    pub room: RoomId,
    /// Its name.
    pub name: String,
    /// Title of its page.
    pub page: String,
    /// The first day that stays.
    pub before: Date,
    /// How many days go.
    pub n_days: i64,
    /// How many messages.
    pub n_messages: i64,
    /// How many files.
    pub n_files: i64,
    /// Bytes of both, as people typed and sent them.
    pub n_bytes: u64,
}

/// A hundred years: the schema knows it too.
pub const LONGEST_DAYS: i64 = 36_500;
/// Messages that one transaction takes away: other people's posts wait no longer than for these.
const AT_ONCE: usize = 200;

// ------------------------------------------------------------------------------------ verbs

/// How long the room keeps.
pub async fn of_room(app: &App, grant: &Grant<Moderate>) -> Result<Kept> {
    let room = grant.room();
    app.store.read(move |connection| kept(connection, room)).await
}

/// How long the rooms of a space keep that say nothing themselves.
pub async fn of_space(app: &App, _: &Mandate, key: &str) -> Result<(Space, Option<i64>)> {
    let key = key.to_owned();
    app.store
        .read(move |connection| {
            let space = space::by_key(connection, &key)?.ok_or(Error::NotFound)?;
            let days = days_of_space(connection, space.id)?;
            Ok((space, days))
        })
        .await
}

/// What would go at once if the room kept for so long.
pub async fn due_in_room(
    app: &App,
    grant: &Grant<Moderate>,
    days: Option<i64>,
) -> Result<Option<Due>> {
    check(days)?;
    let (room, now) = (grant.room(), app.clock.now());
    let grant = grant.clone();
    app.store
        .read(move |connection| {
            let kept = kept(connection, room)?;
            refuse_longer(&grant, kept, days)?;
            match (Kept { own: days, ..kept }).days() {
                Some(days) => due(connection, room, days, now),
                None => Ok(None),
            }
        })
        .await
}

/// What would go at once if the space kept for so long, room by room.
pub async fn due_in_space(
    app: &App,
    _: &Mandate,
    key: &str,
    days: Option<i64>,
) -> Result<Vec<Due>> {
    check(days)?;
    let (key, now) = (key.to_owned(), app.clock.now());
    app.store
        .read(move |connection| {
            let space = space::by_key(connection, &key)?.ok_or(Error::NotFound)?;
            let mut found = Vec::new();
            for (room, of_space, own) in rooms(connection)? {
                let own = own.filter(|own| !is_longer(*own, days));
                if let Some(days) = own.or(days).filter(|_| of_space == space.id) {
                    found.extend(due(connection, room, days, now)?);
                }
            }
            Ok(found)
        })
        .await
}

/// Sets how long a room keeps; `None`: as its space says.
pub async fn set_in_room(app: &App, grant: &Grant<Moderate>, days: Option<i64>) -> Result<()> {
    check(days)?;
    let (grant, now) = (grant.clone(), app.clock.now());
    app.store
        .write(move |tx| {
            grant.confirm(tx, now)?;
            let room = grant.room();
            let kept = kept(tx, room)?;
            if kept.own == days {
                return Ok(());
            }
            refuse_longer(&grant, kept, days)?;
            tx.execute("update room set keep_days = ?2 where id = ?1", (room, days))?;
            audit::append(tx, room, grant.viewer().account_id(), &Act::Kept { days }, now)
        })
        .await
}

/// Sets how long the rooms of a space keep that say nothing themselves; `None`: for ever.
pub async fn set_in_space(
    app: &App,
    mandate: &Mandate,
    key: &str,
    days: Option<i64>,
) -> Result<()> {
    check(days)?;
    let (mandate, key, now) = (mandate.clone(), key.to_owned(), app.clock.now());
    app.store
        .write(move |tx| {
            mandate.confirm(tx, now)?;
            let space = space::by_key(tx, &key)?
                .ok_or_else(|| Error::invalid("space", format!("There is no space {key}.")))?;
            if days_of_space(tx, space.id)? == days {
                return Ok(());
            }
            update_space(tx, space.id, days, mandate.account_id(), now)?;
            let detail = days.map(|days| days.to_string()).unwrap_or_default();
            journal::append(tx, &mandate, now, Deed::SpaceKept, Whom::Named(&space.key), &detail)
        })
        .await
}

/// What is due now, room by room.
pub async fn all_due(app: &App) -> Result<Vec<Due>> {
    let now = app.clock.now();
    app.store
        .read(move |connection| {
            let mut found = Vec::new();
            for (room, days) in rooms_that_forget(connection)? {
                found.extend(due(connection, room, days, now)?);
            }
            Ok(found)
        })
        .await
}

/// Takes away what is due, and answers what that was.
async fn expire(app: &App) -> Result<Vec<Due>> {
    let now = app.clock.now();
    let found = all_due(app).await?;
    for due in &found {
        loop {
            let due = due.clone();
            if !app.store.write(move |tx| remove_some(tx, &due, now)).await? {
                break;
            }
        }
    }
    if !found.is_empty() {
        file::sweep(app).await;
    }
    Ok(found)
}

/// [`expire`] for the operator, who vouches for the clock; and what has outlived its use.
pub async fn expire_as_operator(app: &App) -> Result<(Vec<Due>, Leftovers)> {
    doubt::believe(app).await?;
    Ok((expire(app).await?, leftovers::remove(app).await?))
}

/// [`expire`], now and then, by a clock that is believed. What cannot be done now, the next sweep
/// does.
pub async fn sweep(app: &App) {
    let swept = match doubt::look(app).await {
        Ok(Look::Believed) => match leftovers::remove(app).await {
            Ok(_) => expire(app).await.map(drop),
            Err(error) => Err(error),
        },
        Ok(Look::Tell(until)) => tell_of_doubt(app, until).await,
        Ok(Look::Doubted(_)) => Ok(()),
        Err(error) => Err(error),
    };
    if let Err(error) = swept {
        tracing::warn!(%error, "what expired was not removed yet");
    }
}

/// Where nothing would go there is nothing to tell.
async fn tell_of_doubt(app: &App, until: Timestamp) -> Result<()> {
    let due = all_due(app).await?;
    if !due.is_empty() {
        let n_messages: i64 = due.iter().map(|due| due.n_messages).sum();
        tracing::warn!(
            n_messages,
            n_rooms = due.len(),
            %until,
            "the clock is more than two days ahead of when it was last looked at, so nothing \
             expires until it has gone on for a day; if it is right, `backchannel expire` need not \
             wait"
        );
    }
    Ok(())
}

// ------------------------------------------------------------------------------------ rules

fn check(days: Option<i64>) -> Result<()> {
    if days.is_some_and(|days| !(1..=LONGEST_DAYS).contains(&days)) {
        return Err(Error::invalid("days", "Choose from 1 to 36500 days, or leave it empty."));
    }
    Ok(())
}

/// Longer than the space says, where it says something.
fn is_longer(days: i64, of_space: Option<i64>) -> bool {
    of_space.is_some_and(|most| days > most)
}

/// Only who administers lets a room keep for longer than its space says.
fn refuse_longer(grant: &Grant<Moderate>, kept: Kept, days: Option<i64>) -> Result<()> {
    match (days, kept.of_space) {
        (Some(days), Some(most)) if is_longer(days, Some(most)) && !grant.viewer().is_admin() => {
            Err(Error::invalid(
                "days",
                format!("This space keeps {most} days; only who administers may choose more."),
            ))
        }
        _ => Ok(()),
    }
}

/// The first day that a room keeps which keeps so many days.
fn first_kept(zone: &str, days: i64, now: Timestamp) -> Date {
    let today = now.to_zoned(TimeZone::get(zone).unwrap_or(TimeZone::UTC)).date();
    today.saturating_sub(days.days())
}

// ------------------------------------------------------------------------------------ sql

/// The first day that the room keeps, where it does not keep all: what is older is due.
pub(crate) fn before(
    connection: &Connection,
    room: RoomId,
    now: Timestamp,
) -> Result<Option<Date>> {
    let Some(days) = kept(connection, room)?.days() else { return Ok(None) };
    let zone: String = connection
        .prepare_cached("select zone from room where id = ?1")?
        .query_row([room], |row| row.get(0))?;
    Ok(Some(first_kept(&zone, days, now)))
}

fn kept(connection: &Connection, room: RoomId) -> Result<Kept> {
    connection
        .prepare_cached(
            "select room.keep_days, space.keep_days
             from room join page on page.id = room.id join space on space.id = page.space
             where room.id = ?1",
        )?
        .query_row([room], |row| Ok(Kept { own: row.get(0)?, of_space: row.get(1)? }))
        .optional()?
        .ok_or(Error::NotFound)
}

fn days_of_space(connection: &Connection, space: SpaceId) -> Result<Option<i64>> {
    let days = connection
        .prepare_cached("select keep_days from space where id = ?1")?
        .query_row([space], |row| row.get(0))?;
    Ok(days)
}

/// All rooms by the titles of their pages, with their spaces and what they say themselves.
fn rooms(connection: &Connection) -> Result<Vec<(RoomId, SpaceId, Option<i64>)>> {
    let mut statement = connection.prepare_cached(
        "select room.id, page.space, room.keep_days from room join page on page.id = room.id
         order by page.space, page.title_key",
    )?;
    let rooms = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(rooms)
}

/// The rooms that do not keep for ever, and for how many days they do.
fn rooms_that_forget(connection: &Connection) -> Result<Vec<(RoomId, i64)>> {
    let mut statement = connection.prepare_cached(
        "select room.id, coalesce(room.keep_days, space.keep_days) as days
         from room join page on page.id = room.id join space on space.id = page.space
         where days is not null
         order by page.space, page.title_key",
    )?;
    let rooms = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(rooms)
}

fn update_space(
    tx: &Tx<'_, Change>,
    space: SpaceId,
    days: Option<i64>,
    by: Option<AccountId>,
    now: Timestamp,
) -> Result<()> {
    tx.execute("update space set keep_days = ?2 where id = ?1", (space, days))?;
    // It is done to every room that says nothing itself, or nothing that still holds.
    for (room, _, own) in rooms(tx)?.into_iter().filter(|(_, of, _)| *of == space) {
        if own.is_none_or(|own| is_longer(own, days)) {
            tx.execute("update room set keep_days = null where id = ?1", [room])?;
            audit::append(tx, room, by, &Act::Kept { days }, now)?;
        }
    }
    Ok(())
}

/// What of a room is due that keeps so many days; `None`: nothing.
fn due(connection: &Connection, room: RoomId, days: i64, now: Timestamp) -> Result<Option<Due>> {
    let (name, zone, page): (String, String, String) = connection
        .prepare_cached(
            "select room.name, room.zone, page.title from room join page on page.id = room.id
             where room.id = ?1",
        )?
        .query_row([room], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let before = first_kept(&zone, days, now);
    let which = (room, before.to_string());
    // Most rooms have nothing: this is a look into an index.
    let some: bool = connection
        .prepare_cached("select exists (select 1 from message where room = ?1 and day < ?2)")?
        .query_row(which.clone(), |row| row.get(0))?;
    if !some {
        return Ok(None);
    }
    let (n_days, n_messages, of_bodies): (i64, i64, u64) = connection
        .prepare_cached(
            "select count(distinct day), count(*), sum(octet_length(body)) from message
             where room = ?1 and day < ?2",
        )?
        .query_row(which.clone(), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let of_pastes: u64 = connection
        .prepare_cached(
            "select coalesce(sum(octet_length(text)), 0)
             from paste join message using (room, mid) where room = ?1 and day < ?2",
        )?
        .query_row(which.clone(), |row| row.get(0))?;
    let (n_files, of_files): (i64, u64) = connection
        .prepare_cached(
            "select count(*), coalesce(sum(size), 0)
             from file join message on message.room = file.page and message.mid = file.mid
             where file.page = ?1 and state = 'here' and day < ?2",
        )?
        .query_row(which, |row| Ok((row.get(0)?, row.get(1)?)))?;
    let n_bytes = of_bodies + of_pastes + of_files;
    Ok(Some(Due { room, name, page, before, n_days, n_messages, n_files, n_bytes }))
}

/// A message that goes, and whose it was.
struct Going {
    mid: Mid,
    author: Option<AccountId>,
    at: i64,
}

/// Takes some messages away that are due; false when there are none left.
fn remove_some(tx: &Tx<'_, Change>, due: &Due, now: Timestamp) -> Result<bool> {
    let room = due.room;
    // It may have been set anew, or the page be gone, since this was found.
    let before = match before(tx, room, now) {
        Ok(Some(before)) => before.min(due.before),
        Ok(None) => {
            tx.tell(Change::Reload(room));
            return Ok(false);
        }
        Err(Error::NotFound) => return Ok(false),
        Err(error) => return Err(error),
    };
    let Some(day) = first_day(tx, room, before)? else {
        tx.tell(Change::Reload(room));
        return Ok(false);
    };
    tx.scrub();
    if !audit::is_known_expired(tx, room, due.before)? {
        let Due { before, n_days, n_messages, n_files, .. } = *due;
        let act = Act::Expired { before, n_days, n_messages, n_files };
        audit::append(tx, room, None, &act, now)?;
    }
    // From the end of the day: its first message carries the heading until it goes.
    let going: Vec<Going> = tx
        .prepare_cached(
            "select mid, author, at from message where room = ?1 and day = ?2
             order by position desc limit ?3",
        )?
        .query_map((room, day.to_string(), AT_ONCE), |row| {
            Ok(Going { mid: row.get(0)?, author: row.get(1)?, at: row.get(2)? })
        })?
        .collect::<rusqlite::Result<_>>()?;
    for message in &going {
        purge::forget_message(tx, room, message.mid)?;
    }
    let by = going.iter().filter_map(|message| Some((message.author?, message.at))).collect();
    purge::settle_participants(tx, room, by)?;
    // Does nothing before the day's last message is gone.
    purge::close_day(tx, room, day)?;
    let more = first_day(tx, room, before)?.is_some();
    if !more {
        tx.tell(Change::Reload(room));
    }
    Ok(more)
}

/// The first day of the room with a message, if it is before that one.
fn first_day(connection: &Connection, room: RoomId, before: Date) -> Result<Option<Date>> {
    let day: Option<String> = connection
        .prepare_cached(
            "select day from message where room = ?1 and day < ?2 order by day limit 1",
        )?
        .query_row((room, before.to_string()), |row| row.get(0))
        .optional()?;
    day.map(|day| day.parse().map_err(Error::broken)).transpose()
}
