//! The way from a page, ours or another site's, into the room's window.

use fantoccini::wd::WindowHandle;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::person::{ENTER, Person, TAB};
use super::stage::{play, play_with};
use crate::front;

/// Changes when the document is loaded anew.
const LOADED: &str = "performance.timeOrigin";

#[test]
fn join_opens_a_window_and_comes_back_to_it_without_loading_it_anew() {
    play(async |stage| {
        let alice = stage.person("alice").await;
        alice.go(&format!("/pages/{}", stage.room)).await;
        let page = alice.browser.window().await.unwrap();
        let popup = alice.open_window_by("a.join").await;
        let path = format!("location.pathname === '/rooms/{}'", stage.room);
        assert!(alice.is(&path).await);
        // No tabs, no address to type in: a window of the chat's own, of the chat's size.
        assert!(!alice.is("toolbar.visible || menubar.visible || locationbar.visible").await);
        assert!(alice.is("outerWidth === 720 && innerHeight > 600").await);
        alice.write("half a thou").await;
        let loaded = alice.js(LOADED).await;
        // The driver tells every window that it has the focus: so it is the call that counts.
        alice.js("(window.focus = () => { window.wasFocused = true })").await;

        alice.look_at(&page).await;
        alice.click("a.join").await;
        alice.look_at(&popup).await;
        alice.until("the window to be brought to the front", "window.wasFocused").await;
        assert_eq!(alice.browser.windows().await.unwrap().len(), 2);
        assert_eq!(alice.js(LOADED).await, loaded);
        assert_eq!(alice.draft().await, "half a thou");
        alice.press("ght").await;
        alice.press(ENTER).await;
        alice.sees("half a thought").await;
        // The link back leads to the page, not away from the room.
        let back = alice.open_window_by("header.room .page a").await;
        assert!(alice.is(&format!("location.pathname === '/pages/{}'", stage.room)).await);
        alice
            .until(
                "the table to tell of her",
                "document.querySelector('.status').innerText.includes('Alice Moreau')",
            )
            .await;
        assert_ne!(back, popup);
    });
}

#[test]
fn anyone_joins_from_a_table_inside_another_site() {
    let port = front::free_port();
    play_with(&named(&site(port)), async |stage| {
        let bob = stage.stranger("bob").await;
        let table = format!("{}/rooms/{}/status", stage.origin(), stage.open);
        bob.go(&another_site(port, &table).await).await;
        bob.browser.enter_frame(0).await.unwrap();
        bob.until("the room's name", "document.querySelector('h2').innerText === 'Hall'").await;
        bob.screenshot("iframe-public").await;
        // The frame that the browser has kept works as the one that it fetched.
        bob.browser.refresh().await.unwrap();
        bob.browser.enter_frame(0).await.unwrap();
        bob.until("the room's name", "document.querySelector('h2').innerText === 'Hall'").await;
        join(&bob).await;
        assert!(bob.is("!toolbar.visible").await);
        assert!(bob.is(&format!("location.pathname === '/rooms/{}'", stage.open)).await);
        // Who may look may not write yet, and has nothing to set.
        assert!(!bob.is("document.querySelector('form.sound')").await);
        assert!(!bob.is("document.getElementById('box')").await);
        let alice = stage.server.log_in("alice").await;
        bob.until("the stream", "document.getElementById('people').innerText === 'Nobody'").await;
        alice.say(stage.open, "for everybody").await;
        bob.sees("for everybody").await;
        bob.screenshot("room-not-signed-in").await;
        bob.click("p.reader a").await;
        bob.fill_in_login().await;
        bob.say("from another wiki").await;
    });
}

#[test]
fn a_table_inside_another_site_offers_to_sign_in_and_tells_nothing() {
    let port = front::free_port();
    play_with(&named(&site(port)), async |stage| {
        let bob = stage.stranger("bob").await;
        // The frame is answered with 401, which Chromium notes.
        bob.may_hear("status of 401");
        let table = format!("{}/rooms/{}/status", stage.origin(), stage.room);
        bob.go(&another_site(port, &table).await).await;
        bob.browser.enter_frame(0).await.unwrap();
        bob.until("the way in", "document.querySelector('a.join')").await;
        assert!(!bob.text("document.body.innerText").await.contains("Mirror"));
        bob.screenshot("iframe-sign-in").await;
        join(&bob).await;
        assert!(bob.is("location.pathname === '/login'").await);
        bob.screenshot("popup-login").await;
        bob.fill_in_login().await;
        bob.say("I am in").await;
        assert!(bob.is(&format!("location.pathname === '/rooms/{}'", stage.room)).await);
    });
}

#[test]
fn the_keyboard_alone_leads_from_the_log_in_into_the_conversation() {
    play(async |stage| {
        let bob = stage.stranger("bob").await;
        bob.go(&format!("/pages/{}", stage.room)).await;
        // Not signed in: the page asks first. The name has the focus.
        bob.press("bob").await;
        bob.press(TAB).await;
        bob.press(crate::process::PASSWORD).await;
        bob.press(ENTER).await;
        bob.until("the page", "document.querySelector('a.join')").await;
        bob.press(TAB).await;
        assert!(bob.is("document.activeElement.matches('.skip')").await);
        assert!(bob.is("document.activeElement.getBoundingClientRect().top >= 0").await);
        let mut n_tabs = 1;
        while !bob.is("document.activeElement.matches('a.join')").await {
            bob.press(TAB).await;
            n_tabs += 1;
            assert!(n_tabs < 30, "Join is too far away");
        }
        let page = bob.browser.windows().await.unwrap();
        bob.press(ENTER).await;
        let popup = the_new_window(&bob, &page).await;
        bob.look_at(&popup).await;
        bob.until("the box to have the focus", "document.activeElement?.id === 'box'").await;
        bob.press("by hand").await;
        bob.press(ENTER).await;
        bob.sees("by hand").await;

        // Once around: everything that can be used can be reached, and is seen to be.
        let mut reached = Vec::new();
        for _ in 0..40 {
            bob.press(TAB).await;
            let here = bob
                .text("(e => e.id || e.getAttribute('role') || e.className || e.tagName)(document.activeElement)")
                .await;
            let outline = "getComputedStyle(document.activeElement).outlineStyle !== 'none' || document.activeElement === document.body";
            assert!(bob.is(outline).await, "no focus to be seen on {here}");
            if here == "box" {
                break;
            }
            reached.push(here);
        }
        for place in ["scroll", "permalink", "plain", "primary", "switch"] {
            assert!(reached.iter().any(|here| here == place), "no {place} in {reached:?}");
        }
    });
}

/// Clicks Join inside a frame.
async fn join(person: &Person) {
    let before = person.browser.windows().await.unwrap();
    person.click("a.join").await;
    let popup = the_new_window(person, &before).await;
    person.look_at(&popup).await;
    person.until("the window to load", "document.readyState === 'complete'").await;
}

async fn the_new_window(person: &Person, before: &[WindowHandle]) -> WindowHandle {
    super::stage::until("a window to open", async || {
        person.browser.windows().await.unwrap().len() > before.len()
    })
    .await;
    let windows = person.browser.windows().await.unwrap();
    windows.into_iter().find(|window| !before.contains(window)).unwrap()
}

/// `localhost` is another site than 127.0.0.1.
fn site(port: u16) -> String {
    format!("http://localhost:{port}")
}

/// The server lets it have frames.
fn named(site: &str) -> [(&str, &str); 2] {
    [("BACKCHANNEL_FRAMES", site), ("BACKCHANNEL_NO_LIMITS", "true")]
}

/// A page of somebody else's with an iframe in it.
async fn another_site(port: u16, framed: &str) -> String {
    let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    let page = format!(
        "<!doctype html><html lang=en><title>Another wiki</title><h1>Another wiki</h1>\
         <iframe width=700 height=320 src='{framed}' title=chat></iframe>"
    );
    tokio::spawn(async move {
        while let Ok((mut browser, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = browser.read(&mut request).await;
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {}\r\n\
                 connection: close\r\n\r\n{page}",
                page.len()
            );
            let _ = browser.write_all(answer.as_bytes()).await;
        }
    });
    format!("{}/", site(port))
}
