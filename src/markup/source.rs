//! The text as the grammar reads it: one kind of line end, no control characters, nothing that
//! reorders what people see. And the looks at it that every stage needs, none of which can panic.

use std::cell::Cell;

/// CRLF and CR become LF; C0 and C1 controls but LF and TAB, the byte order mark and the
/// characters that override the direction of writing go.
pub(super) fn clean(text: &str) -> String {
    if text.bytes().all(is_plain) {
        return text.to_owned();
    }
    let mut clean = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' => {
                if chars.peek() != Some(&'\n') {
                    clean.push('\n');
                }
            }
            '\n' | '\t' => clean.push(c),
            '\u{feff}' | '\u{202a}'..='\u{202e}' => {}
            c if c.is_control() => {}
            c => clean.push(c),
        }
    }
    clean
}

/// Nothing that begins with such a byte is ever removed. C1 begins with C2, the direction
/// overrides with E2, the byte order mark with EF.
fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\n' | b'\t' | 0x80..=0xc1 | 0xc3..=0xe1 | 0xe3..=0xee | 0xf0..)
}

/// The byte at `at`; 0, which a clean text never holds, beyond the end.
pub(super) fn byte(text: &str, at: usize) -> u8 {
    text.as_bytes().get(at).copied().unwrap_or(0)
}

/// `text[start..end]`, or nothing where that is no stretch of it.
pub(super) fn slice(text: &str, start: usize, end: usize) -> &str {
    text.get(start..end).unwrap_or_default()
}

/// How many bytes equal to `byte` stand from `at` on.
pub(super) fn run(text: &str, at: usize, byte: u8) -> usize {
    text.as_bytes().get(at..).map_or(0, |rest| rest.iter().take_while(|b| **b == byte).count())
}

/// Counts what the stages look at, so that a test can hold the grammar to linear time without a
/// clock.
#[derive(Debug, Default)]
pub(super) struct Steps(Cell<u64>);

impl Steps {
    /// Adds `n` looks.
    pub(super) fn add(&self, n: usize) {
        self.0.set(self.0.get().wrapping_add(n as u64));
    }

    /// All looks so far.
    pub(super) fn total(&self) -> u64 {
        self.0.get()
    }
}
