//! Wiki markup: source to tree, tree to HTML or plain text.
//!
//! The notation is Confluence's, with the differences that chat needs (`tests/markup/` holds each
//! of them as a case) and the Markdown habits that fit beside it. The stages in order:
//! `source` cleans the text, `verbatim` finds what nobody may look into, `block` (with
//! `list` and `table`) classes the lines, `inline` (with `effect`, `link`, `emoticon`
//! and `color`) reads what stands in them; `render` and `plain` write the `tree` out.
//!
//! **Invariant:** pure. No I/O, no clock, no noun; what a link means is the [`Resolver`]'s to say.
//!
//! **Invariant:** linear. No stage reads a stretch again because it failed there: a failed search
//! consumes, or is remembered. No parser library is used, since all of them invite to try and go
//! back, and none can say "a closer by what stands to its left and right". A count of steps, not
//! a clock, holds this in the tests.
//!
//! **Invariant:** only the pen in `html` writes HTML, and it knows no other elements and
//! attributes than those that are allowed.

mod block;
mod chars;
mod color;
mod effect;
mod emoticon;
mod headings;
mod html;
mod inline;
mod link;
mod list;
mod names;
mod plain;
mod reach;
mod render;
mod render_inline;
mod resolve;
mod source;
mod table;
#[cfg(test)]
mod tests;
mod tree;
mod verbatim;

use std::collections::HashSet;

pub use html::{Html, preformatted};
pub use names::Name;
pub use reach::Wide;
pub use resolve::{Picture, Resolver, Shown, Unresolved};
pub use tree::{Block, Cell, Color, Image, Inline, Link, Macro, PanelKind, Span, Style, Target};

/// Counts the changes of the grammar; stored with each message, so that a newer grammar knows
/// what to render again.
pub const GRAMMAR_VERSION: u32 = 1;

/// A page that shows the notation, each example beside its source, in the notation itself.
pub const NOTATION: &str = include_str!("notation.wiki");

/// Where a text stands: chat is stricter about what counts as markup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A message in a room.
    Chat,
    /// The body of a page.
    Page,
}

/// A parsed text.
#[derive(Clone, Debug)]
pub struct Document {
    source: String,
    mode: Mode,
    blocks: Vec<Block>,
    macros: Vec<Macro>,
    steps: u64,
}

impl Document {
    /// The text that the spans of the tree point into: the source without control characters.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The blocks in order.
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// The page-only macros of this text in the order in which they stand, those in verbatim
    /// text not among them.
    pub fn macros(&self) -> &[Macro] {
        &self.macros
    }

    /// How many looks at the source it took to read it.
    pub fn steps(&self) -> u64 {
        self.steps
    }
}

/// Parses `source`. Takes any text; never fails.
pub fn parse(source: &str, mode: Mode) -> Document {
    let source = source::clean(source);
    let steps = source::Steps::default();
    let atoms = verbatim::scan(&source, mode, &steps);
    let context = inline::Context { source: &source, mode, atoms: &atoms, steps: &steps };
    let mut parser = block::Parser { context, macros: Vec::new(), n_cells: 0 };
    let whole = Span::new(0, source.len());
    let blocks = if memchr::memchr(b'\n', source.as_bytes()).is_some() {
        let lines = parser.lines(whole);
        parser.blocks(&lines, 0)
    } else {
        parser.blocks(&[whole], 0)
    };
    let macros = parser.macros;
    Document { mode, blocks, macros, steps: steps.total(), source }
}

/// What a rendering may ask a [`Resolver`] for. `{chat}` and `{children}` are not among it.
pub fn names(document: &Document) -> HashSet<Name> {
    names::of(document)
}

/// Renders a parsed text to HTML.
pub fn render(document: &Document, resolver: &dyn Resolver) -> Html {
    render::document(document, resolver)
}

/// Plain text as one line of 120 characters at most, as a quotation or a pin shows it.
pub fn one_line(text: &str) -> String {
    plain::one_line(text)
}

/// The text without its markup, for search and notifications.
pub fn to_plain_text(document: &Document) -> String {
    plain::text(document, &Unresolved)
}

/// The same with what names are shown as, as far as `names` knows them. (An `@name` stays one: it is
/// what is typed again, and looked for.)
pub fn to_shown_text(document: &Document, names: &dyn Resolver) -> String {
    plain::text(document, names)
}
