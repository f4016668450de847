//! What was typed into the editor stays with who typed it until the server has it.

use super::person::{ENTER, Person};
use super::proxy::{Proxy, Way};
use super::stage::play;
use crate::process::PASSWORD;

/// What was typed before is offered.
const OFFERED: &str = "!document.getElementById('kept').hidden";
const BODY: &str = "document.getElementById('body').value";
/// How much this browser keeps of what was typed into editors.
const N_KEPT: &str = "localStorage.length";
const SEND: &str = "form .actions button.primary";

async fn logs_out(person: &Person) {
    person.go("/").await;
    person.click("form[action='/logout'] button").await;
    person.until("to be logged out", "document.querySelector(\"a[href^='/login']\")").await;
}

#[test]
fn what_was_sent_and_not_saved_is_offered_again() {
    play(async |stage| {
        let proxy = Proxy::before(stage.server.address()).await;
        let bob = stage.stranger_at("bob", proxy.origin()).await;
        bob.may_hear("status of 401");
        bob.may_hear("status of 500");
        bob.may_lose_the_server();
        bob.log_in("/pages/new").await;
        for over in [true, false] {
            bob.go("/pages/new").await;
            bob.type_into("#title", "Cellar").await;
            bob.type_into("#body", "Below the hall.").await;
            if over {
                bob.browser.delete_cookie("sid").await.unwrap();
            } else {
                proxy.set(Way::FailForms);
            }
            bob.click(SEND).await;
            bob.until("the answer", "!document.querySelector('#body')").await;
            proxy.set(Way::Open);
            if over {
                bob.log_in("/pages/new").await;
            } else {
                bob.go("/pages/new").await;
            }
            assert!(bob.is(OFFERED).await, "the session was over: {over}");
            bob.screenshot("editor-offer").await;
            bob.click("#kept .back").await;
            assert_eq!(bob.text(BODY).await, "Below the hall.");
        }
        // Saved, it is no draft any more, without anybody looking at the editor again.
        bob.click(SEND).await;
        bob.until("the page", "document.querySelector('.prose')").await;
        bob.until("the draft to go", &format!("{N_KEPT} === 0")).await;
        assert!(!bob.is("document.cookie.includes('saved')").await);
        bob.go("/pages/new").await;
        assert!(!bob.is(OFFERED).await);
    });
}

#[test]
fn what_is_typed_while_a_draft_is_offered_takes_nothing_of_it() {
    play(async |stage| {
        let bob = stage.person("bob").await;
        bob.go("/pages/new").await;
        bob.type_into("#title", "Cellar").await;
        bob.type_into("#body", "Below the hall.").await;
        // Typed on without a look at the offer, and left.
        bob.go("/pages/new").await;
        assert!(bob.is(OFFERED).await);
        bob.type_into("#title", "Attic").await;
        bob.type_into("#body", "Above it.").await;
        assert!(bob.is(OFFERED).await);
        bob.go("/pages/new").await;
        bob.click("#kept .back").await;
        assert_eq!(bob.text(BODY).await, "Above it.");
        bob.click("#kept .back").await;
        assert_eq!(bob.text(BODY).await, "Below the hall.");
        bob.click("#kept .back").await;
        assert_eq!(bob.text(BODY).await, "Above it.");
        // The one is saved, the other one still offered.
        bob.click(SEND).await;
        bob.until("the page", "document.querySelector('.prose')").await;
        bob.go("/pages/new").await;
        bob.click("#kept .back").await;
        assert_eq!(bob.text(BODY).await, "Below the hall.");
        assert!(!bob.is(OFFERED).await);
        bob.go("/pages/new").await;
        bob.click("#kept .discard").await;
        assert!(!bob.is(OFFERED).await);
        assert_eq!(bob.js(N_KEPT).await, 0);
    });
}

#[test]
fn what_others_save_takes_no_draft_away() {
    play(async |stage| {
        let alice = stage.server.log_in("alice").await;
        let bob = stage.person("bob").await;
        bob.may_hear("status of 401");
        bob.may_hear("status of 409");
        let page = format!("/pages/{}", stage.room);
        let edit = format!("{page}/edit");
        bob.go(&edit).await;
        bob.type_into("#body", "And dry it.").await;
        bob.browser.delete_cookie("sid").await.unwrap();
        let theirs = [("title", "The mirror"), ("body", "{chat:Mirror} Done."), ("version", "1")];
        assert_eq!(alice.post(&page, &theirs).await.status, 303);
        bob.click(SEND).await;
        bob.until("the answer", "!document.querySelector('#body')").await;
        bob.log_in(&edit).await;
        assert!(bob.is(OFFERED).await);
        bob.click("#kept .back").await;
        assert!(bob.text(BODY).await.ends_with("And dry it."));
        // It began before what alice saved, which is not overwritten unseen.
        bob.click(SEND).await;
        bob.until("both texts", "document.getElementById('theirs')").await;
        bob.click(SEND).await;
        bob.until("the page", "document.querySelector('.prose')").await;
        let theirs = [("title", "The mirror"), ("body", "{chat:Mirror} Again."), ("version", "3")];
        assert_eq!(alice.post(&page, &theirs).await.status, 303);
        bob.go(&edit).await;
        assert!(!bob.is(OFFERED).await, "it was saved, and changed since");
        assert_eq!(bob.js(N_KEPT).await, 0);
    });
}

#[test]
fn a_draft_waits_for_who_typed_it_and_is_shown_to_nobody_else_at_that_browser() {
    play(async |stage| {
        let bob = stage.person("bob").await;
        // As an older version of the script kept it, for whoever came.
        bob.js("localStorage.setItem('page:new', '{\"title\":\"old\",\"body\":\"old\"}')").await;
        bob.go("/pages/new").await;
        assert!(!bob.is(OFFERED).await);
        bob.type_into("#body", "a secret plan").await;
        bob.enter().await;
        bob.write("half a thought").await;
        logs_out(&bob).await;

        bob.go("/login?next=/pages/new").await;
        bob.type_into("input[name=name]", "alice").await;
        bob.type_into("input[name=password]", &format!("{PASSWORD}{ENTER}")).await;
        bob.until("the editor", "document.getElementById('kept')").await;
        assert!(!bob.is(OFFERED).await);
        bob.enter().await;
        bob.until("the box", "document.getElementById('box')").await;
        assert_eq!(bob.draft().await, "");
        logs_out(&bob).await;

        bob.log_in("/pages/new").await;
        assert!(bob.is(OFFERED).await);
        bob.click("#kept .back").await;
        assert_eq!(bob.text(BODY).await, "a secret plan");
        bob.enter().await;
        bob.until("the box to be filled again", "document.getElementById('box')?.value").await;
        assert_eq!(bob.draft().await, "half a thought");
    });
}
