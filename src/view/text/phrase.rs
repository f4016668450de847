//! A phrase: words in every language, which say themselves in the one that is spoken.

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
    fn a_phrase_is_said_in_the_language_that_is_spoken() {
        const HOUSE: Phrase = Phrase { en: "house", de: "Haus" };
        assert_eq!(&*HOUSE, "house");
        assert_eq!(within(Language::German, || maud::html! { (HOUSE) }.into_string()), "Haus");
    }
}
