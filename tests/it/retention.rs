//! What is older than its room keeps: shown beforehand, gone for good, everything else untouched.

use std::fmt::Write as _;

use backchannel::admin::{self, Command};
use backchannel::id::RoomId;
use backchannel::import::lines::Item;
use backchannel::retention;

use crate::process::Server;
use crate::world::{NOBODY, PASSWORD, World};

const DAY: i64 = 24 * 60;
const SURE: (&str, &str) = ("confirm", "yes");

impl World {
    /// Sets how long Tea keeps, having seen what goes.
    async fn keep(&self, who: &str, days: &str) -> u16 {
        let path = format!("/rooms/{}/settings/keep", self.tea);
        self.form(who, &path, &[("days", days), SURE]).await.status
    }

    async fn keep_in_space(&self, who: &str, days: &str) -> u16 {
        self.form(who, "/spaces/TEAM/retention", &[("days", days), SURE]).await.status
    }

    /// Days pass, with upkeep on each of them.
    async fn days_pass(&self, n: i64) {
        for _ in 0..n {
            self.pass(DAY);
            retention::sweep(&self.app).await;
        }
    }

    /// What Tea holds, whoever is signed in still.
    async fn lines(&self) -> Vec<String> {
        let sql = "select line from message order by position";
        let lines = self.app.store.read(move |connection| {
            let mut statement = connection.prepare(sql)?;
            let lines = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
            Ok(lines)
        });
        lines.await.unwrap()
    }

    async fn is_whole(&self) {
        assert_eq!(admin::run(&self.app, Command::Check).await.unwrap(), "The file is whole.\n");
    }
}

/// Three days of talk in Tea, with everything that can hang on a message; today is the third.
async fn three_days(w: &World) -> (i64, String) {
    let first = w.post("bob", "xqzebra said on the first").await;
    let mid = format!("/rooms/{}/messages/{first}", w.tea);
    w.form("bob", &mid, &[("body", "xqzebra edited, was vwkoala")]).await;
    w.form("alice", &format!("{mid}/reactions"), &[("emoji", "👍")]).await;
    w.form("alice", &format!("{mid}/pin"), &[]).await;
    w.post("robo", &"xqzebra pasted\n".repeat(60)).await;
    let gone = w.post("bob", "removed already").await;
    w.remove("alice", gone).await;
    let (file, _) = w.put("bob", "xqzebra.txt", &b"fullofxqzebra ".repeat(30_000)).await;
    w.pass(DAY);
    let reply = [("body", "said on the second"), ("nonce", "r"), ("reply_to", &first.to_string())];
    assert_eq!(w.form("bob", &format!("/rooms/{}/messages", w.tea), &reply).await.status, 201);
    w.pass(DAY);
    w.post("alice", "said on the third").await;
    (first, file)
}

#[tokio::test]
async fn what_is_older_goes_with_all_that_hangs_on_it_and_leaves_no_byte() {
    let w = World::new().await;
    let (first, file) = three_days(&w).await;
    assert!(w.holds("xqz") && w.holds("fullofxqz"));
    assert!(w.get("carol", "/search?q=xqzebra").await.has("ol.hits li"));
    assert_eq!(w.keep("alice", "1").await, 303);
    let mut window = w.listen("carol").await;
    retention::sweep(&w.app).await;
    // Windows load anew, and show what is left.
    while window.next().await.name.as_deref() != Some("reload") {}
    assert_eq!(w.window("carol").await.said(), ["said on the second", "said on the third"]);
    let path = format!("/rooms/{}", w.tea);
    for gone in [
        format!("{path}/messages/{first}"),
        format!("{path}/messages/{first}/history"),
        format!("{path}/transcripts/2026-11-22"),
        format!("{path}/transcripts/2026-11-22.txt"),
        file,
    ] {
        assert_eq!(w.get("carol", &gone).await.status, 404, "{gone}");
    }
    assert!(!w.get("carol", "/search?q=xqzebra").await.has("ol.hits li"));
    let second = w.transcript("carol", w.tea, "2026-11-23").await;
    assert_eq!(second.said(), ["said on the second"]);
    assert!(!second.has("nav.days a[rel=prev]"), "there is no day before it");
    for word in ["xqz", "fullofxqz", "vwkoala"] {
        w.forgets(word).await;
    }
    w.is_whole().await;
    // One line tells of it, and it is not told again.
    retention::sweep(&w.app).await;
    let told = w.get("bob", &format!("{path}/audit")).await.texts(".audit li > span");
    assert_eq!(
        told[..2],
        [
            "Upkeep removed what was before 23 Nov 2026: 1 day, 4 messages, 1 file",
            "Alice let messages be kept for 1 day",
        ]
    );
    // People go on, and the next day goes when its time has come.
    w.pass(DAY);
    w.post("bob", "said on the fourth").await;
    retention::sweep(&w.app).await;
    assert_eq!(w.window("carol").await.said(), ["said on the third", "said on the fourth"]);
    w.is_whole().await;
}

#[tokio::test]
async fn days_that_are_too_long_for_one_write_go_whole_and_are_told_once() {
    let w = World::new().await;
    // As many as one write takes away, and more than that.
    for n_lines in [200, 450] {
        for n in 0..n_lines {
            w.post(if n % 3 == 0 { "bob" } else { "robo" }, &format!("line {n}")).await;
        }
        w.pass(DAY);
    }
    w.pass(DAY);
    w.post("bob", "today").await;
    assert_eq!(w.keep("alice", "1").await, 303);
    retention::sweep(&w.app).await;
    assert_eq!(w.window("carol").await.said(), ["today"]);
    w.is_whole().await;
    let told = w.get("bob", &format!("/rooms/{}/audit", w.tea)).await.texts(".audit li > span");
    let told: Vec<_> = told.iter().filter(|line| line.starts_with("Upkeep")).collect();
    assert_eq!(told, ["Upkeep removed what was before 24 Nov 2026: 2 days, 650 messages, 0 files"]);
}

#[tokio::test]
async fn whoever_sets_it_is_shown_what_goes_and_only_a_yes_counts() {
    let w = World::new().await;
    three_days(&w).await;
    let path = format!("/rooms/{}/settings/keep", w.tea);
    let asked = w.form("alice", &path, &[("days", "1")]).await;
    assert_eq!(asked.status, 200);
    let row = asked.texts(".expiring li > *");
    assert_eq!(row, ["Tea", "before 23 Nov 2026: 1 day, 4 messages, 1 file (422 kB)"]);
    assert_eq!(asked.value(".expiring input[name=days]"), "1");
    retention::sweep(&w.app).await;
    assert_eq!(w.window("carol").await.said().len(), 6, "nothing was set");
    // What takes nothing away is set at once.
    assert_eq!(w.form("alice", &path, &[("days", "2")]).await.status, 303);
    let settings = w.get("alice", &format!("/rooms/{}/settings", w.tea)).await;
    assert_eq!(settings.value("#days"), "2");
    assert!(settings.body.contains("Messages are kept for 2 days."));
    for odd in ["0", "-1", "36501", "x", "1.5", "99999999999999999999"] {
        let refused = w.form("alice", &path, &[("days", odd), SURE]).await;
        assert_eq!(refused.status, 422, "{odd}");
        assert!(refused.text("#days-error").contains("36500"), "{odd}");
    }
    for (who, status) in [("bob", 403), ("carol", 403), ("mallory", 404), (NOBODY, 401)] {
        assert_eq!(w.form(who, &path, &[("days", "1"), SURE]).await.status, status, "{who}");
    }
    assert_eq!(w.keep("alice", "").await, 303);
    w.days_pass(9).await;
    assert_eq!(w.window("carol").await.said().len(), 6, "for ever");
}

#[tokio::test]
async fn a_space_says_it_for_its_rooms_and_a_room_for_itself() {
    let w = World::new().await;
    let own = w.page("bob", "Bob's", "{chat}").await;
    three_days(&w).await;
    w.post_in(own, "bob", "in a room of its own").await;
    w.pass(2 * DAY);
    let asked = w.form("alice", "/spaces/TEAM/retention", &[("days", "3")]).await;
    assert_eq!(asked.texts(".expiring li > a"), ["Tea"]);
    assert_eq!(w.keep_in_space("alice", "3").await, 303);
    for (who, status) in [("bob", 404), ("carol", 404), ("mallory", 404), (NOBODY, 401)] {
        assert_eq!(w.keep_in_space(who, "1").await, status, "{who}");
    }
    assert_eq!(w.keep_in_space("alice", "0").await, 422);
    assert_eq!(w.form("alice", "/spaces/NONE/retention", &[("days", "3")]).await.status, 404);
    // bob made the page and moderates it: he may ask for less, and not for more.
    let path = format!("/rooms/{own}/settings/keep");
    let more = w.form("bob", &path, &[("days", "4"), SURE]).await;
    assert_eq!(more.status, 422);
    assert!(more.text("#days-error").contains("This space keeps 3 days"));
    assert_eq!(w.form("bob", &path, &[("days", "1"), SURE]).await.status, 303);
    retention::sweep(&w.app).await;
    assert_eq!(w.window("carol").await.said(), ["said on the second", "said on the third"]);
    assert!(w.get("carol", &format!("/rooms/{own}")).await.said().is_empty());
    // Who administers may let a room keep for longer.
    w.form("alice", &path, &[("days", "400"), SURE]).await;
    w.post_in(own, "bob", "for long").await;
    w.days_pass(9).await;
    assert!(w.window("carol").await.said().is_empty());
    assert_eq!(w.get("carol", &format!("/rooms/{own}")).await.said(), ["for long"]);
    w.is_whole().await;
    let told = w.get("bob", &format!("/rooms/{}/audit", w.tea)).await.texts(".audit li > span");
    assert!(told.contains(&"Alice let messages be kept for 3 days".to_owned()), "{told:?}");
}

#[tokio::test]
async fn a_space_s_new_word_holds_for_rooms_that_had_kept_for_longer() {
    let w = World::new().await;
    let own = w.page("bob", "Bob's", "{chat}").await;
    let path = format!("/rooms/{own}/settings/keep");
    // As long as the space says nothing, who moderates chooses as they like.
    assert_eq!(w.form("bob", &path, &[("days", "400"), SURE]).await.status, 303);
    w.post_in(own, "bob", "in a room of its own").await;
    w.days_pass(5).await;
    let asked = w.form("alice", "/spaces/TEAM/retention", &[("days", "3")]).await;
    assert_eq!(asked.texts(".expiring li > a"), ["Bob's"]);
    assert_eq!(w.keep_in_space("alice", "3").await, 303);
    retention::sweep(&w.app).await;
    assert!(w.get("carol", &format!("/rooms/{own}")).await.said().is_empty());
    let told = w.get("bob", &format!("/rooms/{own}/audit")).await.texts(".audit li > span");
    assert!(told.contains(&"Alice let messages be kept for 3 days".to_owned()), "{told:?}");
    w.is_whole().await;
}

#[tokio::test]
async fn a_window_that_comes_back_hears_from_where_on_there_is_something() {
    let w = World::new().await;
    let old = w.post("bob", "old").await;
    assert_eq!(w.window("carol").await.value("data#first"), old.to_string());
    assert_eq!(w.keep("alice", "2").await, 303);
    w.days_pass(4).await;
    // Of an empty room, that there is nothing before what will be said.
    let nothing = w.window("carol").await.value("data#first").parse::<i64>().unwrap();
    let new = w.post("bob", "new").await;
    assert!(old < nothing && nothing <= new, "{old} {nothing} {new}");
    let mut window = w.listen_to(&format!("/rooms/{}/stream", w.tea), "carol", &[]).await;
    let first = format!("data#first[value='{new}']");
    assert!(window.frame().await.has(&first));
    // So does one that polls.
    assert!(w.get("carol", &format!("/rooms/{}/poll?tries=0", w.tea)).await.has(&first));
}

#[tokio::test]
async fn a_day_ends_by_the_room_s_clock() {
    let w = World::with(|config| config.zone = "Pacific/Auckland".into()).await;
    let room = w.page("bob", "Far", "{chat}").await;
    // 12:00 UTC on the 22nd is 01:00 on the 23rd there.
    w.set_clock("2026-11-22T12:00:00Z");
    w.post_in(room, "bob", "in the night").await;
    let path = format!("/rooms/{room}/settings/keep");
    w.form("bob", &path, &[("days", "1"), SURE]).await;
    // The last second of the 24th there, and the first of the 25th.
    for (at, n) in [("2026-11-24T10:59:59Z", 1), ("2026-11-24T11:00:00Z", 0)] {
        w.set_clock(at);
        retention::sweep(&w.app).await;
        assert_eq!(w.get("carol", &format!("/rooms/{room}")).await.said().len(), n, "{at}");
    }
}

#[tokio::test]
async fn history_that_is_too_old_stays_out_of_such_a_room() {
    let w = World::new().await;
    let import = async |day: &str| {
        let command = Command::ImportIrc {
            room: RoomId(w.tea),
            zone: "UTC".into(),
            file_name: format!("{day}.txt"),
            text: "[10:00] <ann> one\n[10:01] <ben> two\n".into(),
        };
        let report = admin::run(&w.app, command).await.unwrap();
        admin::told_of_log(day, &serde_json::from_str(&report).unwrap())
    };
    assert_eq!(w.keep("alice", "30").await, 303);
    let old = import("2026-10-22").await;
    assert!(old.contains("0 messages imported"), "{old}");
    assert!(old.ends_with(", 2 older than the room keeps its messages\n"), "{old}");
    assert_eq!(
        w.get("carol", &format!("/rooms/{}/transcripts/2026-10-22", w.tea)).await.status,
        404
    );
    let young = import("2026-10-23").await;
    assert!(young.contains("2 messages imported") && !young.contains("older"), "{young}");
    w.days_pass(2).await;
    assert!(w.window("carol").await.said().is_empty());
    w.is_whole().await;
}

#[tokio::test]
async fn history_is_too_old_by_the_room_s_clock() {
    let w = World::with(|config| config.zone = "Pacific/Auckland".into()).await;
    let room = w.page("bob", "Far", "{chat}").await;
    let path = format!("/rooms/{room}/settings/keep");
    w.form("bob", &path, &[("days", "1"), SURE]).await;
    w.set_clock("2026-11-24T10:00:00Z");
    let mut text =
        r#"{"room":1,"key":"1-5","name":"Far","zone":"UTC","page":"Far","space":"A"}"#.to_owned();
    // The last minute of the 22nd there, and the first of the 23rd; in UTC all of it is the 22nd.
    for (n, at) in ["2026-11-22T10:59:00Z", "2026-11-22T11:00:00Z"].iter().enumerate() {
        let _ = write!(
            text,
            r#"
{{"mid":0,"origin":"there:{n}","day":"2026-11-22","at":"{at}","offset_minutes":0,"kind":"said","author":"ann","display":"ann","body":"number {n}"}}"#
        );
    }
    let entries = crate::export::lines(&text).filter_map(|item| match item {
        Item::Message(entry) => Some(*entry),
        _ => None,
    });
    let command =
        Command::ImportRecords { room: RoomId(room), entries: entries.collect::<Vec<_>>() };
    let told = admin::run(&w.app, command).await.unwrap();
    assert!(told.contains(r#""n_added":1"#) && told.contains(r#""n_expired":1"#), "{told}");
    assert_eq!(w.get("carol", &format!("/rooms/{room}")).await.said(), ["number 1"]);
}

#[tokio::test]
async fn a_clock_that_jumps_ahead_makes_nothing_expire() {
    let w = World::new().await;
    three_days(&w).await;
    assert_eq!(w.keep("alice", "30").await, 303);
    let said = w.lines().await;
    assert_eq!(said.len(), 6);
    retention::sweep(&w.app).await;
    // Over night; and years ahead, where the clock stays for most of a day.
    w.set_clock("2026-11-25T10:00:00Z");
    retention::sweep(&w.app).await;
    w.set_clock("2041-01-01T00:00:00Z");
    for _ in 0..24 {
        retention::sweep(&w.app).await;
        assert_eq!(w.lines().await, said);
        w.pass(59);
    }
    let dry = async || admin::run(&w.app, Command::Expire { dry_run: true }).await.unwrap();
    let told = dry().await;
    assert!(
        told.starts_with("The clock may have jumped: nothing expires by itself before 2041-01-02T"),
        "{told}"
    );
    assert!(told.contains(", 6 messages, "), "{told}");
    assert!(w.get(NOBODY, "/metrics").await.body.contains("\nbackchannel_clock_in_doubt 1\n"));
    // Another server with the same file doubts as well, also after the day: somebody set it again.
    let w = w.restart().await;
    w.set_clock("2042-01-01T00:00:00Z");
    retention::sweep(&w.app).await;
    // It is set right: everything is as it was, and what is old in truth goes a day later.
    w.set_clock("2026-12-23T10:00:00Z");
    retention::sweep(&w.app).await;
    assert_eq!(w.lines().await, said);
    w.days_pass(1).await;
    assert_eq!(w.lines().await, ["said on the third"]);
    assert!(w.get(NOBODY, "/metrics").await.body.contains("\nbackchannel_clock_in_doubt 0\n"));
    w.is_whole().await;
}

#[tokio::test]
async fn a_server_that_rested_waits_for_a_day_or_for_its_operator() {
    let w = World::new().await;
    three_days(&w).await;
    assert_eq!(w.keep("alice", "30").await, 303);
    retention::sweep(&w.app).await;
    w.pass(31 * DAY);
    for _ in 0..4 {
        retention::sweep(&w.app).await;
        assert_eq!(w.lines().await.len(), 6);
        w.pass(DAY / 4);
    }
    retention::sweep(&w.app).await;
    assert!(w.lines().await.is_empty(), "a day has passed");
    let mut w = w;
    w.log_in("bob", PASSWORD).await;
    w.post("bob", "later").await;
    w.pass(40 * DAY);
    retention::sweep(&w.app).await;
    assert_eq!(w.lines().await, ["later"]);
    // Who says it looked at another clock.
    admin::run(&w.app, Command::Expire { dry_run: false }).await.unwrap();
    assert!(w.lines().await.is_empty());
    w.log_in("bob", PASSWORD).await;
    w.post("bob", "later still").await;
    w.days_pass(31).await;
    assert!(w.lines().await.is_empty(), "and upkeep goes on by it");
    w.is_whole().await;
}

#[test]
fn the_command_says_what_would_go_and_takes_it_away() {
    let (server, rooms) = Server::furnished();
    let log = server.folder().join("2004-11-15.txt");
    std::fs::write(&log, "[10:00] <ann> old words\n[10:01] <ben> more\n").unwrap();
    let (room, log) = (rooms.room.to_string(), log.display().to_string());
    server.run(&["import", "irc", "--room", &room, "--zone", "UTC", &log], "");
    let dry = ["expire", "--dry-run"];
    assert_eq!(
        server.run(&dry, ""),
        "0 messages and 0 files (0 bytes) of 0 rooms would be removed\n"
    );
    server.run(&["space", "keep", "WORK", "--days", "30"], "");
    let told = server.run(&dry, "");
    let told: Vec<&str> = told.lines().collect();
    assert!(told[0].starts_with(&format!("room {room} (")), "{told:?}");
    assert!(told[0].ends_with(", 2 messages, 0 files, 13 bytes"), "{told:?}");
    assert_eq!(told[1], "2 messages and 0 files (13 bytes) of 1 rooms would be removed");
    assert!(server.run(&["expire"], "").ends_with("of 1 rooms were removed\n"));
    assert!(server.run(&dry, "").starts_with("0 messages"));
    assert_eq!(server.run(&["check"], ""), "The file is whole.\n");
}
