//! A room that is kept civil, and where one left off.

use super::person::ENTER;
use super::stage::{play, until};

#[test]
fn a_lock_takes_the_box_away_and_gives_it_back_with_the_draft() {
    play(async |stage| {
        let alice = stage.in_room("alice").await;
        let bob = stage.in_room("bob").await;
        alice.is_listening().await;
        bob.is_listening().await;
        alice.say("Quiet, please.").await;
        bob.sees("Quiet, please.").await;
        bob.say("Hm.").await;
        let edits = "getComputedStyle(document.querySelector('#log [data-author=bob] .edit')).display !== 'none'";
        assert!(bob.is(edits).await);
        bob.write("But I was about to").await;
        let settings = format!("/rooms/{}/settings", stage.room);
        alice.go(&settings).await;
        alice.click("form[action$='/lock'] button").await;
        bob.until("the box to go", "!document.getElementById('composer')").await;
        assert!(bob.is("document.querySelector('.reader').innerText.includes('locked')").await);
        assert_eq!(bob.log().await, ["Quiet, please.", "Hm."]);
        assert!(!bob.is(edits).await, "it would be refused");
        alice.click("form[action$='/unlock'] button").await;
        bob.until("the box to come back", "document.getElementById('composer')").await;
        until("the draft to be there", async || bob.draft().await == "But I was about to").await;
    });
}

#[test]
fn a_moderator_pins_from_the_log_and_sets_a_topic_and_all_windows_follow() {
    play(async |stage| {
        let bob = stage.in_room("bob").await;
        let alice = stage.in_room("alice").await;
        bob.is_listening().await;
        alice.is_listening().await;
        bob.write(&format!("The crate is *fragile*.{ENTER}")).await;
        bob.sees("The crate is fragile.").await;
        alice.until("to see it", "document.querySelector('#log .pin')").await;
        // What may be done to somebody else's message shows to who moderates, and only that.
        assert!(
            alice
                .is("getComputedStyle(document.querySelector('#log .pin')).display !== 'none'")
                .await
        );
        assert!(
            alice
                .is("getComputedStyle(document.querySelector('#log .edit')).display === 'none'")
                .await
        );
        assert!(
            bob.is("getComputedStyle(document.querySelector('#log .pin')).display === 'none'")
                .await
        );
        alice.js("document.querySelector('#log .pin').click()").await;
        bob.until("the pin", "document.querySelector('#pins')?.innerText.includes('fragile')")
            .await;
        assert!(
            bob.is("getComputedStyle(document.querySelector('.unpin')).display === 'none'").await
        );
        // It leads to its message, from the popover of a narrow window too, which then closes.
        bob.resize(360, 640).await;
        bob.click(".panel-opener").await;
        bob.click("#pins a").await;
        bob.until(
            "the message",
            "document.querySelector('#log li:target .body')?.innerText.includes('fragile')",
        )
        .await;
        assert!(!bob.is("document.querySelector('#panel:popover-open')").await);
        bob.resize(900, 640).await;
        let settings = format!("/rooms/{}/settings", stage.room);
        alice.go(&settings).await;
        alice.type_into("input[name=topic]", "Mind the *mirror*\u{e007}").await;
        bob.until("the topic", "document.querySelector('#topic strong')?.innerText === 'mirror'")
            .await;
        alice.enter().await;
        alice.is_listening().await;
        alice.js("document.querySelector('.unpin button').click()").await;
        bob.until("the pin to go", "!document.querySelector('#pins li')").await;
    });
}

#[test]
fn the_unread_line_stands_where_one_left_off_whichever_window_it_was() {
    play(async |stage| {
        let line = "document.querySelector('#log > [data-unread] .body')?.innerText";
        let alice = stage.in_room("alice").await;
        let bob = stage.in_room("bob").await;
        alice.is_listening().await;
        bob.is_listening().await;
        alice.say("one").await;
        bob.sees("one").await;
        // What a visible window shows is read, a little later.
        let seen = "document.getElementById('read').elements.seq.value";
        bob.until(
            "to have told",
            &format!("{seen} === String(document.querySelector('#log > li').dataset.position)"),
        )
        .await;
        bob.go("/").await;
        assert!(!bob.is("document.querySelector('.rooms .unread')").await);
        alice.say("two").await;
        alice.say("three").await;
        bob.go("/").await;
        assert_eq!(bob.text("document.querySelector('.rooms .unread').firstChild.data").await, "2");
        // A device of bob's that has never been here knows it too.
        let phone = stage.in_room("bob").await;
        phone.sees("three").await;
        assert_eq!(phone.text(line).await, "two");
        phone.is_listening().await;
        phone
            .until(
                "to have told",
                &format!(
                    "{seen} === document.querySelector('#log').lastElementChild.dataset.position"
                ),
            )
            .await;
        until("the other window to know", async || {
            bob.go("/").await;
            !bob.is("document.querySelector('.rooms .unread')").await
        })
        .await;
        bob.enter().await;
        bob.sees("three").await;
        assert_eq!(bob.text(line).await, "");
    });
}

#[test]
fn who_is_muted_sees_it_at_once_beside_what_they_typed() {
    play(async |stage| {
        let bob = stage.in_room("bob").await;
        let alice = stage.person("alice").await;
        bob.is_listening().await;
        bob.write("And another thing").await;
        alice.go(&format!("/rooms/{}/settings", stage.room)).await;
        alice.type_into("form[action$='/mute'] input[name=account]", &format!("bob{ENTER}")).await;
        let told = "document.querySelector('#composer .muted')?.innerText.includes('muted in this room until')";
        bob.until("to be told", told).await;
        bob.is_listening().await;
        assert_eq!(bob.draft().await, "And another thing");
        bob.screenshot("muted").await;
        bob.may_hear("status of 403");
        bob.write(ENTER).await;
        bob.until("to be refused", "document.querySelector('#error .error')").await;
        assert_eq!(bob.draft().await, "And another thing");
        alice.until("the list", "document.querySelector('.muted button')").await;
        alice.click(".muted button").await;
        bob.until(
            "to be free",
            "document.getElementById('box') && !document.querySelector('#composer .muted')",
        )
        .await;
        bob.is_listening().await;
        assert_eq!(bob.draft().await, "And another thing");
        bob.write(ENTER).await;
        bob.sees("And another thing").await;
    });
}
