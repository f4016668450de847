//! Backups while people write: each is whole, a prefix of what there is in the end, and has all that
//! was acknowledged before it began.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};

use super::checker::{Outcome, Seen, Sent};
use super::trial::{Trial, history};
use super::{block_on, fault, scale};
use crate::process::{self, Server};
use crate::visitor::Visitor;

/// Of everything that a file of some pieces can be.
fn bytes() -> Vec<u8> {
    (0..=255_u8).cycle().take(700_001).collect()
}

#[test]
fn a_backup_under_load_is_whole_and_has_what_was_acknowledged_before() {
    let n_backups = scale(4, 10, 20);
    let aim = "20: whole, a prefix, all that was acknowledged before; posts' p99 <= 2 s";
    fault("backups under load", aim, |random| {
        block_on(async {
            let mut trial = Trial::begin(Server::furnished(), random).await;
            let (room, bob) = (trial.rooms.room, trial.server.log_in("bob").await);
            let named = "content-disposition: form-data; name=\"file\"; filename=\"plan.bin\"";
            let mut form = format!("--b\r\n{named}\r\n\r\n").into_bytes();
            form.extend(bytes());
            form.extend(b"\r\n--b--\r\n");
            // In a room of its own: in the others what the writers say is all that there is.
            let plans = trial.server.page("WORK", "Plans", "{chat:Plans}\n");
            let plans = format!("/rooms/{plans}/files");
            let sent = bob.send_bytes(&plans, "multipart/form-data; boundary=b", form).await;
            assert!(sent.contains("plan.bin"), "{sent}");
            trial.read().await;
            trial.write(4, scale(20, 10, 5));
            let stop = Arc::new(AtomicBool::new(false));
            let timed = tokio::spawn(post_and_time(bob.clone(), room, stop.clone()));
            let folder = process::folder();
            let mut copies = Vec::new();
            for n in 0..n_backups {
                trial.rest(20, 300).await;
                let body = format!("before {n}");
                let mid = bob.say(room, &body).await;
                let outcome = Outcome::Acknowledged(mid);
                let writer = 1_000_000;
                trial.history.sent.push(Sent { writer, room, body, outcome });
                let copy = folder.path().join(format!("copy-{n}.db"));
                trial.server.run(&["backup", copy.to_str().unwrap()], "");
                copies.push((mid, copy));
            }
            stop.store(true, Ordering::Relaxed);
            let (said, mut delays) = timed.await.unwrap();
            trial.history.sent.extend(said);
            let in_the_end = history(&trial.carol, room).await;
            for (mid, copy) in &copies {
                is_whole(copy, room, *mid, &in_the_end);
            }
            delays.sort_unstable();
            let p99 = delays[(delays.len() * 99 / 100).min(delays.len() - 1)];
            // A debug build beside other tests is timed by nobody.
            assert!(p99 < scale(Duration::MAX, Duration::from_secs(2), Duration::from_secs(2)));
            let told = trial.finish().await;
            format!("{n_backups} backups, posts' p99 {} ms; {told}", p99.as_millis())
        })
    });
}

/// Posts one after the other; what was said, and how long each took.
async fn post_and_time(
    bob: Visitor,
    room: i64,
    stop: Arc<AtomicBool>,
) -> (Vec<Sent>, Vec<Duration>) {
    let (mut said, mut delays) = (Vec::new(), Vec::new());
    while !stop.load(Ordering::Relaxed) {
        let body = format!("timed {}", said.len());
        let begun = Instant::now();
        let mid = bob.say(room, &body).await;
        delays.push(begun.elapsed());
        said.push(Sent { writer: 2_000_000, room, body, outcome: Outcome::Acknowledged(mid) });
    }
    (said, delays)
}

/// The copy by itself, as it would be restored.
fn is_whole(copy: &Path, room: i64, at_least: i64, in_the_end: &[Seen]) {
    let file = Connection::open_with_flags(copy, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let sound: String = file.query_row("pragma integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok", "{}", copy.display());
    let mut messages =
        file.prepare("select mid, body from message where room = ?1 order by mid").unwrap();
    let messages: Vec<Seen> = messages
        .query_map([room], |row| Ok(Seen { mid: row.get(0)?, body: row.get(1)? }))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let last = messages.last().map_or(0, |last| last.mid);
    assert!(last >= at_least, "{at_least} was acknowledged before, and {last} is the last");
    let begins = in_the_end.get(..messages.len());
    assert!(begins == Some(&messages[..]), "{} is no prefix", copy.display());
    let mut pieces = file
        .prepare("select bytes from file_chunk where form = 'original' order by file, n")
        .unwrap();
    let pieces: Vec<Vec<u8>> =
        pieces.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert!(pieces.concat() == bytes(), "the file in {}", copy.display());
    let folder = process::folder();
    let run = |words: &[&str]| process::program(folder.path()).args(words).output().unwrap();
    let restored = run(&["restore", copy.to_str().unwrap()]);
    assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
    assert_eq!(run(&["check"]).stdout, b"The file is whole.\n");
}
