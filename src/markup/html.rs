//! HTML that is known to be well formed and safe, and the only pen that writes it: elements and
//! attributes are values of closed types, and every text is escaped on its way in.

use maud::{Markup, PreEscaped, Render};

use super::link;
use super::source::find_byte;

/// HTML that this crate made. There is no way to make one of a string from outside but
/// [`Html::from_stored`], which is for what was rendered before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Html(String);

impl Html {
    /// What an earlier [`super::render`] made, read back from the store.
    pub fn from_stored(html: String) -> Self {
        Self(html)
    }

    /// The text of it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Text as it stands, in a `<pre>`: nothing of it is read as notation.
pub fn preformatted(text: &str) -> Html {
    maud::html! { pre { (text) } }.into()
}

impl From<Markup> for Html {
    fn from(markup: Markup) -> Self {
        Self(markup.into_string())
    }
}

impl Render for Html {
    fn render_to(&self, buffer: &mut String) {
        PreEscaped(&self.0).render_to(buffer);
    }
}

/// The elements that markup may become; there are no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    P,
    Br,
    Hr,
    Heading(u8),
    Strong,
    Em,
    Del,
    Ins,
    Sup,
    Sub,
    Cite,
    Code,
    Pre,
    Blockquote,
    Ul,
    Ol,
    Li,
    Table,
    Tbody,
    Tr,
    Th,
    Td,
    A,
    Img,
    Span,
    Div,
}

impl Tag {
    fn name(self) -> &'static str {
        match self {
            Self::P => "p",
            Self::Br => "br",
            Self::Hr => "hr",
            Self::Heading(level) => match level {
                0 | 1 => "h1",
                2 => "h2",
                3 => "h3",
                4 => "h4",
                5 => "h5",
                _ => "h6",
            },
            Self::Strong => "strong",
            Self::Em => "em",
            Self::Del => "del",
            Self::Ins => "ins",
            Self::Sup => "sup",
            Self::Sub => "sub",
            Self::Cite => "cite",
            Self::Code => "code",
            Self::Pre => "pre",
            Self::Blockquote => "blockquote",
            Self::Ul => "ul",
            Self::Ol => "ol",
            Self::Li => "li",
            Self::Table => "table",
            Self::Tbody => "tbody",
            Self::Tr => "tr",
            Self::Th => "th",
            Self::Td => "td",
            Self::A => "a",
            Self::Img => "img",
            Self::Span => "span",
            Self::Div => "div",
        }
    }
}

/// The attributes that they may have; there are no others, `style` least of all.
#[derive(Clone, Copy, Debug)]
pub(super) enum Attr<'a> {
    Class(&'static str),
    /// `language-` and a name of a few plain characters.
    Language(&'a str),
    /// `color-` and a name of the allow-list.
    ColorClass(&'static str),
    DataColor(&'a str),
    Href(&'a Href),
    Src(&'a Href),
    /// For links that lead out: no referrer, no vote, no handle on our window.
    RelExternal,
    Title(&'a str),
    Alt(&'a str),
    Width(&'a str),
    Height(&'a str),
    /// Fetched when it comes near to the eye.
    Lazy,
    /// `wiki-` and the name, so that no text can take an id of ours.
    Id(&'a str),
    /// `role="img"` with this text as its accessible name.
    Pictured(&'a str),
}

/// An address that may be an `href` or a `src`: an allowed URL, a path of this site, or an anchor
/// of this text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Href(String);

impl Href {
    /// A URL that the parser let through. Its scheme is looked at once more.
    pub(super) fn external(url: &str) -> Option<Self> {
        link::has_allowed_scheme(url).then(|| Self(link::encoded(url)))
    }

    /// What a resolver answered: a path here or an allowed URL.
    pub(super) fn resolved(address: &str) -> Option<Self> {
        let path =
            address.starts_with('/') && !address.starts_with("//") && !address.contains('\\');
        if path || link::is_allowed(address) { Some(Self(link::encoded(address))) } else { None }
    }

    /// An anchor of this text.
    pub(super) fn anchor(id: &str) -> Self {
        Self(format!("#wiki-{}", link::encoded(id)))
    }

    /// The same page at an anchor.
    pub(super) fn at(self, anchor: Option<&str>) -> Self {
        match anchor {
            Some(id) => Self(format!("{}#wiki-{}", self.0, link::encoded(id))),
            None => self,
        }
    }
}

/// Writes HTML.
#[derive(Debug, Default)]
pub(super) struct Writer {
    out: String,
}

impl Writer {
    pub(super) fn with_capacity(n: usize) -> Self {
        Self { out: String::with_capacity(n) }
    }

    pub(super) fn finish(self) -> Html {
        Html(self.out)
    }

    /// How much is written.
    pub(super) fn len(&self) -> usize {
        self.out.len()
    }

    /// Takes back what was written since `len` said so.
    pub(super) fn rewind(&mut self, len: usize) {
        self.out.truncate(len);
    }

    /// An opening tag, or an element without content.
    pub(super) fn open(&mut self, tag: Tag, attributes: &[Attr<'_>]) {
        self.out.push('<');
        self.out.push_str(tag.name());
        for attribute in attributes {
            self.attribute(*attribute);
        }
        self.out.push('>');
    }

    pub(super) fn close(&mut self, tag: Tag) {
        self.out.push_str("</");
        self.out.push_str(tag.name());
        self.out.push('>');
    }

    fn attribute(&mut self, attribute: Attr<'_>) {
        match attribute {
            Attr::Class(name) => self.pair(" class=\"", "", name),
            Attr::Language(name) => self.pair(" class=\"", "language-", name),
            Attr::ColorClass(name) => self.pair(" class=\"", "color-", name),
            Attr::DataColor(value) => self.pair(" data-color=\"", "", value),
            Attr::Href(href) => self.pair(" href=\"", "", &href.0),
            Attr::Src(href) => self.pair(" src=\"", "", &href.0),
            Attr::RelExternal => self.out.push_str(" rel=\"nofollow noopener noreferrer\""),
            Attr::Title(text) => self.pair(" title=\"", "", text),
            Attr::Alt(text) => self.pair(" alt=\"", "", text),
            Attr::Width(n) => self.pair(" width=\"", "", n),
            Attr::Height(n) => self.pair(" height=\"", "", n),
            Attr::Lazy => self.out.push_str(" loading=\"lazy\""),
            Attr::Id(name) => self.pair(" id=\"", "wiki-", name),
            Attr::Pictured(name) => self.pair(" role=\"img\" aria-label=\"", "", name),
        }
    }

    fn pair(&mut self, name: &str, prefix: &str, value: &str) {
        self.out.push_str(name);
        self.out.push_str(prefix);
        self.text(value);
        self.out.push('"');
    }

    /// Text, escaped.
    pub(super) fn text(&mut self, text: &str) {
        let mut rest = text;
        while let Some(at) = find_byte(rest.as_bytes(), is_escaped) {
            let (plain, special) = rest.split_at(at);
            self.out.push_str(plain);
            self.out.push_str(match special.as_bytes().first() {
                Some(b'&') => "&amp;",
                Some(b'<') => "&lt;",
                Some(b'>') => "&gt;",
                Some(b'"') => "&quot;",
                _ => "&#39;",
            });
            rest = special.get(1..).unwrap_or_default();
        }
        self.out.push_str(rest);
    }

    /// HTML that was made elsewhere in this program.
    pub(super) fn trusted(&mut self, html: &Html) {
        self.out.push_str(&html.0);
    }
}

#[allow(clippy::needless_bitwise_bool, reason = "a branch for each test costs half the speed")]
fn is_escaped(byte: u8) -> bool {
    (byte == b'&') | (byte == b'<') | (byte == b'>') | (byte == b'"') | (byte == b'\'')
}
