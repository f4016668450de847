//! What is different between two texts: lines, and in changed lines the words. Pure.
//!
//! **Invariant:** it ends: two texts that have little in common are compared roughly once the time
//! is over, never for ever; and of what is different no more comes back than somebody looks at.

use std::time::Duration;

use similar::{ChangeTag, TextDiff};

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is in both.
    Kept,
    /// It is in the old text alone.
    Gone,
    /// It is in the new text alone.
    New,
}

/// A line, in parts; a part that is marked is what changed within the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What became of it.
    pub fate: Fate,
    /// Its text.
    pub parts: Vec<(bool, String)>,
}

/// What is different between two texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// The changed stretches, each with some lines around it; none where the texts are the same.
    pub stretches: Vec<Vec<Line>>,
    /// There is more that is different.
    pub cut: bool,
}

/// Lines that are shown: half a million of two bytes each would be a hundred times as many bytes.
const MOST: usize = 3000;
/// Lines around each change that stay as they are.
const CONTEXT: usize = 3;
/// How long the comparison looks for the smallest difference.
const TIME: Duration = Duration::from_millis(300);
/// Longer texts are not compared word by word.
const WORDS: usize = 64 * 1024;

/// Compares two texts. That of long ones takes its time: see [`crate::texts`].
pub fn between(old: &str, new: &str) -> Difference {
    let compared = TextDiff::configure().timeout(TIME).diff_lines(old, new);
    let by_words = old.len() + new.len() <= WORDS;
    let mut stretches = Vec::new();
    let mut left = MOST;
    for operations in compared.grouped_ops(CONTEXT) {
        let mut lines = Vec::new();
        let mut cut = false;
        for operation in &operations {
            let whole = if by_words {
                let changes = compared.iter_inline_changes(operation).map(|change| Line {
                    fate: fate(change.tag()),
                    parts: change
                        .iter_strings_lossy()
                        .map(|(marked, text)| (marked, text.trim_end_matches('\n').to_owned()))
                        .filter(|(_, text)| !text.is_empty())
                        .collect(),
                });
                take(changes, &mut lines, &mut left)
            } else {
                let changes = compared.iter_changes(operation).map(|change| Line {
                    fate: fate(change.tag()),
                    parts: vec![(false, change.value().trim_end_matches('\n').to_owned())],
                });
                take(changes, &mut lines, &mut left)
            };
            if !whole {
                cut = true;
                break;
            }
        }
        stretches.push(lines);
        if cut {
            return Difference { stretches, cut };
        }
    }
    Difference { stretches, cut: false }
}

/// Takes so many lines as are left; true if those were all.
fn take(changes: impl Iterator<Item = Line>, lines: &mut Vec<Line>, left: &mut usize) -> bool {
    for line in changes {
        let Some(fewer) = left.checked_sub(1) else { return false };
        *left = fewer;
        lines.push(line);
    }
    true
}

fn fate(tag: ChangeTag) -> Fate {
    match tag {
        ChangeTag::Equal => Fate::Kept,
        ChangeTag::Delete => Fate::Gone,
        ChangeTag::Insert => Fate::New,
    }
}

#[cfg(test)]
mod tests {
    use super::{Fate, MOST, between};

    #[test]
    fn a_changed_word_is_marked_in_its_line() {
        let compared = between("one\ntwo three\nfour\n", "one\ntwo bees\nfour\n");
        assert!(!compared.cut);
        let lines: Vec<_> = compared.stretches.concat();
        let fates: Vec<_> = lines.iter().map(|line| line.fate).collect();
        assert_eq!(fates, [Fate::Kept, Fate::Gone, Fate::New, Fate::Kept]);
        let marked: Vec<_> = lines
            .iter()
            .flat_map(|line| &line.parts)
            .filter(|(marked, _)| *marked)
            .map(|(_, text)| text.trim())
            .collect();
        assert_eq!(marked, ["three", "bees"]);
        assert!(between("same\n", "same\n").stretches.is_empty());
    }

    #[test]
    fn a_large_text_is_compared_in_time() {
        let old = (0..40_000).map(|n| format!("line {n}")).collect::<Vec<_>>().join("\n");
        let new = (0..40_000).map(|n| format!("other {}", n * 7)).collect::<Vec<_>>().join("\n");
        let begun = std::time::Instant::now();
        let compared = between(&old, &new);
        assert_eq!((compared.stretches.concat().len(), compared.cut), (MOST, true));
        assert!(begun.elapsed() < std::time::Duration::from_secs(10));
    }
}
