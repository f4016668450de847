//! How often is too often: who is too fast is told when to come again, and slows nobody else.

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
    assert!(n >= 20, "{n}");
    assert_eq!(w.upload("alice", "a.txt", b"x").await.status, 201);
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
