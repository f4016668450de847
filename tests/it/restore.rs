//! A backup takes the file's place: whole, checked, and over nothing.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use rusqlite::Connection;
use rusqlite::types::Value;

use crate::process::Server;
use crate::world::Folder;

fn run(data: &Path, words: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_backchannel"));
    program.args(words).env("BACKCHANNEL_DATA", data).output().unwrap()
}

/// What is refused is said, and stands nowhere.
fn refuses(data: &Path, backup: &Path, word: &str) {
    let before = files(data);
    let done = run(data, &["restore", backup.to_str().unwrap()]);
    let told = String::from_utf8(done.stderr).unwrap();
    assert_eq!(done.status.code(), Some(1), "{told}");
    assert!(told.starts_with("backchannel: ") && told.contains(word), "{told}");
    assert_eq!(files(data), before, "{told}");
}

/// Each file of a folder with its bytes; but for the lock, which is empty.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let Ok(entries) = std::fs::read_dir(folder) else { return BTreeMap::new() };
    let named =
        entries.map(|entry| entry.unwrap()).filter(|entry| entry.file_type().unwrap().is_file());
    let named = named.map(|entry| (entry.file_name().into_string().unwrap(), entry.path()));
    let named = named.filter(|(name, _)| name != "backchannel.db.lock");
    named.map(|(name, path)| (name, std::fs::read(path).unwrap())).collect()
}

/// Every row of every table, but for the epoch, byte for byte.
fn rows(file: &Path) -> BTreeMap<String, Vec<Vec<Value>>> {
    let file = Connection::open(file).unwrap();
    let tables =
        "select name from sqlite_schema where type = 'table' and sql not like 'create virtual%'";
    let mut tables = file.prepare(tables).unwrap();
    let tables = tables.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let mut all = BTreeMap::new();
    for table in tables.map(Result::unwrap) {
        let mut rows = file.prepare(&format!("select * from \"{table}\"")).unwrap();
        let n = rows.column_count();
        let from = usize::from(table == "copy") * 2;
        let read = |row: &rusqlite::Row<'_>| (from..n).map(|at| row.get(at)).collect();
        all.insert(table, rows.query_map([], read).unwrap().map(Result::unwrap).collect());
    }
    all
}

fn epoch(file: &Path) -> String {
    let file = Connection::open(file).unwrap();
    file.query_row("select epoch from copy", [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn a_backup_is_restored_byte_for_byte_as_often_as_one_likes() {
    let (server, rooms) = Server::furnished();
    let bob = server.log_in("bob").await;
    bob.say(rooms.room, "before the copy").await;
    let mut form =
        b"--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"plan.bin\"\r\n\r\n"
            .to_vec();
    form.extend((0..=255_u8).cycle().take(600_000));
    form.extend(b"\r\n--b--\r\n");
    let path = format!("/rooms/{}/files", rooms.room);
    let sent = bob.send_bytes(&path, "multipart/form-data; boundary=b", form).await;
    assert!(sent.contains("plan.bin"), "{sent}");
    let backup = server.folder().join("backup");
    server.run(&["backup", backup.to_str().unwrap()], "");
    bob.say(rooms.room, "after the copy").await;
    let bytes = std::fs::read(&backup).unwrap();
    let mut epochs = vec![epoch(&backup)];
    for _ in 0..2 {
        let folder = Folder::fresh();
        let done = run(folder.path(), &["restore", backup.to_str().unwrap()]);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        assert!(String::from_utf8_lossy(&done.stdout).contains("The backup is whole"));
        let names: Vec<String> = files(folder.path()).into_keys().collect();
        assert_eq!(names, ["backchannel.db"]);
        assert_eq!(rows(&folder.file()), rows(&backup));
        epochs.push(epoch(&folder.file()));
        assert!(std::fs::read(&backup).unwrap() == bytes, "the backup was only read");
        let checked = run(folder.path(), &["check"]);
        assert_eq!(checked.stdout, b"The file is whole.\n");
        // Over what is there nothing is written, whether it is in use or not.
        refuses(folder.path(), &backup, "writes over nothing");
    }
    epochs.sort();
    epochs.dedup();
    assert_eq!(epochs.len(), 3, "whoever read on after the backup loads anew");
    let live = run(&server.folder().join("wiki.db"), &["restore", backup.to_str().unwrap()]);
    assert_eq!(live.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&live.stderr).contains("in use by another backchannel"));
    bob.say(rooms.room, "it goes on").await;
}

#[tokio::test]
async fn what_is_no_whole_backup_takes_no_place() {
    let (server, _) = Server::furnished();
    let folder = Folder::fresh();
    let backup = folder.path().join("backup");
    server.run(&["backup", backup.to_str().unwrap()], "");
    let bytes = std::fs::read(&backup).unwrap();
    let data = folder.path().join("data");
    let damaged = folder.path().join("damaged");
    let refuse = |change: &dyn Fn(&mut Vec<u8>), word: &str| {
        let mut bytes = bytes.clone();
        change(&mut bytes);
        std::fs::write(&damaged, bytes).unwrap();
        refuses(&data, &damaged, word);
    };
    for page in [1, bytes.len() / 4096 / 2, bytes.len() / 4096 - 1] {
        let at = page * 4096;
        refuse(&|bytes| bytes[at..at + 4096].fill(0xa5), "not whole");
    }
    refuse(&|bytes| bytes.truncate(bytes.len() / 2), "not whole");
    refuse(&|bytes| *bytes = b"dear diary\n".repeat(500), "not a database");
    refuse(&|bytes| bytes.clear(), "another program");
    refuse(&|bytes| bytes[60..64].copy_from_slice(&1000_i32.to_be_bytes()), "newer backchannel");
    refuse(&|bytes| bytes[68..72].copy_from_slice(&7_i32.to_be_bytes()), "another program");
    refuses(&data, &folder.path().join("nothing"), "cannot be read");
    // A file that somebody writes in is no backup: its last writes stand beside it.
    refuses(&data, &server.folder().join("wiki.db"), "no backup but a file in use");
    assert!(run(&data, &["restore", backup.to_str().unwrap()]).status.success());
}
