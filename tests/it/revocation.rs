//! Losing a right while a window is open: the stream ends with the word, and hears nothing more.

use backchannel::mandate::Mandate;
use backchannel::roster;

use crate::world::{NOBODY, World};

/// carol hears the room, then loses her right by what `revoke` does; her stream ends, and what is
/// said afterwards reaches alice alone.
async fn ends_carol_s_stream(w: World, room: i64, revoke: impl AsyncFnOnce(&World)) {
    let path = format!("/rooms/{room}/stream");
    let mut alice = w.listen_to(&path, "alice", &[]).await;
    let mut carol = w.listen_to(&path, "carol", &[]).await;
    w.post_in(room, "bob", "carol hears this").await;
    assert_eq!(carol.next().await.said(), ["carol hears this"]);
    revoke(&w).await;
    w.post_in(room, "bob", "carol does not hear this").await;
    carol.is_ended().await;
    alice.next().await;
    assert_eq!(alice.next().await.said(), ["carol does not hear this"]);
    // Nor is she let in again.
    let again = w.get("carol", &path).await.status;
    assert!(matches!(again, 401 | 404), "{again}");
}

#[tokio::test]
async fn by_a_restriction_of_the_page() {
    let w = World::new().await;
    let room = w.tea;
    let revoke = async |w: &World| w.restrict("bob", room, "view", "alice, bob").await;
    ends_carol_s_stream(w, room, revoke).await;
}

#[tokio::test]
async fn by_a_restriction_of_a_page_above() {
    let w = World::new().await;
    let top = w.page("bob", "Top", "").await;
    let middle = w.child("bob", top, "Middle", "").await;
    let room = w.child("bob", middle, "Leaf", "{chat}").await;
    let revoke = async |w: &World| w.restrict("bob", top, "view", "alice, bob").await;
    ends_carol_s_stream(w, room, revoke).await;
}

#[tokio::test]
async fn by_the_rights_of_the_space() {
    let w = World::new().await;
    let room = w.tea;
    let revoke = async |w: &World| w.rights("alice, bob", "alice, bob", "alice, bob").await;
    ends_carol_s_stream(w, room, revoke).await;
}

#[tokio::test]
async fn by_leaving_a_group() {
    let w = World::new().await;
    w.groups("carol", &["crew"]).await;
    w.rights("alice, bob, @crew", "bob", "bob").await;
    let room = w.tea;
    let revoke = async |w: &World| w.groups("carol", &[]).await;
    ends_carol_s_stream(w, room, revoke).await;
}

#[tokio::test]
async fn by_being_disabled() {
    let w = World::new().await;
    let room = w.tea;
    let revoke =
        async |w: &World| roster::disable(&w.app, &Mandate::operator(), "carol").await.unwrap();
    ends_carol_s_stream(w, room, revoke).await;
}

#[tokio::test]
async fn by_logging_out() {
    let w = World::new().await;
    let room = w.tea;
    let revoke = async |w: &World| assert_eq!(w.form("carol", "/logout", &[]).await.status, 303);
    ends_carol_s_stream(w, room, revoke).await;
}

#[tokio::test]
async fn by_moving_the_page_below_a_restricted_one() {
    let w = World::new().await;
    let closed = w.page("bob", "Closed", "").await;
    w.restrict("bob", closed, "view", "alice, bob").await;
    let room = w.tea;
    let revoke = async |w: &World| {
        let to = closed.to_string();
        let moved = w.form("bob", &format!("/pages/{room}/move"), &[("parent", &to)]).await;
        assert_eq!(moved.status, 303);
    };
    ends_carol_s_stream(w, room, revoke).await;
}

#[tokio::test]
async fn trashing_the_page_ends_every_stream() {
    let w = World::new().await;
    let (mut bob, mut carol) = (w.listen("bob").await, w.listen("carol").await);
    w.post("bob", "last words").await;
    assert_eq!(bob.next().await.said(), ["last words"]);
    assert_eq!(carol.next().await.said(), ["last words"]);
    assert_eq!(w.form("bob", &format!("/pages/{}/trash", w.tea), &[]).await.status, 303);
    bob.is_ended().await;
    carol.is_ended().await;
}

#[tokio::test]
async fn a_space_that_is_not_for_anyone_any_more_ends_the_streams_of_strangers() {
    let w = World::new().await;
    w.rights("anyone", "bob", "bob").await;
    let (mut nobody, mut carol) = (w.listen(NOBODY).await, w.listen("carol").await);
    w.post("bob", "for all").await;
    assert_eq!(nobody.next().await.said(), ["for all"]);
    w.rights("everyone", "bob", "bob").await;
    w.post("bob", "for accounts").await;
    nobody.is_ended().await;
    assert_eq!(carol.next().await.said(), ["for all"]);
    assert_eq!(carol.next().await.said(), ["for accounts"]);
}

#[tokio::test]
async fn losing_the_right_to_write_leaves_the_stream_open() {
    let w = World::new().await;
    let mut robo = w.listen("robo").await;
    w.post("robo", "beep").await;
    assert_eq!(robo.next().await.said(), ["beep"]);
    w.rights("alice, bob, robo", "bob", "bob").await;
    assert_eq!(w.send(w.tea, "robo", "beep", "n").await.status, 403);
    w.post("bob", "poor robo").await;
    assert_eq!(robo.next().await.said(), ["poor robo"]);
}

#[tokio::test]
async fn a_session_that_has_run_out_is_noticed_at_the_next_change_of_rights() {
    let w = World::new().await;
    let mut carol = w.listen("carol").await;
    w.post("bob", "hello").await;
    assert_eq!(carol.next().await.said(), ["hello"]);
    w.pass(91 * 24 * 60);
    w.groups("mallory", &["crew"]).await;
    carol.is_ended().await;
}

#[tokio::test]
async fn who_lost_the_right_reads_nothing_by_any_other_way() {
    let w = World::new().await;
    let mid = w.post("bob", "a secret word").await;
    let day = w.get("carol", &format!("/rooms/{}/transcripts/2026-11-22", w.tea)).await.location();
    let room = format!("/rooms/{}", w.tea);
    let ways = [
        format!("/pages/{}", w.tea),
        room.clone(),
        format!("{room}/status"),
        format!("{room}/poll?after=x-0&tries=0"),
        format!("{room}/messages?before=99"),
        format!("{room}/messages/{mid}"),
        format!("{room}/transcripts/2026-11-22"),
        day,
    ];
    for way in &ways {
        assert_ne!(w.get("carol", way).await.status, 404, "{way}");
    }
    w.restrict("bob", w.tea, "view", "bob").await;
    for way in &ways {
        let answer = w.get("carol", way).await;
        assert_eq!(answer.status, 404, "{way}");
        assert!(!answer.body.contains("secret"), "{way}");
    }
    let found = w.get("carol", "/search?q=secret").await;
    assert!(found.texts("ol.hits li").is_empty());
}
