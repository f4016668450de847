//! Answering a message with an emoji, in the window.

use super::person::{ENTER, TAB};
use super::stage::play;

const ESCAPE: &str = "\u{e00c}";
const CHIPS: &str = "[...document.querySelectorAll('#log .chip')].map(chip => chip.innerText.split('\\n')[0]).join(', ')";
const PICKER: &str = "document.querySelector('#picker:popover-open')";

#[test]
fn reactions_come_and_go_in_all_windows_by_mouse_and_by_keys() {
    play(async |stage| {
        let alice = stage.in_room("alice").await;
        let bob = stage.in_room("bob").await;
        let carol = stage.in_room("carol").await;
        bob.is_listening().await;
        carol.is_listening().await;
        alice.say("The crate is here.").await;
        bob.sees("The crate is here.").await;
        carol.sees("The crate is here.").await;
        bob.point_at("#log li").await;
        bob.click("#log .react").await;
        bob.until("the picker", PICKER).await;
        bob.until("the first to have the focus", "document.activeElement.matches('.usual button')")
            .await;
        bob.screenshot("reacting-picker").await;
        bob.click("#picker .usual button:nth-child(4)").await;
        let one = format!("{CHIPS}.startsWith('🎉 1')");
        for person in [&alice, &bob, &carol] {
            person.until("the chip", &one).await;
        }
        assert!(!bob.is(PICKER).await);
        // Whose it is, each window says for itself.
        let own = "getComputedStyle(document.querySelector('.chip .you')).display !== 'none'";
        assert!(bob.is(own).await);
        assert!(!alice.is(own).await && !carol.is(own).await);
        assert_eq!(
            alice.text("document.title").await,
            "Mirror - backchannel",
            "it is nothing unread"
        );
        // By keys: the chip, and back; the focus stays on it.
        alice.js("document.querySelector('.chip').focus()").await;
        alice.press(ENTER).await;
        bob.until("two of them", &format!("{CHIPS}.startsWith('🎉 2')")).await;
        alice.until("two of them", &format!("{CHIPS}.startsWith('🎉 2')")).await;
        assert!(alice.is("document.activeElement.matches('.chip')").await);
        assert!(alice.is(own).await);
        alice.press(ENTER).await;
        alice.until("one of them", &one).await;
        bob.until("one of them", &one).await;
        // Whoever only reads may look, and is offered nothing.
        carol.js("document.querySelector('.chip').click()").await;
        assert!(!carol.is("document.querySelector('#react, #picker')").await);
        let offered = "getComputedStyle(document.querySelector('#log .react')).display !== 'none'";
        assert!(bob.is(offered).await && !carol.is(offered).await);
        assert!(carol.is(&one).await);
        // Any other emoji, and what is none.
        bob.may_hear("status of 422");
        bob.js("document.querySelector('#log .react').focus()").await;
        bob.press(ENTER).await;
        bob.until("the picker", PICKER).await;
        bob.type_into("#picker input[name=emoji]", &format!("no{ENTER}")).await;
        bob.until("why not", "document.querySelector('#picker-wrong .error')").await;
        bob.js("document.querySelector('#picker input[name=emoji]').value = '👩🏽‍🚀'").await;
        bob.press(ENTER).await;
        alice.until("the other one", &format!("{CHIPS}.includes('👩🏽‍🚀 1')")).await;
        bob.until("the picker to go", &format!("!{PICKER}")).await;
        bob.press(TAB).await;
        bob.js("document.querySelector('#log .react').click()").await;
        bob.until("the picker", PICKER).await;
        assert_eq!(
            bob.text("document.querySelector('#picker [aria-pressed=true]').innerText").await,
            "🎉"
        );
        bob.press(ESCAPE).await;
        bob.until("the picker to go", &format!("!{PICKER}")).await;
    });
}

#[test]
fn a_reaction_that_reaches_nobody_says_so() {
    play(async |stage| {
        let alice = stage.in_room("alice").await;
        alice.may_lose_the_server();
        alice.say("The crate is here.").await;
        alice.js("document.querySelector('#log .react').focus()").await;
        alice.press(ENTER).await;
        alice.until("the picker", PICKER).await;
        stage.server.kill();
        alice.type_into("#picker input[name=emoji]", &format!("🎉{ENTER}")).await;
        let told = |place: &str| {
            format!("document.getElementById('{place}').innerText.includes('did not reach')")
        };
        alice.until("to be told beside the field", &told("picker-wrong")).await;
        alice.js("document.querySelector('#picker .usual button').click()").await;
        alice.until("to be told", &told("error")).await;
        stage.server.restart();
    });
}

#[test]
fn a_message_that_is_being_rewritten_takes_reactions_and_keeps_the_form() {
    play(async |stage| {
        let alice = stage.in_room("alice").await;
        let bob = stage.in_room("bob").await;
        bob.is_listening().await;
        alice.say("The crtae is here.").await;
        bob.sees("The crtae is here.").await;
        alice.press("\u{e013}").await;
        alice.until("the form", "document.activeElement.closest('#log .rewrite')").await;
        alice.press(" Look.").await;
        bob.js("document.querySelector('#log .react').click()").await;
        bob.until("the picker", PICKER).await;
        bob.click("#picker .usual button").await;
        alice.until("the chip", &format!("{CHIPS}.startsWith('👍 1')")).await;
        assert_eq!(alice.text("document.activeElement.value").await, "The crtae is here. Look.");
        alice.press(ENTER).await;
        bob.sees("The crtae is here. Look.").await;
        bob.until("the chip to stay", &format!("{CHIPS}.startsWith('👍 1')")).await;
    });
}

#[test]
fn reactions_look_well_wide_and_narrow_light_and_dark() {
    play(async |stage| {
        let alice = stage.in_room("alice").await;
        let bob = stage.in_room("bob").await;
        bob.is_listening().await;
        alice.say("The crate is here.").await;
        alice
            .say("Who brings the tea, and who the very long cable that we need in the hall?")
            .await;
        bob.say("I do.").await;
        for (who, n, emoji) in [
            (&alice, 3, 1),
            (&bob, 1, 1),
            (&bob, 1, 3),
            (&alice, 1, 3),
            (&alice, 1, 7),
            (&bob, 2, 5),
        ] {
            who.until("a message", &format!("document.querySelector('#log li:nth-child({n})')"))
                .await;
            who.js(&format!("document.querySelector('#log li:nth-child({n}) .react').click()"))
                .await;
            who.until("the picker", PICKER).await;
            who.click(&format!("#picker .usual button:nth-child({emoji})")).await;
            who.until("the picker to go", &format!("!{PICKER}")).await;
        }
        bob.until("all of them", "document.querySelectorAll('#log .chip').length === 5").await;
        for (scheme, width) in [("light", 900), ("dark", 360)] {
            bob.prefers(scheme).await;
            bob.resize(width, 640).await;
            bob.point_at("#log .chip").await;
            bob.screenshot(&format!("reactions-{scheme}-{width}")).await;
            let fits = "document.documentElement.scrollWidth <= innerWidth";
            assert!(bob.is(fits).await);
            bob.js("document.querySelector('#log li:nth-child(3) .react').focus()").await;
            bob.press(ENTER).await;
            bob.until("the picker", PICKER).await;
            bob.screenshot(&format!("reactions-picker-{scheme}-{width}")).await;
            bob.press(ESCAPE).await;
            bob.until("the picker to go", &format!("!{PICKER}")).await;
        }
    });
}
