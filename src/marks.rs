//! What a message is besides its words, as tokens beside them in the index: whose it is, where it
//! stands, whom it names, what it holds. So `from:bob has:link` is a look into the index like any
//! word, and as quick in ten million messages.
//!
//! **Invariant:** pure, and a function of the message alone: a token never says who may see it.

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::folding;
use crate::id::{AccountId, RoomId};
use crate::markup::{Block, Document, Inline, Link, Target};

/// Every message has it: what a search begins with that only leaves things out.
pub(crate) const ALL: &str = "all";
/// Characters of an imported name that count.
const NAME: usize = 100;

/// What a message can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Has {
    /// An address of the web.
    Link,
    /// A file that was put into the room.
    File,
    /// A picture.
    Image,
    /// Code, in a line or on lines of its own.
    Code,
    /// It is a long text.
    Paste,
}

impl Has {
    /// As typed after `has:`.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "link" => Self::Link,
            "file" => Self::File,
            "image" => Self::Image,
            "code" => Self::Code,
            "paste" => Self::Paste,
            _ => return None,
        })
    }

    /// The token.
    pub(crate) fn token(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::File => "file",
            Self::Image => "image",
            Self::Code => "code",
            Self::Paste => "paste",
        }
    }
}

/// A line of the minutes, by the word that it begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Minute {
    /// `#topic`: what was talked about from here on.
    Topic,
    /// `#info`: worth knowing.
    Info,
    /// `#action @name`: somebody does something.
    Action,
    /// `#agreed`: it was decided.
    Agreed,
    /// `#link`: where to read on.
    Link,
}

/// Says whether a line belongs into the minutes, and what it says.
pub(crate) fn minute(line: &str) -> Option<(Minute, &str)> {
    let rest = line.trim_start().strip_prefix('#')?;
    let (word, said) = rest.split_once(char::is_whitespace)?;
    let minute = match word.to_ascii_lowercase().as_str() {
        "topic" => Minute::Topic,
        "info" => Minute::Info,
        "action" => Minute::Action,
        "agreed" => Minute::Agreed,
        "link" => Minute::Link,
        _ => return None,
    };
    let said = said.trim();
    (!said.is_empty()).then_some((minute, said))
}

/// The token of a room.
pub(crate) fn of_room(room: RoomId) -> String {
    format!("r{room}")
}

/// The token of an author who has an account.
pub(crate) fn of_author(author: AccountId) -> String {
    format!("a{author}")
}

/// The token of an author of whom only the name is known.
pub(crate) fn of_name(name: &str) -> String {
    hex('n', name)
}

/// The token of somebody who is named.
pub(crate) fn of_mention(name: &str) -> String {
    hex('m', name)
}

/// What a body holds and whom it names.
pub(crate) fn of_body(document: &Document) -> String {
    let mut found = Found { source: document.source(), tokens: BTreeSet::new() };
    found.blocks(document.blocks());
    if document.source().lines().any(|line| minute(line).is_some()) {
        found.tokens.insert("minute".to_owned());
    }
    found.tokens.into_iter().collect::<Vec<_>>().join(" ")
}

/// The same of a paste, in which nothing is markup.
pub(crate) fn of_paste(text: &str) -> String {
    let link = text.contains("https://") || text.contains("http://");
    if link { format!("{} link", Has::Paste.token()) } else { Has::Paste.token().to_owned() }
}

/// All tokens of a message; `body` is what [`of_body`] or [`of_paste`] gave.
pub(crate) fn of_message(
    room: RoomId,
    author: Option<AccountId>,
    author_name: &str,
    body: &str,
) -> String {
    let author = author.map_or_else(|| of_name(author_name), of_author);
    let mut tokens = format!("{ALL} {} {author}", of_room(room));
    if !body.is_empty() {
        let _ = write!(tokens, " {body}");
    }
    tokens
}

/// One word for the tokenizer, whatever a name is made of.
fn hex(kind: char, name: &str) -> String {
    let cut: String = name.trim().chars().take(NAME).collect();
    folding::lower(&cut).bytes().fold(String::from(kind), |mut token, byte| {
        let _ = write!(token, "{byte:02x}");
        token
    })
}

struct Found<'a> {
    source: &'a str,
    tokens: BTreeSet<String>,
}

impl Found<'_> {
    fn has(&mut self, has: Has) {
        self.tokens.insert(has.token().to_owned());
    }

    fn blocks(&mut self, blocks: &[Block]) {
        for block in blocks {
            match block {
                Block::Paragraph(content) | Block::Heading { content, .. } => self.inlines(content),
                Block::Quote(content) | Block::Panel { content, .. } => self.blocks(content),
                Block::List { items, .. } => items.iter().for_each(|item| self.blocks(item)),
                Block::Table(rows) => {
                    rows.iter().flatten().for_each(|cell| self.blocks(&cell.content));
                }
                Block::Code { .. } => self.has(Has::Code),
                Block::Rule | Block::Macro { .. } => {}
            }
        }
    }

    fn inlines(&mut self, inlines: &[Inline]) {
        for inline in inlines {
            match inline {
                Inline::Code(_) => self.has(Has::Code),
                Inline::Styled(_, content) | Inline::Colored(_, content) => self.inlines(content),
                Inline::Link(link) => self.link(link),
                Inline::Image(_) => {
                    self.has(Has::Image);
                    self.has(Has::File);
                }
                Inline::Mention(span) => {
                    let name = span.of(self.source).trim_start_matches('@');
                    self.tokens.insert(of_mention(name));
                }
                _ => {}
            }
        }
    }

    fn link(&mut self, link: &Link) {
        match link.target {
            Target::Url(_) => self.has(Has::Link),
            Target::File(_) => self.has(Has::File),
            Target::Account(span) => {
                let name = span.of(self.source).trim_start_matches('~');
                self.tokens.insert(of_mention(name));
            }
            Target::Page(_) | Target::Anchor(_) => {}
        }
        self.inlines(&link.label);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::markup::{Mode, parse};

    #[test]
    fn a_body_says_what_it_holds() {
        let of = |body: &str| of_body(&parse(body, Mode::Chat));
        assert_eq!(of("plain"), "");
        assert_eq!(of("see https://example.org and {{code}}"), "code link");
        assert_eq!(of("* [a|https://example.org]\n** !x.png!"), "file image link");
        assert_eq!(of("[^report.pdf]"), "file");
        assert_eq!(of("```\nx\n```"), "code");
        assert_eq!(of("*@bob*, look"), of_mention("Bob"));
        assert_eq!(of("well\n#agreed tea"), "minute");
        for odd in ["#agreed", "# agreed tea", "#agree tea", "x #agreed tea", "#agreed  "] {
            assert_eq!(of(odd), "", "{odd}");
        }
        assert_eq!(of_paste("http://x"), "paste link");
    }

    #[test]
    fn a_name_is_one_word_whatever_it_is_made_of() {
        assert_eq!(of_name("Añ b"), of_name("añ B"));
        assert!(of_name("東 'x\" *").chars().all(|c| c.is_ascii_alphanumeric()));
        let all = of_message(RoomId(3), Some(AccountId(5)), "bob", "link");
        assert_eq!(all, "all r3 a5 link");
        assert_eq!(of_message(RoomId(3), None, "ab", ""), "all r3 n6162");
    }
}
