//! Accounts, groups, sessions and passwords: who somebody is.
//!
//! **Invariant:** a session's token is never stored, only its hash; a password never leaves
//! this file. A [`Viewer`] comes from a session and from nowhere else.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, named_params};
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;

use crate::app::App;
use crate::change::Change;
use crate::error::{Error, Result};
use crate::id::{AccountId, GroupId, SessionId};
use crate::language::Language;
use crate::store::blocking;

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
    /// At least 4 bytes, at most 128.
    pub password: String,
}

/// How long a session lasts.
const SESSION: SignedDuration = SignedDuration::from_hours(24 * 30);
/// Hashes at the same time; each takes 19 MiB and about 20 ms of a core.
static HASHING: Semaphore = Semaphore::const_new(2);
static WAITING: AtomicUsize = AtomicUsize::new(0);
/// Log-ins that may wait for their hash.
const N_WAITING: usize = 20;
const PASSWORD_LIMIT: usize = 128;

// ------------------------------------------------------------------------------------ verbs

/// Makes an account.
pub async fn add(app: &App, new: NewAccount) -> Result<AccountId> {
    let key = name_key(&new.name)?;
    let hash = hash_password(new.password).await?;
    let display =
        if new.display.trim().is_empty() { new.name.clone() } else { clean(&new.display) };
    let now = app.clock.now();
    let (name, groups, admin) = (new.name, new.groups, new.admin);
    app.store
        .write(move |tx| {
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
    let hash = hash_password(password).await?;
    let key = fold(name);
    app.store
        .write(move |tx| {
            let account = id_by_key(tx, &key)?;
            tx.execute("update account set password_hash = ?2 where id = ?1", (account, &hash))?;
            tx.execute("delete from session where account = ?1", [account])?;
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

/// Opens a session; answers its token, for the cookie. Wrong name, wrong password and disabled
/// account are the same refusal after the same work.
pub async fn log_in(app: &App, name: &str, password: String) -> Result<String> {
    let key = fold(name);
    app.pace.login(&key)?;
    let known = app
        .store
        .read({
            let key = key.clone();
            move |connection| {
                let known: Option<(AccountId, Option<String>)> = connection
                    .prepare_cached(
                        "select id, password_hash from account
                         where name_key = ?1 and disabled_at is null",
                    )?
                    .query_row([&key], |row| Ok((row.get(0)?, row.get(1)?)))
                    .optional()?;
                Ok(known)
            }
        })
        .await?;
    let (account, hash) = match known {
        Some((account, Some(hash))) => (Some(account), hash),
        _ => (None, dummy_hash().await?),
    };
    let right = verify_password(password, hash).await?;
    let Some(account) = account.filter(|_| right) else {
        return Err(Error::invalid("password", "The name or the password is not right."));
    };
    let token = random_token();
    let token_hash = hash_token(&token);
    let now = app.clock.now();
    let ends = now.saturating_add(SESSION).map_err(Error::broken)?;
    app.store
        .write(move |tx| {
            tx.execute("delete from session where expires_at <= ?1", [now.as_millisecond()])?;
            tx.execute(
                "insert into session (token_hash, account, created_at, expires_at)
                 select ?1, id, ?3, ?4 from account where id = ?2 and disabled_at is null",
                (&token_hash, account, now.as_millisecond(), ends.as_millisecond()),
            )?;
            Ok(())
        })
        .await?;
    Ok(token)
}

/// Ends the viewer's session, its streams included.
pub async fn log_out(app: &App, viewer: &Viewer) -> Result<()> {
    let Some(session) = viewer.session() else { return Ok(()) };
    app.store
        .write(move |tx| {
            tx.execute("delete from session where id = ?1", [session])?;
            tx.tell(Change::Rights);
            Ok(())
        })
        .await
}

/// Who comes with this token; somebody not signed in, if it opens no session.
pub async fn viewer(app: &App, token: &str) -> Result<Viewer> {
    let hash = hash_token(token);
    let now = app.clock.now().as_millisecond();
    app.store
        .look_up(|connection| {
            let signed_in = connection
                .prepare_cached(
                    "select session.id as session, account.id, account.name, account.display,
                        account.admin, 0 as disabled, language
                 from session join account on account.id = session.account
                 left join account_setting on account_setting.account = account.id
                 where session.token_hash = ?1 and session.expires_at > ?2
                   and account.disabled_at is null",
                )?
                .query_row((&hash, now), |row| {
                    let language: Option<String> = row.get("language")?;
                    Ok(Viewer {
                        signed_in: Some((row.get("session")?, from_row(row)?)),
                        language: language.as_deref().and_then(Language::of_code),
                    })
                })
                .optional()?;
            Ok(signed_in.unwrap_or_else(Viewer::anonymous))
        })
        .await
}

// ------------------------------------------------------------------------------------ rules

/// The form of a name by which it is looked up.
pub fn fold(name: &str) -> String {
    name.trim().nfkc().collect::<String>().to_lowercase()
}

fn name_key(name: &str) -> Result<String> {
    let fits = (1..=64).contains(&name.chars().count())
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-'));
    if !fits || matches!(fold(name).as_str(), "everyone" | "anyone") {
        return Err(Error::invalid(
            "name",
            "A name has 1 to 64 letters, digits, dots, underscores or hyphens.",
        ));
    }
    Ok(fold(name))
}

fn clean(display: &str) -> String {
    let unsafe_in_names = |c: &char| {
        !c.is_control()
            && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    display.trim().chars().filter(unsafe_in_names).take(100).collect()
}

fn random_token() -> String {
    let bytes: [u8; 32] = rand::random();
    hex(&bytes)
}

fn hash_token(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

async fn hash_password(password: String) -> Result<String> {
    if password.len() < 4 || password.len() > PASSWORD_LIMIT {
        return Err(Error::invalid("password", "A password has 4 to 128 bytes."));
    }
    hashing(move || {
        let hash = Argon2::default().hash_password(password.as_bytes()).map_err(broken)?;
        Ok(hash.to_string())
    })
    .await
}

async fn verify_password(password: String, hash: String) -> Result<bool> {
    if password.len() > PASSWORD_LIMIT {
        return Ok(false);
    }
    hashing(move || {
        let hash = PasswordHash::new(&hash).map_err(broken)?;
        Ok(Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
    })
    .await
}

/// A hash that no password opens: an unknown name costs what a known one does.
async fn dummy_hash() -> Result<String> {
    static DUMMY: OnceLock<String> = OnceLock::new();
    if let Some(dummy) = DUMMY.get() {
        return Ok(dummy.clone());
    }
    let dummy = hash_password(random_token()).await?;
    Ok(DUMMY.get_or_init(|| dummy).clone())
}

async fn hashing<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    struct Place;
    impl Drop for Place {
        fn drop(&mut self) {
            WAITING.fetch_sub(1, Ordering::SeqCst);
        }
    }
    let before = WAITING.fetch_add(1, Ordering::SeqCst);
    let _place = Place;
    if before >= N_WAITING {
        return Err(Error::Busy);
    }
    let _turn = HASHING.acquire().await.map_err(Error::broken)?;
    blocking(work).await
}

fn broken(error: impl std::fmt::Display) -> Error {
    Error::broken(error.to_string())
}

// ------------------------------------------------------------------------------------ sql

/// Asks inside a write whether the viewer is still signed in.
pub(crate) fn confirm(connection: &Connection, viewer: &Viewer, now: Timestamp) -> Result<()> {
    match viewer.session() {
        Some(session) if is_session_good(connection, session, now)? => Ok(()),
        _ => Err(Error::LoginNeeded),
    }
}

/// Does the session last, and is its account not disabled?
pub(crate) fn is_session_good(
    connection: &Connection,
    session: SessionId,
    now: Timestamp,
) -> Result<bool> {
    let good = connection
        .prepare_cached(
            "select exists (
               select 1 from session join account on account.id = session.account
               where session.id = ?1 and expires_at > ?2 and disabled_at is null)",
        )?
        .query_row((session, now.as_millisecond()), |row| row.get(0))?;
    Ok(good)
}

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

fn from_row(row: &Row<'_>) -> rusqlite::Result<Account> {
    Ok(Account {
        id: row.get("id")?,
        name: row.get("name")?,
        display: row.get("display")?,
        admin: row.get("admin")?,
        disabled: row.get("disabled")?,
    })
}
