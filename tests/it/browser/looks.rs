//! How the screens look: pictures for people, and what can be measured.

use serde_json::json;

use super::driver::devtools;
use super::person::Person;
use super::stage::{Stage, play};

/// What stands out of the window to the right, where something does.
const SIDEWAYS: &str = "document.documentElement.scrollWidth <= innerWidth ? '' :
    [...document.querySelectorAll('body *')]
        .filter(part => part.getBoundingClientRect().right > innerWidth + 1 && part.checkVisibility())
        .slice(0, 5).map(part => part.tagName + '#' + part.id + '.' + part.className).join(' ') || 'something'";

const SIZES: [(&str, u32, u32); 3] =
    [("wide", 1200, 800), ("popup", 480, 720), ("narrow", 360, 720)];

/// A wiki in which something has been said.
async fn furnish(stage: &Stage) -> (i64, String) {
    let alice = stage.server.log_in("alice").await;
    let bob = stage.server.log_in("bob").await;
    let room = stage.room;
    let lines = "[09:00] <ann> The slot is confirmed.\n[09:01] <ben> Earlier than I thought.\n* ben sighs\n";
    let file = stage.server.folder().join("2026-03-01.log");
    std::fs::write(&file, lines).unwrap();
    let id = room.to_string();
    let import = ["import", "irc", "--room", &id, "--zone", "UTC", file.to_str().unwrap()];
    stage.server.run(&import, "");
    alice.say(room, "Two weeks to go. Shall we walk through the dismount once, *dry*?").await;
    alice.say(room, "I checked with the workshop: https://example.org/a/very/long/address/that/does/not/end/and/does/not/break/anywhere/at/all.html").await;
    bob.say(room, "Yes please. I would rather drop a plank than a mirror :)").await;
    bob.say(room, "They want to know the weight:\n```\nmirror     212 kg   and a line that is longer than any window in which it may be shown, so it scrolls\ncrate       64 kg\n```").await;
    bob.say(room, &"Donaudampfschifffahrtsgesellschaft".repeat(4)).await;
    bob.say(
        room,
        "* one\n* two\n** two and a half\n\n|| part || kg ||\n| mirror | 212 |\n| crate | 64 |",
    )
    .await;
    let removed = alice.say(room, "Never mind.").await;
    assert_eq!(alice.delete(&format!("/rooms/{room}/messages/{removed}")).await.status, 200);
    bob.say(room, "/me writes 314 on the crate").await;
    alice.say(room, "Good. I tell the night shift.").await;
    let child = stage.server.page(
        "WORK",
        "A page with quite a long title, as people write them",
        "h2. Plan\n\n* one\n* two\n\n|| a || b ||\n| 1 | 2 |\n\n{{code}} and [The mirror]",
    );
    let day = alice.get(&format!("/rooms/{room}/messages/{removed}")).await.location.unwrap();
    let page = day.split('#').next().unwrap_or_default();
    let notes = "The dismount is *settled*: see [The mirror].\n\n* bring the crate\n* tell the night shift\n\n|| part || kg ||\n| mirror | 212 |";
    let form = [("title", ""), ("body", notes), ("version", "1")];
    assert_eq!(alice.post(page, &form).await.status, 303);
    (child, day)
}

async fn look(person: &Person, name: &str, path: &str) {
    for (size, width, height) in SIZES {
        person.resize(width, height).await;
        person.go(path).await;
        let sideways = person.text(SIDEWAYS).await;
        assert_eq!(sideways, "", "{name} scrolls sideways at {width} px");
        person.screenshot(&format!("{name}-{size}")).await;
    }
    person.resize(320, 640).await;
    person.go(path).await;
    assert_eq!(person.text(SIDEWAYS).await, "", "{name} scrolls sideways at 320 px");
    person.resize(1200, 800).await;
    person.prefers("dark").await;
    person.go(path).await;
    let ink = person.text("getComputedStyle(document.body).color").await;
    person.screenshot(&format!("{name}-dark")).await;
    person.prefers("light").await;
    let light = person.text("getComputedStyle(document.body).color").await;
    assert_ne!(ink, light, "{name} is the same in the dark");
}

#[test]
fn no_screen_scrolls_sideways_and_all_have_a_dark_side() {
    play(async |stage| {
        let (child, day) = furnish(stage).await;
        let room = stage.room;
        let edit_notes = format!("{}/edit", day.split('#').next().unwrap_or_default());
        let alice = stage.stranger("alice").await;
        // What is not there is answered with 404, which Chromium notes.
        alice.may_hear("status of 404");
        look(&alice, "login", "/login").await;
        look(&alice, "home-stranger", "/").await;
        alice.log_in("/").await;
        for (name, path) in [
            ("home", "/".to_owned()),
            ("page", format!("/pages/{room}")),
            ("page-plain", format!("/pages/{child}")),
            ("room", format!("/rooms/{room}")),
            ("status", format!("/rooms/{room}/status")),
            ("day", day),
            ("found", "/search?q=the".to_owned()),
            ("found-nothing", "/search?q=nothing+of+the+kind".to_owned()),
            ("edit", format!("/pages/{child}/edit")),
            ("notes", edit_notes),
            ("new", format!("/pages/new?parent={room}")),
            ("restrictions", format!("/pages/{room}/restrictions")),
            ("nothing", "/pages/4711".to_owned()),
            ("room-settings", format!("/rooms/{room}/settings")),
            ("help", "/help".to_owned()),
            ("admin-accounts", "/admin/accounts".to_owned()),
            ("admin-account", "/admin/accounts/bob".to_owned()),
            ("admin-rooms", "/admin/rooms".to_owned()),
            ("admin-audit", "/admin/audit".to_owned()),
        ] {
            look(&alice, name, &path).await;
        }
        // What would go is shown in answer to a form.
        for (width, name, scheme) in
            [(1200, "wide", "light"), (360, "narrow", "light"), (320, "least", "dark")]
        {
            alice.resize(width, 720).await;
            alice.prefers(scheme).await;
            alice.go("/spaces/WORK/retention").await;
            alice.screenshot(&format!("keep-{name}")).await;
            alice.js("document.getElementById('days').value = 30").await;
            alice.js("document.getElementById('days').form.submit()").await;
            alice
                .until("the rooms to be shown", "document.querySelector('.expiring li') !== null")
                .await;
            assert_eq!(alice.text(SIDEWAYS).await, "", "keep-sure scrolls sideways at {width} px");
            alice.screenshot(&format!("keep-sure-{name}")).await;
        }
    });
}

#[test]
fn no_line_is_higher_for_what_can_be_done_with_it() {
    play(async |stage| {
        let bob = stage.server.log_in("bob").await;
        for text in ["hello", "/me waves", "so long"] {
            bob.say(stage.room, text).await;
        }
        // alice may do the most with it.
        let alice = stage.in_room("alice").await;
        alice.sees("hello").await;
        let heights = "[...document.querySelectorAll('#log > li')].map(item => item.clientHeight)";
        for width in [1200, 480, 360, 320] {
            alice.resize(width, 720).await;
            let with = alice.js(heights).await;
            assert!(alice.is("document.querySelector('#log .controls').checkVisibility()").await);
            alice
                .js("document.querySelectorAll('#log .controls').forEach(c => c.hidden = true)")
                .await;
            assert_eq!(alice.js(heights).await, with, "{width} px");
            alice
                .js("document.querySelectorAll('#log .controls').forEach(c => c.hidden = false)")
                .await;
        }
    });
}

#[test]
fn all_of_the_conversation_comes_out_on_paper() {
    play(async |stage| {
        let bob = stage.server.log_in("bob").await;
        for n in 0..60 {
            bob.say(stage.room, &format!("line {n}")).await;
        }
        let alice = stage.in_room("alice").await;
        alice.sees("line 59").await;
        let paper = json!({ "media": "print" });
        devtools(&alice.browser, "Emulation.setEmulatedMedia", paper).await;
        for part in ["#composer", "#panel", "#log .controls", ".panel-opener"] {
            let shown = format!("document.querySelector('{part}').checkVisibility()");
            assert!(!alice.is(&shown).await, "{part}");
        }
        // Nothing is cut off at the height of a window, and the first line is the first.
        let cut = "[document.body, ...document.querySelectorAll('#room, main, #scroll')]
            .filter(part => part.scrollHeight > part.clientHeight + 1 && getComputedStyle(part).overflowY !== 'visible')
            .map(part => part.id || part.localName).join(' ')";
        assert_eq!(alice.text(cut).await, "");
        let first = "document.getElementById('m1').getBoundingClientRect()";
        assert!(alice.is(&format!("{first}.top + scrollY < 200")).await);
        assert!(alice.is("document.documentElement.scrollHeight > 1200").await);
    });
}

#[test]
fn letters_of_twice_the_size_leave_room_to_write() {
    play(async |stage| {
        let room = stage.room;
        let alice = stage.in_room("alice").await;
        let twice = json!({ "fontSizes": { "standard": 32, "fixed": 26 } });
        devtools(&alice.browser, "Page.setFontSizes", twice).await;
        for (width, height) in [(360, 720), (1200, 800)] {
            alice.resize(width, height).await;
            alice.go(&format!("/rooms/{room}")).await;
            assert_eq!(alice.text("getComputedStyle(document.body).fontSize").await, "30px");
            let share = "document.getElementById('box').offsetWidth / document.querySelector('#composer').offsetWidth";
            assert!(alice.is(&format!("{share} > .6")).await, "{width} px");
            let place =
                |of: &str| format!("document.querySelector('{of}').getBoundingClientRect()");
            assert!(
                alice.is(&format!("{}.bottom <= innerHeight", place("#composer .primary"))).await
            );
            assert!(alice.is(&format!("{}.height > 100", place("#scroll"))).await, "{width} px");
            for path in
                [format!("/rooms/{room}"), format!("/pages/{room}"), "/search?q=the".to_owned()]
            {
                alice.go(&path).await;
                assert_eq!(alice.text(SIDEWAYS).await, "", "{path} at {width} px");
            }
        }
    });
}

#[test]
fn who_wants_less_motion_sees_nothing_move() {
    play(async |stage| {
        let bob = stage.server.log_in("bob").await;
        bob.say(stage.room, "hello").await;
        let alice = stage.in_room("alice").await;
        alice.sees("hello").await;
        let moving = "[...document.querySelectorAll('body *')].filter(part => {
                const { transitionDuration: t, animationDuration: a, scrollBehavior: s } = getComputedStyle(part);
                return parseFloat(t) > 0 || parseFloat(a) > 0 || s === 'smooth';
            }).length";
        assert!(alice.is(&format!("{moving} > 0")).await, "nothing moves for anybody");
        let less = json!({ "features": [{ "name": "prefers-reduced-motion", "value": "reduce" }] });
        devtools(&alice.browser, "Emulation.setEmulatedMedia", less).await;
        assert!(alice.is(&format!("{moving} === 0")).await);
    });
}
