//! Any form with files, in whole and in pieces as long as its first byte says: where the network
//! cuts it decides nothing.

#![no_main]

use std::convert::Infallible;

use axum::body::{Body, Bytes};
use axum::http::{Request, StatusCode};
use libfuzzer_sys::fuzz_target;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

mod stage;

fuzz_target!(|bytes: &[u8]| {
    let Some((&long, form)) = bytes.split_first() else { return };
    let stage = stage::stage();
    let post = |long: usize| {
        let pieces: Vec<Bytes> = form.chunks(long.max(1)).map(Bytes::copy_from_slice).collect();
        // As a socket gives them: one is there only after somebody has waited for it.
        let (give, given) = mpsc::channel(1);
        stage.spawn(async move {
            for piece in pieces {
                let _ = give.send(Ok::<_, Infallible>(piece)).await;
            }
        });
        let request = Request::post(stage.address("/rooms/ROOM/files", b""))
            .header("content-type", "multipart/form-data; boundary=b");
        let body = Body::from_stream(ReceiverStream::new(given));
        let (status, _) = stage.ask(stage.by_bob(request), body);
        // What was taken already is taken again.
        if status == StatusCode::OK { StatusCode::CREATED } else { status }
    };
    assert_eq!(post(form.len()), post(long.into()));
});
