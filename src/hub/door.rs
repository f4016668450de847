//! Coming and going: who is let in, how a stream ends.
//!
//! **Invariant:** `Joined` and `Left` are told in pairs, and a seat that is parting is no subscriber:
//! no frame finds it any more.

use std::cmp::Reverse;
use std::collections::hash_map::Entry;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use memchr::memmem;
use mio::Token;

use super::ring::{END, ENDED, Room, chunk};
use super::run::{Answers, Carrier};
use super::seat::{Behind, Cursor, First, Line, Seat, Stage};
use super::{Arrival, Event};

const BUSY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nretry-after: 2\r\n\
    cache-control: no-store\r\nconnection: close\r\n\r\n";
const TOO_MANY: &[u8] = b"HTTP/1.1 429 Too Many Requests\r\ncontent-length: 0\r\n\
    retry-after: 30\r\ncache-control: no-store\r\nconnection: close\r\n\r\n";

impl<S: Line> Carrier<S> {
    pub(super) fn admit(&mut self, arrival: Arrival<S>, answers: &mut Answers) {
        let Arrival { id, mut socket, subscriber, first, seen, mark, companion } = arrival;
        let begin = self.rooms.get_mut(&subscriber.room).and_then(|room| room.release(id));
        self.touch(subscriber.room);
        let counted = match socket.peer() {
            Ok(peer) => self.addresses.take(peer),
            Err(_) => return, // It is gone already.
        };
        let counted_or_none = counted.unwrap_or(None);
        let key = self.seats.next_key();
        if let Err(error) = socket.watch(&self.registry, Token(key as usize)) {
            tracing::warn!(%error, "a stream cannot be watched");
            return self.addresses.give(counted_or_none);
        }
        let full = self.stopped || self.n_live >= self.config.max_streams;
        let has =
            |position| self.rooms.get(&subscriber.room).is_some_and(|room| room.has(position));
        let kept = begin.filter(|begin| has(begin.position));
        self.seats.insert(Seat::new(socket, &subscriber, seen, counted_or_none));
        let Some(begin) = kept.filter(|_| !full) else {
            return self.farewell(key, Bytes::from_static(BUSY));
        };
        let n_own = self.accounts.get(&subscriber.account).copied().unwrap_or(0);
        if counted.is_err() || n_own >= self.config.per_account {
            return self.farewell(key, Bytes::from_static(TOO_MANY));
        }
        // Its right was looked at after it subscribed, and perhaps before somebody lost one.
        let in_doubt = begin.n_rechecks != self.n_rechecks;
        match if in_doubt { self.may_read(&subscriber, answers) } else { Some(true) } {
            Some(true) => {}
            Some(false) => return self.farewell(key, only_head(&first, &chunk(ENDED))),
            None => return self.farewell(key, Bytes::from_static(BUSY)),
        }
        let cursor = Cursor { lead: first, position: begin.position, offset: 0 };
        let behind = Behind { cursor, since: self.now, first: First::Untouched };
        let mut stream = 0;
        if let (Some(seat), Some(room)) =
            (self.seats.get_mut(key), self.rooms.get_mut(&subscriber.room))
        {
            stream = seat.stamp;
            seat.behind = Some(Box::new(behind));
            seat.at = u32::try_from(room.subscribers.len()).unwrap_or(u32::MAX);
            room.subscribers.push(key);
            room.n_behind += 1;
        }
        self.n_live += 1;
        self.companions.extend(companion.map(|companion| (key, companion)));
        if subscriber.account != 0 {
            *self.accounts.entry(subscriber.account).or_insert(0) += 1;
        }
        self.count();
        if self.n_live == 1 {
            self.tick.0 = self.now + self.tick_length();
        }
        self.tell(Event::Joined { subscriber, stream, mark });
        self.go_on(key);
    }

    /// Takes a live seat out of its room; it is no subscriber any more.
    fn leave(&mut self, key: u32) {
        let Some(seat) = self.seats.get_mut(key) else { return };
        if seat.stage == Stage::Parting {
            return;
        }
        seat.stage = Stage::Parting;
        let (subscriber, at, stream) = (seat.subscriber(), seat.at, seat.stamp);
        let behind = seat.behind.is_some();
        if let Some(room) = self.rooms.get_mut(&subscriber.room) {
            let at = at as usize;
            if room.subscribers.get(at) == Some(&key) {
                room.subscribers.swap_remove(at);
            }
            if let Some(moved) = room.subscribers.get(at).and_then(|key| self.seats.get_mut(*key)) {
                moved.at = u32::try_from(at).unwrap_or(u32::MAX);
            }
            room.n_behind = room.n_behind.saturating_sub(usize::from(behind));
        }
        self.touch(subscriber.room);
        self.n_live = self.n_live.saturating_sub(1);
        self.companions.remove(&key);
        if let Entry::Occupied(mut own) = self.accounts.entry(subscriber.account) {
            *own.get_mut() -= 1;
            if *own.get() == 0 {
                own.remove();
            }
        }
        self.count();
        self.tell(Event::Left { subscriber, stream });
    }

    /// Closes a seat at once.
    pub(super) fn remove(&mut self, key: u32) {
        self.leave(key);
        if let Some(seat) = self.seats.remove(key) {
            self.addresses.give(seat.address);
        }
    }

    /// Ends a live stream orderly: the rest of the frame that has begun, `words` if the right was
    /// lost, the last chunk.
    pub(super) fn part(&mut self, key: u32, words: &[u8]) {
        let Some(seat) = self.seats.get_mut(key) else { return };
        let subscriber = seat.subscriber();
        let mut last = Vec::new();
        if let Some(behind) = &seat.behind {
            let Cursor { lead, position, offset } = &behind.cursor;
            let room = self.rooms.get(&subscriber.room);
            match behind.first {
                First::Untouched => last.extend_from_slice(head_of(lead)),
                // It holds much that was read before the right was lost; what of it has not
                // left stays here, at the price of an untidy end.
                First::Begun if !words.is_empty() => return self.remove(key),
                First::Begun | First::Over => last.extend_from_slice(lead),
            }
            if *offset > 0 {
                let entry = room.filter(|room| room.has(*position));
                let entry = entry.and_then(|room| room.from(*position).next());
                let Some(chunk) = entry.and_then(|entry| entry.pick(&subscriber, seat.seen)) else {
                    return self.remove(key);
                };
                last.extend_from_slice(chunk.get(*offset..).unwrap_or_default());
            }
        }
        last.extend_from_slice(words);
        last.extend_from_slice(END);
        self.leave(key);
        self.farewell(key, last.into());
    }

    /// Writes `last`, hangs up, and waits a little for the peer to take it.
    fn farewell(&mut self, key: u32, last: Bytes) {
        let now = self.now;
        let Some(seat) = self.seats.get_mut(key) else { return };
        seat.stage = Stage::Parting;
        let cursor = Cursor { lead: last, position: 0, offset: 0 };
        seat.behind = Some(Box::new(Behind { cursor, since: now, first: First::Over }));
        // The socket stays watched until the peer closes: what it sends and nobody reads would
        // make our close a reset, and the peer would lose the tail.
        self.deadlines.push(Reverse((now + self.config.linger, key, seat.stamp)));
        self.go_on(key);
    }

    fn count(&self) {
        self.shared.n_streams.store(self.n_live, Ordering::Relaxed);
    }

    pub(super) fn stop(&mut self) {
        self.stopped = true;
        self.stop_by = Some(self.now + self.config.linger);
        self.rooms.values_mut().for_each(Room::wake);
        let live: Vec<u32> = self
            .seats
            .iter()
            .filter(|(_, seat)| seat.stage != Stage::Parting)
            .map(|(key, _)| key)
            .collect();
        for key in live {
            self.part(key, &[]);
        }
        self.tidy();
    }
}

/// The response head at the beginning of `first`.
fn head_of(first: &[u8]) -> &[u8] {
    let end = memmem::find(first, b"\r\n\r\n").map_or(0, |at| at + 4);
    first.get(..end).unwrap_or_default()
}

fn only_head(first: &[u8], words: &[u8]) -> Bytes {
    [head_of(first), words, END].concat().into()
}
