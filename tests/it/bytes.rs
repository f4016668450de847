//! What is on the disk: every byte of the file and its log, free pages included.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::process::Server;
use crate::world::World;

impl World {
    /// Is the text anywhere on the disk, in any case of its letters?
    pub fn holds(&self, text: &str) -> bool {
        holds(&self.file(), text)
    }

    /// Waits until the text is nowhere on the disk.
    pub async fn forgets(&self, text: &str) {
        forgets(&self.file(), text).await;
    }
}

fn holds(file: &Path, text: &str) -> bool {
    let wal = file.with_extension("db-wal");
    [file, &wal].iter().any(|path| {
        let bytes = std::fs::read(path).unwrap_or_default().to_ascii_lowercase();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    })
}

async fn forgets(file: &Path, text: &str) {
    let begun = Instant::now();
    while holds(file, text) {
        assert!(begun.elapsed() < Duration::from_secs(20), "{text} is still on the disk");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn what_was_removed_right_before_a_kill_is_cut_off_by_the_next_start() {
    let (server, rooms) = Server::furnished();
    let bob = server.log_in("bob").await;
    let file = server.folder().join("wiki.db");
    // Where a look of the writer's came in between, it is gone already: then once more.
    for n in 0.. {
        let word = format!("xqzebra{n}");
        let removed = bob.say(rooms.room, &word).await;
        bob.delete(&format!("/rooms/{}/messages/{removed}", rooms.room)).await;
        server.kill();
        if holds(&file, &word) {
            server.restart();
            return forgets(&file, &word).await;
        }
        assert!(n < 5, "it was never there");
        server.restart();
    }
}

#[tokio::test]
async fn of_a_word_that_is_gone_not_even_the_beginning_is_left_in_the_index() {
    let w = World::new().await;
    let removed = w.post("bob", "xqzebra stays not").await;
    let edited = w.post("bob", "vwkoala stays not").await;
    w.post("bob", "what stays").await;
    // By its beginning alone, since the index may keep a word in pieces.
    assert!(w.holds("xqz") && w.holds("vwk"));
    w.remove("bob", removed).await;
    let path = format!("/rooms/{}/messages/{edited}", w.tea);
    assert_eq!(w.form("bob", &path, &[("body", "something else")]).await.status, 200);
    for word in ["xqz", "xqzebra"] {
        assert!(!w.get("carol", &format!("/search?q={word}")).await.has("ol.hits li"), "{word}");
        w.forgets(word).await;
    }
    // What an edit replaced is kept for its history, and goes with the message.
    assert!(!w.get("carol", "/search?q=vwk").await.has("ol.hits li"));
    w.remove("bob", edited).await;
    w.forgets("vwk").await;
}
