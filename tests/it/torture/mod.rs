//! The server under faults: killed, without power, on a full or broken disk, with readers who are
//! cut, stall or come all at once. What it acknowledged is there, once, in order.
//!
//! Each trial is an ordinary test at a small scale. `make torture` runs the same trials at large,
//! and prints a line for each; `make torture-breaks` breaks the server on purpose and shows which
//! trial sees it. `BACKCHANNEL_SEED` repeats the choices of a run.

mod backups;
mod breaks;
mod checker;
mod clock;
mod damage;
mod disk;
mod edits;
mod faults;
mod kills;
mod load;
mod migrations;
mod readers;
mod revoking;
mod states;
mod trial;
mod wire;

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Instant;

use rand::SeedableRng;
use rand::rngs::StdRng;

/// One of three figures: for `make test`, for a quick torture, for a whole one.
fn scale<T>(small: T, quick: T, whole: T) -> T {
    match std::env::var("BACKCHANNEL_TORTURE").as_deref() {
        Ok("whole") => whole,
        Ok("quick") => quick,
        _ => small,
    }
}

/// Runs a trial and prints its line: what was done, and what the aim of a long run is.
fn fault(name: &str, aim: &str, trial: impl FnOnce(StdRng) -> String) {
    let seed = std::env::var("BACKCHANNEL_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(rand::random::<u64>);
    let begun = Instant::now();
    let ran = catch_unwind(AssertUnwindSafe(|| trial(StdRng::seed_from_u64(seed))));
    let told = ran.as_deref().unwrap_or("FAILED; its words are above");
    let seconds = begun.elapsed().as_secs();
    let line = format!("{name:28} {told}; {seconds} s (aim: {aim}; BACKCHANNEL_SEED={seed})\n");
    eprint!("{line}");
    if let Some(file) = std::env::var_os("BACKCHANNEL_TORTURE_TABLE") {
        let mut file = std::fs::OpenOptions::new().append(true).create(true).open(file).unwrap();
        file.write_all(line.as_bytes()).unwrap();
    }
    if let Err(panic) = ran {
        resume_unwind(panic);
    }
}

fn block_on<T>(trial: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new().unwrap().block_on(trial)
}
