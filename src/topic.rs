//! What a room is about just now: one line of wiki markup.

use rusqlite::{Connection, OptionalExtension, named_params};

use crate::app::App;
use crate::audit::{self, Act};
use crate::body;
use crate::change::Change;
use crate::error::{Error, Result};
use crate::id::RoomId;
use crate::markup::{self, Block, Html, Mode};
use crate::permission::{Edit, Grant};

/// What a room is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// As typed, on one line.
    pub body: String,
    /// Rendered; `None` where it would be more than a line of text, and is shown as typed.
    pub html: Option<Html>,
}

/// Characters of a topic.
pub const LIMIT: usize = 200;

// ------------------------------------------------------------------------------------ verbs

/// What the room is about, for who may say it.
pub async fn show(app: &App, grant: &Grant<Edit>) -> Result<Option<Topic>> {
    let room = grant.room();
    app.store.read(move |connection| select(connection, room)).await
}

/// Says what the room is about; nothing takes the topic away. Names in it are resolved under the
/// rights of who says it.
pub async fn set(app: &App, grant: &Grant<Edit>, typed: &str) -> Result<()> {
    let body = typed.split_whitespace().collect::<Vec<_>>().join(" ");
    if body.chars().count() > LIMIT || body.chars().any(char::is_control) {
        return Err(Error::invalid("topic", "A topic has at most 200 characters, on one line."));
    }
    let source = body.clone();
    let (html, _) = body::resolving(app, grant, Vec::new(), move |names| {
        let document = markup::parse(&source, Mode::Chat);
        match document.blocks() {
            [Block::Paragraph(_)] => Some(markup::render(&document, names)),
            _ => None,
        }
    })
    .await?;
    let grant = grant.clone();
    let now = app.clock.now();
    app.store
        .write(move |tx| {
            grant.confirm(tx, now)?;
            exists(tx, grant.room())?;
            let before = select(tx, grant.room())?.map(|topic| topic.body).unwrap_or_default();
            if before == body {
                return Ok(());
            }
            if body.is_empty() {
                tx.execute("delete from topic where room = ?1", [grant.room()])?;
            } else {
                upsert(tx, grant.room(), &body, html.as_ref())?;
            }
            let act = Act::Topic { topic: body.clone() };
            audit::append(tx, grant.room(), grant.viewer().account_id(), &act, now)?;
            tx.tell(Change::Panel(grant.room()));
            Ok(())
        })
        .await
}

// ------------------------------------------------------------------------------------ sql

/// What the room is about, if somebody has said.
pub(crate) fn select(connection: &Connection, room: RoomId) -> Result<Option<Topic>> {
    let topic = connection
        .prepare_cached("select body, html from topic where room = ?1")?
        .query_row([room], |row| {
            let html: Option<String> = row.get(1)?;
            Ok(Topic { body: row.get(0)?, html: html.map(Html::from_stored) })
        })
        .optional()?;
    Ok(topic)
}

fn upsert(connection: &Connection, room: RoomId, body: &str, html: Option<&Html>) -> Result<()> {
    connection.execute(
        "insert into topic (room, body, grammar, html) values (:room, :body, :grammar, :html)
         on conflict (room) do update
           set body = excluded.body, grammar = excluded.grammar, html = excluded.html",
        named_params! {
            ":room": room, ":body": body, ":grammar": markup::GRAMMAR_VERSION,
            ":html": html.map(Html::as_str),
        },
    )?;
    Ok(())
}

fn exists(connection: &Connection, room: RoomId) -> Result<()> {
    let exists: bool = connection.query_row(
        "select exists (select 1 from room where id = ?1)",
        [room],
        |row| row.get(0),
    )?;
    if exists { Ok(()) } else { Err(Error::NotFound) }
}
