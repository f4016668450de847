//! Many windows of one browser: by HTTP/1.1 it has six connections for all of them, by HTTP/2 as
//! many as they like.

use std::time::{Duration, Instant};

use fantoccini::wd::WindowHandle;
use serde_json::Value;

use super::person::Person;
use super::stage::{Stage, play, play_with, until};
use crate::front::{self, Front, HOST, Kind};

/// How many: two more than a browser has connections.
const N: usize = 8;
/// This window holds a stream.
const STREAMS: &str = "document.getElementById('stream').hasAttribute('hx-sse:connect')";
/// Notes from now on for how long the window means to wait before it takes up its stream again:
/// the only waiting of a window that is not a whole number of milliseconds.
const NOTE_WAITING: &str = "
    const wait = setTimeout;
    window.waited = [];
    window.setTimeout = (then, ms, ...more) => {
        if (!Number.isInteger(ms ?? 0)) waited.push(ms);
        return wait(then, ms, ...more);
    };";

/// Opens the room in as many windows.
async fn open(alice: &Person) -> Vec<WindowHandle> {
    let mut windows = vec![alice.browser.window().await.unwrap()];
    while windows.len() < N {
        windows.push(alice.open_window().await);
        alice.enter().await;
    }
    windows
}

/// How many of the windows hold a stream.
async fn n_streams(alice: &Person, windows: &[WindowHandle]) -> usize {
    let mut n = 0;
    for window in windows {
        alice.look_at(window).await;
        n += usize::from(alice.is(STREAMS).await);
    }
    n
}

/// Each window says something, and each sees all of it, once and in order.
async fn all_talk(stage: &Stage, alice: &Person, windows: &[WindowHandle], said: &mut Vec<String>) {
    let bob = stage.server.log_in("bob").await;
    let mut slowest = (Duration::ZERO, Duration::ZERO);
    for window in windows {
        alice.look_at(window).await;
        said.push(format!("bob says {}", said.len()));
        bob.say(stage.room, said.last().unwrap()).await;
        let begun = Instant::now();
        alice.sees(said.last().unwrap()).await;
        slowest.0 = slowest.0.max(begun.elapsed());
        said.push(format!("from a window {}", said.len()));
        let begun = Instant::now();
        alice.say(said.last().unwrap()).await;
        slowest.1 = slowest.1.max(begun.elapsed());
    }
    for window in windows {
        alice.look_at(window).await;
        alice.sees(said.last().unwrap()).await;
        assert_eq!(&alice.log().await, said);
    }
    eprintln!("the slowest of {} windows saw and said: {slowest:?}", windows.len());
}

#[test]
fn over_http_1_the_seventh_window_keeps_no_other_from_writing() {
    play(async |stage| {
        let alice = stage.in_room("alice").await;
        // On a busy machine eight windows do not get each answer in time: they ask again.
        alice.may_hear("htmx:error: timeout");
        let mut windows = open(&alice).await;
        let mut said = Vec::new();
        until("four windows to hold a stream", async || n_streams(&alice, &windows).await == 4)
            .await;
        all_talk(stage, &alice, &windows, &mut said).await;
        assert_eq!(n_streams(&alice, &windows).await, 4);
        // Where others close, those that asked hold a stream.
        let last = windows.split_off(N / 2);
        for (n, window) in windows.iter().enumerate() {
            alice.look_at(window).await;
            alice.close_window(windows.get(n + 1).unwrap_or(&last[0])).await;
        }
        until("the others to hold a stream", async || n_streams(&alice, &last).await == 4).await;
        all_talk(stage, &alice, &last, &mut said).await;
    });
}

#[test]
fn all_windows_of_one_browser_come_back_after_a_restart_and_not_at_once() {
    play(async |stage| {
        let alice = stage.in_room("alice").await;
        alice.may_lose_the_server();
        let windows = open(&alice).await;
        let mut said = vec!["before".to_owned()];
        alice.say("before").await;
        for window in &windows {
            alice.look_at(window).await;
            alice.sees("before").await;
            alice.browser.execute(NOTE_WAITING, vec![]).await.unwrap();
        }
        stage.server.kill();
        let mut waited = Vec::new();
        for window in &windows {
            alice.look_at(window).await;
            if alice.is(STREAMS).await {
                alice.until("to wait", "waited.length").await;
                waited.extend(alice.js("waited[0]").await.as_f64());
            }
        }
        stage.server.restart();
        all_talk(stage, &alice, &windows, &mut said).await;
        assert_eq!(waited.len(), 4, "{waited:?}");
        waited.sort_by(f64::total_cmp);
        assert!(waited.windows(2).all(|two| two[0] < two[1]), "{waited:?}");
        // 800 ms, up to six tenths more or less.
        assert!(waited.iter().all(|ms| (320.0..=1280.0).contains(ms)), "{waited:?}");
        eprintln!("waited for {waited:?} ms");
    });
}

/// Any number of windows, as we tell people to put a proxy in front.
fn many_windows_behind(kind: Kind) {
    if front::is_skipped() {
        return;
    }
    let port = front::free_port();
    let origin = format!("https://{HOST}:{port}");
    let ours = [("BACKCHANNEL_URL", origin.as_str()), ("BACKCHANNEL_PROXIES", "127.0.0.1")];
    play_with(&ours, async |stage| {
        let site = front::documented(kind, port, stage.server.address());
        let _front = Front::start(kind, port, &site);
        let alice = stage.in_room_by("alice", origin.clone()).await;
        // The proxy goes before its visitors do.
        alice.may_lose_the_server();
        // Nobody turns to another window so often: not every turn is taken note of.
        alice.may_hear("/presence ");
        alice.may_hear("/typing ");
        let windows = open(&alice).await;
        let protocol = "performance.getEntriesByType('navigation')[0].nextHopProtocol";
        assert_eq!(alice.js(protocol).await, Value::from("h2"));
        all_talk(stage, &alice, &windows, &mut Vec::new()).await;
        for window in &windows {
            alice.look_at(window).await;
            alice.is_listening().await;
            assert!(alice.is(STREAMS).await);
            // It was the streams that told.
            assert!(alice.is("document.getElementById('tries').value === '0'").await);
        }
    });
}

#[test]
fn behind_nginx_all_windows_of_one_browser_have_a_stream() {
    many_windows_behind(Kind::Nginx);
}

#[test]
fn behind_caddy_all_windows_of_one_browser_have_a_stream() {
    many_windows_behind(Kind::Caddy);
}
