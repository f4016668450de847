//! What people fill in, in every field that there is, on every screen that shows it: text, and
//! nothing else. What becomes of it in a browser is in `browser/hostile.rs`.

use backchannel::admin::{self, Command};
use backchannel::id::RoomId;
use backchannel::mandate::Mandate;
use backchannel::{roster, space};

use crate::routes::{ROWS, path, streams};
use crate::world::{Answer, NOBODY, World, nonce, post};

/// Ends whatever it could stand in, and then is an element, or an attribute of another.
const MARK: &str = "\"'></title></textarea></script></style><xss-mark>\" xss-mark=\"";

/// The same where no `<` or `>` may stand: as the name of somebody in a channel's log.
const NICK: &str = "\"'xss-mark=\"xss-mark";

/// What would be there if any of it were taken for more than text.
const HARM: &str = "xss-mark, [xss-mark]";

fn is_unharmed(answer: &Answer, what: &str) {
    assert!(answer.status < 500, "{what}: {}", answer.status);
    if answer.header("content-type").starts_with("text/html") {
        assert!(!answer.has(HARM), "{what}: {}", answer.body);
    }
    for (name, value) in &answer.headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        // The name of a file stands in quotes; where somebody is sent to is no HTML.
        let apart = name == "content-disposition" || name == "location";
        assert!(apart || !value.contains("<xss-mark"), "{what}: {name}: {value}");
    }
}

/// A wiki in which everything that somebody filled in is hostile: the page, and its file.
async fn hostile() -> (World, i64, String) {
    let w = World::new().await;
    let operator = Mandate::operator();
    w.groups("mallory", &["crew"]).await;
    w.rights("everyone", "everyone", "alice, bob").await;
    for who in ["alice", "bob", "carol"] {
        roster::set_display(&w.app, &operator, who, &format!("{who} {MARK}")).await.unwrap();
    }
    space::set_name(&w.app, &operator, "TEAM", MARK).await.unwrap();
    let body = format!(
        "{MARK}\n\nh1. {MARK}\n\n{{chat:{MARK}}}\n\n||{MARK}||\n|{MARK}|\n\n* {MARK}\n\n\
         {{panel:title={MARK}}}\n{MARK}\n{{panel}}\n\n{{code:title={MARK}}}\n{MARK}\n{{code}}\n\n\
         [{MARK}|https://example.org/{MARK}]\n\n[{MARK}] !{MARK}! {{anchor:{MARK}}} @{MARK}\n\n\
         {{color:{MARK}}}x{{color}} {{noformat}}{MARK}{{noformat}} {{toc}} {{children}}\n"
    );
    let above = w.page("alice", &format!("above {MARK}"), &body).await;
    let page = w.child("alice", above, MARK, &body).await;
    let saved = w.edit("alice", page, &format!("now {MARK}"), &format!("{body}\nmore\n")).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    let room = format!("/rooms/{page}");
    let topic = w.form("alice", &format!("{room}/topic"), &[("topic", MARK)]).await;
    assert_eq!(topic.status, 303, "{}", topic.body);
    // The second is a paste: the table of routes asks for it by its number.
    let first = w.post_in(page, "bob", &format!("{MARK} *{MARK}* {{{{{MARK}}}}}")).await;
    w.post_in(page, "bob", &format!("{MARK}\n").repeat(12)).await;
    w.post_in(page, "bob", &format!("/me {MARK}")).await;
    w.post_in(page, "bob", &body).await;
    let of_first = format!("{room}/messages/{first}");
    let edited = w.form("bob", &of_first, &[("body", &format!("{MARK} anew @bob [{MARK}]"))]).await;
    assert_eq!(edited.status, 200, "{}", edited.body);
    for (path, fields) in [
        (format!("{room}/messages"), vec![("body", MARK), ("nonce", "n"), ("reply_to", "1")]),
        (format!("{of_first}/reactions"), vec![("emoji", "\u{1f44d}")]),
        (format!("{room}/settings/mute"), vec![("account", "carol"), ("minutes", "10")]),
        (format!("{of_first}/pin"), vec![]),
    ] {
        let done = w.form("alice", &path, &fields).await;
        assert!(done.status < 400, "{path}: {} {}", done.status, done.body);
    }
    let import = Command::ImportIrc {
        room: RoomId(page),
        zone: "UTC".into(),
        file_name: "2004-11-15.txt".into(),
        text: format!("[10:00] <{NICK}> {MARK}\n[10:01] * {NICK} {MARK}\n"),
    };
    let told = admin::run(&w.app, import).await.unwrap();
    assert!(told.contains("\"n_added\":2"), "{told}");
    w.note("alice", page, "2026-11-22", &body).await;
    let file = w.tea_file(page).await;
    (w, page, file)
}

impl World {
    /// A file of a hostile name in a room; where it is.
    async fn tea_file(&self, room: i64) -> String {
        let name = MARK.replace('/', "").replace('"', "%22");
        let form = format!(
            "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n\
             x\r\n--b--\r\n"
        );
        let ask = post(&format!("/rooms/{room}/files")).by("bob");
        let sent = self.ask(ask.body("multipart/form-data; boundary=b", form.as_bytes())).await;
        assert_eq!(sent.status, 201, "{}", sent.body);
        is_unharmed(&sent, "the answer to an upload");
        sent.attributes(".body a", "href")[0].clone()
    }
}

#[tokio::test]
async fn no_field_is_more_than_text_on_any_screen() {
    let (w, page, file) = hostile().await;
    let mut paths: Vec<String> = ROWS
        .iter()
        .filter(|(method, route, ..)| *method == "GET" && !streams(route))
        .map(|(_, route, ..)| path(route, page, &file))
        .collect();
    let encoded: String = url::form_urlencoded::byte_serialize(MARK.as_bytes()).collect();
    for end in ["", "?q=", "?next=/", "?space=", "?account=", "?before=", "?month=", "?version="] {
        for place in [
            "/search",
            "/login",
            "/login/code",
            "/changes",
            "/admin/accounts",
            "/admin/rooms",
            "/admin/audit",
            "/settings",
            "/trash",
            "/help",
        ] {
            paths.push(format!("{place}{end}{}", if end.is_empty() { "" } else { &encoded }));
        }
    }
    let room = format!("/rooms/{page}");
    paths.extend([
        format!("/display/TEAM/{encoded}"),
        format!("/display/{encoded}/{encoded}"),
        format!("/accounts/{encoded}"),
        format!("/{encoded}"),
        format!("{room}/names?q=x"),
        format!("{room}/names?q={encoded}"),
        format!("{room}/export/html"),
        format!("{room}/export/{encoded}"),
        format!("{room}/messages/4/reply"),
        format!("{room}/messages/5"),
        format!("{room}?reply=1"),
        format!("/pages/new?copy={page}"),
        format!("/pages/{page}/restrictions?account=bob"),
        format!("/pages/{page}/restrictions?account={encoded}"),
        "/search?q=mark".into(),
        "/search?q=mark&sort=best".into(),
        "/search?q=above".into(),
        "/search?q=from:bob".into(),
        w.get("alice", &format!("{room}/transcripts/2026-11-22")).await.location(),
        w.get("alice", &format!("{room}/transcripts/2004-11-15")).await.location(),
    ]);
    let mut n_shown = 0;
    for path in &paths {
        for who in ["alice", "bob", "mallory", NOBODY] {
            let answer = w.visit(who, path).await;
            is_unharmed(&answer, &format!("{who}: {path}"));
            n_shown += usize::from(answer.status == 200 && answer.body.contains("xss-mark"));
        }
        // As a part of a page, which has no head.
        is_unharmed(&w.ask(crate::world::get(path).by("alice").htmx()).await, path);
    }
    // That it was there to be seen.
    assert!(n_shown > 60, "{n_shown} of {}", 4 * paths.len());
}

#[tokio::test]
async fn what_is_refused_comes_back_as_text() {
    let (w, page, _) = hostile().await;
    let room = format!("/rooms/{page}");
    let long = MARK.repeat(20);
    let long = long.as_str();
    let mut n_shown = 0;
    for (who, path, fields) in [
        (NOBODY, "/login".to_owned(), vec![("name", MARK), ("password", MARK), ("next", MARK)]),
        (NOBODY, "/login/code".into(), vec![("code", MARK), ("next", MARK)]),
        (NOBODY, format!("{room}/messages"), vec![("body", MARK)]),
        ("alice", "/pages".into(), vec![("space", "TEAM"), ("title", long), ("body", MARK)]),
        ("alice", "/pages".into(), vec![("space", MARK), ("title", MARK), ("body", MARK)]),
        ("alice", "/pages".into(), vec![("space", "TEAM"), ("parent", MARK), ("title", "x")]),
        ("alice", format!("/pages/{page}"), vec![("title", ""), ("body", MARK), ("version", "1")]),
        (
            "alice",
            format!("/pages/{page}"),
            vec![("title", MARK), ("body", MARK), ("version", "1")],
        ),
        (
            "alice",
            format!("/pages/{page}"),
            vec![("title", MARK), ("body", MARK), ("version", "2"), ("insert", "preview")],
        ),
        (
            "alice",
            format!("/pages/{page}/restrictions"),
            vec![("operation", "view"), ("subjects", MARK)],
        ),
        ("alice", format!("/pages/{page}/move"), vec![("parent", MARK)]),
        ("alice", format!("{room}/topic"), vec![("topic", long)]),
        ("alice", format!("{room}/settings/mute"), vec![("account", MARK), ("minutes", "1")]),
        (
            "alice",
            "/admin/accounts".into(),
            vec![("name", MARK), ("display", MARK), ("password", "x")],
        ),
        ("alice", "/admin/accounts/bob/groups".into(), vec![("groups", MARK)]),
        ("alice", "/admin/groups".into(), vec![("name", MARK), ("members", MARK)]),
        ("alice", "/admin/groups/crew".into(), vec![("members", MARK)]),
        ("alice", "/admin/spaces".into(), vec![("key", MARK), ("name", MARK), ("view", MARK)]),
        ("alice", "/admin/spaces/TEAM/rights".into(), vec![("view", MARK), ("edit", MARK)]),
        ("alice", "/push".into(), vec![("endpoint", MARK), ("p256dh", MARK), ("auth", MARK)]),
        ("alice", "/settings/password".into(), vec![("current", MARK), ("password", MARK)]),
        ("mallory", format!("{room}/topic"), vec![("topic", MARK)]),
    ] {
        for (how, ask) in [("browser", post(&path).browser()), ("htmx", post(&path).htmx())] {
            let answer = w.ask(ask.by(who).form(&fields)).await;
            is_unharmed(&answer, &format!("{who} by {how}: {path} {fields:?}"));
            n_shown += usize::from(answer.body.contains("xss-mark"));
        }
    }
    assert!(n_shown > 15, "{n_shown} answers held it");
}

#[tokio::test]
async fn a_stream_s_frames_hold_text_too() {
    let (w, page, _) = hostile().await;
    let stream = format!("/rooms/{page}/stream");
    let cursor = w.get("carol", &format!("/rooms/{page}")).await.cursor();
    let epoch = cursor.split('-').next().unwrap();
    // All that was said and changed, as a window gets it that comes back after it.
    let mut back = w.listen_to(&format!("{stream}?after={epoch}-0"), "mallory", &[]).await;
    let mut here = w.listen_to(&stream, "mallory", &[]).await;
    let _alice = w.listen_to(&stream, "alice", &[]).await;
    assert_eq!(
        w.form("bob", &format!("/rooms/{page}/typing"), &[("state", "on")]).await.status,
        204
    );
    w.send(page, "bob", &format!("{MARK} zuletzt"), &nonce()).await;
    let mut n_shown = 0;
    for window in [&mut back, &mut here] {
        loop {
            let event = window.frame().await;
            assert!(!event.has(HARM), "{event:?}");
            n_shown += usize::from(event.data.contains("xss-mark"));
            if event.data.contains("xss-mark") && event.data.contains("zuletzt") {
                break;
            }
        }
    }
    assert!(n_shown > 4, "{n_shown}");
}

/// What could end an event, begin another, or mean something to who reads it.
const ODD: [&str; 24] = [
    "a\nb",
    "a\rb",
    "a\r\nb",
    "a\n\nb",
    "a\r\n\r\nb",
    "a\r\r\nb",
    "a\u{2028}b\u{2029}c",
    "a\u{85}b",
    "a\u{b}b\u{c}c",
    "a\0b",
    "\u{feff}a",
    "a\n\u{feff}data: b",
    "data: x",
    "a\ndata: x",
    "a\ndata",
    "event: ended",
    "a\nevent: reload\n\nb",
    "a\rid: 9-9\r\rb",
    "id: 9-9\nevent: ended\ndata: x\n\nb",
    "retry: 1",
    "a\nretry: 1\n\nb",
    ": comment",
    "a\n: comment\n:\n\nb",
    "a\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\nb",
];

#[tokio::test]
async fn one_post_is_one_event_whatever_is_in_it() {
    let w = World::new().await;
    let mut carol = w.listen("carol").await;
    // What can be seen of it: the rest is blank, or gone.
    let seen = |text: &str| -> String {
        let kept = |c: &char| !c.is_whitespace() && !c.is_control() && *c != '\u{feff}';
        text.chars().filter(kept).collect()
    };
    for typed in ODD {
        let mid = w.post("bob", typed).await;
        let event = carol.next().await;
        assert_eq!(event.name, None, "{typed:?}");
        assert!(event.id.as_ref().unwrap().ends_with(&format!("-{mid}")), "{typed:?}: {event:?}");
        let said: Vec<String> = event.said().iter().map(|said| seen(said)).collect();
        assert_eq!(said, [seen(typed)], "{typed:?}");
        assert!(!event.data.contains('\r'), "{typed:?}");
    }
    // As titles and names, which come with the panels and with every message.
    for (n, typed) in ODD.iter().enumerate() {
        let name = format!("bob {n} {typed}");
        roster::set_display(&w.app, &Mandate::operator(), "bob", &name).await.unwrap();
        w.form("bob", &format!("/rooms/{}/topic", w.tea), &[("topic", typed)]).await;
        let mid = w.post("bob", "hello").await;
        let event = carol.next().await;
        assert!(event.id.as_ref().unwrap().ends_with(&format!("-{mid}")), "{typed:?}: {event:?}");
        assert_eq!((event.name.as_deref(), event.said()), (None, vec!["hello".to_owned()]));
    }
    // And as nothing of ours lets them in: what is in the file already is cleaned by nobody.
    for typed in ODD {
        let name = format!("bob {typed}");
        let rename = "update account set display = ?1 where name = 'bob'";
        w.app.store.write(move |tx| Ok(tx.execute(rename, [&name])?)).await.unwrap();
        let mid = w.post("bob", "hello").await;
        let event = carol.next().await;
        assert!(event.id.as_ref().unwrap().ends_with(&format!("-{mid}")), "{typed:?}: {event:?}");
        assert_eq!((event.name.as_deref(), event.said()), (None, vec!["hello".to_owned()]));
    }
    w.rights("alice", "alice", "alice").await;
    let bytes = carol.bytes().await;
    let text = String::from_utf8(bytes).unwrap();
    assert!(!text.contains('\r'));
    let lines = text.lines().filter(|line| !line.is_empty());
    for line in lines {
        let known = ["data: ", "id: ", "event: ended"].iter().any(|known| line.starts_with(known));
        assert!(known || line == "data:", "{line:?}");
    }
    assert_eq!(text.matches("\nevent: ").count(), 1, "the end of the right, and no other");
}
