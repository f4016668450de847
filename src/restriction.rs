//! Restrictions of one page: who may see or change it, out of those whom the space lets in.
//!
//! Whoever may edit a page may restrict it; whoever may administer may restrict any page without
//! seeing it, so that a page cannot be locked away for ever. Of a day that keeps its page and what
//! people noted there; the conversation is the room's, which shows it to whoever may see the room.

use rusqlite::{Connection, named_params};

use crate::account::Viewer;
use crate::app::App;
use crate::change::Change;
use crate::error::{Error, Result};
use crate::id::PageId;
use crate::mandate;
use crate::page::{self, Page, PageLink};
use crate::permission::{self, Edit, Grant, View};
use crate::session;
use crate::store::Tx;
use crate::{subject, tree};

/// What is restricted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// Seeing the page and everything below it.
    View,
    /// Changing the page.
    Edit,
}

impl Operation {
    /// As in forms and in the schema.
    pub fn name(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Edit => "edit",
        }
    }
}

/// Who may see and change a page, as lists of names; empty: not restricted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restrictions {
    /// The page.
    pub page: Page,
    /// Who may see it.
    pub view: String,
    /// Who may change it.
    pub edit: String,
    /// The pages above it that restrict seeing, each with whom it names, as far as the viewer
    /// may see them.
    pub inherited: Vec<(PageLink, String)>,
}

/// The restrictions of a page, for who may change them.
pub async fn show(app: &App, viewer: &Viewer, page: PageId) -> Result<Restrictions> {
    let viewer = viewer.clone();
    app.store
        .read(move |connection| {
            may_restrict(connection, &viewer, page)?;
            Ok(Restrictions {
                view: list(connection, page, Operation::View)?,
                edit: list(connection, page, Operation::Edit)?,
                inherited: inherited(connection, &viewer, page)?,
                page: page::select(connection, page)?,
            })
        })
        .await
}

/// Is the page itself, or one above it, kept from some who may enter the space?
pub async fn restricts(app: &App, grant: &Grant<View>) -> Result<bool> {
    let page = grant.page();
    app.store.read(move |connection| is_restricted(connection, page)).await
}

/// Replaces who may do `operation` on a page; an empty list lifts the restriction. Streams of
/// those who lose the right to see it end at once.
pub async fn set(
    app: &App,
    viewer: &Viewer,
    page: PageId,
    operation: Operation,
    subjects: &str,
) -> Result<()> {
    let (viewer, subjects) = (viewer.clone(), subjects.to_owned());
    let now = app.clock.now();
    app.store
        .write(move |tx| {
            session::confirm(tx, &viewer, now)?;
            may_restrict(tx, &viewer, page)?;
            tx.execute(
                "delete from page_restriction where page = ?1 and operation = ?2",
                (page, operation.name()),
            )?;
            for subject in subject::parse(tx, &subjects)? {
                if subject == subject::Subject::Anyone {
                    return Err(Error::invalid(
                        "subjects",
                        "A restriction names accounts, groups or everyone. To let anyone in, leave \
                         it empty.",
                    ));
                }
                let (kind, id) = subject.columns();
                tx.execute(
                    "insert into page_restriction (page, operation, subject_kind, subject)
                     values (?1, ?2, ?3, ?4)",
                    (page, operation.name(), kind, id),
                )?;
            }
            tx.tell(Change::Rights);
            Ok(())
        })
        .await
}

/// Not only by a page above it?
pub(crate) fn is_restricted_itself(connection: &Connection, page: PageId) -> Result<bool> {
    Ok(!list(connection, page, Operation::View)?.is_empty())
}

pub(crate) fn is_restricted(connection: &Connection, page: PageId) -> Result<bool> {
    let restricted = connection
        .prepare_cached(
            "with recursive line (id, parent) as (
               select id, parent from page where id = ?1
               union all select above.id, above.parent from line join page above on above.id = line.parent)
             select exists (select 1 from line join page_restriction on page = line.id
                            where operation = 'view')",
        )?
        .query_row([page], |row| row.get(0))?;
    Ok(restricted)
}

/// Nobody sees the page but those who administer now: it came from where some were kept from it, and
/// who those are here is for people to say.
pub(crate) fn keep_for_administrators(tx: &Tx<'_, Change>, page: PageId) -> Result<()> {
    let n_named = tx.execute(
        "insert into page_restriction (page, operation, subject_kind, subject)
         select ?1, 'view', 'account', id from account where admin = 1 and disabled_at is null
         on conflict do nothing",
        [page],
    )?;
    if n_named == 0 {
        return Err(Error::Conflict(
            "This may be seen by some alone, and nobody administers, for whom it could be kept: \
             give somebody that right first."
                .into(),
        ));
    }
    tx.tell(Change::Rights);
    Ok(())
}

fn inherited(
    connection: &Connection,
    viewer: &Viewer,
    page: PageId,
) -> Result<Vec<(PageLink, String)>> {
    let mut inherited = Vec::new();
    for above in tree::crumbs_of(connection, page)? {
        let named = list(connection, above.id, Operation::View)?;
        if !named.is_empty() && permission::is_visible(connection, viewer.account_id(), above.id)? {
            inherited.push((above, named));
        }
    }
    Ok(inherited)
}

/// May the viewer say who sees and changes the page?
pub(crate) fn may_restrict(connection: &Connection, viewer: &Viewer, page: PageId) -> Result<()> {
    let exists: bool = connection
        .prepare_cached("select exists (select 1 from page where id = ?1)")?
        .query_row([page], |row| row.get(0))?;
    if exists && mandate::administers(connection, viewer)? {
        return Ok(());
    }
    permission::grant::<Edit>(connection, viewer, page).map(drop)
}

/// Whom a page names for `operation`, with commas; empty: not restricted.
pub(crate) fn list(connection: &Connection, page: PageId, operation: Operation) -> Result<String> {
    let mut statement = connection.prepare_cached(
        "select subject_kind, subject from page_restriction
         where page = :page and operation = :operation order by subject_kind, subject",
    )?;
    let rows = statement
        .query_map(named_params! { ":page": page, ":operation": operation.name() }, |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?
        .collect::<rusqlite::Result<Vec<(String, i64)>>>()?;
    subject::print(connection, &rows)
}
