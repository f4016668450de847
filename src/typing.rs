//! Who is about to say something; memory only, and never what.
//!
//! **Invariants:** somebody who falls silent is gone by themselves after [`LASTS_MS`], whatever
//! became of their browser. A room's windows are told when the list is another one, and at most
//! once in [`PACE_MS`], except that who has just spoken is taken off at once.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use crate::app::App;
use crate::error::{Error, Result};
use crate::id::{AccountId, RoomId};
use crate::moderation;
use crate::permission::{Grant, Post};
use crate::room;

/// So long a word from a window holds.
pub const LASTS_MS: i64 = 6_000;
/// So often a room's windows are told at most.
pub const PACE_MS: i64 = 1_000;

/// Somebody who types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typist {
    /// Account name.
    pub name: String,
    /// As shown.
    pub display: String,
}

/// The people of each room who type.
#[derive(Default)]
pub struct Typing {
    rooms: Mutex<HashMap<RoomId, Room>>,
}

#[derive(Default)]
struct Room {
    /// In the order in which they began; until when.
    people: Vec<(AccountId, Typist, i64)>,
    told: Vec<Typist>,
    told_at: Option<i64>,
}

impl Room {
    /// What to tell, if that is something new.
    fn tell(&mut self, now: i64) -> Option<Vec<Typist>> {
        let list: Vec<_> = self.people.iter().map(|(_, typist, _)| typist.clone()).collect();
        if list == self.told {
            return None;
        }
        (self.told, self.told_at) = (list.clone(), Some(now));
        Some(list)
    }
}

impl Typing {
    /// Somebody goes on typing.
    pub fn note(&self, room: RoomId, account: AccountId, typist: Typist, now: Timestamp) {
        let until = now.as_millisecond() + LASTS_MS;
        let mut rooms = self.rooms();
        let people = &mut rooms.entry(room).or_default().people;
        match people.iter_mut().find(|(other, ..)| *other == account) {
            Some(known) => (known.1, known.2) = (typist, until),
            None => people.push((account, typist, until)),
        }
    }

    /// Somebody does not type any more.
    pub fn stop(&self, room: RoomId, account: AccountId) {
        if let Some(room) = self.rooms().get_mut(&room) {
            room.people.retain(|(other, ..)| *other != account);
        }
    }

    /// Nobody does: nobody may.
    pub fn stop_all(&self, room: RoomId) {
        if let Some(room) = self.rooms().get_mut(&room) {
            room.people.clear();
        }
    }

    /// Somebody has spoken: the list without them, if they are on the list that was told.
    pub fn spoke(&self, room: RoomId, account: AccountId, now: Timestamp) -> Option<Vec<Typist>> {
        self.stop(room, account);
        let mut rooms = self.rooms();
        let room = rooms.get_mut(&room)?;
        let left = room.told.iter().any(|told| room.people.iter().all(|(_, on, _)| on != told));
        if left { room.tell(now.as_millisecond()) } else { None }
    }

    /// Who types in the room, for a window that opens.
    pub fn now(&self, room: RoomId, now: Timestamp) -> Vec<Typist> {
        let rooms = self.rooms();
        let people = rooms.get(&room).into_iter().flat_map(|room| &room.people);
        let still = people.filter(|(.., until)| *until > now.as_millisecond());
        still.map(|(_, typist, _)| typist.clone()).collect()
    }

    /// Tells the rooms whose windows have to be told, and what: before anything else about it
    /// changes, so that a list from before somebody spoke does not come after the one from then.
    pub fn tell_due(&self, now: Timestamp, tell: impl FnOnce(Vec<(RoomId, Vec<Typist>)>)) {
        let now = now.as_millisecond();
        let mut due = Vec::new();
        let mut rooms = self.rooms();
        rooms.retain(|id, room| {
            room.people.retain(|(.., until)| *until > now);
            // A clock that was set back silences nobody for long.
            let rests = room.told_at.is_some_and(|at| (now - at).abs() < PACE_MS);
            if !rests && let Some(list) = room.tell(now) {
                due.push((*id, list));
            }
            !room.people.is_empty() || !room.told.is_empty()
        });
        tell(due);
    }

    fn rooms(&self) -> MutexGuard<'_, HashMap<RoomId, Room>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// ------------------------------------------------------------------------------------ verbs

/// The viewer types. Who could not post what they type just now is told so and not shown.
pub async fn begin(app: &App, grant: &Grant<Post>) -> Result<()> {
    let Some(account) = grant.viewer().account() else { return Err(Error::LoginNeeded) };
    app.rate_limits.signal(account.id.0)?;
    let (room, author, now) = (grant.room(), account.id, app.clock.now());
    let admitted = app.store.look_up(|connection| {
        grant.confirm(connection, now)?;
        let room = room::select(connection, room)?;
        if !room.open {
            return Err(Error::Conflict("This room is closed.".into()));
        }
        moderation::admit_edit(connection, &room, author, now)
    });
    if let Err(refused) = admitted.await {
        app.typing.stop(room, author);
        return Err(refused);
    }
    let typist = Typist { name: account.name.clone(), display: account.display.clone() };
    app.typing.note(room, author, typist, now);
    Ok(())
}

/// The viewer has emptied the box.
pub fn end(app: &App, grant: &Grant<Post>) -> Result<()> {
    let Some(account) = grant.viewer().account_id() else { return Err(Error::LoginNeeded) };
    app.rate_limits.signal(account.0)?;
    app.typing.stop(grant.room(), account);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: RoomId = RoomId(1);

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(ms).unwrap_or_default()
    }

    fn type_in(typing: &Typing, account: i64, ms: i64) {
        let name = format!("p{account}");
        let typist = Typist { display: name.to_uppercase(), name };
        typing.note(ROOM, AccountId(account), typist, at(ms));
    }

    fn due(typing: &Typing, now: Timestamp) -> Vec<(RoomId, Vec<Typist>)> {
        let mut told = Vec::new();
        typing.tell_due(now, |due| told = due);
        told
    }

    fn told(due: Vec<(RoomId, Vec<Typist>)>) -> Vec<String> {
        due.into_iter().flat_map(|(_, list)| list).map(|typist| typist.name).collect()
    }

    #[test]
    fn going_on_is_told_once_and_silence_ends_it() {
        let typing = Typing::default();
        type_in(&typing, 1, 0);
        assert_eq!(told(due(&typing, at(0))), ["p1"]);
        for ms in [1_500, 4_000, 8_000] {
            type_in(&typing, 1, ms);
            assert!(due(&typing, at(ms)).is_empty(), "nothing changes");
        }
        assert!(due(&typing, at(13_999)).is_empty());
        assert_eq!(due(&typing, at(14_000)), [(ROOM, Vec::new())]);
        assert!(typing.rooms().is_empty(), "nothing is kept of it");
    }

    #[test]
    fn a_room_is_told_at_most_once_a_second() {
        let typing = Typing::default();
        type_in(&typing, 1, 0);
        assert_eq!(due(&typing, at(0)).len(), 1);
        type_in(&typing, 2, 100);
        type_in(&typing, 3, 200);
        assert!(due(&typing, at(200)).is_empty());
        assert_eq!(told(due(&typing, at(1_000))), ["p1", "p2", "p3"]);
        // Who comes and goes in between was never there.
        type_in(&typing, 4, 1_100);
        typing.stop(ROOM, AccountId(4));
        assert!(due(&typing, at(2_500)).is_empty());
    }

    #[test]
    fn who_has_spoken_is_taken_off_at_once() {
        let typing = Typing::default();
        type_in(&typing, 1, 0);
        type_in(&typing, 2, 0);
        due(&typing, at(0));
        let left = typing.spoke(ROOM, AccountId(1), at(10)).unwrap_or_default();
        assert_eq!(left.iter().map(|typist| typist.name.as_str()).collect::<Vec<_>>(), ["p2"]);
        assert!(typing.spoke(ROOM, AccountId(3), at(20)).is_none(), "was not on the list");
        assert!(due(&typing, at(2_000)).is_empty());
    }
}
