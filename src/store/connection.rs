//! How connections to the file are made: pragmas, the lock, and what is refused.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use r2d2::ManageConnection;
use r2d2_sqlite::SqliteConnectionManager;
use rusqlite::config::DbConfig;
use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, OpenFlags};

use crate::error::{Error, Result};

/// Versions below can corrupt a WAL database when a checkpoint and a commit that resets the WAL
/// meet (sqlite.org/wal.html, the "WAL-reset" bug, fixed in 3.51.3).
const OLDEST_SQLITE: i32 = 3_051_003;

pub(super) fn refuse_old_sqlite() -> Result<()> {
    if rusqlite::version_number() < OLDEST_SQLITE {
        return Err(Error::broken(format!(
            "this program was built with SQLite {}, which can corrupt its file; build it with \
             the bundled one (3.51.3 or later)",
            rusqlite::version()
        )));
    }
    Ok(())
}

/// Takes the lock beside the file; held until the returned file is closed.
pub(super) fn lock(path: &Path) -> Result<File> {
    let beside = beside(path, ".lock");
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(&beside)
        .map_err(|error| Error::broken(format!("{} cannot be made: {error}", beside.display())))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::broken(format!(
            "{} is in use by another backchannel; stop that one first",
            path.display()
        ))),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

/// A WAL without its file, or beside one that was emptied, holds messages that would be thrown away
/// by starting empty.
pub(super) fn refuse_orphaned_wal(path: &Path) -> Result<()> {
    let wal = beside(path, "-wal");
    // An orderly end leaves an empty one.
    let holds_something = std::fs::metadata(&wal).is_ok_and(|wal| wal.len() > 0);
    let holds_nothing = std::fs::metadata(path).map_or(true, |file| file.len() == 0);
    if holds_nothing && holds_something {
        return Err(Error::broken(format!(
            "{} is missing or empty but {} is there: bring the file back, or move the WAL away to \
             begin anew without it",
            path.display(),
            wal.display()
        )));
    }
    Ok(())
}

/// Makes the file with mode 0600 before `SQLite` does; the WAL inherits the mode.
pub(super) fn create_private(path: &Path) -> Result<()> {
    match OpenOptions::new().create_new(true).write(true).mode(0o600).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(Error::broken(format!("{} cannot be made: {error}", path.display()))),
    }
}

pub(super) fn writer(path: &Path) -> Result<Connection> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    prepare(&connection)?;
    Ok(connection)
}

/// Sets up the writer for its file, which is known to be ours: this writes to it.
pub(super) fn begin_writing(connection: &Connection) -> Result<()> {
    connection.pragma_update(None, "journal_mode", "wal")?;
    // NORMAL loses acknowledged messages when the power goes; group commit makes FULL cheap.
    connection.pragma_update(None, "synchronous", "full")?;
    // The writer runs every checkpoint itself, between groups.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "journal_size_limit", 64 << 20)?;
    // A removed message must not survive in free pages.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(())
}

/// Connections that read and search. They alone have the words of the index as a table,
/// `message_word`, of which nothing is in the file.
pub(super) fn readers(path: &Path) -> SqliteConnectionManager {
    opening(path, 4 << 10, |connection| {
        connection.execute_batch(
            "create virtual table temp.message_word using fts5vocab (main, message_index, instance)",
        )
    })
}

/// One that looks up what is asked for by its keys: a few pages, and each thread that asks has its own.
pub(super) fn reader(path: &Path) -> rusqlite::Result<Connection> {
    opening(path, 1 << 10, |_| Ok(())).connect()
}

/// With so many KiB of the file in memory. It throws them away at each commit, and they are then taken
/// from whichever thread's memory it is used on next: with 16 MiB for each connection all threads came
/// to hold as much in the end, some 30 MiB more in two hours. The system has them in any case.
fn opening(
    path: &Path,
    cache_kib: i64,
    teach: impl Fn(&Connection) -> rusqlite::Result<()> + Send + Sync + 'static,
) -> SqliteConnectionManager {
    SqliteConnectionManager::file(path)
        .with_flags(OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .with_init(move |connection| {
            prepare(connection)?;
            connection.pragma_update(None, "cache_size", -cache_kib)?;
            connection.set_prepared_statement_cache_capacity(128);
            teach(connection)
        })
}

/// `holds(list, number)`: is the number in the list, a blob of numbers of eight bytes that rise?
/// What a list filters by is looked up without a table made of it for each statement.
fn teach_holds(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_DETERMINISTIC
        | FunctionFlags::SQLITE_DIRECTONLY;
    connection.create_scalar_function("holds", 2, flags, |context| {
        let (list, number) = (context.get_raw(0).as_blob()?, context.get_raw(1).as_i64()?);
        let (numbers, _) = list.as_chunks::<8>();
        Ok(numbers.binary_search_by_key(&number, |bytes| i64::from_le_bytes(*bytes)).is_ok())
    })
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    teach_holds(connection)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
    // What is bound does not change a plan. Otherwise a statement with `limit ?` is planned anew
    // at each run, which took as long as all else about a resume.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.execute_batch(
        "pragma foreign_keys = on; pragma cell_size_check = on; pragma mmap_size = 0;
         pragma temp_store = memory; pragma cache_size = -16384;",
    )
}

/// The path of a file that stands beside the database, by suffix.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
