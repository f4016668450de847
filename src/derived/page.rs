//! The rows of pages, of the days that have one, and what is counted.

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::Connection;

use crate::change::Change;
use crate::error::{Error, Result};
use crate::folding;
use crate::id::{PageId, RoomId};
use crate::page::{self, Kind};
use crate::store::Tx;
use crate::{indexed, purge, room, transcript};

/// Each answers a line for whatever is wrong.
pub(super) const LOOKS: [&str; 12] = [
    "select 'room ' || room || ', ' || day || ': has messages but no transcript'
     from (select distinct room, day from message)
     where (room, day) not in (select room, day from transcript)",
    "select 'room ' || room || ', ' || day || ': has a transcript but no message' from transcript
     where not exists (select 1 from message
                       where message.room = transcript.room and message.day = transcript.day)
       and exists (select 1 from page where page.id = transcript.page and body = '')",
    "select 'room ' || room || ', ' || day || ': its page is not below the room''s'
     from transcript join page on page.id = transcript.page
     where kind <> 'transcript' or parent is not room",
    "select 'room ' || room || ', ' || day || ': its title does not name the day'
     from transcript join page on page.id = transcript.page
     where title not like '% - ' || day and title not like '% - ' || day || ' (%)'",
    "select 'page ' || id || ': is a transcript of no day' from page
     where kind = 'transcript' and id not in (select page from transcript)",
    "select 'page ' || id || ': its present version is not among its versions' from page
     where (kind = 'page' or version > 1) and not exists (
       select 1 from page_version where page_version.page = page.id
         and page_version.version = page.version and page_version.body = page.body)",
    "select 'room ' || counted.room || ', account ' || counted.author || ': its count of messages differs'
     from (select room, author, count(*) as n_messages, at, max(position) from message
           where author is not null group by room, author) counted
       left join participant kept on kept.room = counted.room and kept.account = counted.author
     where kept.n_messages is not counted.n_messages or kept.last_at is not counted.at",
    "select 'room ' || room || ', account ' || account || ': has messages counted, and none there'
     from participant
     where not exists (select 1 from message
                       where message.room = participant.room and author = account)",
    "select 'room ' || id || ': its count of changes is behind' from room
     where seq < (select max(seq) from message where message.room = room.id)",
    "select 'room ' || room || ', message ' || mid || ': something of it is left after its removal'
     from message
     where removed_at is not null and (
       exists (select 1 from reaction where (reaction.room, reaction.mid) = (message.room, message.mid))
       or exists (select 1 from imported_reaction imported
                  where (imported.room, imported.mid) = (message.room, message.mid))
       or exists (select 1 from pin where (pin.room, pin.mid) = (message.room, message.mid))
       or exists (select 1 from paste where (paste.room, paste.mid) = (message.room, message.mid))
       or exists (select 1 from message_version
                  where (message_version.room, message_version.mid) = (message.room, message.mid)))",
    "select 'room ' || room || ', message ' || mid || ': is no paste, and a paste of it is kept'
     from paste where not exists (
       select 1 from message where (message.room, message.mid) = (paste.room, paste.mid)
         and kind = 'paste')",
    "select 'file ' || file.id || ': belongs to no message and to no page that people write' from file
     where mid is null and state = 'here'
       and not exists (select 1 from page where page.id = file.page and kind = 'page')",
];

/// Put right what [`LOOKS`] finds, where a statement can.
const MENDS: [&str; 11] = [
    "delete from imported_reaction where (room, mid) in (
       select room, mid from message where removed_at is not null)",
    "delete from reaction where (room, mid) in (
       select room, mid from message where removed_at is not null)",
    "delete from pin where (room, mid) in (
       select room, mid from message where removed_at is not null)",
    "delete from message_version where (room, mid) in (
       select room, mid from message where removed_at is not null)",
    "delete from paste where (room, mid) not in (
       select room, mid from message where kind = 'paste' and removed_at is null)",
    "update room set seq = (select max(seq) from message where message.room = room.id)
     where seq < (select max(seq) from message where message.room = room.id)",
    "delete from participant where not exists (
       select 1 from message where message.room = participant.room and author = account)",
    "insert into participant (room, account, n_messages, last_at)
     select room, author, n_messages, at from (
       select room, author, count(*) as n_messages, at, max(position) from message
       where author is not null group by room, author)
     where true
     on conflict (room, account) do update
       set n_messages = excluded.n_messages, last_at = excluded.last_at
       where n_messages <> excluded.n_messages or last_at <> excluded.last_at",
    "update page set kind = 'transcript', parent = (
       select room from transcript where transcript.page = page.id)
     where id in (select page from transcript join page on page.id = transcript.page
                  where kind <> 'transcript' or parent is not room)",
    "delete from page_version where exists (
       select 1 from page where page.id = page_version.page
         and page.version = page_version.version and page.body <> page_version.body)",
    "insert into page_version (page, version, title, body, changed_at, changed_by)
     select id, version, title, body, changed_at, changed_by from page
     where (kind = 'page' or version > 1) and not exists (
       select 1 from page_version where page_version.page = page.id
         and page_version.version = page.version)",
];

/// Is the file itself whole?
pub(super) fn breaks(connection: &Connection) -> Result<Vec<String>> {
    // The indexes drop what they remember of an older state when a query begins, and not for a
    // check alone: without these, a check after a check may find faults that are none.
    connection.query_row(
        "select exists (select 1 from message_index), exists (select 1 from page_index)",
        [],
        |_| Ok(()),
    )?;
    let mut found = lines(connection, "pragma integrity_check")?;
    found.retain(|line| line != "ok");
    Ok(found)
}

/// What pages are found by, where it differs from what they say.
pub(super) fn differences(connection: &Connection) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for stale in stale(connection)? {
        if stale.search.is_some() {
            found.push(format!("page {}: its search text differs", stale.page));
        }
        if stale.key.is_some() {
            found.push(format!("page {}: the title that it is found by differs", stale.page));
        }
    }
    Ok(found)
}

pub(super) fn mend(tx: &Tx<'_, Change>, now: Timestamp) -> Result<()> {
    tx.scrub();
    keep_notes(tx)?;
    for mend in MENDS {
        tx.execute(mend, [])?;
    }
    let emptied = ids(
        tx,
        "select page from transcript where not exists (
           select 1 from message where message.room = transcript.room and message.day = transcript.day)
           and exists (select 1 from page where page.id = transcript.page and body = '')
         union all
         select id from page where kind = 'transcript' and id not in (select page from transcript)",
    )?;
    for page in emptied {
        purge::forget_page(tx, page)?;
    }
    for (room, day) in days_without_a_page(tx)? {
        let name = room::select(tx, room)?.name;
        transcript::open_day(tx, room, &name, day, now)?;
    }
    let nameless = ids(
        tx,
        "select page from transcript join page on page.id = transcript.page
         where title not like '% - ' || day and title not like '% - ' || day || ' (%)'",
    )?;
    for page in nameless {
        transcript::name_anew(tx, page)?;
    }
    for Stale { page, search, key } in stale(tx)? {
        tx.execute(
            "update page set search = coalesce(?2, search), title_key = coalesce(?3, title_key)
             where id = ?1",
            (page, search, key),
        )?;
    }
    Ok(())
}

// ------------------------------------------------------------------------------------ sql

/// What people noted on the page of a day that no day knows any more: the page is its day's again,
/// which its title names, or else one like any other.
fn keep_notes(tx: &Tx<'_, Change>) -> Result<()> {
    let mut statement = tx.prepare(
        "select page.id, room.id, title from page left join room on room.id = page.parent
         where kind = 'transcript' and body <> '' and page.id not in (select page from transcript)",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (page, room): (PageId, Option<RoomId>) = (row.get(0)?, row.get(1)?);
        let title: String = row.get(2)?;
        let named = title.rsplit_once(" - ").map_or("", |(_, named)| named);
        let day: Option<Date> = named.split(' ').next().and_then(|day| day.parse().ok());
        let known = match room.zip(day) {
            Some((room, day)) => tx.execute(
                "insert into transcript (room, day, page) values (?1, ?2, ?3)
                 on conflict do nothing",
                (room, day.to_string(), page),
            )?,
            None => 0,
        };
        if known == 0 {
            tx.execute("update page set kind = 'page' where id = ?1", [page])?;
        }
    }
    Ok(())
}

/// A page, with what its index and its title's key should hold where they do not.
struct Stale {
    page: PageId,
    search: Option<String>,
    key: Option<String>,
}

fn stale(connection: &Connection) -> Result<Vec<Stale>> {
    let mut statement =
        connection.prepare("select id, kind, title, title_key, body, search from page")?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (id, title, body): (PageId, String, String) = (row.get(0)?, row.get(2)?, row.get(4)?);
        let search = match page::kind(row, 1)? {
            Kind::Page => indexed::of_page(&title, &body) + &indexed::names(connection, id)?,
            Kind::Transcript => indexed::of_notes(&body),
        };
        let key = folding::fold(&title);
        let search = (search != row.get::<_, String>(5)?).then_some(search);
        let key = (key != row.get::<_, String>(3)?).then_some(key);
        if search.is_some() || key.is_some() {
            found.push(Stale { page: id, search, key });
        }
    }
    Ok(found)
}

fn days_without_a_page(connection: &Connection) -> Result<Vec<(RoomId, Date)>> {
    let mut statement = connection.prepare(
        "select distinct room, day from message
         where (room, day) not in (select room, day from transcript)",
    )?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let day: String = row.get(1)?;
        found.push((row.get(0)?, day.parse().map_err(Error::broken)?));
    }
    Ok(found)
}

/// Runs one of [`LOOKS`].
pub(super) fn lines(connection: &Connection, sql: &str) -> Result<Vec<String>> {
    let mut statement = connection.prepare(sql)?;
    let lines = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    Ok(lines)
}

fn ids(connection: &Connection, sql: &str) -> Result<Vec<PageId>> {
    let mut statement = connection.prepare(sql)?;
    let ids = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    Ok(ids)
}
