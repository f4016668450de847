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
