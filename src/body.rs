//! Bodies of pages and messages: source to HTML, names resolved under somebody's rights.
//!
//! A page's names are resolved each time it is read, under the reader's rights. A message's are
//! resolved once, when it is posted, under the author's: what the author may not see stays text,
//! so that nobody can probe for titles. Links go to ids, so they follow renames; a click is
//! checked again.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use rusqlite::Connection;

use crate::account::{self, Viewer};
use crate::app::App;
use crate::error::Result;
use crate::file::{self, FileId};
use crate::id::{AccountId, PageId};
use crate::markup::{self, Document, Html, Name, Picture, Resolver, Shown, Wide};
use crate::page::{self, Page};
use crate::permission::{self, Grant, Permission, View};
use crate::resolved::Resolved;

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

/// The HTML of a page's body for its reader, with its `wide` blocks in reach of keys. `macros` is told
/// the name that the text gives its room, if it has one.
pub async fn of_page(
    app: &App,
    grant: &Grant<View>,
    page: &Page,
    macros: impl FnOnce(Option<String>) -> Macros + Send + 'static,
    wide: Wide,
) -> Result<Html> {
    let Page { id, title, body, .. } = page;
    let text = Source { page: Some(*id), space: &page.space.key, title, body };
    preview(app, grant.viewer(), text, macros, wide).await
}

/// A text as the body of a page.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The page that is being edited; a new one has no files yet.
    pub page: Option<PageId>,
    /// Key of the space in which its names are looked for.
    pub space: &'a str,
    /// The page's title.
    pub title: &'a str,
    /// As typed.
    pub body: &'a str,
}

/// The HTML that a text would have as the body of a page. Nothing is made by it. It is read once and
/// written out once: the names that stand in it are looked up in between. The store is asked for nothing
/// else: what takes long is done outside of its turns.
pub async fn preview(
    app: &App,
    viewer: &Viewer,
    text: Source<'_>,
    macros: impl FnOnce(Option<String>) -> Macros + Send + 'static,
    wide: Wide,
) -> Result<Html> {
    let Source { page, space, title, body } = text;
    let (page, title) = (page.unwrap_or(PageId(0)), title.to_owned());
    let read = move |document: &Document| {
        let names = markup::names(document);
        let macros = macros(page::room_of(document, &title));
        let known = Known { macros, ..Known::default() };
        // Without names there is nothing to wait for.
        let html = names.is_empty().then(|| known.render(document, wide));
        (names, known, html)
    };
    let (text, (asked, mut known, html)) = app.texts.read(body.to_owned(), read).await?;
    if let Some(html) = html {
        return Ok(html);
    }
    let (account, space) = (viewer.account_id(), space.to_owned());
    known.answers = app
        .store
        .read(move |connection| {
            let noted = RefCell::default();
            let names = Names { connection, account, space: &space, page, own: &[], noted };
            let answers = asked.into_iter().map(|name| {
                let answer = names.answer(&name);
                (name, answer)
            });
            Ok(answers.collect())
        })
        .await?;
    let (_, html) = text.work(move |document| known.render(document, wide)).await?;
    Ok(html)
}

/// Works on a message's body, or a topic's, with what its names stand for, under its author's
/// rights; answers the outcome and what the names stood for. `own` are the files that come with
/// it: nobody else can name them yet.
pub(crate) async fn resolving<T: Send + 'static, P: Permission + 'static>(
    app: &App,
    grant: &Grant<P>,
    own: Vec<FileId>,
    work: impl Fn(&dyn Resolver) -> T + Send + 'static,
) -> Result<(T, Resolved)> {
    // Most messages name nothing: then there is nothing to look up.
    let names = Nameless::default();
    let worked = work(&names);
    if !names.asked.get() {
        return Ok((worked, Resolved::default()));
    }
    let grant = grant.clone();
    app.store
        .read(move |connection| {
            let space = page::select(connection, grant.page())?.space.key;
            let names = Names {
                connection,
                account: grant.viewer().account_id(),
                space: &space,
                page: grant.page(),
                own: &own,
                noted: RefCell::default(),
            };
            let worked = work(&names);
            Ok((worked, names.noted.into_inner()))
        })
        .await
}

/// [`resolving`] for a message that comes from elsewhere, under the rights of its author, who may
/// have no account.
pub(crate) async fn resolving_as<T: Send + 'static>(
    app: &App,
    account: Option<AccountId>,
    page: impl Into<PageId>,
    own: Vec<FileId>,
    work: impl Fn(&dyn Resolver) -> T + Send + 'static,
) -> Result<(T, Resolved)> {
    let nameless = Nameless::default();
    let worked = work(&nameless);
    // Whoever has no account sees nothing that a link could lead to, but for their own files.
    if !nameless.asked.get() || account.is_none() && own.is_empty() {
        return Ok((worked, Resolved::default()));
    }
    let page = page.into();
    app.store
        .read(move |connection| {
            let space = page::select(connection, page)?.space.key;
            let names = Names {
                connection,
                account,
                space: &space,
                page,
                own: &own,
                noted: RefCell::default(),
            };
            let worked = work(&names);
            Ok((worked, names.noted.into_inner()))
        })
        .await
}

struct Names<'a> {
    connection: &'a Connection,
    account: Option<AccountId>,
    space: &'a str,
    page: PageId,
    own: &'a [FileId],
    /// What was answered, to be kept beside a message.
    noted: RefCell<Resolved>,
}

impl Resolver for Names<'_> {
    fn page(&self, space: Option<&str>, title: &str) -> Option<String> {
        let key = space.unwrap_or(self.space);
        let found = page::find_visible(self.connection, self.account, key, title).ok().flatten()?;
        let address = format!("/pages/{found}");
        self.noted.borrow_mut().note_page(space, title, &address);
        Some(address)
    }

    fn account(&self, name: &str) -> Option<(String, String)> {
        self.person(name).map(|(_, account)| account)
    }

    fn mention(&self, name: &str) -> Option<(String, String)> {
        let (id, account) = self.person(name)?;
        self.noted.borrow_mut().note_mention(id);
        Some(account)
    }

    fn file(&self, name: &str) -> Option<String> {
        let found = file::find(self.connection, self.page, name, self.own).ok().flatten()?;
        let address = file::address(found.id, name);
        self.noted.borrow_mut().note_file(name, &address);
        Some(address)
    }

    fn picture(&self, name: &str) -> Shown {
        let found = file::find(self.connection, self.page, name, self.own).ok().flatten();
        let Some((id, (width, height))) = found.and_then(|file| Some((file.id, file.pixels?)))
        else {
            return Shown::Link;
        };
        let large = file::address(id, name);
        let small = format!("{large}?as=thumbnail");
        let picture = Picture { large, small, width, height };
        self.noted.borrow_mut().note_picture(name, &picture);
        Shown::Picture(picture)
    }

    fn chat(&self, _: Option<&str>) -> Option<Html> {
        None
    }

    fn children(&self) -> Option<Html> {
        None
    }
}

impl Names<'_> {
    fn answer(&self, name: &Name) -> Answer {
        match name {
            Name::Page(space, title) => Answer::Page(self.page(space.as_deref(), title)),
            Name::Account(name) => Answer::Account(self.account(name)),
            Name::File(name) => Answer::File(self.file(name).map(|at| (at, self.picture(name)))),
        }
    }

    fn person(&self, name: &str) -> Option<(AccountId, (String, String))> {
        // A list of names must not be had by guessing: only those who read here count.
        let found = account::by_name(self.connection, name).ok().flatten()?;
        let reads = !found.disabled
            && permission::is_visible(self.connection, Some(found.id), self.page).ok()?;
        let account = reads.then(|| (format!("/accounts/{}", found.name), found.display))?;
        self.noted.borrow_mut().note_account(name, &account);
        Some((found.id, account))
    }
}

/// What a name stands for, if that is anything to this reader.
enum Answer {
    Page(Option<String>),
    Account(Option<(String, String)>),
    File(Option<(String, Shown)>),
}

/// Knows what was looked up.
#[derive(Default)]
struct Known {
    answers: HashMap<Name, Answer>,
    macros: Macros,
    n_chats: Cell<usize>,
}

impl Known {
    fn render(&self, document: &Document, wide: Wide) -> Html {
        markup::render(document, self).reachable(wide)
    }
}

impl Resolver for Known {
    fn page(&self, space: Option<&str>, title: &str) -> Option<String> {
        match self.answers.get(&Name::Page(space.map(str::to_owned), title.to_owned()))? {
            Answer::Page(address) => address.clone(),
            _ => None,
        }
    }

    fn account(&self, name: &str) -> Option<(String, String)> {
        match self.answers.get(&Name::Account(name.to_owned()))? {
            Answer::Account(account) => account.clone(),
            _ => None,
        }
    }

    fn file(&self, name: &str) -> Option<String> {
        match self.answers.get(&Name::File(name.to_owned()))? {
            Answer::File(file) => file.as_ref().map(|(address, _)| address.clone()),
            _ => None,
        }
    }

    fn picture(&self, name: &str) -> Shown {
        match self.answers.get(&Name::File(name.to_owned())) {
            Some(Answer::File(Some((_, shown)))) => shown.clone(),
            _ => Shown::Link,
        }
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
