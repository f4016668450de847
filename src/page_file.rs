//! Files attached to a page itself: listed, taken away, and who did what.
//!
//! They are kept and had as those of a room ([`crate::file`]), come in the same way
//! ([`crate::upload`]), and a body names them as it names those: on a page and in its room no two
//! files have one name. But they belong to no message: they are there until somebody who may edit
//! the page takes them away, or the page goes for good.
//!
//! The page of a day takes none: what it shows is its room's.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, named_params};

use crate::app::App;
use crate::change::Change;
use crate::error::{Error, Result};
use crate::file::{self, FileId};
use crate::id::{AccountId, PageId};
use crate::permission::{Edit, Grant, View};
use crate::store::Tx;
use crate::{file_name, indexed};

/// A file that is attached to a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageFile {
    /// Its id.
    pub id: FileId,
    /// Unique on the page and in its room.
    pub name: String,
    /// Bytes of the original.
    pub size: u64,
    /// Display name of who attached it.
    pub by: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// The files of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageFiles {
    /// How many there are.
    pub n_files: i64,
    /// By name, as many as were asked for.
    pub files: Vec<PageFile>,
}

/// What was done with a file of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// It was attached.
    Attached,
    /// It was taken away.
    Removed,
}

/// Who did what with which file, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acted {
    /// What.
    pub act: Act,
    /// Name of the file.
    pub name: String,
    /// When.
    pub at: Timestamp,
    /// Display name of who did it.
    pub by: Option<String>,
}

/// Files that a page shows below its text.
pub const N_SHOWN: i64 = 50;
/// Files that their own screen shows.
pub const N_LISTED: i64 = 1000;
/// Acts that a page's history tells of.
const N_ACTS: i64 = 100;
/// Files of one name that are told apart by a number, as [`file_name::marked`] gives it.
const N_ALIKE: u32 = 20;

// ------------------------------------------------------------------------------------ verbs

/// The files of a page, by name; at most so many.
pub async fn list(app: &App, grant: &Grant<View>, most: i64) -> Result<PageFiles> {
    let page = grant.page();
    grant.read(app, move |connection| select(connection, page, most)).await
}

/// What was done with the files of a page, the latest first.
pub async fn acts(app: &App, grant: &Grant<View>) -> Result<Vec<Acted>> {
    let page = grant.page();
    grant.read(app, move |connection| select_acts(connection, page)).await
}

/// Takes a file away from its page, for good. Its bytes are [`file::sweep`]'s.
pub async fn remove(app: &App, grant: &Grant<Edit>, id: FileId) -> Result<()> {
    let (grant, now) = (grant.clone(), app.clock.now());
    app.store
        .write(move |tx| {
            grant.confirm(tx, now)?;
            let by = grant.viewer().account_id().ok_or(Error::LoginNeeded)?;
            let page = grant.page();
            let name: String = tx
                .prepare_cached(
                    "select name from file
                     where id = ?1 and page = ?2 and mid is null and state = 'here'",
                )?
                .query_row((id, page), |row| row.get(0))
                .optional()?
                .ok_or(Error::NotFound)?;
            let before = indexed::names(tx, page)?;
            file::let_go(tx, page, Some(id))?;
            note(tx, page, by, Act::Removed, &name, now)?;
            indexed::follow(tx, page, &before)
        })
        .await
}

// ------------------------------------------------------------------------------------ rules

impl PageFile {
    /// Where it is.
    pub fn address(&self) -> String {
        file::address(self.id, &self.name)
    }
}

impl Act {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Attached => "attached",
            Self::Removed => "removed",
        }
    }

    pub(crate) fn of(text: &str) -> Self {
        if text == "removed" { Self::Removed } else { Self::Attached }
    }
}

/// Is one of these what a file is called that wanted this name?
fn is_called(name: &str, wanted: &str) -> bool {
    name == wanted || (2..N_ALIKE).any(|n| name == file_name::marked(wanted, n))
}

// ------------------------------------------------------------------------------------ sql

pub(crate) fn refuse_day(connection: &Connection, page: PageId) -> Result<()> {
    let day: bool = connection
        .prepare_cached("select kind = 'transcript' from page where id = ?1")?
        .query_row([page], |row| row.get(0))
        .optional()?
        .ok_or(Error::NotFound)?;
    if day {
        return Err(Error::Forbidden("Attach files to the room's page: a day shows those."));
    }
    Ok(())
}

/// Is this very file on the page already? Then somebody sent it again.
pub(crate) fn is_there(
    connection: &Connection,
    page: PageId,
    wanted: &str,
    sha256: &[u8],
) -> Result<bool> {
    let mut statement = connection.prepare_cached(
        "select name from file
         where page = ?1 and sha256 = ?2 and mid is null and state = 'here'",
    )?;
    let mut rows = statement.query((page, sha256))?;
    while let Some(row) = rows.next()? {
        if is_called(row.get_ref(0)?.as_str().unwrap_or_default(), wanted) {
            return Ok(true);
        }
    }
    Ok(false)
}

pub(crate) fn note(
    tx: &Tx<'_, Change>,
    page: PageId,
    by: AccountId,
    act: Act,
    name: &str,
    now: Timestamp,
) -> Result<()> {
    tx.prepare_cached(
        "insert into file_act (page, at, by, act, name) values (:page, :at, :by, :act, :name)",
    )?
    .execute(named_params! {
        ":page": page, ":at": now.as_millisecond(), ":by": by, ":act": act.as_str(), ":name": name,
    })?;
    Ok(())
}

fn select(connection: &Connection, page: PageId, most: i64) -> Result<PageFiles> {
    let n_files = connection
        .prepare_cached(
            "select count(*) from file where page = ?1 and mid is null and state = 'here'",
        )?
        .query_row([page], |row| row.get(0))?;
    let mut statement = connection.prepare_cached(
        "select file.id, file.name, file.size, account.display, file.uploaded_at
         from file left join account on account.id = file.uploaded_by
         where file.page = ?1 and file.mid is null and file.state = 'here'
         order by file.name collate nocase, file.name limit ?2",
    )?;
    let files = statement
        .query_map((page, most), |row| {
            Ok(PageFile {
                id: row.get(0)?,
                name: row.get(1)?,
                size: row.get(2)?,
                by: row.get(3)?,
                at: Timestamp::from_millisecond(row.get(4)?).unwrap_or_default(),
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(PageFiles { n_files, files })
}

fn select_acts(connection: &Connection, page: PageId) -> Result<Vec<Acted>> {
    let mut statement = connection.prepare_cached(
        "select file_act.act, file_act.name, file_act.at, account.display
         from file_act left join account on account.id = file_act.by
         where file_act.page = ?1 order by file_act.id desc limit ?2",
    )?;
    let acts = statement
        .query_map((page, N_ACTS), |row| {
            Ok(Acted {
                act: Act::of(row.get_ref(0)?.as_str()?),
                name: row.get(1)?,
                at: Timestamp::from_millisecond(row.get(2)?).unwrap_or_default(),
                by: row.get(3)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(acts)
}

#[cfg(test)]
mod tests {
    use super::is_called;

    #[test]
    fn a_name_with_a_number_is_the_name_that_was_wanted() {
        for name in ["plan.pdf", "plan-2.pdf", "plan-19.pdf"] {
            assert!(is_called(name, "plan.pdf"), "{name}");
        }
        for name in ["plan-b.pdf", "plan.txt", "a plan.pdf"] {
            assert!(!is_called(name, "plan.pdf"), "{name}");
        }
    }
}
