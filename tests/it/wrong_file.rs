//! The command line where the file is missing, is another program's, is newer, or has lost its half.

use rusqlite::Connection;

use crate::admin::{fails, works};
use crate::world::Folder;

#[test]
fn what_looks_for_something_makes_nothing() {
    let folder = Folder::fresh();
    let data = folder.path().join("mistyped/");
    let there = folder.path().join("x");
    let there = there.to_str().unwrap();
    for words in [
        &["backup", there][..],
        &["check"],
        &["rebuild"],
        &["expire"],
        &["export", "--room", "1", "--format", "jsonl", there],
        &["account", "list"],
        &["page", "add", "--space", "A", "--title", "B", "--body-stdin"],
    ] {
        let told = fails(&data, words, "");
        assert!(told.contains("there is no file") && told.contains("mistyped"), "{told}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing was made");
    works(&data, &["space", "add", "A", "--name", "A"], "");
    assert_eq!(works(&data, &["check"], ""), "The file is whole.\n");
}

#[test]
fn a_file_of_another_program_is_refused_and_left_alone() {
    let folder = Folder::fresh();
    let other = Connection::open(folder.file()).unwrap();
    other.execute_batch("create table theirs (x); pragma user_version = 7;").unwrap();
    drop(other);
    let before = std::fs::read(folder.file()).unwrap();
    assert!(fails(folder.path(), &["check"], "").contains("another program"));
    let after = std::fs::read(folder.file()).unwrap();
    assert!(before == after);
}

#[test]
fn what_is_no_database_is_refused_and_left_alone() {
    let folder = Folder::fresh();
    let text = "dear diary\n".repeat(500);
    std::fs::write(folder.file(), &text).unwrap();
    assert!(fails(folder.path(), &["check"], "").contains("not a database"));
    assert_eq!(std::fs::read_to_string(folder.file()).unwrap(), text);
}

#[test]
fn a_newer_file_is_refused() {
    let folder = Folder::fresh();
    works(folder.path(), &["space", "add", "A", "--name", "A"], "");
    let newer = Connection::open(folder.file()).unwrap();
    newer.execute_batch("pragma user_version = 1000").unwrap();
    drop(newer);
    assert!(fails(folder.path(), &["check"], "").contains("newer backchannel"));
}

#[test]
fn a_wal_without_its_file_is_refused() {
    let folder = Folder::fresh();
    works(folder.path(), &["space", "add", "A", "--name", "A"], "");
    std::fs::rename(folder.file(), folder.path().join("elsewhere")).unwrap();
    std::fs::write(folder.path().join("backchannel.db-wal"), b"messages").unwrap();
    assert!(fails(folder.path(), &["check"], "").contains("bring the file back"));
    assert!(!folder.file().exists());
}
