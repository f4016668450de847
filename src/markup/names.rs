//! The names in a text that a rendering may ask a [`super::Resolver`] for: whoever looks them up before
//! can do it at once, and render once.

use std::collections::HashSet;

use super::Document;
use super::link::unescaped;
use super::render::NAMES_ON_PAGE;
use super::render_inline::Name as Title;
use super::tree::{Block, Inline, Link, Span, Target};

/// Something that stands in a text for something else.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Name {
    /// A page, by its space (`None`: the text's own) and its title.
    Page(Option<String>, String),
    /// An account, by its name.
    Account(String),
    /// An attached file, by its name.
    File(String),
}

/// All of them, and of a text that is full of them as many as may be asked for.
pub(super) fn of(document: &Document) -> HashSet<Name> {
    let mut names = Names {
        source: &document.source,
        found: HashSet::new(),
        left: (NAMES_ON_PAGE, NAMES_ON_PAGE),
    };
    names.blocks(&document.blocks);
    names.found
}

struct Names<'a> {
    source: &'a str,
    found: HashSet<Name>,
    /// How many places of names may still be looked at; and how many in the aliases of links, which are
    /// asked for where the link leads somewhere.
    left: (usize, usize),
}

impl Names<'_> {
    fn blocks(&mut self, blocks: &[Block]) {
        for block in blocks {
            match block {
                Block::Paragraph(content) | Block::Heading { content, .. } => {
                    self.inlines(content, false);
                }
                Block::Quote(content) | Block::Panel { content, .. } => self.blocks(content),
                Block::List { items, .. } => items.iter().for_each(|item| self.blocks(item)),
                Block::Table(rows) => {
                    rows.iter().flatten().for_each(|cell| self.blocks(&cell.content));
                }
                Block::Code { .. } | Block::Rule | Block::Macro { .. } => {}
            }
        }
    }

    fn inlines(&mut self, inlines: &[Inline], in_alias: bool) {
        for inline in inlines {
            match inline {
                Inline::Styled(_, content) | Inline::Colored(_, content) => {
                    self.inlines(content, in_alias);
                }
                Inline::Link(link) => self.link(link, in_alias),
                Inline::Image(image) if !image.external => {
                    self.note(in_alias, |source| {
                        [Some(Name::File(image.name.of(source).into())), None]
                    });
                }
                Inline::Mention(span) => self.note(in_alias, |source| {
                    let name = span.of(source).trim_start_matches('@');
                    [Some(Name::Account(name.into())), None]
                }),
                Inline::Text(_)
                | Inline::Break
                | Inline::Code(_)
                | Inline::Image(_)
                | Inline::Emoticon { .. }
                | Inline::Emoji { .. }
                | Inline::Dash(..)
                | Inline::Anchor(_) => {}
            }
        }
    }

    fn link(&mut self, link: &Link, in_alias: bool) {
        let typed = |source: &str, span: Span| unescaped(span.of(source));
        match link.target {
            Target::Page(span) => self.note(in_alias, |source| pages(&typed(source, span))),
            Target::Account(span) => {
                self.note(in_alias, |source| [Some(Name::Account(typed(source, span))), None]);
            }
            Target::File(span) => {
                self.note(in_alias, |source| [Some(Name::File(typed(source, span))), None]);
            }
            Target::Url(_) | Target::Anchor(_) => {}
        }
        self.inlines(&link.label, true);
    }

    fn note(&mut self, in_alias: bool, names: impl FnOnce(&str) -> [Option<Name>; 2]) {
        let left = if in_alias { &mut self.left.1 } else { &mut self.left.0 };
        if *left > 0 {
            *left -= 1;
            self.found.extend(names(self.source).into_iter().flatten());
        }
    }
}

/// What a page's target is asked for: split at its signs, and whole.
fn pages(target: &str) -> [Option<Name>; 2] {
    let Title { space, title, .. } = Title::of(target);
    let whole = (target != title).then(|| Name::Page(None, target.to_owned()));
    [Some(Name::Page(space, title)), whole]
}
