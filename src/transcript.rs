//! One day of a room as a child page of the room's page.
//!
//! **Invariant:** the conversation on a transcript page is the messages, rendered when read; no
//! copy of it is kept. A day without a message has no page.

use jiff::civil::Date;

use crate::id::{PageId, RoomId};

/// Where a transcript page belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transcript {
    /// The page that shows it.
    pub page: PageId,
    /// The room.
    pub room: RoomId,
    /// The day in the room's zone.
    pub day: Date,
    /// The day with messages before it.
    pub previous: Option<Date>,
    /// The day with messages after it.
    pub next: Option<Date>,
}
