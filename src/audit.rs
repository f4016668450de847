//! What was done to a room by others than a message's author: who, when, to what. (What is administered
//! stands in the [`journal`](crate::journal), which the command `audit` shows.)
//!
//! **Invariant:** an entry is written in the act's own transaction and never changed; what a
//! message said is never in one.

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Connection, Row, named_params};

use crate::app::App;
use crate::error::Result;
use crate::id::{AccountId, Mid, RoomId};
use crate::permission::{Edit, Grant};

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// The page got a chat macro, or got it back.
    Opened {
        /// The room's name from then on.
        name: String,
    },
    /// The page lost its macro.
    Closed,
    /// The macro's name changed.
    Renamed {
        /// The room's name from then on.
        name: String,
    },
    /// Nobody may write.
    Locked,
    /// The end of that.
    Unlocked,
    /// Slow mode.
    Slowed {
        /// Between an account's messages; 0: off.
        seconds: i64,
    },
    /// Somebody may not write for a time.
    Muted {
        /// Whom it concerns.
        account: AccountId,
        /// The end of it.
        until: Timestamp,
    },
    /// The end of that, before its time.
    Unmuted {
        /// Whom it concerns.
        account: AccountId,
    },
    /// A message was removed by somebody else than its author.
    Removed {
        /// Which.
        mid: Mid,
        /// Who had written it; `None`: it was imported.
        author: Option<AccountId>,
    },
    /// Somebody said what the room is about.
    Topic {
        /// As typed; empty: nothing any more.
        topic: String,
    },
    /// A message was pinned.
    Pinned {
        /// Which.
        mid: Mid,
    },
    /// The end of that.
    Unpinned {
        /// Which.
        mid: Mid,
    },
    /// It was set how long what was said is kept: in the room, or in its space.
    Kept {
        /// Days; `None`: for ever, or in a room as its space says.
        days: Option<i64>,
    },
    /// What was older than that was removed.
    Expired {
        /// The first day that stayed.
        before: Date,
        /// How many days went.
        n_days: i64,
        /// How many messages.
        n_messages: i64,
        /// How many files.
        n_files: i64,
    },
}

/// One line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Rises with time.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// Display name of who did it; `None`: the operator.
    pub by: Option<String>,
    /// What.
    pub act: Act,
    /// Display name of whom it concerns, where it concerns somebody.
    pub account: Option<String>,
}

/// Entries that one page shows.
pub const N_AT_ONCE: i64 = 100;

// ------------------------------------------------------------------------------------ verbs

/// What was done to the room before the entry `before` (or until now), the latest first.
pub async fn list(app: &App, grant: &Grant<Edit>, before: Option<i64>) -> Result<Vec<Entry>> {
    let room = grant.room();
    app.store.read(move |connection| select(connection, room, before.unwrap_or(i64::MAX))).await
}

// ------------------------------------------------------------------------------------ sql

/// Adds what is being done in the same transaction. `by` is `None` for the operator.
pub(crate) fn append(
    connection: &Connection,
    room: RoomId,
    by: Option<AccountId>,
    act: &Act,
    now: Timestamp,
) -> Result<()> {
    let (name, mid, account, amount) = match act {
        Act::Opened { name } | Act::Renamed { name } => (Some(name), None, None, None),
        Act::Closed | Act::Locked | Act::Unlocked => (None, None, None, None),
        Act::Slowed { seconds } => (None, None, None, Some(*seconds)),
        Act::Muted { account, until } => (None, None, Some(*account), Some(until.as_millisecond())),
        Act::Unmuted { account } => (None, None, Some(*account), None),
        Act::Removed { mid, author } => (None, Some(*mid), *author, None),
        Act::Topic { topic } => (Some(topic), None, None, None),
        Act::Pinned { mid } | Act::Unpinned { mid } => (None, Some(*mid), None, None),
        Act::Kept { days } => (None, None, None, *days),
        Act::Expired { before, n_messages, .. } => {
            (Some(&before.to_string()), None, None, Some(*n_messages))
        }
    };
    let (n_days, n_files) = match act {
        Act::Expired { n_days, n_files, .. } => (Some(*n_days), Some(*n_files)),
        _ => (None, None),
    };
    connection
        .prepare_cached(
            "insert into audit (room, at, by, act, mid, account, amount, name, n_days, n_files)
             values (:room, :at, :by, :act, :mid, :account, :amount, :name, :n_days, :n_files)",
        )?
        .execute(named_params! {
            ":room": room, ":at": now.as_millisecond(), ":by": by, ":act": word(act),
            ":mid": mid, ":account": account, ":amount": amount, ":name": name,
            ":n_days": n_days, ":n_files": n_files,
        })?;
    Ok(())
}

fn word(act: &Act) -> &'static str {
    match act {
        Act::Opened { .. } => "opened",
        Act::Closed => "closed",
        Act::Renamed { .. } => "renamed",
        Act::Locked => "locked",
        Act::Unlocked => "unlocked",
        Act::Slowed { .. } => "slowed",
        Act::Muted { .. } => "muted",
        Act::Unmuted { .. } => "unmuted",
        Act::Removed { .. } => "removed",
        Act::Topic { .. } => "topic",
        Act::Pinned { .. } => "pinned",
        Act::Unpinned { .. } => "unpinned",
        Act::Kept { .. } => "kept",
        Act::Expired { .. } => "expired",
    }
}

/// Is it noted already that what was said before this day goes, since it was last set that it does?
pub(crate) fn is_known_expired(
    connection: &Connection,
    room: RoomId,
    before: Date,
) -> Result<bool> {
    let known = connection
        .prepare_cached(
            "select exists (select 1 from audit
                            where room = ?1 and act = 'expired' and name = ?2
                              and id > coalesce((select max(id) from audit
                                                 where room = ?1 and act = 'kept'), 0))",
        )?
        .query_row((room, before.to_string()), |row| row.get(0))?;
    Ok(known)
}

fn select(connection: &Connection, room: RoomId, before: i64) -> Result<Vec<Entry>> {
    let mut statement = connection.prepare_cached(
        "select audit.id, audit.at, actor.display as actor, act, mid, audit.account, amount,
                audit.name, n_days, n_files, concerned.display as concerned
         from audit left join account actor on actor.id = audit.by
           left join account concerned on concerned.id = audit.account
         where room = ?1 and audit.id < ?2 order by audit.id desc limit ?3",
    )?;
    let entries = statement
        .query_map((room, before, N_AT_ONCE), from_row)?
        .collect::<rusqlite::Result<_>>()?;
    Ok(entries)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let act = match row.get_ref("act")?.as_str()? {
        "opened" => Act::Opened { name: row.get("name")? },
        "renamed" => Act::Renamed { name: row.get("name")? },
        "locked" => Act::Locked,
        "unlocked" => Act::Unlocked,
        "slowed" => Act::Slowed { seconds: row.get("amount")? },
        "muted" => Act::Muted { account: row.get("account")?, until: instant(row, "amount")? },
        "unmuted" => Act::Unmuted { account: row.get("account")? },
        "removed" => Act::Removed { mid: row.get("mid")?, author: row.get("account")? },
        "topic" => Act::Topic { topic: row.get("name")? },
        "pinned" => Act::Pinned { mid: row.get("mid")? },
        "unpinned" => Act::Unpinned { mid: row.get("mid")? },
        "kept" => Act::Kept { days: row.get("amount")? },
        "expired" => Act::Expired {
            before: row.get::<_, String>("name")?.parse().unwrap_or_default(),
            n_days: row.get("n_days")?,
            n_messages: row.get("amount")?,
            n_files: row.get("n_files")?,
        },
        _ => Act::Closed,
    };
    Ok(Entry {
        id: row.get("id")?,
        at: instant(row, "at")?,
        by: row.get("actor")?,
        act,
        account: row.get("concerned")?,
    })
}

fn instant(row: &Row<'_>, column: &str) -> rusqlite::Result<Timestamp> {
    Ok(Timestamp::from_millisecond(row.get(column)?).unwrap_or_default())
}
