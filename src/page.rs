//! Spaces and pages: title, parent, body, versions; the chat macro on a page.
//!
//! **Invariant:** a room follows its page. Whatever adds, renames or takes away the macro, or
//! trashes the page, changes the room in the same transaction.

use crate::id::{PageId, SpaceId};

/// A region of the wiki.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Space {
    /// Stable.
    pub id: SpaceId,
    /// As in addresses: `/display/KEY/Title`.
    pub key: String,
    /// As shown.
    pub name: String,
    /// The page where the space begins.
    pub home: Option<PageId>,
}

/// What a page is made by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// People write it.
    Page,
    /// A day of a room; its conversation cannot be edited as a page.
    Transcript,
}

/// A page in its present version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Stable; also the id of its room.
    pub id: PageId,
    /// Where it lives.
    pub space: Space,
    /// The page above it.
    pub parent: Option<PageId>,
    /// What it is made by.
    pub kind: Kind,
    /// Unique in the space.
    pub title: String,
    /// Wiki markup as typed; empty for a transcript.
    pub body: String,
    /// Rises by one with every saved edit.
    pub version: i64,
    /// When it was last edited.
    pub changed_at: jiff::Timestamp,
    /// Display name of who last edited it.
    pub changed_by: Option<String>,
}

/// A page where only its name matters: in a breadcrumb, a list, a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageLink {
    /// The page.
    pub id: PageId,
    /// Its title.
    pub title: String,
}

/// A line of the page tree, in the order of reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeLine {
    /// The page.
    pub id: PageId,
    /// Its title.
    pub title: String,
    /// 0 at the top of the space.
    pub depth: usize,
    /// What it is made by.
    pub kind: Kind,
}

/// A page as the editor sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageDraft {
    /// As typed.
    pub title: String,
    /// As typed.
    pub body: String,
}
