//! One room's frames on their way: chunks built once and shared by all subscribers.
//!
//! **Invariant:** a chunk is never empty, for an empty chunk is the end of the stream.

use std::collections::VecDeque;

use bytes::{BufMut, Bytes, BytesMut};
use tokio::sync::oneshot;

use super::{Frame, Renderings, Subscriber};

/// The last chunk: the stream is whole.
pub(super) const END: &[u8] = b"0\r\n\r\n";
/// The window must not come back.
pub(super) const ENDED: &[u8] = b"event: ended\ndata: \n\n";
/// The event by which a window loads the room anew.
pub const RELOAD: &[u8] = b"event: reload\ndata: \n\n";

/// One HTTP/1.1 chunk around `text`; nothing around nothing.
pub(super) fn chunk(text: &[u8]) -> Bytes {
    if text.is_empty() {
        return Bytes::new();
    }
    let size = format!("{:x}\r\n", text.len());
    let mut chunk = BytesMut::with_capacity(size.len() + text.len() + 2);
    chunk.put_slice(size.as_bytes());
    chunk.put_slice(text);
    chunk.put_slice(b"\r\n");
    chunk.freeze()
}

/// A frame as it goes over the wire.
pub(super) struct Entry {
    seq: Option<i64>,
    author: i64,
    /// Goes to nobody else; `None`: to all.
    only: Option<i64>,
    called: Box<[i64]>,
    /// By language; never empty.
    renderings: Box<[Renderings]>,
}

impl Entry {
    pub(super) fn new(frame: &Frame) -> Self {
        let first = chunks(&frame.loud, &frame.quiet, &frame.calling);
        let also = frame.also.iter().map(|also| chunks(&also.loud, &also.quiet, &also.calling));
        let renderings = std::iter::once(first).chain(also).collect();
        let called = frame.called.clone().into_boxed_slice();
        Self { seq: frame.seq, author: frame.author, only: None, called, renderings }
    }

    /// Makes the windows of one account load anew.
    pub(super) fn reload_for(account: i64) -> Self {
        let reload = Self::new(&Frame::same(None, Bytes::from_static(RELOAD)));
        Self { only: Some(account), ..reload }
    }

    /// The rendering for this subscriber; `None` when it has seen the frame or gets nothing. The
    /// answer must stay the same as long as the subscriber lives: a half-written frame is found
    /// again by it.
    pub(super) fn pick(&self, subscriber: &Subscriber, seen: i64) -> Option<&Bytes> {
        if self.seq.is_some_and(|seq| seq <= seen)
            || self.only.is_some_and(|only| only != subscriber.account)
        {
            return None;
        }
        let own = subscriber.account != 0 && subscriber.account == self.author;
        let in_language = self.renderings.get(usize::from(subscriber.language));
        let rendering = in_language.or_else(|| self.renderings.first())?;
        let bytes = match subscriber.sound && !own {
            false => &rendering.quiet,
            true if self.called.binary_search(&subscriber.account).is_ok() => &rendering.calling,
            true => &rendering.loud,
        };
        (!bytes.is_empty()).then_some(bytes)
    }

    fn n_bytes(&self) -> usize {
        self.renderings
            .iter()
            .map(|r| {
                let own = |event: &Bytes| if is_same(&r.loud, event) { 0 } else { event.len() };
                r.loud.len() + own(&r.quiet) + own(&r.calling)
            })
            .sum()
    }
}

/// What shares its bytes goes on sharing them.
fn chunks(loud: &Bytes, quiet: &Bytes, calling: &Bytes) -> Renderings {
    let chunked = chunk(loud);
    let as_loud = |event: &Bytes| {
        if is_same(loud, event) { chunked.clone() } else { chunk(event) }
    };
    let (quiet, calling) = (as_loud(quiet), as_loud(calling));
    Renderings { loud: chunked, quiet, calling }
}

/// Not only equal, but the same bytes in memory.
fn is_same(one: &Bytes, other: &Bytes) -> bool {
    one.as_ptr() == other.as_ptr() && one.len() == other.len()
}

/// Where a subscription began.
#[derive(Clone, Copy)]
pub(super) struct Begin {
    id: u64,
    /// The index of the first frame that is its own.
    pub(super) position: u64,
    /// How often rights had been asked for anew.
    pub(super) n_rechecks: u64,
}

/// A room: its frames, who reads it, who waits for it.
#[derive(Default)]
pub(super) struct Room {
    entries: VecDeque<Entry>,
    /// The index of the oldest entry; indexes only rise.
    first: u64,
    n_bytes: usize,
    /// Subscribers who are not behind have everything below this index.
    pub(super) sent: u64,
    /// Keys of the seats here.
    pub(super) subscribers: Vec<u32>,
    /// How many of them are behind.
    pub(super) n_behind: usize,
    subscriptions: Vec<Begin>,
    waiters: Vec<oneshot::Sender<()>>,
    /// Already in the list of rooms to look after in this wake.
    pub(super) touched: bool,
}

impl Room {
    /// The index of the next frame.
    pub(super) fn end(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    /// Whether the frame at `index` is still here, or still to come.
    pub(super) fn has(&self, index: u64) -> bool {
        index >= self.first
    }

    pub(super) fn push(&mut self, entry: Entry) {
        for waiter in self.waiters.drain(..) {
            let _ = waiter.send(());
        }
        if self.subscribers.is_empty() && self.subscriptions.is_empty() {
            return;
        }
        self.n_bytes += entry.n_bytes();
        self.entries.push_back(entry);
    }

    /// The frames from `index` on.
    pub(super) fn from(&self, index: u64) -> impl Iterator<Item = &Entry> {
        let skip = usize::try_from(index.saturating_sub(self.first)).unwrap_or(usize::MAX);
        self.entries.iter().skip(skip)
    }

    pub(super) fn subscribe(&mut self, id: u64, n_rechecks: u64) {
        let position = self.end();
        self.subscriptions.push(Begin { id, position, n_rechecks });
    }

    /// Ends a subscription.
    pub(super) fn release(&mut self, id: u64) -> Option<Begin> {
        let at = self.subscriptions.iter().position(|begin| begin.id == id)?;
        Some(self.subscriptions.swap_remove(at))
    }

    pub(super) fn wait(&mut self, waiter: oneshot::Sender<()>) {
        // Polls whose client has gone would pile up in a quiet room.
        if self.waiters.len() == self.waiters.capacity() {
            self.waiters.retain(|waiter| !waiter.is_closed());
        }
        self.waiters.push(waiter);
    }

    pub(super) fn wake(&mut self) {
        self.waiters.clear();
    }

    pub(super) fn forget_gone_waiters(&mut self) {
        self.waiters.retain(|waiter| !waiter.is_closed());
    }

    /// Lets go of what nobody needs, and of what is above the limits; but the newest frame stays,
    /// or one larger than the limit could reach nobody whose socket it fills.
    pub(super) fn trim(&mut self, n_frames: usize, n_bytes: usize) {
        let needed = self.n_behind > 0 || !self.subscriptions.is_empty();
        while !self.entries.is_empty()
            && (!needed
                || self.entries.len() > n_frames
                || self.n_bytes > n_bytes && self.entries.len() > 1)
        {
            if let Some(entry) = self.entries.pop_front() {
                self.n_bytes = self.n_bytes.saturating_sub(entry.n_bytes());
                self.first += 1;
            }
        }
        if !needed && self.entries.capacity() > 64 {
            self.entries = VecDeque::new();
        }
    }

    /// How many frames are kept, and of how many bytes.
    #[cfg(test)]
    pub(super) fn size(&self) -> (usize, usize) {
        (self.entries.len(), self.n_bytes)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.subscribers.is_empty() && self.subscriptions.is_empty() && self.waiters.is_empty()
    }
}
