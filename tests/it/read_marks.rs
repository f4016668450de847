//! Where one left off, and who is told that a room is in use.

use crate::world::{Answer, NOBODY, World};

async fn read(w: &World, who: &str, seq: &str) -> Answer {
    w.form(who, &format!("/rooms/{}/read", w.tea), &[("seq", seq)]).await
}

/// Where the window says that the unread begins.
async fn first_unread(w: &World, who: &str) -> Option<i64> {
    let first = w.window(who).await.attributes("#log[data-first]", "data-first");
    first.first().map(|mid| mid.parse().unwrap())
}

/// What home says of Tea.
async fn n_unread(w: &World, who: &str) -> String {
    w.get(who, "/").await.texts(".rooms .unread").concat()
}

#[tokio::test]
async fn the_window_knows_the_first_message_after_the_mark() {
    let w = World::new().await;
    let one = w.post("bob", "one").await;
    // Who was never here has not left off anywhere.
    assert_eq!(first_unread(&w, "carol").await, None);
    assert_eq!(read(&w, "carol", &one.to_string()).await.status, 204);
    assert_eq!(first_unread(&w, "carol").await, None);
    let two = w.post("bob", "two").await;
    w.post("bob", "three").await;
    assert_eq!(first_unread(&w, "carol").await, Some(two));
    assert_eq!(n_unread(&w, "carol").await, "2 unread");
    // Nothing in the log itself depends on who reads.
    assert!(!w.window("carol").await.has("li[data-unread]"));
}

#[tokio::test]
async fn a_mark_only_rises_and_not_beyond_what_was_said() {
    let w = World::new().await;
    let one = w.post("bob", "one").await;
    let two = w.post("bob", "two").await;
    read(&w, "carol", &two.to_string()).await;
    read(&w, "carol", &one.to_string()).await;
    assert_eq!(first_unread(&w, "carol").await, None);
    assert_eq!(read(&w, "carol", "999999").await.status, 204);
    let three = w.post("bob", "three").await;
    assert_eq!(first_unread(&w, "carol").await, Some(three));
    for odd in ["", "x", "99999999999999999999"] {
        assert_eq!(read(&w, "carol", odd).await.status, 400, "{odd}");
    }
    read(&w, "bob", "-5").await;
    assert_eq!(read(&w, "bob", "-5").await.status, 204);
}

#[tokio::test]
async fn ones_own_and_removed_messages_are_not_unread() {
    let w = World::new().await;
    let one = w.post("bob", "one").await;
    read(&w, "alice", &one.to_string()).await;
    w.post("alice", "mine").await;
    let gone = w.post("bob", "gone").await;
    w.remove("bob", gone).await;
    assert_eq!(n_unread(&w, "alice").await, "");
    assert_eq!(first_unread(&w, "alice").await, None);
    let there = w.post("bob", "there").await;
    assert_eq!(n_unread(&w, "alice").await, "1 unread");
    assert_eq!(first_unread(&w, "alice").await, Some(there));
}

#[tokio::test]
async fn home_counts_to_99_and_only_for_those_who_have_been_there() {
    let w = World::new().await;
    w.post("bob", "one").await;
    read(&w, "carol", "0").await;
    assert_eq!(n_unread(&w, "carol").await, "1 unread");
    assert_eq!(n_unread(&w, "alice").await, "");
    for n in 0..100 {
        w.post("bob", &format!("m{n}")).await;
    }
    assert_eq!(n_unread(&w, "carol").await, "99+ unread");
}

#[tokio::test]
async fn a_mark_is_an_accounts_own_and_asks_for_the_right_to_read() {
    let w = World::new().await;
    let one = w.post("bob", "one").await;
    let two = w.post("bob", "two").await;
    read(&w, "carol", &one.to_string()).await;
    read(&w, "alice", &two.to_string()).await;
    assert_eq!(first_unread(&w, "carol").await, Some(two));
    assert_eq!(read(&w, "mallory", "1").await.status, 404);
    assert_eq!(read(&w, NOBODY, "1").await.status, 401);
    // Somebody who is not signed in reads a public room, and nothing is kept of that.
    w.rights("anyone", "alice, bob", "alice, bob").await;
    assert_eq!(read(&w, NOBODY, "1").await.status, 401);
    let window = w.window(NOBODY).await;
    assert!(window.has("#log") && !window.has("form#read"));
}

#[tokio::test]
async fn who_made_a_page_is_told_once_that_somebody_talks_there() {
    let w = World::new().await;
    let page = w.page("bob", "Biscuits", "{chat}").await;
    let told = async |who: &str| w.get(who, "/").await.texts(".home .notice p");
    w.post_in(page, "bob", "hello?").await;
    assert!(told("bob").await.is_empty());
    w.post_in(page, "robo", "beep").await;
    w.post_in(page, "alice", "yes?").await;
    assert_eq!(told("bob").await, ["Robo began to talk on your page Biscuits."]);
    assert!(told("alice").await.is_empty());
    let path = format!("/rooms/{page}/first-use");
    // Nobody else can wave it aside.
    assert_eq!(w.form("alice", &path, &[]).await.status, 303);
    assert_eq!(w.form("mallory", &path, &[]).await.status, 404);
    assert_eq!(told("bob").await.len(), 1);
    assert_eq!(w.form("bob", &path, &[]).await.location(), "/");
    assert!(told("bob").await.is_empty());
    w.post_in(page, "robo", "boop").await;
    assert!(told("bob").await.is_empty());
}

#[tokio::test]
async fn nobody_is_told_of_a_page_that_they_may_not_see_any_more() {
    let w = World::new().await;
    let page = w.page("bob", "Biscuits", "{chat}").await;
    w.post_in(page, "robo", "beep").await;
    w.restrict("alice", page, "view", "alice").await;
    assert!(!w.get("bob", "/").await.body.contains("Biscuits"));
}
