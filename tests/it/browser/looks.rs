//! Pictures.
use super::person::ENTER;
use super::stage::play;

#[test]
fn looks() {
    play(async |stage| {
        let alice = stage.in_room("alice").await;
        let bob = stage.in_room("bob").await;
        bob.is_listening().await;
        alice.say("Hold the crtae.").await;
        bob.say("Which one?").await;
        alice.sees("Which one?").await;
        alice.say("The blue one, please").await;
        alice.js("document.getElementById('box').value = Array.from({ length: 40 }, (_, n) => `fn line_${n + 1}() { let x = ${n}; println!(\"{x}\"); }`).join('\\n')").await;
        alice.press(ENTER).await;
        alice.until("paste", "document.querySelector('#log a.whole')").await;
        alice.say("that").await;
        alice.press("\u{e013}").await;
        alice.until("the form to have the focus", "document.activeElement.closest('#log .rewrite')").await;
        alice.screenshot("rewrite-light").await;
        alice.prefers("dark").await;
        alice.screenshot("rewrite-dark").await;
        alice.resize(360, 640).await;
        alice.screenshot("rewrite-narrow").await;
        alice.press(" there").await;
        alice.press(ENTER).await;
        alice.sees("that there").await;
        alice.screenshot("edited-narrow").await;
        alice.resize(1000, 700).await;
        alice.prefers("light").await;
        let m = alice.text("document.querySelector('#log a.edited').getAttribute('href')").await;
        let p = alice.text("document.querySelector('#log a.whole').getAttribute('href')").await;
        alice.js("document.querySelector('#log li:last-child').dispatchEvent(new MouseEvent('mouseover', {bubbles:true}))").await;
        alice.screenshot("edited-light").await;
        alice.go(&m).await;
        alice.screenshot("history").await;
        alice.go(&p).await;
        alice.screenshot("paste-light").await;
        alice.prefers("dark").await;
        alice.resize(360, 640).await;
        alice.screenshot("paste-narrow").await;
        alice.click("#wrap").await;
        alice.screenshot("paste-wrapped").await;
    });
}
