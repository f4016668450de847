//! Emoticons, `:shortcodes:` and `@mentions`.

use super::chars::{closes_phrase, is_pictograph, is_space, is_word};
use super::inline::Scanner;
use super::source::{byte, slice};
use super::tree::{Inline, Span};

/// Where an emoticon may stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Also after an opening bracket, a quote or the end of a phrase.
    Smiley,
    /// Also a letter in parentheses, so only first or last on a line: `if (x) return`.
    Letter,
    /// `(!)` and its like.
    Sign,
}

/// Longest first where one begins another.
static EMOTICONS: [(&str, &str, Kind); 28] = [
    (":-)", "🙂", Kind::Smiley),
    (":-(", "🙁", Kind::Smiley),
    (":-P", "😛", Kind::Smiley),
    (":-D", "😃", Kind::Smiley),
    (";-)", "😉", Kind::Smiley),
    (":)", "🙂", Kind::Smiley),
    (":(", "🙁", Kind::Smiley),
    (":P", "😛", Kind::Smiley),
    (":D", "😃", Kind::Smiley),
    (";)", "😉", Kind::Smiley),
    ("(y)", "👍", Kind::Letter),
    ("(n)", "👎", Kind::Letter),
    ("(i)", "ℹ️", Kind::Letter),
    ("(x)", "❌", Kind::Letter),
    ("(/)", "✅", Kind::Sign),
    ("(!)", "⚠️", Kind::Sign),
    ("(+)", "➕", Kind::Sign),
    ("(-)", "➖", Kind::Sign),
    ("(?)", "❓", Kind::Sign),
    ("(on)", "💡", Kind::Sign),
    ("(off)", "🌙", Kind::Sign),
    ("(*)", "⭐", Kind::Sign),
    ("(*r)", "⭐", Kind::Sign),
    ("(*g)", "⭐", Kind::Sign),
    ("(*b)", "⭐", Kind::Sign),
    ("(*y)", "⭐", Kind::Sign),
    ("(flag)", "🚩", Kind::Sign),
    ("(flagoff)", "🏳️", Kind::Sign),
];

/// The emoticon that `text` begins with: its length.
pub(super) fn token(text: &str) -> Option<(usize, &'static str)> {
    find(text).map(|(word, emoji, _)| (word.len(), emoji))
}

fn find(text: &str) -> Option<(&'static str, &'static str, Kind)> {
    let may_begin = match byte(text, 0) {
        b':' | b';' => matches!(byte(text, 1), b'-' | b')' | b'(' | b'P' | b'D'),
        b'(' => matches!(byte(text, 2), b')' | b'*'..=b'y'),
        _ => false,
    };
    let begins = |(word, _, _): &&(&str, _, _)| text.starts_with(word);
    may_begin.then(|| EMOTICONS.iter().find(begins).copied()).flatten()
}

/// At `:`, `;` or `(`.
pub(super) fn emoticon(s: &mut Scanner<'_>, at: usize) -> Option<usize> {
    let (word, emoji, kind) = find(slice(s.source, at, s.chunk.end))?;
    let end = at + word.len();
    s.context.steps.add(EMOTICONS.len());
    let left = match s.before(at) {
        None => true,
        Some(_) if s.emoticon_end == at => true,
        Some(c) if is_space(c) || c == '|' || is_pictograph(c) => true,
        Some(c) => kind == Kind::Smiley && matches!(c, '(' | '"' | '\'' | '.' | ',' | '!' | '?'),
    };
    let right = s.after(end).is_none_or(|c| is_space(c) || closes_phrase(c))
        || find(slice(s.source, end, s.chunk.end)).is_some();
    if !left || !right || (kind == Kind::Letter && !at_line_edge(s, at, end)) {
        return None;
    }
    s.emoticon_end = end;
    Some(s.push(at, end, Inline::Emoticon { emoji, span: Span::new(at, end) }))
}

fn at_line_edge(s: &mut Scanner<'_>, at: usize, end: usize) -> bool {
    // Once for all that stand on the line: the blanks at its ends may be as long as the text.
    if s.trimmed.0 != s.line {
        let line = s.line.trimmed(s.source);
        s.context.steps.add(line.start - s.line.start + s.line.end - line.end);
        s.trimmed = (s.line, line);
    }
    let (_, line) = s.trimmed;
    at <= line.start || end >= line.end
}

/// `:name:` of a known emoji, with no word character and no `:` beside it.
pub(super) fn shortcode(s: &mut Scanner<'_>, at: usize) -> Option<usize> {
    let beside = |c: Option<char>| c.is_some_and(|c| is_word(c) || c == ':');
    let is_name = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_+-".contains(b);
    if beside(s.before(at)) {
        return None;
    }
    let rest = s.source.as_bytes().get(at + 1..s.chunk.end)?;
    let length = rest.iter().take(40).take_while(|b| is_name(b)).count();
    s.context.steps.add(length);
    let end = at + length + 2;
    if length == 0 || rest.get(length) != Some(&b':') || beside(s.after(end)) {
        return None;
    }
    let emoji = emojis::get_by_shortcode(slice(s.source, at + 1, end - 1))?.as_str();
    Some(s.push(at, end, Inline::Emoji { emoji, span: Span::new(at, end) }))
}

/// `@name`. Whether somebody is called so is the resolver's to say.
pub(super) fn mention(s: &mut Scanner<'_>, at: usize) -> Option<usize> {
    let beside = |c: char| is_word(c) || matches!(c, '.' | '/' | '@');
    if !s.links || s.before(at).is_some_and(beside) {
        return None;
    }
    let rest = slice(s.source, at + 1, s.chunk.end);
    let is_name = |c: char| is_word(c) || matches!(c, '_' | '-' | '.');
    let name = rest.find(|c| !is_name(c)).map_or(rest, |n| slice(rest, 0, n));
    s.context.steps.add(name.len());
    let name = name.trim_end_matches(['.', '-', '_']);
    if name.is_empty() || name.len() > 128 {
        return None;
    }
    let end = at + 1 + name.len();
    Some(s.push(at, end, Inline::Mention(Span::new(at, end))))
}
