//! A beginning of a word, spelled out: the words of the index that begin so.
//!
//! The index reads every place of every word that begins so before it gives the first message, and
//! cannot be stopped while it sorts them. The same words by name it walks like any others, and to list
//! them takes a look into the index for each, however often they were said.
//!
//! **Invariant:** the words find what the beginning would find. Where that is not certain, it stays a
//! beginning.

use std::time::Instant;

use rusqlite::Connection;

use super::query::Query;
use super::words;
use crate::error::{Error, Result};

/// Words of all beginnings together: to list them and to begin a walk of them takes 25 ms at a million
/// messages, and 60 at ten.
const MOST: usize = 256;
/// So many steps of `SQLite`, also inside the index, and the clock is asked.
const STRIDE: i32 = 100;
/// A word that was said more often than this is leapt over: to step is quicker than to leap for words
/// that hardly anybody said, as most are.
const OFTEN: u32 = 40;
/// Comes before whatever a word could go on with.
const END: char = '\u{1}';

/// The query with its beginnings spelled out; `None`: their words are too many.
pub(super) fn spelled(
    connection: &Connection,
    query: &Query,
    deadline: Instant,
) -> Result<Option<Query>> {
    connection.progress_handler(STRIDE, Some(move || Instant::now() > deadline))?;
    let mut places =
        connection.prepare_cached("select term from temp.message_word where term >= ?1")?;
    let (mut query, mut n) = (query.clone(), 0);
    let mut latest = String::new();
    for term in query.terms.iter_mut().filter(|term| term.prefix) {
        let Some((before, begun)) = words::last(&term.folded) else { continue };
        latest.clear();
        let mut from = Some(begun.clone());
        while let Some(first) = from.take() {
            let (mut rows, mut n_same) = (places.query([first])?, 0);
            while let Some(row) = rows.next()? {
                let word = row.get_ref(0)?.as_str().map_err(Error::broken)?;
                if !word.starts_with(&begun) {
                    break;
                }
                if latest.as_str() == word {
                    n_same += 1;
                    if n_same > OFTEN {
                        from = Some(format!("{word}{END}"));
                        break;
                    }
                    continue;
                }
                (latest, n_same) = (word.to_owned(), 0);
                n += 1;
                // A word that the index would take for another one cannot be asked for by itself.
                if n > MOST || words::last(word) != Some((String::new(), word.to_owned())) {
                    return Ok(None);
                }
                term.spelled.push(format!("{before}{word}"));
            }
        }
    }
    Ok(Some(query))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::time::Duration;

    use super::*;

    #[test]
    fn each_word_is_listed_once_however_often_it_was_said() {
        let index = Connection::open_in_memory().unwrap();
        index
            .execute_batch(
                "create virtual table message_index using fts5 (
                   search, tokenize = 'unicode61 remove_diacritics 2');
                 create virtual table temp.message_word using fts5vocab (
                   main, message_index, instance);",
            )
            .unwrap();
        let often = format!("{} {}", "grub ".repeat(200), "gruff ".repeat(OFTEN as usize));
        for text in [&often, "grubby gruel gr", &often, "grumpy grunge hello"] {
            index.execute("insert into message_index values (?1)", [text]).unwrap();
        }
        let later = Instant::now() + Duration::from_mins(1);
        let spelled = |asked| spelled(&index, &Query::parse(asked), later).unwrap().unwrap();
        assert_eq!(
            spelled("gru* \"ab gru\"*")
                .terms
                .iter()
                .map(|t| t.spelled.join(" "))
                .collect::<Vec<_>>(),
            [
                "grub grubby gruel gruff grumpy grunge",
                "ab grub ab grubby ab gruel ab gruff ab grumpy ab grunge"
            ]
        );
        assert!(spelled("grz*").terms.iter().all(|term| term.spelled.is_empty()));
    }
}
