//! Any bytes as the log of a channel, of the day that they begin with: each line is a message, a
//! complaint, or nobody's.

#![no_main]

use backchannel::import::irc;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = irc::decode(bytes);
    let day = irc::day_of(&text).unwrap_or(jiff::civil::date(2024, 2, 28));
    let log = irc::read(day, &text);
    let n_lines = log.lines.len() + log.malformed.len() + log.n_skipped;
    assert_eq!(n_lines, text.lines().count(), "a line is lost");
    for line in &log.lines {
        assert!(line.at.date() >= day && text.contains(&line.text), "{line:?}");
    }
});
