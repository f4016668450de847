//! What is looked for: taken from what was said, rare words and frequent ones.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rusqlite::Connection;

use crate::Outcome;
use crate::corpus::SEED;
use crate::words::Words;

/// One question, as it is typed and as FTS5 takes it.
pub struct Question {
    pub typed: String,
    pub expression: String,
}

/// Questions of one kind.
pub struct Kind {
    pub name: &'static str,
    pub questions: Vec<Question>,
}

/// `n` of each kind.
pub fn make(connection: &Connection, words: &Words, n: usize) -> Outcome<Vec<Kind>> {
    let mut dice = StdRng::seed_from_u64(SEED + 1);
    let mut kinds: Vec<Kind> = ["1 word", "2 words", "phrase", "prefix"]
        .map(|name| Kind { name, questions: Vec::new() })
        .into();
    let (first, last): (i64, i64) =
        connection.query_row("select min(id), max(id) from message", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    let mut said =
        connection.prepare("select body from message where id >= ?1 order by id limit 1")?;
    while kinds.iter().any(|kind| kind.questions.len() < n) {
        let body: String = said.query_row([dice.random_range(first..last)], |row| row.get(0))?;
        let plain: Vec<&str> =
            body.split(' ').filter(|word| word.chars().all(char::is_alphabetic)).collect();
        let pairs: Vec<(&str, &str)> = body
            .split(' ')
            .zip(body.split(' ').skip(1))
            .filter(|(a, b)| a.chars().chain(b.chars()).all(char::is_alphabetic))
            .collect();
        if plain.len() < 3 || pairs.is_empty() {
            continue;
        }
        // As many rare words as frequent ones: ranks from 1 on, each power of ten as likely.
        let rank = 10_f64.powf(dice.random_range(0.0..5.0));
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 to 100,000")]
        let one = words.ranked(rank as usize);
        let (a, b) = (dice.random_range(0..plain.len()), dice.random_range(0..plain.len() - 1));
        let b = if b >= a { b + 1 } else { b };
        let (c, d) = pairs[dice.random_range(0..pairs.len())];
        let long: Vec<&str> = plain.iter().copied().filter(|word| word.len() >= 5).collect();
        let begun = long.first().map_or(plain[0], |word| &word[..dice.random_range(2..5)]);
        let (a, b) = (plain[a], plain[b]);
        let asked = [
            (format!("{one} "), format!("\"{one}\"")),
            (format!("{a} {b} "), format!("\"{a}\" AND \"{b}\"")),
            (format!("\"{c} {d}\""), format!("\"{c} {d}\"")),
            (begun.to_owned(), format!("\"{begun}\"*")),
        ];
        for (kind, (typed, fts5)) in kinds.iter_mut().zip(asked) {
            if kind.questions.len() < n {
                kind.questions.push(Question { typed, expression: format!("search : ({fts5})") });
            }
        }
    }
    Ok(kinds)
}
