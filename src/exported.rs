//! An export as it is written: a page, plain text, or lines of data.
//!
//! It comes in pieces, each made when the one before it was taken: no more is in memory than some
//! megabytes of what was said and a piece of a file, however much there is and however slowly it is
//! taken. A day by itself comes in the same way.
//!
//! **Invariant:** whoever is not the operator is asked for their right again before each piece, so
//! that an export ends, broken off, where the right ends.

use std::fmt::Write as _;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use crate::app::{App, Shared};
use crate::error::{Error, Result};
use crate::export::{self, Of};
use crate::file::FileId;
use crate::id::RoomId;
use crate::language;
use crate::markup::{self, Html, Mode, Unresolved};
use crate::permission::{Grant, View};
use crate::record::{Head, JSON_ENDS, Notes, Which};
use crate::{store, view};

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum Format {
    /// One page with its pictures in it, to be read.
    Html,
    /// Plain text, to be read.
    Text,
    /// JSON Lines with everything, to be imported.
    Jsonl,
}

/// In which form a day is written by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayFormat {
    /// Plain text, to be read.
    Text,
    /// One value of JSON.
    Json,
}

/// Bytes of a piece, about.
const PIECE: usize = 64 * 1024;
/// Messages that are rendered at once.
const AT_ONCE: usize = 200;
/// Whoever takes nothing for so long has gone.
const PATIENCE: Duration = Duration::from_mins(1);

/// What comes out; an error is the end.
pub type Pieces = mpsc::Receiver<Result<String>>;

/// Where pieces go.
pub struct Out {
    pieces: mpsc::Sender<Result<String>>,
    grant: Option<Grant<View>>,
}

impl Out {
    /// For the operator, who asks nobody.
    pub fn for_operator() -> (Self, Pieces) {
        Self::by(None)
    }

    fn by(grant: Option<Grant<View>>) -> (Self, Pieces) {
        let (pieces, taken) = mpsc::channel(1);
        (Self { pieces, grant }, taken)
    }

    fn is_for_operator(&self) -> bool {
        self.grant.is_none()
    }

    async fn give(&self, app: &App, piece: impl Into<String>) -> Result<()> {
        let place = tokio::time::timeout(PATIENCE, self.pieces.reserve()).await;
        let gone = || Error::broken("nobody takes the export any more");
        let place = place.map_err(|_| gone())?.map_err(|_| gone())?;
        // Asked when the piece is about to leave: it may have waited for that.
        if let Some(grant) = &self.grant {
            let now = app.clock.now();
            app.store.look_up(|connection| grant.confirm(connection, now)).await?;
        }
        place.send(Ok(piece.into()));
        Ok(())
    }
}

/// Begins to export the granted room, in the language that is spoken.
pub fn begin(app: &Shared, grant: &Grant<View>, format: Format) -> Result<Pieces> {
    let turn = app.exports.clone().try_acquire_owned().map_err(|_| Error::Busy)?;
    let (out, pieces) = Out::by(Some(grant.clone()));
    let (app, of) = (app.clone(), Of::Room(grant.room()));
    tokio::spawn(language::scope(language::spoken(), async move {
        let _turn = turn;
        if let Err(error) = write(&app, &of, format, &out).await {
            tracing::info!(%error, "an export broke off");
            let _ = out.pieces.send(Err(error)).await;
        }
    }));
    Ok(pieces)
}

/// Begins to write a day of the granted room by itself.
pub fn begin_day(
    app: &Shared,
    grant: &Grant<View>,
    day: Date,
    format: DayFormat,
) -> Result<Pieces> {
    let turn = app.days.clone().try_acquire_owned().map_err(|_| Error::Busy)?;
    let (out, pieces) = Out::by(Some(grant.clone()));
    let (app, room) = (app.clone(), grant.room());
    tokio::spawn(language::scope(language::spoken(), async move {
        let _turn = turn;
        let written = match format {
            DayFormat::Text => text_of_day(&app, &out, room, day).await,
            DayFormat::Json => json_of_day(&app, &out, room, day).await,
        };
        if let Err(error) = written {
            tracing::info!(%error, "a day broke off");
            let _ = out.pieces.send(Err(error)).await;
        }
    }));
    Ok(pieces)
}

/// Writes what was said, and answers how many messages of how many rooms those were.
pub async fn write(app: &App, of: &Of, format: Format, out: &Out) -> Result<(usize, usize)> {
    let mut heads = Vec::new();
    for room in export::rooms(app, of.clone()).await? {
        heads.push((room, export::head(app, room).await?));
    }
    let n_messages = match format {
        Format::Html => html(app, out, of, &heads).await?,
        Format::Text => text(app, out, &heads).await?,
        Format::Jsonl => jsonl(app, out, &heads).await?,
    };
    Ok((n_messages, heads.len()))
}

type Heads = [(RoomId, Head)];

// ------------------------------------------------------------------------------------ lines

async fn jsonl(app: &App, out: &Out, heads: &Heads) -> Result<usize> {
    let mut n_messages = 0;
    for (room, head) in heads {
        out.give(app, head.to_line() + "\n").await?;
        for day in export::days(app, *room).await? {
            for which in export::stretches(app, *room, day, out.is_for_operator()).await? {
                n_messages += lines(app, out, *room, which).await?;
            }
        }
    }
    Ok(n_messages)
}

/// A line for each message, and right before it one for each of its files.
async fn lines(app: &App, out: &Out, room: RoomId, which: Which) -> Result<usize> {
    let export::Whole { records, files } = export::whole(app, room, which).await?;
    let mut lines = String::new();
    for notes in &records.notes {
        lines.push_str(&notes.to_line());
        lines.push('\n');
    }
    for message in &records.messages {
        for (id, name) in files.get(&message.mid).into_iter().flatten() {
            let name = serde_json::to_string(name).map_err(Error::broken)?;
            let _ = write!(lines, "{{\"file\":{name},\"mid\":{},\"base64\":\"", message.mid);
            out.give(app, std::mem::take(&mut lines)).await?;
            base64(app, out, *id).await?;
            lines.push_str("\"}\n");
        }
        lines.push_str(&message.to_line());
        lines.push('\n');
        if lines.len() > PIECE {
            out.give(app, std::mem::take(&mut lines)).await?;
        }
    }
    out.give(app, lines).await?;
    Ok(records.messages.len())
}

/// All bytes of a file; three of them are four letters.
async fn base64(app: &App, out: &Out, file: FileId) -> Result<()> {
    let mut left: Vec<u8> = Vec::new();
    let viewer = out.grant.as_ref().map(|grant| grant.viewer().clone());
    let form = export::form(app, file, viewer).await?;
    let mut n = 0;
    while let Some(piece) = export::piece(app, file, form, n).await? {
        left.extend(piece);
        let rest = left.split_off(left.len() / 3 * 3);
        out.give(app, STANDARD.encode(std::mem::replace(&mut left, rest))).await?;
        n += 1;
    }
    out.give(app, STANDARD.encode(left)).await
}

// ------------------------------------------------------------------------------------ text

async fn text(app: &App, out: &Out, heads: &Heads) -> Result<usize> {
    let mut n_messages = 0;
    for (room, head) in heads {
        out.give(app, head.to_text()).await?;
        for day in export::days(app, *room).await? {
            n_messages += day_as_text(app, out, *room, day).await?;
        }
        out.give(app, "\n").await?;
    }
    Ok(n_messages)
}

async fn day_as_text(app: &App, out: &Out, room: RoomId, day: Date) -> Result<usize> {
    let (mut n_messages, mut goes_on) = (0, None);
    for which in export::stretches(app, room, day, out.is_for_operator()).await? {
        let records = export::records(app, room, which).await?;
        n_messages += records.messages.len();
        out.give(app, records.to_text(goes_on)).await?;
        goes_on = Some(day);
    }
    Ok(n_messages)
}

// ------------------------------------------------------------------------------------ a day

async fn text_of_day(app: &App, out: &Out, room: RoomId, day: Date) -> Result<()> {
    out.give(app, export::head(app, room).await?.to_text()).await?;
    day_as_text(app, out, room, day).await.map(drop)
}

async fn json_of_day(app: &App, out: &Out, room: RoomId, day: Date) -> Result<()> {
    let mut json = String::new();
    let mut n_messages = 0;
    for which in export::stretches(app, room, day, out.is_for_operator()).await? {
        let records = export::records(app, room, which).await?;
        if which.notes {
            json.push_str(&records.begin_json());
        }
        for message in &records.messages {
            if n_messages > 0 {
                json.push(',');
            }
            json.push_str(&message.to_line());
            n_messages += 1;
            if json.len() > PIECE {
                out.give(app, std::mem::take(&mut json)).await?;
            }
        }
    }
    out.give(app, json + JSON_ENDS).await
}

// ------------------------------------------------------------------------------------ page

async fn html(app: &App, out: &Out, of: &Of, heads: &Heads) -> Result<usize> {
    let title = match (of, heads) {
        (Of::Space(key), _) => key.clone(),
        (Of::Room(_), [(_, head), ..]) => head.name.clone(),
        (Of::Room(_), []) => String::new(),
    };
    let url = app.config.url.as_ref().map(url::Url::as_str);
    out.give(app, view::export::begin(&title, url)).await?;
    let mut n_messages = 0;
    for (room, head) in heads {
        out.give(app, view::export::room(head)).await?;
        for day in export::days(app, *room).await? {
            n_messages += shown_day(app, out, (*room, head), day).await?;
        }
    }
    out.give(app, view::export::DATA_BEGINS).await?;
    for (room, head) in heads {
        out.give(app, view::export::data(&(head.to_line() + "\n"))).await?;
        for day in export::days(app, *room).await? {
            for which in export::stretches(app, *room, day, out.is_for_operator()).await? {
                let records = export::records(app, *room, which).await?;
                let notes = records.notes.iter().map(Notes::to_line);
                let messages = records.messages.iter().map(crate::record::Record::to_line);
                let lines: Vec<String> = notes.chain(messages).collect();
                for some in lines.chunks(AT_ONCE) {
                    out.give(app, view::export::data(&(some.join("\n") + "\n"))).await?;
                }
            }
        }
    }
    out.give(app, view::export::END).await?;
    Ok(n_messages)
}

async fn shown_day(
    app: &App,
    out: &Out,
    (room, head): (RoomId, &Head),
    day: Date,
) -> Result<usize> {
    let mut n_messages = 0;
    for which in export::stretches(app, room, day, out.is_for_operator()).await? {
        let messages = export::messages(app, room, which).await?;
        if which.notes {
            let notes = noted(app, room, which).await?;
            shown(app, out, view::export::day(head, day, &notes, messages.is_empty())).await?;
        }
        n_messages += messages.len();
        for some in messages.chunks(AT_ONCE) {
            shown(app, out, view::export::items(some)).await?;
        }
    }
    out.give(app, view::export::DAY_ENDS).await?;
    Ok(n_messages)
}

/// What was noted on a day, as it is shown; read where it keeps nobody waiting.
async fn noted(app: &App, room: RoomId, which: Which) -> Result<Vec<Html>> {
    let notes = export::notes(app, room, which).await?;
    let wide = view::message::wide();
    store::blocking(move || {
        let html = |notes: &Notes| {
            markup::render(&markup::parse(&notes.notes, Mode::Page), &Unresolved).reachable(wide)
        };
        Ok(notes.iter().map(html).collect())
    })
    .await
}

/// A part of the page with the pictures themselves in place of where they are.
async fn shown(app: &App, out: &Out, html: String) -> Result<()> {
    // Where no site is known, a link would lead into the reader's own files.
    let html = match app.config.url {
        None => html.replace(" href=\"/", " data-href=\"/"),
        Some(_) => html,
    };
    let mut rest = html.as_str();
    while let Some((before, id, after)) = view::export::next_picture(rest) {
        out.give(app, before).await?;
        if let Some((kind, base64)) = export::picture(app, id).await? {
            out.give(app, format!(" src=\"data:{kind};base64,{base64}\"")).await?;
        }
        rest = after;
    }
    out.give(app, rest).await
}
