//! The rows of messages, in the order of the log.

use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::Mended;
use crate::change::Change;
use crate::clock;
use crate::draft::{Kind, Written};
use crate::error::Result;
use crate::id::{AccountId, Mid, RoomId};
use crate::markup::GRAMMAR_VERSION;
use crate::resolved::Resolved;
use crate::store::Tx;
use crate::{marks, message, paste};

/// Messages in one write: other people's posts wait no longer than for these.
const AT_ONCE: i64 = 200;

/// Messages in one look: a tenth of a second or so.
const AT_A_LOOK: i64 = 2000;

/// How far a walk over all messages has come.
#[derive(Clone, Debug, Default)]
pub(super) struct Walk {
    room: i64,
    position: Option<i64>,
}

/// What the next message needs to know of the one before it.
#[derive(Clone, Debug)]
struct Previous {
    room: RoomId,
    day: Date,
    at: i64,
    kind: Kind,
    author: Option<AccountId>,
    author_name: String,
    edited: bool,
}

/// A row as it is.
struct Kept {
    id: i64,
    room: RoomId,
    mid: Mid,
    position: i64,
    at: i64,
    offset_minutes: i64,
    author: Option<AccountId>,
    author_name: String,
    answers: bool,
    names: String,
    grammar: u32,
    edited: bool,
    removed: bool,
    kind: Kind,
    derived: Derived,
}

/// What follows from the rest of a row, and from the row before it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Derived {
    day: String,
    opens_day: bool,
    continues: bool,
    body: String,
    n_lines: i64,
    html: String,
    line: String,
    search: String,
    marks: String,
}

macro_rules! rows {
    () => {
        "select id, room, mid, position, at, offset_minutes, author, author_name,
                reply_to is not null as answers, names, grammar, edited_at is not null as edited,
                removed_at is not null as removed, kind, day, opens_day, continues, body, n_lines,
                html, line, search, marks
         from message "
    };
}

/// What is wrong with some, and where to go on; `None` at the end.
pub(super) fn differences_in_some(
    connection: &Connection,
    from: &Walk,
) -> Result<Option<(Walk, Vec<String>)>> {
    let some = select(connection, from, AT_A_LOOK)?;
    let Some(last) = some.last() else { return Ok(None) };
    let walk = Walk::past(last);
    let mut found = Vec::new();
    let mut before = previous(connection, from)?;
    for kept in some {
        let right = follow(connection, &kept, before.take())?;
        for what in compare(&kept, &right) {
            found.push(format!("room {}, message {}: {what}", kept.room, kept.mid));
        }
        before = Some(Previous::from(kept));
    }
    Ok(Some((walk, found)))
}

/// Mends some, and says where to go on; `None` at the end.
pub(super) fn mend_some(tx: &Tx<'_, Change>, from: &Walk) -> Result<Option<(Walk, Mended)>> {
    let some = select(tx, from, AT_ONCE)?;
    let Some(last) = some.last() else { return Ok(None) };
    let walk = Walk::past(last);
    let mut mended = Mended::default();
    let mut before = previous(tx, from)?;
    for kept in some {
        let right = follow(tx, &kept, before.take())?;
        mended.n_messages += 1;
        if !compare(&kept, &right).is_empty() || kept.grammar != GRAMMAR_VERSION {
            mended.n_mended += 1;
            // What a removed message said is to be nowhere.
            if kept.removed {
                tx.scrub();
            }
            update(tx, &kept, &right)?;
        }
        before = Some(Previous::from(kept));
    }
    Ok(Some((walk, mended)))
}

/// Puts right what a message is told about those before it, where others came in between.
pub(crate) fn place_anew(tx: &Tx<'_, Change>, room: RoomId, mid: Mid) -> Result<()> {
    let kept = tx
        .prepare_cached(concat!(rows!(), "where room = ?1 and mid = ?2"))?
        .query_row((room, mid), from_row)
        .optional()?;
    let Some(kept) = kept else { return Ok(()) };
    let before = previous(tx, &Walk { room: room.0, position: Some(kept.position - 1) })?;
    let (opens_day, continues) = place(tx, &kept, before)?;
    if (kept.derived.opens_day, kept.derived.continues) != (opens_day, continues) {
        tx.prepare_cached("update message set opens_day = ?2, continues = ?3 where id = ?1")?
            .execute((kept.id, opens_day, continues))?;
    }
    Ok(())
}

// ------------------------------------------------------------------------------------ rules

/// Is there no message of that day before it in its room?
fn is_first(connection: &Connection, kept: &Kept, day: Date) -> Result<bool> {
    let first = connection
        .prepare_cached(
            "select not exists (select 1 from message
                                where room = ?1 and day = ?2 and position < ?3)",
        )?
        .query_row((kept.room, day.to_string(), kept.position), |row| row.get(0))?;
    Ok(first)
}

/// Does it carry its day's heading, and does it go on after the one `before` it?
fn place(connection: &Connection, kept: &Kept, before: Option<Previous>) -> Result<(bool, bool)> {
    let day = clock::local(kept.at, kept.offset_minutes).date();
    let before = before.filter(|previous| previous.room == kept.room);
    let same_day = before.as_ref().is_some_and(|previous| previous.day == day);
    // Where the clock went back over midnight, a day comes again: its heading stands once.
    let opens_day = !same_day && is_first(connection, kept, day)?;
    let continues = before.as_ref().filter(|_| same_day && !kept.answers).is_some_and(|before| {
        let together = before.author == kept.author
            && before.author_name == kept.author_name
            && (0..=message::TOGETHER_MS).contains(&(kept.at - before.at));
        let said = before.kind != Kind::Action && kept.kind != Kind::Action;
        // They were grouped by what they were when they came; an edit may have made one an action.
        together && if before.edited || kept.edited { kept.derived.continues } else { said }
    });
    Ok((opens_day, continues))
}

/// What should stand in the row, after the one `before` it.
fn follow(connection: &Connection, kept: &Kept, before: Option<Previous>) -> Result<Derived> {
    let (opens_day, continues) = place(connection, kept, before)?;
    let local = clock::local(kept.at, kept.offset_minutes);
    let day = local.date().to_string();
    if kept.removed {
        return Ok(Derived { day, opens_day, continues, ..Derived::nothing(kept.derived.n_lines) });
    }
    let written = match kept.kind {
        Kind::Paste => {
            let whole = paste::select(connection, kept.room, kept.mid)?;
            // Its parts are lost: the beginning is all there is.
            Written::of_paste(if whole.is_empty() { kept.derived.body.clone() } else { whole })
        }
        Kind::Said | Kind::Action => {
            let names = Resolved::from_text(&kept.names);
            Written::of_markup(kept.kind, kept.derived.body.clone(), &names)
        }
    };
    Ok(Derived {
        day,
        opens_day,
        continues,
        n_lines: written.n_lines(),
        html: written.html.as_str().into(),
        line: written.line,
        search: written.search,
        marks: marks::of_message(kept.room, kept.author, &kept.author_name, &written.marks),
        body: written.body,
    })
}

impl Walk {
    fn past(kept: &Kept) -> Self {
        Self { room: kept.room.0, position: Some(kept.position) }
    }
}

impl From<Kept> for Previous {
    fn from(kept: Kept) -> Self {
        Self {
            room: kept.room,
            day: clock::local(kept.at, kept.offset_minutes).date(),
            at: kept.at,
            kind: kept.kind,
            author: kept.author,
            author_name: kept.author_name,
            edited: kept.edited,
        }
    }
}

impl Derived {
    /// Of a removed message.
    fn nothing(n_lines: i64) -> Self {
        Self {
            day: String::new(),
            opens_day: false,
            continues: false,
            body: String::new(),
            n_lines,
            html: String::new(),
            line: String::new(),
            search: String::new(),
            marks: String::new(),
        }
    }
}

fn compare(kept: &Kept, right: &Derived) -> Vec<&'static str> {
    let is = &kept.derived;
    let mut found = Vec::new();
    let mut differs = |differs: bool, what| {
        if differs {
            found.push(what);
        }
    };
    differs(is.day != right.day, "its day differs");
    differs(is.opens_day != right.opens_day, "the day's heading is misplaced");
    differs(is.continues != right.continues, "its group differs");
    differs(kept.removed && !kept.names.is_empty(), "it was removed, and its names are left");
    differs(
        is.body != right.body,
        if kept.removed { "it was removed, and its body is left" } else { "its beginning differs" },
    );
    // What an older grammar made is made anew once the server runs.
    if kept.grammar == GRAMMAR_VERSION || kept.removed {
        differs(is.n_lines != right.n_lines, "its number of lines differs");
        differs(is.html != right.html, "its rendering differs");
        differs(is.line != right.line, "the line that answers quote differs");
        differs(is.search != right.search, "its search text differs");
        differs(is.marks != right.marks, "its marks differ");
    }
    found
}

// ------------------------------------------------------------------------------------ sql

/// The message that the walk was past last, as it is by now.
fn previous(connection: &Connection, walk: &Walk) -> Result<Option<Previous>> {
    let kept = connection
        .prepare_cached(concat!(
            rows!(),
            "where room = ?1 and position <= ?2 order by position desc limit 1"
        ))?
        .query_row((walk.room, walk.position), from_row)
        .optional()?;
    Ok(kept.map(Previous::from))
}

/// The next messages in the order of rooms and of their logs.
fn select(connection: &Connection, walk: &Walk, at_most: i64) -> Result<Vec<Kept>> {
    let mut statement = connection.prepare_cached(concat!(
        rows!(),
        "where (room, position) > (:room, :position) order by room, position limit :limit"
    ))?;
    let some = statement
        .query_map(
            named_params! {
                ":room": walk.room,
                ":position": walk.position.unwrap_or(i64::MAX),
                ":limit": at_most,
            },
            from_row,
        )?
        .collect::<rusqlite::Result<_>>()?;
    Ok(some)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Kept> {
    Ok(Kept {
        id: row.get("id")?,
        room: row.get("room")?,
        mid: row.get("mid")?,
        position: row.get("position")?,
        at: row.get("at")?,
        offset_minutes: row.get("offset_minutes")?,
        author: row.get("author")?,
        author_name: row.get("author_name")?,
        answers: row.get("answers")?,
        names: row.get("names")?,
        grammar: row.get("grammar")?,
        edited: row.get("edited")?,
        removed: row.get("removed")?,
        kind: row.get("kind")?,
        derived: Derived {
            day: row.get("day")?,
            opens_day: row.get("opens_day")?,
            continues: row.get("continues")?,
            body: row.get("body")?,
            n_lines: row.get("n_lines")?,
            html: row.get("html")?,
            line: row.get("line")?,
            search: row.get("search")?,
            marks: row.get("marks")?,
        },
    })
}

fn update(tx: &Tx<'_, Change>, kept: &Kept, right: &Derived) -> Result<()> {
    tx.prepare_cached(
        "update message set day = :day, opens_day = :opens_day, continues = :continues,
                body = :body, n_lines = :n_lines, grammar = :grammar, html = :html, line = :line,
                search = :search, marks = :marks,
                names = case when removed_at is null then names else '' end
         where id = :id",
    )?
    .execute(named_params! {
        ":id": kept.id,
        ":day": right.day,
        ":opens_day": right.opens_day,
        ":continues": right.continues,
        ":body": right.body,
        ":n_lines": right.n_lines,
        ":grammar": GRAMMAR_VERSION,
        ":html": right.html,
        ":line": right.line,
        ":search": right.search,
        ":marks": right.marks,
    })?;
    Ok(())
}
