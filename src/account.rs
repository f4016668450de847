//! Accounts and groups: who somebody is.
//!
//! **Invariant:** a [`Viewer`] comes from a session (`session.rs`) and from nowhere else.

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_security::skeleton;

use crate::error::{Error, Result};
use crate::id::{AccountId, GroupId, SessionId};
use crate::language::Language;
use crate::store::Version;

/// A person or a bot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Stable; survives a change of name.
    pub id: AccountId,
    /// As typed at log-in and after `@`; unique when folded.
    pub name: String,
    /// As shown beside messages.
    pub display: String,
    /// May administer: accounts, spaces, anyone's restrictions, moderation.
    pub admin: bool,
    /// Cannot log in, holds no session.
    pub disabled: bool,
}

/// Who asks: an account with its session, or somebody who is not signed in.
#[derive(Clone, Debug)]
pub struct Viewer {
    signed_in: Option<Arc<SignedIn>>,
}

/// What is known of a session and its account as of one state of the file.
#[derive(Debug)]
pub(crate) struct SignedIn {
    pub(crate) session: SessionId,
    pub(crate) account: Account,
    /// The language that the account chose.
    pub(crate) language: Option<Language>,
    /// Ends the session in any case.
    pub(crate) expires_at: Timestamp,
    /// The `sessions` of that state's [`Version`].
    pub(crate) version: i64,
}

impl Viewer {
    /// Somebody who came with a session.
    pub(crate) fn signed_in(signed_in: SignedIn) -> Self {
        Self { signed_in: Some(Arc::new(signed_in)) }
    }

    /// Somebody who is not signed in.
    pub fn anonymous() -> Self {
        Self { signed_in: None }
    }

    /// The language that the account chose; `None`: as the browser asks.
    pub fn language(&self) -> Option<Language> {
        self.signed_in.as_ref().and_then(|signed_in| signed_in.language)
    }

    /// The account, if signed in.
    pub fn account(&self) -> Option<&Account> {
        self.signed_in.as_ref().map(|signed_in| &signed_in.account)
    }

    /// The account's id, if signed in.
    pub fn account_id(&self) -> Option<AccountId> {
        self.account().map(|account| account.id)
    }

    /// The session, if signed in.
    pub fn session(&self) -> Option<SessionId> {
        self.signed_in.as_ref().map(|signed_in| signed_in.session)
    }

    /// When the session ends in any case; `None`: not signed in.
    pub(crate) fn expires_at(&self) -> Option<Timestamp> {
        self.signed_in.as_ref().map(|signed_in| signed_in.expires_at)
    }

    /// Does the session last, where nothing was changed of sessions and accounts since it was looked
    /// up? False where that has to be asked anew.
    pub(crate) fn is_still(&self, version: Version, now: Timestamp) -> bool {
        self.signed_in.as_ref().is_some_and(|signed_in| {
            signed_in.version == version.sessions && signed_in.expires_at > now
        })
    }

    /// May administer.
    pub fn is_admin(&self) -> bool {
        self.account().is_some_and(|account| account.admin)
    }
}

// ------------------------------------------------------------------------------------ rules

/// The form of a name by which it is looked up.
pub fn fold(name: &str) -> String {
    name.trim().nfkc().collect::<String>().to_lowercase()
}

/// Characters of a name at most.
pub(crate) const LONGEST_NAME: usize = 64;

/// The folded form of a name that an account or a group may have.
pub(crate) fn name_key(name: &str) -> Result<String> {
    let fits = (1..=LONGEST_NAME).contains(&name.chars().count())
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-'));
    if !fits || ["everyone", "anyone"].iter().any(|word| is_alike(name, word)) {
        return Err(Error::invalid(
            "name",
            "A name has 1 to 64 letters, digits, dots, underscores or hyphens.",
        ));
    }
    Ok(fold(name))
}

/// Can people take one name for the other? Each by its skeleton (UTS 39, 4), as typed and as
/// looked up: `aIice` is alice only as typed, and `ALICЕ` with a Cyrillic Е only in lower case.
fn is_alike(one: &str, other: &str) -> bool {
    skeleton(one).eq(skeleton(other)) || skeleton(&fold(one)).eq(skeleton(&fold(other)))
}

/// Accents that a letter bears at most: more of them climb over the lines above.
const N_ACCENTS: usize = 4;

/// A name as shown: nothing that cannot be seen, turns the line round, or leaves it.
pub(crate) fn clean(display: &str) -> String {
    let mut n_accents = 0;
    let kept: String = display
        .chars()
        .filter(|c| !c.is_control() && !is_unseen(*c))
        .filter(|c| {
            n_accents = if is_combining_mark(*c) { n_accents + 1 } else { 0 };
            n_accents <= N_ACCENTS
        })
        .take(100)
        .collect();
    kept.trim().to_owned()
}

/// Takes no place or only seems to, or decides the direction of what follows (UAX 9).
fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}'
    )
}

// ------------------------------------------------------------------------------------ sql

/// The account with this name, disabled ones included.
pub(crate) fn by_name(connection: &Connection, name: &str) -> Result<Option<Account>> {
    let account = connection
        .prepare_cached(
            "select id, name, display, admin, disabled_at is not null as disabled
             from account where name_key = ?1",
        )?
        .query_row([fold(name)], from_row)
        .optional()?;
    Ok(account)
}

/// An account whose name people would take for this one. Accounts are made one by one and seldom,
/// so all of them are looked at.
pub(crate) fn look_alike(connection: &Connection, name: &str) -> Result<Option<String>> {
    let mut names = connection.prepare_cached("select name from account order by id")?;
    let mut rows = names.query([])?;
    while let Some(row) = rows.next()? {
        let other: String = row.get(0)?;
        if is_alike(name, &other) {
            return Ok(Some(other));
        }
    }
    Ok(None)
}

/// Is there anybody who administers, and can?
pub(crate) fn some_administer(connection: &Connection) -> Result<bool> {
    let sql = "select exists (select 1 from account where admin = 1 and disabled_at is null)";
    Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

/// The group with this name (without its `@`).
pub(crate) fn group_by_name(connection: &Connection, name: &str) -> Result<Option<GroupId>> {
    let group = connection
        .prepare_cached("select id from account_group where name = ?1")?
        .query_row([fold(name)], |row| row.get(0))
        .optional()?;
    Ok(group)
}

/// The account of which this is the [folded](fold) name.
pub(crate) fn id_by_key(connection: &Connection, key: &str) -> Result<AccountId> {
    connection
        .query_row("select id from account where name_key = ?1", [key], |row| row.get(0))
        .optional()?
        .ok_or_else(|| Error::invalid("name", format!("There is no account named {key}.")))
}

pub(crate) fn from_row(row: &Row<'_>) -> rusqlite::Result<Account> {
    Ok(Account {
        id: row.get("id")?,
        name: row.get("name")?,
        display: row.get("display")?,
        admin: row.get("admin")?,
        disabled: row.get("disabled")?,
    })
}

#[cfg(test)]
mod tests {
    use super::{clean, is_alike};

    #[test]
    fn names_that_look_alike_are_told() {
        for (one, other) in [
            ("alice", "aIice"),
            ("alice", "\u{430}lice"),
            ("ALICE", "ALIC\u{415}"),
            ("bob", "b\u{3bf}b"),
            ("bob", "bo\u{184}"),
            ("carol", "caro1"),
            ("modern", "rnodern"),
            ("jos\u{e9}", "jose\u{301}"),
            ("everyone", "every\u{43e}ne"),
        ] {
            assert!(is_alike(one, other), "{one} {other}");
        }
        for (one, other) in
            [("alice", "alica"), ("bob", "rob"), ("jose", "jos\u{e9}"), ("a1", "a2")]
        {
            assert!(!is_alike(one, other), "{one} {other}");
        }
    }

    #[test]
    fn a_name_that_is_shown_hides_nothing_and_stays_on_its_line() {
        for (typed, shown) in [
            (" Ann  Lee ", "Ann  Lee"),
            ("\u{202e}ecila\u{202c}", "ecila"),
            ("Al\u{200b}ice\u{feff}\u{ad}\u{2066}", "Alice"),
            ("a\u{2028}b\r\nc\0\u{85}", "abc"),
            ("\u{3164}\u{2800}\u{200d} ", ""),
            ("José Nu\u{303}ez", "José Nu\u{303}ez"),
        ] {
            assert_eq!(clean(typed), shown, "{typed:?}");
        }
        let stack = format!("Z{}a", "\u{301}".repeat(50));
        assert_eq!(clean(&stack).chars().count(), 6);
    }
}
