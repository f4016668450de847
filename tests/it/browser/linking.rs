//! The way from one's own page to the provider of log-ins and back, which no policy of ours stops.

use serde_json::json;

use super::access;
use super::person::ENTER;
use super::stage::play_with;
use crate::front::free_port;
use crate::openid::head;
use crate::openid::hostile::{CLIENT, Provider};
use crate::process::PASSWORD;

#[test]
fn an_account_is_linked_by_pages_without_scripts() {
    let port = free_port();
    let issuer = format!("http://127.0.0.1:{port}");
    let surroundings = [
        ("BACKCHANNEL_URL", "http://localhost"),
        ("BACKCHANNEL_OPENID_ISSUER", &*issuer),
        ("BACKCHANNEL_OPENID_CLIENT", CLIENT),
        ("BACKCHANNEL_OPENID_LABEL", "Example ID"),
    ];
    play_with(&surroundings, async |stage| {
        let provider = Provider::open_at(port).await;
        let page = "<!doctype html><link rel=icon href=data:,><title>Example ID</title>";
        let head_of = format!("content-type: text/html\r\ncontent-length: {}", page.len());
        provider.says_raw("/authorize", &format!("HTTP/1.1 200 OK\r\n{head_of}\r\n\r\n{page}"));
        let alice = stage.person("alice").await;
        alice.go("/settings").await;
        alice.click("a[href='/settings/identity']").await;
        alice.until("the form", "document.querySelector('form[action$=link]')").await;
        access::is_faultless_here(&alice).await;
        alice.screenshot("linking").await;
        assert!(alice.is("document.scripts.length === 0").await);
        alice.type_into("input[name=current]", &format!("{PASSWORD}{ENTER}")).await;
        // By itself: nothing is clicked.
        alice.until("the provider", "document.title === 'Example ID'").await;
        let told = async |name: &str| {
            alice.text(&format!("new URLSearchParams(location.search).get('{name}')")).await
        };
        let (state, nonce) = (told("state").await, told("nonce").await);
        let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
        let claims = json!({ "iss": provider.issuer, "aud": CLIENT, "sub": "7", "nonce": nonce,
                             "iat": now, "exp": now + 300, "name": "Ann",
                             "preferred_username": "ann" });
        provider.gives(&provider.key.token(&head(), &claims));
        alice.go(&format!("/login/oidc/callback?state={state}&code=c")).await;
        alice.until("how it stands", "document.querySelector('form[action$=unlink]')").await;
        access::is_faultless_here(&alice).await;
        alice.type_into("input[name=current]", &format!("{PASSWORD}{ENTER}")).await;
        alice.until("the way back", "document.querySelector('form[action$=\"/link\"]')").await;
    });
}
