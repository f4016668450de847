//! The query language over the full-text index: only what the viewer may see.

use jiff::civil::DateTime;

use crate::id::{Mid, PageId, RoomId};

/// In which order hits come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Sort {
    /// The latest first.
    #[default]
    Newest,
    /// The best match first, among the latest 1,000.
    Best,
}

/// A piece of a hit's line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Plain text.
    pub text: String,
    /// It is what was looked for.
    pub matched: bool,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A message, with its place in the transcript of its day.
    Message {
        /// The room.
        room: RoomId,
        /// The room's name.
        room_name: String,
        /// The message.
        mid: Mid,
        /// The author as shown.
        author: String,
        /// When, in the room's zone.
        local: DateTime,
        /// The transcript page of its day.
        transcript: PageId,
    },
    /// A page.
    Page {
        /// The page.
        page: PageId,
        /// Its title.
        title: String,
        /// The name of its space.
        space: String,
    },
}

/// One line of the results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// What was found.
    pub found: Found,
    /// Its text around the first match, in pieces.
    pub line: Vec<Piece>,
}

/// A page of results.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Results {
    /// At most 20.
    pub hits: Vec<Hit>,
    /// Where the next page of results begins, if there is one: the value of `after`.
    pub after: Option<String>,
}
