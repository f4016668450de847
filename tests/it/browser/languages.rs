//! One room, read in two languages.

use super::person::Person;
use super::stage::play;

async fn ends_with(person: &Person, css: &str) -> String {
    person.text(&format!("document.querySelector('{css}')?.innerText.trim() ?? ''")).await
}

#[test]
fn two_people_read_one_room_in_two_languages() {
    play(async |stage| {
        let bob = stage.person("bob").await;
        bob.go("/settings").await;
        bob.click("select[name=language] option[value=de]").await;
        bob.click("form[action='/settings/language'] button").await;
        bob.until("German", "document.documentElement.lang === 'de'").await;
        assert_eq!(ends_with(&bob, "h1").await, "Meine Einstellungen");
        bob.go(&format!("/rooms/{}", stage.room)).await;
        bob.is_listening().await;
        let alice = stage.in_room("alice").await;
        alice.is_listening().await;
        assert_eq!(ends_with(&bob, "#composer button.primary").await, "Senden");
        assert_eq!(ends_with(&alice, "#composer button.primary").await, "Send");
        bob.say("Guten Abend").await;
        alice.sees("Guten Abend").await;
        // What the server itself says about it reaches each in their own words.
        bob.point_at("#m1").await;
        bob.click("#m1 .own .remove").await;
        bob.browser.accept_alert().await.unwrap();
        bob.sees("Nachricht entfernt").await;
        alice.sees("Message removed").await;
        bob.write("Und").await;
        alice
            .until(
                "Bob to type",
                "document.querySelector('#typing').innerText.includes('is typing')",
            )
            .await;
        alice.write("So").await;
        bob.until(
            "Alice to type",
            "document.querySelector('#typing').innerText.includes('schreibt')",
        )
        .await;
        bob.screenshot("german-room").await;
    });
}
