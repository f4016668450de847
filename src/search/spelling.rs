//! A beginning of a word, spelled out: the words of the index that begin so.
//!
//! The index reads every place of every word that begins so before it gives the first message, and
//! cannot be stopped while it sorts them. The same words by name it walks like any others, and to list
//! them takes a look into the index for each, however often they were said.
//!
//! **Invariant:** the words find what the beginning would find. Where that is not certain, it stays a
//! beginning.

use std::time::Instant;

use rusqlite::{Connection, OptionalExtension};

use super::query::Query;
use super::words;
use crate::error::Result;

/// Words of all beginnings together: to list them and to begin a walk of them takes 25 ms at a million
/// messages, and 60 at ten.
const MOST: usize = 256;
/// So many steps of `SQLite`, also inside the index, and the clock is asked.
const STRIDE: i32 = 100;
/// Comes before whatever a word could go on with.
const END: char = '\u{1}';

/// The query with its beginnings spelled out; `None`: their words are too many.
pub(super) fn spelled(
    connection: &Connection,
    query: &Query,
    deadline: Instant,
) -> Result<Option<Query>> {
    connection.progress_handler(STRIDE, Some(move || Instant::now() > deadline))?;
    let mut next =
        connection.prepare_cached("select term from temp.message_word where term >= ?1 limit 1")?;
    let (mut query, mut n) = (query.clone(), 0);
    for term in query.terms.iter_mut().filter(|term| term.prefix) {
        let Some((before, begun)) = words::last(&term.folded) else { continue };
        let mut from = begun.clone();
        while let Some(word) = next.query_row([&from], |row| row.get::<_, String>(0)).optional()?
            && word.starts_with(&begun)
        {
            n += 1;
            // A word that the index would take for another one cannot be asked for by itself.
            if n > MOST || words::last(&word) != Some((String::new(), word.clone())) {
                return Ok(None);
            }
            term.spelled.push(format!("{before}{word}"));
            from = format!("{word}{END}");
        }
    }
    Ok(Some(query))
}
