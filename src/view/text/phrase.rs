//! A phrase: words in every language, which say themselves in the one that is spoken; and how a name
//! stands among them.

use std::fmt;
use std::ops::Deref;

use crate::language::{Language, spoken};

/// Words in every language. Where a text is wanted it gives the one in the language spoken now.
#[derive(Clone, Copy, Debug)]
pub struct Phrase {
    /// English.
    pub en: &'static str,
    /// German.
    pub de: &'static str,
}

impl Phrase {
    /// In the language spoken now.
    pub fn say(self) -> &'static str {
        match spoken() {
            Language::English => self.en,
            Language::German => self.de,
        }
    }
}

impl Deref for Phrase {
    type Target = str;

    fn deref(&self) -> &str {
        self.say()
    }
}

impl fmt::Display for Phrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.say())
    }
}

impl maud::Render for Phrase {
    fn render_to(&self, buffer: &mut String) {
        self.say().render_to(buffer);
    }
}

/// Begins what is shown for itself, in the direction that its first letter has; and ends it (UAX 9,
/// 2.4).
const FSI: char = '\u{2068}';
const PDI: char = '\u{2069}';

/// A name, a title, or whatever else somebody chose, among words of ours. One that is written from
/// right to left, or turns round what follows it, ends where it ends: the words, numbers and marks
/// beside it stay where they are, on a page and in a title or a notice, which have no elements. It
/// closes what it opens, and nothing of ours. What stands before Hebrew in Unicode is written from
/// left to right, as all our languages are, and stays as it is.
pub fn isolated(name: &str) -> String {
    if name.chars().all(|c| c < '\u{590}') {
        return name.to_owned();
    }
    let (mut isolated, mut n_open) = (String::from(FSI), 0_usize);
    for c in name.chars() {
        match c {
            '\u{2066}'..=FSI => n_open += 1,
            PDI if n_open == 0 => continue,
            PDI => n_open -= 1,
            _ => {}
        }
        isolated.push(c);
    }
    isolated.extend(std::iter::repeat_n(PDI, n_open + 1));
    isolated
}

/// Phrases by name, each in every language: one without a translation does not compile.
macro_rules! words {
    ($($name:ident = $en:literal, $de:literal;)*) => {
        $(
            #[doc = $en]
            pub const $name: $crate::view::text::Phrase =
                $crate::view::text::Phrase { en: $en, de: $de };
        )*
        /// All of them, by name.
        #[cfg(test)]
        const ALL: &[(&str, $crate::view::text::Phrase)] = &[$((stringify!($name), $name)),*];
    };
}
pub(super) use words;

/// Is each said in both languages, and not in the same words but for those named in `same`?
#[cfg(test)]
pub(super) fn check(all: &[(&str, Phrase)], same: &[&str]) {
    for (name, Phrase { en, de }) in all {
        assert!(!en.is_empty() && !de.is_empty() && *de != "TODO", "{name}");
        assert!(en != de || same.contains(name), "{name}: {en}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::within;

    #[test]
    fn a_name_turns_round_nothing_beside_it_and_closes_what_it_opens() {
        for name in ["", "Bob", "José", "Жанна", "a\u{301}"] {
            assert_eq!(isolated(name), name);
        }
        for (name, kept) in [
            ("דנה", "דנה"),
            ("\u{202e}bob", "\u{202e}bob"),
            ("\u{2069}\u{202e}bob", "\u{202e}bob"),
            ("a\u{2067}b", "a\u{2067}b\u{2069}"),
            ("a\u{2067}\u{2066}b\u{2069}\u{2069}\u{2069}c", "a\u{2067}\u{2066}b\u{2069}\u{2069}c"),
        ] {
            assert_eq!(isolated(name), format!("\u{2068}{kept}\u{2069}"), "{name:?}");
            assert_eq!(isolated(&isolated(name)), format!("\u{2068}{}\u{2069}", isolated(name)));
        }
    }

    #[test]
    fn a_phrase_is_said_in_the_language_that_is_spoken() {
        const HOUSE: Phrase = Phrase { en: "house", de: "Haus" };
        assert_eq!(&*HOUSE, "house");
        assert_eq!(within(Language::German, || maud::html! { (HOUSE) }.into_string()), "Haus");
    }
}
