//! Which state of the rights and of the sessions a snapshot shows.
//!
//! **Invariant:** what was worked out from one version is true wherever the same version is read:
//! the file counts, by triggers, in the transaction that makes them, the changes of whatever decides
//! who sees what and who comes with a session.

use std::sync::atomic::{AtomicI64, Ordering};

use rusqlite::Connection;

use crate::error::Result;

/// How often what decides these was changed, since there is the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Version {
    /// Who may see and do what, and how pages and rooms are called.
    pub rights: i64,
    /// Who comes with a session, and what is shown of them.
    pub sessions: i64,
}

impl Version {
    /// The one that this snapshot shows, or this transaction has made.
    pub fn of(connection: &Connection) -> Result<Self> {
        let version = connection
            .prepare_cached("select version, sessions from local_rights")?
            .query_row([], |row| Ok(Self { rights: row.get(0)?, sessions: row.get(1)? }))?;
        Ok(version)
    }
}

/// The version of what was committed last.
#[derive(Debug, Default)]
pub(super) struct Committed {
    rights: AtomicI64,
    sessions: AtomicI64,
}

impl Committed {
    pub(super) fn set(&self, version: Version) {
        self.rights.store(version.rights, Ordering::SeqCst);
        self.sessions.store(version.sessions, Ordering::SeqCst);
    }

    /// Each of its numbers is one that was committed; together they may be of two commits.
    pub(super) fn get(&self) -> Version {
        Version {
            rights: self.rights.load(Ordering::SeqCst),
            sessions: self.sessions.load(Ordering::SeqCst),
        }
    }
}
