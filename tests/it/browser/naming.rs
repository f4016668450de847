//! Completing a name in the box.

use super::person::{ENTER, TAB};
use super::stage::play;

const DOWN: &str = "\u{e015}";
const ESCAPE: &str = "\u{e00c}";
const OFFERED: &str =
    "[...document.querySelectorAll('#names:not([hidden]) li')].map(li => li.dataset.name).join()";
const CHOSEN: &str = "document.getElementById(document.getElementById('box').getAttribute('aria-activedescendant'))?.dataset.name";

#[test]
fn a_name_is_completed_by_keys_and_the_one_who_is_named_sees_it() {
    play(async |stage| {
        let alice = stage.in_room("alice").await;
        let carol = stage.in_room("carol").await;
        carol.is_listening().await;
        alice.press("Hello @").await;
        alice.until("everybody to be offered", &format!("{OFFERED} === 'bob,carol'")).await;
        assert_eq!(alice.text(CHOSEN).await, "bob");
        alice.press(DOWN).await;
        assert_eq!(alice.text(CHOSEN).await, "carol");
        // While text is composed its keys are not the list's.
        let composing = "new KeyboardEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true, cancelable: true })";
        assert!(
            alice.is(&format!("document.getElementById('box').dispatchEvent({composing})")).await
        );
        alice.press("c").await;
        alice.until("carol alone", &format!("{OFFERED} === 'carol'")).await;
        alice.press(TAB).await;
        assert_eq!(alice.draft().await, "Hello @carol ");
        assert!(alice.is("document.getElementById('names').hidden").await);
        alice.press("@lind").await;
        alice.until("a word of the shown name", &format!("{OFFERED} === 'carol'")).await;
        alice.press(ESCAPE).await;
        assert_eq!(alice.text(OFFERED).await, "");
        alice.js("document.getElementById('box').value = 'me@'").await;
        alice.press("b").await;
        assert_eq!(alice.text(OFFERED).await, "", "an address is no name");
        alice.js("document.getElementById('box').value = ''").await;
        alice.press("See @carol").await;
        alice.until("carol", &format!("{OFFERED} === 'carol'")).await;
        // The name is whole: Enter sends.
        alice.press(ENTER).await;
        carol.sees("See @Carol Lindqvist").await;
        let marked = "getComputedStyle(document.querySelector('#log li:last-child')).boxShadow";
        assert_ne!(carol.text(marked).await, "none");
        alice.sees("See @Carol Lindqvist").await;
        assert_eq!(alice.text(marked).await, "none");
    });
}

#[test]
fn a_name_is_completed_where_a_message_is_rewritten_too() {
    play(async |stage| {
        let alice = stage.in_room("alice").await;
        let carol = stage.in_room("carol").await;
        carol.is_listening().await;
        alice.say("Ask somebody").await;
        alice.press("\u{e013}").await;
        alice.until("the form", "document.activeElement.closest('#log .rewrite')").await;
        alice.press(" @").await;
        let offered = "[...document.querySelectorAll('.rewrite .names:not([hidden]) li')].map(li => li.dataset.name).join()";
        alice.until("everybody to be offered", &format!("{offered} === 'bob,carol'")).await;
        alice.screenshot("naming-in-an-edit").await;
        alice.press("c").await;
        alice.until("carol alone", &format!("{offered} === 'carol'")).await;
        // Escape closes the list and not the form, Enter takes the name and does not save.
        alice.press(ESCAPE).await;
        assert_eq!(alice.text(offered).await, "");
        alice.press("a").await;
        alice.until("carol again", &format!("{offered} === 'carol'")).await;
        alice.press(ENTER).await;
        assert_eq!(alice.text("document.activeElement.value").await, "Ask somebody @carol ");
        alice.press(ENTER).await;
        carol.sees("Ask somebody @Carol Lindqvist").await;
        assert_eq!(alice.text(OFFERED).await, "");
    });
}
