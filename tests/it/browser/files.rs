//! Files in the room's window: chosen, pasted, dropped, looked at.

use std::path::PathBuf;

use image::ImageFormat;
use serde_json::json;

use super::person::Person;
use super::stage::{Stage, play};
use crate::files::pictures::{encoded, photo};

const SMALL: &str = "document.querySelector('#log a.picture img')";
const OPEN: &str = "document.getElementById('lightbox').open";

/// A file on the disk of whoever sits at the browser.
fn on_disk(stage: &Stage, name: &str, bytes: &[u8]) -> PathBuf {
    let path = stage.server.folder().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

/// Gives the page an event with a file, as a paste or a drop does.
async fn hand(person: &Person, event: &str, name: &str, bytes: &[u8]) {
    let script = "const [event, name, bytes] = arguments;
        const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(bytes)], name, { type: 'image/png' }));
        const options = { bubbles: true, cancelable: true };
        const [target, made] = event === 'paste'
          ? ['box', new ClipboardEvent('paste', { ...options, clipboardData: data })]
          : ['scroll', new DragEvent(event, { ...options, dataTransfer: data })];
        return document.getElementById(target).dispatchEvent(made);";
    let arguments = vec![json!(event), json!(name), json!(bytes)];
    let went_on = person.browser.execute(script, arguments).await.unwrap();
    assert_eq!(went_on, json!(false), "the page takes a {event} into its own hands");
}

#[test]
fn a_picture_is_chosen_pasted_or_dropped_and_looked_at() {
    play(async |stage| {
        let alice = stage.in_room("alice").await;
        let bob = stage.in_room("bob").await;
        for person in [&alice, &bob] {
            person.is_listening().await;
        }
        alice.write("half a thought").await;
        let chosen = on_disk(stage, "chosen.png", &encoded(&photo(1200, 800), ImageFormat::Png));
        alice.type_into("#files", chosen.to_str().unwrap()).await;
        // Nothing jumps: there is a place for it before it is there.
        for person in [&alice, &bob] {
            person.until("to see the picture", &format!("{SMALL}?.naturalWidth === 480")).await;
            let size = person.js(&format!("[{SMALL}.width, {SMALL}.height]")).await;
            assert_eq!(size, json!([300, 200]));
        }
        assert_eq!(alice.draft().await, "half a thought");

        let picture = encoded(&photo(500, 900), ImageFormat::Png);
        hand(&alice, "paste", "image.png", &picture).await;
        hand(&alice, "dragover", "dropped.png", &picture).await;
        hand(&alice, "drop", "dropped.png", &picture).await;
        bob.until("to see three", "document.querySelectorAll('#log a.picture').length === 3").await;
        let listed = "[...document.querySelectorAll('#files-here a')].map(a => a.innerText)";
        bob.until("to see them listed", &format!("{listed}.length === 3")).await;
        let alts = "[...document.querySelectorAll('#log a.picture img')].map(img => img.alt)";
        assert_eq!(bob.js(alts).await, json!(["chosen.png", "image.png", "dropped.png"]));
        assert!(alice.is("document.getElementById('upload').hidden").await);
        bob.screenshot("files-room").await;

        // Large, by a click; through all of them, by the keys; and back.
        bob.click("#log a.picture").await;
        let large = "document.querySelector('#lightbox img')";
        bob.until("to see it large", &format!("{OPEN} && {large}.naturalWidth === 1200")).await;
        bob.screenshot("files-lightbox").await;
        bob.press("\u{e014}").await;
        bob.until("to see the next", &format!("{large}.naturalWidth === 500")).await;
        assert_eq!(
            bob.text("document.querySelector('#lightbox p span').innerText").await,
            "image.png"
        );
        bob.press("\u{e00c}").await;
        bob.until("to be back", &format!("!{OPEN}")).await;
        assert!(bob.is("location.pathname.startsWith('/rooms/')").await);

        // The same in the day's transcript, and back to where the focus was.
        let day = bob.text("document.querySelector('#transcripts a').getAttribute('href')").await;
        bob.go(&day).await;
        bob.until("the pictures", "document.querySelectorAll('#log a.picture').length === 3").await;
        bob.js("document.querySelector('#log a.picture').focus()").await;
        bob.press("\u{e007}").await;
        bob.until("to see it large", &format!("{OPEN} && {large}.naturalWidth === 1200")).await;
        bob.screenshot("files-lightbox-transcript").await;
        bob.press("\u{e014}").await;
        bob.until("to see the next", &format!("{large}.naturalWidth === 500")).await;
        bob.press("\u{e00c}").await;
        bob.until("to be back", &format!("!{OPEN}")).await;
        assert!(
            bob.is("document.activeElement === document.querySelector('#log a.picture')").await
        );
        assert!(bob.is("location.pathname.startsWith('/pages/')").await);
    });
}

#[test]
fn files_look_alike_wherever_they_are() {
    play(async |stage| {
        let alice = stage.in_room("alice").await;
        alice.is_listening().await;
        alice.say("Here is what the mirror looks like from three sides.").await;
        let chosen: Vec<String> = [(900, 600), (600, 900), (1600, 500), (40, 40)]
            .into_iter()
            .enumerate()
            .map(|(n, (width, height))| {
                let picture = encoded(&photo(width, height), ImageFormat::Jpeg);
                on_disk(stage, &format!("side {n}.jpg"), &picture).to_str().unwrap().to_owned()
            })
            .chain(
                [
                    on_disk(
                        stage,
                        "A report with a rather long name, as people have them (final).pdf",
                        b"%PDF-1.7",
                    ),
                    on_disk(stage, "plan.txt", b"1"),
                ]
                .map(|path| path.to_str().unwrap().to_owned()),
            )
            .collect();
        alice.type_into("#files", &chosen.join("\n")).await;
        alice.until("to see six", "document.querySelectorAll('#log .body a').length === 6").await;
        alice
            .until(
                "to see the pictures",
                "[...document.querySelectorAll('#log img')].every(img => img.naturalWidth)",
            )
            .await;
        alice.say("And that was all.").await;
        let room = format!("/rooms/{}", stage.room);
        let screens = [
            ("room", room.clone()),
            ("list", format!("{room}/files")),
            ("status", format!("{room}/status")),
            ("page", format!("/pages/{}", stage.room)),
            ("plain", format!("{room}/plain/compose")),
            ("transcript", alice.text("document.querySelector('#transcripts a').href").await),
        ];
        for (name, path) in screens {
            for (scheme, width) in [("light", 1000), ("dark", 1000), ("light", 360), ("dark", 360)]
            {
                alice.prefers(scheme).await;
                alice.resize(width, 760).await;
                alice.go(&path).await;
                alice.until("it to be there", "document.readyState === 'complete'").await;
                let wide = "document.documentElement.scrollWidth - innerWidth";
                assert!(alice.is(&format!("{wide} <= 0")).await, "{name} at {width} overflows");
                alice.screenshot(&format!("files-{name}-{scheme}-{width}")).await;
            }
        }
        alice.go(&room).await;
        alice.click("#log a.picture").await;
        alice.screenshot("files-lightbox-360").await;
        alice.press("\u{e00c}").await;
        alice.click(".panel-opener").await;
        alice.screenshot("files-panel-360").await;
    });
}

#[test]
fn what_is_uploaded_while_a_reply_is_written_answers_what_it_quotes() {
    play(async |stage| {
        let alice = stage.in_room("alice").await;
        alice.say("Where are the figures?").await;
        alice.js("document.querySelector('#log .reply').click()").await;
        alice.until("the quote", "document.querySelector('#reply .quote')").await;
        alice.js("(() => { const data = new DataTransfer(); data.items.add(new File(['1,2'], 'figures.csv')); \
                  document.getElementById('box').dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })); })()").await;
        alice.until("the answer", "document.querySelector('#log li:last-child .quote')").await;
        assert!(alice.is("document.querySelector('#log li:last-child a.file')").await);
        assert!(!alice.is("document.querySelector('#reply .quote')").await);
    });
}

#[test]
fn an_upload_that_fails_can_be_tried_again() {
    play(async |stage| {
        let alice = stage.in_room("alice").await;
        alice.is_listening().await;
        let file = on_disk(stage, "notes.txt", b"a line");
        // The line goes dead, once.
        alice.js("((send) => { XMLHttpRequest.prototype.send = function (body) { XMLHttpRequest.prototype.send = send; this.abort(); this.onloadend(); } })(XMLHttpRequest.prototype.send)").await;
        alice.type_into("#files", file.to_str().unwrap()).await;
        alice.until("to be told", "!document.querySelector('#upload .retry').hidden && document.querySelector('#upload').innerText.includes('broke off')").await;
        alice.screenshot("files-failed").await;
        alice.click("#upload .retry").await;
        alice
            .until(
                "to see the file",
                "document.querySelector('#log a.file')?.innerText === 'notes.txt'",
            )
            .await;
        assert!(alice.is("document.getElementById('upload').hidden").await);
    });
}

#[test]
fn a_file_is_attached_to_a_page_and_taken_away_again_without_scripts() {
    play(async |stage| {
        let page = format!("/pages/{}", stage.room);
        let bob = stage.without_scripts("bob").await;
        bob.go(&page).await;
        let plan = on_disk(stage, "plan.txt", b"the plan");
        let list = on_disk(stage, "list.txt", b"the list");
        let both = format!("{}\n{}", plan.display(), list.display());
        bob.type_into("#page_files input[type=file]", &both).await;
        bob.click("#page_files form.upload button").await;
        let names =
            "[...document.querySelectorAll('#page_files .about > a')].map(a => a.innerText)";
        bob.until("to see both", &format!("{names}.join() === 'list.txt,plan.txt'")).await;
        bob.screenshot("page-files").await;
        // Asked once more, since nothing brings it back.
        let sure = "#page_files li:first-child details button.danger";
        assert!(!bob.is(&format!("document.querySelector('{sure}').checkVisibility()")).await);
        bob.click("#page_files li:first-child summary").await;
        bob.screenshot("page-files-sure").await;
        bob.click(sure).await;
        bob.until("to see one", &format!("{names}.join() === 'plan.txt'")).await;
        let carol = stage.stranger("carol").await;
        carol.log_in(&page).await;
        carol.until("to see it", &format!("{names}.join() === 'plan.txt'")).await;
    });
}
