//! What happened in a room, as data: what a write tells once it has been committed.

use std::fmt;
use std::str::FromStr;

use crate::id::{AccountId, RoomId, Seq};
use crate::message::Message;

/// What a committed write has changed for those who have a window open.
#[derive(Clone, Debug)]
pub enum Change {
    /// A new message, and whom it calls by `@name`.
    Posted(Message, Vec<AccountId>),
    /// A message was edited or removed.
    Touched(Message),
    /// What the panel shows has changed: the days that have a transcript, the topic, the pins.
    Panel(RoomId),
    /// Windows of this room load anew: it was renamed, opened, closed, locked or slowed, or got
    /// imported history, or something of it expired.
    Reload(RoomId),
    /// Windows of one account in this room load anew: it was muted, or may write again.
    ReloadFor(RoomId, AccountId),
    /// Somebody may have lost a right; open streams are checked before anything else is sent.
    Rights,
}

impl Change {
    /// One word for each, for those who count.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Posted(..) => "message",
            Self::Touched(_) => "edit",
            Self::Panel(_) => "panel",
            Self::Reload(_) | Self::ReloadFor(..) => "reload",
            Self::Rights => "rights",
        }
    }
}

/// A reader's place in a room: `<epoch>-<seq>`. The epoch names the copy of the file, so that a
/// reader who is ahead of a restored one is told to load anew.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cursor {
    /// Letters and digits.
    pub epoch: String,
    /// The newest change that was seen.
    pub seq: Seq,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.epoch, self.seq)
    }
}

/// Not a cursor.
#[derive(Debug, PartialEq, Eq)]
pub struct Malformed;

impl FromStr for Cursor {
    type Err = Malformed;
    fn from_str(text: &str) -> Result<Self, Malformed> {
        let (epoch, seq) = text.split_once('-').ok_or(Malformed)?;
        let named = !epoch.is_empty()
            && epoch.len() <= 32
            && epoch.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let digits = !seq.is_empty() && seq.bytes().all(|byte| byte.is_ascii_digit());
        if !named || !digits {
            return Err(Malformed);
        }
        Ok(Self { epoch: epoch.into(), seq: Seq(seq.parse().map_err(|_| Malformed)?) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_what_it_wrote_and_refuses_the_rest() {
        let cursor = Cursor { epoch: "0a1b".into(), seq: Seq(412) };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for odd in ["", "-", "a-", "-1", "a-b", "a--1", "a-1-2", "a b-1", "a-99999999999999999999"]
        {
            assert_eq!(odd.parse::<Cursor>(), Err(Malformed), "{odd}");
        }
    }
}
