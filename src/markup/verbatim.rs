//! Verbatim first: one scan from left to right finds code, macros and the tags of containers and
//! colours, so that no later stage looks into them.
//!
//! **Invariant:** no failed search is made twice: a missing closer is remembered for the rest of
//! the line (`` ` ``) or of the text (`{code}`).

use memchr::{memchr, memchr2, memchr3, memmem};

use super::Mode;
use super::chars::{is_space, is_word};
use super::source::{Steps, byte, run, slice};
use super::tree::{Color, PanelKind, Span};

/// Something that the later stages take whole.
#[derive(Clone, Copy, Debug)]
pub(super) struct Atom {
    /// The atom as typed; of a container, its opening tag.
    pub(super) span: Span,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// `` `x` `` or `{{x}}`: what is in it.
    Code(Span),
    /// A fence, `{code}`, `{noformat}`.
    Block { language: Option<Span>, title: Option<Span>, text: Span },
    /// A macro of a page that stands as a block.
    Macro { name: &'static str, argument: Span },
    /// `{anchor:x}`
    Anchor(Span),
    /// The opening tag of a container whose closing tag is the atom `close`.
    Open { container: Container, title: Option<Span>, close: usize },
    /// The tag of a container. Where it pairs it becomes `Open`; else it is text.
    Tag { container: Container, title: Option<Span>, plain: bool },
    /// `{color:x}`
    ColorOpen(Color),
    /// `{color}`
    ColorClose,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Container {
    Quote,
    Panel(PanelKind),
}

impl Container {
    const COUNT: usize = 6;

    fn named(name: &str, mode: Mode) -> Option<Self> {
        Some(match (name, mode) {
            ("quote", _) => Self::Quote,
            ("panel", _) => Self::Panel(PanelKind::Panel),
            ("info", Mode::Page) => Self::Panel(PanelKind::Info),
            ("note", Mode::Page) => Self::Panel(PanelKind::Note),
            ("tip", Mode::Page) => Self::Panel(PanelKind::Tip),
            ("warning", Mode::Page) => Self::Panel(PanelKind::Warning),
            _ => return None,
        })
    }

    fn number(self) -> usize {
        match self {
            Self::Quote => 0,
            Self::Panel(kind) => 1 + kind as usize,
        }
    }
}

/// All atoms of a text, in order.
#[derive(Debug, Default)]
pub(super) struct Atoms {
    list: Vec<Atom>,
    /// Whether any colour is among them, which is rare.
    pub(super) colors: bool,
    /// Whether any anchor is.
    pub(super) anchors: bool,
}

impl Atoms {
    /// The number of the first atom that begins at `at` or later.
    pub(super) fn first_from(&self, at: usize) -> usize {
        self.list.partition_point(|atom| atom.span.start < at)
    }

    pub(super) fn get(&self, index: usize) -> Option<&Atom> {
        self.list.get(index)
    }

    /// The atom that begins exactly at `at`.
    pub(super) fn at(&self, at: usize) -> Option<&Atom> {
        self.get(self.first_from(at)).filter(|atom| atom.span.start == at)
    }

    /// The whole of an atom, and the number of the atom after it.
    pub(super) fn whole(&self, index: usize, atom: &Atom) -> (Span, usize) {
        match atom.kind {
            Kind::Open { close, .. } => {
                let end = self.get(close).map_or(atom.span.end, |tag| tag.span.end);
                (Span::new(atom.span.start, end), close + 1)
            }
            _ => (atom.span, index + 1),
        }
    }
}

impl Kind {
    /// Whether it stands between paragraphs rather than within a line.
    pub(super) fn is_block(&self) -> bool {
        matches!(self, Self::Block { .. } | Self::Macro { .. } | Self::Open { .. })
    }
}

/// Finds the atoms of `source`.
pub(super) fn scan(source: &str, mode: Mode, steps: &Steps) -> Atoms {
    // Most messages have none.
    if memchr2(b'`', b'{', source.as_bytes()).is_none() {
        steps.add(source.len());
        return Atoms::default();
    }
    let mut scanner = Scanner {
        source,
        mode,
        steps,
        atoms: Atoms::default(),
        missing: [usize::MAX; 2],
        ticks: Ticks::default(),
        line: (1, 0),
    };
    scanner.all();
    pair(&mut scanner.atoms.list);
    scanner.atoms
}

struct Scanner<'s> {
    source: &'s str,
    mode: Mode,
    steps: &'s Steps,
    atoms: Atoms,
    /// From where on no `{code}`, no `{noformat}` closes.
    missing: [usize; 2],
    ticks: Ticks,
    /// Where the line that was asked for last begins, as far as it was looked at, and ends.
    line: (usize, usize),
}

/// For the line that ends at `line_end`: where the last run of each length of backticks begins.
struct Ticks {
    line_end: usize,
    last: [usize; Ticks::LONGEST + 1],
}

impl Ticks {
    /// Longer runs are text: nobody types them, and each length may cost a look at the line.
    const LONGEST: usize = 16;
}

impl Default for Ticks {
    fn default() -> Self {
        Self { line_end: 0, last: [0; Self::LONGEST + 1] }
    }
}

impl Scanner<'_> {
    fn all(&mut self) {
        let mut at = 0;
        while let Some(found) = self.rest(at).and_then(|rest| memchr3(b'`', b'{', b'\\', rest)) {
            self.steps.add(found + 1);
            at += found;
            at = match byte(self.source, at) {
                b'`' => self.ticks(at),
                b'{' => self.brace(at),
                _ => at + 2,
            };
        }
        self.steps.add(self.source.len().saturating_sub(at));
    }

    fn rest(&self, at: usize) -> Option<&[u8]> {
        self.source.as_bytes().get(at..)
    }

    fn line_end(&mut self, at: usize) -> usize {
        let (start, end) = self.line;
        if start <= at && at <= end {
            return end;
        }
        let found = self.rest(at).and_then(|rest| memchr(b'\n', rest));
        let end = found.map_or(self.source.len(), |n| at + n);
        self.steps.add(end.saturating_sub(at));
        self.line = (at, end);
        end
    }

    fn push(&mut self, start: usize, end: usize, kind: Kind) -> usize {
        self.atoms.list.push(Atom { span: Span::new(start, end), kind });
        end
    }

    /// At a run of backticks: a fence, a code span, or text.
    fn ticks(&mut self, at: usize) -> usize {
        let n = run(self.source, at, b'`');
        self.steps.add(n);
        if n >= 3
            && let Some(end) = self.fence(at, n)
        {
            return end;
        }
        let from = at + n;
        let Some(end) = self.same_run(from, n) else { return from };
        let inner = slice(self.source, from, end);
        let edges = inner.len() > 2
            && inner.starts_with(' ')
            && inner.ends_with(' ')
            && !inner.trim().is_empty();
        let edge = usize::from(edges);
        self.push(at, end + n, Kind::Code(Span::new(from + edge, end - edge)))
    }

    /// The next run of exactly `n` backticks on the line.
    fn same_run(&mut self, from: usize, n: usize) -> Option<usize> {
        if from > self.ticks.line_end {
            self.note_runs(from);
        }
        let last = self.ticks.last.get(n).copied()?;
        let mut at = from;
        while at <= last {
            let found = memchr(b'`', self.rest(at)?)?;
            let length = run(self.source, at + found, b'`');
            self.steps.add(found + length);
            if length == n {
                // One that begins code stands nearer to what follows; this one is text.
                return self.ends_code(at + found, n).then_some(at + found);
            }
            at += found + length;
        }
        None
    }

    /// A lone backtick between a space and a word begins code, it does not end it: many programs
    /// quote with a backtick before and an apostrophe after.
    fn ends_code(&self, at: usize, n: usize) -> bool {
        let before = byte(self.source, at.saturating_sub(1));
        let after = byte(self.source, at + n);
        n > 1 || before != b' ' || matches!(after, 0 | b' ' | b'\n')
    }

    fn note_runs(&mut self, from: usize) {
        let end = self.line_end(from);
        self.steps.add(end - from);
        self.ticks = Ticks { line_end: end.max(1), ..Ticks::default() };
        let mut at = from;
        while let Some(found) = self.rest(at).and_then(|rest| memchr(b'`', rest)) {
            at += found;
            if at >= end {
                break;
            }
            let length = run(self.source, at, b'`');
            if self.ends_code(at, length)
                && let Some(last) = self.ticks.last.get_mut(length)
            {
                *last = at;
            }
            at += length;
        }
    }

    /// A line of backticks and at most one word opens; a line of at least as many closes.
    fn fence(&mut self, at: usize, n: usize) -> Option<usize> {
        let indent = slice(self.source, at.saturating_sub(3), at).bytes().rev();
        let start = at - indent.take_while(|b| *b == b' ').count();
        if start > 0 && byte(self.source, start - 1) != b'\n' {
            return None;
        }
        let end = self.line_end(at);
        let info = Span::new(at + n, end).trimmed(self.source);
        self.steps.add(end - at);
        if info.of(self.source).contains(|c: char| c == '`' || is_space(c)) {
            return None;
        }
        let text = (end + 1).min(self.source.len());
        let mut line = text;
        let (text_end, fence_end) = loop {
            if line >= self.source.len() {
                break (self.source.len(), self.source.len());
            }
            let line_end = self.line_end(line);
            self.steps.add(line_end - line + 1);
            if closes_fence(slice(self.source, line, line_end), n) {
                break (line.saturating_sub(1).max(text), line_end);
            }
            line = line_end + 1;
        };
        let language = (!info.is_empty()).then_some(info);
        let text = Span::new(text, text_end);
        Some(self.push(start, fence_end, Kind::Block { language, title: None, text }))
    }

    /// At a `{`: `{{x}}`, a tag that the grammar knows, or text.
    fn brace(&mut self, at: usize) -> usize {
        if byte(self.source, at + 1) == b'{' {
            return self.mono(at).unwrap_or(at + 1);
        }
        let name_end = at
            + 1
            + self
                .rest(at + 1)
                .map_or(0, |r| r.iter().take(12).take_while(|b| b.is_ascii_lowercase()).count());
        self.steps.add(name_end - at);
        let params = match byte(self.source, name_end) {
            b'}' => Some(Span::new(name_end, name_end)),
            b':' => self.params(name_end + 1),
            _ => None,
        };
        let Some(params) = params.filter(|_| name_end > at + 1) else { return at + 1 };
        let plain = byte(self.source, name_end) == b'}';
        let name = slice(self.source, at + 1, name_end);
        self.tag(at, name, params, plain).unwrap_or(at + 1)
    }

    /// What stands before the `}` of a tag, on its line.
    fn params(&self, from: usize) -> Option<Span> {
        let rest = self.rest(from)?;
        let length = rest.iter().position(|b| matches!(b, b'}' | b'{' | b'\n'))?;
        self.steps.add(length);
        (rest.get(length) == Some(&b'}')).then(|| Span::new(from, from + length))
    }

    fn tag(&mut self, at: usize, name: &str, params: Span, plain: bool) -> Option<usize> {
        let end = params.end + 1;
        let argument = params.trimmed(self.source);
        let kind = match name {
            "code" => return self.block(at, end, params, 0),
            "noformat" => return self.block(at, end, params, 1),
            "color" if plain => Kind::ColorClose,
            "color" => Kind::ColorOpen(color(self.source, argument)?),
            "anchor" if self.mode == Mode::Page && !argument.is_empty() => Kind::Anchor(argument),
            "chat" if self.mode == Mode::Page => Kind::Macro { name: "chat", argument },
            "toc" if self.mode == Mode::Page => Kind::Macro { name: "toc", argument },
            "children" if self.mode == Mode::Page => Kind::Macro { name: "children", argument },
            _ => {
                let container = Container::named(name, self.mode)?;
                Kind::Tag { container, title: self.titled(params).1, plain }
            }
        };
        self.atoms.colors |= matches!(kind, Kind::ColorOpen(_));
        self.atoms.anchors |= matches!(kind, Kind::Anchor(_));
        Some(self.push(at, end, kind))
    }

    /// `{code}` or `{noformat}` up to the next tag of that name without parameters.
    fn block(&mut self, at: usize, from: usize, params: Span, which: usize) -> Option<usize> {
        let closer = if which == 0 { "{code}" } else { "{noformat}" };
        let missing = self.missing.get_mut(which)?;
        if from >= *missing {
            return None;
        }
        let rest = self.source.as_bytes().get(from..)?;
        let Some(length) = memmem::find(rest, closer.as_bytes()) else {
            self.steps.add(rest.len());
            *missing = from;
            return None;
        };
        self.steps.add(length);
        let text = slice(self.source, from, from + length);
        let lead = usize::from(text.starts_with('\n'));
        let kept = text.trim_end_matches('\n').len().max(lead);
        let text = Span::new(from + lead, from + kept);
        let (language, title) = self.titled(params);
        let end = from + length + closer.len();
        Some(self.push(at, end, Kind::Block { language, title, text }))
    }

    /// The bare word and the `title=` among parameters.
    fn titled(&self, params: Span) -> (Option<Span>, Option<Span>) {
        let (mut word, mut title) = (None, None);
        let mut start = params.start;
        for part in params.of(self.source).split('|') {
            let span = Span::new(start, start + part.len());
            start = span.end + 1;
            match part.split_once('=') {
                Some(("title", text)) => {
                    title = Some(Span::new(span.end - text.len(), span.end).trimmed(self.source));
                }
                None if !part.trim().is_empty() => word = Some(span.trimmed(self.source)),
                _ => {}
            }
        }
        (word, title.filter(|t| !t.is_empty()))
    }

    /// `{{x}}`: no word character outside, no space at the edges inside.
    fn mono(&mut self, at: usize) -> Option<usize> {
        let from = at + 2;
        let outer = slice(self.source, 0, at).chars().next_back();
        let inner = slice(self.source, from, self.source.len()).chars().next();
        if outer.is_some_and(is_word) || inner.is_none_or(|c| is_space(c) || c == '{') {
            return None;
        }
        let close = self.mono_end(from)?;
        let last = slice(self.source, from, close).chars().next_back();
        let next = slice(self.source, close + 2, self.source.len()).chars().next();
        let sound = last.is_some_and(|c| !is_space(c)) && !next.is_some_and(is_word);
        sound.then(|| self.push(at, close + 2, Kind::Code(Span::new(from, close))))
    }

    /// Where the first `}}` is; braces that open within close first. Another `{{` stands nearer,
    /// so this one is text; nothing beyond it is looked at, which keeps this linear.
    fn mono_end(&self, from: usize) -> Option<usize> {
        let mut open = 0_usize;
        let mut at = from;
        loop {
            self.steps.add(1);
            match (byte(self.source, at), byte(self.source, at + 1)) {
                (0 | b'\n', _) | (b'{', b'{') => return None,
                (b'}', b'}') if open == 0 || byte(self.source, at + 2) != b'}' => return Some(at),
                (b'}', _) => open = open.saturating_sub(1),
                (b'{', _) => open += 1,
                _ => {}
            }
            at += 1;
        }
    }
}

fn closes_fence(line: &str, n: usize) -> bool {
    let body = line.trim_start_matches(' ');
    let ticks = run(body, 0, b'`');
    line.len() - body.len() <= 3 && ticks >= n && slice(body, ticks, body.len()).trim().is_empty()
}

fn color(source: &str, name: Span) -> Option<Color> {
    const NAMES: [&str; 24] = [
        "aqua", "black", "blue", "brown", "cyan", "fuchsia", "gray", "green", "grey", "lime",
        "magenta", "maroon", "navy", "olive", "orange", "pink", "purple", "red", "silver", "teal",
        "violet", "white", "yellow", "gold",
    ];
    let text = name.of(source);
    if let Some(hex) = text.strip_prefix('#') {
        let valid = matches!(hex.len(), 3 | 6) && hex.bytes().all(|b| b.is_ascii_hexdigit());
        return valid.then_some(Color::Hex(name));
    }
    NAMES.into_iter().find(|known| known.eq_ignore_ascii_case(text)).map(Color::Named)
}

/// Pairs the tags of containers: each with the next plain tag of its name, if that lies in the
/// same container. What stays `Tag` is text.
fn pair(atoms: &mut [Atom]) {
    let mut next = [usize::MAX; Container::COUNT];
    let mut closers: Vec<(usize, usize)> = Vec::new();
    for (index, atom) in atoms.iter().enumerate().rev() {
        if let Kind::Tag { container, plain, .. } = atom.kind
            && let Some(after) = next.get_mut(container.number())
        {
            closers.push((index, *after));
            if plain {
                *after = index;
            }
        }
    }
    let mut limits = vec![usize::MAX];
    for (index, close) in closers.into_iter().rev() {
        while limits.last().is_some_and(|limit| *limit < index) {
            limits.pop();
        }
        let limit = limits.last().copied().unwrap_or(usize::MAX);
        if index == limit || close >= limit {
            continue;
        }
        if let Some(atom) = atoms.get_mut(index)
            && let Kind::Tag { container, title, .. } = atom.kind
        {
            atom.kind = Kind::Open { container, title, close };
            limits.push(close);
        }
    }
}
