//! What `schema.sql` keeps to, so that a transaction can one day be told as changes of rows.

use rusqlite::Connection;

use super::{root, word};

#[test]
fn every_table_is_strict_and_declares_its_key() {
    assert_eq!(lax_tables(&schema()), [""; 0]);
    assert_eq!(lax_tables("create table a (x integer primary key);"), ["a is not strict"]);
    assert_eq!(lax_tables("create table a (x integer) strict;"), ["a has no primary key"]);
}

fn lax_tables(schema: &str) -> Vec<String> {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch(schema).unwrap();
    let mut statement = connection
        .prepare(
            "select name, strict, exists (select 1 from pragma_table_info(listed.name) where pk > 0)
             from pragma_table_list listed
             where type = 'table' and name not like 'sqlite\\_%' escape '\\'",
        )
        .unwrap();
    let rows = statement
        .query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?)))
        .unwrap();
    let mut complaints = Vec::new();
    let mut n_tables = 0;
    for row in rows {
        let (name, strict, keyed): (String, bool, bool) = row.unwrap();
        n_tables += 1;
        if !strict {
            complaints.push(format!("{name} is not strict"));
        }
        if !keyed {
            complaints.push(format!("{name} has no primary key"));
        }
    }
    assert!(n_tables > 0, "tables were found");
    complaints
}

#[test]
fn every_table_says_why_it_is_there() {
    assert_eq!(silent_tables(&schema()), [""; 0]);
    assert_eq!(silent_tables("-- Why.\ncreate table a (\n\ncreate table b ("), ["b"]);
}

fn silent_tables(schema: &str) -> Vec<String> {
    let mut before = "";
    let mut silent = Vec::new();
    for line in schema.lines() {
        if let Some(table) = line.strip_prefix("create table ")
            && !before.starts_with("-- ")
        {
            silent.extend(word(table));
        }
        before = line;
    }
    silent
}

#[test]
fn every_search_index_is_kept_by_triggers_from_a_stored_column() {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch(&schema()).unwrap();
    let all = |sql: &str| -> Vec<String> {
        let mut statement = connection.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let indexes = all("select name from pragma_table_list where type = 'virtual'");
    assert!(!indexes.is_empty());
    for index in indexes {
        let made = all(&format!("select sql from sqlite_schema where name = '{index}'"));
        assert!(made[0].contains("content = '"), "{index} keeps text of its own");
        // A new message is noted, and indexed when the note goes.
        let events = match index.as_str() {
            "message_index" => ["delete on local_unindexed", "update of", "delete on message"],
            _ => ["insert on", "update of", "delete on"],
        };
        for event in events {
            let triggers = all(&format!(
                "select name from sqlite_schema where type = 'trigger'
                   and sql like '% after {event} %' and sql like '%insert into {index} (%'"
            ));
            assert_eq!(triggers.len(), 1, "{index} after {event}: {triggers:?}");
        }
    }
}

#[test]
fn what_is_one_machine_s_own_is_named_by_no_other_table() {
    let schema = schema();
    let mut table = String::new();
    for line in schema.lines() {
        if let Some(name) = line.strip_prefix("create table ") {
            table = word(name).unwrap();
        }
        let names_local = line.contains("references local_");
        assert!(!names_local || table.starts_with("local_"), "{table}: {line}");
    }
}

fn schema() -> String {
    std::fs::read_to_string(root().join("schema.sql")).unwrap()
}
