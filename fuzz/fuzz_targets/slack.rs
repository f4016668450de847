//! Any bytes as an export of Slack, as a day in one, and as a text in that.

#![no_main]

use std::io::{Cursor, Write};

use backchannel::import::mrkdwn::{self, Names};
use backchannel::import::slack::Export;
use libfuzzer_sys::fuzz_target;
use zip::CompressionMethod::Stored;
use zip::write::SimpleFileOptions;

const USERS: &[u8] = br#"[{"id":"U1","name":"ann","profile":{"display_name":"Ann"}}]"#;
const CHANNELS: &[u8] = br#"[{"id":"C1","name":"tea"}]"#;

fn read(archive: &[u8]) {
    if let Ok(export) = Export::open(Cursor::new(archive), None) {
        export.take(10_000).for_each(drop);
    }
}

fuzz_target!(|bytes: &[u8]| {
    read(bytes);
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let files =
        [("users.json", USERS), ("channels.json", CHANNELS), ("tea/2024-02-28.json", bytes)];
    for (name, content) in files {
        zip.start_file(name, SimpleFileOptions::default().compression_method(Stored)).unwrap();
        zip.write_all(content).unwrap();
    }
    read(&zip.finish().unwrap().into_inner());
    let text = String::from_utf8_lossy(bytes);
    let names = Names { users: [("U1".into(), "Ann".into())].into(), ..Names::default() };
    let markup = mrkdwn::to_markup(&text, &names);
    assert!(markup.len() <= 4 * text.len() + 16, "too long: {markup}");
});
