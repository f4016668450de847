//! The one door for writes: a thread that runs closures in groups, commits, answers, publishes.
//!
//! **Invariant:** nobody is answered and nothing is published before the commit that holds it
//! was synced. One commit serves all that waited: that is what makes `synchronous=FULL` cheap
//! (groups of 64 cost 43 us of CPU a message, single ones 521).

use std::cell::{Cell, RefCell};
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::connection::beside;
use super::pace::Pace;
use super::version::{Committed, Version};
use crate::error::{Error, Result};
use crate::metrics::Writing;
use crate::vital::Panicked;

/// Writes in one transaction at most: past that, waiting costs more than the sync saves.
const GROUP: usize = 256;
/// So many messages are indexed together, however busy it is: the group that they are in takes 4 ms
/// longer then.
const LOT: u32 = 256;
/// What is noted for the index waits for so long a time in which nothing is written. (Whoever
/// searches does not wait for it.)
const IDLE: Duration = Duration::from_secs(1);
/// How long a write waits for another process that holds the file, its time in the queue included.
const HELD: Duration = Duration::from_secs(5);
/// How often the WAL is looked after when nothing is written.
const TICK: Duration = Duration::from_secs(5);
/// After so many pages (4 MiB) the WAL is checkpointed between groups. Its file says nothing of that:
/// it keeps the size that it once had, also when it begins anew.
const WAL_FULL: u32 = 1024;
/// A WAL of this size is cut off.
const WAL_LARGE: u64 = 64 << 20;

thread_local! {
    /// Pages that the WAL holds after this thread's last commit.
    static WAL_PAGES: Cell<u32> = const { Cell::new(0) };
}

/// One write's view of the transaction: a connection, and a way to tell what changed.
pub struct Tx<'a, C> {
    connection: &'a Connection,
    told: RefCell<Vec<C>>,
    scrub: Cell<bool>,
    author: Cell<Option<i64>>,
}

impl<C> Tx<'_, C> {
    /// Says what this write changed; heard after the commit.
    pub fn tell(&self, change: C) {
        self.told.borrow_mut().push(change);
    }

    /// What this write overwrote must be gone from the WAL too, within a minute.
    pub fn scrub(&self) {
        self.scrub.set(true);
    }

    /// Says whose message this is: while several people write, they are committed together.
    pub fn is_by(&self, author: i64) {
        self.author.set(Some(author));
    }

    /// Brings the index of messages up to what the group has written so far: for whoever looks at
    /// the index.
    pub fn index(&self) -> Result<()> {
        index(self.connection)
    }
}

impl<C> Deref for Tx<'_, C> {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        self.connection
    }
}

/// What comes through the door.
pub(super) enum Order<C> {
    Write(Box<dyn Job<C>>),
    Stop,
}

/// A write with its answer, whatever its type.
pub(super) trait Job<C>: Send {
    /// Runs the closure; what it answers says whether it stays.
    fn run(&mut self, tx: &Tx<'_, C>) -> Ran;
    /// Answers; `Some` replaces the closure's own outcome, since the group was refused.
    fn answer(self: Box<Self>, refused: Option<Error>);
    /// When it was asked for.
    fn since(&self) -> Instant;
}

/// How a closure ended.
#[derive(PartialEq)]
pub(super) enum Ran {
    Done,
    Undone,
    /// The disk is full: `SQLite` may have undone the whole group.
    DiskFull,
    /// The disk failed: nothing more can be trusted to be written.
    DiskFailed,
}

struct Closure<F, T> {
    write: F,
    outcome: Option<Result<T>>,
    since: Instant,
    reply: oneshot::Sender<Result<T>>,
}

pub(super) fn order<C, T, F>(write: F, reply: oneshot::Sender<Result<T>>) -> Order<C>
where
    C: 'static,
    T: Send + 'static,
    F: Fn(&Tx<'_, C>) -> Result<T> + Send + 'static,
{
    Order::Write(Box::new(Closure { write, outcome: None, since: Instant::now(), reply }))
}

impl<C, T, F> Job<C> for Closure<F, T>
where
    T: Send,
    F: Fn(&Tx<'_, C>) -> Result<T> + Send,
{
    fn run(&mut self, tx: &Tx<'_, C>) -> Ran {
        let outcome = catch_unwind(AssertUnwindSafe(|| (self.write)(tx)))
            .unwrap_or_else(|_| Err(Error::broken(Panicked)));
        let ran = match &outcome {
            Ok(_) => Ran::Done,
            Err(Error::Full) => Ran::DiskFull,
            Err(error) if is_disk(error) => Ran::DiskFailed,
            Err(_) => Ran::Undone,
        };
        self.outcome = Some(outcome);
        ran
    }

    fn answer(self: Box<Self>, refused: Option<Error>) {
        let answer = match (refused, self.outcome) {
            (Some(error), _) => Err(error),
            (None, Some(outcome)) => outcome,
            (None, None) => Err(Error::broken("a write was not run")),
        };
        // The caller may have gone away; the write stands all the same.
        let _ = self.reply.send(answer);
    }

    fn since(&self) -> Instant {
        self.since
    }
}

/// What can be undone while a group runs.
///
/// A savepoint for each write costs a copy of every page that it touches and makes the index write
/// itself out (together 45 us a message in groups of 32), and hardly any write has to be undone
/// after it changed something. So a group runs without; where one write has to go, all goes, and
/// the group runs again with savepoints.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Undoing {
    Group,
    Each,
}

/// What the writes of a group did, beside what is in the file.
struct Effects<C> {
    told: Vec<C>,
    /// Of messages.
    authors: Vec<i64>,
}

/// What those who ask know of the writer.
pub(super) struct Shared {
    /// The disk failed, or the writer has gone.
    pub(super) failed: Arc<AtomicBool>,
    /// Messages that are in the file and not yet in its index.
    pub(super) unindexed: Arc<AtomicU32>,
    /// The state of rights and sessions.
    pub(super) committed: Arc<Committed>,
    pub(super) meters: Writing,
}

pub(super) struct Writer<C> {
    connection: Connection,
    wal: PathBuf,
    publish: Box<dyn Fn(Vec<C>) + Send>,
    shared: Shared,
    scrub: bool,
    /// Pages of the WAL when it was last looked after; 0 since it began anew.
    seen_pages: u32,
    /// The last group was not committed.
    refused: bool,
    pace: Pace,
}

impl<C: 'static> Writer<C> {
    pub(super) fn new(
        connection: Connection,
        path: &Path,
        publish: impl Fn(Vec<C>) + Send + 'static,
        shared: Shared,
    ) -> Self {
        let wal = beside(path, "-wal");
        let publish = Box::new(publish);
        Self {
            connection,
            wal,
            publish,
            shared,
            // The last process may have ended before it had done so.
            scrub: true,
            seen_pages: 0,
            refused: false,
            pace: Pace::default(),
        }
    }

    pub(super) fn run(mut self, orders: &Receiver<Order<C>>) {
        self.connection.wal_hook(Some(|_, pages| {
            WAL_PAGES.set(u32::try_from(pages).unwrap_or(0));
            Ok(())
        }));
        let mut tended = Instant::now();
        loop {
            let mut group = Vec::new();
            let (mut stop, mut idle) = (false, false);
            match orders.recv_timeout(if self.may_index() { IDLE } else { TICK }) {
                Ok(Order::Write(job)) => group.push(job),
                Ok(Order::Stop) | Err(RecvTimeoutError::Disconnected) => stop = true,
                Err(RecvTimeoutError::Timeout) => idle = true,
            }
            while !stop && !group.is_empty() && group.len() < GROUP {
                match orders.recv_timeout(self.pace.rest(group.len(), Instant::now())) {
                    Ok(Order::Write(job)) => group.push(job),
                    Ok(Order::Stop) => stop = true,
                    Err(_) => break,
                }
            }
            if !group.is_empty() {
                self.commit(group);
            }
            if (stop || idle) && self.may_index() {
                self.commit_index();
            }
            if stop {
                self.checkpoint("truncate");
                return;
            }
            if tended.elapsed() >= TICK || self.is_wal_full() {
                self.tend();
                tended = Instant::now();
            }
        }
    }

    fn commit(&mut self, mut group: Vec<Box<dyn Job<C>>>) {
        let outcome = if self.shared.failed.load(Ordering::SeqCst) {
            Err(Error::broken("the disk failed earlier; nothing is written any more"))
        } else {
            self.run_group(&mut group)
        };
        self.refused = outcome.is_err();
        match outcome {
            Ok(told) => {
                for job in group {
                    job.answer(None);
                }
                if !told.is_empty() {
                    (self.publish)(told);
                }
            }
            Err(error) => {
                if !self.connection.is_autocommit() {
                    let _ = self.connection.execute_batch("rollback");
                }
                tracing::error!(error = %source(&error), "a group of writes was refused");
                if is_disk(&error) {
                    self.shared.failed.store(true, Ordering::SeqCst);
                }
                for job in group {
                    job.answer(Some(match error {
                        Error::Full => Error::Full,
                        // Another process holds the file: nothing is wrong with it.
                        Error::Busy => Error::Busy,
                        _ => Error::broken("the group of writes failed"),
                    }));
                }
            }
        }
    }

    /// Something is noted for the index, and the disk took what came last.
    fn may_index(&self) -> bool {
        self.shared.unindexed.load(Ordering::SeqCst) > 0 && !self.refused
    }

    /// Indexes what is noted, in a transaction of its own. Where that fails, it stays noted until
    /// something else could be written.
    fn commit_index(&mut self) {
        let (reply, _) = oneshot::channel();
        let Order::Write(job) = order(|tx: &Tx<'_, C>| tx.index(), reply) else { return };
        self.commit(vec![job]);
    }

    fn run_group(&mut self, group: &mut [Box<dyn Job<C>>]) -> Result<Vec<C>> {
        let (begun, n_writes) = (Instant::now(), u32::try_from(group.len()).unwrap_or(u32::MAX));
        for job in &*group {
            self.shared.meters.wait.observe(begun.duration_since(job.since()).as_secs_f64());
        }
        // One that was refused before them kept them waiting for as long already.
        let waited = group.iter().map(|job| job.since().elapsed()).max().unwrap_or_default();
        self.connection.busy_timeout(HELD.saturating_sub(waited).max(HELD / 100))?;
        let mut ran = self.run_all(group, Undoing::Group)?;
        if ran.is_none() {
            ran = self.run_all(group, Undoing::Each)?;
        }
        let Some(ran) = ran else { return Err(Error::broken("a group was not run")) };
        let connection = &self.connection;
        let mut unindexed = unindexed(connection)?;
        if unindexed >= LOT {
            index(connection)?;
            unindexed = 0;
        }
        let version = Version::of(connection)?;
        let asked = Instant::now();
        connection.prepare_cached("commit")?.execute([])?;
        self.shared.committed.set(version);
        self.shared.unindexed.store(unindexed, Ordering::SeqCst);
        self.pace.note(&ran.authors, Instant::now());
        self.shared.meters.commit.observe(asked.elapsed().as_secs_f64());
        self.shared.meters.group.observe(n_writes.into());
        tracing::debug!(n = n_writes, "committed");
        Ok(ran.told)
    }

    /// Runs all jobs in a new transaction, which stays open. `None`, and it is closed, when one of
    /// them has to be undone alone and that was not prepared for.
    fn run_all(
        &mut self,
        group: &mut [Box<dyn Job<C>>],
        undoing: Undoing,
    ) -> Result<Option<Effects<C>>> {
        let connection = &self.connection;
        connection.prepare_cached("begin immediate")?.execute([])?;
        let mut effects = Effects { told: Vec::new(), authors: Vec::new() };
        for job in group {
            if undoing == Undoing::Each {
                connection.prepare_cached("savepoint job")?.execute([])?;
            }
            let n_changes = connection.total_changes();
            let (told, author) = (RefCell::default(), Cell::default());
            let tx = Tx { connection, told, scrub: Cell::new(false), author };
            match job.run(&tx) {
                Ran::Done => {
                    effects.told.append(&mut tx.told.borrow_mut());
                    effects.authors.extend(tx.author.get());
                    self.scrub |= tx.scrub.get();
                }
                Ran::DiskFull => return Err(Error::Full),
                Ran::DiskFailed => {
                    self.shared.failed.store(true, Ordering::SeqCst);
                    return Err(Error::broken("the disk failed"));
                }
                Ran::Undone if connection.is_autocommit() => {
                    return Err(Error::broken("the transaction was rolled back"));
                }
                // Most refusals come before anything was written.
                Ran::Undone if connection.total_changes() == n_changes => {}
                Ran::Undone if undoing == Undoing::Each => {
                    connection.prepare_cached("rollback to job")?.execute([])?;
                }
                Ran::Undone => {
                    connection.prepare_cached("rollback")?.execute([])?;
                    return Ok(None);
                }
            }
            if undoing == Undoing::Each {
                connection.prepare_cached("release job")?.execute([])?;
            }
        }
        Ok(Some(effects))
    }

    /// So much was written since the last look that it is time for another. While a reader's snapshot
    /// keeps the WAL from beginning anew, each look finds what it found before.
    fn is_wal_full(&mut self) -> bool {
        let pages = WAL_PAGES.get();
        if pages < self.seen_pages {
            self.seen_pages = 0;
        }
        pages - self.seen_pages > WAL_FULL
    }

    fn wal_size(&self) -> u64 {
        std::fs::metadata(&self.wal).map_or(0, |file| file.len())
    }

    /// Moves the WAL into the file. All checkpoints are made here, on the one connection.
    fn tend(&mut self) {
        self.seen_pages = WAL_PAGES.get();
        let size = self.wal_size();
        if self.scrub || size > WAL_LARGE {
            if self.checkpoint("truncate") {
                self.scrub = false;
            }
        } else if size > 0 {
            self.checkpoint("passive");
        }
    }

    /// True if the whole WAL was moved.
    fn checkpoint(&self, kind: &str) -> bool {
        if self.shared.failed.load(Ordering::SeqCst) {
            return false;
        }
        // A reader's snapshot holds a checkpoint up; the next tick tries again.
        let busy = self
            .connection
            .pragma_query_value(None, "busy_timeout", |row| row.get::<_, i64>(0))
            .unwrap_or(5000);
        let _ = self.connection.pragma_update(None, "busy_timeout", 100);
        let mut whole = false;
        let moved = self.connection.pragma(None, "wal_checkpoint", kind, |row| {
            whole = row.get::<_, i64>(0)? == 0;
            Ok(())
        });
        let _ = self.connection.pragma_update(None, "busy_timeout", busy);
        if let Err(error) = moved.map_err(Error::from) {
            // Another process holds the file: as with a reader, the next tick tries again.
            if !matches!(error, Error::Busy) {
                tracing::error!(error = %source(&error), "the WAL could not be moved into the file");
            }
            if is_disk(&error) {
                self.shared.failed.store(true, Ordering::SeqCst);
            }
            return false;
        }
        whole
    }
}

/// Messages that are only noted for the index; see `local_unindexed` in the schema.
pub(super) fn unindexed(connection: &Connection) -> Result<u32> {
    Ok(connection
        .prepare_cached("select count(*) from local_unindexed")?
        .query_row([], |row| row.get(0))?)
}

/// Indexes them.
fn index(connection: &Connection) -> Result<()> {
    connection.prepare_cached("delete from local_unindexed")?.execute([])?;
    Ok(())
}

/// Did the disk fail, or give back what was never written?
pub(super) fn is_disk(error: &Error) -> bool {
    match error {
        Error::Broken(source) => source.downcast_ref::<rusqlite::Error>().is_some_and(|error| {
            // A search index that differs from its table is no fault of the disk.
            let index = error
                .sqlite_error()
                .is_some_and(|code| code.extended_code == rusqlite::ffi::SQLITE_CORRUPT_VTAB);
            !index
                && matches!(
                    error.sqlite_error_code(),
                    Some(
                        rusqlite::ErrorCode::SystemIoFailure
                            | rusqlite::ErrorCode::DatabaseCorrupt
                            | rusqlite::ErrorCode::NotADatabase
                    )
                )
        }),
        _ => false,
    }
}

fn source(error: &Error) -> String {
    match error {
        Error::Broken(source) => source.to_string(),
        other => other.to_string(),
    }
}
