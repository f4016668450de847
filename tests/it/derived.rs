//! What follows from the messages is what they give, and is put right where it is not.

use std::fmt::Write;

use backchannel::admin::{self, Command};

use crate::world::{Answer, World};

pub const DAYS: [&str; 3] = ["2004-11-15", "2026-11-22", "2026-11-23"];

/// A room with everything that can be in one: history, an edit, a removal, answers, a paste, a
/// reaction, a pin, links and mentions.
pub async fn a_full_room(w: &World) {
    let log = "[10:00] <ann> before *all*\n[10:01] <ann> and more\n[10:02] <ben> x\n";
    let command = Command::ImportIrc {
        room: backchannel::id::RoomId(w.tea),
        zone: "UTC".into(),
        file_name: "2004-11-15.txt".into(),
        text: log.into(),
    };
    admin::run(&w.app, command).await.unwrap();
    let first = w.post("bob", "hello *you*, see [Tea] and @alice, https://example.org/x").await;
    w.post("bob", "and on").await;
    w.post("alice", &"a long line\n".repeat(20)).await;
    w.post("bob", "/me waves").await;
    let said = w.post("bob", "#info typo").await;
    w.form("bob", &format!("/rooms/{}/messages/{said}", w.tea), &[("body", "#info no typo")]).await;
    let gone = w.post("alice", "a secret").await;
    w.remove("alice", gone).await;
    let reply = [("body", "yes"), ("nonce", "x"), ("reply_to", &first.to_string())];
    w.form("alice", &format!("/rooms/{}/messages", w.tea), &reply).await;
    let of_first = format!("/rooms/{}/messages/{first}", w.tea);
    w.form("alice", &format!("{of_first}/reactions"), &[("emoji", "👍")]).await;
    w.form("alice", &format!("{of_first}/pin"), &[]).await;
    w.pass(24 * 60);
    w.post("bob", "the next day").await;
    w.post("bob", "and on").await;
}

async fn days(w: &World) -> Vec<String> {
    let mut days = Vec::new();
    for day in DAYS {
        let page = w.transcript("carol", w.tea, day).await.body;
        // Each answer has a nonce of its own in its head.
        days.push(page.split_once("<main").unwrap().1.to_owned());
    }
    days
}

async fn check(w: &World) -> admin::Reply {
    admin::run(&w.app, Command::Check).await
}

async fn damage(w: &World, sql: &'static str) {
    w.app
        .store
        .write(move |tx| {
            tx.execute_batch(sql)?;
            Ok(())
        })
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
}

#[tokio::test]
async fn a_room_that_people_used_is_whole() {
    let w = World::new().await;
    a_full_room(&w).await;
    assert_eq!(check(&w).await.unwrap(), "The file is whole.\n");
}

#[tokio::test]
async fn whatever_follows_from_the_messages_is_checked_and_made_anew() {
    let w = World::new().await;
    a_full_room(&w).await;
    let before = days(&w).await;
    for (sql, word) in [
        ("update message set html = replace(html, 'hello', 'hallo')", "rendering differs"),
        ("update message set html = html || ' ' where kind = 'paste'", "rendering differs"),
        ("update message set html = '<p>a secret</p>' where removed_at is not null", "rendering"),
        ("update message set line = 'x' where mid = 4", "answers quote"),
        ("update message set n_lines = 3 where kind = 'paste'", "number of lines"),
        ("update message set body = substr(body, 1, 9) where kind = 'paste'", "beginning differs"),
        ("update message set body = 'a secret' where removed_at is not null", "body is left"),
        ("update message set names = '{}' where removed_at is not null", "names are left"),
        ("update message set search = search || ' x' where mid = 5", "search text"),
        ("update message set marks = 'all' where mid = 5", "marks"),
        ("update message set day = '2026-11-21' where mid = 4", "its day"),
        ("update message set opens_day = 1 where mid = 5", "heading"),
        ("update message set opens_day = 0 where mid = 4", "heading"),
        ("update message set continues = 1 where mid = 6", "group"),
        ("update message set continues = 0 where mid = 2", "group"),
        ("insert into message_index (message_index) values ('delete-all')", "search index"),
        ("insert into page_index (page_index) values ('delete-all')", "search index"),
        ("update page set search = 'x' where kind = 'page'", "search text differs"),
        ("update page set search = 'x' where kind = 'transcript'", "search text differs"),
        ("update page set title_key = title_key || 'x'", "found by"),
        (
            "update page set title = 'Nothing' where kind = 'transcript' and title like '%15'",
            "title",
        ),
        ("update page set parent = null where kind = 'transcript'", "not below"),
        ("update page set kind = 'page' where kind = 'transcript'", "not below"),
        ("update page_version set body = 'x'", "version"),
        ("update participant set n_messages = 0", "count of messages"),
        ("update participant set last_at = 0", "count of messages"),
        ("delete from participant", "count of messages"),
        ("insert into participant select room, 3, 1, 1 from participant limit 1", "none there"),
        ("update room set seq = 3", "count of changes"),
        (
            "insert into reaction select room, mid, 'x', 1, 1, 1 from message where removed_at is not null",
            "left after",
        ),
        (
            "insert into pin select room, mid, 1 from message where removed_at is not null",
            "left after",
        ),
        (
            "insert into message_version select room, mid, 1, 0, 'a secret', 1 from message where removed_at is not null",
            "left after",
        ),
        (
            "insert into paste select room, mid, 0, 'a secret' from message where removed_at is not null",
            "left after",
        ),
        ("insert into paste select room, mid, 0, 'x' from message where mid = 5", "no paste"),
        (
            "insert into page (space, parent, kind, title, title_key, created_at, changed_at)
          select space, id, 'transcript', 'y', 'y', 1, 1 from page where kind = 'page'",
            "of no day",
        ),
    ] {
        damage(&w, sql).await;
        let told = check(&w).await.expect_err(sql);
        assert!(told.contains(word), "{sql}: {told}");
        admin::run(&w.app, Command::Rebuild).await.unwrap();
        assert_eq!(check(&w).await.as_deref(), Ok("The file is whole.\n"), "{sql}");
        assert_eq!(days(&w).await, before, "{sql}");
    }
    let hits = w.get("carol", "/search?q=hello").await;
    assert_eq!(hits.texts("ol.hits li[data-hit] .author"), ["Bob"]);
}

#[tokio::test]
async fn a_day_that_lost_its_page_gets_one_and_one_without_a_message_loses_it() {
    let w = World::new().await;
    a_full_room(&w).await;
    let said = |day: Answer| (day.said(), day.attributes("ol#log > li", "id"));
    let before = said(w.transcript("carol", w.tea, DAYS[1]).await);
    damage(&w, "delete from transcript where day = '2026-11-22'").await;
    damage(
        &w,
        "insert into page (space, parent, kind, title, title_key, created_at, changed_at)
         select space, id, 'transcript', 'Tea - 2026-11-01', 'tea - 2026-11-01', 1, 1
         from page where kind = 'page';
         insert into transcript select parent, '2026-11-01', id from page where title like '%11-01'",
    )
    .await;
    let told = check(&w).await.unwrap_err();
    assert!(told.contains("2026-11-22: has messages but no transcript"), "{told}");
    assert!(told.contains("2026-11-01: has a transcript but no message"), "{told}");
    admin::run(&w.app, Command::Rebuild).await.unwrap();
    check(&w).await.unwrap();
    assert_eq!(said(w.transcript("carol", w.tea, DAYS[1]).await), before);
    let gone = w.get("carol", &format!("/rooms/{}/transcripts/2026-11-01", w.tea)).await;
    assert_eq!(gone.status, 404);
}

/// Messages are looked at some thousands at a time: what follows from the one before holds also
/// where one look ends and the next begins.
#[tokio::test]
async fn a_room_of_many_messages_is_checked_in_pieces_that_fit_together() {
    let w = World::new().await;
    let mut text = String::new();
    for n in 0..4_100 {
        let (hour, minute) = (n / 180, n % 180 / 3);
        let _ = writeln!(text, "[{hour:02}:{minute:02}] <ann> line {n}");
    }
    let command = Command::ImportIrc {
        room: backchannel::id::RoomId(w.tea),
        zone: "UTC".into(),
        file_name: "2004-11-15.txt".into(),
        text,
    };
    admin::run(&w.app, command).await.unwrap();
    assert_eq!(check(&w).await.unwrap(), "The file is whole.\n");
    damage(
        &w,
        "update message set continues = not continues where id in (
           select id from message order by room, position limit 3 offset 1999)",
    )
    .await;
    let found = check(&w).await.unwrap_err();
    assert_eq!(found.matches("its group differs").count(), 3, "{found}");
    admin::run(&w.app, Command::Rebuild).await.unwrap();
    assert_eq!(check(&w).await.unwrap(), "The file is whole.\n");
}
