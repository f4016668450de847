//! Finding messages and pages.

use proptest::prelude::*;

use crate::world::{Answer, NOBODY, World};

#[tokio::test]
async fn all_words_must_occur_and_the_last_may_be_a_beginning() {
    let w = World::new().await;
    w.post("bob", "the boot loader is grub").await;
    w.post("bob", "grub again").await;
    for (q, n) in [
        ("grub", 2),
        ("GRUB boot", 1),
        ("boot grub", 1),
        ("boo", 1),
        ("boo grub", 0),
        ("grub boo", 1),
        ("boo ", 0),
        ("oot", 0),
        ("grub nothing", 0),
    ] {
        assert_eq!(lines(&found(&w, "carol", q).await).len(), n, "{q:?}");
    }
}

#[tokio::test]
async fn a_phrase_is_words_in_their_order() {
    let w = World::new().await;
    w.post("bob", "the boot loader").await;
    w.post("bob", "the loader boots").await;
    assert_eq!(lines(&found(&w, "carol", "boot loader").await), ["the boot loader"]);
    assert_eq!(lines(&found(&w, "carol", "loader boot").await).len(), 2);
    assert_eq!(lines(&found(&w, "carol", "\"boot loader\"").await), ["the boot loader"]);
    assert!(lines(&found(&w, "carol", "\"loader boot\"").await).is_empty());
    assert_eq!(lines(&found(&w, "carol", "\"the loader\" boo").await), ["the loader boots"]);
}

#[tokio::test]
async fn a_hit_shows_its_line_its_author_its_room_and_its_place() {
    let w = World::new().await;
    let mid = w.post("bob", "*see* grub, <b>grubby</b>\nnext line").await;
    let results = found(&w, "carol", "grub").await;
    assert_eq!(results.texts("ol.hits .line mark"), ["grub", "grub"]);
    assert_eq!(results.text("ol.hits .author"), "Bob");
    assert_eq!(results.text(".day h2 a.room"), "Tea");
    assert_eq!(results.text(".day h2 time"), "Sunday, 22 November 2026");
    assert_eq!(results.text("ol.hits time"), "10:00");
    let place = results.attributes("ol.hits .line a", "href")[0].clone();
    let place = w.get("carol", &place).await.location();
    assert!(place.ends_with(&format!("#m{mid}")), "{place}");
    let page = w.get("carol", place.split('#').next().unwrap()).await;
    assert_eq!(page.mids(), [mid]);
}

#[tokio::test]
async fn the_newest_come_first_unless_the_best_are_wanted() {
    let w = World::new().await;
    w.post("bob", "grub grub grub").await;
    w.pass(1);
    w.post("bob", "between the two").await;
    w.post("bob", "a long line in which grub is one of many other words that say little").await;
    let other = w.page("bob", "Other", "{chat}").await;
    w.post_in(other, "bob", "one grub in a line of some length, long ago or not").await;
    let days = |results: &Answer| results.texts("#found .day h2 a.room");
    let newest = found(&w, "carol", "grub").await;
    assert_eq!(days(&newest), ["Other", "Tea"]);
    let best = w.get("carol", "/search?q=grub&sort=best").await;
    assert_eq!(days(&best), ["Tea", "Other"]);
}

#[tokio::test]
async fn pages_are_found_by_title_and_text() {
    let w = World::new().await;
    let page = w.page("bob", "Telescope", "The *mirror* is clean.").await;
    for q in ["telescope", "mirror", "Telesc", "telescope mirror"] {
        let results = found(&w, "carol", q).await;
        assert_eq!(
            results.attributes("ol.pages a.page", "href"),
            [format!("/pages/{page}")],
            "{q}"
        );
    }
    w.edit("bob", page, "Telescope", "The lens is clean.").await;
    assert!(!found(&w, "carol", "mirror").await.has("ol.hits li"));
    assert!(found(&w, "carol", "lens").await.has("ol.hits a.page"));
}

#[tokio::test]
async fn links_in_a_hit_and_beside_it_are_what_their_readers_see() {
    let w = World::new().await;
    for title in ["Release Plan", "Budget"] {
        w.page("bob", title, "").await;
    }
    w.post("bob", "before: [Release Plan]").await;
    w.post("bob", "grub is in [Release Plan], not in [start|stop]; see [it|Release Plan]").await;
    w.post("bob", "after: [money|Budget] of [~carol]").await;
    let results = found(&w, "carol", "grub").await;
    assert_eq!(
        results.texts("ol.hits .line"),
        [
            "before: Release Plan",
            "grub is in Release Plan, not in [start|stop]; see it",
            "after: money of Carol"
        ]
    );
    let results = found(&w, "carol", "release plan").await;
    assert_eq!(results.texts("ol.hits .line mark").len(), 4);
    // What only the markup says is found, and shown where it stands.
    let results = found(&w, "carol", "budget").await;
    assert_eq!(lines(&results), ["after: [money|Budget] of [~carol]"]);
    assert_eq!(results.texts("ol.hits .line mark"), ["Budget"]);
}

#[tokio::test]
async fn a_long_page_shows_what_was_found_wherever_it_stands() {
    let w = World::new().await;
    let rows = "|a|b|\n".repeat(50_000);
    let body = format!("At the *beginning*.\n\n{rows}\nSomewhere a *telescope* stands.\n\n{rows}");
    w.page("bob", "Long", &body).await;
    for (q, line) in [
        ("telescope", "Somewhere a telescope stands."),
        ("beginning", "At the beginning."),
        // Of the title alone: the page's first words.
        ("long", "At the beginning."),
    ] {
        let results = found(&w, "carol", q).await;
        assert!(
            results.text("ol.pages .line").contains(line),
            "{q}: {}",
            results.text("ol.pages .line")
        );
        assert_eq!(results.has("ol.pages .line mark"), q != "long", "{q}");
    }
}

#[tokio::test]
async fn pages_of_results_neither_jump_nor_repeat_when_messages_come() {
    let w = World::new().await;
    for n in 0..45 {
        w.post("bob", &format!("grub {n}")).await;
    }
    let mut all = Vec::new();
    let mut path = "/search?q=grub".to_owned();
    let mut n_pages = 0;
    loop {
        let results = w.get("carol", &path).await;
        all.extend(lines(&results));
        n_pages += 1;
        w.post("bob", "grub meanwhile").await;
        match results.attributes("a[rel=next]", "href").first() {
            Some(next) => path.clone_from(next),
            None => break,
        }
    }
    // Newest first, page by page; on each in the order of the log.
    let run = |from, until| (from..until).map(|n| format!("grub {n}"));
    let wanted: Vec<_> = run(25, 45).chain(run(5, 25)).chain(run(0, 5)).collect();
    assert_eq!((all, n_pages), (wanted, 3));
}

#[tokio::test]
async fn the_best_are_paged_too() {
    let w = World::new().await;
    for n in 0..25 {
        w.post("bob", &format!("grub {n}")).await;
    }
    let first = w.get("carol", "/search?q=grub&sort=best").await;
    // What comes meanwhile moves nothing.
    for _ in 0..3 {
        w.post("bob", "grub grub grub").await;
    }
    let next = first.attributes("a[rel=next]", "href")[0].clone();
    let second = w.get("carol", &next).await;
    let mut all = [lines(&first), lines(&second)].concat();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 25);
    assert!(!second.has("a[rel=next]"));
}

#[tokio::test]
async fn only_what_the_viewer_may_see_is_found_and_counted() {
    let w = World::new().await;
    let secret = w.page("bob", "Secret grub", "{chat}").await;
    w.restrict("bob", secret, "view", "bob").await;
    for n in 0..30 {
        w.post_in(secret, "bob", &format!("grub secret {n}")).await;
    }
    w.post("bob", "grub for all").await;
    let all = found(&w, "bob", "grub").await;
    assert_eq!((lines(&all).len(), all.texts("ol.pages li").len()), (20, 1));
    assert_eq!(all.text(".summary [role=status]"), "1 page, 20 messages and more");
    for path in ["/search?q=grub", "/search?q=grub&sort=best", "/search?q=secret"] {
        assert!(w.get("bob", path).await.has("a[rel=next]"), "{path}");
        let results = w.get("carol", path).await;
        assert!(!results.has("a[rel=next]"), "{path}");
        assert!(!results.body.contains("grub secret"), "{path}");
    }
    let seen = found(&w, "carol", "grub").await;
    assert_eq!(lines(&seen), ["grub for all"]);
    assert_eq!(seen.text(".summary [role=status]"), "1 message");
    assert!(lines(&found(&w, "mallory", "grub").await).is_empty());
    assert_eq!(w.visit(NOBODY, "/search?q=grub").await.status, 303);
}

#[tokio::test]
async fn a_lost_right_is_felt_at_once() {
    let w = World::new().await;
    w.post("bob", "grub").await;
    assert_eq!(lines(&found(&w, "carol", "grub").await).len(), 1);
    w.restrict("bob", w.tea, "view", "bob").await;
    assert!(lines(&found(&w, "carol", "grub").await).is_empty());
    w.restrict("bob", w.tea, "view", "").await;
    assert_eq!(lines(&found(&w, "carol", "grub").await).len(), 1);
    w.rights("bob", "bob", "bob").await;
    assert!(lines(&found(&w, "carol", "grub").await).is_empty());
}

#[tokio::test]
async fn what_was_removed_is_not_found() {
    let w = World::new().await;
    let mid = w.post("bob", "grub").await;
    assert_eq!(lines(&found(&w, "carol", "grub").await).len(), 1);
    w.remove("bob", mid).await;
    assert!(lines(&found(&w, "carol", "grub").await).is_empty());
    assert!(lines(&found(&w, "carol", "removed").await).is_empty());
}

#[tokio::test]
async fn one_and_two_characters_of_a_script_without_spaces_are_found() {
    let w = World::new().await;
    w.post("bob", "私は東京に住んでいます").await;
    w.post("bob", "한국어로 말합니다").await;
    w.post("bob", "ภาษาไทย").await;
    for (q, n) in
        [("東", 1), ("東京", 1), ("京東", 0), ("住ん", 1), ("국어", 1), ("국말", 0), ("ไทย", 1)]
    {
        let results = found(&w, "carol", q).await;
        assert_eq!(lines(&results).len(), n, "{q}");
        assert_eq!(results.texts("mark").first().map(String::as_str), (n > 0).then_some(q), "{q}");
    }
}

#[tokio::test]
async fn accents_case_and_width_make_no_difference() {
    let w = World::new().await;
    w.post("bob", "Ein Ärgernis im Café, STRASSE").await;
    for q in ["ärgernis", "argernis", "ÄRGERNIS", "cafe", "CAFÉ", "cafe\u{301}", "ｃａｆｅ"]
    {
        let results = found(&w, "carol", q).await;
        assert_eq!(lines(&results).len(), 1, "{q}");
        assert_eq!(results.texts("mark").len(), 1, "{q}");
    }
}

#[tokio::test]
async fn an_empty_question_asks_what_one_is_looking_for() {
    let w = World::new().await;
    for path in ["/search", "/search?q=", "/search?q=%20%20"] {
        let results = w.get("carol", path).await;
        assert_eq!(results.status, 200, "{path}");
        assert_eq!(results.text("p.nothing"), "What are you looking for?", "{path}");
    }
    let nothing = found(&w, "carol", "nothing like this").await;
    assert!(nothing.has("div.nothing"));
}

#[tokio::test]
async fn imported_and_shown_names_and_markup_are_text_in_a_hit() {
    let w = World::new().await;
    w.post("bob", "grub {{<script>alert(1)</script>}} \"quoted\" &amp;").await;
    let results = found(&w, "carol", "grub <script>").await;
    assert_eq!(lines(&results), ["grub <script>alert(1)</script> \"quoted\" &amp;"]);
    assert!(!results.body.contains("<script>alert"));
    assert_eq!(results.value("form.query input[name=q]"), "grub <script>");
}

const ODD: [&str; 22] = [
    "\"",
    "\"\"",
    "\"a",
    "*",
    "a*",
    "a**",
    "^a",
    "a OR b",
    "AND",
    "NOT",
    "NEAR(a b)",
    "a NEAR/2 b",
    "search:a",
    "{a b}: c",
    "-a",
    "+a",
    "(a",
    "a)",
    "'; drop table message; --",
    "\u{0}",
    "a\u{0}b",
    "\u{10fffd}",
];

#[tokio::test]
async fn the_index_s_own_language_is_out_of_reach() {
    let w = World::new().await;
    w.post("bob", "alpha or beta").await;
    w.post("bob", "alpha").await;
    for q in ODD {
        assert_eq!(found(&w, "carol", q).await.status, 200, "{q:?}");
    }
    // OR is a word like any other.
    assert_eq!(lines(&found(&w, "carol", "alpha OR beta").await), ["alpha or beta"]);
    assert!(lines(&found(&w, "carol", "search:alpha").await).is_empty());
    for after in ["", "x", "-1", "99999999999999999999", "0", "'"] {
        for sort in ["newest", "best", "odd"] {
            let path = format!("/search?q=alpha&sort={sort}&after={after}");
            assert_eq!(w.get("carol", &path).await.status, 200, "{path}");
        }
    }
    assert_eq!(found(&w, "carol", &"a ".repeat(3000)).await.status, 200);
    assert_eq!(w.get("carol", "/search?q=%FF%FE").await.status, 200);
}

#[tokio::test]
async fn a_question_asked_twice_counts_once() {
    let w = World::new().await;
    w.post("bob", "a crate").await;
    let found = w.get("bob", "/search?q=crate&q=b&sort=x&sort=y&after=&&=%ff").await;
    assert_eq!(found.status, 200);
    assert!(found.has("mark"), "{}", found.body);
}

#[test]
fn no_question_however_odd_is_an_error() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let w = runtime.block_on(World::new());
    let post = async {
        w.post("bob", "alpha \"beta\" gamma* 東京 Ärger").await;
        w.page("bob", "alpha", "beta").await;
    };
    runtime.block_on(post);
    let token = "(alpha|be|\"|\\*|\\^|\\(|\\)|:|-|\\+|NEAR|OR|AND|NOT|東|Ä|'|;|\\\\|%|_| |\\PC)";
    let odd = proptest::string::string_regex(&format!("{token}{{0,24}}")).unwrap();
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 150,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let questions = (odd, prop::bool::ANY);
    let asked = runner.run(&questions, |(q, best)| {
        let mut query = url::form_urlencoded::Serializer::new(String::from("/search?"));
        query.append_pair("q", &q).append_pair("sort", if best { "best" } else { "newest" });
        let answer = runtime.block_on(w.get("carol", &query.finish()));
        prop_assert_eq!(answer.status, 200, "{}", answer.body);
        prop_assert!(!answer.has("#found [role=alert]"));
        Ok(())
    });
    asked.unwrap();
}

async fn found(w: &World, who: &str, q: &str) -> Answer {
    let mut query = url::form_urlencoded::Serializer::new(String::from("/search?"));
    query.append_pair("q", q);
    w.get(who, &query.finish()).await
}

/// The lines of the messages that were found.
fn lines(results: &Answer) -> Vec<String> {
    results.texts("ol.hits li[data-hit] .line")
}
