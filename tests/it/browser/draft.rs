//! What was typed is not lost, whatever becomes of it.

use super::person::{ENTER, Person};
use super::proxy::{Proxy, Way};
use super::stage::play;

/// The lines of what was not sent, as they look.
const FAILED: &str =
    "[...document.querySelectorAll('#pending [data-failed] p')].map(line => line.innerText)";
const TOLD: &str = "document.getElementById('told').innerText.trim()";
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

/// What was not sent, in order.
async fn failed(person: &Person) -> Vec<String> {
    let lines = person.js(FAILED).await;
    lines.as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned()).collect()
}

async fn until_failed(person: &Person, n: usize) {
    person.until("the line of what was not sent", &format!("{FAILED}.length === {n}")).await;
}

#[test]
fn a_message_that_fails_is_a_line_of_its_own_and_goes_by_itself_later() {
    play(async |stage| {
        let proxy = Proxy::before(stage.server.address()).await;
        let alice = stage.in_room_by("alice", proxy.origin()).await;
        let bob = stage.in_room("bob").await;
        alice.may_hear("status of 500");
        alice.may_lose_the_server();
        alice.is_listening().await;
        bob.is_listening().await;
        for (way, text) in [(Way::FailForms, "not lost"), (Way::Cut, "nor this")] {
            proxy.set(way);
            alice.write(text).await;
            alice.write(ENTER).await;
            until_failed(&alice, 1).await;
            assert_eq!(failed(&alice).await, [text]);
            assert_eq!(alice.draft().await, "", "the box is free for the next");
            assert!(alice.text(TOLD).await.contains("not sent"));
            assert!(!alice.log().await.contains(&text.to_owned()));
            alice.write("and on").await;
            alice.screenshot("failed-line").await;
            proxy.set(Way::Open);
            alice.click("#pending form button:not([type])").await;
            alice.sees(text).await;
            bob.sees(text).await;
            alice.until("the line to go", "!document.querySelector('#pending li')").await;
            assert_eq!(alice.draft().await, "and on");
            alice.js("document.getElementById('box').value = ''").await;
        }
        assert_eq!(bob.log().await, ["not lost", "nor this"]);
    });
}

#[test]
fn what_was_sent_although_nobody_knew_is_not_doubled_by_trying_again() {
    play(async |stage| {
        let proxy = Proxy::before(stage.server.address()).await;
        let alice = stage.in_room_by("alice", proxy.origin()).await;
        let bob = stage.in_room("bob").await;
        alice.may_lose_the_server();
        alice.is_listening().await;
        bob.is_listening().await;
        // Delivered, and the answer lost: whether it was posted nobody knows.
        proxy.set(Way::NoAnswers);
        alice.write("first").await;
        alice.write(ENTER).await;
        assert_eq!(alice.draft().await, "");
        alice.write("second").await;
        bob.sees("first").await;
        proxy.set(Way::Cut);
        until_failed(&alice, 1).await;
        assert_eq!(alice.draft().await, "second", "what was typed since is kept apart");
        proxy.set(Way::Open);
        // It had been posted: it comes by the stream.
        alice.sees("first").await;
        alice.click("#pending form button:not([type])").await;
        alice.until("the line to go", "!document.querySelector('#pending li')").await;
        alice.write(ENTER).await;
        alice.sees("second").await;
        assert_eq!(alice.log().await, ["first", "second"]);
        bob.sees("second").await;
        assert_eq!(bob.log().await, ["first", "second"]);
    });
}

#[test]
fn several_that_fail_keep_their_order_over_a_reload_and_can_be_edited_and_discarded() {
    play(async |stage| {
        let proxy = Proxy::before(stage.server.address()).await;
        let alice = stage.in_room_by("alice", proxy.origin()).await;
        let bob = stage.in_room("bob").await;
        alice.may_hear("status of 500");
        alice.may_lose_the_server();
        bob.say("Which crate?").await;
        alice.sees("Which crate?").await;
        proxy.set(Way::FailForms);
        alice.js("document.querySelector('#log .reply').click()").await;
        alice.until("the quote", "document.querySelector('#reply .quote')").await;
        for text in ["one", "two", "three"] {
            alice.write(text).await;
            alice.write(ENTER).await;
        }
        until_failed(&alice, 3).await;
        assert_eq!(failed(&alice).await, ["one", "two", "three"]);
        alice.write("half a").await;
        for (scheme, width) in [("light", 900), ("dark", 360)] {
            alice.prefers(scheme).await;
            alice.resize(width, 640).await;
            alice.screenshot(&format!("failed-lines-{scheme}-{width}")).await;
            assert!(alice.is("document.documentElement.scrollWidth <= innerWidth").await);
        }
        alice.browser.refresh().await.unwrap();
        until_failed(&alice, 3).await;
        assert_eq!(failed(&alice).await, ["one", "two", "three"]);
        assert_eq!(alice.draft().await, "half a");
        proxy.set(Way::Open);
        alice.click("#pending li:nth-child(2) .discard").await;
        assert_eq!(failed(&alice).await, ["one", "three"]);
        alice.click("#pending li:nth-child(1) form button:not([type])").await;
        bob.sees("one").await;
        let answers = "document.querySelector('#log li:last-child .quote').innerText";
        assert_eq!(
            bob.text(answers).await,
            "Bob Tanaka Which crate?",
            "what it answers went with it"
        );
        until_failed(&alice, 1).await;
        // Back in the box before what was typed since, to be said otherwise.
        alice.click("#pending .back").await;
        assert_eq!(alice.draft().await, "three\nhalf a");
        assert_eq!(failed(&alice).await, [""; 0]);
        alice.write(ENTER).await;
        bob.sees("three\nhalf a").await;
        alice.browser.refresh().await.unwrap();
        alice.sees("three\nhalf a").await;
        assert_eq!(failed(&alice).await, [""; 0]);
    });
}

#[test]
fn what_will_never_be_taken_as_it_is_goes_back_into_the_box() {
    play(async |stage| {
        let proxy = Proxy::before(stage.server.address()).await;
        let bob = stage.in_room_by("bob", proxy.origin()).await;
        let alice = stage.person("alice").await;
        bob.may_hear("status of 500");
        bob.may_lose_the_server();
        bob.may_hear("status of 409");
        bob.is_listening().await;
        proxy.set(Way::FailForms);
        bob.write(&format!("an aside{ENTER}")).await;
        until_failed(&bob, 1).await;
        // Told to nobody's window: it learns of it by being refused.
        proxy.set(Way::Open);
        bob.js("document.getElementById('room').addEventListener('reload', event => event.stopImmediatePropagation(), true)").await;
        alice.go(&format!("/rooms/{}/settings", stage.room)).await;
        alice.click("form[action$='/lock'] button").await;
        alice.until("it to be locked", "document.querySelector('form[action$=\"/unlock\"]')").await;
        bob.click("#pending form button:not([type])").await;
        bob.until("the reason", &format!("{ERROR}.includes('locked')")).await;
        assert_eq!(failed(&bob).await, [""; 0]);
        assert_eq!(bob.draft().await, "an aside");
    });
}

#[test]
fn where_nothing_can_be_kept_messages_are_sent_all_the_same() {
    play(async |stage| {
        let proxy = Proxy::before(stage.server.address()).await;
        let alice = stage.in_room_by("alice", proxy.origin()).await;
        alice.may_hear("status of 500");
        alice.may_lose_the_server();
        alice.js("Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }").await;
        alice.say("one").await;
        proxy.set(Way::FailForms);
        alice.write(&format!("two{ENTER}")).await;
        until_failed(&alice, 1).await;
        proxy.set(Way::Open);
        alice.click("#pending form button:not([type])").await;
        alice.sees("two").await;
        assert_eq!(alice.draft().await, "");
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
        // In the narrowest window too, what was typed and the box stay in sight.
        alice.resize(320, 640).await;
        let free = "document.querySelector('#signin dialog').getBoundingClientRect().bottom <= \
             document.querySelector('#composer').getBoundingClientRect().top";
        assert!(alice.is(free).await);
        alice.resize(1200, 900).await;
        assert_eq!(failed(&alice).await, ["a long thought"]);
        alice.fill_in_login().await;
        alice.until("the room again", "!document.querySelector('#signin dialog')").await;
        until_failed(&alice, 1).await;
        alice.click("#pending form button:not([type])").await;
        alice.sees("a long thought").await;
        assert_eq!(alice.log().await, ["a long thought"]);
        alice.browser.refresh().await.unwrap();
        alice.sees("a long thought").await;
        assert_eq!(alice.draft().await, "", "what was sent is no draft any more");
        assert_eq!(failed(&alice).await, [""; 0]);
    });
}
