//! Every route, and everybody who might try it: one row for each, and a test that none is left out.
//!
//! What is private is full of canaries. Whoever may not see the page gets the answer that a page
//! that does not exist gives, and no answer to them holds a canary.

use std::collections::BTreeSet;

use backchannel::config::Config;
use backchannel::mandate::Mandate;
use backchannel::roster::{self, NewAccount};
use backchannel::session::{self, Origin};
use hyper::Method;

use crate::world::{Answer, Ask, PASSWORD, World, get};

/// What a route asks of whoever comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub enum Needs {
    /// Nothing.
    Nothing,
    /// To be signed in; the answer is about oneself or what one may see.
    Account,
    /// The right to see the page.
    View,
    /// The right to say something in its room.
    Post,
    /// To have written the message: bob has.
    Own,
    /// The same, or to moderate.
    Author,
    /// The right to edit the page.
    Edit,
    /// To moderate the room: whoever made the page, or administers.
    Moderate,
    /// To administer; to all others it is nothing.
    Administer,
}
use Needs::{Account, Administer, Author, Edit, Moderate, Nothing, Own, Post, View};

pub type Row = (&'static str, &'static str, Needs, &'static [(&'static str, &'static str)]);

const NONE: &[(&str, &str)] = &[];

/// Method, route as the router has it, what it needs, a form that it takes.
pub const ROWS: &[Row] = &[
    ("GET", "/", Account, NONE),
    ("GET", "/login", Nothing, NONE),
    ("POST", "/login", Nothing, &[("name", "bob"), ("password", "wrong")]),
    ("GET", "/login/code", Nothing, NONE),
    ("POST", "/login/code", Nothing, &[("code", "123456")]),
    ("GET", "/login/oidc", Nothing, NONE),
    ("GET", "/login/oidc/callback", Nothing, NONE),
    ("GET", "/settings/code", Account, NONE),
    ("POST", "/settings/code/begin", Account, &[("current", "wrong")]),
    ("POST", "/settings/code/confirm", Account, &[("code", "123456")]),
    ("POST", "/settings/code/recovery", Account, &[("current", "wrong")]),
    ("POST", "/settings/code/off", Account, &[("current", "wrong")]),
    ("GET", "/settings/identity", Account, NONE),
    ("POST", "/settings/identity/link", Account, &[("current", "wrong")]),
    ("POST", "/settings/identity/unlink", Account, &[("current", "wrong")]),
    ("POST", "/logout", Nothing, NONE),
    ("GET", "/first/{token}", Nothing, NONE),
    ("POST", "/first/{token}", Nothing, &[("name", "mallory"), ("password", "open sesame")]),
    ("GET", "/help", Nothing, NONE),
    ("GET", "/help/formatting", Nothing, NONE),
    ("GET", "/accounts/{name}", Account, NONE),
    ("GET", "/accounts/{name}/presence", Account, NONE),
    ("GET", "/settings", Account, NONE),
    ("POST", "/settings/sound", Account, &[("sound", "on")]),
    ("POST", "/settings/language", Account, &[("language", "en")]),
    (
        "POST",
        "/settings/password",
        Account,
        &[("current", "open sesame"), ("password", "another one")],
    ),
    ("POST", "/settings/sessions/end", Account, NONE),
    ("POST", "/settings/sessions/{id}/end", Account, NONE),
    ("GET", "/display/{space}/{title}", View, NONE),
    ("GET", "/pages/new", Edit, NONE),
    ("POST", "/pages", Edit, &[("space", "TEAM"), ("parent", ""), ("title", "New"), ("body", "x")]),
    ("GET", "/pages/{id}", View, NONE),
    ("POST", "/pages/{id}", Edit, &[("title", "Kanarienvogel"), ("body", "x"), ("version", "2")]),
    ("GET", "/pages/{id}/edit", Edit, NONE),
    ("GET", "/spaces/{space}/retention", Administer, NONE),
    ("POST", "/spaces/{space}/retention", Administer, &[("days", "30")]),
    ("GET", "/admin", Administer, NONE),
    ("GET", "/admin/accounts", Administer, NONE),
    ("POST", "/admin/accounts", Administer, &[("name", "dora"), ("password", "open sesame")]),
    ("GET", "/admin/accounts/{name}", Administer, NONE),
    ("POST", "/admin/accounts/{name}/display", Administer, &[("display", "Bobby")]),
    ("POST", "/admin/accounts/{name}/groups", Administer, &[("groups", "crew")]),
    ("POST", "/admin/accounts/{name}/password", Administer, &[("password", "another one")]),
    ("POST", "/admin/accounts/{name}/admin", Administer, &[("admin", "no")]),
    ("POST", "/admin/accounts/{name}/disable", Administer, NONE),
    ("POST", "/admin/accounts/{name}/enable", Administer, NONE),
    ("POST", "/admin/accounts/{name}/sessions/end", Administer, NONE),
    ("POST", "/admin/accounts/{name}/unlink", Administer, NONE),
    ("GET", "/admin/groups", Administer, NONE),
    ("POST", "/admin/groups", Administer, &[("name", "board")]),
    ("GET", "/admin/groups/{group}", Administer, NONE),
    ("POST", "/admin/groups/{group}", Administer, &[("members", "carol")]),
    ("POST", "/admin/groups/{group}/remove", Administer, NONE),
    ("GET", "/admin/spaces", Administer, NONE),
    (
        "POST",
        "/admin/spaces",
        Administer,
        &[("key", "NEW"), ("view", "alice"), ("comment", ""), ("edit", "")],
    ),
    ("GET", "/admin/spaces/{space}", Administer, NONE),
    ("POST", "/admin/spaces/{space}/name", Administer, &[("name", "New")]),
    (
        "POST",
        "/admin/spaces/{space}/rights",
        Administer,
        &[("view", "alice"), ("comment", "alice"), ("edit", "alice")],
    ),
    ("GET", "/admin/rooms", Administer, NONE),
    ("POST", "/admin/rooms/{id}/lock", Administer, NONE),
    ("POST", "/admin/rooms/{id}/unlock", Administer, NONE),
    ("GET", "/admin/audit", Administer, NONE),
    ("GET", "/pages/{id}/restrictions", Edit, NONE),
    ("POST", "/pages/{id}/restrictions", Edit, &[("operation", "edit"), ("subjects", "bob")]),
    ("POST", "/pages/{id}/trash", Edit, NONE),
    ("POST", "/pages/{id}/restore", Edit, NONE),
    ("POST", "/pages/{id}/move", Edit, &[("parent", "")]),
    ("POST", "/pages/{id}/purge", Edit, &[("confirm", "yes")]),
    ("GET", "/pages/{id}/history", View, NONE),
    ("GET", "/pages/{id}/history/compare", View, NONE),
    ("GET", "/pages/{id}/history/{version}", View, NONE),
    ("POST", "/pages/{id}/history/{version}/restore", Edit, &[("version", "2")]),
    ("GET", "/trash", Account, NONE),
    ("GET", "/changes", Account, NONE),
    ("POST", "/pages/{id}/watch", View, &[("watch", "yes")]),
    ("GET", "/rooms/{id}", View, NONE),
    ("GET", "/rooms/{id}/status", View, NONE),
    ("GET", "/rooms/{id}/stream", View, NONE),
    ("GET", "/rooms/{id}/poll", View, NONE),
    ("GET", "/rooms/{id}/plain", View, NONE),
    ("GET", "/rooms/{id}/plain/log", View, NONE),
    ("GET", "/rooms/{id}/plain/compose", View, NONE),
    ("POST", "/rooms/{id}/plain/compose", Post, &[("body", "x"), ("nonce", "p")]),
    ("GET", "/rooms/{id}/messages", View, NONE),
    ("POST", "/rooms/{id}/messages", Post, &[("body", "x"), ("nonce", "q")]),
    ("GET", "/rooms/{id}/messages/{mid}", View, NONE),
    ("POST", "/rooms/{id}/messages/{mid}", Own, &[("body", "y")]),
    ("DELETE", "/rooms/{id}/messages/{mid}", Author, NONE),
    ("GET", "/rooms/{id}/messages/{mid}/edit", Own, NONE),
    ("GET", "/rooms/{id}/messages/{mid}/history", View, NONE),
    ("GET", "/rooms/{id}/messages/{mid}/paste", View, NONE),
    ("GET", "/rooms/{id}/messages/{mid}/reply", View, NONE),
    ("GET", "/rooms/{id}/messages/{mid}/reactions", View, NONE),
    ("POST", "/rooms/{id}/messages/{mid}/reactions", Post, &[("emoji", "👍")]),
    ("POST", "/rooms/{id}/messages/{mid}/reactions/remove", Post, &[("emoji", "👍")]),
    ("POST", "/rooms/{id}/reactions", Post, &[("chip", "1 👍")]),
    ("POST", "/rooms/{id}/messages/{mid}/pin", Moderate, NONE),
    ("POST", "/rooms/{id}/messages/{mid}/unpin", Moderate, NONE),
    ("GET", "/rooms/{id}/names", Post, NONE),
    ("POST", "/rooms/{id}/read", View, &[("seq", "1")]),
    ("POST", "/rooms/{id}/presence", View, &[("state", "hidden"), ("window", "1"), ("ago", "0")]),
    ("POST", "/rooms/{id}/typing", Post, &[("state", "on")]),
    ("POST", "/rooms/{id}/notices", View, &[("what", "all")]),
    ("GET", "/push", Account, NONE),
    ("POST", "/push", Account, &[("endpoint", "x"), ("p256dh", "x"), ("auth", "x")]),
    ("POST", "/rooms/{id}/first-use", View, NONE),
    ("GET", "/rooms/{id}/topic", Edit, NONE),
    ("POST", "/rooms/{id}/topic", Edit, &[("topic", "x")]),
    ("GET", "/rooms/{id}/settings", Edit, NONE),
    ("POST", "/rooms/{id}/settings/lock", Moderate, NONE),
    ("POST", "/rooms/{id}/settings/unlock", Moderate, NONE),
    ("POST", "/rooms/{id}/settings/slow", Moderate, &[("seconds", "5")]),
    ("POST", "/rooms/{id}/settings/mute", Moderate, &[("account", "carol"), ("minutes", "10")]),
    ("POST", "/rooms/{id}/settings/unmute", Moderate, &[("account", "carol")]),
    ("POST", "/rooms/{id}/settings/keep", Moderate, &[("days", "30")]),
    ("GET", "/rooms/{id}/audit", Edit, NONE),
    ("GET", "/rooms/{id}/calendar", View, NONE),
    ("GET", "/rooms/{id}/transcripts/{day}", View, NONE),
    ("GET", "/rooms/{id}/export/{form}", View, NONE),
    ("GET", "/search", Account, NONE),
    ("GET", "/rooms/{id}/files", View, NONE),
    ("POST", "/rooms/{id}/files", Post, NONE),
    ("GET", "/files/{id}/{name}", View, NONE),
    ("GET", "/pages/{id}/files", View, NONE),
    ("POST", "/pages/{id}/files", Edit, NONE),
    ("POST", "/pages/{id}/files/{file}/remove", Edit, NONE),
    ("GET", "/healthz", Nothing, NONE),
    ("GET", "/readyz", Nothing, NONE),
    ("GET", "/metrics", Nothing, NONE),
    ("GET", "/assets/{name}", Nothing, NONE),
    ("GET", "/sw.js", Nothing, NONE),
];

/// In every private thing; folded, as an answer may fold it.
const CANARY: &str = "kanarienvogel";

/// A world where Tea is secret: alice made it, bob and carol may see it, robo no longer may.
pub struct Stage {
    pub w: World,
    file: String,
    /// The id of a file that is attached to the page.
    attached: String,
    /// Tokens that open nothing (any more).
    pub dead: Vec<(&'static str, String)>,
}

impl Stage {
    async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(set: impl FnOnce(&mut Config)) -> Self {
        let w = World::with(set).await;
        let about = "Kanarienvogel {chat:Kanarienvogel}";
        assert_eq!(w.edit("alice", w.tea, "Kanarienvogel", about).await.status, 303);
        let topic = [("topic", "Kanarienvogel")];
        assert_eq!(w.form("alice", &format!("/rooms/{}/topic", w.tea), &topic).await.status, 303);
        w.post("bob", "Kanarienvogel singt").await;
        w.post("bob", &"Kanarienvogel\n".repeat(12)).await;
        let (file, _) = w.put("bob", "kanarienvogel.txt", b"Kanarienvogel").await;
        let attached = w.attach("alice", w.tea, "kanarienvogel-plan.txt", b"Kanarienvogel").await;
        let attached = attached.split('/').nth(2).unwrap().to_owned();
        assert_eq!(w.get("robo", &format!("/rooms/{}", w.tea)).await.status, 200);
        w.restrict("alice", w.tea, "view", "alice, bob, carol").await;
        w.groups("mallory", &["crew"]).await;
        let mut dead = vec![("forged", "0".repeat(64))];
        for name in ["disabled", "expired"] {
            let new = NewAccount {
                name: name.into(),
                display: String::new(),
                admin: true,
                groups: Vec::new(),
                password: PASSWORD.into(),
            };
            roster::add(&w.app, &Mandate::operator(), new).await.unwrap();
            let opened = session::log_in(&w.app, name, PASSWORD.into(), &Origin::default()).await;
            dead.push((name, opened.unwrap().session().unwrap().token));
        }
        roster::disable(&w.app, &Mandate::operator(), "disabled").await.unwrap();
        let expire = "update session set expires_at = 1 where account =
            (select id from account where name = 'expired')";
        w.app.store.write(|tx| Ok(tx.execute(expire, [])?)).await.unwrap();
        Self { w, file, attached, dead }
    }

    pub fn path(&self, route: &str) -> String {
        path(&route.replace("{file}", &self.attached), self.w.tea, &self.file)
    }

    pub fn ask(&self, row: Row) -> Ask {
        ask_at(row, &self.path(row.1))
    }

    /// Streams never end by themselves: of theirs only the head is asked for.
    async fn answer(&self, row: Row, who: Option<&str>, token: Option<&str>) -> Answer {
        let ask = self.ask(row);
        let ask = match (who, token) {
            (Some(who), _) => ask.by(who),
            (None, Some(token)) => ask.header("cookie", &format!("sid={token}")),
            (None, None) => ask,
        };
        self.w.ask(ask).await
    }
}

/// Asks for a row's route, which is at `path`, with a form that it takes.
pub fn ask_at((method, route, _, form): Row, path: &str) -> Ask {
    let ask = Ask::new(method.parse().unwrap(), path);
    match (method, route) {
        ("POST", "/rooms/{id}/files" | "/pages/{id}/files") => {
            let kind = "multipart/form-data; boundary=b";
            ask.body(
                kind,
                b"--b\r\ncontent-disposition: form-data; name=\"file\"; \
                filename=\"a.txt\"\r\n\r\nhello\r\n--b--\r\n",
            )
        }
        ("POST", _) => ask.form(form),
        _ => ask,
    }
}

/// A route with everything in its place that stands in braces.
pub fn path(route: &str, page: i64, file: &str) -> String {
    if route.starts_with("/files/") {
        return file.to_owned();
    }
    let mid = if route.ends_with("/paste") { "2" } else { "1" };
    let path = route
        .replace("{id}", &page.to_string())
        .replace("{mid}", mid)
        .replace("{file}", file.split('/').nth(2).unwrap_or("none"))
        .replace("{version}", "1")
        .replace("{day}", "2026-11-22")
        .replace("{form}", "txt")
        .replace("{space}", "TEAM")
        .replace("{group}", "crew")
        .replace("{title}", "Kanarienvogel")
        .replace("{token}", "none");
    match route {
        "/rooms/{id}/messages" => format!("{path}?before=2"),
        "/search" => "/search?q=singt".into(),
        "/pages/{id}/history/compare" => format!("{path}?from=1&to=2"),
        "/pages/new" => format!("/pages/new?space=TEAM&parent={page}"),
        "/assets/{name}" => "/assets/none.css".into(),
        _ => path.replace("{name}", "bob"),
    }
}

pub const fn streams(route: &str) -> bool {
    matches!(
        route.as_bytes(),
        b"/rooms/{id}/stream" | b"/rooms/{id}/plain/log" | b"/rooms/{id}/poll"
    )
}

#[test]
fn every_route_has_its_row() {
    let source = include_str!("../../src/http/mod.rs");
    let mut routed = BTreeSet::new();
    for route in source.split(".route(").skip(1) {
        let path = route.split('"').nth(1).unwrap();
        // As far as the call reaches.
        let mut depth = 1;
        let end = route.find(|c| {
            depth += i32::from(c == '(') - i32::from(c == ')');
            depth == 0
        });
        let methods = &route[..end.unwrap()];
        for (call, method) in [("get(", "GET"), ("post(", "POST"), ("delete(", "DELETE")] {
            if methods.contains(call) {
                routed.insert((method, path));
            }
        }
    }
    let rows: BTreeSet<_> = ROWS.iter().map(|(method, path, ..)| (*method, *path)).collect();
    assert_eq!(rows.len(), ROWS.len(), "a row is there twice");
    let missing: Vec<_> = routed.difference(&rows).collect();
    let gone: Vec<_> = rows.difference(&routed).collect();
    assert!(missing.is_empty() && gone.is_empty(), "no row: {missing:?}; no route: {gone:?}");
    assert!(routed.len() > 60);
}

#[tokio::test]
async fn whoever_may_not_gets_nothing_and_learns_nothing() {
    let stage = Stage::new().await;
    // The canaries are there for who may see them.
    let room = format!("/rooms/{}", stage.w.tea);
    for path in [format!("/pages/{}", stage.w.tea), room.clone(), format!("{room}/status")] {
        let seen = stage.w.get("carol", &path).await.body.to_lowercase();
        assert!(seen.contains(CANARY), "{path}");
    }
    for row in ROWS {
        let (method, route, needs, _) = *row;
        // What would end the very session that the next rows need has its own tests.
        if matches!(route, "/logout" | "/settings/password" | "/settings/sessions/end") {
            continue;
        }
        for (who, dead) in [("mallory", ""), ("robo", ""), ("nobody", "")]
            .into_iter()
            .chain(stage.dead.iter().map(|(name, token)| (*name, token.as_str())))
        {
            let somebody = matches!(who, "mallory" | "robo");
            let answer = if somebody {
                stage.answer(*row, Some(who), None).await
            } else {
                stage.answer(*row, None, (!dead.is_empty()).then_some(dead)).await
            };
            let status = answer.status;
            let right = match (needs, somebody) {
                (Nothing, _) => status < 500,
                (Account, true) => status < 500 && status != 401,
                // A new page at the top of the space is the space's affair: robo may.
                (Edit, true) if route.starts_with("/pages") && !route.contains("{id}") => {
                    matches!(status, 200 | 303 | 403 | 404)
                }
                (_, true) => status == 404,
                (_, false) => matches!(status, 303 | 401),
            };
            assert!(right, "{who}: {method} {route}: {status} {}", answer.body);
            if !somebody && status == 303 && method == "GET" {
                assert!(answer.location().starts_with("/login?next="), "{route}");
            }
            assert!(!answer.body.to_lowercase().contains(CANARY), "{who}: {method} {route}");
            for (name, value) in &answer.headers {
                let value = String::from_utf8_lossy(value.as_bytes()).to_lowercase();
                let own = name == "location" && route.contains("{title}");
                let own = own || (name == "location" && route.starts_with("/files"));
                assert!(own || !value.contains(CANARY), "{who}: {method} {route}: {name}: {value}");
            }
        }
    }
    // Nothing of it had an effect.
    let said = stage.w.window("carol").await.said();
    assert!(said[0].contains("singt") && said.len() == 3, "{said:?}");
}

#[tokio::test]
async fn whoever_may_does_and_whoever_only_reads_is_told_so() {
    let mut wrong = Vec::new();
    for row in ROWS {
        let (method, route, needs, _) = *row;
        // What is in no trash is not there to be restored, nor what is not linked to be unlinked;
        // their own tests do that.
        if needs <= Account
            || streams(route)
            || matches!(route, "/pages/{id}/restore" | "/pages/{id}/purge")
            || route.ends_with("/unlink")
        {
            continue;
        }
        let stage = Stage::new().await;
        for who in ["carol", "bob", "alice"] {
            let may = match needs {
                Nothing | Account | View => true,
                Post | Author | Edit => who != "carol",
                Own => who == "bob",
                Moderate | Administer => who == "alice",
            };
            let answer = stage.answer(*row, Some(who), None).await;
            let refused = if needs == Administer { 404 } else { 403 };
            let right = if may { answer.status < 400 } else { answer.status == refused };
            if !right {
                wrong.push(format!("{who}: {method} {route}: {} {}", answer.status, answer.body));
            }
            // What was done once may be done: a second time it may be too late.
            if may && method != "GET" {
                break;
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn no_route_takes_another_method_another_site_or_nonsense() {
    let stage = Stage::new().await;
    let w = &stage.w;
    for row in ROWS {
        let (method, route, ..) = *row;
        let path = stage.path(route);
        for odd in ["PATCH", "PUT", "TRACE", "BREW"] {
            let ask = Ask::new(Method::from_bytes(odd.as_bytes()).unwrap(), &path).by("bob");
            assert_eq!(w.ask(ask).await.status, 405, "{odd} {route}");
        }
        if method != "GET" {
            for (name, value) in
                [("sec-fetch-site", "cross-site"), ("origin", "http://evil.example")]
            {
                let ask = stage.ask(*row).by("alice").header(name, value);
                assert_eq!(w.ask(ask).await.status, 403, "{method} {route} {name}: {value}");
            }
            let huge = vec![b'x'; 5 << 20];
            let ask = Ask::new(method.parse().unwrap(), &path).by("carol");
            let ask = ask.body("application/x-www-form-urlencoded", &huge);
            let status = w.ask(ask).await.status;
            let refused = (400..500).contains(&status);
            // Who reads no form has nothing to refuse.
            let without = matches!(
                route,
                "/logout" | "/settings/sessions/end" | "/settings/sessions/{id}/end"
            ) || route.ends_with("/first-use");
            assert!(refused || without && status < 400, "{method} {route}, 5 MB: {status}");
        }
        for odd in
            ["x", "-1", "0", "99999999999999999999", "%00", "1%2f2", "%ff", "1;drop", "..%2f.."]
        {
            let Some((before, after)) = route.split_once("{id}") else { continue };
            let path = format!(
                "{before}{odd}{}",
                after
                    .replace("{mid}", "1")
                    .replace("{version}", "1")
                    .replace("{day}", "x")
                    .replace("{form}", "txt")
                    .replace("{name}", "x")
            );
            let mut ask = Ask::new(method.parse().unwrap(), &path).by("bob");
            if method == "POST" {
                ask = ask.form(row.3);
            }
            let status = w.ask(ask).await.status;
            let right =
                (400..500).contains(&status) || route.starts_with("/settings/") && status < 400;
            assert!(right, "{method} {path}: {status}");
        }
    }
    assert_eq!(w.ask(get("/").by("bob").header("cookie", &"x".repeat(20_000))).await.status, 431);
}
