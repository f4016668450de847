//! The stamp in each message by which the bench knows it again.
//!
//! One word: who sent it, its number among that sender's, and when it left. Loss, doubling and
//! disorder show in the numbers; latency is counted from the time.

use memchr::memmem::{self, Finder};

/// What every stamp begins with; nothing else in a frame does.
const BEGIN: &[u8] = b"bqq";
/// `bqq` sender(4) `n` number(7) `t` microseconds(12) `e`.
pub const LENGTH: usize = 3 + 4 + 1 + 7 + 1 + 12 + 1;

/// A message's stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marker {
    /// Which sender, or which room where each has its own numbers.
    pub sender: usize,
    /// Counts that sender's messages from 0.
    pub number: u64,
    /// When it was sent, in microseconds of the bench's own clock.
    pub sent_us: u64,
}

impl Marker {
    /// As it stands in the message.
    pub fn word(self) -> String {
        format!("bqq{:04}n{:07}t{:012}e", self.sender, self.number, self.sent_us)
    }

    fn read(word: &[u8]) -> Option<Self> {
        let word = std::str::from_utf8(word.get(..LENGTH)?).ok()?;
        let (sender, rest) = word.strip_prefix("bqq")?.strip_suffix('e')?.split_once('n')?;
        let (number, sent_us) = rest.split_once('t')?;
        Some(Self {
            sender: sender.parse().ok()?,
            number: number.parse().ok()?,
            sent_us: sent_us.parse().ok()?,
        })
    }
}

/// Finds the stamps in what a reader gets.
pub struct Scanner {
    finder: Finder<'static>,
}

impl Scanner {
    pub fn new() -> Self {
        Self { finder: Finder::new(BEGIN) }
    }

    /// Calls `found` for each whole stamp in `bytes`.
    pub fn scan(&self, bytes: &[u8], mut found: impl FnMut(Marker)) {
        let mut from = 0;
        while let Some(at) = bytes.get(from..).and_then(|rest| self.finder.find(rest)) {
            let begin = from + at;
            match bytes.get(begin..).and_then(Marker::read) {
                Some(marker) => {
                    found(marker);
                    from = begin + LENGTH;
                }
                None => from = begin + BEGIN.len(),
            }
        }
    }
}

/// Where the stamp stands in a frame.
pub fn place(frame: &[u8]) -> Option<usize> {
    memmem::find(frame, BEGIN)
}
