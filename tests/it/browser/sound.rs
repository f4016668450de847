//! A beep for somebody else's message, another sound for one that names the reader; none for
//! one's own, nor for what was missed.

use super::person::Person;
use super::proxy::{Proxy, Way};
use super::stage::play;

/// Counts what is really played; a sound that the browser holds back fires nothing.
async fn prick_up_ears(person: &Person) {
    person
        .js("(window.played = 0, window.chimed = 0, document.addEventListener('playing', event => {
            window.played++;
            window.chimed += event.target.src.includes('/chime.');
        }, true))")
        .await;
    // Browsers play nothing before somebody has touched the page.
    person.click("#box").await;
}

async fn has_heard(person: &Person, n: u32) {
    person.until(&format!("to hear {n} beeps"), &format!("window.played === {n}")).await;
}

#[test]
fn a_beep_is_played_for_what_others_write_and_for_nothing_else() {
    play(async |stage| {
        let proxy = Proxy::before(stage.server.address()).await;
        let bob = stage.server.log_in("bob").await;
        let alice = stage.in_room_by("alice", proxy.origin()).await;
        alice.may_lose_the_server();
        alice.is_listening().await;
        prick_up_ears(&alice).await;
        bob.say(stage.room, "one").await;
        has_heard(&alice, 1).await;
        alice.say("my own").await;
        // Nor from another window of hers.
        stage.server.log_in("alice").await.say(stage.room, "my own too").await;
        alice.sees("my own too").await;
        bob.say(stage.room, "two").await;
        has_heard(&alice, 2).await;

        proxy.set(Way::Cut);
        bob.say(stage.room, "missed").await;
        bob.say(stage.room, "missed too").await;
        proxy.set(Way::Open);
        alice.sees("missed too").await;
        bob.say(stage.room, "three").await;
        // In order: had the missed ones or her own been heard, there would be more by now.
        has_heard(&alice, 3).await;
        alice.sees("three").await;
        alice.say("settled").await;
        has_heard(&alice, 3).await;
    });
}

#[test]
fn a_mention_sounds_different() {
    play(async |stage| {
        let proxy = Proxy::before(stage.server.address()).await;
        let bob = stage.server.log_in("bob").await;
        let alice = stage.in_room_by("alice", proxy.origin()).await;
        alice.may_lose_the_server();
        alice.is_listening().await;
        prick_up_ears(&alice).await;
        bob.say(stage.room, "hello").await;
        has_heard(&alice, 1).await;
        assert_eq!(alice.js("window.chimed").await, 0);
        bob.say(stage.room, "hello @alice").await;
        has_heard(&alice, 2).await;
        assert_eq!(alice.js("window.chimed").await, 1);

        proxy.set(Way::Cut);
        bob.say(stage.room, "missed by @alice").await;
        proxy.set(Way::Open);
        alice
            .until("the missed one", "document.querySelectorAll('#log .mention').length === 2")
            .await;
        bob.say(stage.room, "hello again").await;
        has_heard(&alice, 3).await;
        assert_eq!(alice.js("window.chimed").await, 1);
    });
}

#[test]
fn the_switch_turns_the_sound_off_and_on() {
    play(async |stage| {
        let bob = stage.server.log_in("bob").await;
        let alice = stage.in_room("alice").await;
        alice.write("a draft").await;
        for (state, n) in [("false", 0), ("true", 1)] {
            alice.click("form.sound button").await;
            let switched = format!("document.querySelector('form.sound [aria-checked={state}]')");
            alice.until("the switch to change", &switched).await;
            assert_eq!(alice.draft().await, "a draft");
            alice.is_listening().await;
            prick_up_ears(&alice).await;
            bob.say(stage.room, &format!("sound {state}")).await;
            alice.sees(&format!("sound {state}")).await;
            has_heard(&alice, n).await;
        }
        // What is chosen holds for the account, so also in the next window.
        alice.click("form.sound button").await;
        alice
            .until(
                "the switch to change",
                "document.querySelector('form.sound [aria-checked=false]')",
            )
            .await;
        alice.enter().await;
        assert!(alice.is("document.querySelector('form.sound [aria-checked=false]')").await);
    });
}
