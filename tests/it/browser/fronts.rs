//! People behind the real nginx and the real Caddy, as these are without a word about streams.

use std::time::Instant;

use super::connection::WELL;
use super::stage::{play, until};
use crate::front::{self, Front, KINDS, Kind};

#[test]
fn people_talk_through_each_proxy_as_it_comes() {
    if front::is_skipped() {
        return;
    }
    play(async |stage| {
        for kind in KINDS {
            let port = front::free_port();
            let site = front::plain(kind, port, stage.server.address());
            let _front = Front::start(kind, port, &site);
            let room = stage.server.page("WORK", &format!("Behind {kind:?}"), "{chat:Talk}");
            let (room, origin) = (format!("/rooms/{room}"), format!("http://127.0.0.1:{port}"));
            let (alice, bob) = (
                stage.stranger_at("alice", origin.clone()).await,
                stage.stranger_at("bob", origin).await,
            );
            for person in [&alice, &bob] {
                // The proxy goes before its visitors do.
                person.may_lose_the_server();
                person.log_in(&room).await;
                person.is_listening().await;
            }
            for n in 0..5 {
                alice.say(&format!("alice {n}")).await;
                bob.sees(&format!("alice {n}")).await;
                bob.say(&format!("bob {n}")).await;
                alice.sees(&format!("bob {n}")).await;
            }
            assert_eq!(alice.log().await, bob.log().await);
            // It was the streams that told.
            for person in [&alice, &bob] {
                assert!(person.is("document.getElementById('tries').value === '0'").await);
            }
        }
    });
}

#[test]
fn a_window_goes_from_its_stream_to_polls_and_back_as_its_proxy_allows() {
    if front::is_skipped() {
        return;
    }
    play(async |stage| {
        let port = front::free_port();
        let plain = front::plain(Kind::Nginx, port, stage.server.address());
        let stubborn = front::stubborn(port, stage.server.address());
        let front = Front::start(Kind::Nginx, port, &plain);
        let bob = stage.server.log_in("bob").await;
        let alice = stage.in_room_by("alice", format!("http://127.0.0.1:{port}")).await;
        alice.may_lose_the_server();
        alice.is_listening().await;
        let loaded = alice.js("performance.timeOrigin").await;
        let mut said: Vec<String> = Vec::new();
        let mut hear = async |what: &str| {
            said.push(format!("{what} {}", said.len()));
            bob.say(stage.room, said.last().unwrap()).await;
            let begun = Instant::now();
            alice.sees(said.last().unwrap()).await;
            eprintln!("{what}: {:?}", begun.elapsed());
        };
        for _ in 0..2 {
            hear("by the stream").await;
            hear("by the stream").await;
            front.reload(&stubborn);
            // The stream is gone, and the next one brings nothing.
            hear("when it is held back").await;
            alice.until("to poll", "Number(document.getElementById('tries').value) > 0").await;
            for _ in 0..3 {
                hear("by a poll").await;
            }
            front.reload(&plain);
            hear("when it is let through").await;
            let begun = Instant::now();
            until("alice: to have her stream again", async || {
                // Who polls hears at once, and asks whether the stream is well.
                hear("on the way back").await;
                alice.is(WELL).await
            })
            .await;
            eprintln!("the stream is back after {:?}", begun.elapsed());
        }
        assert_eq!(alice.log().await, said);
        assert_eq!(alice.js("performance.timeOrigin").await, loaded);
    });
}
