//! When the next group of writes begins, while several people write.
//!
//! A commit costs the same for one write as for ten: a sync, and the threads that wake each other up. At
//! 500 messages a second from many people that is two thirds of a message's cost, since each commits
//! alone. So a group then waits until the last commit is [`APART`] ago, and serves who came meanwhile.
//!
//! **Invariant:** who writes alone, however fast, never waits, nor does a group that is large already; nobody
//! waits longer than [`APART`]. (`PostgreSQL` asks the same of its `commit_siblings` before it lets
//! `commit_delay` pass.)

use std::time::{Duration, Instant};

/// Between two commits while several write: 500 messages a second then take about a fifth less of the
/// processor, and with twice as long a pause little less again. Nobody sees so short a wait.
const APART: Duration = Duration::from_millis(4);
/// Several write, where two did within so long a time.
const TOGETHER: Duration = Duration::from_millis(20);
/// A group of so many gains little by more: it keeps others waiting, who could ask again meanwhile.
const MANY: usize = 4;

/// Who wrote lately, and when it was committed.
#[derive(Default)]
pub(super) struct Pace {
    author: Option<i64>,
    /// When somebody else had written than before.
    changed: Option<Instant>,
    committed: Option<Instant>,
}

impl Pace {
    /// How long a group of so many waits for others.
    pub(super) fn rest(&self, n_writes: usize, now: Instant) -> Duration {
        let (Some(changed), Some(committed)) = (self.changed, self.committed) else {
            return Duration::ZERO;
        };
        if n_writes >= MANY || now.duration_since(changed) > TOGETHER {
            return Duration::ZERO;
        }
        APART.saturating_sub(now.duration_since(committed))
    }

    /// A group was committed, with messages of these authors.
    pub(super) fn note(&mut self, authors: &[i64], now: Instant) {
        for author in authors {
            if self.author.replace(*author).is_some_and(|before| before != *author) {
                self.changed = Some(now);
            }
        }
        self.committed = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn who_writes_alone_never_waits() {
        let (mut pace, mut now) = (Pace::default(), Instant::now());
        for _ in 0..10 {
            assert_eq!(pace.rest(1, now), Duration::ZERO);
            pace.note(&[7], now);
            now += MS / 2;
        }
        // Nor who changes a room, which is no message.
        pace.note(&[], now);
        assert_eq!(pace.rest(1, now), Duration::ZERO);
    }

    #[test]
    fn several_wait_for_each_other_until_they_are_many_or_gone() {
        let (mut pace, now) = (Pace::default(), Instant::now());
        pace.note(&[7], now);
        pace.note(&[8], now);
        assert_eq!(pace.rest(1, now), APART);
        assert_eq!(pace.rest(1, now + MS), MS * 3);
        assert_eq!(pace.rest(1, now + APART + MS), Duration::ZERO);
        assert_eq!(pace.rest(MANY, now), Duration::ZERO);
        // One of them goes on alone.
        for later in (0..=TOGETHER.as_millis()).map(|n| now + MS * u32::try_from(n).unwrap_or(0)) {
            pace.note(&[8], later);
        }
        assert_eq!(pace.rest(1, now + TOGETHER), APART);
        assert_eq!(pace.rest(1, now + TOGETHER + MS), Duration::ZERO);
    }
}
