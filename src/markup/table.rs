//! Tables: rows of cells between `|`, header cells after `||`.

use super::Mode;
use super::block::{Class, Line, Parser};
use super::inline::Context;
use super::link::{atom_end, closing_bang, closing_bracket, may_open_link, parse_image};
use super::source::{byte, slice};
use super::tree::{Block, Cell, Span};

/// Cells of all tables of a text: five thousand rows of ten. Rows beyond them are text. (A cell takes
/// a hundred times its two bytes, and nobody reads so many.)
const MOST_CELLS: usize = 50_000;

/// Whether a line that begins with `|` is a row.
pub(super) fn class(text: &str, mode: Mode) -> Class {
    let text = text.trim_end();
    let filled = text.bytes().any(|b| b != b'|');
    let closed = text.len() > 1 && text.ends_with('|');
    if filled && (closed || mode == Mode::Page) { Class::Row } else { Class::Plain }
}

/// Chat: one row is text: `|x| + |y|`.
pub(super) fn demote_single_rows(lines: &mut [Line]) {
    let mut before = false;
    let mut at = 0;
    while at < lines.len() {
        let next = lines.get(at + 1).is_some_and(|line| line.class == Class::Row);
        if let Some(line) = lines.get_mut(at) {
            let row = line.class == Class::Row;
            if row && !before && !next {
                line.class = Class::Plain;
            }
            before = row;
        }
        at += 1;
    }
}

/// Reads the table that begins here. Answers how many lines it takes.
pub(super) fn read(
    parser: &mut Parser<'_>,
    lines: &[Line],
    blocks: &mut Vec<Block>,
    depth: usize,
) -> usize {
    let mut rows = Vec::new();
    let mut at = 0;
    // Where no row is closed before the next blank line, which is asked once.
    let mut open_until = 0;
    while let Some(line) = lines.get(at).filter(|line| line.class == Class::Row) {
        let mut n = 1;
        if parser.context.mode == Mode::Page && !is_closed(parser.context, line.span) {
            n = row_lines(parser.context, lines, at, &mut open_until);
        }
        let spans: Vec<Span> = lines.iter().skip(at).take(n).map(|line| line.span).collect();
        let room = MOST_CELLS.saturating_sub(parser.n_cells);
        let Some(cells) = split(parser.context, &spans, room) else { break };
        parser.n_cells += cells.len();
        rows.push(cells.into_iter().map(|cell| parser.cell(&cell, depth)).collect::<Vec<_>>());
        at += n;
    }
    if !rows.is_empty() {
        blocks.push(Block::Table(rows));
    }
    let is_text = |line: &&Line| matches!(line.class, Class::Row | Class::Plain);
    let rest = lines.get(at..).unwrap_or_default();
    if rest.first().is_some_and(|line| line.class == Class::Row) {
        let spans: Vec<Span> = rest.iter().take_while(is_text).map(|line| line.span).collect();
        parser.leaf(&spans, blocks, depth);
        at += spans.len();
    }
    at
}

fn is_closed(context: Context<'_>, line: Span) -> bool {
    line.of(context.source).trim_end().ends_with('|')
}

/// Page: a cell may run over lines, up to a line that ends with `|`. A blank line or another row
/// before that means that the row is just its line.
fn row_lines(context: Context<'_>, lines: &[Line], from: usize, open_until: &mut usize) -> usize {
    if from < *open_until {
        return 1;
    }
    for (n, line) in lines.iter().enumerate().skip(from + 1) {
        context.steps.add(1);
        if matches!(line.class, Class::Blank | Class::Row) {
            *open_until = n;
            return 1;
        }
        if is_closed(context, line.span) {
            return n + 1 - from;
        }
    }
    *open_until = lines.len();
    1
}

/// A cell before its text is read.
struct Raw {
    header: bool,
    lines: Vec<Span>,
}

/// The cells of a row; nothing where they are more than there is room for.
fn split(context: Context<'_>, lines: &[Span], room: usize) -> Option<Vec<Raw>> {
    let source = context.source;
    let mut cells: Vec<Raw> = Vec::new();
    for line in lines {
        let mut start = line.start;
        let mut at = line.start;
        let mut no_bang = false;
        while at < line.end {
            context.steps.add(1);
            match byte(source, at) {
                b'|' => {
                    add(&mut cells, source, Span::new(start, at));
                    let header = byte(source, at + 1) == b'|' && at + 1 < line.end;
                    at += 1 + usize::from(header);
                    start = at;
                    // The last may be none: nothing follows it.
                    if cells.len() > room {
                        return None;
                    }
                    cells.push(Raw { header, lines: Vec::new() });
                }
                b'\\' => at += 2,
                b'`' | b'{' => at = atom_end(context.atoms, at).unwrap_or(at + 1),
                b'[' => at = bracket(context, start, at, line.end),
                b'!' if !no_bang => {
                    let close = closing_bang(context, at, line.end);
                    no_bang = close.is_none();
                    let image = close.filter(|close| parse_image(context, at, *close).is_some());
                    at = image.unwrap_or(at) + 1;
                }
                _ => at += 1,
            }
        }
        add(&mut cells, source, Span::new(start, line.end));
    }
    if cells.last().is_some_and(|cell| cell.lines.is_empty()) {
        cells.pop();
    }
    (cells.len() <= room).then_some(cells)
}

fn bracket(context: Context<'_>, start: usize, at: usize, end: usize) -> usize {
    if !may_open_link(slice(context.source, start, at).chars().next_back()) {
        return at + 1;
    }
    closing_bracket(context, at, end).map_or(at + 1, |close| close + 1)
}

fn add(cells: &mut [Raw], source: &str, piece: Span) {
    let piece = piece.trimmed(source);
    if let (false, Some(cell)) = (piece.is_empty(), cells.last_mut()) {
        cell.lines.push(piece);
    }
}

impl Parser<'_> {
    fn cell(&mut self, raw: &Raw, depth: usize) -> Cell {
        Cell { header: raw.header, content: self.blocks(&raw.lines, depth + 1) }
    }
}
