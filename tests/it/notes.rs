//! What people note beside the conversation of a day.

use backchannel::admin::{self, Command};
use backchannel::retention;

use crate::process::Server;
use crate::world::{Answer, NOBODY, World};

const TODAY: &str = "2026-11-22";

impl World {
    /// Where the page of a day is.
    async fn day(&self, room: i64, day: &str) -> String {
        self.get("alice", &format!("/rooms/{room}/transcripts/{day}")).await.location()
    }

    /// Writes the notes of a day.
    pub async fn note(&self, who: &str, room: i64, day: &str, body: &str) -> Answer {
        let page = self.day(room, day).await;
        let form = self.get(who, &format!("{page}/edit")).await;
        assert_eq!(form.status, 200, "{}", form.body);
        let version = form.value("input[name=version]");
        let title = form.value("input[name=title]");
        let typed = [("title", title.as_str()), ("body", body), ("version", version.as_str())];
        let saved = self.form(who, &page, &typed).await;
        assert_eq!((saved.status, saved.location()), (303, page), "{}", saved.body);
        saved
    }
}

#[tokio::test]
async fn whoever_may_edit_the_room_s_page_writes_notes_and_the_others_read_them() {
    let w = World::new().await;
    w.post("bob", "#agreed we clean it").await;
    let page = w.day(w.tea, TODAY).await;
    let before = w.get("bob", &page).await;
    assert!(!before.has(".notes") && before.has(&format!("a[href='{page}/edit']")));
    assert!(!w.get("carol", &page).await.has(&format!("a[href='{page}/edit']")));
    assert_eq!(w.get("bob", &format!("{page}/history")).await.status, 404);
    w.note("bob", w.tea, TODAY, "h3. The *mirror*\r\n\r\nsee [Tea]").await;
    let day = w.get("carol", &page).await;
    assert_eq!(day.text(".notes .body h3"), "The mirror");
    assert_eq!(day.attributes(".notes .body a", "href"), [format!("/pages/{}", w.tea)]);
    assert_eq!((day.said().len(), day.texts(".minutes li a").len()), (1, 1));
    // The title is the day's, whatever is sent.
    let typed = [("title", "Mine"), ("body", "x"), ("version", "2")];
    assert_eq!(w.form("bob", &page, &typed).await.status, 303);
    assert_eq!(w.get("carol", &page).await.text("h1"), "Tea Sunday, 22 November 2026");
    for (who, status) in [("carol", 403), ("mallory", 404), (NOBODY, 401)] {
        assert_eq!(w.form(who, &page, &typed).await.status, status, "{who}");
    }
    // Who may not edit the room's page may not do it here.
    w.restrict("alice", w.tea, "edit", "alice").await;
    let typed = [("title", ""), ("body", "y"), ("version", "3")];
    assert_eq!(w.form("bob", &page, &typed).await.status, 403);
    assert_eq!(w.form("bob", &format!("{page}/trash"), &[]).await.status, 403);
    assert_eq!(w.form("alice", &format!("{page}/trash"), &[]).await.status, 403);
    assert_eq!(w.form("alice", &page, &typed).await.status, 303);
}

#[tokio::test]
async fn notes_have_versions_and_whoever_was_slower_is_told() {
    let w = World::new().await;
    w.post("bob", "hello").await;
    let page = w.day(w.tea, TODAY).await;
    w.note("bob", w.tea, TODAY, "first").await;
    let late = [("title", ""), ("body", "mine"), ("version", "1")];
    let told = w.form("alice", &page, &late).await;
    assert_eq!(told.status, 409);
    assert!(told.body.contains("mine") && told.body.contains("first"), "{}", told.body);
    w.note("alice", w.tea, TODAY, "second").await;
    let history = w.get("carol", &format!("{page}/history")).await;
    assert!(history.body.contains("Version 3") && history.body.contains("Alice"));
    let compared = w.get("carol", &format!("{page}/history/compare?from=2&to=3")).await;
    assert_eq!(compared.status, 200);
    // One entry for each time that somebody saved, and none for the page that the program made.
    let changes = w.get("carol", "/changes").await;
    let titles = changes.texts(".changes li .about > a");
    assert_eq!(titles, ["Tea - 2026-11-22", "Tea - 2026-11-22", "Tea"]);
    let compared = changes.attributes(".changes li a.button", "href");
    assert_eq!(compared[1], format!("{page}/history/compare?from=1&to=2"));
    let restored = w.form("bob", &format!("{page}/history/2/restore"), &[("version", "3")]).await;
    assert_eq!(restored.status, 303);
    assert_eq!(w.get("carol", &page).await.text(".notes .body"), "first");
    let preview = [("title", ""), ("body", "*so*"), ("version", "4"), ("insert", "preview")];
    assert_eq!(w.form("bob", &page, &preview).await.text("#preview strong"), "so");
    let long = "x".repeat(1_100_000);
    let typed = [("title", ""), ("body", long.as_str()), ("version", "4")];
    assert_eq!(w.form("bob", &page, &typed).await.status, 413);
}

#[tokio::test]
async fn notes_are_found_by_who_sees_the_room() {
    let w = World::new().await;
    w.post("bob", "hello").await;
    w.note("bob", w.tea, TODAY, "the xylophone is *tuned*").await;
    let page = w.day(w.tea, TODAY).await;
    for (query, n) in [("xylophone", 1), ("tuned in:Tea", 1), ("xylophone space:NONE", 0)] {
        let found = w.get("carol", &format!("/search?q={}", query.replace(' ', "+"))).await;
        assert_eq!(
            found.attributes("a", "href").iter().filter(|to| **to == page).count(),
            n,
            "{query}"
        );
    }
    assert!(!w.get("mallory", "/search?q=xylophone").await.body.contains(&page));
    w.restrict("alice", w.tea, "view", "alice").await;
    assert!(!w.get("carol", "/search?q=xylophone").await.body.contains(&page));
}

#[tokio::test]
async fn notes_come_along_as_text_and_as_json() {
    let w = World::new().await;
    w.post("bob", "hello").await;
    w.note("bob", w.tea, TODAY, "we *agreed*\n\non tea").await;
    let path = format!("/rooms/{}/transcripts/{TODAY}", w.tea);
    assert_eq!(
        w.get("carol", &format!("{path}.txt")).await.body,
        "Tea (TEAM, UTC)\n\n2026-11-22\n\n| we *agreed*\n|\n| on tea\n\n[10:00] Bob: hello\n"
    );
    let json: serde_json::Value =
        serde_json::from_str(&w.get("carol", &format!("{path}.json")).await.body).unwrap();
    assert_eq!(json["notes"][0]["notes"], "we *agreed*\n\non tea");
}

/// Every byte that is kept of notes.
async fn kept(w: &World) -> Vec<(i64, i64, String)> {
    w.app
        .store
        .read(|connection| {
            let mut statement = connection.prepare(
                "select page, version, hex(body) from page_version
                 where page in (select id from page where title like 'Tea - %')
                 union all
                 select id, version, hex(body) from page where title like 'Tea - %' order by 1, 2, 3",
            )?;
            let rows = statement
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
                .collect::<Result<_, _>>()?;
            Ok(rows)
        })
        .await
        .unwrap()
}

#[tokio::test]
async fn no_rebuild_touches_a_byte_of_notes() {
    let w = World::new().await;
    crate::derived::a_full_room(&w).await;
    w.note("bob", w.tea, TODAY, " first \t\n\n  {chat:x} Å e\u{301} \u{200b}\n").await;
    w.note("alice", w.tea, TODAY, " second \t\r\n\r\n  {chat:x} Å e\u{301} \u{200b}\r\n ").await;
    let before = kept(&w).await;
    assert!(before.iter().any(|(_, version, _)| *version == 3));
    for damage in [
        "select 1",
        "update message set html = 'x', day = '2026-11-21' where mid = 4",
        "update page set search = 'x', title_key = 'x' || id",
        "delete from transcript where day = '2026-11-22'",
        "update page set kind = 'page', parent = null where kind = 'transcript'",
        "delete from page_version where version = 3",
    ] {
        w.app.store.write(move |tx| Ok(tx.execute_batch(damage)?)).await.unwrap();
        let whole = admin::run(&w.app, Command::Check).await;
        assert_eq!(whole.is_ok(), damage == "select 1", "{damage}: {whole:?}");
        admin::run(&w.app, Command::Rebuild).await.unwrap();
        let whole = admin::run(&w.app, Command::Check).await;
        assert_eq!(whole.as_deref(), Ok("The file is whole.\n"), "{damage}");
        assert_eq!(kept(&w).await, before, "{damage}");
        assert!(w.transcript("carol", w.tea, TODAY).await.text(".notes .body").contains("second"));
    }
    // What a macro in them would be on a page makes no room here.
    assert!(!w.get("carol", "/").await.body.contains(">x<"));
}

#[tokio::test]
async fn notes_stay_when_the_messages_of_their_day_expire() {
    let w = World::new().await;
    w.post("bob", "the xylophone").await;
    w.note("bob", w.tea, TODAY, "what we keep").await;
    w.pass(3 * 24 * 60);
    w.post("bob", "later").await;
    let keep = [("days", "1"), ("confirm", "yes")];
    w.form("alice", &format!("/rooms/{}/settings/keep", w.tea), &keep).await;
    retention::sweep(&w.app).await;
    w.forgets("xylophone").await;
    assert_eq!(admin::run(&w.app, Command::Check).await.as_deref(), Ok("The file is whole.\n"));
    admin::run(&w.app, Command::Rebuild).await.unwrap();
    let path = format!("/rooms/{}/transcripts/{TODAY}", w.tea);
    let page = w.day(w.tea, TODAY).await;
    let day = w.get("carol", &page).await;
    assert_eq!(day.text(".notes .body"), "what we keep");
    assert!(day.body.contains("The messages of this day are no longer kept."));
    assert!(day.said().is_empty());
    let text = w.get("carol", &format!("{path}.txt")).await.body;
    assert_eq!(text, "Tea (TEAM, UTC)\n\n2026-11-22\n\n| what we keep\n\n");
    for asked in ["?at=10:00", "?part=3"] {
        assert!(w.get("carol", &format!("{page}{asked}")).await.status < 500);
    }
    for of_room in ["", "/status", "/calendar"] {
        assert_eq!(w.get("carol", &format!("/rooms/{}{of_room}", w.tea)).await.status, 200);
    }
    // With them the page goes, and who cleared them stands on the room's.
    let cleared = w.form("bob", &page, &[("title", ""), ("body", " \n"), ("version", "2")]).await;
    assert_eq!(cleared.location(), format!("/pages/{}", w.tea));
    assert_eq!(w.get("carol", &path).await.status, 404);
    assert_eq!(admin::run(&w.app, Command::Check).await.as_deref(), Ok("The file is whole.\n"));
}

#[test]
fn an_export_takes_notes_along_and_an_import_brings_them_back() {
    let (server, rooms) = Server::furnished();
    let log = server.folder().join("2004-11-15.txt");
    std::fs::write(&log, "[10:00] <ann> old words\n[10:01] <ann> more\n").unwrap();
    let room = rooms.room.to_string();
    let log = log.display().to_string();
    server.run(&["import", "irc", "--room", &room, "--zone", "UTC", &log], "");
    let file = server.folder().join("notes.jsonl").display().to_string();
    let head =
        r#"{"room":9,"key":"9-9","name":"Attic","zone":"UTC","page":"The attic","space":"X"}"#;
    let noted = r#"{"day":"2004-11-15","notes":"what we *noted*"}"#;
    let said = r#"{"mid":1,"day":"2004-11-15","at":"2004-11-15T10:00:00Z","offset_minutes":0,"kind":"said","author":"ann","display":"ann","body":"old words"}"#;
    std::fs::write(&file, [head, noted, said].join("\n")).unwrap();
    for _ in 0..2 {
        server.run(&["import", "jsonl", "--space", "WORK", &file], "");
    }
    assert_eq!(server.run(&["check"], ""), "The file is whole.\n");
    for (format, noted) in
        [("jsonl", noted), ("text", "| what we *noted*"), ("html", "<strong>noted</strong>")]
    {
        let out = server.folder().join(format).display().to_string();
        let told = server.run(&["export", "--space", "WORK", "--format", format, &out], "");
        assert_eq!(told, "3 messages of 2 rooms exported\n", "{format}");
        assert_eq!(std::fs::read_to_string(out).unwrap().matches(noted).count(), 1, "{format}");
    }
}

#[tokio::test]
async fn notes_on_a_day_whose_page_only_some_may_see_are_nowhere_else() {
    let w = World::new().await;
    w.post("bob", "hello").await;
    w.note("bob", w.tea, TODAY, "the zanzibar plan").await;
    let of_day = format!("/rooms/{}/transcripts/{TODAY}", w.tea);
    let doors = [
        "/search?q=zanzibar".to_owned(),
        format!("{of_day}.json"),
        format!("{of_day}.txt"),
        format!("/rooms/{}/export/jsonl", w.tea),
        format!("/rooms/{}/export/html", w.tea),
    ];
    for door in &doors {
        assert!(w.get("carol", door).await.body.contains("plan"), "{door}");
    }
    let page = w.day(w.tea, TODAY).await;
    let number: i64 = page.rsplit('/').next().unwrap().parse().unwrap();
    w.restrict("bob", number, "view", "bob").await;
    assert_eq!(w.get("carol", &page).await.status, 404);
    for door in &doors {
        let told = w.get("carol", door).await.body;
        assert!(!told.contains("plan</") && !told.contains(" plan"), "{door}: {told}");
    }
}
