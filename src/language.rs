//! The languages that the program speaks, and the one that is spoken now.
//!
//! The language is ambient: a request is answered, and a frame rendered, within one. As an
//! argument it would stand in every fragment's list, though no fragment ever decides by it; so a
//! view still does not ask who is looking, and a phrase knows how to say itself.

use std::future::Future;

/// A language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// What is spoken where nothing else is asked for.
    #[default]
    English,
    /// German.
    German,
}

/// All of them; a language's place here is its number.
pub const LANGUAGES: [Language; 2] = [Language::English, Language::German];

tokio::task_local! {
    static SPOKEN: Language;
}

impl Language {
    /// As HTML, HTTP and the file name it.
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// What it calls itself.
    pub fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
        }
    }

    /// Its place in [`LANGUAGES`].
    pub fn number(self) -> u8 {
        match self {
            Self::English => 0,
            Self::German => 1,
        }
    }

    /// The language of that code.
    pub fn of_code(code: &str) -> Option<Self> {
        LANGUAGES.into_iter().find(|language| language.code() == code)
    }

    /// The best for an `Accept-Language` (RFC 9110, 12.5.4): the first of the highest weight
    /// among those that we speak.
    pub fn accepted(header: &str) -> Option<Self> {
        let mut best: Option<(u16, Self)> = None;
        for range in header.split(',').take(32) {
            let mut parts = range.split(';').map(str::trim);
            let tag = parts.next().unwrap_or_default().to_ascii_lowercase();
            let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(1000, thousandths);
            let Some(language) = Self::of_code(tag.split('-').next().unwrap_or_default()) else {
                continue;
            };
            if weight > best.map_or(0, |(weight, _)| weight) {
                best = Some((weight, language));
            }
        }
        best.map(|(_, language)| language)
    }
}

/// `0.8` as 800; nonsense as 0.
fn thousandths(weight: &str) -> u16 {
    let (whole, part) = weight.split_once('.').unwrap_or((weight, ""));
    let digits: String = part.chars().chain("000".chars()).take(3).collect();
    match (whole, digits.parse::<u16>()) {
        ("1", _) => 1000,
        ("0", Ok(part)) => part,
        _ => 0,
    }
}

/// The language that is spoken now.
pub fn spoken() -> Language {
    SPOKEN.try_with(|language| *language).unwrap_or_default()
}

/// Has `work` done in a language.
pub fn within<T>(language: Language, work: impl FnOnce() -> T) -> T {
    SPOKEN.sync_scope(language, work)
}

/// Has a future run in a language. What it spawns does not inherit it.
pub async fn scope<F: Future>(language: Language, work: F) -> F::Output {
    SPOKEN.scope(language, work).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browser_s_wishes_are_weighed() {
        let accepted = Language::accepted;
        assert_eq!(accepted("de"), Some(Language::German));
        assert_eq!(accepted("de-AT,de;q=0.9,en;q=0.8"), Some(Language::German));
        assert_eq!(accepted("fr, de;q=0.4, en-GB;q=0.7"), Some(Language::English));
        assert_eq!(accepted("fr-CH, fr;q=0.9"), None);
        assert_eq!(accepted("de;q=0, en;q=0.1"), Some(Language::English));
        for nonsense in ["", ";;;", "de;q=x", "*", "\u{fffd}"] {
            assert_eq!(accepted(nonsense), None, "{nonsense}");
        }
    }
}
