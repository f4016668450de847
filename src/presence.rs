//! Who has which room open, and whether they look at it; memory only.
//!
//! Somebody is *here* while one of their windows is to be seen, or was within the last five
//! minutes; *away* while they have windows open and none of them was. A window that says nothing
//! of itself (no scripts, a poll, another program) is to be seen for as long as it is connected.
//! When a window was hidden, the window tells; how long ago that is, our clock does.
//!
//! **Invariant:** counts people, not windows. A window lasts as long as its streams and polls,
//! and some seconds longer, so that a reload is not seen by others: one that crashed is gone.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::account::{self, Viewer};
use crate::app::App;
use crate::error::{Error, Result};
use crate::id::{AccountId, PageId, RoomId};
use crate::permission::{Grant, View};

/// Who hides all windows for so long is away, in milliseconds.
pub const AWAY_AFTER_MS: i64 = 5 * 60 * 1000;

/// How much somebody is in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Looks at it, or did a little while ago.
    Here,
    /// Has it open, and has not looked at it for a while.
    Away,
    /// Does not have it open.
    Gone,
}

/// Which window of an account, as it calls itself; all that do not are one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Window(pub u32);

/// The people of each room, and their windows.
#[derive(Default)]
pub struct Presence {
    rooms: Mutex<HashMap<RoomId, HashMap<AccountId, Person>>>,
}

#[derive(Default)]
struct Person {
    windows: HashMap<Window, Open>,
    /// As others were last told; nothing before that.
    told: Option<State>,
}

#[derive(Default)]
struct Open {
    /// Streams and polls; a stream that comes back meets the one that it replaces.
    n_lines: usize,
    hidden_since: Option<i64>,
}

impl Person {
    fn state(&self, now: Timestamp) -> State {
        let looks = |open: &Open| {
            open.hidden_since.is_none_or(|since| now.as_millisecond() - since < AWAY_AFTER_MS)
        };
        match self.windows.values().any(looks) {
            _ if self.windows.is_empty() => State::Gone,
            true => State::Here,
            false => State::Away,
        }
    }

    /// Is it another state than others were told?
    fn turns(&mut self, now: Timestamp) -> bool {
        let state = Some(self.state(now));
        std::mem::replace(&mut self.told, state) != state
    }
}

impl Presence {
    /// One more stream or poll of a window; true if others see the person otherwise by that.
    pub fn enter(&self, room: RoomId, who: AccountId, window: Window, now: Timestamp) -> bool {
        let mut rooms = self.rooms();
        let person = rooms.entry(room).or_default().entry(who).or_default();
        person.windows.entry(window).or_default().n_lines += 1;
        person.turns(now)
    }

    /// One less; true if others see the person otherwise by that.
    pub fn leave(&self, room: RoomId, who: AccountId, window: Window, now: Timestamp) -> bool {
        let mut rooms = self.rooms();
        let Some(people) = rooms.get_mut(&room) else { return false };
        let Some(person) = people.get_mut(&who) else { return false };
        let Some(open) = person.windows.get_mut(&window) else { return false };
        open.n_lines = open.n_lines.saturating_sub(1);
        if open.n_lines == 0 {
            person.windows.remove(&window);
        }
        let turns = person.turns(now);
        if person.windows.is_empty() {
            people.remove(&who);
        }
        if people.is_empty() {
            rooms.remove(&room);
        }
        turns
    }

    /// A window is to be seen, or has been hidden since; true if others see the person otherwise
    /// by that. A window that is not connected has no say.
    pub fn look(
        &self,
        room: RoomId,
        who: AccountId,
        window: Window,
        hidden_since: Option<Timestamp>,
        now: Timestamp,
    ) -> bool {
        let mut rooms = self.rooms();
        let person = rooms.get_mut(&room).and_then(|people| people.get_mut(&who));
        let Some(person) = person else { return false };
        let Some(open) = person.windows.get_mut(&window) else { return false };
        open.hidden_since = hidden_since.map(Timestamp::as_millisecond);
        person.turns(now)
    }

    /// The rooms in which somebody is seen otherwise because time went by.
    pub fn turned(&self, now: Timestamp) -> Vec<RoomId> {
        let mut turned = Vec::new();
        for (room, people) in self.rooms().iter_mut() {
            // Each is asked, or the next look would find the same again.
            let n_turned = people.values_mut().filter_map(|person| person.turns(now).then_some(()));
            if n_turned.count() > 0 {
                turned.push(*room);
            }
        }
        turned
    }

    /// Who has the room open, in the order of their accounts.
    pub fn present(&self, room: RoomId, now: Timestamp) -> Vec<(AccountId, State)> {
        let rooms = self.rooms();
        let people = rooms.get(&room).into_iter().flatten();
        let mut present: Vec<_> =
            people.map(|(account, person)| (*account, person.state(now))).collect();
        present.sort_unstable();
        present
    }

    /// Where somebody is, and how much.
    fn of(&self, account: AccountId, now: Timestamp) -> Vec<(RoomId, State)> {
        let rooms = self.rooms();
        let state = |people: &HashMap<_, Person>| Some(people.get(&account)?.state(now));
        rooms.iter().filter_map(|(room, people)| Some((*room, state(people)?))).collect()
    }

    fn rooms(&self) -> MutexGuard<'_, HashMap<RoomId, HashMap<AccountId, Person>>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether somebody is here, as far as it is the viewer's to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Badge {
    /// As shown.
    pub display: String,
    /// The most that is true of a room that the viewer may see.
    pub state: State,
}

/// Is the account with this name here? Only people who share a page that both may see are told;
/// to others there is no such account. A room that the viewer may not see tells nothing.
pub async fn badge(app: &App, viewer: &Viewer, name: &str) -> Result<Badge> {
    let viewer = viewer.account_id().ok_or(Error::LoginNeeded)?;
    let name = name.to_owned();
    let sight = Arc::clone(&app.sight);
    let (account, visible) = app
        .store
        .read(move |connection| {
            let account = account::by_name(connection, &name)?.ok_or(Error::NotFound)?;
            let visible = sight.seen(connection, Some(viewer))?;
            let theirs = sight.seen(connection, Some(account.id))?;
            let shares = theirs.pages.iter().any(|page| visible.has(*page));
            if account.disabled || !shares {
                return Err(Error::NotFound);
            }
            Ok((account, visible))
        })
        .await?;
    let rooms = app.presence.of(account.id, app.clock.now()).into_iter();
    let states = rooms.filter(|(room, _)| visible.has(PageId::from(*room)));
    let state = states.map(|(_, state)| state).min().unwrap_or(State::Gone);
    Ok(Badge { display: account.display, state })
}

/// A window of the viewer's tells that it is to be seen, or has been hidden for so many seconds;
/// true if others see the viewer otherwise by that.
pub fn look(
    app: &App,
    grant: &Grant<View>,
    window: Window,
    hidden_seconds: Option<u32>,
) -> Result<bool> {
    let Some(account) = grant.viewer().account_id() else { return Err(Error::LoginNeeded) };
    app.rate_limits.signal(account.0)?;
    let now = app.clock.now();
    let since = hidden_seconds.map(|seconds| {
        now.saturating_sub(SignedDuration::from_secs(i64::from(seconds))).unwrap_or(now)
    });
    Ok(app.presence.look(grant.room(), account, window, since, now))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: RoomId = RoomId(1);
    const BOB: AccountId = AccountId(2);

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_second(minutes * 60).unwrap_or_default()
    }

    #[test]
    fn a_person_with_two_windows_is_here_until_both_are_closed() {
        let presence = Presence::default();
        let (one, two, now) = (Window(1), Window(2), at(0));
        assert!(presence.enter(ROOM, BOB, one, now));
        assert!(!presence.enter(ROOM, BOB, two, now));
        assert!(!presence.leave(ROOM, BOB, one, now));
        assert_eq!(presence.present(ROOM, now), [(BOB, State::Here)]);
        assert!(presence.leave(ROOM, BOB, two, now));
        assert!(presence.present(ROOM, now).is_empty());
        assert!(!presence.leave(ROOM, BOB, two, now));
    }

    #[test]
    fn who_hides_every_window_for_five_minutes_is_away() {
        let presence = Presence::default();
        let (one, two) = (Window(1), Window(2));
        presence.enter(ROOM, BOB, one, at(0));
        presence.enter(ROOM, BOB, two, at(0));
        assert!(!presence.look(ROOM, BOB, one, Some(at(0)), at(0)));
        assert!(presence.turned(at(9)).is_empty(), "the other one is to be seen");
        assert!(!presence.look(ROOM, BOB, two, Some(at(9)), at(9)));
        assert!(presence.turned(at(13)).is_empty());
        assert_eq!(presence.turned(at(14)), [ROOM]);
        assert!(presence.turned(at(14)).is_empty(), "told once");
        assert_eq!(presence.present(ROOM, at(14)), [(BOB, State::Away)]);
        assert!(presence.look(ROOM, BOB, one, None, at(20)));
        assert_eq!(presence.present(ROOM, at(20)), [(BOB, State::Here)]);
        // The window that was looked at is closed: what is left was hidden long ago.
        assert!(presence.leave(ROOM, BOB, one, at(20)));
        assert_eq!(presence.present(ROOM, at(20)), [(BOB, State::Away)]);
    }

    #[test]
    fn a_window_that_is_not_open_has_no_say() {
        let presence = Presence::default();
        presence.enter(ROOM, BOB, Window(1), at(0));
        assert!(!presence.look(ROOM, BOB, Window(7), None, at(0)));
        presence.look(ROOM, BOB, Window(1), Some(at(0)), at(0));
        assert!(!presence.look(ROOM, BOB, Window(7), None, at(8)));
        assert_eq!(presence.present(ROOM, at(8)), [(BOB, State::Away)]);
    }
}
