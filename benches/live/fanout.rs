//! Deliveries to many open streams of one room, held against a bare loop of send(2).

use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::bare;
use crate::child::Process;
use crate::crowd::Crowd;
use crate::marker;
use crate::site::Site;
use crate::table::{Row, Table, median, percentile};

const N_READERS: usize = 1000;
/// Messages in flight in the second case: posted and not yet with every reader.
const IN_FLIGHT: usize = 8;
const N_ONE_AT_A_TIME: u64 = 150;
const N_IN_FLIGHT: u64 = 400;

/// A side of the comparison.
struct Side {
    process: Process,
    crowd: Crowd,
    means: Means,
}

/// How its messages are sent.
enum Means {
    Http,
    Bare { control: TcpStream, frame: Vec<u8>, hole: usize },
}

/// What a round gave.
struct Round {
    rate: f64,
    cpu_us: f64,
    hub_us: f64,
}

pub fn measure(site: &Site, table: &mut Table, n_rounds: usize) -> Outcome {
    let n_readers = f64::from(u32::try_from(N_READERS)?);
    let mut ours = ours(site)?;
    ours.round(1, 20, Duration::ZERO)?;
    let frame = whole_chunk(&ours.crowd.caught)?;
    let mut bare = bare_side(frame)?;
    bare.round(1, 20, Duration::ZERO)?;
    table.note(format!("{} bytes a frame, {N_READERS} readers", frame_length(&bare)));
    for (in_flight, n, names) in [
        (1, N_ONE_AT_A_TIME, ["deliveries to 1,000, one at a time", "  server CPU a delivery"]),
        (IN_FLIGHT, N_IN_FLIGHT, ["deliveries to 1,000, 8 in flight", "  server CPU a delivery"]),
    ] {
        let (mut our_rounds, mut bare_rounds) = (Vec::new(), Vec::new());
        let mut paced_rounds = Vec::new();
        ours.crowd.delays.clear();
        bare.crowd.delays.clear();
        for _ in 0..n_rounds {
            let our = ours.round(in_flight, n, Duration::ZERO)?;
            let bare_one = bare.round(in_flight, n, Duration::ZERO)?;
            if in_flight == 1 {
                // The same sends cost more on caches that went cold meanwhile, and ours wait
                // for the disk: so the bare loop is made to wait as long.
                let pause = (1.0 / our.rate - 1.0 / bare_one.rate).max(0.0) * n_readers;
                paced_rounds.push(bare.round(in_flight, n, Duration::from_secs_f64(pause))?);
            }
            our_rounds.push(our);
            bare_rounds.push(bare_one);
        }
        let (cpu_rounds, cpu_yardstick) = if paced_rounds.is_empty() {
            (&bare_rounds, "bare loop of send(2)")
        } else {
            (&paced_rounds, "bare loop at the same pace")
        };
        let [rate_name, cpu_name] = names;
        table.add(Row {
            name: rate_name,
            unit: "a second",
            ours: our_rounds.iter().map(|round| round.rate).collect(),
            yardstick: "bare loop of send(2)",
            theirs: bare_rounds.iter().map(|round| round.rate).collect(),
        });
        table.add(Row {
            name: cpu_name,
            unit: "us",
            ours: our_rounds.iter().map(|round| round.cpu_us).collect(),
            yardstick: cpu_yardstick,
            theirs: cpu_rounds.iter().map(|round| round.cpu_us).collect(),
        });
        table.add(Row {
            name: "    of it the hub's thread",
            unit: "us",
            ours: our_rounds.iter().map(|round| round.hub_us).collect(),
            yardstick: cpu_yardstick,
            theirs: cpu_rounds.iter().map(|round| round.cpu_us).collect(),
        });
        table.note(format!(
            "from post to delivery, {in_flight} in flight: p50 {:.1} ms, p99 {:.1} ms \
             (bare loop, which stores nothing: {:.1}, {:.1})",
            percentile(&ours.crowd.delays, 50) / 1e3,
            percentile(&ours.crowd.delays, 99) / 1e3,
            median(&bare.crowd.delays) / 1e3,
            percentile(&bare.crowd.delays, 99) / 1e3,
        ));
    }
    ours.crowd.check()?;
    bare.crowd.check()?;
    drop(bare);
    drop(ours.crowd);
    ours.process.stop()
}

fn ours(site: &Site) -> Outcome<Side> {
    let process = site.serve("warn")?;
    let room = site.room(3)?;
    let mut crowd = Crowd::new(IN_FLIGHT)?;
    for number in 0..IN_FLIGHT {
        let cookie = site.writers.get(number % site.writers.len()).ok_or("no cookie")?;
        crowd.add_sender(process.address, room, cookie)?;
    }
    crowd.open(process.address, N_READERS, |number| site.stream(process.address, room, number))?;
    Ok(Side { process, crowd, means: Means::Http })
}

fn bare_side(frame: Vec<u8>) -> Outcome<Side> {
    let process = Process::bare_loop(N_READERS)?;
    let control = TcpStream::connect(process.address)?;
    control.set_nodelay(true)?;
    let mut crowd = Crowd::new(IN_FLIGHT)?;
    let hole = marker::place(&frame).ok_or("a frame without a stamp")?;
    crowd.open(process.address, N_READERS, |_| String::new())?;
    Ok(Side { process, crowd, means: Means::Bare { control, frame, hole } })
}

impl Side {
    /// `n` messages, `in_flight` at a time: a sender sends again when its last is with everybody.
    /// `pause` comes before each sending.
    fn round(&mut self, in_flight: usize, n: u64, pause: Duration) -> Outcome<Round> {
        let Self { process, crowd, means } = self;
        crowd.renew_senders()?;
        let (cpu, hub) = (process.cpu()?, process.cpu_of("hub")?);
        let begun = Instant::now();
        let mut n_left = n;
        for sender in 0..in_flight {
            std::thread::sleep(pause);
            means.send(crowd, sender)?;
            n_left -= 1;
        }
        crowd.until(|crowd, _| {
            let mut n_open = 0;
            for sender in 0..in_flight {
                let done = !crowd.is_waiting(sender)
                    && crowd.n_delivered.get(sender).zip(crowd.n_sent.get(sender)).is_some_and(
                        |(n_delivered, n_sent)| *n_delivered == n_sent * crowd.n_readers(),
                    );
                let goes_on = done && n_left > 0;
                if goes_on {
                    std::thread::sleep(pause);
                    means.send(crowd, sender)?;
                    n_left -= 1;
                }
                n_open += u32::from(goes_on || !done);
            }
            Ok(n_open == 0)
        })?;
        let seconds = begun.elapsed().as_secs_f64();
        let n_deliveries = f64::from(u32::try_from(n * crowd.n_readers())?);
        Ok(Round {
            rate: n_deliveries / seconds,
            cpu_us: (process.cpu()? - cpu) * 1e6 / n_deliveries,
            hub_us: (process.cpu_of("hub")? - hub) * 1e6 / n_deliveries,
        })
    }
}

impl Means {
    fn send(&mut self, crowd: &mut Crowd, sender: usize) -> Outcome {
        match self {
            Self::Http => crowd.post(sender),
            Self::Bare { control, frame, hole } => {
                let word = crowd.stamp(sender)?.word();
                frame
                    .get_mut(*hole..*hole + word.len())
                    .ok_or("no room for the stamp")?
                    .copy_from_slice(word.as_bytes());
                bare::order(control, frame)
            }
        }
    }
}

/// The last whole chunk of what a reader got: the bytes of one frame as they leave.
fn whole_chunk(caught: &[u8]) -> Outcome<Vec<u8>> {
    let line = memchr::memmem::find(caught, b"\r\n").ok_or("no chunk")?;
    let length =
        usize::from_str_radix(std::str::from_utf8(caught.get(..line).unwrap_or_default())?, 16)?;
    if caught.len() != line + 2 + length + 2 {
        return Err("not one whole chunk".into());
    }
    Ok(caught.to_vec())
}

fn frame_length(side: &Side) -> usize {
    match &side.means {
        Means::Http => 0,
        Means::Bare { frame, .. } => frame.len(),
    }
}
