//! Accounts, groups, sessions and passwords: who somebody is.
//!
//! **Invariant:** a session's token is never stored, only its hash; a password never leaves
//! this file. A [`Viewer`] comes from a session and from nowhere else.

use crate::id::{AccountId, SessionId};

/// A person or a bot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Stable; survives a change of name.
    pub id: AccountId,
    /// As typed at log-in and after `@`; unique when folded.
    pub name: String,
    /// As shown beside messages.
    pub display: String,
    /// May administer: accounts, spaces, anyone's restrictions, moderation.
    pub admin: bool,
    /// Cannot log in, holds no session.
    pub disabled: bool,
}

/// Who asks: an account with its session, or somebody who is not signed in.
#[derive(Clone, Debug)]
pub struct Viewer {
    signed_in: Option<(SessionId, Account)>,
}

impl Viewer {
    /// Somebody who is not signed in.
    pub fn anonymous() -> Self {
        Self { signed_in: None }
    }

    /// The account, if signed in.
    pub fn account(&self) -> Option<&Account> {
        self.signed_in.as_ref().map(|(_, account)| account)
    }

    /// The session, if signed in.
    pub fn session(&self) -> Option<SessionId> {
        self.signed_in.as_ref().map(|(session, _)| *session)
    }
}
