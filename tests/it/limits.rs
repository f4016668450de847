//! How often is too often: who is too fast is told when to come again, and slows nobody else.

use std::time::Duration;

use backchannel::session;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::world::{Answer, NOBODY, PASSWORD, World, get, post};

async fn limited() -> World {
    World::with(|config| config.limits = true).await
}

/// Asks until that is refused; how often it was not.
async fn until_refused(mut ask: impl AsyncFnMut() -> Answer) -> usize {
    for n in 0..1000 {
        let answer = ask().await;
        if answer.status == 429 {
            let after = answer.header("retry-after").parse::<u64>();
            assert!(after.is_ok_and(|after| after > 0), "{:?}", answer.headers);
            return n;
        }
        assert!(answer.status < 400, "{}: {}", answer.status, answer.body);
    }
    panic!("it was never refused");
}

#[tokio::test]
async fn searches_are_counted_for_each_account() {
    let w = limited().await;
    let n = until_refused(async || w.get("bob", "/search?q=tea").await).await;
    assert!(n >= 30, "{n}");
    assert_eq!(w.get("carol", "/search?q=tea").await.status, 200);
    // And without one, for each network.
    let proxy = "127.0.0.1".parse().unwrap();
    let w = World::with(|config| (config.limits, config.proxies) = (true, vec![proxy])).await;
    w.rights("anyone", "bob", "bob").await;
    let from = |address: &str| get("/search?q=tea").header("x-forwarded-for", address);
    let n = until_refused(async || w.ask(from("192.0.2.1")).await).await;
    assert!(n >= 30, "{n}");
    assert_eq!(w.ask(from("198.51.100.1")).await.status, 200);
    // An IPv6 network has more numbers than anybody counts.
    let n = until_refused(async || {
        w.ask(from(&format!("2001:db8:1:2::{:x}", rand::random::<u16>()))).await
    });
    assert!(n.await >= 30);
    assert_eq!(w.ask(from("2001:db8:1:3::1")).await.status, 200);
}

#[tokio::test]
async fn uploads_are_counted_for_each_account() {
    let w = limited().await;
    let n = until_refused(async || w.upload("bob", "a.txt", b"x").await).await;
    // Long before a hundred, which is as much as anybody may do of anything.
    assert!((20..60).contains(&n), "{n}");
    assert_eq!(w.upload("alice", "a.txt", b"x").await.status, 201);
}

#[tokio::test]
async fn what_is_kept_of_an_account_s_texts_has_an_end_and_no_draft_is_lost_there() {
    let w = limited().await;
    let bob = session::viewer(&w.app, w.token("bob")).await.unwrap().account_id();
    let page = w.page("bob", "Plans", "short").await;
    while w.app.rate_limits.text(bob, 1 << 20).is_ok() {}
    let long = "a line\n".repeat(140_000);
    let messages = format!("/rooms/{}/messages", w.tea);
    let told = |answer: &Answer| answer.body.contains("too fast");
    let refused = w.form("bob", &messages, &[("body", &long), ("nonce", "1")]).await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, "60"));
    for path in ["/pages".to_owned(), format!("/pages/{page}")] {
        let typed = [("space", "TEAM"), ("title", "More"), ("body", &*long), ("version", "1")];
        let refused = w.form("bob", &path, &typed).await;
        assert!(refused.status == 429 && told(&refused), "{}: {}", path, refused.status);
        assert_eq!(refused.text("textarea[name=body]").len(), long.trim().len());
    }
    // Whoever says little, and everybody else, goes on.
    w.post("bob", "short").await;
    w.post("alice", &long).await;
}

#[tokio::test]
async fn exports_are_counted_for_each_account() {
    let w = limited().await;
    w.post("bob", "hello").await;
    let path = format!("/rooms/{}/export/txt", w.tea);
    let n = until_refused(async || w.get("bob", &path).await).await;
    assert!((6..=8).contains(&n), "{n}");
    assert_eq!(w.get("carol", &path).await.status, 200);
}

#[tokio::test]
async fn polls_are_counted_for_each_account() {
    let w = limited().await;
    // The first poll of a window is answered at once.
    let path = format!("/rooms/{}/poll?tries=0", w.tea);
    let n = until_refused(async || w.get("bob", &path).await).await;
    assert!(n >= 100, "{n}");
    assert_eq!(w.get("carol", &path).await.status, 200);
}

#[tokio::test]
async fn one_password_for_many_names_is_tried_from_one_place_only_so_often() {
    let proxy = "127.0.0.1".parse().unwrap();
    let w = World::with(|config| (config.limits, config.proxies) = (true, vec![proxy])).await;
    let log_in = async |name: &str, password: &str, address: &str| {
        let form = [("name", name), ("password", password)];
        w.ask(post("/login").form(&form).header("x-forwarded-for", address)).await
    };
    let (mut n, mut refused) = (0, None);
    while refused.is_none() && n < 1000 {
        let answer = log_in(&format!("name{n}"), "letmein1", "192.0.2.1").await;
        match answer.status {
            401 => n += 1,
            _ => refused = Some(answer),
        }
    }
    let refused = refused.expect("a limit");
    assert_eq!(refused.status, 429, "after {n}");
    assert!(refused.header("retry-after").parse::<u64>().is_ok_and(|after| after > 0));
    // Each of the names can still be logged in by, from elsewhere.
    assert_eq!(log_in("bob", PASSWORD, "192.0.2.1").await.status, 429);
    assert_eq!(log_in("bob", PASSWORD, "198.51.100.1").await.status, 303);
}

#[tokio::test]
async fn who_says_where_they_come_from_is_not_believed() {
    let w = limited().await;
    // Nobody is named as a proxy: whatever is forwarded is what anybody can write.
    let form = [("name", "bob"), ("password", "wrong")];
    let n = until_refused_at_all(async |n: usize| {
        let from = format!("198.51.{}.{}", n / 250, n % 250);
        w.ask(post("/login").form(&form).header("x-forwarded-for", &from)).await
    });
    // As many as from one place, not one for each that was made up.
    assert!(n.await <= 50);
    assert_eq!(w.visit(NOBODY, "/login").await.status, 200);
}

async fn until_refused_at_all(mut ask: impl AsyncFnMut(usize) -> Answer) -> usize {
    for n in 0..1000 {
        if ask(n).await.status == 429 {
            return n;
        }
    }
    panic!("it was never refused");
}

/// What was asked for and is still open; the head of its answer.
struct Open {
    head: String,
    _socket: TcpStream,
}

impl Open {
    /// Asks for a stream, a log or a poll, and reads no further than the head.
    async fn at(w: &World, part: &str, who: &str, from: &str) -> Self {
        let cookie = match who {
            NOBODY => String::new(),
            who => format!("cookie: sid={}\r\n", w.token(who)),
        };
        let mut socket = TcpStream::connect(&w.address).await.unwrap();
        let (room, host) = (w.tea, &w.address);
        let request = format!(
            "GET /rooms/{room}/{part} HTTP/1.1\r\nhost: {host}\r\nx-forwarded-for: {from}\r\n\
             {cookie}\r\n"
        );
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(socket.read_u8().await.expect("an answer"));
        }
        Self { head: String::from_utf8(head).unwrap(), _socket: socket }
    }

    fn status(&self) -> &str {
        self.head.split(' ').nth(1).unwrap()
    }

    /// Too many: when to come again is said.
    fn is_refused(&self) -> bool {
        let refused = self.status() == "429";
        assert!(refused || self.status() == "200", "{}", self.head);
        assert!(
            !refused || self.head.to_lowercase().contains("retry-after: 30\r\n"),
            "{}",
            self.head
        );
        refused
    }
}

/// A world that strangers read, behind a proxy.
async fn behind_a_proxy() -> World {
    let proxy = "127.0.0.1".parse().unwrap();
    let w = World::with(|config| (config.limits, config.proxies) = (true, vec![proxy])).await;
    w.rights("anyone", "bob", "bob").await;
    w
}

#[tokio::test]
async fn one_network_holds_only_so_much_open_and_gets_it_back() {
    let w = behind_a_proxy().await;
    let (here, there) = ("192.0.2.1", "198.51.100.1");
    let mut held = Vec::new();
    for n in 0..300 {
        let part = if n % 2 == 0 { "stream" } else { "plain/log" };
        let open = Open::at(&w, part, NOBODY, here).await;
        if open.is_refused() {
            break;
        }
        held.push(open);
    }
    // A school reads along; who takes more is told so, whatever it is.
    assert_eq!(held.len(), 256);
    for part in ["stream", "plain/log", "poll"] {
        assert!(Open::at(&w, part, NOBODY, here).await.is_refused(), "{part}");
        let told = w.ask(get(&format!("/rooms/{}/{part}", w.tea)).header("x-forwarded-for", here));
        assert!(told.await.body.contains("Too many windows"), "{part}");
    }
    // Nobody elsewhere notices, nor who is signed in there.
    assert!(!Open::at(&w, "stream", NOBODY, there).await.is_refused());
    assert!(!Open::at(&w, "plain/log", "bob", here).await.is_refused());
    // Nor does who only comes to look.
    let page = get(&format!("/rooms/{}", w.tea)).header("x-forwarded-for", here);
    assert_eq!(w.ask(page).await.status, 200);
    held.clear();
    let back = async { while Open::at(&w, "plain/log", NOBODY, here).await.is_refused() {} };
    tokio::time::timeout(Duration::from_secs(10), back).await.expect("a place that came back");
}

#[tokio::test]
async fn an_account_holds_only_so_much_open_and_its_windows_go_on() {
    let w = behind_a_proxy().await;
    let path = format!("/rooms/{}/poll", w.tea);
    let cursor = w.window("bob").await.cursor();
    w.post("bob", "the kettle is on").await;
    let (poll, logs) = tokio::join!(w.get("bob", &path), async {
        let mut logs = Vec::new();
        for n in 0..40 {
            let log = Open::at(&w, "plain/log", "bob", &format!("192.0.2.{n}")).await;
            if log.is_refused() {
                break;
            }
            logs.push(log);
        }
        assert!(logs.len() <= 32, "nothing was refused");
        // One more window than may hold anything: it is not refused, but asks again and again.
        let window = |path: &str| get(path).by("bob").header("window", "7");
        let crowded = w.ask(window(&format!("/rooms/{}/stream", w.tea))).await;
        assert_eq!(crowded.status, 200);
        assert!(crowded.body.contains(" data-crowded "), "{}", crowded.body);
        let asked = w.ask(window(&format!("{path}?tries=1&after={cursor}"))).await;
        assert_eq!(asked.said(), ["the kettle is on"]);
        assert_eq!(asked.header("hx-trigger"), "later");
        // It ends the poll.
        w.post("bob", "and the tea is ready").await;
        logs
    });
    // What waits counts like what is open. (It came too late where the logs were faster.)
    let waited = usize::from(poll.status == 200);
    assert!(poll.status == 200 || poll.status == 429, "{}", poll.body);
    assert_eq!(logs.len() + waited, 32);
    assert!(!Open::at(&w, "plain/log", "carol", "192.0.2.1").await.is_refused());
}
