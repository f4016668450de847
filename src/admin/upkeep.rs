//! Checking the file, and making anew what is derived from the messages.

use std::fmt::Write;

use rusqlite::Connection;

use crate::app::App;
use crate::change::Change;
use crate::error::{Error, Result};
use crate::store::Tx;
use crate::{draft, file, page};

/// Looks whether the file is whole, and whether what is derived from the messages (search text,
/// indexes, the days that have a transcript) is what they give. A difference is an error that
/// lists each.
pub(super) async fn check(app: &App) -> Result<String> {
    let mut found = app.store.read(differences).await?;
    // The index checks itself by a statement that only a writer may run.
    let index = app
        .store
        .write(|tx| {
            tx.execute_batch(
                "insert into message_index (message_index, rank) values ('integrity-check', 1);
                 insert into page_index (page_index, rank) values ('integrity-check', 1);",
            )?;
            Ok(())
        })
        .await;
    if index.is_err() {
        found.push_str("the search index differs from the messages\n");
    }
    if found.is_empty() {
        return Ok("The file is whole.\n".into());
    }
    found.push_str("`backchannel rebuild` makes anew what is derived from the messages.");
    Err(Error::Conflict(found))
}

fn differences(connection: &Connection) -> Result<String> {
    let mut found = String::new();
    // The indexes drop what they remember of an older state when a query begins, and not for a
    // check alone: without these, a check after a check may find faults that are none.
    connection.query_row(
        "select exists (select 1 from message_index), exists (select 1 from page_index)",
        [],
        |_| Ok(()),
    )?;
    let mut statement = connection.prepare("pragma integrity_check")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let line: String = row.get(0)?;
        if line != "ok" {
            let _ = writeln!(found, "{line}");
        }
    }
    let mut statement = connection
        .prepare("select room, mid, body, search, kind, author, author_name, marks from message")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (body, search): (String, String) = (row.get(2)?, row.get(3)?);
        if draft::search_text(row.get(4)?, &body) != search {
            let (room, mid): (i64, i64) = (row.get(0)?, row.get(1)?);
            let _ = writeln!(found, "room {room}, message {mid}: its search text differs");
        }
        let (room, author, name): (_, _, String) = (row.get(0)?, row.get(5)?, row.get(6)?);
        if draft::marks(room, author, &name, row.get(4)?, &body) != row.get::<_, String>(7)? {
            let mid: i64 = row.get(1)?;
            let _ = writeln!(found, "room {room}, message {mid}: its marks differ");
        }
    }
    let mut statement =
        connection.prepare("select id, title, body, search from page where kind = 'page'")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (title, body): (String, String) = (row.get(1)?, row.get(2)?);
        if page::prepared(&title, &body) != row.get::<_, String>(3)? {
            let id: i64 = row.get(0)?;
            let _ = writeln!(found, "page {id}: its search text differs");
        }
    }
    let mut statement = connection.prepare(
        "select room, day, 'has messages but no transcript' from message
           where (room, day) not in (select room, day from transcript)
         union
         select room, day, 'has a transcript but no message' from transcript
           where (room, day) not in (select room, day from message)",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (room, day, what): (i64, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let _ = writeln!(found, "room {room}, {day}: {what}");
    }
    for wrong in file::check(connection)? {
        let _ = writeln!(found, "{wrong}");
    }
    Ok(found)
}

/// Makes the search text and the indexes anew.
pub(super) async fn rebuild(app: &App) -> Result<String> {
    let n_messages = app
        .store
        .write(|tx| {
            let mut n_messages = 0_u64;
            let mut statement = tx.prepare(
                "select id, body, search, kind, room, author, author_name, marks from message",
            )?;
            let mut rows = statement.query([])?;
            let mut stale = Vec::new();
            while let Some(row) = rows.next()? {
                let (id, body, search): (i64, String, String) =
                    (row.get(0)?, row.get(1)?, row.get(2)?);
                let right = draft::search_text(row.get(3)?, &body);
                let name: String = row.get(6)?;
                let marks = draft::marks(row.get(4)?, row.get(5)?, &name, row.get(3)?, &body);
                if right != search || marks != row.get::<_, String>(7)? {
                    stale.push((id, right, marks));
                }
                n_messages += 1;
            }
            for (id, search, marks) in stale {
                tx.execute(
                    "update message set search = ?2, marks = ?3 where id = ?1",
                    (id, search, marks),
                )?;
            }
            rebuild_pages(tx)?;
            tx.execute_batch(
                "insert into message_index (message_index) values ('rebuild');
                 insert into page_index (page_index) values ('rebuild');",
            )?;
            Ok(n_messages)
        })
        .await?;
    Ok(format!("Made the search index anew for {n_messages} messages.\n"))
}

fn rebuild_pages(tx: &Tx<'_, Change>) -> Result<()> {
    let mut statement = tx.prepare("select id, title, body from page where kind = 'page'")?;
    let mut rows = statement.query([])?;
    let mut prepared = Vec::new();
    while let Some(row) = rows.next()? {
        let (id, title, body): (i64, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        prepared.push((id, page::prepared(&title, &body)));
    }
    for page in prepared {
        tx.execute("update page set search = ?2 where id = ?1 and search <> ?2", page)?;
    }
    Ok(())
}
