//! Messages that a room keeps in sight.

use crate::world::{Answer, NOBODY, World, delete, post};

async fn pin(w: &World, who: &str, mid: i64) -> Answer {
    w.form(who, &format!("/rooms/{}/messages/{mid}/pin", w.tea), &[]).await
}

async fn unpin(w: &World, who: &str, mid: i64) -> Answer {
    w.form(who, &format!("/rooms/{}/messages/{mid}/unpin", w.tea), &[]).await
}

async fn pinned(w: &World) -> Vec<String> {
    w.window("carol").await.texts("#pins li > a")
}

#[tokio::test]
async fn a_pinned_message_is_in_the_panel_with_author_and_line_and_link() {
    let w = World::new().await;
    assert_eq!(w.window("carol").await.source("#pins"), r#"<div id="pins"></div>"#);
    let later = w.post("bob", "plain").await;
    let mid = w.post("bob", "*Kettle:* boil\n* twice").await;
    assert_eq!(pin(&w, "alice", mid).await.status, 303);
    assert_eq!(pin(&w, "alice", later).await.status, 303);
    assert_eq!(pin(&w, "alice", mid).await.status, 303);
    // In the order of the log.
    assert_eq!(pinned(&w).await, ["Bob plain", "Bob Kettle: boil twice"]);
    let window = w.window("carol").await;
    let links = window.attributes("#pins li > a", "href");
    assert_eq!(links[1], format!("/rooms/{}/messages/{mid}", w.tea));
    assert_eq!(window.attributes("#pins li > a", "data-mid"), [later, mid].map(|m| m.to_string()));
    assert_eq!(unpin(&w, "alice", later).await.status, 303);
    assert_eq!(unpin(&w, "alice", later).await.status, 303);
    assert_eq!(pinned(&w).await, ["Bob Kettle: boil twice"]);
}

#[tokio::test]
async fn open_windows_see_a_pin_at_once_and_their_log_stays() {
    let w = World::new().await;
    let mid = w.post("bob", "boil twice").await;
    let mut carol = w.listen("carol").await;
    carol.sees(&["Carol"]).await;
    let path = format!("/rooms/{}/messages/{mid}/pin", w.tea);
    assert_eq!(w.ask(post(&path).by("alice").htmx().form(&[])).await.status, 204);
    loop {
        let event = carol.frame().await;
        if event.has("[hx-target='#pins'] li") {
            assert!(event.is_panel() && event.data.contains("boil twice"), "{event:?}");
            break;
        }
    }
}

#[tokio::test]
async fn only_who_moderates_pins() {
    let w = World::new().await;
    let mid = w.post("bob", "boil twice").await;
    for (who, status) in [("bob", 403), ("carol", 403), ("mallory", 404), (NOBODY, 401)] {
        assert_eq!(pin(&w, who, mid).await.status, status, "{who}");
    }
    assert!(pinned(&w).await.is_empty());
    pin(&w, "alice", mid).await;
    for (who, status) in [("bob", 403), ("carol", 403), ("mallory", 404), (NOBODY, 401)] {
        assert_eq!(unpin(&w, who, mid).await.status, status, "{who}");
    }
    assert_eq!(pinned(&w).await.len(), 1);
    assert_eq!(pin(&w, "alice", 99).await.status, 404);
}

#[tokio::test]
async fn a_removed_message_is_not_pinned_any_more_and_cannot_be() {
    let w = World::new().await;
    let mid = w.post("bob", "the secret recipe").await;
    pin(&w, "alice", mid).await;
    assert_eq!(pinned(&w).await, ["Bob the secret recipe"]);
    let mut carol = w.listen("carol").await;
    carol.sees(&["Carol"]).await;
    assert_eq!(w.remove("bob", mid).await.status, 200);
    loop {
        let event = carol.frame().await;
        if event.is_panel() && !event.has("[hx-target='#pins'] li") {
            break;
        }
    }
    assert!(pinned(&w).await.is_empty());
    assert_eq!(pin(&w, "alice", mid).await.status, 409);
}

#[tokio::test]
async fn an_edit_reaches_the_list_of_pins() {
    let w = World::new().await;
    let mid = w.post("bob", "boil once").await;
    pin(&w, "alice", mid).await;
    let mut carol = w.listen("carol").await;
    carol.sees(&["Carol"]).await;
    let path = format!("/rooms/{}/messages/{mid}", w.tea);
    assert_eq!(w.form("bob", &path, &[("body", "boil twice")]).await.status, 200);
    loop {
        let event = carol.frame().await;
        if event.has("[hx-target='#pins'] li") && event.data.contains("boil twice") {
            break;
        }
    }
}

#[tokio::test]
async fn twenty_messages_are_pinned_and_no_more() {
    let w = World::new().await;
    let mut mids = Vec::new();
    for n in 0..21 {
        mids.push(w.post("bob", &format!("m{n}")).await);
    }
    for mid in &mids[..20] {
        assert_eq!(pin(&w, "alice", *mid).await.status, 303);
    }
    let refused = pin(&w, "alice", mids[20]).await;
    assert_eq!(refused.status, 409);
    assert!(refused.body.contains("Unpin one first"), "{}", refused.body);
    // What is pinned already is no further one.
    assert_eq!(pin(&w, "alice", mids[0]).await.status, 303);
    w.ask(delete(&format!("/rooms/{}/messages/{}", w.tea, mids[3])).by("bob")).await;
    assert_eq!(pin(&w, "alice", mids[20]).await.status, 303);
    assert_eq!(pinned(&w).await.len(), 20);
}
