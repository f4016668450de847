//! Answering a message, in the window.

use super::person::ENTER;
use super::stage::play;

const ESCAPE: &str = "\u{e00c}";
const OVER_THE_BOX: &str = "document.querySelector('#reply .quote')";

#[test]
fn a_reply_quotes_leads_back_and_forgets_what_is_removed() {
    play(async |stage| {
        let alice = stage.in_room("alice").await;
        let bob = stage.in_room("bob").await;
        bob.is_listening().await;
        alice.say("Which crate?").await;
        bob.sees("Which crate?").await;
        bob.js("document.querySelector('#log .reply').click()").await;
        bob.until("the quote over the box", OVER_THE_BOX).await;
        bob.until("the box to have the focus", "document.activeElement.id === 'box'").await;
        bob.press(ESCAPE).await;
        assert!(!bob.is(OVER_THE_BOX).await);
        bob.js("document.querySelector('#log .reply').click()").await;
        bob.until("the quote over the box", OVER_THE_BOX).await;
        // What the draft answers outlives a reload of the window, as the draft does.
        bob.press("The blue").await;
        bob.enter().await;
        bob.until("the quote again", OVER_THE_BOX).await;
        bob.press(" one.").await;
        bob.press(ENTER).await;
        bob.sees("The blue one.").await;
        assert!(!bob.is(OVER_THE_BOX).await);
        alice.sees("The blue one.").await;
        let quote = "document.querySelector('#log li:last-child > .quote')";
        let line = alice.text(&format!("{quote}.innerText")).await;
        assert_eq!(line, "Alice Moreau Which crate?");
        alice.js(&format!("{quote}.click()")).await;
        alice
            .until(
                "to be led back",
                "document.querySelector('#log li:target .body').innerText === 'Which crate?'",
            )
            .await;
        alice.js("confirm = () => true").await;
        alice.js("document.querySelector('#log .own [hx-delete]').click()").await;
        let gone = format!("{quote}.innerText === 'Message removed'");
        alice.until("the quote to go", &gone).await;
        bob.until("the quote to go", &gone).await;
    });
}
