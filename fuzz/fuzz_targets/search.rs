//! Any text that is searched for, and any place to go on from behind the first line: an answer, and
//! no hit that is not for these eyes.

#![no_main]

use axum::body::Body;
use axum::http::{Request, StatusCode};
use libfuzzer_sys::fuzz_target;

mod stage;

fuzz_target!(|bytes: &[u8]| {
    // What was asked is shown to who asks.
    if String::from_utf8_lossy(bytes).to_lowercase().contains(stage::CANARY) {
        return;
    }
    let stage = stage::stage();
    let end = bytes.iter().position(|byte| *byte == b'\n');
    let (text, after) = bytes.split_at(end.unwrap_or(bytes.len()));
    for sort in ["newest", "best"] {
        let mut address = stage.address(&format!("/search?sort={sort}&q=IT"), text);
        if let Some(after) = after.get(1..) {
            address += &stage.address("&after=IT", after);
        }
        let (status, _) = stage.ask(stage.by_bob(Request::get(address)), Body::empty());
        assert_eq!(status, StatusCode::OK, "no text is refused");
    }
});
