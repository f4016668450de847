//! Who is told of a room's messages while they are elsewhere.
//!
//! **Invariant:** off until chosen. Who is to be told is asked when something is about to be sent,
//! of what is committed then: who has lost the right to see the room, its session or its place
//! among the accounts by that time is told nothing, nor of what was removed.

use std::collections::HashSet;
use std::sync::{PoisonError, RwLock};

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};
use rusqlite::{Connection, OptionalExtension, named_params};

use crate::app::App;
use crate::error::{Error, Result};
use crate::id::{AccountId, Mid, RoomId, SubscriptionId};
use crate::message::{self, Message};
use crate::permission::{self, Grant, View};
use crate::presence::State;
use crate::room;
use crate::session;
use crate::subscription::{self, Subscription};

/// What somebody wants to be told of in a room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum What {
    /// Nothing.
    #[default]
    Off,
    /// Messages that call them by `@name`.
    Mentions,
    /// Everything that others say.
    All,
}

/// A new message that somebody may have to be told of.
#[derive(Clone, Debug)]
pub struct News {
    /// Where it was said.
    pub room: RoomId,
    /// The message.
    pub mid: Mid,
    /// Whom it calls.
    pub called: Vec<AccountId>,
}

/// What is to be told now, and to whom.
#[derive(Clone, Debug)]
pub struct Due {
    /// Where it was said.
    pub room_name: String,
    /// What was said, as it is now.
    pub message: Message,
    /// The browsers that are told.
    pub to: Vec<Subscription>,
}

/// The rooms of which somebody may want to be told: those of the start, and every one that was
/// chosen since. None is ever taken off, so that no order of events can leave one out; a room too
/// many costs a look at the file for each of its messages.
#[derive(Default)]
pub struct Wanted(RwLock<HashSet<RoomId>>);

impl Wanted {
    /// May somebody want to be told of this room?
    pub fn has(&self, room: RoomId) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).contains(&room)
    }

    fn extend(&self, rooms: impl IntoIterator<Item = RoomId>) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).extend(rooms);
    }
}

impl What {
    /// All there are.
    pub const EACH: [Self; 3] = [Self::Off, Self::Mentions, Self::All];

    /// As forms and the file spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Mentions => "mentions",
            Self::All => "all",
        }
    }

    /// Reads what a form says.
    pub fn parse(text: &str) -> Option<Self> {
        Self::EACH.into_iter().find(|what| what.as_str() == text)
    }
}

// ------------------------------------------------------------------------------------ verbs

/// The viewer chooses what to be told of.
pub async fn set(app: &App, grant: &Grant<View>, what: What) -> Result<()> {
    let account = grant.viewer().account_id().ok_or(Error::LoginNeeded)?;
    let (grant, now) = (grant.clone(), app.clock.now());
    if what != What::Off {
        app.wanted.extend([grant.room()]);
    }
    app.store
        .write(move |tx| {
            grant.confirm(tx, now)?;
            // A page that holds no room has none to be told of.
            room::select(tx, grant.room())?;
            if what == What::Off {
                tx.prepare_cached("delete from notice where room = ?1 and account = ?2")?
                    .execute((grant.room(), account))?;
                return Ok(());
            }
            tx.prepare_cached(
                "insert into notice (room, account, what) values (?1, ?2, ?3)
                 on conflict (room, account) do update set what = excluded.what",
            )?
            .execute((grant.room(), account, what.as_str()))?;
            Ok(())
        })
        .await
}

/// Reads which rooms somebody wants to be told of, before the first message.
pub fn recall(app: &App) -> Result<()> {
    let rooms = app.store.read_here(|connection| {
        let mut rooms = connection.prepare("select distinct room from notice")?;
        let rooms = rooms.query_map([], |row| row.get(0))?;
        Ok(rooms.collect::<rusqlite::Result<Vec<RoomId>>>()?)
    })?;
    app.wanted.extend(rooms);
    Ok(())
}

/// What the viewer chose.
pub async fn chosen(app: &App, grant: &Grant<View>) -> Result<What> {
    let Some(account) = grant.viewer().account_id() else { return Ok(What::Off) };
    let room = grant.room();
    app.store
        .look_up(|connection| {
            let what = connection
                .prepare_cached("select what from notice where room = ?1 and account = ?2")?
                .query_row((room, account), |row| row.get(0))
                .optional()?;
            Ok(what.unwrap_or_default())
        })
        .await
}

/// Who has to be told of `news` now, or whether `only` one of them still has; nobody: `None`.
pub async fn due(app: &App, news: &News, only: Option<SubscriptionId>) -> Result<Option<Due>> {
    let room = news.room;
    let (news, now) = (news.clone(), app.clock.now());
    let seen: Vec<AccountId> = app
        .presence
        .present(room, now)
        .into_iter()
        .filter_map(|(account, state)| (state == State::Here).then_some(account))
        .collect();
    app.store
        .read(move |connection| {
            let Some(message) = message::select(connection, room, news.mid)? else {
                return Ok(None);
            };
            if message.removed {
                return Ok(None);
            }
            let mut to = Vec::new();
            for (what, browser) in select(connection, &message, now.as_millisecond(), only)? {
                let account = browser.account;
                let wanted = what == What::All || news.called.contains(&account);
                if wanted
                    && !seen.contains(&account)
                    && permission::is_visible(connection, Some(account), room.into())?
                {
                    to.push(browser);
                }
            }
            if to.is_empty() {
                return Ok(None);
            }
            let room_name = room::select(connection, room)?.name;
            Ok(Some(Due { room_name, message, to }))
        })
        .await
}

// ------------------------------------------------------------------------------------ sql

/// The browsers of those who want to be told something of the message's room, but its author's.
fn select(
    connection: &Connection,
    message: &Message,
    now: i64,
    only: Option<SubscriptionId>,
) -> Result<Vec<(What, Subscription)>> {
    let mut statement = connection.prepare_cached(
        "select what, browser.id, browser.account, endpoint, point, secret, contact
         from notice
           join account on account.id = notice.account
           join push_subscription browser on browser.account = notice.account
           join session on session.id = browser.session
         where notice.room = :room and notice.account is not :author and disabled_at is null
           and session.account = notice.account
           and session.expires_at > :now and session.seen_at > :unused
           and (:only is null or browser.id = :only)
         order by browser.id",
    )?;
    let mut rows = statement.query(named_params! {
        ":room": message.room,
        ":author": message.author,
        ":now": now,
        ":unused": now - i64::try_from(session::IDLE.as_millis()).unwrap_or(i64::MAX),
        ":only": only,
    })?;
    let mut browsers = Vec::new();
    while let Some(row) = rows.next()? {
        if let Some(browser) = subscription::from_row(row)? {
            browsers.push((row.get("what")?, browser));
        }
    }
    Ok(browsers)
}

impl FromSql for What {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Self::parse(value.as_str()?).ok_or(FromSqlError::InvalidType)
    }
}
