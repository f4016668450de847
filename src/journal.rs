//! What was administered: who, when, what, to whom; by pages and by commands alike.
//!
//! **Invariant:** an entry is written in the act's own transaction and never changed; no secret is
//! ever in one, and nothing that people wrote.

use jiff::Timestamp;
use rusqlite::{Row, named_params};

use crate::app::App;
use crate::error::Result;
use crate::id::{AccountId, RoomId};
use crate::mandate::Mandate;
use crate::store::Tx;

macro_rules! acts {
    ($($name:ident $word:literal $doc:literal;)*) => {
        /// What was done.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Act {
            $(#[doc = $doc] $name,)*
            /// Something else: what the detail says, or what a newer program knows.
            Other,
        }

        impl Act {
            /// As the table has it.
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                    Self::Other => "other",
                }
            }

            fn of_word(word: &str) -> Self {
                match word {
                    $($word => Self::$name,)*
                    _ => Self::Other,
                }
            }
        }
    };
}

acts! {
    AccountAdded "account added" "An account was made; the detail: its groups.";
    AccountCame "account came" "Somebody logged in by the provider for the first time.";
    AccountClaimed "account claimed" "A provider changed the groups of an account; the detail: all of them.";
    AccountLinked "account linked" "Its owner has linked an account with an identity of the provider.";
    AccountUnlinked "account unlinked" "The end of that.";
    AccountShown "account shown" "The name that others see; the detail: that name.";
    AccountGrouped "account grouped" "The groups of an account; the detail: all of them.";
    AdminGiven "admin given" "The account may administer.";
    AdminTaken "admin taken" "The account may administer no more.";
    PasswordSet "password set" "The account got another password.";
    AccountDisabled "account disabled" "The account is let in no more.";
    AccountEnabled "account enabled" "The account is let in again.";
    CodeReset "code reset" "The second step at log-in was turned off for the account.";
    SessionsEnded "sessions ended" "The account was logged out everywhere; the detail: how often.";
    GroupAdded "group added" "A group was made; the detail: its members.";
    GroupSet "group set" "The members of a group; the detail: all of them.";
    GroupRemoved "group removed" "A group is no more.";
    SpaceAdded "space added" "A space was made; the detail: its rights.";
    SpaceNamed "space named" "The name of a space; the detail: that name.";
    SpaceRights "space rights" "The rights of a space; the detail: all of them.";
    SpaceKept "space kept" "How long a space keeps; the detail: days, or nothing.";
    RoomLocked "room locked" "Nobody may write in a room.";
    RoomUnlocked "room unlocked" "The end of that.";
    Purged "page purged" "A page went for good with everything below it; the detail: its space.";
}

/// What an act is about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Whom<'a> {
    /// An account.
    Account(AccountId),
    /// A group or a space, by its name or key.
    Named(&'a str),
    /// A room or its page. By its number alone: nothing of a page that went for good is left.
    Room(RoomId),
}

/// One line of the journal.
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
    /// The account that it was done to, by its name.
    pub account: Option<String>,
    /// The group or space that it was done to, as it was called then.
    pub name: Option<String>,
    /// The room or page that it was done to, and how that room is called, if it is there still.
    pub room: Option<(RoomId, Option<String>)>,
    /// What was set.
    pub detail: String,
}

/// Entries that one page shows.
pub const N_AT_ONCE: i64 = 100;

// ------------------------------------------------------------------------------------ verbs

/// What was administered before the entry `before` (or until now), the latest first.
pub async fn list(app: &App, _mandate: &Mandate, before: Option<i64>) -> Result<Vec<Entry>> {
    app.store
        .read(move |connection| {
            let mut statement = connection.prepare_cached(
                "select journal.id, at, actor.display as actor, act, concerned.name as account,
                        journal.name, room, room.name as room_name, detail
                 from journal left join account actor on actor.id = journal.by
                   left join account concerned on concerned.id = journal.account
                   left join room on room.id = journal.room
                 where journal.id < ?1 order by journal.id desc limit ?2",
            )?;
            let entries = statement
                .query_map((before.unwrap_or(i64::MAX), N_AT_ONCE), from_row)?
                .collect::<rusqlite::Result<_>>()?;
            Ok(entries)
        })
        .await
}

// ------------------------------------------------------------------------------------ sql

/// Adds what is being done in the same transaction.
pub(crate) fn append<C>(
    tx: &Tx<'_, C>,
    mandate: &Mandate,
    now: Timestamp,
    act: Act,
    whom: Whom<'_>,
    detail: &str,
) -> Result<()> {
    note(tx, mandate.account_id(), now, act, whom, detail)
}

/// The same, of what somebody did who needed no mandate for it.
pub(crate) fn note<C>(
    tx: &Tx<'_, C>,
    by: Option<AccountId>,
    now: Timestamp,
    act: Act,
    whom: Whom<'_>,
    detail: &str,
) -> Result<()> {
    let (account, room, name) = match whom {
        Whom::Account(account) => (Some(account), None, None),
        Whom::Named(name) => (None, None, Some(name)),
        Whom::Room(room) => (None, Some(room), None),
    };
    tx.prepare_cached(
        "insert into journal (at, by, act, account, room, name, detail)
         values (:at, :by, :act, :account, :room, :name, :detail)",
    )?
    .execute(named_params! {
        ":at": now.as_millisecond(), ":by": by, ":act": act.word(),
        ":account": account, ":room": room, ":name": name, ":detail": detail,
    })?;
    Ok(())
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Entry> {
    Ok(Entry {
        id: row.get("id")?,
        at: Timestamp::from_millisecond(row.get("at")?).unwrap_or_default(),
        by: row.get("actor")?,
        act: Act::of_word(row.get_ref("act")?.as_str()?),
        account: row.get("account")?,
        name: row.get("name")?,
        room: match row.get::<_, Option<RoomId>>("room")? {
            Some(room) => Some((room, row.get("room_name")?)),
            None => None,
        },
        detail: row.get("detail")?,
    })
}
