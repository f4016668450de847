//! A file of very many messages, as the program itself would have made it in some years: its
//! schema and triggers, its markup, its preparation of text. `backchannel check` calls it whole.
//!
//! Rows are written straight into the file, as one connection that does not sync: by the front
//! door ten million messages would take hours.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use backchannel::draft::{self, Kind};
use backchannel::id::{AccountId, RoomId};
use backchannel::markup::{self, Mode, Unresolved};
use backchannel::{folding, indexed};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rusqlite::Connection;

use crate::Outcome;
use crate::child::command;
use crate::words::{Words, as_float};

/// What everything here is made from; with another, another file.
pub const SEED: u64 = 11;
/// Rises when what is made changes, so that a kept file is made anew.
const MADE: u32 = 2;
const N_ROOMS: usize = 10_000;
const N_AUTHORS: u64 = 400;
/// The days over which it was said: about three years.
const N_DAYS: i64 = 1000;
/// Said in one go, in one room, on average.
const SESSION: i64 = 20;
/// 2023-06-01, midnight.
const FIRST_DAY: i64 = 1_685_577_600;
const DAY: i64 = 86_400;
/// Messages in one transaction.
const AT_ONCE: usize = 50_000;
pub const PASSWORD: &str = "correct horse bench staple";

/// Who searches, and what of it all they may see.
pub const VIEWERS: [(&str, &str); 4] = [
    ("all", "all rooms"),
    ("hundred", "100 rooms"),
    ("busy", "1 busy room"),
    ("small", "1 small room"),
];

/// A file that was made.
pub struct Corpus {
    pub folder: PathBuf,
    pub n_messages: usize,
    /// Bytes of what was said.
    pub n_text: f64,
    /// How long it took to make; `None`: it was there.
    pub seconds: Option<f64>,
    /// A room of each kind: the busiest, a small one.
    pub busy: i64,
}

impl Corpus {
    pub fn file(&self) -> PathBuf {
        self.folder.join("backchannel.db")
    }
}

/// Opens the corpus of `n_messages` below `place`, made if it is not there.
pub fn open(place: &Path, n_messages: usize, words: &Words) -> Outcome<Corpus> {
    let schema = include_bytes!("../../schema.sql");
    let print = schema.iter().fold(0_u32, |sum, byte| sum.wrapping_mul(31) + u32::from(*byte));
    let folder = place.join(format!("scale-{n_messages}-{MADE}-{SEED}-{print:08x}"));
    let done = folder.join("made");
    let seconds = if done.exists() {
        None
    } else {
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder)?;
        let begun = Instant::now();
        make(&folder, n_messages, words)?;
        std::fs::write(&done, "")?;
        Some(begun.elapsed().as_secs_f64())
    };
    let connection = Connection::open(folder.join("backchannel.db"))?;
    let busy =
        connection
            .query_row("select id from room order by seq desc limit 1", [], |row| row.get(0))?;
    let n_text: i64 = connection.query_row(
        "select sum(length(body)) from (select body from message limit 100000)",
        [],
        |row| row.get(0),
    )?;
    let part = n_messages.min(100_000);
    #[expect(clippy::cast_precision_loss, reason = "a count of bytes")]
    let n_text = n_text as f64 / as_float(part) * as_float(n_messages);
    Ok(Corpus { folder, n_messages, n_text, seconds, busy })
}

fn make(folder: &Path, n_messages: usize, words: &Words) -> Outcome {
    let data = folder.join("backchannel.db");
    for (name, _) in VIEWERS {
        command(&data, &["account", "add", name, "--password-stdin"], PASSWORD)?;
    }
    // What a viewer sees is what spaces let them: most rooms, 98, one, one.
    for (key, view) in [
        ("MANY", "all"),
        ("SOME", "all,hundred"),
        ("BUSY", "all,hundred,busy"),
        ("SMALL", "all,hundred,small"),
    ] {
        command(&data, &["space", "add", key, "--name", key, "--view", view], "")?;
    }
    let mut connection = Connection::open(&data)?;
    connection.execute_batch(
        "pragma journal_mode = off; pragma synchronous = off; pragma cache_size = -1500000;
         pragma temp_store = memory; pragma foreign_keys = off;",
    )?;
    let mut rooms = make_rooms(&mut connection)?;
    fill(&mut connection, &mut rooms, n_messages, words)?;
    connection.execute_batch("pragma journal_mode = wal;")?;
    Ok(())
}

/// A room while it is filled.
struct Room {
    id: i64,
    space: i64,
    name: String,
    seq: i64,
    /// The last message: author, when, the day.
    last: (i64, i64, i64),
    participants: HashMap<i64, (i64, i64)>,
}

fn make_rooms(connection: &mut Connection) -> Outcome<Vec<Room>> {
    let tx = connection.transaction()?;
    for n in 0..N_AUTHORS {
        tx.execute(
            "insert into account (name, name_key, display, created_at) values (?1, ?1, ?2, ?3)",
            (format!("author{n}"), format!("Author {n}"), FIRST_DAY * 1000),
        )?;
    }
    let space = |key: &str| -> Outcome<i64> {
        Ok(tx.query_row("select id from space where key = ?1", [key], |row| row.get(0))?)
    };
    let (many, some, busy, small) =
        (space("MANY")?, space("SOME")?, space("BUSY")?, space("SMALL")?);
    let mut rooms: Vec<Room> = Vec::with_capacity(N_ROOMS);
    for n in 0..N_ROOMS {
        // The hundred are of every size; room 0 is the busiest.
        let space = match n {
            0 => busy,
            7_000 => small,
            n if n % 102 == 1 => some,
            _ => many,
        };
        let name = format!("Room {n}");
        let (body, at) = ("{chat}", FIRST_DAY * 1000);
        // Half of them beside each other, the other half in heaps of a hundred.
        let above = rooms.get(n - n % 100).filter(|above| n > N_ROOMS / 2 && above.space == space);
        let above = above.map(|above| above.id);
        let search = indexed::of_page(&name, body);
        let id: i64 = tx
            .prepare_cached(
                "insert into page (space, title, title_key, body, search, created_at, changed_at,
                                   parent)
             values (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7) returning id",
            )?
            .query_row((space, &name, folding::fold(&name), body, search, at, above), |row| {
                row.get(0)
            })?;
        tx.prepare_cached(
            "insert into page_version (page, version, title, body, changed_at)
             values (?1, 1, ?2, ?3, ?4)",
        )?
        .execute((id, &name, body, at))?;
        tx.prepare_cached(
            "insert into room (id, name, zone, opened_at) values (?1, ?2, 'UTC', ?3)",
        )?
        .execute((id, &name, at))?;
        let participants = HashMap::new();
        rooms.push(Room { id, space, name, seq: 0, last: (0, 0, -1), participants });
    }
    tx.commit()?;
    Ok(rooms)
}

/// Something that is going to be said: when, in which room, by whom.
type Planned = (i64, usize, i64);

fn fill(
    connection: &mut Connection,
    rooms: &mut [Room],
    n_messages: usize,
    words: &Words,
) -> Outcome {
    let mut dice = StdRng::seed_from_u64(SEED);
    // The n-th room has as much said in it as 1/(n + 5).
    let mut sum = 0.0;
    let sums: Vec<f64> = (0..rooms.len())
        .map(|n| {
            sum += 1.0 / (as_float(n) + 5.0);
            sum
        })
        .collect();
    let first_author: i64 =
        connection
            .query_row("select id from account where name = 'author0'", [], |row| row.get(0))?;
    let mut last_id = 0;
    let (mut n_said, mut bar) = (0, 0);
    let mut tx = connection.transaction()?;
    for day in 0..N_DAYS {
        let until = n_messages * usize::try_from(day + 1)? / usize::try_from(N_DAYS)?;
        let mut planned: Vec<Planned> = Vec::new();
        while planned.len() < until - n_said {
            let at = dice.random_range(0.0..sum);
            let room = sums.partition_point(|sum| *sum < at).min(rooms.len() - 1);
            let (mut second, n) =
                (dice.random_range(0..DAY - 3600), dice.random_range(1..2 * SESSION));
            let circle = i64::try_from(room)? * 7;
            for _ in 0..n {
                second = (second + dice.random_range(1..90)).min(DAY - 1);
                let author =
                    first_author + (circle + dice.random_range(0..8)) % i64::try_from(N_AUTHORS)?;
                planned.push((FIRST_DAY + day * DAY + second, room, author));
            }
        }
        planned.truncate(until - n_said);
        planned.sort_unstable();
        for (second, room, author) in planned {
            let Some(room) = rooms.get_mut(room) else { continue };
            last_id = (second << 12).max(last_id + 1);
            let body = words.say(&mut dice);
            say(&tx, room, last_id, (second, author), first_author, day, &body, dice.random())?;
            n_said += 1;
            if n_said % AT_ONCE == 0 {
                index_and_commit(tx)?;
                tx = connection.transaction()?;
                if n_said * 20 / n_messages > bar {
                    bar = n_said * 20 / n_messages;
                    eprintln!("{n_said} of {n_messages} messages are made");
                }
            }
        }
    }
    for room in rooms {
        tx.prepare_cached("update room set seq = ?2 where id = ?1")?
            .execute((room.id, room.seq))?;
        for (account, (n, at)) in &room.participants {
            tx.prepare_cached("insert into participant (room, account, n_messages, last_at) values (?1, ?2, ?3, ?4)")?
                .execute((room.id, account, n, at))?;
        }
    }
    index_and_commit(tx)?;
    Ok(())
}

/// New messages are indexed in one go before a commit, as the program's writer does it.
fn index_and_commit(tx: rusqlite::Transaction<'_>) -> Outcome {
    tx.execute("delete from local_unindexed", [])?;
    tx.execute("update copy set grammar = ?1", [markup::GRAMMAR_VERSION])?;
    Ok(tx.commit()?)
}

#[expect(clippy::too_many_arguments, reason = "the columns of one row")]
fn say(
    connection: &Connection,
    room: &mut Room,
    id: i64,
    (second, author): (i64, i64),
    first_author: i64,
    day: i64,
    body: &str,
    draft_of: [u8; 16],
) -> Outcome {
    let at = second * 1000 + 500;
    let date =
        jiff::Timestamp::from_second(second)?.to_zoned(jiff::tz::TimeZone::UTC).date().to_string();
    let (last_author, last_at, last_day) = room.last;
    let opens_day = last_day != day;
    let continues = !opens_day && last_author == author && at - last_at <= 300_000;
    room.last = (author, at, day);
    room.seq += 1;
    if opens_day {
        let title = format!("{} - {date}", room.name);
        let page: i64 = connection
            .prepare_cached(
                "insert into page (space, parent, kind, title, title_key, created_at, changed_at)
             values (?1, ?2, 'transcript', ?3, ?4, ?5, ?5) returning id",
            )?
            .query_row((room.space, room.id, &title, folding::fold(&title), at), |row| {
                row.get(0)
            })?;
        connection
            .prepare_cached("insert into transcript (room, day, page) values (?1, ?2, ?3)")?
            .execute((room.id, &date, page))?;
    }
    let document = markup::parse(body, Mode::Chat);
    let (plain, html) = (markup::to_plain_text(&document), markup::render(&document, &Unresolved));
    let author_name = format!("author{}", author - first_author);
    let marks =
        draft::marks(RoomId(room.id), Some(AccountId(author)), &author_name, Kind::Said, body);
    connection
        .prepare_cached(
            "insert into message (id, room, mid, seq, position, author, author_name, at, day,
                              offset_minutes, opens_day, continues, body, grammar, html, line,
                              search, marks, draft)
         values (?1, ?2, ?3, ?3, ?3, ?4, ?5, ?6, ?7, 0, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
        )?
        .execute(rusqlite::params![
            id,
            room.id,
            room.seq,
            author,
            author_name,
            at,
            date,
            opens_day,
            continues,
            body,
            markup::GRAMMAR_VERSION,
            html.as_str(),
            plain.trim(),
            folding::fold(&plain),
            marks,
            draft_of,
        ])?;
    let (n, last) = room.participants.entry(author).or_default();
    *n += 1;
    *last = at;
    Ok(())
}
