//! What an older grammar rendered is rendered anew by this one, a few messages at a time.
//!
//! **Invariant:** the source is not touched, and names stand for what they stood for when the
//! message was written. No window is told: the words are the same.

use std::time::Duration;

use rusqlite::{Connection, named_params};

use crate::app::App;
use crate::change::Change;
use crate::draft::{self, Kind};
use crate::error::Result;
use crate::id::{AccountId, RoomId};
use crate::markup::{self, GRAMMAR_VERSION, Mode};
use crate::resolved::Resolved;
use crate::store::Tx;

/// Messages in one write: other people's posts wait no longer than for these.
const AT_ONCE: usize = 200;
/// Messages that one read looks at: a snapshot that is held for long holds up checkpoints.
const LOOKED_AT: i64 = 20_000;
/// Between two writes, so that people come first.
const PAUSE: Duration = Duration::from_millis(20);

/// Renders everything that an older grammar rendered; answers how many messages those were. Once
/// all are done the file says so, and the next start does not look.
pub async fn all(app: &App) -> Result<u64> {
    let noted = app.store.read(noted).await?;
    let mut n_rendered = 0;
    let mut after = i64::MIN;
    let mut looking = noted < GRAMMAR_VERSION;
    while looking {
        // Looked for by a reader: the writer has people waiting.
        let found = app.store.read(move |connection| look(connection, after)).await?;
        let Some((last, any)) = found else {
            looking = false;
            continue;
        };
        if any {
            n_rendered += app.store.write(move |tx| render(tx, after, last)).await?;
            tokio::time::sleep(PAUSE).await;
        }
        after = last;
    }
    if noted != GRAMMAR_VERSION {
        app.store
            .write(|tx| {
                tx.execute("update copy set grammar = ?1", [GRAMMAR_VERSION])?;
                Ok(())
            })
            .await?;
    }
    Ok(n_rendered)
}

/// The grammar that no message is older than.
fn noted(connection: &Connection) -> Result<u32> {
    Ok(connection.query_row("select grammar from copy", [], |row| row.get(0))?)
}

/// How far to go from `after` on, and whether anything is old until there; `None` at the end.
fn look(connection: &Connection, after: i64) -> Result<Option<(i64, bool)>> {
    let mut statement = connection.prepare_cached(
        "select id, grammar < ?2 from message where id > ?1 order by id limit ?3",
    )?;
    let mut rows = statement.query((after, GRAMMAR_VERSION, LOOKED_AT))?;
    let (mut last, mut n_old) = (None, 0);
    while let Some(row) = rows.next()? {
        last = Some(row.get(0)?);
        n_old += usize::from(row.get::<_, bool>(1)?);
        if n_old == AT_ONCE {
            break;
        }
    }
    Ok(last.map(|last| (last, n_old > 0)))
}

fn render(tx: &Tx<'_, Change>, after: i64, last: i64) -> Result<u64> {
    let stale = stale(tx, after, last)?;
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

fn stale(connection: &Connection, after: i64, last: i64) -> Result<Vec<Stale>> {
    let mut statement = connection.prepare_cached(
        "select id, room, author, author_name, kind, body, names from message
         where id > ?1 and id <= ?2 and grammar < ?3",
    )?;
    let stale = statement
        .query_map((after, last, GRAMMAR_VERSION), |row| {
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
