//! Who may do what on a page; grants; revocation.
//!
//! View = the space's view right AND every ancestor's view restriction AND the page's own; being
//! named on a child does not help somebody whom an ancestor excludes. A transcript also asks its
//! room's page, wherever it stands in the tree. Edit restrictions are not inherited, but the pages of
//! days have those of their room's.
//!
//! **Invariant:** a [`Grant`] cannot be had without asking, and what may not be seen is
//! [`Error::NotFound`], just as what does not exist. To somebody who is not signed in both are
//! [`Error::LoginNeeded`].

use std::collections::HashSet;
use std::marker::PhantomData;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, named_params};

use crate::account::Viewer;
use crate::app::App;
use crate::cache::Kept;
use crate::error::{Error, Result};
use crate::id::{AccountId, PageId, RoomId, SpaceId};
use crate::mandate;
use crate::session;
use crate::store::Version;

/// May read the page, its room, files and transcripts.
#[derive(Debug)]
pub struct View;
/// May post in the page's room.
#[derive(Debug)]
pub struct Post;
/// May edit the page, place its macro, restrict it.
#[derive(Debug)]
pub struct Edit;

/// May moderate the page's room: remove what others wrote, pin, lock, slow, mute.
#[derive(Debug)]
pub struct Moderate;

/// What a grant can be for.
pub trait Permission {
    /// Under which name the answer is kept, where it is asked for very often.
    const KEPT: Option<Kept> = None;

    /// Asked on one snapshot, or inside the write's own transaction.
    fn ask(connection: &Connection, viewer: &Viewer, page: PageId) -> Result<()>;
}

/// Proof that the viewer had permission `P` on a page when it was asked. A short lease: a write
/// confirms it inside its transaction.
#[derive(Debug)]
pub struct Grant<P> {
    viewer: Viewer,
    page: PageId,
    /// The `rights` of the [`Version`] as of which it was asked; none where that is not known, or
    /// not all that decides is counted in it.
    rights: Option<i64>,
    permission: PhantomData<fn() -> P>,
}

impl<P> Clone for Grant<P> {
    fn clone(&self) -> Self {
        let Self { ref viewer, page, rights, permission } = *self;
        Self { viewer: viewer.clone(), page, rights, permission }
    }
}

impl<P: Permission> Grant<P> {
    /// Whose it is.
    pub fn viewer(&self) -> &Viewer {
        &self.viewer
    }

    /// What it is for.
    pub fn page(&self) -> PageId {
        self.page
    }

    /// The room of the page.
    pub fn room(&self) -> RoomId {
        self.page.into()
    }

    /// Asks again, where anything that decides was changed since; the session must still be good at
    /// `now`.
    pub fn confirm(&self, connection: &Connection, now: Timestamp) -> Result<()> {
        let version = Version::of(connection)?;
        let signed_in = self.viewer.account().is_some();
        let is_still = !signed_in || self.viewer.is_still(version, now);
        if is_still && self.rights == Some(version.rights) {
            return Ok(());
        }
        if signed_in {
            session::confirm_as_of(version, connection, &self.viewer, now)?;
        }
        P::ask(connection, &self.viewer, self.page)
    }
}

impl Grant<View> {
    /// Reads on a snapshot on which the grant still holds: one that waited for its turn shows nothing
    /// that was said after the right had ended.
    pub async fn read<T, F>(&self, app: &App, read: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        let (grant, now) = (self.clone(), app.clock.now());
        app.store
            .read(move |connection| {
                grant.confirm(connection, now)?;
                read(connection)
            })
            .await
    }
}

/// Asks for permission `P` on `page`.
pub async fn may<P: Permission>(
    app: &App,
    viewer: &Viewer,
    page: impl Into<PageId>,
) -> Result<Grant<P>> {
    let (page, account) = (page.into(), viewer.account_id());
    let version = app.store.version();
    if P::KEPT.is_some_and(|what| app.cache.may(version, account, page, what)) {
        let rights = Some(version.rights);
        return Ok(Grant { viewer: viewer.clone(), page, rights, permission: PhantomData });
    }
    let (grant, version) = app
        .store
        .look_up(|connection| {
            let grant = grant::<P>(connection, viewer, page)?;
            let counts = is_written(connection, page)?;
            Ok((grant, if counts { Some(Version::of(connection)?) } else { None }))
        })
        .await?;
    if let (Some(version), Some(what)) = (version, P::KEPT) {
        app.cache.keep_may(version, account, page, what);
    }
    Ok(Grant { rights: version.map(|version| version.rights), ..grant })
}

/// Is it a page that people write, of which each change that decides who sees it is counted?
fn is_written(connection: &Connection, page: PageId) -> Result<bool> {
    let written = connection
        .prepare_cached("select exists (select 1 from page where id = ?1 and kind = 'page')")?
        .query_row([page], |row| row.get(0))?;
    Ok(written)
}

/// [`may`] on a snapshot that is already at hand.
pub fn grant<P: Permission>(
    connection: &Connection,
    viewer: &Viewer,
    page: impl Into<PageId>,
) -> Result<Grant<P>> {
    let page = page.into();
    P::ask(connection, viewer, page)?;
    Ok(Grant { viewer: viewer.clone(), page, rights: None, permission: PhantomData })
}

impl Permission for View {
    const KEPT: Option<Kept> = Some(Kept::View);

    fn ask(connection: &Connection, viewer: &Viewer, page: PageId) -> Result<()> {
        if is_visible(connection, viewer.account_id(), page)? {
            Ok(())
        } else if viewer.account().is_none() {
            Err(Error::LoginNeeded)
        } else {
            Err(Error::NotFound)
        }
    }
}

impl Permission for Post {
    const KEPT: Option<Kept> = Some(Kept::Post);

    fn ask(connection: &Connection, viewer: &Viewer, page: PageId) -> Result<()> {
        View::ask(connection, viewer, page)?;
        let Some(account) = viewer.account_id() else { return Err(Error::LoginNeeded) };
        if space_allows(connection, account, page, "comment")? {
            Ok(())
        } else {
            Err(Error::Forbidden("You may read here but not write."))
        }
    }
}

impl Permission for Edit {
    fn ask(connection: &Connection, viewer: &Viewer, page: PageId) -> Result<()> {
        View::ask(connection, viewer, page)?;
        let Some(account) = viewer.account_id() else { return Err(Error::LoginNeeded) };
        if edits(connection, account, page)? {
            Ok(())
        } else {
            Err(Error::Forbidden("You may see this page but not change it."))
        }
    }
}

impl Permission for Moderate {
    fn ask(connection: &Connection, viewer: &Viewer, page: PageId) -> Result<()> {
        View::ask(connection, viewer, page)?;
        let Some(account) = viewer.account_id() else { return Err(Error::LoginNeeded) };
        if may_moderate(connection, account, page)? {
            Ok(())
        } else {
            Err(Error::Forbidden("Only who moderates this room may do that."))
        }
    }
}

/// Does `account`, who sees the page, moderate its room? Who may administer does, and who made
/// the page, as long as they may edit it.
pub(crate) fn may_moderate(
    connection: &Connection,
    account: AccountId,
    page: PageId,
) -> Result<bool> {
    let (admin, made_it): (bool, bool) = connection
        .prepare_cached(
            "select account.admin, page.created_by is account.id
             from account join page on page.id = :page where account.id = :account",
        )?
        .query_row(named_params! { ":page": page, ":account": account }, |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    Ok(admin || made_it && edits(connection, account, page)?)
}

/// Does `account`, who sees the page, edit it?
fn edits(connection: &Connection, account: AccountId, page: PageId) -> Result<bool> {
    Ok(space_allows(connection, account, page, "edit")?
        && page_allows_edit(connection, account, page)?)
}

/// What an account may do on a page, whoever asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "four answers")]
pub(crate) struct All {
    /// See it.
    pub(crate) view: bool,
    /// Post in its room.
    pub(crate) comment: bool,
    /// Change it.
    pub(crate) edit: bool,
    /// Moderate its room.
    pub(crate) moderate: bool,
}

/// What `account` may do on the page, for explaining it to somebody else.
pub(crate) fn all(connection: &Connection, account: AccountId, page: PageId) -> Result<All> {
    let view = is_visible(connection, Some(account), page)?;
    Ok(All {
        view,
        comment: view && space_allows(connection, account, page, "comment")?,
        edit: view && edits(connection, account, page)?,
        moderate: view && may_moderate(connection, account, page)?,
    })
}

/// May the viewer see the page once it, and what it stands below, is back from the trash?
pub(crate) fn would_see(connection: &Connection, viewer: &Viewer, page: PageId) -> Result<bool> {
    Ok(mandate::administers(connection, viewer)?
        || sees(connection, viewer.account_id(), page, true)?)
}

/// May the viewer edit the page once it, and what it stands below, is back from the trash? Who may
/// administer may bring back everything.
pub(crate) fn would_edit(connection: &Connection, viewer: &Viewer, page: PageId) -> Result<()> {
    let Some(account) = viewer.account_id() else { return Err(Error::LoginNeeded) };
    if mandate::administers(connection, viewer)? {
        return Ok(());
    }
    if !would_see(connection, viewer, page)? {
        return Err(Error::NotFound);
    }
    if edits(connection, account, page)? {
        Ok(())
    } else {
        Err(Error::Forbidden("You may see this page but not change it."))
    }
}

/// May `account` (none: not signed in) see the page?
pub fn is_visible(
    connection: &Connection,
    account: Option<AccountId>,
    page: PageId,
) -> Result<bool> {
    sees(connection, account, page, false)
}

/// [`is_visible`]; or would it be, if nothing were in the trash (`in_trash`)?
///
/// Asked twice for every message, so it is written to be cheap: a small statement for each page up
/// the line. (One recursive statement for the whole of it makes two tables each time that it runs,
/// which took three times as long.)
fn sees(
    connection: &Connection,
    account: Option<AccountId>,
    page: PageId,
    in_trash: bool,
) -> Result<bool> {
    if !space_shows(connection, account, page)? {
        return Ok(false);
    }
    let mut statement = connection.prepare_cached(
        "select parent, (select room from transcript where transcript.page = passed.id),
                trashed_at is not null and not :in_trash
                or exists (select 1 from page_restriction
                           where page = passed.id and operation = 'view')
                  and not exists (
                    select 1 from page_restriction named
                    where named.page = passed.id and named.operation = 'view'
                      and (named.subject_kind = 'everyone' and :account is not null
                        or named.subject_kind = 'account' and named.subject = :account
                        or named.subject_kind = 'group' and named.subject in
                           (select group_id from group_member where account = :account)))
         from page passed where id = :page",
    )?;
    let (mut line, mut to_pass) = (HashSet::from([page]), vec![page]);
    while let Some(page) = to_pass.pop() {
        let asked = named_params! { ":page": page, ":account": account, ":in_trash": in_trash };
        let passed: Option<(Option<PageId>, Option<PageId>, bool)> = statement
            .query_row(asked, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let Some((parent, room, false)) = passed else { return Ok(false) };
        // The page of a day is seen with its room's.
        to_pass.extend([parent, room].into_iter().flatten().filter(|above| line.insert(*above)));
    }
    Ok(true)
}

/// Does the page's space let `account` (none: not signed in) see its pages? Not where there is no
/// such page.
fn space_shows(connection: &Connection, account: Option<AccountId>, page: PageId) -> Result<bool> {
    let shown = connection
        .prepare_cached(
            "select exists (
               select 1 from page join space_permission held on held.space = page.space
               where page.id = :page and held.operation = 'view'
                 and (held.subject_kind = 'anyone'
                   or held.subject_kind = 'everyone' and :account is not null
                   or held.subject_kind = 'account' and held.subject = :account
                   or held.subject_kind = 'group' and held.subject in
                      (select group_id from group_member where account = :account)))",
        )?
        .query_row(named_params! { ":page": page, ":account": account }, |row| row.get(0))?;
    Ok(shown)
}

fn space_allows(
    connection: &Connection,
    account: AccountId,
    page: PageId,
    operation: &str,
) -> Result<bool> {
    let allowed = connection
        .prepare_cached(
            "select exists (
               select 1 from page join space_permission held on held.space = page.space
               where page.id = :page and held.operation = :operation
                 and (held.subject_kind in ('anyone', 'everyone')
                   or held.subject_kind = 'account' and held.subject = :account
                   or held.subject_kind = 'group' and held.subject in
                      (select group_id from group_member where account = :account)))",
        )?
        .query_row(
            named_params! { ":page": page, ":account": account, ":operation": operation },
            |row| row.get(0),
        )?;
    Ok(allowed)
}

/// Does the space let `account` (none: not signed in) do `operation`: `view`, `comment`, `edit`?
pub(crate) fn has_right(
    connection: &Connection,
    account: Option<AccountId>,
    space: SpaceId,
    operation: &str,
) -> Result<bool> {
    let allowed = connection
        .prepare_cached(
            "select exists (
               select 1 from space_permission
               where space = :space and operation = :operation
                 and (subject_kind = 'anyone'
                   or :account is not null
                     and (subject_kind = 'everyone'
                       or subject_kind = 'account' and subject = :account
                       or subject_kind = 'group' and subject in
                          (select group_id from group_member where account = :account))))",
        )?
        .query_row(
            named_params! { ":space": space, ":account": account, ":operation": operation },
            |row| row.get(0),
        )?;
    Ok(allowed)
}

fn page_allows_edit(connection: &Connection, account: AccountId, page: PageId) -> Result<bool> {
    let allowed = connection
        .prepare_cached(
            "with asked (id) as (
               select :page union all select room from transcript where page = :page)
             select not exists (
               select 1 from asked
               where exists (select 1 from page_restriction
                             where page = asked.id and operation = 'edit')
                 and not exists (
                   select 1 from page_restriction where page = asked.id and operation = 'edit'
                     and (subject_kind = 'everyone'
                       or subject_kind = 'account' and subject = :account
                       or subject_kind = 'group' and subject in
                          (select group_id from group_member where account = :account))))",
        )?
        .query_row(named_params! { ":page": page, ":account": account }, |row| row.get(0))?;
    Ok(allowed)
}

/// May `viewer` make pages in the space?
pub fn may_create(connection: &Connection, viewer: &Viewer, space: SpaceId) -> Result<bool> {
    let account = viewer.account_id();
    Ok(account.is_some()
        && has_right(connection, account, space, "view")?
        && has_right(connection, account, space, "edit")?)
}

/// Every page that people write and that `account` may see, on one snapshot. Whoever sees a page
/// sees its room; the pages of its days are not among them. This walks them all: ask
/// [`crate::sight`], which remembers.
pub(crate) fn seen(connection: &Connection, account: Option<AccountId>) -> Result<Vec<PageId>> {
    // From the top down: a page is visible when it stands at the top of a space that lets the
    // account in, or below a visible page, and neither is trashed nor restricted to others.
    let mut statement = connection.prepare_cached(
        "with recursive subject (kind, id) as (
           select 'anyone', 0
           union all select 'everyone', 0 where :account is not null
           union all select 'account', :account where :account is not null
           union all select 'group', group_id from group_member where account = :account
         ),
         hidden (id) as (
           select id from page where trashed_at is not null
           union
           select page from page_restriction restricted where operation = 'view'
             and not exists (
               select 1 from page_restriction named
                 join subject on subject.kind = named.subject_kind and subject.id = named.subject
               where named.page = restricted.page and named.operation = 'view')
         ),
         seen (id) as (
           select page.id from page
           where parent is null and kind = 'page' and id not in hidden
             and exists (select 1 from space_permission held
                           join subject on subject.kind = held.subject_kind
                                       and subject.id = held.subject
                         where held.space = page.space and held.operation = 'view')
           union all
           select page.id from seen join page on page.parent = seen.id
           where page.kind = 'page' and page.id not in hidden
         )
         select id from seen",
    )?;
    let pages = statement
        .query_map(named_params! { ":account": account }, |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(pages)
}

/// Is somebody who is not signed in let in? Then the status table may stand on other sites.
pub async fn is_public(app: &App, page: impl Into<PageId>) -> Result<bool> {
    let page = page.into();
    app.store.read(move |connection| is_visible(connection, None, page)).await
}
