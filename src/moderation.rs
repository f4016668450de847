//! Keeping a room civil: lock, slow mode, mutes.
//!
//! **Invariant:** what is set here holds from its commit on: every write of a message asks
//! [`admit`] inside its own transaction.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, named_params};

use crate::account;
use crate::app::App;
use crate::audit::{self, Act};
use crate::change::Change;
use crate::error::{Error, Result};
use crate::id::{AccountId, RoomId};
use crate::journal::{self, Act as Deed, Whom};
use crate::mandate::Mandate;
use crate::permission::{self, Grant, Moderate, View};
use crate::room::{self, Room};
use crate::store::Tx;

/// Somebody who may not write in a room for a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mute {
    /// Account name.
    pub name: String,
    /// As shown.
    pub display: String,
    /// The end of it.
    pub until: Timestamp,
}

/// The slowest slow mode.
const SLOWEST_SECONDS: i64 = 60 * 60;
/// The longest mute: beyond that a permission should say it.
const LONGEST_MINUTES: i64 = 60 * 24 * 30;

// ------------------------------------------------------------------------------------ verbs

/// Who is muted in the room, by name.
pub async fn muted(app: &App, grant: &Grant<Moderate>) -> Result<Vec<Mute>> {
    let room = grant.room();
    let now = app.clock.now();
    app.store.read(move |connection| select_mutes(connection, room, now)).await
}

/// What keeps the viewer from writing just now though they may: a mute, in words.
pub async fn silenced(app: &App, grant: &Grant<View>) -> Result<Option<Error>> {
    let Some(account) = grant.viewer().account_id() else { return Ok(None) };
    let room = grant.room();
    let now = app.clock.now();
    app.store
        .read(move |connection| {
            let room = room::select(connection, room)?;
            Ok(refuse_muted(connection, &room, account, now).err())
        })
        .await
}

/// Takes the pen from everybody. Windows load anew.
pub async fn lock(app: &App, grant: &Grant<Moderate>) -> Result<()> {
    let now = app.clock.now();
    set_lock(app, grant, Some(now), now).await
}

/// Gives it back.
pub async fn unlock(app: &App, grant: &Grant<Moderate>) -> Result<()> {
    set_lock(app, grant, None, app.clock.now()).await
}

async fn set_lock(
    app: &App,
    grant: &Grant<Moderate>,
    locked_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<()> {
    let grant = grant.clone();
    app.store
        .write(move |tx| {
            grant.confirm(tx, now)?;
            write_lock(tx, grant.room(), locked_at, grant.viewer().account_id(), now)?;
            Ok(())
        })
        .await
}

/// [`lock`], of any room, by who administers: whether they read in it or not.
pub async fn lock_any(app: &App, mandate: &Mandate, room: RoomId) -> Result<()> {
    set_any_lock(app, mandate, room, Deed::RoomLocked).await
}

/// [`unlock`] of the same kind.
pub async fn unlock_any(app: &App, mandate: &Mandate, room: RoomId) -> Result<()> {
    set_any_lock(app, mandate, room, Deed::RoomUnlocked).await
}

async fn set_any_lock(app: &App, mandate: &Mandate, room: RoomId, deed: Deed) -> Result<()> {
    let (mandate, now) = (mandate.clone(), app.clock.now());
    let locked_at = (deed == Deed::RoomLocked).then_some(now);
    app.store
        .write(move |tx| {
            mandate.confirm(tx, now)?;
            if write_lock(tx, room, locked_at, mandate.account_id(), now)? {
                journal::append(tx, &mandate, now, deed, Whom::Room(room), "")?;
            }
            Ok(())
        })
        .await
}

/// True if that changed anything.
fn write_lock(
    tx: &Tx<'_, Change>,
    room: RoomId,
    locked_at: Option<Timestamp>,
    by: Option<AccountId>,
    now: Timestamp,
) -> Result<bool> {
    let room = room::select(tx, room)?;
    if room.locked == locked_at.is_some() {
        return Ok(false);
    }
    tx.execute(
        "update room set locked_at = ?2 where id = ?1",
        (room.id, locked_at.map(Timestamp::as_millisecond)),
    )?;
    let act = if room.locked { Act::Unlocked } else { Act::Locked };
    audit::append(tx, room.id, by, &act, now)?;
    tx.tell(Change::Reload(room.id));
    Ok(true)
}

/// Lets each account write once in so many seconds; 0: as they like.
pub async fn set_slow(app: &App, grant: &Grant<Moderate>, seconds: i64) -> Result<()> {
    if !(0..=SLOWEST_SECONDS).contains(&seconds) {
        return Err(Error::invalid("seconds", "Choose from 0 seconds (off) to an hour."));
    }
    let grant = grant.clone();
    let now = app.clock.now();
    app.store
        .write(move |tx| {
            grant.confirm(tx, now)?;
            let room = room::select(tx, grant.room())?;
            if room.slow_seconds == seconds {
                return Ok(());
            }
            tx.execute("update room set slow_seconds = ?2 where id = ?1", (room.id, seconds))?;
            let act = Act::Slowed { seconds };
            audit::append(tx, room.id, grant.viewer().account_id(), &act, now)?;
            tx.tell(Change::Reload(room.id));
            Ok(())
        })
        .await
}

/// Takes the pen from one account for a time. Who moderates cannot be muted.
pub async fn mute(app: &App, grant: &Grant<Moderate>, name: &str, minutes: i64) -> Result<()> {
    if !(1..=LONGEST_MINUTES).contains(&minutes) {
        return Err(Error::invalid("minutes", "Choose from a minute to 30 days."));
    }
    let (grant, name) = (grant.clone(), name.trim().to_owned());
    let now = app.clock.now();
    let until = now.saturating_add(SignedDuration::from_mins(minutes)).map_err(Error::broken)?;
    let room = grant.room();
    let muted = app
        .store
        .write(move |tx| {
            grant.confirm(tx, now)?;
            let room = room::select(tx, grant.room())?.id;
            let account = reader(tx, room, &name)?;
            if permission::may_moderate(tx, account, grant.page())? {
                return Err(Error::invalid("account", "Who moderates here cannot be muted."));
            }
            tx.execute("delete from mute where until_at <= ?1", [now.as_millisecond()])?;
            tx.execute(
                "insert into mute (room, account, until_at) values (?1, ?2, ?3)
                 on conflict (room, account) do update set until_at = excluded.until_at",
                (room, account, until.as_millisecond()),
            )?;
            tx.tell(Change::ReloadFor(room, account));
            let act = Act::Muted { account, until };
            audit::append(tx, room, grant.viewer().account_id(), &act, now)?;
            Ok(account)
        })
        .await?;
    app.typing.stop(room, muted);
    Ok(())
}

/// Gives one account the pen back.
pub async fn unmute(app: &App, grant: &Grant<Moderate>, name: &str) -> Result<()> {
    let (grant, name) = (grant.clone(), name.to_owned());
    let now = app.clock.now();
    app.store
        .write(move |tx| {
            grant.confirm(tx, now)?;
            let room = room::select(tx, grant.room())?.id;
            let Some(account) = account::by_name(tx, &name)? else { return Ok(()) };
            let ended = tx.execute(
                "delete from mute where room = ?1 and account = ?2 and until_at > ?3",
                (room, account.id, now.as_millisecond()),
            )?;
            if ended > 0 {
                tx.tell(Change::ReloadFor(room, account.id));
                let act = Act::Unmuted { account: account.id };
                audit::append(tx, room, grant.viewer().account_id(), &act, now)?;
            }
            Ok(())
        })
        .await
}

// ------------------------------------------------------------------------------------ rules

/// May `author`, who has the right to, write one more message now?
pub(crate) fn admit(
    connection: &Connection,
    room: &Room,
    author: AccountId,
    now: Timestamp,
) -> Result<()> {
    admit_edit(connection, room, author, now)?;
    let wait = wait(connection, room, author, now)?;
    if wait > 0 && !permission::may_moderate(connection, author, room.id.into())? {
        return Err(Error::SlowMode { seconds: wait.unsigned_abs(), every: room.slow_seconds });
    }
    Ok(())
}

/// May `author` change what they wrote?
pub(crate) fn admit_edit(
    connection: &Connection,
    room: &Room,
    author: AccountId,
    now: Timestamp,
) -> Result<()> {
    if room.locked {
        return Err(Error::Conflict(
            "A moderator has locked this room: it can be read but not written.".into(),
        ));
    }
    refuse_muted(connection, room, author, now)
}

fn refuse_muted(
    connection: &Connection,
    room: &Room,
    author: AccountId,
    now: Timestamp,
) -> Result<()> {
    let until: Option<i64> = connection
        .prepare_cached("select until_at from mute where room = ?1 and account = ?2")?
        .query_row((room.id, author), |row| row.get(0))
        .optional()?;
    match until {
        Some(until) if until > now.as_millisecond() => {
            let zone = TimeZone::get(&room.zone).unwrap_or(TimeZone::UTC);
            let until = Timestamp::from_millisecond(until).unwrap_or_default().to_zoned(zone);
            Err(Error::Muted { until: Box::new(until) })
        }
        _ => Ok(()),
    }
}

/// The seconds that slow mode still asks of `author`.
fn wait(connection: &Connection, room: &Room, author: AccountId, now: Timestamp) -> Result<i64> {
    if room.slow_seconds == 0 {
        return Ok(0);
    }
    let last: Option<i64> = connection
        .prepare_cached("select last_at from participant where room = ?1 and account = ?2")?
        .query_row((room.id, author), |row| row.get(0))
        .optional()?;
    let Some(last) = last else { return Ok(0) };
    let passed = now.as_millisecond().saturating_sub(last);
    // A clock that was set back makes nobody wait longer than the room's pace.
    let rest = room.slow_seconds.saturating_mul(1000).saturating_sub(passed.max(0));
    Ok(rest.max(0).saturating_add(999) / 1000)
}

/// The account of this name, if it may read here: a list of names must not be had by guessing.
fn reader(connection: &Connection, room: RoomId, name: &str) -> Result<AccountId> {
    let found = account::by_name(connection, name.strip_prefix('@').unwrap_or(name))?;
    match found {
        Some(found) if permission::is_visible(connection, Some(found.id), room.into())? => {
            Ok(found.id)
        }
        _ => Err(Error::invalid("account", "Nobody of this name reads here.")),
    }
}

// ------------------------------------------------------------------------------------ sql

fn select_mutes(connection: &Connection, room: RoomId, now: Timestamp) -> Result<Vec<Mute>> {
    let mut statement = connection.prepare_cached(
        "select account.name, account.display, until_at
         from mute join account on account.id = mute.account
         where room = :room and until_at > :now order by account.name_key",
    )?;
    let mutes = statement
        .query_map(named_params! { ":room": room, ":now": now.as_millisecond() }, |row| {
            Ok(Mute {
                name: row.get(0)?,
                display: row.get(1)?,
                until: Timestamp::from_millisecond(row.get(2)?).unwrap_or_default(),
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(mutes)
}
