//! Bodies of pages and messages: source to HTML, names resolved under somebody's rights.
//!
//! A page's names are resolved each time it is read, under the reader's rights. A message's are
//! resolved once, when it is posted, under the author's: what the author may not see stays text,
//! so that nobody can probe for titles. Links go to ids, so they follow renames; a click is
//! checked again.

use std::cell::Cell;

use rusqlite::Connection;

use crate::account::{self, Viewer};
use crate::app::App;
use crate::error::Result;
use crate::file::{self, FileId};
use crate::id::PageId;
use crate::markup::{self, Html, Mode, Picture, Resolver, Shown};
use crate::page::{self, Page};
use crate::permission::{self, Grant, Permission, View};

/// What the macros of a page show, rendered before the page is.
#[derive(Clone, Debug, Default)]
pub struct Macros {
    /// The status table of the page's room; `None` where there is no room.
    pub chat: Option<Html>,
    /// What a second chat macro shows: that it is the same room.
    pub chat_again: Option<Html>,
    /// The child pages.
    pub children: Option<Html>,
}

/// The HTML of a page's body for its reader.
pub async fn of_page(app: &App, grant: &Grant<View>, page: &Page, macros: Macros) -> Result<Html> {
    let (viewer, page) = (grant.viewer().clone(), page.clone());
    app.store
        .read(move |connection| {
            let names = Names {
                connection,
                viewer: &viewer,
                space: &page.space.key,
                page: page.id,
                macros,
                own: &[],
                n_chats: Cell::new(0),
            };
            Ok(markup::render(&markup::parse(&page.body, Mode::Page), &names))
        })
        .await
}

/// Works on a message's body, or a topic's, with what its names stand for, under its author's
/// rights. `own` are the files that come with it: nobody else can name them yet.
pub(crate) async fn resolving<T: Send + 'static, P: Permission + 'static>(
    app: &App,
    grant: &Grant<P>,
    own: Vec<FileId>,
    work: impl Fn(&dyn Resolver) -> T + Send + 'static,
) -> Result<T> {
    // Most messages name nothing: then there is nothing to look up.
    let names = Nameless::default();
    let worked = work(&names);
    if !names.asked.get() {
        return Ok(worked);
    }
    let grant = grant.clone();
    app.store
        .read(move |connection| {
            let space = page::select(connection, grant.page())?.space.key;
            Ok(work(&Names {
                connection,
                viewer: grant.viewer(),
                space: &space,
                page: grant.page(),
                macros: Macros::default(),
                own: &own,
                n_chats: Cell::new(0),
            }))
        })
        .await
}

struct Names<'a> {
    connection: &'a Connection,
    viewer: &'a Viewer,
    space: &'a str,
    page: PageId,
    macros: Macros,
    own: &'a [FileId],
    n_chats: Cell<usize>,
}

impl Resolver for Names<'_> {
    fn page(&self, space: Option<&str>, title: &str) -> Option<String> {
        let space = space.unwrap_or(self.space);
        page::find_visible(self.connection, self.viewer, space, title)
            .ok()
            .flatten()
            .map(|page| format!("/pages/{page}"))
    }

    fn account(&self, name: &str) -> Option<(String, String)> {
        // A list of names must not be had by guessing: only those who read here count.
        let found = account::by_name(self.connection, name).ok().flatten()?;
        let reads = !found.disabled
            && permission::is_visible(self.connection, Some(found.id), self.page).ok()?;
        reads.then(|| (format!("/accounts/{}", found.name), found.display))
    }

    fn file(&self, name: &str) -> Option<String> {
        let found = file::find(self.connection, self.page, name, self.own).ok().flatten()?;
        Some(file::address(found.id, name))
    }

    fn picture(&self, name: &str) -> Shown {
        let found = file::find(self.connection, self.page, name, self.own).ok().flatten();
        let Some((id, (width, height))) = found.and_then(|file| Some((file.id, file.pixels?)))
        else {
            return Shown::Link;
        };
        let large = file::address(id, name);
        let small = format!("{large}?as=thumbnail");
        Shown::Picture(Picture { large, small, width, height })
    }

    fn chat(&self, _: Option<&str>) -> Option<Html> {
        let before = self.n_chats.replace(self.n_chats.get() + 1);
        if before == 0 { self.macros.chat.clone() } else { self.macros.chat_again.clone() }
    }

    fn children(&self) -> Option<Html> {
        self.macros.children.clone()
    }
}

/// Knows no names, but whether it was asked for one.
#[derive(Default)]
struct Nameless {
    asked: Cell<bool>,
}

impl Nameless {
    fn note<T>(&self) -> Option<T> {
        self.asked.set(true);
        None
    }
}

impl Resolver for Nameless {
    fn page(&self, _: Option<&str>, _: &str) -> Option<String> {
        self.note()
    }

    fn account(&self, _: &str) -> Option<(String, String)> {
        self.note()
    }

    fn file(&self, _: &str) -> Option<String> {
        self.note()
    }

    fn picture(&self, _: &str) -> Shown {
        self.asked.set(true);
        Shown::Link
    }

    fn chat(&self, _: Option<&str>) -> Option<Html> {
        self.note()
    }

    fn children(&self) -> Option<Html> {
        self.note()
    }
}
