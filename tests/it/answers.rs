//! What every answer has in common, whatever the route and whoever asks: the table of
//! `routes.rs`, asked other questions.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use hyper::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::permissions::told;
use crate::routes::{ROWS, Stage, ask_at, path, streams};
use crate::world::{Answer, Ask, NOBODY, World, get, post};

/// Nothing in these is anybody's, and nobody is asked who they are.
const PUBLIC: [&str; 5] = ["/healthz", "/readyz", "/metrics", "/assets/{name}", "/sw.js"];

/// What would end the very session that the next rows need.
const ENDS: [&str; 3] = ["/logout", "/settings/password", "/settings/sessions/end"];

/// Who may show an answer of the route in a frame; more exactly in `rooms.rs` and `plain.rs`.
fn ancestors(route: &str) -> &'static [&'static str] {
    match route {
        "/rooms/{id}/status" | "/rooms/{id}/plain/log" | "/rooms/{id}/plain/compose" => {
            &["'none'", "'self'"]
        }
        _ => &["'none'"],
    }
}

fn is_clad(answer: &Answer, route: &str, what: &str) {
    let policy = answer.header("content-security-policy");
    let framed = policy.split("frame-ancestors ").nth(1).unwrap_or_default();
    let framed = framed.split(';').next().unwrap_or_default().trim();
    assert!(ancestors(route).contains(&framed), "{what}: {policy}");
    assert!(
        policy.contains("default-src 'none'") && !policy.contains("unsafe"),
        "{what}: {policy}"
    );
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(answer.header(name), value, "{what}: {name}");
    }
    assert!(!answer.header("permissions-policy").is_empty(), "{what}");
    // What may be kept has to be asked for again, with the right, before it is shown.
    let kept = answer.header("cache-control");
    let asked_again = route.starts_with("/files/") || route.ends_with("/status");
    assert!(
        kept.contains("no-store") || asked_again && kept == "private, no-cache",
        "{what}: {kept}"
    );
    assert!(answer.header("vary").contains("Cookie"), "{what}: {}", answer.header("vary"));
    for loose in ["server", "x-powered-by", "access-control-allow-origin"] {
        assert!(!answer.headers.contains_key(loose), "{what}: {loose}");
    }
}

#[tokio::test]
async fn every_answer_of_every_route_is_clad() {
    let stage = Stage::with(|_| {}).await;
    let mut n_shown = 0;
    for row in ROWS {
        let (method, route, ..) = *row;
        // Open streams do not end; their head has its own test.
        if PUBLIC.contains(&route) || ENDS.contains(&route) || streams(route) {
            continue;
        }
        // Whoever only looks may be anybody; what is sent is sent by those who may not.
        let people: &[&str] = if method == "GET" {
            &["alice", "carol", "mallory", NOBODY]
        } else {
            &["mallory", NOBODY]
        };
        for who in people {
            for browser in [false, true] {
                let ask = stage.ask(*row).by(who);
                let answer = stage.w.ask(if browser { ask.browser() } else { ask }).await;
                assert!(answer.status < 500, "{who}: {method} {route}: {}", answer.status);
                is_clad(&answer, route, &format!("{who}: {method} {route}"));
                n_shown += usize::from(answer.status == 200);
            }
        }
    }
    assert!(n_shown > 60, "{n_shown} answers showed something");
    // An address that no route has, and a method that a route has not.
    let tea = format!("/pages/{}", stage.w.tea);
    for ask in [get("/nothing/here"), Ask::new(Method::DELETE, &tea)] {
        is_clad(&stage.w.ask(ask.by("alice").browser()).await, "-", "nothing");
    }
}

#[tokio::test]
async fn what_may_not_be_seen_is_as_what_is_not_there_on_every_route() {
    let stage = Stage::with(|_| {}).await;
    let w = &stage.w;
    // Ids of so many digits that they stand for nothing else in an answer.
    let far = "update sqlite_sequence set seq = 123456 where name = 'page'";
    w.app.store.write(|tx| Ok(tx.execute(far, [])?)).await.unwrap();
    let (there, nowhere) = (w.page("alice", "Hidden", "{chat}").await, 987_654);
    w.post_in(there, "bob", "hidden").await;
    w.post_in(there, "bob", &"hidden\n".repeat(12)).await;
    assert_eq!(w.edit("alice", there, "Hidden", "hidden {chat}").await.status, 303);
    // For whoever may, it is there.
    let mut n_there = 0;
    for row in ROWS.iter().filter(|(method, route, ..)| *method == "GET" && !streams(route)) {
        let at = |page| path(row.1, page, "");
        if at(there) != at(nowhere) {
            n_there += usize::from(w.ask(ask_at(*row, &at(there)).by("bob")).await.status < 400);
        }
    }
    assert!(n_there > 15, "{n_there}");
    w.restrict("alice", there, "view", "alice").await;
    let mut n_compared = 0;
    for row in ROWS {
        let (method, route, ..) = *row;
        let at = |page| path(route, page, "/files/x/x");
        if at(there) == at(nowhere) || route.starts_with("/settings/") {
            continue;
        }
        for who in ["bob", "mallory", NOBODY] {
            for browser in [false, true] {
                let asked = async |page: i64| {
                    let ask = ask_at(*row, &at(page)).by(who);
                    let answer = w.ask(if browser { ask.browser() } else { ask }).await;
                    told(&answer, &page.to_string())
                };
                let (hidden, missing) = (asked(there).await, asked(nowhere).await);
                assert_eq!(hidden, missing, "{who}: {method} {route}");
                let status = hidden.0;
                // Who may make pages nowhere is told that, whatever they ask for.
                let right = match who {
                    NOBODY => matches!(status, 303 | 401),
                    _ => status == 404 || route == "/pages/new" && status == 403,
                };
                assert!(right, "{who}: {method} {route}: {status}");
                n_compared += 1;
            }
        }
    }
    assert!(n_compared > 300, "{n_compared}");
}

#[tokio::test]
async fn a_route_takes_the_methods_of_its_rows_and_no_others() {
    let w = World::new().await;
    let mut methods: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (method, route, ..) in ROWS {
        methods.entry(route).or_default().insert(method);
    }
    for (route, taken) in methods {
        for method in ["GET", "POST", "PUT", "DELETE", "PATCH"] {
            if taken.contains(method) {
                continue;
            }
            let ask = Ask::new(method.parse().unwrap(), &path(route, w.tea, "/files/0/x"));
            let answer = w.ask(ask.by("alice")).await;
            assert_eq!(answer.status, 405, "{method} {route}");
            assert!(!answer.header("allow").is_empty(), "{method} {route}");
        }
    }
}

#[tokio::test]
async fn whoever_may_not_hear_is_told_so_and_sent_nowhere() {
    let stage = Stage::with(|_| {}).await;
    for row in ROWS.iter().filter(|row| streams(row.1)) {
        let refused = async |ask: Ask, status: u16| {
            let answer = stage.w.ask(ask).await;
            // A window that reconnects follows no redirect.
            assert_eq!((answer.status, answer.location().as_str()), (status, ""), "{}", row.1);
        };
        refused(stage.ask(*row), 401).await;
        for (_, token) in &stage.dead {
            refused(stage.ask(*row).header("cookie", &format!("sid={token}")), 401).await;
        }
        for who in ["mallory", "robo"] {
            refused(stage.ask(*row).by(who), 404).await;
        }
    }
}

#[tokio::test]
async fn a_page_of_another_site_opens_no_stream_and_makes_nobody_present() {
    let w = World::new().await;
    for part in ["stream", "poll?tries=0", "plain/log"] {
        let path = format!("/rooms/{}/{part}", w.tea);
        for site in ["cross-site", "same-site", "SAME-ORIGIN"] {
            // By its head: what is let in all the same does not end.
            let asked = w.listen_to(&path, "carol", &[("sec-fetch-site", site)]).await;
            assert_eq!(asked.status, 403, "{site}: {part}");
        }
    }
    assert!(w.window("bob").await.texts("#people li").is_empty());
    let stream = format!("/rooms/{}/stream", w.tea);
    for site in ["same-origin", "none"] {
        let mut carol = w.listen_to(&stream, "carol", &[("sec-fetch-site", site)]).await;
        assert_eq!(carol.status, 200, "{site}");
        carol.sees(&["Carol"]).await;
    }
}

#[tokio::test]
async fn without_a_session_that_lasts_there_is_nothing_of_one_s_own_to_change() {
    let stage = Stage::with(|_| {}).await;
    let w = &stage.w;
    let dead = stage.dead.iter().map(|(_, token)| format!("sid={token}"));
    for cookie in dead.chain(["x=y".to_owned()]) {
        for path in ["/settings/password", "/settings/sessions/end", "/settings/sessions/1/end"] {
            let form = [("current", crate::world::PASSWORD), ("password", "another one")];
            let answer = w.ask(post(path).form(&form).header("cookie", &cookie)).await;
            assert_eq!(answer.status, 401, "{path}");
        }
        // Who is not in is out already, and so is nobody else afterwards.
        let out = w.ask(post("/logout").header("cookie", &cookie)).await;
        assert_eq!((out.status, out.location().as_str()), (303, "/"));
    }
    for who in ["alice", "bob", "carol", "mallory"] {
        assert_eq!(w.visit(who, "/settings").await.status, 200, "{who}");
    }
}

#[tokio::test]
async fn what_says_that_it_is_too_long_is_refused_before_it_is_sent() {
    let w = World::new().await;
    let page = format!("/pages/{}", w.tea);
    let (messages, topic) =
        (format!("/rooms/{}/messages", w.tea), format!("/rooms/{}/topic", w.tea));
    for path in ["/login", "/settings/sound", "/pages", &page, &messages, &topic] {
        let mut socket = TcpStream::connect(&w.address).await.unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\ncookie: sid={}\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: 1000000000\r\n\r\n",
            w.address,
            w.token("bob")
        );
        socket.write_all(head.as_bytes()).await.unwrap();
        // Not a byte of it follows, and none is waited for.
        let mut status = [0; 12];
        let answered = socket.read_exact(&mut status);
        tokio::time::timeout(Duration::from_secs(10), answered).await.expect(path).unwrap();
        assert_eq!(&status, b"HTTP/1.1 413", "{path}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_an_address_is_told_in_our_own_words() {
    let w = World::new().await;
    let mid = w.post("bob", "hello").await;
    let (tea, german) = (w.tea, "In dieser Adresse fehlt etwas, oder etwas stimmt nicht.");
    for (path, status) in [
        ("/pages/new?copy=x".to_owned(), 400),
        (format!("/pages/{tea}/history?before=x"), 400),
        (format!("/pages/{tea}/history/compare"), 400),
        (format!("/pages/{tea}/history/compare?from=1&to="), 400),
        (format!("/rooms/{tea}/audit?before=x"), 400),
        (format!("/rooms/{tea}/messages/{mid}/history?version=a"), 400),
        (format!("/pages/{tea}/restrictions?account=bob&account=carol"), 400),
        ("/changes?space=TEAM&space=TEAM".to_owned(), 400),
        ("/login?next=/a&next=/b".to_owned(), 400),
        ("/admin/audit?before=9999999999999999999".to_owned(), 400),
        ("/display/TEAM/%ff".to_owned(), 404),
        ("/display/%ff/Tea".to_owned(), 404),
        ("/accounts/%ff".to_owned(), 404),
        ("/admin/groups/%ff".to_owned(), 404),
        ("/admin/spaces/%ff".to_owned(), 404),
        ("/spaces/%ff/retention".to_owned(), 404),
    ] {
        let page = w.ask(get(&path).by("alice").browser().header("accept-language", "de")).await;
        assert_eq!(page.status, status, "{path}: {}", page.body);
        assert!(page.has("section.trouble h1"), "{path}: {}", page.body);
        assert_eq!(page.body.contains(german), status == 400, "{path}: {}", page.body);
        let text = w.get("alice", &path).await;
        assert_eq!((text.status, text.body.lines().count()), (status, 1), "{path}");
        let ours = ["Something in this address is missing or wrong.", "There is nothing here, or"];
        let is_ours = ours.iter().any(|ours| text.body.contains(ours));
        assert!(is_ours && !text.body.contains("eserialize"), "{path}: {}", text.body);
    }
    // Whoever is not signed in is told no more and no less of what is there.
    for path in ["/display/TEAM/%ff", "/accounts/%ff"] {
        assert!(w.visit(NOBODY, path).await.location().starts_with("/login?"), "{path}");
    }
    let asset = w.get(NOBODY, "/assets/%ff").await;
    assert_eq!((asset.status, asset.body.as_str()), (404, ""));
}

#[tokio::test]
async fn a_form_that_is_too_long_is_told_how_much_fits_there() {
    let w = World::new().await;
    let told = |fits| format!("That is too long: at most {fits} bytes fit.");
    for (path, field, n, fits) in [
        (format!("/rooms/{}/topic", w.tea), "topic", 70_000, 65_536),
        ("/login".to_owned(), "name", 70_000, 65_536),
        (format!("/rooms/{}/messages", w.tea), "body", 5 << 20, 1 << 20),
    ] {
        let refused = w.form("bob", &path, &[(field, &"x".repeat(n))]).await;
        assert_eq!((refused.status, refused.body.trim()), (413, &*told(fits)), "{path}");
    }
    // The same where the length is not said first. All that is sent has to be read until it is seen.
    let mut stream = TcpStream::connect(&w.address).await.unwrap();
    let body = format!("topic={}", "x".repeat((1 << 16) - 4));
    let head = format!(
        "POST /rooms/{}/topic HTTP/1.1\r\nhost: {}\r\ncookie: sid={}\r\n\
         connection: close\r\ncontent-type: application/x-www-form-urlencoded\r\n\
         transfer-encoding: chunked\r\n\r\n{:x}\r\n{body}",
        w.tea,
        w.address,
        w.token("bob"),
        body.len(),
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 413") && answer.contains(&told(1 << 16)), "{answer}");
}

#[tokio::test]
async fn a_fault_while_it_is_found_out_who_asks_is_told_like_any_other() {
    let w = World::new().await;
    let gone = "alter table session rename to gone";
    w.app.store.write(move |tx| Ok(tx.execute(gone, [])?)).await.unwrap();
    let page = get(&format!("/pages/{}", w.tea)).by("bob").header("accept-language", "de");
    let page = w.ask(page.browser()).await;
    assert_eq!((page.status, page.text("h1").as_str()), (500, "Etwas ging schief"));
    assert_eq!(page.header("content-language"), "de");
    is_clad(&page, "/pages/{id}", "a page");
    let text = w.get("bob", &format!("/pages/{}", w.tea)).await;
    assert_eq!((text.status, text.body.trim()), (500, "Something went wrong on the server."));
    is_clad(&text, "/pages/{id}", "a script");
    // Nobody's cookie is asked for, so nothing fails.
    assert_eq!(w.visit(NOBODY, "/login").await.status, 200);
}
