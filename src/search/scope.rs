//! Where a query looks: the pages that the viewer may see, narrowed by `in:` and `space:`; and
//! whom its names mean.

use std::collections::HashSet;

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rusqlite::Connection;

use super::query::{Meant, Operator, Query};
use crate::account::Viewer;
use crate::error::{Error, Result};
use crate::id::{AccountId, PageId, RoomId};
use crate::{folding, marks, permission};

/// Where to look, ready for the statement.
pub(super) struct Scope {
    /// The pages, as a list in JSON.
    pub(super) pages: String,
    /// The same for messages; `None`: their rooms are few, and named in the expression.
    pub(super) rooms: Option<String>,
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
}

/// So many rooms are asked for by their tokens: the index then reads their messages alone.
const FEW: usize = 48;

/// Finds out where to look.
pub(super) fn of(connection: &Connection, viewer: &Viewer, query: &Query) -> Result<Scope> {
    let mut pages = permission::seen(connection, viewer.account_id())?;
    narrow(connection, query, &mut pages)?;
    let pinned = query.asked(false, is_pinned).next().map(|()| true);
    let pinned = pinned.or_else(|| query.asked(true, is_pinned).next().map(|()| false));
    let mut rooms = pages.clone();
    if pages.len() > FEW || pinned == Some(true) {
        let having = rooms_of(connection, pinned == Some(true))?;
        rooms.retain(|page| having.contains(page));
    }
    let few = rooms.len() <= FEW;
    let mut meant = meant(connection, viewer, query)?;
    meant.rooms =
        few.then(|| rooms.iter().map(|room| marks::of_room(RoomId::from(*room))).collect());
    let days = query
        .asked(false, days_of)
        .fold((Date::MIN, Date::MAX), |(first, last), (from, to)| (first.max(from), last.min(to)));
    let not_days: Vec<_> = query
        .asked(true, days_of)
        .map(|(first, last)| (first.to_string(), last.to_string()))
        .collect();
    Ok(Scope {
        pages: json(&pages)?,
        rooms: if few { None } else { Some(json(&rooms)?) },
        meant,
        days,
        not_days: if not_days.is_empty() { None } else { Some(json(&not_days)?) },
        pinned,
        ids: (instant(days.0, -1), instant(days.1, 2)),
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

/// Keeps the pages that `in:` and `space:` mean. Several of a kind: any of them.
fn narrow(connection: &Connection, query: &Query, pages: &mut Vec<PageId>) -> Result<()> {
    let (places, not_places): (Vec<_>, Vec<_>) =
        (query.asked(false, place).collect(), query.asked(true, place).collect());
    let (spaces, not_spaces): (Vec<_>, Vec<_>) =
        (query.asked(false, space).collect(), query.asked(true, space).collect());
    if [&places, &not_places, &spaces, &not_spaces].iter().all(|asked| asked.is_empty()) {
        return Ok(());
    }
    let seen: HashSet<PageId> = pages.iter().copied().collect();
    let mut statement = connection.prepare_cached(
        "select page.id, page.title, room.name, space.key_folded
         from page join space on space.id = page.space left join room on room.id = page.id
         where page.kind = 'page'",
    )?;
    let named = statement
        .query_map([], |row| {
            let name: Option<String> = row.get(2)?;
            Ok(Named {
                page: row.get(0)?,
                title: folding::lower(&row.get::<_, String>(1)?),
                room: name.map(|name| folding::lower(&name)),
                space: row.get(3)?,
            })
        })?
        .filter(|named| named.as_ref().map_or(true, |named| seen.contains(&named.page)))
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let wanted: Vec<HashSet<PageId>> = places.iter().map(|name| called(&named, name)).collect();
    let unwanted: Vec<HashSet<PageId>> =
        not_places.iter().map(|name| called(&named, name)).collect();
    *pages = named
        .iter()
        .filter(|page| spaces.is_empty() || spaces.iter().any(|key| **key == page.space))
        .filter(|page| not_spaces.iter().all(|key| **key != page.space))
        .map(|page| page.page)
        .filter(|page| wanted.is_empty() || wanted.iter().any(|set| set.contains(page)))
        .filter(|page| unwanted.iter().all(|set| !set.contains(page)))
        .collect();
    Ok(())
}

/// A page and how it may be called.
struct Named {
    page: PageId,
    title: String,
    room: Option<String>,
    space: String,
}

/// The pages of this name, or, where there is none, those with it in their name.
fn called(named: &[Named], name: &str) -> HashSet<PageId> {
    let find = |fits: &dyn Fn(&str) -> bool| -> HashSet<PageId> {
        let fitting =
            named.iter().filter(|page| fits(&page.title) || page.room.as_deref().is_some_and(fits));
        fitting.map(|page| page.page).collect()
    };
    let exact = find(&|called| called == name);
    if exact.is_empty() { find(&|called| called.contains(name)) } else { exact }
}

/// The pages that have a room, or a pin in it.
fn rooms_of(connection: &Connection, pinned: bool) -> Result<HashSet<PageId>> {
    let mut statement = connection.prepare_cached(
        "select id from room where not ?1 or exists (select 1 from pin where pin.room = room.id)",
    )?;
    let rooms =
        statement.query_map([pinned], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
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
