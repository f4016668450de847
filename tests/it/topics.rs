//! What a room is about.

use crate::world::{Answer, NOBODY, World, get, post};

async fn say(w: &World, who: &str, topic: &str) -> Answer {
    w.form(who, &format!("/rooms/{}/topic", w.tea), &[("topic", topic)]).await
}

async fn status(w: &World, who: &str) -> Answer {
    w.get(who, &format!("/rooms/{}/status", w.tea)).await
}

#[tokio::test]
async fn the_topic_stands_under_the_rooms_name_and_in_the_status_table() {
    let w = World::new().await;
    assert_eq!(w.window("carol").await.text("#topic"), "");
    assert!(!status(&w, "carol").await.has(".topic"));
    assert_eq!(say(&w, "bob", "  *green*\r\ntea   today ").await.status, 303);
    let window = w.window("carol").await;
    assert_eq!(window.text("#topic"), "green tea today");
    assert!(window.has("header.room #topic[hx-ignore] strong"));
    assert_eq!(status(&w, "carol").await.text(".status .topic"), "green tea today");
    let settings = w.get("bob", &format!("/rooms/{}/settings", w.tea)).await;
    assert_eq!(settings.value("input[name=topic]"), "*green* tea today");
    assert_eq!(say(&w, "bob", " ").await.status, 303);
    assert_eq!(w.window("carol").await.text("#topic"), "");
}

#[tokio::test]
async fn open_windows_see_a_new_topic_at_once() {
    let w = World::new().await;
    let mut carol = w.listen("carol").await;
    carol.sees(&["Carol"]).await;
    say(&w, "bob", "green tea").await;
    loop {
        let event = carol.frame().await;
        if event.has("[hx-target='#topic'] p") {
            assert!(event.is_panel() && event.data.contains("green tea"), "{event:?}");
            break;
        }
    }
}

#[tokio::test]
async fn only_who_may_edit_the_page_sets_the_topic() {
    let w = World::new().await;
    for (who, status) in [("carol", 403), ("robo", 403), ("mallory", 404), (NOBODY, 401)] {
        assert_eq!(say(&w, who, "mine").await.status, status, "{who}");
    }
    w.restrict("alice", w.tea, "edit", "alice").await;
    assert_eq!(say(&w, "bob", "mine").await.status, 403);
    assert_eq!(w.window("carol").await.text("#topic"), "");
    let no_room = w.page("bob", "No room", "here").await;
    let path = format!("/rooms/{no_room}/topic");
    assert_eq!(w.form("bob", &path, &[("topic", "x")]).await.status, 404);
}

#[tokio::test]
async fn a_topic_has_at_most_200_characters() {
    let w = World::new().await;
    let fits = "é".repeat(200);
    assert_eq!(say(&w, "bob", &fits).await.status, 303);
    let refused = say(&w, "bob", &format!("{fits}x")).await;
    assert_eq!(refused.status, 422);
    assert!(refused.has("#topic-error"));
    // What was typed is there to be cut.
    assert_eq!(refused.value("input[name=topic]"), format!("{fits}x"));
    assert_eq!(w.window("bob").await.text("#topic"), fits);
}

#[tokio::test]
async fn a_topic_is_never_more_than_a_line_and_never_html() {
    let w = World::new().await;
    for odd in ["* one", "h1. big", "> said", "----", "{code}x{code}", "|a|b|", "<b>x</b>"] {
        assert_eq!(say(&w, "bob", odd).await.status, 303, "{odd}");
        let window = w.window("bob").await;
        assert!(!window.has("#topic :is(ul, h1, blockquote, hr, pre, table, b)"), "{odd}");
        if odd != "----" {
            assert_eq!(window.text("#topic"), odd);
        }
    }
}

#[tokio::test]
async fn names_in_a_topic_are_resolved_under_the_rights_of_who_set_it() {
    let w = World::new().await;
    let secret = w.page("alice", "Secret", "x").await;
    w.restrict("alice", secret, "view", "alice").await;
    say(&w, "bob", "see [Secret] and [Tea]").await;
    let window = w.window("alice").await;
    assert_eq!(window.attributes("#topic a", "href"), [format!("/pages/{}", w.tea)]);
}

#[tokio::test]
async fn a_window_gets_the_form_alone_and_what_was_wrong_in_its_place() {
    let w = World::new().await;
    let path = format!("/rooms/{}/topic", w.tea);
    say(&w, "bob", "*green* tea").await;
    let form = w.ask(get(&path).by("bob").htmx()).await;
    assert_eq!(form.value("input[name=topic]"), "*green* tea");
    assert!(!form.has("header"));
    let long = "x".repeat(201);
    let refused = w.ask(post(&path).by("bob").htmx().form(&[("topic", &long)])).await;
    assert_eq!(refused.status, 422);
    assert_eq!(refused.value("input[name=topic]"), long);
    assert!(refused.text("#topic-error").contains("200"), "{}", refused.body);
    let saved = w.ask(post(&path).by("bob").htmx().form(&[("topic", "black")])).await;
    assert_eq!(saved.status, 200);
    assert!(saved.has("[hx-target='#topic'] p") && saved.has("[hx-target='#topic-here'] p"));
    // The way to it is there for who may go it.
    assert!(w.window("bob").await.has("#topic-edit .opener"));
    assert!(!w.window("carol").await.has("#topic-edit"));
    assert_eq!(w.ask(get(&path).by("carol").htmx()).await.status, 403);
    assert_eq!(w.ask(get(&path).by("mallory").htmx()).await.status, 404);
    assert_eq!(w.get("bob", &path).await.location(), format!("/rooms/{}/settings", w.tea));
}
