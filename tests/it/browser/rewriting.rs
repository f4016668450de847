//! Rewriting what one said, in the window.

use super::person::ENTER;
use super::stage::play;

const UP: &str = "\u{e013}";
const ESCAPE: &str = "\u{e00c}";
const REWRITING: &str = "document.activeElement.closest('#log .rewrite')";
const IN_THE_BOX: &str = "document.activeElement.id === 'box'";

#[test]
fn up_edits_the_last_message_enter_saves_and_escape_leaves_it() {
    play(async |stage| {
        let alice = stage.in_room("alice").await;
        let bob = stage.in_room("bob").await;
        bob.is_listening().await;
        alice.say("Hold the crtae.").await;
        bob.say("Which one?").await;
        alice.sees("Which one?").await;
        alice.press(UP).await;
        alice.until("the form to have the focus", REWRITING).await;
        assert_eq!(alice.text("document.activeElement.value").await, "Hold the crtae.");
        alice.press(" Not this.").await;
        alice.press(ESCAPE).await;
        alice.sees("Hold the crtae.").await;
        alice.until("the box to have the focus again", IN_THE_BOX).await;
        alice.press(UP).await;
        alice.until("the form to have the focus", REWRITING).await;
        alice.js("document.activeElement.select()").await;
        alice.press("Hold the crate.").await;
        alice.press(ENTER).await;
        alice.sees("Hold the crate.").await;
        bob.sees("Hold the crate.").await;
        assert_eq!(bob.log().await, ["Hold the crate.", "Which one?"]);
        assert!(bob.is("document.querySelector('#log .edited')").await);
        alice.until("the box to have the focus again", IN_THE_BOX).await;
        alice.say("The blue one.").await;
        // Up in a box with a draft is the draft's.
        alice.press("draft").await;
        alice.press(UP).await;
        assert!(alice.is(IN_THE_BOX).await);
    });
}

#[test]
fn an_edit_that_reaches_nobody_says_so_and_keeps_what_was_typed() {
    play(async |stage| {
        let alice = stage.in_room("alice").await;
        alice.may_lose_the_server();
        alice.say("one").await;
        alice.press(UP).await;
        alice.until("the form to have the focus", REWRITING).await;
        alice.press(" and two").await;
        stage.server.kill();
        alice.press(ENTER).await;
        alice
            .until(
                "to be told",
                "document.getElementById('error').innerText.includes('did not reach')",
            )
            .await;
        let typed = alice.text("document.querySelector('.rewrite textarea').value").await;
        assert_eq!(typed, "one and two");
        stage.server.restart();
        alice.js("document.querySelector('.rewrite textarea').focus()").await;
        alice.press(ENTER).await;
        alice.sees("one and two").await;
        alice.until("to be told no more", "!document.getElementById('error').innerText").await;
    });
}

#[test]
fn a_removal_that_one_thinks_better_of_is_no_failure() {
    play(async |stage| {
        let alice = stage.in_room("alice").await;
        alice.say("one").await;
        alice
            .js("window.confirm = () => false,
                 document.addEventListener('htmx:finally:request', () => setTimeout(() => {
                     window.told = document.getElementById('error').innerText;
                 })),
                 document.querySelector('#log .remove').click()")
            .await;
        alice.until("it to be given up", "window.told !== undefined").await;
        assert_eq!(alice.text("window.told").await, "");
        assert_eq!(alice.log().await, ["one"]);
    });
}

#[test]
fn a_refused_edit_says_why_and_keeps_what_was_typed() {
    play(async |stage| {
        let alice = stage.in_room("alice").await;
        alice.may_hear("status of 422");
        alice.say("one").await;
        alice.press(UP).await;
        alice.until("the form to have the focus", REWRITING).await;
        alice.js("document.activeElement.value = ' \\n '").await;
        alice.press(ENTER).await;
        alice.until("the reason", "document.querySelector('.rewrite .error')").await;
        assert!(alice.is("document.querySelector('.rewrite textarea')").await);
        alice.press(ESCAPE).await;
        alice.sees("one").await;
    });
}
