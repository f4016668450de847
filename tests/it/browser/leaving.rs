//! Who is here, who has gone, and who may not stay.

use super::person::{ENTER, Person};
use super::stage::play;

const ENDED: &str = "document.getElementById('notice').checkVisibility() \
                     && !document.getElementById('composer')";

/// Remembers when the window is told of the end.
async fn watch_for_the_end(person: &Person) {
    person
        .js("document.getElementById('room').addEventListener('ended', () => window.endedAt = Date.now())")
        .await;
}

/// Milliseconds from `since` to the end.
async fn ended_after(person: &Person, since: i64) -> i64 {
    person.until("to be told of the end", ENDED).await;
    person.js("window.endedAt").await.as_i64().unwrap() - since
}

fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

#[test]
fn losing_the_right_to_the_page_ends_the_room_within_a_second() {
    play(async |stage| {
        let alice = stage.server.log_in("alice").await;
        let bob = stage.in_room("bob").await;
        bob.is_listening().await;
        watch_for_the_end(&bob).await;
        bob.write("I was about to").await;
        let path = format!("/pages/{}/restrictions", stage.room);
        let restrict = [("operation", "view"), ("subjects", "alice")];
        assert!(bob.is("document.getElementById('people').checkVisibility()").await);
        assert_eq!(alice.post(&path, &restrict).await.status, 303);
        let took = ended_after(&bob, now()).await;
        assert!(took < 1000, "took {took} ms");
        bob.screenshot("ended").await;
        // What he had typed is in sight, to be copied.
        let kept =
            "(kept => kept.checkVisibility() && kept.value)(document.getElementById('kept'))";
        assert_eq!(bob.text(kept).await, "I was about to");
        // Who is here now, it does not know.
        assert!(!bob.is("document.getElementById('people').checkVisibility()").await);
        // Nothing more comes, and nothing is asked for.
        alice.say(stage.room, "for us alone").await;
        assert!(!bob.is("document.getElementById('stream')").await);
        assert!(!bob.log().await.contains(&"for us alone".to_owned()));
        assert!(!bob.text("document.getElementById('notice').innerText").await.is_empty());

        // Back in the circle he finds what he had typed.
        let open = [("operation", "view"), ("subjects", "")];
        assert_eq!(alice.post(&path, &open).await.status, 303);
        bob.enter().await;
        assert_eq!(bob.draft().await, "I was about to");
    });
}

#[test]
fn logging_out_in_one_tab_ends_the_room_in_the_other() {
    play(async |stage| {
        let bob = stage.in_room("bob").await;
        bob.is_listening().await;
        watch_for_the_end(&bob).await;
        bob.write("one more thing").await;
        let room = bob.browser.window().await.unwrap();
        bob.open_window_by("header.room .page a").await;
        let left = now();
        bob.click(".viewer form button").await;
        bob.until("to be logged out", "document.querySelector('.viewer a')").await;
        bob.look_at(&room).await;
        // From the click: the page that follows it has to be made too.
        let took = ended_after(&bob, left).await;
        assert!(took < 2000, "took {took} ms");
        bob.click("#notice a").await;
        bob.fill_in_login().await;
        bob.until("the room again", "document.getElementById('box')").await;
        assert_eq!(bob.draft().await, "one more thing");
        bob.write(ENTER).await;
        bob.sees("one more thing").await;
    });
}

#[test]
fn somebody_whose_account_is_disabled_is_out_within_a_second() {
    play(async |stage| {
        let bob = stage.in_room("bob").await;
        bob.is_listening().await;
        watch_for_the_end(&bob).await;
        stage.server.run(&["account", "disable", "bob"], "");
        let took = ended_after(&bob, now()).await;
        assert!(took < 1000, "took {took} ms");
    });
}

#[test]
fn who_comes_is_listed_and_who_closes_the_window_is_not() {
    play(async |stage| {
        let here = |name: &str, yes: bool| {
            let not = if yes { "" } else { "!" };
            format!("{not}document.getElementById('people').innerText.includes('{name}')")
        };
        let alice = stage.in_room("alice").await;
        alice.is_listening().await;
        assert!(alice.is(&here("Bob", false)).await);
        let bob = stage.in_room("bob").await;
        alice.until("Bob to come", &here("Bob", true)).await;
        // Who only reads is here too.
        let carol = stage.in_room("carol").await;
        alice.until("Carol to come", &here("Carol", true)).await;
        assert!(!carol.is("document.getElementById('composer')").await);
        alice.screenshot("three-people").await;
        carol.screenshot("read-only").await;

        // People count, not windows.
        let first = bob.browser.window().await.unwrap();
        let second = bob.browser.new_window(true).await.unwrap().handle;
        bob.look_at(&second).await;
        bob.enter().await;
        bob.is_listening().await;
        bob.close_window(&first).await;
        carol.go("/").await;
        alice.until("Carol to be gone", &here("Carol", false)).await;
        assert!(alice.is(&here("Bob", true)).await);
        bob.go("/").await;
        alice.until("Bob to be gone", &here("Bob", false)).await;
        assert!(alice.is(&here("Alice", true)).await);
    });
}
