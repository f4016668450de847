//! The log under a reader's eyes: it grows below, is left alone above, and stays short.

use super::person::Person;
use super::stage::{Stage, play};

/// The first message that is to be seen whole.
const FIRST_VISIBLE: &str = "(() => {
    const top = document.getElementById('scroll').getBoundingClientRect().top;
    return [...document.querySelectorAll('#log > li')]
        .find(item => item.getBoundingClientRect().top >= top).id;
})()";
const IDS: &str =
    "[...document.querySelectorAll('#log > li')].map(item => Number(item.id.slice(1)))";

async fn say_many(stage: &Stage, n: usize) {
    let bob = stage.server.log_in("bob").await;
    for count in 0..n {
        bob.say(stage.room, &format!("line {count}")).await;
    }
}

/// Where a message stands in the window. Half a pixel up or down is rounding.
async fn place(person: &Person, item: &str) -> f64 {
    let top = format!("document.getElementById('{item}').getBoundingClientRect().top");
    person.js(&top).await.as_f64().unwrap()
}

/// Waits until nothing is about to move the log.
async fn is_calm(person: &Person) {
    person.until("the log to be calm", "!document.querySelector('.htmx-request')").await;
    person
        .browser
        .execute_async(
            "const done = arguments[0];
             requestAnimationFrame(() => requestAnimationFrame(() => done(null)))",
            vec![],
        )
        .await
        .unwrap();
}

#[test]
fn a_reader_at_the_end_stays_there_whoever_writes() {
    play(async |stage| {
        say_many(stage, 40).await;
        let alice = stage.in_room("alice").await;
        alice.resize(390, 844).await;
        alice.is_listening().await;
        let bob = stage.server.log_in("bob").await;
        for n in 0..8 {
            // Of a height that is no whole number of pixels the end is a part of one further on.
            let height = format!(
                "(s => {{ s.style.flex = 'none'; s.style.height = '{}px'; s.scrollTop = 1; }})\
                 (document.getElementById('scroll'))",
                500.0 + 0.13 * f64::from(n)
            );
            alice.js(&height).await;
            alice.say(&format!("mine {n}")).await;
            is_calm(&alice).await;
            let theirs = format!("theirs {n}");
            bob.say(stage.room, &theirs).await;
            alice.sees(&theirs).await;
            is_calm(&alice).await;
            let at = alice.js("document.getElementById('scroll').scrollTop").await;
            assert!(at.as_f64().unwrap().abs() < 2.0, "{n}: {at}");
            assert!(alice.is("document.getElementById('jump').hidden").await, "{n}");
        }
    });
}

#[test]
fn a_reader_who_has_scrolled_up_is_left_alone_and_told_of_what_is_new() {
    play(async |stage| {
        say_many(stage, 60).await;
        let alice = stage.in_room("alice").await;
        alice.is_listening().await;
        // At the end, without having done anything.
        assert!(alice.is("document.getElementById('scroll').scrollTop > -2").await);
        assert!(alice.is("document.getElementById('jump').hidden").await);
        alice.js("document.getElementById('scroll').scrollTop = -400").await;
        alice.until("the way back down", "!document.getElementById('jump').hidden").await;
        is_calm(&alice).await;
        let first = alice.text(FIRST_VISIBLE).await;
        let before = place(&alice, &first).await;
        let bob = stage.server.log_in("bob").await;
        for text in ["news", "more news", "a lot\nof\nnews"] {
            bob.say(stage.room, text).await;
            alice.sees(text).await;
            is_calm(&alice).await;
            let moved = place(&alice, &first).await - before;
            assert!(moved.abs() < 2.0, "{first} moved by {moved}");
        }
        assert_eq!(alice.text("document.getElementById('jump').innerText").await, "3 new");
        assert!(alice.is("document.title.startsWith('(3) ')").await);
        alice.screenshot("scrolled-up").await;
        alice.click("#jump").await;
        alice.until("to be at the end", "document.getElementById('scroll').scrollTop > -2").await;
        alice.until("the button to go", "document.getElementById('jump').hidden").await;
        assert!(!alice.is("document.title.startsWith('(')").await);
        // The line before the first of them.
        assert!(
            alice.is("document.querySelector('li[data-unread] .body')?.innerText === 'news'").await
        );
        // Somebody who writes wants to see what they wrote.
        alice.js("document.getElementById('scroll').scrollTop = -400").await;
        alice.say("mine").await;
        alice.until("to be at the end", "document.getElementById('scroll').scrollTop > -2").await;
    });
}

#[test]
fn older_history_comes_on_scrolling_up_once_each_and_without_a_jump() {
    play(async |stage| {
        say_many(stage, 250).await;
        let alice = stage.in_room("alice").await;
        alice.is_listening().await;
        assert_eq!(alice.js(IDS).await.as_array().unwrap().len(), 100);
        for expected in [200, 250] {
            is_calm(&alice).await;
            // Just above the place where more is asked for: what is seen must stay where it is.
            alice
                .js("(s => s.scrollTop = 60 - s.scrollHeight + s.clientHeight)(document.getElementById('scroll'))")
                .await;
            let first = alice.text(FIRST_VISIBLE).await;
            let before = place(&alice, &first).await;
            alice.js("document.getElementById('scroll').scrollBy(0, -60)").await;
            let all = format!("document.querySelectorAll('#log > li').length === {expected}");
            alice.until("more history", &all).await;
            is_calm(&alice).await;
            let moved = place(&alice, &first).await - before;
            assert!((moved - 60.0).abs() < 2.0, "{first} moved by {moved}");
        }
        let ids: Vec<i64> = serde_json::from_value(alice.js(IDS).await).unwrap();
        assert_eq!(ids, (1..=250).collect::<Vec<i64>>());
        assert_eq!(alice.log().await, (0..250).map(|n| format!("line {n}")).collect::<Vec<_>>());
    });
}

#[test]
fn the_log_keeps_three_hundred_messages_while_it_is_live() {
    play(async |stage| {
        say_many(stage, 90).await;
        let alice = stage.in_room("alice").await;
        alice.is_listening().await;
        let bob = stage.server.log_in("bob").await;
        for count in 0..240 {
            bob.say(stage.room, &format!("live {count}")).await;
        }
        alice.sees("live 239").await;
        let ids: Vec<i64> = serde_json::from_value(alice.js(IDS).await).unwrap();
        assert_eq!(ids, (31..=330).collect::<Vec<i64>>());
    });
}

#[test]
fn a_hidden_window_goes_on_and_its_title_counts() {
    play(async |stage| {
        let alice = stage.in_room("alice").await;
        alice.is_listening().await;
        let bob = stage.server.log_in("bob").await;
        bob.say(stage.room, "seen").await;
        alice.sees("seen").await;
        assert!(!alice.is("document.title.startsWith('(')").await);

        // The driver keeps every tab in front; but a minimised window is not to be seen.
        alice.browser.minimize_window().await.unwrap();
        alice.until("the room to be hidden", "document.hidden").await;
        for text in ["one", "two", "three"] {
            bob.say(stage.room, text).await;
            alice.sees(text).await;
        }
        alice.until("the title to count", "document.title.startsWith('(3) Mirror')").await;

        alice.browser.set_window_rect(0, 0, 1200, 900).await.unwrap();
        alice.until("the room to be shown", "!document.hidden").await;
        alice.until("the title to be plain", "!document.title.startsWith('(')").await;
        alice.screenshot("unread-line").await;
        assert!(
            alice.is("document.querySelector('li[data-unread] .body')?.innerText === 'one'").await
        );
    });
}

#[test]
fn days_have_headings_and_an_author_is_named_once_in_a_row() {
    play(async |stage| {
        for (day, lines) in [
            ("2026-03-01", "[10:00] <ann> first\n[10:01] <ann> second\n[10:02] <ben> third\n"),
            ("2026-03-02", "[09:00] <ben> fourth\n[09:30] <ben> fifth\n* ann waves\n"),
        ] {
            let file = stage.server.folder().join(format!("{day}.log"));
            std::fs::write(&file, lines).unwrap();
            let room = stage.room.to_string();
            let import = ["import", "irc", "--room", &room, "--zone", "UTC"];
            stage.server.run(&[&import[..], &[file.to_str().unwrap()]].concat(), "");
        }
        let alice = stage.in_room("alice").await;
        alice.say("today").await;
        let days =
            alice.js("[...document.querySelectorAll('#log .day')].map(day => day.innerText)").await;
        let days: Vec<String> = serde_json::from_value(days).unwrap();
        assert_eq!(days[..2], ["Sunday, 1 March 2026", "Monday, 2 March 2026"]);
        assert_eq!(days.len(), 3);
        let named = "[...document.querySelectorAll('#log > li')]
            .map(item => item.querySelector('.author'))
            .map(author => author.offsetWidth > 1 ? author.innerText : '')";
        let named: Vec<String> = serde_json::from_value(alice.js(named).await).unwrap();
        assert_eq!(named, ["ann", "", "ben", "ben", "ben", "ann", "Alice Moreau"]);
        alice.screenshot("days").await;
    });
}
