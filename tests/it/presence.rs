//! Who is here, and the long-poll that stands in for a dead stream.

use std::time::Duration;

use crate::world::{Answer, Listener, World};

#[tokio::test]
async fn somebody_with_two_windows_is_here_once_and_until_both_are_closed() {
    let w = World::new().await;
    let mut carol = w.listen("carol").await;
    let (one, two) = (w.listen("bob").await, w.listen("bob").await);
    carol.sees(&["Bob", "Carol"]).await;
    drop(one);
    // Whoever comes now finds each of them once.
    assert_eq!(w.listen("alice").await.frame().await.people(), ["Bob", "Carol"]);
    drop(two);
    carol.sees(&["Carol"]).await;
}

#[tokio::test]
async fn a_reload_is_not_a_leaving() {
    let w = World::new().await;
    let mut carol = w.listen("carol").await;
    let bob = w.listen("bob").await;
    carol.sees(&["Bob", "Carol"]).await;
    drop(bob);
    let _bob = w.listen("bob").await;
    let _robo = w.listen("robo").await;
    // The next panel tells of robo, not of bob's leaving.
    assert_eq!(carol.frame().await.people(), ["Bob", "Carol", "Robo"]);
}

#[tokio::test]
async fn the_status_table_tells_who_is_here() {
    let w = World::new().await;
    let mut carol = w.listen("carol").await;
    carol.sees(&["Carol"]).await;
    w.post("bob", "and gone").await;
    let status = w.get("carol", &format!("/rooms/{}/status", w.tea)).await;
    assert_eq!(status.texts("ul.people li[data-present]"), ["Carol (here now)"]);
    assert_eq!(status.texts("ul.people li:not([data-present])"), ["Bob"]);
}

#[tokio::test]
async fn who_has_not_looked_for_five_minutes_is_away_and_comes_back_by_looking() {
    let w = World::new().await;
    let mut carol = w.listen("carol").await;
    let _bob = window(&w, "bob", 7).await;
    carol.sees(&["Bob", "Carol"]).await;
    assert_eq!(look(&w, "bob", 7, "hidden").await, 204);
    w.pass(4);
    // Somebody comes: bob, who has only just turned away, is told to be here.
    let _alice = w.listen("alice").await;
    carol.sees(&["Alice", "Bob", "Carol"]).await;
    w.pass(1);
    carol.sees(&["Alice", "Carol", "Bob (away)"]).await;
    let status = w.get("carol", &format!("/rooms/{}/status", w.tea)).await;
    assert_eq!(
        status.texts("ul.people li[data-present]"),
        ["Alice (here now)", "Carol (here now)"]
    );
    assert_eq!(status.texts("ul.people li[data-away]"), ["Bob (away)"]);
    assert_eq!(w.window("carol").await.texts("#people li[data-away]"), ["Bob (away)"]);
    assert_eq!(look(&w, "bob", 7, "visible").await, 204);
    carol.sees(&["Alice", "Bob", "Carol"]).await;
}

#[tokio::test]
async fn somebody_is_here_by_any_window_that_is_looked_at() {
    let w = World::new().await;
    let mut carol = w.listen("carol").await;
    let _one = window(&w, "bob", 1).await;
    let two = window(&w, "bob", 2).await;
    carol.sees(&["Bob", "Carol"]).await;
    look(&w, "bob", 1, "hidden").await;
    w.pass(60);
    let _robo = w.listen("robo").await;
    assert_eq!(carol.frame().await.people(), ["Bob", "Carol", "Robo"]);
    // The one that was looked at breaks off; what is left has been hidden for an hour.
    drop(two);
    carol.sees(&["Carol", "Robo", "Bob (away)"]).await;
}

#[tokio::test]
async fn a_window_that_comes_back_says_for_how_long_it_has_been_hidden() {
    let w = World::new().await;
    let mut carol = w.listen("carol").await;
    let _bob = window(&w, "bob", 7).await;
    carol.sees(&["Bob", "Carol"]).await;
    let path = format!("/rooms/{}/presence", w.tea);
    let told = [("window", "7"), ("state", "hidden"), ("ago", "400")];
    assert_eq!(w.form("bob", &path, &told).await.status, 204);
    carol.sees(&["Carol", "Bob (away)"]).await;
}

#[tokio::test]
async fn a_window_that_says_nothing_of_itself_is_looked_at() {
    let w = World::new().await;
    let mut carol = w.listen("carol").await;
    let _bob = w.listen("bob").await;
    carol.sees(&["Bob", "Carol"]).await;
    w.pass(600);
    let _robo = w.listen("robo").await;
    assert_eq!(carol.frame().await.people(), ["Bob", "Carol", "Robo"]);
    // A program that knows nothing of windows speaks for all that have no number.
    let path = format!("/rooms/{}/presence", w.tea);
    assert_eq!(w.form("bob", &path, &[("state", "hidden")]).await.status, 204);
    w.pass(5);
    carol.sees(&["Carol", "Robo", "Bob (away)"]).await;
}

#[tokio::test]
async fn only_who_may_read_tells_of_a_window_and_only_what_there_is_to_tell() {
    let w = World::new().await;
    assert_eq!(look(&w, "carol", 1, "visible").await, 204);
    assert_eq!(look(&w, "carol", 1, "asleep").await, 422);
    assert_eq!(look(&w, "mallory", 1, "visible").await, 404);
    assert_eq!(look(&w, crate::world::NOBODY, 1, "visible").await, 401);
}

#[tokio::test]
async fn nobody_is_listed_in_a_closed_room() {
    let w = World::new().await;
    let mut carol = w.listen("carol").await;
    carol.sees(&["Carol"]).await;
    assert!(!w.window("carol").await.has("section[hidden] > #people"));
    assert_eq!(w.edit("alice", w.tea, "Tea", "No chat any more.").await.status, 303);
    let window = w.window("carol").await;
    assert!(window.has("section[hidden] > #people"), "{}", window.body);
    assert!(window.texts("#people li").is_empty());
    assert!(w.listen("bob").await.frame().await.people().is_empty());
}

#[tokio::test]
async fn somebody_who_is_not_signed_in_is_not_shown() {
    let w = World::new().await;
    w.rights("anyone", "bob", "bob").await;
    let mut nobody = w.listen(crate::world::NOBODY).await;
    assert!(nobody.frame().await.people().is_empty());
    let _carol = w.listen("carol").await;
    nobody.sees(&["Carol"]).await;
}

#[tokio::test]
async fn a_poll_answers_at_once_when_there_is_something() {
    let w = World::new().await;
    let cursor = w.window("carol").await.cursor();
    w.post("bob", "one").await;
    w.post("bob", "two").await;
    let answer = poll(&w, &format!("after={cursor}")).await;
    assert_eq!(answer.said(), ["one", "two"]);
    assert_eq!(answer.cursor(), w.window("carol").await.cursor());
    assert!(answer.has("input#last[name=after][hx-swap-oob]"));
}

#[tokio::test]
async fn a_poll_wakes_up_when_somebody_writes() {
    let w = World::new().await;
    let cursor = w.window("carol").await.cursor();
    let query = format!("after={cursor}");
    let polling = async {
        let answer = poll(&w, &query).await;
        assert_eq!(answer.said(), ["hello"]);
    };
    let posting = async {
        // The panel tells that the poll has begun.
        w.listen("bob").await.sees(&["Bob", "Carol"]).await;
        w.post("bob", "hello").await;
    };
    tokio::join!(polling, posting);
}

#[tokio::test]
async fn a_poll_without_a_cursor_begins_now() {
    let w = World::new().await;
    w.post("bob", "before").await;
    let answer = poll(&w, "tries=0").await;
    assert!(answer.said().is_empty());
    assert_eq!(answer.cursor(), w.window("carol").await.cursor());
}

#[tokio::test]
async fn a_window_whose_stream_is_well_is_answered_at_once() {
    let w = World::new().await;
    let cursor = w.window("carol").await.cursor();
    let alive = w.app.clock.now().as_millisecond() - 5_000;
    let answer = poll(&w, &format!("after={cursor}&tries=3&alive={alive}")).await;
    assert_eq!(answer.value("#tries"), "0");
    assert_eq!(answer.header("hx-trigger"), "");
}

#[tokio::test]
async fn the_first_poll_in_doubt_is_answered_at_once_and_another_follows() {
    let w = World::new().await;
    let cursor = w.window("carol").await.cursor();
    // Its stream was heard long ago.
    let alive = w.app.clock.now().as_millisecond() - 60_000;
    let answer = poll(&w, &format!("after={cursor}&tries=0&alive={alive}")).await;
    assert_eq!(answer.value("#tries"), "1");
    assert_eq!(answer.header("hx-trigger"), "again");
}

#[tokio::test]
async fn after_some_polls_the_window_tries_a_stream_again() {
    let w = World::new().await;
    let cursor = w.window("carol").await.cursor();
    w.post("bob", "hello").await;
    let fresh = "#stream[hx-sse\\:connect]";
    assert!(!poll(&w, &format!("after={cursor}&tries=3&alive=0")).await.has(fresh));
    let answer = poll(&w, &format!("after={cursor}&tries=4&alive=0")).await;
    assert_eq!(answer.value("#tries"), "5");
    let after = answer.attributes(fresh, "hx-sse:connect")[0].clone();
    assert!(after.ends_with(&format!("stream?after={}", answer.cursor())), "{after}");
}

#[tokio::test]
async fn who_polls_is_here() {
    let w = World::new().await;
    let mut bob = w.listen("bob").await;
    bob.sees(&["Bob"]).await;
    poll(&w, "tries=0").await;
    bob.sees(&["Bob", "Carol"]).await;
    bob.sees(&["Bob"]).await;
}

#[tokio::test]
async fn a_poll_ends_when_the_right_is_lost() {
    let w = World::new().await;
    let cursor = w.window("carol").await.cursor();
    let path = format!("/rooms/{}/poll?after={cursor}", w.tea);
    let polling = async { w.get("carol", &path).await };
    let revoking = async {
        w.listen("bob").await.sees(&["Bob", "Carol"]).await;
        w.rights("alice, bob", "alice, bob", "alice").await;
    };
    let (answer, ()) = tokio::join!(polling, revoking);
    assert_eq!(answer.status, 404);
}

/// The stream of a window that has a number.
async fn window(w: &World, who: &str, number: u32) -> Listener {
    let path = format!("/rooms/{}/stream", w.tea);
    w.listen_to(&path, who, &[("window", &number.to_string())]).await
}

/// The window tells of itself.
async fn look(w: &World, who: &str, number: u32, state: &str) -> u16 {
    let path = format!("/rooms/{}/presence", w.tea);
    let fields = [("window", number.to_string()), ("state", state.to_owned())];
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    w.form(who, &path, &fields).await.status
}

/// carol's poll of Tea; it is not one that waits its whole time.
async fn poll(w: &World, query: &str) -> Answer {
    let path = format!("/rooms/{}/poll?{query}", w.tea);
    let answer = tokio::time::timeout(Duration::from_secs(10), w.get("carol", &path)).await;
    let answer = answer.expect("an answer before the poll's patience ends");
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer
}
