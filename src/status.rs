//! What a room tells from outside: the status table, the panel, the list of recent rooms.
//!
//! **Invariant:** what windows share is the same for every reader; who may see the room sees all
//! of it.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use rusqlite::{Connection, OptionalExtension};

use crate::account::Viewer;
use crate::app::App;
use crate::clock::local;
use crate::error::{Error, Result};
use crate::file::{self, Files};
use crate::id::{AccountId, RoomId};
use crate::permission::{Grant, View};
use crate::pin::{self, Pin};
use crate::presence::State;
use crate::read_mark;
use crate::room::{self, Room, today};
use crate::setting;
use crate::sight::{Seen, Sight};
use crate::topic::{self, Topic};

/// Somebody in or around a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Participant {
    /// Account name, or the name that an import brought.
    pub name: String,
    /// As shown.
    pub display: String,
    /// Whether they have the room open, and look at it.
    pub state: State,
}

/// A day of a room that has a transcript.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActiveDay {
    /// In the room's zone.
    pub day: Date,
    /// Messages of that day, removed ones not counted.
    pub n_messages: i64,
    /// It is this year's: the year goes without saying.
    pub this_year: bool,
}

/// What the macro's table tells about a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The room.
    pub room: Room,
    /// When (in the room's zone) and by whom (display name) the last message was.
    pub last_activity: Option<(DateTime, String)>,
    /// Those who have it open first, of them who is away last; then who wrote lately; at most 20.
    pub participants: Vec<Participant>,
    /// How many participants there are in all.
    pub n_participants: usize,
    /// Newest first; at most 14.
    pub transcripts: Vec<ActiveDay>,
    /// How many days have a transcript.
    pub n_transcripts: i64,
    /// The latest 3.
    pub files: Files,
    /// What it is about.
    pub topic: Option<Topic>,
}

/// What the panel at the popup's right tells, the same for every window of the room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Panel {
    /// The room.
    pub room: Room,
    /// Who has the room open, by display name, those who are away last. Nobody has a closed one.
    pub present: Vec<Participant>,
    /// Newest first; at most 31.
    pub transcripts: Vec<ActiveDay>,
    /// The latest 8.
    pub files: Files,
    /// What it is about.
    pub topic: Option<Topic>,
    /// Messages that it keeps in sight, in the order of the log.
    pub pins: Vec<Pin>,
    /// The place of the first message that there is; none before it is in the room any more.
    pub first: i64,
}

/// A room as a list of rooms shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recent {
    /// The room.
    pub room: Room,
    /// Title of its page.
    pub title: String,
    /// When, in the room's zone, and by whom the last message was.
    pub last: Option<(DateTime, String)>,
    /// How many people look at it.
    pub n_present: usize,
    /// Messages that the viewer has not seen; see [`read_mark`].
    pub n_unread: i64,
}

/// Participants that the status table names.
const N_PARTICIPANTS: usize = 20;
const N_DAYS_IN_STATUS: i64 = 14;
const N_DAYS_IN_PANEL: i64 = 31;
const N_FILES_IN_STATUS: i64 = 3;
const N_FILES_IN_PANEL: i64 = 8;

// ------------------------------------------------------------------------------------ verbs

/// What the status table tells.
pub async fn show(app: &App, grant: &Grant<View>) -> Result<Status> {
    let room = grant.room();
    let now = app.clock.now();
    let present = app.presence.present(room, now);
    app.store.read(move |connection| select(connection, room, &present, now)).await
}

/// What the panel tells now.
pub async fn panel(app: &App, grant: &Grant<View>) -> Result<Panel> {
    let room = grant.room();
    let now = app.clock.now();
    let present = app.presence.present(room, now);
    app.store.read(move |connection| select_panel(connection, room, &present, now)).await
}

/// The room, and the place of the first message that there is: by these a window knows that it was
/// built for another state.
pub async fn state(app: &App, grant: &Grant<View>) -> Result<(Room, i64)> {
    let now = app.clock.now();
    let found = app.store.look_up(|connection| {
        grant.confirm(connection, now)?;
        let room = room::select(connection, grant.room())?;
        let first = first(connection, room.id)?;
        Ok((room, first))
    });
    found.await
}

/// Does the viewer want to hear a beep?
pub async fn sound(app: &App, grant: &Grant<View>) -> Result<bool> {
    match grant.viewer().account_id() {
        Some(account) => {
            app.store.read(move |connection| setting::sound(connection, account)).await
        }
        None => Ok(true),
    }
}

/// The rooms that the viewer may see, the ones where somebody wrote last first; at most 10.
pub async fn recent(app: &App, viewer: &Viewer) -> Result<Vec<Recent>> {
    let (account, sight) = (viewer.account_id(), Arc::clone(&app.sight));
    let rooms =
        app.store.read(move |connection| select_recent(connection, &sight, account)).await?;
    Ok(rooms
        .into_iter()
        .map(|recent| Recent { n_present: n_here(app, recent.room.id), ..recent })
        .collect())
}

fn n_here(app: &App, room: RoomId) -> usize {
    let present = app.presence.present(room, app.clock.now());
    present.iter().filter(|(_, state)| *state == State::Here).count()
}

// ------------------------------------------------------------------------------------ sql

/// [`show`] on a snapshot that is at hand.
pub(crate) fn select(
    connection: &Connection,
    room: RoomId,
    present: &[(AccountId, State)],
    now: Timestamp,
) -> Result<Status> {
    let room = room::select(connection, room)?;
    let (participants, n_participants) = participants(connection, &room, present)?;
    let last_activity = connection
        .prepare_cached(
            "select at, offset_minutes, coalesce(account.display, author_name)
             from message left join account on account.id = message.author
             where room = ?1 and removed_at is null order by position desc limit 1",
        )?
        .query_row([room.id], |row| Ok((local(row.get(0)?, row.get(1)?), row.get(2)?)))
        .optional()?;
    let n_transcripts = connection
        .prepare_cached("select count(*) from transcript where room = ?1")?
        .query_row([room.id], |row| row.get(0))?;
    Ok(Status {
        last_activity,
        participants,
        n_participants,
        transcripts: days(connection, &room, N_DAYS_IN_STATUS, now)?,
        n_transcripts,
        files: file::files(connection, room.id, N_FILES_IN_STATUS)?,
        topic: topic::select(connection, room.id)?,
        room,
    })
}

/// What the panel tells now.
pub(crate) fn select_panel(
    connection: &Connection,
    room: RoomId,
    present: &[(AccountId, State)],
    now: Timestamp,
) -> Result<Panel> {
    let room = room::select(connection, room)?;
    let people = people(connection, &room, present)?;
    let transcripts = days(connection, &room, N_DAYS_IN_PANEL, now)?;
    let files = file::files(connection, room.id, N_FILES_IN_PANEL)?;
    let topic = topic::select(connection, room.id)?;
    let pins = pin::select(connection, room.id)?;
    let first = first(connection, room.id)?;
    Ok(Panel { room, present: people, transcripts, files, topic, pins, first })
}

/// The place of the first message; of an empty room, where one will be at the earliest.
fn first(connection: &Connection, room: RoomId) -> Result<i64> {
    let first = connection
        .prepare_cached("select position from message where room = ?1 order by position limit 1")?
        .query_row([room], |row| row.get(0))
        .optional()?;
    match first {
        Some(first) => Ok(first),
        None => Ok(room::seq(connection, room)?.0 + 1),
    }
}

/// What [`select_recent`] looks at from the newest message on; beyond it, at each room by itself.
const N_LOOKED_AT: usize = 5000;
const N_RECENT: usize = 10;

fn select_recent(
    connection: &Connection,
    sight: &Sight,
    account: Option<AccountId>,
) -> Result<Vec<Recent>> {
    let seen = sight.seen(connection, account)?;
    let rooms = match lately(connection, &seen)? {
        Some(rooms) => rooms,
        None => seen.rooms.clone(),
    };
    let mut found = Vec::new();
    for room in rooms {
        found.extend(select_open(connection, room)?);
    }
    found.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    found.truncate(N_RECENT);
    let mut recent = Vec::new();
    for (_, mut room) in found {
        if let Some(account) = account {
            room.n_unread = read_mark::n_unread(connection, room.room.id, account)?;
        }
        recent.push(room);
    }
    Ok(recent)
}

/// The rooms that were opened last, and those of the newest messages, as far as they are seen and
/// open; `None` where too few of those are among the newest messages.
fn lately(connection: &Connection, seen: &Seen) -> Result<Option<Vec<RoomId>>> {
    if seen.rooms.len() <= N_RECENT {
        return Ok(None);
    }
    // The newest message has the largest id, so this is a walk back in time.
    let mut statement = connection.prepare_cached(
        "select message.room from message join room on room.id = message.room
         where closed_at is null order by message.id desc limit ?1",
    )?;
    let mut rooms = Vec::new();
    let mut rows = statement.query([N_LOOKED_AT])?;
    while let Some(row) = rows.next()? {
        let room: RoomId = row.get(0)?;
        if !rooms.contains(&room) && seen.has(room.into()) {
            rooms.push(room);
        }
        if rooms.len() == N_RECENT {
            break;
        }
    }
    if rooms.len() < N_RECENT {
        return Ok(None);
    }
    let mut statement = connection
        .prepare_cached("select id from room where closed_at is null order by opened_at desc")?;
    let mut rows = statement.query([])?;
    let mut n_new = 0;
    while let Some(row) = rows.next()?.filter(|_| n_new < N_RECENT) {
        let room: RoomId = row.get(0)?;
        if seen.has(room.into()) {
            n_new += 1;
            if !rooms.contains(&room) {
                rooms.push(room);
            }
        }
    }
    Ok(Some(rooms))
}

/// An open room, and when something happened in it last.
fn select_open(connection: &Connection, room: RoomId) -> Result<Option<(i64, Recent)>> {
    let open = connection
        .prepare_cached(
            "select room.id, room.name, room.zone, room.closed_at is null,
                    room.locked_at is not null, room.slow_seconds, page.title, last.at,
                    last.offset_minutes, coalesce(account.display, last.author_name),
                    coalesce(last.at, room.opened_at)
             from room join page on page.id = room.id
               left join message last on last.id =
                 (select id from message where room = room.id order by position desc limit 1)
               left join account on account.id = last.author
             where room.id = ?1 and room.closed_at is null",
        )?
        .query_row([room], |row| {
            let last: Option<i64> = row.get(7)?;
            let last = match last {
                Some(at) => Some((local(at, row.get(8)?), row.get(9)?)),
                None => None,
            };
            let (room, title) = (room::from_row(row)?, row.get(6)?);
            Ok((row.get(10)?, Recent { room, title, last, n_present: 0, n_unread: 0 }))
        })
        .optional()?;
    Ok(open)
}

fn participants(
    connection: &Connection,
    room: &Room,
    present: &[(AccountId, State)],
) -> Result<(Vec<Participant>, usize)> {
    let mut statement = connection
        .prepare_cached("select account from participant where room = ?1 order by last_at desc")?;
    let wrote: Vec<AccountId> =
        statement.query_map([room.id], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let mut all = people(connection, room, present)?;
    let is_shown = |account| room.open && present.iter().any(|(present, _)| *present == account);
    let gone: Vec<_> = wrote.into_iter().filter(|account| !is_shown(*account)).collect();
    let mut n_participants = all.len() + gone.len();
    for account in gone.iter().take(N_PARTICIPANTS.saturating_sub(all.len())) {
        all.push(participant(connection, *account, State::Gone)?);
    }
    if n_participants == 0 {
        // A room of imported history alone: its authors are no accounts.
        all = imported_authors(connection, room.id)?;
        n_participants = all.len();
    }
    all.truncate(N_PARTICIPANTS);
    Ok((all, n_participants))
}

/// Who has the room open. A closed room is only read: nobody is in it.
fn people(
    connection: &Connection,
    room: &Room,
    present: &[(AccountId, State)],
) -> Result<Vec<Participant>> {
    let mut people = Vec::new();
    for (account, state) in present.iter().filter(|_| room.open) {
        people.push(participant(connection, *account, *state)?);
    }
    people.sort_by_cached_key(|person: &Participant| (person.state, person.display.to_lowercase()));
    Ok(people)
}

fn participant(connection: &Connection, account: AccountId, state: State) -> Result<Participant> {
    let participant = connection
        .prepare_cached("select name, display from account where id = ?1")?
        .query_row([account], |row| {
            Ok(Participant { name: row.get(0)?, display: row.get(1)?, state })
        })?;
    Ok(participant)
}

/// Who wrote in the last 200 messages of a room that only imports filled.
fn imported_authors(connection: &Connection, room: RoomId) -> Result<Vec<Participant>> {
    let mut statement = connection.prepare_cached(
        "select author_name, max(position) as latest from (
           select author_name, position from message
           where room = ?1 and author is null order by position desc limit 200)
         group by author_name order by latest desc limit 20",
    )?;
    let authors = statement
        .query_map([room], |row| {
            let name: String = row.get(0)?;
            Ok(Participant { display: name.clone(), name, state: State::Gone })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(authors)
}

fn days(
    connection: &Connection,
    room: &Room,
    limit: i64,
    now: Timestamp,
) -> Result<Vec<ActiveDay>> {
    let year = today(room, now).year();
    let mut statement = connection.prepare_cached(
        "select day, (select count(*) from message
                      where message.room = transcript.room and message.day = transcript.day
                        and removed_at is null)
         from transcript where room = ?1 order by day desc limit ?2",
    )?;
    let rows = statement
        .query_map((room.id, limit), |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    rows.into_iter()
        .map(|(day, n_messages)| {
            let day: Date = day.parse().map_err(Error::broken)?;
            Ok(ActiveDay { day, n_messages, this_year: day.year() == year })
        })
        .collect()
}
