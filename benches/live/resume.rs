//! Ten thousand readers who come back after a restart, each with a message missed, held against
//! bare connecting.

use std::net::TcpStream;
use std::time::Instant;

use crate::Outcome;
use crate::child::Process;
use crate::crowd::Crowd;
use crate::site::Site;
use crate::table::{Row, Table};

const N_READERS: usize = 10_000;

pub fn measure(site: &Site, table: &mut Table, n_rounds: usize) -> Outcome {
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..n_rounds {
        ours.push(resume(site)?);
        bare.push(connect()?);
    }
    table.add(Row {
        name: "10,000 readers resume after a restart",
        unit: "s",
        ours,
        yardstick: "bare connecting",
        theirs: bare,
        goal: "2.0, beyond 1.5",
    });
    Ok(())
}

/// Seconds from the first connection until each has its stream and what it missed.
fn resume(site: &Site) -> Outcome<f64> {
    let room = site.room(0)?;
    let server = site.serve("warn")?;
    let address = server.address;
    let mut crowd = Crowd::new(1)?;
    crowd.add_sender(address, room, site.writers.first().ok_or("no cookie")?)?;
    crowd.open(address, 1, |number| site.stream(address, room, number))?;
    say(&mut crowd)?;
    let caught = String::from_utf8_lossy(&crowd.caught).into_owned();
    let cursor = caught.lines().filter_map(|line| line.strip_prefix("id: ")).next_back();
    let cursor = cursor.ok_or("no cursor in a frame")?.to_owned();
    say(&mut crowd)?;
    crowd.check()?;
    drop(crowd);
    server.stop()?;

    let server = site.serve("warn")?;
    let address = server.address;
    let mut crowd = Crowd::new(1)?;
    // Everybody has seen the first.
    crowd.n_sent = vec![1];
    let begun = Instant::now();
    crowd.open(address, N_READERS, |number| {
        let request = site.stream(address, room, number);
        request.replace("accept:", &format!("last-event-id: {cursor}\r\naccept:"))
    })?;
    crowd.until(|crowd, _| Ok(crowd.n_delivered.first() == Some(&(N_READERS as u64))))?;
    let seconds = begun.elapsed().as_secs_f64();
    crowd.check()?;
    drop(crowd);
    server.stop()?;
    Ok(seconds)
}

fn say(crowd: &mut Crowd) -> Outcome {
    crowd.post(0)?;
    crowd.until(|crowd, _| Ok(!crowd.is_waiting(0) && crowd.n_delivered == crowd.n_sent))
}

/// Seconds to connect as many to a process that only accepts.
fn connect() -> Outcome<f64> {
    let process = Process::bare_loop(N_READERS)?;
    let _control = TcpStream::connect(process.address)?;
    let mut crowd = Crowd::new(0)?;
    let begun = Instant::now();
    crowd.open(process.address, N_READERS, |_| String::new())?;
    Ok(begun.elapsed().as_secs_f64())
}
