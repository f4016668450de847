//! The connections of browsers that have few: by HTTP/1.1 one has six to a site, for all of its
//! windows together. Were all six held by streams, the seventh window would not load and none of
//! the others could send anything; so four are held at most, by streams and by polls that wait, and
//! the windows beyond them ask every second, which holds none.
//!
//! Whether it is so, the window tells: a browser knows by which protocol its page came, whatever
//! proxies are on the way. To conclude it from settings or from headers of proxies was refused: a
//! proxy with TLS may or may not speak HTTP/2, and says nothing of it. That the windows settle it
//! among themselves was refused too: by plain HTTP a browser gives them no locks.
//!
//! **Invariant:** memory only, and no right follows from it: a window that counts itself to others
//! makes only itself and its own account's windows slower. Who is not signed in shares one of 65,535
//! numbers with nobody but by chance, or by somebody's guess: then some of them poll.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Live;
use crate::account::Viewer;
use crate::presence::Window;

/// So many of a browser's six are held, for a page and a message that is sent beside them.
const MOST: usize = 4;

/// A browser: an account (0: none), and what its windows have in common.
type Browser = (i64, u16);

/// How many connections of each browser are held.
#[derive(Default)]
pub(super) struct Connections(Mutex<HashMap<Browser, usize>>);

/// A connection of a window is held while this lives.
pub struct Held(Option<(Arc<Connections>, Browser)>);

impl Live {
    /// Holds a connection of the viewer's window; nothing where its browser has none to spare.
    pub fn hold(&self, viewer: &Viewer, window: Window) -> Option<Held> {
        let account = viewer.account_id().map_or(0, |account| account.0);
        Connections::hold(&self.connections, account, window)
    }
}

impl Connections {
    fn hold(self: &Arc<Self>, account: i64, window: Window) -> Option<Held> {
        let Some(common) = common(window) else { return Some(Held(None)) };
        let browser = (account, common);
        let mut counts = self.counts();
        let n_held = counts.entry(browser).or_default();
        if *n_held >= MOST {
            return None;
        }
        *n_held += 1;
        Some(Held(Some((Arc::clone(self), browser))))
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<Browser, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// It is one of few.
    pub(super) fn is_counted(&self) -> bool {
        self.0.is_some()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let Some((connections, browser)) = self.0.take() else { return };
        if let Entry::Occupied(mut n_held) = connections.counts().entry(browser) {
            *n_held.get_mut() -= 1;
            if *n_held.get() == 0 {
                n_held.remove();
            }
        }
    }
}

/// The upper half of a window's number: what the windows of one browser have in common that share
/// its connections. Nothing where there are enough.
fn common(window: Window) -> Option<u16> {
    u16::try_from(window.0 >> 16).ok().filter(|common| *common != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_are_held_of_each_browser_and_none_is_forgotten() {
        let connections = Arc::new(Connections::default());
        let take = |account, browser: u32, window: u32| {
            connections.hold(account, Window(browser << 16 | window))
        };
        let mut held: Vec<_> = (1..=4).filter_map(|window| take(1, 7, window)).collect();
        assert_eq!(held.len(), 4);
        assert!(take(1, 7, 5).is_none());
        // Of another browser, of another account, and where there is no need.
        held.extend([take(1, 8, 5), take(2, 7, 5)].into_iter().flatten());
        held.extend((0..9).filter_map(|window| take(1, 0, window)));
        assert_eq!(held.len(), 15);
        held.remove(0);
        held.extend(take(1, 7, 5));
        assert!(take(1, 7, 6).is_none());
        held.clear();
        assert!(connections.counts().is_empty());
    }
}
