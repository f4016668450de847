//! Editing: the source, the rewriting, the history.
//!
//! **Invariant:** only its author rewrites a message; every body that it ever had is kept until
//! the message is removed, and then none is.

use rusqlite::{Connection, named_params};

use crate::app::App;
use crate::change::Change;
use crate::draft::{self, Kind};
use crate::error::{Error, Result};
use crate::id::{AccountId, Mid};
use crate::message::{self, Message};
use crate::permission::{Grant, Post, View};
use crate::version::{self, Version};
use crate::{file, marks, moderation, paste, pin, room};

// ------------------------------------------------------------------------------------ verbs

/// Rewrites a message: its author may, while it stands and its room is open. It stays in its
/// place and on its day. Saying the same again changes nothing.
pub async fn edit(app: &App, grant: &Grant<Post>, mid: Mid, typed: &str) -> Result<Message> {
    let author = grant.viewer().account_id().ok_or(Error::LoginNeeded)?;
    // Files are shown by the markup that names them: a message that has some becomes no paste.
    let room = grant.room();
    let own = app.store.read(move |connection| file::of_message(connection, room, mid)).await?;
    let written = draft::read_with(app, grant, typed, own).await?;
    app.rate_limits.post(author.0)?;
    let (grant, longest) = (grant.clone(), app.config.paste_limit);
    let now = app.clock.now();
    app.store
        .write(move |tx| {
            grant.confirm(tx, now)?;
            let room = grant.room();
            let before = message::select(tx, room, mid)?.ok_or(Error::NotFound)?;
            may_rewrite(&before, author)?;
            moderation::admit_edit(tx, &room::select_open(tx, room)?, author, now)?;
            let text = text(tx, &before)?;
            let same = written.paste.as_ref().unwrap_or(&written.body) == &text;
            if same && before.kind == written.kind {
                return Ok(before);
            }
            let source = draft::source(before.kind, &text);
            version::keep(tx, room, mid, &source, longest)?;
            paste::replace(tx, room, mid, written.paste.as_deref())?;
            tx.prepare_cached(
                "update message set seq = :seq, reworded_seq = :seq, kind = :kind, body = :body, html = :html,
                                    n_lines = :n_lines, search = :search, marks = :marks, line = :line, grammar = :grammar,
                                    names = :names,
                                    edited_at = :now
                 where room = :room and mid = :mid",
            )?
            .execute(named_params! {
                ":room": room,
                ":mid": mid,
                ":seq": room::next_seq(tx, room)?,
                ":kind": written.kind,
                ":body": written.body,
                ":html": written.html.as_str(),
                ":n_lines": written.n_lines(),
                ":line": written.line,
                ":search": written.search,
                ":marks": marks::of_message(
                    room, before.author, &before.author_name, &written.marks,
                ),
                ":grammar": crate::markup::GRAMMAR_VERSION,
                ":names": written.names,
                ":now": now.as_millisecond(),
            })?;
            let message = message::select(tx, room, mid)?.ok_or(Error::NotFound)?;
            pin::follow(tx, room, mid)?;
            tx.tell(Change::Touched(message.clone()));
            Ok(message)
        })
        .await
}

/// A message and its source, for its author to rewrite.
pub async fn source(app: &App, grant: &Grant<Post>, mid: Mid) -> Result<(Message, String)> {
    let author = grant.viewer().account_id().ok_or(Error::LoginNeeded)?;
    let room = grant.room();
    app.store
        .read(move |connection| {
            let message = message::select(connection, room, mid)?.ok_or(Error::NotFound)?;
            may_rewrite(&message, author)?;
            let source = draft::source(message.kind, &text(connection, &message)?);
            Ok((message, source))
        })
        .await
}

/// A stretch of what a message ever said.
#[derive(Clone, Debug)]
pub struct History {
    /// The message.
    pub message: Message,
    /// In order.
    pub versions: Vec<Version>,
    /// The last of them is what it says now.
    pub to_now: bool,
    /// There are more before them.
    pub older: bool,
}

/// What a message said before a version; up to what it says now, where none is named. A removed one
/// has no history.
pub async fn history(
    app: &App,
    grant: &Grant<View>,
    mid: Mid,
    before: Option<i64>,
) -> Result<History> {
    let room = grant.room();
    grant
        .read(app, move |connection| {
            let message = message::select(connection, room, mid)?.ok_or(Error::NotFound)?;
            if message.removed {
                return Err(Error::NotFound);
            }
            let (mut versions, older) =
                version::before(connection, room, mid, before.unwrap_or(i64::MAX))?;
            if before.is_none() {
                let text = draft::source(message.kind, &text(connection, &message)?);
                let (text, cut) = version::beginning(&text);
                let since = version::written_at(connection, room, mid)?;
                let version = versions.last().map_or(1, |last| last.version + 1);
                versions.push(Version { version, text, cut, since });
            }
            Ok(History { message, versions, to_now: before.is_none(), older })
        })
        .await
}

/// What a message said at its `n`th version, the whole of it.
pub async fn version(app: &App, grant: &Grant<View>, mid: Mid, n: i64) -> Result<String> {
    let room = grant.room();
    grant
        .read(app, move |connection| {
            version::whole(connection, room, mid, n)?.ok_or(Error::NotFound)
        })
        .await
}

// ------------------------------------------------------------------------------------ rules

fn may_rewrite(message: &Message, account: AccountId) -> Result<()> {
    if message.author != Some(account) {
        return Err(Error::Forbidden("You may edit only what you wrote yourself."));
    }
    if message.removed {
        return Err(Error::Conflict("This message was removed.".into()));
    }
    Ok(())
}

// ------------------------------------------------------------------------------------ sql

/// What the message says, the whole of it.
fn text(connection: &Connection, message: &Message) -> Result<String> {
    let (room, mid) = (message.room, message.mid);
    if message.kind == Kind::Paste {
        return paste::select(connection, room, mid);
    }
    let body = connection
        .prepare_cached("select body from message where room = ?1 and mid = ?2")?
        .query_row((room, mid), |row| row.get(0))?;
    Ok(body)
}
