//! The walk down the index: what matches and may be seen, the newest first.
//!
//! **Invariant:** what may not be seen is left out inside the statement.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering::Relaxed};
use std::time::Instant;

use rusqlite::{Connection, StatementStatus, named_params};

use super::find::{GATHERING, N_HITS};
use super::query::{Meant, Query};
use super::scope::Scope;
use super::spelling;
use super::words::{self, Sought};
use crate::error::Result;
use crate::store::is_cut_short;

/// So many steps of a walk, and the clock is asked: each may leap far inside the index, a millisecond
/// where the rooms are many.
const STRIDE: i32 = 100;
/// Strides of a walk past what is not seen, before the rooms are asked for by name: about 2,000
/// matches, which take 2 ms.
const WALK: i32 = 200;
/// The same of a walk in rooms by name: nothing there is hidden, but looking the names up in the index
/// counts, and so does what `-on:` leaves out.
const WALK_IN_ROOMS: i32 = 20 * WALK;
/// Steps past a match that is seen, at most.
const STEPS: i32 = 40;
/// So many texts at most are asked themselves for words that begin so, before the words are listed:
/// frequent ones are found there. That takes 10 ms; to list and walk a hundred words takes 15 at a
/// million messages, and 40 at ten.
const FEW: usize = 4000;
/// After so many it shows whether they are frequent enough,
const SOME: usize = 64;
/// unless by chance so many of them come later.
const CHANCE: usize = 3;
/// And so many where the words are too many to be listed, of which some stand in most texts, if that
/// takes no longer than to gather the best.
const MANY: usize = 40_000;
/// Then so many are enough, and the index is not asked: a page of the newest and one more.
const ENOUGH: usize = N_HITS + 1;

/// Row ids and prepared texts of matching messages, the newest first, for as long as `take` wants
/// more. Answers how many steps that took.
///
/// A walk that takes long is followed by another one, which goes on from where it had come to. What
/// matches and is not seen is stepped over, one by one. Where that is a lot, the rooms are asked for
/// by their names in the index, which leaps over everything else.
///
/// Words that may go on are looked for in the newest texts of whatever else fits; if they are not
/// frequent enough to be found there, by each word that begins so; and if those are too many for
/// that, in more texts, and then as the index finds them.
pub(super) fn matches(
    connection: &Connection,
    query: &Query,
    scope: &Scope,
    before: i64,
    take: impl FnMut(i64, &str) -> bool,
) -> Result<i32> {
    let in_rooms = scope.meant_in_rooms();
    let mut way = Way { connection, scope, last: before, n_steps: 0, take };
    let (all, in_rooms) = (&scope.meant, in_rooms.as_ref());
    let begun = query.terms.iter().filter(|term| term.prefix).filter_map(Sought::of).collect();
    let mut texts = Texts { begun, n: 0, n_found: 0, until: None };
    let mut spelled = None;
    if !texts.begun.is_empty() {
        let whole = query.without_beginnings();
        let past = if all.rooms.is_some() { WALK_IN_ROOMS } else { WALK };
        let walks = [Some((all, past)), in_rooms.map(|rooms| (rooms, WALK_IN_ROOMS))];
        if way.go(&whole, walks, Some(&mut texts))? {
            return Ok(way.n_steps);
        }
        spelled = spelling::spelled(connection, query, scope.deadline)?;
        if spelled.is_none() {
            texts.until = Some(Instant::now() + GATHERING);
            if way.go(&whole, walks, Some(&mut texts))? || texts.n_found >= ENOUGH {
                return Ok(way.n_steps);
            }
        }
    }
    let dear = spelled.is_none() && !texts.begun.is_empty();
    let walks = match in_rooms {
        Some(rooms) if dear => [None, Some((rooms, i32::MAX))],
        // To come to each of many words counts, too.
        Some(rooms) if spelled.is_some() => [Some((all, 2 * WALK)), Some((rooms, i32::MAX))],
        Some(rooms) => [Some((all, WALK)), Some((rooms, i32::MAX))],
        None => [None, Some((all, i32::MAX))],
    };
    way.go(spelled.as_ref().unwrap_or(query), walks, None)?;
    Ok(way.n_steps)
}

/// The texts that are asked themselves.
struct Texts {
    begun: Vec<Sought>,
    n: usize,
    n_found: usize,
    /// Many are asked, but not after that; `None`: a few.
    until: Option<Instant>,
}

impl Texts {
    fn fits(&mut self, search: &str) -> bool {
        self.n += 1;
        let words = words::of(search);
        let fits = self.begun.iter().all(|sought| sought.is_so(&words));
        self.n_found += usize::from(fits);
        fits
    }

    /// Have enough been asked, or will there not be enough found?
    fn are_over(&self) -> bool {
        let asked = self.n.is_multiple_of(SOME);
        match self.until {
            None => self.n >= FEW || asked && (self.n_found + CHANCE) * FEW < ENOUGH * self.n,
            Some(until) => self.n >= MANY || asked && Instant::now() > until,
        }
    }
}

/// Walks, one after the other.
struct Way<'a, T> {
    connection: &'a Connection,
    scope: &'a Scope,
    /// Where they have come to.
    last: i64,
    n_steps: i32,
    take: T,
}

impl<T: FnMut(i64, &str) -> bool> Way<'_, T> {
    /// Goes on with each of the walks, past so many strides that come to nothing. Is nothing left to be
    /// found, or nothing wanted?
    fn go(
        &mut self,
        query: &Query,
        walks: [Option<(&Meant, i32)>; 2],
        mut texts: Option<&mut Texts>,
    ) -> Result<bool> {
        let Self { connection, scope, last, n_steps, take } = self;
        for (meant, past) in walks.into_iter().flatten() {
            let (mut enough, mut over) = (false, false);
            let wanted = query.to_match(meant);
            let walked = walk(connection, &wanted, scope, *last, past, n_steps, |id, search| {
                *last = id;
                if texts.as_mut().is_none_or(|texts| texts.fits(search)) {
                    enough = !take(id, search);
                }
                over = texts.as_ref().is_some_and(|texts| texts.are_over());
                !enough && !over
            });
            match walked {
                Err(error) if is_cut_short(&error) && Instant::now() < scope.deadline => {}
                Ok(()) if over && !enough => return Ok(false),
                walked => return walked.map(|()| true),
            }
        }
        Ok(false)
    }
}

/// One walk down the index, past at most so many strides that come to nothing which is seen. Adds the
/// steps to `n_steps`.
fn walk(
    connection: &Connection,
    wanted: &str,
    scope: &Scope,
    before: i64,
    past: i32,
    n_steps: &mut i32,
    mut take: impl FnMut(i64, &str) -> bool,
) -> Result<()> {
    let (mut n, deadline) = (0_i32, scope.deadline);
    let seen = Arc::new(AtomicI32::new(0));
    let n_seen = Arc::clone(&seen);
    connection.progress_handler(
        STRIDE,
        Some(move || {
            n += 1;
            let past_seen = n_seen.load(Relaxed).saturating_mul(STEPS) / STRIDE;
            n - past_seen > past || Instant::now() > deadline
        }),
    )?;
    let mut statement = connection.prepare_cached(
        "select message.id, message.search
         from message_index join message on message.id = message_index.rowid
         where message_index match :match
           and message_index.rowid >= :from and message_index.rowid < :before
           and holds(:rooms, message.room)
           and message.day between :first and :last
           and (:not_days is null or not exists (
             select 1 from json_each(:not_days)
             where message.day between json_extract(value, '$[0]') and json_extract(value, '$[1]')))
           and (:pinned is null or :pinned = exists (
             select 1 from pin where pin.room = message.room and pin.mid = message.mid))
         order by message_index.rowid desc",
    )?;
    statement.reset_status(StatementStatus::VmStep);
    let mut rows = statement.query(named_params! {
        ":match": wanted,
        ":from": scope.ids.0,
        ":before": before.min(scope.ids.1),
        ":rooms": scope.rooms,
        ":first": scope.days.0.to_string(),
        ":last": scope.days.1.to_string(),
        ":not_days": scope.not_days,
        ":pinned": scope.pinned,
    })?;
    let walked = loop {
        match rows.next() {
            Ok(Some(row)) => {
                seen.fetch_add(1, Relaxed);
                let search: String = row.get(1)?;
                if !take(row.get(0)?, &search) {
                    break Ok(());
                }
            }
            Ok(None) => break Ok(()),
            Err(error) => break Err(error.into()),
        }
    };
    drop(rows);
    *n_steps = n_steps.saturating_add(statement.get_status(StatementStatus::VmStep));
    walked
}
