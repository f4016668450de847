//! The headings of a page: ids to lead to, and the table of contents.

use std::collections::{HashMap, HashSet};

use super::html::{Attr, Href, Tag, Writer};
use super::tree::{Block, Inline};
use super::{Document, Mode, plain};

/// The headings of one page, in order.
#[derive(Debug, Default)]
pub(super) struct Headings {
    entries: Vec<Entry>,
    next: usize,
    shown: bool,
}

#[derive(Debug)]
struct Entry {
    level: u8,
    text: String,
    id: String,
}

impl Headings {
    /// In chat headings have no ids: nothing can lead to them, and ids there are ours alone.
    pub(super) fn of(document: &Document) -> Self {
        let mut found = Vec::new();
        if document.mode == Mode::Page {
            collect(&document.blocks, &mut found);
        }
        if found.is_empty() {
            return Self::default();
        }
        let mut ids = Ids::default();
        let entries = found.into_iter().map(|(level, content)| {
            let text = plain::inlines(document, content);
            let id = ids.unused(slug(&text));
            Entry { level, text, id }
        });
        Self { entries: entries.collect(), next: 0, shown: false }
    }

    /// The id of the next heading.
    pub(super) fn next_id(&mut self) -> Option<String> {
        let entry = self.entries.get(self.next)?;
        self.next += 1;
        Some(entry.id.clone())
    }

    /// Writes the contents, the first time that it is asked.
    pub(super) fn write_contents(&mut self, w: &mut Writer) {
        if self.shown || self.entries.is_empty() {
            return;
        }
        self.shown = true;
        // The levels of the lists that are open, each with an item open in it.
        let mut open: Vec<u8> = Vec::new();
        for entry in &self.entries {
            while open.len() > 1 && open.last().is_some_and(|level| *level > entry.level) {
                open.pop();
                w.close(Tag::Li);
                w.close(Tag::Ul);
            }
            if open.last().is_some_and(|level| *level >= entry.level) {
                w.close(Tag::Li);
            } else {
                let class: &[Attr<'_>] = if open.is_empty() { &[Attr::Class("toc")] } else { &[] };
                w.open(Tag::Ul, class);
                open.push(entry.level);
            }
            w.open(Tag::Li, &[]);
            w.open(Tag::A, &[Attr::Href(&Href::anchor(&entry.id))]);
            w.text(&entry.text);
            w.close(Tag::A);
        }
        for _ in open {
            w.close(Tag::Li);
            w.close(Tag::Ul);
        }
    }
}

fn collect<'d>(blocks: &'d [Block], found: &mut Vec<(u8, &'d [Inline])>) {
    for block in blocks {
        match block {
            Block::Heading { level, content } => found.push((*level, content)),
            Block::Quote(inner) | Block::Panel { content: inner, .. } => collect(inner, found),
            Block::List { items, .. } => items.iter().for_each(|item| collect(item, found)),
            Block::Table(rows) => {
                rows.iter().flatten().for_each(|cell| collect(&cell.content, found));
            }
            _ => {}
        }
    }
}

/// Ids that are in use, and how often each name was asked for.
#[derive(Default)]
struct Ids {
    used: HashSet<String>,
    asked: HashMap<String, usize>,
}

impl Ids {
    fn unused(&mut self, name: String) -> String {
        if self.used.insert(name.clone()) {
            return name;
        }
        let asked = self.asked.entry(name.clone()).or_insert(1);
        loop {
            *asked += 1;
            let id = format!("{name}-{asked}");
            if self.used.insert(id.clone()) {
                return id;
            }
        }
    }
}

/// A name as part of an id: lower case, and only what needs no escape; so `[#My Part]` leads to
/// `h2. My part`.
pub(super) fn slug(text: &str) -> String {
    let mut slug = String::with_capacity(text.len());
    for c in text.trim().chars() {
        if super::chars::is_word(c) || matches!(c, '_' | '.' | '-') {
            // Only where lower case is one character, so that no id outgrows its text.
            let mut lower = c.to_lowercase();
            slug.push(if lower.len() == 1 { lower.next().unwrap_or(c) } else { c });
        } else if !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug
}
