//! What people write beside the conversation of a day: wiki markup at the top of the day's page.
//!
//! It is the body of the page, in versions like any other. Who may edit the room's page may write
//! it; the conversation itself is nobody's to edit here.
//!
//! **Invariant:** only people change it. Neither a rebuild nor the end of the day's messages
//! ([`crate::retention`]) touches a byte of it.

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, named_params};

use crate::app::App;
use crate::change::Change;
use crate::error::{Error, Result};
use crate::id::{AccountId, PageId, RoomId};
use crate::page::{self, Kind};
use crate::permission::{Edit, Grant};
use crate::record::Notes;
use crate::store::Tx;
use crate::{indexed, purge, restriction, room, transcript};

/// Saves the notes of a day that were begun from `version`; false: the day has neither notes nor
/// messages any more, and so no page.
pub async fn save(app: &App, grant: &Grant<Edit>, body: &str, version: i64) -> Result<bool> {
    app.rate_limits.text(grant.viewer().account_id(), body.len())?;
    let (body, search) = prepare(app, body).await?;
    let grant = grant.clone();
    let now = app.clock.now();
    app.store
        .write(move |tx| {
            grant.confirm(tx, now)?;
            let page = page::select(tx, grant.page())?;
            if page.kind != Kind::Transcript {
                return Err(Error::NotFound);
            }
            if page.version != version {
                return Err(Error::Stale);
            }
            update(tx, page.id, &body, &search, grant.viewer().account_id(), now)?;
            let (room, day) = day_of(tx, page.id)?;
            purge::close_day(tx, room, day)?;
            Ok(transcript::find(tx, room, day)?.is_some())
        })
        .await
}

/// Gives a day of a room the notes that came with its history, where it has none of its own; true
/// if it did. The page of what only some could see is kept for who administers.
pub async fn import(app: &App, room: RoomId, noted: &Notes) -> Result<bool> {
    let (day, restricted) = (noted.day, noted.restricted);
    let (body, search) = prepare(app, &noted.notes).await?;
    let now = app.clock.now();
    app.store
        .write(move |tx| {
            let name = room::select(tx, room)?.name;
            if body.is_empty() {
                return Ok(false);
            }
            transcript::open_day(tx, room, &name, day, now)?;
            let page = transcript::find(tx, room, day)?.ok_or(Error::NotFound)?;
            if !page::select(tx, page)?.body.is_empty() {
                return Ok(false);
            }
            update(tx, page, &body, &search, None, now)?;
            if restricted && !restriction::is_restricted_itself(tx, page)? {
                restriction::keep_for_administrators(tx, page)?;
            }
            Ok(true)
        })
        .await
}

/// As it is kept, and as the index holds it. Nothing but blanks is nothing.
async fn prepare(app: &App, body: &str) -> Result<(String, String)> {
    let body = page::cleaned(app, body)?;
    let body = if body.trim().is_empty() { String::new() } else { body };
    let (_, search) = app.texts.prepare(body.clone(), indexed::of_notes_document).await?;
    Ok((body, search))
}

// ------------------------------------------------------------------------------------ sql

/// Of which room and day the page is.
pub(crate) fn day_of(connection: &Connection, page: PageId) -> Result<(RoomId, Date)> {
    let (room, day): (RoomId, String) = connection
        .prepare_cached("select room, day from transcript where page = ?1")?
        .query_row([page], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?
        .ok_or(Error::NotFound)?;
    Ok((room, day.parse().map_err(Error::broken)?))
}

fn update(
    tx: &Tx<'_, Change>,
    page: PageId,
    body: &str,
    search: &str,
    by: Option<AccountId>,
    now: Timestamp,
) -> Result<()> {
    // The first version of a day's page is the empty one that the program made.
    keep_version(tx, page)?;
    tx.execute(
        "update page set body = :body, search = :search, version = version + 1,
           changed_at = :now, changed_by = :by where id = :page",
        named_params! {
            ":page": page, ":body": body, ":search": search,
            ":now": now.as_millisecond(), ":by": by,
        },
    )?;
    keep_version(tx, page)
}

fn keep_version(connection: &Connection, page: PageId) -> Result<()> {
    connection.execute(
        "insert into page_version (page, version, title, body, changed_at, changed_by)
         select id, version, title, body, changed_at, changed_by from page where id = ?1
         on conflict do nothing",
        [page],
    )?;
    Ok(())
}
