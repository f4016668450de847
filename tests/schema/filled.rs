//! Files as older programs left them: each schema that was ever in users' hands, with rows in every
//! table; and what has to be left of those after a newer program had the file. Tests of migrations
//! inside the program and from outside share it.

use rusqlite::types::Value;
use rusqlite::{Connection, Row};

/// Every schema that was ever in users' hands, oldest first.
pub const RELEASED: [&str; 7] = [
    include_str!("1.sql"),
    include_str!("2.sql"),
    include_str!("3.sql"),
    include_str!("4.sql"),
    include_str!("5.sql"),
    include_str!("6.sql"),
    include_str!("7.sql"),
];
/// "bkch", as in each of our files.
const APPLICATION_ID: i64 = 0x626b_6368;

/// Makes an empty file one that a program of the schema `RELEASED[at]` made.
pub fn make(file: &Connection, at: usize) {
    file.execute_batch(RELEASED[at]).unwrap();
    file.execute("insert into copy (id, epoch) values (1, 'before')", []).unwrap();
    file.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
    file.pragma_update(None, "user_version", at + 1).unwrap();
}

/// Three rows in each table; every value follows from the number of its row alone, so that what
/// refers to another is there. Where a column takes only some values, it is one of those.
pub fn fill(file: &Connection) {
    file.execute_batch("pragma foreign_keys = off").unwrap();
    for table in tables(file).iter().filter(|table| *table != "copy") {
        let made = format!("select sql from sqlite_schema where name = '{table}'");
        let made = texts(file, &made, 0).remove(0);
        let about = format!("pragma table_info({table})");
        let columns: Vec<_> =
            texts(file, &about, 1).into_iter().zip(texts(file, &about, 2)).collect();
        let most = if made.contains("check (id = 1)") { 1 } else { 3 };
        for n in 1..=most {
            let values = columns.iter().map(|(column, kind)| {
                let allowed = allowed(&made, column);
                match kind.to_lowercase().as_str() {
                    _ if !allowed.is_empty() => allowed[n % allowed.len()].to_owned(),
                    "integer" => n.to_string(),
                    "blob" => format!("x'0{n}'"),
                    _ => format!("'text {n}'"),
                }
            });
            let values = values.collect::<Vec<_>>().join(", ");
            file.execute(&format!("insert into {table} values ({values})"), []).unwrap();
        }
    }
}

/// What a column may be, as its check lists it; empty: it has none.
fn allowed<'a>(made: &'a str, column: &str) -> Vec<&'a str> {
    let check = format!("check ({column} in (");
    let Some((_, list)) = made.split_once(&check) else { return Vec::new() };
    list.split(')').next().unwrap_or_default().split(',').map(str::trim).collect()
}

/// The rows of a table.
#[derive(Debug, PartialEq)]
struct Table {
    name: String,
    columns: Vec<String>,
    rows: Vec<String>,
}

/// All rows of a file that are somebody's.
#[derive(Debug, PartialEq)]
pub struct Rows(Vec<Table>);

impl Rows {
    /// Of a file that was filled.
    pub fn of(file: &Connection) -> Self {
        let tables = tables(file).into_iter().map(|name| {
            let mut columns = texts(file, &format!("pragma table_info({name})"), 1);
            // Messages are to be rendered anew, by a newer grammar.
            columns.retain(|column| (name.as_str(), column.as_str()) != ("message", "grammar"));
            let rows = rows(file, &name, &columns);
            assert!(!rows.is_empty(), "{name} was filled");
            Table { name, columns, rows }
        });
        let all = Self(tables.collect());
        assert!(all.0.len() > 20);
        all
    }

    /// Each of them is there, as it was, in a file of the present schema.
    pub fn assert_kept(&self, file: &Connection, told: &str) {
        for Table { name, columns, rows: before } in &self.0 {
            let columns: Vec<_> = columns.iter().map(|column| called_now(name, column)).collect();
            assert_eq!(&rows(file, name, &columns), before, "{name}, {told}");
        }
    }
}

fn texts(file: &Connection, sql: &str, column: usize) -> Vec<String> {
    let mut statement = file.prepare(sql).unwrap();
    let texts = statement.query_map([], |row| row.get(column)).unwrap();
    texts.map(Result::unwrap).collect()
}

/// The tables of which each row is somebody's.
fn tables(file: &Connection) -> Vec<String> {
    let sql = "select name from sqlite_schema
         where type = 'table' and sql not like 'create virtual%' and name not like 'sqlite_%'
           and name not like 'local_%' and name not like '%_index%' order by name";
    texts(file, sql, 0)
}

/// A file belonged to a room; its page has the same number.
fn called_now(table: &str, column: &str) -> String {
    if (table, column) == ("file", "room") { "page" } else { column }.to_owned()
}

fn rows(file: &Connection, table: &str, columns: &[String]) -> Vec<String> {
    let sql = format!("select {} from {table}", columns.join(", "));
    let mut statement = file.prepare(&sql).unwrap();
    let read = |row: &Row<'_>| {
        let values = (0..columns.len()).map(|n| row.get::<_, Value>(n));
        Ok(format!("{:?}", values.collect::<rusqlite::Result<Vec<_>>>()?))
    };
    let mut rows: Vec<String> =
        statement.query_map([], read).unwrap().map(Result::unwrap).collect();
    rows.sort();
    rows
}
