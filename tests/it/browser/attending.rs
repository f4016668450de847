//! Who looks at the room, and who is about to say something.

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
