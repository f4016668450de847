//! Notices on the desktop. A headless Chromium reaches no push service, so the browser's part of
//! subscribing is played by a stub; what a push service would bring is put into the browser by its
//! debugging protocol.

use serde_json::json;

use super::driver::{devtools, set_permission};
use super::person::Person;
use super::stage::{play, until};

/// The words beside the choice.
const TOLD: &str = "document.querySelector('#notices [role=status]').textContent";
/// What is chosen.
const CHOSEN: &str = "document.querySelector('#notices [aria-pressed=true]').value";
/// The keys are those of the example in RFC 8291.
const STUB: &str = "(PushManager.prototype.subscribe = async options => ({ toJSON: () => ({
    endpoint: 'https://push.example.org/for-' + options.applicationServerKey.length,
    keys: {
        p256dh: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
        auth: 'BTBZMqHH6r4Tts7J_aSIgg',
    },
}) }), true)";

async fn choose(person: &Person, what: &str) {
    person.click(&format!("#notices [value={what}]")).await;
}

async fn has_chosen(person: &Person, what: &str) {
    person.until(&format!("to have chosen {what}"), &format!("{CHOSEN} === '{what}'")).await;
}

#[test]
fn who_chooses_notices_is_shown_them_one_for_a_room() {
    play(async |stage| {
        let alice = stage.in_room("alice").await;
        alice.is_listening().await;
        let scripts =
            "performance.getEntriesByType('resource').filter(r => /notice|sw/.test(r.name)).length";
        assert_eq!(alice.js(scripts).await, 0, "nothing is fetched before it is wanted");
        alice.write("a draft").await;
        set_permission(&alice.browser, "notifications", "granted").await;
        alice.js(STUB).await;
        choose(&alice, "mentions").await;
        has_chosen(&alice, "mentions").await;
        assert_eq!(
            (alice.text(TOLD).await.as_str(), alice.draft().await.as_str()),
            ("", "a draft")
        );
        alice.enter().await;
        assert_eq!(alice.text(CHOSEN).await, "mentions", "and it is kept");

        alice.js("navigator.serviceWorker.ready.then(there => window.there = there) && 1").await;
        alice.until("the worker to work", "window.there?.active?.state === 'activated'").await;
        assert_eq!(alice.text("window.there.scope").await, format!("{}/", stage.origin()));
        let tag = format!("room-{}", stage.room);
        devtools(&alice.browser, "ServiceWorker.enable", json!({})).await;
        for said in ["Bob Tanaka: one", "Bob Tanaka: two"] {
            let path = format!("/rooms/{}", stage.room);
            let data =
                json!({ "title": "Tea", "body": said, "tag": tag, "path": path }).to_string();
            let push = json!({ "origin": stage.origin(), "registrationId": "0", "data": data });
            let shown = format!(
                "(window.there.getNotifications().then(all => window.shown = all), \
                  window.shown?.length === 1 && window.shown[0].body === {})",
                json!(said)
            );
            // Chromium was seen to drop what it is handed this way on a busy machine; the tag makes
            // a repeat the same notice.
            until(&format!("alice to be shown {said}"), async || {
                devtools(&alice.browser, "ServiceWorker.deliverPushMessage", push.clone()).await;
                alice.is(&shown).await
            })
            .await;
        }
        assert_eq!(alice.text("window.shown[0].title").await, "Tea");
        assert_eq!(alice.text("window.shown[0].tag").await, tag);

        // By keyboard, and off again.
        alice.js("document.querySelector('#notices [value=off]').focus()").await;
        alice.press(" ").await;
        has_chosen(&alice, "off").await;
    });
}

#[test]
fn a_browser_that_refuses_or_cannot_is_told_so_and_nothing_is_chosen() {
    play(async |stage| {
        let alice = stage.in_room("alice").await;
        alice.is_listening().await;
        set_permission(&alice.browser, "notifications", "denied").await;
        choose(&alice, "all").await;
        alice.until("to be told", &format!("{TOLD}.includes('does not allow')")).await;
        assert_eq!(alice.text(CHOSEN).await, "off");
        alice.js("delete window.PushManager").await;
        choose(&alice, "all").await;
        alice.until("to be told", &format!("{TOLD}.includes('cannot show')")).await;
        assert_eq!(alice.text(CHOSEN).await, "off");
    });
}

#[test]
fn the_choice_is_kept_without_scripts_too() {
    play(async |stage| {
        let carol = stage.without_scripts("carol").await;
        carol.enter().await;
        choose(&carol, "all").await;
        let seen = stage.in_room("carol").await;
        has_chosen(&seen, "all").await;
    });
}
