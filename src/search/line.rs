//! A hit's line: its text around the first match, in pieces, and how well it matches.
//!
//! **Invariant:** pure text; whoever shows it escapes it. No character is made plain more often than
//! once, however many words are looked for: nothing stops what takes too long here.

use memchr::memmem::Finder;

use super::Piece;
use super::query::{Query, Term};
use super::words;
use crate::folding;

/// Characters of a hit's line before and after its first match.
const AROUND: usize = 90;
/// Bytes before and after it that they are taken from, with all white space.
const NEAR: usize = 4 << 10;
/// Words that are looked for in a hit, of however many were asked for.
const N_MARKED: usize = 64;
/// Characters that are looked at to tell how good a match is.
pub(super) const WEIGHED: usize = 4000;
/// Words of a usual message: what a long one is long by.
const USUAL: f64 = 12.0;

/// The text around the first match; every place where a term stands is marked.
pub(super) fn of(text: &str, query: &Query) -> Vec<Piece> {
    let (near, cut) = near(text, first(text, query).unwrap_or(0));
    let shown: Vec<char> = on_one_line(near);
    let plainly: Vec<char> = shown.iter().copied().map(plain).collect();
    let mut marked = vec![false; shown.len()];
    for word in to_mark(query) {
        mark(&shown, &plainly, &word, &mut marked);
    }
    let first = marked.iter().position(|marked| *marked).unwrap_or(0);
    let from = edge(&shown, first.saturating_sub(AROUND), first);
    let until = edge(&shown, (first + AROUND * 2).min(shown.len()), shown.len());
    let mut pieces: Vec<Piece> = Vec::new();
    if from > 0 || cut.0 {
        pieces.push(Piece { text: "…".into(), matched: false });
    }
    for (c, matched) in shown.iter().zip(&marked).skip(from).take(until - from) {
        match pieces.last_mut() {
            Some(piece) if piece.matched == *matched => piece.text.push(*c),
            _ => pieces.push(Piece { text: c.to_string(), matched: *matched }),
        }
    }
    if until < shown.len() || cut.1 {
        pieces.push(Piece { text: "…".into(), matched: false });
    }
    pieces
}

/// Where the first match begins, in bytes.
pub(super) fn first(text: &str, query: &Query) -> Option<usize> {
    let words = to_mark(query);
    // What words are looked for in, and whether one can begin at each of its bytes.
    let mut plainly = String::with_capacity(text.len());
    let mut begins = Vec::with_capacity(text.len());
    let mut before = None;
    for c in text.chars() {
        begins.resize(plainly.len(), false);
        begins.push(!before.replace(c).is_some_and(char::is_alphanumeric));
        plainly.push(plain(c));
    }
    let mut first: Option<usize> = None;
    for word in &words {
        let letters: String = word.letters.iter().collect();
        let until = first.map_or(plainly.len(), |at| plainly.len().min(at + letters.len()));
        let within = plainly.as_bytes().get(..until).unwrap_or_default();
        let fits = |at: &usize| word.anywhere || begins.get(*at).copied().unwrap_or(false);
        let found = Finder::new(letters.as_bytes()).find_iter(within).find(fits);
        first = found.filter(|at| first.is_none_or(|first| *at < first)).or(first);
    }
    // Each character has become one.
    let n_before = plainly.get(..first?)?.chars().count();
    text.char_indices().nth(n_before).map(|(at, _)| at)
}

/// The text not far from a place, and whether something is cut off before and after it.
fn near(text: &str, place: usize) -> (&str, (bool, bool)) {
    let from = text.floor_char_boundary(place.saturating_sub(NEAR));
    // Not within a word: its end is no word.
    let before = text.get(from..place).filter(|_| from > 0).unwrap_or_default();
    let from = from + before.find(char::is_whitespace).unwrap_or(0);
    let until = text.floor_char_boundary(place.saturating_add(NEAR));
    (text.get(from..until).unwrap_or(text), (from > 0, until < text.len()))
}

/// A word that is marked.
struct Word {
    letters: Vec<char>,
    /// It may begin within what else would be a word.
    anywhere: bool,
}

/// The words that are marked, each once.
fn to_mark(query: &Query) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    for word in query.wanted().flat_map(|term| term.shown.split(|c: char| !is_word(c))) {
        let letters: Vec<char> = word.chars().map(plain).collect();
        if !letters.is_empty() && words.iter().all(|known| known.letters != letters) {
            words.push(Word { letters, anywhere: is_anywhere(word) });
        }
        if words.len() == N_MARKED {
            break;
        }
    }
    words
}

/// How well a prepared text matches: more of the words, less of everything else. It looks at the
/// text alone. (The index's own ranking weighs a word by how rare it is in all messages, which
/// reads more the more there are, tells of what the viewer may not see, and makes pages of
/// results jump when somebody writes.)
#[expect(clippy::cast_precision_loss, reason = "counts of words")]
pub(super) fn weight(prepared: &str, query: &Query) -> f64 {
    let text = words::of(&prepared.chars().take(WEIGHED).collect::<String>());
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let length = 1.2 * (0.25 + 0.75 * words.len() as f64 / USUAL);
    query
        .wanted()
        .map(|term| {
            let n = count(&words, term) as f64;
            n / (n + length)
        })
        .sum()
}

fn count(words: &[&str], term: &Term) -> usize {
    let term_words = words::of(&term.folded);
    let wanted: Vec<&str> = term_words.split_ascii_whitespace().collect();
    let Some((last, before)) = wanted.split_last() else { return 0 };
    let ends = |word: &str| if term.prefix { word.starts_with(last) } else { word == *last };
    words
        .windows(wanted.len())
        .filter(|run| run.split_last().is_some_and(|(end, start)| start == before && ends(end)))
        .count()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || folding::is_symbol(c)
}

/// The next place between words, not beyond `limit`; the very ends are as they are.
fn edge(text: &[char], at: usize, limit: usize) -> usize {
    if at == 0 || at >= text.len() {
        return at;
    }
    text.iter()
        .skip(at)
        .take(20)
        .position(|c| *c == ' ')
        .map_or(at, |ahead| (at + ahead).min(limit))
}

fn is_anywhere(word: &str) -> bool {
    word.starts_with(|c| folding::is_spaceless(c) || folding::is_symbol(c))
}

/// Marks each place where `word` begins a word of the text, of which `plainly` is the plain form.
fn mark(text: &[char], plainly: &[char], word: &Word, marked: &mut [bool]) {
    for (at, window) in plainly.windows(word.letters.len()).enumerate() {
        let begins = at == 0
            || word.anywhere
            || text.get(at - 1).is_none_or(|before| !before.is_alphanumeric());
        if begins && window == word.letters {
            for place in marked.iter_mut().skip(at).take(word.letters.len()) {
                *place = true;
            }
        }
    }
}

/// A character without its accent, width and case.
fn plain(c: char) -> char {
    use unicode_normalization::UnicodeNormalization;
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    c.to_lowercase().next().unwrap_or(c).nfkd().next().unwrap_or(c)
}

/// The text on one line, with single spaces.
fn on_one_line(text: &str) -> Vec<char> {
    let mut shown: Vec<char> = Vec::new();
    for c in text.chars() {
        let c = if c.is_whitespace() { ' ' } else { c };
        if c != ' ' || shown.last().is_some_and(|last| *last != ' ') {
            shown.push(c);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(pieces: &[Piece]) -> String {
        let shown = pieces.iter().map(|piece| {
            if piece.matched { format!("[{}]", piece.text) } else { piece.text.clone() }
        });
        shown.collect()
    }

    #[test]
    fn a_line_shows_the_match_in_its_surroundings() {
        let query = Query::parse("GRÜB");
        assert_eq!(text(&of("see grub: a grubby loader", &query)), "see [grub]: a [grub]by loader");
        let long = format!("{} grub {}", "x".repeat(300), "y".repeat(300));
        let line = text(&of(&long, &query));
        assert!(line.starts_with('…') && line.ends_with('…') && line.contains("[grub]"));
        assert_eq!(text(&of("私は東京に", &Query::parse("東京"))), "私は[東京]に");
        assert_eq!(text(&of("yes👍🏽!", &Query::parse("👍"))), "yes[👍]🏽!");
        assert_eq!(text(&of("a\n\n b", &Query::parse("x -a"))), "a b");
        assert_eq!(text(&of("ab ba b é", &Query::parse("é b é "))), "ab [b]a [b] [é]");
        // Far into a long text, which is cut within a word that ends like it.
        let far = format!("{} yyy Grub end {}", "xgrub ".repeat(20_000), "z".repeat(9000));
        let line = text(&of(&far, &query));
        assert!(line.starts_with("… xgrub xgrub") && line.ends_with('…'), "{line}");
        assert!(line.contains("xgrub yyy [Grub] end zz"), "{line}");
    }

    #[test]
    fn a_short_line_with_more_of_the_words_weighs_more() {
        let weight =
            |text: &str| weight(&folding::fold(text), &Query::parse("boot \"Grüb load\"* "));
        assert!(weight("grub loader boots boot") > weight("the boot of a ship that is at sea"));
        assert!(weight("boot") > weight("boot among many other words that say little of it"));
        assert!(weight("boot boot x") > weight("boot x y"));
        assert!(weight("nothing") <= 0.0);
    }
}
