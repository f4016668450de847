//! Programs without a screen, through the real nginx and the real Caddy: with what these do by
//! themselves, and as we tell people to set them up.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::front::{self, Front, HOST, KINDS, Kind};
use crate::process::{PASSWORD, Rooms, Server};
use crate::visitor::{Stream, Visitor, mids};

/// The next heartbeat comes after 10 s and would push out what a proxy holds back.
const BEFORE_A_HEARTBEAT: Duration = Duration::from_secs(8);

/// Reads on to the next messages; their mids and the cursor behind them.
async fn messages(stream: &mut Stream) -> (Vec<i64>, String) {
    let next = async {
        loop {
            let event = stream.next().await.expect("the stream ended");
            let found = mids(&event.data);
            if let (false, Some(id)) = (found.is_empty(), event.id) {
                return (found, id);
            }
        }
    };
    tokio::time::timeout(BEFORE_A_HEARTBEAT, next).await.expect("it is held back")
}

async fn log_in(front: &Front, name: &str) -> Visitor {
    let mut visitor = Visitor::new(front.address());
    visitor.log_in(name, PASSWORD).await;
    visitor
}

/// Shows what was measured, also where the test passes: `--nocapture`.
fn report(what: &str, mut took: Vec<Duration>) {
    took.sort_unstable();
    println!("{what}: {:?} the median, {:?} the slowest", took[took.len() / 2], took.last());
    assert!(took[0] < Duration::from_secs(1), "{what}: even the fastest took {:?}", took[0]);
}

async fn follows(kind: Kind, server: &Server, room: i64) {
    let port = front::free_port();
    let mut front = Front::start(kind, port, &front::plain(kind, port, server.address()));
    let (bob, carol) = (log_in(&front, "bob").await, log_in(&front, "carol").await);
    let here = format!("/rooms/{room}/stream");
    let mut stream = carol.listen(&here).await.unwrap();
    let (mut took, mut cursor) = (Vec::new(), String::new());
    for n in 0..10 {
        let begun = Instant::now();
        let mid = bob.say(room, &format!("{kind:?} {n}")).await;
        let (seen, at) = messages(&mut stream).await;
        assert_eq!(seen, [mid]);
        took.push(begun.elapsed());
        cursor = at;
    }
    report(&format!("a stream through {kind:?} as it comes"), took);
    // The proxy goes and comes: what was said meanwhile is told once.
    front.restart();
    while stream.next().await.is_some() {}
    let missed = server.log_in("bob").await.say(room, "while it was away").await;
    let mut stream = carol.listen(&format!("{here}?after={cursor}")).await.unwrap();
    assert_eq!(messages(&mut stream).await.0, [missed]);
    let next = bob.say(room, "and on").await;
    assert_eq!(messages(&mut stream).await.0, [next]);
}

#[tokio::test]
async fn streams_pass_at_once_through_each_proxy_as_it_comes() {
    if front::is_skipped() {
        return;
    }
    let (server, Rooms { room, .. }) = Server::furnished();
    for kind in KINDS {
        follows(kind, &server, room).await;
    }
}

/// The cursor that a poll's answer carries.
fn cursor_of(poll: &str) -> String {
    let field = poll.split("name=\"after\" value=\"").nth(1).expect("a poll carries a cursor");
    field.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn from_a_stream_to_polls_and_back_nothing_is_lost_or_told_twice() {
    if front::is_skipped() {
        return;
    }
    let (server, Rooms { room, .. }) = Server::furnished();
    let port = front::free_port();
    let plain = front::plain(Kind::Nginx, port, server.address());
    let front = Front::start(Kind::Nginx, port, &plain);
    let bob = server.log_in("bob").await;
    let (mut said, mut seen, mut took) = (Vec::new(), Vec::new(), Vec::new());
    let mut cursor = String::new();
    for _ in 0..2 {
        let carol = log_in(&front, "carol").await;
        let after = if cursor.is_empty() { String::new() } else { format!("?after={cursor}") };
        let mut stream = carol.listen(&format!("/rooms/{room}/stream{after}")).await.unwrap();
        said.push(bob.say(room, "by the stream").await);
        while seen.len() < said.len() {
            let (mids, at) = messages(&mut stream).await;
            seen.extend(mids);
            cursor = at;
        }
        // Said and not yet seen when the stream goes.
        said.push(bob.say(room, "on the edge").await);
        front.reload(&front::stubborn(port, server.address()));
        while let Some(event) = stream.next().await {
            if let Some(id) = event.id {
                seen.extend(mids(&event.data));
                cursor = id;
            }
        }
        let carol = log_in(&front, "carol").await;
        // Such an nginx delivers no stream, but a poll's answer has an end.
        let path = format!("/rooms/{room}/stream?after={cursor}");
        let dead = tokio::time::timeout(Duration::from_secs(1), async {
            carol.listen(&path).await.unwrap().next().await
        });
        assert!(dead.await.is_err(), "a stubborn nginx delivers: there is nothing to be tried");
        for n in 0..5 {
            let path = format!("/rooms/{room}/poll?after={cursor}");
            let begun = Instant::now();
            let text = format!("polled {n}");
            let (mid, answer) = tokio::join!(bob.say(room, &text), carol.get(&path));
            said.push(mid);
            seen.extend(mids(&answer.body));
            cursor = cursor_of(&answer.body);
            took.push(begun.elapsed());
        }
        front.reload(&plain);
    }
    let carol = log_in(&front, "carol").await;
    let poll = carol.get(&format!("/rooms/{room}/poll?tries=0&after={cursor}")).await;
    seen.extend(mids(&poll.body));
    assert_eq!(seen, said);
    report("a poll through an nginx that delivers no stream", took);
}

// ------------------------------------------------------------------ as we tell people to do it

/// Somebody with a browser's cookies and a browser's HTTP/2.
struct Curl {
    port: u16,
    folder: TempDir,
}

impl Curl {
    fn new(port: u16) -> Self {
        Self { port, folder: TempDir::new().unwrap() }
    }

    fn command(&self, path: &str, arguments: &[&str]) -> Command {
        let jar = self.folder.path().join("jar");
        let mut curl = Command::new("curl");
        let jar = jar.to_str().unwrap();
        curl.args(["--silent", "--insecure", "--no-buffer", "--http2"])
            .args(["--cookie", jar, "--cookie-jar", jar])
            .args(["--resolve", &format!("{HOST}:{}:127.0.0.1", self.port)])
            .args(arguments)
            .arg(format!("https://{HOST}:{}{path}", self.port));
        curl
    }

    /// The answer's head and body.
    fn ask(&self, path: &str, arguments: &[&str]) -> String {
        let output = self.command(path, &[&["--include"], arguments].concat()).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    fn post(&self, path: &str, origin: &str, fields: &[&str]) -> String {
        let origin = format!("Origin: {origin}");
        let mut arguments = vec!["--header", &origin];
        arguments.extend(fields.iter().flat_map(|field| ["--data-urlencode", field]));
        self.ask(path, &arguments)
    }

    fn log_in(&self, name: &str, origin: &str) -> String {
        let (name, password) = (format!("name={name}"), format!("password={PASSWORD}"));
        self.post("/login", origin, &[&name, &password])
    }

    /// The lines of a stream, as they come.
    fn listen(&self, path: &str) -> Listening {
        let mut curl = self.command(path, &[]).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(curl.stdout.take().unwrap()).lines();
        let (tell, told) = channel();
        std::thread::spawn(move || {
            lines.map_while(Result::ok).try_for_each(|line| tell.send(line))
        });
        Listening { curl, told }
    }
}

struct Listening {
    curl: Child,
    told: Receiver<String>,
}

impl Listening {
    fn hear(&self, part: &str) {
        while !self.told.recv_timeout(BEFORE_A_HEARTBEAT).expect("it is held back").contains(part) {
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = self.curl.kill();
        let _ = self.curl.wait();
    }
}

fn works_as_documented(kind: Kind) {
    let port = front::free_port();
    let origin = format!("https://{HOST}:{port}");
    let (server, Rooms { room, .. }) = Server::furnished_with(&[
        ("BACKCHANNEL_URL", &origin),
        ("BACKCHANNEL_PROXIES", "127.0.0.1"),
    ]);
    let _front = Front::start(kind, port, &front::documented(kind, port, server.address()));
    let (bob, carol) = (Curl::new(port), Curl::new(port));
    let welcome = bob.log_in("bob", &origin);
    assert!(welcome.starts_with("HTTP/2 303"), "{welcome}");
    let cookie = welcome.lines().find(|line| line.contains("__Host-sid=")).expect(&welcome);
    for attribute in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    carol.log_in("carol", &origin);
    let messages = format!("/rooms/{room}/messages");
    // A page of another site, and one of this name on another port, may not write.
    for other in ["https://elsewhere.example", "null", &format!("https://{HOST}")] {
        let refused = bob.post(&messages, other, &["body=forged"]);
        assert!(refused.starts_with("HTTP/2 403"), "{other}: {refused}");
    }
    let stream = carol.listen(&format!("/rooms/{room}/stream"));
    stream.hear("people");
    let mut took = Vec::new();
    for n in 0..10 {
        let begun = Instant::now();
        let text = format!("body=through {kind:?} {n}");
        let posted = bob.post(&messages, &origin, &[&text]);
        assert!(posted.starts_with("HTTP/2 201"), "{posted}");
        stream.hear(&format!("through {kind:?} {n}"));
        took.push(begun.elapsed());
    }
    report(&format!("a post and a stream through {kind:?} with TLS and HTTP/2"), took);
    let log = carol.ask(&format!("/rooms/{room}/poll?tries=0"), &[]);
    assert!(!log.contains("forged"));
    assert!(bob.ask("/metrics", &[]).starts_with("HTTP/2 404"));
    // 20 MB are a file as any.
    std::fs::write(bob.folder.path().join("large.bin"), vec![7; 20_000_000]).unwrap();
    let file = format!("file=@{}", bob.folder.path().join("large.bin").display());
    let from = format!("Origin: {origin}");
    let sent = bob.ask(&format!("/rooms/{room}/files"), &["--header", &from, "--form", &file]);
    assert!(sent.contains("HTTP/2 201"), "{sent}");
    guesses_count_where_they_come_from(kind, &bob);
}

/// Guesses at a password are slowed down by the place that they come from.
fn guesses_count_where_they_come_from(kind: Kind, somebody: &Curl) {
    let guess = |from: &str, forged: &str| {
        let forged = format!("X-Forwarded-For: {forged}");
        let arguments =
            ["--interface", from, "--header", &forged, "--data", "name=alice&password=x"];
        let answer = somebody.ask("/login", &arguments);
        answer.lines().next().unwrap_or_default().trim().to_owned()
    };
    // Whoever writes another place each time is taken for the same all the same.
    let answers: Vec<String> =
        (0..12).map(|n| guess("127.0.0.2", &format!("198.51.100.{n}"))).collect();
    assert_eq!(answers[0], "HTTP/2 401", "{kind:?}");
    assert_eq!(answers[11], "HTTP/2 429", "{kind:?}");
    // 127.0.0.1 is a proxy of ours in this test, so what it says through nginx is believed. Caddy
    // believes nobody, and says what it saw.
    let believed = match kind {
        Kind::Nginx => "HTTP/2 401",
        Kind::Caddy => "HTTP/2 429",
    };
    assert_eq!(guess("127.0.0.1", "203.0.113.1"), believed, "{kind:?}");
}

#[test]
fn nginx_as_documented_carries_everything() {
    if !front::is_skipped() {
        works_as_documented(Kind::Nginx);
    }
}

#[test]
fn caddy_as_documented_carries_everything() {
    if !front::is_skipped() {
        works_as_documented(Kind::Caddy);
    }
}
