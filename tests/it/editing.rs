//! Writing a page: preview, and what a conflict shows.

use crate::world::{NOBODY, World, post};

#[tokio::test]
async fn a_preview_shows_the_text_and_makes_nothing() {
    let w = World::new().await;
    let body = "a *strong* word, [Tea] {chat:Cellar}";
    let fields = [("space", "TEAM"), ("title", "New"), ("body", body), ("insert", "preview")];
    let shown = w.ask(post("/pages").by("bob").browser().form(&fields)).await;
    assert_eq!(shown.status, 200);
    assert_eq!(shown.text("#preview strong"), "strong");
    assert_eq!(
        shown.attributes("#preview a[href^='/pages/']", "href"),
        [format!("/pages/{}", w.tea)]
    );
    assert!(shown.text("#preview").contains("Cellar"));
    assert_eq!(shown.text("textarea#body"), body);
    assert_eq!(w.get("bob", "/display/TEAM/New").await.status, 404);
    let page = w.page("bob", "Plans", "one").await;
    let path = format!("/pages/{page}");
    let fields = [("title", "Plans"), ("body", "*two*"), ("version", "1"), ("insert", "preview")];
    let part = w.ask(post(&path).by("bob").form(&fields).htmx()).await;
    assert_eq!(part.text("section.preview strong"), "two");
    assert!(!part.has("html form"), "{}", part.body);
    assert_eq!(w.visit("carol", &path).await.text(".body"), "one");
}

#[tokio::test]
async fn a_preview_is_for_those_who_may_write_and_shows_them_what_they_may_see() {
    let w = World::new().await;
    let secret = w.page("alice", "Secret", "").await;
    w.restrict("alice", secret, "view", "alice").await;
    let fields = [("space", "TEAM"), ("title", "New"), ("body", "[Secret]"), ("insert", "preview")];
    for (who, status) in [("carol", 403), ("mallory", 403), (NOBODY, 401)] {
        assert_eq!(w.form(who, "/pages", &fields).await.status, status, "{who}");
    }
    for (who, n_links) in [("alice", 1), ("bob", 0)] {
        let shown = w.form(who, "/pages", &fields).await;
        assert_eq!(shown.attributes("#preview a[href^='/pages/']", "href").len(), n_links, "{who}");
    }
    let path = format!("/pages/{secret}");
    assert_eq!(w.form("bob", &path, &fields).await.status, 404);
    assert_eq!(w.form("carol", &format!("/pages/{}", w.tea), &fields).await.status, 403);
}

#[tokio::test]
async fn wide_code_on_a_page_is_in_reach_of_keys_wherever_it_is_read() {
    let w = World::new().await;
    // With a name, which is looked up before the page is written out, and without one.
    for name in ["[Tea]", "tea"] {
        let body = format!("{name}\n\n{{code}}\n{}\n{{code}}", "x = 1; ".repeat(9));
        let page = w.page("bob", &format!("Wide {name}"), &body).await;
        let fields = [("title", "Wide"), ("body", &body), ("version", "1"), ("insert", "preview")];
        w.post("bob", "hello").await;
        w.note("bob", w.tea, "2026-11-22", &body).await;
        let shown = [
            w.get("carol", &format!("/pages/{page}")).await,
            w.get("carol", &format!("/pages/{page}/history/1")).await,
            w.form("bob", &format!("/pages/{page}"), &fields).await,
            w.transcript("carol", w.tea, "2026-11-22").await,
        ];
        for (n, shown) in shown.iter().enumerate() {
            let code = ".body.prose pre[tabindex='0'][role=group]";
            assert_eq!(shown.attributes(code, "aria-label"), ["Code"], "{n}: {}", shown.body);
        }
    }
}

#[tokio::test]
async fn a_conflict_tells_the_difference() {
    let w = World::new().await;
    let page = w.page("bob", "Plans", "one\ntwo\nthree").await;
    w.edit("alice", page, "Plans", "one\ntwo apples\nthree").await;
    let mine = [("title", "Plans"), ("body", "one\r\ntwo pears\r\nthree"), ("version", "1")];
    let stale = w.form("bob", &format!("/pages/{page}"), &mine).await;
    assert_eq!(stale.status, 409);
    assert_eq!(stale.texts(".difference del mark"), ["apples"]);
    assert_eq!(stale.texts(".difference ins mark"), ["pears"]);
}
