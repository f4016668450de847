//! Where imported messages stand when they come in parts, from several places, in any order.

use std::fmt::Write as _;

use backchannel::admin::{self, Command, Format};
use backchannel::export::Of;
use backchannel::id::RoomId;
use backchannel::import::lines::{Item, Lines};

use crate::world::{Answer, World, nonce};

/// Lines of an export of the room `key`: of each message its id, its time and its author, who has
/// an account.
fn export(key: &str, messages: &[(i64, &str, &str)]) -> String {
    let mut text =
        format!(r#"{{"room":1,"key":"{key}","name":"Tea","zone":"UTC","page":"Tea","space":"A"}}"#);
    for (mid, at, author) in messages {
        let day = &at[..10];
        let _ = write!(
            text,
            r#"
{{"mid":{mid},"day":"{day}","at":"{at}","offset_minutes":0,"kind":"said","author":"{author}","display":"{author}","account":true,"body":"{key} {mid}"}}"#
        );
    }
    text
}

async fn import(w: &World, text: &str) -> admin::Reply {
    let items = Lines::new(text.as_bytes(), "x").map(Result::unwrap);
    let entries = items.filter_map(|item| match item {
        Item::Message(entry) => Some(*entry),
        _ => None,
    });
    let command =
        Command::ImportRecords { room: RoomId(w.tea), entries: entries.collect::<Vec<_>>() };
    admin::run(&w.app, command).await
}

async fn import_log(w: &World, zone: &str, file_name: &str, text: &str) {
    let command = Command::ImportIrc {
        room: RoomId(w.tea),
        zone: zone.into(),
        file_name: file_name.into(),
        text: text.into(),
    };
    admin::run(&w.app, command).await.unwrap();
}

async fn taken_away(w: &World) -> String {
    let file = w.file().with_file_name(format!("export-{}", nonce()));
    let of = Of::Room(RoomId(w.tea));
    let command = Command::Export { of, format: Format::Jsonl, file: file.clone() };
    admin::run(&w.app, command).await.unwrap();
    std::fs::read_to_string(file).unwrap()
}

async fn check(w: &World) {
    let told = admin::run(&w.app, Command::Check).await;
    assert_eq!(told.as_deref(), Ok("The file is whole.\n"));
}

/// What the messages say that have a heading of a day.
fn headed(window: &Answer) -> Vec<String> {
    window.texts("li:has(h2.day) .body")
}

const A: [(i64, &str, &str); 3] = [
    (1, "2026-11-10T10:00:00Z", "bob"),
    (2, "2026-11-10T10:01:00Z", "bob"),
    (3, "2026-11-10T10:02:00Z", "alice"),
];
const B: [(i64, &str, &str); 6] = [
    (1, "2026-11-05T09:00:00Z", "bob"),
    (2, "2026-11-05T09:01:00Z", "bob"),
    (3, "2026-11-05T09:02:00Z", "alice"),
    (4, "2026-11-05T09:03:00Z", "alice"),
    (5, "2026-11-06T09:00:00Z", "bob"),
    (6, "2026-11-06T09:01:00Z", "bob"),
];

#[tokio::test]
async fn two_rooms_come_into_one_and_each_day_stands_in_its_place() {
    // All at once (and again), in parts, and a part of which no id is taken.
    for parts in [vec![0..6, 0..6], vec![0..2, 2..6], vec![3..6, 0..3]] {
        let w = World::new().await;
        import(&w, &export("A", &A)).await.unwrap();
        for part in parts.clone() {
            import(&w, &export("B", &B[part])).await.unwrap();
            check(&w).await;
        }
        let window = w.window("carol").await;
        let wanted = ["B 1", "B 2", "B 3", "B 4", "B 5", "B 6", "A 1", "A 2", "A 3"];
        assert_eq!(window.said(), wanted, "{parts:?}");
        assert_eq!(headed(&window), ["B 1", "B 5", "A 1"], "{parts:?}");
        let again = import(&w, &export("B", &B)).await.unwrap();
        assert!(again.contains("\"n_added\":0,\"n_known\":6"), "{again}");
        w.post("bob", "now").await;
        check(&w).await;
    }
}

#[tokio::test]
async fn what_would_stand_among_the_messages_of_another_room_is_refused_whole() {
    let w = World::new().await;
    import(&w, &export("B", &B)).await.unwrap();
    let refused = import(&w, &export("A", &A)).await.unwrap_err();
    assert!(refused.contains("2026-11-05") && refused.contains("2026-11-10"), "{refused}");
    let overlapping = [(10, "2026-11-06T08:00:00Z", "bob"), (11, "2026-11-07T08:00:00Z", "bob")];
    import(&w, &export("C", &overlapping)).await.unwrap_err();
    let window = w.window("carol").await;
    assert_eq!(window.said(), ["B 1", "B 2", "B 3", "B 4", "B 5", "B 6"]);
    check(&w).await;
}

#[tokio::test]
async fn the_halves_of_a_day_come_in_any_order() {
    let day = [
        (1, "2026-11-05T09:00:00Z", "bob"),
        (2, "2026-11-05T09:01:00Z", "bob"),
        (3, "2026-11-05T09:02:00Z", "bob"),
        (4, "2026-11-05T09:02:00Z", "alice"),
        (5, "2026-11-05T09:03:00Z", "bob"),
    ];
    for spoken_in in [false, true] {
        let w = World::new().await;
        if spoken_in {
            w.post("bob", "now").await;
        }
        let parts = [&day[2..3], &day[4..], &day[..2], &day];
        for part in parts {
            import(&w, &export("B", part)).await.unwrap();
            check(&w).await;
        }
        let shown = w.transcript("carol", w.tea, "2026-11-05").await;
        assert_eq!(shown.said(), ["B 1", "B 2", "B 3", "B 4", "B 5"], "{spoken_in}");
        assert_eq!(headed(&w.window("carol").await)[0], "B 1");
    }
}

#[tokio::test]
async fn a_line_that_could_not_be_read_comes_in_later_at_its_place() {
    let w = World::new().await;
    let log = "[10:00] <ann> one\n[10:00] <ann> two\n[10:00] <ann> three\n[10:09] <ann> four\n";
    for broken in ["[10:00] <ann> one", "[10:00] <ann> two", "[10:09] <ann> four", "none"] {
        import_log(&w, "UTC", "2004-11-15.txt", &log.replace(broken, "[1000] <ann> ?")).await;
        check(&w).await;
    }
    let window = w.window("carol").await;
    assert_eq!(window.said(), ["one", "two", "three", "four"]);
    assert_eq!(headed(&window), ["one"]);
    // A clock that was set right moves nothing.
    let log = "[10:05] <ben> a\n[10:03] <ben> b\n[10:04] <ben> c\n";
    import_log(&w, "UTC", "2004-11-16.txt", log).await;
    import_log(&w, "UTC", "2004-11-16_2.txt", "[10:01] <cy> d\n[10:06] <cy> e\n").await;
    check(&w).await;
    let day = w.transcript("carol", w.tea, "2004-11-16").await;
    assert_eq!(day.said(), ["d", "a", "b", "c", "e"]);
}

#[tokio::test]
async fn logs_of_another_zone_stand_by_time_whatever_order_they_come_in() {
    let w = World::new().await;
    let log = |day: &str| format!("[12:00] <ann> {day} early\n[23:00] <ann> {day} late\n");
    // Of a day there, the later half is the next day here.
    for day in ["2019-01-02", "2019-01-01", "2019-01-03"] {
        import_log(&w, "America/Los_Angeles", &format!("{day}.txt"), &log(day)).await;
        check(&w).await;
    }
    let day = w.transcript("carol", w.tea, "2019-01-02").await;
    assert_eq!(day.said(), ["2019-01-01 late", "2019-01-02 early"]);
    let window = w.window("carol").await;
    assert_eq!(window.said().len(), 6);
    let days = ["2019-01-01 early", "2019-01-01 late", "2019-01-02 late", "2019-01-03 late"];
    assert_eq!(headed(&window), days);
}

#[tokio::test]
async fn more_lines_than_are_written_at_once_stand_by_time_too() {
    let w = World::new().await;
    let log = |minutes: std::ops::Range<i32>, nick: &str| {
        minutes.fold(String::new(), |mut log, n| {
            let _ = writeln!(log, "[{:02}:{:02}] <{nick}> {n}", n / 60, n % 60);
            log
        })
    };
    import_log(&w, "UTC", "2004-11-15_2.txt", &log(700..1300, "ann")).await;
    import_log(&w, "UTC", "2004-11-15_1.txt", &log(100..700, "ben")).await;
    check(&w).await;
    let text = w.get("carol", &format!("/rooms/{}/transcripts/2004-11-15.txt", w.tea)).await.body;
    let lines = text.lines().filter(|line| line.starts_with('['));
    let said: Vec<i32> =
        lines.map(|line| line.rsplit_once(' ').unwrap().1.parse().unwrap()).collect();
    assert_eq!(said, (100..1300).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_room_that_got_history_from_another_goes_on_to_a_third() {
    let w = World::new().await;
    w.post("bob", "now").await;
    w.post("alice", "and on").await;
    import(&w, &export("B", &B)).await.unwrap();
    // Who wrote last has not written before that, since history came.
    check(&w).await;
    let wrote = |w: &World| {
        let app = w.app.clone();
        async move {
            app.store
                .read(|connection| {
                    let mut all = connection
                        .prepare("select n_messages, last_at from participant order by account")?;
                    let all = all.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
                    Ok(all.collect::<Result<Vec<(i64, i64)>, _>>()?)
                })
                .await
                .unwrap()
        }
    };
    let now = w.app.clock.now().as_millisecond();
    assert_eq!(wrote(&w).await, [(3, now), (5, now)]);
    let again = World::new().await;
    import(&again, &taken_away(&w).await).await.unwrap();
    check(&again).await;
    assert_eq!(wrote(&again).await, [(3, now), (5, now)]);
    assert_eq!(again.window("carol").await.said(), w.window("carol").await.said());
    assert_eq!(again.window("carol").await.mids(), w.window("carol").await.mids());
}
