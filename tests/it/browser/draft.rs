//! What was typed is not lost, whatever becomes of it.

use super::person::ENTER;
use super::proxy::{Proxy, Way};
use super::stage::play;

const ERROR: &str = "document.getElementById('error').innerText.trim()";

#[test]
fn a_draft_survives_a_refusal() {
    play(async |stage| {
        let alice = stage.in_room("alice").await;
        alice.may_hear("status of 413");
        alice.may_hear("status of 422");
        let set = "(box => { box.value = TEXT; box.dispatchEvent(new Event('input')) })(document.getElementById('box'))";
        // More than the largest paste.
        alice.js(&set.replace("TEXT", r"('x'.repeat(99) + '\n').repeat(11000)")).await;
        alice.press(ENTER).await;
        alice
            .until("to be told that it is too long", &format!("{ERROR}.includes('too long')"))
            .await;
        assert_eq!(alice.draft().await.len(), 1_100_000);
        alice.screenshot("refused-too-long").await;

        // Nothing but a control character: to the server that is nothing.
        alice.js(&set.replace("TEXT", r"'\u0001'")).await;
        alice.press(ENTER).await;
        alice.until("to be told to write", &format!("{ERROR}.includes('Write something')")).await;
        assert_eq!(alice.draft().await, "\u{1}");

        alice.js(&set.replace("TEXT", "'short'")).await;
        alice.press(ENTER).await;
        alice.sees("short").await;
        assert_eq!(alice.log().await, ["short"]);
        assert_eq!(alice.text(ERROR).await, "");
        assert_eq!(alice.draft().await, "");
    });
}

#[test]
fn a_draft_survives_a_server_that_fails_and_one_that_is_away() {
    play(async |stage| {
        let proxy = Proxy::before(stage.server.address()).await;
        let alice = stage.in_room_by("alice", proxy.origin()).await;
        alice.may_hear("status of 500");
        alice.may_lose_the_server();
        alice.is_listening().await;
        for (way, text) in [(Way::FailForms, "not lost"), (Way::Cut, "nor this")] {
            proxy.set(way);
            alice.write(text).await;
            alice.write(ENTER).await;
            alice.until("to be told that it was not sent", ERROR).await;
            assert_eq!(alice.draft().await, text);
            assert!(!alice.log().await.contains(&text.to_owned()));
            proxy.set(Way::Open);
            alice.write(ENTER).await;
            alice.sees(text).await;
            assert_eq!(alice.draft().await, "");
        }
        assert_eq!(alice.log().await, ["not lost", "nor this"]);
    });
}

#[test]
fn what_is_typed_while_a_message_is_on_its_way_is_kept_apart() {
    play(async |stage| {
        let proxy = Proxy::before(stage.server.address()).await;
        let alice = stage.in_room_by("alice", proxy.origin()).await;
        alice.may_lose_the_server();
        alice.is_listening().await;
        // Delivered, and the answer lost: whether it was posted nobody knows.
        proxy.set(Way::NoAnswers);
        alice.write("first").await;
        alice.write(ENTER).await;
        assert_eq!(alice.draft().await, "");
        alice.write("second").await;
        proxy.set(Way::Cut);
        alice.until("to be told that it was not sent", ERROR).await;
        proxy.set(Way::Open);
        // It had been posted: it comes by the stream.
        alice.sees("first").await;
        assert!(alice.draft().await.ends_with("second"));
    });
}

#[test]
fn a_draft_survives_an_expired_session_and_a_reload() {
    play(async |stage| {
        let alice = stage.in_room("alice").await;
        alice.may_hear("status of 401");
        alice.is_listening().await;
        alice.write("a long thought").await;
        alice.browser.refresh().await.unwrap();
        alice.until("the box to be filled again", "document.getElementById('box')?.value").await;
        assert_eq!(alice.draft().await, "a long thought");

        alice.browser.delete_cookie("sid").await.unwrap();
        alice.write(ENTER).await;
        alice.until("to be asked to log in", "document.querySelector('#signin dialog')").await;
        alice.screenshot("expired-session").await;
        assert_eq!(alice.draft().await, "a long thought");
        alice.fill_in_login().await;
        alice.until("the room again", "!document.querySelector('#signin dialog')").await;
        assert_eq!(alice.draft().await, "a long thought");
        alice.write(ENTER).await;
        alice.sees("a long thought").await;
        assert_eq!(alice.log().await, ["a long thought"]);
        alice.browser.refresh().await.unwrap();
        alice.sees("a long thought").await;
        assert_eq!(alice.draft().await, "", "what was sent is no draft any more");
    });
}
