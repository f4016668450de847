//! People behind the real nginx and the real Caddy, as these are without a word about streams.

use super::stage::play;
use crate::front::{self, Front, KINDS};

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
