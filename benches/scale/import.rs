//! A hundred thousand lines of logs come in; and a day of fifty thousand, which is then read.

use std::fmt::Write;
use std::path::Path;
use std::time::Instant;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rusqlite::{Connection, OpenFlags};

use crate::child::{Process, command};
use crate::client::Client;
use crate::corpus::SEED;
use crate::words::{Words, as_float};
use crate::{Outcome, PASSWORD, percentile};

const N_FILES: usize = 20;
const N_LINES: usize = 5000;
/// Lines of the long day.
const N_LONG: usize = 50_000;

pub fn measure(place: &Path) -> Outcome {
    let folder = place.join(format!("scale-import-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let done = import(&folder).and_then(|(seconds, room)| {
        read_long_day(&folder, &room)?;
        Ok(seconds)
    });
    std::fs::remove_dir_all(&folder)?;
    let seconds = done?;
    let n = N_FILES * N_LINES;
    println!(
        "import of {n} lines {seconds:.1} s, {:.0} a second (goal 20 s)",
        as_float(n) / seconds
    );
    Ok(())
}

fn import(folder: &Path) -> Outcome<(f64, String)> {
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
    Ok((begun.elapsed().as_secs_f64(), room))
}

/// What a part of a long day takes to be there, its first and any other.
fn read_long_day(folder: &Path, room: &str) -> Outcome {
    let data = folder.join("backchannel.db");
    let add = ["account", "add", "reader", "--password-stdin"];
    command(&data, &add, PASSWORD)?;
    let mut log = String::new();
    for line in 0..N_LONG {
        let minute = line * 1440 / N_LONG;
        let (hour, minute) = (minute / 60, minute % 60);
        writeln!(log, "[{hour:02}:{minute:02}] <nick{}> line {line} of a long day", line % 40)?;
    }
    let file = folder.join("2020-04-01.txt");
    std::fs::write(&file, log)?;
    let file = file.display().to_string();
    command(&data, &["import", "irc", "--room", room, "--zone", "UTC", &file], "")?;
    let server = Process::serve(&data, &folder.join("log"), "warn")?;
    let page: i64 = Connection::open_with_flags(&data, OpenFlags::SQLITE_OPEN_READ_ONLY)?
        .query_row("select page from transcript where day = '2020-04-01'", [], |row| row.get(0))?;
    let mut client = Client::log_in(server.address, "reader", PASSWORD)?;
    for (name, asked) in [("first", ""), ("50th", "?part=50"), ("last", "?part=100")] {
        let mut times = Vec::new();
        for _ in 0..15 {
            let part = client.get(&format!("/pages/{page}{asked}"))?;
            if part.status != 200 {
                return Err(format!("the {name} part answers {}", part.status).into());
            }
            times.push(part.ms);
        }
        println!(
            "a day of {N_LONG}, its {name} part {:.1} ms, at most {:.1} (goal 100)",
            percentile(&times, 50),
            percentile(&times, 100)
        );
    }
    server.stop()
}
