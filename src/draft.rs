//! What somebody typed becomes what is kept: cleaned, classed, rendered.
//!
//! **Invariant:** a post and an edit go through the same door, so that no edit can say what a
//! post could not.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::error::{Error, Result};
use crate::file::FileId;
use crate::id::{AccountId, RoomId};
use crate::markup::{self, Html, Mode, Resolver};
use crate::permission::{Grant, Post};
use crate::resolved::Resolved;
use crate::{body, folding, marks, paste};

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Somebody said it.
    Said,
    /// Somebody does it: `/me waves`, `* ann waves`.
    Action,
    /// Long text, shown as it is.
    Paste,
}

/// A message as the browser sends it.
#[derive(Clone, Debug)]
pub struct Draft {
    /// As typed.
    pub body: String,
    /// The browser's id for the draft: the same nonce with the same body is the same message.
    pub nonce: String,
}

/// A body as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) kind: Kind,
    /// The source: line ends LF, no control characters, no blank edges.
    pub(crate) body: String,
    /// The whole text of a paste, of which `body` is the beginning.
    pub(crate) paste: Option<String>,
    pub(crate) html: Html,
    /// What its names stood for, as [`crate::resolved`] keeps it.
    pub(crate) names: String,
    /// Whom it calls by `@name`.
    pub(crate) mentions: Vec<AccountId>,
    /// The first line, plain, as replies quote it.
    pub(crate) line: String,
    /// Plain text as the index wants it.
    pub(crate) search: String,
    /// What it holds and whom it names, as the index wants it.
    pub(crate) marks: String,
}

// ------------------------------------------------------------------------------------ rules

/// Reads what was typed; its names are resolved under the author's rights.
pub(crate) async fn read(app: &App, grant: &Grant<Post>, typed: &str) -> Result<Written> {
    read_with(app, grant, typed, Vec::new()).await
}

/// [`read`], with the files that come with it.
pub(crate) async fn read_with(
    app: &App,
    grant: &Grant<Post>,
    typed: &str,
    own: Vec<FileId>,
) -> Result<Written> {
    let text = clean(typed);
    if text.len() > app.config.paste_limit {
        return Err(Error::TooLong { limit: app.config.paste_limit });
    }
    app.rate_limits.text(grant.viewer().account_id(), text.len())?;
    let limit = app.config.message_limit;
    // Files are shown by the markup that names them, so what comes with them is no paste.
    if own.is_empty() {
        if let Some(asked) = paste::asked_for(&text) {
            return Ok(Written::of_paste(asked.to_owned()));
        }
        if paste::is_paste(&text, limit) {
            return Ok(Written::of_paste(text));
        }
    }
    if text.len() > limit {
        return Err(Error::TooLong { limit });
    }
    let (kind, text) = match text.strip_prefix("/me ") {
        Some(action) => (Kind::Action, action.trim().to_owned()),
        None => (Kind::Said, text),
    };
    if text.is_empty() {
        return Err(Error::invalid("body", "Write something first."));
    }
    let of_markup = move |names: &dyn Resolver| Written::of_markup(kind, text.clone(), names);
    let (written, names) = body::resolving(app, grant, own, of_markup).await?;
    Ok(Written { names: names.to_text(), mentions: names.mentions(), ..written })
}

/// Line ends LF, no control characters, no blank edges.
pub(crate) fn clean(text: &str) -> String {
    // A textarea sends CRLF. Left in, each line end would arrive doubled over SSE, where CR alone
    // ends a line too.
    let lines = text.replace("\r\n", "\n").replace('\r', "\n");
    let kept: String = lines
        .chars()
        .filter(|c| matches!(c, '\n' | '\t') || !c.is_control() && *c != '\u{feff}')
        .collect();
    // Spaces at the start of the first line may be an indented paste's; blank lines are not.
    kept.trim_end().trim_start_matches('\n').to_owned()
}

/// What the index holds of a body.
pub(crate) fn search_text(kind: Kind, body: &str) -> String {
    folding::fold(&plain(kind, body))
}

/// What the index holds of a message beside its words; nothing of a removed one.
pub fn marks(
    room: RoomId,
    author: Option<AccountId>,
    author_name: &str,
    kind: Kind,
    body: &str,
) -> String {
    if body.is_empty() {
        return String::new();
    }
    let of_body = match kind {
        Kind::Said | Kind::Action => marks::of_body(&markup::parse(body, Mode::Chat)),
        Kind::Paste => marks::of_paste(body),
    };
    marks::of_message(room, author, author_name, &of_body)
}

/// A body without its markup.
pub(crate) fn plain(kind: Kind, body: &str) -> String {
    match kind {
        Kind::Said | Kind::Action => markup::to_plain_text(&markup::parse(body, Mode::Chat)),
        Kind::Paste => body.to_owned(),
    }
}

/// A body without its markup, as its readers see it: what `names` stood for when it was written is kept
/// beside it ([`crate::resolved`]).
pub(crate) fn shown(kind: Kind, body: &str, names: &str) -> String {
    match kind {
        Kind::Said | Kind::Action if !names.is_empty() => {
            let names = Resolved::from_text(names);
            markup::to_shown_text(&markup::parse(body, Mode::Chat), &names)
        }
        kind => plain(kind, body),
    }
}

/// A body as its author would type it again.
pub(crate) fn source(kind: Kind, body: &str) -> String {
    match kind {
        Kind::Said => body.to_owned(),
        Kind::Action => format!("/me {body}"),
        Kind::Paste => paste::source(body),
    }
}

/// The first line that says something, cut short.
pub(crate) fn line(plain: &str) -> String {
    markup::one_line(plain.lines().find(|line| !line.trim().is_empty()).unwrap_or_default())
}

impl Written {
    /// Text in chat's markup.
    pub(crate) fn of_markup(kind: Kind, body: String, names: &dyn Resolver) -> Self {
        let document = markup::parse(&body, Mode::Chat);
        let plain = markup::to_plain_text(&document);
        let (line, search) = (line(&plain), folding::fold(&plain));
        let (html, marks) = (markup::render(&document, names), marks::of_body(&document));
        let (names, mentions) = (String::new(), Vec::new());
        Self { kind, html, names, mentions, line, search, marks, body, paste: None }
    }

    pub(crate) fn of_paste(text: String) -> Self {
        let body = paste::beginning(&text).to_owned();
        let (html, search) = (paste::excerpt(&text), search_text(Kind::Paste, &body));
        let (names, mentions, line) = (String::new(), Vec::new(), line(&body));
        let (kind, marks) = (Kind::Paste, marks::of_paste(&body));
        Self { kind, html, names, mentions, line, search, marks, body, paste: Some(text) }
    }

    /// Lines of a paste; 0 of anything else.
    pub(crate) fn n_lines(&self) -> i64 {
        let n_lines = self.paste.as_deref().map_or(0, paste::n_lines);
        i64::try_from(n_lines).unwrap_or(i64::MAX)
    }
}

impl Draft {
    /// What makes a retry the same message.
    pub(crate) fn key(&self) -> Vec<u8> {
        let mut hash = Sha256::new();
        hash.update(u64::try_from(self.nonce.len()).unwrap_or(0).to_le_bytes());
        hash.update(self.nonce.as_bytes());
        hash.update(self.body.as_bytes());
        hash.finalize().iter().copied().take(16).collect()
    }
}

// ------------------------------------------------------------------------------------ sql

impl ToSql for Kind {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Said => "said".into(),
            Self::Action => "action".into(),
            Self::Paste => "paste".into(),
        })
    }
}

impl FromSql for Kind {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value.as_str()? {
            "said" => Ok(Self::Said),
            "action" => Ok(Self::Action),
            "paste" => Ok(Self::Paste),
            _ => Err(FromSqlError::InvalidType),
        }
    }
}
