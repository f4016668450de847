//! The program as an operator has it: the built binary on a port and a folder of its own, set up
//! by its own commands, killed and started again.
//!
//! **Invariant:** a server ends with its test, also where the test fails.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::visitor::Visitor;

/// Everybody's.
pub const PASSWORD: &str = "correct horse";

/// A running server.
pub struct Server {
    folder: TempDir,
    address: SocketAddr,
    surroundings: Vec<(String, OsString)>,
    running: Mutex<Option<Child>>,
}

impl Server {
    /// An empty wiki.
    pub fn start() -> Self {
        Self::start_in(folder(), Vec::new())
    }

    /// [`Server::start`] on a folder, with more variables in the server's environment.
    pub fn start_in(folder: TempDir, surroundings: Vec<(String, OsString)>) -> Self {
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let (child, address) = launch(folder.path(), listen, &surroundings).unwrap();
        Self { folder, address, surroundings, running: Mutex::new(Some(child)) }
    }

    /// A wiki with the cast: alice manages, bob posts, carol only reads, mallory may nothing.
    /// The room and the open room are those of [`Server::page`] and [`Server::open_page`].
    pub fn furnished() -> (Self, Rooms) {
        Self::start().furnish()
    }

    /// The same, served with limits and with more variables in the server's environment.
    pub fn furnished_with(surroundings: &[(&str, &str)]) -> (Self, Rooms) {
        let limits = ("BACKCHANNEL_NO_LIMITS", "false");
        let all = [&[limits][..], surroundings].concat();
        let all = all.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self::start_in(folder(), all).furnish()
    }

    /// Brings the cast and its rooms into an empty wiki.
    pub fn furnish(self) -> (Self, Rooms) {
        let server = self;
        server.account("alice", "Alice Moreau", &["--admin"]);
        server.account("bob", "Bob Tanaka", &[]);
        server.account("carol", "Carol Lindqvist", &[]);
        server.account("mallory", "Mallory", &[]);
        let rights = ["--view", "alice,bob,carol", "--comment", "alice,bob"];
        server.run(&[&["space", "add", "WORK", "--name", "Workshop"][..], &rights].concat(), "");
        server.run(&["space", "add", "OPEN", "--name", "Open", "--view", "anyone"], "");
        let text = "What we do about the mirror.\n\n{chat:Mirror}\n\nh2. Plan\n\nClean it.\n";
        let room = server.page("WORK", "The mirror", text);
        let open = server.page("OPEN", "The hall", "Come in.\n\n{chat:Hall}\n");
        (server, Rooms { room, open })
    }

    /// Makes an account.
    pub fn account(&self, name: &str, display: &str, more: &[&str]) {
        let add = ["account", "add", name, "--display", display, "--password-stdin"];
        self.run(&[&add[..], more].concat(), PASSWORD);
    }

    /// Makes a page; its id is also its room's.
    pub fn page(&self, space: &str, title: &str, body: &str) -> i64 {
        let add = ["page", "add", "--space", space, "--title", title, "--body-stdin"];
        self.run(&add, body).trim().parse().unwrap()
    }

    /// Runs one of the program's commands on the server's folder; it has to succeed.
    pub fn run(&self, arguments: &[&str], input: &str) -> String {
        let mut child = program(self.folder.path())
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?} failed: {told}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Where it listens; the same after a restart.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A folder of the test's own.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Somebody with a cookie jar, not signed in yet.
    pub fn visitor(&self) -> Visitor {
        Visitor::new(self.address)
    }

    /// Somebody who is signed in.
    pub async fn log_in(&self, name: &str) -> Visitor {
        let mut visitor = self.visitor();
        visitor.log_in(name, PASSWORD).await;
        visitor
    }

    /// Bytes of memory that it had at most so far.
    pub fn most_memory(&self) -> u64 {
        self.status("VmHWM:")
    }

    /// Bytes of memory that it has.
    pub fn memory(&self) -> u64 {
        self.status("VmRSS:")
    }

    fn status(&self, what: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with(what)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
    }

    /// Files and sockets that it has open.
    pub fn n_open(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.id())).unwrap().count()
    }

    fn id(&self) -> u32 {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.as_ref().unwrap().id()
    }

    /// Sends it a signal, by name.
    pub fn signal(&self, name: &str) {
        let id = self.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    /// SIGKILL: nothing in the program gets to run any more.
    pub fn kill(&self) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mut child) = running.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// SIGTERM; how it ended and how long that took.
    pub fn terminate(&self) -> (ExitStatus, Duration) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let child = running.take().unwrap();
        let kill = ["-s", "TERM", &child.id().to_string()];
        assert!(Command::new("kill").args(kill).status().unwrap().success());
        end_of(child)
    }

    /// Waits until it has ended by itself; how, and how long that took.
    pub fn end(&self) -> (ExitStatus, Duration) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        end_of(running.take().unwrap())
    }

    /// Starts it again, on the same folder and the same port; how long until it was there.
    pub fn restart(&self) -> Duration {
        self.kill();
        let begun = Instant::now();
        let (child, _) = launch(self.folder.path(), self.address, &self.surroundings).unwrap();
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = Some(child);
        begun.elapsed()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            let lines: Vec<&str> = log.lines().collect();
            let last = lines.len().saturating_sub(20);
            eprintln!("The server's last lines:\n{}", lines[last..].join("\n"));
        }
    }
}

/// The rooms of a furnished wiki.
#[derive(Clone, Copy)]
pub struct Rooms {
    /// alice and bob write in it, carol reads.
    pub room: i64,
    /// Anyone reads it, every account writes.
    pub open: i64,
}

fn end_of(mut child: Child) -> (ExitStatus, Duration) {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return (status, begun.elapsed());
        }
        if begun.elapsed() > Duration::from_secs(15) {
            let _ = child.kill();
            let _ = child.wait();
            panic!("the server did not end within 15 s");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// In memory where there is such a place: a killed process loses nothing there either.
pub fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() }.unwrap()
}

/// The built program, or another build of it that `BACKCHANNEL_PROGRAM` names; its file is `wiki.db`
/// in `folder`.
pub fn program(folder: &Path) -> Command {
    let other = std::env::var_os("BACKCHANNEL_PROGRAM");
    let mut program =
        Command::new(other.unwrap_or_else(|| env!("CARGO_BIN_EXE_backchannel").into()));
    program.env("BACKCHANNEL_DATA", folder.join("wiki.db")).env("BACKCHANNEL_LOG", "warn");
    program
}

fn launch(
    folder: &Path,
    listen: SocketAddr,
    surroundings: &[(String, OsString)],
) -> Result<(Child, SocketAddr), String> {
    let log = std::fs::OpenOptions::new().create(true).append(true).open(folder.join("log"));
    let mut child = program(folder)
        .args(["serve", "--listen", &listen.to_string()])
        .env("BACKCHANNEL_NO_LIMITS", "true")
        .envs(surroundings.iter().map(|(name, value)| (name, value)))
        .stdout(Stdio::piped())
        .stderr(log.unwrap())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let Some(address) = line.trim().strip_prefix("listening on http://") else {
        let _ = child.kill();
        let _ = child.wait();
        let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
        return Err(format!("the server did not start: it said {line:?}\n{log}"));
    };
    Ok((child, address.parse().unwrap()))
}

#[test]
fn sigterm_ends_the_server_orderly_while_streams_are_open() {
    let (server, rooms) = Server::furnished();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut streams = runtime.block_on(async {
        let bob = server.log_in("bob").await;
        let mut streams = Vec::new();
        for _ in 0..5 {
            let mut stream = bob.listen(&format!("/rooms/{}/stream", rooms.room)).await.unwrap();
            // The panels: the stream is with the hub by now.
            assert!(stream.next().await.is_some());
            streams.push(stream);
        }
        streams
    });
    let (status, took) = server.terminate();
    assert_eq!(status.code(), Some(0));
    assert!(took < Duration::from_secs(5), "took {took:?}");
    runtime.block_on(async {
        for stream in &mut streams {
            while let Some(event) = stream.next().await {
                // A stop is no end for good: the window has to come back.
                assert_ne!(event.name, "ended");
            }
        }
    });
}

#[test]
fn commands_work_beside_a_running_server_and_without_one() {
    let server = Server::start();
    server.account("alice", "Alice", &["--admin"]);
    server.kill();
    server.account("bob", "Bob", &[]);
    server.restart();
    let list = server.run(&["account", "list"], "");
    assert_eq!(list, "alice\tAlice\tadmin\nbob\tBob\n");
}

#[tokio::test]
async fn what_was_said_right_before_a_kill_is_found() {
    let (server, rooms) = Server::furnished();
    let bob = server.log_in("bob").await;
    bob.say(rooms.room, "the gooseberry jam").await;
    server.restart();
    let results = server.log_in("bob").await.get("/search?q=gooseberry").await;
    assert!(results.body.contains("<mark>gooseberry</mark> jam"), "{}", results.body);
}
