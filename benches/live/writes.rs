//! Durable messages a second, and how long one alone takes.

use std::time::{Duration, Instant};

use crate::Outcome;
use crate::bare::{self, BareSqlite};
use crate::child::Process;
use crate::crowd::Crowd;
use crate::site::Site;
use crate::table::{Row, Table, median, percentile};

/// Posts that are on their way at any time.
const IN_FLIGHT: usize = 64;
const ROUND: Duration = Duration::from_secs(2);
const BARE_ROUND: Duration = Duration::from_secs(1);

/// 64 in flight on connections that are kept, by several authors in one room.
pub fn measure(site: &Site, table: &mut Table, n_rounds: usize) -> Outcome {
    // The server says how many messages each of its commits held: the yardstick does the same.
    let server = site.serve("warn,backchannel::store=debug")?;
    let mut crowd = crowd(site, &server, 1, IN_FLIGHT)?;
    let mut bare = BareSqlite::open(&site.folder().join("bare.db"))?;
    let (mut rates, mut bare_rates, mut syncs) = (Vec::new(), Vec::new(), Vec::new());
    let (mut cpu_each, mut groups, mut singles) = (Vec::new(), Vec::new(), Vec::new());
    flood(&mut crowd, Duration::from_millis(500))?;
    bare.insert(32, Duration::from_millis(300))?;
    for _ in 0..n_rounds {
        let n_logged = n_commits(site)?;
        let cpu = server.cpu()?;
        let (n, seconds) = flood(&mut crowd, ROUND)?;
        let group = n / (n_commits(site)? - n_logged).max(1.0);
        rates.push(n / seconds);
        cpu_each.push((server.cpu()? - cpu) * 1e6 / n);
        groups.push(group);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 to 256")]
        bare_rates.push(bare.insert(group.round().max(1.0) as usize, BARE_ROUND)?);
        singles.push(bare.insert(1, BARE_ROUND)?);
        syncs.push(median(&bare::fdatasync(site.folder(), 300)?));
    }
    crowd.check()?;
    let per_sync = |rates: &[f64]| -> Vec<f64> {
        rates.iter().zip(&syncs).map(|(rate, sync)| rate * sync / 1e6).collect()
    };
    let (ours_per_sync, bare_per_sync) = (per_sync(&rates), per_sync(&bare_rates));
    table.add(Row {
        name: "durable messages, 64 in flight",
        unit: "a second",
        ours: rates.clone(),
        yardstick: "bare SQLite, same groups",
        theirs: bare_rates,
        goal: "",
    });
    table.add(Row {
        name: "  the same",
        unit: "a second",
        ours: rates,
        yardstick: "bare SQLite, one by one",
        theirs: singles,
        goal: "",
    });
    table.add(Row {
        name: "  for one fdatasync's time",
        unit: "messages",
        ours: ours_per_sync,
        yardstick: "bare SQLite, same groups",
        theirs: bare_per_sync,
        goal: "20 messages, beyond 30",
    });
    table.add(Row {
        name: "  server CPU a message",
        unit: "us",
        ours: cpu_each,
        yardstick: "(no yardstick)",
        theirs: Vec::new(),
        goal: "",
    });
    table.note(format!(
        "acknowledged after (64 in flight): p50 {:.1} ms, p99 {:.1} ms; {:.0} messages a commit; \
         fdatasync p50 {:.0} us",
        percentile(&crowd.acknowledgements, 50) / 1e3,
        percentile(&crowd.acknowledgements, 99) / 1e3,
        median(&groups),
        median(&syncs)
    ));
    drop(crowd);
    server.stop()
}

/// One message, and the next when it was acknowledged.
pub fn measure_alone(site: &Site, table: &mut Table, n_rounds: usize) -> Outcome {
    let server = site.serve("warn")?;
    let mut crowd = crowd(site, &server, 2, 1)?;
    let folder = site.folder();
    let mut bare = BareSqlite::open(&folder.join("alone.db"))?;
    let (mut ours, mut syncs, mut bares) = (Vec::new(), Vec::new(), Vec::new());
    flood(&mut crowd, Duration::from_millis(500))?;
    for _ in 0..2 * n_rounds {
        crowd.acknowledgements.clear();
        flood(&mut crowd, Duration::from_millis(400))?;
        ours.push(median(&crowd.acknowledgements));
        syncs.push(median(&bare::fdatasync(folder, 200)?));
        bares.push(median(&bare.alone(200)?));
    }
    crowd.check()?;
    table.add(Row {
        name: "acknowledgement of a lone message, p50",
        unit: "us",
        ours: ours.clone(),
        yardstick: "fdatasync of 4 kB, p50",
        theirs: syncs,
        goal: "2.0, beyond 1.3",
    });
    table.add(Row {
        name: "  the same",
        unit: "us",
        ours,
        yardstick: "bare SQLite, one insert, p50",
        theirs: bares,
        goal: "",
    });
    drop(crowd);
    server.stop()
}

/// Senders, and a reader who sees whether all comes, once and in order.
fn crowd(site: &Site, server: &Process, room: usize, n_senders: usize) -> Outcome<Crowd> {
    let room = site.room(room)?;
    let mut crowd = Crowd::new(n_senders)?;
    crowd.open(server.address, 1, |number| site.stream(server.address, room, number))?;
    for number in 0..n_senders {
        let cookie = site.writers.get(number % site.writers.len()).ok_or("no cookie")?;
        crowd.add_sender(server.address, room, cookie)?;
    }
    Ok(crowd)
}

/// Everybody posts again when answered, for about `time`; how many were acknowledged in how
/// many seconds. Returns when the reader has them all.
fn flood(crowd: &mut Crowd, time: Duration) -> Outcome<(f64, f64)> {
    crowd.renew_senders()?;
    let begun = Instant::now();
    let n_before = crowd.acknowledgements.len();
    let n_senders = crowd.n_sent.len();
    for sender in 0..n_senders {
        crowd.post(sender)?;
    }
    let mut in_time = (0, 0.0);
    crowd.until(|crowd, answered| {
        let elapsed = begun.elapsed();
        if elapsed < time {
            for sender in answered {
                crowd.post(*sender)?;
            }
            in_time = (crowd.acknowledgements.len() - n_before, elapsed.as_secs_f64());
        }
        let n_sent: u64 = crowd.n_sent.iter().sum();
        let all_answered = (0..n_senders).all(|sender| !crowd.is_waiting(sender));
        Ok(all_answered && crowd.n_delivered.iter().sum::<u64>() == n_sent)
    })?;
    Ok((f64::from(u32::try_from(in_time.0)?), in_time.1))
}

/// How many commits the server has logged.
fn n_commits(site: &Site) -> Outcome<f64> {
    let log = std::fs::read(site.log())?;
    let n = memchr::memmem::find_iter(&log, b"committed").count();
    Ok(f64::from(u32::try_from(n)?))
}
