//! Effects: markers that open or close by what stands to their left and right.
//!
//! A newer opener of a style replaces the older one, and closing drops what was opened since, so
//! the result is well nested, no style stands in itself and nothing is ever tried twice.

use super::chars::{find_substance, is_effect, is_foreign_sign, is_space, is_unspaced};
use super::inline::Scanner;
use super::source::{byte, run, slice};
use super::tree::{Inline, Span, Style};

/// An opener that waits for its closer.
pub(super) struct Frame {
    style: Style,
    /// `**` or `~~`, which only their like close.
    double: bool,
    /// The node that holds the marker as text.
    node: usize,
    /// Up to where the content is known to be signs and spaces only.
    checked: usize,
    /// Whether the content holds anything else.
    substance: bool,
}

fn style(marker: u8, length: usize) -> Option<Style> {
    Some(match (marker, length) {
        (b'*', 1 | 2) => Style::Strong,
        (b'_', 1) => Style::Emphasis,
        (b'-', 1) | (b'~', 2) => Style::Deleted,
        (b'+', 1) => Style::Inserted,
        (b'^', 1) => Style::Superscript,
        (b'~', 1) => Style::Subscript,
        (b'?', 2) => Style::Citation,
        _ => return None,
    })
}

impl Scanner<'_> {
    /// At a run of `marker`: closes, opens, or is text.
    pub(super) fn effect(&mut self, at: usize, marker: u8) -> usize {
        let length = run(self.source, at, marker);
        let end = at + length;
        self.context.steps.add(length);
        let Some(style) = style(marker, length) else { return end };
        let double = length == 2 && marker != b'?';
        let (left, right) = (self.before(at), self.after(end));
        if may_close_within(left)
            && may_close_before(style, right)
            && self.close(style, double, at, end)
        {
            return end;
        }
        if may_open_before(right)
            && may_open_after(style, left)
            && !quoted(left, right)
            && !(marker == b'-' && self.is_option(end))
            && !(marker == b'~' && length == 1 && right == Some('/'))
        {
            self.open(style, double, at, end);
        }
        end
    }

    /// At a `{`: `{*}` and its like, which need no outer neighbour; else text.
    pub(super) fn forced(&mut self, at: usize) -> usize {
        let marker = byte(self.source, at + 1);
        let length = if marker == b'?' { 2 } else { 1 };
        let end = at + length + 2;
        let same = slice(self.source, at + 1, end - 1).bytes().all(|b| b == marker);
        if byte(self.source, end - 1) != b'}' || !same || end > self.chunk.end {
            return at + 1;
        }
        let Some(style) = style(marker, length) else { return at + 1 };
        if may_close_within(self.before(at)) && self.close(style, false, at, end) {
            return end;
        }
        if may_open_before(self.after(end)) {
            self.open(style, false, at, end);
        }
        end
    }

    /// `-p ` is an option of a command, not an opener.
    fn is_option(&self, at: usize) -> bool {
        byte(self.source, at).is_ascii_alphanumeric()
            && at < self.chunk.end
            && self.after(at + 1).is_none_or(is_space)
    }

    fn open(&mut self, style: Style, double: bool, at: usize, end: usize) {
        self.stack.retain(|frame| frame.style != style);
        if self.stack.len() >= self.room {
            return;
        }
        let node = self.nodes.len() + usize::from(at > self.text);
        self.push(at, end, Inline::Text(Span::new(at, end)));
        self.stack.push(Frame { style, double, node, checked: end, substance: false });
    }

    fn close(&mut self, style: Style, double: bool, at: usize, end: usize) -> bool {
        let wanted = |frame: &Frame| frame.style == style && frame.double == double;
        let Some(index) = self.stack.iter().rposition(wanted) else { return false };
        let source = self.source;
        let Some(frame) = self.stack.get_mut(index) else { return false };
        if !frame.substance {
            let unread = slice(source, frame.checked, at);
            let found = find_substance(unread);
            self.context.steps.add(found.map_or(unread.len(), |n| n + 1));
            frame.substance = found.is_some();
            frame.checked = at;
        }
        if !frame.substance {
            return false;
        }
        let node = frame.node;
        self.flush(at);
        self.text = end;
        self.stack.truncate(index);
        if node >= self.nodes.len() {
            return false;
        }
        let content = self.nodes.split_off(node + 1);
        self.context.steps.add(content.len());
        self.nodes.pop();
        self.nodes.push(Inline::Styled(style, content));
        true
    }
}

/// Opener: what stands to the right.
fn may_open_before(right: Option<char>) -> bool {
    right.is_some_and(|c| !is_space(c) && !matches!(c, ')' | ']' | '}' | '>' | '.' | ',' | ';'))
}

/// Opener: what stands to the left.
fn may_open_after(style: Style, left: Option<char>) -> bool {
    left.is_none_or(|c| {
        is_space(c)
            || matches!(
                c,
                '(' | '[' | '{' | '<' | '"' | '\'' | '|' | ':' | ',' | ';' | '!' | '?' | '>'
            )
            || is_effect(c)
            || is_foreign_sign(c)
            || touches(style, c)
    })
}

/// Closer: what stands to the left.
fn may_close_within(left: Option<char>) -> bool {
    left.is_some_and(|c| !is_space(c) && !matches!(c, '(' | '[' | '{' | '<'))
}

/// Closer: what stands to the right.
fn may_close_before(style: Style, right: Option<char>) -> bool {
    right.is_none_or(|c| {
        is_space(c)
            || matches!(
                c,
                ')' | ']'
                    | '}'
                    | '>'
                    | '<'
                    | '"'
                    | '\''
                    | '|'
                    | ':'
                    | ','
                    | ';'
                    | '.'
                    | '!'
                    | '?'
                    | '{'
                    | '\\'
            )
            || is_effect(c)
            || is_foreign_sign(c)
            || touches(style, c)
    })
}

fn touches(style: Style, c: char) -> bool {
    matches!(style, Style::Strong | Style::Emphasis) && is_unspaced(c)
}

fn quoted(left: Option<char>, right: Option<char>) -> bool {
    left == right && matches!(left, Some('"' | '\''))
}
