//! A whole copy of the file while it is in use.

use std::fs::File;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::{connection, schema};
use crate::error::{Error, Result};

/// `VACUUM INTO` a file beside `target`, a new epoch, fsync, rename: the target is whole or
/// not there.
pub(super) fn copy(source: &Path, target: &Path) -> Result<()> {
    if target.exists() {
        return Err(Error::Conflict(format!(
            "{} is already there; name a file that is not",
            target.display()
        )));
    }
    let part = connection::beside(target, ".part");
    let _ = std::fs::remove_file(&part);
    connection::create_private(&part)?;
    let copied = copy_to(source, &part);
    if copied.is_err() {
        let _ = std::fs::remove_file(&part);
        return copied;
    }
    std::fs::rename(&part, target)?;
    if let Some(folder) = target.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

fn copy_to(source: &Path, part: &Path) -> Result<()> {
    let name = part
        .to_str()
        .ok_or_else(|| Error::invalid("file", "the name of a backup must be UTF-8"))?;
    let reader = Connection::open_with_flags(
        source,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    reader.execute("vacuum into ?1", [name])?;
    let copy = Connection::open_with_flags(part, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    copy.pragma_update(None, "synchronous", "full")?;
    copy.execute("update copy set epoch = ?1", [schema::new_epoch()])?;
    drop(copy);
    File::open(part)?.sync_all()?;
    Ok(())
}
