//! Watched pages: an account is told of what others saved on them, and of which files they attached
//! or took away, until it has looked.
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
    /// The last version that the viewer saw; the present one, where only files came or went.
    pub seen: i64,
    /// When somebody else changed it last.
    pub at: Timestamp,
    /// Display name of who did.
    pub by: Option<String>,
}

/// Pages that are told of at a time.
const N_SHOWN: usize = 10;

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
                    "insert into watch (account, page, seen, seen_file)
                     select ?1, id, version,
                            coalesce((select max(id) from file_act where page = ?2), 0)
                     from page where id = ?2 and kind = 'page'
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

/// Does the viewer watch the page? If so, they have now seen its present version and its files.
pub async fn look(app: &App, grant: &Grant<View>, page: &Page) -> Result<bool> {
    let Some(account) = grant.viewer().account_id() else { return Ok(false) };
    let (id, version) = (page.id, page.version);
    let seen = app.store.read(move |connection| seen(connection, account, id)).await?;
    if let Some(seen) = seen
        && (seen.version < version || seen.file < seen.latest_file)
    {
        app.store
            .write(move |tx| {
                tx.execute(
                    "update watch set seen = max(seen, ?3), seen_file = max(seen_file, ?4)
                     where account = ?1 and page = ?2",
                    (account, id, version, seen.latest_file),
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
    app.store.read(move |connection| select(connection, account)).await
}

// ------------------------------------------------------------------------------------ sql

/// How far an account has seen a page that it watches.
#[derive(Clone, Copy)]
struct Seen {
    version: i64,
    file: i64,
    /// The last that was done with a file of the page.
    latest_file: i64,
}

fn seen(connection: &Connection, account: AccountId, page: PageId) -> Result<Option<Seen>> {
    let seen = connection
        .prepare_cached(
            "select seen, seen_file, coalesce((select max(id) from file_act where page = ?2), 0)
             from watch where account = ?1 and page = ?2",
        )?
        .query_row((account, page), |row| {
            Ok(Seen { version: row.get(0)?, file: row.get(1)?, latest_file: row.get(2)? })
        })
        .optional()?;
    Ok(seen)
}

/// The latest that the account may still see. Those that it may not are passed over here and not cut
/// off before: however many they are, what is to be told is told.
fn select(connection: &Connection, account: AccountId) -> Result<Vec<News>> {
    let mut statement = connection.prepare_cached(
        "with news (page, saved, act) as (
           select page.id, page.version > watch.seen and page.changed_by is not :account,
                  (select max(id) from file_act
                   where page = watch.page and id > watch.seen_file and by is not :account)
           from watch join page on page.id = watch.page where watch.account = :account)
         select page.id, page.title, page.version, iif(news.saved, watch.seen, page.version),
                max(iif(news.saved, page.changed_at, 0), coalesce(file_act.at, 0)) as at,
                iif(file_act.at > page.changed_at or not news.saved, actor.display, account.display)
         from news join page on page.id = news.page
           join watch on watch.page = page.id and watch.account = :account
           left join account on account.id = page.changed_by
           left join file_act on file_act.id = news.act
           left join account actor on actor.id = file_act.by
         where news.saved or news.act is not null
         order by at desc, page.id desc",
    )?;
    let found = statement.query_map(named_params! { ":account": account }, |row| {
        Ok(News {
            page: PageLink { id: row.get(0)?, title: row.get(1)? },
            version: row.get(2)?,
            seen: row.get(3)?,
            at: Timestamp::from_millisecond(row.get(4)?).unwrap_or_default(),
            by: row.get(5)?,
        })
    })?;
    let mut shown = Vec::new();
    for news in found {
        let news = news?;
        if permission::is_visible(connection, Some(account), news.page.id)? {
            shown.push(news);
            if shown.len() == N_SHOWN {
                break;
            }
        }
    }
    Ok(shown)
}
