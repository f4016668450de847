//! What somebody typed into the editor, as a browser sends it.

use serde::Deserialize;

use crate::error::Error;
use crate::id::PageId;
use crate::page::PageDraft;
use crate::view::unsaved::Unsaved;

/// The editor's form, for a new page and for an edit.
#[derive(Clone, Default, Deserialize)]
pub(super) struct Typed {
    #[serde(default)]
    pub(super) space: String,
    pub(super) parent: Option<String>,
    #[serde(default)]
    pub(super) title: String,
    #[serde(default)]
    pub(super) body: String,
    #[serde(default)]
    pub(super) version: String,
    /// By what the script in that browser knows again what was saved; see `editor.js`.
    #[serde(default)]
    pub(super) mark: String,
    /// `chat`: the button that puts a chat macro into the text. `preview`: the one that shows it.
    pub(super) insert: Option<String>,
    /// `close`: yes, the room is to be closed.
    pub(super) confirm: Option<String>,
}

impl Typed {
    pub(super) fn draft(&self) -> PageDraft {
        PageDraft { title: self.title.clone(), body: self.body.clone() }
    }

    /// What there is to be copied where it cannot be saved.
    pub(super) fn unsaved(self) -> Unsaved {
        Unsaved { title: self.title, body: self.body }
    }

    /// The editor that it was typed into.
    pub(super) fn place(&self, page: Option<PageId>) -> String {
        match (page, self.parent()) {
            (Some(page), _) => format!("/pages/{page}/edit"),
            (None, Ok(Some(parent))) => format!("/pages/new?parent={parent}"),
            (None, _) => "/pages/new".to_owned(),
        }
    }

    /// The version that it began from, which is the latest one where it does not say; what is no
    /// number is none that there ever was.
    pub(super) fn version(&self, latest: i64) -> i64 {
        match self.version.trim() {
            "" => latest,
            version => version.parse().unwrap_or(0),
        }
    }

    pub(super) fn parent(&self) -> Result<Option<PageId>, Error> {
        match self.parent.as_deref().map(str::trim) {
            None | Some("") => Ok(None),
            Some(parent) => parent
                .parse()
                .map(Some)
                .map_err(|_| Error::invalid("parent", "This is not the id of a page.")),
        }
    }

    /// What a person would have typed to bring an old version back.
    pub(super) fn of_version(title: String, body: String, version: String) -> Self {
        Self { title, body, version, ..Self::default() }
    }

    pub(super) fn wants_preview(&self) -> bool {
        self.insert.as_deref() == Some("preview")
    }

    pub(super) fn with_chat(mut self) -> Self {
        let line_end = if self.body.is_empty() || self.body.ends_with('\n') { "" } else { "\n\n" };
        self.body = format!("{}{line_end}{{chat}}\n", self.body);
        self
    }
}
