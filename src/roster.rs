//! Who has an account here: made, named, put into groups, let in and shut out by who administers.
//!
//! **Invariant:** somebody administers, once somebody does: the last who can is neither shut out
//! nor stripped of it.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, named_params};

use crate::account::{self, Account, clean, fold, id_by_key, name_key};
use crate::app::App;
use crate::change::Change;
use crate::error::{Error, Result};
use crate::group;
use crate::id::AccountId;
use crate::journal::{self, Act, Whom};
use crate::mandate::Mandate;
use crate::password;
use crate::second_step;
use crate::store::Tx;

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

/// An account as who administers sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The account.
    pub account: Account,
    /// Its groups, with commas.
    pub groups: String,
    /// Where it is logged in.
    pub n_sessions: i64,
    /// When it was last seen, to the hour; `None`: never, or not for long.
    pub seen: Option<Timestamp>,
}

/// Accounts that one page shows.
pub const N_AT_ONCE: i64 = 100;

// ------------------------------------------------------------------------------------ verbs

/// Makes an account.
pub async fn add(app: &App, mandate: &Mandate, new: NewAccount) -> Result<AccountId> {
    add_if(app, mandate, new, |_| Ok(true)).await
}

/// Makes the account of who is to administer; refused where somebody does already.
pub async fn add_first(app: &App, new: NewAccount) -> Result<AccountId> {
    let new = NewAccount { admin: true, ..new };
    let mandate = Mandate::operator();
    add_if(app, &mandate, new, |connection| Ok(!account::some_administer(connection)?)).await
}

async fn add_if(
    app: &App,
    mandate: &Mandate,
    new: NewAccount,
    allowed: impl Fn(&Connection) -> Result<bool> + Send + 'static,
) -> Result<AccountId> {
    let key = name_key(&new.name)?;
    let hash = password::hash(new.password, password::least(app.config.demo)).await?;
    let display = Some(clean(&new.display)).filter(|display| !display.is_empty());
    let display = display.unwrap_or_else(|| new.name.clone());
    let (mandate, now) = (mandate.clone(), app.clock.now());
    let (name, groups, admin) = (new.name, new.groups, new.admin);
    app.store
        .write(move |tx| {
            mandate.confirm(tx, now)?;
            if !allowed(tx)? {
                return Err(Error::NotFound);
            }
            refuse_taken(tx, &name, &key)?;
            let id = insert(tx, &name, &display, Some(&hash), admin, now)?;
            let joined = group::join(tx, id, &groups)?;
            journal::append(tx, &mandate, now, Act::AccountAdded, Whom::Account(id), &joined)?;
            if admin {
                journal::append(tx, &mandate, now, Act::AdminGiven, Whom::Account(id), "")?;
            }
            Ok(id)
        })
        .await
}

/// Sets a password and ends the account's sessions.
pub async fn set_password(
    app: &App,
    mandate: &Mandate,
    name: &str,
    password: String,
) -> Result<()> {
    let hash = password::hash(password, password::least(app.config.demo)).await?;
    change(app, mandate, name, move |tx, account| {
        tx.execute("update account set password_hash = ?2 where id = ?1", (account, &hash))?;
        tx.execute("delete from session where account = ?1", [account])?;
        tx.execute("delete from device where account = ?1", [account])?;
        tx.execute("delete from log_in_step where account = ?1", [account])?;
        tx.tell(Change::Rights);
        Ok(Some((Act::PasswordSet, String::new())))
    })
    .await
}

/// Sets the name that others see; it is shown everywhere at once, also beside what was said.
pub async fn set_display(app: &App, mandate: &Mandate, name: &str, display: &str) -> Result<()> {
    let display = clean(display);
    if display.is_empty() {
        return Err(Error::invalid("display", "A name that others see has at least one letter."));
    }
    change(app, mandate, name, move |tx, account| {
        let sql = "update account set display = ?2 where id = ?1 and display <> ?2";
        let changed = tx.execute(sql, (account, &display))? > 0;
        Ok(changed.then(|| (Act::AccountShown, display.clone())))
    })
    .await
}

/// Lets an account administer.
pub async fn give_admin(app: &App, mandate: &Mandate, name: &str) -> Result<()> {
    change(app, mandate, name, |tx, account| {
        let sql = "update account set admin = 1 where id = ?1 and admin = 0";
        let changed = tx.execute(sql, [account])? > 0;
        Ok(changed.then(|| (Act::AdminGiven, String::new())))
    })
    .await
}

/// Takes that away.
pub async fn take_admin(app: &App, mandate: &Mandate, name: &str) -> Result<()> {
    change(app, mandate, name, |tx, account| {
        refuse_last(tx, account)?;
        let sql = "update account set admin = 0 where id = ?1 and admin = 1";
        let changed = tx.execute(sql, [account])? > 0;
        tx.tell(Change::Rights);
        Ok(changed.then(|| (Act::AdminTaken, String::new())))
    })
    .await
}

/// Ends the account's sessions and streams for good; what it wrote stays.
pub async fn disable(app: &App, mandate: &Mandate, name: &str) -> Result<()> {
    let at = app.clock.now().as_millisecond();
    change(app, mandate, name, move |tx, account| {
        refuse_last(tx, account)?;
        let sql = "update account set disabled_at = ?2 where id = ?1 and disabled_at is null";
        let changed = tx.execute(sql, (account, at))? > 0;
        tx.execute("delete from session where account = ?1", [account])?;
        tx.execute("delete from log_in_step where account = ?1", [account])?;
        tx.tell(Change::Rights);
        Ok(changed.then(|| (Act::AccountDisabled, String::new())))
    })
    .await
}

/// Lets the account in again, by the password that it had.
pub async fn enable(app: &App, mandate: &Mandate, name: &str) -> Result<()> {
    change(app, mandate, name, |tx, account| {
        let sql = "update account set disabled_at = null where id = ?1 and disabled_at is not null";
        let changed = tx.execute(sql, [account])? > 0;
        Ok(changed.then(|| (Act::AccountEnabled, String::new())))
    })
    .await
}

/// Logs the account out everywhere, its streams included.
pub async fn end_sessions(app: &App, mandate: &Mandate, name: &str) -> Result<()> {
    change(app, mandate, name, |tx, account| {
        let n_ended = tx.execute("delete from session where account = ?1", [account])?;
        tx.tell(Change::Rights);
        Ok((n_ended > 0).then(|| (Act::SessionsEnded, n_ended.to_string())))
    })
    .await
}

/// Turns the second step at log-in off, for whoever lost both the app and the recovery codes.
pub async fn reset_code(app: &App, mandate: &Mandate, name: &str) -> Result<()> {
    change(app, mandate, name, |tx, account| {
        let was_on = second_step::forget(tx, account)?;
        Ok(was_on.then(|| (Act::CodeReset, String::new())))
    })
    .await
}

/// Puts the account into these groups and no others; those that are missing are made.
pub async fn set_groups(
    app: &App,
    mandate: &Mandate,
    name: &str,
    groups: Vec<String>,
) -> Result<()> {
    change(app, mandate, name, move |tx, account| {
        let before = group::of(tx, account)?;
        tx.execute("delete from group_member where account = ?1", [account])?;
        let joined = group::join(tx, account, &groups)?;
        group::forget_claims(tx)?;
        tx.tell(Change::Rights);
        Ok((joined != before).then_some((Act::AccountGrouped, joined)))
    })
    .await
}

/// Accounts by name: those after `after`, and only such as hold `text` in a name of theirs.
pub async fn list(app: &App, _: &Mandate, text: &str, after: &str) -> Result<Vec<Listed>> {
    let (text, after) = (fold(text), fold(after));
    app.store
        .read(move |connection| {
            let mut statement = connection.prepare_cached(
                "select id, name, display, admin, disabled_at is not null as disabled,
                   (select count(*) from session where account = account.id) as n_sessions,
                   (select max(seen_at) from session where account = account.id) as seen
                 from account
                 where name_key > :after and (instr(name_key, :text) > 0
                   or instr(lower(display), :text) > 0)
                 order by name_key limit :most",
            )?;
            let rows = statement.query_map(
                named_params! { ":after": after, ":text": text, ":most": N_AT_ONCE },
                listed,
            )?;
            let mut found = rows.collect::<rusqlite::Result<Vec<Listed>>>()?;
            for one in &mut found {
                one.groups = group::of(connection, one.account.id)?;
            }
            Ok(found)
        })
        .await
}

/// One account.
pub async fn show(app: &App, _: &Mandate, name: &str) -> Result<Listed> {
    let key = fold(name);
    app.store
        .read(move |connection| {
            let found = connection
                .prepare_cached(
                    "select id, name, display, admin, disabled_at is not null as disabled,
                       (select count(*) from session where account = account.id) as n_sessions,
                       (select max(seen_at) from session where account = account.id) as seen
                     from account where name_key = ?1",
                )?
                .query_row([key], listed)
                .optional()?;
            let found = found.ok_or(Error::NotFound)?;
            let groups = group::of(connection, found.account.id)?;
            Ok(Listed { groups, ..found })
        })
        .await
}

// ------------------------------------------------------------------------------------ sql

/// Is there an account already that has this name, or one that people would take for it?
pub(crate) fn refuse_taken(connection: &Connection, name: &str, key: &str) -> Result<()> {
    let taken: bool = connection.query_row(
        "select exists (select 1 from account where name_key = ?1)",
        [key],
        |row| row.get(0),
    )?;
    if taken {
        return Err(Error::Conflict(format!("There is an account named {name} already.")));
    }
    match account::look_alike(connection, name)? {
        Some(other) => Err(Error::Conflict(format!(
            "The name {name} looks like {other}, which is there already."
        ))),
        None => Ok(()),
    }
}

/// A new account; without a password nobody logs in by one.
pub(crate) fn insert(
    connection: &Connection,
    name: &str,
    display: &str,
    hash: Option<&str>,
    admin: bool,
    now: Timestamp,
) -> Result<AccountId> {
    let id = connection.query_row(
        "insert into account (name, name_key, display, password_hash, admin, created_at)
         values (:name, :key, :display, :hash, :admin, :now) returning id",
        named_params! {
            ":name": name, ":key": fold(name), ":display": display, ":hash": hash,
            ":admin": admin, ":now": now.as_millisecond(),
        },
        |row| row.get(0),
    )?;
    Ok(id)
}

/// One change of one account, with its line in the journal where it changed anything.
async fn change<F>(app: &App, mandate: &Mandate, name: &str, write: F) -> Result<()>
where
    F: Fn(&Tx<'_, Change>, AccountId) -> Result<Option<(Act, String)>> + Send + 'static,
{
    let (key, mandate, now) = (fold(name), mandate.clone(), app.clock.now());
    app.store
        .write(move |tx| {
            mandate.confirm(tx, now)?;
            let account = id_by_key(tx, &key)?;
            if let Some((act, detail)) = write(tx, account)? {
                journal::append(tx, &mandate, now, act, Whom::Account(account), &detail)?;
            }
            Ok(())
        })
        .await
}

/// Without this account there would be nobody who administers.
fn refuse_last(connection: &Connection, account: AccountId) -> Result<()> {
    let last: bool = connection.query_row(
        "select exists (select 1 from account where id = ?1 and admin = 1 and disabled_at is null)
           and not exists (select 1 from account
                           where id <> ?1 and admin = 1 and disabled_at is null)",
        [account],
        |row| row.get(0),
    )?;
    if last {
        return Err(Error::Conflict(
            "Nobody else administers. Let somebody else administer first.".into(),
        ));
    }
    Ok(())
}

fn listed(row: &rusqlite::Row<'_>) -> rusqlite::Result<Listed> {
    let seen: Option<i64> = row.get("seen")?;
    Ok(Listed {
        account: account::from_row(row)?,
        groups: String::new(),
        n_sessions: row.get("n_sessions")?,
        seen: seen.filter(|seen| *seen > 0).and_then(|at| Timestamp::from_millisecond(at).ok()),
    })
}
