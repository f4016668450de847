//! The hub's carrier and the way into it, with time, sockets and the order of events in the hand of
//! a seed: what is done by threads, the kernel and people comes in any order here, and again in
//! the same one for the same seed. `BACKCHANNEL_SEED` tells the story of one.
//!
//! Subscribers subscribe, read what they missed, ask for their right and are adopted, each as a step
//! of its own; meanwhile messages are committed and published, rights go and come, sockets take a
//! few bytes and no more, peers are cut, time goes by. A subscriber gets each message of its room once
//! and in order, in the rendering that is its own, or is told to load anew; nothing that was said
//! after a right was lost; and nothing is kept that nobody needs.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop"
)]

mod hold;
mod line;
mod subscriber;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::hub::run::Carrier;
use crate::hub::{Command, Config, Event, Frame, Item, RELOAD, Renderings, Shared, Subscriber};
use crate::metrics::Streaming;
use line::Line;
use subscriber::{Opened, Place, Window};

/// Who misses more than this is told to load anew.
const N_RESUME: usize = 12;
const N_SEEDS: u64 = 5_000;
const N_STEPS: usize = 80;

/// Numbers that follow from a seed (xorshift64*); quick also where nothing is optimised.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(high).unwrap() % n.max(1)
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}

/// A message that was committed; its seq is its place.
struct Said {
    /// When, in the order of all that was committed.
    turn: u64,
    author: i64,
    called: Option<i64>,
    /// Also in the second language: only where somebody reads it.
    both: bool,
    /// Bytes of padding.
    long: usize,
}

struct World {
    seed: u64,
    random: Random,
    carrier: Carrier<Line>,
    commands: mpsc::Sender<Command<Line>>,
    told: mpsc::Receiver<Event>,
    joined: HashSet<u32>,
    backlog: (usize, usize),
    /// Who may not read, and since when.
    shut_out: Arc<Mutex<HashMap<i64, u64>>>,
    /// When each account ever lost its right.
    revoked: HashMap<i64, Vec<u64>>,
    rooms: [Vec<Said>; 2],
    /// Committed and not yet published.
    pending: Vec<Item>,
    turn: u64,
    next_id: u64,
    windows: Vec<Window>,
    story: bool,
}

/// Tells the seed of a story that went wrong.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("It was BACKCHANNEL_SEED={}", self.0);
        }
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "which seed is no setting of the program")]
fn every_subscriber_gets_each_message_once_and_in_order_whatever_happens() {
    let one = std::env::var("BACKCHANNEL_SEED").ok().and_then(|seed| seed.parse().ok());
    let seeds = one.map_or(1..=N_SEEDS, |seed| seed..=seed);
    let mut sum = subscriber::Counts::default();
    for seed in seeds {
        let _seed = Seed(seed);
        let mut w = World::new(seed, one.is_some());
        for _ in 0..N_STEPS {
            w.step();
        }
        if w.random.one_in(8) {
            w.stop();
        } else {
            w.come_to_rest();
        }
        w.windows.iter().for_each(|window| sum.add(&window.counts));
    }
    println!("{sum:?}");
    // What never happened was not tried.
    if one.is_none() {
        assert!(sum.n_seen > N_SEEDS * 10 && sum.n_cut > N_SEEDS / 4, "{sum:?}");
        assert!(sum.n_put_out > N_SEEDS / 10 && sum.n_reloads > N_SEEDS / 10, "{sum:?}");
        assert!(sum.n_ended > N_SEEDS / 10 && sum.n_refused > N_SEEDS / 100, "{sum:?}");
    }
}

impl World {
    fn new(seed: u64, story: bool) -> Self {
        let mut random = Random::new(seed);
        let backlog = (1 + random.below(8), 100 + random.below(600));
        let config = Config {
            heartbeat: Duration::from_secs(2),
            backlog: backlog.0,
            backlog_bytes: backlog.1,
            stall: Duration::from_secs(5),
            linger: Duration::from_secs(1),
            max_streams: if random.one_in(8) { 2 } else { usize::MAX },
            per_account: if random.one_in(8) { 1 } else { usize::MAX },
            ..Config::unlimited()
        };
        let shut_out: Arc<Mutex<HashMap<i64, u64>>> = Arc::default();
        let gate = Arc::clone(&shut_out);
        let (tell, told) = mpsc::channel();
        let (commands, queued) = mpsc::channel();
        let shared = Arc::new(Shared {
            awake: AtomicBool::new(true),
            n_streams: AtomicUsize::new(0),
            languages: AtomicU8::new(0),
            stopping: AtomicBool::new(false),
            failed: Arc::default(),
            meters: Streaming::default(),
        });
        let carrier = Carrier::new(
            config,
            line::registry(),
            queued,
            shared,
            Box::new(move |subscriber| {
                Some(!gate.lock().unwrap().contains_key(&subscriber.account))
            }),
            Box::new(move |event| tell.send(event).unwrap()),
            Box::new(|| "data: still here\n\n".into()),
        );
        // Two windows of one account, one of another, and at times of somebody not signed in.
        let windows = (0..3).map(|n| {
            Window::new(Subscriber {
                room: 1 + i64::from(random.one_in(6)),
                account: if random.one_in(6) { 0 } else { [1, 1, 2][n] },
                session: 0,
                sound: random.one_in(2),
                language: u8::from(random.one_in(3)),
            })
        });
        let windows = windows.collect();
        Self {
            seed,
            carrier,
            commands,
            told,
            joined: HashSet::new(),
            backlog,
            shut_out,
            revoked: HashMap::new(),
            rooms: [Vec::new(), Vec::new()],
            pending: Vec::new(),
            turn: 0,
            next_id: 1,
            windows,
            story,
            random,
        }
    }

    fn tell(&self, what: impl FnOnce() -> String) {
        if self.story {
            println!("{}: {}", self.turn, what());
        }
    }

    /// Something happens.
    fn step(&mut self) {
        self.turn += 1;
        match self.random.below(20) {
            0..2 => self.commit(),
            2..4 => self.publish(),
            4..9 => self.wake(false),
            9 if self.random.one_in(3) => self.change_rights(),
            10 => self.move_time(),
            11 if self.random.one_in(6) => self.reload(),
            _ => {
                let n = self.random.below(self.windows.len());
                for _ in 0..=self.random.below(3) {
                    self.go_on(n);
                }
            }
        }
    }

    // ------------------------------------------------------------------------- the server's part

    /// One or several messages in one commit.
    fn commit(&mut self) {
        for _ in 0..=self.random.below(2) {
            let room = usize::from(self.random.one_in(4));
            let said = Said {
                turn: self.turn,
                author: i64::try_from(self.random.below(3)).unwrap(),
                called: self.random.one_in(3).then_some(1),
                both: self.random.one_in(2),
                long: self.random.below(60) + if self.random.one_in(10) { 500 } else { 0 },
            };
            self.rooms[room].push(said);
            let seq = self.rooms[room].len();
            let room = i64::try_from(room).unwrap() + 1;
            let item = Item::Frame { room, frame: self.frame(room, seq) };
            self.pending.push(item);
            self.tell(|| format!("{seq} is committed in {room}"));
            if self.random.one_in(4) {
                // A panel, which windows without sound are not sent.
                let event = Bytes::from_static(b"data: panel\n\n");
                let frame = Frame { quiet: Bytes::new(), ..Frame::same(None, event) };
                self.pending.push(Item::Frame { room, frame });
            }
        }
    }

    fn frame(&self, room: i64, seq: usize) -> Frame {
        let said = &self.rooms[usize::try_from(room - 1).unwrap()][seq - 1];
        let event = |kind: &str, language| -> Bytes {
            subscriber::event(seq, &format!("{room} {kind} {language}"), said.long).into()
        };
        let also = said.both.then(|| Renderings {
            loud: event("loud", 1),
            quiet: event("quiet", 1),
            calling: event("calling", 1),
        });
        Frame {
            seq: Some(i64::try_from(seq).unwrap()),
            author: said.author,
            called: said.called.into_iter().collect(),
            loud: event("loud", 0),
            quiet: event("quiet", 0),
            calling: event("calling", 0),
            also: also.into_iter().collect(),
        }
    }

    /// Some of what was committed, in its order.
    fn publish(&mut self) {
        let n = self.random.below(self.pending.len() + 1);
        self.publish_first(n);
    }

    fn publish_first(&mut self, n: usize) {
        let items: Vec<Item> = self.pending.drain(..n).collect();
        self.tell(|| format!("{n} items are published"));
        self.send(Command::Publish(items, Instant::now()));
    }

    fn send(&self, command: Command<Line>) {
        self.commands.send(command).unwrap();
    }

    fn change_rights(&mut self) {
        let account = 1 + i64::try_from(self.random.below(2)).unwrap();
        let mut shut_out = self.shut_out.lock().unwrap();
        if shut_out.remove(&account).is_none() {
            shut_out.insert(account, self.turn);
            self.revoked.entry(account).or_default().push(self.turn);
            self.pending.push(Item::Recheck);
        }
        drop(shut_out);
        self.tell(|| format!("account {account} may read: {}", self.may_read(account)));
    }

    fn may_read(&self, account: i64) -> bool {
        !self.shut_out.lock().unwrap().contains_key(&account)
    }

    fn reload(&mut self) {
        let room = 1 + i64::try_from(self.random.below(2)).unwrap();
        let account = self.random.one_in(2).then_some(1);
        for window in &mut self.windows {
            let subscriber = window.subscriber;
            window.n_excuses += u32::from(subscriber.room == room);
        }
        self.pending.push(match account {
            Some(account) => Item::ReloadFor { room, account },
            None => Item::Reload { room },
        });
    }

    /// The carrier's thread wakes: some sockets are ready, or all of them; the queue is taken in.
    fn wake(&mut self, whole: bool) {
        for socket in self.windows.iter().flat_map(Window::sockets) {
            if !whole && self.random.one_in(3) {
                continue;
            }
            if let Some((key, speaks, has_room)) = socket.take_readiness() {
                self.carrier.ready_seat(key, speaks, has_room);
            }
        }
        self.carrier.tidy();
        let mut queue = Vec::new();
        self.carrier.take_in(&mut queue);
        self.carrier.look_at_the_time();
        self.look();
    }

    fn move_time(&mut self) {
        let most = if self.random.one_in(3) { 6_000 } else { 900 };
        let by = Duration::from_millis(u64::try_from(self.random.below(most)).unwrap());
        self.carrier.now += by;
        self.tell(|| format!("{by:?} go by"));
        self.wake(false);
    }

    // ------------------------------------------------------------------------- a window's part

    /// A window does the next thing.
    fn go_on(&mut self, n: usize) {
        let subscriber = self.windows[n].subscriber;
        let place = std::mem::replace(&mut self.windows[n].place, Place::Away);
        self.windows[n].place = match place {
            Place::Away if self.may_read(subscriber.account) => {
                let id = self.next_id;
                self.next_id += 1;
                self.send(Command::Subscribe { room: subscriber.room, id });
                Place::Subscribed { id }
            }
            Place::Away => Place::Away,
            Place::Subscribed { id } => {
                let (first, seen) = self.read(n);
                Place::HasRead { id, first, seen }
            }
            Place::HasRead { id, .. }
                if !self.may_read(subscriber.account) || self.random.one_in(20) =>
            {
                self.send(Command::Release { room: subscriber.room, id });
                Place::Away
            }
            Place::HasRead { id, first, seen } => {
                Place::Allowed { id, first, seen, confirmed: self.turn }
            }
            Place::Allowed { id, first, seen, confirmed } => {
                let (line, socket) = line::pair(self.random.below(400));
                let arrival = crate::hub::Arrival {
                    id,
                    socket: line,
                    subscriber,
                    first,
                    seen,
                    mark: 0,
                    companion: None,
                };
                self.send(Command::Adopt(Box::new(arrival)));
                self.tell(|| format!("window {n} is handed over, {seen} seen"));
                Place::Open(Opened::new(socket, confirmed))
            }
            Place::Open(opened) => {
                match self.random.below(20) {
                    0 => {
                        self.tell(|| format!("window {n} is cut"));
                        self.windows[n].counts.n_cut += 1;
                        return self.windows[n].leave(opened);
                    }
                    1 => opened.socket.speak(),
                    _ => opened.socket.take(self.random.below(800)),
                }
                Place::Open(opened)
            }
        };
    }

    /// What a window has missed, as `sse::open` puts it before the hub's frames.
    fn read(&mut self, n: usize) -> (Bytes, i64) {
        let window = &mut self.windows[n];
        let room = usize::try_from(window.subscriber.room - 1).unwrap();
        let seen = self.rooms[room].len();
        let mut text = b"data: panel\n\n".to_vec();
        if seen - window.cursor > N_RESUME {
            text.extend_from_slice(RELOAD);
            window.n_excuses += 1;
        } else {
            for seq in window.cursor + 1..=seen {
                text.extend_from_slice(subscriber::event(seq, "missed", 0).as_bytes());
            }
        }
        let chunk = crate::hub::ring::chunk(&text);
        ([subscriber::HEAD, &chunk].concat().into(), i64::try_from(seen).unwrap())
    }
}
