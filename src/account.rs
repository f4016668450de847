//! Accounts and groups: who somebody is.
//!
//! **Invariant:** a [`Viewer`] comes from a session (`session.rs`) and from nowhere else.

use rusqlite::{Connection, OptionalExtension, Row, named_params};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::app::App;
use crate::change::Change;
use crate::error::{Error, Result};
use crate::id::{AccountId, GroupId, SessionId};
use crate::language::Language;
use crate::password;

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
    signed_in: Option<(SessionId, Account)>,
    language: Option<Language>,
}

impl Viewer {
    /// Somebody who came with a session.
    pub(crate) fn signed_in(
        session: SessionId,
        account: Account,
        language: Option<Language>,
    ) -> Self {
        Self { signed_in: Some((session, account)), language }
    }

    /// Somebody who is not signed in.
    pub fn anonymous() -> Self {
        Self { signed_in: None, language: None }
    }

    /// The language that the account chose; `None`: as the browser asks.
    pub fn language(&self) -> Option<Language> {
        self.language
    }

    /// The account, if signed in.
    pub fn account(&self) -> Option<&Account> {
        self.signed_in.as_ref().map(|(_, account)| account)
    }

    /// The account's id, if signed in.
    pub fn account_id(&self) -> Option<AccountId> {
        self.account().map(|account| account.id)
    }

    /// The session, if signed in.
    pub fn session(&self) -> Option<SessionId> {
        self.signed_in.as_ref().map(|(session, _)| *session)
    }

    /// May administer.
    pub fn is_admin(&self) -> bool {
        self.account().is_some_and(|account| account.admin)
    }
}

/// An account to be made.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// Letters, digits, `.`, `_`, `-`; at most 64.
    pub name: String,
    /// As shown; the name where it is empty.
    pub display: String,
    /// May administer.
    pub admin: bool,
    /// Names of groups; made where they are missing.
    pub groups: Vec<String>,
    /// At least 8 bytes, at most 128.
    pub password: String,
}

// ------------------------------------------------------------------------------------ verbs

/// Makes an account.
pub async fn add(app: &App, new: NewAccount) -> Result<AccountId> {
    add_if(app, new, |_| Ok(true)).await
}

/// Makes the account of who is to administer; refused where somebody does already.
pub async fn add_first(app: &App, new: NewAccount) -> Result<AccountId> {
    add_if(app, NewAccount { admin: true, ..new }, |connection| Ok(!some_administer(connection)?))
        .await
}

async fn add_if(
    app: &App,
    new: NewAccount,
    allowed: impl Fn(&Connection) -> Result<bool> + Send + 'static,
) -> Result<AccountId> {
    let key = name_key(&new.name)?;
    let hash = password::hash(new.password, password::least(app.config.demo)).await?;
    let display = Some(clean(&new.display)).filter(|display| !display.is_empty());
    let display = display.unwrap_or_else(|| new.name.clone());
    let now = app.clock.now();
    let (name, groups, admin) = (new.name, new.groups, new.admin);
    app.store
        .write(move |tx| {
            if !allowed(tx)? {
                return Err(Error::NotFound);
            }
            let taken: bool = tx.query_row(
                "select exists (select 1 from account where name_key = ?1)",
                [&key],
                |row| row.get(0),
            )?;
            if taken {
                return Err(Error::Conflict(format!("There is an account named {name} already.")));
            }
            let id = tx.query_row(
                "insert into account (name, name_key, display, password_hash, admin, created_at)
                 values (:name, :key, :display, :hash, :admin, :now) returning id",
                named_params! {
                    ":name": name, ":key": key, ":display": display, ":hash": hash,
                    ":admin": admin, ":now": now.as_millisecond(),
                },
                |row| row.get(0),
            )?;
            join_groups(tx, id, &groups)?;
            Ok(id)
        })
        .await
}

/// Sets a password and ends the account's sessions.
pub async fn set_password(app: &App, name: &str, password: String) -> Result<()> {
    let hash = password::hash(password, password::least(app.config.demo)).await?;
    let key = fold(name);
    app.store
        .write(move |tx| {
            let account = id_by_key(tx, &key)?;
            tx.execute("update account set password_hash = ?2 where id = ?1", (account, &hash))?;
            tx.execute("delete from session where account = ?1", [account])?;
            tx.execute("delete from device where account = ?1", [account])?;
            tx.tell(Change::Rights);
            Ok(())
        })
        .await
}

/// Ends the account's sessions and streams for good; what it wrote stays.
pub async fn disable(app: &App, name: &str) -> Result<()> {
    let key = fold(name);
    let now = app.clock.now().as_millisecond();
    app.store
        .write(move |tx| {
            let account = id_by_key(tx, &key)?;
            tx.execute("update account set disabled_at = ?2 where id = ?1", (account, now))?;
            tx.execute("delete from session where account = ?1", [account])?;
            tx.tell(Change::Rights);
            Ok(())
        })
        .await
}

/// Puts the account into these groups and no others.
pub async fn set_groups(app: &App, name: &str, groups: Vec<String>) -> Result<()> {
    let key = fold(name);
    app.store
        .write(move |tx| {
            let account = id_by_key(tx, &key)?;
            tx.execute("delete from group_member where account = ?1", [account])?;
            join_groups(tx, account, &groups)?;
            tx.tell(Change::Rights);
            Ok(())
        })
        .await
}

/// All accounts by name.
pub async fn list(app: &App) -> Result<Vec<Account>> {
    app.store
        .read(|connection| {
            let mut statement = connection.prepare_cached(
                "select id, name, display, admin, disabled_at is not null as disabled
                 from account order by name_key",
            )?;
            let accounts = statement.query_map([], from_row)?.collect::<rusqlite::Result<_>>()?;
            Ok(accounts)
        })
        .await
}

// ------------------------------------------------------------------------------------ rules

/// The form of a name by which it is looked up.
pub fn fold(name: &str) -> String {
    name.trim().nfkc().collect::<String>().to_lowercase()
}

/// Characters of a name at most.
pub(crate) const LONGEST_NAME: usize = 64;

fn name_key(name: &str) -> Result<String> {
    let fits = (1..=LONGEST_NAME).contains(&name.chars().count())
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-'));
    if !fits || matches!(fold(name).as_str(), "everyone" | "anyone") {
        return Err(Error::invalid(
            "name",
            "A name has 1 to 64 letters, digits, dots, underscores or hyphens.",
        ));
    }
    Ok(fold(name))
}

/// Accents that a letter bears at most: more of them climb over the lines above.
const N_ACCENTS: usize = 4;

/// A name as shown: nothing that cannot be seen, turns the line round, or leaves it.
fn clean(display: &str) -> String {
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

fn id_by_key(connection: &Connection, key: &str) -> Result<AccountId> {
    connection
        .query_row("select id from account where name_key = ?1", [key], |row| row.get(0))
        .optional()?
        .ok_or_else(|| Error::invalid("name", format!("There is no account named {key}.")))
}

fn join_groups(connection: &Connection, account: AccountId, groups: &[String]) -> Result<()> {
    for group in groups {
        let name = fold(group.trim().trim_start_matches('@'));
        if name.is_empty() {
            continue;
        }
        name_key(&name)?;
        connection.execute("insert or ignore into account_group (name) values (?1)", [&name])?;
        connection.execute(
            "insert or ignore into group_member (group_id, account)
             select id, ?2 from account_group where name = ?1",
            (&name, account),
        )?;
    }
    Ok(())
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
    use super::clean;

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
