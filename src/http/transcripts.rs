//! The days of a room: as a page, as text, as JSON.

use std::str::FromStr;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::IntoResponse;
use jiff::civil::{Date, Time};
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;

use super::Site;
use super::answer::{self, Answer, see_other};
use super::input::Ids;
use super::visit::Visit;
use crate::body::{self, Macros};
use crate::exported::{self, DayFormat};
use crate::id::RoomId;
use crate::page::Page;
use crate::permission::{self, Edit, Grant, View};
use crate::record::{self, Which};
use crate::{log, minutes, room, transcript, tree, view};

/// Bytes of texts that a page holds for programs. With all of them, five hundred pastes of a
/// megabyte would be some gigabytes of memory for each who looks.
const TEXTS: usize = 4 << 20;

/// A day as it stands in an address: `2026-11-22`, `2026-11-22.txt`, `2026-11-22.json`.
pub(super) struct Named {
    day: Date,
    form: Option<DayFormat>,
}

impl FromStr for Named {
    type Err = jiff::Error;

    fn from_str(text: &str) -> Result<Self, jiff::Error> {
        let (day, form) = match text.split_once('.') {
            Some((day, "txt")) => (day, Some(DayFormat::Text)),
            Some((day, "json")) => (day, Some(DayFormat::Json)),
            _ => (text, None),
        };
        Ok(Self { day: day.parse()?, form })
    }
}

/// What a script would rather have than a page.
fn preferred(headers: &HeaderMap) -> Option<DayFormat> {
    let accepted = headers.get(header::ACCEPT)?.to_str().ok()?;
    match accepted.split([',', ';']).next()?.trim() {
        "application/json" => Some(DayFormat::Json),
        "text/plain" => Some(DayFormat::Text),
        _ => None,
    }
}

/// The page of a day, or what was said on it.
pub(super) async fn of_day(
    State(site): State<Site>,
    visit: Visit,
    Ids(room, named): Ids<RoomId, Named>,
    headers: HeaderMap,
) -> Answer {
    let grant = permission::may::<View>(&site.app, visit.viewer(), room).await?;
    let page = transcript::page_of(&site.app, &grant, named.day).await?;
    let Some(form) = named.form.or_else(|| preferred(&headers)) else {
        return Ok(see_other(&format!("/pages/{page}")));
    };
    let kind = match form {
        DayFormat::Text => "text/plain; charset=utf-8",
        DayFormat::Json => "application/json",
    };
    let mut pieces = exported::begin_day(&site.app, &grant, named.day, form)?;
    // What cannot be had at all is refused in words; what breaks off later is broken off.
    let first = pieces.recv().await.transpose()?;
    let pieces = tokio_stream::iter(first.map(Ok)).chain(ReceiverStream::new(pieces));
    Ok(([(header::CONTENT_TYPE, kind)], Body::from_stream(pieces)).into_response())
}

/// A day as a page; of a long one a part. `at` leads to a time of day.
pub(super) async fn show(
    site: &Site,
    visit: &Visit,
    grant: &Grant<View>,
    page: &Page,
    asked: &[(String, String)],
    headers: &HeaderMap,
) -> Answer {
    let asked = |name: &str| asked.iter().find(|(field, _)| field == name).map(|(_, value)| value);
    let transcript = transcript::show(&site.app, grant).await?;
    let of_room = permission::may::<View>(&site.app, visit.viewer(), transcript.room).await?;
    if let Some(time) = asked("at").and_then(|at| at.parse::<Time>().ok()) {
        let mid = log::at(&site.app, &of_room, transcript.day, time).await?;
        let (page, part) = log::place(&site.app, &of_room, mid).await?;
        return Ok(see_other(&view::transcript::place(page, part, mid)));
    }
    let room = room::show(&site.app, &of_room).await?;
    let live = transcript.day == room::today(&room, site.app.clock.now());
    let wanted = asked("part").and_then(|part| part.parse().ok());
    let part = log::of_day(&site.app, &of_room, transcript.day, wanted, live).await?;
    let positions = part.messages.first().zip(part.messages.last());
    let positions = positions.map(|(first, last)| (first.position, last.position));
    let which = Which {
        positions: positions.unwrap_or((1, 0)),
        bytes: TEXTS.max(site.app.config.paste_limit),
        ..Which::day(transcript.day)
    };
    // A page that looks again what is new takes nothing of it: every text once more, however long.
    let records = if answer::is_htmx(headers) {
        None
    } else {
        Some(record::show(&site.app, &of_room, which).await?)
    };
    // The names of files in them are those of the room.
    let of_notes = Page { id: transcript.room.into(), ..page.clone() };
    let wide = view::message::wide();
    let notes = body::of_page(&site.app, &of_room, &of_notes, |_| Macros::default(), wide).await?;
    let may_edit = permission::may::<Edit>(&site.app, visit.viewer(), page.id).await.is_ok();
    let screen = view::transcript::Screen {
        notes: (!page.body.is_empty()).then_some(&notes),
        may_edit,
        page,
        crumbs: &tree::crumbs(&site.app, grant).await?,
        tree: &tree::show(&site.app, grant).await?,
        transcript: &transcript,
        room: &room,
        minutes: &minutes::of_day(&site.app, &of_room, transcript.day).await?,
        records: records.as_ref(),
        live: live && part.part == part.n_parts,
        part: &part,
    };
    Ok(view::transcript::show(&visit.shell(), &screen).into_response())
}
