//! What time it is. The only place that asks the machine.
//!
//! **Invariant:** order never comes from here, only what people read beside a message and which
//! day it falls on.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// A clock that is the machine's, or a test's to move.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    set: Option<Arc<AtomicI64>>,
}

impl Clock {
    /// The machine's clock.
    pub fn real() -> Self {
        Self { set: None }
    }

    /// A clock that stands at `at` until [`Clock::set`] moves it.
    pub fn standing(at: Timestamp) -> Self {
        Self { set: Some(Arc::new(AtomicI64::new(at.as_millisecond()))) }
    }

    /// Moves a standing clock; the machine's clock stays as it is.
    pub fn set(&self, at: Timestamp) {
        if let Some(set) = &self.set {
            set.store(at.as_millisecond(), Ordering::SeqCst);
        }
    }

    /// Now, in UTC, whole milliseconds.
    pub fn now(&self) -> Timestamp {
        let at = match &self.set {
            Some(set) => set.load(Ordering::SeqCst),
            #[expect(clippy::disallowed_methods, reason = "this is the one place")]
            None => Timestamp::now().as_millisecond(),
        };
        Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

/// An instant as a room's clock showed it: unix milliseconds, and the zone's distance from UTC
/// as of then in minutes.
pub(crate) fn local(at: i64, offset_minutes: i64) -> DateTime {
    let at = Timestamp::from_millisecond(at).unwrap_or_default();
    offset(offset_minutes).unwrap_or(Offset::UTC).to_datetime(at)
}

/// A distance from UTC in minutes, if any zone can have it.
pub(crate) fn offset(minutes: i64) -> Option<Offset> {
    let seconds = i32::try_from(minutes.checked_mul(60)?).ok()?;
    Offset::from_seconds(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_and_the_last_instant_there_is_have_their_days_in_every_zone() {
        for (at, offset, day) in [
            (Timestamp::MAX, 14 * 60, "9999-12-31"),
            (Timestamp::MAX, -12 * 60, "9999-12-30"),
            (Timestamp::MIN, 0, "-009999-01-02"),
            (Timestamp::MAX, i64::MAX, "9999-12-30"),
        ] {
            assert_eq!(local(at.as_second() * 1000, offset).date().to_string(), day, "{offset}");
        }
    }
}
