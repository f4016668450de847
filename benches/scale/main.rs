//! How it holds with a million messages, and with ten: start-up, pages, search.
//!
//! The program under test is the release build as a process of its own, asked over HTTP: rights,
//! `SQLite` and rendering included. Beside each kind of search stands plain FTS5 on the same index,
//! with rights by a join. Nothing is asserted by the clock.
//!
//! `cargo bench --bench scale` takes a million messages; words after `--`: `huge` takes ten million
//! (half an hour to make, 12 GB), `messages=N` another number, `quick` asks less, `folder=DIR` keeps what is made somewhere else
//! than in the target folder, `program=FILE` measures another build, `import` imports alone.

#![allow(
    clippy::indexing_slicing,
    clippy::many_single_char_names,
    clippy::struct_field_names,
    clippy::too_many_lines,
    clippy::similar_names,
    reason = "a measurement fails by panicking"
)]

#[allow(dead_code, reason = "the other bench uses the rest")]
#[path = "../live/child.rs"]
mod child;
mod client;
mod corpus;
mod import;
mod questions;
mod words;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};

use child::Process;
use client::Client;
use corpus::{Corpus, PASSWORD, VIEWERS};
use words::{Words, as_float};

/// What anything here returns.
pub type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// Plain FTS5 is asked one in so many of the questions: it takes its time.
const ONE_IN: usize = 4;
/// And it is given up after so long.
const GIVEN_UP: Duration = Duration::from_secs(3);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Outcome {
    let has = |wanted: &str| arguments.iter().any(|word| word == wanted);
    let option = |name: &str| arguments.iter().find_map(|word| word.strip_prefix(name));
    if let Some(program) = option("program=") {
        child::measure_other(program);
    }
    let place =
        option("folder=").map_or(Path::new(env!("CARGO_TARGET_TMPDIR")).into(), PathBuf::from);
    import::measure(&place)?;
    if has("import") {
        return Ok(());
    }
    let words = Words::new(corpus::SEED);
    let n_messages = match option("messages=") {
        Some(n) => n.parse()?,
        None if has("huge") => 10_000_000,
        None => 1_000_000,
    };
    let corpus = corpus::open(&place, n_messages, &words)?;
    tell_sizes(&corpus)?;
    let server = start(&corpus)?;
    pages(&corpus, &server)?;
    wiki(&corpus, &server)?;
    search(&corpus, &words, &server, if has("quick") { 60 } else { 200 })?;
    server.stop()
}

fn read_only(corpus: &Corpus) -> Outcome<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Ok(Connection::open_with_flags(corpus.file(), flags)?)
}

fn tell_sizes(corpus: &Corpus) -> Outcome {
    let n = as_float(corpus.n_messages);
    match corpus.seconds {
        Some(seconds) => {
            println!("made {n} messages in {seconds:.0} s, {:.0} a second", n / seconds);
        }
        None => println!("{n} messages, made before"),
    }
    let file = std::fs::metadata(corpus.file())?.len();
    let connection = read_only(corpus)?;
    let index: i64 =
        connection
            .query_row("select sum(length(block)) from message_index_data", [], |row| row.get(0))?;
    #[expect(clippy::cast_precision_loss, reason = "counts of bytes")]
    let (file, index) = (file as f64, index as f64);
    println!(
        "text {:.0} bytes a message; the file is {:.2} GB, {:.1} bytes a byte of text; of these the \
         index {:.2}",
        corpus.n_text / n,
        file / 1e9,
        file / corpus.n_text,
        index / corpus.n_text
    );
    Ok(())
}

/// From the start of the process to its first answer.
fn start(corpus: &Corpus) -> Outcome<Process> {
    let mut times = Vec::new();
    for round in 0..3 {
        let begun = Instant::now();
        let server = Process::serve(&corpus.file(), &corpus.folder.join("log"), "warn")?;
        let ready = Client::ready(server.address)?;
        times.push(begun.elapsed().as_secs_f64() * 1e3);
        if !ready {
            return Err("the server is not ready".into());
        }
        if round == 2 {
            let times: Vec<_> = times.iter().map(|ms| format!("{ms:.0}")).collect();
            println!("start-up to the first answer {} ms (goal 1000)", times.join(", "));
            return Ok(server);
        }
        server.stop()?;
    }
    Err("never".into())
}

/// Pages that people open all day, by who sees all.
fn pages(corpus: &Corpus, server: &Process) -> Outcome {
    let connection = read_only(corpus)?;
    let (transcript, day): (i64, String) = connection.query_row(
        "select page, day from transcript where room = ?1 order by day desc limit 1 offset 100",
        [corpus.busy],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let busy = corpus.busy;
    let mut client = Client::log_in(server.address, "all", PASSWORD)?;
    println!("\n{:34}{:>9}{:>9}{:>9}   ms", "pages, by who sees all rooms", "first", "p50", "most");
    for (name, path) in [
        ("a transcript page", format!("/pages/{transcript}")),
        ("the home page", "/".to_owned()),
        ("a room's page", format!("/pages/{busy}")),
        ("a room's window", format!("/rooms/{busy}")),
        ("a status table", format!("/rooms/{busy}/status")),
        ("a room's calendar", format!("/rooms/{busy}/calendar?month={}", &day[..7])),
        ("older messages", format!("/rooms/{busy}/messages?before=1000")),
    ] {
        let mut times = Vec::new();
        for _ in 0..15 {
            let page = client.get(&path)?;
            if page.status != 200 {
                return Err(format!("{path} answers {}", page.status).into());
            }
            times.push(page.ms);
        }
        let first = times[0];
        println!(
            "{name:34}{first:>9.1}{:>9.1}{:>9.1}",
            percentile(&times, 50),
            percentile(&times, 100)
        );
    }
    Ok(())
}

/// What a wiki of ten thousand pages costs whoever reads in it. The yardstick is what anybody would ask
/// of the same file for the same screen, without rights and without a page around it.
fn wiki(corpus: &Corpus, server: &Process) -> Outcome {
    let connection = read_only(corpus)?;
    let (beside, below): (i64, i64) = connection.query_row(
        "select min(page.id), (select max(id) from page below
                               where below.space = space.id and below.kind = 'page'
                                 and parent is not null)
         from space join page on page.space = space.id where space.key = 'MANY'",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let tree = "select id, title from page
        where space = (select space from page where id = ?1) and kind = 'page' order by title_key";
    let changes = "select page, version, title, changed_at from page_version
        where page >= ?1 order by changed_at desc limit 50";
    println!(
        "\n{:44}{:>9}{:>9}{:>9}   plain SQL:{:>9}{:>9}   (goal 100)",
        "10,000 pages, by who sees", "first", "p50", "most", "p50", "ratio"
    );
    for (viewer, of) in [VIEWERS[0], VIEWERS[3]] {
        let mut client = Client::log_in(server.address, viewer, PASSWORD)?;
        for (name, path, sql, of_page) in [
            ("a page beside 5,000", format!("/pages/{beside}"), tree, beside),
            ("a page below another", format!("/pages/{below}"), tree, below),
            ("to edit it", format!("/pages/{below}/edit"), tree, below),
            ("a new page below it", format!("/pages/new?parent={below}"), tree, below),
            ("its history", format!("/pages/{below}/history"), changes, below),
            ("recent changes", "/changes".to_owned(), changes, 0),
            ("of its space", "/changes?space=MANY".to_owned(), changes, 0),
        ] {
            let (mut ours, mut theirs) = (Vec::new(), Vec::new());
            for _ in 0..15 {
                let page = client.get(&path)?;
                // To who sees one page the others are not there, which takes its time too.
                let hidden = viewer != VIEWERS[0].0 && page.status == 404;
                if page.status != 200 && !hidden {
                    return Err(format!("{path} answers {}", page.status).into());
                }
                ours.push(page.ms);
                let begun = Instant::now();
                let mut statement = connection.prepare_cached(sql)?;
                let mut rows = statement.query([of_page])?;
                while let Some(row) = rows.next()? {
                    std::hint::black_box(row.get_ref(1)?);
                }
                theirs.push(begun.elapsed().as_secs_f64() * 1e3);
            }
            let (first, p50) = (ours[0], percentile(&ours, 50));
            let plain = percentile(&theirs, 50);
            println!(
                "{:44}{first:>9.1}{p50:>9.1}{:>9.1}{:>21.2}{:>8.1}x",
                format!("{of}: {name}"),
                percentile(&ours, 100),
                plain,
                p50 / plain
            );
        }
    }
    Ok(())
}

fn search(corpus: &Corpus, words: &Words, server: &Process, n: usize) -> Outcome {
    let yardstick = Yardstick::open(corpus)?;
    let kinds = questions::make(&yardstick.connection, words, n)?;
    let huge = corpus.n_messages > 1_000_000;
    let goal = if huge { "60 (15)" } else { "15 (5)" };
    println!(
        "\n{:34}{:>9}{:>9}{:>9}   plain FTS5 with a join:{:>9}{:>9}   goal, p99, ms; the slowest",
        "search", "p50", "p99", "most", "p50", "p99"
    );
    let mut n_cut = 0;
    for (sort, goal) in [("newest", goal), ("best", "300")] {
        for (viewer, of) in VIEWERS {
            yardstick.let_in(viewer)?;
            for kind in &kinds {
                warm(corpus)?;
                // A connection that is quiet for as long as the yardstick takes is ended.
                let mut client = Client::log_in(server.address, viewer, PASSWORD)?;
                let (mut ours, mut theirs) = (Vec::new(), Vec::new());
                let mut slowest = (0.0, "");
                for question in &kind.questions {
                    let typed = percent_encoding::utf8_percent_encode(
                        &question.typed,
                        percent_encoding::NON_ALPHANUMERIC,
                    );
                    let page = client.get(&format!("/search?q={typed}&sort={sort}"))?;
                    if page.status != 200 {
                        return Err(format!("{} answers {}", question.typed, page.status).into());
                    }
                    n_cut += usize::from(page.body.contains("role=\"alert\""));
                    ours.push(page.ms);
                    if page.ms > slowest.0 {
                        slowest = (page.ms, question.typed.trim());
                    }
                }
                // Not in turns: whatever is done right after seconds of sorting takes 0.4 s here.
                for question in kind.questions.iter().step_by(ONE_IN) {
                    theirs.push(yardstick.ask(&question.expression, sort)?);
                }
                println!(
                    "{:34}{:>9.2}{:>9.2}{:>9.2}{:>35.2}{:>9.2}   {goal:9}{}",
                    format!("{sort}, {of}, {}", kind.name),
                    percentile(&ours, 50),
                    percentile(&ours, 99),
                    percentile(&ours, 100),
                    percentile(&theirs, 50),
                    percentile(&theirs, 99),
                    slowest.1,
                );
            }
        }
    }
    println!("{n_cut} searches were cut short");
    Ok(())
}

/// Reads the file, so that it is in the page cache: some systems put out what nobody has read for a
/// while, and the yardstick takes its time.
fn warm(corpus: &Corpus) -> Outcome {
    let mut file = std::fs::File::open(corpus.file())?;
    let mut piece = vec![0; 8 << 20];
    while file.read(&mut piece)? > 0 {}
    Ok(())
}

/// FTS5 as everybody would use it, on the same index.
struct Yardstick {
    connection: Connection,
    since: Instant,
    deadline: Arc<AtomicU64>,
}

impl Yardstick {
    fn open(corpus: &Corpus) -> Outcome<Self> {
        let connection = read_only(corpus)?;
        connection.execute_batch(
            "pragma cache_size = -16384; pragma temp_store = memory;
             create temp table may (room integer primary key);",
        )?;
        let (since, deadline) = (Instant::now(), Arc::new(AtomicU64::new(u64::MAX)));
        let limit = Arc::clone(&deadline);
        let is_over = move || since.elapsed().as_millis() > limit.load(Ordering::Relaxed).into();
        connection.progress_handler(10_000, Some(is_over))?;
        Ok(Self { connection, since, deadline })
    }

    fn let_in(&self, name: &str) -> Outcome {
        self.deadline.store(u64::MAX, Ordering::Relaxed);
        self.connection.execute_batch("delete from may")?;
        self.connection.execute(
            "insert into may select room.id from room join page on page.id = room.id
               join space_permission held on held.space = page.space and held.operation = 'view'
               join account on account.id = held.subject where account.name = ?1",
            [name],
        )?;
        Ok(())
    }

    /// Milliseconds.
    fn ask(&self, expression: &str, sort: &str) -> Outcome<f64> {
        let sql = if sort == "best" {
            "select message.id, message.html from message_index
               join message on message.id = message_index.rowid join may on may.room = message.room
             where message_index match ?1 order by rank limit 20"
        } else {
            "select message.id, message.html from message_index
               join message on message.id = message_index.rowid join may on may.room = message.room
             where message_index match ?1 order by message_index.rowid desc limit 20"
        };
        let begun = Instant::now();
        let deadline = u64::try_from((self.since.elapsed() + GIVEN_UP).as_millis())?;
        self.deadline.store(deadline, Ordering::Relaxed);
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query([expression])?;
        // Given up is what it took until then.
        while let Ok(Some(row)) = rows.next() {
            std::hint::black_box(row.get_ref(1)?);
        }
        Ok(begun.elapsed().as_secs_f64() * 1e3)
    }
}

/// The value that `percent` of a hundred are not above.
fn percentile(values: &[f64], percent: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1);
    sorted.get((last * percent + 50) / 100).copied().unwrap_or(0.0)
}
