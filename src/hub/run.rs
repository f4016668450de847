//! The hub's thread: takes what is queued, asks the gate, sends, and hears the sockets.
//!
//! **Invariants:** it never waits but in `poll`, and for the few rows that the gate looks up. In one
//! wake everything queued is taken in, then rights are asked, and only then anything is sent. A
//! seat is added only between two polls, so an event never meets a newer seat of the same key.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{Ordering, fence};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use bytes::Bytes;
use mio::{Events, Poll, Registry, Token};

use super::ring::{ENDED, Entry, RELOAD, Room, chunk};
use super::seat::{Behind, Cursor, First, Line, Seats, Sent, Stage};
use super::time::note_stall;
use super::{
    Addresses, Beat, Command, Companion, Config, Event, Frame, Gate, Item, Shared, Subscriber, Told,
};

pub(super) const WAKE: Token = Token(usize::MAX);

pub(super) type Answers = HashMap<(i64, i64, i64), Option<bool>>;

pub(super) struct Carrier<S> {
    pub(super) config: Config,
    pub(super) registry: Registry,
    queued: mpsc::Receiver<Command<S>>,
    pub(super) shared: Arc<Shared>,
    gate: Gate,
    told: Told,
    pub(super) beat: Beat,
    pub(super) rooms: HashMap<i64, Room>,
    pub(super) seats: Seats<S>,
    /// When this wake began.
    pub(super) now: Instant,
    pub(super) n_live: usize,
    pub(super) addresses: Addresses,
    /// Live streams of each account that has one.
    pub(super) accounts: HashMap<i64, usize>,
    /// What goes with the live seat of a key.
    pub(super) companions: HashMap<u32, Companion>,
    /// Rooms to look after at the end of this wake.
    touched: Vec<i64>,
    /// When to look at a seat again: (when, key, stamp).
    pub(super) deadlines: BinaryHeap<Reverse<(Instant, u32, u32)>>,
    /// The next moment of the heartbeat, and which of them it is.
    pub(super) tick: (Instant, usize),
    /// How many times all of them have gone by.
    pub(super) n_rounds: usize,
    /// How often rights were asked for anew.
    pub(super) n_rechecks: u64,
    pub(super) stopping: Vec<mpsc::Sender<()>>,
    pub(super) stop_by: Option<Instant>,
    pub(super) stopped: bool,
    quit: bool,
}

impl<S: Line> Carrier<S> {
    pub(super) fn new(
        config: Config,
        registry: Registry,
        queued: mpsc::Receiver<Command<S>>,
        shared: Arc<Shared>,
        gate: Gate,
        told: Told,
        beat: Beat,
    ) -> Self {
        let addresses = Addresses::new(config.per_address, config.uncounted.clone());
        Self {
            config,
            registry,
            queued,
            shared,
            gate,
            told,
            beat,
            rooms: HashMap::new(),
            seats: Seats::new(),
            now: Instant::now(),
            n_live: 0,
            addresses,
            accounts: HashMap::new(),
            companions: HashMap::new(),
            touched: Vec::new(),
            deadlines: BinaryHeap::new(),
            tick: (Instant::now(), 0),
            n_rounds: 0,
            n_rechecks: 0,
            stopping: Vec::new(),
            stop_by: None,
            stopped: false,
            quit: false,
        }
    }

    /// Until the last handle is gone.
    pub(super) fn run(mut self, mut poll: Poll) {
        let mut events = Events::with_capacity(1024);
        let mut queue = Vec::new();
        while !self.quit {
            // Whoever queues from here on wakes us; what was queued before is found now.
            self.shared.awake.swap(false, Ordering::SeqCst);
            fence(Ordering::SeqCst);
            queue.extend(self.queued.try_iter());
            let timeout = if queue.is_empty() { self.timeout() } else { Some(Duration::ZERO) };
            let polled = poll.poll(&mut events, timeout);
            self.now = Instant::now();
            match polled {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                    tracing::error!(%error, "the hub cannot poll");
                    std::thread::sleep(Duration::from_millis(50));
                }
                Err(_) => {}
                Ok(()) => self.ready(&events),
            }
            // Busy: nobody needs to wake us before the next look.
            self.shared.awake.store(true, Ordering::SeqCst);
            self.take_in(&mut queue);
            self.now = Instant::now();
            self.look_at_the_time();
        }
    }

    fn timeout(&self) -> Option<Duration> {
        let beats = !self.rooms.is_empty() && !self.stopped;
        let next = [
            beats.then_some(self.tick.0),
            self.deadlines.peek().map(|Reverse((at, ..))| *at),
            self.stop_by,
        ];
        next.into_iter().flatten().min().map(|at| at.saturating_duration_since(Instant::now()))
    }

    // What was queued.

    pub(super) fn take_in(&mut self, queue: &mut Vec<Command<S>>) {
        // What came while we polled belongs to this wake too: a recheck among it goes first.
        queue.extend(self.queued.try_iter());
        if queue.is_empty() {
            return;
        }
        let mut recheck = false;
        let mut since = None;
        let mut arrivals = Vec::new();
        let mut stop = false;
        for command in queue.drain(..) {
            match command {
                Command::Publish(items, at) => {
                    since = since.or(Some(at));
                    for item in items {
                        recheck |= matches!(item, Item::Recheck);
                        self.keep(item);
                    }
                }
                Command::Subscribe { room, id } => {
                    self.rooms.entry(room).or_default().subscribe(id, self.n_rechecks);
                }
                Command::Release { room, id } => {
                    if let Some(kept) = self.rooms.get_mut(&room) {
                        kept.release(id);
                        self.touch(room);
                    }
                }
                Command::Adopt(arrival) => arrivals.push(*arrival),
                // A dropped `ring` is heard as well.
                Command::Listen { room, ring } if !self.stopped => {
                    self.rooms.entry(room).or_default().wait(ring);
                }
                Command::Listen { .. } => {}
                Command::Stop { done } => {
                    self.stopping.push(done);
                    stop = true;
                }
                Command::Quit => self.quit = true,
            }
        }
        let mut answers = Answers::new();
        if recheck {
            self.recheck(&mut answers);
        }
        self.fan_out();
        if let Some(since) = since {
            self.shared.meters.lag.observe(since.elapsed().as_secs_f64());
        }
        for arrival in arrivals {
            self.admit(arrival, &mut answers);
        }
        self.tidy();
        if stop {
            self.stop();
        }
    }

    fn keep(&mut self, item: Item) {
        match item {
            Item::Frame { room, frame } => self.push(room, Entry::new(&frame)),
            Item::Reload { room } => {
                self.push(room, Entry::new(&Frame::same(None, Bytes::from_static(RELOAD))));
            }
            Item::ReloadFor { room, account } => self.push(room, Entry::reload_for(account)),
            Item::Recheck => {
                self.n_rechecks += 1;
                self.rooms.values_mut().for_each(Room::wake);
            }
        }
    }

    fn push(&mut self, room: i64, entry: Entry) {
        if let Some(kept) = self.rooms.get_mut(&room) {
            kept.push(entry);
            self.touch(room);
        }
    }

    pub(super) fn touch(&mut self, room: i64) {
        if let Some(kept) = self.rooms.get_mut(&room)
            && !kept.touched
        {
            kept.touched = true;
            self.touched.push(room);
        }
    }

    pub(super) fn may_read(&self, subscriber: &Subscriber, answers: &mut Answers) -> Option<bool> {
        let key = (subscriber.room, subscriber.account, subscriber.session);
        // A gate that panics has not said anything, and must not take the hub with it.
        *answers.entry(key).or_insert_with(|| {
            catch_unwind(AssertUnwindSafe(|| (self.gate)(subscriber))).unwrap_or(None)
        })
    }

    pub(super) fn tell(&self, event: Event) {
        let _ = catch_unwind(AssertUnwindSafe(|| (self.told)(event)));
    }

    fn recheck(&mut self, answers: &mut Answers) {
        let keys: Vec<u32> = self.seats.iter().map(|(key, _)| key).collect();
        for key in keys {
            self.confirm(key, answers);
        }
    }

    /// Ends a stream whose subscriber may not read any more.
    pub(super) fn confirm(&mut self, key: u32, answers: &mut Answers) {
        let Some(seat) = self.seats.get_mut(key) else { return };
        if seat.stage == Stage::Parting {
            return;
        }
        let subscriber = seat.subscriber();
        match self.may_read(&subscriber, answers) {
            Some(true) => {}
            Some(false) => self.part(key, &chunk(ENDED)),
            None => self.remove(key),
        }
    }

    // Sending.

    fn fan_out(&mut self) {
        let now = self.now;
        let mut gone = Vec::new();
        let mut n_delivered = 0;
        for id in &self.touched {
            let Some(room) = self.rooms.get_mut(id) else { continue };
            let mut fell_behind = 0;
            let n_due = room.end().saturating_sub(room.sent);
            if room.sent < room.end() {
                for &key in &room.subscribers {
                    let Some(seat) = self.seats.get_mut(key) else { continue };
                    // Who is behind goes on when its socket has room.
                    if seat.behind.is_some() {
                        continue;
                    }
                    let mut cursor = Cursor { lead: Bytes::new(), position: room.sent, offset: 0 };
                    match seat.send(&mut cursor, Some(room)) {
                        Sent::All => n_delivered += n_due,
                        Sent::Gone => gone.push(key),
                        Sent::Full(_) => {
                            fell_behind += 1;
                            let behind = Behind { cursor, since: now, first: First::Over };
                            seat.behind = Some(Box::new(behind));
                            note_stall(&mut self.deadlines, now + self.config.stall, key, seat);
                        }
                    }
                }
            }
            room.n_behind += fell_behind;
            room.sent = room.end();
        }
        self.shared.meters.deliveries.inc_by(n_delivered);
        for key in gone {
            self.remove(key);
        }
    }

    /// Goes on with a seat whose socket may have room again.
    pub(super) fn go_on(&mut self, key: u32) {
        let Some(seat) = self.seats.get_mut(key) else { return };
        let Some(mut behind) = seat.behind.take() else { return };
        let id = seat.subscriber().room;
        let parting = seat.stage == Stage::Parting;
        let room = if parting { None } else { self.rooms.get_mut(&id) };
        if room.as_ref().is_some_and(|room| !room.has(behind.cursor.position)) {
            seat.behind = Some(behind);
            return self.remove(key);
        }
        match seat.send(&mut behind.cursor, room.as_deref()) {
            Sent::All if parting => {
                seat.behind = Some(behind);
                seat.socket.hang_up();
            }
            Sent::All => {
                if let Some(room) = room {
                    room.n_behind = room.n_behind.saturating_sub(1);
                }
                self.touch(id);
            }
            Sent::Full(moved) => {
                if moved && !parting {
                    behind.since = self.now;
                }
                behind.first = match behind.first {
                    _ if behind.cursor.lead.is_empty() => First::Over,
                    First::Untouched if moved => First::Begun,
                    same => same,
                };
                seat.behind = Some(behind);
                if !parting {
                    let by = self.now + self.config.stall;
                    note_stall(&mut self.deadlines, by, key, seat);
                }
            }
            Sent::Gone => {
                seat.behind = Some(behind);
                self.remove(key);
            }
        }
    }

    pub(super) fn tidy(&mut self) {
        while let Some(id) = self.touched.pop() {
            let Some(room) = self.rooms.get_mut(&id) else { continue };
            room.touched = false;
            room.trim(self.config.backlog, self.config.backlog_bytes);
            if room.is_empty() {
                self.rooms.remove(&id);
                continue;
            }
            // Out of the ring: put out, to come back with the last id it has.
            let lost: Vec<u32> = if room.n_behind == 0 {
                Vec::new()
            } else {
                let (room, seats) = (&*room, &mut self.seats);
                let is_lost = |key: &u32| {
                    let behind = seats.get_mut(*key).and_then(|seat| seat.behind.as_deref());
                    behind.is_some_and(|behind| !room.has(behind.cursor.position))
                };
                room.subscribers.iter().copied().filter(is_lost).collect()
            };
            for key in lost {
                self.shared.meters.put_out.inc();
                self.remove(key);
            }
        }
    }

    // Sockets and time.

    fn ready(&mut self, events: &Events) {
        for event in events {
            if event.token() != WAKE
                && let Ok(key) = u32::try_from(event.token().0)
            {
                let speaks = event.is_readable() || event.is_read_closed() || event.is_error();
                self.ready_seat(key, speaks, event.is_writable());
            }
        }
        self.tidy();
    }

    /// The peer of a seat speaks or is gone, or its socket has room.
    pub(super) fn ready_seat(&mut self, key: u32, speaks: bool, has_room: bool) {
        let Some(seat) = self.seats.get_mut(key) else { return };
        if speaks && !seat.drain() {
            return self.remove(key);
        }
        if has_room {
            self.go_on(key);
        }
    }
}
