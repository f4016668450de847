//! Whatever happens to the connection: every message once, in order, and without a reload.

use std::time::Duration;

use super::proxy::{Proxy, Way};
use super::stage::{play, until_within};

/// Changes when the document is loaded anew.
const LOADED: &str = "performance.timeOrigin";
/// The window says that it is cut off. It takes a second to say so.
const OFFLINE: &str =
    "document.getElementById('offline').checkVisibility({ visibilityProperty: true })";
/// The stream was heard of lately, and the long-poll knows it.
pub const WELL: &str = "document.getElementById('tries').value === '0' \
                    && Number(document.getElementById('alive').value) > Date.now() - 15000";

#[test]
fn messages_of_a_dropped_connection_arrive_once_and_in_order() {
    play(async |stage| {
        let proxy = Proxy::before(stage.server.address()).await;
        let bob = stage.server.log_in("bob").await;
        let alice = stage.in_room_by("alice", proxy.origin()).await;
        alice.may_lose_the_server();
        alice.is_listening().await;
        let loaded = alice.js(LOADED).await;
        let mut said = Vec::new();
        for way in [Way::Cut, Way::CutInTheMiddle, Way::Cut, Way::CutInTheMiddle] {
            for _ in 0..3 {
                said.push(format!("message {}", said.len()));
                bob.say(stage.room, said.last().unwrap()).await;
            }
            alice.sees(said.last().unwrap()).await;
            proxy.set(way);
            for _ in 0..3 {
                said.push(format!("message {}", said.len()));
                bob.say(stage.room, said.last().unwrap()).await;
            }
            assert!(!alice.log().await.contains(said.last().unwrap()));
            proxy.set(Way::Open);
            alice.sees(said.last().unwrap()).await;
            assert_eq!(alice.log().await, said, "after {way:?}");
        }
        assert_eq!(alice.js(LOADED).await, loaded);
        alice.say("and I can write").await;
    });
}

#[test]
fn a_connection_that_dies_silently_is_noticed() {
    play(async |stage| {
        let proxy = Proxy::before(stage.server.address()).await;
        proxy.be_impatient();
        let bob = stage.server.log_in("bob").await;
        let alice = stage.in_room_by("alice", proxy.origin()).await;
        alice.may_lose_the_server();
        alice.is_listening().await;
        let loaded = alice.js(LOADED).await;
        bob.say(stage.room, "before").await;
        alice.sees("before").await;
        // What is open now delivers nothing any more and does not end; what comes later does.
        proxy.set(Way::Swallow);
        bob.say(stage.room, "one").await;
        bob.say(stage.room, "two").await;
        proxy.set(Way::Open);
        until_within(Duration::from_mins(1), "alice: to see what was swallowed", async || {
            alice.log().await.len() == 3
        })
        .await;
        bob.say(stage.room, "after").await;
        alice.sees("after").await;
        assert_eq!(alice.log().await, ["before", "one", "two", "after"]);
        assert_eq!(alice.js(LOADED).await, loaded);
    });
}

#[test]
fn where_streams_never_arrive_the_long_poll_delivers_until_they_do() {
    play(async |stage| {
        let proxy = Proxy::before(stage.server.address()).await;
        proxy.be_impatient();
        proxy.set(Way::NoStreams);
        let bob = stage.server.log_in("bob").await;
        let alice = stage.in_room_by("alice", proxy.origin()).await;
        alice.may_lose_the_server();
        let loaded = alice.js(LOADED).await;
        let mut said = vec!["first".to_owned()];
        bob.say(stage.room, "first").await;
        until_within(Duration::from_secs(40), "alice: to poll", async || alice.log().await == said)
            .await;
        // From here on each waits for the next: well within the patience of a poll.
        for n in 0..7 {
            said.push(format!("polled {n}"));
            bob.say(stage.room, said.last().unwrap()).await;
            alice.sees(said.last().unwrap()).await;
        }
        assert!(!alice.is(WELL).await);
        proxy.set(Way::Open);
        until_within(Duration::from_secs(90), "alice: to have her stream again", async || {
            // Each poll that brings something brings the next try of a stream nearer.
            said.push(format!("cured {}", said.len()));
            bob.say(stage.room, said.last().unwrap()).await;
            alice.sees(said.last().unwrap()).await;
            alice.is(WELL).await
        })
        .await;
        alice.say("well again").await;
        said.push("well again".into());
        assert_eq!(alice.log().await, said);
        assert_eq!(alice.js(LOADED).await, loaded);
    });
}

#[test]
fn the_window_goes_on_by_itself_when_a_killed_server_is_back() {
    play(async |stage| {
        let alice = stage.in_room("alice").await;
        let bob = stage.in_room("bob").await;
        for person in [&alice, &bob] {
            person.may_lose_the_server();
            person.is_listening().await;
        }
        alice.say("before").await;
        bob.sees("before").await;
        let loaded = bob.js(LOADED).await;
        bob.write("half a sen").await;
        stage.server.kill();
        bob.until("to be told", OFFLINE).await;
        bob.screenshot("offline").await;
        stage.server.restart();
        alice.say("after").await;
        bob.sees("after").await;
        bob.until("to be told no more", &format!("!{OFFLINE}")).await;
        assert_eq!(bob.draft().await, "half a sen");
        bob.write("tence").await;
        bob.write(super::person::ENTER).await;
        alice.sees("half a sentence").await;
        for person in [&alice, &bob] {
            assert_eq!(person.log().await, ["before", "after", "half a sentence"]);
        }
        assert_eq!(bob.js(LOADED).await, loaded);
    });
}
