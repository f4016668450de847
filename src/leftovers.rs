//! What has outlived its use, and goes by itself: sessions that have ended, log-ins that were not
//! finished, secrets of second steps that nobody confirmed, browsers that were not seen for long; and
//! after as many days as the configuration says, what was administered and moderated.
//!
//! Sessions that ran out open nothing whether they are here or not: they go so that the file does not
//! tell for years who was there when.
//!
//! **Invariant:** a clock in doubt takes nothing away; see [`crate::doubt`].

use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;

use crate::app::App;
use crate::change::Change;
use crate::error::{Error, Result};
use crate::store::Tx;
use crate::{second_step, session};

/// A browser that nobody has logged in from for so long is not known any more: as long as browsers
/// keep a cookie at most (RFC 6265bis, 400 days).
const UNKNOWN: SignedDuration = SignedDuration::from_hours(24 * 400);

/// From when on each is kept.
struct Kept {
    now: i64,
    /// A session that was used last before this has ended.
    used: i64,
    /// A second step that was begun before this can be confirmed no more.
    begun: i64,
    /// A browser that was seen last before this is forgotten.
    seen: i64,
    /// What was done before this is not told any more.
    told: i64,
}

macro_rules! leftovers {
    ($($name:ident $table:literal $key:literal $which:literal $since:ident $said:literal;)*) => {
        /// How many of each there are, or were.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Leftovers {
            $(#[doc = $said] pub $name: usize,)*
        }

        impl Leftovers {
            /// Each with its number, in words for the operator; those that there are.
            pub fn said(self) -> Vec<String> {
                let all = [$((self.$name, $said)),*];
                let some = all.into_iter().filter(|(n, _)| *n > 0);
                some.map(|(n, what)| format!("{n} {what}")).collect()
            }
        }

        fn count(connection: &Connection, kept: &Kept) -> Result<Leftovers> {
            Ok(Leftovers {
                $($name: connection
                    .prepare_cached(concat!("select count(*) from ", $table, " where ", $which))?
                    .query_row([kept.$since], |row| row.get(0))?,)*
            })
        }

        /// Takes some of each away: other people's writes wait no longer than for these.
        fn remove_some(tx: &Tx<'_, Change>, kept: &Kept) -> Result<Leftovers> {
            Ok(Leftovers {
                $($name: tx
                    .prepare_cached(concat!(
                        "delete from ", $table, " where ", $key, " in (select ", $key, " from ",
                        $table, " where ", $which, " limit 500)"
                    ))?
                    .execute([kept.$since])?,)*
            })
        }

        impl std::ops::AddAssign for Leftovers {
            fn add_assign(&mut self, other: Self) {
                $(self.$name += other.$name;)*
            }
        }
    };
}

leftovers! {
    ended "session" "id" "expires_at <= ?1" now "sessions that have ended";
    unused "session" "id" "seen_at <= ?1" used "sessions that were not used any more";
    log_ins "log_in_step" "token_hash" "expires_at <= ?1" now "log-ins that were not finished";
    secrets "second_step" "account" "since is null and begun_at <= ?1" begun
        "second steps that were not confirmed";
    browsers "device" "token_hash" "seen_at <= ?1" seen "browsers that were not seen for long";
    administered "journal" "id" "at < ?1" told "lines of what was administered";
    moderated "audit" "id" "at < ?1" told "lines of what was done in rooms";
}

// ------------------------------------------------------------------------------------ verbs

/// What would go now.
pub async fn all(app: &App) -> Result<Leftovers> {
    let kept = kept(app)?;
    app.store.read(move |connection| count(connection, &kept)).await
}

/// Takes away what is there, by a clock that somebody vouches for; answers what that was.
pub(crate) async fn remove(app: &App) -> Result<Leftovers> {
    let mut removed = Leftovers::default();
    // Most often there is nothing, and a look keeps nobody from writing.
    if all(app).await? == removed {
        return Ok(removed);
    }
    loop {
        let kept = kept(app)?;
        let some = app.store.write(move |tx| remove_some(tx, &kept)).await?;
        if some == Leftovers::default() {
            return Ok(removed);
        }
        removed += some;
    }
}

// ------------------------------------------------------------------------------------ rules

fn kept(app: &App) -> Result<Kept> {
    let now = app.clock.now();
    let before = |time: SignedDuration| -> Result<i64> {
        Ok(now.saturating_sub(time).map_err(Error::broken)?.as_millisecond())
    };
    Ok(Kept {
        now: now.as_millisecond(),
        used: before(session::IDLE)?,
        begun: before(second_step::SET_UP)?,
        seen: before(UNKNOWN)?,
        told: told_since(now, app.config.audit_days),
    })
}

/// 0 days: for ever.
fn told_since(now: Timestamp, days: u32) -> i64 {
    if days == 0 {
        return i64::MIN;
    }
    let kept = SignedDuration::from_hours(i64::from(days) * 24);
    now.saturating_sub(kept).map_or(i64::MIN, Timestamp::as_millisecond)
}
