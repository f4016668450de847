//! A thousand readers of whom twenty take nothing: what the others feel, and what it costs.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};

use socket2::{Domain, Socket, Type};

use crate::Outcome;
use crate::crowd::Crowd;
use crate::site::Site;
use crate::table::{Row, Table, percentile};

const N_READERS: usize = 1000;
const N_STALLED: usize = 20;
/// Enough that what is in flight to who takes nothing fills every buffer.
const N_MESSAGES: usize = 300;

pub fn measure(site: &Site, table: &mut Table, n_rounds: usize) -> Outcome {
    let server = site.serve("warn")?;
    let address = server.address;
    let room = |number| site.room(number);
    let mut all_well = crowd(site, address, room(1)?, N_READERS)?;
    let mut others = crowd(site, address, room(2)?, N_READERS - N_STALLED)?;
    let before = server.memory()?;
    let mut stalled = Vec::new();
    for number in 0..N_STALLED {
        stalled.push(who_takes_nothing(address, &site.stream(address, room(2)?, number))?);
    }
    let (mut p99, mut p99_well) = (Vec::new(), Vec::new());
    for _ in 0..n_rounds {
        p99.push(one_at_a_time(&mut others)?);
        p99_well.push(one_at_a_time(&mut all_well)?);
    }
    let grown = (server.memory()? - before) / 20.0;
    table.add(Row {
        name: "post to delivery, p99, 20 of 1,000 stalled",
        unit: "us",
        ours: p99,
        yardstick: "the same, nobody stalled",
        theirs: p99_well,
        goal: "",
    });
    table.add(Row {
        name: "  memory for each who stalls",
        unit: "bytes",
        ours: vec![grown],
        yardstick: "(at most the room's backlog in all)",
        theirs: Vec::new(),
        goal: "",
    });
    all_well.check()?;
    others.check()?;
    drop((stalled, all_well, others));
    server.stop()
}

fn crowd(site: &Site, address: SocketAddr, room: &str, n: usize) -> Outcome<Crowd> {
    let mut crowd = Crowd::new(1)?;
    crowd.add_sender(address, room, site.writers.first().ok_or("no cookie")?)?;
    crowd.open(address, n, |number| site.stream(address, room, number))?;
    Ok(crowd)
}

fn one_at_a_time(crowd: &mut Crowd) -> Outcome<f64> {
    crowd.renew_senders()?;
    crowd.delays.clear();
    for _ in 0..N_MESSAGES {
        crowd.post(0)?;
        crowd.until(|crowd, _| {
            let due = crowd.n_sent.iter().sum::<u64>() * crowd.n_readers();
            Ok(!crowd.is_waiting(0) && crowd.n_delivered.iter().sum::<u64>() == due)
        })?;
    }
    Ok(percentile(&crowd.delays, 99))
}

/// Asks for a stream and never reads of it.
fn who_takes_nothing(address: SocketAddr, request: &str) -> Outcome<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.set_recv_buffer_size(4096)?;
    socket.connect(&address.into())?;
    let mut socket = TcpStream::from(socket);
    socket.write_all(request.as_bytes())?;
    Ok(socket)
}
