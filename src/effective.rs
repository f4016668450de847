//! What the rights on a page come to for one account, and why: for whoever may restrict the page.
//!
//! **Invariant:** whether somebody may is the answer of [`permission`], never worked out anew here;
//! the reasons stand beside it.

use rusqlite::{Connection, named_params};

use crate::account::{self, Account, Viewer};
use crate::app::App;
use crate::error::Result;
use crate::id::{AccountId, PageId};
use crate::page::{self, Page};
use crate::restriction::{self, Operation};
use crate::{permission, subject};

/// What is asked about somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// May they see the page?
    View,
    /// May they write in its room?
    Comment,
    /// May they change it?
    Edit,
    /// May they moderate its room?
    Moderate,
}

/// One thing that decides. Titles and names as they are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The account cannot log in.
    Disabled,
    /// The space's right names the account, by this subject.
    SpaceNames(String, String),
    /// It does not.
    SpaceNamesNot(String),
    /// The restriction of this page names the account, by this subject.
    PageNames(String, String),
    /// It does not.
    PageNamesNot(String),
    /// This page is in the trash.
    Trashed(String),
    /// May administer.
    Administers,
    /// Made the page and may edit it.
    MadeThePage,
    /// Neither.
    NotItsRoom,
    /// What is not seen cannot be written in or changed.
    SeesNot,
}

impl Reason {
    /// Does it let the account in?
    pub fn is_for(&self) -> bool {
        matches!(
            self,
            Self::SpaceNames(..) | Self::PageNames(..) | Self::Administers | Self::MadeThePage
        )
    }
}

/// One question with its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What was asked.
    pub asked: Asked,
    /// The answer.
    pub may: bool,
    /// Why.
    pub reasons: Vec<Reason>,
}

/// All that is to be said about one account on one page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// Whom it is about.
    pub account: Account,
    /// Each question.
    pub verdicts: Vec<Verdict>,
}

/// Explains what the account `name` may do on a page, to whoever may restrict it; `None`: there is
/// no such account.
pub async fn explain(
    app: &App,
    viewer: &Viewer,
    page: PageId,
    name: &str,
) -> Result<Option<Explained>> {
    let (viewer, name) = (viewer.clone(), name.trim().to_owned());
    app.store
        .read(move |connection| {
            restriction::may_restrict(connection, &viewer, page)?;
            let Some(account) = account::by_name(connection, &name)? else { return Ok(None) };
            let page = page::select(connection, page)?;
            let verdicts = verdicts(connection, &account, &page)?;
            Ok(Some(Explained { account, verdicts }))
        })
        .await
}

fn verdicts(connection: &Connection, account: &Account, page: &Page) -> Result<Vec<Verdict>> {
    let may = permission::all(connection, account.id, page.id)?;
    let mut of_view = space_reasons(connection, account, page, "view")?;
    for above in page::line(connection, page.id)?.into_iter().rev() {
        of_view.extend(page_reasons(connection, account, above, Operation::View)?);
    }
    let with_view = |more: Vec<Reason>| {
        let sees_not = (!may.view).then_some(Reason::SeesNot);
        sees_not.into_iter().chain(more).collect::<Vec<_>>()
    };
    let comment = with_view(space_reasons(connection, account, page, "comment")?);
    let mut edit = space_reasons(connection, account, page, "edit")?;
    edit.extend(page_reasons(connection, account, page.id, Operation::Edit)?);
    let moderate = if account.admin {
        Reason::Administers
    } else if may.moderate {
        Reason::MadeThePage
    } else {
        Reason::NotItsRoom
    };
    let mut verdicts = vec![
        Verdict { asked: Asked::View, may: may.view, reasons: of_view },
        Verdict { asked: Asked::Comment, may: may.comment, reasons: comment },
        Verdict { asked: Asked::Edit, may: may.edit, reasons: with_view(edit) },
        Verdict { asked: Asked::Moderate, may: may.moderate, reasons: with_view(vec![moderate]) },
    ];
    if account.disabled {
        for verdict in &mut verdicts {
            verdict.may = false;
            verdict.reasons.insert(0, Reason::Disabled);
        }
    }
    Ok(verdicts)
}

fn space_reasons(
    connection: &Connection,
    account: &Account,
    page: &Page,
    operation: &str,
) -> Result<Vec<Reason>> {
    let mut statement = connection.prepare_cached(
        "select subject_kind, subject from space_permission
         where space = :space and operation = :operation and (
           subject_kind in ('anyone', 'everyone')
           or subject_kind = 'account' and subject = :account
           or subject_kind = 'group' and subject in
              (select group_id from group_member where account = :account))",
    )?;
    let named = named_params! {
        ":space": page.space.id, ":operation": operation, ":account": account.id,
    };
    let rows = statement
        .query_map(named, |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<Vec<(String, i64)>>>()?;
    let space = page.space.name.clone();
    Ok(vec![if rows.is_empty() {
        Reason::SpaceNamesNot(space)
    } else {
        Reason::SpaceNames(space, subject::print(connection, &rows)?)
    }])
}

/// What one page of the line says: nothing, where it is neither trashed nor restricted.
fn page_reasons(
    connection: &Connection,
    account: &Account,
    page: PageId,
    operation: Operation,
) -> Result<Vec<Reason>> {
    let (title, trashed): (String, bool) = connection
        .prepare_cached("select title, trashed_at is not null from page where id = ?1")?
        .query_row([page], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut reasons = Vec::new();
    if trashed && operation == Operation::View {
        reasons.push(Reason::Trashed(title.clone()));
    }
    if !restriction::list(connection, page, operation)?.is_empty() {
        let named = named(connection, account.id, page, operation)?;
        reasons.push(if named.is_empty() {
            Reason::PageNamesNot(title)
        } else {
            Reason::PageNames(title, named)
        });
    }
    Ok(reasons)
}

/// The subjects of a page's restriction that are the account, or a group that it is in.
fn named(
    connection: &Connection,
    account: AccountId,
    page: PageId,
    operation: Operation,
) -> Result<String> {
    let mut statement = connection.prepare_cached(
        "select subject_kind, subject from page_restriction
         where page = :page and operation = :operation and (
           subject_kind = 'everyone'
           or subject_kind = 'account' and subject = :account
           or subject_kind = 'group' and subject in
              (select group_id from group_member where account = :account))",
    )?;
    let wanted =
        named_params! { ":page": page, ":operation": operation.name(), ":account": account };
    let rows = statement
        .query_map(wanted, |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<Vec<(String, i64)>>>()?;
    subject::print(connection, &rows)
}
