//! What was said is taken away, and comes back.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use backchannel::admin::{self, Command, Format};
use backchannel::export::Of;
use backchannel::id::RoomId;
use backchannel::import::lines::{Item, Lines, in_page};
use backchannel::import::records::Into;
use backchannel::import::{Report, slack};
use image::{DynamicImage, ImageFormat};
use serde_json::Value;

use crate::derived::{DAYS, a_full_room};
use crate::files::form::Sent;
use crate::files::pictures::encoded;
use crate::world::{World, nonce};

/// Hands items over as the command line does; who read them, and what could not be read.
pub async fn take(w: &World, room: i64, items: impl Iterator<Item = Item>) -> Report {
    let (mut entries, mut of_days, mut report) = (Vec::new(), Vec::new(), Report::default());
    for item in items {
        match item {
            Item::Message(entry) => entries.push(*entry),
            Item::Malformed(place, why) => report.malformed.push((place, why)),
            Item::Notes(notes) => of_days.push(notes),
            Item::Room(_) => {}
            Item::Skipped => report.n_skipped += 1,
        }
    }
    let command = Command::ImportRecords { room: RoomId(room), entries };
    let told = admin::run(&w.app, command).await.unwrap();
    for notes in of_days {
        admin::run(&w.app, Command::ImportNotes { room: RoomId(room), notes }).await.unwrap();
    }
    let Report { n_added, n_known, malformed, .. } = serde_json::from_str(&told).unwrap();
    report.malformed.extend(malformed);
    Report { n_added, n_known, ..report }
}

pub fn lines(text: &str) -> impl Iterator<Item = Item> {
    Lines::new(text.as_bytes(), "export").map(Result::unwrap).collect::<Vec<_>>().into_iter()
}

/// What a day shows, and its data without the names that imports know messages by.
async fn day(w: &World, room: i64, day: &str) -> (String, Vec<Value>) {
    let page = w.transcript("carol", room, day).await.body;
    let (_, main) = page.split_once("<main").unwrap();
    let (shown, _) = main.split_once("<pre id=\"record\"").unwrap();
    let lines = in_page(&page).unwrap();
    let mut records: Vec<Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for record in &mut records {
        record.as_object_mut().unwrap().remove("origin");
    }
    (shown.to_owned(), records)
}

pub async fn export(w: &World, of: Of, format: Format) -> String {
    let file = w.file().with_file_name(format!("export-{}", nonce()));
    let command = Command::Export { of, format, file: file.clone() };
    admin::run(&w.app, command).await.unwrap();
    std::fs::read_to_string(file).unwrap()
}

fn png(width: u32, height: u32) -> Vec<u8> {
    encoded(&DynamicImage::new_rgb8(width, height), ImageFormat::Png)
}

pub async fn check(w: &World) {
    let told = admin::run(&w.app, Command::Check).await;
    assert_eq!(told.as_deref(), Ok("The file is whole.\n"));
}

#[tokio::test]
async fn a_room_comes_back_from_the_pages_of_its_days_alone() {
    let w = World::new().await;
    a_full_room(&w).await;
    w.note("bob", w.tea, DAYS[0], "h2. What *we* did\n\n* [Tea] </pre> &amp;").await;
    let (mut before, mut pages) = (Vec::new(), Vec::new());
    for of in DAYS {
        before.push(day(&w, w.tea, of).await);
        pages.push(w.transcript("carol", w.tea, of).await.body);
    }
    let again = World::new().await;
    // What day it is stands on the page, too.
    again.set_clock("2026-11-23T10:00:00Z");
    let records: String = pages.iter().map(|page| in_page(page).unwrap()).collect();
    let report = take(&again, again.tea, lines(&records)).await;
    assert_eq!((report.n_added, report.n_known, report.malformed.len()), (12, 0, 0));
    for (of, before) in DAYS.into_iter().zip(before) {
        let (shown, records) = day(&again, again.tea, of).await;
        assert_eq!(records, before.1, "{of}");
        assert_eq!(shown, before.0, "{of}");
    }
    check(&again).await;
    let hits = again.get("carol", "/search?q=hello").await;
    assert_eq!(hits.texts("ol.hits li[data-hit] .author"), ["Bob"]);
    // Once more adds nothing, and what is said next has a number of its own.
    assert_eq!(take(&again, again.tea, lines(&records)).await.n_known, 12);
    again.set_clock("2026-11-24T10:00:00Z");
    again.post("bob", "and on").await;
    check(&again).await;
}

#[tokio::test]
async fn a_page_holds_some_megabytes_of_pastes_and_an_import_says_what_it_lacks() {
    let w = World::new().await;
    let long = "something of a line\n".repeat(50_000);
    for n in 0..6 {
        w.post("bob", &format!("{n}\n{long}")).await;
    }
    let page = w.transcript("carol", w.tea, "2026-11-22").await.body;
    assert!(page.len() < 5_000_000, "{} bytes", page.len());
    let again = World::new().await;
    let report = take(&again, again.tea, lines(&in_page(&page).unwrap())).await;
    assert_eq!((report.n_added, report.malformed.len()), (4, 2));
    assert!(report.malformed[0].1.contains("message 5 "), "{:?}", report.malformed);
    // What is asked for as data has all of it.
    let all = w.get("carol", &format!("/rooms/{}/transcripts/2026-11-22.json", w.tea)).await.body;
    assert_eq!(all.matches("something of a line").count(), 300_000);
}

#[tokio::test]
async fn an_export_holds_files_and_what_was_edited_away() {
    let w = World::new().await;
    a_full_room(&w).await;
    let picture = png(40, 30);
    let sent = Sent::default().text("nonce", "f").text("body", "look").file("cup.png", &picture);
    w.ask(w.upload_form("bob", sent)).await;
    w.put("alice", "notes.txt", b"one lump or two").await;
    let text = export(&w, Of::Room(RoomId(w.tea)), Format::Jsonl).await;
    assert!(!text.contains("a secret"), "what was removed is not taken along");
    assert!(text.contains("#info typo"), "what was edited away is");
    let again = World::new().await;
    let report = take(&again, again.tea, lines(&text)).await;
    assert_eq!((report.n_added, report.malformed.len()), (14, 0));
    let window = again.window("carol").await;
    let files = window.attributes(".body a[href^='/files/']", "href");
    assert_eq!(files.len(), 2, "{files:?}");
    assert!(window.has(".body img[src*='cup.png']"));
    let notes = files.iter().find(|file| file.contains("notes")).unwrap();
    assert_eq!(again.get("carol", notes).await.body, "one lump or two");
    // A picture's bytes are as its owner sent them.
    let (of_bob, text_again) = (
        text.lines().find(|line| line.contains("\"file\":\"cup.png\"")),
        export(&again, Of::Room(RoomId(again.tea)), Format::Jsonl).await,
    );
    assert!(text_again.lines().any(|line| Some(line) == of_bob));
    assert!(text_again.contains("#info typo"));
    check(&again).await;
    assert_eq!(take(&again, again.tea, lines(&text)).await.n_known, 14);
    assert_eq!(take(&w, w.tea, lines(&text)).await.n_known, 14, "into the room that it is from");
}

#[tokio::test]
async fn messages_of_another_room_come_before_those_of_this_one() {
    let w = World::new().await;
    a_full_room(&w).await;
    let text = export(&w, Of::Room(RoomId(w.tea)), Format::Jsonl).await;
    let again = World::new().await;
    again.set_clock("2026-12-01T10:00:00Z");
    again.post("bob", "was here").await;
    let report = take(&again, again.tea, lines(&text)).await;
    assert_eq!(report.n_added, 12);
    let window = again.window("carol").await;
    assert_eq!(window.said().last().unwrap(), "was here");
    assert!(window.has("li .quote"), "answers find what they answer");
    check(&again).await;
    let mut late = String::new();
    for line in text.lines() {
        let _ = writeln!(
            late,
            "{}",
            line.replace("\"key\":\"", "\"key\":\"other-").replace("\"2026-11-23", "\"2026-12-02")
        );
    }
    let entries: Vec<_> = lines(&late)
        .filter_map(|item| match item {
            Item::Message(entry) => Some(*entry),
            _ => None,
        })
        .collect();
    let command = Command::ImportRecords { room: RoomId(again.tea), entries };
    let refused = admin::run(&again.app, command).await.unwrap_err();
    assert!(refused.contains("2026-12-01") && refused.contains("2026-12-02"), "{refused}");
}

#[tokio::test]
async fn a_message_of_no_time_that_a_clock_could_show_is_reported_and_the_rest_comes_in() {
    let w = World::new().await;
    let mut text =
        r#"{"room":1,"key":"1-5","name":"Tea","zone":"UTC","page":"Tea","space":"A"}"#.to_owned();
    for (mid, offset) in [(1, 0), (2, i64::MAX), (3, 60)] {
        let _ = write!(
            text,
            r#"
{{"mid":{mid},"day":"2004-11-15","at":"2004-11-15T10:0{mid}:00Z","offset_minutes":{offset},"kind":"said","author":"ann","display":"ann","body":"number {mid}"}}"#
        );
    }
    let report = take(&w, w.tea, lines(&text)).await;
    assert_eq!((report.n_added, report.malformed.len()), (2, 1), "{report:?}");
    assert!(report.malformed[0].0.ends_with(":3"), "{report:?}");
    assert_eq!(w.window("carol").await.said(), ["number 1", "number 3"]);
    check(&w).await;
}

#[tokio::test]
async fn a_space_comes_as_text_and_as_one_page_that_needs_nothing_else() {
    let w = World::new().await;
    a_full_room(&w).await;
    w.put("bob", "cup.png", &png(40, 30)).await;
    let milk = w.page("bob", "Milk", "{chat:Milk & more}").await;
    w.post_in(milk, "bob", "white").await;
    let text = export(&w, Of::Space("team".into()), Format::Text).await;
    assert!(
        text.contains("Milk & more (TEAM, UTC)\n\n2026-11-23\n\n[10:00] Bob: white\n"),
        "{text}"
    );
    assert!(text.contains("[10:00] * Bob waves\n") && text.contains("Alice: (removed)"));
    let page = export(&w, Of::Space("TEAM".into()), Format::Html).await;
    assert!(!page.contains("a secret"));
    assert!(page.contains(" src=\"data:image/png;base64,"), "pictures are in it");
    for fetched in ["<script", "<link", " src=\"/", " href=\"/", "hx-get"] {
        assert!(!page.contains(fetched), "{fetched}");
    }
    assert!(page.contains("Milk &amp; more") && page.contains("<li id=\"m"));
    // It can be read back like an export, but for the bytes of files.
    let n_messages =
        lines(&in_page(&page).unwrap()).filter(|item| matches!(item, Item::Message(_))).count();
    assert_eq!(n_messages, 14);
    let there = w.file().with_file_name("there");
    std::fs::write(&there, "dear diary").unwrap();
    let command =
        Command::Export { of: Of::Space("TEAM".into()), format: Format::Text, file: there.clone() };
    assert!(admin::run(&w.app, command).await.unwrap_err().contains("writes over nothing"));
    assert_eq!(std::fs::read_to_string(there).unwrap(), "dear diary");
    for (of, told) in [
        (Of::Space("NONE".into()), "There is no space NONE."),
        (Of::Room(RoomId(999)), "There is no room 999: put a chat macro on page 999 first."),
    ] {
        let command =
            Command::Export { of, format: Format::Text, file: w.file().with_file_name("no") };
        assert_eq!(admin::run(&w.app, command).await.unwrap_err(), told);
    }
    assert!(!w.file().with_file_name("no").exists());
}

#[tokio::test]
async fn a_room_is_made_for_what_comes_into_a_space() {
    let w = World::new().await;
    let head = |page: &str| {
        serde_json::from_value(serde_json::json!({
        "room": 0, "key": "k", "name": "Milk", "zone": "Europe/Berlin", "page": page, "space": ""
    })).unwrap()
    };
    let into = || Into::Space("TEAM".into());
    let room = async |page: &str| {
        admin::run(&w.app, Command::ImportRoom { into: into(), head: head(page) }).await
    };
    let made = room("Milk").await.unwrap();
    assert_eq!(room("milk").await.unwrap(), made);
    assert_eq!(room("Tea").await.unwrap().trim(), w.tea.to_string());
    w.page("bob", "Quiet", "no room").await;
    assert!(room("Quiet").await.unwrap_err().contains("chat macro"));
}

// ------------------------------------------------------------------------------------ slack

pub fn archive(entries: &[(&str, String)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in entries {
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(*name, options).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn slack_export() -> Vec<u8> {
    let users = serde_json::json!([
        {"id": "U1", "name": "bob", "profile": {"display_name": "Bob from there"}},
        {"id": "U2", "name": "ann", "real_name": "Ann", "profile": {"display_name": ""}},
    ]);
    let channels = serde_json::json!([{"id": "C1", "name": "tea"}, {"id": "C2", "name": "milk"}]);
    let first = serde_json::json!([
        {"type": "message", "subtype": "channel_join", "user": "U1", "text": "<@U1> has joined", "ts": "1100509200.000001"},
        {"type": "message", "user": "U1", "text": "hello *you* <@U2>, see <https://x.org|there> in <#C2>", "ts": "1100509201.000100",
         "thread_ts": "1100509201.000100", "edited": {"user": "U1", "ts": "1100509260.0"},
         "reactions": [{"name": "+1::skin-tone-2", "users": ["U2"], "count": 1}, {"name": "our-own", "users": ["U2"]}]},
        {"type": "message", "user": "U2", "text": "no time"},
        {"type": "message", "user": "U2", "text": {"odd": 1}, "ts": "1100509202.0"},
        {"type": "message", "subtype": "me_message", "user": "U2", "text": "waves", "ts": "1100509203.000100"},
        {"type": "message", "subtype": "tombstone", "user": "USLACKBOT", "text": "This message was deleted.", "ts": "1100509204.000100"},
        {"type": "message", "user": "U2", "text": "", "ts": "1100509205.000100", "files": [
            {"id": "F1", "name": "notes.txt", "permalink": "https://x.slack.com/F1"},
            {"id": "F2", "name": "lost.txt", "permalink": "https://x.slack.com/F2"}]},
    ]);
    let second = serde_json::json!([
        {"type": "message", "subtype": "bot_message", "username": "clock", "text": "tick &amp; tock", "ts": "1100595600.000100"},
        {"type": "message", "user": "U2", "text": "yes", "ts": "1100595601.000100", "thread_ts": "1100509201.000100"},
    ]);
    archive(&[
        ("users.json", users.to_string()),
        ("channels.json", channels.to_string()),
        ("tea/2004-11-15.json", first.to_string()),
        ("tea/2004-11-16.json", second.to_string()),
        ("milk/2004-11-15.json", "this is no JSON".into()),
        ("__uploads/F1/notes.txt", "one lump or two".into()),
    ])
}

#[tokio::test]
async fn a_channel_of_slack_becomes_the_days_of_a_room() {
    let w = World::new().await;
    let zip = slack_export();
    let read = || slack::Export::open(Cursor::new(zip.clone()), Some("tea")).unwrap();
    let report = take(&w, w.tea, read()).await;
    assert_eq!((report.n_added, report.n_skipped), (6, 1), "{report:?}");
    let places: Vec<_> = report.malformed.iter().map(|(place, _)| place.as_str()).collect();
    assert_eq!(places, ["tea/2004-11-15.json:3", "tea/2004-11-15.json:4"]);
    let day = w.transcript("carol", w.tea, "2004-11-15").await;
    assert_eq!(day.texts("li .author"), ["Bob from there", "Ann", "USLACKBOT", "Ann"]);
    assert_eq!(day.said()[0], "hello you @Ann, see there in #milk");
    assert_eq!(day.attributes("li .body a[href='https://x.org']", "rel").len(), 1);
    assert!(day.has("li .body strong") && day.has("li[data-kind=action]") && day.has("li .edited"));
    // Ann of that Slack need not be an account's Ann.
    assert_eq!(day.attributes(".chip", "data-by"), [""]);
    assert!(day.texts(".chip")[0].starts_with('👍'), "{:?}", day.texts(".chip"));
    assert_eq!(day.attributes("li[data-removed]", "id").len(), 1);
    let notes = day.attributes(".body a[href^='/files/']", "href");
    assert_eq!(w.get("carol", &notes[0]).await.body, "one lump or two");
    assert!(day.has("a[href='https://x.slack.com/F2']"), "{}", day.body);
    let next = w.transcript("carol", w.tea, "2004-11-16").await;
    assert_eq!(next.said(), ["tick & tock", "yes"]);
    assert!(next.texts(".quote")[0].contains("hello you"), "{:?}", next.texts(".quote"));
    // Bob of that Slack need not be Bob.
    assert_eq!(w.remove("bob", day.mids()[0]).await.status, 403);
    assert_eq!(take(&w, w.tea, read()).await.n_known, 6);
    check(&w).await;
    // Taken away and brought elsewhere, it still knows itself.
    let text = export(&w, Of::Room(RoomId(w.tea)), Format::Jsonl).await;
    let again = World::new().await;
    assert_eq!(take(&again, again.tea, lines(&text)).await.n_added, 6);
    assert_eq!(take(&again, again.tea, read()).await.n_known, 6);
    let next = again.transcript("carol", again.tea, "2004-11-16").await;
    assert!(next.texts(".quote")[0].contains("hello you"));
    check(&again).await;
}

#[test]
fn what_is_no_export_of_slack_is_said_clearly() {
    let refused = |bytes: Vec<u8>, channel| {
        let read = slack::Export::open(Cursor::new(bytes), channel);
        admin::tell(&read.err().expect("it is refused"))
    };
    assert!(refused(b"dear diary".to_vec(), None).contains("zip"));
    assert!(refused(archive(&[]), None).contains("users.json"));
    assert!(refused(slack_export(), Some("coffee")).contains("coffee"));
    let mut all = slack::Export::open(Cursor::new(slack_export()), None).unwrap();
    assert!(
        all.any(|item| matches!(item, Item::Malformed(place, _) if place.starts_with("milk/")))
    );
}
