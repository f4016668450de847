//! Pages: title, parent, body, versions; the chat macro on a page.
//!
//! **Invariant:** a room follows its page. Whatever adds, renames or takes away the macro, or
//! trashes the page, changes the room in the same transaction.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, named_params};

use crate::account::Viewer;
use crate::app::App;
use crate::change::Change;
use crate::error::{Error, Result};
use crate::id::{PageId, RoomId, SpaceId};
use crate::mandate::Mandate;
use crate::markup::Document;
use crate::permission::{self, Edit, Grant, View};
use crate::session;
use crate::space::{self, Space};
use crate::store::Tx;
use crate::{folding, indexed, room, title};

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
    /// Wiki markup as typed; of a transcript what people noted beside the conversation.
    pub body: String,
    /// Rises by one with every saved edit.
    pub version: i64,
    /// When it was last edited.
    pub changed_at: Timestamp,
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

/// A page as the editor sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageDraft {
    /// As typed.
    pub title: String,
    /// As typed.
    pub body: String,
}

const TITLE_LIMIT: usize = 200;
/// Pages below pages; deeper trees read badly, and a bound keeps every walk short.
const DEPTH_LIMIT: usize = 40;

// ------------------------------------------------------------------------------------ verbs

/// The page in its present version.
pub async fn show(app: &App, grant: &Grant<View>) -> Result<Page> {
    let page = grant.page();
    grant.read(app, move |connection| select(connection, page)).await
}

/// The page of this title in this space, if the viewer may see it.
pub async fn by_title(app: &App, viewer: &Viewer, space: &str, title: &str) -> Result<PageId> {
    let (viewer, space, title) = (viewer.clone(), space.to_owned(), title.to_owned());
    app.store
        .read(move |connection| {
            let found = find_visible(connection, viewer.account_id(), &space, &title)?;
            match (found, viewer.account()) {
                (Some(page), _) => Ok(page),
                (None, Some(_)) => Err(Error::NotFound),
                (None, None) => Err(Error::LoginNeeded),
            }
        })
        .await
}

/// Makes a page in the space `key`, below `parent` or at the top.
pub async fn create(
    app: &App,
    viewer: &Viewer,
    key: &str,
    parent: Option<PageId>,
    draft: PageDraft,
) -> Result<PageId> {
    let (viewer, key, zone) = (viewer.clone(), key.to_owned(), app.config.zone.clone());
    let now = app.clock.now();
    let place = move |connection: &Connection| {
        session::confirm(connection, &viewer, now)?;
        let space = space::for_new_page(connection, &viewer, &key)?;
        if let Some(parent) = parent {
            permission::grant::<View>(connection, &viewer, parent)?;
        }
        Ok((space, viewer.account_id()))
    };
    // A long text is read in a turn that all who save share: nobody takes it who may not save.
    let (_, account) = app.store.read(place.clone()).await?;
    app.rate_limits.text(account, draft.body.len())?;
    let draft = prepare(app, &draft).await?;
    app.store
        .write(move |tx| {
            let (space, account) = place(tx)?;
            insert(tx, &space, parent, &draft, account, &zone, now)
        })
        .await
}

/// Makes a page by who administers, whatever the rights of the space say.
pub async fn create_by(
    app: &App,
    mandate: &Mandate,
    key: &str,
    parent: Option<PageId>,
    draft: PageDraft,
) -> Result<PageId> {
    create_and(app, mandate, key, parent, draft, |_, _| Ok(())).await
}

/// [`create_by`], and what has to be done about the page before anybody sees it.
pub(crate) async fn create_and(
    app: &App,
    mandate: &Mandate,
    key: &str,
    parent: Option<PageId>,
    draft: PageDraft,
    and: impl Fn(&Tx<'_, Change>, PageId) -> Result<()> + Send + 'static,
) -> Result<PageId> {
    let (mandate, key, zone) = (mandate.clone(), key.to_owned(), app.config.zone.clone());
    let now = app.clock.now();
    let asked = mandate.clone();
    app.store.read(move |connection| asked.confirm(connection, now)).await?;
    let draft = prepare(app, &draft).await?;
    app.store
        .write(move |tx| {
            mandate.confirm(tx, now)?;
            let space = space::by_key(tx, &key)?
                .ok_or_else(|| Error::invalid("space", format!("There is no space {key}.")))?;
            let page = insert(tx, &space, parent, &draft, mandate.account_id(), &zone, now)?;
            and(tx, page)?;
            Ok(page)
        })
        .await
}

/// Saves an edit that began from `version`.
pub async fn edit(app: &App, grant: &Grant<Edit>, draft: PageDraft, version: i64) -> Result<()> {
    app.rate_limits.text(grant.viewer().account_id(), draft.body.len())?;
    let Prepared { draft, search, room } = prepare(app, &draft).await?;
    let grant = grant.clone();
    let zone = app.config.zone.clone();
    let now = app.clock.now();
    app.store
        .write(move |tx| {
            grant.confirm(tx, now)?;
            let page = select(tx, grant.page())?;
            if page.kind == Kind::Transcript {
                return Err(Error::Forbidden("The conversation of a day cannot be edited."));
            }
            if page.version != version {
                return Err(Error::Stale);
            }
            refuse_taken(tx, page.space.id, &draft.title, Some(page.id))?;
            if folding::fold(&draft.title) != folding::fold(&page.title) {
                title::keep(tx, page.space.id, &page.title, page.id)?;
            }
            let search = format!("{search}{}", indexed::names(tx, page.id)?);
            if draft.title != page.title {
                title::set(tx, page.id, &draft.title)?;
            }
            tx.execute(
                "update page set body = :body, search = :search,
                   version = version + 1, changed_at = :now, changed_by = :by where id = :id",
                named_params! {
                    ":id": page.id, ":body": draft.body, ":search": search,
                    ":now": now.as_millisecond(), ":by": grant.viewer().account_id(),
                },
            )?;
            insert_version(tx, page.id)?;
            follow_macro(tx, page.id, room.as_deref(), &zone, grant.viewer().account_id(), now)
        })
        .await
}

// ------------------------------------------------------------------------------------ rules

fn check(app: &App, draft: &PageDraft) -> Result<PageDraft> {
    let title = draft.title.split_whitespace().collect::<Vec<_>>().join(" ");
    if title.is_empty() {
        return Err(Error::invalid("title", "A page needs a title."));
    }
    if title.chars().count() > TITLE_LIMIT || title.chars().any(char::is_control) {
        return Err(Error::invalid("title", "A title has at most 200 characters, on one line."));
    }
    Ok(PageDraft { title, body: cleaned(app, &draft.body)? })
}

/// A body as it is kept, if it is not too long.
pub(crate) fn cleaned(app: &App, body: &str) -> Result<String> {
    if body.len() > app.config.page_limit {
        return Err(Error::TooLong { limit: app.config.page_limit });
    }
    // A form sends CRLF; line ends are LF everywhere inside.
    Ok(body.replace("\r\n", "\n").replace('\r', "\n"))
}

/// A draft as it is kept, with what its text says. A long one takes its time to be read, and that
/// is not the writer's: nobody waits for it but who saves.
struct Prepared {
    draft: PageDraft,
    search: String,
    room: Option<String>,
}

async fn prepare(app: &App, draft: &PageDraft) -> Result<Prepared> {
    let draft = check(app, draft)?;
    let title = draft.title.clone();
    let (_, (search, room)) = app
        .texts
        .prepare(draft.body.clone(), move |document| {
            (indexed::of_document(&title, document), room_of(document, &title))
        })
        .await?;
    Ok(Prepared { draft, search, room })
}

/// The name that the first chat macro of a body gives the room of a page of that title; `None` without
/// a macro.
pub async fn room_name(app: &App, title: &str, body: &str) -> Result<Option<String>> {
    let title = title.to_owned();
    let named = app.texts.prepare(body.to_owned(), move |document| room_of(document, &title));
    Ok(named.await?.1)
}

/// The name that a text gives the room of a page of that title; `None`: it has no chat macro.
pub(crate) fn room_of(document: &Document, title: &str) -> Option<String> {
    let first = document.macros().iter().find(|found| found.name == "chat")?;
    let name = first.argument.trim();
    Some(if name.is_empty() { title.to_owned() } else { name.chars().take(200).collect() })
}

/// Opens, renames, closes or leaves the room, as the page's text now says.
fn follow_macro(
    tx: &Tx<'_, Change>,
    page: PageId,
    name: Option<&str>,
    zone: &str,
    by: Option<crate::id::AccountId>,
    now: Timestamp,
) -> Result<()> {
    let room = RoomId::from(page);
    match name {
        Some(name) => room::open(tx, room, name, zone, by, now),
        None => room::close(tx, room, by, now),
    }
}

// ------------------------------------------------------------------------------------ sql

pub(crate) fn select(connection: &Connection, page: PageId) -> Result<Page> {
    connection
        .prepare_cached(
            "select page.id, page.parent, page.kind, page.title, page.body, page.version,
                    page.changed_at, account.display,
                    space.id as space, space.key, space.name, space.home
             from page join space on space.id = page.space
               left join account on account.id = page.changed_by
             where page.id = ?1",
        )?
        .query_row([page], |row| {
            Ok(Page {
                id: row.get("id")?,
                space: Space {
                    id: row.get("space")?,
                    key: row.get("key")?,
                    name: row.get("name")?,
                    home: row.get("home")?,
                },
                parent: row.get("parent")?,
                kind: kind(row, 2)?,
                title: row.get("title")?,
                body: row.get("body")?,
                version: row.get("version")?,
                changed_at: Timestamp::from_millisecond(row.get("changed_at")?).unwrap_or_default(),
                changed_by: row.get("display")?,
            })
        })
        .optional()?
        .ok_or(Error::NotFound)
}

/// The page of this title, for the operator.
pub(crate) fn by_key(connection: &Connection, space: &str, title: &str) -> Result<Option<PageId>> {
    let page = connection
        .prepare_cached(
            "select page.id from page join space on space.id = page.space
             where space.key_folded = ?1 and page.title_key = ?2 and page.trashed_at is null",
        )?
        .query_row((space.to_lowercase(), folding::fold(title)), |row| row.get(0))
        .optional()?;
    Ok(page)
}

/// The page of this title, or else the last that had it, if the viewer may see it. One that they may
/// not see takes no page from them that they find by its former title.
pub(crate) fn find_visible(
    connection: &Connection,
    account: Option<crate::id::AccountId>,
    space: &str,
    title: &str,
) -> Result<Option<PageId>> {
    for find in [by_key, title::find] {
        if let Some(page) = find(connection, space, title)?
            && permission::is_visible(connection, account, page)?
        {
            return Ok(Some(page));
        }
    }
    Ok(None)
}

fn insert(
    tx: &Tx<'_, Change>,
    space: &Space,
    parent: Option<PageId>,
    prepared: &Prepared,
    by: Option<crate::id::AccountId>,
    zone: &str,
    now: Timestamp,
) -> Result<PageId> {
    let Prepared { draft, search, room } = prepared;
    if let Some(parent) = parent {
        refuse_parent(tx, space.id, parent)?;
    }
    refuse_taken(tx, space.id, &draft.title, None)?;
    let page = insert_row(tx, space.id, parent, Kind::Page, draft, search, by, now)?;
    insert_version(tx, page)?;
    if space.home.is_none() {
        tx.execute("update space set home = ?2 where id = ?1", (space.id, page))?;
    }
    follow_macro(tx, page, room.as_deref(), zone, by, now)?;
    Ok(page)
}

/// Makes the page of a day, below its room's page. A title that is taken gets a number.
pub(crate) fn insert_transcript(
    tx: &Connection,
    room: RoomId,
    title: &str,
    now: Timestamp,
) -> Result<PageId> {
    let above = PageId::from(room);
    let space = select(tx, above)?.space.id;
    let title = free_title(tx, space, title, None)?;
    let draft = PageDraft { title, body: String::new() };
    insert_row(tx, space, Some(above), Kind::Transcript, &draft, "", None, now)
}

/// The title, or with a number one that no other page of the space has.
pub(crate) fn free_title(
    connection: &Connection,
    space: SpaceId,
    title: &str,
    except: Option<PageId>,
) -> Result<String> {
    let mut free = title.to_owned();
    let mut n = 1;
    while is_taken(connection, space, &free, except)? {
        n += 1;
        free = format!("{title} ({n})");
    }
    Ok(free)
}

#[expect(clippy::too_many_arguments, reason = "the columns of one row")]
fn insert_row(
    connection: &Connection,
    space: SpaceId,
    parent: Option<PageId>,
    kind: Kind,
    draft: &PageDraft,
    search: &str,
    by: Option<crate::id::AccountId>,
    now: Timestamp,
) -> Result<PageId> {
    let id = connection
        .prepare_cached(
            "insert into page (space, parent, kind, title, title_key, body, search,
                               created_at, created_by, changed_at, changed_by)
             values (:space, :parent, :kind, :title, :key, :body, :search, :now, :by, :now, :by)
             returning id",
        )?
        .query_row(
            named_params! {
                ":space": space, ":parent": parent,
                ":kind": match kind { Kind::Page => "page", Kind::Transcript => "transcript" },
                ":title": draft.title, ":key": folding::fold(&draft.title), ":body": draft.body,
                ":search": search, ":now": now.as_millisecond(), ":by": by,
            },
            |row| row.get(0),
        )?;
    Ok(id)
}

fn insert_version(connection: &Connection, page: PageId) -> Result<()> {
    connection.execute(
        "insert into page_version (page, version, title, body, changed_at, changed_by)
         select id, version, title, body, changed_at, changed_by from page where id = ?1",
        [page],
    )?;
    Ok(())
}

fn is_taken(
    connection: &Connection,
    space: SpaceId,
    title: &str,
    except: Option<PageId>,
) -> Result<bool> {
    let taken = connection
        .prepare_cached(
            "select exists (select 1 from page where space = ?1 and title_key = ?2
                            and trashed_at is null and id is not ?3)",
        )?
        .query_row((space, folding::fold(title), except), |row| row.get(0))?;
    Ok(taken)
}

pub(crate) fn refuse_taken(
    connection: &Connection,
    space: SpaceId,
    title: &str,
    except: Option<PageId>,
) -> Result<()> {
    if is_taken(connection, space, title, except)? {
        return Err(Error::invalid(
            "title",
            "Another page of this space has this title. Choose another one.",
        ));
    }
    Ok(())
}

/// Only a page of the same space, and not one too far down, can have pages below it.
pub(crate) fn refuse_parent(connection: &Connection, space: SpaceId, parent: PageId) -> Result<()> {
    let fits: bool = connection.query_row(
        "select exists (select 1 from page where id = ?1 and space = ?2 and kind = 'page')",
        (parent, space),
        |row| row.get(0),
    )?;
    if !fits {
        return Err(Error::invalid("parent", "The page above must be a page of the same space."));
    }
    refuse_depth(connection, parent, 1)
}

/// Is there place for `height` levels of pages below `parent`?
pub(crate) fn refuse_depth(connection: &Connection, parent: PageId, height: usize) -> Result<()> {
    if line(connection, parent)?.len() + height > DEPTH_LIMIT {
        return Err(Error::invalid("parent", "The tree is deep enough: choose a page further up."));
    }
    Ok(())
}

/// The page and those above it.
pub(crate) fn line(connection: &Connection, page: PageId) -> Result<Vec<PageId>> {
    let mut statement = connection.prepare_cached(
        "with recursive line (id, parent) as (
           select id, parent from page where id = ?1
           union select above.id, above.parent from line join page above on above.id = line.parent)
         select id from line",
    )?;
    let line = statement.query_map([page], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    Ok(line)
}

pub(crate) fn kind(row: &Row<'_>, column: usize) -> rusqlite::Result<Kind> {
    Ok(if row.get_ref(column)?.as_str()? == "transcript" { Kind::Transcript } else { Kind::Page })
}
