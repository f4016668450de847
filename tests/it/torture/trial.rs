//! A server, writers who post and retry, readers who follow by cursor; in the end everything that
//! they know goes to the checker.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use hyper::{Method, StatusCode};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};

use super::checker::{History, Log, Outcome, Seen, Sent, told};
use crate::process::{Rooms, Server};
use crate::visitor::{Visitor, mids};

/// Everything around one server.
pub struct Trial {
    pub server: Server,
    pub rooms: Rooms,
    pub random: StdRng,
    pub carol: Visitor,
    /// What is known besides what writers and readers bring in the end.
    pub history: History,
    /// The disk or a thread is made to fail: a post may be answered by a status of 500.
    pub breaks: bool,
    bob: Visitor,
    alice: Visitor,
    told: Arc<Told>,
    writers: JoinSet<Vec<Sent>>,
    readers: Vec<(watch::Sender<End>, JoinHandle<Log>)>,
}

/// What writers are told, and tell, while they write.
#[derive(Default)]
struct Told {
    stop: AtomicBool,
    n_acknowledged: AtomicUsize,
    /// Posts that were answered by a status of 500.
    n_broken: AtomicUsize,
    /// Streams that readers opened: each reader's first, and one for each that was lost.
    n_opened: AtomicUsize,
}

/// What a reader waits for.
#[derive(Clone, Copy)]
enum End {
    Open,
    /// When this message was seen.
    At(i64),
    Now,
}

/// What there was of it all.
#[expect(clippy::struct_field_names, reason = "counts are named so")]
pub struct Summary {
    pub n_acknowledged: usize,
    pub n_refused: usize,
    /// More than there are readers: some lost theirs.
    pub n_opened: usize,
    pub n_readers: usize,
    n_unknown: usize,
    pub n_stored: usize,
    pub n_seen: usize,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { n_acknowledged, n_refused, n_unknown, n_stored, n_readers, n_seen, .. } = self;
        write!(
            f,
            "{n_acknowledged} acknowledged, {n_unknown} unknown, {n_refused} refused, {n_stored} \
             stored, {n_seen} seen by {n_readers} readers: nothing wrong"
        )
    }
}

impl Trial {
    /// Signs everybody in.
    pub async fn begin((server, rooms): (Server, Rooms), random: StdRng) -> Self {
        let alice = server.log_in("alice").await;
        let bob = server.log_in("bob").await;
        let carol = server.log_in("carol").await;
        let (history, told, writers, readers) = Default::default();
        let breaks = false;
        Self { server, rooms, random, carol, history, breaks, bob, alice, told, writers, readers }
    }

    /// Lets more write, each into its room, with rests of up to so many milliseconds.
    pub fn write(&mut self, n_writers: u64, rest: u64) {
        for _ in 0..n_writers {
            let writer = self.writers.len() as u64;
            let (visitor, room) = match writer % 4 {
                0 => (&self.alice, self.rooms.room),
                2 => (&self.alice, self.rooms.open),
                _ => (&self.bob, self.rooms.room),
            };
            let random = StdRng::seed_from_u64(self.random.random());
            let told = Arc::clone(&self.told);
            self.writers.spawn(write(visitor.clone(), room, writer, random, rest, told));
        }
    }

    /// Lets somebody follow each room from now on: carol, twice, and bob, who writes too.
    pub async fn read(&mut self) {
        for (name, visitor, room) in [
            ("carol", &self.carol, self.rooms.room),
            ("carol's other window", &self.carol, self.rooms.room),
            ("bob", &self.bob, self.rooms.room),
            ("carol in the hall", &self.carol, self.rooms.open),
        ] {
            let window = visitor.get(&format!("/rooms/{room}")).await.body;
            let (end, ends) = watch::channel(End::Open);
            let told = Arc::clone(&self.told);
            let follow = follow(visitor.clone(), name, room, cursor(&window), ends, told);
            let reader = tokio::spawn(follow);
            self.readers.push((end, reader));
        }
    }

    /// Says a thousand messages on each of so many days in a room of their own; the room, and the first
    /// of the days.
    pub fn fill(&self, n_days: i32) -> (String, Date) {
        let room = self.server.page("WORK", "Long ago", "{chat:Long ago}\n").to_string();
        let mut import =
            ["import", "irc", "--room", &room, "--zone", "UTC"].map(str::to_owned).to_vec();
        let first = date(2004, 1, 1);
        for day in 0..n_days {
            let line = |n: i32| format!("[{:02}:{:02}] <ann> what was said {n}\n", n / 60, n % 60);
            let log = self.server.folder().join(format!("{}.txt", first + day.days()));
            std::fs::write(&log, (0..1_000).map(line).collect::<String>()).unwrap();
            import.push(log.to_str().unwrap().to_owned());
        }
        self.server.run(&import.iter().map(String::as_str).collect::<Vec<_>>(), "");
        (room, first)
    }

    /// How many messages were acknowledged so far.
    pub fn n_acknowledged(&self) -> usize {
        self.told.n_acknowledged.load(Ordering::Relaxed)
    }

    /// Waits until one more message is acknowledged; how long that took.
    pub async fn until_acknowledged(&self) -> Duration {
        let (begun, n) = (Instant::now(), self.n_acknowledged());
        while self.n_acknowledged() == n {
            assert!(begun.elapsed() < Duration::from_secs(30), "nothing is acknowledged any more");
            sleep(Duration::from_millis(2)).await;
        }
        begun.elapsed()
    }

    /// A rest of a random length, in milliseconds.
    pub async fn rest(&mut self, from: u64, to: u64) {
        sleep(Duration::from_millis(self.random.random_range(from..to))).await;
    }

    /// Ends it all, and has it checked.
    pub async fn finish(mut self) -> Summary {
        self.told.stop.store(true, Ordering::Relaxed);
        while let Some(sent) = self.writers.join_next().await {
            self.history.sent.extend(sent.unwrap());
        }
        for room in [self.rooms.room, self.rooms.open] {
            let stored = history(&self.carol, room).await;
            let days = days(&self.carol, room).await;
            for (day, seen) in &days {
                let is_ordered = seen.is_sorted_by_key(|seen| seen.mid);
                assert!(is_ordered, "the transcript of {day} is not in the order of ids");
            }
            // A clock that was set back writes in an earlier day again.
            let mut told: Vec<Seen> = days.into_values().flatten().collect();
            told.sort_by_key(|seen| seen.mid);
            assert!(told == stored, "the transcripts have {} of {}", told.len(), stored.len());
            self.history.stored.insert(room, stored);
        }
        let history = &mut self.history;
        for (end, mut reader) in self.readers {
            let last = history.stored.values().flatten().map(|seen| seen.mid).max();
            end.send_replace(End::At(last.unwrap_or(0)));
            let patience = Duration::from_secs(2);
            let log = if let Ok(log) = timeout(patience, &mut reader).await {
                log
            } else {
                // It will not see more. Whether it should have is the checker's to say.
                end.send_replace(End::Now);
                reader.await
            };
            history.logs.push(log.unwrap());
        }
        let faults = history.check();
        assert!(faults.is_empty(), "{}", told(&faults));
        self.server.run(&["check"], "");
        let n_broken = self.told.n_broken.load(Ordering::Relaxed);
        assert!(n_broken == 0 || self.breaks, "{n_broken} posts were answered by 500");
        let n = |is: fn(&Outcome) -> bool| history.sent.iter().filter(|s| is(&s.outcome)).count();
        Summary {
            n_acknowledged: n(|outcome| matches!(outcome, Outcome::Acknowledged(_))),
            n_refused: n(|outcome| *outcome == Outcome::Refused),
            n_opened: self.told.n_opened.load(Ordering::Relaxed),
            n_unknown: n(|outcome| *outcome == Outcome::Unknown),
            n_stored: history.stored.values().map(Vec::len).sum(),
            n_readers: history.logs.len(),
            n_seen: history.logs.iter().map(|log| log.seen.len()).sum(),
        }
    }
}

/// Posts until told to stop. What fails is tried again, as a browser would, or given up.
async fn write(
    visitor: Visitor,
    room: i64,
    writer: u64,
    mut random: StdRng,
    rest: u64,
    told: Arc<Told>,
) -> Vec<Sent> {
    let path = format!("/rooms/{room}/messages");
    let mut sent = Vec::new();
    for count in 0.. {
        if told.stop.load(Ordering::Relaxed) {
            break;
        }
        let (body, nonce) = (format!("{writer}-{count}"), format!("nonce-{writer}-{count}"));
        let fields = [("body", body.as_str()), ("nonce", nonce.as_str())];
        let mut outcome = Outcome::Refused;
        loop {
            let asked = visitor.ask(Method::POST, &path, &fields);
            match timeout(Duration::from_secs(8), asked).await {
                Ok(Ok(answer)) if answer.status.is_success() => {
                    let known = answer.status == StatusCode::OK;
                    let mid = mids(&answer.body)[0];
                    let first = !matches!(outcome, Outcome::Acknowledged(_));
                    // A second acknowledgement is of the same message, and tells so.
                    if !first {
                        assert!(
                            known && outcome == Outcome::Acknowledged(mid),
                            "{body}, {outcome:?}, was sent again and is {mid} now"
                        );
                        break;
                    }
                    outcome = Outcome::Acknowledged(mid);
                    told.n_acknowledged.fetch_add(1, Ordering::Relaxed);
                    if !random.random_bool(0.1) {
                        break;
                    }
                }
                Ok(Ok(answer))
                    if [StatusCode::SERVICE_UNAVAILABLE, StatusCode::INSUFFICIENT_STORAGE]
                        .contains(&answer.status) => {}
                Ok(Ok(answer)) if !answer.status.is_server_error() => {
                    panic!("{body}: {} {}", answer.status, answer.body)
                }
                // Killed, or it does not know itself: nobody knows whether it was posted.
                answer => {
                    if matches!(answer, Ok(Ok(_))) {
                        told.n_broken.fetch_add(1, Ordering::Relaxed);
                    }
                    if outcome == Outcome::Refused {
                        outcome = Outcome::Unknown;
                    }
                }
            }
            let known = matches!(outcome, Outcome::Acknowledged(_));
            if !known && (random.random_bool(0.2) || told.stop.load(Ordering::Relaxed)) {
                break;
            }
            if !known {
                sleep(Duration::from_millis(20)).await;
            }
        }
        sent.push(Sent { writer, room, body, outcome });
        sleep(Duration::from_millis(random.random_range(0..=rest))).await;
    }
    sent
}

/// Follows the stream by cursor, as a window does, until it has seen its end.
async fn follow(
    visitor: Visitor,
    name: &'static str,
    room: i64,
    mut cursor: String,
    mut end: watch::Receiver<End>,
    told: Arc<Told>,
) -> Log {
    let (reader, after) = (name.to_owned(), seq(&cursor));
    let mut log = Log { reader, room, after, whole: true, seen: Vec::new(), changes: Vec::new() };
    loop {
        let is_over = |end: &End| match end {
            End::Open => false,
            End::At(mid) => log.seen.last().is_some_and(|last| last.mid >= *mid),
            End::Now => true,
        };
        if is_over(&end.borrow()) {
            return log;
        }
        let path = format!("/rooms/{room}/stream?after={cursor}");
        let Ok(mut stream) = visitor.listen(&path).await else {
            sleep(Duration::from_millis(20)).await;
            continue;
        };
        told.n_opened.fetch_add(1, Ordering::Relaxed);
        loop {
            let last = log.seen.last().map_or(0, |last| last.mid);
            let event = tokio::select! {
                event = stream.next() => event,
                _ = end.wait_for(|end| match end {
                    End::Open => false,
                    End::At(mid) => last >= *mid,
                    End::Now => true,
                }) => return log,
            };
            // Half an event is none: the next stream begins with it.
            let Some(event) = event else { break };
            match (event.name.as_str(), event.id) {
                ("", Some(id)) => {
                    log.seen.extend(read(&event.data));
                    log.changes.push(seq(&id));
                    cursor = id;
                }
                ("", None) => {}
                ("reload", _) => {
                    if let Some(now) = load_anew(&visitor, room, &mut log).await {
                        cursor = now;
                    }
                    break;
                }
                (name, _) => panic!("the stream said {name}"),
            }
        }
    }
}

/// What a window does that was away too long; the cursor that it goes on from.
async fn load_anew(visitor: &Visitor, room: i64, log: &mut Log) -> Option<String> {
    let last = log.seen.last().map_or(log.after, |last| last.mid);
    let window = visitor.ask(Method::GET, &format!("/rooms/{room}"), &[]).await.ok()?.body;
    let mut missed = read(&window);
    while missed.first().is_some_and(|first| first.mid > last + 1) {
        let path = format!("/rooms/{room}/messages?before={}", missed[0].mid);
        let mut older = read(&visitor.ask(Method::GET, &path, &[]).await.ok()?.body);
        if older.is_empty() {
            break;
        }
        older.append(&mut missed);
        missed = older;
    }
    log.seen.extend(missed.into_iter().filter(|seen| seen.mid > last));
    window.contains("/stream?after=").then(|| self::cursor(&window))
}

/// Where a window's stream begins.
pub fn cursor(window: &str) -> String {
    window.split("/stream?after=").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

/// The number in a cursor.
pub fn seq(cursor: &str) -> i64 {
    cursor.split_once('-').unwrap().1.parse().unwrap()
}

/// The messages in a piece of HTML. By hand: a parser that knows all of HTML would be most of what
/// a long torture does.
pub fn read(html: &str) -> Vec<Seen> {
    let items = html.split("<li id=\"m").skip(1);
    let item = |item: &str| {
        let mid = item.split('"').next().unwrap().parse().unwrap();
        let body = item.split("class=\"body").nth(1).and_then(|rest| rest.split_once('>'));
        let body = body.unwrap().1.split("</div>").next().unwrap();
        // What stands outside of tags.
        let text: String =
            body.split('<').map(|part| part.split_once('>').map_or(part, |p| p.1)).collect();
        Seen { mid, body: text.trim().to_owned() }
    };
    items.map(item).collect()
}

/// The room's whole history, from the window back to the beginning.
pub async fn history(visitor: &Visitor, room: i64) -> Vec<Seen> {
    let mut parts = vec![read(&visitor.get(&format!("/rooms/{room}")).await.body)];
    while let Some(first) = parts.last().and_then(|part| part.first()) {
        let path = format!("/rooms/{room}/messages?before={}", first.mid);
        parts.push(read(&visitor.get(&path).await.body));
    }
    parts.into_iter().rev().flatten().collect()
}

/// The room's transcripts by day.
pub async fn days(visitor: &Visitor, room: i64) -> BTreeMap<String, Vec<Seen>> {
    let window = visitor.get(&format!("/rooms/{room}")).await.body;
    let prefix = format!("/rooms/{room}/transcripts/");
    let mut days = BTreeMap::new();
    for day in window.split(&prefix).skip(1).map(|rest| rest.split('"').next().unwrap()) {
        let page = visitor.get(&format!("{prefix}{day}")).await.location.unwrap();
        let mut log: Vec<Seen> = Vec::new();
        // A long day comes in parts; past the last there is nothing new.
        for part in 1.. {
            let messages = read(&visitor.get(&format!("{page}?part={part}")).await.body);
            if messages.first() == log.last() || log.contains(&messages[0]) {
                break;
            }
            log.extend(messages);
        }
        days.insert(day.to_owned(), log);
    }
    days
}
