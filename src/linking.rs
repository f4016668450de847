//! An account that is there already, linked by its owner with whom the provider vouches for.
//!
//! **Invariant:** nobody's account is linked but by whoever shows its password and, where the second
//! step is on, a code, and then comes back from the provider in the same session. By a name, or an
//! address for mail, nothing is ever linked. That a link was begun is known here and not by the
//! browser: whoever writes a cookie themselves, or plants one in another's browser, has begun none.
//!
//! An account has one identity of a provider, and an identity one account. It is never unlinked where
//! no password is left to come in by. The groups that came with it go with it, and so do the sessions
//! that somebody else may have opened by it.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};
use url::Url;

use crate::account::{Viewer, fold, id_by_key};
use crate::app::App;
use crate::change::Change;
use crate::error::{Error, Result};
use crate::id::{AccountId, SessionId};
use crate::identity::{self, provider};
use crate::journal::{self, Act, Whom};
use crate::mandate::Mandate;
use crate::openid::{Attempt, HOLDS, Returned, stale};
use crate::second_step;
use crate::session;
use crate::store::Tx;

/// Who is on the way to the provider to link an account: memory only, since whoever is under way
/// when the program ends can begin again. One way for a session, so that nobody fills it.
#[derive(Default)]
pub struct Linking(Mutex<HashMap<Vec<u8>, Begun>>);

struct Begun {
    session: SessionId,
    account: AccountId,
    until: Timestamp,
}

/// What somebody shows who links or unlinks.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The account's.
    pub password: String,
    /// Of the second step; may be empty where that is off.
    pub code: String,
}

/// How it stands with an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// Since when it is linked with an identity of the provider; `None`: it is not.
    pub since: Option<Timestamp>,
    /// There is a password to come in by.
    pub has_password: bool,
    /// A code is asked for besides the password.
    pub owes_code: bool,
}

impl Linking {
    fn all(&self) -> MutexGuard<'_, HashMap<Vec<u8>, Begun>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, attempt: Vec<u8>, begun: Begun, now: Timestamp) {
        let mut all = self.all();
        all.retain(|_, other| other.until > now && other.session != begun.session);
        all.insert(attempt, begun);
    }

    /// Ends it, whatever comes of it.
    fn take(&self, attempt: &[u8]) -> Option<Begun> {
        self.all().remove(attempt)
    }
}

// ------------------------------------------------------------------------------------ verbs

/// How it stands with the viewer.
pub async fn state(app: &App, viewer: &Viewer) -> Result<State> {
    let account = viewer.account_id().ok_or(Error::LoginNeeded)?;
    let issuer = provider(app)?.issuer().to_owned();
    app.store.read(move |connection| select(connection, account, &issuer)).await
}

/// How it stands with an account, for who administers; nothing where there is no provider.
pub async fn of_account(app: &App, _: &Mandate, name: &str) -> Result<Option<State>> {
    let Ok(provider) = provider(app) else { return Ok(None) };
    let (issuer, key) = (provider.issuer().to_owned(), fold(name));
    app.store
        .read(move |connection| {
            let account = id_by_key(connection, &key)?;
            select(connection, account, &issuer).map(Some)
        })
        .await
}

/// The way to the provider, and what the browser carries there and back.
pub async fn begin(
    app: &App,
    viewer: &Viewer,
    proof: Proof,
    address: Option<IpAddr>,
) -> Result<(Url, Attempt)> {
    let (Some(account), Some(session)) = (viewer.account_id(), viewer.session()) else {
        return Err(Error::LoginNeeded);
    };
    if state(app, viewer).await?.since.is_some() {
        return Err(linked_already());
    }
    app.rate_limits.way(address)?;
    let attempt = Attempt::to_link(app.clock.now());
    // Asked first: a code that was taken for nothing would have to be waited for anew.
    let way = provider(app)?.way(&attempt).await?;
    second_step::prove(app, viewer, proof.password, &proof.code).await?;
    let now = app.clock.now();
    let until = now.saturating_add(HOLDS).map_err(Error::broken)?;
    app.linking.begin(attempt.hash(), Begun { session, account, until }, now);
    Ok((way, attempt))
}

/// Links the viewer's account with whom the provider vouches for, once for each attempt.
pub async fn finish(
    app: &App,
    viewer: &Viewer,
    attempt: &Attempt,
    returned: &Returned,
    address: Option<IpAddr>,
) -> Result<()> {
    let provider = provider(app)?;
    app.rate_limits.way(address)?;
    let now = app.clock.now();
    let own = |begun: &Begun| {
        viewer.session() == Some(begun.session) && viewer.account_id() == Some(begun.account)
    };
    let begun = app.linking.take(&attempt.hash());
    let begun = begun.filter(|begun| begun.until > now && own(begun));
    let account = begun.ok_or_else(|| stale("no link was begun in this session"))?.account;
    let person = provider.person(attempt, returned, now).await?;
    let (viewer, now) = (viewer.clone(), app.clock.now());
    app.store
        .write(move |tx| {
            session::confirm(tx, &viewer, now)?;
            match identity::select(tx, &person)? {
                Some(owner) if owner == account => return Ok(()),
                Some(_) => {
                    return Err(Error::Conflict(
                        "That log-in belongs to another account here. Ask who runs this site."
                            .into(),
                    ));
                }
                None => {}
            }
            if select(tx, account, &person.issuer)?.since.is_some() {
                return Err(linked_already());
            }
            identity::join(tx, &person, account, now)?;
            journal::note(tx, Some(account), now, Act::AccountLinked, Whom::Account(account), "")?;
            identity::claim(tx, account, &person.groups, now)
        })
        .await
}

/// Unlinks the viewer's account, and ends its other sessions.
pub async fn unlink(app: &App, viewer: &Viewer, proof: Proof) -> Result<()> {
    let (Some(account), Some(session)) = (viewer.account_id(), viewer.session()) else {
        return Err(Error::LoginNeeded);
    };
    refuse_last(&state(app, viewer).await?)?;
    second_step::prove(app, viewer, proof.password, &proof.code).await?;
    let issuer = provider(app)?.issuer().to_owned();
    let (viewer, now) = (viewer.clone(), app.clock.now());
    app.store
        .write(move |tx| {
            session::confirm(tx, &viewer, now)?;
            part(tx, account, &issuer, now)?;
            journal::note(
                tx,
                Some(account),
                now,
                Act::AccountUnlinked,
                Whom::Account(account),
                "",
            )?;
            tx.execute("delete from session where account = ?1 and id <> ?2", (account, session))?;
            Ok(())
        })
        .await
}

/// Unlinks somebody's account, and ends its sessions.
pub async fn unlink_for(app: &App, mandate: &Mandate, name: &str) -> Result<()> {
    let (issuer, key) = (provider(app)?.issuer().to_owned(), fold(name));
    let (mandate, now) = (mandate.clone(), app.clock.now());
    app.store
        .write(move |tx| {
            mandate.confirm(tx, now)?;
            let account = id_by_key(tx, &key)?;
            part(tx, account, &issuer, now)?;
            let whom = Whom::Account(account);
            journal::append(tx, &mandate, now, Act::AccountUnlinked, whom, "")?;
            tx.execute("delete from session where account = ?1", [account])?;
            Ok(())
        })
        .await
}

// ------------------------------------------------------------------------------------ rules

fn linked_already() -> Error {
    Error::Conflict("This account is linked already. Unlink it first.".into())
}

/// What is not linked cannot be unlinked, nor what would leave no way in.
fn refuse_last(state: &State) -> Result<()> {
    let why = match (state.since, state.has_password) {
        (None, _) => "This account is not linked.",
        (Some(_), false) => {
            "It is the only way into this account. Set a password for it before you unlink it."
        }
        (Some(_), true) => return Ok(()),
    };
    Err(Error::Conflict(why.into()))
}

// ------------------------------------------------------------------------------------ sql

fn select(connection: &Connection, account: AccountId, issuer: &str) -> Result<State> {
    let since: Option<i64> = connection
        .prepare_cached("select since from identity where account = ?1 and issuer = ?2")?
        .query_row((account, issuer), |row| row.get(0))
        .optional()?;
    let has_password = connection
        .prepare_cached("select password_hash is not null from account where id = ?1")?
        .query_row([account], |row| row.get(0))?;
    Ok(State {
        since: since.map(|at| Timestamp::from_millisecond(at).unwrap_or_default()),
        has_password,
        owes_code: session::owes_code(connection, account)?,
    })
}

/// Takes the identity away, and all that came by it.
fn part(tx: &Tx<'_, Change>, account: AccountId, issuer: &str, now: Timestamp) -> Result<()> {
    refuse_last(&select(tx, account, issuer)?)?;
    tx.execute("delete from identity where account = ?1 and issuer = ?2", (account, issuer))?;
    identity::claim(tx, account, &[], now)?;
    // A browser that somebody else has come in from is known no more, either.
    tx.execute("delete from device where account = ?1", [account])?;
    tx.tell(Change::Rights);
    Ok(())
}
