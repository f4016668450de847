//! Who somebody is elsewhere: accounts that a provider of OpenID Connect vouches for.
//!
//! **Invariant:** an account is found by issuer and subject, and by nothing else: not by a name, nor
//! by an address for mail, which may be another person's there. So nobody gets an account by the
//! provider that they had not by it before, or that its owner has linked (`linking.rs`); a new one
//! gets a name that is free.
//!
//! A second step is the provider's to ask for: one that an account has set up here is for log-ins by
//! its password. Who is shut out here stays out, whatever the provider says. Nobody gets to
//! administer by a claim.

use std::net::IpAddr;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};
use unicode_normalization::UnicodeNormalization;
use url::Url;

use crate::account::{LONGEST_NAME, clean, name_key};
use crate::app::App;
use crate::change::Change;
use crate::error::{Error, Result};
use crate::group;
use crate::id::AccountId;
use crate::journal::{self, Act, Whom};
use crate::openid::{Attempt, HOLDS, Person, Provider, Returned, stale};
use crate::roster;
use crate::session::{LoggedIn, NewSession, Origin};
use crate::store::Tx;

/// What is called so has no name there that could be one here.
const NAMELESS: &str = "person";
/// Numbers that are tried behind a name that is taken, before it gets one that is thrown.
const N_TRIED: u32 = 9;
/// Characters that stay free for such a number.
const NUMBER: usize = 7;

// ------------------------------------------------------------------------------------ verbs

/// The way to the provider, and what the browser carries there and back.
pub async fn begin(app: &App, next: &str, address: Option<IpAddr>) -> Result<(Url, Attempt)> {
    let provider = provider(app)?;
    app.rate_limits.way(address)?;
    let attempt = Attempt::new(next, app.clock.now());
    Ok((provider.way(&attempt).await?, attempt))
}

/// What a browser came back with, as far as the cookie of its attempt is still good.
pub fn attempt(app: &App, cookie: Option<&str>, returned: &Returned) -> Result<Attempt> {
    provider(app)?;
    let attempt = cookie.and_then(|cookie| Attempt::parse(cookie, app.clock.now()));
    attempt
        .filter(|attempt| attempt.is_of(&returned.state))
        .ok_or_else(|| stale("the way back is of no log-in that this browser began just now"))
}

/// Opens a session for whom the provider vouches for, once for each attempt.
pub async fn finish(
    app: &App,
    attempt: &Attempt,
    returned: &Returned,
    from: &Origin,
) -> Result<LoggedIn> {
    let provider = provider(app)?;
    if attempt.links() {
        return Err(stale("the way back is of no log-in"));
    }
    app.rate_limits.way(from.address)?;
    let now = app.clock.now();
    let person = provider.person(attempt, returned, now).await?;
    let session = NewSession::new(app, from);
    let hash = attempt.hash();
    let ends = now.saturating_add(HOLDS).map_err(Error::broken)?.as_millisecond();
    app.store
        .write(move |tx| {
            let past = now.as_millisecond();
            tx.execute("delete from finished_attempt where expires_at < ?1", [past])?;
            let first = tx.execute(
                "insert or ignore into finished_attempt (hash, expires_at) values (?1, ?2)",
                (&hash, ends),
            )?;
            if first == 0 {
                return Err(stale("this attempt came to its end before"));
            }
            let account = match select(tx, &person)? {
                Some(account) => account,
                None => insert(tx, &person, now)?,
            };
            if !session.open(tx, account)? {
                return Err(Error::NotVouched {
                    told: "This account is not let in any more. Ask who runs this site.",
                    why: "the account is disabled".into(),
                    later: false,
                });
            }
            claim(tx, account, &person.groups, now)?;
            Ok(session.tokens())
        })
        .await
}

// ------------------------------------------------------------------------------------ rules

pub(crate) fn provider(app: &App) -> Result<&Provider> {
    app.provider.as_ref().ok_or(Error::NotFound)
}

/// The name that an account would have for it: `Ann Lee@example.org` is `Ann.Lee`.
fn name_of(person: &Person) -> String {
    let made = [&person.name, &person.display].into_iter().map(|name| {
        let own = name.split('@').next().unwrap_or_default().trim();
        let letters = own.nfkc().map(|c| if c.is_whitespace() { '.' } else { c });
        let letters = letters.filter(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-'));
        letters.take(LONGEST_NAME - NUMBER).collect::<String>()
    });
    let fit = |name: &String| name.chars().any(char::is_alphanumeric);
    made.into_iter().find(fit).unwrap_or_else(|| NAMELESS.to_owned())
}

/// One that nobody has or could be taken for.
fn free_name(connection: &Connection, wanted: &str) -> Result<String> {
    let numbered = (2..=N_TRIED).map(|n| format!("{wanted}-{n}"));
    let thrown = (0..3).map(|_| format!("{wanted}-{:06}", rand::random_range(0..1_000_000)));
    for name in std::iter::once(wanted.to_owned()).chain(numbered).chain(thrown) {
        let Ok(key) = name_key(&name) else { continue };
        match roster::refuse_taken(connection, &name, &key) {
            Ok(()) => return Ok(name),
            Err(Error::Conflict(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Err(Error::Conflict("There is no name left for this account. Ask who runs this site.".into()))
}

// ------------------------------------------------------------------------------------ sql

/// Whose account it is, if anybody's.
pub(crate) fn select(connection: &Connection, person: &Person) -> Result<Option<AccountId>> {
    let account = connection
        .prepare_cached("select account from identity where issuer = ?1 and subject = ?2")?
        .query_row((&person.issuer, &person.subject), |row| row.get(0))
        .optional()?;
    Ok(account)
}

fn insert(tx: &Tx<'_, Change>, person: &Person, now: Timestamp) -> Result<AccountId> {
    let name = free_name(tx, &name_of(person))?;
    let display = Some(clean(&person.display)).filter(|display| !display.is_empty());
    let account = roster::insert(tx, &name, display.as_ref().unwrap_or(&name), None, false, now)?;
    join(tx, person, account, now)?;
    journal::note(tx, Some(account), now, Act::AccountCame, Whom::Account(account), "")?;
    Ok(account)
}

/// From now on whoever is vouched for as this person is this account.
pub(crate) fn join(
    connection: &Connection,
    person: &Person,
    account: AccountId,
    now: Timestamp,
) -> Result<()> {
    connection.execute(
        "insert into identity (issuer, subject, account, since) values (?1, ?2, ?3, ?4)",
        (&person.issuer, &person.subject, account, now.as_millisecond()),
    )?;
    Ok(())
}

/// Puts the account into the groups that the provider claims for it, and out of those that it claims
/// no more.
pub(crate) fn claim(
    tx: &Tx<'_, Change>,
    account: AccountId,
    groups: &[String],
    now: Timestamp,
) -> Result<()> {
    if group::claim(tx, account, groups)? {
        tx.tell(Change::Rights);
        let (groups, whom) = (group::of(tx, account)?, Whom::Account(account));
        journal::note(tx, Some(account), now, Act::AccountClaimed, whom, &groups)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_an_account_is_made_of_what_the_provider_says() {
        let of = |name: &str, display: &str| {
            name_of(&Person {
                issuer: String::new(),
                subject: "7".into(),
                name: name.into(),
                display: display.into(),
                groups: Vec::new(),
            })
        };
        for (name, display, made) in [
            ("dora", "", "dora"),
            ("Ann Lee@example.org", "", "Ann.Lee"),
            ("", "Ann Lee", "Ann.Lee"),
            ("@example.org", "José", "José"),
            ("<script>", "", "script"),
            ("ｄｏｒａ", "", "dora"),
            ("...", "", "person"),
            ("", "\u{202e}", "person"),
            ("\u{430}nn", "", "\u{430}nn"),
        ] {
            assert_eq!(of(name, display), made, "{name} {display}");
        }
        assert_eq!(of(&"x".repeat(500), "").len(), LONGEST_NAME - NUMBER);
    }
}
