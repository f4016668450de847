//! What holds for every answer: where requests come from, headers, methods, sizes, health.

use hyper::Method;

use crate::world::{Answer, Ask, NOBODY, World, delete, get, post};

#[tokio::test]
async fn a_request_from_another_site_is_refused_and_changes_nothing() {
    let w = World::new().await;
    let own = format!("http://{}", w.address);
    let ask = || {
        let fields = [("body", "forged"), ("nonce", "")];
        post(&format!("/rooms/{}/messages", w.tea)).by("bob").form(&fields)
    };
    for (name, value) in [
        ("origin", "http://evil.example"),
        ("origin", "null"),
        ("origin", "http://127.0.0.1:1"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        assert_eq!(w.ask(ask().header(name, value)).await.status, 403, "{name}: {value}");
    }
    assert!(w.window("bob").await.said().is_empty());
    for (name, value) in [("origin", own.as_str()), ("sec-fetch-site", "same-origin")] {
        assert_eq!(w.ask(ask().header(name, value)).await.status, 201, "{name}: {value}");
    }
    // A script has neither; its cookie is enough.
    assert_eq!(w.ask(ask()).await.status, 201);
    assert_eq!(w.window("bob").await.said().len(), 3);
}

#[tokio::test]
async fn every_unsafe_route_refuses_other_sites() {
    let w = World::new().await;
    let mid = w.post("bob", "hello").await;
    let (page, room) = (format!("/pages/{}", w.tea), format!("/rooms/{}", w.tea));
    let mut asks = vec![delete(&format!("{room}/messages/{mid}"))];
    for path in ["/login", "/logout", "/settings/sound", "/pages", &page] {
        asks.push(post(path));
    }
    for end in ["trash", "restore", "move", "restrictions"] {
        asks.push(post(&format!("{page}/{end}")));
    }
    for ask in asks {
        let fields = [("title", "x"), ("body", "x"), ("operation", "view"), ("subjects", "bob")];
        let ask = ask.by("bob").form(&fields).header("sec-fetch-site", "cross-site");
        assert_eq!(w.ask(ask).await.status, 403);
    }
    assert_eq!(w.window("carol").await.said(), ["hello"]);
    assert_eq!(w.visit("bob", &page).await.text("header.title h1"), "Tea");
}

#[tokio::test]
async fn a_link_from_another_site_leads_in() {
    let w = World::new().await;
    let page = format!("/pages/{}", w.tea);
    let asked = get(&page).by("bob").header("sec-fetch-site", "cross-site");
    assert_eq!(w.ask(asked).await.status, 200);
}

#[tokio::test]
async fn every_page_carries_its_policy() {
    let w = World::new().await;
    w.post("bob", "hello").await;
    let room = format!("/rooms/{}", w.tea);
    let day = w.get("bob", &format!("{room}/transcripts/2026-11-22")).await.location();
    for path in [
        "/",
        "/login",
        &format!("/pages/{}", w.tea),
        &format!("/pages/{}/edit", w.tea),
        &format!("/pages/{}/restrictions", w.tea),
        "/pages/new",
        &room,
        &format!("{room}/status"),
        &day,
        "/search?q=x",
        "/pages/999",
        "/nothing/here",
    ] {
        for who in ["bob", "mallory", NOBODY] {
            let answer = w.visit(who, path).await;
            let policy = answer.header("content-security-policy").to_owned();
            for rule in [
                "default-src 'none'",
                "base-uri 'none'",
                "form-action 'self'",
                "require-trusted-types-for 'script'",
            ] {
                assert!(policy.contains(rule), "{path} {who}: {policy}");
            }
            assert!(!policy.contains("unsafe"), "{path} {who}: {policy}");
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
            assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
            is_private(&answer, path);
            has_nothing_inline(&answer, &policy);
        }
    }
}

fn is_private(answer: &Answer, path: &str) {
    let kept = answer.header("cache-control");
    let status = path.ends_with("/status") && kept == "private, no-cache";
    assert!(kept == "no-store" || status, "{path}: {kept}");
    assert!(answer.header("vary").contains("Cookie"), "{path}");
}

/// What the policy forbids is not on the page: it would be dead.
fn has_nothing_inline(answer: &Answer, policy: &str) {
    let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap();
    assert!(nonce.len() >= 22, "{nonce}");
    for css in ["script", "style"] {
        let given = answer.attributes(css, "nonce");
        assert_eq!(given.len(), answer.texts(css).len(), "{}", answer.body);
        assert!(given.iter().all(|given| given == nonce), "{}", answer.body);
    }
    assert!(!answer.has("[style], [onclick], [onload], [onerror], [href^='javascript:']"));
}

#[tokio::test]
async fn each_answer_has_a_nonce_of_its_own() {
    let w = World::new().await;
    let policy = async || w.visit("bob", "/").await.header("content-security-policy").to_owned();
    assert_ne!(policy().await, policy().await);
}

#[tokio::test]
async fn assets_may_be_kept_for_ever_and_are_named_by_what_is_in_them() {
    let w = World::new().await;
    let window = w.window("bob").await;
    let mut assets = window.attributes("script", "src");
    assets.extend(window.attributes("link", "href"));
    assert!(assets.len() >= 3, "{assets:?}");
    for asset in &assets {
        let answer = w.get(NOBODY, asset).await;
        assert_eq!(answer.status, 200, "{asset}");
        assert!(answer.header("cache-control").contains("immutable"), "{asset}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{asset}");
        assert!(!answer.body.is_empty());
    }
    for odd in ["/assets/style.000000000000.css", "/assets/style.css", "/assets/..%2fCargo.toml"] {
        assert_eq!(w.get(NOBODY, odd).await.status, 404, "{odd}");
    }
}

#[test]
fn our_scripts_hear_no_other_window_and_make_nothing_of_text() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets");
    let mut n_scripts = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        // htmx is others', and held by the policy of each page.
        if path.extension().is_none_or(|kind| kind != "js") || name == "htmx.js" {
            continue;
        }
        n_scripts += 1;
        let script = std::fs::read_to_string(&path).unwrap();
        for word in [
            "'message'",
            "\"message\"",
            "onmessage",
            "postMessage",
            "BroadcastChannel",
            "eval(",
            "Function(",
            "innerHTML =",
            "outerHTML =",
            "insertAdjacentHTML",
            "document.write",
            "document.domain",
            "createContextualFragment",
            "setHTMLUnsafe",
            "parseFromString",
        ] {
            assert!(!script.contains(word), "{name} says {word}");
        }
    }
    assert!(n_scripts > 4);
}

#[tokio::test]
async fn a_method_that_is_not_there_is_405() {
    let w = World::new().await;
    for (method, path) in [
        (Method::DELETE, format!("/pages/{}", w.tea)),
        (Method::PUT, format!("/rooms/{}/messages", w.tea)),
        (Method::POST, "/search".into()),
        (Method::GET, "/logout".into()),
        (Method::POST, format!("/rooms/{}/stream", w.tea)),
    ] {
        let answer = w.ask(Ask::new(method.clone(), &path).by("bob")).await;
        assert_eq!(answer.status, 405, "{method} {path}");
        assert!(!answer.header("allow").is_empty(), "{method} {path}");
    }
    // Who went back to the address of a form sees a page that says so.
    let page = w.visit("bob", "/logout").await;
    assert_eq!((page.status, page.header("allow")), (405, "POST"));
    assert_eq!(page.text("h1"), "That cannot be done");
}

#[tokio::test]
async fn an_unknown_address_is_a_page_for_a_browser_and_short_for_a_script() {
    let w = World::new().await;
    // A page may be called like a part of a room.
    let status = "/display/NONE/status";
    for path in
        ["/nothing", "/pages/x", "/pages/1/x", "/rooms/-", "/pages/99999999999999999999", status]
    {
        let page = w.visit("bob", path).await;
        assert_eq!((page.status, page.text("h1").as_str()), (404, "Nothing here"), "{path}");
        let short = w.get("bob", path).await;
        assert_eq!(short.status, 404, "{path}");
        assert!(!short.body.contains('<'), "{path}: {}", short.body);
    }
    let to_log_in = w.visit(NOBODY, status).await;
    assert_eq!((to_log_in.status, to_log_in.location().split('?').next()), (303, Some("/login")));
    // A script that asks for a part of a room without a right is told in short, too.
    let part = w.get("bob", "/rooms/999/stream").await;
    assert_eq!((part.status, part.body.contains('<')), (404, false), "{}", part.body);
}

#[tokio::test]
async fn a_fragment_s_error_is_a_fragment() {
    let w = World::new().await;
    let path = format!("/rooms/{}/messages", w.tea);
    let refused = w.ask(post(&path).by("bob").htmx().form(&[("body", "")])).await;
    assert_eq!(
        (refused.status, refused.body.as_str()),
        (422, "<p class=\"error\">Write something first.</p>")
    );
}

#[tokio::test]
async fn bodies_that_are_too_large_are_refused() {
    let w = World::new().await;
    let body = "x".repeat((1 << 20) + 1);
    let fields = [("title", "Tea"), ("body", body.as_str()), ("version", "1")];
    let refused = w.form("bob", &format!("/pages/{}", w.tea), &fields).await;
    assert_eq!(refused.status, 413);
    assert_eq!(refused.value("input#title"), "Tea");
    let huge = vec![b'x'; 5 << 20];
    let ask = post("/pages").by("bob").body("application/x-www-form-urlencoded", &huge);
    assert_eq!(w.ask(ask).await.status, 413);
    let long = "x".repeat(70_000);
    let login = w.form(NOBODY, "/login", &[("name", "bob"), ("password", &long)]).await;
    assert_eq!(login.status, 413);
    assert_eq!(w.visit("bob", &format!("/pages/{}", w.tea)).await.status, 200);
}

#[tokio::test]
async fn what_is_no_form_is_refused_and_said_so() {
    let w = World::new().await;
    let path = format!("/rooms/{}/messages", w.tea);
    let json = post(&path).by("bob").body("application/json", b"{\"body\": \"x\"}");
    assert_eq!(w.ask(json).await.status, 415);
    for body in ["", "nonce=1", "body", "%FF=%FE", "body=x&body=y"] {
        let kind = "application/x-www-form-urlencoded";
        let status = w.ask(post(&path).by("bob").body(kind, body.as_bytes())).await.status;
        assert!(matches!(status, 400 | 422), "{body}: {status}");
    }
    assert!(w.window("bob").await.said().is_empty());
}

#[tokio::test]
async fn the_server_says_that_it_is_well() {
    let w = World::new().await;
    for path in ["/healthz", "/readyz"] {
        assert_eq!(w.get(NOBODY, path).await.status, 200, "{path}");
    }
    // A file that takes no more writes is no readiness to serve.
    w.app.store.close().await;
    assert_eq!(w.send(w.tea, "bob", "x", "n").await.status, 500);
    assert_eq!(w.get(NOBODY, "/healthz").await.status, 200);
    let ready = w.get(NOBODY, "/readyz").await;
    assert_eq!((ready.status, ready.body.as_str()), (503, "the file cannot be written\n"));
}

#[tokio::test]
async fn a_server_that_stops_or_cannot_write_wants_no_requests() {
    let w = World::new().await;
    let says = async |status: u16, text: &str| {
        let ready = w.get(NOBODY, "/readyz").await;
        assert_eq!((ready.status, ready.body.trim()), (status, text));
        assert_eq!(w.get(NOBODY, "/healthz").await.status, 200);
    };
    says(200, "ready").await;
    // The writer is held up by a write that does not end.
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let (enter, mut entered) = tokio::sync::mpsc::unbounded_channel();
    let wait = std::sync::Mutex::new(wait);
    let app = w.app.clone();
    let held = tokio::spawn(async move {
        let write = app.store.write(move |_| {
            let _ = enter.send(());
            let _ = wait.lock().map(|wait| wait.recv());
            Ok(())
        });
        write.await.unwrap();
    });
    entered.recv().await.unwrap();
    says(503, "the writer does not answer").await;
    go.send(()).unwrap();
    held.await.unwrap();
    says(200, "ready").await;
    // The disk is full: as full as SQLite is told that it is.
    let pages = |most: i64| {
        w.app.store.write(move |tx| {
            let now: i64 = tx.pragma_query_value(None, "page_count", |row| row.get(0))?;
            let most = if most == 0 { now } else { most };
            tx.pragma(None, "max_page_count", most, |_| Ok(()))?;
            Ok(())
        })
    };
    pages(0).await.unwrap();
    let long = "a long text that no page has room for\n".repeat(20_000);
    assert_eq!(w.send(w.tea, "bob", &long, "n").await.status, 507);
    says(503, "the disk is full").await;
    says(503, "the disk is full").await;
    pages(1 << 30).await.unwrap();
    says(200, "ready").await;
    assert_eq!(w.send(w.tea, "bob", &long, "n").await.status, 201);
    let kept = "select count(*) from local_probe";
    let n: i64 =
        w.app.store.read(move |c| Ok(c.query_row(kept, [], |row| row.get(0))?)).await.unwrap();
    assert_eq!(n, 0);
    w.stop_streams().await;
    says(503, "stopping").await;
}
