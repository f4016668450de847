//! The panel about a room: beside the conversation, or a popover where there is no place.

use super::person::{ENTER, Person};
use super::stage::play;

const ESCAPE: &str = "\u{e00c}";
const FORM: &str = "document.querySelector('#topic-form form')";
const FIELD: &str = "document.querySelector('#topic-form input')";
const OPENER: &str = "document.activeElement === document.querySelector('#topic-edit .opener')";
const OPEN: &str = "document.getElementById('panel').matches(':popover-open')";

async fn sees_topic(person: &Person, topic: &str) {
    for place in ["topic", "topic-here"] {
        let shown = format!("document.getElementById('{place}').innerText === '{topic}'");
        person.until(&format!("to see the topic “{topic}”"), &shown).await;
    }
}

#[test]
fn the_topic_is_edited_in_the_panel_by_keys_alone() {
    play(async |stage| {
        let alice = stage.in_room("alice").await;
        let bob = stage.in_room("bob").await;
        let carol = stage.in_room("carol").await;
        for person in [&alice, &bob, &carol] {
            person.is_listening().await;
        }
        alice.js("document.querySelector('#topic-edit .opener').focus()").await;
        alice.press(ENTER).await;
        alice.until("the field", &format!("document.activeElement === {FIELD}")).await;
        alice.press("Mind the *mirror*").await;
        alice.screenshot("topic-form").await;
        alice.press(ENTER).await;
        alice.until("the form to go", &format!("!{FORM}")).await;
        assert!(alice.is(OPENER).await, "the focus is back where it was");
        for person in [&alice, &bob, &carol] {
            sees_topic(person, "Mind the mirror").await;
        }
        // What somebody else sets meanwhile takes nothing of what is typed away.
        alice.press(ENTER).await;
        alice.until("the field", &format!("{FIELD}?.value === 'Mind the *mirror*'")).await;
        alice.press(" and the crate").await;
        let other = stage.server.log_in("alice").await;
        let path = format!("/rooms/{}/topic", stage.room);
        assert_eq!(other.post(&path, &[("topic", "Dry run")]).await.status, 303);
        sees_topic(&alice, "Dry run").await;
        assert_eq!(alice.text(&format!("{FIELD}.value")).await, "Mind the *mirror* and the crate");
        alice.press(ESCAPE).await;
        alice.until("the form to go", &format!("!{FORM}")).await;
        assert!(alice.is(OPENER).await);
        sees_topic(&bob, "Dry run").await;
        // Refused, it says why beside the field, which keeps what was typed.
        alice.may_hear("status of 422");
        alice.press(ENTER).await;
        alice.until("the field", FIELD).await;
        alice.js(&format!("{FIELD}.value = 'x'.repeat(201)")).await;
        alice.press(ENTER).await;
        alice.until("the reason", "document.querySelector('#topic-error .error')").await;
        assert_eq!(alice.js(&format!("{FIELD}.value.length")).await, 201);
        assert!(alice.is(&format!("document.activeElement === {FIELD}")).await);
        alice.screenshot("topic-refused").await;
        alice.click("#topic-form .cancel").await;
        alice.until("the form to go", &format!("!{FORM}")).await;
    });
}

#[test]
fn in_a_narrow_window_the_panel_is_a_popover_that_escape_closes() {
    play(async |stage| {
        let alice = stage.in_room("alice").await;
        alice.is_listening().await;
        // Beside it where there is place for both, and in the window that opens by itself.
        for (width, beside) in [(1200, true), (720, true), (600, true), (560, false), (360, false)]
        {
            alice.resize(width, 720).await;
            let shown = alice.is("document.getElementById('panel').checkVisibility()").await;
            assert_eq!(shown, beside, "{width} px");
        }
        alice.js("document.querySelector('.panel-opener').focus()").await;
        alice.press(ENTER).await;
        alice.until("the panel", OPEN).await;
        alice.screenshot("panel-narrow").await;
        for part in [
            "#people li",
            "#topic-edit",
            "#files-here",
            "#transcripts",
            "[popovertarget=calendar]",
            ".sound",
            ".help .page a",
            "a[href$=formatting]",
        ] {
            let shown = format!("document.querySelector('#panel {part}')?.checkVisibility()");
            assert!(alice.is(&shown).await, "{part}");
        }
        // Escape gives up the topic first, and closes the panel then.
        alice.click("#topic-edit .opener").await;
        alice.until("the field", &format!("document.activeElement === {FIELD}")).await;
        alice.screenshot("topic-form-narrow").await;
        alice.press(ESCAPE).await;
        alice.until("the form to go", &format!("!{FORM}")).await;
        assert!(alice.is(OPEN).await);
        alice.press(ESCAPE).await;
        alice.until("the panel to go", &format!("!({OPEN})")).await;
        assert!(alice.is("document.activeElement.matches('.panel-opener')").await);
        // By a finger: a tap beside it closes it too.
        alice.click(".panel-opener").await;
        alice.until("the panel", OPEN).await;
        alice.click("#room-name").await;
        alice.until("the panel to go", &format!("!({OPEN})")).await;
        alice.click(".panel-opener").await;
        alice.until("the panel", OPEN).await;
        alice.click("#panel .close").await;
        alice.until("the panel to go", &format!("!({OPEN})")).await;
        assert!(alice.is("document.activeElement.matches('.panel-opener')").await);
    });
}

#[test]
fn a_window_that_shows_what_has_expired_loads_anew() {
    play(async |stage| {
        let alice = stage.in_room("alice").await;
        alice.say("one").await;
        alice.is_listening().await;
        let loaded = alice.js("performance.timeOrigin").await;
        // As the panel tells it where the first message is one that is yet to come.
        let hears = |first: &str| {
            format!(
                "(document.getElementById('first').value = {first}, document.getElementById('room')
                  .dispatchEvent(new CustomEvent('htmx:sse:after:message')))"
            )
        };
        alice.js(&hears("document.querySelector('#log li').dataset.position")).await;
        assert_eq!(alice.js("performance.timeOrigin").await, loaded);
        alice.js(&hears("9999")).await;
        alice.until("to load anew", &format!("performance.timeOrigin !== {loaded}")).await;
        alice.sees("one").await;
    });
}
