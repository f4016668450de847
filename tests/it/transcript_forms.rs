//! A day in other forms: as text, as JSON, in parts, as minutes.

use crate::world::{NOBODY, World, get};

const DAY: &str = "2026-11-22";

#[tokio::test]
async fn a_day_can_be_had_as_text() {
    let w = World::new().await;
    w.post("bob", "one *strong*").await;
    w.pass(1);
    w.post("bob", "two\nlines").await;
    w.post("alice", "/me waves").await;
    let gone = w.post("alice", "never mind").await;
    w.remove("alice", gone).await;
    let path = format!("/rooms/{}/transcripts/{DAY}", w.tea);
    let text = w.get("carol", &format!("{path}.txt")).await;
    assert_eq!(text.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(
        text.body,
        "Tea (TEAM, UTC)\n\n2026-11-22\n\n[10:00] Bob: one strong\n[10:01] Bob: two\n        lines\n\
         [10:01] * Alice waves\n[10:01] Alice: (removed)\n"
    );
    let asked = w.ask(get(&path).by("carol").header("accept", "text/plain")).await;
    assert_eq!(asked.body, text.body);
    assert_eq!(w.ask(get(&path).by("carol").browser()).await.status, 303);
    for end in ["txt", "json"] {
        assert_eq!(w.get("mallory", &format!("{path}.{end}")).await.status, 404);
        assert_eq!(w.get(NOBODY, &format!("{path}.{end}")).await.status, 303);
        let quiet = format!("/rooms/{}/transcripts/2026-11-21.{end}", w.tea);
        assert_eq!(w.get("carol", &quiet).await.status, 404);
    }
    assert_eq!(w.get("carol", &format!("{path}.pdf")).await.status, 404);
}

#[tokio::test]
async fn a_day_can_be_had_as_json() {
    let w = World::new().await;
    let first = w.post("bob", "see [Tea] <b>").await;
    let paste = w.post("bob", &"a long line\n".repeat(2000)).await;
    let reply = [("body", "yes"), ("nonce", "x"), ("reply_to", &first.to_string())];
    w.form("alice", &format!("/rooms/{}/messages", w.tea), &reply).await;
    w.form("alice", &format!("/rooms/{}/messages/{first}/reactions", w.tea), &[("emoji", "👍")])
        .await;
    w.form("alice", &format!("/rooms/{}/messages/{first}/pin", w.tea), &[]).await;
    let path = format!("/rooms/{}/transcripts/{DAY}.json", w.tea);
    let day: serde_json::Value = serde_json::from_str(&w.get("carol", &path).await.body).unwrap();
    assert_eq!(
        (&day["name"], &day["zone"], &day["space"]),
        (&"Tea".into(), &"UTC".into(), &"TEAM".into())
    );
    let said = &day["messages"];
    assert_eq!(said[0]["body"], "see [Tea] <b>");
    assert_eq!(said[0]["at"], "2026-11-22T10:00:00Z");
    assert_eq!((&said[0]["author"], &said[0]["display"]), (&"bob".into(), &"Bob".into()));
    assert_eq!(said[0]["pinned"], true);
    assert_eq!(said[0]["reactions"], serde_json::json!([{"emoji": "👍", "by": ["alice"]}]));
    assert_eq!((&said[1]["mid"], &said[1]["kind"]), (&paste.into(), &"paste".into()));
    assert_eq!(said[1]["body"].as_str().unwrap().lines().count(), 2000, "all of it");
    assert_eq!(said[2]["reply_to"], first);
}

#[tokio::test]
async fn so_many_days_are_taken_at_a_time() {
    let w = World::new().await;
    w.post("bob", "hello").await;
    let path = format!("/rooms/{}/transcripts/{DAY}.txt", w.tea);
    let all = u32::try_from(w.app.days.available_permits()).unwrap();
    let turns = w.app.days.clone().acquire_many_owned(all).await.unwrap();
    let refused = w.get("carol", &path).await;
    assert_eq!((refused.status, refused.header("retry-after").is_empty()), (503, false));
    drop(turns);
    assert_eq!(w.get("carol", &path).await.status, 200);
}

#[tokio::test]
async fn lines_worth_keeping_stand_at_the_top_of_the_day() {
    let w = World::new().await;
    let page = async || w.transcript("carol", w.tea, DAY).await;
    w.post("bob", "no #info here").await;
    assert!(!page().await.has(".minutes"));
    w.post("bob", "#topic The *mirror*").await;
    let two = w.post("alice", "well\n#agreed we clean it\n#action @bob buys soap").await;
    w.post("bob", "#link https://example.org").await;
    let day = page().await;
    let kinds = day.attributes(".minutes li", "data-kind");
    assert_eq!(kinds, ["topic", "agreed", "action", "link"]);
    assert_eq!(
        day.texts(".minutes li a"),
        ["The mirror", "we clean it", "@bob buys soap", "https://example.org"]
    );
    assert_eq!(day.texts(".minutes .by")[1], "Alice, 10:00");
    let place = day.attributes(".minutes li a", "href")[1].clone();
    assert!(w.get("carol", &place).await.location().ends_with(&format!("#m{two}")));
    // It follows edits and removals.
    let path = format!("/rooms/{}/messages/{two}", w.tea);
    w.form("alice", &path, &[("body", "#agreed we leave it")]).await;
    assert_eq!(page().await.texts(".minutes li a")[1], "we leave it");
    w.remove("alice", two).await;
    assert_eq!(page().await.texts(".minutes li").len(), 2);
    w.pass(24 * 60);
    w.post("bob", "#info tomorrow").await;
    assert_eq!(page().await.texts(".minutes li").len(), 2, "each day has its own");
}

#[tokio::test]
async fn a_long_day_comes_in_parts_and_each_message_is_in_one() {
    let w = World::new().await;
    let lines: String = (0..1200_i32)
        .map(|n| format!("[{:02}:{:02}] <ann> line {n}\n", n / 60, n % 60))
        .collect::<Vec<_>>()
        .concat();
    let command = backchannel::admin::Command::ImportIrc {
        room: backchannel::id::RoomId(w.tea),
        zone: "UTC".into(),
        file_name: "2004-11-15.txt".into(),
        text: lines,
    };
    backchannel::admin::run(&w.app, command).await.unwrap();
    let page = w.get("carol", &format!("/rooms/{}/transcripts/2004-11-15", w.tea)).await.location();
    let mut said = Vec::new();
    let mut path = page.clone();
    let mut records = 0;
    let mut n_parts = 0;
    loop {
        let part = w.get("carol", &path).await;
        said.extend(part.said());
        n_parts += 1;
        records += part.text("#record").matches("\"body\"").count();
        assert_eq!(part.texts(".parts [aria-current]")[0], format!("Part {n_parts} of 3"));
        match part.attributes(".parts a[rel=next]", "href").first() {
            Some(next) => path.clone_from(next),
            None => break,
        }
    }
    let all: Vec<_> = (0..1200).map(|n| format!("line {n}")).collect();
    assert_eq!((said == all, n_parts, records), (true, 3, 1200));
    // As data and as text it is one, and its heading stands there once.
    let day = format!("/rooms/{}/transcripts/2004-11-15", w.tea);
    let json = w.get("carol", &format!("{day}.json")).await;
    let json: serde_json::Value = serde_json::from_str(&json.body).unwrap();
    let bodies = json["messages"].as_array().unwrap().iter().map(|one| one["body"].as_str());
    assert!(bodies.eq(all.iter().map(|line| Some(line.as_str()))));
    let text = w.get("carol", &format!("{day}.txt")).await.body;
    assert!(text.starts_with("Tea (TEAM, UTC)\n\n2004-11-15\n\n[00:00] ann: line 0\n"));
    assert_eq!(text.lines().count(), 4 + 1200);
    // A permalink, a hit and a time lead into the right part.
    let to = w.get("carol", &format!("{page}?at=18:30")).await.location();
    assert!(to.contains("?part=3#m"), "{to}");
    let mid: i64 = to.rsplit_once("#m").unwrap().1.parse().unwrap();
    assert_eq!(w.get("carol", &to).await.texts(&format!("#m{mid} .body")), ["line 1110"]);
    let link = w.get("carol", &format!("/rooms/{}/messages/{mid}", w.tea)).await.location();
    assert_eq!(link, to);
    let late = w.get("carol", &format!("{page}?at=23:00")).await.location();
    assert_eq!(w.get("carol", &late).await.said().last().unwrap(), "line 1199");
    for odd in ["part=0", "part=-7", "part=99", "part=x", "at=25:00", "at=", "x=%ff"] {
        assert_eq!(w.get("carol", &format!("{page}?{odd}")).await.status, 200, "{odd}");
    }
    assert_eq!(w.get("mallory", &format!("{page}?at=18:30")).await.status, 404);
}

/// The rest of a day of 50,000 messages, written as an import would, but for its words.
const LONG_DAY: &str = "
    with recursive line (n) as (select 2 union all select n + 1 from line where n < 50000)
    insert into message (id, room, mid, seq, position, author_name, at, day, offset_minutes,
                         opens_day, continues, body, grammar, html, search)
      select first.id + n, room, n, n, n, 'ann', at + n * 1000, day, 0, 0, 0,
             'line ' || n, grammar, 'line ' || n || ' of a long day', ''
      from line join message first on first.mid = 1;
    update room set seq = 50000;";

#[tokio::test]
async fn no_part_of_a_day_of_50_000_messages_is_larger_than_another_and_all_are_linked() {
    let w = World::new().await;
    w.post("bob", "line 1 of a long day").await;
    w.app.store.write(|tx| Ok(tx.execute_batch(LONG_DAY)?)).await.unwrap();
    w.pass(24 * 60);
    let page = w.get("carol", &format!("/rooms/{}/transcripts/{DAY}", w.tea)).await.location();
    for (asked, part, first) in
        [("", 1, 1), ("?part=2", 2, 501), ("?part=50", 50, 24_501), ("?part=100", 100, 49_501)]
    {
        let shown = w.get("carol", &format!("{page}{asked}")).await;
        let said = shown.said();
        assert_eq!((said.len(), &said[0]), (500, &format!("line {first} of a long day")));
        // All that comes with them, the data for programs too.
        assert!(shown.body.len() < 600_000, "part {part}: {} bytes", shown.body.len());
        assert_eq!(shown.texts(".parts [aria-current]")[0], format!("Part {part} of 100"));
        let link = |to: i64| vec![format!("{page}?part={to}"); 2];
        let (prev, next) = (link(part - 1), link(part + 1));
        let linked = |rel: &str| shown.attributes(&format!(".parts a[rel={rel}]"), "href");
        assert_eq!(linked("prev"), if part == 1 { Vec::new() } else { prev });
        assert_eq!(linked("next"), if part == 100 { Vec::new() } else { next });
    }
    // 10:00 and 36,000 seconds.
    let to = w.get("carol", &format!("{page}?at=20:00")).await.location();
    assert_eq!(to, format!("{page}?part=72#m36000"));
}
