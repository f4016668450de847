//! What people say: post, remove.
//!
//! **Invariant:** a message is acknowledged only after its row, its day's transcript and its
//! search text are on the disk together.

use jiff::civil::{Date, DateTime};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rusqlite::{Connection, OptionalExtension, Row, named_params};

use crate::app::App;
use crate::audit::{self, Act};
use crate::change::Change;
use crate::draft::{self, Draft, Kind, Written};
use crate::error::{Error, Result};
use crate::id::{AccountId, Mid, RoomId, Seq};
use crate::markup::{self, Html};
use crate::permission::{self, Grant, Post, View};
use crate::reaction::{self, Reaction};
use crate::store::Tx;
use crate::{clock, first_use, marks, moderation, paste, pin, room, transcript, version};

/// A message in its present state.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is an attribute of the element")]
pub struct Message {
    /// Its room.
    pub room: RoomId,
    /// Its id in the room.
    pub mid: Mid,
    /// The change that last touched it.
    pub seq: Seq,
    /// Its place in the log.
    pub position: i64,
    /// What it is.
    pub kind: Kind,
    /// Account id of the author; `None` where an import brought only a name.
    pub author: Option<AccountId>,
    /// Account name of the author, or the name that an import brought.
    pub author_name: String,
    /// The author as shown.
    pub author_display: String,
    /// When, in UTC.
    pub at: Timestamp,
    /// When, in the room's zone as of then.
    pub local: DateTime,
    /// The day whose transcript holds it.
    pub day: Date,
    /// The first of its day: carries the day's heading.
    pub opens_day: bool,
    /// Follows a message by the same author shortly after: the author is not named again.
    pub continues: bool,
    /// What it answers.
    pub quote: Option<Quote>,
    /// Its first line as plain text, as replies quote it; empty once removed.
    pub line: String,
    /// The rendered body; empty once removed.
    pub html: Html,
    /// There is too much around it: its first line alone is shown.
    pub cut: bool,
    /// Lines of a paste; 0 of anything else.
    pub n_lines: i64,
    /// Edited after it was posted.
    pub edited: bool,
    /// Removed: a tombstone.
    pub removed: bool,
    /// The change that last edited or removed it.
    pub reworded: Option<Seq>,
    /// Who answered it with an emoji.
    pub reactions: Vec<Reaction>,
}

/// A message that another one answers, as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// Its id in the room.
    pub mid: Mid,
    /// Account name of its author.
    pub author_name: String,
    /// The author as shown.
    pub author_display: String,
    /// Its first line as plain text; empty once removed.
    pub line: String,
    /// Removed: nothing of it is shown.
    pub removed: bool,
}

/// What became of a draft.
#[derive(Clone, Debug)]
pub struct Posted {
    /// The message.
    pub message: Message,
    /// False: it had been posted before, and this was a retry.
    pub new: bool,
}

/// Messages by one author within this time stand together under one name.
pub(crate) const TOGETHER_MS: i64 = 5 * 60_000;

// ------------------------------------------------------------------------------------ verbs

/// Posts a draft. Acknowledged means durable: the answer comes after the commit.
pub async fn post(app: &App, grant: &Grant<Post>, draft: Draft) -> Result<Posted> {
    reply(app, grant, draft, None).await
}

/// [`post`], in answer to a message of the room; also to one that was removed meanwhile.
pub async fn reply(
    app: &App,
    grant: &Grant<Post>,
    draft: Draft,
    to: Option<Mid>,
) -> Result<Posted> {
    let account = grant.viewer().account().ok_or(Error::LoginNeeded)?.clone();
    let author = account.id;
    let written = draft::read(app, grant, &draft.body).await?;
    app.rate_limits.post(author.0)?;
    let row = NewRow {
        written,
        author: Some(author),
        author_name: account.name,
        author_display: account.display,
        at: app.clock.now(),
        draft: Some(draft.key()),
        reply_to: to,
        origin: None,
    };
    let grant = grant.clone();
    app.store
        .write(move |tx| {
            grant.confirm(tx, row.at)?;
            if let Some(mid) = find_draft(tx, grant.room(), &row)? {
                let message = select(tx, grant.room(), mid)?.ok_or(Error::NotFound)?;
                return Ok(Posted { message, new: false });
            }
            refuse_stray(tx, grant.room(), row.reply_to)?;
            let message = insert(tx, grant.room(), &row)?;
            tx.tell(Change::Posted(message.clone(), row.written.mentions.clone()));
            tx.is_by(author.0);
            Ok(Posted { message, new: true })
        })
        .await
}

/// Removes a message: its author may, and who moderates the room. A tombstone stays.
pub async fn remove(app: &App, grant: &Grant<View>, mid: Mid) -> Result<Message> {
    let grant = grant.clone();
    let now = app.clock.now();
    app.store
        .write(move |tx| {
            grant.confirm(tx, now)?;
            let viewer = grant.viewer();
            let message = select(tx, grant.room(), mid)?.ok_or(Error::NotFound)?;
            let account = viewer.account_id().ok_or(Error::LoginNeeded)?;
            let own = message.author == Some(account);
            if !own && !permission::may_moderate(tx, account, grant.page())? {
                return Err(Error::Forbidden("You may remove only what you wrote yourself."));
            }
            if message.removed {
                return Ok(message);
            }
            let seq = room::next_seq(tx, grant.room())?;
            version::forget(tx, grant.room(), mid)?;
            reaction::forget(tx, grant.room(), mid)?;
            paste::replace(tx, grant.room(), mid, None)?;
            tx.execute(
                "update message set seq = :seq, reworded_seq = :seq, body = '', html = '', names = '', search = '', marks = '', line = '',
                                     removed_at = :now
                 where room = :room and mid = :mid",
                named_params! {
                    ":room": grant.room(), ":mid": mid, ":seq": seq, ":now": now.as_millisecond(),
                },
            )?;
            tx.scrub();
            pin::forget(tx, grant.room(), mid)?;
            if !own {
                let act = Act::Removed { mid, author: message.author };
                audit::append(tx, grant.room(), Some(account), &act, now)?;
            }
            let message = select(tx, grant.room(), mid)?.ok_or(Error::NotFound)?;
            tx.tell(Change::Touched(message.clone()));
            Ok(message)
        })
        .await
}

/// One message.
pub async fn show(app: &App, grant: &Grant<View>, mid: Mid) -> Result<Message> {
    let room = grant.room();
    grant.read(app, move |connection| select(connection, room, mid)?.ok_or(Error::NotFound)).await
}

/// A paste, and the whole of its text.
pub async fn paste(app: &App, grant: &Grant<View>, mid: Mid) -> Result<(Message, String)> {
    let room = grant.room();
    grant
        .read(app, move |connection| {
            let message = select(connection, room, mid)?.ok_or(Error::NotFound)?;
            if message.removed || message.kind != Kind::Paste {
                return Err(Error::NotFound);
            }
            Ok((message, paste::select(connection, room, mid)?))
        })
        .await
}

// ------------------------------------------------------------------------------------ sql

/// A message to be written.
#[derive(Clone)]
pub(crate) struct NewRow {
    pub(crate) written: Written,
    pub(crate) author: Option<AccountId>,
    pub(crate) author_name: String,
    pub(crate) author_display: String,
    pub(crate) at: Timestamp,
    pub(crate) draft: Option<Vec<u8>>,
    pub(crate) reply_to: Option<Mid>,
    pub(crate) origin: Option<String>,
}

/// Writes a message at the end of the log, with its day's transcript.
pub(crate) fn insert(tx: &Tx<'_, Change>, room: RoomId, row: &NewRow) -> Result<Message> {
    let kept = room::select_open(tx, room)?;
    if let Some(author) = row.author {
        moderation::admit(tx, &kept, author, row.at)?;
    }
    let zone = TimeZone::get(&kept.zone).unwrap_or(TimeZone::UTC);
    let local = row.at.to_zoned(zone);
    let day = local.date();
    let last = last(tx, room, row, day, i64::MAX)?;
    // A day that has a message has its transcript.
    let opens_day = !last.of_the_day && transcript::open_day(tx, room, &kept.name, day, row.at)?;
    let seq = room::next_seq(tx, room)?;
    let place = Place {
        room,
        mid: Mid(seq.0),
        seq,
        position: seq.0,
        day,
        offset_minutes: i64::from(local.offset().seconds() / 60),
        opens_day,
        // An answer names its author, whoever spoke before.
        continues: !opens_day && row.reply_to.is_none() && last.is_followed,
    };
    insert_row(tx, row, &place)?;
    if row.written.paste.is_some() {
        paste::replace(tx, room, Mid(seq.0), row.written.paste.as_deref())?;
    }
    if let Some(author) = row.author
        && room::count_participant(tx, room, author, row.at)?
    {
        first_use::note(tx, room, author, row.at)?;
    }
    let written = || select(tx, room, Mid(seq.0))?.ok_or(Error::NotFound);
    if row.reply_to.is_some() {
        return written();
    }
    // To read it back would be the dearest of all that is asked here.
    let message = place.hold(row);
    debug_assert_eq!(Some(&message), written().ok().as_ref());
    Ok(message)
}

/// Where a message stands.
pub(crate) struct Place {
    pub(crate) room: RoomId,
    pub(crate) mid: Mid,
    pub(crate) seq: Seq,
    pub(crate) position: i64,
    pub(crate) day: Date,
    pub(crate) offset_minutes: i64,
    pub(crate) opens_day: bool,
    pub(crate) continues: bool,
}

impl Place {
    /// A new message that stands here and answers none.
    fn hold(&self, row: &NewRow) -> Message {
        Message {
            room: self.room,
            mid: self.mid,
            seq: self.seq,
            position: self.position,
            kind: row.written.kind,
            author: row.author,
            author_name: row.author_name.clone(),
            author_display: row.author_display.clone(),
            at: row.at,
            local: clock::local(row.at.as_millisecond(), self.offset_minutes),
            day: self.day,
            opens_day: self.opens_day,
            continues: self.continues,
            quote: None,
            line: row.written.line.clone(),
            html: row.written.html.clone(),
            cut: false,
            n_lines: row.written.n_lines(),
            edited: false,
            removed: false,
            reworded: None,
            reactions: Vec::new(),
        }
    }
}

pub(crate) fn insert_row(connection: &Connection, row: &NewRow, place: &Place) -> Result<()> {
    connection
        .prepare_cached(
            "insert into message (id, room, mid, seq, position, kind, author, author_name, at, day,
                                  offset_minutes, opens_day, continues, body, n_lines, grammar, html,
                                  names, line, search, marks, reply_to, draft, origin)
             values (:id, :room, :mid, :seq, :position, :kind, :author, :author_name, :at, :day,
                     :offset_minutes, :opens_day, :continues, :body, :n_lines, :grammar, :html,
                     :names, :line, :search, :marks, :reply_to, :draft, :origin)",
        )?
        .execute(named_params! {
            ":id": free_id(connection, row.at)?,
            ":room": place.room,
            ":mid": place.mid,
            ":seq": place.seq,
            ":position": place.position,
            ":kind": row.written.kind,
            ":author": row.author,
            ":author_name": row.author_name,
            ":at": row.at.as_millisecond(),
            ":day": place.day.to_string(),
            ":offset_minutes": place.offset_minutes,
            ":opens_day": place.opens_day,
            ":continues": place.continues,
            ":body": row.written.body,
            ":n_lines": row.written.n_lines(),
            ":grammar": markup::GRAMMAR_VERSION,
            ":html": row.written.html.as_str(),
            ":names": row.written.names,
            ":line": row.written.line,
            ":search": row.written.search,
            ":marks": marks::of_message(place.room, row.author, &row.author_name, &row.written.marks),
            ":reply_to": row.reply_to,
            ":draft": row.draft,
            ":origin": row.origin,
        })?;
    Ok(())
}

/// Ids are in the order of instants: the second, and a count within it. What finds its second full
/// (4,096 messages) runs over into the next that is not.
fn free_id(connection: &Connection, at: Timestamp) -> Result<i64> {
    const N_IDS: i64 = 1 << 12;
    let mut newest =
        connection.prepare_cached("select max(id) from message where id between ?1 and ?2")?;
    let mut first = at.as_second() * N_IDS;
    loop {
        let last = first + N_IDS - 1;
        let newest: Option<i64> = newest.query_row((first, last), |row| row.get(0))?;
        match newest {
            None => return Ok(first),
            Some(id) if id < last => return Ok(id + 1),
            Some(_) => first += N_IDS,
        }
    }
}

/// What a message is told about the one before it.
#[derive(Default)]
pub(crate) struct Last {
    /// It is of the same day.
    of_the_day: bool,
    /// By the same author, and shortly before.
    pub(crate) is_followed: bool,
}

pub(crate) fn last(
    connection: &Connection,
    room: RoomId,
    row: &NewRow,
    day: Date,
    position: i64,
) -> Result<Last> {
    let last = connection
        .prepare_cached(
            "select day = :day,
                    author is :author and author_name = :author_name and day = :day
                    and kind <> 'action' and :said and :at - at between 0 and :together
             from message where room = :room and position < :position
             order by position desc limit 1",
        )?
        .query_row(
            named_params! {
                ":room": room,
                ":position": position,
                ":author": row.author,
                ":author_name": row.author_name,
                ":day": day.to_string(),
                ":said": row.written.kind != Kind::Action,
                ":at": row.at.as_millisecond(),
                ":together": TOGETHER_MS,
            },
            |row| Ok(Last { of_the_day: row.get(0)?, is_followed: row.get(1)? }),
        )
        .optional()?;
    Ok(last.unwrap_or_default())
}

/// An answer answers a message of its room.
pub(crate) fn refuse_stray(connection: &Connection, room: RoomId, to: Option<Mid>) -> Result<()> {
    let Some(to) = to else { return Ok(()) };
    match select(connection, room, to)? {
        Some(_) => Ok(()),
        None => Err(Error::invalid("reply_to", "What this answers is not in this room.")),
    }
}

pub(crate) fn find_draft(
    connection: &Connection,
    room: RoomId,
    row: &NewRow,
) -> Result<Option<Mid>> {
    let mid = connection
        .prepare_cached("select mid from message where author = ?1 and room = ?2 and draft = ?3")?
        .query_row((row.author, room, &row.draft), |row| row.get(0))
        .optional()?;
    Ok(mid)
}

/// The columns of a message, and where they come from. Not its body and search text: nobody who
/// reads a log needs them.
macro_rules! columns {
    () => {
        concat!("message.room, mid, seq, position, kind, author, author_name, at, day, offset_minutes,
         opens_day, continues, n_lines, line, html, edited_at, removed_at, reworded_seq, ",
         $crate::reaction::reactions!(), " as reactions,
         coalesce(account.display, message.author_name) as author_display,
         coalesce(account.name, message.author_name) as author_key, quoted_mid, quoted_line, quoted_removed,
         coalesce((select display from account where id = quoted_author), quoted_name) as quoted_display,
         coalesce((select name from account where id = quoted_author), quoted_name) as quoted_key
         from message left join account on account.id = message.author
           left join (
             select room as quoted_room, mid as quoted_mid, line as quoted_line,
                    author as quoted_author, author_name as quoted_name,
                    removed_at is not null as quoted_removed
             from message) quoted
             on quoted_room = message.room and quoted_mid = message.reply_to")
    };
}
pub(crate) use columns;

pub(crate) fn select(connection: &Connection, room: RoomId, mid: Mid) -> Result<Option<Message>> {
    let message = connection
        .prepare_cached(concat!("select ", columns!(), " where room = ?1 and mid = ?2"))?
        .query_row((room, mid), from_row)
        .optional()?;
    Ok(message)
}

pub(crate) fn from_row(row: &Row<'_>) -> rusqlite::Result<Message> {
    let at: i64 = row.get("at")?;
    let local = clock::local(at, row.get("offset_minutes")?);
    let day: String = row.get("day")?;
    Ok(Message {
        room: row.get("room")?,
        mid: row.get("mid")?,
        seq: row.get("seq")?,
        position: row.get("position")?,
        kind: row.get("kind")?,
        author: row.get("author")?,
        author_name: row.get("author_key")?,
        author_display: row.get("author_display")?,
        at: Timestamp::from_millisecond(at).unwrap_or_default(),
        local,
        day: day.parse().unwrap_or(local.date()),
        opens_day: row.get("opens_day")?,
        continues: row.get("continues")?,
        quote: quote(row)?,
        line: row.get("line")?,
        html: Html::from_stored(row.get("html")?),
        cut: false,
        n_lines: row.get("n_lines")?,
        edited: row.get::<_, Option<i64>>("edited_at")?.is_some(),
        removed: row.get::<_, Option<i64>>("removed_at")?.is_some(),
        reworded: row.get("reworded_seq")?,
        reactions: reaction::from_json(row.get_ref("reactions")?.as_str()?),
    })
}

fn quote(row: &Row<'_>) -> rusqlite::Result<Option<Quote>> {
    let Some(mid) = row.get("quoted_mid")? else { return Ok(None) };
    Ok(Some(Quote {
        mid,
        author_name: row.get("quoted_key")?,
        author_display: row.get("quoted_display")?,
        line: row.get("quoted_line")?,
        removed: row.get("quoted_removed")?,
    }))
}
