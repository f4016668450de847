//! The file's schema: made from `schema.sql`, checked at every start.

use rusqlite::{Connection, TransactionBehavior};

use crate::error::{Error, Result};

/// The whole current schema.
const SCHEMA: &str = include_str!("../../schema.sql");
/// Rises with every change of `schema.sql` that reached users.
const VERSION: i64 = 1;
/// "bkch": says that a file is ours (pragma `application_id`).
const APPLICATION_ID: i64 = 0x626b_6368;

/// Makes an empty file ours, or checks that it is. What is not ours is not touched.
pub(super) fn prepare(connection: &mut Connection) -> Result<()> {
    let application: i64 = pragma(connection, "application_id")?;
    let version: i64 = pragma(connection, "user_version")?;
    let empty: bool =
        connection.query_row("select count(*) = 0 from sqlite_schema", [], |row| row.get(0))?;
    if empty && application == 0 {
        return create(connection);
    }
    if application != APPLICATION_ID {
        return Err(Error::broken(
            "this is a database of another program; choose another file with --data",
        ));
    }
    if version > VERSION {
        return Err(Error::broken(format!(
            "this file was written by a newer backchannel (schema {version}, this program knows \
             {VERSION}); start the newer program"
        )));
    }
    Ok(())
}

fn create(connection: &mut Connection) -> Result<()> {
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    tx.execute_batch(SCHEMA)?;
    tx.execute("insert into copy (id, epoch) values (1, ?1)", [new_epoch()])?;
    tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    tx.pragma_update(None, "user_version", VERSION)?;
    tx.commit()?;
    Ok(())
}

/// Names a copy of the file; letters and digits only, since it stands in cursors.
pub(super) fn new_epoch() -> String {
    format!("{:08x}", rand::random::<u32>())
}

fn pragma(connection: &Connection, name: &str) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, name, |row| row.get(0))
}
