//! What can be asked for beside words, alone, together, and turned around.

use crate::world::{Answer, NOBODY, World};

async fn found(w: &World, who: &str, q: &str) -> Answer {
    let mut query = url::form_urlencoded::Serializer::new(String::from("/search?"));
    query.append_pair("q", q);
    w.get(who, &query.finish()).await
}

/// The beginnings of the lines that were found, in order of their letters.
async fn lines(w: &World, who: &str, q: &str) -> Vec<String> {
    let lines = found(w, who, q).await.texts("ol.hits li[data-hit] .line");
    let mut words: Vec<_> =
        lines.iter().map(|line| line.split(' ').next().unwrap_or("").to_owned()).collect();
    words.sort();
    words
}

async fn expect(w: &World, who: &str, table: &[(&str, &[&str])]) {
    for (q, wanted) in table {
        assert_eq!(lines(w, who, q).await, *wanted, "{q}");
    }
}

#[tokio::test]
async fn a_minus_leaves_out_words_phrases_and_beginnings() {
    let w = World::new().await;
    for text in ["one boot loader", "two boots load", "three loader boot", "four nothing"] {
        w.post("bob", text).await;
    }
    expect(
        &w,
        "carol",
        &[
            ("boot ", &["one", "three"]),
            ("boot* ", &["one", "three", "two"]),
            ("boot* -\"boot loader\"", &["three", "two"]),
            ("boot* -loader", &["two"]),
            ("boot* -load*", &[]),
            ("-boot*", &["four"]),
            ("-\"boot loader\" -nothing", &["three", "two"]),
            // A minus within a word or alone is none.
            ("boot-loader", &["one"]),
            ("- boot ", &["one", "three"]),
        ],
    )
    .await;
}

#[tokio::test]
async fn whose_and_where_and_when_can_be_asked() {
    let w = World::new().await;
    let plans = w.page("bob", "Plans for May", "{chat:May}").await;
    w.post("bob", "one tea").await;
    w.post("alice", "two tea").await;
    w.pass(24 * 60);
    w.post_in(plans, "bob", "three tea").await;
    w.pass(24 * 60 * 10);
    w.post("robo", "four tea").await;
    expect(
        &w,
        "carol",
        &[
            ("tea from:bob", &["one", "three"]),
            ("from:@BOB tea", &["one", "three"]),
            ("from:bob from:alice", &["one", "three", "two"]),
            ("tea -from:bob", &["four", "two"]),
            ("from:nobody tea", &[]),
            ("-from:nobody tea", &["four", "one", "three", "two"]),
            ("in:tea", &["four", "one", "two"]),
            ("in:May tea", &["three"]),
            ("in:\"plans for may\"", &["three"]),
            ("in:plans", &["three"]),
            ("-in:tea tea", &["three"]),
            ("in:tea in:may from:bob", &["one", "three"]),
            ("in:nowhere tea", &[]),
            ("space:team tea", &["four", "one", "three", "two"]),
            ("space:none tea", &[]),
            ("-space:TEAM tea", &[]),
            ("on:2026-11-22", &["one", "two"]),
            ("on:2026-11", &["one", "three", "two"]),
            ("-on:2026-11 tea", &["four"]),
            ("before:2026-11-23", &["one", "two"]),
            ("after:2026-11-22", &["four", "three"]),
            ("after:2026-11-22 before:2026-12", &["three"]),
            ("-after:2026-11-22", &["one", "two"]),
            ("before:2026 tea", &[]),
            ("after:2025 -from:bob on:2026-11", &["two"]),
        ],
    )
    .await;
    expect(&w, "alice", &[("from:me", &["two"]), ("-from:me", &["four", "one", "three"])]).await;
}

#[tokio::test]
async fn what_a_message_holds_can_be_asked() {
    let w = World::new().await;
    w.post("bob", "one https://example.org/a").await;
    w.post("bob", "two {{code}}").await;
    w.post("bob", "three @carol look").await;
    w.post("bob", "four plain").await;
    w.post("bob", &format!("five\n{}", "a line\n".repeat(20))).await;
    let pinned = w.post("bob", "six [^a.pdf] https://example.org").await;
    w.form("alice", &format!("/rooms/{}/messages/{pinned}/pin", w.tea), &[]).await;
    expect(
        &w,
        "carol",
        &[
            ("has:link", &["one", "six"]),
            ("has:link -has:file", &["one"]),
            ("has:file", &["six"]),
            ("has:code", &["two"]),
            ("has:paste", &["five"]),
            ("-has:link -has:code -has:paste", &["four", "three"]),
            ("mentions:me", &["three"]),
            ("-mentions:me four", &["four"]),
            ("is:pinned", &["six"]),
            ("-is:pinned has:link", &["one"]),
        ],
    )
    .await;
    assert_eq!(lines(&w, "bob", "mentions:me").await, [""; 0]);
    // What only looks like an operator is words.
    for q in ["has:teeth", "on:monday", "is:nice", "mentions:you", "from:", "in:\"\""] {
        assert_eq!(found(&w, "carol", q).await.status, 200, "{q}");
    }
    w.post("bob", "seven on:monday at has:teeth").await;
    expect(&w, "carol", &[("on:monday", &["seven"]), ("has:teeth", &["seven"])]).await;
}

#[tokio::test]
async fn an_edit_and_a_removal_change_what_a_message_holds() {
    let w = World::new().await;
    let mid = w.post("bob", "one https://example.org").await;
    assert_eq!(lines(&w, "carol", "has:link").await, ["one"]);
    let path = format!("/rooms/{}/messages/{mid}", w.tea);
    assert_eq!(w.form("bob", &path, &[("body", "one {{code}}")]).await.status, 200);
    assert!(lines(&w, "carol", "has:link").await.is_empty());
    assert_eq!(lines(&w, "carol", "has:code").await, ["one"]);
    w.remove("bob", mid).await;
    for q in ["has:code", "from:bob", "-grub", "on:2026-11-22", "in:tea"] {
        assert!(lines(&w, "carol", q).await.is_empty(), "{q}");
    }
}

#[tokio::test]
async fn operators_find_nothing_that_may_not_be_seen() {
    let w = World::new().await;
    let secret = w.page("bob", "Secret", "{chat:Vault}").await;
    w.restrict("bob", secret, "view", "bob").await;
    let mid = w.post_in(secret, "bob", "hushed https://example.org @carol {{x}}").await;
    w.form("bob", &format!("/rooms/{secret}/messages/{mid}/pin"), &[]).await;
    w.post("bob", "open https://example.org @carol {{x}}").await;
    for q in [
        "from:bob",
        "in:vault",
        "in:secret",
        "has:link",
        "has:code",
        "mentions:me",
        "is:pinned",
        "on:2026-11-22",
        "-nothing",
        "-in:tea",
        "space:TEAM",
        "-is:pinned",
        "after:2025 has:link",
    ] {
        if !["mentions:me", "-is:pinned"].contains(&q) {
            assert!(lines(&w, "bob", q).await.contains(&"hushed".to_owned()), "{q}");
        }
        for sort in ["newest", "best"] {
            for who in ["carol", "mallory", NOBODY] {
                let path = format!("/search?q={}&sort={sort}", q.replace(' ', "+"));
                let answer = w.get(who, &path).await;
                assert!(!answer.body.contains("hushed") && !answer.body.contains("Vault"), "{q}");
            }
        }
    }
}

#[tokio::test]
async fn a_hit_stands_between_its_neighbours_and_those_that_touch_are_one_run() {
    let w = World::new().await;
    for n in 0..12 {
        let text = if [3, 5, 9].contains(&n) { format!("grub {n}") } else { format!("line {n}") };
        w.post("bob", &text).await;
    }
    let results = found(&w, "carol", "grub").await;
    assert_eq!(results.texts("#found .day").len(), 1);
    let run = |n: usize| results.texts(&format!("#found .day > ol:nth-of-type({n}) .line"));
    assert_eq!(run(1), ["line 8", "grub 9", "line 10"]);
    assert_eq!(run(2), ["line 2", "grub 3", "line 4", "grub 5", "line 6"]);
    assert_eq!(results.texts("li[data-hit] .line"), ["grub 9", "grub 3", "grub 5"]);
    assert!(!results.has("li:not([data-hit]) mark"));
}

#[tokio::test]
async fn a_line_beside_a_hit_is_of_its_day_and_was_not_removed() {
    let w = World::new().await;
    w.post("bob", "yesterday").await;
    w.pass(24 * 60);
    w.post("bob", "grub").await;
    let removed = w.post("bob", "regretted").await;
    w.post("bob", "after").await;
    w.remove("bob", removed).await;
    let results = found(&w, "carol", "grub").await;
    assert_eq!(results.texts("ol.hits .line"), ["grub", "after"]);
}

#[tokio::test]
async fn the_help_stands_beside_the_box_and_each_of_its_examples_works() {
    let w = World::new().await;
    let page = w.get("carol", "/search").await;
    let examples = page.texts(".operators dt code");
    assert!(examples.len() > 8, "{examples:?}");
    for example in examples {
        assert_eq!(found(&w, "carol", &example).await.status, 200, "{example}");
    }
}

#[tokio::test]
async fn file_names_are_found_with_their_messages() {
    let w = World::new().await;
    w.post("bob", "look [^Mirror-Report_2026.pdf]").await;
    for q in ["mirror-report_2026.pdf", "report", "Mirror-Rep", "pdf has:file"] {
        assert_eq!(lines(&w, "carol", q).await, ["look"], "{q}");
    }
}
