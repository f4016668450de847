//! The words of a prepared text, as the index's tokenizer takes them; and whether a term stands
//! among them.
//!
//! **Invariant:** pure, and the same words as `unicode61` with `remove_diacritics 2` makes: a test
//! asks the tokenizer itself. (Signs and marks that are younger than its tables are letters to it.)

use memchr::memmem::Finder;
use unicode_normalization::char::decompose_canonical;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

use super::query::Term;

/// The words, each between spaces; the text is one that [`crate::folding::fold`] prepared.
pub(super) fn of(prepared: &str) -> String {
    let mut words = String::with_capacity(prepared.len() + 2);
    words.push(' ');
    for c in prepared.chars() {
        if is_letter(c) {
            words.push(plain(c));
        } else if !words.ends_with(' ') && !is_accent(c) {
            words.push(' ');
        }
    }
    if !words.ends_with(' ') {
        words.push(' ');
    }
    words
}

/// The last word of such a text, and the words before it, with a space after each; `None`: there is
/// no word in it, or the tokenizer may see others.
pub(super) fn last(prepared: &str) -> Option<(String, String)> {
    let is_certain = |c: char| {
        let tested = c < '\u{5c8}' || ('\u{2000}'..'\u{2065}').contains(&c);
        // Skolt Saami: of two accents the index keeps one.
        (tested || is_letter(c) || is_accent(c)) && !"ǡǣ".contains(c)
    };
    let words = of(prepared);
    let words = words.trim();
    if words.is_empty() || !prepared.chars().all(is_certain) {
        return None;
    }
    let (before, last) = words.split_at(words.rfind(' ').map_or(0, |at| at + 1));
    Some((before.to_owned(), last.to_owned()))
}

/// A word or a phrase, ready to be looked for in many texts.
pub(super) struct Sought {
    letters: Finder<'static>,
    not: bool,
}

impl Sought {
    /// `None`: the tokenizer finds no word in it.
    pub(super) fn of(term: &Term) -> Option<Self> {
        let words = of(&term.folded);
        let letters = if term.prefix { words.trim_end() } else { &words };
        let not = term.not;
        (words != " ").then(|| Self { letters: Finder::new(letters.as_bytes()).into_owned(), not })
    }

    /// Is it as asked in these words, which [`of`] has made?
    pub(super) fn is_so(&self, words: &str) -> bool {
        self.letters.find(words.as_bytes()).is_some() != self.not
    }
}

/// What words are made of.
fn is_letter(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric();
    }
    matches!(
        c.general_category_group(),
        GeneralCategoryGroup::Letter | GeneralCategoryGroup::Number
    ) || c.general_category() == GeneralCategory::PrivateUse
}

/// What is passed over within a word: these marks from U+0300 on, by the tokenizer's own table
/// (`sqlite3Fts5UnicodeIsdiacritic`).
fn is_accent(c: char) -> bool {
    const AFTER: [u32; 2] = [0x0802_9fdf, 0x0003_61f8];
    let Some(at) = u32::from(c).checked_sub(0x300) else { return false };
    let (Ok(nth), bit) = (usize::try_from(at / 32), at % 32) else { return false };
    AFTER.get(nth).is_some_and(|marks| marks >> bit & 1 == 1)
}

/// A Latin letter without its accents. No other script has its letters changed, but for the sigma
/// that ends a word.
pub(super) fn plain(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    let mut base = None;
    decompose_canonical(c, |part| {
        base.get_or_insert(part);
    });
    match base {
        Some(base) if base.is_ascii_alphabetic() => base.to_ascii_lowercase(),
        _ if c == 'ς' => 'σ',
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::folding;
    use crate::search::query::Query;
    use crate::search::spelling;
    use proptest::prelude::*;
    use rusqlite::Connection;
    use std::time::{Duration, Instant};

    /// What the index itself says, also of the words that it has.
    fn indexed(text: &str, query: &Query) -> Vec<bool> {
        let index = Connection::open_in_memory().unwrap();
        index
            .execute_batch(
                "create virtual table message_index using fts5 (
                   search, tokenize = 'unicode61 remove_diacritics 2');
                 create virtual table temp.message_word using fts5vocab (
                   main, message_index, instance);",
            )
            .unwrap();
        index.execute("insert into message_index values (?1)", [folding::fold(text)]).unwrap();
        let mut matching =
            index.prepare("select 1 from message_index where message_index match ?1").unwrap();
        let later = Instant::now() + Duration::from_mins(1);
        let spelled = spelling::spelled(&index, query, later).unwrap();
        let spelled = spelled.as_ref().unwrap_or(query);
        let answers = query.terms.iter().zip(&spelled.terms).map(|(term, spelled)| {
            let found = matching.exists([term.to_match()]).unwrap();
            assert_eq!(found, matching.exists([spelled.to_match()]).unwrap(), "{spelled:?}");
            found
        });
        answers.collect()
    }

    fn agree(text: &str, asked: &str) -> Result<(), TestCaseError> {
        let words = of(&folding::fold(text));
        let query = Query::parse(asked);
        for (term, indexed) in query.terms.iter().zip(indexed(text, &query)) {
            let Some(sought) = Sought::of(term) else { continue };
            prop_assert_eq!(
                sought.is_so(&words) != term.not,
                indexed,
                "{:?} in {:?}, of {:?}",
                term.to_match(),
                words,
                text
            );
        }
        Ok(())
    }

    #[test]
    fn words_are_those_of_the_index() {
        for (text, asked) in [
            ("a grubby loader", "grub"),
            ("a grubby loader", "grub "),
            ("the boot loader", "\"boot loa\"*"),
            ("ŘEKA, Ärger; naïve café", "rek arg naiv \"naive caf\"*"),
            ("foo_bar::baz-2.1.0", "foo_b \"bar baz 2\"* ba* 1.0"),
            ("ΟΔΟΣ οδός", "οδο οδος οδός"),
            ("각 가 が か", "가 か 각"),
            ("x\u{301}y \u{301}z e\u{34f}f", "xy z e ef"),
            ("👍🏽 ok", "👍 ok 👍🏽"),
            ("\u{e000}ab straße ſun ﬁn", "ab stras sun fin \u{e000}a"),
            ("ǡb ǣther ab don’t stop", "ǡ* ǡb* ab* ǣth* \"ǡb ǣth\"* \"don’t st\"* ǡ*"),
            ("東京 grub 👍 grubby", "gru* \"京 gru\"* \"👍 gru\"* grubb*"),
        ] {
            agree(text, asked).unwrap();
        }
    }

    /// Each letter and sign that is older than the tokenizer's tables, in the scripts of most people.
    #[test]
    fn characters_are_those_of_the_index() {
        let index = Connection::open_in_memory().unwrap();
        let tables = "create virtual table message_index using fts5 (
               search, tokenize = 'unicode61 remove_diacritics 2');
             create virtual table word using fts5vocab (message_index, 'instance');";
        index.execute_batch(tables).unwrap();
        let mut insert = index.prepare("insert into message_index values (?1)").unwrap();
        let mut words = index.prepare("select term from word order by offset").unwrap();
        let scripts = [
            '\u{20}'..='\u{5c7}',    // Latin, Greek, Cyrillic, Armenian, Hebrew
            '\u{620}'..='\u{7b1}',   // Arabic
            '\u{900}'..='\u{97f}',   // Devanagari
            '\u{e00}'..='\u{e7f}',   // Thai
            '\u{1e00}'..='\u{2064}', // more Latin and Greek, punctuation
            '\u{2070}'..='\u{20b9}',
            '\u{2100}'..='\u{24ff}',
            '\u{3000}'..='\u{30ff}', // kana
            '\u{4e00}'..='\u{4eff}', // Han
            '\u{ac00}'..='\u{acff}', // Hangul
        ];
        for c in scripts.into_iter().flatten() {
            // Two letters of Skolt Saami keep one of their two accents in the index.
            if c.general_category() == GeneralCategory::Unassigned || "ǠǡǢǣ".contains(c) {
                continue;
            }
            let text = folding::fold(&format!("a{c}b"));
            index.execute("delete from message_index", []).unwrap();
            insert.execute([&text]).unwrap();
            let terms = words.query_map([], |row| row.get(0)).unwrap();
            let terms: Vec<String> = terms.map(Result::unwrap).collect();
            assert_eq!(of(&text).split_ascii_whitespace().collect::<Vec<_>>(), terms, "{c:?}");
        }
    }

    proptest! {
        #[test]
        fn a_term_stands_where_the_index_finds_it(
            text in "[abAB1éÉřßςσΣаБがか가각ก日ｱﬁİ_:. '\u{300}-\u{335}\u{34f}\u{200d}👍🏽-]{0,24}",
            asked in "-?\"?[abAB1éÉřßςσΣаБがか가ก日ｱﬁİ_:. '\u{301}\u{323}👍🏽]{1,6}\"?\\*?",
        ) {
            agree(&text, &asked)?;
        }
    }
}
