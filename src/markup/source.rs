//! The text as the grammar reads it: one kind of line end, no control characters, nothing that
//! reorders what people see. And the looks at it that every stage needs, none of which can panic.

use std::cell::Cell;

/// CRLF and CR become LF; C0 and C1 controls but LF and TAB, the byte order mark and the
/// characters that override the direction of writing go.
pub(super) fn clean(text: &str) -> String {
    if find_byte(text.as_bytes(), is_suspect).is_none() {
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

/// What is removed begins with such a byte: a control, or C2 (C1 controls), E2 (the direction
/// overrides) or EF (the byte order mark).
#[allow(clippy::needless_bitwise_bool, reason = "a branch for each test costs half the speed")]
fn is_suspect(byte: u8) -> bool {
    ((byte < b' ') & (byte != b'\n') & (byte != b'\t'))
        | (byte == 0x7f)
        | (byte == 0xc2)
        | (byte == 0xe2)
        | (byte == 0xef)
}

/// Where the first byte that `wanted` wants is; it must not want a space. Sixteen bytes at a time and
/// without a branch for each, which the compiler makes vectors of.
#[inline]
pub(super) fn find_byte(bytes: &[u8], wanted: impl Fn(u8) -> bool + Copy) -> Option<usize> {
    const CHUNK: usize = 16;
    let first = |chunk: &[u8; CHUNK]| {
        let found = u128::from_le_bytes(chunk.map(|b| u8::from(wanted(b))));
        (found != 0).then(|| found.trailing_zeros() as usize / 8)
    };
    let (chunks, rest) = bytes.as_chunks::<CHUNK>();
    for (n, chunk) in chunks.iter().enumerate() {
        if let Some(at) = first(chunk) {
            return Some(n * CHUNK + at);
        }
    }
    let mut last = [b' '; CHUNK];
    last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    first(&last).map(|at| chunks.len() * CHUNK + at)
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
