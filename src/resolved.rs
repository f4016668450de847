//! What the names in a message stood for when it was written: kept beside it, so that a newer
//! grammar can render it anew without asking again, and links go where they always went.
//!
//! **Invariant:** holds answers that the author was given, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::id::AccountId;
use crate::markup::{Html, Picture, Resolver, Shown};

/// Answers by name. Kept as JSON; empty text where there are none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Resolved {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pages: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    accounts: BTreeMap<String, (String, String)>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    files: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pictures: BTreeMap<String, Picture>,
    /// Whom an `@name` called, for the moment of posting: not kept, since nobody is called twice.
    #[serde(skip)]
    mentions: BTreeSet<AccountId>,
}

impl Resolved {
    /// As it is kept.
    pub(crate) fn to_text(&self) -> String {
        if *self == Self::default() {
            return String::new();
        }
        serde_json::to_string(self).unwrap_or_default()
    }

    /// As it was kept. What cannot be read any more resolves nothing: its names stay text.
    pub(crate) fn from_text(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    /// Notes where a page's title led.
    pub(crate) fn note_page(&mut self, space: Option<&str>, title: &str, address: &str) {
        self.pages.insert(page_key(space, title), address.into());
    }

    /// Notes whom a name meant: address and display name.
    pub(crate) fn note_account(&mut self, name: &str, account: &(String, String)) {
        self.accounts.insert(name.into(), account.clone());
    }

    /// Notes whom an `@name` called.
    pub(crate) fn note_mention(&mut self, account: AccountId) {
        self.mentions.insert(account);
    }

    /// Whom an `@name` called, each once.
    pub(crate) fn mentions(&self) -> Vec<AccountId> {
        self.mentions.iter().copied().collect()
    }

    /// Notes where a file is.
    pub(crate) fn note_file(&mut self, name: &str, address: &str) {
        self.files.insert(name.into(), address.into());
    }

    /// Notes the images that were made of a file.
    pub(crate) fn note_picture(&mut self, name: &str, picture: &Picture) {
        self.pictures.insert(name.into(), picture.clone());
    }
}

// A line end stands in no title.
fn page_key(space: Option<&str>, title: &str) -> String {
    format!("{}\n{title}", space.unwrap_or_default())
}

impl Resolver for Resolved {
    fn page(&self, space: Option<&str>, title: &str) -> Option<String> {
        self.pages.get(&page_key(space, title)).cloned()
    }

    fn account(&self, name: &str) -> Option<(String, String)> {
        self.accounts.get(name).cloned()
    }

    fn file(&self, name: &str) -> Option<String> {
        self.files.get(name).cloned()
    }

    fn picture(&self, name: &str) -> Shown {
        self.pictures.get(name).map_or(Shown::Link, |picture| Shown::Picture(picture.clone()))
    }

    fn chat(&self, _: Option<&str>) -> Option<Html> {
        None
    }

    fn children(&self) -> Option<Html> {
        None
    }
}
