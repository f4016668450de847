//! A hundred thousand lines of logs come in.

use std::fmt::Write;
use std::path::Path;
use std::time::Instant;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::Outcome;
use crate::child::command;
use crate::corpus::SEED;
use crate::words::{Words, as_float};

const N_FILES: usize = 20;
const N_LINES: usize = 5000;

pub fn measure(place: &Path) -> Outcome {
    let folder = place.join(format!("scale-import-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let done = import(&folder);
    std::fs::remove_dir_all(&folder)?;
    let seconds = done?;
    let n = N_FILES * N_LINES;
    println!(
        "import of {n} lines {seconds:.1} s, {:.0} a second (goal 20 s)",
        as_float(n) / seconds
    );
    Ok(())
}

fn import(folder: &Path) -> Outcome<f64> {
    let data = folder.join("backchannel.db");
    command(&data, &["space", "add", "LOGS", "--name", "Logs"], "")?;
    let add = ["page", "add", "--space", "LOGS", "--title", "Logs", "--body-stdin"];
    let room = command(&data, &add, "{chat}\n")?;
    let (words, mut dice) = (Words::new(SEED), StdRng::seed_from_u64(SEED));
    let mut files = Vec::new();
    for day in 0..N_FILES {
        let mut log = String::new();
        for line in 0..N_LINES {
            let minute = line * 1440 / N_LINES;
            let (hour, minute) = (minute / 60, minute % 60);
            let (nick, said) = (dice.random_range(0..200), words.say(&mut dice));
            writeln!(log, "[{hour:02}:{minute:02}] <nick{nick}> {said}")?;
        }
        let file = folder.join(format!("2020-03-{:02}.txt", day + 1));
        std::fs::write(&file, log)?;
        files.push(file.display().to_string());
    }
    let mut arguments = vec!["import", "irc", "--room", &room, "--zone", "UTC"];
    arguments.extend(files.iter().map(String::as_str));
    let begun = Instant::now();
    command(&data, &arguments, "")?;
    Ok(begun.elapsed().as_secs_f64())
}
