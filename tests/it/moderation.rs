//! Keeping a room civil: who moderates, lock, slow mode, mutes, and the list of what was done.

use crate::world::{Answer, NOBODY, World, nonce, post};

/// Posts a form of the room's settings.
async fn set(w: &World, who: &str, what: &str, fields: &[(&str, &str)]) -> Answer {
    w.form(who, &format!("/rooms/{}/settings/{what}", w.tea), fields).await
}

async fn send(w: &World, who: &str, body: &str) -> Answer {
    w.send(w.tea, who, body, &nonce()).await
}

/// What the list says, the latest first: who did what.
async fn audit(w: &World, who: &str, room: i64) -> Vec<String> {
    let list = w.get(who, &format!("/rooms/{room}/audit")).await;
    assert_eq!(list.status, 200, "{}", list.body);
    list.texts(".audit li > span")
}

#[tokio::test]
async fn who_made_the_page_moderates_its_room_while_they_may_edit_it() {
    let w = World::new().await;
    let own = w.page("bob", "Bob's", "{chat}").await;
    let mid = w.post_in(own, "robo", "beep").await;
    let other = w.post_in(own, "robo", "boop").await;
    let path = |mid: i64| format!("/rooms/{own}/messages/{mid}");
    let remove = async |mid| w.ask(crate::world::delete(&path(mid)).by("bob")).await.status;
    assert_eq!(remove(mid).await, 200);
    w.restrict("alice", own, "edit", "alice").await;
    assert_eq!(remove(other).await, 403);
    assert_eq!(w.get("bob", &format!("/rooms/{own}/settings")).await.status, 403);
    // In a room on a page that somebody else made, editing is not moderating.
    let tea = w.post("robo", "beep").await;
    assert_eq!(w.remove("bob", tea).await.status, 403);
    assert_eq!(w.remove("alice", tea).await.status, 200);
}

#[tokio::test]
async fn only_who_moderates_sets_anything() {
    let w = World::new().await;
    let forms: [(&str, &[(&str, &str)]); 5] = [
        ("lock", &[]),
        ("unlock", &[]),
        ("slow", &[("seconds", "10")]),
        ("mute", &[("account", "robo"), ("minutes", "10")]),
        ("unmute", &[("account", "robo")]),
    ];
    for (what, fields) in forms {
        for (who, status) in
            [("bob", 403), ("carol", 403), ("mallory", 404), (NOBODY, 401), ("alice", 303)]
        {
            assert_eq!(set(&w, who, what, fields).await.status, status, "{who}: {what}");
        }
    }
    let path = format!("/rooms/{}/settings", w.tea);
    for (who, status) in
        [("alice", 200), ("bob", 200), ("carol", 403), ("mallory", 404), (NOBODY, 303)]
    {
        assert_eq!(w.get(who, &path).await.status, status, "{who}");
    }
    // Who only edits finds no form of the moderators there.
    assert!(w.get("alice", &path).await.has("form[action$='/lock']"));
    assert!(!w.get("bob", &path).await.has("form[action$='/lock']"));
}

#[tokio::test]
async fn only_who_may_set_something_is_shown_the_way_there() {
    let w = World::new().await;
    let settings = format!("#panel a[href='/rooms/{}/settings']", w.tea);
    let audit = format!("#panel a[href='/rooms/{}/audit']", w.tea);
    for (who, may) in [("alice", true), ("bob", true), ("carol", false)] {
        let window = w.window(who).await;
        assert_eq!((window.has(&settings), window.has(&audit)), (may, may), "{who}");
    }
}

#[tokio::test]
async fn a_locked_room_is_read_and_not_written_by_anybody() {
    let w = World::new().await;
    let mid = w.post("bob", "hello").await;
    let mut carol = w.listen("carol").await;
    assert_eq!(set(&w, "alice", "lock", &[]).await.status, 303);
    assert_eq!(carol.next().await.name.as_deref(), Some("reload"));
    for who in ["bob", "alice"] {
        let refused = send(&w, who, "anyone?").await;
        assert_eq!(refused.status, 409);
        assert!(refused.body.contains("A moderator has locked this room"), "{}", refused.body);
    }
    let edit = format!("/rooms/{}/messages/{mid}", w.tea);
    assert_eq!(w.form("bob", &edit, &[("body", "goodbye")]).await.status, 409);
    assert_eq!(w.window("bob").await.said(), ["hello"]);
    for window in
        [w.window("bob").await, w.get("bob", &format!("/rooms/{}/plain/compose", w.tea)).await]
    {
        assert!(!window.has("form textarea"));
        assert!(window.text(".reader").contains("locked"));
    }
    assert_eq!(set(&w, "alice", "unlock", &[]).await.status, 303);
    assert_eq!(carol.next().await.name.as_deref(), Some("reload"));
    assert!(w.window("bob").await.has("form#composer"));
    w.post("bob", "again").await;
    assert_eq!(carol.next().await.said(), ["again"]);
}

#[tokio::test]
async fn a_retry_of_what_was_posted_before_the_lock_is_still_that_message() {
    let w = World::new().await;
    w.send(w.tea, "bob", "hello", "n1").await;
    set(&w, "alice", "lock", &[]).await;
    assert_eq!(w.send(w.tea, "bob", "hello", "n1").await.status, 200);
}

#[tokio::test]
async fn what_moderators_set_survives_a_new_macro_and_its_absence() {
    let w = World::new().await;
    set(&w, "alice", "lock", &[]).await;
    set(&w, "alice", "slow", &[("seconds", "30")]).await;
    w.edit("bob", w.tea, "Tea", "{chat:Coffee}").await;
    assert_eq!(send(&w, "bob", "x").await.status, 409);
    w.edit("bob", w.tea, "Tea", "nothing").await;
    w.edit("bob", w.tea, "Tea", "{chat:Coffee}").await;
    assert_eq!(send(&w, "bob", "x").await.status, 409);
    set(&w, "alice", "unlock", &[]).await;
    let settings = w.get("alice", &format!("/rooms/{}/settings", w.tea)).await;
    assert_eq!(settings.value("#seconds option[selected]"), "30");
}

#[tokio::test]
async fn slow_mode_lets_each_person_write_once_in_a_while() {
    let w = World::new().await;
    assert_eq!(set(&w, "alice", "slow", &[("seconds", "300")]).await.status, 303);
    assert!(!w.window("alice").await.has(".slow"));
    assert!(w.window("bob").await.text(".slow").contains("every 5 minutes"));
    w.post("bob", "one").await;
    let refused = send(&w, "bob", "two").await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, "300"));
    assert!(refused.body.contains("again in 5 minutes"), "{}", refused.body);
    w.pass(4);
    let refused = send(&w, "bob", "two").await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, "60"));
    assert!(refused.body.contains("again in 1 minute."), "{}", refused.body);
    // Others have a pace of their own, and who moderates has none.
    w.post("robo", "beep").await;
    w.post("alice", "one").await;
    w.post("alice", "two").await;
    w.pass(1);
    w.post("bob", "two").await;
    set(&w, "alice", "slow", &[("seconds", "0")]).await;
    w.post("bob", "three").await;
    w.post("bob", "four").await;
}

#[tokio::test]
async fn a_plain_form_that_came_too_early_keeps_its_draft_and_says_when() {
    let w = World::new().await;
    set(&w, "alice", "slow", &[("seconds", "60")]).await;
    w.post("bob", "one").await;
    let path = format!("/rooms/{}/messages", w.tea);
    let refused =
        w.ask(post(&path).by("bob").browser().form(&[("body", "two"), ("nonce", "n")])).await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, "60"));
    assert_eq!(refused.text("textarea#box"), "two");
}

#[tokio::test]
async fn odd_settings_are_refused_beside_their_field() {
    let w = World::new().await;
    for odd in ["-1", "3601", "x", ""] {
        let refused = set(&w, "alice", "slow", &[("seconds", odd)]).await;
        assert_eq!(refused.status, 422, "{odd}");
        assert!(refused.has("#seconds-error"), "{odd}");
    }
    for odd in ["0", "-5", "43201", "x"] {
        let refused = set(&w, "alice", "mute", &[("account", "bob"), ("minutes", odd)]).await;
        assert_eq!(refused.status, 422, "{odd}");
        assert!(refused.has("#minutes-error"), "{odd}");
        assert_eq!(refused.value("input[name=account]"), "bob", "it is not typed again");
    }
    // Somebody who does not read here and nobody at all are not told apart.
    let mut told = Vec::new();
    for odd in ["mallory", "nobody-at-all", "", "alice"] {
        let refused = set(&w, "alice", "mute", &[("account", odd), ("minutes", "10")]).await;
        assert_eq!(refused.status, 422, "{odd}");
        told.push(refused.text("#account-error"));
    }
    assert_eq!(told[0], told[1]);
    assert_eq!(told[0], told[2]);
    assert_eq!(told[3], "Who moderates here cannot be muted.");
    assert_eq!(audit(&w, "alice", w.tea).await.len(), 1);
}

#[tokio::test]
async fn who_is_muted_reads_and_does_not_write_until_the_time_is_over() {
    let w = World::new().await;
    let mid = w.post("bob", "hello").await;
    let muted = set(&w, "alice", "mute", &[("account", "bob"), ("minutes", "60")]).await;
    assert_eq!(muted.status, 303);
    let refused = send(&w, "bob", "but").await;
    assert_eq!(refused.status, 403);
    assert!(refused.body.contains("muted in this room until 22 Nov 2026, 11:00"), "{refused:?}");
    let edit = format!("/rooms/{}/messages/{mid}", w.tea);
    assert_eq!(w.form("bob", &edit, &[("body", "goodbye")]).await.status, 403);
    let window = w.window("bob").await;
    assert_eq!(window.said(), ["hello"]);
    assert!(window.text("#composer .muted").contains("muted in this room until"));
    assert!(!w.window("robo").await.has("#composer .muted"));
    // Here alone, and nobody else.
    let other = w.page("alice", "Other", "{chat}").await;
    w.post_in(other, "bob", "hello").await;
    w.post("robo", "beep").await;
    let settings = w.get("alice", &format!("/rooms/{}/settings", w.tea)).await;
    assert!(settings.text(".muted li").contains("Bob"));
    w.pass(59);
    assert_eq!(send(&w, "bob", "but").await.status, 403);
    w.pass(1);
    w.post("bob", "so").await;
    assert!(!w.window("bob").await.has("#composer .muted"));
    let settings = w.get("alice", &format!("/rooms/{}/settings", w.tea)).await;
    assert!(!settings.has(".muted li"));
}

#[tokio::test]
async fn a_mute_makes_the_windows_of_whom_it_mutes_load_anew_and_no_others() {
    let w = World::new().await;
    let mut bob = w.listen("bob").await;
    let mut robo = w.listen("robo").await;
    for act in ["mute", "unmute", "unmute"] {
        set(&w, "alice", act, &[("account", "bob"), ("minutes", "60")]).await;
    }
    w.post("alice", "so").await;
    assert_eq!(bob.next().await.name.as_deref(), Some("reload"));
    assert_eq!(bob.next().await.name.as_deref(), Some("reload"));
    assert_eq!(bob.next().await.said(), ["so"]);
    assert_eq!(robo.next().await.said(), ["so"]);
}

#[tokio::test]
async fn a_mute_can_be_ended_before_its_time() {
    let w = World::new().await;
    set(&w, "alice", "mute", &[("account", "bob"), ("minutes", "60")]).await;
    assert_eq!(send(&w, "bob", "but").await.status, 403);
    assert_eq!(set(&w, "alice", "unmute", &[("account", "bob")]).await.status, 303);
    w.post("bob", "thanks").await;
    assert_eq!(audit(&w, "alice", w.tea).await[0], "Alice unmuted Bob");
}

#[tokio::test]
async fn what_was_done_is_on_a_list_for_those_who_edit() {
    let w = World::new().await;
    let mid = w.post("robo", "a secret").await;
    let own = w.post("robo", "one's own").await;
    set(&w, "alice", "lock", &[]).await;
    set(&w, "alice", "lock", &[]).await;
    set(&w, "alice", "unlock", &[]).await;
    set(&w, "alice", "slow", &[("seconds", "90")]).await;
    set(&w, "alice", "mute", &[("account", "robo"), ("minutes", "10")]).await;
    w.remove("alice", mid).await;
    w.remove("alice", mid).await;
    w.remove("robo", own).await;
    w.edit("bob", w.tea, "Tea", "{chat:Coffee}").await;
    w.edit("bob", w.tea, "Tea", "{chat:Coffee} and more").await;
    w.edit("bob", w.tea, "Tea", "none").await;
    w.edit("bob", w.tea, "Tea", "{chat:Coffee}").await;
    let list = audit(&w, "bob", w.tea).await;
    assert_eq!(
        list,
        [
            "Bob opened the room “Coffee”".to_owned(),
            "Bob closed the room: the page has no chat any more".into(),
            "Bob renamed the room to “Coffee”".into(),
            format!("Alice removed message {mid} by Robo"),
            "Alice muted Robo until 22 Nov 2026, 10:10".into(),
            "Alice set slow mode: every 1 minute 30 seconds".into(),
            "Alice unlocked the room".into(),
            "Alice locked the room".into(),
            "The operator opened the room “Tea”".into(),
        ]
    );
    let path = format!("/rooms/{}/audit", w.tea);
    assert!(!w.get("bob", &path).await.body.contains("secret"));
    for (who, status) in [("alice", 200), ("carol", 403), ("mallory", 404), (NOBODY, 303)] {
        assert_eq!(w.get(who, &path).await.status, status, "{who}");
    }
}

#[tokio::test]
async fn topics_and_pins_are_in_the_list_once() {
    let w = World::new().await;
    let mid = w.post("bob", "boil twice").await;
    let topic = format!("/rooms/{}/topic", w.tea);
    for typed in ["*green* tea", "*green*  tea", "", ""] {
        assert_eq!(w.form("bob", &topic, &[("topic", typed)]).await.status, 303);
    }
    for act in ["pin", "pin", "unpin", "unpin"] {
        let path = format!("/rooms/{}/messages/{mid}/{act}", w.tea);
        assert_eq!(w.form("alice", &path, &[]).await.status, 303);
    }
    let list = audit(&w, "bob", w.tea).await;
    let pinned = format!("Alice pinned message {mid}");
    let unpinned = format!("Alice unpinned message {mid}");
    let expected =
        [&unpinned, &pinned, "Bob took the topic away", "Bob set the topic to “*green* tea”"];
    assert_eq!(list[..4], expected);
}

#[tokio::test]
async fn a_long_list_of_what_was_done_goes_on() {
    let w = World::new().await;
    for _ in 0..60 {
        set(&w, "alice", "lock", &[]).await;
        set(&w, "alice", "unlock", &[]).await;
    }
    let path = format!("/rooms/{}/audit", w.tea);
    let first = w.get("alice", &path).await;
    assert_eq!(first.texts(".audit > ol > li").len(), 100);
    let older = first.attributes("a[href*='before=']", "href");
    let rest = w.get("alice", &older[0]).await;
    assert_eq!(rest.texts(".audit > ol > li").len(), 21);
    assert!(!rest.has("a[href*='before=']"));
}

#[tokio::test]
async fn controls_of_everybodys_messages_show_to_moderators_alone() {
    let w = World::new().await;
    w.post("robo", "beep").await;
    let rule = ".own{display:inline}";
    let has_rule =
        |window: &Answer| window.texts("style").iter().any(|style| style.starts_with(rule));
    assert!(has_rule(&w.window("alice").await));
    assert!(!has_rule(&w.window("bob").await));
}

#[tokio::test]
async fn each_stream_begins_with_the_state_that_windows_compare_with_theirs() {
    let w = World::new().await;
    let before = w.window("carol").await.text("#state");
    w.form("alice", &format!("/rooms/{}/settings/lock", w.tea), &[]).await;
    let after = w.window("carol").await.text("#state");
    assert_ne!(before, after);
    let first = w.listen("carol").await.frame().await;
    assert!(first.data.contains(&format!(">{after}<data ")), "{first:?}");
}
