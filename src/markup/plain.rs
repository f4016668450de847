//! The tree to text without markup, for search and notifications.

use super::render_inline::resolved;
use super::tree::{Block, Inline, Link, Span, Target};
use super::{Document, Mode, Resolver, Unresolved};

/// The text of a whole document: blocks on lines of their own, cells parted by tabs. Links are as they
/// are shown to who knows what `names` knows.
pub(super) fn text(document: &Document, names: &dyn Resolver) -> String {
    let out = String::with_capacity(document.source.len());
    let mut plain = Plain { document, names, out };
    plain.blocks(&document.blocks);
    plain.out
}

/// The text of one heading.
pub(super) fn inlines(document: &Document, inlines: &[Inline]) -> String {
    let mut plain = Plain { document, names: &Unresolved, out: String::new() };
    plain.inlines(inlines);
    plain.out
}

/// Characters of a text that stands elsewhere as one line.
const LINE: usize = 120;

/// Plain text as one line, cut short.
pub(super) fn one_line(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut line: String = words.chars().take(LINE).collect();
    if line.len() < words.len() {
        line.push('…');
    }
    line
}

struct Plain<'d> {
    document: &'d Document,
    names: &'d dyn Resolver,
    out: String,
}

impl Plain<'_> {
    fn span(&mut self, span: Span) {
        self.out.push_str(span.of(&self.document.source));
    }

    fn title(&mut self, title: Option<Span>) {
        if let Some(title) = title {
            self.span(title);
        }
    }

    fn blocks(&mut self, blocks: &[Block]) {
        for block in blocks {
            self.block(block);
        }
    }

    fn line(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with(['\n', '\t']) {
            self.out.push('\n');
        }
    }

    fn block(&mut self, block: &Block) {
        self.line();
        match block {
            Block::Paragraph(content) | Block::Heading { content, .. } => self.inlines(content),
            Block::Quote(content) => self.blocks(content),
            Block::List { items, .. } => items.iter().for_each(|item| self.blocks(item)),
            Block::Table(rows) => {
                for row in rows {
                    self.line();
                    for (index, cell) in row.iter().enumerate() {
                        if index > 0 {
                            self.out.push('\t');
                        }
                        self.blocks(&cell.content);
                    }
                }
            }
            Block::Code { title, text, .. } => {
                self.title(*title);
                self.line();
                self.span(*text);
            }
            Block::Panel { title, content, .. } => {
                self.title(*title);
                self.blocks(content);
            }
            Block::Rule | Block::Macro { .. } => {}
        }
    }

    fn inlines(&mut self, inlines: &[Inline]) {
        for inline in inlines {
            match inline {
                Inline::Text(span)
                | Inline::Code(span)
                | Inline::Mention(span)
                | Inline::Emoticon { span, .. } => self.span(*span),
                Inline::Break => self.out.push('\n'),
                Inline::Styled(_, content) | Inline::Colored(_, content) => self.inlines(content),
                Inline::Link(link) => self.link(link),
                Inline::Image(image) => self.span(image.alt.unwrap_or(image.name)),
                Inline::Emoji { emoji, .. } => self.out.push_str(emoji),
                Inline::Dash(dash, _) => self.out.push_str(dash),
                Inline::Anchor(_) => {}
            }
        }
    }

    /// In chat a name in brackets may well be no link at all (`[start|stop]`), and only a resolver
    /// can tell; what none knows stays as typed.
    fn link(&mut self, link: &Link) {
        match link.target {
            target @ (Target::Page(_) | Target::Account(_) | Target::File(_))
                if self.document.mode == Mode::Chat =>
            {
                match resolved(self.names, &self.document.source, target) {
                    None => self.span(link.span),
                    Some(known) if link.label.is_empty() => self.out.push_str(&known.text),
                    Some(_) => self.inlines(&link.label),
                }
            }
            _ if !link.label.is_empty() => self.inlines(&link.label),
            Target::Url(span)
            | Target::Page(span)
            | Target::Anchor(span)
            | Target::Account(span)
            | Target::File(span) => self.span(span),
        }
    }
}
