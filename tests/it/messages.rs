//! Posting, reading back, removing.

use crate::world::{Ask, NOBODY, World, nonce, post};

#[tokio::test]
async fn a_message_appears_in_another_window() {
    let w = World::new().await;
    let mut carol = w.listen("carol").await;
    let mid = w.post("bob", "hello").await;
    let event = carol.next().await;
    assert_eq!(event.said(), ["hello"]);
    assert!(event.has(&format!("li#m{mid}[data-author=bob] time[datetime]")));
    assert!(event.id.unwrap().ends_with(&format!("-{mid}")));
    assert_eq!(w.window("carol").await.said(), ["hello"]);
}

#[tokio::test]
async fn a_retry_is_the_same_message() {
    let w = World::new().await;
    let first = w.send(w.tea, "bob", "hello", "n1").await;
    let retry = w.send(w.tea, "bob", "hello", "n1").await;
    assert_eq!((first.status, retry.status), (201, 200));
    assert_eq!(first.source("li"), retry.source("li"));
    assert_eq!(w.window("bob").await.said(), ["hello"]);
}

#[tokio::test]
async fn a_retry_after_a_restart_is_still_the_same_message() {
    let w = World::new().await;
    let first = w.send(w.tea, "bob", "hello", "n1").await;
    let w = w.restart().await;
    let retry = w.send(w.tea, "bob", "hello", "n1").await;
    assert_eq!((first.status, retry.status), (201, 200));
    assert_eq!(w.window("bob").await.said(), ["hello"]);
}

#[tokio::test]
async fn the_same_nonce_with_another_body_or_author_is_another_message() {
    let w = World::new().await;
    assert_eq!(w.send(w.tea, "bob", "one", "n1").await.status, 201);
    assert_eq!(w.send(w.tea, "bob", "two", "n1").await.status, 201);
    assert_eq!(w.send(w.tea, "alice", "one", "n1").await.status, 201);
    assert_eq!(w.window("bob").await.said(), ["one", "two", "one"]);
}

#[tokio::test]
async fn without_a_nonce_each_send_is_a_message() {
    let w = World::new().await;
    let path = format!("/rooms/{}/messages", w.tea);
    for _ in 0..2 {
        assert_eq!(w.form("bob", &path, &[("body", "ping")]).await.status, 201);
    }
    assert_eq!(w.window("bob").await.said(), ["ping", "ping"]);
}

#[tokio::test]
async fn an_empty_message_is_refused() {
    let w = World::new().await;
    for empty in ["", "   ", "\r\n\r\n", "\u{0}\u{7}"] {
        let refused = w.send(w.tea, "bob", empty, "n1").await;
        assert_eq!(refused.status, 422, "{empty:?}");
        assert!(refused.body.contains("Write something first."), "{}", refused.body);
    }
    assert!(w.window("bob").await.said().is_empty());
}

#[tokio::test]
async fn who_may_only_read_cannot_post() {
    let w = World::new().await;
    let refused = w.send(w.tea, "carol", "hello", "n1").await;
    assert_eq!(refused.status, 403);
    assert_eq!(w.send(w.tea, "mallory", "hello", "n1").await.status, 404);
    assert_eq!(w.send(w.tea, NOBODY, "hello", "n1").await.status, 401);
    assert!(w.window("carol").await.said().is_empty());
    assert!(w.window("bob").await.has("form#composer"));
    assert!(!w.window("carol").await.has("form#composer"));
}

#[tokio::test]
async fn a_closed_room_takes_no_message() {
    let w = World::new().await;
    w.post("bob", "hello").await;
    assert_eq!(w.edit("bob", w.tea, "Tea", "no chat here").await.status, 303);
    assert_eq!(w.send(w.tea, "bob", "anyone?", "n1").await.status, 409);
    let window = w.window("bob").await;
    assert_eq!(window.said(), ["hello"]);
    assert!(!window.has("form#composer"));
}

#[tokio::test]
async fn posting_too_fast_is_refused_for_a_while() {
    let w = World::with(|config| config.limits = true).await;
    let mut refused = None;
    for n in 0..60 {
        let answer = w.send(w.tea, "bob", &format!("m{n}"), &n.to_string()).await;
        if answer.status != 201 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("a limit");
    assert_eq!((refused.status, refused.header("retry-after")), (429, "1"));
    // It was this author who was too fast.
    assert_eq!(w.send(w.tea, "alice", "calm down", "n").await.status, 201);
}

#[tokio::test]
async fn a_plain_form_leads_back_to_the_room() {
    let w = World::new().await;
    let posted = w.ask(plain(&w, "bob", "hello")).await;
    assert_eq!((posted.status, posted.location()), (303, format!("/rooms/{}", w.tea)));
    assert_eq!(w.window("bob").await.said(), ["hello"]);
}

#[tokio::test]
async fn a_plain_form_that_is_refused_comes_back_with_its_draft() {
    let w = World::new().await;
    let long = "x".repeat((1 << 20) + 1);
    let refused = w.ask(plain(&w, "bob", &long)).await;
    assert_eq!(refused.status, 413);
    assert_eq!(refused.text("textarea#box"), long);
    assert!(refused.text("#error").starts_with("That is too long"));
    // A session that has ended: the text is there to be copied.
    w.form("bob", "/logout", &[]).await;
    let kept = w.ask(plain(&w, "bob", "my long thoughts")).await;
    assert_eq!(kept.status, 401);
    assert_eq!(kept.text("textarea"), "my long thoughts");
    assert_eq!(kept.value("form.fields input[name=next]"), format!("/rooms/{}", w.tea));
}

#[tokio::test]
async fn a_refused_draft_with_markup_in_it_comes_back_as_text() {
    let w = World::new().await;
    w.edit("bob", w.tea, "Tea", "closed").await;
    let nasty = "</textarea><script>alert(1)</script>";
    let refused = w.ask(plain(&w, "bob", nasty)).await;
    assert_eq!(refused.status, 409);
    assert!(!refused.body.contains("<script>alert"), "{}", refused.body);
}

#[tokio::test]
async fn an_expired_session_is_answered_with_a_dialog_in_the_window() {
    let w = World::new().await;
    let path = format!("/rooms/{}/messages", w.tea);
    let refused = w.ask(post(&path).htmx().form(&[("body", "hello")])).await;
    assert_eq!(refused.status, 401);
    assert_eq!(refused.value("dialog input[name=next]"), format!("/rooms/{}", w.tea));
}

#[tokio::test]
async fn line_ends_are_one_character_and_control_characters_are_gone() {
    let w = World::new().await;
    w.post("bob", "a\r\nb\rc\nd\u{0}e\u{8}f\u{1b}[31mg").await;
    let body = w.window("bob").await.source("li .body");
    assert_eq!(body.matches("<br>").count(), 3, "{body}");
    assert!(body.contains("def[31mg"), "{body}");
}

#[tokio::test]
async fn messages_stand_in_the_order_in_which_they_were_posted() {
    let w = World::new().await;
    let first = w.post("bob", "one").await;
    // Order is never a matter of the clock.
    w.pass(-60);
    let second = w.post("alice", "two").await;
    assert!(second > first);
    let window = w.window("carol").await;
    assert_eq!(window.said(), ["one", "two"]);
    let positions = window.attributes("li[data-position]", "data-position");
    assert_eq!(positions, [first.to_string(), second.to_string()]);
}

#[tokio::test]
async fn a_run_of_messages_by_one_author_stands_under_one_name() {
    let w = World::new().await;
    w.post("bob", "one").await;
    w.pass(4);
    let second = w.post("bob", "two").await;
    w.pass(6);
    w.post("bob", "a while later").await;
    w.post("alice", "somebody else").await;
    w.post("bob", "again").await;
    let window = w.window("bob").await;
    assert_eq!(window.attributes("li[data-continues]", "id"), [format!("m{second}")]);
}

#[tokio::test]
async fn the_heading_of_a_day_stands_inside_its_first_message() {
    let w = World::new().await;
    let first = w.post("bob", "today").await;
    w.post("bob", "still today").await;
    w.pass(24 * 60);
    let next = w.post("bob", "tomorrow").await;
    let window = w.window("bob").await;
    assert_eq!(
        window.texts("li > h2.day"),
        ["Sunday, 22 November 2026", "Monday, 23 November 2026"]
    );
    for (mid, day) in [(first, "2026-11-22"), (next, "2026-11-23")] {
        assert!(window.has(&format!("li#m{mid} > h2.day time[datetime='{day}']")));
    }
}

#[tokio::test]
async fn what_somebody_does_is_an_action() {
    let w = World::new().await;
    let mid = w.post("bob", "/me waves").await;
    let window = w.window("bob").await;
    assert!(window.has(&format!("li#m{mid}[data-kind=action]")));
    assert_eq!(window.said(), ["waves"]);
}

#[tokio::test]
async fn htmx_looks_for_nothing_in_what_people_wrote() {
    let w = World::new().await;
    w.post("bob", "<b hx-get='/logout'>x</b> *strong*").await;
    let body = w.window("bob").await.source("li .body[hx-ignore]");
    assert!(body.contains("<strong>strong</strong>") && !body.contains("<b "), "{body}");
}

#[tokio::test]
async fn a_removed_message_leaves_a_tombstone_everywhere() {
    let w = World::new().await;
    let mid = w.post("bob", "the secret recipe").await;
    let stays = w.post("bob", "something else").await;
    let mut carol = w.listen("carol").await;
    assert_eq!(w.get("bob", "/search?q=recipe").await.texts("ol.hits li[data-hit]").len(), 1);
    let removed = w.remove("bob", mid).await;
    assert_eq!(removed.status, 200);
    assert!(removed.has(&format!("li#m{mid}[data-removed]")));
    let event = carol.next().await;
    assert!(event.has(&format!("[hx-target='#m{mid}'] li#m{mid}[data-removed]")), "{event:?}");
    let day = w.transcript("carol", w.tea, "2026-11-22").await;
    for shown in [w.window("carol").await, day] {
        assert_eq!(shown.mids(), [mid, stays]);
        assert_eq!(shown.said(), ["Message removed", "something else"]);
        assert!(shown.has(&format!("li#m{mid}[data-removed]")));
        assert!(!shown.body.contains("recipe"));
    }
    assert!(w.get("bob", "/search?q=recipe").await.texts("ol.hits li[data-hit]").is_empty());
    // Again is no error and no further change.
    assert_eq!(w.remove("bob", mid).await.status, 200);
}

#[tokio::test]
async fn a_removed_message_leaves_every_byte_of_the_file_within_a_minute() {
    let w = World::new().await;
    let mid = w.post("bob", "the word is xyzzyplugh").await;
    // The index may leave out letters that the word before has.
    assert!(w.holds("zzyplugh"));
    w.remove("bob", mid).await;
    w.forgets("zzyplugh").await;
}

#[tokio::test]
async fn only_its_author_and_who_administers_may_remove_a_message() {
    let w = World::new().await;
    let (one, two) = (w.post("bob", "one").await, w.post("bob", "two").await);
    assert_eq!(w.remove("robo", one).await.status, 403);
    assert_eq!(w.remove("carol", one).await.status, 403);
    assert_eq!(w.remove("mallory", one).await.status, 404);
    assert_eq!(w.remove(NOBODY, one).await.status, 401);
    assert_eq!(w.window("bob").await.said(), ["one", "two"]);
    assert_eq!(w.remove("bob", one).await.status, 200);
    assert_eq!(w.remove("alice", two).await.status, 200);
    assert_eq!(w.remove("bob", 999).await.status, 404);
}

#[tokio::test]
async fn older_history_comes_in_pieces_without_a_gap() {
    let w = World::new().await;
    for n in 0..250 {
        w.post("bob", &format!("m{n}")).await;
    }
    let window = w.window("carol").await;
    assert_eq!(window.mids().len(), 100);
    let mut all = window.mids();
    let mut older = window.attributes("#older", "hx-get")[0].clone();
    loop {
        let piece = w.get("carol", &older).await.mids();
        let Some(first) = piece.first() else { break };
        older = format!("/rooms/{}/messages?before={first}", w.tea);
        all.splice(0..0, piece);
    }
    assert_eq!(all, (1..=250).collect::<Vec<_>>());
}

#[tokio::test]
async fn asking_for_what_is_before_nothing_is_answered() {
    let w = World::new().await;
    let path = format!("/rooms/{}/messages", w.tea);
    assert_eq!(w.get("carol", &format!("{path}?before=0")).await.status, 200);
    assert_eq!(w.get("carol", &format!("{path}?before=x")).await.status, 422);
    assert_eq!(w.get("carol", &path).await.status, 422);
}

#[tokio::test]
async fn a_permalink_leads_into_the_transcript_of_its_day() {
    let w = World::new().await;
    let mid = w.post("bob", "hello").await;
    w.pass(24 * 60);
    w.post("bob", "next day").await;
    let link = w.window("carol").await.attributes(&format!("#m{mid} a.permalink"), "href");
    let to = w.get("carol", &link[0]).await;
    assert_eq!(to.status, 303);
    let (page, place) =
        to.location().split_once('#').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    assert_eq!(place, format!("m{mid}"));
    assert_eq!(w.get("carol", &page).await.said(), ["hello"]);
    assert_eq!(w.get("carol", &format!("/rooms/{}/messages/99", w.tea)).await.status, 404);
    assert_eq!(w.get("mallory", &link[0]).await.status, 404);
}

#[tokio::test]
async fn a_new_display_name_shows_at_what_was_written_before() {
    let w = World::new().await;
    w.post("bob", "hello").await;
    let rename = "update account set display = 'Robert' where name = 'bob'";
    w.app.store.write(|tx| Ok(tx.execute(rename, [])?)).await.unwrap();
    assert_eq!(w.window("carol").await.text("li .author"), "Robert");
}

/// A plain form post of a browser without a script.
fn plain(w: &World, who: &str, body: &str) -> Ask {
    let path = format!("/rooms/{}/messages", w.tea);
    post(&path).by(who).browser().form(&[("body", body), ("nonce", &nonce())])
}

/// What is said after the clock was set back stands among what was said then, where it is searched for
/// by its newest.
#[tokio::test]
async fn a_clock_that_is_set_back_stops_nobody() {
    let w = World::new().await;
    let mut said = 0;
    for at in ["10:00:00", "10:01:04", "10:00:00", "10:00:59", "10:00:00"] {
        w.set_clock(&format!("2026-11-22T{at}Z"));
        for _ in 0..3 {
            said += 1;
            w.post("bob", &format!("tick {said}")).await;
        }
    }
    let read = |file: &rusqlite::Connection| {
        let mut newest = file.prepare("select mid from message order by id desc")?;
        Ok(newest.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<i64>>>()?)
    };
    let newest = w.app.store.read(read).await.unwrap();
    assert_eq!(newest, [6, 5, 4, 12, 11, 10, 15, 14, 13, 9, 8, 7, 3, 2, 1]);
}
