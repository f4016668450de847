//! The badge that says whether somebody is here.

use crate::world::{NOBODY, World, get};

async fn asked(w: &World, who: &str, name: &str) -> (u16, String) {
    let path = format!("/accounts/{name}/presence");
    let answer = w.ask(get(&path).by(who).header("accept", "text/plain")).await;
    (answer.status, answer.body)
}

#[tokio::test]
async fn it_tells_who_shares_a_page_whether_somebody_is_here() {
    let w = World::new().await;
    assert_eq!(asked(&w, "carol", "bob").await, (200, "Bob is not here\n".into()));
    let _bob = w.listen("bob").await;
    let mut carol = w.listen("carol").await;
    carol.sees(&["Bob", "Carol"]).await;
    assert_eq!(asked(&w, "carol", "bob").await, (200, "Bob is here now\n".into()));
    // Who has not looked for a while is neither here nor gone.
    let path = format!("/rooms/{}/presence", w.tea);
    assert_eq!(w.form("bob", &path, &[("state", "hidden")]).await.status, 204);
    w.pass(5);
    assert_eq!(asked(&w, "carol", "bob").await, (200, "Bob is away\n".into()));
    let picture = w.get("carol", "/accounts/bob/presence").await;
    assert!(picture.body.contains("Bob is away") && picture.body.contains(">away<"));
    assert_eq!(w.form("bob", &path, &[("state", "visible")]).await.status, 204);
    let picture = w.get("carol", "/accounts/bob/presence").await;
    assert_eq!(picture.header("content-type"), "image/svg+xml");
    assert!(picture.body.starts_with("<svg") && picture.body.contains("Bob is here now"));
    // Nothing in common: as if there were no such account.
    let there = asked(&w, "mallory", "bob").await;
    assert_eq!(there.0, 404);
    assert_eq!(there, asked(&w, "mallory", "no-such-account").await);
    let there = asked(&w, NOBODY, "bob").await;
    assert_ne!(there.0, 200);
    assert_eq!(there, asked(&w, NOBODY, "xyz").await);
}

#[tokio::test]
async fn it_tells_nothing_of_rooms_that_one_may_not_see() {
    let w = World::new().await;
    let secret = w.page("alice", "Secret", "{chat}").await;
    let stream = format!("/rooms/{secret}/stream");
    let _bob = w.listen_to(&stream, "bob", &[]).await;
    let mut alice = w.listen_to(&stream, "alice", &[]).await;
    alice.sees(&["Alice", "Bob"]).await;
    assert_eq!(asked(&w, "carol", "bob").await.1, "Bob is here now\n");
    w.restrict("alice", secret, "view", "alice, bob").await;
    assert_eq!(asked(&w, "carol", "bob").await.1, "Bob is not here\n");
}

#[tokio::test]
async fn a_mention_leads_to_who_it_is() {
    let w = World::new().await;
    w.post("bob", "ask @alice").await;
    let window = w.window("bob").await;
    assert!(window.has("#log a[href='/accounts/alice']"));
    assert_eq!(w.visit("bob", "/accounts/alice").await.text("h1"), "Alice");
    assert_eq!(w.get("bob", "/accounts/nobody").await.status, 404);
}
