//! The room without scripts: a log that does not end, and a box in a frame of its own.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::world::{NOBODY, World, post};

/// An open log: what has come of it so far.
struct Paper {
    socket: TcpStream,
    text: String,
}

impl Paper {
    async fn open(w: &World, who: &str) -> Self {
        let mut socket = TcpStream::connect(&w.address).await.unwrap();
        let request = format!(
            "GET {} HTTP/1.1\r\nhost: {}\r\ncookie: sid={}\r\naccept-encoding: gzip\r\n\r\n",
            path(w, "/log"),
            w.address,
            w.token(who),
        );
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut paper = Self { socket, text: String::new() };
        paper.until("Here now").await;
        paper
    }

    /// Reads until `what` has come; what came since the last time.
    async fn until(&mut self, what: &str) -> String {
        let mut new = String::new();
        while !new.contains(what) {
            let more = self.more().await;
            new.push_str(&more.unwrap_or_else(|| panic!("no {what:?} in {new}")));
        }
        new
    }

    /// Reads to the end; what came since the last time.
    async fn rest(&mut self) -> String {
        let mut new = String::new();
        while let Some(more) = self.more().await {
            new.push_str(&more);
            if new.ends_with("0\r\n\r\n") {
                break;
            }
        }
        new
    }

    async fn more(&mut self) -> Option<String> {
        let mut bytes = vec![0; 64 * 1024];
        let read = tokio::time::timeout(Duration::from_secs(10), self.socket.read(&mut bytes));
        let n = read.await.expect("nothing came").unwrap();
        let text = String::from_utf8(bytes[..n].to_vec()).unwrap();
        self.text.push_str(&text);
        (n > 0).then_some(text)
    }
}

fn path(w: &World, part: &str) -> String {
    format!("/rooms/{}/plain{part}", w.tea)
}

#[tokio::test]
async fn reactions_come_to_the_open_log_in_place_of_the_older_ones() {
    let w = World::new().await;
    let mid = w.post("bob", "before").await;
    let react = async |who: &str, emoji: &str| {
        let path = format!("/rooms/{}/messages/{mid}/reactions", w.tea);
        assert_eq!(w.form(who, &path, &[("emoji", emoji)]).await.status, 303);
    };
    react("alice", "👍").await;
    let mut bob = Paper::open(&w, "bob").await;
    assert!(bob.text.contains("data-by=\"alice\"") && bob.text.contains("<form id=\"react\""));
    react("robo", "👍").await;
    let new = bob.until("data-by=\"alice robo\"").await;
    assert!(new.contains(&format!("#m{mid} .reactions,")), "{new}");
    assert!(!new.contains("edited") && !new.contains("before"), "{new}");
    // Who only reads sees them and is offered nothing.
    let carol = Paper::open(&w, "carol").await;
    assert!(carol.text.contains("data-by=\"alice robo\""), "{}", carol.text);
    assert!(!carol.text.contains("<form id=\"react\""), "{}", carol.text);
}

#[tokio::test]
async fn what_is_said_comes_while_the_log_is_open() {
    let w = World::new().await;
    w.post("bob", "before").await;
    let mut carol = Paper::open(&w, "carol").await;
    assert!(carol.text.contains("before"), "{}", carol.text);
    assert!(carol.text.contains("content-type: text/html"), "{}", carol.text);
    let one = w.post("bob", "one").await;
    let new = carol.until("one").await;
    assert!(new.contains(&format!("<li id=\"m{one}\"")), "{new}");
    w.post("alice", "two").await;
    let new = carol.until("two").await;
    assert!(!new.contains("before") && !new.contains("<p>one<"), "{new}");
}

#[tokio::test]
async fn a_removed_message_is_hidden_and_said_to_be_gone() {
    let w = World::new().await;
    let mid = w.post("bob", "a slip").await;
    let mut carol = Paper::open(&w, "carol").await;
    assert!(carol.text.contains("a slip"));
    w.remove("bob", mid).await;
    let new = carol.until("was removed").await;
    assert!(new.contains(&format!("#m{mid} :not(.day,.day *)")), "{new}");
    let nonce = new.split("<style nonce=\"").nth(1).unwrap().split('"').next().unwrap();
    assert!(carol.text.contains(&format!("style-src 'self' 'nonce-{nonce}'")), "{}", carol.text);
    assert!(!new.contains("a slip"), "{new}");
}

#[tokio::test]
async fn an_edited_message_is_hidden_and_said_anew() {
    let w = World::new().await;
    let mid = w.post("bob", "teh crate").await;
    let mut carol = Paper::open(&w, "carol").await;
    assert!(carol.text.contains("teh crate"));
    for body in ["the crate", "the big crate"] {
        let edited =
            w.form("bob", &format!("/rooms/{}/messages/{mid}", w.tea), &[("body", body)]).await;
        assert_eq!(edited.status, 200, "{}", edited.body);
        let new = carol.until(body).await;
        assert!(new.contains(&format!("#m{mid} :not(.day,.day *),li[data-of='{mid}']")), "{new}");
        assert!(new.contains("Bob has edited the message of 10:00:"), "{new}");
    }
}

#[tokio::test]
async fn losing_the_right_ends_the_log_with_a_word() {
    let w = World::new().await;
    let mut carol = Paper::open(&w, "carol").await;
    w.post("bob", "hello").await;
    carol.until("hello").await;
    let begun = Instant::now();
    w.restrict("alice", w.tea, "view", "alice, bob").await;
    w.post("bob", "not for carol").await;
    let rest = carol.rest().await;
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    assert!(rest.contains("You are not in this room any more"), "{rest}");
    assert!(rest.contains("</html>"), "{rest}");
    assert!(!rest.contains("not for carol"), "{rest}");
    let again = w.get("carol", &path(&w, "/log")).await;
    assert_eq!(again.status, 404);
    assert!(again.body.contains("You are not in this room any more"), "{}", again.body);
}

#[tokio::test]
async fn logging_out_ends_the_log() {
    let w = World::new().await;
    let mut bob = Paper::open(&w, "bob").await;
    w.form("bob", "/logout", &[]).await;
    let rest = bob.rest().await;
    assert!(rest.contains("You are not in this room any more"), "{rest}");
}

#[tokio::test]
async fn who_reads_the_plain_log_is_here() {
    let w = World::new().await;
    let mut carol = w.listen("carol").await;
    carol.sees(&["Carol"]).await;
    let mut bob = Paper::open(&w, "bob").await;
    assert!(bob.text.contains("<bdi>Bob</bdi>, <bdi>Carol</bdi>"), "{}", bob.text);
    carol.sees(&["Bob", "Carol"]).await;
    let _alice = w.listen("alice").await;
    bob.until("<bdi>Alice</bdi>, <bdi>Bob</bdi>, <bdi>Carol</bdi>").await;
    drop(bob);
    carol.sees(&["Alice", "Carol"]).await;
}

#[tokio::test]
async fn the_box_posts_and_leads_back_to_itself() {
    let w = World::new().await;
    let form = w.get("bob", &path(&w, "/compose")).await;
    let nonce = form.value("input[name=nonce]");
    let fields = [("body", "by hand"), ("nonce", nonce.as_str())];
    for _ in 0..2 {
        let posted = w.ask(post(&path(&w, "/compose")).by("bob").browser().form(&fields)).await;
        assert_eq!(posted.status, 303, "{}", posted.body);
        assert_eq!(posted.location(), path(&w, "/compose#text"));
    }
    let window = w.window("carol").await;
    assert_eq!(window.texts("#log .body"), ["by hand"], "sent twice, it is there once");
}

#[tokio::test]
async fn the_box_keeps_what_could_not_be_posted_and_says_why() {
    let w = World::new().await;
    let long = "x".repeat((1 << 20) + 1);
    for (body, status, css) in [(long.as_str(), 413, "input#text"), ("   \n ", 422, "#text")] {
        let posted = w.form("bob", &path(&w, "/compose"), &[("body", body)]).await;
        assert_eq!(posted.status, status, "{}", posted.body);
        assert!(posted.has(css), "{}", posted.body);
        assert!(posted.has("#error[role=alert]"), "{}", posted.body);
        assert!(posted.body.contains(body.trim()), "{}", posted.body);
    }
    let lines = format!("{long}\nand more");
    let posted = w.form("bob", &path(&w, "/compose"), &[("body", &lines)]).await;
    assert!(posted.has("textarea#text"), "{}", posted.body);
    let gone = w.form(NOBODY, &path(&w, "/compose"), &[("body", "my long text")]).await;
    assert_eq!(gone.status, 401);
    assert!(gone.body.contains("my long text"), "{}", gone.body);
}

#[tokio::test]
async fn who_may_only_read_gets_no_box() {
    let w = World::new().await;
    assert!(w.get("bob", &path(&w, "/compose")).await.has("#text"));
    let carol = w.get("carol", &path(&w, "/compose")).await;
    assert_eq!(carol.status, 200);
    assert!(!carol.has("#text"), "{}", carol.body);
    let posted = w.form("carol", &path(&w, "/compose"), &[("body", "but I want to")]).await;
    assert_eq!(posted.status, 403);
    assert!(w.window("bob").await.texts("#log .body").is_empty());
}

#[tokio::test]
async fn what_may_not_be_seen_is_as_what_does_not_exist() {
    let w = World::new().await;
    let missing = "/rooms/999999/plain";
    for part in ["", "/log", "/compose"] {
        let (there, not) = (path(&w, part), format!("{missing}{part}"));
        let (a, b) = (w.visit("mallory", &there).await, w.visit("mallory", &not).await);
        assert_eq!((a.status, b.status), (404, 404), "{part}");
        let same = |text: &str, room: i64| {
            text.replace(&format!("rooms/{room}/"), "").replace(&format!("rooms%2F{room}%2F"), "")
        };
        assert_eq!(same(&a.body, w.tea), same(&b.body, 999_999), "{part}");
        let (a, b) = (w.visit(NOBODY, &there).await, w.visit(NOBODY, &not).await);
        let status = if part.is_empty() { 303 } else { 401 };
        assert_eq!((a.status, b.status), (status, status), "{part}");
    }
}

#[tokio::test]
async fn only_our_own_page_frames_the_parts() {
    let w = World::new().await;
    let page = w.visit("bob", &path(&w, "")).await;
    let policy = page.header("content-security-policy").to_owned();
    assert!(policy.contains("frame-src 'self'"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(!page.has("script"), "{}", page.body);
    let part = w.visit("bob", &path(&w, "/compose")).await;
    let policy = part.header("content-security-policy").to_owned();
    assert!(policy.contains("frame-ancestors 'self'") && !policy.contains("frame-src"), "{policy}");
    let mut log = Paper::open(&w, "bob").await;
    w.post("bob", "x").await;
    log.until("<p>x</p>").await;
    assert!(log.text.contains("frame-ancestors 'self'"), "{}", log.text);
}

#[tokio::test]
async fn without_frames_the_page_shows_the_latest_and_the_form() {
    let w = World::new().await;
    w.post("bob", "{noformat}</iframe><b>out</b>{noformat} and more").await;
    let page = w.visit("bob", &path(&w, "")).await;
    // A browser with frames reads to the first end of the frame and shows none of it.
    assert_eq!(page.body.to_lowercase().matches("</iframe").count(), 2, "{}", page.body);
    let inside = page.body.split("<iframe").nth(1).unwrap();
    assert!(
        inside.contains("<dt><b><bdi>Bob</bdi></b>") && inside.contains("and more"),
        "{inside}"
    );
    let fields = [("body", "from a terminal"), ("whole", "1")];
    let posted = w.form("bob", &path(&w, "/compose"), &fields).await;
    assert_eq!((posted.status, posted.location()), (303, path(&w, "")));
    let posted = w.form("bob", &path(&w, "/compose"), &[("body", " "), ("whole", "1")]).await;
    assert_eq!(posted.status, 422);
    assert!(posted.body.contains("Write something first."), "{}", posted.body);
}

#[tokio::test]
async fn without_frames_a_message_keeps_what_belongs_to_it() {
    let w = World::new().await;
    let question = w.post("alice", "Green or black?").await;
    let fields = [("body", "Green."), ("reply_to", &question.to_string())];
    let answer = w.form("bob", &format!("/rooms/{}/messages", w.tea), &fields).await.mid();
    let (one, whole) = (format!("/rooms/{}/messages/{answer}", w.tea), ["line"; 20].join("\n"));
    assert_eq!(w.form("bob", &one, &[("body", "Green, please.")]).await.status, 200);
    let paste = w.post("bob", &whole).await;
    let removed = w.post("bob", "never mind").await;
    w.remove("bob", removed).await;
    let page = w.visit("carol", &path(&w, "")).await;
    let inside = page.body.split("<dl>").nth(1).unwrap().split("</dl>").next().unwrap();
    for part in [
        "Green or black?</span></a></dd><dd><p>Green, please.",
        &format!("<a href=\"{one}/history\">edited</a>"),
        &format!(
            "<a class=\"whole\" href=\"/rooms/{}/messages/{paste}/paste\">20 lines</a>",
            w.tea
        ),
        "Message removed",
    ] {
        assert!(inside.contains(part), "no {part} in {inside}");
    }
    assert!(!inside.contains("never mind") && inside.matches("history").count() == 1, "{inside}");
}

#[tokio::test]
async fn a_stopping_server_ends_open_logs_and_polls_at_once() {
    let w = World::new().await;
    let mut bob = Paper::open(&w, "bob").await;
    let cursor = w.window("bob").await.cursor();
    let (address, token, room) = (w.address.clone(), w.token("carol").to_owned(), w.tea);
    let polling = tokio::spawn(async move {
        let mut socket = TcpStream::connect(&address).await.unwrap();
        let request = format!(
            "GET /rooms/{room}/poll?after={cursor} HTTP/1.1\r\nhost: x\r\ncookie: sid={token}\r\n\
             connection: close\r\n\r\n"
        );
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        answer
    });
    bob.until("<bdi>Carol</bdi>").await;
    let begun = Instant::now();
    let _again = w.restart().await;
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    let rest = bob.rest().await;
    assert!(rest.contains("http-equiv=\"refresh\"") && rest.contains("</html>"), "{rest}");
    assert!(polling.await.unwrap().starts_with("HTTP/1.1 200"));
}
