//! Groups: accounts that are named together, as `@name` where rights are written.
//!
//! **Invariant:** a group that a right or a restriction names is not removed: the restriction would
//! be gone with it.

use rusqlite::{Connection, OptionalExtension, named_params};

use crate::account::{self, fold, name_key};
use crate::app::App;
use crate::change::Change;
use crate::error::{Error, Result};
use crate::id::{AccountId, GroupId};
use crate::journal::{self, Act, Whom};
use crate::mandate::Mandate;

/// A group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name, without the `@`.
    pub name: String,
    /// Names of its members, with commas.
    pub members: String,
    /// How many they are.
    pub n_members: i64,
    /// Rights of spaces and restrictions of pages that name it.
    pub n_named: i64,
}

// ------------------------------------------------------------------------------------ verbs

/// All groups by name.
pub async fn list(app: &App, _: &Mandate) -> Result<Vec<Group>> {
    app.store
        .read(|connection| {
            let mut statement = connection.prepare_cached(
                "select name,
                   (select count(*) from group_member where group_id = account_group.id) as n_members,
                   (select count(*) from space_permission
                    where subject_kind = 'group' and subject = account_group.id)
                   + (select count(*) from page_restriction
                      where subject_kind = 'group' and subject = account_group.id) as n_named,
                   (select group_concat(name, ', ') from
                     (select account.name from group_member
                        join account on account.id = group_member.account
                      where group_id = account_group.id order by name_key)) as members
                 from account_group order by name",
            )?;
            let groups = statement.query_map([], |row| {
                Ok(Group {
                    name: row.get("name")?,
                    members: row.get::<_, Option<String>>("members")?.unwrap_or_default(),
                    n_members: row.get("n_members")?,
                    n_named: row.get("n_named")?,
                })
            })?;
            Ok(groups.collect::<rusqlite::Result<_>>()?)
        })
        .await
}

/// Makes a group with these members, names with commas.
pub async fn add(app: &App, mandate: &Mandate, name: &str, members: &str) -> Result<()> {
    let name = name_key(name.trim().trim_start_matches('@'))?;
    let (mandate, members, now) = (mandate.clone(), members.to_owned(), app.clock.now());
    app.store
        .write(move |tx| {
            mandate.confirm(tx, now)?;
            if account::group_by_name(tx, &name)?.is_some() {
                return Err(Error::Conflict(format!("There is a group named {name} already.")));
            }
            let sql = "insert into account_group (name) values (?1) returning id";
            let group = tx.query_row(sql, [&name], |row| row.get(0))?;
            let members = set(tx, group, &members)?;
            journal::append(tx, &mandate, now, Act::GroupAdded, Whom::Named(&name), &members)
        })
        .await
}

/// Says who is in a group: these, names with commas, and nobody else.
pub async fn set_members(app: &App, mandate: &Mandate, name: &str, members: &str) -> Result<()> {
    let name = fold(name.trim().trim_start_matches('@'));
    let (mandate, members, now) = (mandate.clone(), members.to_owned(), app.clock.now());
    app.store
        .write(move |tx| {
            mandate.confirm(tx, now)?;
            let group = by_name(tx, &name)?;
            let members = set(tx, group, &members)?;
            tx.tell(Change::Rights);
            journal::append(tx, &mandate, now, Act::GroupSet, Whom::Named(&name), &members)
        })
        .await
}

/// Removes a group that no right names.
pub async fn remove(app: &App, mandate: &Mandate, name: &str) -> Result<()> {
    let name = fold(name.trim().trim_start_matches('@'));
    let (mandate, now) = (mandate.clone(), app.clock.now());
    app.store
        .write(move |tx| {
            mandate.confirm(tx, now)?;
            let group = by_name(tx, &name)?;
            let named: bool = tx.query_row(
                "select exists (select 1 from space_permission
                                where subject_kind = 'group' and subject = ?1)
                   or exists (select 1 from page_restriction
                              where subject_kind = 'group' and subject = ?1)",
                [group],
                |row| row.get(0),
            )?;
            if named {
                return Err(Error::Conflict(format!(
                    "Rights name the group {name}. Take it out of them first."
                )));
            }
            tx.execute("delete from claimed_group where group_id = ?1", [group])?;
            tx.execute("delete from group_member where group_id = ?1", [group])?;
            tx.execute("delete from account_group where id = ?1", [group])?;
            journal::append(tx, &mandate, now, Act::GroupRemoved, Whom::Named(&name), "")
        })
        .await
}

// ------------------------------------------------------------------------------------ sql

/// The groups of an account, with commas.
pub(crate) fn of(connection: &Connection, account: AccountId) -> Result<String> {
    let groups: Option<String> = connection
        .prepare_cached(
            "select group_concat(name, ', ') from
               (select name from account_group join group_member on group_id = id
                where account = ?1 order by name)",
        )?
        .query_row([account], |row| row.get(0))?;
    Ok(groups.unwrap_or_default())
}

/// Puts an account into groups, which are made where they are missing; the groups that it is in now.
pub(crate) fn join(
    connection: &Connection,
    account: AccountId,
    groups: &[String],
) -> Result<String> {
    for group in groups {
        let name = fold(group.trim().trim_start_matches('@'));
        if name.is_empty() {
            continue;
        }
        if name_key(&name).is_err() {
            return Err(Error::invalid(
                "groups",
                "The name of a group has 1 to 64 letters, digits, dots, underscores or hyphens.",
            ));
        }
        connection.execute("insert or ignore into account_group (name) values (?1)", [&name])?;
        connection.execute(
            "insert or ignore into group_member (group_id, account)
             select id, ?2 from account_group where name = ?1",
            (&name, account),
        )?;
    }
    of(connection, account)
}

/// Puts an account into the groups that its provider claims for it, which are made where they are
/// missing, and takes it out of those that were claimed before and are no more. What was given by
/// hand stays. Tells whether that changed anything.
pub(crate) fn claim(
    connection: &Connection,
    account: AccountId,
    groups: &[String],
) -> Result<bool> {
    let names = groups.iter().map(|group| name_key(group)).collect::<Result<Vec<_>>>()?;
    let before: Vec<(GroupId, String)> = connection
        .prepare_cached(
            "select id, name from claimed_group join account_group on id = group_id
             where account = ?1",
        )?
        .query_map([account], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let mut changed = false;
    for (group, _) in before.iter().filter(|(_, name)| !names.contains(name)) {
        for sql in [
            "delete from group_member where group_id = ?1 and account = ?2",
            "delete from claimed_group where group_id = ?1 and account = ?2",
        ] {
            connection.execute(sql, (group, account))?;
        }
        changed = true;
    }
    for name in &names {
        connection.execute("insert or ignore into account_group (name) values (?1)", [name])?;
        let joined = connection.execute(
            "insert or ignore into group_member (group_id, account)
             select id, ?2 from account_group where name = ?1",
            (name, account),
        )?;
        // Where it was in already, somebody has put it there.
        if joined > 0 {
            connection.execute(
                "insert into claimed_group (account, group_id)
                 select ?2, id from account_group where name = ?1",
                (name, account),
            )?;
            changed = true;
        }
    }
    Ok(changed)
}

/// Of memberships that are no more nobody claims any.
pub(crate) fn forget_claims(connection: &Connection) -> Result<()> {
    connection.execute(
        "delete from claimed_group where not exists
           (select 1 from group_member where group_member.group_id = claimed_group.group_id
              and group_member.account = claimed_group.account)",
        [],
    )?;
    Ok(())
}

fn by_name(connection: &Connection, name: &str) -> Result<GroupId> {
    account::group_by_name(connection, name)?
        .ok_or_else(|| Error::invalid("group", format!("There is no group named {name}.")))
}

/// Replaces the members; who they are now.
fn set(connection: &Connection, group: GroupId, members: &str) -> Result<String> {
    connection.execute("delete from group_member where group_id = ?1", [group])?;
    for name in members.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let account = account::by_name(connection, name)?.ok_or_else(|| {
            Error::invalid("members", format!("There is no account named {name}."))
        })?;
        connection.execute(
            "insert or ignore into group_member (group_id, account)
             values (:group, :account)",
            named_params! { ":group": group, ":account": account.id },
        )?;
    }
    forget_claims(connection)?;
    let names: Option<String> = connection
        .query_row(
            "select group_concat(name, ', ') from
               (select account.name from group_member
                  join account on account.id = group_member.account
                where group_id = ?1 order by name_key)",
            [group],
            |row| row.get(0),
        )
        .optional()?
        .flatten();
    Ok(names.unwrap_or_default())
}
