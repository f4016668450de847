//! Who comes with a session, and where they may read and write: what every request asks for, kept
//! in memory.
//!
//! **Invariant:** what is kept is used only while nothing that decides it has been changed since it
//! was looked up ([`Version`]). Only a yes is kept: whoever was let in nowhere is asked about anew.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::account::{SignedIn, Viewer};
use crate::id::{AccountId, PageId};
use crate::store::Version;

/// Sessions that are kept, some hundred bytes each; with the next one all are forgotten.
const N_SESSIONS: usize = 20_000;
/// The same for who may do what on which page, some thirty bytes each.
const N_ANSWERS: usize = 100_000;

/// What is kept; one for the whole program.
#[derive(Default)]
pub struct Cache {
    /// By the hashes of their tokens.
    sessions: Mutex<AsOf<HashMap<Vec<u8>, Arc<Found>>>>,
    answers: Mutex<AsOf<HashSet<Answer>>>,
}

/// What is kept of one version.
#[derive(Default)]
struct AsOf<K> {
    version: i64,
    kept: K,
}

/// This account (none: not signed in) may do this on this page.
type Answer = (Option<AccountId>, PageId, Kept);

/// What is asked so often that the answer is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kept {
    /// May see the page.
    View,
    /// May post in its room.
    Post,
}

/// A session that was found.
#[derive(Debug)]
pub(crate) struct Found {
    viewer: Viewer,
    seen: AtomicI64,
}

impl Found {
    /// `seen`: when it was used last, in milliseconds.
    pub(crate) fn new(signed_in: SignedIn, seen: i64) -> Self {
        Self { viewer: Viewer::signed_in(signed_in), seen: AtomicI64::new(seen) }
    }

    pub(crate) fn viewer(&self) -> &Viewer {
        &self.viewer
    }

    /// When it was used last, in milliseconds, to the hour.
    pub(crate) fn seen(&self) -> i64 {
        self.seen.load(Ordering::Relaxed)
    }

    /// It is used, at that time.
    pub(crate) fn see(&self, at: i64) {
        self.seen.store(at, Ordering::Relaxed);
    }
}

impl Cache {
    /// The session with this hash of a token.
    pub(crate) fn session(&self, version: Version, hash: &[u8]) -> Option<Arc<Found>> {
        as_of(&self.sessions, version.sessions)?.kept.get(hash).cloned()
    }

    /// Keeps what was found in a snapshot of that version.
    pub(crate) fn keep_session(&self, version: Version, hash: Vec<u8>, found: &Arc<Found>) {
        let Some(mut of) = as_of(&self.sessions, version.sessions) else { return };
        if of.kept.len() >= N_SESSIONS {
            of.kept.clear();
        }
        of.kept.insert(hash, Arc::clone(found));
    }

    /// Is it known that `account` may do this on the page?
    pub(crate) fn may(
        &self,
        version: Version,
        account: Option<AccountId>,
        page: PageId,
        what: Kept,
    ) -> bool {
        as_of(&self.answers, version.rights)
            .is_some_and(|of| of.kept.contains(&(account, page, what)))
    }

    /// Keeps what was answered in a snapshot of that version, of a page that people write: changes
    /// of the pages of days are not counted.
    pub(crate) fn keep_may(
        &self,
        version: Version,
        account: Option<AccountId>,
        page: PageId,
        what: Kept,
    ) {
        let Some(mut of) = as_of(&self.answers, version.rights) else { return };
        if of.kept.len() >= N_ANSWERS {
            of.kept.clear();
        }
        of.kept.insert((account, page, what));
    }
}

/// What is kept, if it is about this version; of an older one it is forgotten.
fn as_of<K: Default>(of: &Mutex<AsOf<K>>, version: i64) -> Option<MutexGuard<'_, AsOf<K>>> {
    let mut of = of.lock().unwrap_or_else(PoisonError::into_inner);
    if of.version < version {
        *of = AsOf { version, kept: K::default() };
    }
    // A snapshot from before the last change is worked out by itself.
    (of.version == version).then_some(of)
}
