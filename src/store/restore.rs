//! A backup takes the file's place, once it was looked at.
//!
//! **Invariant:** nothing is written over, and what is not whole never stands in the file's place.
//! The backup itself is only read, and not as a database: opening one may write beside it.

use std::fs::File;
use std::io;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::{connection, schema};
use crate::error::{Error, Result};

/// Copies `backup` beside `target`, checks that copy, stamps it with an epoch of its own (whoever
/// read on after the backup, or after an earlier restore of it, is told to load anew) and gives it
/// the place. Answers which schema it has.
pub fn restore(backup: &Path, target: &Path) -> Result<i64> {
    connection::refuse_old_sqlite()?;
    let _lock = connection::lock(target)?;
    if target.exists() {
        return Err(Error::Conflict(format!(
            "{} is there: move it away first, a restore writes over nothing",
            target.display()
        )));
    }
    connection::refuse_orphaned_wal(target)?;
    let log = std::fs::metadata(connection::beside(backup, "-wal")).map_or(0, |file| file.len());
    if log > 0 {
        return Err(Error::Conflict(format!(
            "{} is no backup but a file in use: what was written last stands beside it; \
             `backchannel backup` makes a whole one",
            backup.display()
        )));
    }
    let part = connection::beside(target, ".part");
    let _ = std::fs::remove_file(&part);
    let made = prepare(backup, &part).and_then(|version| {
        // Unlike a rename it fails where something has come to stand there meanwhile.
        std::fs::hard_link(&part, target)?;
        Ok(version)
    });
    for end in ["", "-wal", "-shm", "-journal"] {
        let _ = std::fs::remove_file(connection::beside(&part, end));
    }
    let version = made?;
    if let Some(folder) = target.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        File::open(folder)?.sync_all()?;
    }
    Ok(version)
}

fn prepare(backup: &Path, part: &Path) -> Result<i64> {
    let unreadable =
        |error: io::Error| Error::broken(format!("{} cannot be read: {error}", backup.display()));
    let mut from = File::open(backup).map_err(unreadable)?;
    connection::create_private(part)?;
    let mut to = File::options().write(true).open(part)?;
    io::copy(&mut from, &mut to)?;
    drop(to);
    let copy = Connection::open_with_flags(part, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let version = schema::refuse_foreign(&copy).map_err(unsound)?;
    refuse_broken(&copy).map_err(unsound)?;
    copy.pragma_update(None, "journal_mode", "delete")?;
    copy.pragma_update(None, "secure_delete", true)?;
    copy.execute("update copy set epoch = ?1", [schema::new_epoch()])?;
    drop(copy);
    File::open(part)?.sync_all()?;
    Ok(version)
}

/// What `SQLite` itself cannot read is not whole.
fn unsound(error: Error) -> Error {
    match error {
        Error::Broken(source) if source.is::<rusqlite::Error>() => not_whole(&source.to_string()),
        other => other,
    }
}

fn not_whole(what: &str) -> Error {
    Error::Conflict(format!("this backup is not whole: {what}"))
}

/// Says what is wrong with a file that is not whole.
fn refuse_broken(connection: &Connection) -> Result<()> {
    let found: String = connection.query_row("pragma integrity_check(1)", [], |row| row.get(0))?;
    if found != "ok" {
        return Err(not_whole(&found));
    }
    if connection.prepare("pragma foreign_key_check")?.exists([])? {
        return Err(not_whole("rows point to nothing"));
    }
    let stamped: bool =
        connection
            .query_row("select count(*) = 1 from copy where epoch <> ''", [], |row| row.get(0))?;
    if stamped { Ok(()) } else { Err(not_whole("it does not say which copy it is")) }
}
