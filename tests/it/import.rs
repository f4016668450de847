//! History from elsewhere: channel logs as people have them.

use std::path::Path;

use backchannel::admin::{self, Command};
use backchannel::id::RoomId;

use crate::world::{Answer, World};

const DAY: &str = "2004-11-15";

#[tokio::test]
async fn a_log_becomes_the_days_of_a_room() {
    let w = World::new().await;
    let log =
        "=== bob has joined #tea\n[10:00] <ann> hello\n[10:01]  * ben waves\n\n[10:02] <cy> \n";
    let told = import(&w, &format!("{DAY}.txt"), log).await.unwrap();
    assert_eq!(
        told,
        "2004-11-15.txt: 2 messages imported, 0 known already, 3 lines skipped, 0 malformed\n"
    );
    let day = w.transcript("carol", w.tea, DAY).await;
    assert_eq!(day.said(), ["hello", "waves"]);
    assert_eq!(day.texts("li .author"), ["ann", "ben"]);
    assert_eq!(day.attributes("li[data-kind=action]", "data-author"), ["ben"]);
    assert_eq!(day.texts("li time[title]"), ["10:00", "10:01"]);
    assert_eq!(
        w.get("carol", "/search?q=hello").await.texts("ol.hits li[data-hit] .author"),
        ["ann"]
    );
}

#[tokio::test]
async fn importing_again_adds_nothing() {
    let w = World::new().await;
    // People repeat themselves: it is the line that is known, not what it says.
    let log = "[10:00] <ann> hi\n[10:00] <ann> hi\n";
    let file = format!("{DAY}.txt");
    assert!(import(&w, &file, log).await.unwrap().contains("2 messages imported"));
    let again = import(&w, &file, log).await.unwrap();
    assert!(again.contains("0 messages imported, 2 known already"), "{again}");
    assert_eq!(w.transcript("carol", w.tea, DAY).await.said(), ["hi", "hi"]);
    let longer = format!("{log}[10:01] <ben> hi\n");
    assert!(import(&w, &file, &longer).await.unwrap().contains("1 messages imported, 2 known"));
}

#[tokio::test]
async fn a_line_that_cannot_be_read_is_reported_and_the_rest_goes_on() {
    let w = World::new().await;
    let log = "[10:00] <ann> one\nnonsense\n[25:00] <ann> late\n[10:01] <> x\n[10:02] <ann> two\n";
    let told = import(&w, "2004-11-15_03.txt", log).await.unwrap();
    let lines: Vec<_> = told.lines().collect();
    assert_eq!(lines.len(), 4, "{told}");
    for (line, number) in lines.iter().zip([2, 3, 4]) {
        assert!(line.starts_with(&format!("2004-11-15_03.txt:{number}: ")), "{line}");
    }
    assert!(
        lines[3].ends_with("2 messages imported, 0 known already, 0 lines skipped, 3 malformed")
    );
    assert_eq!(w.transcript("carol", w.tea, DAY).await.said(), ["one", "two"]);
}

#[tokio::test]
async fn a_line_from_beyond_the_calendar_is_reported_and_the_rest_goes_on() {
    let w = World::new().await;
    // In New York it is still the last day but one when the last instant in UTC has gone by.
    let log = "[10:00] <ann> in time\nnonsense\n[23:30] <ann> too late\n";
    let told = import_from(&w, w.tea, "America/New_York", "9999-12-30.txt", log).await.unwrap();
    let lines: Vec<_> = told.lines().collect();
    assert_eq!(lines[1], "9999-12-30.txt:3: its day is beyond the calendar", "{told}");
    assert!(lines[0].starts_with("9999-12-30.txt:2: "), "{told}");
    assert!(lines[2].contains(": 1 messages imported, ") && lines[2].contains(" 2 malformed"));
    assert_eq!(w.window("carol").await.said(), ["in time"]);
}

#[tokio::test]
async fn a_dial_of_twelve_hours_and_midnight_are_followed() {
    let w = World::new().await;
    let log = "[11:58] <ann> morning\n[12:10] <ann> noon\n[01:05] <ann> after noon\n\
               [11:59] <ann> night\n[12:01] <ann> the next day\n";
    import(&w, &format!("{DAY}.txt"), log).await.unwrap();
    let log = "[23:59] <ann> a\n[00:00] <ann> b\n";
    import(&w, "2004-11-20.txt", log).await.unwrap();
    let first = w.transcript("carol", w.tea, DAY).await;
    assert_eq!(first.said(), ["morning", "noon", "after noon", "night"]);
    assert_eq!(first.texts("li time[title]"), ["11:58", "12:10", "13:05", "23:59"]);
    assert_eq!(w.transcript("carol", w.tea, "2004-11-16").await.said(), ["the next day"]);
    assert_eq!(w.transcript("carol", w.tea, "2004-11-20").await.said(), ["a"]);
    assert_eq!(w.transcript("carol", w.tea, "2004-11-21").await.said(), ["b"]);
}

#[tokio::test]
async fn the_channel_s_clock_has_a_zone_of_its_own() {
    let w = World::new().await;
    let log = "[01:30] <ann> in Berlin\n";
    import_from(&w, w.tea, "Europe/Berlin", &format!("{DAY}.txt"), log).await.unwrap();
    let day = w.transcript("carol", w.tea, "2004-11-15").await;
    assert_eq!(day.texts("li time[title]"), ["00:30"]);
    import_from(&w, w.tea, "Asia/Tokyo", "2004-11-20.txt", log).await.unwrap();
    let day = w.transcript("carol", w.tea, "2004-11-19").await;
    assert_eq!(day.texts("li time[title]"), ["16:30"]);
}

#[tokio::test]
async fn days_stand_in_order_whatever_order_they_came_in() {
    let w = World::new().await;
    w.post("bob", "now").await;
    for day in ["2004-11-15", "2003-01-01", "2005-06-27"] {
        import(&w, &format!("{day}.txt"), &format!("[10:00] <ann> {day}\n")).await.unwrap();
    }
    let window = w.window("carol").await;
    assert_eq!(window.said(), ["2003-01-01", "2004-11-15", "2005-06-27", "now"]);
    let positions: Vec<i64> = window
        .attributes("li[data-position]", "data-position")
        .iter()
        .map(|position| position.parse().unwrap())
        .collect();
    assert!(positions.is_sorted() && positions[2] < 0 && positions[3] > 0, "{positions:?}");
    assert_eq!(window.texts("h2.day").len(), 4);
    // Looking back goes by place, not by number.
    let older = w.get("carol", &format!("/rooms/{}/messages?before=1", w.tea)).await;
    assert_eq!(older.said(), ["2003-01-01", "2004-11-15", "2005-06-27"]);
}

#[tokio::test]
async fn days_that_the_room_has_of_its_own_are_refused() {
    let w = World::new().await;
    w.post("bob", "now").await;
    for day in ["2026-11-22", "2026-11-23"] {
        let log = "[10:00] <ann> too late\n";
        let refused = import(&w, &format!("{day}.txt"), log).await.unwrap_err();
        assert!(refused.contains("2026-11-22") && refused.contains(day), "{refused}");
    }
    let refused = import(&w, "2026-11-21.txt", "[23:59] <ann> a\n[00:01] <ann> b\n").await;
    assert!(refused.is_err(), "its last line is of the room's first day");
    assert_eq!(w.window("carol").await.said(), ["now"]);
    assert!(import(&w, "2026-11-21.txt", "[23:59] <ann> a\n").await.is_ok());
}

#[tokio::test]
async fn an_import_makes_open_windows_load_anew_and_wakes_none() {
    let w = World::new().await;
    let mut carol = w.listen("carol").await;
    import(&w, &format!("{DAY}.txt"), "[10:00] <ann> one\n[10:01] <ben> two\n").await.unwrap();
    assert_eq!(carol.next().await.name.as_deref(), Some("reload"));
    w.post("bob", "now").await;
    assert_eq!(carol.next().await.said(), ["now"]);
}

#[tokio::test]
async fn what_cannot_be_imported_is_said_clearly() {
    let w = World::new().await;
    let log = "[10:00] <ann> one\n";
    for (room, zone, file, word) in [
        (999, "UTC", "2004-11-15.txt", "999"),
        (w.tea, "Mars/Olympus", "2004-11-15.txt", "Mars/Olympus"),
        (w.tea, "UTC", "monday.txt", "YYYY-MM-DD"),
        (w.tea, "UTC", "2004-13-45.txt", "YYYY-MM-DD"),
    ] {
        let refused = import_from(&w, room, zone, file, log).await.unwrap_err();
        assert!(refused.contains(word), "{refused}");
    }
}

#[tokio::test]
async fn markup_in_a_log_is_shown_as_in_a_room_and_links_to_nothing() {
    let w = World::new().await;
    let log =
        "[10:00] <ann> <script>alert(1)</script> [Tea] *bold* {chat:X}\n[10:01] <b\"'><i> x\n";
    import(&w, &format!("{DAY}.txt"), log).await.unwrap();
    let day = w.transcript("carol", w.tea, DAY).await;
    assert!(!day.has("li script") && !day.has("li .body a") && !day.has("li .author i"));
    assert!(day.has("li .body strong"));
}

#[tokio::test]
async fn an_imported_author_is_no_account() {
    let w = World::new().await;
    import(&w, &format!("{DAY}.txt"), "[10:00] <bob> not the bob you know\n").await.unwrap();
    let mid = w.window("bob").await.mids()[0];
    assert_eq!(w.remove("bob", mid).await.status, 403);
    assert_eq!(w.remove("alice", mid).await.status, 200);
}

/// The 20 real days of a support channel, where they are at hand.
#[tokio::test]
async fn twenty_real_days_come_in() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/ubuntu-irc");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        eprintln!("the logs are not at hand; nothing was looked at");
        return;
    };
    let mut files: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "txt"))
        .collect();
    files.sort();
    let w = World::new().await;
    let room = w.page("bob", "Ubuntu", "{chat}").await;
    let (mut n_added, mut n_lines) = (0, 0);
    for file in &files {
        let text = backchannel::import::irc::decode(&std::fs::read(file).unwrap());
        let name = file.file_name().unwrap().to_str().unwrap();
        let told = import_from(&w, room, "UTC", name, &text).await.unwrap();
        let counts = counts(told.lines().last().unwrap());
        assert_eq!(counts[1], 0, "{told}");
        n_added += counts[0];
        n_lines += text.lines().count();
        assert_eq!(counts.iter().sum::<usize>(), text.lines().count(), "{told}");
        let again = import_from(&w, room, "UTC", name, &text).await.unwrap();
        assert!(again.contains(": 0 messages imported"), "{again}");
        let day = w.transcript("bob", room, &name[..10]).await;
        assert!(day.mids().len() > 100, "{name}: {}", day.mids().len());
    }
    assert!(n_added * 2 > n_lines, "{n_added} of {n_lines} lines");
    let ubuntu = "/search?q=ubuntu";
    assert_eq!(w.get("bob", ubuntu).await.texts("ol.hits li[data-hit]").len(), 20);
    assert_eq!(days_shown(&w.get("bob", &format!("/rooms/{room}/status")).await), 14);
    let checked = admin::run(&w.app, Command::Check).await;
    assert_eq!(checked.as_deref(), Ok("The file is whole.\n"));
}

fn days_shown(status: &Answer) -> usize {
    status.texts("ul.days li:has(a)").len()
}

/// Messages imported, known already, lines skipped, malformed.
fn counts(line: &str) -> Vec<usize> {
    let told = line.split_once(": ").unwrap().1;
    told.split(", ").map(|part| part.split(' ').next().unwrap().parse().unwrap()).collect()
}

async fn import(w: &World, file_name: &str, text: &str) -> admin::Reply {
    import_from(w, w.tea, "UTC", file_name, text).await
}

async fn import_from(
    w: &World,
    room: i64,
    zone: &str,
    file_name: &str,
    text: &str,
) -> admin::Reply {
    let (zone, text) = (zone.into(), text.into());
    let of = file_name.to_owned();
    let command = Command::ImportIrc { room: RoomId(room), zone, file_name: of, text };
    let report = admin::run(&w.app, command).await?;
    Ok(admin::told_of_log(file_name, &serde_json::from_str(&report).unwrap()))
}
