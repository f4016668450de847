//! Readers who are cut anywhere, who come while others write, who were away for long.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::checker::{Log, Seen};
use super::trial::{Trial, cursor, read, seq};
use super::wire::Wire;
use super::{block_on, fault, scale};
use crate::process::Server;
use crate::visitor::Visitor;

const PATIENCE: Duration = Duration::from_millis(100);

#[test]
fn a_reader_who_is_cut_anywhere_sees_each_message_once() {
    let n_cuts = scale(300, 3_000, 10_000);
    fault("readers cut", "10,000 cuts after 1 to 20,000 bytes, half by RST", |random| {
        block_on(async {
            let mut trial = Trial::begin(Server::furnished(), random).await;
            let left = Arc::new(AtomicUsize::new(n_cuts));
            let mut readers = JoinSet::new();
            for n in 0..8 {
                let (visitor, room) = (trial.carol.clone(), trial.rooms.room);
                let window = visitor.get(&format!("/rooms/{room}")).await.body;
                let random = StdRng::seed_from_u64(trial.random.random());
                let log = Log {
                    reader: format!("reader {n}"),
                    room,
                    after: seq(&cursor(&window)),
                    whole: false,
                    seen: Vec::new(),
                    changes: Vec::new(),
                };
                readers.spawn(read_in_pieces(visitor, cursor(&window), log, random, left.clone()));
            }
            trial.write(4, 40);
            let mut n_anew = 0;
            while let Some(logs) = readers.join_next().await {
                let logs = logs.unwrap();
                n_anew += logs.len() - 1;
                trial.history.logs.extend(logs);
            }
            let told = trial.finish().await;
            assert!(told.n_seen >= told.n_stored, "their streams bring next to nothing");
            format!("{n_cuts} cuts, {n_anew} loaded anew; {told}")
        })
    });
}

/// Follows a room and is cut, again and again, until nobody needs to be any more. Whoever fell so far
/// behind that it is told to load anew does that, and follows from there: another log.
async fn read_in_pieces(
    visitor: Visitor,
    mut first: String,
    mut log: Log,
    mut random: StdRng,
    left: Arc<AtomicUsize>,
) -> Vec<Log> {
    let mut logs = Vec::new();
    let mut last = first.clone();
    while left.load(Ordering::Relaxed) > 0 {
        // As a browser does: the address is the old one, the header knows better.
        let path = format!("/rooms/{}/stream?after={first}", log.room);
        let more = format!("last-event-id: {last}\r\n");
        let mut wire = Wire::open(&visitor, &path, &more, None).await.unwrap();
        let mut limit = random.random_range(1..20_000);
        while limit > 0 {
            let n = wire.take(limit, PATIENCE).await;
            if n == 0 {
                break;
            }
            limit -= n;
        }
        for event in wire.events() {
            assert_ne!(event.name, "ended");
            if event.name == "reload" {
                let window = visitor.get(&format!("/rooms/{}", log.room)).await.body;
                first = cursor(&window);
                last = first.clone();
                let (reader, room, after) = (log.reader.clone(), log.room, seq(&first));
                let anew = Log { reader, room, after, whole: false, seen: vec![], changes: vec![] };
                logs.push(std::mem::replace(&mut log, anew));
                break;
            }
            if let Some(id) = event.id {
                log.seen.extend(read(&event.data));
                log.changes.push(seq(&id));
                last = id;
            }
        }
        wire.cut(random.random_bool(0.5));
        let _ = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1));
    }
    logs.push(log);
    logs
}

#[test]
fn what_is_posted_between_a_page_and_its_stream_is_seen_once() {
    let n_windows = scale(12, 200, 1_000);
    fault("between page and stream", "100 % shown", |random| {
        block_on(async {
            let mut trial = Trial::begin(Server::furnished(), random).await;
            trial.write(4, 20);
            let room = trial.rooms.room;
            let mut n_between = 0;
            for n in 0..n_windows {
                let window = trial.carol.get(&format!("/rooms/{room}")).await.body;
                let mut seen = read(&window);
                let after = seen.first().map_or(0, |first| first.mid - 1);
                let shown = seen.last().map_or(0, |last| last.mid);
                trial.rest(0, 20).await;
                let path = format!("/rooms/{room}/stream?after={}", cursor(&window));
                let mut wire = Wire::open(&trial.carol, &path, "", None).await.unwrap();
                let mut streamed: Vec<Seen> = Vec::new();
                while streamed.len() < 6 {
                    wire.take(65_536, PATIENCE).await;
                    let events = wire.events();
                    assert!(events.iter().all(|event| event.name.is_empty()), "{events:?}");
                    let changes = events.iter().filter(|event| event.id.is_some());
                    streamed.extend(changes.flat_map(|event| read(&event.data)));
                }
                n_between += usize::from(streamed[0].mid > shown);
                seen.extend(streamed);
                let reader = format!("window {n}");
                let changes = Vec::new();
                trial.history.logs.push(Log { reader, room, after, whole: false, seen, changes });
            }
            assert_eq!(n_between, n_windows, "the page and its stream overlap");
            let told = trial.finish().await;
            format!("{n_windows} windows opened; {told}")
        })
    });
}

#[test]
fn a_reader_who_was_away_for_long_loads_anew_and_costs_little() {
    let (n_behind, n_readers) = (scale(400, 3_000, 100_000), scale(10, 100, 200));
    fault("long absence", "100,000 behind: at most 500 events, then `reload`", |random| {
        block_on(async {
            let mut trial = Trial::begin(Server::furnished(), random).await;
            let room = trial.rooms.room;
            let old = cursor(&trial.carol.get(&format!("/rooms/{room}")).await.body);
            trial.write(16, 0);
            while trial.n_acknowledged() < n_behind * 4 / 3 {
                trial.until_acknowledged().await;
            }
            let before = trial.server.memory();
            let mut readers = JoinSet::new();
            for _ in 0..n_readers {
                let (visitor, path) =
                    (trial.carol.clone(), format!("/rooms/{room}/stream?after={old}"));
                readers.spawn(async move {
                    let mut wire = Wire::open(&visitor, &path, "", None).await.unwrap();
                    let mut n_events = 0;
                    loop {
                        assert!(wire.take(65_536, Duration::from_secs(10)).await > 0);
                        for event in wire.events() {
                            if event.name == "reload" {
                                return n_events;
                            }
                            n_events += 1;
                        }
                    }
                });
            }
            let most = timeout(Duration::from_mins(1), async {
                let mut most = 0;
                while let Some(n) = readers.join_next().await {
                    most = most.max(n.unwrap());
                }
                most
            });
            let most = most.await.expect("every reader is told to load anew");
            let grown = trial.server.memory().saturating_sub(before) >> 10;
            assert!(most <= 500, "{most} events before the reload");
            assert!(grown < 64 << 10, "{grown} KiB more for {n_readers} readers");
            let told = trial.finish().await;
            format!(
                "{n_readers} readers at least {n_behind} behind: {most} events at most before \
                 `reload`, {grown} KiB more memory; {told}"
            )
        })
    });
}
