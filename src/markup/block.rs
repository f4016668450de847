//! Lines into blocks: each line is classed by how it begins, then runs of lines become
//! paragraphs, lists, tables and quotes.
//!
//! A "line" here is a logical one: it ends at the first line end outside of code and containers,
//! so that those may stand in an item or a cell.

use memchr::memchr;

use super::Mode;
use super::inline::Context;
use super::source::{byte, run, slice};
use super::tree::{Block, Inline, Macro, PanelKind, Span};
use super::verbatim::{Atom, Container, Kind};
use super::{list, table};

/// How deep quotes, panels, lists and tables may nest in all.
pub(super) const DEPTH: usize = 8;

/// What a line is by its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Blank,
    Heading(u8),
    Bq,
    Rule,
    Quote,
    /// With its run of markers.
    Item(Span),
    Row,
    Plain,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub(super) span: Span,
    pub(super) class: Class,
}

pub(super) struct Parser<'s> {
    pub(super) context: Context<'s>,
    pub(super) macros: Vec<Macro>,
    /// Cells of all tables so far.
    pub(super) n_cells: usize,
}

impl Parser<'_> {
    /// The logical lines of a stretch.
    pub(super) fn lines(&self, region: Span) -> Vec<Span> {
        let Context { source, atoms, steps, .. } = self.context;
        let bytes = source.as_bytes();
        let mut lines = Vec::with_capacity(1);
        let mut index = atoms.first_from(region.start);
        let (mut start, mut at) = (region.start, region.start);
        loop {
            let rest = bytes.get(at..region.end).unwrap_or_default();
            let mut end = memchr(b'\n', rest).map_or(region.end, |n| at + n);
            steps.add(end.saturating_sub(at) + 1);
            while let Some(atom) = atoms.get(index).filter(|atom| atom.span.start < end) {
                steps.add(1);
                let (whole, next) = atoms.whole(index, atom);
                index = next;
                if whole.end > end {
                    end = usize::MAX;
                    at = whole.end;
                    break;
                }
            }
            if end == usize::MAX {
                continue;
            }
            lines.push(Span::new(start, end));
            if end >= region.end {
                return lines;
            }
            (start, at) = (end + 1, end + 1);
        }
    }

    /// Reads lines into blocks.
    pub(super) fn blocks(&mut self, spans: &[Span], depth: usize) -> Vec<Block> {
        if let [span] = spans
            && self.class(*span) == Class::Plain
        {
            let mut blocks = Vec::with_capacity(1);
            self.leaf(spans, &mut blocks, depth);
            return blocks;
        }
        let lines = self.classify(spans, depth);
        let mut blocks = Vec::new();
        let mut at = 0;
        while let Some(line) = lines.get(at) {
            let rest = lines.get(at..).unwrap_or_default();
            let taken = match line.class {
                Class::Blank => 1,
                Class::Heading(level) => self.heading(line.span, level, &mut blocks, depth),
                Class::Bq => self.bq(line.span, &mut blocks, depth),
                Class::Rule => {
                    blocks.push(Block::Rule);
                    1
                }
                Class::Quote => self.quote(rest, &mut blocks, depth),
                Class::Item(_) => list::read(self, rest, &mut blocks, depth),
                Class::Row => table::read(self, rest, &mut blocks, depth),
                Class::Plain => self.paragraph(rest, &mut blocks, depth),
            };
            at += taken.max(1);
        }
        blocks
    }

    fn classify(&self, spans: &[Span], depth: usize) -> Vec<Line> {
        let mut lines = Vec::with_capacity(spans.len());
        self.context.steps.add(spans.iter().map(|span| span.end - span.start + 1).sum());
        lines.extend(spans.iter().map(|span| Line { span: *span, class: self.class(*span) }));
        for line in &mut lines {
            let nests =
                matches!(line.class, Class::Bq | Class::Quote | Class::Item(_) | Class::Row);
            if nests && depth >= DEPTH {
                line.class = Class::Plain;
            }
        }
        if self.context.mode == Mode::Chat {
            table::demote_single_rows(&mut lines);
            list::demote_lone_items(&mut lines, self.context);
        } else {
            list::demote_lone_dashes(&mut lines, self.context);
        }
        lines
    }

    fn class(&self, span: Span) -> Class {
        let text = span.of(self.context.source);
        let first = byte(text, 0);
        match first {
            0 => Class::Blank,
            b'h' if is_heading(text) => Class::Heading(byte(text, 1) - b'0'),
            b'b' if text.starts_with("bq. ") && !slice(text, 4, text.len()).trim().is_empty() => {
                Class::Bq
            }
            b'-' if is_rule(text) => Class::Rule,
            b'>' if text == ">" || text.starts_with("> ") => Class::Quote,
            b'|' => table::class(text, self.context.mode),
            b'*' | b'#' | b'-' | b' ' | b'\t' => {
                let blank = text.trim().is_empty();
                if blank { Class::Blank } else { list::class(text, span, self.context.mode) }
            }
            b if b.is_ascii_alphanumeric() => Class::Plain,
            _ if text.trim().is_empty() => Class::Blank,
            _ => Class::Plain,
        }
    }

    fn paragraph(&mut self, lines: &[Line], blocks: &mut Vec<Block>, depth: usize) -> usize {
        let n = lines.iter().take_while(|line| line.class == Class::Plain).count().max(1);
        if let ([line], true) = (lines, n == 1) {
            self.leaf(&[line.span], blocks, depth);
            return 1;
        }
        let spans: Vec<Span> = lines.iter().take(n).map(|line| line.span).collect();
        self.leaf(&spans, blocks, depth);
        n
    }

    fn heading(&mut self, line: Span, level: u8, blocks: &mut Vec<Block>, depth: usize) -> usize {
        let mut inner = Vec::new();
        let text = Span::new(line.start + 4, line.end).trimmed(self.context.source);
        self.leaf(&[text], &mut inner, depth);
        // A macro in a heading stands after it.
        let mut heading = Some(level);
        for block in inner {
            match (block, heading) {
                (Block::Paragraph(content), Some(level)) => {
                    blocks.push(Block::Heading { level, content });
                }
                (block, _) => blocks.push(block),
            }
            heading = None;
        }
        1
    }

    fn bq(&mut self, line: Span, blocks: &mut Vec<Block>, depth: usize) -> usize {
        let mut inner = Vec::new();
        let text = Span::new(line.start + 4, line.end).trimmed(self.context.source);
        self.leaf(&[text], &mut inner, depth + 1);
        blocks.push(Block::Quote(inner));
        1
    }

    fn quote(&mut self, lines: &[Line], blocks: &mut Vec<Block>, depth: usize) -> usize {
        let quoted = lines.iter().take_while(|line| line.class == Class::Quote);
        let spans: Vec<Span> = quoted
            .map(|line| Span::new((line.span.start + 2).min(line.span.end), line.span.end))
            .collect();
        self.context.steps.add(spans.len());
        let inner = self.blocks(&spans, depth + 1);
        blocks.push(Block::Quote(inner));
        spans.len()
    }

    /// Reads lines that are text: paragraphs, and between them what stands as a block.
    pub(super) fn leaf(&mut self, lines: &[Span], blocks: &mut Vec<Block>, depth: usize) {
        let atoms = self.context.atoms;
        let mut open: Vec<Span> = Vec::new();
        if !self.has_blocks(lines) {
            let inlines = self.inlines(lines);
            blocks.push(Block::Paragraph(inlines));
            return;
        }
        for line in lines {
            let mut at = line.start;
            let mut index = atoms.first_from(line.start);
            while let Some(atom) = atoms.get(index).filter(|atom| atom.span.start < line.end) {
                self.context.steps.add(1);
                let (whole, next) = atoms.whole(index, atom);
                if atom.kind.is_block() {
                    self.piece(Span::new(at, whole.start), &mut open);
                    self.flush(&mut open, blocks);
                    self.atom(*atom, whole, blocks, depth);
                    at = whole.end;
                }
                index = next;
            }
            self.piece(Span::new(at, line.end), &mut open);
        }
        self.flush(&mut open, blocks);
    }

    fn has_blocks(&self, lines: &[Span]) -> bool {
        let (Some(first), Some(last)) = (lines.first(), lines.last()) else { return false };
        let mut index = self.context.atoms.first_from(first.start);
        while let Some(atom) = self.context.atoms.get(index) {
            self.context.steps.add(1);
            if atom.span.start >= last.end {
                return false;
            }
            if atom.kind.is_block() {
                return true;
            }
            index += 1;
        }
        false
    }

    fn piece(&self, piece: Span, open: &mut Vec<Span>) {
        let piece = piece.trimmed(self.context.source);
        if !piece.is_empty() {
            open.push(piece);
        }
    }

    fn flush(&mut self, open: &mut Vec<Span>, blocks: &mut Vec<Block>) {
        if !open.is_empty() {
            let inlines = self.inlines(open);
            blocks.push(Block::Paragraph(inlines));
            open.clear();
        }
    }

    fn atom(&mut self, atom: Atom, whole: Span, blocks: &mut Vec<Block>, depth: usize) {
        match atom.kind {
            Kind::Block { language, title, text } => {
                blocks.push(Block::Code { language, title, text });
            }
            Kind::Macro { name, argument } => {
                let index = self.note_macro(name, argument);
                blocks.push(Block::Macro { index, span: whole });
            }
            Kind::Open { container, title, close } => {
                let end = self.context.atoms.get(close).map_or(whole.end, |tag| tag.span.start);
                let lines = self.lines(Span::new(atom.span.end, end));
                // Too deep, the content stands as if the tags were not there.
                if depth >= DEPTH {
                    let inner = self.blocks(&lines, depth);
                    return blocks.extend(inner);
                }
                let content = self.blocks(&lines, depth + 1);
                blocks.push(match container {
                    Container::Quote => Block::Quote(content),
                    Container::Panel(kind) => Block::Panel { kind, title, content },
                });
            }
            _ => {}
        }
    }

    fn note_macro(&mut self, name: &str, argument: Span) -> usize {
        let argument = argument.of(self.context.source).to_owned();
        self.macros.push(Macro { name: name.to_owned(), argument });
        self.macros.len() - 1
    }

    /// Reads lines of text. The anchors among them are macros too.
    fn inlines(&mut self, lines: &[Span]) -> Vec<Inline> {
        let inlines = self.context.inlines(lines);
        if self.context.atoms.anchors {
            self.note_anchors(&inlines);
        }
        inlines
    }

    fn note_anchors(&mut self, inlines: &[Inline]) {
        for inline in inlines {
            match inline {
                Inline::Anchor(name) => {
                    self.note_macro("anchor", *name);
                }
                Inline::Styled(_, inner) | Inline::Colored(_, inner) => self.note_anchors(inner),
                Inline::Link(link) => self.note_anchors(&link.label),
                _ => {}
            }
        }
    }
}

/// `h1. x` to `h6. x`
fn is_heading(text: &str) -> bool {
    matches!(byte(text, 1), b'1'..=b'6')
        && slice(text, 2, 4) == ". "
        && !slice(text, 4, text.len()).trim().is_empty()
}

/// Four dashes or more and nothing else.
fn is_rule(text: &str) -> bool {
    let n = run(text, 0, b'-');
    n >= 4 && slice(text, n, text.len()).trim().is_empty()
}

impl PanelKind {
    /// Its name in the notation and in the style sheet.
    pub fn name(self) -> &'static str {
        match self {
            Self::Panel => "panel",
            Self::Info => "info",
            Self::Note => "note",
            Self::Tip => "tip",
            Self::Warning => "warning",
        }
    }
}
