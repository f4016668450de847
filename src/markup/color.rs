//! `{color:x}..{color}` within one leaf. A colour may run over lines and is taken whole, so that
//! effects stand around or within it, never across its edge.

use super::inline::{Context, Scanner, TAG};
use super::tree::{Color, Inline, Span};
use super::verbatim::Kind;

struct Pair {
    color: Color,
    open: Span,
    close: Span,
}

/// Reads lines in which colours may stand.
pub(super) fn inlines(context: Context<'_>, lines: &[Span], room: usize) -> Vec<Inline> {
    let mut pairs = pairs(context, lines).into_iter().peekable();
    if pairs.peek().is_none() {
        return context.plain_inlines(lines, room);
    }
    let mut scanner = Scanner::new(context, room);
    let mut index = 0;
    let mut at = lines.first().map_or(0, |line| line.start);
    while let Some(line) = lines.get(index) {
        scanner.line = *line;
        let Some(pair) = pairs.next_if(|pair| pair.open.start < line.end) else {
            scanner.edges.1 = None;
            scanner.scan(Span::new(at, line.end));
            scanner.edges.0 = None;
            scanner.stack.clear();
            index += 1;
            if let Some(next) = lines.get(index) {
                scanner.nodes.push(Inline::Break);
                at = next.start;
            }
            continue;
        };
        scanner.edges.1 = Some(TAG);
        scanner.scan(Span::new(at, pair.open.start));
        scanner.edges.0 = Some(TAG);
        let last = last_line(lines, index, pair.close);
        if last > index {
            scanner.stack.clear();
        }
        let within = within(lines, index, last, &pair);
        let colored = context.plain_inlines(&within, room.saturating_sub(scanner.stack.len()));
        scanner.nodes.push(Inline::Colored(pair.color, colored));
        index = last;
        at = pair.close.end;
    }
    scanner.nodes
}

/// Each opening tag with the next closing one; an opening tag between them is text.
fn pairs(context: Context<'_>, lines: &[Span]) -> Vec<Pair> {
    let mut pairs = Vec::new();
    let mut open: Option<(Color, Span)> = None;
    for line in lines {
        let mut index = context.atoms.first_from(line.start);
        while let Some(atom) = context.atoms.get(index).filter(|atom| atom.span.start < line.end) {
            context.steps.add(1);
            index += 1;
            match (atom.kind, open) {
                (Kind::ColorOpen(color), None) => open = Some((color, atom.span)),
                (Kind::ColorClose, Some((color, span))) => {
                    pairs.push(Pair { color, open: span, close: atom.span });
                    open = None;
                }
                _ => {}
            }
        }
    }
    pairs
}

fn last_line(lines: &[Span], from: usize, close: Span) -> usize {
    let beyond = lines.iter().skip(from).take_while(|line| line.end < close.end).count();
    from + beyond
}

fn within(lines: &[Span], first: usize, last: usize, pair: &Pair) -> Vec<Span> {
    let mut inner: Vec<Span> = lines.iter().skip(first).take(last + 1 - first).copied().collect();
    if let Some(line) = inner.first_mut() {
        line.start = pair.open.end;
    }
    if let Some(line) = inner.last_mut() {
        line.end = pair.close.start;
    }
    inner
}
