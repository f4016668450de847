//! What somebody tried who wanted in, or wanted others out.

use backchannel::mandate::Mandate;
use backchannel::metrics::Kind;
use backchannel::roster;
use backchannel::session::{self, Origin};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::world::{PASSWORD, World, get};

#[tokio::test]
async fn an_old_password_opens_no_session_after_it_was_changed() {
    let w = World::new().await;
    let origin = Origin::default();
    // All of them have read the old hash before the new one is there, and compare it later: two
    // passwords are worked on at a time, in the order in which they came.
    let log_in = || session::log_in(&w.app, "bob", PASSWORD.into(), &origin);
    let mandate = Mandate::operator();
    let change = roster::set_password(&w.app, &mandate, "bob", "quite another".into());
    let (.., changed, second, third, fourth, fifth) =
        tokio::join!(log_in(), log_in(), change, log_in(), log_in(), log_in(), log_in());
    changed.unwrap();
    for opened in [second, third, fourth, fifth].into_iter().flatten() {
        let viewer = session::viewer(&w.app, &opened.session().unwrap().token).await.unwrap();
        assert!(viewer.account().is_none(), "the old password has opened a session");
    }
}

#[tokio::test]
async fn the_trash_does_not_count_what_is_others() {
    let w = World::new().await;
    let top = w.page("bob", "Top", "").await;
    w.child("bob", top, "Seen", "").await;
    let secret = w.child("alice", top, "Kanarienvogel", "").await;
    w.restrict("alice", secret, "view", "alice").await;
    assert_eq!(w.form("bob", &format!("/pages/{top}/trash"), &[]).await.status, 303);
    let of = |list: Vec<String>| list.join(" ");
    let (bob, alice) = (w.visit("bob", "/trash").await, w.visit("alice", "/trash").await);
    let (bob, alice) = (of(bob.texts(".trash li")), of(alice.texts(".trash li")));
    assert!(bob.contains('1') && alice.contains('2'), "{bob} / {alice}");
    assert!(alice.contains("Top") && !bob.contains(" 2 "), "{bob} / {alice}");
}

#[tokio::test]
async fn whoever_ends_no_session_has_nobody_asked_for_their_right() {
    let w = World::new().await;
    let asked = || w.app.requests.changes.get_or_create(&Kind { kind: "rights" }).get();
    let end = async || w.form("bob", "/settings/sessions/end", &[]).await.status;
    assert_eq!(end().await, 303);
    let before = asked();
    for _ in 0..3 {
        assert_eq!(end().await, 303);
    }
    assert_eq!(asked(), before);
}

#[tokio::test]
async fn whoever_writes_without_end_is_told_to_wait() {
    let w = World::with(|config| config.limits = true).await;
    let sound = [("sound", "on"), ("next", "/")];
    let mut refused = None;
    for _ in 0..2000 {
        let answer = w.form("bob", "/settings/sound", &sound).await;
        if answer.status != 303 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("nobody said stop");
    assert_eq!(refused.status, 429, "{}", refused.body);
    assert!(refused.headers.contains_key("retry-after"));
    assert_eq!(w.form("alice", "/settings/sound", &sound).await.status, 303);
}

/// Texts that have brought other chats down.
fn bombs() -> Vec<String> {
    vec![
        format!("e{}", "\u{301}".repeat(50_000)),
        "\u{1f44d}".repeat(10_000),
        "> ".repeat(5_000),
        "*_[{{(".repeat(5_000),
        "x".repeat(1_000_000),
        "@bob ".repeat(20_000),
        // Few enough that each is asked for.
        "@bob ".repeat(500),
        "https://example.org/ ".repeat(10_000),
        ":) ".repeat(20_000),
        "|a|\n".repeat(20_000),
        "a\n".repeat(100_000),
    ]
}

#[tokio::test]
async fn a_bomb_of_a_message_is_a_paste_and_weighs_little() {
    let w = World::new().await;
    let mut carol = w.listen("carol").await;
    let bombs = bombs();
    for bomb in &bombs {
        let mid = w.post("bob", bomb).await;
        let event = carol.next().await;
        let start: String = bomb.chars().take(9).collect();
        assert!(event.has(&format!("#m{mid}[data-kind=paste]")), "{start}");
        assert!(event.data.len() < 20_000, "{start}: {} bytes", event.data.len());
    }
    let most = 20_000 * bombs.len();
    let day = w.get("carol", &format!("/rooms/{}/transcripts/2026-11-22", w.tea)).await.location();
    // What today's page asks for every few seconds.
    let again = w.ask(get(&day).by("carol").htmx()).await;
    assert!(again.has("#log [data-kind=paste]"));
    for page in [w.window("carol").await, again, w.get("carol", "/search?q=example").await] {
        assert_eq!(page.status, 200);
        assert!(page.body.len() < most, "{} bytes", page.body.len());
    }
    // The page of a day has for programs what everybody typed, all of it, once.
    let typed: usize = bombs.iter().map(String::len).sum();
    let whole = w.get("carol", &day).await;
    assert!(whole.has("#record") && whole.body.len() > typed);
    assert!(whole.body.len() < most + 2 * typed, "{} bytes", whole.body.len());
}

#[tokio::test]
async fn a_bomb_of_a_page_grows_no_more_than_it_may() {
    let w = World::new().await;
    // What a name stands for may be far longer than what was typed.
    let long = "\"".repeat(100);
    roster::set_display(&w.app, &Mandate::operator(), "bob", &long).await.unwrap();
    for (n, bomb) in bombs().iter().enumerate() {
        let page = w.page("bob", &format!("Bomb {n}"), bomb).await;
        let shown = w.visit("carol", &format!("/pages/{page}")).await;
        assert_eq!(shown.status, 200, "{n}");
        let most = 20 * bomb.len() + 50_000;
        assert!(shown.body.len() < most, "{n}: {} of {} bytes", shown.body.len(), bomb.len());
    }
}

#[tokio::test]
async fn large_pages_keep_nobody_from_reading_others() {
    let w = World::new().await;
    // Of two bytes each, cells and items are far larger than their text.
    let body =
        format!("{}\n\n{}\n[the kettle|Tea]", "|a|b\n".repeat(100_000), "* a\n".repeat(100_000));
    let large = w.page("alice", "Large", &body).await;
    let mut asked = Vec::new();
    for _ in 0..8 {
        let mut socket = TcpStream::connect(&w.address).await.unwrap();
        let (host, token) = (&w.address, w.token("carol"));
        let request = format!(
            "GET /pages/{large} HTTP/1.1\r\nhost: {host}\r\ncookie: sid={token}\r\n\
             connection: close\r\n\r\n"
        );
        socket.write_all(request.as_bytes()).await.unwrap();
        asked.push(socket);
    }
    for _ in 0..4 {
        let other = w.get("bob", &format!("/pages/{}", w.tea)).await;
        assert_eq!(other.status, 200, "{}", other.body);
    }
    let mut n_read = 0;
    for mut socket in asked {
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        if answer.starts_with("HTTP/1.1 200") {
            n_read += 1;
            // The names in it are known, and nothing is lost where there are too many cells.
            let link = format!("href=\"/pages/{}\">the kettle</a>", w.tea);
            assert!(answer.contains(&link) && answer.contains("|a|b"), "{}", answer.len());
        } else {
            // So many are too many, which is said.
            assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
            assert!(answer.contains("retry-after: 1\r\n") && answer.contains("busy"), "{answer}");
        }
    }
    assert!(n_read > 0);
}

#[tokio::test]
async fn a_search_for_very_many_words_keeps_nobody_from_reading() {
    let w = World::new().await;
    let letters = 'a'..='p';
    let words: Vec<String> =
        letters.clone().flat_map(|a| letters.clone().map(move |b| format!("e{a}{b}"))).collect();
    let words = words.get(..240).unwrap().join(" ");
    // Each word begins like all the others, and like all that stands before them.
    let text = format!("{}{words}", "é ".repeat(20_000));
    for _ in 0..10 {
        w.post("bob", &text).await;
    }
    let mut asked = Vec::new();
    for _ in 0..4 {
        let mut socket = TcpStream::connect(&w.address).await.unwrap();
        let request = format!(
            "GET /search?q=%22{}%22 HTTP/1.1\r\nhost: {}\r\ncookie: sid={}\r\n\
             connection: close\r\n\r\n",
            words.replace(' ', "+"),
            w.address,
            w.token("carol")
        );
        socket.write_all(request.as_bytes()).await.unwrap();
        asked.push(socket);
    }
    for _ in 0..4 {
        let other = w.get("bob", &format!("/pages/{}", w.tea)).await;
        assert_eq!(other.status, 200, "{}", other.body);
    }
    for mut socket in asked {
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("<mark>eaa</mark>"));
    }
}

#[tokio::test]
async fn a_day_of_long_messages_is_shown_as_far_as_it_goes_and_the_rest_leads_on() {
    let w = World::new().await;
    let code = |n: usize| format!("{{code}}\n{n:04} {}\n{{code}}", "&".repeat(16_000));
    for n in 0..60 {
        w.post("bob", &code(n)).await;
    }
    let day = w.get("carol", &format!("/rooms/{}/transcripts/2026-11-22", w.tea)).await.location();
    let day = w.get("carol", &day).await;
    // As they are rendered, and once more as they were typed; each of them is five times as long in HTML.
    assert!(day.status == 200 && day.body.len() < 12 << 20, "{}", day.body.len());
    assert!(day.body.contains("&amp;&amp;&amp;") && day.body.contains("id=\"record\""));
    let cut = day.body.find("/history\">All of it</a>").unwrap();
    let from = day.body.get(..cut).unwrap().rfind("href=\"").unwrap() + "href=\"".len();
    let path = format!("{}/history", day.body.get(from..cut).unwrap());
    let one = w.get("carol", &path).await;
    assert!(one.body.contains(&"&amp;".repeat(16_000)), "{path}");
}

#[tokio::test]
async fn a_long_page_is_saved_while_others_are_read_and_no_draft_is_lost_where_many_are_saved() {
    let w = World::new().await;
    let long = "a ".repeat(64 << 10);
    let page = w.page("bob", "Long", "short").await;
    let path = format!("/pages/{page}");
    let (reads, ()) = w.app.texts.read(long.clone(), |_| ()).await.unwrap();
    let first = [("title", "Long"), ("body", &*long), ("version", "1")];
    assert_eq!(w.form("bob", &path, &first).await.status, 303);
    drop(reads);
    let (saves, ()) = w.app.texts.prepare(long.clone(), |_| ()).await.unwrap();
    let again = [("title", "Long"), ("body", &*long), ("version", "2")];
    let refused = w.form("bob", &path, &again).await;
    assert_eq!(refused.status, 503);
    assert_eq!(refused.text("textarea[name=body]").trim(), long.trim());
    drop(saves);
}
