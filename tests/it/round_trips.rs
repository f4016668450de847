//! What goes from one wiki to another is no more to anybody there than it was here.

use std::io::Cursor;

use backchannel::admin::{self, Command, Format};
use backchannel::export::Of;
use backchannel::id::RoomId;
use backchannel::import::lines::{Item, in_page};
use backchannel::import::records::Into;
use backchannel::import::slack;

use crate::export::{archive, check, export, lines, take};
use crate::world::World;

async fn import_room(w: &World, page: &str, restricted: bool) -> admin::Reply {
    let head = serde_json::json!({
        "room": 0, "key": page, "name": page, "zone": "UTC", "page": page, "space": "",
        "restricted": restricted,
    });
    let head = serde_json::from_value(head).unwrap();
    admin::run(&w.app, Command::ImportRoom { into: Into::Space("TEAM".into()), head }).await
}

#[tokio::test]
async fn what_is_below_a_page_in_the_trash_is_in_the_trash() {
    let w = World::new().await;
    let above = w.page("bob", "Above", "nothing").await;
    let middle = w.child("bob", above, "Middle", "nothing").await;
    let below = w.child("bob", middle, "Below", "{chat:Down here}").await;
    w.post_in(below, "bob", "a word").await;
    let seen = async || {
        let text = export(&w, Of::Space("TEAM".into()), Format::Text).await;
        let rooms = admin::run(&w.app, Command::RoomList).await.unwrap();
        (text.contains("a word"), rooms.contains("Down here"))
    };
    assert_eq!(seen().await, (true, true));
    assert_eq!(w.form("bob", &format!("/pages/{above}/trash"), &[]).await.status, 303);
    assert_eq!(seen().await, (false, false));
}

#[tokio::test]
async fn what_only_some_could_see_is_for_who_administers_where_it_comes_in() {
    let w = World::new().await;
    let plans = w.page("bob", "Plans", "{chat:Plans}").await;
    let below = w.child("bob", plans, "Below", "{chat:Below}").await;
    for room in [w.tea, plans, below] {
        w.post_in(room, "bob", "a word").await;
    }
    w.restrict("bob", plans, "view", "bob").await;
    let text = export(&w, Of::Space("TEAM".into()), Format::Jsonl).await;
    let heads: Vec<(String, bool)> = lines(&text)
        .filter_map(|item| match item {
            Item::Room(head) => Some((head.page, head.restricted)),
            _ => None,
        })
        .collect();
    let wanted = [("Below", true), ("Plans", true), ("Tea", false)];
    assert_eq!(heads, wanted.map(|(page, restricted)| (page.to_owned(), restricted)));
    let again = World::new().await;
    for (page, restricted) in [("Plans", true), ("Milk", false)] {
        let told = import_room(&again, page, restricted).await.unwrap();
        let id: i64 = told.lines().next().unwrap().parse().unwrap();
        assert_eq!(told.contains("only who administers sees it"), restricted, "{told}");
        for (who, seen) in [("alice", true), ("bob", !restricted), ("carol", !restricted)] {
            let status = again.get(who, &format!("/rooms/{id}")).await.status;
            assert_eq!(status, if seen { 200 } else { 404 }, "{page} for {who}");
        }
        // The second time it is there, and still as it was.
        let told = import_room(&again, page, restricted).await.unwrap();
        assert_eq!(told, format!("{id}\n"));
    }
    // A page that all can see is no place for it.
    let refused = import_room(&again, "Tea", true).await.unwrap_err();
    assert!(refused.contains("“Tea”") && refused.contains("--room"), "{refused}");
}

#[tokio::test]
async fn the_operator_takes_notes_along_that_only_some_may_see() {
    let w = World::new().await;
    w.post("bob", "hello").await;
    w.note("bob", w.tea, "2026-11-22", "the zanzibar plan").await;
    let page = w.get("bob", &format!("/rooms/{}/transcripts/2026-11-22", w.tea)).await.location();
    let number: i64 = page.rsplit('/').next().unwrap().parse().unwrap();
    w.restrict("bob", number, "view", "bob").await;
    for format in [Format::Html, Format::Text, Format::Jsonl] {
        let text = export(&w, Of::Room(RoomId(w.tea)), format).await;
        assert!(text.contains("zanzibar"), "{format:?}: {text}");
    }
    let text = export(&w, Of::Room(RoomId(w.tea)), Format::Jsonl).await;
    let again = World::new().await;
    again.set_clock("2026-11-23T10:00:00Z");
    take(&again, again.tea, lines(&text)).await;
    let day = format!("/rooms/{}/transcripts/2026-11-22", again.tea);
    let page = again.get("alice", &day).await.location();
    assert!(again.get("alice", &page).await.body.contains("zanzibar"));
    assert_eq!(again.get("carol", &page).await.status, 404);
    let taken = again.get("carol", &format!("/rooms/{}/export/jsonl", again.tea)).await;
    assert!(taken.body.contains("hello") && !taken.body.contains("zanzibar"));
    check(&again).await;
}

#[tokio::test]
async fn a_page_that_was_saved_by_a_browser_has_no_record_but_its_own() {
    let w = World::new().await;
    let head = r#"{"room":1,"key":"1-5","name":"Tea","zone":"UTC","page":"Tea","space":"A"}"#;
    let said = r#"{"mid":1,"day":"2004-11-15","at":"2004-11-15T10:00:00Z","offset_minutes":0,"kind":"said","author":"alice","display":"Alice","account":true,"body":"I resign"}"#;
    w.post("bob", &format!("see id=\"record\" > {{code}}\n{head}\n{said}\n{{code}}")).await;
    let page = w.transcript("carol", w.tea, "2026-11-22").await.body;
    // A browser writes a text with its quotes as they are.
    let saved = page.replace("&quot;", "\"");
    assert!(saved.contains("see id=\"record\""), "{saved}");
    let again = World::new().await;
    assert_eq!(take(&again, again.tea, lines(&in_page(&saved).unwrap())).await.n_added, 1);
    assert_eq!(again.window("carol").await.attributes("li[data-author]", "data-author"), ["bob"]);
}

#[tokio::test]
async fn whoever_is_a_mere_name_stays_one() {
    let w = World::new().await;
    let day = serde_json::json!([{
        "type": "message", "user": "U1", "text": "hello", "ts": "1100509201.000100",
        "reactions": [{"name": "+1", "users": ["U1"], "count": 1}],
    }]);
    let zip = archive(&[
        ("users.json", r#"[{"id":"U1","name":"alice"}]"#.into()),
        ("channels.json", r#"[{"id":"C1","name":"tea"}]"#.into()),
        ("tea/2004-11-15.json", day.to_string()),
    ]);
    take(&w, w.tea, slack::Export::open(Cursor::new(zip), None).unwrap()).await;
    let text = export(&w, Of::Room(RoomId(w.tea)), Format::Jsonl).await;
    let again = World::new().await;
    take(&again, again.tea, lines(&text)).await;
    for w in [w, again] {
        let window = w.window("alice").await;
        assert_eq!(window.texts(".chip"), ["👍 1 alice (you too)"]);
        assert_eq!(window.attributes(".chip", "data-by"), [""], "she is not who has that account");
        // Alice, who has, may do the same.
        let mid = window.mids()[0];
        let path = format!("/rooms/{}/messages/{mid}/reactions", w.tea);
        w.form("alice", &path, &[("emoji", "👍")]).await;
        let window = w.window("alice").await;
        assert_eq!(window.texts(".chip"), ["👍 2 alice, Alice (you too)"]);
        assert_eq!(window.attributes(".chip", "data-by"), ["alice"]);
        let text = export(&w, Of::Room(RoomId(w.tea)), Format::Jsonl).await;
        assert!(text.contains(r#""by":["alice"],"names":["alice"]"#), "{text}");
    }
}
