//! Administration with a browser that runs no scripts: links, fields and buttons are enough.

use super::person::ENTER;
use super::stage::play;

#[test]
fn somebody_gets_an_account_reads_and_is_shut_out_again() {
    play(async |stage| {
        let alice = stage.without_scripts("alice").await;
        alice.may_hear("status of 422");
        alice.click("a[href='/admin']").await;
        alice.click("a[href='/admin/accounts']").await;
        alice.type_into("#name", "dora").await;
        alice.type_into("#display", "Dora Dee").await;
        alice.type_into("#password", &format!("short{ENTER}")).await;
        // What was wrong stands beside its field, and the rest need not be typed again.
        let refused = "document.querySelector('#password-error')";
        alice.until("to be told", refused).await;
        assert!(alice.text(&format!("{refused}.innerText")).await.contains("8 to 128"));
        alice.screenshot("admin-refused").await;
        alice.type_into("#password", &format!("correct horse{ENTER}")).await;
        alice.until("the account", "document.querySelector('h1').innerText === 'Dora Dee'").await;
        alice.click("nav a[href='/admin/spaces']").await;
        alice.click("a[href='/admin/spaces/WORK']").await;
        alice.type_into("#view", ", dora").await;
        alice.click("form[action$='/rights'] button").await;

        let dora = stage.stranger("dora").await;
        dora.log_in(&format!("/rooms/{}", stage.room)).await;
        dora.is_listening().await;
        alice.click("nav a[href='/admin/accounts']").await;
        alice.click("a[href='/admin/accounts/dora']").await;
        alice.click("form[action$='/disable'] button").await;
        dora.may_hear("status of 40");
        dora.until("the window to end", "document.querySelector('#notice')?.checkVisibility()")
            .await;
        alice.click("nav a[href='/admin/audit']").await;
        let list = alice.text("document.querySelector('.audit > ol').innerText").await;
        let acts = ["disabled dora", "set the rights of WORK", "made the account dora"];
        let places = acts.map(|act| list.find(&format!("Alice Moreau {act}")));
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{list}");
    });
}
