//! Lists: a run of markers is a level, its last character the kind.

use super::Mode;
use super::block::{Class, DEPTH, Line, Parser};
use super::chars::is_space;
use super::inline::Context;
use super::source::{byte, slice};
use super::tree::{Block, Span};

/// Whether a line is an item: spaces, markers, space, text.
pub(super) fn class(text: &str, span: Span, mode: Mode) -> Class {
    let indent = text.len() - text.trim_start_matches([' ', '\t']).len();
    let body = slice(text, indent, text.len());
    let n = body.bytes().take_while(|b| matches!(b, b'*' | b'#' | b'-')).count();
    let rest = slice(body, n, body.len());
    let spaced = rest.starts_with(is_space) && !rest.trim().is_empty();
    // `-- x` is a signature or the end of options. On a page it may still go on a list.
    if n == 0 || !spaced || (mode == Mode::Chat && body.starts_with("--")) {
        return Class::Plain;
    }
    Class::Item(Span::new(span.start + indent, span.start + indent + n))
}

/// Chat: what would begin a list without meaning to becomes text. `*` may stand alone; `-` and
/// `#` need a second item; each begins at level one. So `# apt update` stays as typed.
pub(super) fn demote_lone_items(lines: &mut [Line], context: Context<'_>) {
    let source = context.source;
    let mut seen = [false; 2];
    let mut followed = vec![false; if lines.len() > 1 { lines.len() } else { 0 }];
    for (line, followed) in lines.iter().zip(followed.iter_mut()).rev() {
        match line.class {
            Class::Item(marker) => {
                let which = match marker.of(source) {
                    "-" => 0,
                    "#" => 1,
                    _ => continue,
                };
                if let Some(seen) = seen.get_mut(which) {
                    *followed = *seen;
                    *seen = true;
                }
            }
            Class::Plain => {}
            _ => seen = [false; 2],
        }
    }
    context.steps.add(lines.len());
    // The kind of the list that is open at level one.
    let mut open = 0;
    for (index, line) in lines.iter_mut().enumerate() {
        match line.class {
            Class::Item(marker) => {
                let text = marker.of(source);
                let first = byte(text, 0);
                let begins = match text {
                    "*" => true,
                    "-" | "#" => followed.get(index).copied().unwrap_or(false),
                    _ => false,
                };
                let goes_on = open != 0 && (text.len() > 1 || first == open);
                match (goes_on, begins) {
                    (true, _) => {}
                    (false, true) => open = first,
                    (false, false) => line.class = Class::Plain,
                }
            }
            Class::Plain => {}
            _ => open = 0,
        }
    }
}

/// Page: a list does not begin with `--`, but it may go on with it.
pub(super) fn demote_lone_dashes(lines: &mut [Line], context: Context<'_>) {
    let mut open = false;
    for line in lines.iter_mut() {
        match line.class {
            Class::Item(marker) if !open && marker.of(context.source).starts_with("--") => {
                line.class = Class::Plain;
            }
            Class::Item(_) => open = true,
            Class::Plain => {}
            _ => open = false,
        }
    }
}

/// One item, flat: its markers and the lines of its text.
struct Item {
    marker: Span,
    lines: Vec<Span>,
}

/// A list that is still open.
struct Open {
    kind: u8,
    items: Vec<Vec<Block>>,
}

/// Reads the lists that begin here. Answers how many lines they take.
pub(super) fn read(
    parser: &mut Parser<'_>,
    lines: &[Line],
    blocks: &mut Vec<Block>,
    depth: usize,
) -> usize {
    let source = parser.context.source;
    let (items, taken) = items(parser.context, lines);
    let room = DEPTH.saturating_sub(depth).max(1);
    let mut open: Vec<Open> = Vec::new();
    for item in items {
        parser.context.steps.add(room);
        let text = item.marker.of(source);
        let level = text.len().min(room);
        let kind = byte(text, level - 1);
        while open.len() > level {
            close(&mut open, blocks);
        }
        if open.len() == level && open.last().is_some_and(|list| list.kind != kind) {
            close(&mut open, blocks);
        }
        while open.len() < level {
            let kind = byte(text, open.len());
            if let Some(outer) = open.last_mut().filter(|outer| outer.items.is_empty()) {
                outer.items.push(Vec::new());
            }
            open.push(Open { kind, items: Vec::new() });
        }
        let mut content = Vec::new();
        parser.leaf(&item.lines, &mut content, depth + level);
        if let Some(list) = open.last_mut() {
            list.items.push(content);
        }
    }
    while !open.is_empty() {
        close(&mut open, blocks);
    }
    taken
}

/// Ends the innermost list: it becomes a block of the item around it.
fn close(open: &mut Vec<Open>, blocks: &mut Vec<Block>) {
    let Some(list) = open.pop() else { return };
    let block = Block::List { ordered: list.kind == b'#', items: list.items };
    match open.last_mut().and_then(|outer| outer.items.last_mut()) {
        Some(item) => item.push(block),
        None => blocks.push(block),
    }
}

/// Items with the plain lines that go on with them, up to a line of another kind.
fn items(context: Context<'_>, lines: &[Line]) -> (Vec<Item>, usize) {
    let mut items: Vec<Item> = Vec::new();
    let mut taken = 0;
    for line in lines {
        match (line.class, items.last_mut()) {
            (Class::Item(marker), _) => {
                let text = Span::new(marker.end, line.span.end).trimmed(context.source);
                items.push(Item { marker, lines: vec![text] });
            }
            (Class::Plain, Some(item)) => item.lines.push(line.span.trimmed(context.source)),
            _ => break,
        }
        taken += 1;
    }
    (items, taken)
}
