//! Text as the search index sees it: the same preparation for what is stored and what is asked.
//!
//! NFKC and lower case, and every character of a script that writes without spaces as a word of
//! its own, so that one- and two-character queries find everything as phrases. A symbol, an emoji
//! above all, becomes a word spelled by its number, since to the tokenizer it is no letter.
//! `SQLite`'s `unicode61` tokenizer splits the rest and drops accents. (A tokenizer of our own
//! would need `unsafe`; trigrams would make the index 5.5 times as large.)
//!
//! **Invariant:** pure; changing it means rebuilding the index (`backchannel rebuild`).

use std::fmt::Write;

use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

/// Prepares `text` for the index, or a query's term for the search.
pub fn fold(text: &str) -> String {
    if text.is_ascii() && !text.contains('\0') {
        // To which nothing below does anything else.
        return text.to_ascii_lowercase();
    }
    let mut folded = String::with_capacity(text.len());
    for c in text.nfkc().flat_map(char::to_lowercase) {
        if is_spaceless(c) {
            folded.push(' ');
            folded.push(c);
            folded.push(' ');
        } else if is_symbol(c) {
            let _ = write!(folded, " emoji{:x} ", u32::from(c));
        } else if c == '\0' {
            folded.push(' ');
        } else {
            folded.push(c);
        }
    }
    folded
}

/// NFKC and lower case alone: what names are compared by.
pub fn lower(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfkc().flat_map(char::to_lowercase).collect()
}

/// A letter of a script that is written without spaces between words: Han, kana, Hangul, Thai,
/// Lao, Khmer, Burmese (Unicode 16 blocks).
pub fn is_spaceless(c: char) -> bool {
    matches!(u32::from(c),
        0x0e01..=0x0eff            // Thai, Lao
        | 0x1000..=0x109f          // Burmese
        | 0x1100..=0x11ff          // Hangul jamo
        | 0x1780..=0x17ff          // Khmer
        | 0x3005..=0x3007 | 0x3021..=0x3029
        | 0x3041..=0x30ff          // kana
        | 0x3130..=0x318f | 0x31f0..=0x31ff
        | 0x3400..=0x4dbf | 0x4e00..=0x9fff
        | 0xac00..=0xd7af          // Hangul syllables
        | 0xf900..=0xfaff
        | 0xff66..=0xff9d
        | 0x20000..=0x323af)
}

/// An emoji, a part of one, or another symbol that says something by itself.
pub fn is_symbol(c: char) -> bool {
    !c.is_ascii()
        && (c.general_category() == GeneralCategory::OtherSymbol
            || matches!(u32::from(c), 0x1f3fb..=0x1f3ff))
}

/// True if the index would hold at least one word of `text`, as [`fold`] gave it.
pub fn has_word(text: &str) -> bool {
    text.chars().any(|c| {
        c.general_category_group() == GeneralCategoryGroup::Letter
            || c.general_category_group() == GeneralCategoryGroup::Number
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_without_spaces_between_words_become_words() {
        assert_eq!(fold("Ｆull 東京x"), "full  東  京 x");
        assert_eq!(fold("ÄRGER"), "ärger");
    }

    #[test]
    fn a_symbol_is_a_word_and_punctuation_is_none() {
        assert_eq!(fold("ok👍🏽"), "ok emoji1f44d  emoji1f3fd ");
        assert!(has_word(&fold("👍")) && has_word(&fold("☕")) && has_word(&fold("7")));
        assert!(!has_word(&fold("\u{fe0f} *:-")) && !is_symbol('+'));
    }
}
