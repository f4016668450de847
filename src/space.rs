//! Spaces: the regions of the wiki, and who may do what in them.

use rusqlite::{Connection, OptionalExtension, named_params};

use crate::account::Viewer;
use crate::app::App;
use crate::change::Change;
use crate::error::{Error, Result};
use crate::id::{PageId, SpaceId};
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
#[derive(Clone, Debug)]
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
pub async fn add(app: &App, key: &str, name: &str, rights: Rights) -> Result<SpaceId> {
    let key = key.trim().to_owned();
    let fits = (1..=64).contains(&key.len())
        && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'~'));
    if !fits {
        return Err(Error::invalid("key", "A key has 1 to 64 letters, digits, -, _ or ~."));
    }
    let name = if name.trim().is_empty() { key.clone() } else { name.trim().to_owned() };
    let now = app.clock.now().as_millisecond();
    app.store
        .write(move |tx| {
            if by_key(tx, &key)?.is_some() {
                return Err(Error::Conflict(format!("There is a space {key} already.")));
            }
            let id = tx.query_row(
                "insert into space (key, key_folded, name, created_at)
                 values (:key, :folded, :name, :now) returning id",
                named_params! {
                    ":key": key, ":folded": key.to_lowercase(), ":name": name, ":now": now,
                },
                |row| row.get(0),
            )?;
            insert_rights(tx, id, &rights)?;
            Ok(id)
        })
        .await
}

/// Replaces who may do what in a space; open streams are checked at once.
pub async fn set_rights(app: &App, key: &str, rights: Rights) -> Result<()> {
    let key = key.to_owned();
    app.store
        .write(move |tx| {
            let space = by_key(tx, &key)?
                .ok_or_else(|| Error::invalid("space", format!("There is no space {key}.")))?;
            tx.execute("delete from space_permission where space = ?1", [space.id])?;
            insert_rights(tx, space.id, &rights)?;
            tx.tell(Change::Rights);
            Ok(())
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

fn insert_rights(connection: &Connection, space: SpaceId, rights: &Rights) -> Result<()> {
    for (operation, list) in
        [("view", &rights.view), ("comment", &rights.comment), ("edit", &rights.edit)]
    {
        for subject in subject::parse(connection, list)? {
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

fn from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Space> {
    Ok(Space {
        id: row.get("id")?,
        key: row.get("key")?,
        name: row.get("name")?,
        home: row.get("home")?,
    })
}
