//! The clock jumps: by hours, days and weeks, over midnight and over the ends of summer time.

use std::collections::BTreeMap;

use jiff::{Timestamp, ToSpan};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::checker::{Outcome, Sent};
use super::faults::Faults;
use super::trial::{Trial, days};
use super::{block_on, fault, scale};

const ZONE: &str = "Europe/Berlin";
/// Days of 25 and of 23 hours there.
const ODD_DAYS: [&str; 2] = ["2026-10-25T00:00:00Z", "2027-03-28T00:00:00Z"];

#[test]
fn a_clock_that_jumps_changes_the_day_and_never_the_order() {
    let n_jumps = scale(60, 100, 200);
    fault("clock jumps", "200 jumps; sessions survive -7 d", |random| {
        block_on(async {
            let mut told = Vec::new();
            let mut random = random;
            for odd_day in ODD_DAYS {
                let base: Timestamp = odd_day.parse().unwrap();
                let (faults, server) = Faults::start(&[("BACKCHANNEL_ZONE", ZONE)]);
                faults.shift_clock(base.duration_since(Timestamp::now()).as_secs());
                let mut trial = Trial::begin(server.furnish(), random).await;
                trial.read().await;
                let n_days = jump(&faults, &mut trial, base, n_jumps / 2).await;
                random = StdRng::seed_from_u64(trial.random.random());
                let summary = trial.finish().await;
                let n = n_jumps / 2;
                told.push(format!("{n} jumps around {odd_day} on {n_days} days; {summary}"));
            }
            told.join("; ")
        })
    });
}

/// Writes a message after each jump and looks where it is; how many days there are.
async fn jump(faults: &Faults, trial: &mut Trial, base: Timestamp, n_jumps: u32) -> usize {
    let bob = trial.server.log_in("bob").await;
    let room = trial.rooms.room;
    // What may be the day of each message: two, where midnight passed while it was written.
    let mut expected: BTreeMap<i64, [String; 2]> = BTreeMap::new();
    let random = &mut trial.random;
    for n in 0..n_jumps {
        let day = base + (24 * random.random_range(-7..=7_i64)).hours();
        let target = match random.random_range(0..5) {
            0 => base + random.random_range(-7 * 86_400..=7 * 86_400_i64).seconds(),
            // Just before midnight, in summer and in winter.
            1 => day - 2.hours() - random.random_range(0..2_i64).seconds(),
            2 => day - 1.hours() - random.random_range(0..2_i64).seconds(),
            // The hour that is there twice, or not at all.
            3 => base + random.random_range(0..7200_i64).seconds(),
            _ => *[base - 168.hours(), base - 24.hours(), base + 24.hours(), base + 168.hours()]
                .get(random.random_range(0..4_usize))
                .unwrap(),
        };
        let shift = target.duration_since(Timestamp::now());
        faults.shift_clock(shift.as_secs());
        let today = || {
            let now = Timestamp::now() + jiff::SignedDuration::from_secs(shift.as_secs());
            now.in_tz(ZONE).unwrap().date().to_string()
        };
        let before = today();
        let body = format!("jump {n}");
        let mid = bob.say(room, &body).await;
        expected.insert(mid, [before, today()]);
        let outcome = Outcome::Acknowledged(mid);
        trial.history.sent.push(Sent { writer: 0, room, body, outcome });
    }
    let days = days(&trial.carol, room).await;
    let n_told: usize = days.values().map(Vec::len).sum();
    assert_eq!(n_told, expected.len(), "each message is on one day");
    for (day, messages) in &days {
        for message in messages {
            let may_be = &expected[&message.mid];
            assert!(may_be.contains(day), "{message:?} of {may_be:?} is on {day}");
        }
    }
    days.len()
}
