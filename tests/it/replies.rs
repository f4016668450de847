//! Answering a message: one line of it, that leads back to it.

use crate::world::{Answer, World, get, nonce, post};

impl World {
    async fn answer(&self, who: &str, to: &str, body: &str) -> Answer {
        let path = format!("/rooms/{}/messages", self.tea);
        let fields = [("body", body), ("nonce", &nonce()), ("reply_to", to)];
        self.form(who, &path, &fields).await
    }

    /// Answers a message of Tea; the answer's id.
    async fn reply(&self, who: &str, to: i64, body: &str) -> i64 {
        let posted = self.answer(who, &to.to_string(), body).await;
        assert_eq!(posted.status, 201, "{}", posted.body);
        posted.mid()
    }
}

#[tokio::test]
async fn a_reply_shows_who_and_one_line_and_leads_back() {
    let w = World::new().await;
    let question = w.post("alice", "\n*Green* or [black|https://example.org]?\nMilk?").await;
    let mut carol = w.listen("carol").await;
    let answer = w.reply("bob", question, "Green.").await;
    let css = format!("#m{answer} a.quote");
    let event = carol.next().await;
    assert!(event.has(&css), "{}", event.data);
    for shown in [w.window("carol").await, w.transcript("carol", w.tea, "2026-11-22").await] {
        assert_eq!(shown.text(&css), "Alice Green or black?");
        let to = format!("/rooms/{}/messages/{question}", w.tea);
        assert_eq!(shown.attributes(&css, "href"), [to]);
        assert_eq!(shown.said()[1], "Green.");
    }
}

#[tokio::test]
async fn a_quoted_line_is_short_text() {
    let w = World::new().await;
    let long = w.post("alice", &format!("{{{{<b>}}}} {}", "many words ".repeat(100))).await;
    let answer = w.reply("bob", long, "so many").await;
    let line = w.window("bob").await.text(&format!("#m{answer} .quote .line"));
    assert!(line.starts_with("<b> many words") && line.ends_with('…'), "{line}");
    assert!(line.chars().count() <= 121, "{line}");
    let paste = w.post("alice", &["  first line"; 20].join("\n")).await;
    let answer = w.reply("bob", paste, "long").await;
    let window = w.window("bob").await;
    assert_eq!(window.text(&format!("#m{answer} .quote .line")), "first line");
}

#[tokio::test]
async fn what_was_removed_is_quoted_nowhere() {
    let w = World::new().await;
    let secret = w.post("alice", "the zebra password").await;
    let answer = w.reply("bob", secret, "Careful.").await;
    let css = format!("#m{answer} .quote");
    assert_eq!(w.window("carol").await.text(&css), "Alice the zebra password");
    let cursor = w.window("carol").await.cursor();
    let mut here = w.listen("carol").await;
    w.remove("alice", secret).await;
    let mut back = w.listen_after("carol", &cursor).await;
    for listener in [&mut here, &mut back] {
        let event = listener.next().await;
        let told = format!("a.of-{secret}[hx-swap-oob='outerHTML:.of-{secret}']");
        assert!(event.has(&told), "{}", event.data);
        assert!(!event.data.contains("zebra"));
    }
    let polled = w.get("carol", &format!("/rooms/{}/poll?after={cursor}", w.tea)).await;
    assert!(polled.has(&format!("a.of-{secret}")) && !polled.body.contains("zebra"));
    assert_eq!(w.window("carol").await.text(&css), "Message removed");
    assert_eq!(w.transcript("carol", w.tea, "2026-11-22").await.text(&css), "Message removed");
    w.forgets("zebra").await;
    // Answering what has just been removed is no mistake of the author's.
    let late = w.reply("bob", secret, "What was it?").await;
    assert_eq!(w.window("bob").await.text(&format!("#m{late} .quote")), "Message removed");
}

#[tokio::test]
async fn an_edit_shows_in_the_replies() {
    let w = World::new().await;
    let question = w.post("alice", "Grene tea?").await;
    let answer = w.reply("bob", question, "Yes.").await;
    let mut carol = w.listen("carol").await;
    let path = format!("/rooms/{}/messages/{question}", w.tea);
    w.form("alice", &path, &[("body", "Green tea?")]).await;
    let event = carol.next().await;
    assert!(event.has(&format!(".of-{question}")) && !event.data.contains("Grene"));
    let css = format!("#m{answer} .quote .line");
    assert_eq!(w.window("carol").await.text(&css), "Green tea?");
}

#[tokio::test]
async fn only_what_is_in_the_room_can_be_answered() {
    let w = World::new().await;
    let other = w.page("alice", "Secret", "{chat}").await;
    let there = w.post_in(other, "alice", "one").await;
    let there_too = w.post_in(other, "alice", "hidden").await;
    let here = w.post("bob", "hello").await;
    assert_eq!((here, there), (1, 1), "each room counts for itself");
    for to in [there_too.to_string(), "0".into(), "-1".into(), "x".into(), "9".repeat(30)] {
        let refused = w.answer("bob", &to, "psst").await;
        assert_eq!(refused.status, 422, "{to}");
    }
    assert_eq!(w.answer("bob", "", "fine").await.status, 201);
    assert_eq!(w.answer("bob", " 1 ", "fine too").await.status, 201);
    assert_eq!(w.window("bob").await.texts(".quote").len(), 1);
}

#[tokio::test]
async fn a_reply_names_its_author_also_in_a_run() {
    let w = World::new().await;
    let first = w.post("bob", "one").await;
    let second = w.reply("bob", first, "two").await;
    let window = w.window("bob").await;
    assert!(!window.has(&format!("#m{second}[data-continues]")));
}

#[tokio::test]
async fn a_retry_of_a_reply_is_the_same_message() {
    let w = World::new().await;
    let first = w.post("alice", "one").await;
    let path = format!("/rooms/{}/messages", w.tea);
    let to = first.to_string();
    let fields = [("body", "two"), ("nonce", "n1"), ("reply_to", to.as_str())];
    assert_eq!(w.form("bob", &path, &fields).await.status, 201);
    assert_eq!(w.form("bob", &path, &fields).await.status, 200);
    assert_eq!(w.window("bob").await.said(), ["one", "two"]);
}

#[tokio::test]
async fn without_scripts_a_link_makes_the_draft_a_reply() {
    let w = World::new().await;
    let mid = w.post("alice", "Tea?").await;
    let window = w.visit("bob", &format!("/rooms/{}", w.tea)).await;
    let to = format!("/rooms/{}?reply={mid}", w.tea);
    assert_eq!(window.attributes(&format!("#m{mid} a.reply"), "href"), [to.as_str()]);
    assert!(!window.has("#reply > *"));
    let window = w.visit("bob", &to).await;
    assert_eq!(window.text("#composer #reply .quote"), "Alice Tea?");
    assert_eq!(window.value("#composer input[name=reply_to]"), mid.to_string());
    // A refused draft comes back with what it answers.
    let path = format!("/rooms/{}/messages", w.tea);
    let to = mid.to_string();
    let fields = [("body", " "), ("reply_to", to.as_str())];
    let refused = w.ask(post(&path).by("bob").browser().form(&fields)).await;
    assert_eq!((refused.status, refused.text("#reply .quote")), (422, "Alice Tea?".into()));
    for odd in ["999", "x", ""] {
        let window = w.visit("bob", &format!("/rooms/{}?reply={odd}", w.tea)).await;
        assert_eq!((window.status, window.has("#reply > *")), (200, false), "{odd}");
    }
}

#[tokio::test]
async fn the_reference_over_the_box_is_for_those_who_may_read() {
    let w = World::new().await;
    let mid = w.post("alice", "Tea?").await;
    let path = format!("/rooms/{}/messages/{mid}/reply", w.tea);
    let reference = w.ask(get(&path).by("bob").htmx()).await;
    assert_eq!(reference.value("input[name=reply_to]"), mid.to_string());
    assert_eq!(w.ask(get(&path).by("mallory").htmx()).await.status, 404);
    assert_eq!(w.get("bob", &format!("/rooms/{}/messages/99/reply", w.tea)).await.status, 404);
}
