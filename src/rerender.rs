//! What an older grammar rendered is rendered anew by this one, a few messages at a time.
//!
//! **Invariant:** the source is not touched, and names stand for what they stood for when the
//! message was written. No window is told: the words are the same.

use std::time::Duration;

use rusqlite::{Connection, named_params};

use crate::app::App;
use crate::draft::{self, Kind};
use crate::error::Result;
use crate::id::{AccountId, RoomId};
use crate::markup::{self, GRAMMAR_VERSION, Mode};
use crate::resolved::Resolved;

/// Messages in one write: other people's posts wait no longer than for these.
const AT_ONCE: i64 = 200;
/// Between two writes, so that people come first.
const PAUSE: Duration = Duration::from_millis(20);

/// Renders everything that an older grammar rendered; answers how many messages those were.
pub async fn all(app: &App) -> Result<u64> {
    let mut n_rendered = 0;
    loop {
        match some(app).await? {
            0 => return Ok(n_rendered),
            n => n_rendered += n,
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn some(app: &App) -> Result<u64> {
    // Looked for by a reader: where nothing is old, the whole table is walked to know it, and the
    // writer has people waiting.
    let any = app.store.read(|connection| Ok(!stale(connection)?.is_empty())).await?;
    if !any {
        return Ok(0);
    }
    app.store
        .write(|tx| {
            let stale = stale(tx)?;
            let mut update = tx.prepare_cached(
                "update message set grammar = :grammar, html = coalesce(:html, html), search = :search,
                                    marks = :marks
                 where id = :id",
            )?;
            for Stale { id, room, author, author_name, kind, body, names } in &stale {
                // A paste is text in any grammar; a removed message is empty in all of them.
                let html = (*kind != Kind::Paste && !body.is_empty()).then(|| {
                    let document = markup::parse(body, Mode::Chat);
                    markup::render(&document, &Resolved::from_text(names))
                });
                update.execute(named_params! {
                    ":id": id,
                    ":grammar": GRAMMAR_VERSION,
                    ":html": html.as_ref().map(markup::Html::as_str),
                    ":search": draft::search_text(*kind, body),
                    ":marks": draft::marks(*room, *author, author_name, *kind, body),
                })?;
            }
            Ok(u64::try_from(stale.len()).unwrap_or(0))
        })
        .await
}

/// A message that an older grammar rendered.
struct Stale {
    id: i64,
    room: RoomId,
    author: Option<AccountId>,
    author_name: String,
    kind: Kind,
    body: String,
    names: String,
}

fn stale(connection: &Connection) -> Result<Vec<Stale>> {
    let mut statement = connection.prepare_cached(
        "select id, room, author, author_name, kind, body, names from message
         where grammar < ?1 limit ?2",
    )?;
    let stale = statement
        .query_map((GRAMMAR_VERSION, AT_ONCE), |row| {
            Ok(Stale {
                id: row.get(0)?,
                room: row.get(1)?,
                author: row.get(2)?,
                author_name: row.get(3)?,
                kind: row.get(4)?,
                body: row.get(5)?,
                names: row.get(6)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(stale)
}
