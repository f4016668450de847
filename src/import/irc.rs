//! Reads IRC channel logs: `[HH:MM] <nick> text`, `* nick does something`, `=== ...`.
//!
//! **Invariant:** pure: text in, lines and complaints out. Never stops at a bad line.

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime};

use crate::draft::Kind;

/// A line that somebody said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Counts from 1.
    pub number: usize,
    /// By the channel's own clock, made to run forward over noon and midnight.
    pub at: DateTime,
    /// As in the log.
    pub nick: String,
    /// As in the log.
    pub text: String,
    /// `* nick waves` is an action.
    pub kind: Kind,
}

/// A line that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// Counts from 1.
    pub number: usize,
    /// What is wrong with it.
    pub why: &'static str,
}

/// What is wrong with a line whose time is none.
pub(super) const BEYOND: &str = "its day is beyond the calendar";

/// A log that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Log {
    /// In the order of the file.
    pub lines: Vec<Line>,
    /// In the order of the file.
    pub malformed: Vec<Complaint>,
    /// Lines that nobody said: `===`, blank ones, a nick without a text.
    pub n_skipped: usize,
}

/// A step back of the clock by about this much is a dial of 12 hours, or midnight.
const HALF_DAY: i64 = 12 * 60;
const DAY: i64 = 24 * 60;
/// How far from it a step may be, in minutes: a silence, a clock set right.
const ABOUT: i64 = 90;

/// The day in a log's file name: the first ten characters, `2004-11-15`.
pub fn day_of(file_name: &str) -> Option<Date> {
    file_name.get(..10)?.parse().ok()
}

/// Bytes as text, line by line: what is not UTF-8 was Latin-1.
pub fn decode(bytes: &[u8]) -> String {
    bytes
        .split_inclusive(|byte| *byte == b'\n')
        .map(|line| match std::str::from_utf8(line) {
            Ok(line) => line.to_owned(),
            Err(_) => line.iter().map(|byte| char::from(*byte)).collect(),
        })
        .collect()
}

/// Reads a log that began on `day`.
pub fn read(day: Date, text: &str) -> Log {
    let mut log = Log::default();
    let mut clock = Dial::default();
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        match parse(line.trim_end()) {
            Parsed::Nothing => log.n_skipped += 1,
            Parsed::Malformed(why) => log.malformed.push(Complaint { number, why }),
            Parsed::Said { time, nick, text, kind } => {
                let minutes = time.map_or(clock.now, |time| clock.follow(time));
                let at = day.at(0, 0, 0, 0).checked_add(SignedDuration::from_mins(minutes));
                let Ok(at) = at else {
                    log.malformed.push(Complaint { number, why: BEYOND });
                    continue;
                };
                log.lines.push(Line { number, at, nick: nick.into(), text: text.into(), kind });
            }
        }
    }
    log
}

/// A clock on a wall, followed past noon and midnight.
#[derive(Default)]
struct Dial {
    /// Minutes since the log's first midnight.
    now: i64,
    /// What the dial shows too little by.
    ahead: i64,
    begun: bool,
}

impl Dial {
    fn follow(&mut self, shown: i64) -> i64 {
        let back = self.now - (shown + self.ahead);
        if self.begun && (back - HALF_DAY).abs() <= ABOUT {
            self.ahead += HALF_DAY;
        } else if self.begun && back > HALF_DAY + ABOUT {
            // About a day: from 23:59 to 00:00 it is one minute less than that.
            self.ahead += DAY;
        }
        self.begun = true;
        self.now = shown + self.ahead;
        self.now
    }
}

enum Parsed<'a> {
    Nothing,
    Malformed(&'static str),
    Said { time: Option<i64>, nick: &'a str, text: &'a str, kind: Kind },
}

fn parse(line: &str) -> Parsed<'_> {
    if line.trim().is_empty() || line.starts_with("===") {
        return Parsed::Nothing;
    }
    let (time, rest) = match line.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((time, rest)) => match minutes(time) {
            Some(time) => (Some(time), rest.trim_start()),
            None => return Parsed::Malformed("the time is not [HH:MM]"),
        },
        None => (None, line.trim_start()),
    };
    if rest.starts_with("===") {
        return Parsed::Nothing;
    }
    if let Some(action) = rest.strip_prefix("* ") {
        let (nick, text) = action.trim_start().split_once(' ').unwrap_or((action.trim(), ""));
        return said(time, nick, text, Kind::Action);
    }
    match (time, rest.strip_prefix('<').and_then(|rest| rest.split_once('>'))) {
        (Some(_), Some((nick, text))) => said(time, nick, text, Kind::Said),
        (None, Some(_)) => Parsed::Malformed("there is no time before the name"),
        (_, None) => Parsed::Malformed("there is no <name>"),
    }
}

fn said<'a>(time: Option<i64>, nick: &'a str, text: &'a str, kind: Kind) -> Parsed<'a> {
    let (nick, text) = (nick.trim(), text.strip_prefix(' ').unwrap_or(text));
    if nick.is_empty() {
        return Parsed::Malformed("the name is empty");
    }
    if text.trim().is_empty() {
        return Parsed::Nothing;
    }
    Parsed::Said { time, nick, text, kind }
}

fn minutes(time: &str) -> Option<i64> {
    let (hour, minute) = time.split_once(':')?;
    let digits = |part: &str| {
        (part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| part.parse::<i64>().ok())
            .flatten()
    };
    let (hour, minute) = (digits(hour)?, digits(minute)?);
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn times(text: &str) -> Vec<String> {
        read(date(2004, 11, 15), text)
            .lines
            .iter()
            .map(|line| line.at.strftime("%d %H:%M").to_string())
            .collect()
    }

    #[test]
    fn a_clock_that_steps_back_by_half_a_day_was_on_a_dial_of_twelve_hours() {
        assert_eq!(
            times(
                "[12:59] <a> x\n[01:00] <a> x\n[11:59] <a> x\n[12:01] <a> x\n[12:58] <a> x\n[01:01] <a> x"
            ),
            ["15 12:59", "15 13:00", "15 23:59", "16 00:01", "16 00:58", "16 01:01"]
        );
    }

    #[test]
    fn a_clock_that_steps_back_by_a_day_crossed_midnight() {
        assert_eq!(
            times("[23:58] <a> x\n[00:02] <a> x\n[23:59] <a> x\n[00:00] <a> x"),
            ["15 23:58", "16 00:02", "16 23:59", "17 00:00"]
        );
    }

    #[test]
    fn what_was_said_after_the_last_day_there_is_gets_a_complaint() {
        let log = read(date(9999, 12, 31), "[23:59] <a> x\n[00:00] <a> y");
        let complained: Vec<usize> = log.malformed.iter().map(|about| about.number).collect();
        assert_eq!((log.lines.len(), complained), (1, vec![2]));
    }

    #[test]
    fn a_small_step_back_is_a_clock_set_right() {
        assert_eq!(times("[10:05] <a> x\n[10:03] <a> x"), ["15 10:05", "15 10:03"]);
    }

    #[test]
    fn says_actions_and_lines_that_nobody_said_are_told_apart() {
        let log = read(
            date(2004, 11, 15),
            "=== a joined\n[10:00] <a> hi <b>\n[10:01]  * a waves\n* b waves back\n[10:02] <c>\nnonsense\n[9:1] <a> x\n\n",
        );
        let said: Vec<_> = log
            .lines
            .iter()
            .map(|line| (line.number, line.nick.as_str(), line.text.as_str(), line.kind))
            .collect();
        assert_eq!(
            said,
            [
                (2, "a", "hi <b>", Kind::Said),
                (3, "a", "waves", Kind::Action),
                (4, "b", "waves back", Kind::Action),
            ]
        );
        let numbers: Vec<_> = log.malformed.iter().map(|complaint| complaint.number).collect();
        assert_eq!(numbers, [6, 7]);
        assert_eq!(log.n_skipped, 3);
    }

    #[test]
    fn what_is_not_utf_8_was_latin_1() {
        assert_eq!(decode(b"caf\xe9\ncaf\xc3\xa9\n"), "caf\u{e9}\ncaf\u{e9}\n");
    }
}
