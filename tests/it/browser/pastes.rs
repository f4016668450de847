//! A paste, from the box to its own page.

use super::person::ENTER;
use super::stage::play;

#[test]
fn a_paste_is_folded_in_the_log_and_copied_from_its_page_without_the_numbers() {
    play(async |stage| {
        let alice = stage.in_room("alice").await;
        let bob = stage.in_room("bob").await;
        bob.is_listening().await;
        let text = "Array.from({ length: 40 }, (_, n) => `\\tline ${n + 1} <b>`).join('\\n')";
        alice.js(&format!("document.getElementById('box').value = {text}")).await;
        alice.press(ENTER).await;
        bob.until("to see the paste", "document.querySelector('#log [data-kind=paste] a.whole')")
            .await;
        assert_eq!(bob.text("document.querySelector('#log a.whole').innerText").await, "40 lines");
        bob.open_window_by("#log a.whole").await;
        bob.until("the page", &format!("document.getElementById('paste').textContent === {text}"))
            .await;
        // What a reader selects and copies is the text.
        let selected = "(getSelection().selectAllChildren(document.getElementById('paste')), \
                        getSelection().toString().includes('line 2 <b>\\n\\tline 3'))";
        assert!(bob.is(selected).await);
        let wide = "document.getElementById('paste').scrollWidth";
        bob.resize(360, 640).await;
        bob.js("document.getElementById('paste').firstChild.textContent = 'x'.repeat(900)").await;
        assert!(bob.is(&format!("{wide} > 1000")).await);
        bob.click("#wrap").await;
        assert!(bob.is(&format!("{wide} < 400")).await);
        bob.click("#copy").await;
        bob.until("to be told", "document.getElementById('copy').innerText === 'Copied'").await;
    });
}
