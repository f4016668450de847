//! The walk down the index: what matches and may be seen, the newest first.
//!
//! **Invariant:** what may not be seen is left out inside the statement.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering::Relaxed};
use std::time::{Duration, Instant};

use rusqlite::{Connection, StatementStatus, named_params};

use super::query::Query;
use super::scope::Scope;
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
/// After so many texts the clock is asked.
const SOME: usize = 256;

/// How many texts are asked themselves for words that begin so, before the index is: it reads every
/// place of every such word, also for a page of the newest.
#[derive(Clone, Copy)]
pub(super) struct Texts {
    /// After so many,
    pub(super) most: usize,
    /// or so long, the index is asked,
    pub(super) patience: Duration,
    /// if not so many were found.
    pub(super) enough: usize,
}

/// Row ids and prepared texts of matching messages, the newest first, for as long as `take` wants
/// more. Answers how many steps that took.
///
/// A walk that takes long is followed by another one, which goes on from where it had come to. Words
/// that may go on are dear to the index, so they are looked for in the `texts` of whatever else fits:
/// frequent ones are found there soon, rare ones cost the index little. What matches and is not seen
/// is stepped over, one by one. Where that is a lot, the rooms are asked for by their names in the
/// index, which leaps over everything else.
pub(super) fn matches(
    connection: &Connection,
    query: &Query,
    scope: &Scope,
    before: i64,
    texts: Texts,
    mut take: impl FnMut(i64, &str) -> bool,
) -> Result<i32> {
    let begun: Vec<Sought> =
        query.terms.iter().filter(|term| term.prefix).filter_map(Sought::of).collect();
    let in_rooms = scope.meant_in_rooms();
    let in_rooms = in_rooms.as_ref();
    let mut walks: Vec<(String, &[Sought], i32)> = Vec::with_capacity(3);
    if !begun.is_empty() {
        let whole = query.without_beginnings();
        let past = if scope.meant.rooms.is_some() { WALK_IN_ROOMS } else { WALK };
        walks.push((whole.to_match(&scope.meant), &begun, past));
        walks.extend(in_rooms.map(|rooms| (whole.to_match(rooms), &*begun, WALK_IN_ROOMS)));
    } else if in_rooms.is_some() {
        walks.push((query.to_match(&scope.meant), &[], WALK));
    }
    walks.push((query.to_match(in_rooms.unwrap_or(&scope.meant)), &[], i32::MAX));

    let (mut n_steps, mut last) = (0, before);
    let (mut n_texts, mut n_found) = (0, 0);
    let (since, mut tired) = (Instant::now(), false);
    for (wanted, begun, past) in walks {
        let mut enough = false;
        let walked = walk(connection, &wanted, scope, last, past, &mut n_steps, |id, search| {
            last = id;
            if begun.is_empty() {
                return take(id, search);
            }
            n_texts += 1;
            let words = words::of(search);
            if begun.iter().all(|sought| sought.is_so(&words)) {
                n_found += 1;
                enough = !take(id, search);
            }
            tired =
                n_texts >= texts.most || n_texts % SOME == 0 && since.elapsed() > texts.patience;
            !enough && !tired
        });
        match walked {
            Err(error) if is_cut_short(&error) && Instant::now() < scope.deadline => {}
            Ok(()) if tired && !enough => {
                if n_found >= texts.enough {
                    break;
                }
                tired = false;
            }
            walked => return walked.map(|()| n_steps),
        }
    }
    Ok(n_steps)
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
