//! Wiki markup: source to tree, tree to HTML or plain text.
//!
//! **Invariant:** pure. No I/O, no clock, no noun; what a link means is the [`Resolver`]'s to say.

mod html;

pub use html::Html;

/// Counts the changes of the grammar; stored with each message, so that a newer grammar knows
/// what to render again.
pub const GRAMMAR_VERSION: u32 = 1;

/// Where a text stands: chat is stricter about what counts as markup (see the table of
/// differences in the tests).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A message in a room.
    Chat,
    /// The body of a page.
    Page,
}

/// Answers what the names in a text stand for. Every method may say `None`: unknown.
pub trait Resolver {
    /// The address of a page by title, in `space` or in the space of the text itself.
    fn page(&self, space: Option<&str>, title: &str) -> Option<String>;
    /// The address and display name of an account by name.
    fn account(&self, name: &str) -> Option<(String, String)>;
    /// The address of an attached file by name.
    fn file(&self, name: &str) -> Option<String>;
    /// What the `{chat}` macro shows: the room of this page. `name` as the macro gives it.
    fn chat(&self, name: Option<&str>) -> Option<Html>;
    /// What the `{children}` macro shows: the child pages.
    fn children(&self) -> Option<Html>;
}

/// Knows nothing: every link stays text.
pub struct Unresolved;

impl Resolver for Unresolved {
    fn page(&self, _: Option<&str>, _: &str) -> Option<String> {
        None
    }
    fn account(&self, _: &str) -> Option<(String, String)> {
        None
    }
    fn file(&self, _: &str) -> Option<String> {
        None
    }
    fn chat(&self, _: Option<&str>) -> Option<Html> {
        None
    }
    fn children(&self) -> Option<Html> {
        None
    }
}

/// A parsed text.
pub struct Document {
    source: String,
    macros: Vec<Macro>,
}

/// A macro that stands on a page, outside verbatim text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Macro {
    /// `chat`, `toc`, `anchor` or `children`.
    pub name: String,
    /// What stands after the colon, trimmed; empty where nothing does.
    pub argument: String,
}

impl Document {
    /// The page-only macros of this text in the order in which they stand.
    pub fn macros(&self) -> &[Macro] {
        &self.macros
    }
}

/// Parses `source`. Takes any text; never fails.
pub fn parse(source: &str, _mode: Mode) -> Document {
    let mut macros = Vec::new();
    let mut rest = source;
    while let Some(at) = rest.find("{chat") {
        rest = rest.get(at + 5..).unwrap_or("");
        if let Some(end) = rest.find('}') {
            let argument = rest.get(..end).unwrap_or("").trim_start_matches(':').trim();
            macros.push(Macro { name: "chat".into(), argument: argument.into() });
        }
    }
    Document { source: source.into(), macros }
}

/// Renders a parsed text to HTML.
pub fn render(document: &Document, resolver: &dyn Resolver) -> Html {
    let mut html = html::escaped(&document.source);
    for m in &document.macros {
        if let Some(chat) = resolver.chat((!m.argument.is_empty()).then_some(m.argument.as_str())) {
            html = html.then(chat);
        }
    }
    html
}

/// The text without its markup, for search and notifications.
pub fn to_plain_text(document: &Document) -> String {
    document.source.clone()
}
