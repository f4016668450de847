//! A run of a transcript has an address.

use super::stage::play;

#[test]
fn the_address_of_a_run_marks_it() {
    play(async |stage| {
        let alice = stage.in_room("alice").await;
        for text in ["one", "two", "three", "four"] {
            alice.say(text).await;
        }
        let ids = alice.js("[...document.querySelectorAll('#log li')].map(li => li.id)").await;
        let day = alice.text("document.querySelector('#transcripts a').getAttribute('href')").await;
        alice.go(&day).await;
        let to = alice.text("location.pathname").await;
        let run =
            "[...document.querySelectorAll('#log [data-run] .body')].map(b => b.innerText).join()";
        alice.go(&format!("{to}#{}-{}", ids[1].as_str().unwrap(), ids[2].as_str().unwrap())).await;
        alice.until("the run to be marked", &format!("{run} === 'two,three'")).await;
        // From one message to another, by the times beside them, backwards too.
        alice.js(&format!("location.hash = '{}'", ids[3].as_str().unwrap())).await;
        let shift_click = "document.querySelectorAll('#log .permalink')[0].dispatchEvent(new MouseEvent('click', { shiftKey: true, bubbles: true, cancelable: true }))";
        assert!(!alice.is(shift_click).await, "no new window");
        alice.until("all to be marked", &format!("{run} === 'one,two,three,four'")).await;
        alice.js("location.hash = 'm1-m999999'").await;
        alice.until("nothing to be marked", &format!("{run} === ''")).await;
    });
}
