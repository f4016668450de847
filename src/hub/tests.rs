//! The hub over real sockets: what subscribers get, byte for byte, and how streams end.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop"
)]

mod ends;
mod simulation;

use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use bytes::Bytes;
use socket2::SockRef;

use super::ring::{END, chunk};
use super::*;

const HEAD: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
/// An account that makes the gate panic.
const UNKNOWN: i64 = 99;
const BEAT: &str = "data: still here\n\n";
const PATIENCE: Duration = Duration::from_secs(20);

/// A hub, who may not read, and what it told.
struct World {
    hub: Hub,
    shut_out: Arc<Mutex<HashSet<i64>>>,
    asked: Arc<AtomicI64>,
    told: mpsc::Receiver<Event>,
    door: TcpListener,
}

/// Without heartbeats, but where a test wants them.
fn calm() -> Config {
    let heartbeat = Duration::from_hours(1);
    Config { heartbeat, backlog_bytes: usize::MAX, ..Config::unlimited() }
}

fn world(config: Config) -> World {
    let shut_out = Arc::new(Mutex::new(HashSet::new()));
    let asked = Arc::new(AtomicI64::new(0));
    let (tell, told) = mpsc::channel();
    let (out, n) = (shut_out.clone(), asked.clone());
    let gate = Box::new(move |subscriber: &Subscriber| {
        n.fetch_add(1, Ordering::SeqCst);
        assert_ne!(subscriber.account, UNKNOWN, "nothing can be found out about this one");
        Some(!out.lock().unwrap().contains(&subscriber.account))
    });
    let told_to = Box::new(move |event| {
        let _ = tell.send(event);
    });
    let hub = Hub::start(config, gate, told_to, Box::new(|| BEAT.into())).unwrap();
    World { hub, shut_out, asked, told, door: TcpListener::bind("127.0.0.1:0").unwrap() }
}

impl World {
    /// Both ends of a connection; ours with a small buffer.
    fn pair(&self) -> (TcpStream, Client) {
        let theirs = TcpStream::connect(self.door.local_addr().unwrap()).unwrap();
        theirs.set_read_timeout(Some(PATIENCE)).unwrap();
        let (ours, _) = self.door.accept().unwrap();
        SockRef::from(&ours).set_send_buffer_size(64 * 1024).unwrap();
        (ours, Client { socket: theirs, buffer: Vec::new() })
    }

    fn join(&self, subscriber: Subscriber) -> Client {
        let subscription = self.hub.subscribe(subscriber.room);
        let (ours, mut client) = self.pair();
        self.hub.adopt(subscription, ours, subscriber, HEAD.into(), 0, 0);
        client.head();
        client
    }

    fn say(&self, room: i64, seq: i64, text: &str) {
        self.hub.publish(vec![frame(room, seq, 0, text, text)]);
    }

    /// Who joined, as the next thing that is told.
    fn joined(&self) -> Subscriber {
        let event = self.told.recv_timeout(PATIENCE).expect("nothing was told");
        let (Event::Joined { subscriber, .. } | Event::Left { subscriber, .. }) = event;
        assert!(matches!(event, Event::Joined { .. }), "{event:?}");
        subscriber
    }

    /// Who left, as the next thing that is told.
    fn left(&self) -> Subscriber {
        let event = self.told.recv_timeout(PATIENCE).expect("nothing was told");
        let (Event::Joined { subscriber, .. } | Event::Left { subscriber, .. }) = event;
        assert!(matches!(event, Event::Left { .. }), "{event:?}");
        subscriber
    }
}

/// Whether a long-poll wakes, either way.
fn wakes(heard: tokio::sync::oneshot::Receiver<()>) -> bool {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(PATIENCE, heard).await }).is_ok()
}

fn subscriber(room: i64, account: i64) -> Subscriber {
    Subscriber { room, account, session: account * 10, sound: true, language: 0 }
}

fn frame(room: i64, seq: i64, author: i64, loud: &str, quiet: &str) -> Item {
    let (loud, quiet) = (Bytes::from(loud.to_owned()), Bytes::from(quiet.to_owned()));
    let frame = Frame { author, loud: loud.clone(), quiet, ..Frame::same(Some(seq), loud) };
    Item::Frame { room, frame }
}

/// The window's end of a stream.
struct Client {
    socket: TcpStream,
    buffer: Vec<u8>,
}

impl Client {
    fn fill(&mut self) -> usize {
        let mut piece = [0; 16 * 1024];
        let n = self.socket.read(&mut piece).expect("the stream fell silent");
        self.buffer.extend_from_slice(&piece[..n]);
        n
    }

    fn until(&mut self, mark: &[u8]) -> Vec<u8> {
        loop {
            if let Some(at) = memchr::memmem::find(&self.buffer, mark) {
                let rest = self.buffer.split_off(at + mark.len());
                let mut line = std::mem::replace(&mut self.buffer, rest);
                line.truncate(at);
                return line;
            }
            assert_ne!(self.fill(), 0, "cut inside {:?}", String::from_utf8_lossy(&self.buffer));
        }
    }

    fn head(&mut self) -> String {
        String::from_utf8(self.until(b"\r\n\r\n")).unwrap()
    }

    /// The next chunk, strictly; `None` at the last one.
    fn next(&mut self) -> Option<String> {
        let size = String::from_utf8(self.until(b"\r\n")).unwrap();
        let size = usize::from_str_radix(&size, 16).unwrap();
        while self.buffer.len() < size + 2 {
            assert_ne!(self.fill(), 0, "cut inside a chunk");
        }
        let rest = self.buffer.split_off(size + 2);
        let mut text = std::mem::replace(&mut self.buffer, rest);
        assert_eq!(text.split_off(size), b"\r\n");
        (size > 0).then(|| String::from_utf8(text).unwrap())
    }

    /// Everything up to the end of the connection, however it ends.
    fn rest(mut self) -> Vec<u8> {
        let _ = self.socket.read_to_end(&mut self.buffer);
        self.buffer
    }
}

#[test]
fn a_chunk_is_framed_by_its_size_in_hex() {
    assert_eq!(&chunk(b"0123456789abcdef01")[..], b"12\r\n0123456789abcdef01\r\n");
    assert!(chunk(b"").is_empty(), "an empty chunk would end the stream");
}

#[test]
fn a_subscriber_gets_what_is_published_in_its_room_in_order() {
    let w = world(calm());
    let mut bob = w.join(subscriber(7, 1));
    w.say(8, 1, "elsewhere");
    w.say(7, 1, "one");
    w.hub.publish(vec![frame(7, 2, 0, "two", "2"), frame(7, 3, 0, "three", "3")]);
    w.hub.publish(vec![Item::Reload { room: 7 }]);
    let got: Vec<_> = (0..4).filter_map(|_| bob.next()).collect();
    assert_eq!(got, ["one", "two", "three", "event: reload\ndata: \n\n"]);
    assert_eq!(w.joined(), subscriber(7, 1));
    assert_eq!(w.hub.n_streams(), 1);
}

#[test]
fn one_account_s_windows_load_anew_and_nobody_else_s() {
    let w = world(calm());
    let mut bob = w.join(subscriber(7, 2));
    let mut quiet = w.join(Subscriber { sound: false, ..subscriber(7, 2) });
    let mut alice = w.join(subscriber(7, 1));
    w.hub.publish(vec![Item::ReloadFor { room: 7, account: 2 }]);
    w.say(7, 1, "one");
    for window in [&mut bob, &mut quiet] {
        assert_eq!(window.next().as_deref(), Some("event: reload\ndata: \n\n"));
        assert_eq!(window.next().as_deref(), Some("one"));
    }
    assert_eq!(alice.next().as_deref(), Some("one"));
}

#[test]
fn only_a_window_with_sound_hears_and_never_its_own_author() {
    let w = world(calm());
    let mut alice = w.join(subscriber(1, 1));
    let mut bob = w.join(subscriber(1, 2));
    let mut mute = w.join(Subscriber { sound: false, ..subscriber(1, 3) });
    let mut anyone = w.join(subscriber(1, 0));
    w.hub.publish(vec![frame(1, 1, 1, "ding", "hush"), frame(1, 2, 0, "dong", "hush")]);
    assert_eq!([alice.next(), alice.next()], [Some("hush".into()), Some("dong".into())]);
    assert_eq!([bob.next(), bob.next()], [Some("ding".into()), Some("dong".into())]);
    assert_eq!([mute.next(), mute.next()], [Some("hush".into()), Some("hush".into())]);
    assert_eq!([anyone.next(), anyone.next()], [Some("ding".into()), Some("dong".into())]);
}

#[test]
fn who_is_called_hears_it_otherwise() {
    let w = world(calm());
    let mut alice = w.join(subscriber(1, 1));
    let mut bob = w.join(subscriber(1, 2));
    let mut mute = w.join(Subscriber { sound: false, ..subscriber(1, 3) });
    let mut anyone = w.join(subscriber(1, 0));
    let called = Frame { author: 1, called: vec![1, 2, 3], ..Frame::same(None, "hush".into()) };
    let frame = Frame { loud: "ding".into(), calling: "bob!".into(), ..called };
    w.hub.publish(vec![Item::Frame { room: 1, frame }]);
    assert_eq!([alice.next(), mute.next()], [Some("hush".into()), Some("hush".into())]);
    assert_eq!([bob.next(), anyone.next()], [Some("bob!".into()), Some("ding".into())]);
}

#[test]
fn each_reads_in_their_language_or_the_first() {
    let w = world(calm());
    let subscribers = [0, 1, 2].map(|language| Subscriber { language, ..subscriber(1, 7) });
    assert!(!w.hub.is_read_in(1));
    let [mut first, mut second, mut unknown] = subscribers.map(|subscriber| w.join(subscriber));
    assert!(w.hub.is_read_in(1));
    let frame =
        Frame { also: vec![Renderings::same("Haus".into())], ..Frame::same(None, "house".into()) };
    w.hub.publish(vec![Item::Frame { room: 1, frame }]);
    assert_eq!(second.next(), Some("Haus".into()));
    assert_eq!([first.next(), unknown.next()], [Some("house".into()), Some("house".into())]);
}

#[test]
fn frames_from_before_the_subscription_are_not_sent() {
    let w = world(calm());
    let mut slow = w.join(subscriber(1, 1));
    let panel = |text: &'static str| Item::Frame { room: 1, frame: Frame::same(None, text.into()) };
    // The slow subscriber makes the room keep the old panel.
    w.say(1, 1, &"y".repeat(8 << 20));
    w.hub.publish(vec![panel("old")]);
    let mut late = w.join(subscriber(1, 2));
    w.hub.publish(vec![panel("new")]);
    assert_eq!(late.next(), Some("new".into()));
    let got: Vec<_> = (0..3).filter_map(|_| slow.next()).map(|text| text.len()).collect();
    assert_eq!(got, [8 << 20, 3, 3]);
}

#[test]
fn who_is_adopted_after_too_much_was_published_has_to_come_again() {
    let w = world(Config { backlog: 8, ..calm() });
    let subscription = w.hub.subscribe(1);
    for seq in 1..=9 {
        w.say(1, seq, "hello");
    }
    // A stream that joins and hears shows that the nine have passed the hub.
    let mut other = w.join(subscriber(2, 2));
    w.say(2, 1, "on");
    assert_eq!(other.next(), Some("on".into()));
    let (ours, mut late) = w.pair();
    w.hub.adopt(subscription, ours, subscriber(1, 1), HEAD.into(), 0, 0);
    assert!(late.head().starts_with("HTTP/1.1 503 "));
}

#[test]
fn what_the_first_answer_held_is_not_sent_again() {
    let w = world(calm());
    let subscription = w.hub.subscribe(1);
    w.say(1, 5, "five");
    w.say(1, 6, "six");
    w.hub.publish(vec![Item::Frame { room: 1, frame: Frame::same(None, "panel".into()) }]);
    let (ours, mut client) = w.pair();
    let first = [HEAD.as_bytes(), &chunk(b"up to six")].concat();
    w.hub.adopt(subscription, ours, subscriber(1, 1), first.into(), 6, 0);
    w.say(1, 6, "six late");
    w.say(1, 7, "seven");
    client.head();
    let got: Vec<_> = (0..3).filter_map(|_| client.next()).collect();
    assert_eq!(got, ["up to six", "panel", "seven"]);
}

/// The database is a number: everything up to it is committed. A frame is published after it.
#[test]
fn a_stream_begins_without_gap_or_double_whenever_it_begins() {
    let w = world(calm());
    for round in 0..400_i64 {
        let n = 40;
        let database = AtomicI64::new(0);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut seq = 0;
                while seq < n {
                    let group: Vec<_> = (seq + 1..=n.min(seq + 1 + (seq + round) % 4)).collect();
                    seq = *group.last().unwrap();
                    database.store(seq, Ordering::SeqCst);
                    if (seq + round) % 3 == 0 {
                        std::thread::yield_now();
                    }
                    let item = |seq: &i64| frame(round, *seq, 0, &text(*seq), "");
                    w.hub.publish(group.iter().map(item).collect());
                }
            });
            for late in 0..4 {
                let (hub, database) = (&w.hub, &database);
                let (ours, mut client) = w.pair();
                scope.spawn(move || {
                    while database.load(Ordering::SeqCst) < late * n / 4 {
                        std::thread::yield_now();
                    }
                    let subscription = hub.subscribe(round);
                    let seen = database.load(Ordering::SeqCst);
                    hub.adopt(subscription, ours, subscriber(round, late), HEAD.into(), seen, 0);
                    client.head();
                    for seq in seen + 1..=n {
                        assert_eq!(client.next(), Some(text(seq)), "round {round}, from {seen}");
                    }
                });
            }
        });
    }
}

fn text(seq: i64) -> String {
    let filler = "x".repeat(usize::try_from(seq * 37 % 900).unwrap());
    format!("id: {seq}\ndata: {filler}\n\n")
}

#[test]
fn many_subscribers_get_every_byte() {
    let w = world(Config { backlog: 100_000, ..calm() });
    let mut clients: Vec<_> = (0..200).map(|account| w.join(subscriber(1, account))).collect();
    let (hub, n) = (w.hub.clone(), 500);
    let publisher = std::thread::spawn(move || {
        for seq in 1..=n {
            hub.publish(vec![frame(1, seq, seq, &text(seq), "quiet")]);
        }
    });
    for (account, client) in (0..).zip(&mut clients) {
        for seq in 1..=n {
            let expected = if account != 0 && account == seq { "quiet".into() } else { text(seq) };
            assert_eq!(client.next(), Some(expected));
        }
    }
    publisher.join().unwrap();
}

#[test]
fn a_slow_subscriber_catches_up_exactly_and_delays_nobody() {
    let w = world(Config { backlog: 100_000, ..calm() });
    let mut slow = w.join(subscriber(1, 1));
    let mut quick = w.join(subscriber(1, 2));
    // Far more than the kernel holds for one connection.
    let big = |seq: i64| format!("{seq} {}", "y".repeat(64 * 1024));
    for seq in 1..=200 {
        w.say(1, seq, &big(seq));
        assert!(quick.next() == Some(big(seq)));
    }
    for seq in 1..=200 {
        assert!(slow.next() == Some(big(seq)));
    }
    w.say(1, 201, "on");
    assert_eq!(slow.next(), Some("on".into()));
}

#[test]
fn a_subscriber_out_of_the_backlog_is_put_out() {
    let w = world(Config { backlog: 8, ..calm() });
    let slow = w.join(subscriber(1, 1));
    let mut quick = w.join(subscriber(1, 2));
    let big = "y".repeat(256 * 1024);
    for seq in 1..=100 {
        w.say(1, seq, &big);
        assert!(quick.next().as_deref() == Some(big.as_str()));
    }
    assert_eq!(w.joined(), subscriber(1, 1));
    assert_eq!(w.joined(), subscriber(1, 2));
    assert_eq!(w.left(), subscriber(1, 1));
    assert_eq!(w.hub.n_streams(), 1);
    // It ends inside a frame or after one, but never as if it were whole.
    assert!(!slow.rest().ends_with(END));
}

#[test]
fn a_subscriber_who_takes_nothing_is_put_out() {
    let w = world(Config { stall: Duration::from_millis(200), ..calm() });
    let stalled = w.join(subscriber(1, 1));
    let _idle = w.join(subscriber(1, 2));
    let begin = Instant::now();
    let (hub, big) = (w.hub.clone(), "y".repeat(8 << 20));
    hub.publish(vec![frame(1, 1, 2, &big, "")]);
    assert_eq!(w.joined(), subscriber(1, 1));
    assert_eq!(w.joined(), subscriber(1, 2));
    assert_eq!(w.left(), subscriber(1, 1));
    assert!(begin.elapsed() >= Duration::from_millis(200));
    assert_eq!(w.hub.n_streams(), 1);
    drop(stalled);
}

#[test]
fn a_heartbeat_reaches_everybody() {
    let w = world(Config { heartbeat: Duration::from_millis(100), ..Config::default() });
    let mut windows: Vec<_> = (0..150).map(|account| w.join(subscriber(1, account))).collect();
    for window in &mut windows {
        for _ in 0..2 {
            assert_eq!(window.next().unwrap(), BEAT);
        }
    }
}

#[test]
fn a_poll_wakes_at_a_frame_at_a_recheck_and_at_the_stop() {
    let w = world(calm());
    let other = w.hub.listen(2);
    let heard = w.hub.listen(1);
    w.say(1, 1, "hello");
    assert!(wakes(heard));
    let mut other = other;
    assert!(other.try_recv() == Err(tokio::sync::oneshot::error::TryRecvError::Empty));
    w.hub.publish(vec![Item::Recheck]);
    assert!(wakes(other));
    let heard = w.hub.listen(1);
    w.hub.stop();
    assert!(wakes(heard));
}

#[test]
fn too_many_streams_are_told_so() {
    let w = world(Config { max_streams: 2, ..calm() });
    let (mut bob, _carol) = (w.join(subscriber(1, 1)), w.join(subscriber(1, 2)));
    let (ours, mut late) = w.pair();
    w.hub.adopt(w.hub.subscribe(1), ours, subscriber(1, 3), HEAD.into(), 0, 0);
    let head = late.head();
    assert!(head.starts_with("HTTP/1.1 503 ") && head.contains("retry-after"), "{head}");
    assert_eq!(late.fill(), 0);
    w.say(1, 1, "on");
    assert_eq!(bob.next(), Some("on".into()));
    assert_eq!(w.hub.n_streams(), 2);
}

#[test]
fn one_account_takes_no_more_streams_than_its_share() {
    let w = world(Config { per_account: 2, ..calm() });
    let (mut one, two) = (w.join(subscriber(1, 1)), w.join(subscriber(2, 1)));
    let (ours, mut third) = w.pair();
    w.hub.adopt(w.hub.subscribe(1), ours, subscriber(1, 1), HEAD.into(), 0, 0);
    let head = third.head();
    assert!(head.starts_with("HTTP/1.1 429 ") && head.contains("retry-after"), "{head}");
    let mut other = w.join(subscriber(1, 2));
    w.say(1, 1, "on");
    assert_eq!((one.next(), other.next()), (Some("on".into()), Some("on".into())));
    drop(two);
}
