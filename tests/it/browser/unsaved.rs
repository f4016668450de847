//! What was typed into the editor is offered again until the server has it.

use super::proxy::{Proxy, Way};
use super::stage::play;

/// What was typed before is offered.
const OFFERED: &str = "!document.getElementById('kept').hidden";
const BODY: &str = "document.getElementById('body').value";
/// How much this browser keeps of what was typed into editors.
const N_KEPT: &str = "localStorage.length";
const SEND: &str = "form .actions button.primary";

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
            bob.until("to be refused", "location.pathname === '/pages'").await;
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
