//! Import: reads what is to come in, and hands it over some at a time, under a bar that grows.

use std::fmt::Display;
use std::fs::File;
use std::io::{BufReader, Cursor, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use backchannel::admin::{self, Command, Hand};
use backchannel::error::{Error, Result};
use backchannel::id::RoomId;
use backchannel::import::lines::{Item, Lines, in_page};
use backchannel::import::records::{Entry, Into};
use backchannel::import::{Report, irc, slack};
use indicatif::{ProgressBar, ProgressStyle};
use serde::de::DeserializeOwned;

use crate::arguments::{Data, ImportWanted, IntoWanted};

/// Messages that are handed over at once, and bytes of them with their files.
const MESSAGES_AT_ONCE: usize = 2000;
const BYTES_AT_ONCE: usize = 8 << 20;

pub async fn run(data: &Data, wanted: ImportWanted) -> Result<ExitCode> {
    let mut hand = Hand::new(data.config()?);
    let code = match wanted {
        ImportWanted::Irc { room, zone, files } => logs(&mut hand, room, &zone, &files).await,
        ImportWanted::Jsonl { into, files } => jsonl(&mut hand, into, &files).await,
        ImportWanted::Slack { into, channel, file } => {
            archive(&mut hand, into, channel.as_deref(), &file).await
        }
    };
    hand.close().await;
    code
}

/// Shown on a terminal only; indicatif sees to that.
fn bar(length: u64, what: &str) -> Result<ProgressBar> {
    let template = format!("{{bar:40}} {what}, {{eta}} left {{msg}}");
    let style = ProgressStyle::with_template(&template).map_err(Error::broken)?;
    Ok(ProgressBar::new(length).with_style(style))
}

fn read<T: DeserializeOwned>(reply: &str) -> Result<T, String> {
    serde_json::from_str(reply).map_err(|error| error.to_string())
}

/// Imports file after file; one that is refused does not keep the others out.
async fn logs(hand: &mut Hand, room: RoomId, zone: &str, files: &[PathBuf]) -> Result<ExitCode> {
    let mut code = ExitCode::SUCCESS;
    let bar = bar(files.len() as u64, "{pos}/{len} files")?;
    for file in files {
        let file_name = name(file);
        let reply = match std::fs::read(file) {
            Ok(bytes) => {
                let text = irc::decode(&bytes);
                let zone = zone.to_owned();
                hand.carry_out(Command::ImportIrc { room, zone, file_name, text }).await
            }
            Err(error) => Err(format!("{}: {error}", file.display())),
        };
        let report = reply.and_then(|reply| read::<Report>(&reply));
        if report.as_ref().is_ok_and(Report::has_read_nothing) || report.is_err() {
            code = ExitCode::FAILURE;
        }
        bar.suspend(|| super::print(report.map(|report| admin::told_of_log(&name(file), &report))));
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(code)
}

async fn jsonl(hand: &mut Hand, into: IntoWanted, files: &[PathBuf]) -> Result<ExitCode> {
    let mut length = 0;
    let mut sources = Vec::new();
    for file in files {
        match source(file) {
            Ok((day, size)) => {
                length += size;
                sources.push((day, file));
            }
            Err(why) => return Ok(super::print(Err(why))),
        }
    }
    // Pages of days may come in any order.
    sources.sort_by(|a, b| a.0.cmp(&b.0));
    let bar = bar(length, "{bytes}/{total_bytes}")?;
    let mut coming = Coming::new(hand, into);
    let ended = take_lines(&mut coming, &sources, &bar).await;
    // What was read before an error comes in all the same.
    let ended = ended.and(coming.hand_over().await);
    bar.finish_and_clear();
    Ok(coming.tell(ended))
}

/// `sources`: the files in their order, each with whatever it was put there by.
async fn take_lines(
    coming: &mut Coming<'_>,
    sources: &[(String, &PathBuf)],
    bar: &ProgressBar,
) -> Result<(), String> {
    let mut before = 0;
    for (_, file) in sources {
        let mut lines = Lines::new(open(file).map_err(|error| told(file, &error))?, &name(file));
        while let Some(item) = lines.next() {
            coming.take(item.map_err(|error| told(file, &error))?).await?;
            bar.set_position(before + lines.n_bytes());
        }
        before += lines.n_bytes();
    }
    Ok(())
}

async fn archive(
    hand: &mut Hand,
    into: IntoWanted,
    channel: Option<&str>,
    file: &Path,
) -> Result<ExitCode> {
    let mut export = slack::Export::open(BufReader::new(File::open(file)?), channel)?;
    let bar = bar(export.progress().1 as u64, "{pos}/{len} days")?;
    let mut coming = Coming::new(hand, into);
    let mut ended = Ok(());
    while let Some(item) = export.next() {
        ended = coming.take(item).await;
        bar.set_position(export.progress().0 as u64);
        if ended.is_err() {
            break;
        }
    }
    let ended = ended.and(coming.hand_over().await);
    bar.finish_and_clear();
    Ok(coming.tell(ended))
}

/// What has been read and not been handed over.
struct Coming<'a> {
    hand: &'a mut Hand,
    into: IntoWanted,
    room: Option<RoomId>,
    key: String,
    /// Rooms of one source cannot all go into one room.
    one_room: bool,
    entries: Vec<Entry>,
    n_bytes: usize,
    report: Report,
    /// People's notes on a day were among it.
    has_notes: bool,
    /// What else there is to say: a line each.
    told: String,
}

impl<'a> Coming<'a> {
    fn new(hand: &'a mut Hand, into: IntoWanted) -> Self {
        let one_room = into.room.is_some();
        let (key, entries, report, has_notes, told) = Default::default();
        Self { hand, into, room: None, key, one_room, entries, n_bytes: 0, report, has_notes, told }
    }

    async fn take(&mut self, item: Item) -> Result<(), String> {
        match item {
            Item::Skipped => self.report.n_skipped += 1,
            Item::Malformed(place, why) => self.report.malformed.push((place, why)),
            Item::Room(head) if self.room.is_some() && head.key == self.key => {}
            Item::Room(head) => {
                if self.one_room && self.room.is_some() {
                    return Err(
                        "There are several rooms in it: choose --space, or one of them.".into()
                    );
                }
                self.hand_over().await?;
                self.key.clone_from(&head.key);
                let into = match (self.into.room, &self.into.space) {
                    (Some(room), _) => Into::Room(room),
                    (None, space) => Into::Space(space.clone().unwrap_or_default()),
                };
                let told = self.hand.carry_out(Command::ImportRoom { into, head }).await?;
                let (room, told) = told.split_once('\n').unwrap_or((&told, ""));
                self.room = room.trim().parse().ok();
                self.told.push_str(told);
            }
            Item::Notes(notes) => {
                // After what came before it: the first message of a room makes its days.
                self.hand_over().await?;
                self.has_notes = true;
                if let Some(room) = self.room {
                    self.told += &self.hand.carry_out(Command::ImportNotes { room, notes }).await?;
                }
            }
            Item::Message(entry) => {
                self.n_bytes += entry.record.body.len();
                self.n_bytes += entry.files.iter().map(|file| file.base64.len()).sum::<usize>();
                self.entries.push(*entry);
                if self.entries.len() >= MESSAGES_AT_ONCE || self.n_bytes >= BYTES_AT_ONCE {
                    self.hand_over().await?;
                }
            }
        }
        Ok(())
    }

    async fn hand_over(&mut self) -> Result<(), String> {
        let entries = std::mem::take(&mut self.entries);
        self.n_bytes = 0;
        let Some(room) = self.room.filter(|_| !entries.is_empty()) else { return Ok(()) };
        let told = self.hand.carry_out(Command::ImportRecords { room, entries }).await?;
        let Report { n_added, n_known, n_skipped, n_expired, malformed } = read(&told)?;
        self.report.n_added += n_added;
        self.report.n_known += n_known;
        self.report.n_skipped += n_skipped;
        self.report.n_expired += n_expired;
        self.report.malformed.extend(malformed);
        Ok(())
    }

    /// Says what came of it; it may have been ended by an error, but what came in before is there.
    fn tell(self, ended: Result<(), String>) -> ExitCode {
        let nothing_read = self.report.has_read_nothing() && !self.has_notes;
        let Report { n_added, n_known, n_skipped, n_expired, malformed } = self.report;
        for (place, why) in &malformed {
            eprintln!("{place}: {why}");
        }
        let told = format!(
            "{}{n_added} messages imported, {n_known} known already, {n_skipped} skipped, {} malformed{}\n",
            self.told,
            malformed.len(),
            admin::told_of_expired(n_expired)
        );
        super::print(Ok(told));
        match ended {
            Err(why) => super::print(Err(why)),
            // However well it is told, that is no success.
            Ok(()) if nothing_read => ExitCode::FAILURE,
            Ok(()) => ExitCode::SUCCESS,
        }
    }
}

fn told(file: &Path, error: &dyn Display) -> String {
    format!("{}: {error}", file.display())
}

fn name(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn is_page(file: &Path) -> bool {
    let end = file.extension().and_then(|end| end.to_str()).unwrap_or_default();
    end.eq_ignore_ascii_case("html") || end.eq_ignore_ascii_case("htm")
}

/// The lines of a file.
fn open(file: &Path) -> Result<BufReader<Box<dyn Read>>> {
    let bytes: Box<dyn Read> = if is_page(file) {
        let page = std::fs::read(file)?;
        let lines = in_page(&String::from_utf8_lossy(&page)).unwrap_or_default();
        Box::new(Cursor::new(lines.into_bytes()))
    } else {
        Box::new(File::open(file)?)
    };
    Ok(BufReader::new(bytes))
}

/// The first day and place in a file, to be sorted by, and how many bytes its lines have.
fn source(file: &Path) -> Result<(String, u64), String> {
    let told = |error: &dyn Display| told(file, error);
    if !is_page(file) {
        let about = std::fs::metadata(file).map_err(|error| told(&error))?;
        return Ok((String::new(), about.len()));
    }
    let page = std::fs::read(file).map_err(|error| told(&error))?;
    let lines = in_page(&String::from_utf8_lossy(&page))
        .ok_or_else(|| told(&"there is no record in this page; is it the page of a day?"))?;
    let first = Lines::new(lines.as_bytes(), "").find_map(|item| match item {
        Ok(Item::Message(entry)) => Some(entry.record.at.to_string()),
        _ => None,
    });
    Ok((first.unwrap_or_default(), lines.len() as u64))
}
