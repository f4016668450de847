//! Too many, too slow, all at once: what one party does must not cost the others much.

use std::time::{Duration, Instant};

use hyper::{Method, StatusCode};
use jiff::ToSpan;
use rand::RngExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::trial::Trial;
use super::wire::Wire;
use super::{block_on, fault, scale};
use crate::process::Server;
use crate::visitor::{Stream, Visitor};
use crate::world::{World, get};

/// Bytes that the kernel holds for TCP, of everybody on this machine.
fn tcp_memory() -> i64 {
    let sockets = std::fs::read_to_string("/proc/net/sockstat").unwrap_or_default();
    let tcp = sockets.lines().find(|line| line.starts_with("TCP:")).unwrap_or_default();
    let pages = tcp.rsplit("mem ").next().and_then(|n| n.trim().parse::<i64>().ok());
    pages.unwrap_or(0) * 4096
}

/// Posts `n` messages, each when the last was seen: how long each took to be seen, p99 in ms.
async fn p99(bob: &Visitor, stream: &mut Stream, room: i64, n: usize) -> u128 {
    let mut delays = Vec::new();
    for _ in 0..n {
        let begun = Instant::now();
        bob.say(room, "how long does it take").await;
        while stream.next().await.expect("the reader stays").id.is_none() {}
        delays.push(begun.elapsed().as_millis());
    }
    delays.sort_unstable();
    delays[(n * 99 / 100).min(n - 1)]
}

#[test]
fn readers_who_take_nothing_cost_little_and_are_put_out() {
    let n_stalled = scale(60_u64, 400, 1_000);
    let aim = "1,000 stalled, 8 MB posted: 256 KiB each, kernel 128 MiB, out within 60 s";
    fault("stalled readers", aim, |_| {
        block_on(async {
            let (server, rooms) = Server::furnished();
            let room = rooms.room;
            let (bob, carol) = (server.log_in("bob").await, server.log_in("carol").await);
            let path = format!("/rooms/{room}/stream");
            let mut stream = carol.listen(&path).await.unwrap();
            let n_posts = scale(50, 200, 200);
            let calm = p99(&bob, &mut stream, room, n_posts).await;
            let (rss, kernel, n_open) = (server.memory(), tcp_memory(), server.n_open());
            let mut stalled = Vec::new();
            for _ in 0..n_stalled {
                stalled.push(Wire::open(&carol, &path, "", Some(4096)).await.unwrap());
            }
            // A dozen fill a reader's buffers; then the room's backlog runs over. Code is no paste,
            // of which only the beginning would be sent.
            let long = format!("{{noformat}}\n{}\n{{noformat}}", "word ".repeat(3_000));
            let (mut most_rss, mut most_kernel) = (0, 0);
            let mut posted = 0;
            while posted < 8 << 20 && (server.n_open() > n_open + 8 || scale(false, true, true)) {
                posted += long.len();
                bob.say(room, &long).await;
                while stream.next().await.expect("the reader stays").id.is_none() {}
                most_rss = most_rss.max(server.memory());
                most_kernel = most_kernel.max(tcp_memory());
            }
            let stalled_p99 = p99(&bob, &mut stream, room, n_posts).await;
            let begun = Instant::now();
            while server.n_open() > n_open + 8 {
                assert!(begun.elapsed() < Duration::from_mins(1), "they are not put out");
                sleep(Duration::from_millis(50)).await;
            }
            let out = begun.elapsed().as_millis();
            let each = most_rss.saturating_sub(rss) / n_stalled / 1024;
            let kernel = (most_kernel - kernel).max(0) >> 20;
            // The room's backlog and what posting itself leaves behind are not theirs.
            assert!(
                most_rss.saturating_sub(rss) < (n_stalled * (256 << 10)).max(48 << 20),
                "{each} KiB"
            );
            let (calm_limit, limit) = (calm * 5, scale(u128::MAX, 500, 500));
            assert!(
                stalled_p99 <= limit || stalled_p99 <= calm_limit,
                "others wait {stalled_p99} ms, {calm} ms when it is calm"
            );
            assert!(kernel < 128, "{kernel} MiB of the kernel's");
            drop(stalled);
            format!(
                "{n_stalled} stalled, {} KiB posted: {each} KiB each, kernel {kernel} MiB more, out {out} ms \
                 after the last post; others' p99 {stalled_p99} ms, calm {calm} ms",
                posted >> 10
            )
        })
    });
}

#[test]
fn whoever_sends_nothing_or_little_is_ended_and_keeps_nobody_out() {
    let n_each = scale(50, 300, 1_700);
    let aim = "5,000: heads ended within 10 s, bodies within 30 s, a newcomer served within 1 s";
    fault("slow heads, bodies, idle", aim, |_| {
        block_on(async {
            let (server, rooms) = Server::furnished();
            let (bob, n_open) = (server.log_in("bob").await, server.n_open());
            let path = format!("/rooms/{}/messages", rooms.room);
            let form = "content-type: application/x-www-form-urlencoded\r\ncontent-length: 900\r\n";
            let body = bob.head("POST", &path, form);
            let head = "GET / HTTP/1.1\r\nhost: x\r\nslow: ".to_owned();
            // Bodies have half a minute: not for an ordinary test.
            let mut kinds = vec![(String::new(), 10), (head, 10)];
            if scale(false, true, true) {
                kinds.push((body, 30));
            }
            let n_kinds = kinds.len();
            let mut slow = JoinSet::new();
            let begun = Instant::now();
            for _ in 0..n_each {
                for (kind, (first, most)) in kinds.iter().enumerate() {
                    let (address, first, most) = (server.address(), first.clone(), *most);
                    slow.spawn(async move { (kind, most, trickle(address, &first).await) });
                }
            }
            let mut newcomer = Duration::ZERO;
            for _ in 0..8 {
                sleep(Duration::from_millis(500)).await;
                let begun = Instant::now();
                let fresh = Visitor::new(server.address());
                assert_eq!(fresh.get("/login").await.status, StatusCode::OK);
                newcomer = newcomer.max(begun.elapsed());
            }
            let mut longest = vec![Duration::ZERO; n_kinds];
            while let Some(ended) = slow.join_next().await {
                let (kind, most, took) = ended.unwrap();
                longest[kind] = longest[kind].max(took);
                assert!(took < Duration::from_secs(most + 5), "kind {kind} lives for {took:?}");
            }
            // The last ones are being closed.
            while server.n_open() > n_open + 8 {
                assert!(begun.elapsed() < Duration::from_mins(1), "files stay open");
                sleep(Duration::from_millis(50)).await;
            }
            let ms: Vec<u128> = longest.iter().map(Duration::as_millis).collect();
            let newcomer = newcomer.as_millis();
            format!("{n_each} of each ended after {ms:?} ms at most, newcomers after {newcomer} ms")
        })
    });
}

/// Says `first`, then a byte a second; how long until the server has enough of it.
async fn trickle(address: std::net::SocketAddr, first: &str) -> Duration {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let begun = Instant::now();
    let _ = socket.write_all(first.as_bytes()).await;
    let mut scrap = [0; 1024];
    loop {
        match timeout(Duration::from_secs(1), socket.read(&mut scrap)).await {
            Ok(Ok(0) | Err(_)) => return begun.elapsed(),
            Ok(Ok(_)) => {}
            Err(_) if first.is_empty() => {}
            Err(_) => {
                if socket.write_all(b"x").await.is_err() {
                    return begun.elapsed();
                }
            }
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "it is never ended");
    }
}

#[test]
fn everybody_comes_back_at_once_after_a_restart() {
    let n_clients = scale(150, 600, 2_000);
    fault("reconnect storm", "2,000 within 1 s: all streaming in 10 s, p99 post 1 s", |random| {
        block_on(async {
            let mut trial = Trial::begin(Server::furnished(), random).await;
            trial.write(4, 20);
            trial.until_acknowledged().await;
            let path = format!("/rooms/{}/stream", trial.rooms.room);
            let mut clients = Vec::new();
            for _ in 0..n_clients {
                let mut wire = Wire::open(&trial.carol, &path, "", None).await.unwrap();
                assert!(wire.take(1, Duration::from_secs(10)).await > 0);
                clients.push(wire);
            }
            trial.server.restart();
            drop(clients);
            let begun = Instant::now();
            let mut coming = JoinSet::new();
            for _ in 0..n_clients {
                let (visitor, path) = (trial.carol.clone(), path.clone());
                let jitter = Duration::from_millis(trial.random.random_range(0..1000));
                coming.spawn(async move {
                    sleep(jitter).await;
                    loop {
                        let Ok(mut wire) = Wire::open(&visitor, &path, "", None).await else {
                            continue;
                        };
                        while wire.take(65_536, Duration::from_secs(5)).await > 0 {
                            if !wire.events().is_empty() {
                                return wire;
                            }
                        }
                    }
                });
            }
            let bob = trial.server.log_in("bob").await;
            let mut posts = Vec::new();
            let mut here = Vec::new();
            while let Some(wire) = coming.join_next().await {
                here.push(wire.unwrap());
                if here.len() % 20 == 0 {
                    let posted = Instant::now();
                    let draft = [("body", ""), ("nonce", "none")];
                    let path = format!("/rooms/{}/messages", trial.rooms.open);
                    assert_eq!(bob.post(&path, &draft).await.status.as_u16(), 422);
                    trial.until_acknowledged().await;
                    posts.push(posted.elapsed().as_millis());
                }
            }
            let took = begun.elapsed();
            assert!(took < Duration::from_secs(10), "all are back after {took:?}");
            posts.sort_unstable();
            let (p99, took) = (posts[posts.len() * 99 / 100], took.as_millis());
            assert!(p99 < 1000, "a post took {p99} ms");
            drop(here);
            let told = trial.finish().await;
            format!("{n_clients} are back after {took} ms, posts meanwhile p99 {p99} ms; {told}")
        })
    });
}

#[test]
fn a_file_that_another_process_locks_makes_posts_wait_and_nothing_else() {
    let n_rounds = scale(1, 2, 5);
    fault("file locked by another", "10 s: 503 with Retry-After within 6 s", |_| {
        block_on(async {
            let (server, rooms) = Server::furnished();
            let (bob, carol) = (server.log_in("bob").await, server.log_in("carol").await);
            let (room, path) = (rooms.room, format!("/rooms/{}/messages", rooms.room));
            let mut longest = Duration::ZERO;
            for _ in 0..n_rounds {
                // Not indexed yet: a search would like to write.
                bob.say(room, "zero").await;
                let mut stream = carol.listen(&format!("/rooms/{room}/stream")).await.unwrap();
                let other = rusqlite::Connection::open(server.folder().join("wiki.db")).unwrap();
                other.execute_batch("begin immediate").unwrap();
                // By this the writer waits already, for what no post asked for.
                assert_eq!(carol.get("/search?q=zero").await.status, StatusCode::OK);
                let begun = Instant::now();
                let head = bob.head(
                    "POST",
                    &path,
                    "content-type: application/x-www-form-urlencoded\r\ncontent-length: 8\r\n",
                );
                let refused = tokio::spawn(raw(server.address(), format!("{head}body=one")));
                // Meanwhile all that reads goes on.
                for path in [&format!("/rooms/{room}"), "/healthz", "/search?q=one"] {
                    let asked = Instant::now();
                    assert_eq!(carol.get(path).await.status, StatusCode::OK, "{path}");
                    assert!(asked.elapsed() < Duration::from_secs(2), "{path} waits too");
                }
                let fresh = carol.listen(&format!("/rooms/{room}/stream")).await.unwrap();
                let answer = refused.await.unwrap().to_lowercase();
                longest = longest.max(begun.elapsed());
                assert!(answer.starts_with("http/1.1 503"), "{answer}");
                assert!(answer.contains("\r\nretry-after: "), "{answer}");
                assert!(longest < Duration::from_secs(7), "refused after {longest:?}");
                other.execute_batch("rollback").unwrap();
                drop((other, fresh));
                let mid = bob.say(room, "two").await;
                while let Some(event) = stream.next().await {
                    if event.id.is_some() {
                        assert!(event.data.contains(&format!("id=\"m{mid}\"")), "{event:?}");
                        break;
                    }
                }
            }
            format!(
                "{n_rounds} times refused within {} ms, nothing else waited",
                longest.as_millis()
            )
        })
    });
}

/// What is answered to these bytes, as it comes.
async fn raw(address: std::net::SocketAddr, request: String) -> String {
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = vec![0; 4096];
    let n = socket.read(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer[..n]).into_owned()
}

#[test]
fn readers_of_the_file_that_are_all_busy_make_others_wait_no_longer_than_they_should() {
    fault("all readers of the file busy", "503 with Retry-After within 6 s", |_| {
        block_on(async {
            let w = World::new().await;
            let mut stream = w.listen("carol").await;
            let held = w.hold_readers().await;
            let begun = Instant::now();
            let refused = w.ask(get(&format!("/rooms/{}", w.tea)).by("carol")).await;
            let took = begun.elapsed();
            assert_eq!(refused.status, 503);
            assert!(!refused.header("retry-after").is_empty());
            assert!(took < Duration::from_secs(6), "refused after {took:?}");
            assert_eq!(w.get("carol", "/healthz").await.status, 200);
            // Who is asked for a right meanwhile waits for none of them, and hears what is said.
            assert_eq!(w.form("alice", "/logout", &[]).await.status, 303);
            w.post("bob", "said meanwhile").await;
            assert_eq!(stream.next().await.said(), ["said meanwhile"]);
            drop(held);
            assert_eq!(w.get("carol", &format!("/rooms/{}", w.tea)).await.status, 200);
            format!("refused after {} ms", took.as_millis())
        })
    });
}

#[test]
fn a_server_that_runs_for_long_does_not_grow() {
    let seconds = scale(4, 30, 7_200);
    let aim = "2 h at 50 messages/s with faults: 1 MiB an hour at most, files flat";
    fault("soak", aim, |random| {
        block_on(async {
            let mut trial = Trial::begin(Server::furnished(), random).await;
            fill_caches(&trial, scale(0, 0, 150)).await;
            trial.read().await;
            trial.write(4, 80);
            let path = format!("/rooms/{}/stream", trial.rooms.room);
            let begun = Instant::now();
            let mut samples = Vec::new();
            while begun.elapsed() < Duration::from_secs(seconds) {
                trial.server.signal("STOP");
                trial.rest(20, 200).await;
                trial.server.signal("CONT");
                for _ in 0..20 {
                    let mut wire = Wire::open(&trial.carol, &path, "", None).await.unwrap();
                    let limit = trial.random.random_range(1..5_000);
                    wire.take(limit, Duration::from_millis(50)).await;
                    wire.cut(trial.random.random_bool(0.5));
                }
                let _ = trial.carol.ask(Method::GET, &path.replace("stream", "nothing"), &[]).await;
                let at = begun.elapsed().as_secs_f64();
                let memory = u32::try_from(trial.server.memory() >> 10).unwrap();
                samples.push((at, memory, trial.server.n_open()));
            }
            // By time: a machine that is busy otherwise looks less often.
            let half = begun.elapsed().as_secs_f64() / 2.0;
            let second_half = &samples[samples.partition_point(|(at, ..)| *at < half)..];
            let (first, last) = (second_half.first().unwrap(), second_half.last().unwrap());
            let (middle, last) = ((first.1, first.2), (last.1, last.2));
            let most = last.0.saturating_sub(middle.0);
            assert!(last.1 < middle.1 + 50, "files: {middle:?}, {last:?}");
            assert!(most < 16 << 10, "memory: {middle:?}, {last:?}");
            let told = trial.finish().await;
            format!(
                "{seconds} s: {} KiB and {} files in the middle, {} KiB and {} files in the end, \
                 a slope of {:.0} KiB an hour between; {told}",
                middle.0,
                middle.1,
                last.0,
                last.1,
                slope(second_half) * 3600.0
            )
        })
    });
}

/// Memory by time, as the line that has the least squares.
fn slope(samples: &[(f64, u32, usize)]) -> f64 {
    let points = || samples.iter().map(|(at, memory, _)| (*at, f64::from(*memory)));
    let n: f64 = samples.iter().map(|_| 1.0).sum();
    let (at, memory) = points().fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    let (at, memory) = (at / n, memory / n);
    let (over, under) = points().fold((0.0, 0.0), |(over, under), one| {
        (over + (one.0 - at) * (one.1 - memory), under + (one.0 - at).powi(2))
    });
    if under > 0.0 { over / under } else { 0.0 }
}

/// Each connection to the file keeps some MiB of it in memory. So much is said, and read, that all
/// of them are full before anything is measured: so many days of a thousand messages.
async fn fill_caches(trial: &Trial, n_days: i32) {
    if n_days == 0 {
        return;
    }
    let (room, first) = trial.fill(n_days);
    let mut readers = JoinSet::new();
    for _ in 0..8 {
        let (visitor, room) = (trial.carol.clone(), room.clone());
        readers.spawn(async move {
            for day in 0..n_days {
                let path = format!("/rooms/{room}/transcripts/{}.txt", first + day.days());
                assert!(visitor.get(&path).await.status.is_success(), "{path}");
            }
        });
    }
    readers.join_all().await;
}
