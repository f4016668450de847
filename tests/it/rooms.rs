//! Rooms: made by the macro, followed by it; the status table.

use backchannel::config::Config;

use crate::world::{NOBODY, World, get};

#[tokio::test]
async fn a_chat_macro_makes_a_room() {
    let w = World::new().await;
    let page = w.page("bob", "Plans", "Hello.").await;
    assert_eq!(w.get("bob", &format!("/rooms/{page}")).await.status, 404);
    w.edit("bob", page, "Plans", "Hello.\n\n{chat:Planning}").await;
    let window = w.visit("bob", &format!("/rooms/{page}")).await;
    assert_eq!(window.text("h1#room-name"), "Planning");
    assert_eq!(window.text("p.page a"), "Plans");
    let shown = w.visit("bob", &format!("/pages/{page}")).await;
    assert_eq!(shown.text(".body section.status h2"), "Planning");
    assert_eq!(shown.attributes("a.join.big", "href"), [format!("/rooms/{page}")]);
}

#[tokio::test]
async fn without_a_name_a_room_has_the_title_of_its_page() {
    let w = World::new().await;
    let page = w.page("bob", "Plans", "{chat}").await;
    assert_eq!(w.visit("bob", &format!("/rooms/{page}")).await.text("#room-name"), "Plans");
    w.edit("bob", page, "New plans", "{chat}").await;
    assert_eq!(w.visit("bob", &format!("/rooms/{page}")).await.text("#room-name"), "New plans");
}

#[tokio::test]
async fn two_macros_are_one_room_and_the_first_name_wins() {
    let w = World::new().await;
    let page = w.page("bob", "Plans", "{chat:First}\n\ntext\n\n{chat:Second}").await;
    assert_eq!(w.visit("bob", &format!("/rooms/{page}")).await.text("#room-name"), "First");
    let shown = w.visit("bob", &format!("/pages/{page}")).await;
    assert_eq!(shown.texts(".body section.status").len(), 1);
    // The second one leads to the first.
    assert!(shown.text(&format!(".body a[href='#status-{page}']")).contains("First"));
    assert!(!shown.text(".body").contains("Second"));
}

#[tokio::test]
async fn a_macro_in_code_is_no_macro() {
    let w = World::new().await;
    let page = w.page("bob", "Help", "Type {{\\{chat}}} or\n{noformat}{chat:X}{noformat}").await;
    assert_eq!(w.get("bob", &format!("/rooms/{page}")).await.status, 404);
}

#[tokio::test]
async fn a_changed_name_renames_the_room_and_keeps_its_history() {
    let w = World::new().await;
    w.post("bob", "hello").await;
    w.edit("bob", w.tea, "Tea", "{chat:Coffee}").await;
    let window = w.window("carol").await;
    assert_eq!(window.text("#room-name"), "Coffee");
    assert_eq!(window.said(), ["hello"]);
}

#[tokio::test]
async fn without_its_macro_a_room_is_closed_and_stays_to_be_read() {
    let w = World::new().await;
    w.post("bob", "hello").await;
    w.edit("bob", w.tea, "Tea", "gone").await;
    assert_eq!(w.send(w.tea, "bob", "x", "n").await.status, 409);
    let window = w.window("carol").await;
    assert_eq!(window.said(), ["hello"]);
    assert!(window.text("p.reader").contains("closed"), "{}", window.body);
    assert_eq!(w.transcript("carol", w.tea, "2026-11-22").await.said(), ["hello"]);
    assert_eq!(w.get("carol", "/search?q=hello").await.texts("ol.hits li[data-hit]").len(), 1);
    // Its page shows no table any more.
    assert!(!w.visit("carol", &format!("/pages/{}", w.tea)).await.has("section.status"));
}

#[tokio::test]
async fn putting_the_macro_back_reopens_the_same_room() {
    let w = World::new().await;
    w.post("bob", "before").await;
    w.edit("bob", w.tea, "Tea", "gone").await;
    w.edit("bob", w.tea, "Tea", "{chat:Tea}").await;
    w.post("bob", "after").await;
    assert_eq!(w.window("carol").await.said(), ["before", "after"]);
}

#[tokio::test]
async fn a_copied_text_makes_a_new_and_empty_room() {
    let w = World::new().await;
    w.post("bob", "hello").await;
    let copy = w.page("bob", "Copy", "{chat:Tea}").await;
    let window = w.get("bob", &format!("/rooms/{copy}")).await;
    assert_eq!(window.text("#room-name"), "Tea");
    assert!(window.said().is_empty());
    w.post_in(copy, "bob", "elsewhere").await;
    assert_eq!(w.window("bob").await.said(), ["hello"]);
}

#[tokio::test]
async fn moving_and_renaming_the_page_leaves_the_room_as_it_is() {
    let w = World::new().await;
    w.post("bob", "hello").await;
    let top = w.page("bob", "Top", "").await;
    w.edit("bob", w.tea, "Drinks", "{chat:Tea}").await;
    let parent = top.to_string();
    w.form("bob", &format!("/pages/{}/move", w.tea), &[("parent", &parent)]).await;
    let window = w.window("carol").await;
    assert_eq!((window.text("#room-name"), window.said()), ("Tea".into(), vec!["hello".into()]));
}

#[tokio::test]
async fn the_status_table_tells_of_a_room() {
    let w = World::new().await;
    let status = format!("/rooms/{}/status", w.tea);
    let empty = w.get("carol", &status).await;
    let nothing = ["Nobody has written yet", "Nobody yet", "None yet", "None yet"];
    assert_eq!(empty.texts("table td"), nothing);
    w.post("bob", "one").await;
    w.pass(24 * 60);
    w.post("alice", "two").await;
    let told = w.get("carol", &status).await;
    assert_eq!(told.texts("table td")[0], "23 Nov 2026, 10:00 Alice");
    assert_eq!(told.texts("ul.people li"), ["Alice", "Bob"]);
    assert_eq!(told.texts("ul.days li"), ["Mon 23 Nov", "Sun 22 Nov"]);
    assert_eq!(
        told.attributes("ul.days a", "href"),
        [
            format!("/rooms/{}/transcripts/2026-11-23", w.tea),
            format!("/rooms/{}/transcripts/2026-11-22", w.tea)
        ]
    );
}

#[tokio::test]
async fn a_removed_message_is_no_activity() {
    let w = World::new().await;
    w.post("bob", "one").await;
    w.pass(5);
    let mid = w.post("alice", "two").await;
    let status = format!("/rooms/{}/status", w.tea);
    assert!(w.get("carol", &status).await.body.contains("10:05"));
    w.remove("alice", mid).await;
    let told = w.get("carol", &status).await;
    assert_eq!(told.texts("table td")[0], "22 Nov 2026, 10:00 Bob");
}

#[tokio::test]
async fn a_status_table_that_did_not_change_is_not_sent_again() {
    let w = World::new().await;
    let path = format!("/rooms/{}/status", w.tea);
    let first = w.ask(get(&path).by("carol").htmx()).await;
    let tag = first.header("etag").to_owned();
    assert!(!tag.is_empty() && first.header("cache-control").contains("no-cache"));
    let asked = || get(&path).by("carol").htmx().header("if-none-match", &tag);
    let same = w.ask(asked()).await;
    assert_eq!((same.status, same.body.as_str()), (304, ""));
    w.post("bob", "news").await;
    let fresh = w.ask(asked()).await;
    assert_eq!(fresh.status, 200);
    assert_ne!(fresh.header("etag"), tag);
}

#[tokio::test]
async fn the_page_s_own_poll_gets_the_table_and_a_frame_a_document() {
    let w = World::new().await;
    let path = format!("/rooms/{}/status", w.tea);
    let part = w.ask(get(&path).by("carol").htmx()).await;
    assert!(part.body.starts_with("<section"), "{}", part.body);
    let whole = w.visit("carol", &path).await;
    assert!(whole.body.starts_with("<!DOCTYPE html>"), "{}", whole.body);
    let shown = w.visit("carol", &format!("/pages/{}", w.tea)).await;
    assert_eq!(shown.attributes("section.status", "hx-get"), [path]);
}

#[tokio::test]
async fn only_what_anyone_may_view_stands_in_frames_of_other_sites() {
    const SITES: [&str; 2] = ["https://wiki.example.org", "http://localhost:8000"];
    let named = |config: &mut Config| {
        config.frames = SITES.iter().map(|site| site.parse().unwrap()).collect();
    };
    let w = World::with(named).await;
    let path = format!("/rooms/{}/status", w.tea);
    let ancestors = async |w: &World, who| {
        let answer = w.visit(who, &path).await;
        let policy = answer.header("content-security-policy").to_owned();
        policy.split("frame-ancestors ").nth(1).unwrap().split(';').next().unwrap().to_owned()
    };
    let all = format!("'self' {} {}", SITES[0], SITES[1]);
    assert_eq!(ancestors(&w, "carol").await, "'self'");
    w.rights("anyone", "bob", "bob").await;
    assert_eq!(ancestors(&w, "carol").await, all);
    assert_eq!(ancestors(&w, NOBODY).await, all);
    // No other page may be framed.
    for path in [format!("/rooms/{}", w.tea), format!("/pages/{}", w.tea)] {
        let answer = w.visit(NOBODY, &path).await;
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
    }
    // Where nobody is named it is for ours.
    let w = World::new().await;
    w.rights("anyone", "bob", "bob").await;
    assert_eq!(ancestors(&w, NOBODY).await, "'self'");
}

#[tokio::test]
async fn a_frame_whose_visitor_is_unknown_offers_join_and_tells_nothing() {
    let wiki = "https://wiki.example.org";
    let w = World::with(|config| config.frames = vec![wiki.parse().unwrap()]).await;
    w.post("bob", "hello").await;
    let path = format!("/rooms/{}/status", w.tea);
    assert!(w.visit("carol", &path).await.body.contains("Bob"));
    let offer = w.visit(NOBODY, &path).await;
    assert_eq!(offer.status, 401);
    assert_eq!(offer.attributes("a.join", "href"), [format!("/rooms/{}", w.tea)]);
    let policy = offer.header("content-security-policy");
    assert!(policy.contains(&format!("frame-ancestors 'self' {wiki};")), "{policy}");
    for word in ["Tea", "Bob", "hello", "2026"] {
        assert!(!offer.body.contains(word), "{word} in {}", offer.body);
    }
    // And so it does where there is nothing at all.
    assert_eq!(w.visit(NOBODY, "/rooms/999/status").await.status, 401);
    assert_eq!(w.visit("mallory", &path).await.status, 404);
}

#[tokio::test]
async fn the_window_carries_its_stream_and_its_draft_s_name() {
    let w = World::new().await;
    let window = w.window("bob").await;
    let cursor = window.cursor();
    assert_eq!(
        window.attributes("#stream", "hx-sse:connect"),
        [format!("/rooms/{}/stream?after={cursor}", w.tea)]
    );
    assert_eq!(window.attributes("#stream", "hx-sse:close"), ["ended"]);
    let again = w.window("bob").await;
    let nonce = "#composer input[name=nonce]";
    assert_ne!(window.value(nonce), again.value(nonce));
}
