//! The tree to HTML: blocks and the bounds that hold for all of it.
//!
//! The output is at most [`GROWTH`] times the source and a little more, whatever is asked: what a
//! link, an emoticon or an image becomes is paid for by the source that was read so far, and what
//! cannot be paid stands as typed. What a resolver answers for `{chat}` and `{children}` is not
//! counted, but only so many of them are asked for.

use super::headings::Headings;
use super::html::{Attr, Html, Tag, Writer};
use super::tree::{Block, Cell, Inline, PanelKind, Span};
use super::{Document, Mode, Resolver};

/// How many times its source a rendering may be.
const GROWTH: usize = 20;
/// And this much more, for a text that is nothing but `:)`.
const ALLOWANCE: usize = 64;
/// How many names of one text are asked for; later ones are unknown. Each may cost a look into a
/// database, and a message of 16 KB has room for thousands.
const NAMES_IN_CHAT: usize = 256;
pub(super) const NAMES_ON_PAGE: usize = 4096;
/// How many macros of one text are asked for; later ones stand as typed.
const MACROS: usize = 16;

pub(super) struct Renderer<'a> {
    pub(super) source: &'a str,
    pub(super) mode: Mode,
    pub(super) resolver: &'a dyn Resolver,
    pub(super) writer: Writer,
    document: &'a Document,
    headings: Headings,
    /// What is written that the source does not pay for.
    exempt: usize,
    macros_asked: usize,
    names_asked: usize,
}

/// Renders a whole text.
pub(super) fn document(document: &Document, resolver: &dyn Resolver) -> Html {
    let source = document.source.as_str();
    let mut renderer = Renderer {
        source,
        mode: document.mode,
        resolver,
        writer: Writer::with_capacity(source.len() + source.len() / 4 + 16),
        document,
        headings: Headings::of(document),
        exempt: 0,
        macros_asked: 0,
        names_asked: 0,
    };
    renderer.blocks(&document.blocks);
    renderer.writer.finish()
}

impl Renderer<'_> {
    pub(super) fn element(
        &mut self,
        tag: Tag,
        attributes: &[Attr<'_>],
        inside: impl FnOnce(&mut Self),
    ) {
        self.writer.open(tag, attributes);
        inside(self);
        self.writer.close(tag);
    }

    /// Writes what stands for `span`, or `span` as typed where the source does not pay for it.
    pub(super) fn paid(&mut self, span: Span, write: impl FnOnce(&mut Self)) {
        let before = self.writer.len();
        write(self);
        let written = self.writer.len().saturating_sub(self.exempt);
        if written > span.end.saturating_mul(GROWTH).saturating_add(ALLOWANCE) {
            self.writer.rewind(before);
            self.writer.text(span.of(self.source));
        }
    }

    /// Whether one more name may be asked for.
    pub(super) fn may_ask(&mut self) -> bool {
        self.names_asked += 1;
        let most = match self.mode {
            Mode::Chat => NAMES_IN_CHAT,
            Mode::Page => NAMES_ON_PAGE,
        };
        self.names_asked <= most
    }

    fn blocks(&mut self, blocks: &[Block]) {
        for block in blocks {
            self.block(block);
        }
    }

    fn block(&mut self, block: &Block) {
        match block {
            Block::Paragraph(content) => self.element(Tag::P, &[], |r| r.inlines(content)),
            Block::Heading { level, content } => self.heading(*level, content),
            Block::Quote(content) => self.element(Tag::Blockquote, &[], |r| r.blocks(content)),
            Block::List { ordered, items } => {
                let tag = if *ordered { Tag::Ol } else { Tag::Ul };
                self.element(tag, &[], |r| {
                    for item in items {
                        r.element(Tag::Li, &[], |r| r.tight(item));
                    }
                });
            }
            Block::Table(rows) => self.table(rows),
            Block::Code { language, title, text } => self.code(*language, *title, *text),
            Block::Panel { kind, title, content } => self.panel(*kind, *title, content),
            Block::Rule => self.writer.open(Tag::Hr, &[]),
            Block::Macro { index, span } => self.page_macro(*index, *span),
        }
    }

    /// Items and cells: text that stands first, or alone, needs no paragraph around it.
    fn tight(&mut self, blocks: &[Block]) {
        match blocks.split_first() {
            Some((Block::Paragraph(content), rest)) => {
                self.inlines(content);
                self.blocks(rest);
            }
            _ => self.blocks(blocks),
        }
    }

    fn heading(&mut self, level: u8, content: &[Inline]) {
        let tag = Tag::Heading(level);
        match self.headings.next_id() {
            Some(id) => self.element(tag, &[Attr::Id(&id)], |r| r.inlines(content)),
            None => self.element(tag, &[], |r| r.inlines(content)),
        }
    }

    fn table(&mut self, rows: &[Vec<Cell>]) {
        self.element(Tag::Table, &[], |r| {
            r.element(Tag::Tbody, &[], |r| {
                for row in rows {
                    r.element(Tag::Tr, &[], |r| row.iter().for_each(|cell| r.cell(cell)));
                }
            });
        });
    }

    fn cell(&mut self, cell: &Cell) {
        let tag = if cell.header { Tag::Th } else { Tag::Td };
        self.element(tag, &[], |r| match cell.content.as_slice() {
            [Block::Paragraph(_)] => r.tight(&cell.content),
            content => r.blocks(content),
        });
    }

    fn code(&mut self, language: Option<Span>, title: Option<Span>, text: Span) {
        let Some(title) = title else { return self.pre(language, text) };
        self.element(Tag::Div, &[Attr::Class("code")], |r| {
            r.title(title);
            r.pre(language, text);
        });
    }

    fn pre(&mut self, language: Option<Span>, text: Span) {
        let name = language.map(|l| l.of(self.source).to_ascii_lowercase());
        let name = name.filter(|name| is_language(name));
        let class = name.as_deref().map(Attr::Language);
        self.element(Tag::Pre, &[], |r| {
            let code = text.of(r.source);
            r.element(Tag::Code, class.as_slice(), |r| r.writer.text(code));
        });
    }

    fn title(&mut self, title: Span) {
        let text = title.of(self.source);
        self.element(Tag::Div, &[Attr::Class("title")], |r| r.writer.text(text));
    }

    fn panel(&mut self, kind: PanelKind, title: Option<Span>, content: &[Block]) {
        let class = match kind {
            PanelKind::Panel => "panel",
            PanelKind::Info => "panel info",
            PanelKind::Note => "panel note",
            PanelKind::Tip => "panel tip",
            PanelKind::Warning => "panel warning",
        };
        self.element(Tag::Div, &[Attr::Class(class)], |r| {
            if let Some(title) = title {
                r.title(title);
            }
            r.blocks(content);
        });
    }

    fn page_macro(&mut self, index: usize, span: Span) {
        let Some(found) = self.document.macros.get(index) else { return };
        let before = self.writer.len();
        self.macros_asked += 1;
        let argument = Some(found.argument.as_str()).filter(|a| !a.is_empty());
        let html = match found.name.as_str() {
            "toc" => {
                self.headings.write_contents(&mut self.writer);
                self.exempt += self.writer.len() - before;
                return;
            }
            _ if self.macros_asked > MACROS => None,
            "chat" => self.resolver.chat(argument),
            "children" => self.resolver.children(),
            _ => None,
        };
        match html {
            Some(html) => {
                self.writer.trusted(&html);
                self.exempt += self.writer.len() - before;
            }
            None => self.element(Tag::P, &[], |r| r.writer.text(span.of(r.source))),
        }
    }
}

fn is_language(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"+#-_.".contains(&b);
    (1..=24).contains(&name.len()) && name.bytes().all(plain)
}
