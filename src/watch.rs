//! Watched pages: an account is told of what others saved on them, until it has looked.
//!
//! **Invariant:** a watch gives no right. What is told of is asked for again each time, so that a
//! page which somebody no longer may see is silent.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, named_params};

use crate::account::Viewer;
use crate::app::App;
use crate::error::Result;
use crate::id::{AccountId, PageId};
use crate::page::{Page, PageLink};
use crate::permission::{self, Grant, View};

/// A watched page that others changed since the viewer saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    /// The page.
    pub page: PageLink,
    /// Its present version.
    pub version: i64,
    /// The last version that the viewer saw.
    pub seen: i64,
    /// When it was saved last.
    pub at: Timestamp,
    /// Display name of who saved it.
    pub by: Option<String>,
}

/// Pages that are told of at a time, and looked at for it.
const N_SHOWN: usize = 10;
const N_LOOKED_AT: i64 = 100;

// ------------------------------------------------------------------------------------ verbs

/// Watches a page from its present version on, or no longer.
pub async fn set(app: &App, grant: &Grant<View>, on: bool) -> Result<()> {
    let Some(account) = grant.viewer().account_id() else {
        return Err(crate::error::Error::LoginNeeded);
    };
    let (grant, now) = (grant.clone(), app.clock.now());
    app.store
        .write(move |tx| {
            grant.confirm(tx, now)?;
            if on {
                tx.execute(
                    "insert into watch (account, page, seen)
                     select ?1, id, version from page where id = ?2 and kind = 'page'
                     on conflict do nothing",
                    (account, grant.page()),
                )?;
            } else {
                let sql = "delete from watch where account = ?1 and page = ?2";
                tx.execute(sql, (account, grant.page()))?;
            }
            Ok(())
        })
        .await
}

/// Does the viewer watch the page? If so, they have now seen its present version.
pub async fn look(app: &App, grant: &Grant<View>, page: &Page) -> Result<bool> {
    let Some(account) = grant.viewer().account_id() else { return Ok(false) };
    let (id, version) = (page.id, page.version);
    let seen = app.store.read(move |connection| seen(connection, account, id)).await?;
    if seen.is_some_and(|seen| seen < version) {
        app.store
            .write(move |tx| {
                tx.execute(
                    "update watch set seen = max(seen, ?3) where account = ?1 and page = ?2",
                    (account, id, version),
                )?;
                Ok(())
            })
            .await?;
    }
    Ok(seen.is_some())
}

/// Watched pages that others changed since the viewer saw them, the latest first.
pub async fn news(app: &App, viewer: &Viewer) -> Result<Vec<News>> {
    let Some(account) = viewer.account_id() else { return Ok(Vec::new()) };
    app.store
        .read(move |connection| {
            let mut shown = Vec::new();
            for news in select(connection, account)? {
                if shown.len() == N_SHOWN {
                    break;
                }
                if permission::is_visible(connection, Some(account), news.page.id)? {
                    shown.push(news);
                }
            }
            Ok(shown)
        })
        .await
}

// ------------------------------------------------------------------------------------ sql

fn seen(connection: &Connection, account: AccountId, page: PageId) -> Result<Option<i64>> {
    let seen = connection
        .prepare_cached("select seen from watch where account = ?1 and page = ?2")?
        .query_row((account, page), |row| row.get(0))
        .optional()?;
    Ok(seen)
}

fn select(connection: &Connection, account: AccountId) -> Result<Vec<News>> {
    let mut statement = connection.prepare_cached(
        "select page.id, page.title, page.version, watch.seen, page.changed_at, account.display
         from watch join page on page.id = watch.page
           left join account on account.id = page.changed_by
         where watch.account = :account and page.version > watch.seen
           and page.changed_by is not :account
         order by page.changed_at desc, page.id desc limit :limit",
    )?;
    let wanted = named_params! { ":account": account, ":limit": N_LOOKED_AT };
    let found = statement
        .query_map(wanted, |row| {
            Ok(News {
                page: PageLink { id: row.get(0)?, title: row.get(1)? },
                version: row.get(2)?,
                seen: row.get(3)?,
                at: Timestamp::from_millisecond(row.get(4)?).unwrap_or_default(),
                by: row.get(5)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(found)
}
