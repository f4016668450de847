//! Carries changes to open windows: takes ready frames in order and writes them to the open
//! streams, whose sockets it owns.
//!
//! **Invariants:** it names no noun and asks no database; who may read on is the `gate`'s answer.
//! Whoever calls it never waits for a subscriber. Nothing that was published after a revocation leaves
//! for a subscriber whom the revocation shut out. No bytes are queued for a slow subscriber: it has a
//! place in the room's ring, or it is put out and resumes by its last id.
//!
//! Everything goes through one ordered queue to one thread, and all state is private to that
//! thread, so there is no lock to hold in the wrong order and "subscribe, then read, then adopt"
//! leaves no gap. A task and a channel for each subscriber were tried and refused: they cost thirty
//! times the memory, and four times the processor under load, since nothing coalesces.

mod address;
mod door;
mod ring;
mod run;
mod seat;
mod take_over;
mod time;
#[cfg(test)]
mod tests;

use std::io;
use std::net::{IpAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering, fence};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::oneshot;

use crate::metrics::Streaming;
use crate::vital::Vital;

pub use address::{Addresses, Counted};
pub use ring::RELOAD;
pub use take_over::TakeOver;

/// One Server-Sent Event, ready in its renderings.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Which change of the room it is; `None` for the panels, which are not resumed.
    pub seq: Option<i64>,
    /// Who made it, 0 for nobody: an author's own windows get the quiet rendering.
    pub author: i64,
    /// Whom it calls by name, in order.
    pub called: Vec<i64>,
    /// The whole event (`id: ..\ndata: ..\n\n`) as a window with sound gets it.
    pub loud: Bytes,
    /// The same for a window without sound. May share its bytes with `loud`. Empty: nothing is
    /// sent to such a window.
    pub quiet: Bytes,
    /// The same as a window with sound gets it whose account is `called`. May share its bytes
    /// with `loud`.
    pub calling: Bytes,
    /// The same in other languages: the first for subscribers of language 1, and so on. Who reads a
    /// language that is not here gets the first.
    pub also: Vec<Renderings>,
}

/// A frame in one more language.
#[derive(Clone, Debug)]
pub struct Renderings {
    /// As [`Frame::loud`].
    pub loud: Bytes,
    /// As [`Frame::quiet`].
    pub quiet: Bytes,
    /// As [`Frame::calling`].
    pub calling: Bytes,
}

impl Renderings {
    /// The same with sound and without.
    pub fn same(event: Bytes) -> Self {
        Self { loud: event.clone(), quiet: event.clone(), calling: event }
    }
}

impl Frame {
    /// A frame of nobody's that is the same for all.
    pub fn same(seq: Option<i64>, event: Bytes) -> Self {
        let (loud, quiet) = (event.clone(), event.clone());
        Self { seq, author: 0, called: Vec::new(), loud, quiet, calling: event, also: Vec::new() }
    }
}

/// What can be published.
#[derive(Clone, Debug)]
pub enum Item {
    /// A frame for all subscribers of a room.
    Frame {
        /// The room.
        room: i64,
        /// What to carry.
        frame: Frame,
    },
    /// Somebody lost a right: ask the gate about every subscriber before anything else is sent.
    Recheck,
    /// The windows of a room have to load it anew.
    Reload {
        /// The room.
        room: i64,
    },
    /// The same for one account's windows alone.
    ReloadFor {
        /// The room.
        room: i64,
        /// The account.
        account: i64,
    },
}

/// Who reads an open stream, in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subscriber {
    /// The room that is read.
    pub room: i64,
    /// The account, 0 for somebody who is not signed in.
    pub account: i64,
    /// The session, which can be ended by itself.
    pub session: i64,
    /// Whether this window makes sounds.
    pub sound: bool,
    /// Which of a frame's languages it gets, 0 for the first.
    pub language: u8,
}

/// What becomes of subscribers, for whoever shows who is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A stream was taken in.
    Joined {
        /// Who reads it.
        subscriber: Subscriber,
        /// Tells it from all others that are open.
        stream: u32,
        /// What it was adopted with.
        mark: u32,
    },
    /// A stream is over, for whatever reason.
    Left {
        /// Who read it.
        subscriber: Subscriber,
        /// The same as when it joined.
        stream: u32,
    },
}

/// The hub's limits and times.
#[derive(Clone, Debug)]
pub struct Config {
    /// Each subscriber that has nothing waiting hears from us this often.
    pub heartbeat: Duration,
    /// So many frames of a room are kept for subscribers who lag.
    pub backlog: usize,
    /// And at most so many bytes of them.
    pub backlog_bytes: usize,
    /// A subscriber with data waiting who takes nothing for so long is put out.
    pub stall: Duration,
    /// So long a stream that was ended may take to fetch its last bytes.
    pub linger: Duration,
    /// So many streams at once; the next is answered 503.
    pub max_streams: usize,
    /// So many streams for one address (IPv6: one /64); the next is answered 429.
    pub per_address: usize,
    /// So many streams for one account, wherever it is; the next is answered 429.
    pub per_account: usize,
    /// Addresses that are not counted: proxies. Loopback never is.
    pub uncounted: Vec<IpAddr>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            heartbeat: Duration::from_secs(10),
            backlog: 1024,
            backlog_bytes: 4 << 20,
            stall: Duration::from_mins(1),
            linger: Duration::from_secs(2),
            max_streams: 20_000,
            per_address: 64,
            // A window without a stream polls, so that nobody is cut off by the limit.
            per_account: 8,
            uncounted: Vec::new(),
        }
    }
}

impl Config {
    /// No limits of number, for measurements.
    pub fn unlimited() -> Self {
        let most = usize::MAX;
        Self { max_streams: most, per_address: most, per_account: most, ..Self::default() }
    }
}

/// May this subscriber read on? Asked on the hub's thread, of what is committed. `None`: that cannot
/// be found out now. Such a subscriber is let go without a word, and comes back to be asked about
/// again.
pub type Gate = Box<dyn Fn(&Subscriber) -> Option<bool> + Send>;
/// Hears who came and went, on the hub's thread; must not wait.
pub type Told = Box<dyn Fn(Event) + Send>;
/// What a heartbeat says now: an event, as it is on the wire.
pub type Beat = Box<dyn Fn() -> Bytes + Send>;

enum Command<S> {
    Publish(Vec<Item>, Instant),
    Subscribe { room: i64, id: u64 },
    Release { room: i64, id: u64 },
    Adopt(Box<Arrival<S>>),
    Listen { room: i64, ring: oneshot::Sender<()> },
    Stop { done: mpsc::Sender<()> },
    Quit,
}

struct Arrival<S> {
    id: u64,
    socket: S,
    subscriber: Subscriber,
    first: Bytes,
    seen: i64,
    mark: u32,
    companion: Option<Companion>,
}

/// See [`Subscription::with`].
type Companion = Box<dyn Send>;

struct Queue {
    commands: mpsc::Sender<Command<mio::net::TcpStream>>,
    waker: mio::Waker,
    shared: Arc<Shared>,
    next_id: AtomicU64,
}

/// What the thread and the handles both touch.
struct Shared {
    /// The thread will look at the queue again before it sleeps, or has been woken for it.
    awake: AtomicBool,
    n_streams: AtomicUsize,
    /// A bit for each language that anybody has read in since the start.
    languages: AtomicU8,
    stopping: AtomicBool,
    failed: Arc<AtomicBool>,
    meters: Streaming,
}

impl Queue {
    fn send(&self, command: Command<mio::net::TcpStream>) {
        // The thread is gone only when it is being torn down: what is told then has no subscriber.
        if self.commands.send(command).is_err() {
            return;
        }
        // The command must be in the queue before the flag is looked at; the thread does it the
        // other way round. One wake serves a whole burst.
        fence(Ordering::SeqCst);
        if !self.shared.awake.swap(true, Ordering::SeqCst)
            && let Err(error) = self.waker.wake()
        {
            tracing::error!(%error, "the hub cannot be woken");
        }
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.send(Command::Quit);
    }
}

/// A handle on the hub; clones are handles on the same one. The last to go ends it.
#[derive(Clone)]
pub struct Hub {
    queue: Arc<Queue>,
}

impl Hub {
    /// Starts the hub's thread.
    ///
    /// `gate` is asked once for each distinct (room, account, session) at a
    /// [`Recheck`](Item::Recheck), about each subscriber at each sixth heartbeat, and about those who
    /// subscribed before a recheck and arrive after it, since their right may have been looked at
    /// before it.
    pub fn start(config: Config, gate: Gate, told: Told, beat: Beat) -> io::Result<Hub> {
        let poll = mio::Poll::new()?;
        let registry = poll.registry().try_clone()?;
        let waker = mio::Waker::new(&registry, run::WAKE)?;
        let (commands, queued) = mpsc::channel();
        let shared = Arc::new(Shared {
            awake: AtomicBool::new(true),
            n_streams: AtomicUsize::new(0),
            languages: AtomicU8::new(0),
            stopping: AtomicBool::new(false),
            failed: Arc::default(),
            meters: Streaming::default(),
        });
        let vital = Vital::by(&shared.failed);
        let carrier = run::Carrier::new(config, registry, queued, shared.clone(), gate, told, beat);
        std::thread::Builder::new().name("hub".into()).spawn(move || {
            let _vital = vital;
            carrier.run(poll);
        })?;
        let queue = Queue { commands, waker, shared, next_id: AtomicU64::new(1) };
        Ok(Hub { queue: Arc::new(queue) })
    }

    /// Tells the rooms concerned, in this order. Never waits.
    pub fn publish(&self, items: Vec<Item>) {
        if !items.is_empty() {
            self.queue.send(Command::Publish(items, Instant::now()));
        }
    }

    /// Keeps the frames of a room from now on, for a stream that is about to be adopted. What is
    /// committed before this returns is found by a read that begins afterwards; what is
    /// published later is kept.
    pub fn subscribe(&self, room: i64) -> Subscription {
        let id = self.queue.next_id.fetch_add(1, Ordering::Relaxed);
        self.queue.send(Command::Subscribe { room, id });
        Subscription { hub: self.clone(), room, id, held: true, companion: None }
    }

    /// Takes over the socket of an open stream. `first` is written before anything else: the
    /// whole response head, then any chunks. Of the frames kept since `subscription`, those with
    /// a seq above `seen` follow, and those without one. `mark` is told with [`Event::Joined`]
    /// and then forgotten: a seat has no room for it.
    ///
    /// A stream that cannot be taken in is answered here, in place of `first`: 503 when there
    /// are too many, too much was published meanwhile, the gate does not know or the hub is stopping;
    /// 429 when one address or account has too many; the event `ended` when the gate says no.
    pub fn adopt(
        &self,
        mut subscription: Subscription,
        socket: TcpStream,
        subscriber: Subscriber,
        first: Bytes,
        seen: i64,
        mark: u32,
    ) {
        debug_assert_eq!(subscription.room, subscriber.room);
        // One whose socket takes no orders is gone.
        if socket.set_nonblocking(true).is_err() {
            return;
        }
        let socket = mio::net::TcpStream::from_std(socket);
        subscription.held = false;
        let bit = 1_u8.checked_shl(subscriber.language.into()).unwrap_or(0);
        self.queue.shared.languages.fetch_or(bit, Ordering::Relaxed);
        // The subscription decides the room, so that a mistaken subscriber cannot read elsewhere
        // than where the caller asked for the right.
        let subscriber = Subscriber { room: subscription.room, ..subscriber };
        let companion = subscription.companion.take();
        let arrival =
            Arrival { id: subscription.id, socket, subscriber, first, seen, mark, companion };
        self.queue.send(Command::Adopt(Box::new(arrival)));
    }

    /// For a long-poll: resolves at the next frame of the room, at a recheck, or at stop. Both
    /// `Ok` and `Err` mean: look again now.
    pub fn listen(&self, room: i64) -> oneshot::Receiver<()> {
        let (ring, heard) = oneshot::channel();
        self.queue.send(Command::Listen { room, ring });
        heard
    }

    /// Has anybody read in this language since the start? If not, nobody needs its renderings.
    pub fn is_read_in(&self, language: u8) -> bool {
        let bit = 1_u8.checked_shl(language.into()).unwrap_or(0);
        self.queue.shared.languages.load(Ordering::Relaxed) & bit != 0
    }

    /// What the hub counts.
    pub fn meters(&self) -> &Streaming {
        &self.queue.shared.meters
    }

    /// How many streams are open.
    pub fn n_streams(&self) -> usize {
        self.queue.shared.n_streams.load(Ordering::Relaxed)
    }

    /// True after a panic of the hub's thread: no stream goes on, and none is taken in.
    pub fn failed(&self) -> bool {
        self.queue.shared.failed.load(Ordering::SeqCst)
    }

    /// [`Hub::stop`] was called: whoever [listens](Hub::listen) need not come again.
    pub fn is_stopping(&self) -> bool {
        self.queue.shared.stopping.load(Ordering::SeqCst)
    }

    /// Ends all streams orderly, with what was published before this call, and returns when the
    /// subscribers have their last byte, at most [`Config::linger`] later. It blocks: not for an
    /// async thread. Streams that come afterwards are answered 503, polls return at once.
    pub fn stop(&self) {
        self.queue.shared.stopping.store(true, Ordering::SeqCst);
        let (done, ended) = mpsc::channel();
        self.queue.send(Command::Stop { done });
        // An error means that the thread is gone, and the streams with it.
        let _ = ended.recv();
    }
}

/// Frames of one room are kept while this lives. See [`Hub::subscribe`].
pub struct Subscription {
    hub: Hub,
    room: i64,
    id: u64,
    held: bool,
    companion: Option<Companion>,
}

impl Subscription {
    /// Keeps `companion` (at the price of an entry in a table) for as long as the stream is there
    /// that this becomes; it is dropped when the stream is over, is not taken in, or never begins.
    #[must_use]
    pub fn with(mut self, companion: impl Send + 'static) -> Self {
        self.companion = Some(Box::new(companion));
        self
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if self.held {
            self.hub.queue.send(Command::Release { room: self.room, id: self.id });
        }
    }
}
