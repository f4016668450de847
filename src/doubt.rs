//! Whether the clock is believed when it says that something is old enough to go.
//!
//! A clock that jumps ahead (an empty battery, a wrong time server, a machine that woke from a copy)
//! would make everything older than any room keeps it. So the file remembers when upkeep last looked
//! at the clock. Where that is more than two days ago the clock may have jumped, or the server may
//! have rested: from then on nothing expires until the clock has gone on for a day without another
//! such step, or until an operator, who can look at another clock, says `backchannel expire`.
//!
//! A clock that goes back is no danger: what it calls old is old. One that is ahead by less than two
//! days takes away what would have gone two days later. One that stays wrong for longer than a day
//! is believed in the end: the log and `backchannel_clock_in_doubt` tell of it for that day.
//!
//! **Invariant:** upkeep takes nothing away by age that has not asked here.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension};

use crate::app::App;
use crate::error::Result;

/// What is known of the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Known {
    /// What it showed when it was last looked at.
    seen_at: i64,
    /// Until when it is not believed.
    doubted_until: Option<i64>,
}

/// A server that is off over night, every night, is no reason to doubt.
const STEP: SignedDuration = SignedDuration::from_hours(48);
/// How long the clock has to go on after a greater step.
const TRIAL: SignedDuration = SignedDuration::from_hours(24);
/// A look is written down this often: upkeep looks every minute.
const NOTED: SignedDuration = SignedDuration::from_hours(1);

/// What a look at the clock gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// The clock is believed.
    Believed,
    /// It is not, until then; the operator was told lately.
    Doubted(Timestamp),
    /// It is not, until then, and it is time to tell the operator.
    Tell(Timestamp),
}

// ------------------------------------------------------------------------------------ verbs

/// Looks at the clock, for upkeep.
pub(crate) async fn look(app: &App) -> Result<Look> {
    let now = app.clock.now();
    let before = app.store.read(known).await?;
    let after = judge(before, now);
    let is_new = before.is_none_or(|before| {
        before.doubted_until != after.doubted_until
            || (after.seen_at - before.seen_at).abs() >= millis(NOTED)
    });
    if is_new {
        app.store.write(move |tx| save(tx, after)).await?;
    }
    let until = |at| Timestamp::from_millisecond(at).unwrap_or(Timestamp::MAX);
    Ok(match after.doubted_until {
        Some(at) if is_new => Look::Tell(until(at)),
        Some(at) => Look::Doubted(until(at)),
        None => Look::Believed,
    })
}

/// The operator says that the clock is right.
pub(crate) async fn believe(app: &App) -> Result<()> {
    let seen_at = app.clock.now().as_millisecond();
    app.store.write(move |tx| save(tx, Known { seen_at, doubted_until: None })).await
}

/// Until when nothing expires, as of the last look.
pub async fn until(app: &App) -> Result<Option<Timestamp>> {
    let known = app.store.read(known).await?;
    let until = known.and_then(|known| judge(Some(known), app.clock.now()).doubted_until);
    Ok(until.and_then(|at| Timestamp::from_millisecond(at).ok()))
}

// ------------------------------------------------------------------------------------ rules

fn judge(before: Option<Known>, now: Timestamp) -> Known {
    let now = now.as_millisecond();
    let trial_ends = now + millis(TRIAL);
    let doubted_until = before.and_then(|before| {
        if now - before.seen_at > millis(STEP) {
            return Some(trial_ends);
        }
        // Where a clock that was ahead has been set right, the end of its trial is years away.
        before.doubted_until.map(|until| until.min(trial_ends)).filter(|until| now < *until)
    });
    Known { seen_at: now, doubted_until }
}

fn millis(time: SignedDuration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

// ------------------------------------------------------------------------------------ sql

/// What was written down at the last look. Before the first, the newest message knows the time.
fn known(connection: &Connection) -> Result<Option<Known>> {
    let known = connection
        .prepare_cached("select seen_at, doubted_until from local_clock")?
        .query_row([], |row| Ok(Known { seen_at: row.get(0)?, doubted_until: row.get(1)? }))
        .optional()?;
    if known.is_some() {
        return Ok(known);
    }
    let newest = connection
        .prepare_cached("select at from message order by id desc limit 1")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(newest.map(|seen_at| Known { seen_at, doubted_until: None }))
}

fn save(connection: &Connection, known: Known) -> Result<()> {
    connection
        .prepare_cached(
            "insert into local_clock (id, seen_at, doubted_until) values (1, ?1, ?2)
             on conflict (id) do update set seen_at = excluded.seen_at,
                                            doubted_until = excluded.doubted_until",
        )?
        .execute((known.seen_at, known.doubted_until))?;
    Ok(())
}
