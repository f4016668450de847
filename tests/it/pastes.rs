//! Long text: folded in the log, whole on its own page.

use crate::world::{Answer, NOBODY, World, get};

fn lines(n: usize) -> String {
    (1..=n).map(|n| format!("line {n}")).collect::<Vec<_>>().join("\n")
}

impl World {
    async fn paste(&self, who: &str, mid: i64) -> Answer {
        self.get(who, &format!("/rooms/{}/messages/{mid}/paste", self.tea)).await
    }

    async fn raw(&self, who: &str, mid: i64) -> String {
        let raw = self.get(who, &format!("/rooms/{}/messages/{mid}/paste?raw", self.tea)).await;
        assert_eq!(raw.status, 200);
        raw.body
    }
}

#[tokio::test]
async fn more_than_ten_lines_are_folded_in_the_log() {
    let w = World::new().await;
    let mut carol = w.listen("carol").await;
    let short = w.post("bob", &lines(10)).await;
    let long = w.post("bob", &lines(11)).await;
    carol.next().await;
    let event = carol.next().await;
    let window = w.window("carol").await;
    assert!(event.has(&format!("#m{long}[data-kind=paste] .body pre")));
    assert!(!window.has(&format!("#m{short} pre")));
    let shown = window.text(&format!("#m{long} .body pre"));
    assert!(shown.starts_with("line 1 line 2") && shown.ends_with("line 6 …"), "{shown}");
    let link = format!("#m{long} .body a.whole");
    assert_eq!(window.text(&link), "11 lines");
    let to = format!("/rooms/{}/messages/{long}/paste", w.tea);
    assert_eq!(window.attributes(&link, "href"), [to]);
}

#[tokio::test]
async fn what_is_pasted_as_such_is_a_paste_however_short_and_stays_one_when_it_is_edited() {
    let w = World::new().await;
    let mid = w.post("bob", "/paste\n*a* [Tea]\n  b").await;
    let body = format!("#m{mid} .body");
    let window = w.window("bob").await;
    assert_eq!(window.text(&format!("{body} a.whole")), "2 lines");
    assert!(!window.has(&format!("{body} strong")) && !window.has(&format!("{body} .new")));
    assert_eq!(w.raw("bob", mid).await, "*a* [Tea]\n  b");
    let path = format!("/rooms/{}/messages/{mid}", w.tea);
    let form = w.ask(get(&format!("{path}/edit")).by("bob").htmx()).await;
    assert_eq!(form.text("textarea"), "/paste *a* [Tea] b");
    assert_eq!(w.form("bob", &path, &[("body", "/paste\nc")]).await.status, 200);
    assert_eq!(w.raw("bob", mid).await, "c");
    // The word alone is what somebody said.
    let alone = w.post("bob", "/paste").await;
    assert_eq!(w.window("bob").await.text(&format!("#m{alone} .body")), "/paste");
}

#[tokio::test]
async fn more_than_2000_characters_are_a_paste_and_none_of_it_is_markup() {
    let w = World::new().await;
    let text = format!("*a* <b> [Tea] @alice {{code}} {}", "é".repeat(2000));
    let mid = w.post("bob", &text).await;
    let window = w.window("bob").await;
    let body = format!("#m{mid} .body");
    assert!(window.text(&format!("{body} pre")).starts_with("*a* <b> [Tea] @alice {code} é"));
    assert!(!window.has(&format!("{body} strong")) && !window.has(&format!("{body} .mention")));
    assert_eq!(window.text(&format!("{body} a.whole")), "1 line");
    assert!(window.text(&format!("{body} pre")).chars().count() < 250);
    assert_eq!(w.raw("bob", mid).await, text);
}

#[tokio::test]
async fn the_page_of_a_paste_shows_all_of_it_as_text() {
    let w = World::new().await;
    let text = format!("  indented <script>alert(1)</script> &amp; *x*\n\n\ttab\n{}", lines(20));
    let mid = w.post("bob", &text.replace('\n', "\r\n")).await;
    let page = w.paste("carol", mid).await;
    assert_eq!(page.status, 200);
    let html = page.html();
    let pre = html.select(&scraper::Selector::parse("#paste").unwrap()).next().unwrap();
    let shown: String = pre.text().collect();
    assert_eq!(shown, text);
    assert_eq!(page.texts("#paste > span").len(), 23);
    assert!(!page.body.contains("<script>alert"));
    assert_eq!(page.text(".hint a"), "Tea");
}

#[tokio::test]
async fn a_paste_can_be_had_raw_and_as_a_download() {
    let w = World::new().await;
    let mid = w.post("bob", &lines(30)).await;
    let path = format!("/rooms/{}/messages/{mid}/paste", w.tea);
    let raw = w.visit("carol", &format!("{path}?raw")).await;
    assert_eq!(raw.body, lines(30));
    assert_eq!(raw.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(raw.header("x-content-type-options"), "nosniff");
    assert_eq!(raw.header("content-disposition"), "");
    let file = w.visit("carol", &format!("{path}?download")).await;
    assert_eq!(file.body, lines(30));
    let name = format!("attachment; filename=\"Tea-2026-11-22-m{mid}.txt\"");
    assert_eq!(file.header("content-disposition"), name);
}

#[tokio::test]
async fn a_paste_is_for_those_who_may_see_the_page() {
    let w = World::new().await;
    let mid = w.post("bob", &lines(30)).await;
    let path = format!("/rooms/{}/messages/{mid}/paste", w.tea);
    for query in ["", "?raw", "?download"] {
        let path = format!("{path}{query}");
        assert_eq!(w.get("carol", &path).await.status, 200);
        assert_eq!(w.get("mallory", &path).await.status, 404);
        let login = w.visit(NOBODY, &path).await;
        assert_eq!(login.status, 303);
        assert!(login.location().starts_with("/login?next="));
    }
    w.restrict("alice", w.tea, "view", "alice").await;
    assert_eq!(w.get("carol", &format!("{path}?raw")).await.status, 404);
}

#[tokio::test]
async fn what_is_no_paste_has_no_such_page() {
    let w = World::new().await;
    let mid = w.post("bob", "short").await;
    assert_eq!(w.paste("bob", mid).await.status, 404);
    assert_eq!(w.paste("bob", mid + 1).await.status, 404);
}

#[tokio::test]
async fn a_paste_of_1_mb_fits_and_one_byte_more_does_not() {
    let w = World::new().await;
    // Three bytes of a form for each.
    let fits = "\u{e9}\n".repeat((1 << 20) / 3);
    let fits = format!("{fits}{}", "x".repeat((1 << 20) - fits.len()));
    let mid = w.post("bob", &fits).await;
    assert!(w.raw("bob", mid).await == fits);
    assert_eq!(w.paste("bob", mid).await.status, 200);
    assert_eq!(w.send(w.tea, "bob", &format!("{fits}x"), "n2").await.status, 413);
    assert_eq!(w.send(w.tea, "bob", &fits.repeat(3), "n3").await.status, 413);
    let window = w.window("bob").await;
    assert_eq!(window.mids(), [mid]);
    assert!(window.body.len() < 40_000, "{}", window.body.len());
}

#[tokio::test]
async fn one_block_of_code_stays_a_message() {
    let w = World::new().await;
    let code = format!("{{code:rust}}\n{}\n{{code}}", lines(40));
    let mid = w.post("bob", &code).await;
    let window = w.window("bob").await;
    assert!(!window.has("[data-kind=paste]"));
    assert!(window.text(&format!("#m{mid} pre code")).ends_with("line 40"));
    // Too long for a message, it is text like any other.
    let long = format!("```\n{}\n```", "x\n".repeat(9000));
    let mid = w.post("bob", &long).await;
    assert!(w.window("bob").await.has(&format!("#m{mid}[data-kind=paste]")));
    assert_eq!(w.raw("bob", mid).await, long);
}

#[tokio::test]
async fn the_beginning_of_a_paste_is_found_and_shown() {
    let w = World::new().await;
    let text = format!("{}\nneedle *here*\n{}\nfaraway", lines(20), "hay ".repeat(20_000));
    let mid = w.post("bob", &text).await;
    let found = w.get("carol", "/search?q=needle").await;
    assert!(found.body.contains(&format!("messages/{mid}\"")), "{}", found.body);
    assert!(found.body.contains("*here*"), "a hit of a paste is text too: {}", found.body);
    assert!(!w.get("carol", "/search?q=faraway").await.body.contains(&format!("messages/{mid}\"")));
}

#[tokio::test]
async fn an_edit_may_make_a_paste_and_unmake_it() {
    let w = World::new().await;
    let mid = w.post("bob", "short").await;
    let path = format!("/rooms/{}/messages/{mid}", w.tea);
    assert_eq!(w.form("bob", &path, &[("body", &lines(12))]).await.status, 200);
    assert_eq!(w.raw("bob", mid).await, lines(12));
    assert_eq!(w.form("bob", &path, &[("body", &lines(13))]).await.status, 200);
    assert_eq!(w.raw("bob", mid).await, lines(13));
    let form = w.ask(get(&format!("{path}/edit")).by("bob").htmx()).await;
    assert!(form.text("textarea").ends_with("line 13"));
    assert_eq!(w.form("bob", &path, &[("body", "short again")]).await.status, 200);
    assert_eq!(w.paste("bob", mid).await.status, 404);
    assert_eq!(w.window("bob").await.said(), ["short again"]);
    let history = w.get("bob", &format!("{path}/history")).await;
    assert_eq!(history.texts(".history pre").len(), 4);
}

#[tokio::test]
async fn the_history_shows_long_pastes_from_their_beginning() {
    let w = World::new().await;
    let long = "x".repeat(600_000);
    let mid = w.post("bob", &long).await;
    let path = format!("/rooms/{}/messages/{mid}", w.tea);
    w.form("bob", &path, &[("body", &format!("{long}y"))]).await;
    let history = w.get("carol", &format!("{path}/history")).await;
    assert!(history.body.len() < 60_000);
    let links = history.attributes(".history li > a", "href");
    assert_eq!(links, [format!("{path}/paste"), format!("{path}/history?version=1")]);
    assert_eq!(w.raw("carol", mid).await.len(), 600_001);
    let first = w.get("carol", &links[1]).await;
    assert!(first.body == long && first.header("content-type").starts_with("text/plain"));
    assert_eq!(w.get("mallory", &links[1]).await.status, 404);
}

#[tokio::test]
async fn a_removed_paste_is_gone_to_the_last_byte() {
    let w = World::new().await;
    let text = format!("{}\nthe quagga\n{}\nthe okapi", lines(20), "hay ".repeat(200_000));
    let mid = w.post("bob", &text).await;
    assert!(w.holds("quagga") && w.holds("okapi"));
    w.remove("bob", mid).await;
    assert_eq!(w.paste("bob", mid).await.status, 404);
    assert!(!w.window("bob").await.has("a.whole"));
    w.forgets("quagga").await;
    w.forgets("okapi").await;
}
