//! The wiki around the room: transcripts, search, the editor.

use super::person::{ENTER, Person};
use super::stage::play;

/// What a message looks like: its place in the row, colours, and words; without one's controls.
const LOOKS: &str = "[...document.querySelectorAll('#log > li')].map(item => {
    const style = getComputedStyle(item), body = getComputedStyle(item.querySelector('.body'));
    const said = [...item.children].filter(part => !part.querySelector('button')).map(part => part.innerText);
    return JSON.stringify([item.className, said, item.querySelector('.body').innerHTML,
        style.display, body.fontSize, body.fontFamily, body.color,
        getComputedStyle(item.querySelector('.author')).color]);
})";

async fn looks(person: &Person) -> Vec<String> {
    serde_json::from_value(person.js(LOOKS).await).unwrap()
}

#[test]
fn a_removed_message_leaves_a_tombstone_in_every_window() {
    play(async |stage| {
        let carol = stage.in_room("carol").await;
        let bob = stage.in_room("bob").await;
        carol.is_listening().await;
        bob.is_listening().await;
        bob.say("harmless").await;
        bob.say("the password is swordfish").await;
        bob.say("oh no").await;
        carol.sees("oh no").await;
        // The controls are the author's; whoever only reads has none.
        assert!(!carol.is("document.querySelector('#m2 .own').checkVisibility()").await);
        bob.point_at("#m2").await;
        bob.screenshot("own-controls").await;
        bob.click("#m2 .own .remove").await;
        assert!(!bob.browser.get_alert_text().await.unwrap().is_empty());
        bob.browser.accept_alert().await.unwrap();
        for person in [&carol, &bob] {
            person.sees("Message removed").await;
            assert_eq!(person.log().await, ["harmless", "Message removed", "oh no"]);
            assert!(person.is("document.querySelector('#m2[data-removed]')").await);
            assert!(!person.is("document.querySelector('#m2 .own')").await);
            assert!(!person.is("document.documentElement.outerHTML.includes('swordfish')").await);
        }
        bob.screenshot("tombstone").await;
        bob.browser.refresh().await.unwrap();
        bob.sees("oh no").await;
        assert_eq!(bob.log().await, ["harmless", "Message removed", "oh no"]);
    });
}

#[test]
fn a_transcript_looks_like_the_room_and_a_permalink_leads_to_its_message() {
    play(async |stage| {
        let bob = stage.server.log_in("bob").await;
        let alice = stage.in_room("alice").await;
        alice.is_listening().await;
        alice.say_as("Where is the *crate*?", "Where is the crate?").await;
        for n in 0..40 {
            bob.say(stage.room, &format!("In place {n}, see https://example.org/{n}")).await;
        }
        bob.say(stage.room, "/me looks again").await;
        alice.say_as("Found it:\n```\n1.36 m\n```", "Found it:\n\n1.36 m").await;
        // The author's own shown name and day come along: a link in a new tab, from the panel.
        let in_room = looks(&alice).await;
        assert_eq!(in_room.len(), 43);
        alice.open_window_by("#transcripts a").await;
        assert_eq!(looks(&alice).await, in_room);
        assert!(alice.is("document.querySelector('h1').innerText.startsWith('Mirror')").await);
        alice.screenshot("transcript").await;

        alice.go(&format!("/rooms/{}/messages/5", stage.room)).await;
        assert!(
            alice.is("location.hash === '#m5' && location.pathname.startsWith('/pages/')").await
        );
        alice.until("the message to be in view", "(box => box.top >= 0 && box.bottom <= innerHeight)(document.getElementById('m5').getBoundingClientRect())").await;
        assert!(alice.is("document.querySelector(':target').id === 'm5'").await);
        let marked = "(id => { const s = getComputedStyle(document.getElementById(id)); return [s.backgroundColor, s.outlineStyle, s.boxShadow].join() })";
        assert_ne!(
            alice.text(&format!("{marked}('m5')")).await,
            alice.text(&format!("{marked}('m6')")).await
        );
        alice.screenshot("permalink").await;
        // Today's page keeps up with the room, with what people note beside it, and with its minutes.
        let day = alice.text("location.pathname").await;
        let typed = [("title", ""), ("body", "h3. What *we* did"), ("version", "1")];
        assert_eq!(bob.post(&day, &typed).await.status, 303);
        bob.say(stage.room, "#agreed we mend it").await;
        bob.say(stage.room, "live here too").await;
        alice.sees("live here too").await;
        let notes = "document.querySelector('.notes h3')?.innerText === 'What we did'";
        alice.until("the notes", notes).await;
        alice.until("the minutes", "document.querySelector('.minutes [data-kind=agreed]')").await;
        assert!(alice.is("document.querySelector(':target').id === 'm5'").await);
    });
}

#[test]
fn the_search_in_the_header_finds_a_message_and_leads_to_its_place() {
    play(async |stage| {
        let bob = stage.server.log_in("bob").await;
        for n in 0..50 {
            bob.say(stage.room, &format!("filler {n}")).await;
        }
        bob.say(stage.room, "The lifting jig wants four M12 bolts.").await;
        let carol = stage.person("carol").await;
        carol.type_into("header.site input[type=search]", &format!("lifting bol{ENTER}")).await;
        carol.until("a hit", "document.querySelector('.hits .line a')").await;
        let marked = "[...document.querySelectorAll('.hits mark')].map(mark => mark.innerText)";
        let marked: Vec<String> = serde_json::from_value(carol.js(marked).await).unwrap();
        assert_eq!(marked, ["lifting", "bol"]);
        carol.screenshot("search").await;
        carol.click(".hits .line a").await;
        carol.until("its place", "document.querySelector(':target')?.id === 'm51'").await;
        carol.until("it to be in view", "(box => box.top >= 0 && box.bottom <= innerHeight)(document.querySelector(':target').getBoundingClientRect())").await;

        // Whoever may not see the page finds nothing, and nothing odd is an error.
        let mallory = stage.person("mallory").await;
        mallory.go("/search?q=lifting").await;
        assert!(!mallory.is("document.querySelector('.hits')").await);
        for query in
            ["%22", "AND%20OR", "*", "%F0%9F%98%80", "a%00b", "-", "%22a%20b", "(", "NEAR(a"]
        {
            mallory.go(&format!("/search?q={query}")).await;
            assert!(mallory.is("document.querySelector('section.results')").await, "{query}");
        }
    });
}

#[test]
fn insert_chat_in_the_editor_makes_a_room_that_works() {
    play(async |stage| {
        let bob = stage.person("bob").await;
        bob.go(&format!("/pages/new?parent={}", stage.open)).await;
        bob.type_into("#title", "Cellar").await;
        bob.type_into("#body", "Below the hall.").await;
        bob.click("button[name=insert][value=chat]").await;
        bob.until("the macro", "document.getElementById('body').value.includes('{chat')").await;
        assert!(
            bob.text("document.getElementById('body').value").await.starts_with("Below the hall.")
        );
        assert_eq!(bob.text("document.getElementById('title').value").await, "Cellar");
        bob.screenshot("editor").await;
        bob.click("form .actions button.primary").await;
        bob.until("the page", "document.querySelector('.status a.join')").await;
        bob.screenshot("new-page").await;
        bob.open_window_by("a.join").await;
        assert!(bob.is("document.getElementById('room-name').innerText === 'Cellar'").await);
        bob.screenshot("empty-room").await;
        bob.say("It is dark here.").await;
    });
}
