//! Who holds connections open, and how many: a stream, a poll that waits and a plain log each hold one
//! for as long as its window is there. Whoever may hold no more asks again and again instead, which
//! holds none.
//!
//! A browser has few: by HTTP/1.1 six to a site, for all of its windows together. Were all six held
//! by streams, the seventh window would not load and none of the others could send anything; so four
//! are held at most, and the windows beyond them ask every second.
//!
//! Whether it is so, the window tells: a browser knows by which protocol its page came, whatever
//! proxies are on the way. To conclude it from settings or from headers of proxies was refused: a
//! proxy with TLS may or may not speak HTTP/2, and says nothing of it. That the windows settle it
//! among themselves was refused too: by plain HTTP a browser gives them no locks.
//!
//! And a visitor has a share: an account or, without one, a network as the proxies tell of it. The
//! sockets that the hub and the accept loop count by their peers are all a proxy's where there is
//! one, and a log without scripts is none of the hub's. What is held goes into the hub with its
//! stream ([`Subscription::with`](crate::hub::Subscription::with)): one count for all three.
//!
//! **Invariant:** memory only, and no right follows from it: a window that counts itself to others
//! makes only itself and its own account's windows slower. Who is not signed in shares one of 65,535
//! numbers with nobody but by chance, or by somebody's guess: then some of them poll.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Live;
use crate::account::Viewer;
use crate::presence::Window;

/// So many of a browser's six are held, for a page and a message that is sent beside them.
const MOST: usize = 4;

/// So much for one account, in all of its browsers and robots: its eight streams
/// ([`per_account`](crate::hub::Config::per_account)) and three times as many windows that poll or do
/// without scripts. A plain log costs 0.2 ms with each message of its room: these at most 6 ms.
const OF_AN_ACCOUNT: usize = 32;
/// So much for one network without an account: the classes of a school that reads a public room all
/// at once, and a hundredth of the streams that there are for all.
const OF_A_NETWORK: usize = 256;

/// A browser: an account (0: none), and what its windows have in common.
type Browser = (i64, u16);

/// Whose share it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Visitor {
    Account(i64),
    Network(IpAddr),
}

/// How many connections of each browser and each visitor are held.
pub(super) struct Connections {
    /// Visitors have no more than their share.
    shared: bool,
    counts: Mutex<Counts>,
}

#[derive(Default)]
struct Counts {
    browsers: HashMap<Browser, usize>,
    visitors: HashMap<Visitor, usize>,
}

/// A connection of a window is held while this lives.
pub struct HeldConnection {
    browser: Option<Browser>,
    visitor: Option<Visitor>,
    connections: Arc<Connections>,
}

impl Live {
    /// Holds a connection of the viewer's window, at `network`; nothing where its browser has none to
    /// spare, or the visitor too many already.
    pub fn hold(
        &self,
        viewer: &Viewer,
        network: Option<IpAddr>,
        window: Window,
    ) -> Option<HeldConnection> {
        let account = viewer.account_id().map(|account| account.0);
        Connections::hold(&self.connections, account, network, window)
    }
}

impl Connections {
    /// Where not `shared`, for measurements, a visitor may hold any number.
    pub(super) fn new(shared: bool) -> Self {
        Self { shared, counts: Mutex::default() }
    }

    fn hold(
        self: &Arc<Self>,
        account: Option<i64>,
        network: Option<IpAddr>,
        window: Window,
    ) -> Option<HeldConnection> {
        let browser = common(window).map(|common| (account.unwrap_or_default(), common));
        let visitor = account.map(Visitor::Account).or(network.map(Visitor::Network));
        let visitor = visitor.filter(|_| self.shared);
        let share = if account.is_some() { OF_AN_ACCOUNT } else { OF_A_NETWORK };
        let mut counts = self.counts();
        if !has_room(&counts.browsers, browser, MOST) || !has_room(&counts.visitors, visitor, share)
        {
            return None;
        }
        take(&mut counts.browsers, browser);
        take(&mut counts.visitors, visitor);
        Some(HeldConnection { browser, visitor, connections: Arc::clone(self) })
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who is not counted always has room.
fn has_room<K: Hash + Eq>(counts: &HashMap<K, usize>, key: Option<K>, most: usize) -> bool {
    key.is_none_or(|key| counts.get(&key).is_none_or(|n_held| *n_held < most))
}

fn take<K: Hash + Eq>(counts: &mut HashMap<K, usize>, key: Option<K>) {
    if let Some(key) = key {
        *counts.entry(key).or_default() += 1;
    }
}

fn give_back<K: Hash + Eq>(counts: &mut HashMap<K, usize>, key: Option<K>) {
    let Some(Entry::Occupied(mut n_held)) = key.map(|key| counts.entry(key)) else { return };
    *n_held.get_mut() -= 1;
    if *n_held.get() == 0 {
        n_held.remove();
    }
}

impl HeldConnection {
    /// It is one of few.
    pub(super) fn is_counted(&self) -> bool {
        self.browser.is_some() || self.visitor.is_some()
    }
}

impl Drop for HeldConnection {
    fn drop(&mut self) {
        let mut counts = self.connections.counts();
        give_back(&mut counts.browsers, self.browser);
        give_back(&mut counts.visitors, self.visitor);
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
        let connections = Arc::new(Connections::new(true));
        let take = |account, browser: u32, window: u32| {
            connections.hold(Some(account), None, Window(browser << 16 | window))
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
        assert!(connections.counts().browsers.is_empty());
        assert!(connections.counts().visitors.is_empty());
    }

    #[test]
    fn a_visitor_has_a_share_and_gets_it_back() {
        let connections = Arc::new(Connections::new(true));
        let [school, home] = [[192, 0, 2, 1], [192, 0, 2, 2]].map(IpAddr::from).map(Some);
        let take = |account, network| connections.hold(account, network, Window(0));
        let mut held: Vec<_> = (0..300).filter_map(|_| take(None, school)).collect();
        assert_eq!(held.len(), OF_A_NETWORK);
        // Who is signed in there is counted by the account, wherever it is.
        held.extend((0..50).filter_map(|n| take(Some(1), if n % 2 == 0 { school } else { home })));
        assert_eq!(held.len(), OF_A_NETWORK + OF_AN_ACCOUNT);
        assert!(take(None, home).is_some() && take(Some(2), school).is_some());
        // Nobody counts this machine itself.
        assert!((0..300).map(|_| take(None, None)).collect::<Vec<_>>().iter().all(Option::is_some));
        held.remove(0);
        held.extend(take(None, school));
        assert!(take(None, school).is_none());
        held.clear();
        assert!(connections.counts().visitors.is_empty());
        let connections = Arc::new(Connections::new(false));
        let free: Vec<_> = (0..300).map(|_| connections.hold(Some(1), school, Window(0))).collect();
        assert!(free.iter().all(Option::is_some));
    }
}
