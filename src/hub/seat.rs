//! A seat: one open stream, its socket, and its place in the room.
//!
//! **Invariant:** no bytes are copied for a seat save the rest of its first answer, of a
//! heartbeat, or its farewell.

use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::{IpAddr, Shutdown};
use std::time::{Duration, Instant};

use bytes::{Buf, Bytes};
use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use socket2::SockRef;

use super::Subscriber;
use super::address::Counted;
use super::ring::Room;

/// So many frames leave in one write at most.
const BATCH: usize = 64;
/// Bytes that the kernel keeps for a subscriber who takes nothing; it takes twice as much memory for them.
/// What does not fit stays in the room's ring, which all share.
const SEND_BUFFER: usize = 48 << 10;
/// A peer that acknowledges nothing for so long is gone; of one that is asleep no stream tells otherwise.
const DEAD: Duration = Duration::from_secs(30);
/// A subscriber has nothing to say. It may send so many KiB (or so many small pieces) all the same.
const MAX_DRAINED: u16 = 256;

/// What the carrier asks of a connection: a socket, or what a test has in its place.
pub(super) trait Line: Read + Write {
    /// From here on its readiness is told under `key`.
    fn watch(&mut self, registry: &Registry, key: Token) -> io::Result<()>;
    /// Who is at the other end.
    fn peer(&self) -> io::Result<IpAddr>;
    /// Nothing more will be written.
    fn hang_up(&mut self);
}

impl Line for TcpStream {
    fn watch(&mut self, registry: &Registry, key: Token) -> io::Result<()> {
        let socket = SockRef::from(&*self);
        socket.set_send_buffer_size(SEND_BUFFER)?;
        socket.set_tcp_user_timeout(Some(DEAD))?;
        registry.register(self, key, Interest::READABLE | Interest::WRITABLE)
    }

    fn peer(&self) -> io::Result<IpAddr> {
        Ok(self.peer_addr()?.ip())
    }

    fn hang_up(&mut self) {
        // An error means that the peer was faster.
        let _ = self.shutdown(Shutdown::Write);
    }
}

/// A stream. Kept small: this is all that an idle subscriber costs, and one cache line.
pub(super) struct Seat<S> {
    pub(super) socket: S,
    /// Where it stands in its room's list.
    pub(super) at: u32,
    /// Tells it from an earlier seat of the same key.
    pub(super) stamp: u32,
    drained: u16,
    sound: bool,
    language: u8,
    pub(super) stage: Stage,
    room: i64,
    account: i64,
    session: i64,
    pub(super) seen: i64,
    pub(super) address: Counted,
    pub(super) behind: Option<Box<Behind>>,
}

/// What a seat is in, and whether a deadline is already noted for it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Live,
    /// Live, and it will be looked at when its time is up.
    Timed,
    /// It has left its room; only its last bytes are still due.
    Parting,
}

/// What is still due to a seat whose socket was full.
pub(super) struct Behind {
    pub(super) cursor: Cursor,
    /// The last progress.
    pub(super) since: Instant,
    /// `lead` is the first answer, not begun or half sent.
    pub(super) first: First,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum First {
    Untouched,
    Begun,
    Over,
}

/// A place in what a seat has to get: first the bytes of `lead`, then the room's frames from
/// `position` on, of which the first `offset` bytes have left.
#[derive(Clone)]
pub(super) struct Cursor {
    pub(super) lead: Bytes,
    pub(super) position: u64,
    pub(super) offset: usize,
}

/// How far a send came.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sent {
    All,
    /// The socket is full; the flag tells whether anything left.
    Full(bool),
    Gone,
}

impl<S: Line> Seat<S> {
    pub(super) fn new(socket: S, subscriber: &Subscriber, seen: i64, address: Counted) -> Self {
        Self {
            socket,
            at: 0,
            stamp: 0,
            drained: 0,
            sound: subscriber.sound,
            language: subscriber.language,
            stage: Stage::Live,
            room: subscriber.room,
            account: subscriber.account,
            session: subscriber.session,
            seen,
            address,
            behind: None,
        }
    }

    pub(super) fn subscriber(&self) -> Subscriber {
        Subscriber {
            room: self.room,
            account: self.account,
            session: self.session,
            sound: self.sound,
            language: self.language,
        }
    }

    /// Writes what is due from `cursor` on, all waiting frames in one write.
    pub(super) fn send(&mut self, cursor: &mut Cursor, room: Option<&Room>) -> Sent {
        let subscriber = self.subscriber();
        let mut moved = false;
        loop {
            let mut slices = [IoSlice::new(&[]); BATCH];
            let mut n_slices = 0;
            let mut due = slices.iter_mut();
            if !cursor.lead.is_empty()
                && let Some(slot) = due.next()
            {
                *slot = IoSlice::new(&cursor.lead);
                n_slices += 1;
            }
            let mut offset = cursor.offset;
            for entry in room.into_iter().flat_map(|room| room.from(cursor.position)) {
                if let Some(chunk) = entry.pick(&subscriber, self.seen) {
                    let Some(slot) = due.next() else { break };
                    *slot = IoSlice::new(chunk.get(offset..).unwrap_or_default());
                    n_slices += 1;
                }
                offset = 0;
            }
            let written = match slices.get(..n_slices) {
                None | Some([]) => {
                    cursor.position = room.map_or(cursor.position, Room::end);
                    cursor.offset = 0;
                    return Sent::All;
                }
                // send(2) is a little cheaper than writev(2).
                Some([one]) => self.socket.write(one),
                Some(several) => self.socket.write_vectored(several),
            };
            match written {
                Ok(0) => return Sent::Gone,
                Ok(n) => {
                    moved = true;
                    self.advance(cursor, room, n);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Sent::Full(moved),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Sent::Gone,
            }
        }
    }

    fn advance(&self, cursor: &mut Cursor, room: Option<&Room>, mut n: usize) {
        let of_lead = n.min(cursor.lead.len());
        cursor.lead.advance(of_lead);
        n -= of_lead;
        let subscriber = self.subscriber();
        let position = cursor.position;
        for entry in room.into_iter().flat_map(|room| room.from(position)) {
            let Some(chunk) = entry.pick(&subscriber, self.seen) else {
                cursor.position += 1;
                continue;
            };
            let rest = chunk.len().saturating_sub(cursor.offset);
            if n < rest {
                cursor.offset += n;
                return;
            }
            n -= rest;
            cursor.offset = 0;
            cursor.position += 1;
        }
    }

    /// Throws away what the peer sent; false when it is gone, or talks too much.
    pub(super) fn drain(&mut self) -> bool {
        let mut scrap = [0; 4096];
        loop {
            match self.socket.read(&mut scrap) {
                Ok(0) => return false,
                Ok(n) => {
                    let cost = u16::try_from(1 + n / 1024).unwrap_or(u16::MAX);
                    self.drained = self.drained.saturating_add(cost);
                    if self.drained > MAX_DRAINED {
                        return false;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return true,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return false,
            }
        }
    }
}

/// All seats by key. Keys are reused, and the table never shrinks, so that a key's phase of the
/// heartbeat stays.
pub(super) struct Seats<S> {
    places: Vec<Option<Seat<S>>>,
    free: Vec<u32>,
    stamp: u32,
}

impl<S> Seats<S> {
    pub(super) fn new() -> Self {
        Self { places: Vec::new(), free: Vec::new(), stamp: 0 }
    }

    /// One more than the highest key that ever was.
    pub(super) fn n_keys(&self) -> usize {
        self.places.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.free.len() == self.places.len()
    }

    pub(super) fn get_mut(&mut self, key: u32) -> Option<&mut Seat<S>> {
        self.places.get_mut(key as usize)?.as_mut()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &Seat<S>)> {
        (0..).zip(&self.places).filter_map(|(key, seat)| Some((key, seat.as_ref()?)))
    }

    /// The key that the next seat will get.
    pub(super) fn next_key(&self) -> u32 {
        let fresh = || u32::try_from(self.places.len()).unwrap_or(u32::MAX);
        self.free.last().copied().unwrap_or_else(fresh)
    }

    /// Seats it under [`next_key`](Self::next_key).
    pub(super) fn insert(&mut self, mut seat: Seat<S>) {
        self.stamp = self.stamp.wrapping_add(1);
        seat.stamp = self.stamp;
        match self.free.pop() {
            Some(key) => {
                if let Some(place) = self.places.get_mut(key as usize) {
                    *place = Some(seat);
                }
            }
            None => self.places.push(Some(seat)),
        }
    }

    pub(super) fn remove(&mut self, key: u32) -> Option<Seat<S>> {
        let seat = self.places.get_mut(key as usize)?.take()?;
        self.free.push(key);
        Some(seat)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idle_subscriber_costs_one_cache_line() {
        // A debug build of mio remembers more with each socket.
        let most = if cfg!(debug_assertions) { 80 } else { 64 };
        assert!(
            size_of::<Option<Seat<TcpStream>>>() <= most,
            "{}",
            size_of::<Option<Seat<TcpStream>>>()
        );
    }
}
