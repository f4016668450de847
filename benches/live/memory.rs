//! What an idle reader costs in memory.

use std::time::Duration;

use crate::Outcome;
use crate::crowd::Crowd;
use crate::site::Site;
use crate::table::{Row, Table};

/// Open streams; both sides stay below the usual limit of 20,000 open files.
const N_READERS: usize = 10_000;

/// Memory of a fresh server with so many readers less without them, over their number.
pub fn measure(site: &Site, table: &mut Table, n_rounds: usize) -> Outcome {
    let mut each = Vec::new();
    for _ in 0..n_rounds {
        let server = site.serve("warn")?;
        let room = site.room(0)?;
        let mut crowd = Crowd::new(0)?;
        // The first few pay for what all share.
        crowd.open(server.address, 64, |number| site.stream(server.address, room, number))?;
        settle(&mut crowd)?;
        let before = server.memory()?;
        crowd
            .open(server.address, N_READERS, |number| site.stream(server.address, room, number))?;
        settle(&mut crowd)?;
        each.push((server.memory()? - before) / 10_000.0);
        drop(crowd);
        server.stop()?;
    }
    table.add(Row {
        name: "memory an idle reader at 10,000",
        unit: "bytes",
        ours: each,
        yardstick: "(resident, shared pages in part)",
        theirs: Vec::new(),
        goal: "1,024, beyond 128",
    });
    Ok(())
}

fn settle(crowd: &mut Crowd) -> Outcome {
    for _ in 0..10 {
        crowd.turn(Duration::from_millis(100))?;
    }
    Ok(())
}
