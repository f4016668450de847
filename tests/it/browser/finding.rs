//! Looking for something, and finding it while one types.

use std::path::Path;

use serde_json::json;

use super::person::TAB;
use super::stage::play;

#[test]
fn what_is_looked_for_is_found_while_one_types_and_the_address_says_it() {
    play(async |stage| {
        let bob = stage.server.log_in("bob").await;
        for text in ["before", "the boot loader is grub", "after", "nothing of it", "at all"] {
            bob.say(stage.room, text).await;
        }
        let alice = stage.person("alice").await;
        alice.go("/search").await;
        alice.type_into("form.query input[name=q]", "loa").await;
        let lines = "[...document.querySelectorAll('.hits .line')].map(l => l.innerText).join()";
        alice.until("hits", &format!("{lines} === 'before,the boot loader is grub,after'")).await;
        alice.until("the address", "location.search === '?q=loa'").await;
        assert!(alice.is("document.activeElement.name === 'q'").await, "one types on");
        alice.press(" -grub").await;
        alice.until("nothing", "document.querySelector('#found .nothing')").await;
        alice
            .until("the address", "new URLSearchParams(location.search).get('q') === 'loa -grub'")
            .await;
        alice.browser.refresh().await.unwrap();
        alice.until("the same", "document.querySelector('#found .nothing')").await;
        // The help opens by keys.
        alice.go("/search?q=boot").await;
        alice.click("form.query input[name=q]").await;
        alice.press(&TAB.repeat(2)).await;
        alice.press(" ").await;
        alice.until("the help", "document.querySelector('.operators').open").await;
        // A hit leads to its place in the transcript.
        alice.click(".hits .line a").await;
        alice
            .until(
                "the message",
                "document.querySelector(':target .body').innerText.includes('grub')",
            )
            .await;
    });
}

/// Real days of a support channel, where they are at hand: pictures for people to look at.
#[test]
fn real_talk_is_found_on_any_screen() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/ubuntu-irc");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        eprintln!("the logs are not at hand; nothing was looked at");
        return;
    };
    let mut files: Vec<_> = entries
        .map(|entry| entry.unwrap().path().to_str().unwrap().to_owned())
        .filter(|path| path.contains(".raw."))
        .collect();
    files.sort();
    play(async |stage| {
        let room = stage.room.to_string();
        let mut import = vec!["import", "irc", "--room", &room, "--zone", "UTC"];
        import.extend(files.iter().map(String::as_str));
        stage.server.run(&import, "");
        let alice = stage.person("alice").await;
        for (name, path) in [
            ("real", "/search?q=install"),
            ("real-operators", "/search?q=grub+has%3Alink+before%3A2012&sort=best"),
        ] {
            for (size, width) in [("wide", 1200), ("narrow", 360)] {
                for scheme in ["light", "dark"] {
                    alice.resize(width, 900).await;
                    alice.prefers(scheme).await;
                    alice.go(path).await;
                    assert!(alice.is("document.querySelector('.hits mark')").await, "{path}");
                    let wide = "document.documentElement.scrollWidth > innerWidth";
                    assert_eq!(alice.js(wide).await, json!(false), "{path} at {width} px");
                    alice.screenshot(&format!("found-{name}-{size}-{scheme}")).await;
                }
            }
        }
        alice.resize(360, 900).await;
        alice.go("/search?q=install").await;
        alice.click(".operators summary").await;
        alice.screenshot("found-help-narrow").await;
    });
}
