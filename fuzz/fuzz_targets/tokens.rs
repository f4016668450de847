//! Any token: of a session, of a known browser, of a log-in that owes its code, of one that went to
//! the provider, of the link for the first account. None that was not given out opens anything.

#![no_main]

use axum::body::Body;
use axum::http::{HeaderValue, Request};
use libfuzzer_sys::fuzz_target;

mod stage;

fuzz_target!(|token: &[u8]| {
    let stage = stage::stage();
    for name in ["sid=", "step=", "device=", "oidc=", ""] {
        let cookie = HeaderValue::from_bytes(&[name.as_bytes(), token].concat());
        let Ok(cookie) = cookie else { continue };
        let home = Request::get("/settings").header("cookie", &cookie);
        let (status, _) = stage.ask(home, Body::empty());
        assert!(!status.is_success(), "somebody is in");
        let code = Request::post("/login/code")
            .header("cookie", &cookie)
            .header("content-type", "application/x-www-form-urlencoded");
        let (_, headers) = stage.ask(code, Body::from("code=000000"));
        assert!(!headers.contains_key("set-cookie"), "a session was opened");
    }
    let link = Request::get(stage.address("/first/IT", token));
    assert!(!stage.ask(link, Body::empty()).0.is_success(), "the link is another one");
});
