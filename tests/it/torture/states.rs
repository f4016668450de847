//! What messages say that were edited and removed: what their authors were told, what is stored,
//! and what each reader's window shows in the end and has shown on the way.

use std::collections::BTreeMap;
use std::fmt;

/// What a message says: its author counts the versions. What was removed is never anything again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    Version(u32),
    Removed,
}

/// Something that its author did to a message, and the server acknowledged.
#[derive(Clone, Copy, Debug)]
pub struct Act {
    pub mid: i64,
    pub made: State,
}

/// How a message came to be shown as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// A change that the stream brought.
    Change,
    /// The whole page, loaded anew.
    Page,
}

/// A window of one reader.
#[derive(Clone, Debug, Default)]
pub struct Window {
    pub reader: String,
    /// What is shown in the end, from its oldest message on.
    pub shown: BTreeMap<i64, State>,
    /// What was ever shown, in that order.
    pub steps: Vec<(By, i64, State)>,
}

/// Everything that is known of one room.
#[derive(Default)]
pub struct States {
    /// Of each author in the order of doing.
    pub acts: Vec<Act>,
    pub stored: BTreeMap<i64, State>,
    pub windows: Vec<Window>,
}

/// What can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// An edit or a removal was acknowledged, and is not there.
    Undone,
    /// There, and nobody did it.
    Invented,
    /// A window does not show a message that others can read.
    Missing,
    /// A window shows something else than is stored.
    Stale,
    /// A window showed what its message had said before.
    Risen,
    /// A window was sent the same once more.
    Twice,
}

/// One thing that is wrong.
#[derive(Clone, PartialEq, Eq)]
pub struct Fault(pub Wrong, pub String);

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.0, self.1)
    }
}

impl States {
    /// Everything that is wrong.
    pub fn check(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut say = |wrong, told| faults.push(Fault(wrong, told));
        let done: BTreeMap<i64, State> = self.acts.iter().map(|act| (act.mid, act.made)).collect();
        for (mid, made) in &done {
            match self.stored.get(mid) {
                Some(is) if is == made => {}
                is => say(Wrong::Undone, format!("{mid} was made {made:?} and is {is:?}")),
            }
        }
        for (mid, is) in &self.stored {
            if !done.contains_key(mid) {
                say(Wrong::Invented, format!("{mid} is {is:?}, by nobody"));
            }
        }
        for window in &self.windows {
            self.check_window(window, &mut say);
        }
        faults
    }

    fn check_window(&self, window: &Window, say: &mut impl FnMut(Wrong, String)) {
        let Window { reader, shown, steps } = window;
        let oldest = shown.keys().next().copied().unwrap_or(i64::MAX);
        for (mid, is) in self.stored.range(oldest..) {
            match shown.get(mid) {
                None => say(Wrong::Missing, format!("{reader} does not see {mid}")),
                Some(seen) if seen == is => {}
                Some(seen) => {
                    say(Wrong::Stale, format!("{reader} sees {mid} as {seen:?}, not {is:?}"));
                }
            }
        }
        for mid in shown.keys().filter(|mid| !self.stored.contains_key(mid)) {
            say(Wrong::Invented, format!("{reader} sees {mid}"));
        }
        let mut last: BTreeMap<i64, State> = BTreeMap::new();
        for (by, mid, state) in steps {
            let Some(before) = last.insert(*mid, *state) else { continue };
            if before > *state {
                say(Wrong::Risen, format!("{reader} saw {mid} as {state:?} after {before:?}"));
            }
            if before == *state && *by == By::Change {
                say(Wrong::Twice, format!("{reader} was sent {mid} as {state:?} twice"));
            }
        }
    }
}

// ------------------------------------------------------------------------------------ its own tests

use State::{Removed, Version};

fn verdict(doctor: impl FnOnce(&mut States)) -> Vec<Wrong> {
    let act = |mid, made| Act { mid, made };
    let change = |mid, state| (By::Change, mid, state);
    let mut states = States {
        acts: vec![
            act(1, Version(0)),
            act(2, Version(0)),
            act(2, Version(1)),
            act(3, Version(0)),
            act(3, Removed),
        ],
        stored: BTreeMap::from([(1, Version(0)), (2, Version(1)), (3, Removed)]),
        windows: vec![Window {
            reader: "carol".into(),
            shown: BTreeMap::from([(1, Version(0)), (2, Version(1)), (3, Removed)]),
            steps: vec![
                change(1, Version(0)),
                change(2, Version(0)),
                (By::Page, 2, Version(0)),
                change(2, Version(1)),
                change(3, Removed),
            ],
        }],
    };
    doctor(&mut states);
    let mut wrong: Vec<Wrong> = states.check().into_iter().map(|fault| fault.0).collect();
    wrong.dedup();
    wrong
}

#[test]
fn sound_states_are_sound() {
    assert_eq!(verdict(|_| {}), []);
    // Who came late sees what is above by looking back.
    assert_eq!(verdict(|s| s.windows[0].shown.retain(|mid, _| *mid != 1)), []);
}

#[test]
fn the_checker_sees_what_is_wrong_with_edits_and_removals() {
    let stored = |mid, state| {
        verdict(|s| {
            s.windows.clear();
            s.stored.insert(mid, state);
        })
    };
    assert_eq!(stored(2, Version(0)), [Wrong::Undone]);
    assert_eq!(stored(3, Version(0)), [Wrong::Undone]);
    assert_eq!(stored(9, Version(0)), [Wrong::Invented]);
    assert_eq!(verdict(|s| s.stored.retain(|mid, _| *mid != 1)), [Wrong::Undone, Wrong::Invented]);
    let shown = |mid, state| verdict(|s| s.windows[0].shown.extend([(mid, state)]));
    assert_eq!(shown(2, Version(0)), [Wrong::Stale]);
    assert_eq!(shown(3, Version(0)), [Wrong::Stale], "a removed message goes on being read");
    assert_eq!(shown(9, Version(0)), [Wrong::Invented]);
    assert_eq!(verdict(|s| s.windows[0].shown.retain(|mid, _| *mid != 2)), [Wrong::Missing]);
    let step = |by, mid, state| verdict(|s| s.windows[0].steps.push((by, mid, state)));
    assert_eq!(step(By::Change, 2, Version(0)), [Wrong::Risen]);
    assert_eq!(step(By::Page, 3, Version(0)), [Wrong::Risen]);
    assert_eq!(step(By::Change, 2, Version(1)), [Wrong::Twice]);
    assert_eq!(step(By::Page, 2, Version(1)), []);
}
