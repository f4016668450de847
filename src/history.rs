//! What a page said before: its versions, read by who may read the page.
//!
//! A restored version is a new one with the old text ([`page::edit`]): nothing is ever lost by it.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row};

use crate::app::App;
use crate::difference::Difference;
use crate::error::{Error, Result};
use crate::id::PageId;
use crate::page::{self, Page};
use crate::permission::{Grant, View};

/// One saved state of a page, without its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// Counts from 1.
    pub version: i64,
    /// What the page was called.
    pub title: String,
    /// When it was saved.
    pub at: Timestamp,
    /// Display name of who saved it; `None`: the operator.
    pub by: Option<String>,
}

/// Two states of a page side by side.
#[derive(Clone, Debug)]
pub struct Compared {
    /// The page as it is.
    pub page: Page,
    /// The older one.
    pub old: Saved,
    /// The newer one.
    pub new: Saved,
    /// What is different in the text.
    pub difference: Difference,
}

/// Versions that one page of the list shows.
pub const N_AT_ONCE: i64 = 100;

// ------------------------------------------------------------------------------------ verbs

/// The versions before `before` (or all), the newest first.
pub async fn list(app: &App, grant: &Grant<View>, before: Option<i64>) -> Result<Vec<Saved>> {
    let page = grant.page();
    grant
        .read(app, move |connection| {
            let mut statement = connection.prepare_cached(
                "select version, title, page_version.changed_at, account.display
                 from page_version left join account on account.id = page_version.changed_by
                 where page = ?1 and version < ?2 order by version desc limit ?3",
            )?;
            let saved = statement
                .query_map((page, before.unwrap_or(i64::MAX), N_AT_ONCE), from_row)?
                .collect::<rusqlite::Result<_>>()?;
            Ok(saved)
        })
        .await
}

/// The page as it was in one version; everything else about it is of now.
pub async fn show(app: &App, grant: &Grant<View>, version: i64) -> Result<Page> {
    let id = grant.page();
    grant
        .read(app, move |connection| {
            let page = page::select(connection, id)?;
            let (saved, body) = select(connection, id, version)?;
            let Saved { title, at: changed_at, by: changed_by, .. } = saved;
            Ok(Page { title, body, version, changed_at, changed_by, ..page })
        })
        .await
}

/// What is different between two versions.
pub async fn compare(app: &App, grant: &Grant<View>, from: i64, to: i64) -> Result<Compared> {
    let id = grant.page();
    let (from, to) = (from.min(to), from.max(to));
    let (page, (old, before), (new, after)) = grant
        .read(app, move |connection| {
            let page = page::select(connection, id)?;
            Ok((page, select(connection, id, from)?, select(connection, id, to)?))
        })
        .await?;
    Ok(Compared { page, old, new, difference: app.texts.compare(before, after).await? })
}

// ------------------------------------------------------------------------------------ sql

fn select(connection: &Connection, page: PageId, version: i64) -> Result<(Saved, String)> {
    connection
        .prepare_cached(
            "select version, title, page_version.changed_at, account.display, body
             from page_version left join account on account.id = page_version.changed_by
             where page = ?1 and version = ?2",
        )?
        .query_row((page, version), |row| Ok((from_row(row)?, row.get(4)?)))
        .optional()?
        .ok_or(Error::NotFound)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Saved> {
    Ok(Saved {
        version: row.get(0)?,
        title: row.get(1)?,
        at: Timestamp::from_millisecond(row.get(2)?).unwrap_or_default(),
        by: row.get(3)?,
    })
}
