//! A room taken away by the web: what the command writes, for whoever sees the room.

use std::time::Duration;

use backchannel::admin::{self, Command, Format};
use backchannel::export::Of;
use backchannel::id::RoomId;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::derived::{DAYS, a_full_room};
use crate::world::{NOBODY, World, nonce};

const FORMS: [(&str, Format, &str); 3] = [
    ("html", Format::Html, "text/html; charset=utf-8"),
    ("txt", Format::Text, "text/plain; charset=utf-8"),
    ("jsonl", Format::Jsonl, "application/jsonl"),
];

impl World {
    fn taken(&self, form: &str) -> String {
        format!("/rooms/{}/export/{form}", self.tea)
    }

    /// Asks for an export, and takes the head of the answer and nothing more.
    async fn begin_to_take(&self, who: &str, form: &str) -> (u16, TcpStream) {
        self.begin_to_have(who, &self.taken(form)).await
    }

    async fn begin_to_have(&self, who: &str, path: &str) -> (u16, TcpStream) {
        let mut door = TcpStream::connect(&self.address).await.unwrap();
        let asked = format!(
            "GET {path} HTTP/1.1\r\nhost: {}\r\ncookie: sid={}\r\nconnection: close\r\n\r\n",
            self.address,
            self.token(who)
        );
        door.write_all(asked.as_bytes()).await.unwrap();
        let mut head = [0; 12];
        door.read_exact(&mut head).await.unwrap();
        (std::str::from_utf8(&head[9..]).unwrap().parse().unwrap(), door)
    }
}

#[tokio::test]
async fn whoever_sees_a_room_takes_away_what_the_command_writes() {
    let w = World::new().await;
    a_full_room(&w).await;
    w.note("bob", w.tea, DAYS[0], "h2. What *we* did").await;
    w.put("bob", "of three bytes and one.bin", &vec![7; 700_001]).await;
    for (form, format, kind) in FORMS {
        let file = w.file().with_file_name(format!("export-{}", nonce()));
        let of = Of::Room(RoomId(w.tea));
        admin::run(&w.app, Command::Export { of, format, file: file.clone() }).await.unwrap();
        let written = std::fs::read_to_string(file).unwrap();
        let taken = w.get("carol", &w.taken(form)).await;
        assert_eq!((taken.status, taken.body.len()), (200, written.len()), "{form}");
        assert!(taken.body == written && written.len() > 300, "{form}");
        let header = |name: &str| taken.headers[name].to_str().unwrap().to_owned();
        assert_eq!(header("content-type"), kind);
        assert!(
            header("content-disposition")
                .starts_with(&format!("attachment; filename=\"Tea.{form}\""))
        );
        assert!(header("content-security-policy").starts_with("sandbox; default-src 'none'"));
        assert_eq!(header("cache-control"), "no-store");
    }
    for page in ["", "/calendar"] {
        let links = w.get("carol", &format!("/rooms/{}{page}", w.tea)).await;
        let wanted: Vec<_> = FORMS.iter().map(|(form, ..)| w.taken(form)).collect();
        assert_eq!(links.attributes(".take a", "href"), wanted, "{page}");
    }
}

#[tokio::test]
async fn whoever_does_not_see_the_room_takes_nothing() {
    let w = World::new().await;
    w.post("bob", "hello").await;
    for (form, ..) in FORMS {
        for (who, status) in [("carol", 200), ("mallory", 404), (NOBODY, 303)] {
            let answer = w.get(who, &w.taken(form)).await;
            assert_eq!(answer.status, status, "{who}: {form}");
            assert_eq!(answer.body.contains("hello"), status == 200, "{who}: {form}");
        }
    }
    for nothing in ["", "pdf", "HTML", "html.txt"] {
        assert_eq!(w.get("carol", &w.taken(nothing)).await.status, 404, "{nothing}");
    }
    w.restrict("alice", w.tea, "view", "alice, bob").await;
    assert_eq!(w.get("carol", &w.taken("txt")).await.status, 404);
    // A closed room is read still, and of what was removed there is its place.
    w.remove("alice", 1).await;
    w.edit("alice", w.tea, "Tea", "without").await;
    let left = w.get("bob", &w.taken("jsonl")).await;
    assert!(left.body.contains("\"removed\":true") && !left.body.contains("hello"));
}

/// A day with more than what is on its way at once, and a day after it.
async fn a_room_that_takes_its_time(w: &World) {
    w.put("bob", "big.bin", &vec![7; 12 << 20]).await;
    w.pass(24 * 60);
    w.post("bob", "the last word").await;
}

#[tokio::test]
async fn an_export_ends_where_the_right_does() {
    let w = World::new().await;
    a_room_that_takes_its_time(&w).await;
    for revoked in [false, true] {
        let (status, mut door) = w.begin_to_take("carol", "jsonl").await;
        assert_eq!(status, 200);
        // The first day is on its way, and most of its file is not yet.
        let mut taken = vec![0; 1 << 20];
        door.read_exact(&mut taken).await.unwrap();
        if revoked {
            w.restrict("alice", w.tea, "view", "alice, bob").await;
        }
        let _ = door.read_to_end(&mut taken).await;
        let taken = String::from_utf8(taken).unwrap();
        // Without the last, empty piece a client knows that it does not have all.
        let whole = taken.ends_with("\r\n0\r\n\r\n");
        assert_eq!((whole, taken.contains("the last word")), (!revoked, !revoked));
        assert_eq!(taken.len() > 12 << 20, !revoked, "{}", taken.len());
    }
}

#[tokio::test]
async fn a_day_of_long_pastes_comes_in_stretches_and_ends_where_the_right_does() {
    let w = World::new().await;
    for n in 0..14 {
        w.post("bob", &format!("paste {n}\n{}", "\"a line\"\n".repeat(100_000))).await;
    }
    w.note("bob", w.tea, "2026-11-22", "h2. Noted").await;
    let day = format!("/rooms/{}/transcripts/2026-11-22", w.tea);
    let json = w.get("carol", &format!("{day}.json")).await;
    let json: serde_json::Value = serde_json::from_str(&json.body).unwrap();
    assert_eq!((&json["space"], &json["notes"][0]["notes"]), (&"TEAM".into(), &"h2. Noted".into()));
    let said = json["messages"].as_array().unwrap();
    assert_eq!(said.len(), 14);
    for (n, one) in said.iter().enumerate() {
        let lines: Vec<_> = one["body"].as_str().unwrap().lines().collect();
        assert_eq!((lines.len(), lines[0]), (100_001, &*format!("paste {n}")));
    }
    let text = w.get("carol", &format!("{day}.txt")).await;
    assert!(
        text.body
            .starts_with("Tea (TEAM, UTC)\n\n2026-11-22\n\n| h2. Noted\n\n[10:00] Bob: paste 0\n")
    );
    assert_eq!(
        (text.body.matches("\n2026-11-22\n").count(), text.body.lines().count()),
        (1, 1_400_020)
    );
    assert!(w.get("carol", &w.taken("txt")).await.body.starts_with(&text.body));
    for form in ["json", "txt"] {
        w.restrict("alice", w.tea, "view", "").await;
        let (status, mut door) = w.begin_to_have("carol", &format!("{day}.{form}")).await;
        assert_eq!(status, 200);
        let mut taken = vec![0; 1 << 20];
        door.read_exact(&mut taken).await.unwrap();
        w.restrict("alice", w.tea, "view", "alice, bob").await;
        let _ = door.read_to_end(&mut taken).await;
        // As many stretches as were on their way came, and not the last.
        assert!(!taken.ends_with(b"\r\n0\r\n\r\n"), "{form}: {}", taken.len());
    }
}

#[tokio::test]
async fn only_so_many_are_on_their_way_at_a_time() {
    let w = World::new().await;
    a_room_that_takes_its_time(&w).await;
    let mut open = Vec::new();
    for _ in 0..4 {
        open.push(w.begin_to_take("carol", "jsonl").await);
    }
    assert!(open.iter().all(|(status, _)| *status == 200));
    let refused = w.get("bob", &w.taken("txt")).await;
    assert_eq!((refused.status, refused.headers["retry-after"].to_str().unwrap()), (503, "1"));
    // One of them goes away in the middle, and its place is free again.
    open.pop();
    let again = async { while w.get("bob", &w.taken("txt")).await.status != 200 {} };
    tokio::time::timeout(Duration::from_mins(1), again).await.expect("a place");
}
