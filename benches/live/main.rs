//! How fast the live path and the write path are, as ratios to plain yardsticks.
//!
//! The program under test is the release build as a process of its own, set up by its own
//! commands; all load is on loopback. Ours and the yardstick take turns, several rounds, and
//! what counts is the median of the ratios: throughput on a busy machine means little. Nothing
//! is asserted by the clock. A run fails when a message is lost, comes twice or out of order.
//!
//! `cargo bench --bench live` runs all; words after `--` pick: `writes`, `alone`, `fanout`,
//! `many`, `stall`, `resume`, `memory`; `quick` makes it short; `program=FILE` measures another build, for comparing.

mod bare;
mod child;
mod crowd;
mod fanout;
mod many;
mod marker;
mod memory;
mod resume;
mod site;
mod stall;
mod table;
mod writes;

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use site::Site;
use table::Table;

/// What anything here returns.
pub type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// Accounts that write, and as many that read.
const N_ACCOUNTS: usize = 8;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.as_slice() {
        [first, n, ..] if first == "--bare-loop" => {
            n.parse().map_err(Into::into).and_then(bare::send_loop)
        }
        _ => run(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Outcome {
    let begun = Instant::now();
    let (options, words): (Vec<&str>, Vec<&str>) = arguments
        .iter()
        .map(String::as_str)
        .filter(|word| !word.starts_with('-'))
        .partition(|word| word.contains('='));
    if let Some(program) = options.iter().find_map(|option| option.strip_prefix("program=")) {
        child::measure_other(program);
    }
    let quick = words.contains(&"quick");
    let all = words.iter().all(|word| *word == "quick");
    let wanted = |word: &str| all || words.contains(&word);
    let n_rounds = if quick { 2 } else { 5 };
    let mut site = Site::new(N_ACCOUNTS, 4)?;
    let mut table = Table::default();
    if wanted("memory") {
        memory::measure(&site, &mut table, if quick { 1 } else { 2 })?;
    }
    if wanted("writes") {
        writes::measure(&site, &mut table, n_rounds)?;
    }
    if wanted("alone") {
        writes::measure_alone(&site, &mut table, n_rounds)?;
    }
    if wanted("fanout") {
        for case in &fanout::CASES {
            fanout::measure(&site, &mut table, n_rounds, case)?;
        }
    }
    if wanted("stall") {
        stall::measure(&site, &mut table, n_rounds)?;
    }
    if wanted("resume") {
        resume::measure(&site, &mut table, if quick { 1 } else { 3 })?;
    }
    if wanted("many") {
        many::measure(&mut site, &mut table, n_rounds)?;
    }
    table.print();
    println!("\nin {:.0} s; nothing lost, doubled or out of order", begun.elapsed().as_secs_f64());
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().ok_or("no target folder")?;
    table.write(&target.join("bench-live.json"))
}
