//! A second step at log-in: the code of an app (TOTP, RFC 6238), or a recovery code.
//!
//! **Invariant:** no code is taken twice, and no session is opened by the right password alone where
//! the second step is on. It is turned on by whoever shows the password and a first code, which ends
//! all sessions that were opened without one, but the one in which it is done; while it is on, nothing
//! about it is changed by the password alone.
//!
//! The secret has to be computed with, so it is in the file as it is; of recovery codes only hashes
//! are, plain ones: of eighty random bits nobody finds the next by trying.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension};
use totp_rs::{Builder, Totp};

use crate::account::Viewer;
use crate::app::App;
use crate::change::Change;
use crate::error::{Error, Result};
use crate::id::AccountId;
use crate::session::{self, LoggedIn, NewSession, Origin, hash_token};

/// Bytes of a secret: as many as of the hash it is for (RFC 4226, 4).
const SECRET: usize = 20;
/// How long a secret that was shown waits for its first code.
pub(crate) const SET_UP: SignedDuration = SignedDuration::from_mins(15);
/// Recovery codes of an account.
pub const N_CODES: usize = 10;
/// What recovery codes are made of: nothing that is read for something else.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// Letters of a recovery code: 80 bits.
const N_LETTERS: usize = 16;

/// How it stands with an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The password is enough.
    Off,
    /// A code is asked for.
    On {
        /// Since when.
        since: Timestamp,
        /// Recovery codes that were not used yet.
        n_codes: i64,
    },
}

/// What an app has to be told.
#[derive(Clone, Debug)]
pub struct Secret {
    /// As a QR code carries it.
    pub url: String,
    /// As one types it.
    pub text: String,
}

// ------------------------------------------------------------------------------------ verbs

/// How it stands with the viewer.
pub async fn state(app: &App, viewer: &Viewer) -> Result<State> {
    let account = viewer.account_id().ok_or(Error::LoginNeeded)?;
    app.store
        .read(move |connection| {
            let found: Option<(i64, i64)> = connection
                .prepare_cached(
                    "select since, (select count(*) from recovery_code
                                    where recovery_code.account = second_step.account)
                     from second_step where account = ?1 and since is not null",
                )?
                .query_row([account], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            Ok(found.map_or(State::Off, |(since, n_codes)| State::On {
                since: Timestamp::from_millisecond(since).unwrap_or_default(),
                n_codes,
            }))
        })
        .await
}

/// Makes a secret, for whoever shows their password; it holds once a code was shown.
pub async fn begin(app: &App, viewer: &Viewer, password: String) -> Result<Secret> {
    let (id, name) = match viewer.account() {
        Some(account) => (account.id, account.name.clone()),
        None => return Err(Error::LoginNeeded),
    };
    session::prove(app, viewer, password).await?;
    let secret: [u8; SECRET] = rand::random();
    let told = totp(&secret, &name)?;
    let (viewer, now) = (viewer.clone(), app.clock.now());
    app.store
        .write(move |tx| {
            session::confirm(tx, &viewer, now)?;
            let begun = tx.execute(
                "insert into second_step (account, secret, begun_at) values (?1, ?2, ?3)
                 on conflict (account) do update
                   set secret = excluded.secret, begun_at = excluded.begun_at where since is null",
                (id, secret, now.as_millisecond()),
            )?;
            if begun == 0 {
                return Err(Error::Conflict("The second step is on already.".into()));
            }
            Ok(())
        })
        .await?;
    let url = told.to_url().map_err(|error| Error::broken(error.to_string()))?;
    Ok(Secret { url, text: told.secret().to_base32() })
}

/// Turns it on by a first code. The recovery codes are told this once.
pub async fn confirm(app: &App, viewer: &Viewer, code: &str) -> Result<Vec<String>> {
    let (Some(account), Some(session)) = (viewer.account_id(), viewer.session()) else {
        return Err(Error::LoginNeeded);
    };
    app.rate_limits.code(account.0, None)?;
    let codes = new_codes();
    let (code, told) = (code.to_owned(), codes.clone());
    let (viewer, now) = (viewer.clone(), app.clock.now());
    let oldest = now.saturating_sub(SET_UP).map_err(Error::broken)?.as_millisecond();
    app.store
        .write(move |tx| {
            session::confirm(tx, &viewer, now)?;
            let secret: Option<Vec<u8>> = tx
                .query_row(
                    "select secret from second_step
                     where account = ?1 and since is null and begun_at > ?2",
                    (account, oldest),
                    |row| row.get(0),
                )
                .optional()?;
            let Some(secret) = secret else {
                return Err(Error::Conflict(
                    "Set up the second step anew: this one was not confirmed in time.".into(),
                ));
            };
            let step = matching_step(&secret, &code, now)?.ok_or_else(wrong)?;
            tx.execute(
                "update second_step set since = ?2, last_step = ?3 where account = ?1",
                (account, now.as_millisecond(), step),
            )?;
            keep_codes(tx, account, &codes)?;
            tx.execute("delete from session where account = ?1 and id <> ?2", (account, session))?;
            tx.execute("delete from device where account = ?1", [account])?;
            tx.tell(Change::Rights);
            Ok(())
        })
        .await?;
    Ok(told)
}

/// Makes new recovery codes, for whoever shows their password and a code; the old ones are worth
/// nothing.
pub async fn renew(
    app: &App,
    viewer: &Viewer,
    password: String,
    code: &str,
) -> Result<Vec<String>> {
    let account = viewer.account_id().ok_or(Error::LoginNeeded)?;
    prove(app, viewer, password, code).await?;
    let codes = new_codes();
    let told = codes.clone();
    let (viewer, now) = (viewer.clone(), app.clock.now());
    app.store
        .write(move |tx| {
            session::confirm(tx, &viewer, now)?;
            if !session::owes_code(tx, account)? {
                return Err(Error::Conflict("The second step is off.".into()));
            }
            keep_codes(tx, account, &codes)
        })
        .await?;
    Ok(told)
}

/// Turns it off, for whoever shows their password and a code.
pub async fn turn_off(app: &App, viewer: &Viewer, password: String, code: &str) -> Result<()> {
    let account = viewer.account_id().ok_or(Error::LoginNeeded)?;
    prove(app, viewer, password, code).await?;
    let (viewer, now) = (viewer.clone(), app.clock.now());
    app.store
        .write(move |tx| {
            session::confirm(tx, &viewer, now)?;
            forget(tx, account).map(|_| ())
        })
        .await
}

/// Is it really the viewer: by the password and, where the second step is on, by a code, which is
/// worth nothing afterwards? Whoever opens another way in, or makes one easier, shows no less than at a
/// log-in.
pub(crate) async fn prove(app: &App, viewer: &Viewer, password: String, code: &str) -> Result<()> {
    let (Some(account), Some(session)) = (viewer.account_id(), viewer.session()) else {
        return Err(Error::LoginNeeded);
    };
    session::prove(app, viewer, password).await?;
    if !app.store.read(move |connection| session::owes_code(connection, account)).await? {
        return Ok(());
    }
    // A count of its own: whoever guesses elsewhere takes none of these tries.
    app.rate_limits.code(account.0, Some(session.0.to_le_bytes().to_vec()))?;
    let (viewer, now, code) = (viewer.clone(), app.clock.now(), code.to_owned());
    app.store
        .write(move |tx| {
            session::confirm(tx, &viewer, now)?;
            if take(tx, account, &code, now)? { Ok(()) } else { Err(wrong()) }
        })
        .await
}

/// Is a code awaited from the browser with this token?
pub async fn is_awaited(app: &App, token: &str) -> Result<bool> {
    let (hash, now) = (hash_token(token), app.clock.now());
    app.store.read(move |connection| Ok(awaited(connection, &hash, now)?.is_some())).await
}

/// Opens the session that a right password has not opened yet. A wrong code, or one that was taken
/// before, is refused; whoever tries is slowed down, in a browser that the account is known in by a
/// count of its own.
pub async fn finish(app: &App, token: &str, code: &str, from: &Origin) -> Result<LoggedIn> {
    let (hash, now) = (hash_token(token), app.clock.now());
    let shown = from.device.as_deref().map(hash_token);
    let (account, device) = app
        .store
        .read({
            let hash = hash.clone();
            move |connection| {
                let account = awaited(connection, &hash, now)?.ok_or(Error::LoginNeeded)?;
                let known = match shown {
                    Some(shown) => session::is_known(connection, account, &shown)?.then_some(shown),
                    None => None,
                };
                Ok((account, known))
            }
        })
        .await?;
    app.rate_limits.code(account.0, device)?;
    let session = NewSession::new(app, from);
    let code = code.to_owned();
    app.store
        .write(move |tx| {
            // Another one of this browser's windows may have been faster.
            let account = awaited(tx, &hash, now)?.ok_or(Error::LoginNeeded)?;
            if !take(tx, account, &code, now)? {
                return Err(wrong());
            }
            tx.execute("delete from log_in_step where token_hash = ?1", [&hash])?;
            if session.open(tx, account)? { Ok(session.tokens()) } else { Err(Error::LoginNeeded) }
        })
        .await
}

// ------------------------------------------------------------------------------------ rules

fn wrong() -> Error {
    Error::invalid("code", "That code is not right, or was used already.")
}

fn totp(secret: &[u8], name: &str) -> Result<Totp> {
    Builder::new()
        .with_secret(secret)
        .with_account_name(name)
        .with_issuer(Some("backchannel"))
        .build()
        .map_err(|error| Error::broken(error.to_string()))
}

/// The half minute whose code it is: this one, the last or, where clocks differ, the next.
fn matching_step(secret: &[u8], code: &str, now: Timestamp) -> Result<Option<i64>> {
    let code: String = code.split_whitespace().collect();
    let now = u64::try_from(now.as_second()).unwrap_or_default();
    let step = totp(secret, "any")?.check(&code, now);
    Ok(step.and_then(|step| i64::try_from(step).ok()))
}

fn new_codes() -> Vec<String> {
    let letter =
        |bits: u128| LETTERS.get((bits % 32) as usize).map_or('a', |byte| char::from(*byte));
    let code = || {
        let mut bits: u128 = rand::random();
        let mut code = String::new();
        for n in 0..N_LETTERS {
            if n > 0 && n % 4 == 0 {
                code.push('-');
            }
            code.push(letter(bits));
            bits /= 32;
        }
        code
    };
    (0..N_CODES).map(|_| code()).collect()
}

/// However it was typed.
fn hash_code(code: &str) -> Vec<u8> {
    let typed = code.chars().filter(char::is_ascii_alphanumeric);
    hash_token(&typed.collect::<String>().to_ascii_lowercase())
}

// ------------------------------------------------------------------------------------ sql

/// Takes a code, so that it is worth nothing afterwards; was it worth something?
fn take(tx: &Connection, account: AccountId, code: &str, now: Timestamp) -> Result<bool> {
    let secret: Option<Vec<u8>> = tx
        .query_row(
            "select secret from second_step where account = ?1 and since is not null",
            [account],
            |row| row.get(0),
        )
        .optional()?;
    let Some(secret) = secret else { return Ok(false) };
    if let Some(step) = matching_step(&secret, code, now)? {
        // None of a half minute whose code, or a later one, was taken.
        let sql = "update second_step set last_step = ?2 where account = ?1 and last_step < ?2";
        return Ok(tx.execute(sql, (account, step))? > 0);
    }
    let sql = "delete from recovery_code where account = ?1 and code_hash = ?2";
    Ok(tx.execute(sql, (account, hash_code(code)))? > 0)
}

fn keep_codes(tx: &Connection, account: AccountId, codes: &[String]) -> Result<()> {
    tx.execute("delete from recovery_code where account = ?1", [account])?;
    for code in codes {
        tx.execute(
            "insert into recovery_code (account, code_hash) values (?1, ?2)",
            (account, hash_code(code)),
        )?;
    }
    Ok(())
}

/// Takes all of it away; was it there?
pub(crate) fn forget(tx: &Connection, account: AccountId) -> Result<bool> {
    tx.execute("delete from recovery_code where account = ?1", [account])?;
    Ok(tx.execute("delete from second_step where account = ?1", [account])? > 0)
}

fn awaited(connection: &Connection, hash: &[u8], now: Timestamp) -> Result<Option<AccountId>> {
    let account = connection
        .prepare_cached(
            "select account from log_in_step where token_hash = ?1 and expires_at > ?2",
        )?
        .query_row((hash, now.as_millisecond()), |row| row.get(0))
        .optional()?;
    Ok(account)
}

#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238, appendix B, for SHA-1: the last six of its eight digits.
        let secret = b"12345678901234567890";
        for (second, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let at = |second| Timestamp::from_second(second).unwrap();
            let found = |second| matching_step(secret, code, at(second)).unwrap();
            assert_eq!(found(second), Some(second / 30));
            assert_eq!(found(second + 30), Some(second / 30), "somebody types slowly");
            assert_eq!(found(second + 60), None);
            assert_eq!(matching_step(secret, "", at(second)).unwrap(), None);
            assert_eq!(matching_step(secret, &code[1..], at(second)).unwrap(), None);
        }
    }

    #[test]
    fn recovery_codes_are_read_however_they_are_typed() {
        let codes = new_codes();
        assert_eq!(codes.len(), N_CODES);
        let code = codes.first().unwrap();
        assert_eq!(code.len(), 19, "{code}");
        assert_eq!(
            hash_code(code),
            hash_code(&format!(" {} ", code.replace('-', " ").to_uppercase()))
        );
        assert!(codes.iter().skip(1).all(|other| hash_code(other) != hash_code(code)));
    }
}
