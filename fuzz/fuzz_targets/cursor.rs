//! Any cursor, id, number, day or name by which a window says where it is; its first byte says which.

#![no_main]

use axum::body::Body;
use axum::http::{HeaderValue, Request};
use backchannel::change::Cursor;
use backchannel::recent::Place;
use libfuzzer_sys::fuzz_target;

mod stage;

const PLACES: [&str; 26] = [
    "/rooms/ROOM/poll?tries=0&after=IT",
    "/rooms/ROOM/stream?after=IT",
    "/rooms/ROOM?reply=IT",
    "/rooms/ROOM/messages?before=IT",
    "/rooms/ROOM/messages/IT",
    "/rooms/ROOM/messages/IT/paste",
    "/rooms/ROOM/messages/IT/history?version=IT",
    "/rooms/ROOM/transcripts/IT",
    "/rooms/ROOM/calendar?month=IT",
    "/rooms/ROOM/export/IT",
    "/rooms/ROOM/names?q=IT",
    "/rooms/ROOM/audit?before=IT",
    "/rooms/IT/status",
    "/pages/IT",
    "/pages/ROOM/history?before=IT",
    "/pages/ROOM/history/IT",
    "/pages/ROOM/history/compare?from=IT&to=IT",
    "/pages/ROOM/restrictions?account=IT",
    "/pages/new?space=OPEN&parent=IT",
    "/pages/new?copy=IT",
    "/display/IT/Tea",
    "/display/OPEN/IT",
    "/files/IT/IT",
    "/changes?before=IT",
    "/changes?space=IT",
    "/accounts/IT",
];

fuzz_target!(|bytes: &[u8]| {
    let Some((&which, it)) = bytes.split_first() else { return };
    // A page shows its own address.
    if String::from_utf8_lossy(it).to_lowercase().contains(stage::CANARY) {
        return;
    }
    let stage = stage::stage();
    let mut request = Request::get(stage.address(PLACES[usize::from(which) % PLACES.len()], it));
    // On a reconnect it is the header that counts.
    if let (true, Ok(it)) = (which > 127, HeaderValue::from_bytes(it)) {
        request = request.header("last-event-id", it);
    }
    stage.ask(stage.by_bob(request), Body::empty());
    // What is understood is written as it was read.
    let text = String::from_utf8_lossy(it);
    if let Ok(cursor) = text.parse::<Cursor>() {
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
    }
    if let Ok(place) = text.parse::<Place>() {
        assert_eq!(place.to_string().parse::<Place>().unwrap(), place);
    }
});
