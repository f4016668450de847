//! What messages said before they were edited, row by row.
//!
//! **Invariant:** a removal leaves none of it. It is no more of one message than fits into memory
//! several times: an export holds all of it in one line.

use jiff::civil::DateTime;
use rusqlite::{Connection, named_params};

use crate::change::Change;
use crate::clock;
use crate::error::{Error, Result};
use crate::id::{Mid, RoomId};
use crate::store::Tx;

/// What a message said for some time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Counts from 1.
    pub version: i64,
    /// As typed; of a long paste the beginning.
    pub text: String,
    /// There is more of it.
    pub cut: bool,
    /// Since when it said so, in the room's zone.
    pub since: DateTime,
}

/// Bytes of a part: what is larger than a row may be comes in several.
const PART: usize = 512 * 1024;
/// Characters of each version that the history shows: all of any message, the beginning of a paste.
const SHOWN: i64 = 16 * 1024;

/// Versions that the history shows at once: each may be all of [`SHOWN`].
pub(crate) const N_AT_ONCE: usize = 50;
/// As much of one message is kept as so many of the longest texts.
const N_LONGEST: usize = 16;

/// Keeps what the message said until now, of texts that have at most `longest` bytes.
pub(crate) fn keep(
    tx: &Tx<'_, Change>,
    room: RoomId,
    mid: Mid,
    text: &str,
    longest: usize,
) -> Result<()> {
    let (version, n_bytes): (i64, usize) = tx
        .prepare_cached(
            "select coalesce(max(version), 0) + 1, coalesce(sum(octet_length(text)), 0)
             from message_version where room = ?1 and mid = ?2",
        )?
        .query_row((room, mid), |row| Ok((row.get(0)?, row.get(1)?)))?;
    if n_bytes.saturating_add(text.len()) > longest.saturating_mul(N_LONGEST) {
        return Err(Error::Conflict(
            "This message was rewritten often enough. Write a new one.".into(),
        ));
    }
    let mut insert = tx.prepare_cached(
        "insert into message_version (room, mid, version, part, text, written_at)
         select room, mid, :version, :part, :text, coalesce(edited_at, at)
         from message where room = :room and mid = :mid",
    )?;
    for (part, text) in (0_i64..).zip(parts(text)) {
        insert.execute(named_params! {
            ":room": room, ":mid": mid, ":version": version, ":part": part, ":text": text,
        })?;
    }
    Ok(())
}

/// Writes down what a message said once, for one that comes from elsewhere.
pub(crate) fn insert(
    tx: &Tx<'_, Change>,
    room: RoomId,
    mid: Mid,
    version: i64,
    text: &str,
    written_at: i64,
) -> Result<()> {
    let mut insert = tx.prepare_cached(
        "insert into message_version (room, mid, version, part, text, written_at)
         values (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for (part, text) in (0_i64..).zip(parts(text)) {
        insert.execute((room, mid, version, part, text, written_at))?;
    }
    Ok(())
}

/// Every byte that the message ever said, but for the row's own, which the removal empties.
pub(crate) fn forget(tx: &Tx<'_, Change>, room: RoomId, mid: Mid) -> Result<()> {
    tx.prepare_cached("delete from message_version where room = ?1 and mid = ?2")?
        .execute((room, mid))?;
    Ok(())
}

/// What the message said before its `version`, in order, each from its beginning: the last of it, and
/// whether there is more before that.
pub(crate) fn before(
    connection: &Connection,
    room: RoomId,
    mid: Mid,
    version: i64,
) -> Result<(Vec<Version>, bool)> {
    let mut statement = connection.prepare_cached(
        "select message_version.version, substr(text, 1, ?3), length(text) > ?3, written_at,
                offset_minutes
         from message_version join message using (room, mid)
         where room = ?1 and mid = ?2 and part = 0 and message_version.version < ?4
         order by message_version.version desc limit ?5",
    )?;
    let mut versions: Vec<Version> = statement
        .query_map((room, mid, SHOWN, version, N_AT_ONCE + 1), |row| {
            Ok(Version {
                version: row.get(0)?,
                text: row.get(1)?,
                cut: row.get(2)?,
                since: clock::local(row.get(3)?, row.get(4)?),
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    let more = versions.len() > N_AT_ONCE;
    versions.truncate(N_AT_ONCE);
    versions.reverse();
    Ok((versions, more))
}

/// One of those, the whole of it.
pub(crate) fn whole(
    connection: &Connection,
    room: RoomId,
    mid: Mid,
    version: i64,
) -> Result<Option<String>> {
    let mut statement = connection.prepare_cached(
        "select text from message_version where room = ?1 and mid = ?2 and version = ?3
         order by part",
    )?;
    let parts: Vec<String> = statement
        .query_map((room, mid, version), |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    Ok((!parts.is_empty()).then(|| parts.concat()))
}

/// The beginning of a text, and whether there is more of it.
pub(crate) fn beginning(text: &str) -> (String, bool) {
    let shown = usize::try_from(SHOWN).unwrap_or(usize::MAX);
    let beginning: String = text.chars().take(shown).collect();
    let cut = beginning.len() < text.len();
    (beginning, cut)
}

/// Since when the message says what it says now.
pub(crate) fn written_at(connection: &Connection, room: RoomId, mid: Mid) -> Result<DateTime> {
    let since = connection
        .prepare_cached(
            "select coalesce(edited_at, at), offset_minutes from message
             where room = ?1 and mid = ?2",
        )?
        .query_row((room, mid), |row| Ok(clock::local(row.get(0)?, row.get(1)?)))?;
    Ok(since)
}

/// A text in pieces that fit into rows.
pub(crate) fn parts(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (part, after) = rest.split_at_checked(rest.floor_char_boundary(PART))?;
        rest = after;
        (!part.is_empty()).then_some(part)
    })
}

#[cfg(test)]
mod tests {
    use super::{PART, parts};

    #[test]
    fn a_long_text_comes_in_parts_that_hold_all_of_it() {
        let text = "é".repeat(PART);
        let found: Vec<_> = parts(&text).collect();
        assert!(found.iter().all(|part| part.len() <= PART));
        assert_eq!((found.len(), found.concat() == text), (2, true));
        let odd = format!("x{text}");
        assert_eq!(parts(&odd).collect::<String>(), odd);
        assert_eq!(parts("").count(), 0);
    }
}
