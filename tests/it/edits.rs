//! Rewriting a message, and what it said before.

use crate::world::{Answer, NOBODY, World, get, post};

impl World {
    /// Rewrites a message of Tea, as a script.
    async fn rewrite(&self, who: &str, mid: i64, body: &str) -> Answer {
        self.form(who, &at(self, mid), &[("body", body)]).await
    }

    async fn history(&self, who: &str, mid: i64) -> Answer {
        self.get(who, &format!("{}/history", at(self, mid))).await
    }
}

fn at(w: &World, mid: i64) -> String {
    format!("/rooms/{}/messages/{mid}", w.tea)
}

#[tokio::test]
async fn an_edit_shows_in_the_window_the_transcript_and_the_search() {
    let w = World::new().await;
    let mid = w.post("bob", "green *tae*").await;
    w.post("alice", "what?").await;
    w.pass(1);
    let edited = w.rewrite("bob", mid, "green *tea*").await;
    assert_eq!((edited.status, edited.mid()), (200, mid));
    for shown in [w.window("carol").await, w.transcript("carol", w.tea, "2026-11-22").await] {
        assert_eq!(shown.said(), ["green tea", "what?"]);
        assert_eq!(shown.texts(&format!("#m{mid} .body strong")), ["tea"]);
        assert_eq!(shown.texts(&format!("#m{mid} .edited")), ["edited"]);
        assert_eq!(shown.texts(".edited").len(), 1);
    }
    let found = w.get("carol", "/search?q=tea+green").await;
    assert!(found.body.contains(&format!("messages/{mid}\"")), "{}", found.body);
    assert!(!w.get("carol", "/search?q=tae").await.body.contains(&format!("messages/{mid}\"")));
}

#[tokio::test]
async fn an_edit_reaches_open_windows_and_those_who_were_away() {
    let w = World::new().await;
    let mid = w.post("bob", "one").await;
    w.post("bob", "two").await;
    let cursor = w.window("carol").await.cursor();
    let mut here = w.listen("carol").await;
    w.rewrite("bob", mid, "won").await;
    let mut back = w.listen_after("carol", &cursor).await;
    for listener in [&mut here, &mut back] {
        let event = listener.next().await;
        assert_eq!(event.said(), ["won"]);
        assert!(event.has(&format!("hx-partial[hx-target^='#m{mid}']")), "{}", event.data);
        assert!(!event.has("audio"), "an edit is not heard");
    }
    let polled = w.get("carol", &format!("/rooms/{}/poll?after={cursor}", w.tea)).await;
    assert_eq!(polled.said(), ["won"]);
}

#[tokio::test]
async fn an_edit_stays_in_its_place_and_on_its_day() {
    let w = World::new().await;
    let first = w.post("bob", "one").await;
    w.post("alice", "two").await;
    w.set_clock("2026-11-24T09:00:00Z");
    w.post("alice", "three").await;
    w.rewrite("bob", first, "uno").await;
    assert_eq!(w.window("bob").await.said(), ["uno", "two", "three"]);
    assert_eq!(w.transcript("bob", w.tea, "2026-11-22").await.said(), ["uno", "two"]);
    let by = w.get("bob", &format!("/rooms/{}/transcripts/2026-11-23", w.tea)).await;
    assert_eq!(by.status, 404, "an edit opens no day");
}

#[tokio::test]
async fn only_its_author_rewrites_a_message() {
    let w = World::new().await;
    let mid = w.post("bob", "mine").await;
    // alice may remove it, but not put words into bob's mouth.
    for (who, status) in
        [("alice", 403), ("robo", 403), ("carol", 403), ("mallory", 404), (NOBODY, 401)]
    {
        assert_eq!(w.rewrite(who, mid, "theirs").await.status, status, "{who}");
        let form = w.ask(get(&format!("{}/edit", at(&w, mid))).by(who).htmx()).await;
        assert_eq!(form.status, status, "the form for {who}");
    }
    assert_eq!(w.window("carol").await.said(), ["mine"]);
    assert_eq!(w.rewrite("bob", mid, "still mine").await.status, 200);
}

#[tokio::test]
async fn an_edit_is_refused_like_a_post() {
    let w = World::new().await;
    let mid = w.post("bob", "hello").await;
    assert_eq!(w.rewrite("bob", mid, " \r\n ").await.status, 422);
    assert_eq!(w.rewrite("bob", mid, &"x".repeat(5 << 20)).await.status, 413);
    assert_eq!(w.rewrite("bob", mid + 1, "hello").await.status, 404);
    assert_eq!(w.rewrite("bob", -1, "hello").await.status, 404);
    assert_eq!(w.form("bob", &at(&w, mid), &[]).await.status, 400);
    w.edit("bob", w.tea, "Tea", "no chat here").await;
    assert_eq!(w.rewrite("bob", mid, "too late").await.status, 409);
    assert_eq!(w.window("bob").await.said(), ["hello"]);
}

#[tokio::test]
async fn a_removed_message_is_not_edited() {
    let w = World::new().await;
    let mid = w.post("bob", "hello").await;
    w.remove("bob", mid).await;
    assert_eq!(w.rewrite("bob", mid, "back again").await.status, 409);
    assert!(w.window("bob").await.has(&format!("#m{mid}[data-removed]")));
}

#[tokio::test]
async fn saying_the_same_again_changes_nothing() {
    let w = World::new().await;
    let mid = w.post("bob", "hello").await;
    let before = w.window("bob").await.cursor();
    assert_eq!(w.rewrite("bob", mid, "hello\r\n").await.status, 200);
    let window = w.window("bob").await;
    assert_eq!(window.cursor(), before);
    assert!(!window.has(".edited"));
}

#[tokio::test]
async fn a_retry_of_an_edited_message_is_still_that_message() {
    let w = World::new().await;
    let mid = w.send(w.tea, "bob", "hello", "n1").await.mid();
    w.rewrite("bob", mid, "goodbye").await;
    let retry = w.send(w.tea, "bob", "hello", "n1").await;
    assert_eq!((retry.status, retry.mid()), (200, mid));
    assert_eq!(w.window("bob").await.said(), ["goodbye"]);
}

#[tokio::test]
async fn the_history_tells_every_version_with_its_time() {
    let w = World::new().await;
    let mid = w.post("bob", "one <b>").await;
    w.pass(5);
    w.rewrite("bob", mid, "two").await;
    w.pass(5);
    w.rewrite("bob", mid, "/me counts to three").await;
    let history = w.history("carol", mid).await;
    assert_eq!(history.texts(".history pre"), ["/me counts to three", "two", "one <b>"]);
    let times = history.texts(".history li h2");
    assert!(times[0].ends_with("10:10") && times[2].ends_with("10:00"), "{times:?}");
    let mark = w.window("carol").await.attributes(&format!("#m{mid} a.edited"), "href");
    assert_eq!(mark, [format!("{}/history", at(&w, mid))]);
    assert_eq!(w.history("mallory", mid).await.status, 404);
    assert_eq!(w.history("carol", mid + 5).await.status, 404);
}

#[tokio::test]
async fn a_long_history_comes_in_stretches_and_does_not_grow_for_ever() {
    let w = World::with(|config| config.paste_limit = 64 << 10).await;
    let mid = w.post("bob", "version 1").await;
    for n in 2..=120 {
        assert_eq!(w.rewrite("bob", mid, &format!("version {n}")).await.status, 200, "{n}");
    }
    let (mut shown, mut path) = (Vec::new(), Some(format!("{}/history", at(&w, mid))));
    let mut n_stretches = 0;
    while let Some(next) = path {
        let stretch = w.get("carol", &next).await;
        shown.extend(stretch.texts(".history pre"));
        path = stretch.attributes(".history a.button", "href").first().cloned();
        n_stretches += 1;
    }
    let all: Vec<_> = (1..=120).rev().map(|n| format!("version {n}")).collect();
    assert_eq!((shown, n_stretches), (all, 3));
    for odd in ["before=0", "before=-7", "before=9223372036854775807"] {
        assert_eq!(w.get("carol", &format!("{}/history?{odd}", at(&w, mid))).await.status, 200);
    }
    // An export holds all of it at once: sixteen of the longest texts, and no more.
    let long = |n: usize| format!("{n:02}{}", "x\n".repeat((64 << 9) - 1));
    let mid = w.post("bob", &long(0)).await;
    for n in 1..=16 {
        assert_eq!(w.rewrite("bob", mid, &long(n)).await.status, 200, "{n}");
    }
    let refused = w.rewrite("bob", mid, &long(17)).await;
    assert_eq!(refused.status, 409, "{}", refused.body);
    assert!(refused.body.contains("rewritten often enough"), "{}", refused.body);
    assert!(w.history("carol", mid).await.texts(".history pre")[0].starts_with("16x"));
    assert_eq!(w.remove("bob", mid).await.status, 200);
}

#[tokio::test]
async fn a_removal_takes_the_history_with_it_to_the_last_byte() {
    let w = World::new().await;
    let mid = w.post("bob", "the zebra password").await;
    w.rewrite("bob", mid, "the quagga password").await;
    w.rewrite("bob", mid, "the okapi password").await;
    let animals = ["zebra", "quagga", "okapi"];
    for animal in animals {
        assert!(w.holds(animal), "{animal} was never there");
    }
    assert_eq!(w.remove("bob", mid).await.status, 200);
    assert_eq!(w.history("bob", mid).await.status, 404);
    for animal in animals {
        w.forgets(animal).await;
    }
}

#[tokio::test]
async fn the_form_stands_in_the_messages_place_and_shows_the_source() {
    let w = World::new().await;
    let mid = w.post("bob", "\n *bold* & </textarea>\nnext").await;
    let path = at(&w, mid);
    let form = w.ask(get(&format!("{path}/edit")).by("bob").htmx()).await;
    assert_eq!(form.mid(), mid);
    assert!(form.has(&format!("li#m{mid}[data-editing] form.rewrite[hx-post='{path}']")));
    assert_eq!(form.text("textarea"), "*bold* & </textarea> next");
    assert!(!form.has(".body"));
    // Escape asks for the message itself; a script still gets its place.
    let item = w.ask(get(&path).by("bob").htmx()).await;
    assert_eq!((item.status, item.said().len()), (200, 1));
    assert_eq!(w.get("bob", &path).await.status, 303);
}

#[tokio::test]
async fn without_scripts_the_form_is_a_page() {
    let w = World::new().await;
    let mid = w.post("bob", "hello").await;
    let path = at(&w, mid);
    let page = w.visit("bob", &format!("{path}/edit")).await;
    assert_eq!(page.text("form.fields textarea"), "hello");
    let saved = w.ask(post(&path).by("bob").browser().form(&[("body", "goodbye")])).await;
    assert_eq!((saved.status, saved.location()), (303, format!("/rooms/{}", w.tea)));
    let refused = w.ask(post(&path).by("bob").browser().form(&[("body", " ")])).await;
    assert_eq!(refused.status, 422);
    assert_eq!(refused.text("form.fields .error"), "Write something first.");
    assert_eq!(w.window("bob").await.said(), ["goodbye"]);
}

#[tokio::test]
async fn an_edit_resolves_links_under_its_authors_rights() {
    let w = World::new().await;
    let open = w.page("alice", "Biscuits", "crisp").await;
    let secret = w.page("alice", "Payroll", "numbers").await;
    w.restrict("alice", secret, "view", "alice").await;
    let mid = w.post("bob", "nothing").await;
    w.rewrite("bob", mid, "[Biscuits] and [Payroll]").await;
    let window = w.window("alice").await;
    let links = window.attributes(&format!("#m{mid} .body a"), "href");
    assert_eq!(links, [format!("/pages/{open}")]);
    assert_eq!(window.said(), ["Biscuits and [Payroll]"]);
}

#[tokio::test]
async fn a_right_that_was_lost_cannot_be_used_to_edit() {
    let w = World::new().await;
    let mid = w.post("bob", "hello").await;
    w.rights("alice, bob", "alice", "alice").await;
    assert_eq!(w.rewrite("bob", mid, "bye").await.status, 403);
    w.rights("alice", "alice", "alice").await;
    assert_eq!(w.rewrite("bob", mid, "bye").await.status, 404);
}
