//! Who is about to say something, as the windows of a room are told.

use crate::world::{Event, Listener, NOBODY, World};

#[tokio::test]
async fn the_windows_are_told_who_types_and_when_they_fall_silent() {
    let w = World::new().await;
    let mut carol = w.listen("carol").await;
    assert_eq!(types(&w, "bob").await, 204);
    assert_eq!(typing(&mut carol).await, "Bob is typing…");
    // Going on is no news: the next frame tells of alice too.
    w.pass_seconds(4);
    assert_eq!(types(&w, "bob").await, 204);
    assert_eq!(types(&w, "alice").await, 204);
    assert_eq!(typing(&mut carol).await, "Bob and Alice are typing…");
    // Who comes now sees it at once.
    let first = w.listen("robo").await.frame().await;
    assert_eq!(sentence(&first), "Bob and Alice are typing…");
    // The browsers die: nobody says any more.
    w.pass_seconds(5);
    assert_eq!(types(&w, "alice").await, 204);
    w.pass_seconds(1);
    assert_eq!(typing(&mut carol).await, "Alice is typing…");
    w.pass_seconds(6);
    assert_eq!(typing(&mut carol).await, "");
}

#[tokio::test]
async fn each_of_them_finds_a_sentence_without_them_and_four_are_several() {
    let w = World::new().await;
    w.rights("everyone", "everyone", "alice").await;
    let mut carol = w.listen("carol").await;
    types(&w, "alice").await;
    typing(&mut carol).await;
    w.pass_seconds(1);
    types(&w, "bob").await;
    let two = panel(&mut carol).await;
    assert_eq!(without(&two, "alice"), "Bob is typing…");
    assert_eq!(without(&two, "bob"), "Alice is typing…");
    for who in ["robo", "mallory"] {
        types(&w, who).await;
    }
    w.pass_seconds(1);
    let four = panel(&mut carol).await;
    assert_eq!(sentence(&four), "Several people are typing…");
    assert_eq!(without(&four, "bob"), "Alice, Robo and Mallory are typing…");
}

#[tokio::test]
async fn who_posts_or_empties_the_box_does_not_type_any_more() {
    let w = World::new().await;
    let mut carol = w.listen("carol").await;
    types(&w, "bob").await;
    assert_eq!(typing(&mut carol).await, "Bob is typing…");
    w.post("bob", "hello").await;
    assert_eq!(carol.next().await.said(), ["hello"]);
    assert_eq!(typing(&mut carol).await, "", "in the same second");
    w.pass_seconds(1);
    types(&w, "bob").await;
    assert_eq!(typing(&mut carol).await, "Bob is typing…");
    let path = format!("/rooms/{}/typing", w.tea);
    assert_eq!(w.form("bob", &path, &[("state", "stop")]).await.status, 204);
    w.pass_seconds(1);
    assert_eq!(typing(&mut carol).await, "");
}

#[tokio::test]
async fn a_room_is_told_at_most_once_a_second() {
    let w = World::new().await;
    let mut carol = w.listen("carol").await;
    types(&w, "bob").await;
    assert_eq!(typing(&mut carol).await, "Bob is typing…");
    types(&w, "alice").await;
    types(&w, "robo").await;
    w.pass_seconds(1);
    // One frame for both.
    assert_eq!(typing(&mut carol).await, "Bob, Alice and Robo are typing…");
}

#[tokio::test]
async fn who_may_not_write_is_not_shown() {
    let w = World::new().await;
    let mut alice = w.listen("alice").await;
    assert_eq!(types(&w, "carol").await, 403);
    assert_eq!(types(&w, "mallory").await, 404);
    assert_eq!(types(&w, NOBODY).await, 401);
    types(&w, "bob").await;
    assert_eq!(typing(&mut alice).await, "Bob is typing…");
    // Muted in the middle of it.
    let settings = format!("/rooms/{}/settings", w.tea);
    let mute = [("account", "bob"), ("minutes", "10")];
    assert_eq!(w.form("alice", &format!("{settings}/mute"), &mute).await.status, 303);
    w.pass_seconds(1);
    assert_eq!(typing(&mut alice).await, "");
    assert_eq!(types(&w, "bob").await, 403);
    assert_eq!(types(&w, "robo").await, 204);
    assert_eq!(typing(&mut alice).await, "Robo is typing…");
    // Nobody writes in a locked room.
    assert_eq!(w.form("alice", &format!("{settings}/lock"), &[]).await.status, 303);
    assert_eq!(types(&w, "robo").await, 409);
    assert_eq!(sentence(&panel_after_reload(&w).await), "");
}

#[tokio::test]
async fn too_many_words_of_typing_are_refused() {
    let w = World::with(|config| config.limits = true).await;
    let mut refused = 0;
    for _ in 0..60 {
        refused += usize::from(types(&w, "bob").await == 429);
    }
    assert!(refused > 0);
}

async fn types(w: &World, who: &str) -> u16 {
    w.form(who, &format!("/rooms/{}/typing", w.tea), &[("state", "begin")]).await.status
}

/// What a window that opens now is told.
async fn panel_after_reload(w: &World) -> Event {
    w.pass_seconds(1);
    w.listen("alice").await.frame().await
}

/// The next frame that tells who types, later than the first of the stream.
async fn panel(listener: &mut Listener) -> Event {
    loop {
        let event = listener.frame().await;
        if event.has("[hx-target='#typing']") && !event.has("[hx-target='#people']") {
            return event;
        }
    }
}

async fn typing(listener: &mut Listener) -> String {
    let event = panel(listener).await;
    assert!(event.id.is_none(), "it is not resumed");
    sentence(&event)
}

fn sentence(event: &Event) -> String {
    plain(&event.texts("[hx-target='#typing'] .all"))
}

fn without(event: &Event, name: &str) -> String {
    plain(&event.texts(&format!("[hx-target='#typing'] [data-without={name}]")))
}

/// Without the marks that keep a name in its own direction.
fn plain(texts: &[String]) -> String {
    texts.concat().replace(['\u{2068}', '\u{2069}'], "")
}
