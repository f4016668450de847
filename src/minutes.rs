//! What a day came to: the lines that people began with `#topic`, `#info`, `#action`, `#agreed` or
//! `#link`, collected at the top of its page.
//!
//! **Invariant:** made of the messages when the page is read; nobody keeps a copy.

use jiff::civil::{Date, DateTime};
use rusqlite::{Connection, named_params};

use crate::app::App;
use crate::clock;
use crate::draft;
use crate::error::Result;
use crate::id::{Mid, RoomId};
use crate::marks::{self, Minute};
use crate::permission::{Grant, View};

/// A line of the minutes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it is.
    pub kind: Minute,
    /// Its words as plain text.
    pub text: String,
    /// The message that holds it.
    pub mid: Mid,
    /// The author as shown.
    pub author: String,
    /// When, in the room's zone.
    pub local: DateTime,
}

/// The minutes of a day, in the order of the log.
pub async fn of_day(app: &App, grant: &Grant<View>, day: Date) -> Result<Vec<Line>> {
    let room = grant.room();
    app.store.read_indexed(move |connection| select(connection, room, day)).await
}

fn select(connection: &Connection, room: RoomId, day: Date) -> Result<Vec<Line>> {
    // Asked of the index: a day may have very many messages, and few of them are minutes.
    let mut statement = connection.prepare_cached(
        "select message.mid, message.at, message.offset_minutes, message.kind, message.body,
                coalesce(account.display, message.author_name) as author
         from message_index join message on message.id = message_index.rowid
           left join account on account.id = message.author
         where message_index match :match
           and message.room = :room and message.day = :day order by message.position",
    )?;
    let mut rows = statement.query(named_params! {
        ":match": format!("marks : (\"minute\" AND \"{}\")", marks::of_room(room)),
        ":room": room,
        ":day": day.to_string(),
    })?;
    let mut lines = Vec::new();
    while let Some(row) = rows.next()? {
        let body: String = row.get("body")?;
        let author: String = row.get("author")?;
        let local = clock::local(row.get("at")?, row.get("offset_minutes")?);
        for (kind, words) in body.lines().filter_map(marks::minute) {
            let text = draft::plain(row.get("kind")?, words);
            lines.push(Line { kind, text, mid: row.get("mid")?, author: author.clone(), local });
        }
    }
    Ok(lines)
}
