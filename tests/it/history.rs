//! The versions of a page: listed, read, compared, restored.

use std::time::Duration;

use crate::world::{NOBODY, World, post};

#[tokio::test]
async fn every_version_of_a_page_is_listed_and_can_be_read() {
    let w = World::new().await;
    let page = w.page("bob", "Plans", "the *first* text").await;
    w.edit("alice", page, "Plans for 2027", "the second text").await;
    let list = w.visit("carol", &format!("/pages/{page}/history")).await;
    assert_eq!(list.texts(".versions .about > a"), ["Version 2", "Version 1"]);
    let by = list.texts(".versions .about");
    assert!(by[0].contains("Alice") && by[1].contains("Bob"), "{by:?}");
    let old = w.visit("carol", &format!("/pages/{page}/history/1")).await;
    assert_eq!(old.text(".body strong"), "first");
    assert_eq!(old.text("h1"), "Plans");
    assert_eq!(w.get("carol", &format!("/pages/{page}/history/3")).await.status, 404);
}

#[tokio::test]
async fn the_difference_of_two_versions_names_lines_and_words() {
    let w = World::new().await;
    let page = w.page("bob", "Plans", "one\ntwo three\nfour\n").await;
    w.edit("bob", page, "Plans", "one\ntwo bees\nfour\n").await;
    for query in ["from=1&to=2", "from=2&to=1"] {
        let shown = w.visit("carol", &format!("/pages/{page}/history/compare?{query}")).await;
        assert_eq!(shown.texts(".difference del mark"), ["three"], "{query}");
        assert_eq!(shown.texts(".difference ins mark"), ["bees"], "{query}");
        assert_eq!(shown.texts(".difference p"), ["one", "four"], "{query}");
    }
    let same = w.visit("carol", &format!("/pages/{page}/history/compare?from=2&to=2")).await;
    assert!(!same.has(".difference") && same.body.contains("The text is the same"));
}

#[tokio::test]
async fn of_two_long_versions_the_beginning_of_what_is_different_is_shown() {
    let w = World::new().await;
    let (old, new) = ("a\n".repeat(200_000), "b\n".repeat(200_000));
    let page = w.page("bob", "Plans", &old).await;
    w.edit("bob", page, "Plans", &new).await;
    let path = format!("/pages/{page}/history/compare?from=1&to=2");
    let shown = w.visit("carol", &path).await;
    assert!(shown.body.len() < old.len(), "{}", shown.body.len());
    assert!(shown.body.contains("this is the beginning of it"));
    // Whoever was slower sees the same of what was typed, and loses nothing of it.
    let typed = [("title", "Plans"), ("body", &*old), ("version", "1")];
    let stale = w.form("alice", &format!("/pages/{page}"), &typed).await;
    assert_eq!(stale.status, 409);
    assert!(stale.body.len() < 4 * old.len(), "{}", stale.body.len());
    assert_eq!(stale.text("textarea#body").split_whitespace().count(), 200_000);
    // They are compared one after the other, in nobody else's time.
    let almost = old.replacen('a', "b", 1);
    let page = w.page("bob", "Almost the same", &old).await;
    w.edit("bob", page, "Almost the same", &almost).await;
    let path = format!("/pages/{page}/history/compare?from=1&to=2");
    let (turn, ()) = w.app.texts.read("a ".repeat(64 << 10), |_| ()).await.unwrap();
    // By itself that would be there at once.
    let waits = tokio::time::timeout(Duration::from_millis(200), w.get("carol", &path));
    assert!(waits.await.is_err(), "it did not wait");
    drop(turn);
    assert_eq!(w.get("carol", &path).await.status, 200);
}

#[tokio::test]
async fn a_restored_version_is_a_new_one() {
    let w = World::new().await;
    let page = w.page("bob", "Plans", "the first text").await;
    w.edit("alice", page, "Other plans", "the second text").await;
    let path = format!("/pages/{page}/history/1/restore");
    assert_eq!(w.form("bob", &path, &[("version", "2")]).await.status, 303);
    let shown = w.visit("carol", &format!("/pages/{page}")).await;
    assert_eq!(shown.text(".body"), "the first text");
    assert_eq!(shown.text("header.title h1"), "Plans");
    let list = w.visit("carol", &format!("/pages/{page}/history")).await;
    assert_eq!(list.texts(".versions .about > a"), ["Version 3", "Version 2", "Version 1"]);
    // Somebody was faster: both texts are shown, and nothing is overwritten.
    let path = format!("/pages/{page}/history/2/restore");
    let stale = w.form("bob", &path, &[("version", "2")]).await;
    assert_eq!(stale.status, 409);
    assert_eq!(stale.text("textarea#theirs"), "the first text");
    assert_eq!(stale.text("textarea#body"), "the second text");
}

#[tokio::test]
async fn versions_are_for_those_who_may_see_the_page_and_restored_by_those_who_may_edit_it() {
    let w = World::new().await;
    let page = w.page("bob", "Plans", "the first text").await;
    w.edit("bob", page, "Plans", "the second text").await;
    let ways = ["history", "history/1", "history/compare?from=1&to=2"];
    for way in ways {
        let way = format!("/pages/{page}/{way}");
        assert_eq!(w.get("carol", &way).await.status, 200, "{way}");
        assert_eq!(w.get("mallory", &way).await.status, 404, "{way}");
        assert_eq!(w.visit(NOBODY, &way).await.status, 303, "{way}");
    }
    let restore = format!("/pages/{page}/history/1/restore");
    for (who, status) in [("carol", 403), ("mallory", 404), (NOBODY, 401)] {
        assert_eq!(w.form(who, &restore, &[("version", "2")]).await.status, status, "{who}");
    }
    assert!(!w.visit("carol", &format!("/pages/{page}/history/1")).await.has(".notice form.one"));
    assert!(w.visit("bob", &format!("/pages/{page}/history/1")).await.has(".notice form.one"));
    w.restrict("bob", page, "view", "bob").await;
    for way in ways {
        assert_eq!(w.get("carol", &format!("/pages/{page}/{way}")).await.status, 404, "{way}");
    }
}

#[tokio::test]
async fn an_old_version_shows_a_still_room_and_restoring_asks_before_one_closes() {
    let w = World::new().await;
    let page = w.page("bob", "Plans", "no room yet").await;
    w.edit("bob", page, "Plans", "{chat:Planning}").await;
    let with_room = w.visit("bob", &format!("/pages/{page}/history/2")).await;
    assert!(with_room.text(".body").contains("Planning"), "{}", with_room.body);
    assert!(!with_room.has(".body form"));
    let restore = format!("/pages/{page}/history/1/restore");
    let asked = w.ask(post(&restore).by("bob").browser().form(&[("version", "2")])).await;
    assert_eq!(asked.status, 200);
    assert!(asked.has("[name=confirm][value=close]"), "{}", asked.body);
    assert_eq!(asked.text("textarea#body"), "no room yet");
}
