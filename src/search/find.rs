//! The look into the index, and what is shown of what it finds.
//!
//! **Invariant:** what may not be seen is left out inside the statement, before anything is
//! counted or cut off.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::query::{Operator, Query};
use super::scope::Scope;
use super::walk::matches;
use super::{DayHits, Line, PageHit, Piece, SLOWNESS, line};
use crate::error::Result;
use crate::id::{Mid, PageId, RoomId};
use crate::markup::{self, Mode};
use crate::store::is_cut_short;
use crate::{clock, draft, indexed};

/// Hits on one page of results.
pub(super) const N_HITS: usize = 20;
/// Matches among which the best are chosen: weighing all of a common word's would grow with the
/// file.
const N_WEIGHED: usize = 1000;
/// And how long they are gathered, once there is a page of them: what takes longer is chosen from
/// fewer.
pub(super) const GATHERING: Duration = Duration::from_millis(100 * SLOWNESS);
/// Bits of a row id below its second.
const SECOND: u32 = 12;
/// Of a longer page so many bytes are read around the first match, which takes a few milliseconds.
const LONG_BODY: usize = 32 << 10;
/// Pages on the first page of results, and how many they are chosen from.
const N_PAGES: usize = 5;
const N_PAGES_WEIGHED: usize = 200;

/// A page of hits.
pub(super) struct Found {
    /// Their row ids.
    pub(super) ids: Vec<i64>,
    /// The `after` of the next page.
    pub(super) after: Option<String>,
    /// Steps of the walk down the index, as `SQLite` counts them.
    pub(super) n_steps: i32,
}

/// The newest hits before the one that `after` names. Where the walk to them takes too long those
/// that it came to are a page of their own, and the next one goes on from there.
pub(super) fn newest(
    connection: &Connection,
    query: &Query,
    scope: &Scope,
    after: Option<&str>,
) -> Result<Found> {
    let before = match after {
        Some(after) => id_at(connection, scope, after)?,
        None => None,
    };
    let mut ids = Vec::with_capacity(N_HITS + 1);
    let before = before.unwrap_or(i64::MAX);
    let walked = matches(connection, query, scope, before, |id, _| {
        ids.push(id);
        ids.len() <= N_HITS
    });
    let (n_steps, cut_short) = match walked {
        Ok(n_steps) => (n_steps, false),
        Err(error) if !ids.is_empty() && is_cut_short(&error) => (0, true),
        Err(error) => return Err(error),
    };
    let more = cut_short || ids.len() > N_HITS;
    ids.truncate(N_HITS);
    let after = match ids.last() {
        Some(last) if more => Some(mark_of(connection, *last)?),
        _ => None,
    };
    Ok(Found { ids, after, n_steps })
}

/// The best among the newest hits. Those are counted from the newest when the first page was
/// asked for, so that no page of results jumps when somebody writes: `after` names it, and how
/// many hits came before. Those that are not found in good time are not weighed.
pub(super) fn best(
    connection: &Connection,
    query: &Query,
    scope: &Scope,
    after: Option<&str>,
) -> Result<Found> {
    let after = after.and_then(|after| {
        let (newest, skip) = after.rsplit_once('-')?;
        Some((newest, skip.parse::<usize>().ok()?.min(N_WEIGHED)))
    });
    let (before, skip) = match after {
        Some((newest, skip)) => (id_at(connection, scope, newest)?.unwrap_or(i64::MAX), skip),
        None => (i64::MAX, 0),
    };
    let begun = Instant::now();
    let mut weighed: Vec<(f64, i64)> = Vec::new();
    let before = before.saturating_add(1);
    let gathered = matches(connection, query, scope, before, |id, search| {
        weighed.push((line::weight(search, query), id));
        weighed.len() < N_WEIGHED && (weighed.len() < N_HITS || begun.elapsed() < GATHERING)
    });
    let n_steps = match gathered {
        Err(error) if weighed.is_empty() || !is_cut_short(&error) => return Err(error),
        gathered => gathered.unwrap_or_default(),
    };
    let newest = weighed.first().map(|(_, id)| *id);
    weighed.sort_by(|(a, a_id), (b, b_id)| b.total_cmp(a).then(b_id.cmp(a_id)));
    let more = weighed.len() > skip + N_HITS;
    let ids = weighed.into_iter().skip(skip).take(N_HITS).map(|(_, id)| id).collect();
    let after = match newest {
        Some(newest) if more => Some(format!("{}-{}", mark_of(connection, newest)?, skip + N_HITS)),
        _ => None,
    };
    Ok(Found { ids, after, n_steps })
}

/// A hit by its second, room and number. The row id itself would tell how much else was said in
/// that second, also where the viewer sees nothing.
fn mark_of(connection: &Connection, id: i64) -> Result<String> {
    let (room, mid): (RoomId, Mid) = connection
        .prepare_cached("select room, mid from message where id = ?1")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(format!("{}.{room}.{mid}", id >> SECOND))
}

/// The row id of such a hit; if it has gone meanwhile, or is not the viewer's to see, where its
/// second begins.
fn id_at(connection: &Connection, scope: &Scope, mark: &str) -> Result<Option<i64>> {
    let mut numbers = mark.splitn(3, '.').map(|number| number.parse::<i64>().ok());
    let (Some(Some(second)), Some(Some(room)), Some(Some(mid)), true) =
        (numbers.next(), numbers.next(), numbers.next(), mark.len() < 64)
    else {
        return Ok(None);
    };
    let id = connection
        .prepare_cached("select id from message where room = ?1 and mid = ?2 and holds(?3, ?1)")?
        .query_row((room, mid, &scope.rooms), |row| row.get(0))
        .optional()?;
    Ok(Some(id.unwrap_or(second.saturating_mul(1 << SECOND))))
}

/// Pages with the words; none where something is asked that only a message can be.
///
/// Of all that match only as much of the text is fetched as is weighed, until the `deadline`; the bodies
/// of those that are shown, which may be long, come last.
pub(super) fn pages(
    connection: &Connection,
    query: &Query,
    scope: &Scope,
    deadline: Instant,
) -> Result<Vec<PageHit>> {
    let place = |what: &Operator| matches!(what, Operator::In(_) | Operator::Space(_));
    if query.wanted().next().is_none() || !query.asks.iter().all(|ask| place(&ask.what)) {
        return Ok(Vec::new());
    }
    let words = Query { terms: query.terms.clone(), asks: Vec::new() };
    let mut statement = connection.prepare_cached(
        "select page.id, page.title, space.name as space,
                substr(page.search, 1, :weighed) as search
         from page_index
           join page on page.id = page_index.rowid
           join space on space.id = page.space
         where page_index match :match
           -- the page of a day is found by who sees its room's, which stands right above it
           and holds(:pages, case page.kind when 'page' then page.id else page.parent end)
           -- unless somebody let only some see the page of that day
           and (page.kind = 'page' or not exists (
             select 1 from page_restriction where page_restriction.page = page.id
               and operation = 'view'))
         order by page_index.rowid desc limit :limit",
    )?;
    let mut rows = statement.query(named_params! {
        ":match": words.to_match(&super::query::Meant::default()),
        ":pages": scope.pages,
        ":limit": i64::try_from(N_PAGES_WEIGHED).unwrap_or(i64::MAX),
        ":weighed": i64::try_from(line::WEIGHED).unwrap_or(i64::MAX),
    })?;
    let mut found: Vec<(f64, PageId, String, String)> = Vec::new();
    while (found.len() < N_PAGES || Instant::now() < deadline)
        && let Some(row) = rows.next()?
    {
        let (title, search): (String, String) = (row.get("title")?, row.get("search")?);
        let titled = line::weight(&crate::folding::fold(&title), query);
        let weight = titled * 2.0 + line::weight(&search, query);
        found.push((weight, row.get("id")?, title, row.get("space")?));
    }
    drop(rows);
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)));
    let mut body = connection.prepare_cached("select body from page where id = ?1")?;
    let hit = |(_, page, title, space): (f64, PageId, String, String)| {
        let body: String = body.query_row([page], |row| row.get(0))?;
        let text = markup::to_plain_text(&markup::parse(around(&body, query), Mode::Page));
        let mut pieces = line::of(&text, query);
        let is_found = |pieces: &[Piece]| pieces.iter().any(|piece| piece.matched);
        if !is_found(&pieces) {
            // It may be a file of the page that is called so.
            let files = line::of(&indexed::files(connection, page)?.join(", "), query);
            pieces = if is_found(&files) { files } else { pieces };
        }
        Ok(PageHit { page, title, space, pieces })
    };
    found.into_iter().take(N_PAGES).map(hit).collect()
}

// ------------------------------------------------------------------------------------ lines

/// Of a long page some lines around the first match; without one, its beginning.
fn around<'a>(body: &'a str, query: &Query) -> &'a str {
    if body.len() <= LONG_BODY {
        return body;
    }
    let first = line::first(body, query).unwrap_or(0);
    let from = body.floor_char_boundary(first.saturating_sub(LONG_BODY / 2));
    let before = body.get(from..first).filter(|_| from > 0).unwrap_or_default();
    let from = from + before.find('\n').map_or(0, |end| end + 1);
    body.get(from..body.floor_char_boundary(from + LONG_BODY)).unwrap_or(body)
}

/// A message's line with its place.
struct Placed {
    room: RoomId,
    day: Date,
    position: i64,
    line: Line,
}

/// The messages of these row ids where they stand: by room and day, each between its neighbours.
pub(super) fn lines(connection: &Connection, query: &Query, ids: &[i64]) -> Result<Vec<DayHits>> {
    // Days in the order of their first hits; the lines of each by their place in the log.
    let mut days: Vec<((RoomId, Date), BTreeMap<i64, Line>)> = Vec::new();
    for id in ids {
        let Some(hit) = select_hit(connection, query, *id)? else { continue };
        let key = (hit.room, hit.day);
        let at = days.iter().position(|(day, _)| *day == key).unwrap_or(days.len());
        if at == days.len() {
            days.push((key, BTreeMap::new()));
        }
        let Some((_, lines)) = days.get_mut(at) else { continue };
        for beside in beside(connection, &hit)? {
            lines.entry(beside.position).or_insert(beside.line);
        }
        lines.insert(hit.position, hit.line);
    }
    let mut found = Vec::with_capacity(days.len());
    for ((room, day), lines) in days {
        let (room_name, transcript) = connection
            .prepare_cached(
                "select room.name, transcript.page from room
                   join transcript on transcript.room = room.id and transcript.day = ?2
                 where room.id = ?1",
            )?
            .query_row((room, day.to_string()), |row| Ok((row.get(0)?, row.get(1)?)))?;
        let excerpts = excerpts(connection, room, lines)?;
        found.push(DayHits { room, room_name, day, transcript, excerpts });
    }
    Ok(found)
}

/// Cuts a day's lines where something was said between two of them.
fn excerpts(
    connection: &Connection,
    room: RoomId,
    lines: BTreeMap<i64, Line>,
) -> Result<Vec<Vec<Line>>> {
    let mut between = connection.prepare_cached(
        "select exists (select 1 from message
                        where room = ?1 and position > ?2 and position < ?3 and removed_at is null)",
    )?;
    let mut excerpts: Vec<Vec<Line>> = Vec::new();
    let mut last = None;
    for (position, line) in lines {
        let goes_on = match last {
            Some(last) => {
                !between.query_row((room, last, position), |row| row.get::<_, bool>(0))?
            }
            None => false,
        };
        match excerpts.last_mut() {
            Some(excerpt) if goes_on => excerpt.push(line),
            _ => excerpts.push(vec![line]),
        }
        last = Some(position);
    }
    excerpts.reverse();
    Ok(excerpts)
}

fn select_hit(connection: &Connection, query: &Query, id: i64) -> Result<Option<Placed>> {
    let hit = connection
        .prepare_cached(
            "select room, mid, position, day, at, offset_minutes, kind, body, names,
                    coalesce(account.name, author_name) as author_name,
                    coalesce(account.display, author_name) as author
             from message left join account on account.id = message.author where message.id = ?1",
        )?
        .query_row([id], |row| {
            let (kind, body): (_, String) = (row.get("kind")?, row.get("body")?);
            let names: String = row.get("names")?;
            let mut text = draft::shown(kind, &body, &names);
            // The title of a page that is linked under another name: nobody sees it, and it is found.
            if !names.is_empty() && line::first(&text, query).is_none() {
                let typed = draft::plain(kind, &body);
                if line::first(&typed, query).is_some() {
                    text = typed;
                }
            }
            placed(row, line::of(&text, query), true)
        })
        .optional()?;
    Ok(hit)
}

/// The line before and the line after, of the same day.
fn beside(connection: &Connection, hit: &Placed) -> Result<Vec<Placed>> {
    let mut statement = connection.prepare_cached(
        "select room, mid, position, day, at, offset_minutes, kind, line, names,
                case names when '' then '' else body end as body,
                coalesce(account.name, author_name) as author_name,
                coalesce(account.display, author_name) as author
         from message left join account on account.id = message.author
         where room = :room and day = :day and removed_at is null and position in (
           (select max(position) from message
            where room = :room and day = :day and position < :position and removed_at is null),
           (select min(position) from message
            where room = :room and day = :day and position > :position and removed_at is null))",
    )?;
    let beside = statement
        .query_map(
            named_params! {
                ":room": hit.room, ":day": hit.day.to_string(), ":position": hit.position,
            },
            |row| {
                let (names, body): (String, String) = (row.get("names")?, row.get("body")?);
                let text = if names.is_empty() {
                    row.get("line")?
                } else {
                    draft::line(&draft::shown(row.get("kind")?, &body, &names))
                };
                placed(row, vec![Piece { text, matched: false }], false)
            },
        )?
        .collect::<rusqlite::Result<_>>()?;
    Ok(beside)
}

fn placed(row: &Row<'_>, pieces: Vec<Piece>, hit: bool) -> rusqlite::Result<Placed> {
    let local = clock::local(row.get("at")?, row.get("offset_minutes")?);
    let day: String = row.get("day")?;
    Ok(Placed {
        room: row.get("room")?,
        day: day.parse().unwrap_or(local.date()),
        position: row.get("position")?,
        line: Line {
            mid: row.get::<_, Mid>("mid")?,
            author_name: row.get("author_name")?,
            author: row.get("author")?,
            local,
            pieces,
            hit,
        },
    })
}
