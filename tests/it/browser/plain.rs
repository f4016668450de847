//! The room without scripts, and with a broken line.

use super::person::{ENTER, Person};
use super::stage::{Stage, play, until};

/// Somebody without scripts, in the plain room.
async fn in_plain_room(stage: &Stage, name: &'static str) -> std::sync::Arc<Person> {
    let person = stage.without_scripts(name).await;
    person.go(&format!("/rooms/{}/plain", stage.room)).await;
    person
}

async fn turn_to(person: &Person, frame: u16) {
    person.browser.clone().enter_parent_frame().await.unwrap();
    until("the frame", async || person.browser.clone().enter_frame(frame).await.is_ok()).await;
}

const LOG: u16 = 0;
const BOX: u16 = 1;

#[test]
fn two_people_chat_without_scripts() {
    play(async |stage| {
        let alice = in_plain_room(stage, "alice").await;
        let bob = stage.in_room("bob").await;
        bob.until("to see Alice", "document.getElementById('people').innerText.includes('Alice')")
            .await;
        turn_to(&alice, BOX).await;
        // Nothing is clicked: the box has the focus, and has it again after each message.
        for text in ["first", "second", "third"] {
            alice
                .until(
                    "an empty box",
                    "document.activeElement.id === 'text' && !document.activeElement.value",
                )
                .await;
            alice.press(&format!("{text}{ENTER}")).await;
            bob.sees(text).await;
        }
        bob.say("I read you").await;
        turn_to(&alice, LOG).await;
        alice.sees("I read you").await;
        assert_eq!(alice.log().await, ["first", "second", "third", "I read you"]);
        // The document is not at its end yet, and shows all of it, from the bottom.
        assert!(alice.is("document.readyState === 'loading'").await);
        for n in 1..40 {
            bob.write(&format!("line {n}")).await;
            bob.write(ENTER).await;
        }
        alice.sees("line 39").await;
        let last = "[...document.querySelectorAll('#log > li[id]')].at(-1).getBoundingClientRect()";
        assert!(alice.is(&format!("{last}.bottom <= innerHeight && {last}.top > 0")).await);
        alice.screenshot("plain").await;
    });
}

#[test]
fn the_plain_log_comes_back_after_a_restart() {
    play(async |stage| {
        let alice = in_plain_room(stage, "alice").await;
        let bob = stage.server.log_in("bob").await;
        bob.say(stage.room, "before").await;
        turn_to(&alice, LOG).await;
        alice.sees("before").await;
        let (status, _) = stage.server.terminate();
        assert!(status.success());
        stage.server.restart();
        let bob = stage.server.log_in("bob").await;
        bob.say(stage.room, "after").await;
        alice.sees("after").await;
        assert_eq!(alice.log().await, ["before", "after"]);
    });
}

#[test]
fn a_broken_line_is_said_and_the_way_back_shown() {
    play(async |stage| {
        let alice = in_plain_room(stage, "alice").await;
        alice.may_hear("net::ERR_");
        turn_to(&alice, LOG).await;
        let lost = "getComputedStyle([...document.querySelectorAll('.beat')].at(-1)).visibility";
        alice.until("the log", &format!("{lost} === 'hidden'")).await;
        stage.server.kill();
        stage.server.restart();
        // As if the time had passed in which the log should have been heard again.
        alice.js("document.getAnimations().forEach(animation => animation.finish())").await;
        assert_eq!(alice.text(lost).await, "visible");
        alice.click(".beat:last-child a").await;
        stage.server.log_in("bob").await.say(stage.room, "after").await;
        alice.sees("after").await;
    });
}

#[test]
fn a_message_that_is_removed_goes_out_of_sight() {
    play(async |stage| {
        let bob = stage.server.log_in("bob").await;
        bob.say(stage.room, "stays").await;
        let mid = bob.say(stage.room, "a slip").await;
        let alice = in_plain_room(stage, "alice").await;
        turn_to(&alice, LOG).await;
        alice.sees("a slip").await;
        bob.delete(&format!("/rooms/{}/messages/{mid}", stage.room)).await;
        alice.until("the note", "document.body.innerText.includes('was removed')").await;
        assert!(!alice.is("document.body.innerText.includes('a slip')").await);
        assert!(alice.is("document.body.innerText.includes('stays')").await);
    });
}
