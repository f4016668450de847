//! Being told of messages while one is elsewhere, by a push service.

use std::time::Duration;

use backchannel::mandate::Mandate;
use backchannel::roster;
use serde_json::json;

use crate::world::{Browser, NOBODY, PASSWORD, PushService, World, post};

/// A world that pushes to this machine, and is not patient.
async fn world() -> (World, PushService) {
    let w = World::with(|config| {
        config.push_local = true;
        config.push_backoff = Duration::from_millis(1);
    });
    (w.await, PushService::open().await)
}

/// What the browser shows next.
async fn shown(service: &mut PushService, browser: &Browser) -> String {
    let parcel = service.next().await;
    assert_eq!(parcel.path, browser.path);
    parcel.read_by(browser)["body"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn who_is_mentioned_while_elsewhere_is_told_in_private() {
    let (w, mut service) = world().await;
    let key = w.get("carol", "/push").await.body;
    let carol = w.told(&service, "carol", "mentions").await;
    w.post("bob", "nothing for her").await;
    w.post("bob", "look, @carol: *tea* is ready\nand cake").await;
    let parcel = service.next().await;
    let said = json!({
        "title": "Tea",
        "body": "Bob: look, @Carol: tea is ready",
        "tag": format!("room-{}", w.tea),
        "path": format!("/rooms/{}", w.tea),
    });
    let mut read = parcel.read_by(&carol);
    read["body"] = read["body"].as_str().unwrap().replace("@carol", "@Carol").into();
    assert_eq!(read, said);
    assert!(parcel.len() < 3072);
    assert_eq!(parcel.field("topic"), format!("room-{}", w.tea));
    assert_eq!((parcel.field("urgency"), parcel.field("ttl")), ("high", "86400"));
    let (claims, named) = parcel.claims();
    assert_eq!(named, key);
    assert_eq!(claims["aud"], service.origin());
    let ends = claims["exp"].as_i64().unwrap() - w.app.clock.now().as_second();
    assert!((1..=86400).contains(&ends), "{ends}");
    assert_eq!(claims["sub"], "mailto:webmaster@localhost");
}

#[tokio::test]
async fn who_runs_the_site_is_told_as_the_operator_says_and_not_as_a_browser_does() {
    for (url, contact) in [
        (None, "mailto:webmaster@localhost"),
        (Some("https://chat.example.org"), "https://chat.example.org"),
    ] {
        let mut service = PushService::open().await;
        let w = World::with(|config| {
            config.push_local = true;
            config.url = url.map(|url| url.parse().unwrap());
        })
        .await;
        let (cookie, named) = match url {
            Some(_) => ("__Host-sid", "localhost"),
            None => ("sid", "evil.example"),
        };
        let by = |who: &str, path: &str, fields: &[(&str, &str)]| {
            let session = format!("{cookie}={}", w.token(who));
            w.ask(post(path).form(fields).header("cookie", &session).header("host", named))
        };
        let carol = service.browser("carol");
        let fields = carol.fields();
        let fields: Vec<_> = fields.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let room = format!("/rooms/{}", w.tea);
        assert_eq!(by("carol", "/push", &fields).await.status, 204);
        let all = [("what", "all")];
        assert_eq!(by("carol", &format!("{room}/notices"), &all).await.status, 204);
        let said = by("bob", &format!("{room}/messages"), &[("body", "x"), ("nonce", "n")]);
        assert_eq!(said.await.status, 201);
        assert_eq!(service.next().await.claims().0["sub"], contact);
    }
}

#[tokio::test]
async fn mentions_everything_or_nothing_as_one_chooses() {
    let (w, mut service) = world().await;
    let carol = w.told(&service, "carol", "all").await;
    w.post("bob", "one").await;
    assert_eq!(shown(&mut service, &carol).await, "Bob: one");
    w.choose("carol", "mentions").await;
    w.post("bob", "two").await;
    w.post("bob", "three @carol").await;
    assert!(shown(&mut service, &carol).await.starts_with("Bob: three"));
    w.choose("carol", "off").await;
    let robo = w.told(&service, "robo", "all").await;
    w.post("bob", "four @carol").await;
    // Who is told shows that it has been asked who is.
    assert!(shown(&mut service, &robo).await.starts_with("Bob: four"));
    w.choose("robo", "off").await;
    w.choose("carol", "all").await;
    w.post("bob", "/me waves").await;
    assert_eq!(shown(&mut service, &carol).await, "Bob waves");
    assert!(service.is_quiet());
}

#[tokio::test]
async fn off_until_chosen_and_each_room_for_itself() {
    let (w, mut service) = world().await;
    let browser = service.browser("carol");
    w.subscribe("carol", &browser).await;
    let other = w.page("alice", "Coffee", "{chat}").await;
    w.post("bob", "@carol in a room where nothing is chosen").await;
    w.form("carol", &format!("/rooms/{other}/notices"), &[("what", "all")]).await;
    w.post("bob", "@carol still nothing").await;
    w.post_in(other, "bob", "and here").await;
    assert_eq!(shown(&mut service, &browser).await, "Bob: and here");
    assert!(service.is_quiet());
}

#[tokio::test]
async fn nobody_is_told_what_they_wrote_or_see() {
    let (w, mut service) = world().await;
    let carol = w.told(&service, "carol", "all").await;
    let bob = w.told(&service, "bob", "all").await;
    w.post("bob", "his own").await;
    assert_eq!(shown(&mut service, &carol).await, "Bob: his own");
    let mut window = w.listen("carol").await;
    window.sees(&["Carol"]).await;
    w.post("alice", "in sight").await;
    assert_eq!(shown(&mut service, &bob).await, "Alice: in sight");
    // A window that nobody has looked at for a while shows nobody anything.
    let path = format!("/rooms/{}/presence", w.tea);
    let hidden = |ago| [("window", "0"), ("state", "hidden"), ("ago", ago)];
    w.form("carol", &path, &hidden("60")).await;
    w.post("alice", "just turned away").await;
    assert_eq!(shown(&mut service, &bob).await, "Alice: just turned away");
    w.form("carol", &path, &hidden("400")).await;
    window.sees(&["Carol (away)"]).await;
    w.post("bob", "away").await;
    assert_eq!(shown(&mut service, &carol).await, "Bob: away");
    assert!(service.is_quiet());
}

#[tokio::test]
async fn who_lost_the_right_is_told_nothing() {
    let (w, mut service) = world().await;
    let carol = w.told(&service, "carol", "all").await;
    let robo = w.told(&service, "robo", "all").await;
    w.post("bob", "for both").await;
    let mut to = [service.next().await.path, service.next().await.path];
    to.sort();
    assert_eq!(to, [carol.path.as_str(), robo.path.as_str()]);
    w.restrict("alice", w.tea, "view", "alice, bob, robo").await;
    w.post("bob", "@carol is out").await;
    assert!(shown(&mut service, &robo).await.starts_with("Bob: "));
    assert!(service.is_quiet());
}

#[tokio::test]
async fn a_retry_asks_for_the_right_again() {
    let (w, mut service) = world().await;
    let carol = w.told(&service, "carol", "all").await;
    service.answers(&["503 Busy", "429 Too Many", "201 Created"]);
    w.post("bob", "tried three times").await;
    for _ in 0..3 {
        assert_eq!(shown(&mut service, &carol).await, "Bob: tried three times");
    }
    // Asked to come again in two seconds: long enough to take the right away.
    service.answers(&["503 Busy\r\nretry-after: 2"]);
    w.post("bob", "a secret").await;
    assert_eq!(shown(&mut service, &carol).await, "Bob: a secret");
    w.restrict("alice", w.tea, "view", "alice, bob").await;
    let robo = w.page("alice", "Robots", "{chat}").await;
    let browser = service.browser("robo");
    w.subscribe("robo", &browser).await;
    w.form("robo", &format!("/rooms/{robo}/notices"), &[("what", "all")]).await;
    service.answers(&["503 Busy\r\nretry-after: 2"]);
    w.post_in(robo, "bob", "later than that").await;
    for _ in 0..2 {
        assert_eq!(shown(&mut service, &browser).await, "Bob: later than that");
    }
    assert!(service.is_quiet());
}

#[tokio::test]
async fn a_push_service_that_is_never_ready_is_left_alone_in_the_end() {
    let (w, mut service) = world().await;
    let carol = w.told(&service, "carol", "all").await;
    service.answers(&["500 No", "500 No", "500 No", "500 No"]);
    w.post("bob", "one").await;
    for _ in 0..4 {
        assert_eq!(shown(&mut service, &carol).await, "Bob: one");
    }
    w.post("bob", "two").await;
    assert_eq!(shown(&mut service, &carol).await, "Bob: two");
    assert!(service.is_quiet());
}

#[tokio::test]
async fn a_browser_that_is_gone_is_forgotten() {
    let (w, mut service) = world().await;
    let carol = w.told(&service, "carol", "all").await;
    for gone in ["410 Gone", "404 Not Found"] {
        service.answers(&[gone]);
        w.post("bob", gone).await;
        assert_eq!(shown(&mut service, &carol).await, format!("Bob: {gone}"));
        while n_browsers(&w).await > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(w.subscribe("carol", &carol).await.status, 204);
    }
    w.post("bob", "back").await;
    assert_eq!(shown(&mut service, &carol).await, "Bob: back");
}

async fn n_browsers(w: &World) -> i64 {
    count(w, "select count(*) from push_subscription").await
}

async fn count(w: &World, sql: &'static str) -> i64 {
    w.app.store.read(|c| Ok(c.query_row(sql, [], |row| row.get(0))?)).await.unwrap()
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (w, mut service) = world().await;
    let carol = w.told(&service, "carol", "all").await;
    let to = format!("307 Elsewhere\r\nlocation: {}/trap", service.origin());
    service.answers(&[&to]);
    w.post("bob", "one").await;
    assert_eq!(shown(&mut service, &carol).await, "Bob: one");
    w.post("bob", "two").await;
    assert_eq!(shown(&mut service, &carol).await, "Bob: two");
    assert!(service.is_quiet());
}

#[tokio::test]
async fn a_push_service_that_says_nothing_holds_up_nobody() {
    let (w, mut service) = world().await;
    let carol = w.told(&service, "carol", "all").await;
    let robo = w.told(&service, "robo", "all").await;
    service.answers(&["silence", "silence"]);
    w.post("bob", "one").await;
    let mut to = [service.next().await.path, service.next().await.path];
    to.sort();
    assert_eq!(to, [carol.path.as_str(), robo.path.as_str()]);
    w.choose("carol", "off").await;
    w.post("bob", "two").await;
    assert_eq!(shown(&mut service, &robo).await, "Bob: two");
}

#[tokio::test]
async fn logging_out_ends_it_for_that_browser() {
    let (mut w, mut service) = world().await;
    let first = w.told(&service, "carol", "all").await;
    let token = w.token("carol").to_owned();
    w.log_in("carol", PASSWORD).await;
    assert_ne!(w.token("carol"), token);
    let second = service.browser("second");
    w.subscribe("carol", &second).await;
    w.post("bob", "both").await;
    let mut to = [service.next().await.path, service.next().await.path];
    to.sort();
    assert_eq!(to, [first.path.as_str(), second.path.as_str()]);
    w.form("carol", "/logout", &[]).await;
    w.post("bob", "one").await;
    assert_eq!(shown(&mut service, &first).await, "Bob: one");
    assert!(service.is_quiet());
    roster::disable(&w.app, &Mandate::operator(), "carol").await.unwrap();
    assert_eq!(n_browsers(&w).await, 0);
}

#[tokio::test]
async fn a_session_that_has_run_out_tells_nothing() {
    let (mut w, mut service) = world().await;
    let carol = w.told(&service, "carol", "all").await;
    w.post("bob", "one").await;
    assert_eq!(shown(&mut service, &carol).await, "Bob: one");
    w.pass(60 * 24 * 31);
    w.log_in("bob", PASSWORD).await;
    w.log_in("robo", PASSWORD).await;
    let robo = w.told(&service, "robo", "all").await;
    w.post("bob", "two").await;
    assert_eq!(shown(&mut service, &robo).await, "Bob: two");
    assert!(service.is_quiet());
}

#[tokio::test]
async fn a_browser_is_whose_who_subscribed_it_last() {
    let (w, mut service) = world().await;
    let browser = w.told(&service, "carol", "all").await;
    assert_eq!(w.subscribe("robo", &browser).await.status, 204);
    w.choose("robo", "all").await;
    w.post("bob", "one").await;
    assert_eq!(shown(&mut service, &browser).await, "Bob: one");
    assert!(service.is_quiet(), "told once, for robo");
    assert_eq!(n_browsers(&w).await, 1);
}

#[tokio::test]
async fn an_account_has_twenty_browsers_at_most() {
    let (w, mut service) = world().await;
    let first = w.told(&service, "carol", "all").await;
    w.pass(1);
    for n in 0..20 {
        w.subscribe("carol", &service.browser(&n.to_string())).await;
    }
    assert_eq!(n_browsers(&w).await, 20);
    w.post("bob", "one").await;
    for _ in 0..20 {
        assert_ne!(service.next().await.path, first.path);
    }
    assert!(service.is_quiet());
}

#[tokio::test]
async fn addresses_that_are_no_push_service_are_refused_in_words() {
    let w = World::new().await;
    let service = PushService::open().await;
    let browser = service.browser("x");
    for (endpoint, why) in [
        (browser.endpoint.as_str(), "begins with https"),
        ("https://127.0.0.1/x", "on the public network"),
        ("https://[::ffff:10.0.0.1]/x", "on the public network"),
        ("https://169.254.169.254/latest/meta-data", "on the public network"),
        ("https://localhost:8080/x", "on the public network"),
        ("https://user@push.example.org/x", "no password"),
        ("file:///etc/passwd", "begins with https"),
        ("x", "not the address"),
    ] {
        let fields = browser.fields();
        let fields = [("endpoint", endpoint), ("p256dh", &fields[1].1), ("auth", &fields[2].1)];
        let refused = w.form("carol", "/push", &fields).await;
        assert_eq!(refused.status, 422, "{endpoint}");
        assert!(refused.body.contains(why), "{endpoint}: {}", refused.body);
    }
    let keys = [("endpoint", "https://push.example.org/x"), ("p256dh", "AAAA"), ("auth", "AAAA")];
    let refused = w.form("carol", "/push", &keys).await;
    assert!(refused.status == 422 && refused.body.contains("not the keys"), "{}", refused.body);
    assert_eq!(n_browsers(&w).await, 0);
    let long = format!("https://push.example.org/{}", "x".repeat(2048));
    let fields = browser.fields();
    let fields = [("endpoint", long.as_str()), ("p256dh", &fields[1].1), ("auth", &fields[2].1)];
    assert_eq!(w.form("carol", "/push", &fields).await.status, 422);
    let good = [("endpoint", "https://push.example.org/x"), fields[1], fields[2]];
    assert_eq!(w.form("carol", "/push", &good).await.status, 204);
}

#[tokio::test]
async fn notices_are_for_who_is_signed_in_and_sees_the_room() {
    let w = World::new().await;
    let path = format!("/rooms/{}/notices", w.tea);
    for (who, status) in [("carol", 204), ("mallory", 404), (NOBODY, 401)] {
        assert_eq!(w.form(who, &path, &[("what", "all")]).await.status, status, "{who}");
    }
    assert_eq!(w.form("carol", &path, &[("what", "loud")]).await.status, 422);
    let page = w.page("alice", "No room", "").await;
    let none = w.form("carol", &format!("/rooms/{page}/notices"), &[("what", "all")]).await;
    assert_eq!(none.status, 404);
    assert_eq!(w.visit(NOBODY, "/push").await.status, 303);
    assert_eq!(w.form(NOBODY, "/push", &service_fields()).await.status, 401);
    let chosen = "#notices button[aria-pressed=true]";
    assert_eq!(w.window("carol").await.attributes(chosen, "value"), ["all"]);
    assert_eq!(w.window("bob").await.attributes(chosen, "value"), ["off"]);
    assert_eq!(count(&w, "select count(*) from notice").await, 1);
}

fn service_fields() -> [(&'static str, &'static str); 3] {
    [("endpoint", "https://push.example.org/"), ("p256dh", ""), ("auth", "")]
}

#[tokio::test]
async fn the_key_is_made_once_and_stays_with_the_file() {
    let w = World::new().await;
    let key = w.get("carol", "/push").await.body;
    assert_eq!(key.len(), 87);
    assert_eq!(w.get("bob", "/push").await.body, key);
    let w = w.restart().await;
    assert_eq!(w.get("bob", "/push").await.body, key);
    let copy = w.file().with_file_name("copy.db");
    w.app.store.copy(copy.clone()).await.unwrap();
    let w = w.restore(&copy).await;
    assert_eq!(w.get("bob", "/push").await.body, key);
}

#[tokio::test]
async fn the_worker_stands_at_the_root_and_is_asked_for_anew() {
    let w = World::new().await;
    let worker = w.get(NOBODY, "/sw.js").await;
    assert_eq!(worker.status, 200);
    assert_eq!(worker.header("content-type"), "text/javascript; charset=utf-8");
    assert_eq!(worker.header("cache-control"), "no-cache");
    let policy = worker.header("content-security-policy");
    assert_eq!(policy, "default-src 'none'; connect-src 'self'");
    let room = w.visit("carol", &format!("/rooms/{}", w.tea)).await;
    let policy = room.header("content-security-policy");
    assert!(
        policy.contains("worker-src 'self'") && policy.contains("connect-src 'self';"),
        "{policy}"
    );
    let home = w.visit("carol", "/").await;
    assert!(!home.header("content-security-policy").contains("worker-src"));
}
