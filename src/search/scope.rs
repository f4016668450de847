//! Where a query looks: the pages that the viewer may see, narrowed by `in:` and `space:`; and
//! whom its names mean.

use std::borrow::Cow;
use std::collections::HashSet;
use std::time::Instant;

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rusqlite::Connection;

use super::query::{Meant, Operator, Query};
use crate::account::Viewer;
use crate::error::{Error, Result};
use crate::id::{AccountId, PageId, RoomId};
use crate::sight::{Named, Seen, Sight};
use crate::{folding, marks};

/// Where to look, ready for the statement.
pub(super) struct Scope {
    /// The pages, as the function `holds` takes them.
    pub(super) pages: Vec<u8>,
    /// The rooms, the same.
    pub(super) rooms: Vec<u8>,
    /// Whom and where the names in the query mean.
    pub(super) meant: Meant,
    /// The first and the last day.
    pub(super) days: (Date, Date),
    /// Runs of days that are left out, as JSON.
    pub(super) not_days: Option<String>,
    /// Pinned, not pinned; `None`: either.
    pub(super) pinned: Option<bool>,
    /// Row ids are in the order of instants: from here to before there.
    pub(super) ids: (i64, i64),
    /// When looking there ends.
    pub(super) deadline: Instant,
}

impl Scope {
    /// The same with the rooms by their names in the index; `None`: they are named already, or too
    /// many.
    pub(super) fn meant_in_rooms(&self) -> Option<Meant> {
        let (rooms, _) = self.rooms.as_chunks::<8>();
        let may = self.meant.rooms.is_none() && rooms.len() <= MANY;
        let room = |bytes: &[u8; 8]| marks::of_room(RoomId(i64::from_le_bytes(*bytes)));
        may.then(|| Meant { rooms: Some(rooms.iter().map(room).collect()), ..self.meant.clone() })
    }
}

/// So many rooms are always asked for by their tokens: the index then reads their messages alone.
const FEW: usize = 8;
/// More rooms are, where what was said in them is a small part of everything (of which the walk
/// through all that matches would find little for long), and they are not too many to name.
const SMALL_PART: f64 = 0.01;
const MANY: usize = 2000;

/// Finds out where to look.
pub(super) fn of(
    connection: &Connection,
    sight: &Sight,
    viewer: &Viewer,
    query: &Query,
    deadline: Instant,
) -> Result<Scope> {
    let seen = sight.seen(connection, viewer.account_id())?;
    let narrowed = narrow(connection, sight, query, &seen)?;
    let (pages, mut rooms) = match narrowed {
        Some(Seen { pages, rooms }) => (Cow::Owned(pages), Cow::Owned(rooms)),
        None => (Cow::Borrowed(&seen.pages), Cow::Borrowed(&seen.rooms)),
    };
    let pinned = query.asked(false, is_pinned).next().map(|()| true);
    let pinned = pinned.or_else(|| query.asked(true, is_pinned).next().map(|()| false));
    if pinned == Some(true) {
        let having = rooms_with_pins(connection)?;
        rooms.to_mut().retain(|room| having.contains(room));
    }
    let few =
        rooms.len() <= FEW || rooms.len() <= MANY && sight.part(connection, &rooms)? <= SMALL_PART;
    let mut meant = meant(connection, viewer, query)?;
    meant.rooms = few.then(|| rooms.iter().map(|room| marks::of_room(*room)).collect());
    let days = query
        .asked(false, days_of)
        .fold((Date::MIN, Date::MAX), |(first, last), (from, to)| (first.max(from), last.min(to)));
    let not_days: Vec<_> = query
        .asked(true, days_of)
        .map(|(first, last)| (first.to_string(), last.to_string()))
        .collect();
    Ok(Scope {
        pages: pages.iter().flat_map(|page| page.0.to_le_bytes()).collect(),
        rooms: rooms.iter().flat_map(|room| room.0.to_le_bytes()).collect(),
        meant,
        days,
        not_days: if not_days.is_empty() { None } else { Some(json(&not_days)?) },
        pinned,
        ids: (instant(days.0, -1), instant(days.1, 2)),
        deadline,
    })
}

fn days_of(what: &Operator) -> Option<(Date, Date)> {
    if let Operator::Days(first, last) = what { Some((*first, *last)) } else { None }
}

fn place(what: &Operator) -> Option<&String> {
    if let Operator::In(name) = what { Some(name) } else { None }
}

fn space(what: &Operator) -> Option<&String> {
    if let Operator::Space(key) = what { Some(key) } else { None }
}

fn from(what: &Operator) -> Option<&String> {
    if let Operator::From(name) = what { Some(name) } else { None }
}

fn is_pinned(what: &Operator) -> Option<()> {
    (*what == Operator::Pinned).then_some(())
}

fn json<T: serde::Serialize + ?Sized>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(Error::broken)
}

/// The row id at the beginning of a day so many days on. No zone is a whole day from UTC.
fn instant(day: Date, ahead: i64) -> i64 {
    let at = day.checked_add(ahead.days()).ok().and_then(|day| day.to_zoned(TimeZone::UTC).ok());
    match at {
        Some(at) => at.timestamp().as_second() << 12,
        None if ahead < 0 => i64::MIN,
        None => i64::MAX,
    }
}

/// The pages that `in:` and `space:` mean, of those that are seen; `None` where neither is asked.
/// Several of a kind: any of them.
fn narrow(
    connection: &Connection,
    sight: &Sight,
    query: &Query,
    seen: &Seen,
) -> Result<Option<Seen>> {
    let (places, not_places): (Vec<_>, Vec<_>) =
        (query.asked(false, place).collect(), query.asked(true, place).collect());
    let (spaces, not_spaces): (Vec<_>, Vec<_>) =
        (query.asked(false, space).collect(), query.asked(true, space).collect());
    if [&places, &not_places, &spaces, &not_spaces].iter().all(|asked| asked.is_empty()) {
        return Ok(None);
    }
    let all = sight.names(connection)?;
    let named: Vec<&Named> = all.iter().filter(|named| seen.has(named.page)).collect();
    let wanted: Vec<HashSet<PageId>> = places.iter().map(|name| called(&named, name)).collect();
    let unwanted: Vec<HashSet<PageId>> =
        not_places.iter().map(|name| called(&named, name)).collect();
    let kept = named
        .iter()
        .filter(|page| spaces.is_empty() || spaces.iter().any(|key| **key == *page.space))
        .filter(|page| not_spaces.iter().all(|key| **key != *page.space))
        .filter(|page| wanted.is_empty() || wanted.iter().any(|set| set.contains(&page.page)))
        .filter(|page| unwanted.iter().all(|set| !set.contains(&page.page)));
    let mut found = Seen::default();
    for page in kept {
        found.pages.push(page.page);
        if page.room.is_some() {
            found.rooms.push(RoomId::from(page.page));
        }
    }
    Ok(Some(found))
}

/// The pages of this name, or, where there is none, those with it in their name.
fn called(named: &[&Named], name: &str) -> HashSet<PageId> {
    let find = |fits: &dyn Fn(&str) -> bool| -> HashSet<PageId> {
        let fitting =
            named.iter().filter(|page| fits(&page.title) || page.room.as_deref().is_some_and(fits));
        fitting.map(|page| page.page).collect()
    };
    let exact = find(&|called| called == name);
    if exact.is_empty() { find(&|called| called.contains(name)) } else { exact }
}

fn rooms_with_pins(connection: &Connection) -> Result<HashSet<RoomId>> {
    let mut statement = connection.prepare_cached("select distinct room from pin")?;
    let rooms = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    Ok(rooms)
}

/// Whom `from:` means: by account name, by the name that is shown or a word of it; and whoever
/// an import brought by this name. Several: any of them.
fn meant(connection: &Connection, viewer: &Viewer, query: &Query) -> Result<Meant> {
    let (wanted, unwanted): (Vec<_>, Vec<_>) =
        (query.asked(false, from).collect(), query.asked(true, from).collect());
    let me = viewer.account().map(|account| account.name.clone());
    let mut found = Meant { me, ..Meant::default() };
    if wanted.is_empty() && unwanted.is_empty() {
        return Ok(found);
    }
    let mut statement = connection.prepare_cached("select id, name, display from account")?;
    let accounts: Vec<(AccountId, String, String)> = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let tokens = |names: &[&String]| -> Vec<String> {
        let mut tokens: Vec<String> = names.iter().map(|name| marks::of_name(name)).collect();
        for (id, account_name, display) in &accounts {
            let (account_name, display) = (folding::lower(account_name), folding::lower(display));
            let is = |name: &str| {
                account_name == name
                    || display == name
                    || display.split_whitespace().any(|word| word == name)
                    || name == "me" && viewer.account_id() == Some(*id)
            };
            if names.iter().any(|name| is(name)) {
                tokens.push(marks::of_author(*id));
            }
        }
        tokens
    };
    if !wanted.is_empty() {
        found.from = Some(tokens(&wanted));
    }
    if !unwanted.is_empty() {
        found.not_from = tokens(&unwanted);
    }
    Ok(found)
}
