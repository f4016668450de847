//! How far an account has read in a room, whichever of its windows showed it.
//!
//! **Invariant:** a mark only ever rises, and never beyond what was said.

use rusqlite::{Connection, OptionalExtension, named_params};

use crate::app::App;
use crate::error::{Error, Result};
use crate::id::{AccountId, Mid, RoomId, Seq};
use crate::permission::{Grant, View};

/// Unread messages beyond this are not counted any more.
pub const N_COUNTED: i64 = 100;

// ------------------------------------------------------------------------------------ verbs

/// The viewer has seen everything up to `seq`.
pub async fn set(app: &App, grant: &Grant<View>, seq: Seq) -> Result<()> {
    let account = grant.viewer().account_id().ok_or(Error::LoginNeeded)?;
    let room = grant.room();
    let known = app.store.read(move |connection| select(connection, room, account)).await?;
    if known.is_some_and(|known| known >= seq) {
        return Ok(());
    }
    let grant = grant.clone();
    let now = app.clock.now();
    app.store
        .write(move |tx| {
            grant.confirm(tx, now)?;
            upsert(tx, room, account, seq)
        })
        .await
}

/// The first message that the viewer has not seen and did not write; none where the viewer has
/// never been in the room.
pub async fn first_unread(app: &App, grant: &Grant<View>) -> Result<Option<Mid>> {
    let Some(account) = grant.viewer().account_id() else { return Ok(None) };
    let room = grant.room();
    app.store
        .read(move |connection| {
            let first = connection
                .prepare_cached(
                    "select mid from message
                     where room = :room and removed_at is null and author is not :account
                       and position > (select seq from read_mark
                                       where room = :room and account = :account)
                     order by position limit 1",
                )?
                .query_row(named_params! { ":room": room, ":account": account }, |row| row.get(0))
                .optional()?;
            Ok(first)
        })
        .await
}

// ------------------------------------------------------------------------------------ sql

/// How many messages `account` has not seen and did not write, up to [`N_COUNTED`]; 0 where the
/// account has never been in the room.
pub(crate) fn n_unread(connection: &Connection, room: RoomId, account: AccountId) -> Result<i64> {
    // Imported history stands below every mark: it is not news.
    let n = connection
        .prepare_cached(
            "select count(*) from (
               select 1 from message
               where room = :room and removed_at is null and author is not :account
                 and position > (select seq from read_mark
                                 where room = :room and account = :account)
               limit :limit)",
        )?
        .query_row(
            named_params! { ":room": room, ":account": account, ":limit": N_COUNTED },
            |row| row.get(0),
        )?;
    Ok(n)
}

fn select(connection: &Connection, room: RoomId, account: AccountId) -> Result<Option<Seq>> {
    let seq = connection
        .prepare_cached("select seq from read_mark where room = ?1 and account = ?2")?
        .query_row((room, account), |row| row.get(0))
        .optional()?;
    Ok(seq)
}

fn upsert(connection: &Connection, room: RoomId, account: AccountId, seq: Seq) -> Result<()> {
    connection
        .prepare_cached(
            "insert into read_mark (room, account, seq)
             select id, :account, min(max(:seq, 0), seq) from room where id = :room
             on conflict (room, account) do update set seq = excluded.seq
               where excluded.seq > read_mark.seq",
        )?
        .execute(named_params! { ":room": room, ":account": account, ":seq": seq })?;
    Ok(())
}
