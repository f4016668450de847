//! What a room's window weighs when it is opened for the first time.

use serde_json::json;

use super::driver::devtools;
use super::proxy::Proxy;
use super::stage::play;

/// All that the server sends until the panel is there: heads, the stream's first frame, the icon.
const MOST_BYTES: usize = 45 * 1024;
/// The stream's own request is one of them.
const MOST_REQUESTS: usize = 6;

const LINES: [&str; 10] = [
    "Two weeks to go. Shall we walk through the dismount once, *dry*?",
    "Yes please. I would rather drop a plank than a mirror :)",
    "I checked with the workshop: https://example.org/workshop/2026/crates says Thursday at nine.",
    "They want to know the weight:\n{code}\nmirror     212 kg\ncrate       64 kg\n{code}",
    "@alice can you ask whether the lift takes that? It is 300 kg on paper, but nobody has tried.",
    "I will.",
    "* straps\n* two dollies\n* the long gloves, not the short ones",
    "Good. Then I tell the night shift, and we meet at the dock at *half past eight*.",
    "The forecast says wind from the west, up to 40 km/h. Not on Tuesday, then.",
    "||part||kg||\n|mirror|212|\n|crate|64|",
];

#[test]
fn a_room_with_fifty_messages_weighs_little_when_it_is_opened_first() {
    play(async |stage| {
        let authors = [stage.server.log_in("alice").await, stage.server.log_in("bob").await];
        for n in 0..50 {
            authors[n % 3 % 2].say(stage.room, &format!("{} {n}", LINES[n % LINES.len()])).await;
        }
        let topic = [("topic", "The dismount, step by step")];
        authors[0].post(&format!("/rooms/{}/topic", stage.room), &topic).await;
        let proxy = Proxy::before(stage.server.address()).await;
        let alice = stage.stranger_at("alice", proxy.origin()).await;
        // The way ends with the test.
        alice.may_lose_the_server();
        alice.log_in("/").await;
        // With nothing kept of what the wiki has loaded.
        alice.go("about:blank").await;
        devtools(&alice.browser, "Network.enable", json!({})).await;
        devtools(&alice.browser, "Network.clearBrowserCache", json!({})).await;
        proxy.passed();
        alice.enter().await;
        alice.is_listening().await;
        let told = "document.getElementById('topic-here').innerText.includes('dismount')";
        alice.until("the panel", told).await;
        let passed = proxy.passed();
        let n_messages = alice.js("document.querySelectorAll('#log > li').length").await;
        assert_eq!(n_messages, 50);
        assert!(passed.n_bytes <= MOST_BYTES, "{passed:#?}");
        // That it has been read, it tells when it is there.
        let (reads, loads): (Vec<_>, Vec<_>) = passed
            .asked
            .iter()
            .partition(|line| line.starts_with("POST ") && line.contains("/read "));
        assert!(loads.len() <= MOST_REQUESTS && reads.len() <= 1, "{passed:#?}");
        eprintln!("{} bytes by {} requests", passed.n_bytes, loads.len());
    });
}
