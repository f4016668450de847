//! Spaces: the regions of the wiki, and who may do what in them.

use rusqlite::{Connection, OptionalExtension, named_params};
use serde::{Deserialize, Serialize};

use crate::account::Viewer;
use crate::app::App;
use crate::change::Change;
use crate::error::{Error, Result};
use crate::id::{PageId, SpaceId};
use crate::journal::{self, Act, Whom};
use crate::mandate::Mandate;
use crate::{permission, subject};

/// A region of the wiki.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Space {
    /// Stable.
    pub id: SpaceId,
    /// As in addresses: `/display/KEY/Title`.
    pub key: String,
    /// As shown.
    pub name: String,
    /// The page where the space begins.
    pub home: Option<PageId>,
}

/// Who may do what in a space, as lists of names with commas.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Rights {
    /// Who may see its pages.
    pub view: String,
    /// Who may post in its rooms.
    pub comment: String,
    /// Who may make and change pages.
    pub edit: String,
}

impl Default for Rights {
    fn default() -> Self {
        Self { view: "everyone".into(), comment: "everyone".into(), edit: "everyone".into() }
    }
}

// ------------------------------------------------------------------------------------ verbs

/// Makes a space.
pub async fn add(
    app: &App,
    mandate: &Mandate,
    key: &str,
    name: &str,
    rights: Rights,
) -> Result<SpaceId> {
    let key = key.trim().to_owned();
    let fits = (1..=64).contains(&key.len())
        && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'~'));
    if !fits {
        return Err(Error::invalid("key", "A key has 1 to 64 letters, digits, -, _ or ~."));
    }
    let name = Some(named(name)).filter(|name| !name.is_empty()).unwrap_or_else(|| key.clone());
    let (mandate, now) = (mandate.clone(), app.clock.now());
    app.store
        .write(move |tx| {
            mandate.confirm(tx, now)?;
            if by_key(tx, &key)?.is_some() {
                return Err(Error::Conflict(format!("There is a space {key} already.")));
            }
            let id = tx.query_row(
                "insert into space (key, key_folded, name, created_at)
                 values (:key, :folded, :name, :now) returning id",
                named_params! {
                    ":key": key, ":folded": key.to_lowercase(), ":name": name,
                    ":now": now.as_millisecond(),
                },
                |row| row.get(0),
            )?;
            insert_rights(tx, id, &rights)?;
            let detail = printed(&rights_of(tx, id)?);
            journal::append(tx, &mandate, now, Act::SpaceAdded, Whom::Named(&key), &detail)?;
            Ok(id)
        })
        .await
}

/// Replaces who may do what in a space; open streams are checked at once.
pub async fn set_rights(app: &App, mandate: &Mandate, key: &str, rights: Rights) -> Result<()> {
    let (mandate, key, now) = (mandate.clone(), key.to_owned(), app.clock.now());
    app.store
        .write(move |tx| {
            mandate.confirm(tx, now)?;
            let space = known(tx, &key)?;
            let before = rights_of(tx, space.id)?;
            tx.execute("delete from space_permission where space = ?1", [space.id])?;
            insert_rights(tx, space.id, &rights)?;
            let after = rights_of(tx, space.id)?;
            if after == before {
                return Ok(());
            }
            tx.tell(Change::Rights);
            let whom = Whom::Named(&space.key);
            journal::append(tx, &mandate, now, Act::SpaceRights, whom, &printed(&after))
        })
        .await
}

/// Sets how a space is called; its key stays.
pub async fn set_name(app: &App, mandate: &Mandate, key: &str, name: &str) -> Result<()> {
    let name = named(name);
    if name.is_empty() {
        return Err(Error::invalid("name", "A space needs a name."));
    }
    let (mandate, key, now) = (mandate.clone(), key.to_owned(), app.clock.now());
    app.store
        .write(move |tx| {
            mandate.confirm(tx, now)?;
            let space = known(tx, &key)?;
            if space.name == name {
                return Ok(());
            }
            tx.execute("update space set name = ?2 where id = ?1", (space.id, &name))?;
            journal::append(tx, &mandate, now, Act::SpaceNamed, Whom::Named(&space.key), &name)
        })
        .await
}

/// All spaces by name, with who may do what in them.
pub async fn list(app: &App, _: &Mandate) -> Result<Vec<(Space, Rights)>> {
    app.store
        .read(|connection| {
            let mut statement =
                connection.prepare_cached("select id, key, name, home from space order by name")?;
            let spaces: Vec<Space> =
                statement.query_map([], from_row)?.collect::<rusqlite::Result<_>>()?;
            let with = |space: Space| Ok((space.clone(), rights_of(connection, space.id)?));
            spaces.into_iter().map(with).collect()
        })
        .await
}

/// One space, with who may do what in it.
pub async fn show(app: &App, _: &Mandate, key: &str) -> Result<(Space, Rights)> {
    let key = key.to_owned();
    app.store
        .read(move |connection| {
            let space = by_key(connection, &key)?.ok_or(Error::NotFound)?;
            let rights = rights_of(connection, space.id)?;
            Ok((space, rights))
        })
        .await
}

/// The spaces that the viewer may enter, by name, each with whether they may make pages in it.
pub async fn visible(app: &App, viewer: &Viewer) -> Result<Vec<(Space, bool)>> {
    let viewer = viewer.clone();
    app.store
        .read(move |connection| {
            let mut statement =
                connection.prepare_cached("select id, key, name, home from space order by name")?;
            let spaces: Vec<Space> =
                statement.query_map([], from_row)?.collect::<rusqlite::Result<_>>()?;
            let mut visible = Vec::new();
            for space in spaces {
                if permission::has_right(connection, viewer.account_id(), space.id, "view")? {
                    let may_create = permission::may_create(connection, &viewer, space.id)?;
                    visible.push((space, may_create));
                }
            }
            Ok(visible)
        })
        .await
}

/// True where only accounts are let in anywhere: then somebody not signed in has nothing to find.
pub async fn none_is_public(app: &App) -> Result<bool> {
    app.store
        .read(|connection| {
            let none = connection
                .prepare_cached(
                    "select not exists (select 1 from space_permission
                                        where operation = 'view' and subject_kind = 'anyone')",
                )?
                .query_row([], |row| row.get(0))?;
            Ok(none)
        })
        .await
}

// ------------------------------------------------------------------------------------ rules

/// Characters of a space's name at most.
const LONGEST_NAME: usize = 100;

/// A name as it is kept: on one line.
fn named(name: &str) -> String {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    name.chars().take(LONGEST_NAME).collect()
}

/// In the words of the commands.
fn printed(rights: &Rights) -> String {
    let Rights { view, comment, edit } = rights;
    let or_nobody = |list: &str| if list.is_empty() { "-".to_owned() } else { list.to_owned() };
    let [view, comment, edit] = [view, comment, edit].map(|list| or_nobody(list));
    format!("view: {view}; comment: {comment}; edit: {edit}")
}

// ------------------------------------------------------------------------------------ sql

pub(crate) fn is_none(connection: &Connection) -> Result<bool> {
    let sql = "select not exists (select 1 from space)";
    Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

pub(crate) fn by_key(connection: &Connection, key: &str) -> Result<Option<Space>> {
    let space = connection
        .prepare_cached("select id, key, name, home from space where key_folded = ?1")?
        .query_row([key.to_lowercase()], from_row)
        .optional()?;
    Ok(space)
}

/// The space, where the viewer may make pages in it.
pub(crate) fn for_new_page(connection: &Connection, viewer: &Viewer, key: &str) -> Result<Space> {
    let no_such = || Error::invalid("space", "There is no such space.");
    let space = by_key(connection, key)?.ok_or_else(no_such)?;
    if !permission::has_right(connection, viewer.account_id(), space.id, "view")? {
        return Err(no_such());
    }
    if !permission::may_create(connection, viewer, space.id)? {
        return Err(Error::Forbidden("You may not make pages in this space."));
    }
    Ok(space)
}

fn known(connection: &Connection, key: &str) -> Result<Space> {
    by_key(connection, key)?
        .ok_or_else(|| Error::invalid("space", format!("There is no space {key}.")))
}

fn rights_of(connection: &Connection, space: SpaceId) -> Result<Rights> {
    let list = |operation: &str| {
        let mut statement = connection.prepare_cached(
            "select subject_kind, subject from space_permission
             where space = ?1 and operation = ?2 order by subject_kind, subject",
        )?;
        let rows = statement.query_map((space, operation), |row| Ok((row.get(0)?, row.get(1)?)))?;
        subject::print(connection, &rows.collect::<rusqlite::Result<Vec<_>>>()?)
    };
    Ok(Rights { view: list("view")?, comment: list("comment")?, edit: list("edit")? })
}

fn insert_rights(connection: &Connection, space: SpaceId, rights: &Rights) -> Result<()> {
    for (operation, list) in
        [("view", &rights.view), ("comment", &rights.comment), ("edit", &rights.edit)]
    {
        for subject in
            subject::parse(connection, list).map_err(|error| in_field(error, operation))?
        {
            let (kind, id) = subject.columns();
            connection.execute(
                "insert into space_permission (space, operation, subject_kind, subject)
                 values (?1, ?2, ?3, ?4)",
                (space, operation, kind, id),
            )?;
        }
    }
    Ok(())
}

/// A form has a field for each operation.
fn in_field(error: Error, field: &'static str) -> Error {
    match error {
        Error::Invalid { message, .. } => Error::Invalid { field, message },
        other => other,
    }
}

fn from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Space> {
    Ok(Space {
        id: row.get("id")?,
        key: row.get("key")?,
        name: row.get("name")?,
        home: row.get("home")?,
    })
}
