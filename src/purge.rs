//! Trashed pages that go for good: with what is below them, their rooms, transcripts and files.
//!
//! A room may hold a million messages, so that it goes a little at a time, and other writes come in
//! between. What is to go stands in a table: what broke off goes on after a restart.
//!
//! **Invariant:** nothing of a purged page is left in any byte of the file.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, named_params};

use crate::account::Viewer;
use crate::app::App;
use crate::change::Change;
use crate::error::{Error, Result};
use crate::id::{AccountId, Mid, PageId, RoomId};
use crate::journal::{self, Act, Whom};
use crate::mandate::Mandate;
use crate::store::Tx;
use crate::{file, permission, session};

/// Messages that one transaction takes away.
const MESSAGES_AT_ONCE: usize = 200;
/// Pages without messages that one transaction takes away.
const PAGES_AT_ONCE: usize = 50;

/// What belongs to a message, then the message. What it showed becomes a file that is going.
const OF_MESSAGE: [&str; 6] = [
    "delete from imported_reaction where room = ?1 and mid = ?2",
    "delete from reaction where room = ?1 and mid = ?2",
    "delete from pin where room = ?1 and mid = ?2",
    "delete from paste where room = ?1 and mid = ?2",
    "delete from message_version where room = ?1 and mid = ?2",
    "delete from message where room = ?1 and mid = ?2",
];
/// What belongs to a room that has no message and no file any more, then to its page.
const OF_PAGE: [&str; 18] = [
    "delete from transcript where room = ?1 or page = ?1",
    "delete from participant where room = ?1",
    "delete from topic where room = ?1",
    "delete from read_mark where room = ?1",
    "delete from first_use where room = ?1",
    "delete from mute where room = ?1",
    "delete from audit where room = ?1",
    "delete from notice where room = ?1",
    "delete from room where id = ?1",
    "delete from page_version where page = ?1",
    "delete from page_restriction where page = ?1",
    "delete from former_title where page = ?1",
    "delete from watch where page = ?1",
    "delete from file_act where page = ?1",
    "delete from purge where page = ?1",
    "update space set home = null where home = ?1",
    "update page set parent = null where parent = ?1",
    "delete from page where id = ?1",
];

/// What a step came to.
enum Step {
    /// There is more to do.
    More,
    /// First the files of a room have to go.
    Files,
    /// Nothing is to go.
    Done,
}

/// Says that a trashed page is to go for good; [`sweep`] does it. For administrators: what others
/// wrote goes with it.
pub async fn begin(app: &App, viewer: &Viewer, page: PageId) -> Result<()> {
    let viewer = viewer.clone();
    let now = app.clock.now();
    app.store
        .write(move |tx| {
            session::confirm(tx, &viewer, now)?;
            permission::would_edit(tx, &viewer, page)?;
            let Ok(mandate) = Mandate::of(&viewer) else {
                return Err(Error::Forbidden("Only who administers may delete for good."));
            };
            mandate.confirm(tx, now)?;
            let marked = tx.execute(
                "insert into purge (page) select id from page
                 where id = ?1 and trashed_at is not null on conflict do nothing",
                [page],
            )?;
            if marked == 0 {
                return Err(Error::NotFound);
            }
            let sql = "select key from space join page on space = space.id where page.id = ?1";
            let space: String = tx.query_row(sql, [page], |row| row.get(0))?;
            journal::append(tx, &mandate, now, Act::Purged, Whom::Room(page.into()), &space)
        })
        .await
}

/// Takes away what is to go. What cannot be done now, the next sweep does.
pub async fn sweep(app: &App) {
    if let Err(error) = sweep_once(app).await {
        tracing::warn!(%error, "pages were not deleted for good yet");
    }
}

async fn sweep_once(app: &App) -> Result<()> {
    let mut waited = false;
    loop {
        match app.store.write(remove_some).await? {
            Step::Done => return Ok(()),
            Step::More => waited = false,
            // An upload is still under way: it will be refused, and then go too.
            Step::Files if waited => return Ok(()),
            Step::Files => {
                file::sweep(app).await;
                waited = true;
            }
        }
    }
}

// ------------------------------------------------------------------------------------ sql

fn remove_some(tx: &Tx<'_, Change>) -> Result<Step> {
    for _ in 0..PAGES_AT_ONCE {
        let Some(page) = next(tx)? else { return Ok(Step::Done) };
        tx.scrub();
        let mids: Vec<Mid> = tx
            .prepare_cached("select mid from message where room = ?1 limit ?2")?
            .query_map((page, MESSAGES_AT_ONCE), |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        if !mids.is_empty() {
            for mid in mids {
                forget_message(tx, page.into(), mid)?;
            }
            return Ok(Step::More);
        }
        file::let_go(tx, page, None)?;
        let files: bool = tx
            .prepare_cached("select exists (select 1 from file where page = ?1)")?
            .query_row([page], |row| row.get(0))?;
        if files {
            return Ok(Step::Files);
        }
        forget_page(tx, page)?;
    }
    Ok(Step::More)
}

/// Takes away a message and what belongs to it; its files are then [`file::sweep`]'s.
pub(crate) fn forget_message(tx: &Tx<'_, Change>, room: RoomId, mid: Mid) -> Result<()> {
    for sql in OF_MESSAGE {
        tx.prepare_cached(sql)?.execute((room, mid))?;
    }
    Ok(())
}

/// Takes away the page of a day on which no message is left; what people wrote on it, stays.
pub(crate) fn close_day(tx: &Tx<'_, Change>, room: RoomId, day: Date) -> Result<()> {
    let empty: Option<PageId> = tx
        .prepare_cached(
            "select page from transcript join page on page.id = transcript.page
             where room = ?1 and day = ?2 and body = ''
               and not exists (select 1 from message
                               where message.room = transcript.room
                                 and message.day = transcript.day)",
        )?
        .query_row((room, day.to_string()), |row| row.get(0))
        .optional()?;
    if let Some(page) = empty {
        tx.scrub();
        forget_page(tx, page)?;
        tx.tell(Change::Panel(room));
    }
    Ok(())
}

/// Counts what the authors of messages that are gone have left; of each its author, and when it was.
pub(crate) fn settle_participants(
    tx: &Tx<'_, Change>,
    room: RoomId,
    gone: Vec<(AccountId, i64)>,
) -> Result<()> {
    let mut by_author: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
    for (author, at) in gone {
        let (n, last) = by_author.entry(author.0).or_insert((0, i64::MIN));
        (*n, *last) = (*n + 1, at.max(*last));
    }
    for (author, (n, last)) in by_author {
        tx.prepare_cached(
            "update participant set n_messages = n_messages - ?3 where room = ?1 and account = ?2",
        )?
        .execute((room, author, n))?;
        tx.prepare_cached(
            "delete from participant where room = ?1 and account = ?2 and n_messages <= 0",
        )?
        .execute((room, author))?;
        // By a clock that was set back, the last in the log may be of the first day to go.
        tx.prepare_cached(
            "update participant set last_at = (select at from message
                                               where room = :room and author = :author
                                               order by position desc limit 1)
             where room = :room and account = :author and last_at <= :last
               and exists (select 1 from message where room = :room and author = :author)",
        )?
        .execute(named_params! { ":room": room, ":author": author, ":last": last })?;
    }
    Ok(())
}

/// Takes away the page of a day, and what belongs to it.
pub(crate) fn forget_page(tx: &Tx<'_, Change>, page: PageId) -> Result<()> {
    for sql in OF_PAGE {
        tx.prepare_cached(sql)?.execute([page])?;
    }
    Ok(())
}

/// A page that is to go and has none below it.
fn next(connection: &Connection) -> Result<Option<PageId>> {
    let mut page: Option<PageId> = connection
        .prepare_cached("select page from purge limit 1")?
        .query_row([], |row| row.get(0))
        .optional()?;
    let mut leaf = page;
    while let Some(above) = page {
        leaf = page;
        page = connection
            .prepare_cached("select id from page where parent = ?1 limit 1")?
            .query_row([above], |row| row.get(0))
            .optional()?;
    }
    Ok(leaf)
}

#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::{OF_MESSAGE, OF_PAGE};

    #[test]
    fn every_table_that_refers_to_a_page_a_room_or_a_message_is_thought_of() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(include_str!("../schema.sql")).unwrap();
        let tables: Vec<String> = connection
            .prepare(
                "select name from sqlite_schema where type = 'table' and exists (
                   select 1 from pragma_foreign_key_list(sqlite_schema.name)
                   where \"table\" in ('page', 'room', 'message'))",
            )
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        assert!(tables.iter().any(|name| name == "pin"), "{tables:?}");
        let all = [OF_MESSAGE.as_slice(), OF_PAGE.as_slice()].concat();
        for table in tables.iter().filter(|name| !["file", "space"].contains(&name.as_str())) {
            let begin = format!("delete from {table} ");
            assert!(all.iter().any(|sql| sql.starts_with(&begin)), "{table} stays behind");
        }
    }
}
