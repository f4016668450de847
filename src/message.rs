//! What people say: post, remove, read back since a cursor.
//!
//! **Invariant:** a message is acknowledged only after its row, its day's transcript and its
//! search text are on the disk together.

use jiff::civil::{Date, DateTime};

use crate::id::{Mid, RoomId, Seq};
use crate::markup::Html;

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Somebody said it.
    Said,
    /// Somebody does it: `/me waves`, `* ann waves`.
    Action,
}

/// A message in its present state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its room.
    pub room: RoomId,
    /// Its id in the room.
    pub mid: Mid,
    /// The change that last touched it.
    pub seq: Seq,
    /// Its place in the log.
    pub position: i64,
    /// What it is.
    pub kind: Kind,
    /// Account id of the author; `None` for imported ones.
    pub author: Option<crate::id::AccountId>,
    /// Account name of the author, or the name that an import brought.
    pub author_name: String,
    /// The author as shown.
    pub author_display: String,
    /// When, in UTC.
    pub at: jiff::Timestamp,
    /// When, in the room's zone as of then.
    pub local: DateTime,
    /// The day whose transcript holds it.
    pub day: Date,
    /// The first of its day: carries the day's heading.
    pub opens_day: bool,
    /// Follows a message by the same author shortly after: the author is not named again.
    pub continues: bool,
    /// The rendered body; empty once removed.
    pub html: Html,
    /// Edited after it was posted.
    pub edited: bool,
    /// Removed: a tombstone.
    pub removed: bool,
}
