//! The second step at log-in, on pages that have no scripts.

use super::access;
use super::person::ENTER;
use super::stage::play;
use crate::process::PASSWORD;
use crate::second_step::App;

fn now() -> i64 {
    std::time::UNIX_EPOCH.elapsed().unwrap().as_secs().try_into().unwrap()
}

#[test]
fn it_is_set_up_and_asked_for_by_pages_without_scripts() {
    play(async |stage| {
        let alice = stage.person("alice").await;
        alice.go("/settings").await;
        alice.click("a[href='/settings/code']").await;
        alice.type_into("input[name=current]", &format!("{PASSWORD}{ENTER}")).await;
        alice.until("the picture", "document.querySelector('svg.qr > path + path')").await;
        let drawn = "document.querySelector('svg.qr').getBoundingClientRect()";
        assert!(
            alice.is(&format!("{drawn}.width > 100 && {drawn}.width === {drawn}.height")).await
        );
        alice.screenshot("second-step").await;
        assert!(alice.is("document.scripts.length === 0").await);
        access::is_faultless_here(&alice).await;
        let app = App::told(&alice.text("document.querySelector('code.key').innerText").await);
        let code = app.code_at(now());
        alice.type_into("input[name=code]", &format!("{code}{ENTER}")).await;
        alice.until("ten codes", "document.querySelectorAll('ol.codes li').length === 10").await;
        access::is_faultless_here(&alice).await;
        let recovery = alice.text("document.querySelector('ol.codes code').innerText").await;
        alice.click("a[href='/settings/code']").await;
        alice.until("how it stands", "document.querySelector('form[action$=off]')").await;
        access::is_faultless_here(&alice).await;
        // Elsewhere the password leads to the code, and a code to where one wanted to be.
        let here = stage.stranger("alice").await;
        here.go("/login?next=/settings").await;
        here.fill_in_login().await;
        here.until("the question", "location.pathname === '/login/code'").await;
        assert!(here.is("document.activeElement.name === 'code'").await);
        access::is_faultless_here(&here).await;
        assert!(here.is("document.scripts.length === 0").await);
        here.may_hear("401");
        here.press(&format!("{code}{ENTER}")).await;
        here.until("a refusal", "document.querySelector('[role=alert]')").await;
        here.press(&format!("{recovery}{ENTER}")).await;
        here.until("to be in", "location.pathname === '/settings'").await;
    });
}
