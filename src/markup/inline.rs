//! One pass over the lines of a leaf: at each position the rules are tried in the order of the
//! grammar, and what none of them takes is text.

use super::Mode;
use super::chars::{is_space, is_word};
use super::effect::Frame;
use super::source::{Steps, byte, find_byte, run, slice};
use super::tree::{Inline, Span};
use super::verbatim::{Atoms, Kind};
use super::{emoticon, link};

/// How deep effects, colours and the labels of links may nest, colours and links not counted.
const DEPTH: usize = 6;

/// What the rules see where a colour's tag stands: a sign beside which all effects may open and
/// close.
pub(super) const TAG: char = '\u{fffc}';

/// What a leaf is read with.
#[derive(Clone, Copy)]
pub(super) struct Context<'s> {
    pub(super) source: &'s str,
    pub(super) mode: Mode,
    pub(super) atoms: &'s Atoms,
    pub(super) steps: &'s Steps,
}

impl Context<'_> {
    /// Reads the lines of one paragraph, heading, item or cell.
    pub(super) fn inlines(self, lines: &[Span]) -> Vec<Inline> {
        if self.atoms.colors {
            return super::color::inlines(self, lines, DEPTH);
        }
        self.plain_inlines(lines, DEPTH)
    }

    /// The same where no colour is about.
    pub(super) fn plain_inlines(self, lines: &[Span], room: usize) -> Vec<Inline> {
        let mut scanner = Scanner::new(self, room);
        for (index, line) in lines.iter().enumerate() {
            if index > 0 {
                scanner.nodes.push(Inline::Break);
            }
            scanner.line = *line;
            scanner.scan(*line);
            scanner.stack.clear();
        }
        scanner.nodes
    }

    /// Reads the label of a link, in which no other link may stand.
    pub(super) fn label(self, label: Span, room: usize) -> Vec<Inline> {
        let mut scanner = Scanner::new(self, room);
        scanner.links = false;
        scanner.line = label;
        scanner.scan(label);
        scanner.nodes
    }
}

pub(super) struct Scanner<'s> {
    pub(super) context: Context<'s>,
    pub(super) source: &'s str,
    pub(super) nodes: Vec<Inline>,
    pub(super) stack: Vec<Frame>,
    /// How many effects may be open at once.
    pub(super) room: usize,
    /// Whether links, addresses and mentions are links here.
    pub(super) links: bool,
    /// The line; letter emoticons ask for its edges.
    pub(super) line: Span,
    /// A line and the same without blanks at its ends, once an emoticon asked for them.
    pub(super) trimmed: (Span, Span),
    /// The part of the line without a colour's tag in it.
    pub(super) chunk: Span,
    /// What stands left and right of the chunk: nothing, or [`TAG`].
    pub(super) edges: (Option<char>, Option<char>),
    /// Where text begins that is not in `nodes` yet.
    pub(super) text: usize,
    /// Where the last emoticon ended.
    pub(super) emoticon_end: usize,
    /// Whether no `!` is left in the chunk.
    pub(super) no_bang: bool,
}

/// Bytes at which a rule may begin, and three more (`]`, `|`, `}`) that make ranges of them: ranges
/// are what vectors are quick at.
#[allow(clippy::needless_bitwise_bool, reason = "a branch for each test costs half the speed")]
fn is_special(byte: u8) -> bool {
    let within = |first: u8, last: u8| byte.wrapping_sub(first) <= last - first;
    (byte == b'!')
        | (byte == b'(')
        | within(b'*', b'+')
        | (byte == b'-')
        | within(b':', b';')
        | within(b'?', b'@')
        | within(b'[', b'`')
        | within(b'{', b'~')
}

impl<'s> Scanner<'s> {
    pub(super) fn new(context: Context<'s>, room: usize) -> Self {
        Self {
            context,
            source: context.source,
            // Most leaves are one stretch of text, and a page may have hundreds of thousands.
            nodes: Vec::with_capacity(1),
            stack: Vec::new(),
            room,
            links: true,
            line: Span::default(),
            trimmed: Default::default(),
            chunk: Span::default(),
            edges: (None, None),
            text: 0,
            emoticon_end: usize::MAX,
            no_bang: false,
        }
    }

    /// Reads one chunk. Effects stay open beyond it; whoever calls clears them at a line's end.
    pub(super) fn scan(&mut self, chunk: Span) {
        self.chunk = chunk;
        self.text = chunk.start;
        self.no_bang = false;
        self.context.steps.add(chunk.end - chunk.start);
        let mut at = chunk.start;
        loop {
            let rest = self.source.as_bytes().get(at..chunk.end).unwrap_or_default();
            let Some(found) = find_byte(rest, is_special) else { break };
            at += found;
            at = self.special(at).min(chunk.end);
        }
        self.flush(chunk.end);
    }

    /// Tries the rules that begin with the byte at `at`. Answers where to go on.
    fn special(&mut self, at: usize) -> usize {
        match byte(self.source, at) {
            b'\\' => self.escape(at),
            b'[' => link::bracket(self, at).unwrap_or(at + 1),
            b'!' => link::image(self, at).unwrap_or(at + 1),
            b':' => link::url(self, at)
                .or_else(|| emoticon::emoticon(self, at))
                .or_else(|| emoticon::shortcode(self, at))
                .unwrap_or(at + 1),
            b';' | b'(' => emoticon::emoticon(self, at).unwrap_or(at + 1),
            b'@' => emoticon::mention(self, at).unwrap_or(at + 1),
            b'{' | b'`' => self.atom(at),
            b'-' => self.dash(at),
            b']' | b'|' | b'}' => at + 1,
            marker => self.effect(at, marker),
        }
    }

    /// The character before `at` in this chunk.
    pub(super) fn before(&self, at: usize) -> Option<char> {
        if at <= self.chunk.start {
            return self.edges.0;
        }
        match at.checked_sub(1).map(|i| byte(self.source, i)) {
            Some(b) if b.is_ascii() => Some(char::from(b)),
            _ => slice(self.source, self.chunk.start, at).chars().next_back(),
        }
    }

    /// The character at `at` in this chunk.
    pub(super) fn after(&self, at: usize) -> Option<char> {
        if at >= self.chunk.end {
            return self.edges.1;
        }
        match byte(self.source, at) {
            b if b.is_ascii() => Some(char::from(b)),
            _ => slice(self.source, at, self.chunk.end).chars().next(),
        }
    }

    /// Moves the text that ends at `end` into the nodes.
    pub(super) fn flush(&mut self, end: usize) {
        if end > self.text {
            self.nodes.push(Inline::Text(Span::new(self.text, end)));
        }
    }

    /// Adds a node that stands for `start..end`.
    pub(super) fn push(&mut self, start: usize, end: usize, node: Inline) -> usize {
        self.flush(start);
        self.nodes.push(node);
        self.text = end;
        end
    }

    fn escape(&mut self, at: usize) -> usize {
        let n = run(self.source, at, b'\\');
        self.context.steps.add(n);
        match n {
            1 => self.escaped(at),
            2 if self.breaks(at + 2) => self.push(at, at + 2, Inline::Break),
            _ => at + n,
        }
    }

    fn escaped(&mut self, at: usize) -> usize {
        if !b"-#*_+?^~|%{}[]()!@`:;>&<\"'".contains(&byte(self.source, at + 1)) {
            return at + 1;
        }
        self.flush(at);
        self.text = at + 1;
        at + 1 + emoticon::token(slice(self.source, at + 1, self.chunk.end)).map_or(1, |t| t.0)
    }

    /// Whether `\\` before `at` is a line break. In chat `C:\\Users` and `\\d+` are not; on a
    /// page, as it always was there, any but `\\server\share`.
    fn breaks(&self, at: usize) -> bool {
        match (self.context.mode, self.after(at)) {
            (_, None) => true,
            (Mode::Chat, Some(c)) => is_space(c),
            (Mode::Page, Some(_)) => {
                let rest = slice(self.source, at, self.chunk.end);
                let stop = rest.find(|c: char| c == '\\' || is_space(c));
                self.context.steps.add(stop.unwrap_or(rest.len()));
                stop.is_none_or(|stop| byte(rest, stop) != b'\\')
            }
        }
    }

    fn atom(&mut self, at: usize) -> usize {
        let Some(atom) = self.context.atoms.at(at).copied() else {
            return match byte(self.source, at) {
                b'{' => self.forced(at),
                _ => at + run(self.source, at, b'`'),
            };
        };
        match atom.kind {
            Kind::Code(inner) => self.push(at, atom.span.end, Inline::Code(inner)),
            Kind::Anchor(name) => self.push(at, atom.span.end, Inline::Anchor(name)),
            _ => at + 1,
        }
    }

    /// ` --- ` and on pages ` -- `; one dash is an effect's; any other run is text.
    fn dash(&mut self, at: usize) -> usize {
        let n = run(self.source, at, b'-');
        let end = at + n;
        let dash = match (n, self.context.mode) {
            (1, _) => return self.effect(at, b'-'),
            (2, Mode::Page) => "\u{2013}",
            (3, _) => "\u{2014}",
            _ => return end,
        };
        self.context.steps.add(n);
        if self.before(at).is_some_and(is_space) && self.after(end).is_some_and(is_space) {
            return self.push(at, end, Inline::Dash(dash, Span::new(at, end)));
        }
        end
    }

    /// Whether a word ends right before `at`.
    pub(super) fn after_word(&self, at: usize) -> bool {
        self.before(at).is_some_and(is_word)
    }
}
