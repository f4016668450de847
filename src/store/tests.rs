//! Groups of writes: what is refused goes alone.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension};

use super::{Store, Tx};
use crate::error::{Error, Result};

type Told = Arc<Mutex<Vec<Vec<&'static str>>>>;

fn store(folder: &tempfile::TempDir) -> (Store<&'static str>, Told) {
    let told = Told::default();
    let heard = Arc::clone(&told);
    let file = folder.path().join("store.db");
    let store = Store::open(&file, move |group| heard.lock().unwrap().push(group)).unwrap();
    (store, told)
}

fn add(tx: &Tx<'_, &'static str>, name: &'static str) -> Result<()> {
    tx.execute(
        "insert into account (name, name_key, display, created_at) values (?1, ?1, ?1, 0)",
        [name],
    )?;
    tx.tell(name);
    Ok(())
}

type Write = Box<dyn Fn(&Tx<'_, &'static str>) -> Result<()> + Send>;

fn write(write: impl Fn(&Tx<'_, &'static str>) -> Result<()> + Send + 'static) -> Write {
    Box::new(write)
}

/// Makes all of `writes` wait, then run as one group; their answers.
async fn in_one_group(store: &Store<&'static str>, writes: Vec<Write>) -> Vec<Result<()>> {
    let (open, opened) = mpsc::channel::<()>();
    let (runs, running) = mpsc::channel();
    let opened = Mutex::new(opened);
    let first = store.clone();
    let first = tokio::spawn(async move {
        let hold = move |_: &Tx<'_, &'static str>| {
            let _ = runs.send(());
            let _ = opened.lock().unwrap().recv();
            Ok(())
        };
        first.write(hold).await
    });
    // A current-thread runtime: the others are queued one after the other by being polled once.
    while running.try_recv().is_err() {
        tokio::task::yield_now().await;
    }
    let mut waiting = Vec::new();
    for write in writes {
        let mut answer = Box::pin(store.write(write));
        let queued = std::future::poll_fn(|context| {
            std::task::Poll::Ready(answer.as_mut().poll(context).is_pending())
        });
        assert!(queued.await, "the writer is held");
        waiting.push(answer);
    }
    drop(open);
    first.await.unwrap().unwrap();
    let mut answers = Vec::new();
    for answer in waiting {
        answers.push(answer.await);
    }
    answers
}

fn names(store: &Store<&'static str>) -> Vec<String> {
    store
        .read_here(|connection| {
            let mut names = connection.prepare("select name from account order by id")?;
            let names = names.query_map([], |row| row.get(0))?;
            Ok(names.collect::<rusqlite::Result<_>>()?)
        })
        .unwrap()
}

#[tokio::test]
async fn a_write_that_fails_half_way_is_undone_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (store, told) = store(&folder);
    let answers = in_one_group(
        &store,
        vec![
            write(|tx| add(tx, "ann")),
            write(|tx| {
                add(tx, "half")?;
                Err(Error::Stale)
            }),
            write(|tx| add(tx, "ben")),
            write(|_| Err(Error::NotFound)),
            write(|tx| {
                add(tx, "lost")?;
                panic!("a write panics");
            }),
            write(|tx| add(tx, "cat")),
        ],
    )
    .await;
    let went_well: Vec<bool> = answers.iter().map(Result::is_ok).collect();
    assert_eq!(went_well, [true, false, true, false, false, true]);
    assert_eq!(names(&store), ["ann", "ben", "cat"]);
    // Whoever wrote is answered before others are told.
    store.close().await;
    assert_eq!(*told.lock().unwrap(), [["ann", "ben", "cat"]], "told once, in one group");
}

#[tokio::test]
async fn a_refusal_before_anything_was_written_costs_the_others_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (store, told) = store(&folder);
    let n_runs = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&n_runs);
    let first = write(move |tx| {
        *counted.lock().unwrap() += 1;
        add(tx, "ann")
    });
    let answers = in_one_group(&store, vec![first, write(|_| Err(Error::NotFound))]).await;
    assert!(matches!(answers[..], [Ok(()), Err(Error::NotFound)]));
    assert_eq!(*n_runs.lock().unwrap(), 1);
    assert_eq!(names(&store), ["ann"]);
    store.close().await;
    assert_eq!(*told.lock().unwrap(), [["ann"]]);
}

#[tokio::test]
async fn messages_are_in_the_index_whatever_else_their_group_does_to_them() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = store(&folder);
    let say = |id: i64, word: &'static str| {
        write(move |tx| {
            tx.execute(
                "insert into message (id, room, mid, seq, position, author_name, at, day,
                   offset_minutes, opens_day, continues, body, grammar, html, search)
                 values (?1, 1, ?1, ?1, ?1, 'ann', 0, '2026-11-22', 0, 0, 0, '', 1, '', ?2)",
                (id, word),
            )?;
            Ok(())
        })
    };
    let run = |sql: &'static str| write(move |tx| Ok(tx.execute_batch(sql)?));
    let check = || {
        write(|tx| {
            tx.index()?;
            let sql = "insert into message_index (message_index, rank)
                         values ('integrity-check', 1)";
            Ok(tx.execute_batch(sql)?)
        })
    };
    let group = vec![
        run("insert into space (id, key, key_folded, name, created_at) values (1, 'B', 'b', 'B', 0);
             insert into page (id, space, title, title_key, created_at, changed_at)
               values (1, 1, 'B', 'b', 0, 0);
             insert into room (id, name, zone, opened_at) values (1, 'B', 'UTC', 0);"),
        say(1, "plain"),
        say(2, "first"),
        run("update message set search = 'second' where id = 2"),
        say(3, "gone"),
        run("delete from message where id = 3"),
        check(),
        say(4, "late"),
    ];
    assert!(in_one_group(&store, group).await.iter().all(Result::is_ok));
    let later = vec![
        run("update message set search = 'third' where id = 4"),
        run("delete from message where id = 1"),
        check(),
    ];
    assert!(in_one_group(&store, later).await.iter().all(Result::is_ok));
    let found = |word: &str| -> Option<i64> {
        let sql = "select rowid from message_index where message_index match ?1";
        store.read_here(|db| Ok(db.query_row(sql, [word], |row| row.get(0)).optional()?)).unwrap()
    };
    let words = ["plain", "first", "second", "gone", "late", "third"];
    assert_eq!(words.map(found), [None, None, Some(2), None, None, Some(4)]);
    store.close().await;
}

#[tokio::test]
async fn messages_are_indexed_in_lots_before_a_search_and_when_nothing_else_is_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = store(&folder);
    let say = |ids: std::ops::Range<i64>| {
        write(move |tx| {
            for id in ids.clone() {
                tx.execute(
                    "insert into message (id, room, mid, seq, position, author_name, at, day,
                       offset_minutes, opens_day, continues, body, grammar, html, search)
                     values (?1, 1, ?1, ?1, ?1, 'ann', 0, '2026-11-22', 0, 0, 0, '', 1, '', 'word')",
                    [id],
                )?;
            }
            Ok(())
        })
    };
    let room = write(|tx| {
        Ok(tx.execute_batch(
            "insert into space (id, key, key_folded, name, created_at) values (1, 'B', 'b', 'B', 0);
             insert into page (id, space, title, title_key, created_at, changed_at)
               values (1, 1, 'B', 'b', 0, 0);
             insert into room (id, name, zone, opened_at) values (1, 'B', 'UTC', 0);",
        )?)
    });
    let n_found = |db: &Connection| -> Result<i64> {
        let sql = "select count(*) from message_index where message_index match 'word'";
        Ok(db.query_row(sql, [], |row| row.get(0))?)
    };
    in_one_group(&store, vec![room, say(0..1)]).await;
    assert_eq!(store.read_indexed(n_found).await.unwrap(), 1);
    in_one_group(&store, vec![say(1..257)]).await;
    assert_eq!(store.read_here(n_found).unwrap(), 257, "those make a lot");
    in_one_group(&store, vec![say(257..258)]).await;
    for _ in 0..1000 {
        if store.read_here(n_found).unwrap() == 258 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(store.read_here(n_found).unwrap(), 258, "nothing else came");
    in_one_group(&store, vec![say(258..259)]).await;
    store.close().await;
    assert_eq!(store.read_here(n_found).unwrap(), 259, "before the end");
}

#[tokio::test]
async fn a_writer_that_panics_has_failed_and_keeps_nobody_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("store.db");
    let store: Store<&'static str> = Store::open(&file, |_| panic!("on purpose")).unwrap();
    assert!(store.write(|_| Err::<(), _>(Error::NotFound)).await.is_err());
    assert!(!store.failed(), "a refused write is no failure");
    // It is committed, and answered; then its readers cannot be told.
    assert!(store.write(|tx| add(tx, "alice")).await.is_ok());
    while !store.failed() {
        std::thread::yield_now();
    }
    assert!(store.write(|tx| add(tx, "bob")).await.is_err());
    store.close().await;
    assert_eq!(names(&store), ["alice"]);
}

#[tokio::test]
async fn a_page_that_cannot_be_read_is_a_failed_disk() {
    let folder = tempfile::tempdir().unwrap();
    let (first, _) = store(&folder);
    // More than a page of them.
    let many = |tx: &Tx<'_, &'static str>| {
        for n in 0..500 {
            tx.execute(
                "insert into account (name, name_key, display, created_at) values (?1, ?1, ?1, 0)",
                [format!("somebody with a long name {n}")],
            )?;
        }
        Ok(())
    };
    first.write(many).await.unwrap();
    first.close().await;
    drop(first);
    let file = folder.path().join("store.db");
    let root: i64 = {
        let file = Connection::open(&file).unwrap();
        let root = "select rootpage from sqlite_schema where name = 'account'";
        file.query_row(root, [], |row| row.get(0)).unwrap()
    };
    let mut bytes = std::fs::read(&file).unwrap();
    let at = usize::try_from(root - 1).unwrap() * 4096;
    bytes.get_mut(at..at + 4096).unwrap().fill(0xa5);
    std::fs::write(&file, bytes).unwrap();
    let (store, _) = store(&folder);
    assert!(!store.failed());
    // Not a count: an index would do for that.
    let longest = |db: &Connection| -> Result<i64> {
        Ok(db.query_row("select max(length(display)) from account", [], |row| row.get(0))?)
    };
    assert!(store.read(|db| Ok(db.query_row("select 1", [], |_| Ok(()))?)).await.is_ok());
    assert!(!store.failed(), "what is sound can be read");
    assert!(store.read(longest).await.is_err());
    assert!(store.failed());
}

#[tokio::test]
async fn a_wal_that_was_full_once_is_not_moved_into_the_file_after_every_write() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = store(&folder);
    let file = folder.path().join("store.db");
    let large = async |n: usize| {
        let text = "x".repeat(n);
        let write = move |tx: &Tx<'_, &'static str>| {
            tx.execute("create table if not exists large (text text)", [])?;
            tx.execute("insert into large values (?1)", [&text])?;
            Ok(())
        };
        store.write(write).await.unwrap();
    };
    // By and by, so that it is moved and begins anew.
    let before = std::fs::read(&file).unwrap();
    for _ in 0..20 {
        large(500_000).await;
    }
    let mut then = std::fs::read(&file).unwrap();
    assert_ne!(before, then, "a full one is moved");
    let mut n_moved = 0;
    for _ in 0..30 {
        large(10).await;
        let now = std::fs::read(&file).unwrap();
        n_moved += usize::from(now != then);
        then = now;
    }
    // What the last large write left, and what the time brings.
    assert!(n_moved < 5, "{n_moved} of 30");
}
