//! Streams and long-polls: what an open window hears.

use std::time::Duration;

use hyper::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::world::{Ask, NOBODY, World, get};

#[tokio::test]
async fn the_first_frame_brings_the_panels_and_no_id() {
    let w = World::new().await;
    w.post("bob", "hello").await;
    let mut carol = w.listen("carol").await;
    let first = carol.frame().await;
    assert!(first.is_panel(), "{first:?}");
    assert!(first.has("[hx-target='#people']"), "{first:?}");
    assert!(first.has("[hx-target='#transcripts'] time[datetime='2026-11-22']"), "{first:?}");
}

#[tokio::test]
async fn a_stream_says_what_it_is() {
    let w = World::new().await;
    let carol = w.listen("carol").await;
    assert_eq!(carol.status, 200);
    let head = carol.head.to_lowercase();
    for line in [
        "content-type: text/event-stream",
        "x-accel-buffering: no",
        "x-content-type-options: nosniff",
    ] {
        assert!(head.contains(&format!("\r\n{line}\r\n")), "{head}");
    }
    for word in ["no-store", "no-transform"] {
        assert!(head.contains(word), "{head}");
    }
}

#[tokio::test]
async fn a_window_comes_back_and_misses_nothing() {
    let w = World::new().await;
    let mut carol = w.listen("carol").await;
    w.post("bob", "one").await;
    let seen = carol.next().await.id.unwrap();
    drop(carol);
    w.post("bob", "two").await;
    w.post("alice", "three").await;
    let mut carol = resumed(&w, "carol", "", &seen).await;
    assert_eq!(carol.next().await.said(), ["two"]);
    assert_eq!(carol.next().await.said(), ["three"]);
    w.post("bob", "four").await;
    assert_eq!(carol.next().await.said(), ["four"]);
}

#[tokio::test]
async fn the_header_of_a_reconnect_knows_better_than_the_address() {
    let w = World::new().await;
    let old = w.window("carol").await.cursor();
    w.post("bob", "one").await;
    let new = w.window("carol").await.cursor();
    w.post("bob", "two").await;
    let mut by_address = w.listen_after("carol", &old).await;
    assert_eq!(by_address.next().await.said(), ["one"]);
    let mut by_header = resumed(&w, "carol", &old, &new).await;
    assert_eq!(by_header.next().await.said(), ["two"]);
    let mut by_nothing = resumed(&w, "carol", &old, " ").await;
    assert_eq!(by_nothing.next().await.said(), ["one"]);
}

#[tokio::test]
async fn without_a_cursor_a_stream_begins_now() {
    let w = World::new().await;
    w.post("bob", "before").await;
    let mut carol = w.listen("carol").await;
    w.post("bob", "after").await;
    assert_eq!(carol.next().await.said(), ["after"]);
}

#[tokio::test]
async fn what_is_no_cursor_is_refused() {
    let w = World::new().await;
    for odd in ["x", "1", "-1", "a-b", "a--1", "a-1-2", "a-99999999999999999999", "a-1%0Ax"] {
        let path = format!("/rooms/{}/stream?after={odd}", w.tea);
        assert_eq!(w.get("carol", &path).await.status, 400, "{odd}");
        let path = format!("/rooms/{}/poll?after={odd}", w.tea);
        assert_eq!(w.get("carol", &path).await.status, 400, "{odd}");
    }
    let path = format!("/rooms/{}/stream", w.tea);
    for odd in ["x", "\u{e4}-1"] {
        let asked = get(&path).by("carol").header("last-event-id", odd);
        assert_eq!(w.ask(asked).await.status, 400, "{odd}");
    }
}

#[tokio::test]
async fn a_cursor_of_another_copy_of_the_file_makes_the_window_load_anew() {
    let w = World::new().await;
    w.post("bob", "one").await;
    let cursor = w.window("carol").await.cursor();
    let (epoch, seq) = cursor.split_once('-').unwrap();
    let ahead = format!("{epoch}-{}", seq.parse::<i64>().unwrap() + 1);
    for odd in ["0ther-1", &ahead] {
        let mut carol = w.listen_after("carol", odd).await;
        assert_eq!(carol.next().await.name.as_deref(), Some("reload"), "{odd}");
        let poll = w.get("carol", &format!("/rooms/{}/poll?after={odd}", w.tea)).await;
        assert_eq!((poll.status, poll.header("hx-trigger")), (200, "reload"), "{odd}");
    }
}

#[tokio::test]
async fn a_reader_who_is_far_behind_loads_anew() {
    let w = World::new().await;
    let begin = w.window("carol").await.cursor();
    for n in 0..300 {
        w.post("bob", &format!("m{n}")).await;
    }
    let mut near = w.listen_after("carol", &begin).await;
    assert_eq!(near.next().await.said(), ["m0"]);
    w.post("bob", "one too many").await;
    let mut far = w.listen_after("carol", &begin).await;
    assert_eq!(far.next().await.name.as_deref(), Some("reload"));
    // It is told, not cut off.
    w.post("bob", "and on").await;
    assert_eq!(far.next().await.said(), ["and on"]);
}

/// Each who comes back may have an own copy of what was missed.
#[tokio::test]
async fn a_reader_who_missed_very_much_text_loads_anew() {
    let w = World::new().await;
    let begin = w.window("carol").await.cursor();
    let long = format!("{{noformat}}\nthe beginning\n{}\n{{noformat}}", "word ".repeat(3_000));
    let post_until = async |bytes: usize, posted: &mut usize| {
        while *posted < bytes {
            w.post("bob", &long).await;
            *posted += long.len();
        }
    };
    let mut posted = 0;
    post_until(900 << 10, &mut posted).await;
    let mut near = w.listen_after("carol", &begin).await;
    assert!(near.next().await.said()[0].starts_with("the beginning"));
    post_until(1100 << 10, &mut posted).await;
    let mut far = w.listen_after("carol", &begin).await;
    assert_eq!(far.next().await.name.as_deref(), Some("reload"));
}

#[tokio::test]
async fn what_is_posted_between_the_page_and_its_stream_shows_once() {
    let w = World::new().await;
    w.post("bob", "one").await;
    let window = w.window("carol").await;
    w.post("bob", "two").await;
    let connect = window.attributes("#stream", "hx-sse:connect");
    let mut carol = w.listen_to(&connect[0], "carol", &[]).await;
    w.post("bob", "three").await;
    assert_eq!(window.said(), ["one"]);
    assert_eq!(carol.next().await.said(), ["two"]);
    assert_eq!(carol.next().await.said(), ["three"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn windows_that_open_while_others_write_get_each_message_once() {
    const N: i64 = 150;
    let w = World::new().await;
    let write = async {
        for n in 1..=N {
            w.post("bob", &n.to_string()).await;
        }
    };
    let read = async {
        let mut windows = Vec::new();
        while windows.len() < 12 {
            let cursor = w.window("carol").await.cursor();
            let seen: i64 = cursor.split_once('-').unwrap().1.parse().unwrap();
            windows.push((seen, w.listen_after("carol", &cursor).await));
        }
        windows
    };
    let ((), windows) = tokio::join!(write, read);
    for (seen, mut window) in windows {
        for n in seen + 1..=N {
            assert_eq!(window.next().await.said(), [n.to_string()], "began at {seen}");
        }
    }
}

#[tokio::test]
async fn what_was_removed_meanwhile_reaches_a_window_that_comes_back() {
    let w = World::new().await;
    let mid = w.post("bob", "a slip").await;
    let kept = w.window("carol").await.cursor();
    let unseen = w.post("bob", "another slip").await;
    w.remove("bob", mid).await;
    w.remove("bob", unseen).await;
    let mut carol = w.listen_after("carol", &kept).await;
    // What the window shows is replaced in its place; what it never saw comes as a tombstone.
    assert!(carol.next().await.has(&format!("[hx-target='#m{mid}'] li[data-removed]")));
    let event = carol.next().await;
    assert!(event.has(&format!("li#m{unseen}[data-removed]")), "{event:?}");
    assert!(!event.has("[hx-target]"), "{event:?}");
}

#[tokio::test]
async fn others_hear_a_message_and_its_author_does_not() {
    let w = World::new().await;
    let (mut bob, mut carol) = (w.listen("bob").await, w.listen("carol").await);
    w.post("bob", "hello").await;
    assert!(carol.next().await.has("[hx-target='#beep'] audio[autoplay]"));
    assert!(!bob.next().await.has("audio"));
    w.post("alice", "hello bob").await;
    assert!(bob.next().await.has("[hx-target='#beep'] audio[autoplay]"));
}

#[tokio::test]
async fn a_removal_and_what_was_missed_make_no_sound() {
    let w = World::new().await;
    let begin = w.window("carol").await.cursor();
    let mid = w.post("bob", "hello").await;
    let mut carol = w.listen_after("carol", &begin).await;
    assert!(!carol.next().await.has("audio"));
    w.remove("bob", mid).await;
    assert!(!carol.next().await.has("audio"));
}

#[tokio::test]
async fn who_switched_sound_off_hears_nothing() {
    let w = World::new().await;
    let switch = "#panel button[role=switch]";
    assert_eq!(w.window("carol").await.attributes(switch, "aria-checked"), ["true"]);
    let path = format!("/rooms/{}", w.tea);
    let off = w.form("carol", "/settings/sound", &[("sound", "off"), ("next", &path)]).await;
    assert_eq!((off.status, off.location()), (303, path));
    assert_eq!(w.window("carol").await.attributes(switch, "aria-checked"), ["false"]);
    let (mut carol, mut robo) = (w.listen("carol").await, w.listen("robo").await);
    w.post("bob", "hello").await;
    assert!(robo.next().await.has("audio"));
    assert!(!carol.next().await.has("audio"));
    w.form("carol", "/settings/sound", &[("sound", "on")]).await;
    let mut carol = w.listen("carol").await;
    w.post("bob", "hello").await;
    assert!(carol.next().await.has("audio"));
    assert_eq!(w.form(NOBODY, "/settings/sound", &[("sound", "off")]).await.status, 401);
}

#[tokio::test]
async fn no_carriage_return_is_on_the_wire_whatever_is_posted() {
    let w = World::new().await;
    let carol = w.listen("carol").await;
    w.post("bob", "a\rb\r\nc\n\rd").await;
    w.post("bob", "{{x\r\n\r\nid: 9-9\r\nevent: ended}}").await;
    w.post("bob", "{noformat}\r\nid: 9-9\r\n\r\nevent: ended\r\n{noformat}").await;
    w.page("bob", "Other\rtitle", "{chat:A\rB}").await;
    w.edit("bob", w.tea, "Tea", "closed").await;
    w.rights("alice", "alice", "alice").await;
    let bytes = carol.bytes().await;
    let text = String::from_utf8(bytes).unwrap();
    assert!(!text.contains('\r'), "{text:?}");
    let ids = text.lines().filter(|line| line.starts_with("id:")).count();
    assert_eq!(ids, 3, "{text}");
    let ends = text.lines().filter(|line| *line == "event: ended").count();
    assert_eq!(ends, 1, "{text}");
}

#[tokio::test]
async fn a_changed_macro_makes_open_windows_load_anew() {
    let w = World::new().await;
    let mut carol = w.listen("carol").await;
    w.edit("bob", w.tea, "Tea", "{chat:Coffee}").await;
    assert_eq!(carol.next().await.name.as_deref(), Some("reload"));
    w.edit("bob", w.tea, "Tea", "no chat").await;
    assert_eq!(carol.next().await.name.as_deref(), Some("reload"));
}

#[tokio::test]
async fn what_happens_in_one_room_is_not_heard_in_another() {
    let w = World::new().await;
    let coffee = w.page("bob", "Coffee", "{chat}").await;
    let mut tea = w.listen("carol").await;
    w.post_in(coffee, "bob", "for coffee").await;
    w.post("bob", "for tea").await;
    let event = tea.next().await;
    assert_eq!(event.said(), ["for tea"]);
    // Nor is it counted there: cursors would tell of it.
    assert!(event.id.unwrap().ends_with("-1"));
}

#[tokio::test]
async fn a_stopping_server_just_closes_and_the_window_goes_on_with_the_next() {
    let w = World::new().await;
    let mut carol = w.listen("carol").await;
    w.post("bob", "one").await;
    let seen = carol.next().await.id.unwrap();
    let w = w.restart().await;
    assert_eq!(carol.rest().await, []);
    w.post("bob", "two").await;
    assert_eq!(resumed(&w, "carol", "", &seen).await.next().await.said(), ["two"]);
}

#[tokio::test]
async fn who_may_not_read_gets_no_stream() {
    let w = World::new().await;
    for part in ["stream", "poll"] {
        let path = format!("/rooms/{}/{part}", w.tea);
        assert_eq!(w.get("mallory", &path).await.status, 404);
        assert_eq!(w.get(NOBODY, &path).await.status, 401);
        assert_eq!(w.get(NOBODY, &format!("/rooms/999/{part}")).await.status, 401);
    }
}

#[tokio::test]
async fn a_head_request_gets_no_stream_and_an_old_http_gets_one() {
    let w = World::new().await;
    let path = format!("/rooms/{}/stream", w.tea);
    let head = w.ask(Ask::new(Method::HEAD, &path).by("carol")).await;
    assert_eq!((head.status, head.header("content-type")), (200, "text/event-stream"));
    let mut socket = tokio::net::TcpStream::connect(&w.address).await.unwrap();
    let cookie = w.token("carol");
    let request =
        format!("GET {path} HTTP/1.0\r\nhost: {}\r\ncookie: sid={cookie}\r\n\r\n", w.address);
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let event = async {
        while !answer.ends_with(b"\n\n\r\n") {
            assert_ne!(socket.read_buf(&mut answer).await.unwrap(), 0, "it has ended");
        }
    };
    tokio::time::timeout(Duration::from_secs(10), event).await.expect("an event");
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.starts_with("HTTP/1.0 200") && answer.contains("data: "), "{answer}");
    assert!(!answer.to_lowercase().contains("transfer-encoding"), "{answer}");
}

#[tokio::test]
async fn a_browser_with_six_connections_has_four_of_them_held() {
    let w = World::new().await;
    let (stream, poll) = (format!("/rooms/{}/stream", w.tea), format!("/rooms/{}/poll", w.tea));
    // In the upper half is what windows of one browser have in common.
    let window = |n: u32| (7 << 16 | n).to_string();
    let mut held = Vec::new();
    for n in 1..=4 {
        held.push(w.listen_to(&stream, "carol", &[("window", &window(n))]).await);
        held.last_mut().unwrap().frame().await;
    }
    let fifth = async |path: &str| w.ask(get(path).by("carol").header("window", &window(5))).await;
    let ends = w.listen_to(&stream, "carol", &[("window", &window(5))]).await;
    assert!(ends.head.to_lowercase().contains("\r\ncontent-length: "), "{}", ends.head);
    let crowded = fifth(&stream).await;
    // As on every stream, no event has a name but two; this one says it by the heartbeat's field.
    assert!(crowded.body.starts_with("data: <input id=\"alive\""), "{}", crowded.body);
    assert!(crowded.body.contains(" data-crowded "), "{}", crowded.body);
    assert!(!crowded.body.contains("hx-sse:connect"), "{}", crowded.body);
    // It asks now and then, and is never kept waiting.
    let asks = format!("{poll}?tries=4");
    let answer = fifth(&asks).await;
    assert_eq!(answer.header("hx-trigger"), "later");
    assert!(!answer.body.contains("hx-sse:connect"), "{}", answer.body);
    // Another browser has connections of its own, and who speaks HTTP/2 has enough.
    for other in [8 << 16 | 1, 1] {
        let mut other = w.listen_to(&stream, "carol", &[("window", &other.to_string())]).await;
        assert!(other.frame().await.is_panel());
    }
    held.pop();
    // When the server has seen that one is gone, the window is given its stream.
    while !fifth(&asks).await.body.contains("hx-sse:connect") {
        tokio::task::yield_now().await;
    }
    let mut fifth = w.listen_to(&stream, "carol", &[("window", &window(5))]).await;
    assert!(fifth.frame().await.is_panel());
}

async fn resumed(w: &World, who: &str, after: &str, last: &str) -> crate::world::Listener {
    let path = format!("/rooms/{}/stream?after={after}", w.tea);
    w.listen_to(&path, who, &[("last-event-id", last)]).await
}
