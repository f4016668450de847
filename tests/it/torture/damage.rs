//! The file, its log or the log's index is damaged, cut short, gone, or not what it should be: the
//! server serves what there is, or says why not and ends. It never hangs, and never begins empty.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use hyper::Method;
use rand::RngExt;
use rand::rngs::StdRng;
use rusqlite::Connection;

use super::trial::{history, read};
use super::{block_on, fault, scale};
use crate::process::{self, Server};
use crate::visitor::Visitor;

const SECTOR: usize = 512;
/// Of the file, as `SQLite` divides it.
const PAGE: usize = 4096;
/// How the file is called in a folder that is told of alone.
const FILE: &str = "backchannel.db";
/// How long a start, or an end by itself, may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// So many messages are in the file itself; as many more in its log alone.
const N_EACH: usize = 40;
/// Before this long nothing is moved from the log into the file by itself.
const UNMOVED: Duration = Duration::from_secs(4);

/// A file as a server leaves it that was killed: itself, its log, the log's index.
#[derive(Clone)]
struct Image {
    db: Option<Vec<u8>>,
    wal: Vec<u8>,
    shm: Vec<u8>,
    /// Where a table begins that nothing is read of but when somebody asks for it.
    table: usize,
}

impl Image {
    fn of(folder: &Path) -> Self {
        let bytes = |name: &str| std::fs::read(folder.join(name)).unwrap();
        let (db, wal, shm) = (bytes("wiki.db"), bytes("wiki.db-wal"), bytes("wiki.db-shm"));
        let file = Connection::open(folder.join("wiki.db")).unwrap();
        let sql = "select rootpage from sqlite_schema where name = 'page_version'";
        let page: usize = file.query_row(sql, [], |row| row.get(0)).unwrap();
        Self { db: Some(db), wal, shm, table: (page - 1) * PAGE }
    }

    fn write(&self, folder: &Path) {
        if let Some(db) = &self.db {
            std::fs::write(folder.join(FILE), db).unwrap();
        }
        std::fs::write(folder.join(format!("{FILE}-wal")), &self.wal).unwrap();
        std::fs::write(folder.join(format!("{FILE}-shm")), &self.shm).unwrap();
    }
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Harm {
    File,
    FileCut,
    Log,
    LogCut,
    Index,
    NoFile,
    EmptyFile,
    Folder,
    Newer,
    Foreign,
    /// The first page of one table.
    Table,
}
use Harm::{EmptyFile, File, FileCut, Folder, Foreign, Index, Log, LogCut, Newer, NoFile, Table};

const HARMS: [Harm; 11] =
    [File, FileCut, Log, LogCut, Index, NoFile, EmptyFile, Folder, Newer, Foreign, Table];

/// Some sectors are anything.
fn scratch(bytes: &mut [u8], random: &mut StdRng) {
    for _ in 0..random.random_range(1..4) {
        let at = random.random_range(0..bytes.len() / SECTOR) * SECTOR;
        random.fill(&mut bytes[at..at + SECTOR]);
    }
}

fn harm(image: &mut Image, harm: Harm, folder: &Path, random: &mut StdRng) {
    let db = image.db.as_mut().unwrap();
    match harm {
        File => scratch(db, random),
        FileCut => db.truncate(random.random_range(1..db.len())),
        Log => scratch(&mut image.wal, random),
        LogCut => image.wal.truncate(random.random_range(0..image.wal.len())),
        Index => scratch(&mut image.shm, random),
        NoFile => image.db = None,
        EmptyFile => db.clear(),
        Folder => {
            image.db = None;
            std::fs::create_dir(folder.join(FILE)).unwrap();
        }
        Newer => {
            // What the log holds would bring the old head back.
            db[60..64].copy_from_slice(&1000_i32.to_be_bytes());
            image.wal.clear();
        }
        Foreign => {
            db[68..72].copy_from_slice(&7_i32.to_be_bytes());
            image.wal.clear();
        }
        Table => db[image.table..image.table + PAGE].fill(0xa5),
    }
}

/// A server that ends with its trial.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    /// Waits until it has ended by itself; its status.
    fn end(&mut self) -> Option<i32> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status.code();
            }
            assert!(begun.elapsed() < PATIENCE, "it does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// What came of a start.
enum Came {
    Serves(Running, SocketAddr),
    Refused(String),
}

fn start(folder: &Path) -> Came {
    let child = process::program(folder)
        .args(["serve", "--listen", "127.0.0.1:0"])
        .env("BACKCHANNEL_DATA", folder)
        .env("BACKCHANNEL_LOG", "error")
        .env("BACKCHANNEL_NO_LIMITS", "true")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut server = Running(child.unwrap());
    let mut lines = BufReader::new(server.0.stdout.take().unwrap());
    let (tell, told) = channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let _ = lines.read_line(&mut line);
        let _ = tell.send(line);
    });
    let line = told.recv_timeout(PATIENCE).expect("it neither serves nor ends");
    if let Some(address) = line.trim().strip_prefix("listening on http://") {
        return Came::Serves(server, address.parse().unwrap());
    }
    assert_eq!(server.end(), Some(1), "a refusal is status 1");
    let mut why = String::new();
    server.0.stderr.take().unwrap().read_to_string(&mut why).unwrap();
    Came::Refused(why)
}

/// Everything there is to see; `None` where something failed.
async fn look(bob: &Visitor, room: i64) -> Option<usize> {
    let old = format!("/pages/{room}/history/1");
    let of_room = ["files", "calendar"].map(|end| format!("/rooms/{room}/{end}"));
    let room = format!("/rooms/{room}");
    for path in ["/", "/changes", "/search?q=said", &of_room[0], &of_room[1], &old] {
        let answer = bob.ask(Method::GET, path, &[]).await.ok()?;
        if answer.status.is_server_error() {
            return None;
        }
    }
    let mut n_seen = 0;
    let mut path = room.clone();
    // A damaged index may lead round and round.
    for _ in 0..100 {
        let answer = bob.ask(Method::GET, &path, &[]).await.ok()?;
        if answer.status.is_server_error() {
            return None;
        }
        let seen = read(&answer.body);
        let Some(first) = seen.first() else { return Some(n_seen) };
        n_seen += seen.len();
        path = format!("{room}/messages?before={}", first.mid);
    }
    Some(n_seen)
}

#[test]
fn what_is_damaged_is_served_as_far_as_it_is_whole_or_refused() {
    let n_rounds = scale(2, 8, 32);
    let aim = "352: whole or a clear refusal within 10 s; no hang, no empty start";
    fault("damaged files", aim, |mut random| {
        block_on(async {
            let (server, rooms) = Server::furnished();
            let (room, bob) = (rooms.room, server.log_in("bob").await);
            for n in 0..N_EACH {
                bob.say(room, &format!("said {n}")).await;
            }
            server.terminate();
            server.restart();
            let begun = Instant::now();
            for n in N_EACH..2 * N_EACH {
                bob.say(room, &format!("said {n}")).await;
            }
            assert_eq!(history(&bob, room).await.len(), 2 * N_EACH);
            server.kill();
            let unmoved = begun.elapsed() < UNMOVED;
            let image = Image::of(server.folder());
            let (mut n_served, mut n_refused, mut n_ended, mut n_failed) = (0, 0, 0, 0);
            for _ in 0..n_rounds {
                for harmed in HARMS {
                    let folder = process::folder();
                    let mut image = image.clone();
                    harm(&mut image, harmed, folder.path(), &mut random);
                    image.write(folder.path());
                    let (mut server, address) = match start(folder.path()) {
                        Came::Serves(server, address) => (server, address),
                        Came::Refused(why) => {
                            assert!(why.contains("backchannel: "), "{harmed:?}: {why}");
                            let clear = !matches!(harmed, Log | LogCut | Index | Table);
                            assert!(clear, "{harmed:?} is no reason to refuse: {why}");
                            n_refused += 1;
                            continue;
                        }
                    };
                    let refusable = matches!(harmed, NoFile | EmptyFile | Folder | Newer | Foreign);
                    assert!(!refusable, "{harmed:?} was served");
                    let bob = bob.at(address);
                    let seen = look(&bob, room).await;
                    match (harmed, seen) {
                        // What cannot be read ends the server, which says so.
                        (Table, seen) => {
                            assert_eq!(seen, None, "what is damaged was not read");
                            assert!(!is_well(&bob).await);
                            assert_eq!(server.end(), Some(1));
                            n_ended += 1;
                        }
                        // Or a row alone is not what it was, which no file of SQLite's can tell.
                        (_, None) if matches!(harmed, File | FileCut) || !unmoved => {
                            if is_well(&bob).await {
                                n_failed += 1;
                            } else {
                                assert_eq!(server.end(), Some(1), "{harmed:?}");
                                n_ended += 1;
                            }
                        }
                        (File | FileCut, Some(_)) => n_served += 1,
                        // A log is read up to where it is damaged; its index is made anew.
                        (Index, seen) => {
                            assert_eq!(seen, Some(2 * N_EACH), "{harmed:?}");
                            n_served += 1;
                        }
                        (_, seen) => {
                            let n = seen.expect("a damaged log fails nothing");
                            let fits = (N_EACH..=2 * N_EACH).contains(&n) || !unmoved;
                            assert!(fits, "{harmed:?}: {n}");
                            n_served += 1;
                        }
                    }
                }
            }
            format!(
                "{} of {} kinds: {n_served} served, {n_refused} refused, {n_ended} ended by \
                 themselves, {n_failed} failed where they are damaged and went on",
                n_rounds * HARMS.len(),
                HARMS.len()
            )
        })
    });
}

/// Does it say that it is well? If not, it cannot go on, or is gone already.
async fn is_well(bob: &Visitor) -> bool {
    let answer = bob.ask(Method::GET, "/healthz", &[]).await;
    answer.is_ok_and(|answer| answer.status.is_success())
}
