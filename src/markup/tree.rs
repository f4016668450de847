//! The tree that a text becomes: blocks that hold blocks and inlines, each with its place in the
//! source. It knows nothing of HTML and nothing of what a name stands for.

/// A stretch of the cleaned source, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

impl Span {
    pub(super) fn new(start: usize, end: usize) -> Self {
        Self { start, end: end.max(start) }
    }

    /// Whether nothing lies in it.
    pub fn is_empty(self) -> bool {
        self.start >= self.end
    }

    /// The text that it marks.
    pub fn of(self, source: &str) -> &str {
        source.get(self.start..self.end).unwrap_or_default()
    }

    /// The same stretch without white space at its edges.
    pub(super) fn trimmed(self, source: &str) -> Self {
        let text = self.of(source);
        let start = self.start + (text.len() - text.trim_start().len());
        Self::new(start, start + text.trim().len())
    }
}

/// What stands on lines of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// Lines of text.
    Paragraph(Vec<Inline>),
    /// `h1. ` to `h6. `.
    Heading {
        /// 1 to 6.
        level: u8,
        /// The words.
        content: Vec<Inline>,
    },
    /// `bq. `, `> ` and `{quote}`.
    Quote(Vec<Block>),
    /// Items of one kind.
    List {
        /// `#` rather than `*` or `-`.
        ordered: bool,
        /// Each item's own text first, then what is nested in it.
        items: Vec<Vec<Block>>,
    },
    /// Rows of cells.
    Table(Vec<Vec<Cell>>),
    /// A fence, `{code}` or `{noformat}`.
    Code {
        /// The language, as typed.
        language: Option<Span>,
        /// `title=`.
        title: Option<Span>,
        /// What is shown, exactly.
        text: Span,
    },
    /// `{panel}`, and on pages `{info}`, `{note}`, `{tip}`, `{warning}`.
    Panel {
        /// Which of them.
        kind: PanelKind,
        /// `title=`.
        title: Option<Span>,
        /// What is in it.
        content: Vec<Block>,
    },
    /// Four dashes or more.
    Rule,
    /// A page's macro that stands as a block; an index into [`super::Document::macros`].
    Macro {
        /// Which.
        index: usize,
        /// The macro as typed.
        span: Span,
    },
}

/// One cell of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// `||` rather than `|`.
    pub header: bool,
    /// What is in it.
    pub content: Vec<Block>,
}

/// The kinds of panels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PanelKind {
    /// `{panel}`
    Panel,
    /// `{info}`
    Info,
    /// `{note}`
    Note,
    /// `{tip}`
    Tip,
    /// `{warning}`
    Warning,
}

/// What stands within a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inline {
    /// Literal text.
    Text(Span),
    /// A line end, or `\\`.
    Break,
    /// An effect.
    Styled(Style, Vec<Inline>),
    /// Verbatim text: the inner span.
    Code(Span),
    /// A link or a bare URL.
    Link(Box<Link>),
    /// `!name!`
    Image(Box<Image>),
    /// A smiley or one of the parenthesised signs.
    Emoticon {
        /// What it shows.
        emoji: &'static str,
        /// As typed.
        span: Span,
    },
    /// `:name:`
    Emoji {
        /// What it shows.
        emoji: &'static str,
        /// As typed.
        span: Span,
    },
    /// `@name`: the span with the `@`.
    Mention(Span),
    /// An em or en dash, made of a run of `-`.
    Dash(&'static str, Span),
    /// `{color:x}..{color}`
    Colored(Color, Vec<Inline>),
    /// `{anchor:x}`: the name.
    Anchor(Span),
}

/// The effects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// `*x*`, `**x**`
    Strong,
    /// `_x_`
    Emphasis,
    /// `-x-`, `~~x~~`
    Deleted,
    /// `+x+`
    Inserted,
    /// `^x^`
    Superscript,
    /// `~x~`
    Subscript,
    /// `??x??`
    Citation,
}

/// A colour that the allow-list lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Color {
    /// Its CSS class.
    Named(&'static str),
    /// `#rgb` or `#rrggbb`, where it stands.
    Hex(Span),
}

/// A link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Where to.
    pub target: Target,
    /// The alias; empty where there is none.
    pub label: Vec<Inline>,
    /// The third part.
    pub tip: Option<Span>,
    /// All of it, as typed.
    pub span: Span,
}

/// Where a link leads. The spans are as typed: escapes are still in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// An allowed URL.
    Url(Span),
    /// `[SPACE:]Title[#anchor]`
    Page(Span),
    /// `#anchor`, without the sign.
    Anchor(Span),
    /// `~name`, without the sign.
    Account(Span),
    /// `^name`, without the sign.
    File(Span),
}

/// An image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Image {
    /// The name of an attached file, or an allowed URL.
    pub name: Span,
    /// Whether `name` is a URL.
    pub external: bool,
    /// `alt=`
    pub alt: Option<Span>,
    /// `width=`: digits.
    pub width: Option<Span>,
    /// `height=`: digits.
    pub height: Option<Span>,
    /// `align=`: the CSS class.
    pub align: Option<&'static str>,
    /// `|thumbnail`
    pub thumbnail: bool,
    /// All of it, as typed.
    pub span: Span,
}

/// A macro that stands on a page, outside verbatim text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Macro {
    /// `chat`, `toc`, `anchor` or `children`.
    pub name: String,
    /// What stands after the colon, trimmed; empty where nothing does.
    pub argument: String,
}
