//! A thousand rooms of ten readers, five hundred messages a second: what a delivery costs where
//! each message has few of them, held against nchan, which neither stores nor renders.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::child::Process;
use crate::crowd::Crowd;
use crate::fanout::{payload, subscription, whole_chunk};
use crate::site::Site;
use crate::table::{Row, Table, percentile};

const N_ROOMS: usize = 1000;
const N_READERS: usize = 10;
/// Between two messages.
const PACE: Duration = Duration::from_millis(2);
/// Connections that post, each in one room after the other.
const N_SENDERS: usize = 32;
const N_MESSAGES: usize = 2500;

struct Side {
    process: Process,
    crowd: Crowd,
    paths: Vec<String>,
    turn: usize,
}

pub fn measure(site: &mut Site, table: &mut Table, n_rounds: usize) -> Outcome {
    let first = site.add_rooms(N_ROOMS)?;
    let rooms = site.rooms.get(first..).ok_or("no rooms")?.to_vec();
    let process = site.serve("warn")?;
    let mut crowd = Crowd::new(N_ROOMS)?;
    for number in 0..N_SENDERS {
        let cookie = site.writers.get(number % site.writers.len()).ok_or("no cookie")?;
        crowd.add_sender(process.address, "", cookie)?;
    }
    for (channel, room) in rooms.iter().enumerate() {
        crowd.open_for(process.address, channel..channel + 1, N_READERS, |number| {
            site.stream(process.address, room, number)
        })?;
    }
    let paths = rooms.iter().map(|room| format!("/rooms/{room}/messages")).collect();
    let mut ours = Side { process, crowd, paths, turn: 0 };
    ours.round(N_ROOMS)?;
    let frame = payload(&whole_chunk(&ours.crowd.caught)?)?;
    ours.crowd.delays.clear();
    let mut our_cpu = Vec::new();
    for _ in 0..n_rounds {
        our_cpu.push(ours.round(N_MESSAGES)?);
    }
    ours.crowd.check()?;
    let delays = std::mem::take(&mut ours.crowd.delays);
    drop(ours.crowd);
    ours.process.stop()?;
    // One after the other: both at once would be more open files than many a machine allows.
    let mut nchan_cpu = Vec::new();
    if let Some(mut nchan) = nchan(site, frame)? {
        nchan.round(N_ROOMS)?;
        for _ in 0..n_rounds {
            nchan_cpu.push(nchan.round(N_MESSAGES)?);
        }
        nchan.crowd.check()?;
    }
    table.add(Row {
        name: "1,000 rooms x 10 readers, 500/s: CPU a delivery",
        unit: "us",
        ours: our_cpu,
        yardstick: "nchan, which stores nothing",
        theirs: nchan_cpu,
        goal: "1.0, beyond 0.6",
    });
    table.note(format!(
        "1,000 x 10 at 500/s, from post to delivery: p50 {:.1} ms, p99 {:.1} ms",
        percentile(&delays, 50) / 1e3,
        percentile(&delays, 99) / 1e3
    ));
    Ok(())
}

fn nchan(site: &Site, frame: (Vec<u8>, usize)) -> Outcome<Option<Side>> {
    let Some(process) = Process::nchan(site.folder())? else { return Ok(None) };
    let mut crowd = Crowd::new(N_ROOMS)?;
    for _ in 0..N_SENDERS {
        crowd.add_sender(process.address, "", "")?;
    }
    crowd.raw = Some(frame);
    for channel in 0..N_ROOMS {
        crowd.open_for(process.address, channel..channel + 1, N_READERS, |_| {
            subscription(process.address, channel)
        })?;
    }
    let paths = (0..N_ROOMS).map(|channel| format!("/{channel}")).collect();
    Ok(Some(Side { process, crowd, paths, turn: 0 }))
}

impl Side {
    /// So many messages at the pace, each in the next room; microseconds of CPU a delivery.
    fn round(&mut self, n: usize) -> Outcome<f64> {
        self.crowd.renew_senders()?;
        let cpu = self.process.cpu()?;
        let n_before: u64 = self.crowd.n_delivered.iter().sum();
        let n_due = u64::try_from(n * N_READERS)?;
        let mut due = Instant::now();
        let mut n_left = n;
        // Each connection in its turn: one that is quiet for ten seconds is ended.
        let mut free: VecDeque<usize> = (0..N_SENDERS).collect();
        let mut moved = Instant::now();
        while n_left > 0 || free.len() < N_SENDERS {
            let wait = due.saturating_duration_since(Instant::now());
            let answered = self.crowd.turn(wait.min(Duration::from_millis(5)))?;
            if !answered.is_empty() {
                moved = Instant::now();
            }
            if moved.elapsed() > Duration::from_secs(20) {
                return Err("no answer comes".into());
            }
            free.extend(answered);
            // Whoever is late catches up: the pace is of the load, not of the answers.
            while n_left > 0
                && due <= Instant::now()
                && let Some(sender) = free.pop_front()
            {
                let channel = self.turn % N_ROOMS;
                let path = self.paths.get(channel).ok_or("no such room")?.clone();
                self.crowd.post_to(sender, channel, &path)?;
                (self.turn, n_left, due) = (self.turn + 1, n_left - 1, due + PACE);
            }
        }
        self.crowd
            .until(|crowd, _| Ok(crowd.n_delivered.iter().sum::<u64>() - n_before == n_due))?;
        Ok((self.process.cpu()? - cpu) * 1e6 / f64::from(u32::try_from(n_due)?))
    }
}
