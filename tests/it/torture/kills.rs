//! The process is killed, stopped for a while, or told to end, while people write and read.

use std::time::Duration;

use hyper::StatusCode;
use rand::RngExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::faults::Faults;
use super::trial::Trial;
use super::{block_on, fault, scale};
use crate::process::Server;
use crate::visitor::mids;

#[test]
fn a_killed_server_loses_nothing_that_it_acknowledged() {
    let n_kills = scale(12, 60, 1_000);
    fault("SIGKILL", "1,000 kills in 1,000,000 acknowledged", |random| {
        block_on(async {
            let mut trial = Trial::begin(Server::furnished(), random).await;
            trial.read().await;
            trial.write(scale(4, 8, 48), scale(20, 10, 5));
            let mut longest = Duration::ZERO;
            for _ in 0..n_kills {
                trial.rest(50, scale(1000, 1000, 1500)).await;
                trial.server.kill();
                trial.rest(0, 150).await;
                longest = longest.max(trial.server.restart());
                trial.until_acknowledged().await;
            }
            let told = trial.finish().await;
            assert!(told.n_acknowledged > 100, "too little was written to show anything");
            format!("{n_kills} kills, back after {} ms at most; {told}", longest.as_millis())
        })
    });
}

#[test]
fn a_killed_server_is_back_soon_however_much_was_said() {
    let (n_days, n_kills) = (scale(2, 20, 100), scale(2, 5, 20));
    let most = scale(Duration::MAX, Duration::from_secs(1), Duration::from_secs(1));
    fault("SIGKILL of a full file", "100,000 messages: back within 1 s", |random| {
        block_on(async {
            let mut trial = Trial::begin(Server::furnished(), random).await;
            trial.fill(n_days);
            trial.read().await;
            trial.write(4, 5);
            let mut longest = Duration::ZERO;
            for _ in 0..n_kills {
                trial.rest(50, 1000).await;
                trial.server.kill();
                longest = longest.max(trial.server.restart());
                trial.until_acknowledged().await;
            }
            assert!(longest < most, "back after {longest:?}");
            let told = trial.finish().await;
            let ms = longest.as_millis();
            format!("{n_days},000 messages, {n_kills} kills, back after {ms} ms at most; {told}")
        })
    });
}

#[test]
fn a_server_that_stands_still_for_a_while_loses_nothing_and_puts_nobody_out() {
    let n_stops = scale(6, 20, 500);
    fault("SIGSTOP of 0.05 to 2 s", "500 stops", |random| {
        block_on(async {
            let mut trial = Trial::begin(Server::furnished(), random).await;
            trial.read().await;
            trial.write(4, 10);
            for _ in 0..n_stops {
                trial.rest(20, 300).await;
                trial.server.signal("STOP");
                trial.rest(50, scale(500, 2000, 2000)).await;
                trial.server.signal("CONT");
                trial.until_acknowledged().await;
            }
            let told = trial.finish().await;
            assert_eq!(told.n_opened, told.n_readers, "a reader was put out by a stop");
            format!("{n_stops} stops; {told}")
        })
    });
}

#[test]
fn a_server_that_is_told_to_end_ends_soon_and_well_and_loses_nothing() {
    let n_ends = scale(6, 20, 200);
    fault("SIGTERM", "200 ends, each within 5 s and with status 0", |random| {
        block_on(async {
            let mut trial = Trial::begin(Server::furnished(), random).await;
            trial.read().await;
            trial.write(8, 10);
            let mut longest = Duration::ZERO;
            let stream = format!("/rooms/{}/stream", trial.rooms.room);
            let post = format!("/rooms/{}/messages", trial.rooms.room);
            for end in 0..n_ends {
                trial.rest(50, 500).await;
                // Those who neither take anything nor finish get a part of the time; not in each round.
                let mut slow = Vec::new();
                if end % 10 == 0 {
                    let first = "GET / HTTP/1.1\r\nhost: x\r\nslow: ".to_owned();
                    let form = "content-type: application/x-www-form-urlencoded\r\ncontent-length: 900\r\n";
                    for head in [
                        trial.carol.head("GET", &stream, ""),
                        trial.carol.head("POST", &post, form) + "body=begun",
                        first,
                    ] {
                        let mut peer = TcpStream::connect(trial.server.address()).await.unwrap();
                        peer.write_all(head.as_bytes()).await.unwrap();
                        slow.push(peer);
                    }
                    trial.until_acknowledged().await;
                }
                let (status, took) = trial.server.terminate();
                assert_eq!(status.code(), Some(0));
                assert!(took < Duration::from_secs(5), "took {took:?}");
                longest = longest.max(took);
                drop(slow);
                trial.server.restart();
                trial.until_acknowledged().await;
            }
            let told = trial.finish().await;
            format!("{n_ends} ends, {} ms at most; {told}", longest.as_millis())
        })
    });
}

#[test]
fn a_server_whose_writer_or_hub_panics_ends_and_loses_nothing() {
    let n_rounds = scale(1, 3, 25);
    fault("panic of the writer, the hub", "ends with status 1, one line in the log", |random| {
        block_on(async {
            let (faults, server) = Faults::start(&[]);
            let mut trial = Trial::begin(server.furnish(), random).await;
            trial.breaks = true;
            trial.read().await;
            trial.write(4, 10);
            let mut longest = Duration::ZERO;
            for round in 1..=n_rounds {
                for thread in ["hub", "writer"] {
                    trial.until_acknowledged().await;
                    faults.let_panic(Some(thread));
                    let (status, took) = trial.server.end();
                    assert_eq!(status.code(), Some(1), "nothing goes on without its {thread}");
                    longest = longest.max(took);
                    faults.let_panic(None);
                    let log = std::fs::read_to_string(trial.server.folder().join("log")).unwrap();
                    let of_thread = format!("thread=\"{thread}\"");
                    let told = log.lines().filter(|line| line.contains(&of_thread)).count();
                    // What it does on its way out may panic over the same, the hub once for each that it
                    // lets go of.
                    assert!((round..=10 * round).contains(&told), "a panic is a line: {log}");
                    trial.server.restart();
                }
            }
            trial.until_acknowledged().await;
            let told = trial.finish().await;
            let ms = longest.as_millis();
            format!("{n_rounds} panics of each, ended after {ms} ms at most; {told}")
        })
    });
}

#[test]
fn a_draft_that_is_sent_again_after_a_restart_is_the_same_message() {
    let n_restarts = scale(3, 10, 50);
    fault("the same nonce after a kill", "-", |mut random| {
        block_on(async {
            let (server, rooms) = Server::furnished();
            let bob = server.log_in("bob").await;
            let path = format!("/rooms/{}/messages", rooms.room);
            let mut n_known = 0;
            for round in 0..n_restarts {
                let drafts: Vec<_> = (0..random.random_range(1..20))
                    .map(|n| (format!("{round} {n}"), format!("nonce {round} {n}")))
                    .collect();
                let mut first = Vec::new();
                for (body, nonce) in &drafts {
                    let answer = bob.post(&path, &[("body", body), ("nonce", nonce)]).await;
                    assert_eq!(answer.status, StatusCode::CREATED);
                    first.push(mids(&answer.body));
                }
                server.restart();
                for ((body, nonce), mid) in drafts.iter().zip(&first) {
                    let answer = bob.post(&path, &[("body", body), ("nonce", nonce)]).await;
                    assert_eq!(
                        (answer.status, &mids(&answer.body)),
                        (StatusCode::OK, mid),
                        "{body}, sent again after a restart, is another message"
                    );
                    // Fast typing before the form came back: another text is another message.
                    let other = [("body", "another"), ("nonce", nonce.as_str())];
                    assert_eq!(bob.post(&path, &other).await.status, StatusCode::CREATED);
                    n_known += 1;
                }
            }
            format!("{n_restarts} kills, {n_known} drafts sent again and known")
        })
    });
}
