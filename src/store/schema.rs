//! The file's schema: made from `schema.sql`, checked at every start, brought up from older ones.
//!
//! **Invariant:** a file that went through every migration has the same schema as a new one. All
//! migrations that a file lacks run in one transaction: killed in the middle, it is as it was.

use rusqlite::{Connection, TransactionBehavior};

use crate::error::{Error, Result};

/// The whole current schema.
const SCHEMA: &str = include_str!("../../schema.sql");
/// What brings a file from one version to the next; the first is from 1 to 2. What has reached
/// users is never changed: a later change is a later migration.
const MIGRATIONS: [&str; 7] = [
    include_str!("migrations/2.sql"),
    include_str!("migrations/3.sql"),
    include_str!("migrations/4.sql"),
    include_str!("migrations/5.sql"),
    include_str!("migrations/6.sql"),
    include_str!("migrations/7.sql"),
    include_str!("migrations/8.sql"),
];
/// Rises with every change of `schema.sql` that reached users: one more than there are migrations.
const VERSION: i64 = 8;
/// "bkch": says that a file is ours (pragma `application_id`).
const APPLICATION_ID: i64 = 0x626b_6368;

/// Makes an empty file ours, or checks that it is. What is not ours is not touched.
pub(super) fn prepare(connection: &mut Connection) -> Result<()> {
    let application: i64 = pragma(connection, "application_id")?;
    let empty: bool =
        connection.query_row("select count(*) = 0 from sqlite_schema", [], |row| row.get(0))?;
    if empty && application == 0 {
        return create(connection);
    }
    let version = refuse_foreign(connection)?;
    migrate(connection, version)
}

/// The schema's version of a file that is ours and that this program knows.
pub(super) fn refuse_foreign(connection: &Connection) -> Result<i64> {
    let application: i64 = pragma(connection, "application_id")?;
    let version: i64 = pragma(connection, "user_version")?;
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
    Ok(version)
}

/// Brings a file of an older version up to date.
fn migrate(connection: &mut Connection, version: i64) -> Result<()> {
    let done = usize::try_from(version - 1).map_err(|_| {
        Error::broken(format!("this file says that its schema is {version}, which never was"))
    })?;
    let missing = MIGRATIONS.get(done..).unwrap_or_default();
    if missing.is_empty() {
        return Ok(());
    }
    tracing::info!(from = version, to = VERSION, "bringing the file's schema up to date");
    // A table that is made anew is for a moment not what others refer to; looked at before the
    // commit instead. The pragma does nothing inside a transaction, and so stands outside.
    connection.pragma_update(None, "foreign_keys", false)?;
    // Nobody waits yet; and what was moved must be on the disk before anything builds on it.
    connection.pragma_update(None, "synchronous", "full")?;
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for migration in missing {
        tx.execute_batch(migration)?;
    }
    if tx.prepare("pragma foreign_key_check")?.exists([])? {
        return Err(Error::broken(format!(
            "the file's schema {version} could not be brought to {VERSION}: rows would point to \
             nothing; the file is as it was"
        )));
    }
    tx.pragma_update(None, "user_version", VERSION)?;
    tx.commit()?;
    connection.pragma_update(None, "foreign_keys", true)?;
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

#[expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
#[cfg(test)]
#[path = "../../tests/schema/filled.rs"]
mod filled;

#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use rusqlite::Connection;

    use super::filled::{RELEASED, Rows, fill, make};
    use super::*;

    const _: () = assert!(RELEASED.len() == MIGRATIONS.len());

    /// Tables, indexes and triggers by name, each as the sorted parts of its text: a column that
    /// was added later stands elsewhere, and means the same.
    fn shape(connection: &Connection) -> BTreeMap<String, Vec<String>> {
        connection
            .prepare("select name, sql from sqlite_schema where sql is not null")
            .unwrap()
            .query_map([], |row| Ok((row.get(0)?, parts(&row.get::<_, String>(1)?))))
            .unwrap()
            .map(Result::unwrap)
            .collect()
    }

    fn parts(sql: &str) -> Vec<String> {
        let bare: Vec<&str> =
            sql.lines().map(|line| line.split("--").next().unwrap_or_default()).collect();
        let (mut parts, mut depth) = (vec![String::new()], 0);
        for char in bare.join(" ").replace('"', "").chars() {
            match char {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            let cut = depth == 1 && (char == ',' || char == '(') || depth == 0 && char == ')';
            if cut {
                parts.push(String::new());
            } else if let Some(part) = parts.last_mut() {
                part.push(char);
            }
        }
        let mut parts: Vec<String> = parts
            .iter()
            .map(|part| part.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        parts.sort();
        parts
    }

    /// A file as a program of that schema left it.
    fn released(at: usize) -> Connection {
        let old = Connection::open_in_memory().unwrap();
        make(&old, at);
        old
    }

    #[test]
    fn every_row_of_a_released_schema_is_there_as_it_was() {
        for at in 0..RELEASED.len() {
            let mut old = released(at);
            fill(&old);
            let before = Rows::of(&old);
            prepare(&mut old).unwrap();
            before.assert_kept(&old, &format!("from schema {}", at + 1));
        }
    }

    #[test]
    fn a_file_that_cannot_be_brought_up_to_date_is_as_it_was() {
        for at in 0..RELEASED.len() {
            let mut old = released(at);
            fill(&old);
            // What others refer to is gone: that is found when all migrations have run.
            old.execute("delete from account where id = 3", []).unwrap();
            let (shape_before, before) = (shape(&old), Rows::of(&old));
            assert!(prepare(&mut old).is_err(), "from schema {}", at + 1);
            assert_eq!(shape(&old), shape_before, "from schema {}", at + 1);
            assert_eq!(Rows::of(&old), before, "from schema {}", at + 1);
            assert_eq!(pragma(&old, "user_version").unwrap(), i64::try_from(at).unwrap() + 1);
            assert!(old.is_autocommit(), "nothing is left open");
        }
    }

    #[test]
    fn every_released_schema_grows_into_the_present_one() {
        let mut fresh = Connection::open_in_memory().unwrap();
        prepare(&mut fresh).unwrap();
        for at in 0..RELEASED.len() {
            let mut old = released(at);
            prepare(&mut old).unwrap();
            assert_eq!(shape(&old), shape(&fresh), "from schema {}", at + 1);
            assert_eq!(pragma(&old, "user_version").unwrap(), VERSION);
            assert_eq!(pragma(&old, "foreign_keys").unwrap(), 1);
        }
    }
}
