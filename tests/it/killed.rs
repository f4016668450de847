//! A server that is killed while people write: what it acknowledged is there, once, in order.
//!
//! Writers post and retry, a reader follows the stream by cursor, and the process is ended with
//! SIGKILL at random moments. `BACKCHANNEL_SEED` repeats a run's choices.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hyper::{Method, StatusCode};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use scraper::{Html, Selector};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::process::Server;
use crate::visitor::{Visitor, mids};

const N_ROUNDS: u32 = 12;
const N_WRITERS: u64 = 4;

/// A message as somebody read it: its id and its body.
type Read = (i64, String);

/// What the writers know. Bodies are `writer-count`, each written once, in the order of counts.
#[derive(Default)]
struct Written {
    /// The server said that it has them.
    acknowledged: Vec<Read>,
    /// Nobody knows: the server was killed, and the writer gave up.
    unknown: HashSet<String>,
}

/// What is wrong with a log, if anything.
fn check(written: &Written, log: &[Read]) -> Result<(), String> {
    let mut places: HashMap<&str, i64> = HashMap::new();
    for (mid, body) in log {
        if let Some(other) = places.insert(body, *mid) {
            return Err(format!("{body} is there twice, as {other} and as {mid}"));
        }
    }
    for (mid, body) in &written.acknowledged {
        match places.remove(body.as_str()) {
            None => return Err(format!("{body} was acknowledged as {mid} and is lost")),
            Some(place) if place != *mid => {
                return Err(format!("{body} was acknowledged as {mid} and is there as {place}"));
            }
            Some(_) => {}
        }
    }
    if let Some(body) = places.keys().find(|body| !written.unknown.contains(**body)) {
        return Err(format!("nobody wrote {body}"));
    }
    if let Some(two) = log.windows(2).find(|two| two[0].0 >= two[1].0) {
        return Err(format!("out of order: {two:?}"));
    }
    let mut last: HashMap<&str, u32> = HashMap::new();
    for (_, body) in log {
        let (writer, count) = body.split_once('-').unwrap();
        let count: u32 = count.parse().unwrap();
        if last.insert(writer, count).is_some_and(|before| before >= count) {
            return Err(format!("{body} stands after what its author wrote later"));
        }
    }
    Ok(())
}

/// Posts until told to stop. What fails is tried again, as a browser would, or given up.
async fn write(
    visitor: Visitor,
    room: i64,
    writer: u64,
    seed: u64,
    stop: Arc<AtomicBool>,
) -> Written {
    let mut random = StdRng::seed_from_u64(seed ^ writer);
    let path = format!("/rooms/{room}/messages");
    let mut written = Written::default();
    for count in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let (body, nonce) = (format!("{writer}-{count}"), format!("nonce-{writer}-{count}"));
        let fields = [("body", body.as_str()), ("nonce", nonce.as_str())];
        let mut acknowledged = None;
        loop {
            let asked = visitor.ask(Method::POST, &path, &fields);
            let answer = timeout(Duration::from_secs(5), asked).await;
            if let Ok(Ok(answer)) = answer {
                let known = answer.status == StatusCode::OK;
                assert!(known || answer.status == StatusCode::CREATED, "{}", answer.status);
                let mid = mids(&answer.body)[0];
                // A second acknowledgement is of the same message, and tells so.
                assert!(acknowledged.is_none_or(|before| known && before == mid), "{body} twice");
                let first = acknowledged.is_none();
                acknowledged = Some(mid);
                if first && random.random_bool(0.1) {
                    continue;
                }
                break;
            }
            // Killed: nobody knows whether it was posted.
            if acknowledged.is_some() || random.random_bool(0.2) {
                break;
            }
            sleep(Duration::from_millis(20)).await;
        }
        match acknowledged {
            Some(mid) => written.acknowledged.push((mid, body)),
            None => drop(written.unknown.insert(body)),
        }
        sleep(Duration::from_millis(random.random_range(2..20))).await;
    }
    written
}

/// Follows the stream by cursor, as a window does, until it has seen `until`.
async fn follow(
    visitor: Visitor,
    room: i64,
    cursor: String,
    mut until: tokio::sync::watch::Receiver<Option<i64>>,
) -> Vec<Read> {
    let mut cursor = cursor;
    let mut log: Vec<Read> = Vec::new();
    loop {
        let path = format!("/rooms/{room}/stream?after={cursor}");
        let Ok(mut stream) = visitor.listen(&path).await else {
            sleep(Duration::from_millis(20)).await;
            continue;
        };
        loop {
            let event = tokio::select! {
                event = stream.next() => event,
                _ = until.wait_for(|end| {
                    end.is_some_and(|end| log.last().is_some_and(|(mid, _)| *mid >= end))
                }) => return log,
            };
            // Half an event is none: the next stream begins with it.
            let Some(event) = event else { break };
            assert!(event.name.is_empty(), "the stream said {}", event.name);
            if let Some(id) = event.id {
                log.extend(read(&event.data));
                cursor = id;
            }
        }
    }
}

/// The messages in a piece of HTML.
fn read(html: &str) -> Vec<Read> {
    let (item, body) = (Selector::parse("li[id^=m]"), Selector::parse(".body"));
    let (item, body) = (item.unwrap(), body.unwrap());
    Html::parse_fragment(html)
        .select(&item)
        .map(|item| {
            let mid = item.value().id().unwrap().trim_start_matches('m').parse().unwrap();
            let text: String = item.select(&body).next().unwrap().text().collect();
            (mid, text.trim().to_owned())
        })
        .collect()
}

/// The room's whole history, from the window back to the beginning.
async fn history(visitor: &Visitor, room: i64) -> Vec<Read> {
    let mut log = read(&visitor.get(&format!("/rooms/{room}")).await.body);
    while let Some((first, _)) = log.first() {
        let path = format!("/rooms/{room}/messages?before={first}");
        let mut older = read(&visitor.get(&path).await.body);
        if older.is_empty() {
            break;
        }
        older.append(&mut log);
        log = older;
    }
    log
}

/// All of the room's transcripts, from the first day on.
async fn transcripts(visitor: &Visitor, room: i64) -> Vec<Read> {
    let window = visitor.get(&format!("/rooms/{room}")).await.body;
    let prefix = format!("/rooms/{room}/transcripts/");
    let mut days: Vec<&str> =
        window.split(&prefix).skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    days.sort_unstable();
    let mut log = Vec::new();
    for day in days {
        let page = visitor.get(&format!("{prefix}{day}")).await.location.unwrap();
        // A long day comes in parts; past the last there is nothing new.
        for part in 1.. {
            let messages = read(&visitor.get(&format!("{page}?part={part}")).await.body);
            let last: Option<i64> = log.last().map(|(mid, _): &Read| *mid);
            if messages.first().map(|(mid, _)| *mid) <= last {
                break;
            }
            log.extend(messages);
        }
    }
    log
}

#[test]
fn a_killed_server_loses_nothing_that_it_acknowledged() {
    let seed = std::env::var("BACKCHANNEL_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(rand::random::<u64>);
    eprintln!("BACKCHANNEL_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let (server, rooms) = Server::furnished();
    let room = rooms.room;
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let alice = server.log_in("alice").await;
        let bob = server.log_in("bob").await;
        let carol = server.log_in("carol").await;
        let window = carol.get(&format!("/rooms/{room}")).await.body;
        let cursor = window.split("/stream?after=").nth(1).unwrap().split('"').next().unwrap();
        let (end, ended) = tokio::sync::watch::channel(None);
        let reader = tokio::spawn(follow(carol.clone(), room, cursor.to_owned(), ended));
        let stop = Arc::new(AtomicBool::new(false));
        let mut writers = JoinSet::new();
        for writer in 0..N_WRITERS {
            let visitor = if writer % 2 == 0 { alice.clone() } else { bob.clone() };
            writers.spawn(write(visitor, room, writer, seed, Arc::clone(&stop)));
        }
        for _ in 0..N_ROUNDS {
            sleep(Duration::from_millis(random.random_range(100..1500))).await;
            server.kill();
            sleep(Duration::from_millis(random.random_range(0..200))).await;
            server.restart();
        }
        sleep(Duration::from_millis(300)).await;
        stop.store(true, Ordering::Relaxed);
        let mut written = Written::default();
        while let Some(one) = writers.join_next().await {
            let one = one.unwrap();
            written.acknowledged.extend(one.acknowledged);
            written.unknown.extend(one.unknown);
        }
        let history = history(&carol, room).await;
        let n = (written.acknowledged.len(), written.unknown.len(), history.len());
        eprintln!("{} acknowledged, {} unknown, {} in the room", n.0, n.1, n.2);
        assert!(n.0 > 100, "too little was written to show anything");
        check(&written, &history).unwrap();
        let transcripts = transcripts(&carol, room).await;
        let n = transcripts.len();
        assert!(transcripts == history, "the transcript differs: {n} of {}", history.len());
        end.send_replace(history.last().map(|(mid, _)| *mid));
        let read = timeout(Duration::from_secs(20), reader).await.expect("the reader hangs");
        assert!(read.unwrap() == history, "the reader's log differs");
    });
    server.kill();
    server.run(&["check"], "");
}

#[test]
fn the_checker_sees_what_is_lost_doubled_moved_or_made_up() {
    let log = |entries: &[(i64, &str)]| -> Vec<Read> {
        entries.iter().map(|(mid, body)| (*mid, (*body).to_owned())).collect()
    };
    let written = Written {
        acknowledged: log(&[(1, "0-0"), (2, "1-0"), (4, "0-1")]),
        unknown: HashSet::from(["1-1".to_owned(), "1-2".to_owned()]),
    };
    let sound = log(&[(1, "0-0"), (2, "1-0"), (3, "1-2"), (4, "0-1")]);
    assert_eq!(check(&written, &sound), Ok(()));
    assert_eq!(check(&written, &log(&[(1, "0-0"), (2, "1-0"), (4, "0-1")])), Ok(()));
    for (doctored, complaint) in [
        (log(&[(1, "0-0"), (2, "1-0"), (3, "1-2")]), "lost"),
        (log(&[(1, "0-0"), (2, "1-0"), (3, "0-0"), (4, "0-1")]), "twice"),
        (log(&[(1, "0-0"), (2, "1-0"), (3, "1-1"), (4, "0-1"), (5, "1-1")]), "twice"),
        (log(&[(1, "0-0"), (2, "1-0"), (5, "0-1")]), "is there as"),
        (log(&[(2, "1-0"), (1, "0-0"), (4, "0-1")]), "out of order"),
        (log(&[(1, "0-0"), (2, "1-0"), (3, "1-2"), (4, "0-1"), (5, "1-1")]), "wrote later"),
        (log(&[(1, "0-0"), (2, "1-0"), (4, "0-1"), (5, "2-0")]), "nobody wrote"),
    ] {
        let found = check(&written, &doctored).expect_err(complaint);
        assert!(found.contains(complaint), "{found}, not {complaint}");
    }
}
