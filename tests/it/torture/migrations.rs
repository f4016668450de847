//! A file of an older program is brought up to date, and the program is killed at each step of that.

use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Output;

use rusqlite::Connection;
use tempfile::TempDir;

use super::fault;
use super::faults::Faults;
use crate::process::{self, Server};

#[path = "../../schema/filled.rs"]
mod filled;

use filled::{RELEASED, Rows};

const SIGKILL: i32 = 9;

/// The program reads the file; that brings it up to date before.
fn read(folder: &Path, surroundings: &[(String, OsString)]) -> Output {
    let surroundings = surroundings.iter().map(|(name, value)| (name, value));
    process::program(folder).args(["account", "list"]).envs(surroundings).output().unwrap()
}

fn version(file: &Connection) -> usize {
    file.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
}

/// What a killed program left, in a folder of its own: whoever looks at a file takes what is in its log
/// into it.
fn left_in(folder: &Path) -> (Connection, TempDir) {
    let copy = process::folder();
    for name in ["wiki.db", "wiki.db-wal"] {
        if folder.join(name).exists() {
            std::fs::copy(folder.join(name), copy.path().join(name)).unwrap();
        }
    }
    (Connection::open(copy.path().join("wiki.db")).unwrap(), copy)
}

/// Each start gets one step further than the one before it, on what that one left; how many there were
/// until one came to its end.
fn killed_at_each_step(at: usize) -> i64 {
    let folder = process::folder();
    let file = folder.path().join("wiki.db");
    let old = Connection::open(&file).unwrap();
    filled::make(&old, at);
    filled::fill(&old);
    let before = Rows::of(&old);
    old.pragma_update(None, "journal_mode", "wal").unwrap();
    old.close().unwrap();

    let (faults, surroundings) = Faults::beside(folder.path());
    let (mut n_kills, mut n_old, mut n_new) = (0, 0, 0);
    let last = loop {
        faults.kill_at(n_kills + 1);
        let ended = read(folder.path(), &surroundings);
        if ended.status.signal() != Some(SIGKILL) {
            break ended;
        }
        n_kills += 1;
        let told = format!("from schema {}, killed at step {n_kills}", at + 1);
        let (left, _copy) = left_in(folder.path());
        if version(&left) == at + 1 {
            assert_eq!(Rows::of(&left), before, "{told}");
            assert_eq!(n_new, 0, "{told}: what was committed is gone");
            n_old += 1;
        } else {
            assert_eq!(version(&left), RELEASED.len() + 1, "{told}");
            before.assert_kept(&left, &told);
            n_new += 1;
        }
    };
    let told = String::from_utf8_lossy(&last.stderr);
    assert!(last.status.success(), "from schema {}, after {n_kills} kills: {told}", at + 1);
    let names = String::from_utf8_lossy(&last.stdout);
    assert!((1..=3).all(|n| names.contains(&format!("text {n}"))), "{names}");
    before.assert_kept(&left_in(folder.path()).0, "in the end");
    // Before the commit, and after it.
    assert!(n_old > 5 && n_new > 0, "{n_old} kills before the commit, {n_new} after it");
    Server::start_in(folder, Vec::new());
    n_kills
}

#[test]
fn a_migration_that_is_killed_at_any_step_loses_nothing_and_is_done_in_the_end() {
    fault("migration killed", "each step from each schema", |_| {
        let kills: Vec<i64> = (0..RELEASED.len()).map(killed_at_each_step).collect();
        format!("{kills:?} kills, by schema")
    });
}
