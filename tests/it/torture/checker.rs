//! Reads a history as those outside know it (what was acknowledged, what each reader saw, what
//! is stored in the end) and says what is wrong with it.
//!
//! Each body is written once. A log that only grows needs no search for an order that would
//! explain it, as a general checker does: its ids are the order.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

/// A message as somebody saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub mid: i64,
    pub body: String,
}

/// What its writer knows of a message in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The server said that it has it, under this id.
    Acknowledged(i64),
    /// The server said that it has it not.
    Refused,
    /// Nobody answered: it may be there, once, or not.
    Unknown,
}

/// A message that somebody wrote.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Each has one message on its way at a time.
    pub writer: u64,
    pub room: i64,
    pub body: String,
    pub outcome: Outcome,
}

/// What one reader saw of a room, in the order of seeing.
#[derive(Clone, Debug)]
pub struct Log {
    pub reader: String,
    pub room: i64,
    /// The reader began after this message.
    pub after: i64,
    /// The reader was there to the end: nothing may be missing.
    pub whole: bool,
    pub seen: Vec<Seen>,
    /// The numbers of the changes that its streams brought, over all of them.
    pub changes: Vec<i64>,
}

/// Everything that is known.
#[derive(Default)]
pub struct History {
    /// Of each writer in the order of writing.
    pub sent: Vec<Sent>,
    pub logs: Vec<Log>,
    /// Each room as the server shows it in the end, from its first message on.
    pub stored: BTreeMap<i64, Vec<Seen>>,
}

/// What can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// Acknowledged, and not there.
    Lost,
    /// There, or seen, more than once.
    Doubled,
    /// Not in the order of ids, or not in its author's order.
    Reordered,
    /// Acknowledged under another id than it has.
    Moved,
    /// Refused, and there all the same.
    Kept,
    /// Shown to a reader, and not stored as it was shown.
    NotStored,
    /// Stored, and not shown to a reader who was there.
    Missed,
    /// In a room that it was not written in.
    Strayed,
    /// Nobody wrote it.
    Invented,
}

/// One thing that is wrong.
#[derive(Clone, PartialEq, Eq)]
pub struct Fault {
    pub wrong: Wrong,
    pub told: String,
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.wrong, self.told)
    }
}

/// How many faults of which kind, and the first of each.
pub fn told(faults: &[Fault]) -> String {
    let mut kinds: Vec<(Wrong, usize, &str)> = Vec::new();
    for Fault { wrong, told } in faults {
        match kinds.iter_mut().find(|(kind, ..)| kind == wrong) {
            Some((_, n, _)) => *n += 1,
            None => kinds.push((*wrong, 1, told)),
        }
    }
    let kinds = kinds.iter().map(|(wrong, n, first)| format!("{wrong:?} x {n} ({first})"));
    kinds.collect::<Vec<_>>().join(", ")
}

impl History {
    /// Everything that is wrong.
    pub fn check(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let sent: HashMap<&str, &Sent> =
            self.sent.iter().map(|sent| (sent.body.as_str(), sent)).collect();
        assert_eq!(sent.len(), self.sent.len(), "each body is written once");
        let mut found: HashMap<&str, i64> = HashMap::new();
        for (room, stored) in &self.stored {
            let mut say = |wrong, told| faults.push(Fault { wrong, told });
            let name = format!("room {room}");
            in_order(&name, stored, &mut say);
            self.authors_in_order(stored, &mut say);
            for Seen { mid, body } in stored {
                if let Some(other) = found.insert(body, *mid) {
                    say(Wrong::Doubled, format!("{body} is stored as {other} and as {mid}"));
                }
                match sent.get(body.as_str()) {
                    None => say(Wrong::Invented, format!("{name} has {body}, by nobody")),
                    Some(sent) => stands_as_sent(sent, *room, *mid, &mut say),
                }
            }
        }
        for Sent { body, outcome, .. } in &self.sent {
            if let Outcome::Acknowledged(mid) = outcome
                && !found.contains_key(body.as_str())
            {
                let told = format!("{body} was acknowledged as {mid}");
                faults.push(Fault { wrong: Wrong::Lost, told });
            }
        }
        for log in &self.logs {
            self.check_log(log, &sent, &mut |wrong, told| faults.push(Fault { wrong, told }));
        }
        faults
    }

    /// A writer's next message stands below its last.
    fn authors_in_order(&self, stored: &[Seen], say: &mut impl FnMut(Wrong, String)) {
        let turns: HashMap<&str, (u64, usize)> = (0..)
            .zip(&self.sent)
            .map(|(turn, sent)| (sent.body.as_str(), (sent.writer, turn)))
            .collect();
        let mut last: HashMap<u64, usize> = HashMap::new();
        for Seen { body, .. } in stored {
            let Some((writer, turn)) = turns.get(body.as_str()) else { continue };
            if last.insert(*writer, *turn).is_some_and(|before| before > *turn) {
                say(Wrong::Reordered, format!("{body} stands after what its author wrote later"));
            }
        }
    }

    fn check_log(
        &self,
        log: &Log,
        sent: &HashMap<&str, &Sent>,
        say: &mut impl FnMut(Wrong, String),
    ) {
        let Log { reader, room, .. } = log;
        in_order(reader, &log.seen, say);
        // A window may throw away what comes again. It should not have to.
        let mut last = log.after;
        for change in &log.changes {
            match change.cmp(&last) {
                Ordering::Greater => {}
                Ordering::Equal => {
                    say(Wrong::Doubled, format!("{reader} was sent change {change} again"));
                }
                Ordering::Less => {
                    say(
                        Wrong::Reordered,
                        format!("{reader} was sent change {change} after {last}"),
                    );
                }
            }
            last = *change;
        }
        let stored = self.stored.get(room).map_or(&[][..], Vec::as_slice);
        let is: HashMap<i64, &str> =
            stored.iter().map(|seen| (seen.mid, seen.body.as_str())).collect();
        for Seen { mid, body } in &log.seen {
            if sent.get(body.as_str()).is_some_and(|sent| sent.room != *room) {
                say(Wrong::Strayed, format!("{reader} of room {room} saw {body}"));
            } else if is.get(mid) != Some(&body.as_str()) {
                say(Wrong::NotStored, format!("{reader} saw {body} as {mid}"));
            }
        }
        let end = match log.seen.last() {
            _ if log.whole => i64::MAX,
            Some(last) => last.mid,
            None => return,
        };
        let seen: HashSet<i64> = log.seen.iter().map(|seen| seen.mid).collect();
        for Seen { mid, body } in stored {
            if *mid > log.after && *mid < end && !seen.contains(mid) {
                say(Wrong::Missed, format!("{reader} did not see {body}, {mid}"));
            }
        }
    }
}

fn stands_as_sent(sent: &Sent, room: i64, mid: i64, say: &mut impl FnMut(Wrong, String)) {
    let Sent { body, outcome, .. } = sent;
    if sent.room != room {
        say(Wrong::Strayed, format!("{body} of room {} is stored in {room}", sent.room));
    }
    match outcome {
        Outcome::Acknowledged(other) if *other != mid => {
            say(Wrong::Moved, format!("{body} was acknowledged as {other} and is {mid}"));
        }
        Outcome::Refused => say(Wrong::Kept, format!("{body} was refused and is {mid}")),
        Outcome::Acknowledged(_) | Outcome::Unknown => {}
    }
}

fn in_order(name: &str, log: &[Seen], say: &mut impl FnMut(Wrong, String)) {
    for two in log.windows(2) {
        let (first, next) = (&two[0], &two[1]);
        let told = format!("{name} has {next:?} after {first:?}");
        match next.mid.cmp(&first.mid) {
            Ordering::Greater => {}
            Ordering::Equal => say(Wrong::Doubled, told),
            Ordering::Less => say(Wrong::Reordered, told),
        }
    }
}

// ------------------------------------------------------------------------------------ its own tests

fn seen(entries: &[(i64, &str)]) -> Vec<Seen> {
    entries.iter().map(|(mid, body)| Seen { mid: *mid, body: (*body).into() }).collect()
}

/// Two rooms, two writers, a reader of room 1 from its first message on.
fn sound() -> History {
    let sent =
        |writer, room, body: &str, outcome| Sent { writer, room, body: body.into(), outcome };
    let stored = seen(&[(1, "a0"), (2, "b0"), (3, "b1"), (4, "a1")]);
    History {
        sent: vec![
            sent(0, 1, "a0", Outcome::Acknowledged(1)),
            sent(0, 1, "a1", Outcome::Acknowledged(4)),
            sent(0, 1, "a2", Outcome::Refused),
            sent(1, 1, "b0", Outcome::Acknowledged(2)),
            sent(1, 1, "b1", Outcome::Unknown),
            sent(1, 1, "b2", Outcome::Unknown),
            sent(2, 2, "c0", Outcome::Acknowledged(1)),
        ],
        logs: vec![Log {
            reader: "carol".into(),
            room: 1,
            after: 1,
            whole: true,
            seen: stored[1..].to_vec(),
            changes: vec![2, 3, 4],
        }],
        stored: BTreeMap::from([(1, stored), (2, seen(&[(1, "c0")]))]),
    }
}

fn verdict(doctor: impl FnOnce(&mut History)) -> Vec<Wrong> {
    let mut history = sound();
    doctor(&mut history);
    let mut wrong = Vec::new();
    for fault in history.check() {
        if !wrong.contains(&fault.wrong) {
            wrong.push(fault.wrong);
        }
    }
    wrong
}

#[test]
fn a_sound_history_is_sound() {
    assert_eq!(verdict(|_| {}), []);
    // What nobody was told of need not be there, and who left early need not have seen the end.
    let unwritten = |h: &mut History| {
        h.stored.get_mut(&1).unwrap().remove(2);
        h.logs[0].seen.remove(1);
    };
    assert_eq!(verdict(unwritten), []);
    let early = |h: &mut History| {
        h.logs[0].whole = false;
        h.logs[0].seen.truncate(1);
    };
    assert_eq!(verdict(early), []);
}

#[test]
fn the_checker_sees_what_is_wrong_with_what_is_stored() {
    let stored = |entries: &'static [(i64, &str)]| {
        verdict(|h| {
            h.logs.clear();
            h.stored.insert(1, seen(entries));
        })
    };
    assert_eq!(stored(&[(1, "a0"), (2, "b0"), (3, "b1")]), [Wrong::Lost]);
    assert_eq!(stored(&[(1, "a0"), (2, "b0"), (4, "a1"), (5, "b1"), (6, "b1")]), [Wrong::Doubled]);
    assert_eq!(stored(&[(2, "b0"), (1, "a0"), (4, "a1")]), [Wrong::Reordered]);
    assert_eq!(stored(&[(1, "a0"), (2, "b0"), (5, "a1")]), [Wrong::Moved]);
    assert_eq!(stored(&[(1, "a0"), (2, "b0"), (4, "a1"), (5, "a2")]), [Wrong::Kept]);
    assert_eq!(stored(&[(1, "a0"), (2, "b0"), (4, "a1"), (5, "d0")]), [Wrong::Invented]);
    let late = stored(&[(1, "a0"), (2, "b0"), (4, "a1"), (5, "b2"), (6, "b1")]);
    assert_eq!(late, [Wrong::Reordered]);
    let strayed = verdict(|h| h.stored.get_mut(&2).unwrap().extend(seen(&[(2, "b2")])));
    assert_eq!(strayed, [Wrong::Strayed]);
}

#[test]
fn the_checker_sees_what_is_wrong_with_what_a_reader_saw() {
    let saw = |entries: &'static [(i64, &str)]| verdict(|h| h.logs[0].seen = seen(entries));
    assert_eq!(saw(&[(2, "b0"), (3, "b1")]), [Wrong::Missed]);
    assert_eq!(saw(&[(2, "b0"), (4, "a1")]), [Wrong::Missed]);
    assert_eq!(saw(&[(2, "b0"), (3, "b1"), (3, "b1"), (4, "a1")]), [Wrong::Doubled]);
    assert_eq!(saw(&[(3, "b1"), (2, "b0"), (4, "a1")]), [Wrong::Reordered]);
    assert_eq!(saw(&[(2, "b0"), (3, "b1"), (4, "a1"), (5, "b2")]), [Wrong::NotStored]);
    assert_eq!(saw(&[(2, "b0"), (3, "b9"), (4, "a1")]), [Wrong::NotStored]);
    assert_eq!(saw(&[(2, "b0"), (3, "b1"), (4, "a1"), (9, "c0")]), [Wrong::Strayed]);
    let sent = |changes: &[i64]| verdict(|h| h.logs[0].changes = changes.to_vec());
    assert_eq!(sent(&[2, 3, 3, 4]), [Wrong::Doubled]);
    assert_eq!(sent(&[1, 2, 3, 4]), [Wrong::Doubled], "the page had it");
    assert_eq!(sent(&[3, 2, 4]), [Wrong::Reordered]);
}
