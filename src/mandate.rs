//! Who may administer: an account, for as long as it may, or the operator, who asks nobody.
//!
//! **Invariant:** a [`Mandate`] cannot be had without asking, and a write confirms it inside its
//! transaction. To whoever has none, what it is for is nothing that exists.

use jiff::Timestamp;
use rusqlite::Connection;

use crate::account::Viewer;
use crate::error::{Error, Result};
use crate::id::AccountId;
use crate::session;

/// Proof that somebody may administer.
#[derive(Clone, Debug)]
pub struct Mandate {
    viewer: Option<Viewer>,
}

impl Mandate {
    /// Of who holds the file: commands, and the program itself.
    pub fn operator() -> Self {
        Self { viewer: None }
    }

    /// Of who came to a page.
    pub fn of(viewer: &Viewer) -> Result<Self> {
        match viewer.account() {
            Some(account) if account.admin => Ok(Self { viewer: Some(viewer.clone()) }),
            Some(_) => Err(Error::NotFound),
            None => Err(Error::LoginNeeded),
        }
    }

    /// The account; `None`: the operator.
    pub fn account_id(&self) -> Option<AccountId> {
        self.viewer.as_ref().and_then(Viewer::account_id)
    }

    /// Asks again, inside a write.
    pub(crate) fn confirm(&self, connection: &Connection, now: Timestamp) -> Result<()> {
        let Some(viewer) = &self.viewer else { return Ok(()) };
        session::confirm(connection, viewer, now)?;
        if administers(connection, viewer)? { Ok(()) } else { Err(Error::NotFound) }
    }
}

/// Does the viewer administer, as the file has it? What a request began with may be over.
pub(crate) fn administers(connection: &Connection, viewer: &Viewer) -> Result<bool> {
    let administers = connection
        .prepare_cached(
            "select exists (select 1 from account
                            where id = ?1 and admin = 1 and disabled_at is null)",
        )?
        .query_row([viewer.account_id()], |row| row.get(0))?;
    Ok(administers)
}
