//! Who looks at the room, and who is about to say something.

use super::person::{ENTER, Person};
use super::stage::play;

const PEOPLE: &str = "[...document.querySelectorAll('#people li')].map(p => p.innerText).join()";

#[test]
fn who_turns_away_is_away_after_a_while_and_back_at_a_glance() {
    play(async |stage| {
        let alice = stage.in_room("alice").await;
        let bob = stage.in_room("bob").await;
        alice.is_listening().await;
        bob.is_listening().await;
        alice.until("Bob to come", &format!("{PEOPLE} === 'Alice Moreau,Bob Tanaka'")).await;
        // The driver keeps every tab in front; but a minimised window is not to be seen.
        bob.browser.minimize_window().await.unwrap();
        bob.until("the room to be hidden", "document.hidden").await;
        assert_eq!(alice.text(PEOPLE).await, "Alice Moreau,Bob Tanaka");
        // Six minutes later a stream begins anew in the hidden window.
        bob.js(
            "(() => { const now = Date.now; Date.now = () => now() + 6 * 60 * 1000; \
             document.getElementById('stream').dispatchEvent(new Event('htmx:sse:after:connection', { bubbles: true })); })()",
        )
        .await;
        alice
            .until("Bob to be away", &format!("{PEOPLE} === 'Alice Moreau,Bob Tanaka (away)'"))
            .await;
        alice.screenshot("away").await;
        alice.prefers("dark").await;
        alice.screenshot("away-dark").await;
        bob.browser.set_window_rect(0, 0, 1200, 900).await.unwrap();
        bob.until("the room to be shown", "!document.hidden").await;
        alice.until("Bob to be back", &format!("{PEOPLE} === 'Alice Moreau,Bob Tanaka'")).await;
    });
}

/// What stands under the log.
const TYPING: &str = "[...document.querySelectorAll('#typing p')].filter(p => p.checkVisibility())
    .map(p => p.innerText.replace(/[\\u2068\\u2069]/g, '')).join()";

async fn sees_typing(person: &Person, sentence: &str) {
    person.until(&format!("to see “{sentence}”"), &format!("{TYPING} === '{sentence}'")).await;
}

#[test]
fn who_types_is_seen_by_the_others_and_not_by_themselves() {
    play(async |stage| {
        let alice = stage.in_room("alice").await;
        let bob = stage.in_room("bob").await;
        let carol = stage.in_room("carol").await;
        for person in [&alice, &bob, &carol] {
            person.is_listening().await;
        }
        alice.say("How heavy is it?").await;
        carol.sees("How heavy is it?").await;
        let place = "document.querySelector('#log > li').getBoundingClientRect().bottom";
        let before = carol.js(place).await;
        bob.write("About two hun").await;
        sees_typing(&alice, "Bob Tanaka is typing…").await;
        sees_typing(&carol, "Bob Tanaka is typing…").await;
        assert_eq!(bob.text(TYPING).await, "");
        alice.write("and the crate").await;
        sees_typing(&carol, "Bob Tanaka and Alice Moreau are typing…").await;
        // Nothing has moved.
        assert_eq!(carol.js(place).await, before);
        carol.screenshot("typing").await;
        carol.resize(320, 640).await;
        carol.screenshot("typing-narrow").await;
        carol.resize(1200, 800).await;
        sees_typing(&bob, "Alice Moreau is typing…").await;
        // Nothing of what is typed was told.
        assert!(!carol.is("document.documentElement.innerHTML.includes('two hun')").await);
        assert!(carol.is("!document.getElementById('typing').closest('[role=log]')").await);
        // Sent, emptied.
        bob.write(&format!("dred{ENTER}")).await;
        carol.sees("About two hundred").await;
        sees_typing(&carol, "Alice Moreau is typing…").await;
        alice.js("document.getElementById('box').select()").await;
        alice.write("\u{e003}").await;
        sees_typing(&carol, "").await;
        // A browser that dies in the middle of a word falls silent by itself.
        bob.write("I ").await;
        sees_typing(&carol, "Bob Tanaka is typing…").await;
        bob.go("about:blank").await;
        sees_typing(&carol, "").await;
    });
}
