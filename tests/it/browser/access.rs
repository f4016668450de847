//! For whoever does not see, or does not use a mouse.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use super::person::{ENTER, Person, TAB};
use super::stage::play;
use crate::files::form::Sent;

const SHIFT_TAB: &str = "\u{e008}\u{e004}\u{e008}";
const ESCAPE: &str = "\u{e00c}";
const FOCUS: &str = "document.activeElement.id || document.activeElement.className || document.activeElement.localName";

/// axe-core by npm, where npm and its registry can be reached: no part of this project.
fn axe() -> Option<&'static str> {
    static AXE: OnceLock<Option<String>> = OnceLock::new();
    AXE.get_or_init(fetch).as_deref()
}

fn fetch() -> Option<String> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let script = folder.join("package/axe.min.js");
    if !script.is_file() {
        let got = Command::new("sh")
            .args(["-c", "npm pack --silent axe-core@4.14.1 && tar xzf axe-core-4.14.1.tgz"])
            .current_dir(&folder)
            .env("npm_config_fetch_retries", "0")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if !got.is_ok_and(|status| status.success()) {
            return None;
        }
    }
    std::fs::read_to_string(script).ok()
}

const ASK: &str = "const done = arguments[0];
    axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
      .then(found => done(found.violations.map(rule => rule.id + ': ' +
        rule.nodes.map(node => node.html.slice(0, 160)).join(' | '))), error => done([String(error)]))";

async fn is_faultless(person: &Person, axe: &str, path: &str) {
    person.go(path).await;
    has_no_fault(person, axe, path).await;
}

/// Looks at what this person sees now; where axe-core cannot be had, says so.
pub async fn is_faultless_here(person: &Person) {
    match axe() {
        Some(axe) => has_no_fault(person, axe, "here").await,
        None => eprintln!("SKIPPED: axe-core cannot be fetched by npm"),
    }
}

async fn has_no_fault(person: &Person, axe: &str, what: &str) {
    for scheme in ["light", "dark"] {
        person.prefers(scheme).await;
        // Colours on their way from light to dark are not what people look at.
        let still = "document.getAnimations().every(one => one.playState !== 'running')";
        person.until("the colours to be there", still).await;
        person.browser.execute(axe, vec![]).await.unwrap();
        let found = person.browser.execute_async(ASK, vec![]).await.unwrap();
        assert_eq!(found, serde_json::json!([]), "{what}, {scheme}");
    }
}

#[test]
fn axe_finds_nothing_to_complain_about() {
    play(async |stage| {
        let Some(axe) = axe() else {
            eprintln!("SKIPPED: axe-core cannot be fetched by npm");
            return;
        };
        let bob = stage.server.log_in("bob").await;
        let room = stage.room;
        let wide = "x = 1; ".repeat(30);
        for body in [
            "hello, *all*".to_owned(),
            "||a||b||\n|1|2|".to_owned(),
            "{code}\nlet x = 1;\n{code}".to_owned(),
            "h2. Heading\n* one".to_owned(),
            // Wider than the window: reached by keys.
            format!("{{code}}\n{wide}\n{{code}}"),
            format!("|a|b|\n|{}", "aWordWithoutAnEnd|".repeat(9)),
        ] {
            bob.say(room, &body).await;
        }
        let (kind, body) = Sent::default().file("plan.txt", b"x").finish();
        bob.send_bytes(&format!("/pages/{room}/files"), &kind, body).await;
        let reactions = format!("/rooms/{room}/messages/1/reactions");
        assert_eq!(bob.post(&reactions, &[("emoji", "👍")]).await.status, 303);
        let alice = stage.stranger("alice").await;
        is_faultless(&alice, axe, "/login").await;
        alice.log_in("/").await;
        // A message that was not sent.
        alice.js(&format!("sessionStorage.setItem('draft:1:room:{room}', '{{\"unsent\":[{{\"body\":\"lost\",\"nonce\":\"n\"}}]}}')")).await;
        let window = bob.get(&format!("/rooms/{room}")).await.body;
        let day = &window.split("/transcripts/").nth(1).unwrap()[..10];
        for path in [
            "/".to_owned(),
            format!("/rooms/{room}"),
            format!("/rooms/{room}/status"),
            format!("/rooms/{room}/transcripts/{day}"),
            format!("/rooms/{room}/plain/compose"),
            format!("/rooms/{room}/calendar"),
            format!("/pages/{room}"),
            format!("/pages/{room}/edit"),
            format!("/pages/{room}/files"),
            format!("/pages/{room}/restrictions"),
            "/pages/new".to_owned(),
            "/search?q=hello".to_owned(),
            "/help/formatting".to_owned(),
            "/settings".to_owned(),
            "/help".to_owned(),
            "/admin".to_owned(),
            "/admin/accounts".to_owned(),
            "/admin/accounts/bob".to_owned(),
            "/admin/groups".to_owned(),
            "/admin/spaces".to_owned(),
            "/admin/spaces/WORK".to_owned(),
            "/admin/rooms".to_owned(),
            "/admin/audit".to_owned(),
        ] {
            is_faultless(&alice, axe, &path).await;
        }
        alice.resize(360, 640).await;
        for path in
            [format!("/rooms/{room}"), format!("/rooms/{room}/transcripts/{day}"), reactions]
        {
            is_faultless(&alice, axe, &path).await;
        }
        alice.enter().await;
        let shown = "document.querySelector('#pending [data-failed]') && document.querySelector('#log .chip')";
        alice.until("what was looked at to have been there", shown).await;
        assert_eq!(alice.js("document.querySelectorAll('#log .body [tabindex]').length").await, 2);
    });
}

#[test]
fn a_question_mark_opens_the_list_of_keys() {
    play(async |stage| {
        let alice = stage.in_room("alice").await;
        alice.write("really?").await;
        assert!(!alice.is("document.getElementById('keys').open").await, "it was typed");
        alice.press(SHIFT_TAB).await;
        alice.press("?").await;
        alice.until("the list", "document.getElementById('keys').open").await;
        assert!(alice.is("document.getElementById('keys').contains(document.activeElement)").await);
        alice.screenshot("keys").await;
        alice.press(ESCAPE).await;
        assert!(!alice.is("document.getElementById('keys').open").await);
        assert_eq!(alice.draft().await, "really?");
        alice.click("[commandfor=keys]").await;
        alice.until("the list", "document.getElementById('keys').open").await;
        alice.press(ENTER).await;
        alice.until("no list", "!document.getElementById('keys').open").await;
    });
}

#[test]
fn the_focus_goes_through_the_window_in_the_order_of_reading() {
    play(async |stage| {
        stage.server.log_in("bob").await.say(stage.room, "hello").await;
        let alice = stage.in_room("alice").await;
        alice.sees("hello").await;
        alice.js("document.querySelector('.skip').focus()").await;
        let mut order = vec![alice.text(FOCUS).await];
        while order.len() < 40 {
            alice.press(TAB).await;
            // What has the focus shows it.
            assert!(alice.is("getComputedStyle(document.activeElement).outlineStyle !== 'none' || document.activeElement === document.body").await, "{order:?}");
            order.push(alice.text(FOCUS).await);
            if order.last().is_some_and(|last| last == "popup") {
                break;
            }
        }
        let place = |name: &str| order.iter().position(|at| at.split(' ').any(|at| at == name));
        let places = ["skip", "scroll", "permalink", "box", "primary", "popup"].map(place);
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{order:?}");
        assert!(order.iter().rposition(|at| at == "plain") > place("primary"), "{order:?}");
        alice.js("document.querySelector('.skip').focus()").await;
        alice.press(ENTER).await;
        assert_eq!(alice.text(FOCUS).await, "box");
    });
}
