//! The first who administers comes by a link that the first start prints, and by no other way.

use hyper::StatusCode;

use crate::process::{PASSWORD, Server};

/// The links that the server has printed so far, as paths.
fn links(server: &Server) -> Vec<String> {
    let log = std::fs::read_to_string(server.folder().join("log")).unwrap();
    let words = log.split_whitespace().filter_map(|word| word.split_once("/first/"));
    words.map(|(_, token)| format!("/first/{token}")).collect()
}

#[tokio::test]
async fn the_link_makes_one_account_and_a_space_and_then_nothing_more() {
    let server = Server::start();
    let [link] = &links(&server)[..] else { panic!("not one link: {:?}", links(&server)) };
    let alice = server.visitor();
    let fields = |name, password| {
        [("name", name), ("display", "Alice"), ("password", password), ("space", "Our wiki")]
    };
    // Whoever has another link has none.
    let forged = format!("/first/{}", "0".repeat(32));
    assert_eq!(alice.get(&forged).await.status, StatusCode::NOT_FOUND);
    let answer = alice.post(&forged, &fields("mallory", PASSWORD)).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    // What is wrong is said, and what was right need not be typed again.
    let form = alice.get(link).await;
    assert!(form.status == StatusCode::OK && form.body.contains("name=\"space\""), "{}", form.body);
    let short = alice.post(link, &fields("alice", "short")).await;
    assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(short.body.contains("role=\"alert\"") && short.body.contains("value=\"Alice\""));
    let made = alice.post(link, &fields("alice", PASSWORD)).await;
    assert_eq!((made.status, made.location.as_deref()), (StatusCode::SEE_OTHER, Some("/")));
    assert_eq!(server.run(&["account", "list"], ""), "alice\tAlice\tadmin\n");
    // It worked once.
    for somebody in [&alice, &server.visitor()] {
        assert_eq!(somebody.get(link).await.status, StatusCode::NOT_FOUND);
        let again = somebody.post(link, &fields("mallory", PASSWORD)).await;
        assert_eq!(again.status, StatusCode::NOT_FOUND);
    }
    server.restart();
    assert_eq!(links(&server).len(), 1, "a wiki with an administrator needs no link");
    // The connections of before went with the process.
    let mut alice = server.visitor();
    alice.log_in("alice", PASSWORD).await;
    let page = [("space", "WIKI"), ("title", "Tea"), ("body", "{chat:Tea}")];
    assert_eq!(alice.post("/pages", &page).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn an_administrator_by_command_closes_the_link() {
    let server = Server::start();
    server.account("bob", "Bob", &[]);
    let link = links(&server).remove(0);
    assert_eq!(server.visitor().get(&link).await.status, StatusCode::OK);
    server.account("alice", "Alice", &["--admin"]);
    assert_eq!(server.visitor().get(&link).await.status, StatusCode::NOT_FOUND);
    // Each start of a wiki that nobody administers prints another link; the old one is nothing.
    let other = Server::start();
    let before = links(&other).remove(0);
    other.restart();
    let after = links(&other).pop().unwrap();
    assert_ne!(before, after);
    assert_eq!(other.visitor().get(&before).await.status, StatusCode::NOT_FOUND);
    assert_eq!(other.visitor().get(&after).await.status, StatusCode::OK);
}
