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
const MIGRATIONS: [&str; 5] = [
    include_str!("migrations/2.sql"),
    include_str!("migrations/3.sql"),
    include_str!("migrations/4.sql"),
    include_str!("migrations/5.sql"),
    include_str!("migrations/6.sql"),
];
/// Rises with every change of `schema.sql` that reached users: one more than there are migrations.
const VERSION: i64 = 6;
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

#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use rusqlite::Connection;

    use super::*;

    /// Every schema that was ever in users' hands, oldest first.
    const RELEASED: [&str; MIGRATIONS.len()] = [
        include_str!("../../tests/schema/1.sql"),
        include_str!("../../tests/schema/2.sql"),
        include_str!("../../tests/schema/3.sql"),
        include_str!("../../tests/schema/4.sql"),
        include_str!("../../tests/schema/5.sql"),
    ];

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
    fn released(at: usize, schema: &str) -> Connection {
        let old = Connection::open_in_memory().unwrap();
        old.execute_batch(schema).unwrap();
        old.execute("insert into copy (id, epoch) values (1, 'before')", []).unwrap();
        old.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
        old.pragma_update(None, "user_version", at + 1).unwrap();
        old
    }

    fn texts(connection: &Connection, sql: &str, column: usize) -> Vec<String> {
        let mut statement = connection.prepare(sql).unwrap();
        let texts = statement.query_map([], |row| row.get(column)).unwrap();
        texts.map(Result::unwrap).collect()
    }

    /// The tables of which each row is somebody's.
    fn tables(connection: &Connection) -> Vec<String> {
        let sql = "select name from sqlite_schema
             where type = 'table' and sql not like 'create virtual%' and name not like 'sqlite_%'
               and name not like 'local_%' and name not like '%_index%' order by name";
        texts(connection, sql, 0)
    }

    fn columns(connection: &Connection, table: &str) -> Vec<String> {
        texts(connection, &format!("pragma table_info({table})"), 1)
    }

    /// A file belonged to a room; its page has the same number.
    fn called_now(table: &str, column: &str) -> String {
        if (table, column) == ("file", "room") { "page" } else { column }.to_owned()
    }

    /// Three rows in each table; every value follows from the number of its row alone, so that what
    /// refers to another is there.
    fn fill(connection: &Connection) {
        let loose = "pragma foreign_keys = off; pragma ignore_check_constraints = on;";
        connection.execute_batch(loose).unwrap();
        for table in tables(connection).iter().filter(|table| *table != "copy") {
            let kinds = texts(connection, &format!("pragma table_info({table})"), 2);
            for n in 1..=3 {
                let values = kinds.iter().map(|kind| match kind.to_lowercase().as_str() {
                    "integer" => n.to_string(),
                    "blob" => format!("x'0{n}'"),
                    _ => format!("'text {n}'"),
                });
                let values = values.collect::<Vec<_>>().join(", ");
                connection.execute(&format!("insert into {table} values ({values})"), []).unwrap();
            }
        }
    }

    fn rows(connection: &Connection, table: &str, columns: &[String]) -> Vec<String> {
        let sql = format!("select {} from {table}", columns.join(", "));
        let mut statement = connection.prepare(&sql).unwrap();
        let read = |row: &rusqlite::Row<'_>| {
            let values = (0..columns.len()).map(|n| row.get::<_, rusqlite::types::Value>(n));
            Ok(format!("{:?}", values.collect::<rusqlite::Result<Vec<_>>>()?))
        };
        let mut rows: Vec<String> =
            statement.query_map([], read).unwrap().map(Result::unwrap).collect();
        rows.sort();
        rows
    }

    #[test]
    fn every_row_of_a_released_schema_is_there_as_it_was() {
        for (at, schema) in RELEASED.iter().enumerate() {
            let mut old = released(at, schema);
            fill(&old);
            let before: Vec<_> = tables(&old)
                .into_iter()
                .map(|table| {
                    let mut columns = columns(&old, &table);
                    // Messages are to be rendered anew, by a newer grammar.
                    columns.retain(|column| {
                        (table.as_str(), column.as_str()) != ("message", "grammar")
                    });
                    let rows = rows(&old, &table, &columns);
                    (table, columns, rows)
                })
                .collect();
            assert!(before.len() > 20);
            prepare(&mut old).unwrap();
            for (table, columns, kept) in before {
                assert!(!kept.is_empty(), "{table} was filled");
                let columns: Vec<_> =
                    columns.iter().map(|column| called_now(&table, column)).collect();
                assert_eq!(rows(&old, &table, &columns), kept, "{table} from schema {}", at + 1);
            }
        }
    }

    #[test]
    fn a_file_that_cannot_be_brought_up_to_date_is_as_it_was() {
        for (at, schema) in RELEASED.iter().enumerate() {
            let mut old = released(at, schema);
            fill(&old);
            // What others refer to is gone: that is found when all migrations have run.
            old.execute("delete from account where id = 3", []).unwrap();
            let (shape_before, accounts) = (shape(&old), columns(&old, "account"));
            let before = rows(&old, "account", &accounts);
            assert!(prepare(&mut old).is_err(), "from schema {}", at + 1);
            assert_eq!(shape(&old), shape_before, "from schema {}", at + 1);
            assert_eq!(rows(&old, "account", &accounts), before);
            assert_eq!(pragma(&old, "user_version").unwrap(), i64::try_from(at).unwrap() + 1);
            assert!(old.is_autocommit(), "nothing is left open");
        }
    }

    #[test]
    fn every_released_schema_grows_into_the_present_one() {
        let mut fresh = Connection::open_in_memory().unwrap();
        prepare(&mut fresh).unwrap();
        for (at, schema) in RELEASED.iter().enumerate() {
            let mut old = released(at, schema);
            prepare(&mut old).unwrap();
            assert_eq!(shape(&old), shape(&fresh), "from schema {}", at + 1);
            assert_eq!(pragma(&old, "user_version").unwrap(), VERSION);
            assert_eq!(pragma(&old, "foreign_keys").unwrap(), 1);
        }
    }
}
