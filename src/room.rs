//! The chat of one page: opens, closes, its name and zone, and what the status table tells.

use jiff::civil::{Date, DateTime};

use crate::id::RoomId;

/// The chat of one page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// The page's id.
    pub id: RoomId,
    /// From the macro, or the page's title.
    pub name: String,
    /// IANA name of the time zone in which its days begin.
    pub zone: String,
    /// False: no macro stands on the page any more; reading only.
    pub open: bool,
}

/// Somebody in or around a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Participant {
    /// Account name, or the name that an import brought.
    pub name: String,
    /// As shown.
    pub display: String,
    /// Has the room open now.
    pub present: bool,
}

/// A day of a room that has a transcript.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActiveDay {
    /// In the room's zone.
    pub day: Date,
    /// Messages of that day, removed ones not counted.
    pub n_messages: i64,
}

/// What the macro's table tells about a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The room.
    pub room: Room,
    /// When (in the room's zone) and by whom (display name) the last message was.
    pub last_activity: Option<(DateTime, String)>,
    /// Present ones first, then who wrote lately; at most 20.
    pub participants: Vec<Participant>,
    /// How many participants there are in all.
    pub n_participants: usize,
    /// Newest first; at most 14.
    pub transcripts: Vec<ActiveDay>,
    /// How many days have a transcript.
    pub n_transcripts: i64,
}

/// What the panel at the popup's right tells, the same for every window of the room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Panel {
    /// The room.
    pub room: Room,
    /// Who has the room open, by display name.
    pub present: Vec<Participant>,
    /// Newest first; at most 31.
    pub transcripts: Vec<ActiveDay>,
}
