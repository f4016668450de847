//! The power goes, the disk is full, a sync fails.

use std::time::{Duration, Instant};

use hyper::StatusCode;
use rand::RngExt;
use tokio::time::sleep;

use super::faults::Faults;
use super::trial::Trial;
use super::{block_on, fault, scale};
use crate::process::Server;

/// The file itself and its indexes, by `SQLite`'s own check.
fn assert_whole(server: &Server) {
    let file = rusqlite::Connection::open_with_flags(
        server.folder().join("wiki.db"),
        rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY,
    );
    let found: String =
        file.unwrap().query_row("pragma integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(found, "ok");
}

#[test]
fn a_server_without_power_loses_nothing_that_it_acknowledged() {
    let n_cuts = scale(15, 80, 500);
    fault("power cut", "500 cuts in 100,000 acknowledged, the file whole each time", |random| {
        block_on(async {
            let (faults, server) = Faults::start(&[]);
            faults.slow_syncs(Duration::from_millis(2));
            let mut trial = Trial::begin(server.furnish(), random).await;
            // Who signed in is in the file itself: whatever a cut takes, there is somebody to ask.
            trial.server.terminate();
            trial.server.restart();
            trial.read().await;
            // Few enough that looking at all of them after each cut stays short: whoever looks holds
            // up the WAL.
            trial.write(scale(4, 8, 8), scale(10, 5, 33));
            let (mut n_sectors, mut longest) = (0, Duration::ZERO);
            for cut in 0..n_cuts {
                trial.rest(20, scale(200, 500, 700)).await;
                n_sectors += faults.cut_power(&trial.server, &mut trial.random);
                longest = longest.max(trial.server.restart());
                assert_whole(&trial.server);
                // It looks at every message, of which there are more each time.
                if cut % scale(3, 10, 50) == 0 {
                    trial.server.run(&["check"], "");
                }
                trial.until_acknowledged().await;
            }
            assert!(n_sectors > 0, "nothing was on its way at any cut");
            let told = trial.finish().await;
            let ms = longest.as_millis();
            format!("{n_cuts} cuts took {n_sectors} sectors, back after {ms} ms at most; {told}")
        })
    });
}

#[test]
fn a_full_disk_refuses_messages_and_keeps_all_that_it_took() {
    let n_spells = scale(5, 20, 100);
    let aim = "100 spells; reads go on, posts again within 2 s";
    fault("full disk", aim, |random| {
        block_on(async {
            let (faults, server) = Faults::start(&[]);
            let mut trial = Trial::begin(server.furnish(), random).await;
            trial.read().await;
            trial.write(4, 10);
            let mut longest = Duration::ZERO;
            for _ in 0..n_spells {
                trial.until_acknowledged().await;
                let (n_before, n_acknowledged) = (faults.n_refused(), trial.n_acknowledged());
                faults.fill_disk(trial.random.random_range(0..30_000));
                // The log is written over from its beginning now and then: until it grows again.
                let begun = Instant::now();
                while faults.n_refused() == n_before {
                    assert!(
                        begun.elapsed() < Duration::from_secs(30),
                        "the disk never was full, of {n_acknowledged} messages and {} later",
                        trial.n_acknowledged()
                    );
                    sleep(Duration::from_millis(5)).await;
                }
                for path in [&format!("/rooms/{}", trial.rooms.room), "/healthz"] {
                    assert_eq!(trial.carol.get(path).await.status, StatusCode::OK, "{path}");
                }
                trial.rest(10, 300).await;
                faults.empty_disk();
                let again = trial.until_acknowledged().await;
                assert!(again < Duration::from_secs(2), "posts again after {again:?}");
                assert_eq!(trial.carol.get("/readyz").await.status, StatusCode::OK);
                longest = longest.max(again);
            }
            trial.server.run(&["check"], "");
            let told = trial.finish().await;
            let ms = longest.as_millis();
            let n = faults.n_refused();
            format!("{n_spells} spells, {n} writes refused, posts again after {ms} ms; {told}")
        })
    });
}

#[test]
fn a_server_whose_sync_fails_ends_and_loses_nothing_that_it_acknowledged() {
    let n_rounds = scale(2, 5, 100);
    fault("sync fails, then power cut", "100 times", |random| {
        block_on(async {
            let (faults, server) = Faults::start(&[]);
            let mut trial = Trial::begin(server.furnish(), random).await;
            trial.breaks = true;
            trial.read().await;
            trial.write(4, 10);
            let mut longest = Duration::ZERO;
            for _ in 0..n_rounds {
                trial.rest(100, 600).await;
                faults.let_syncs_fail(true);
                let (status, took) = trial.server.end();
                assert_eq!(status.code(), Some(1), "a failed sync is a reason to end");
                longest = longest.max(took);
                faults.cut_power(&trial.server, &mut trial.random);
                faults.let_syncs_fail(false);
                trial.server.restart();
                trial.server.run(&["check"], "");
                trial.until_acknowledged().await;
            }
            assert!(faults.n_failed() >= n_rounds && faults.n_syncs() > 0);
            let told = trial.finish().await;
            format!("{n_rounds} times, ended after {} ms at most; {told}", longest.as_millis())
        })
    });
}
