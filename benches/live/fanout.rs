//! Deliveries to many open streams of one room, held against a bare loop of send(2).

use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::bare;
use crate::child::Process;
use crate::crowd::Crowd;
use crate::marker;
use crate::site::Site;
use crate::table::{Row, Table, median, percentile};

/// Messages in flight in the second case: posted and not yet with every reader.
const IN_FLIGHT: usize = 8;

/// A room with so many readers.
pub struct Case {
    pub n_readers: usize,
    /// Messages of a round, one at a time and with eight in flight.
    pub n_messages: [u64; 2],
    /// Names of the figures, the same.
    pub names: [&'static str; 2],
}

/// What is measured: a large room and a very large one.
pub const CASES: [Case; 2] = [
    Case {
        n_readers: 1000,
        n_messages: [150, 400],
        names: ["deliveries to 1,000, one at a time", "deliveries to 1,000, 8 in flight"],
    },
    Case {
        n_readers: 5000,
        n_messages: [40, 100],
        names: ["deliveries to 5,000, one at a time", "deliveries to 5,000, 8 in flight"],
    },
];

/// A side of the comparison.
struct Side {
    process: Process,
    crowd: Crowd,
    means: Means,
}

/// How its messages are sent.
enum Means {
    Http,
    Nchan,
    Bare { control: TcpStream, frame: Vec<u8>, hole: usize },
}

/// What a round gave.
struct Round {
    rate: f64,
    cpu_us: f64,
    hub_us: f64,
}

pub fn measure(site: &Site, table: &mut Table, n_rounds: usize, case: &Case) -> Outcome {
    let n_readers = f64::from(u32::try_from(case.n_readers)?);
    let mut ours = ours(site, case.n_readers)?;
    ours.round(1, 20, Duration::ZERO)?;
    let frame = whole_chunk(&ours.crowd.caught)?;
    table.note(format!("{} bytes a frame, {n_readers} readers", frame.len()));
    let mut nchan = nchan_side(site, &frame, case.n_readers)?;
    if let Some(nchan) = &mut nchan {
        nchan.round(1, 20, Duration::ZERO)?;
    } else {
        table.note("nchan is not here (Debian: nginx-light, libnginx-mod-nchan)".into());
    }
    let mut bare = bare_side(frame, case.n_readers)?;
    bare.round(1, 20, Duration::ZERO)?;
    let [alone, together] = case.n_messages;
    let [alone_name, together_name] = case.names;
    for (in_flight, n, rate_name) in [(1, alone, alone_name), (IN_FLIGHT, together, together_name)]
    {
        let (mut our_rounds, mut bare_rounds) = (Vec::new(), Vec::new());
        let (mut paced_rounds, mut nchan_rounds) = (Vec::new(), Vec::new());
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
            if let Some(nchan) = &mut nchan {
                nchan_rounds.push(nchan.round(in_flight, n, Duration::ZERO)?);
            }
            our_rounds.push(our);
            bare_rounds.push(bare_one);
        }
        let (cpu_rounds, cpu_yardstick) = if paced_rounds.is_empty() {
            (&bare_rounds, "bare loop of send(2)")
        } else {
            (&paced_rounds, "bare loop at the same pace")
        };
        table.add(Row {
            name: rate_name,
            unit: "a second",
            ours: our_rounds.iter().map(|round| round.rate).collect(),
            yardstick: "bare loop of send(2)",
            theirs: bare_rounds.iter().map(|round| round.rate).collect(),
            goal: "",
        });
        table.add(Row {
            name: "  server CPU a delivery",
            unit: "us",
            ours: our_rounds.iter().map(|round| round.cpu_us).collect(),
            yardstick: cpu_yardstick,
            theirs: cpu_rounds.iter().map(|round| round.cpu_us).collect(),
            goal: if in_flight == 1 { "1.10, beyond 0.90" } else { "" },
        });
        table.add(Row {
            name: "    of it the hub's thread",
            unit: "us",
            ours: our_rounds.iter().map(|round| round.hub_us).collect(),
            yardstick: cpu_yardstick,
            theirs: cpu_rounds.iter().map(|round| round.cpu_us).collect(),
            goal: "",
        });
        if !nchan_rounds.is_empty() {
            table.add(Row {
                name: "  deliveries",
                unit: "a second",
                ours: our_rounds.iter().map(|round| round.rate).collect(),
                yardstick: "nchan, which stores nothing",
                theirs: nchan_rounds.iter().map(|round| round.rate).collect(),
                goal: if in_flight == 1 { "" } else { "6, beyond 8" },
            });
            table.add(Row {
                name: "  server CPU a delivery",
                unit: "us",
                ours: our_rounds.iter().map(|round| round.cpu_us).collect(),
                yardstick: "nchan, which stores nothing",
                theirs: nchan_rounds.iter().map(|round| round.cpu_us).collect(),
                goal: if in_flight == 1 { "0.65, beyond 0.50" } else { "" },
            });
        }
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

fn ours(site: &Site, n_readers: usize) -> Outcome<Side> {
    let process = site.serve("warn")?;
    let room = site.room(3)?;
    let mut crowd = Crowd::new(IN_FLIGHT)?;
    for number in 0..IN_FLIGHT {
        let cookie = site.writers.get(number % site.writers.len()).ok_or("no cookie")?;
        crowd.add_sender(process.address, room, cookie)?;
    }
    crowd.open(process.address, n_readers, |number| site.stream(process.address, room, number))?;
    Ok(Side { process, crowd, means: Means::Http })
}

/// The same frame through nginx with nchan, which keeps it in memory.
fn nchan_side(site: &Site, frame: &[u8], n_readers: usize) -> Outcome<Option<Side>> {
    let Some(process) = Process::nchan(site.folder())? else { return Ok(None) };
    let mut crowd = Crowd::new(IN_FLIGHT)?;
    for _ in 0..IN_FLIGHT {
        crowd.add_sender(process.address, "0", "")?;
    }
    crowd.raw = Some(payload(frame)?);
    crowd.open(process.address, n_readers, |_| subscription(process.address, 0))?;
    Ok(Some(Side { process, crowd, means: Means::Nchan }))
}

/// What a browser says to nchan to hear of a channel.
pub fn subscription(address: SocketAddr, channel: usize) -> String {
    format!(
        "GET /{channel} HTTP/1.1\r\nhost: {address}\r\nuser-agent: bench\r\n\
         accept: text/event-stream\r\n\r\n"
    )
}

/// What nchan is given of a chunk of ours, and the place of the stamp in it: it writes `id:` and
/// `data:` itself.
pub fn payload(chunk: &[u8]) -> Outcome<(Vec<u8>, usize)> {
    let text = std::str::from_utf8(chunk)?;
    let data: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
    let body = data.join(" ").into_bytes();
    let hole = marker::place(&body).ok_or("a frame without a stamp")?;
    Ok((body, hole))
}

fn bare_side(frame: Vec<u8>, n_readers: usize) -> Outcome<Side> {
    let process = Process::bare_loop(n_readers)?;
    let control = TcpStream::connect(process.address)?;
    control.set_nodelay(true)?;
    let mut crowd = Crowd::new(IN_FLIGHT)?;
    let hole = marker::place(&frame).ok_or("a frame without a stamp")?;
    crowd.open(process.address, n_readers, |_| String::new())?;
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
            Self::Nchan => crowd.post_to(sender, sender, "/0"),
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

/// The last chunk of what a reader got that has a stamp: the bytes of one frame as they leave.
pub fn whole_chunk(caught: &[u8]) -> Outcome<Vec<u8>> {
    let mut found = None;
    let mut rest = caught;
    while let Some(line) = memchr::memmem::find(rest, b"\r\n") {
        let head = std::str::from_utf8(rest.get(..line).unwrap_or_default())?;
        let length = line + 2 + usize::from_str_radix(head, 16)? + 2;
        let Some((chunk, more)) = rest.split_at_checked(length) else { break };
        if marker::place(chunk).is_some() {
            found = Some(chunk.to_vec());
        }
        rest = more;
    }
    found.ok_or_else(|| "no whole chunk with a stamp".into())
}
