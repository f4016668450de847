//! One `SQLite` file, many readers, one writer.
//!
//! **Invariant:** nothing outside this folder opens a connection, begins a transaction or blocks
//! a tokio thread on the disk. The file changes through [`Store::write`] and in no other way;
//! whoever is told of a change is told after its commit.
//!
//! One thing is done on the thread that asks: [`Store::look_up`], a few rows by their keys. What
//! every request looks up is in memory, and finding it takes 10 to 30 us; the way to another
//! thread and back took longer, cost more processor time than all else about a post together,
//! and on a busy machine waited for its turn twice.
//!
//! Refused: commands as data or event sourcing (each mutation written twice); a pool of writers
//! (`SQLite` has one lock, and group commit needs one queue).

mod connection;
mod copy;
mod pace;
mod restore;
mod schema;
#[cfg(test)]
mod tests;
mod version;
mod writer;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex as Lock, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use r2d2_sqlite::SqliteConnectionManager;
use rusqlite::Connection;
use tokio::sync::{Mutex, Semaphore, oneshot};

use crate::error::{Error, Result};
use crate::metrics::Writing;
use crate::vital::{Panicked, Vital};
use version::Committed;

pub use restore::restore;
pub use version::Version;
pub use writer::Tx;

/// Connections that read at the same time. Two cores keep about two busy; the rest wait for the disk.
const N_READERS: u32 = 4;
/// Writes that may wait; more are refused with [`Error::Busy`].
const N_QUEUED: usize = 1024;
/// A writer that has not answered for so long is of no use to who waits: probes ask each second or
/// so, and give up after a few themselves.
const PROMPT: Duration = Duration::from_secs(2);
/// How long a read waits for its turn before it is refused.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a search waits for the newest messages to be indexed.
const INDEXED: Duration = Duration::from_secs(1);

/// The file. `C` is what a write tells the world when it has been committed. Cheap to clone.
pub struct Store<C> {
    inner: Arc<Inner<C>>,
}

impl<C> Clone for Store<C> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

/// Bytes on the disk.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Of the file.
    pub file: u64,
    /// Of the write-ahead log beside it.
    pub wal: u64,
}

struct Inner<C> {
    path: PathBuf,
    epoch: String,
    queue: SyncSender<writer::Order<C>>,
    readers: r2d2::Pool<SqliteConnectionManager>,
    turns: Arc<Semaphore>,
    /// For look-ups, which must not wait behind a search: no more than threads that ask.
    idle: Lock<Vec<Connection>>,
    failed: Arc<AtomicBool>,
    /// Messages that are in the file and not yet in its index, as of the last commit.
    unindexed: Arc<AtomicU32>,
    committed: Arc<Committed>,
    /// A write was refused since the disk was full, and no probe has found room since.
    full: AtomicBool,
    /// One at a time looks whether the writer answers.
    probe: Mutex<()>,
    meters: Writing,
    thread: Mutex<Option<JoinHandle<()>>>,
    // Held for as long as there is a writer: there must not be a second one.
    lock: File,
}

impl<C: Send + 'static> Store<C> {
    /// Opens the file at `path`, made with mode 0600 if missing, and starts its writer. `publish`
    /// is called on the writer's thread after each commit with what the group's writes told, in
    /// their order; it must not block.
    ///
    /// Refuses, with words for the operator: a `SQLite` that is too old, a file of another program or
    /// of a newer version, a second process, and a missing or empty file beside a left-over WAL.
    pub fn open(path: &Path, publish: impl Fn(Vec<C>) + Send + 'static) -> Result<Self> {
        connection::refuse_old_sqlite()?;
        let lock = connection::lock(path)?;
        connection::refuse_orphaned_wal(path)?;
        connection::create_private(path)?;
        let mut connection = connection::writer(path)?;
        schema::prepare(&mut connection)?;
        connection::begin_writing(&connection)?;
        let epoch = connection.query_row("select epoch from copy", [], |row| row.get(0))?;
        let readers = r2d2::Pool::builder()
            .max_size(N_READERS)
            .connection_timeout(PATIENCE)
            // A file does not go away like a server does.
            .test_on_check_out(false)
            .build(connection::readers(path))
            .map_err(Error::broken)?;
        let failed = Arc::new(AtomicBool::new(false));
        let (queue, orders) = sync_channel(N_QUEUED);
        let meters = Writing::default();
        let unindexed = Arc::new(AtomicU32::new(writer::unindexed(&connection)?));
        let committed = Arc::new(Committed::default());
        committed.set(Version::of(&connection)?);
        let shared = writer::Shared {
            failed: Arc::clone(&failed),
            unindexed: Arc::clone(&unindexed),
            committed: Arc::clone(&committed),
            meters: meters.clone(),
        };
        let writer = writer::Writer::new(connection, path, publish, shared);
        let vital = Vital::by(&failed);
        let thread = std::thread::Builder::new()
            .name("writer".into())
            .spawn(move || {
                let _vital = vital;
                writer.run(&orders);
            })
            .map_err(Error::broken)?;
        Ok(Self {
            inner: Arc::new(Inner {
                path: path.into(),
                epoch,
                queue,
                readers,
                turns: Arc::new(Semaphore::new(N_READERS as usize)),
                idle: Lock::default(),
                failed,
                unindexed,
                committed,
                full: AtomicBool::new(false),
                probe: Mutex::default(),
                meters,
                thread: Mutex::new(Some(thread)),
                lock,
            }),
        })
    }

    /// Stamped into each copy of the file; part of every cursor.
    pub fn epoch(&self) -> &str {
        &self.inner.epoch
    }

    /// True after an I/O error or a panic of the writer, after which nothing is written any more, or
    /// after a page of the file could not be read; the process should end and begin again from the
    /// disk, since no database can go on after a failed fsync.
    pub fn failed(&self) -> bool {
        self.inner.failed.load(Ordering::SeqCst)
    }

    /// What the writer counts.
    pub fn meters(&self) -> &Writing {
        &self.inner.meters
    }

    /// The state of rights and sessions that was committed last. Whoever was answered for a change of
    /// them finds it here.
    pub fn version(&self) -> Version {
        self.inner.committed.get()
    }

    /// How large it all is on the disk.
    pub async fn sizes(&self) -> Result<Sizes> {
        let path = self.inner.path.clone();
        let size = |path: &Path| std::fs::metadata(path).map_or(0, |file| file.len());
        blocking(move || {
            Ok(Sizes { file: size(&path), wal: size(&connection::beside(&path, "-wal")) })
        })
        .await
    }

    /// Runs `write` in the next group of writes and answers when it is on the disk. An `Err`
    /// undoes this write alone. `write` has no effect but on the file: it may run again.
    ///
    /// If the caller goes away meanwhile, the write is done all the same.
    pub async fn write<T, F>(&self, write: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&Tx<'_, C>) -> Result<T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let order = writer::order(write, reply);
        match self.inner.queue.try_send(order) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => {
                self.inner.meters.refused.inc();
                return Err(Error::Busy);
            }
            Err(TrySendError::Disconnected(_)) => return Err(Error::broken("the store is closed")),
        }
        let answer =
            answer.await.map_err(|_| Error::broken("the store closed before it answered"))?;
        if matches!(answer, Err(Error::Full)) {
            self.inner.full.store(true, Ordering::SeqCst);
        }
        answer
    }

    /// Does the writer take writes, soon enough, and is there room for them? After a disk that was
    /// full that is found out by writing something for which there has to be room.
    pub async fn takes_writes(&self) -> Result<()> {
        let asked = async {
            let _turn = self.inner.probe.lock().await;
            if !self.inner.full.load(Ordering::SeqCst) {
                return self.write(|_| Ok(())).await;
            }
            self.write(|tx| {
                let sql = "insert into local_probe (bytes) values (zeroblob(262144))";
                tx.execute(sql, []).map(drop).map_err(Error::from)
            })
            .await?;
            self.write(|tx| Ok(tx.execute("delete from local_probe", []).map(drop)?)).await?;
            self.inner.full.store(false, Ordering::SeqCst);
            Ok(())
        };
        tokio::time::timeout(PROMPT, asked).await.map_err(|_| Error::Busy)?
    }

    /// Runs `read` on one snapshot of the file. Nothing may wait for anything else inside it.
    pub async fn read<T, F>(&self, read: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        let turns = Arc::clone(&self.inner.turns);
        let turn = tokio::time::timeout(PATIENCE, turns.acquire_owned())
            .await
            .map_err(|_| Error::Busy)?
            .map_err(Error::broken)?;
        let store = self.clone();
        blocking(move || {
            let answer = store.read_here(read);
            drop(turn);
            answer
        })
        .await
    }

    /// [`Store::read`] of a snapshot whose index has all messages that anybody was answered for
    /// before. Where nothing can be written (a full disk, another process that holds the file), of
    /// those that are in it already.
    pub async fn read_indexed<T, F>(&self, read: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        if self.inner.unindexed.load(Ordering::SeqCst) > 0 {
            let indexed = self.write(|tx: &Tx<'_, C>| tx.index());
            if !matches!(tokio::time::timeout(INDEXED, indexed).await, Ok(Ok(()))) {
                tracing::warn!("the newest messages could not be indexed before a search");
            }
        }
        self.read(read).await
    }

    /// Can the file be read?
    pub async fn answers(&self) -> Result<()> {
        self.read(|connection| {
            Ok(connection.query_row("select epoch from copy", [], |_| Ok(()))?)
        })
        .await
    }

    /// [`Store::read`] for a thread that may block.
    pub fn read_here<T>(&self, read: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let connection = self.inner.readers.get().map_err(|_| Error::Busy)?;
        self.heed(snapshot(&connection, read))
    }

    /// What the disk does not give back as it was written is noted as a failed write is: the process
    /// should end, and its operator hear of it, and not answer 500 for ever.
    fn heed<T>(&self, answer: Result<T>) -> Result<T> {
        if let Err(error) = &answer
            && writer::is_disk(error)
            && !self.inner.failed.swap(true, Ordering::SeqCst)
        {
            tracing::error!(
                "the file is damaged or cannot be read; `backchannel check` tells where"
            );
        }
        answer
    }

    /// Reads a few rows by their keys at once, on the thread that asks; see above. Nothing that
    /// grows with the file or with what somebody typed belongs here.
    #[expect(clippy::unused_async, reason = "whether it leaves the thread is the store's affair")]
    pub async fn look_up<T>(&self, read: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        self.look_up_here(read)
    }

    /// [`Store::look_up`] for the hub's thread, which must not wait for a connection either.
    pub fn look_up_here<T>(&self, read: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let idle = &self.inner.idle;
        let kept = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match kept {
            Some(connection) => connection,
            None => connection::reader(&self.inner.path)?,
        };
        let answer = self.heed(snapshot(&connection, read));
        idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        answer
    }

    /// Writes a whole, compact copy of the file to `target`, with an epoch of its own, while
    /// everything goes on. `target` must not exist.
    pub async fn copy(&self, target: PathBuf) -> Result<()> {
        let source = self.inner.path.clone();
        blocking(move || copy::copy(&source, &target)).await
    }

    /// Ends the writer after what is queued; the file is then whole without its WAL, and may be
    /// opened by another.
    pub async fn close(&self) {
        if let Some(thread) = self.inner.thread.lock().await.take() {
            let queue = self.inner.queue.clone();
            let _ = blocking(move || {
                let _ = queue.send(writer::Order::Stop);
                thread.join().map_err(|_| Error::broken("the writer panicked"))
            })
            .await;
            let _ = self.inner.lock.unlock();
        }
    }
}

/// Runs `read` on one state of the file.
fn snapshot<T>(connection: &Connection, read: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
    // As prepared statements: rusqlite's own transaction parses its SQL each time.
    connection.prepare_cached("begin")?.execute([])?;
    let _end = End(connection);
    read(connection)
}

/// Ends a snapshot also when the read panics: one that stays open would hold up all checkpoints.
struct End<'a>(&'a Connection);

impl Drop for End<'_> {
    fn drop(&mut self) {
        let ended = self.0.prepare_cached("rollback").and_then(|mut end| end.execute([]));
        if let Err(error) = ended {
            tracing::error!(%error, "a snapshot could not be ended");
        }
    }
}

/// Was a read ended by its own progress handler: did it take too long?
pub fn is_cut_short(error: &Error) -> bool {
    let Error::Broken(source) = error else { return false };
    source.downcast_ref::<rusqlite::Error>().and_then(rusqlite::Error::sqlite_error_code)
        == Some(rusqlite::ErrorCode::OperationInterrupted)
}

/// Is there a file at `path`, or what is left of one?
pub fn is_there(path: &Path) -> bool {
    path.exists() || connection::beside(path, "-wal").exists()
}

/// Work that is not `SQLite`'s but blocks or burns all the same (a password hash), off the async
/// threads. Bound how much of it runs at once where it is called.
#[expect(clippy::disallowed_methods, reason = "this is the one place")]
pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(
        |error| {
            if error.is_panic() { Error::broken(Panicked) } else { Error::broken(error) }
        },
    )?
}
