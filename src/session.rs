//! Sessions: where somebody is logged in, and the browsers that an account is known in.
//!
//! **Invariant:** neither a session's token nor a known browser's is ever stored, only their hashes:
//! a stolen file opens nothing. A session ends a fortnight after it was last used, and after ninety
//! days in any case (OWASP ASVS 7.3).

use std::net::IpAddr;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension};
use sha2::{Digest, Sha256};

use crate::account::{self, SignedIn, Viewer, fold};
use crate::agent;
use crate::app::App;
use crate::cache::Found;
use crate::change::Change;
use crate::error::{Error, Result};
use crate::id::{AccountId, SessionId};
use crate::language::Language;
use crate::password;
use crate::store::{Tx, Version};

/// How long a session lasts at most.
const LONGEST: SignedDuration = SignedDuration::from_hours(24 * 90);
/// How long it lasts unused.
pub(crate) const IDLE: SignedDuration = SignedDuration::from_hours(24 * 14);
/// Its use is noted no more often: each note is a write.
const NOTED: SignedDuration = SignedDuration::from_hours(1);

/// Sessions of an account at most: scripts that log in each time must not fill the file.
const N_SESSIONS: i64 = 100;

/// How long a code is awaited after the right password, and of how many browsers at once.
const STEP: SignedDuration = SignedDuration::from_mins(5);
const N_STEPS: i64 = 20;

/// From where somebody logs in.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The network that the browser is in; `None`: this machine itself.
    pub address: Option<IpAddr>,
    /// The token of a browser that somebody has logged in from before.
    pub device: Option<String>,
    /// What the browser calls itself.
    pub agent: String,
}

/// A log-in that went well: two tokens for cookies.
#[derive(Debug)]
pub struct LoggedIn {
    /// Opens the session.
    pub token: String,
    /// Says from now on that the account is known in this browser. Opens nothing.
    pub device: String,
}

/// What the right password opened.
#[derive(Debug)]
pub enum Opened {
    /// A session.
    Session(LoggedIn),
    /// Nothing yet: a code is awaited (`second_step.rs`) from the browser that has this token.
    Step(String),
}

impl Opened {
    /// The session, where the password is enough.
    pub fn session(self) -> Result<LoggedIn> {
        match self {
            Self::Session(opened) => Ok(opened),
            Self::Step(_) => Err(Error::LoginNeeded),
        }
    }
}

/// One place where somebody is logged in.
#[derive(Clone, Debug)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// `Firefox, Linux`, as far as the browser told; may be empty.
    pub agent: String,
    /// When it was opened.
    pub since: Timestamp,
    /// When it was last used, to the hour.
    pub seen: Timestamp,
}

// ------------------------------------------------------------------------------------ verbs

/// Opens a session. Wrong name, wrong password and disabled account are the same refusal after the
/// same work. Whoever guesses is slowed down by where they are and by the name; a browser that the
/// account is known in has a count of its own, so that nobody can lock the owner out by guessing.
pub async fn log_in(app: &App, name: &str, password: String, from: &Origin) -> Result<Opened> {
    let key = fold(name);
    let shown = from.device.as_deref().map(hash_token);
    let (known, device) = app
        .store
        .read({
            let (key, shown) = (key.clone(), shown.clone());
            move |connection| {
                let account: Option<(AccountId, Option<String>)> = connection
                    .prepare_cached(
                        "select id, password_hash from account
                         where name_key = ?1 and disabled_at is null",
                    )?
                    .query_row([&key], |row| Ok((row.get(0)?, row.get(1)?)))
                    .optional()?;
                let device = match (&account, &shown) {
                    (Some((account, _)), Some(shown)) => is_known(connection, *account, shown)?,
                    _ => false,
                };
                Ok((account, device))
            }
        })
        .await?;
    match shown.filter(|_| device) {
        Some(shown) => app.rate_limits.log_in_where_known(&shown)?,
        None => app.rate_limits.log_in(&key, from.address)?,
    }
    let (account, hash) = match known {
        Some((account, Some(hash))) => (Some(account), hash),
        _ => (None, password::NOBODY_S.to_owned()),
    };
    let right = password::verify(password, hash.clone()).await?;
    let wrong = || Error::invalid("password", "The name or the password is not right.");
    let Some(account) = account.filter(|_| right) else { return Err(wrong()) };
    let new = NewSession::new(app, from);
    let (step, now) = (random_token(), app.clock.now());
    let until = now.saturating_add(STEP).map_err(Error::broken)?.as_millisecond();
    app.store
        .write(move |tx| {
            // The password was compared some time ago: it may be another one by now.
            let still: bool = tx.query_row(
                "select exists (select 1 from account where id = ?1 and password_hash = ?2)",
                (account, &hash),
                |row| row.get(0),
            )?;
            if still && owes_code(tx, account)? {
                await_code(tx, account, &step, now, until)?;
                return Ok(Opened::Step(step.clone()));
            }
            let open = still && new.open(tx, account)?;
            if open { Ok(Opened::Session(new.tokens())) } else { Err(wrong()) }
        })
        .await
}

/// A session that is to be opened: all of it that is made before the write.
pub(crate) struct NewSession {
    id: SessionId,
    token: String,
    device: String,
    replaced: Option<Vec<u8>>,
    agent: String,
    now: Timestamp,
}

impl NewSession {
    pub(crate) fn new(app: &App, from: &Origin) -> Self {
        Self {
            // Not the next one: a number that was another session's would answer for that one to
            // whoever still holds it, a stream or a request that is on its way.
            id: SessionId(rand::random_range(1..i64::MAX)),
            token: random_token(),
            device: random_token(),
            replaced: from.device.as_deref().map(hash_token),
            agent: agent::name(&from.agent),
            now: app.clock.now(),
        }
    }

    /// Opens it; not for an account that is disabled.
    pub(crate) fn open(&self, tx: &Tx<'_, Change>, account: AccountId) -> Result<bool> {
        let ends = self.now.saturating_add(LONGEST).map_err(Error::broken)?.as_millisecond();
        let now = self.now.as_millisecond();
        let opened = tx.execute(
            "insert into session (id, token_hash, account, created_at, expires_at, seen_at, agent)
             select ?6, ?1, id, ?3, ?4, ?3, ?5 from account where id = ?2 and disabled_at is null",
            (hash_token(&self.token), account, now, ends, &self.agent, self.id),
        )?;
        if opened == 0 {
            return Ok(false);
        }
        // The sessions that were used last are enough, as of browsers.
        let ended = tx.execute(
            "delete from session where account = ?1 and id not in
               (select id from session where account = ?1
                order by id = ?3 desc, seen_at desc limit ?2)",
            (account, N_SESSIONS, self.id),
        )?;
        if ended > 0 {
            tx.tell(Change::Rights);
        }
        tx.execute("delete from device where token_hash = ?1", [&self.replaced])?;
        // The ten browsers that were used last are enough.
        tx.execute(
            "delete from device where account = ?1 and token_hash not in
               (select token_hash from device where account = ?1 order by seen_at desc limit 9)",
            [account],
        )?;
        tx.execute(
            "insert into device (token_hash, account, seen_at) values (?1, ?2, ?3)",
            (hash_token(&self.device), account, now),
        )?;
        Ok(true)
    }

    pub(crate) fn tokens(&self) -> LoggedIn {
        LoggedIn { token: self.token.clone(), device: self.device.clone() }
    }
}

/// Ends the viewer's session, its streams included.
pub async fn log_out(app: &App, viewer: &Viewer) -> Result<()> {
    match viewer.session() {
        Some(session) => end(app, viewer, session).await,
        None => Ok(()),
    }
}

/// Ends one of the viewer's own sessions, its streams included.
pub async fn end(app: &App, viewer: &Viewer, session: SessionId) -> Result<()> {
    let account = viewer.account_id().ok_or(Error::LoginNeeded)?;
    app.store
        .write(move |tx| {
            let sql = "delete from session where id = ?1 and account = ?2";
            if tx.execute(sql, (session, account))? > 0 {
                tx.tell(Change::Rights);
            }
            Ok(())
        })
        .await
}

/// Ends all of the viewer's sessions but this one.
pub async fn end_others(app: &App, viewer: &Viewer) -> Result<()> {
    let (Some(account), Some(session)) = (viewer.account_id(), viewer.session()) else {
        return Err(Error::LoginNeeded);
    };
    app.store
        .write(move |tx| {
            let sql = "delete from session where account = ?1 and id <> ?2";
            // All readers are asked for their rights anew by that.
            if tx.execute(sql, (account, session))? > 0 {
                tx.tell(Change::Rights);
            }
            Ok(())
        })
        .await
}

/// Sets one's own password and ends one's other sessions. Whoever does it shows the old one, and
/// is slowed down like somebody who logs in.
pub async fn change_password(
    app: &App,
    viewer: &Viewer,
    current: String,
    password: String,
) -> Result<()> {
    let (Some(account), Some(session)) = (viewer.account(), viewer.session()) else {
        return Err(Error::LoginNeeded);
    };
    let id = account.id;
    prove(app, viewer, current).await?;
    let hash = password::hash(password, password::least(app.config.demo)).await?;
    let viewer = viewer.clone();
    let now = app.clock.now();
    app.store
        .write(move |tx| {
            confirm(tx, &viewer, now)?;
            tx.execute("update account set password_hash = ?2 where id = ?1", (id, &hash))?;
            tx.execute("delete from session where account = ?1 and id <> ?2", (id, session))?;
            tx.execute("delete from device where account = ?1", [id])?;
            tx.execute("delete from log_in_step where account = ?1", [id])?;
            tx.tell(Change::Rights);
            Ok(())
        })
        .await
}

/// Is it the viewer's own password? Whoever tries is slowed down like somebody who logs in.
pub(crate) async fn prove(app: &App, viewer: &Viewer, password: String) -> Result<()> {
    let id = viewer.account_id().ok_or(Error::LoginNeeded)?;
    app.rate_limits.change_password(id.0)?;
    let known: Option<String> = app
        .store
        .read(move |connection| {
            let sql = "select password_hash from account where id = ?1";
            Ok(connection.query_row(sql, [id], |row| row.get(0))?)
        })
        .await?;
    let right = match known {
        Some(hash) => password::verify(password, hash).await?,
        None => false,
    };
    if right {
        Ok(())
    } else {
        Err(Error::invalid("current", "The current password is not right."))
    }
}

/// Where the viewer is logged in, the latest first.
pub async fn list(app: &App, viewer: &Viewer) -> Result<Vec<Session>> {
    let account = viewer.account_id().ok_or(Error::LoginNeeded)?;
    let now = app.clock.now();
    let unused = now.saturating_sub(IDLE).map_err(Error::broken)?.as_millisecond();
    app.store
        .read(move |connection| {
            let mut sessions = connection.prepare_cached(
                "select id, agent, created_at, seen_at from session
                 where account = ?1 and expires_at > ?2 and seen_at > ?3
                 order by seen_at desc, created_at desc",
            )?;
            let rows = sessions.query_map((account, now.as_millisecond(), unused), |row| {
                Ok(Session {
                    id: row.get("id")?,
                    agent: row.get("agent")?,
                    since: instant(row.get("created_at")?),
                    seen: instant(row.get("seen_at")?),
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
        .await
}

/// Who comes with this token; somebody not signed in, if it opens no session.
pub async fn viewer(app: &App, token: &str) -> Result<Viewer> {
    let hash = hash_token(token);
    let found = match app.cache.session(app.store.version(), &hash) {
        Some(found) => Some(found),
        None => look_up(app, hash).await?,
    };
    let now = app.clock.now();
    let unused = now.saturating_sub(IDLE).map_err(Error::broken)?.as_millisecond();
    let Some(found) =
        found.filter(|found| found.viewer().expires_at() > Some(now) && found.seen() > unused)
    else {
        return Ok(Viewer::anonymous());
    };
    if now.as_millisecond() - found.seen() > i64::try_from(NOTED.as_millis()).unwrap_or(i64::MAX) {
        note_use(app, &found, now).await;
    }
    Ok(found.viewer().clone())
}

/// Looks for the session with this hash of a token, and keeps it at hand.
async fn look_up(app: &App, hash: Vec<u8>) -> Result<Option<Arc<Found>>> {
    let found = app
        .store
        .look_up(|connection| {
            let version = Version::of(connection)?;
            let found = connection
                .prepare_cached(
                    "select session.id as session, session.seen_at, session.expires_at, account.id,
                            account.name, account.display, account.admin, 0 as disabled, language
                     from session join account on account.id = session.account
                     left join account_setting on account_setting.account = account.id
                     where session.token_hash = ?1 and account.disabled_at is null",
                )?
                .query_row([&hash], |row| {
                    let language: Option<String> = row.get("language")?;
                    let signed_in = SignedIn {
                        session: row.get("session")?,
                        account: account::from_row(row)?,
                        language: language.as_deref().and_then(Language::of_code),
                        expires_at: instant(row.get("expires_at")?),
                        version: version.sessions,
                    };
                    Ok(Found::new(signed_in, row.get("seen_at")?))
                })
                .optional()?;
            Ok(found.map(|found| (version, Arc::new(found))))
        })
        .await?;
    let Some((version, found)) = found else { return Ok(None) };
    app.cache.keep_session(version, hash, &found);
    Ok(Some(found))
}

fn instant(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or_default()
}

/// What is not noted now is noted at the next use: no request fails by it.
async fn note_use(app: &App, found: &Found, now: Timestamp) {
    let (before, session, now) = (found.seen(), found.viewer().session(), now.as_millisecond());
    // First, so that of all requests that come together one notes it.
    found.see(now);
    let noted = app
        .store
        .write(move |tx| {
            tx.execute("update session set seen_at = ?2 where id = ?1", (session, now))?;
            Ok(())
        })
        .await;
    if let Err(error) = noted {
        found.see(before);
        tracing::debug!(%error, "the use of a session was not noted");
    }
}

// ------------------------------------------------------------------------------------ rules

fn random_token() -> String {
    let (first, second): (u128, u128) = rand::random();
    format!("{first:032x}{second:032x}")
}

pub(crate) fn hash_token(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

// ------------------------------------------------------------------------------------ sql

/// Asks inside a write whether the viewer is still signed in.
pub(crate) fn confirm(connection: &Connection, viewer: &Viewer, now: Timestamp) -> Result<()> {
    confirm_as_of(Version::of(connection)?, connection, viewer, now)
}

/// [`confirm`], by who knows what version of the file that is.
pub(crate) fn confirm_as_of(
    version: Version,
    connection: &Connection,
    viewer: &Viewer,
    now: Timestamp,
) -> Result<()> {
    if viewer.is_still(version, now) {
        return Ok(());
    }
    match viewer.session() {
        Some(session) if is_good(connection, session, now)? => Ok(()),
        _ => Err(Error::LoginNeeded),
    }
}

/// Does the session last, and is its account not disabled?
pub(crate) fn is_good(connection: &Connection, session: SessionId, now: Timestamp) -> Result<bool> {
    let good = connection
        .prepare_cached(
            "select exists (
               select 1 from session join account on account.id = session.account
               where session.id = ?1 and expires_at > ?2 and disabled_at is null)",
        )?
        .query_row((session, now.as_millisecond()), |row| row.get(0))?;
    Ok(good)
}

/// Does the account want a code besides its password?
pub(crate) fn owes_code(connection: &Connection, account: AccountId) -> Result<bool> {
    let sql = "select exists (select 1 from second_step where account = ?1 and since is not null)";
    Ok(connection.prepare_cached(sql)?.query_row([account], |row| row.get(0))?)
}

/// Notes the browser that has shown the password; those that were noted last are enough.
fn await_code(
    tx: &Connection,
    account: AccountId,
    token: &str,
    now: Timestamp,
    until: i64,
) -> Result<()> {
    tx.execute("delete from log_in_step where expires_at <= ?1", [now.as_millisecond()])?;
    tx.execute(
        "delete from log_in_step where account = ?1 and token_hash not in
           (select token_hash from log_in_step where account = ?1
            order by expires_at desc limit ?2)",
        (account, N_STEPS - 1),
    )?;
    tx.execute(
        "insert into log_in_step (token_hash, account, expires_at) values (?1, ?2, ?3)",
        (hash_token(token), account, until),
    )?;
    Ok(())
}

pub(crate) fn is_known(connection: &Connection, account: AccountId, shown: &[u8]) -> Result<bool> {
    let known = connection
        .prepare_cached(
            "select exists (select 1 from device where token_hash = ?1 and account = ?2)",
        )?
        .query_row((shown, account), |row| row.get(0))?;
    Ok(known)
}
