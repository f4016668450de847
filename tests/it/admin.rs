//! The command line: the built binary, with and without a server that holds the file.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rusqlite::Connection;

use crate::world::{Folder, World};

const BINARY: &str = env!("CARGO_BIN_EXE_backchannel");

/// What a command came to.
#[derive(Debug)]
struct Done {
    code: Option<i32>,
    out: String,
    err: String,
}

/// Runs a command over the file in a folder.
fn run(folder: &Path, words: &[&str], input: &str) -> Done {
    let mut child = Command::new(BINARY)
        .args(words)
        .env("BACKCHANNEL_DATA", folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that reads nothing may have ended already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    Done {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

pub fn works(folder: &Path, words: &[&str], input: &str) -> String {
    let done = run(folder, words, input);
    assert_eq!((done.code, done.err.as_str()), (Some(0), ""), "{words:?}: {done:?}");
    done.out
}

/// The refusal, which is for standard error, with status 1.
pub fn fails(folder: &Path, words: &[&str], input: &str) -> String {
    let done = run(folder, words, input);
    assert_eq!((done.code, done.out.as_str()), (Some(1), ""), "{words:?}: {done:?}");
    assert!(done.err.starts_with("backchannel: ") && done.err.ends_with('\n'), "{done:?}");
    done.err
}

/// A server in a process of its own; killed when it goes out of scope.
struct Server {
    child: Child,
    address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve(folder: &Path, words: &[&str]) -> Server {
    let mut child = Command::new(BINARY)
        .args(["serve", "--listen", "127.0.0.1:0"])
        .args(words)
        .env("BACKCHANNEL_DATA", folder)
        .env("BACKCHANNEL_LOG", "error")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("listening on http://").expect("an address").to_owned();
    Server { child, address }
}

/// One pass over the commands that make a wiki.
fn make_a_wiki(folder: &Path) -> String {
    let add = |words: &[&str]| works(folder, words, "open sesame\n");
    add(&["account", "add", "alice", "--display", "Alice A", "--admin", "--password-stdin"]);
    add(&["account", "add", "bob", "--groups", "crew,board", "--password-stdin"]);
    add(&["account", "add", "eve", "--password-stdin"]);
    add(&["account", "password", "bob", "--password-stdin"]);
    works(folder, &["account", "disable", "eve"], "");
    let team = ["space", "add", "TEAM", "--name", "The team", "--view", "alice, @crew"];
    works(folder, &team, "");
    let page = ["page", "add", "--space", "TEAM", "--title", "Tea", "--body-stdin"];
    let id = works(folder, &page, "h1. Tea\n{chat:Tea}\n");
    let id = id.strip_suffix('\n').unwrap().to_owned();
    let child =
        ["page", "add", "--space", "team", "--title", "Cups", "--parent", &id, "--body-stdin"];
    let below: i64 = works(folder, &child, "").trim().parse().unwrap();
    assert_eq!(below, id.parse::<i64>().unwrap() + 1);
    let log = folder.join("2004-11-15.txt");
    std::fs::write(&log, "[10:00] <ann> hello\n").unwrap();
    let log = log.to_str().unwrap();
    let told = works(folder, &["import", "irc", "--room", &id, "--zone", "UTC", log], "");
    assert!(told.contains("1 messages imported"), "{told}");
    assert_eq!(works(folder, &["check"], ""), "The file is whole.\n");
    assert!(works(folder, &["rebuild"], "").contains("1 messages"));
    assert_eq!(
        works(folder, &["account", "list"], ""),
        "alice\tAlice A\tadmin\nbob\tbob\neve\teve\tdisabled\n"
    );
    id
}

#[test]
fn commands_work_without_a_server() {
    let folder = Folder::fresh();
    make_a_wiki(folder.path());
}

#[test]
fn commands_without_a_server_heed_the_environment() {
    let folder = Folder::fresh();
    works(folder.path(), &["space", "add", "A", "--name", "A"], "");
    let add = ["page", "add", "--space", "A", "--title", "B", "--body-stdin"];
    let with = |zone: &str| {
        let mut child = Command::new(BINARY)
            .args(add)
            .env("BACKCHANNEL_DATA", folder.path())
            .env("BACKCHANNEL_ZONE", zone)
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let _ = child.stdin.take().unwrap().write_all(b"{chat}");
        child.wait_with_output().unwrap()
    };
    let refused = with("Nowhere/Atall");
    assert!(!refused.status.success(), "{refused:?}");
    assert!(with("Europe/Berlin").status.success());
    let file = Connection::open(folder.path().join("backchannel.db")).unwrap();
    let zone: String = file.query_row("select zone from room", [], |row| row.get(0)).unwrap();
    assert_eq!(zone, "Europe/Berlin");
}

#[test]
fn commands_work_beside_a_server_that_sees_them_at_once() {
    let folder = Folder::fresh();
    let server = serve(folder.path(), &[]);
    let id = make_a_wiki(folder.path());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let client = crate::world::Door::at(&server.address);
        let bob = client.log_in("bob", "open sesame").await;
        let window = client.get(&bob, &format!("/rooms/{id}")).await;
        assert_eq!((window.status, window.said()), (200, vec!["hello".to_owned()]));
        works(folder.path(), &["space", "rights", "TEAM", "--view", "alice"], "");
        assert_eq!(client.get(&bob, &format!("/rooms/{id}")).await.status, 404);
    });
}

#[test]
fn what_commands_administer_is_in_the_audit_list_and_no_secret() {
    let folder = Folder::fresh();
    let id = make_a_wiki(folder.path());
    for words in [
        ["account", "display", "bob", "Bob B"].as_slice(),
        &["account", "display", "bob", "Bob B"],
        &["account", "admin", "bob"],
        &["account", "admin", "bob", "--off"],
        &["account", "enable", "eve"],
        &["account", "log-out", "eve"],
        &["group", "add", "night", "alice,bob"],
        &["group", "members", "night", "eve"],
        &["group", "remove", "night"],
        &["space", "name", "TEAM", "Our team"],
        &["space", "rights", "TEAM", "--view", "everyone", "--edit", "@crew"],
        &["space", "keep", "TEAM", "--days", "30"],
        &["room", "lock", &id],
        &["room", "unlock", &id],
    ] {
        assert_eq!(works(folder.path(), words, ""), "");
    }
    let list = works(folder.path(), &["audit"], "");
    let lines: Vec<Vec<&str>> =
        list.lines().map(|line| line.split('\t').skip(3).collect()).collect();
    let expected: &[[&str; 3]] = &[
        ["room unlocked", &id, ""],
        ["room locked", &id, ""],
        ["space kept", "TEAM", "30"],
        ["space rights", "TEAM", "view: everyone; comment: everyone; edit: @crew"],
        ["space named", "TEAM", "Our team"],
        ["group removed", "night", ""],
        ["group set", "night", "eve"],
        ["group added", "night", "alice, bob"],
        ["account enabled", "eve", ""],
        ["admin taken", "bob", ""],
        ["admin given", "bob", ""],
        ["account shown", "bob", "Bob B"],
        ["space added", "TEAM", "view: alice, @crew; comment: everyone; edit: everyone"],
        ["account disabled", "eve", ""],
        ["password set", "bob", ""],
        ["account added", "eve", ""],
        ["account added", "bob", "board, crew"],
        ["admin given", "alice", ""],
        ["account added", "alice", ""],
    ];
    assert_eq!(lines, expected);
    assert!(!list.contains("sesame") && list.lines().all(|line| line.contains("the operator")));
    let of_bob = list.lines().nth(16).unwrap().split('\t').next().unwrap();
    assert_eq!(works(folder.path(), &["audit", "--before", of_bob], "").lines().count(), 2);
    let rooms = works(folder.path(), &["room", "list"], "");
    assert_eq!(rooms, format!("{id}\tTEAM\tTea\tTea\topen\t2004-11-15\n"));
    assert_eq!(
        works(folder.path(), &["space", "list"], ""),
        "TEAM\tOur team\teveryone\teveryone\t@crew\n"
    );
    assert_eq!(works(folder.path(), &["group", "list"], ""), "board\tbob\ncrew\tbob\n");
}

#[test]
fn a_space_begins_with_the_pages_that_one_chose() {
    let folder = Folder::fresh();
    for (key, pages) in [("EMPTY", 0), ("TEAM", 3), ("PROJECT", 5)] {
        let template = key.to_lowercase();
        let words = ["space", "add", key, "--name", "Tea", "--template", &template];
        works(folder.path(), &words, "");
        let file = Connection::open(folder.file()).unwrap();
        let made = "select count(*), max(home = page.id and title = 'Tea')
             from page join space on space.id = page.space where key = ?1";
        let made: (i64, Option<i64>) =
            file.query_row(made, [key], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        assert_eq!(made, (pages, (pages > 0).then_some(1)), "{key}");
    }
    assert_eq!(works(folder.path(), &["room", "list"], "").lines().count(), 5);
    assert_eq!(works(folder.path(), &["check"], ""), "The file is whole.\n");
    // Its home cannot have the title of a page below it.
    let words = ["space", "add", "M", "--name", "meetings", "--template", "team"];
    works(folder.path(), &words, "");
    assert!(works(folder.path(), &["room", "list"], "").contains("Space meetings"));
}

#[test]
fn refusals_are_said_on_standard_error_with_status_1() {
    let folder = Folder::fresh();
    make_a_wiki(folder.path());
    let look = || {
        let refuse = |words: &[&str], word: &str| {
            let told = fails(folder.path(), words, "open sesame\n");
            assert!(told.contains(word), "{words:?}: {told}");
        };
        refuse(&["account", "add", "BOB", "--password-stdin"], "already");
        // A letter of another script that looks the same.
        refuse(&["account", "add", "b\u{43e}b", "--password-stdin"], "looks like");
        refuse(&["account", "add", "no way", "--password-stdin"], "letters");
        refuse(&["account", "add", "everyone", "--password-stdin"], "letters");
        refuse(&["account", "password", "nobody", "--password-stdin"], "nobody");
        refuse(&["account", "disable", "nobody"], "nobody");
        refuse(&["account", "disable", "alice"], "Nobody else administers");
        refuse(&["account", "admin", "alice", "--off"], "Nobody else administers");
        refuse(&["account", "display", "bob", " \u{200b}"], "at least one letter");
        refuse(&["account", "enable", "nobody"], "nobody");
        refuse(&["account", "groups", "bob", "a b"], "group");
        refuse(&["group", "add", "Crew"], "already");
        refuse(&["group", "members", "crew", "nobody"], "nobody");
        refuse(&["group", "remove", "crew"], "Rights name the group crew");
        refuse(&["group", "remove", "none"], "none");
        refuse(&["space", "name", "NONE", "x"], "NONE");
        refuse(&["space", "name", "TEAM", " "], "needs a name");
        refuse(&["room", "lock", "99"], "no room 99");
        refuse(&["space", "add", "team", "--name", "x"], "already");
        refuse(&["space", "add", "a b", "--name", "x"], "letters");
        refuse(&["space", "add", "OPS", "--name", "x", "--view", "@none"], "@none");
        refuse(&["space", "rights", "NONE", "--view", "alice"], "NONE");
        let page = ["page", "add", "--title", "x", "--body-stdin", "--space"];
        refuse(&[page.as_slice(), &["NONE"]].concat(), "NONE");
        refuse(&[page.as_slice(), &["TEAM", "--parent", "99"]].concat(), "same space");
        refuse(&["export", "--room", "99", "--format", "text", "/none/of/it"], "no room 99");
        refuse(&["import", "irc", "--room", "99", "--zone", "UTC", "2004-11-15.txt"], "2004");
    };
    look();
    let _server = serve(folder.path(), &[]);
    look();
}

#[test]
fn an_import_of_which_nothing_can_be_read_fails() {
    let folder = Folder::fresh();
    let folder = folder.path();
    works(folder, &["space", "add", "TEAM", "--name", "x"], "");
    let file = folder.join("x.jsonl");
    let import = ["import", "jsonl", "--space", "TEAM", file.to_str().unwrap()];
    std::fs::write(&file, "PK\u{3}\u{4}\nnothing\n").unwrap();
    let done = run(folder, &import, "");
    assert_eq!(done.code, Some(1), "{done:?}");
    assert!(done.out.starts_with("0 messages imported") && done.out.contains("2 malformed"));
    assert!(done.err.contains("x.jsonl:1: "), "{done:?}");
    // Where something could be, it succeeds, and tells of the rest; so it does the second time.
    let head = r#"{"room":1,"key":"1-5","name":"Tea","zone":"UTC","page":"Tea","space":"A"}"#;
    let said = r#"{"mid":1,"day":"2004-11-15","at":"2004-11-15T10:00:00Z","offset_minutes":0,"kind":"said","author":"ann","display":"ann","body":"x"}"#;
    std::fs::write(&file, [head, "nothing", said].join("\n")).unwrap();
    for told in ["1 messages imported, 0 known", "0 messages imported, 1 known"] {
        let done = run(folder, &import, "");
        assert_eq!(done.code, Some(0), "{done:?}");
        assert!(done.out.starts_with(told) && done.out.contains("1 malformed"), "{done:?}");
    }
    std::fs::write(&file, "").unwrap();
    assert!(works(folder, &import, "").starts_with("0 messages imported"));
    // A channel's log likewise.
    let body = "{chat:Tea}";
    let add = ["page", "add", "--space", "TEAM", "--title", "Log", "--body-stdin"];
    let room = works(folder, &add, body);
    let log = folder.join("2004-11-15.txt");
    let import = ["import", "irc", "--room", room.trim(), "--zone", "UTC", log.to_str().unwrap()];
    std::fs::write(&log, "PK\u{3}\u{4}\n\nnothing\n").unwrap();
    let done = run(folder, &import, "");
    assert_eq!(done.code, Some(1), "{done:?}");
    assert!(done.out.contains(" 2 malformed"), "{done:?}");
    // What came in before an error is told of all the same.
    works(folder, &["page", "add", "--space", "TEAM", "--title", "Bare", "--body-stdin"], "x");
    works(folder, &["account", "add", "alice", "--admin", "--password-stdin"], "quite long\n");
    let of = |key: &str, page: &str| head.replace("1-5", key).replace("\"page\":\"Tea\"", page);
    let secret = of("1-6", "\"page\":\"Secret\",\"restricted\":true");
    let bare = of("1-7", "\"page\":\"Bare\"");
    std::fs::write(&file, [&secret, said, &bare].join("\n")).unwrap();
    let done = run(folder, &["import", "jsonl", "--space", "TEAM", file.to_str().unwrap()], "");
    assert_eq!(done.code, Some(1), "{done:?}");
    assert!(done.err.contains("“Bare” has no room"), "{done:?}");
    assert!(done.out.contains("only who administers sees it"), "{done:?}");
    assert!(done.out.contains("1 messages imported"), "{done:?}");
}

#[test]
fn an_import_says_which_rooms_are_for_who_administers() {
    let folder = Folder::fresh();
    let folder = folder.path();
    works(folder, &["account", "add", "alice", "--admin", "--password-stdin"], "open sesame\n");
    works(folder, &["space", "add", "TEAM", "--name", "x"], "");
    let file = folder.join("x.jsonl");
    let head = r#"{"room":1,"key":"1-5","name":"Tea","zone":"UTC","page":"Plans","space":"A","restricted":true}"#;
    let noted = r#"{"day":"2004-11-15","notes":"hush","restricted":true}"#;
    let said = r#"{"mid":1,"day":"2004-11-15","at":"2004-11-15T10:00:00Z","offset_minutes":0,"kind":"said","author":"ann","display":"ann","body":"x"}"#;
    std::fs::write(&file, [head, said, noted].join("\n")).unwrap();
    let import = ["import", "jsonl", "--space", "TEAM", file.to_str().unwrap()];
    let told = works(folder, &import, "");
    let told: Vec<_> = told.lines().collect();
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told[0].starts_with("“Plans”, page 1: only who administers sees it"), "{told:?}");
    assert!(told[1].starts_with("2004-11-15 in room 1: only who administers"), "{told:?}");
    assert!(told[2].starts_with("1 messages imported"), "{told:?}");
    assert!(works(folder, &import, "").starts_with("0 messages imported, 1 known"));
}

#[test]
fn a_password_that_is_too_short_is_refused() {
    let folder = Folder::fresh();
    let add = ["account", "add", "bob", "--password-stdin"];
    assert!(fails(folder.path(), &add, "abc\n").contains("8 to 128"));
    assert!(fails(folder.path(), &add, "").contains("8 to 128"));
    works(folder.path(), &add, "abcdefgh\r\n");
}

#[test]
fn what_is_unsafe_or_unknown_is_refused_before_anything_starts() {
    let folder = Folder::fresh();
    for words in [["--demo", "--zone=UTC"], ["--no-limits", "--zone=UTC"]] {
        let words = [["serve", "--listen=0.0.0.0:0"].as_slice(), &words].concat();
        assert!(fails(folder.path(), &words, "").contains("this machine alone"));
    }
    assert!(fails(folder.path(), &["serve", "--zone", "Mars/Olympus"], "").contains("Mars"));
    assert_eq!(run(folder.path(), &["serve", "--nonsense"], "").code, Some(2));
    assert_eq!(run(folder.path(), &[], "").code, Some(2));
}

#[test]
fn a_second_server_is_refused() {
    let folder = Folder::fresh();
    let _server = serve(folder.path(), &[]);
    let refused = fails(folder.path(), &["serve", "--listen", "127.0.0.1:0"], "");
    assert!(refused.contains("in use by another backchannel"), "{refused}");
}

#[test]
fn sigterm_ends_a_server_orderly() {
    let folder = Folder::fresh();
    let mut server = serve(folder.path(), &[]);
    let pid = server.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
    let wal = std::fs::metadata(folder.path().join("backchannel.db-wal"));
    assert_eq!(wal.map_or(0, |wal| wal.len()), 0, "all is in the file");
    assert!(!folder.path().join("backchannel.db.sock").exists());
}

#[test]
fn files_are_for_their_owner_alone() {
    let folder = Folder::fresh();
    let data = folder.path().join("deep/data/");
    let place = format!("{}/", data.display());
    let _server = serve(Path::new(&place), &["--demo"]);
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    let backup = data.join("copy.db");
    works(Path::new(&place), &["backup", backup.to_str().unwrap()], "");
    let again = fails(Path::new(&place), &["backup", backup.to_str().unwrap()], "");
    assert!(again.contains("already there"), "{again}");
    assert_eq!(works(&backup, &["check"], ""), "The file is whole.\n");
    assert!(works(&backup, &["account", "list"], "").contains("alice"));
    let mut n_files = 0;
    for entry in std::fs::read_dir(&data).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        n_files += 1;
    }
    assert!(n_files >= 5, "the file, its WAL and index, the lock, the socket, the copy");
}

#[tokio::test]
async fn a_backup_opens_and_is_another_copy() {
    let w = World::new().await;
    w.post("bob", "hello").await;
    let target = w.file().with_file_name("copy.db");
    w.app.store.copy(target.clone()).await.unwrap();
    w.post("bob", "after the copy").await;
    let there = w.app.store.copy(target.clone()).await.unwrap_err();
    assert!(there.to_string().contains("already there"));
    let (cursor, epoch) = (w.window("bob").await.cursor(), w.app.store.epoch().to_owned());
    let w = w.restore(&target).await;
    assert_ne!(w.app.store.epoch(), epoch);
    assert_eq!(w.window("bob").await.said(), ["hello"]);
    // A window that had seen more loads anew.
    let mut bob = w.listen_after("bob", &cursor).await;
    assert_eq!(bob.next().await.name.as_deref(), Some("reload"));
}

#[test]
fn check_finds_what_rebuild_mends() {
    let folder = Folder::fresh();
    make_a_wiki(folder.path());
    let broken = Connection::open(folder.file()).unwrap();
    // Once as if the grammar had changed, once as if the index had been lost.
    for (sql, word) in [
        ("update message set search = 'something else'", "message 1: its search text differs"),
        ("insert into message_index (message_index) values ('delete-all')", "the search index"),
    ] {
        broken.execute_batch(sql).unwrap();
        let told = fails(folder.path(), &["check"], "");
        assert!(told.contains(word), "{told}");
        let server = serve(folder.path(), &[]);
        assert!(fails(folder.path(), &["check"], "").contains(word));
        works(folder.path(), &["rebuild"], "");
        assert_eq!(works(folder.path(), &["check"], ""), "The file is whole.\n");
        drop(server);
    }
}

#[test]
fn render_answers_line_by_line() {
    let folder = Folder::fresh();
    let html = works(folder.path(), &["render", "--mode", "chat"], "\"*a*\"\n\"b\"\n");
    assert_eq!(html, "\"<p><strong>a</strong></p>\"\n\"<p>b</p>\"\n");
    assert!(!folder.file().exists(), "it needs no data");
}

#[test]
fn a_configuration_file_is_taken_and_what_is_wrong_in_it_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("backchannel.toml");
    let told = |text: &str, fails_with: &str| {
        std::fs::write(&file, text).unwrap();
        let words = ["config", "--config", file.to_str().unwrap()];
        if fails_with.is_empty() {
            works(folder.path(), &words, "")
        } else {
            let why = fails(folder.path(), &words, "");
            assert!(why.contains(fails_with), "{text}: {why}");
            why
        }
    };
    assert!(told("zone = 'Europe/Berlin'", "").contains("zone = \"Europe/Berlin\" # file"));
    told("zonne = 'UTC'", "zonne");
    told("zone = 'Nowhere'", "not a time zone");
    told("listen = '0.0.0.0:80'\ndemo = true", "for this machine alone");
    told("url = 'chat.example.org'", "url is");
    told("url = 'https://chat.example.org/wiki'", "nothing may stand after the host");
    told("frames = ['wiki.example.org']", "frames is");
    told("frames = ['https://wiki.example.org/start']", "nothing may stand after the host");
    told("message_limit = 2000000", "above paste_limit");
    told("metrics_token = 'short'", "could be guessed");
    told("file_limit = 10\nfiles_limit = 5", "above files_limit");
}
