//! What a screen reader is told: what is put into the log, once, and only when it is news.

use serde_json::json;

use super::person::Person;
use super::stage::play;

/// From here on, each item that is put into the log, and whether it is told of.
const NOTE: &str = "(() => { const log = document.getElementById('log'), heard = window.heard = [];
    new MutationObserver(changes => heard.push(...changes.flatMap(change => [...change.addedNodes])
        .map(item => (item.querySelector('.body')?.innerText ?? '') + (log.parentElement.ariaLive === 'polite' ? '' : ' (silent)'))))
        .observe(log, { childList: true }) })()";

async fn hears(person: &Person, expected: &[&str]) {
    let all = format!("heard.length >= {}", expected.len());
    person.until("to have heard it", &all).await;
    assert_eq!(person.js("heard").await, json!(expected), "{}", person.name);
}

#[test]
fn each_new_message_is_put_into_the_log_once() {
    play(async |stage| {
        let alice = stage.in_room("alice").await;
        let bob = stage.in_room("bob").await;
        for person in [&alice, &bob] {
            person.is_listening().await;
            person.js(NOTE).await;
        }
        alice.say("one").await;
        bob.sees("one").await;
        bob.say("two").await;
        alice.say("three").await;
        // What came before it by the stream has come, too.
        let other = stage.server.log_in("bob").await;
        let mid = other.say(stage.room, "four").await;
        for person in [&alice, &bob] {
            person.sees("four").await;
            hears(person, &["one", "two", "three", "four"]).await;
        }
        // A reaction is no news; other words are.
        let path = format!("/rooms/{}/messages/{mid}", stage.room);
        assert_eq!(other.post(&format!("{path}/reactions"), &[("emoji", "👍")]).await.status, 303);
        assert_eq!(other.post(&path, &[("body", "five")]).await.status, 200);
        for person in [&alice, &bob] {
            hears(person, &["one", "two", "three", "four", "five"]).await;
            assert!(person.is("document.querySelector('#log .chip')").await);
        }
    });
}

#[test]
fn what_is_looked_back_at_is_not_told_as_news() {
    play(async |stage| {
        let bob = stage.server.log_in("bob").await;
        for n in 0..101 {
            bob.say(stage.room, &format!("line {n}")).await;
        }
        let alice = stage.in_room("alice").await;
        alice.is_listening().await;
        alice.js(NOTE).await;
        alice.js("document.getElementById('scroll').scrollTop = -99999").await;
        hears(&alice, &["line 0 (silent)"]).await;
        alice.js("document.getElementById('scroll').scrollTop = 0").await;
        bob.say(stage.room, "news").await;
        hears(&alice, &["line 0 (silent)", "news"]).await;
    });
}
