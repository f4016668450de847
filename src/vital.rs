//! What the process cannot do without: threads and tasks that nobody could take the place of.
//!
//! **Invariant:** where one of them panics the process ends, with a status by which whoever looks
//! after it begins it again. Half a server, whose writes nobody takes or whose streams nothing
//! comes through, would look alive. Every other panic takes nothing with it but the request or
//! the room that it was for.

use std::panic::PanicHookInfo;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Held for as long as something vital runs; a panic meanwhile is noted.
#[must_use]
pub struct Vital {
    lost: Arc<AtomicBool>,
}

impl Vital {
    /// Notes a panic in `lost`.
    pub fn by(lost: &Arc<AtomicBool>) -> Self {
        Self { lost: Arc::clone(lost) }
    }
}

impl Drop for Vital {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.lost.store(true, Ordering::SeqCst);
        }
    }
}

/// Runs work of which a panic is nobody else's affair; `None` after one, which the log has told.
pub async fn alone<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> Option<T> {
    tokio::spawn(work).await.ok()
}

/// In place of what a panic kept from being done. Where it happened it has told of itself.
#[derive(Debug, thiserror::Error)]
#[error("a panic kept it from being done")]
pub struct Panicked;

/// Tells a panic in one line of the log, where and why. But for a reason that was put together
/// when it happened: it may hold what people wrote.
pub fn log_panic(info: &PanicHookInfo<'_>) {
    let at = info.location().map_or_else(String::new, ToString::to_string);
    let reason = info.payload().downcast_ref::<&str>().copied().unwrap_or("not told here");
    let thread = std::thread::current();
    let thread = thread.name().unwrap_or("-");
    tracing::error!(at, thread, reason, "a panic");
}
