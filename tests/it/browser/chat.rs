//! Two people in a room.

use super::person::{ENTER, SHIFT_ENTER};
use super::stage::play;

#[test]
fn both_chat_both_ways() {
    play(async |stage| {
        let alice = stage.in_room("alice").await;
        let bob = stage.in_room("bob").await;
        alice.is_listening().await;
        bob.is_listening().await;
        alice.say("Shall we begin?").await;
        bob.sees("Shall we begin?").await;
        bob.say("We shall.").await;
        alice.sees("We shall.").await;
        alice.say("Then hold the crate.").await;
        bob.sees("Then hold the crate.").await;
        for person in [&alice, &bob] {
            // One's own message comes by the answer and by the stream, and is there once.
            let log = person.log().await;
            assert_eq!(log, ["Shall we begin?", "We shall.", "Then hold the crate."]);
            let authors = "[...document.querySelectorAll('#log .author')].map(a => a.innerText)";
            let authors = person.js(authors).await;
            assert_eq!(authors.as_array().unwrap().len(), 3);
            assert_eq!(authors[0], "Alice Moreau");
            assert_eq!(authors[1], "Bob Tanaka");
            assert!(person.is("/^\\d\\d:\\d\\d$/.test(document.querySelector('#log time:not(.day time)').innerText)").await);
        }
    });
}

#[test]
fn enter_sends_and_shift_enter_breaks_the_line() {
    play(async |stage| {
        let alice = stage.in_room("alice").await;
        // The box has the focus from the start: nothing needs to be clicked.
        alice.press("one").await;
        alice.press(SHIFT_ENTER).await;
        alice.press("two").await;
        assert_eq!(alice.draft().await, "one\ntwo");
        assert!(alice.log().await.is_empty());
        alice.press(ENTER).await;
        alice.sees("one\ntwo").await;
        assert_eq!(alice.draft().await, "");
        assert!(alice.is("document.activeElement.id === 'box'").await);
        // Enter in an empty box sends nothing.
        alice.press(ENTER).await;
        alice.press("three").await;
        alice.press(ENTER).await;
        alice.sees("three").await;
        assert_eq!(alice.log().await, ["one\ntwo", "three"]);
    });
}

#[test]
fn a_browser_that_complains_fails_the_test() {
    play(async |stage| {
        let alice = stage.in_room("alice").await;
        alice.may_hear("violates the following Content Security Policy");
        alice.may_hear("a complaint");
        alice.js("document.head.append(Object.assign(document.createElement('style'), { textContent: 'p{}' }))").await;
        alice.js("console.error('a complaint')").await;
        let heard = alice.hears().await;
        assert!(heard.iter().any(|line| line.contains("Content Security Policy")), "{heard:?}");
        assert!(heard.iter().any(|line| line.contains("a complaint")), "{heard:?}");
    });
}
