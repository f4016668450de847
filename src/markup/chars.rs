//! The kinds of characters that the rules speak of.

use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

/// A letter, mark or decimal digit of any script. `char::is_alphanumeric` is another thing: it
/// takes ² and leaves marks.
pub(super) fn is_word(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric();
    }
    matches!(c.general_category_group(), GeneralCategoryGroup::Letter | GeneralCategoryGroup::Mark)
        || c.general_category() == GeneralCategory::DecimalNumber
}

/// White space, no-break spaces included, and the zero width space.
pub(super) fn is_space(c: char) -> bool {
    c.is_whitespace() || c == '\u{200b}'
}

/// One of the characters that effects are made of.
pub(super) fn is_effect(c: char) -> bool {
    matches!(c, '*' | '_' | '-' | '+' | '^' | '~' | '?')
}

/// Not ASCII and no word character: typographic quotes, dashes, emoji. A space is one of its own.
pub(super) fn is_foreign_sign(c: char) -> bool {
    !c.is_ascii() && !is_space(c) && !is_word(c)
}

/// A letter of a script that writes words without spaces between them, so that strong and
/// emphasis touch it: Han, Kana, Hangul, Thai, Lao, Khmer, Burmese.
pub(super) fn is_unspaced(c: char) -> bool {
    matches!(u32::from(c),
        0x0e00..=0x0eff | 0x1000..=0x109f | 0x1100..=0x11ff | 0x1780..=0x17ff | 0x19e0..=0x19ff
        | 0x2e80..=0x2fdf | 0x3005..=0x3007 | 0x3021..=0x3029 | 0x3031..=0x303c | 0x3040..=0x30ff
        | 0x3105..=0x318f | 0x31a0..=0x31bf | 0x31f0..=0x31ff | 0x3400..=0x4dbf | 0x4e00..=0x9fff
        | 0xa960..=0xa97f | 0xa9e0..=0xa9ff | 0xaa60..=0xaa7f | 0xac00..=0xd7ff | 0xf900..=0xfaff
        | 0xff66..=0xffdc | 0x1_b000..=0x1_b16f | 0x2_0000..=0x3_ffff)
        && is_word(c)
}

/// An emoji or another pictograph, or a colour's tag, beside which an emoticon may stand.
pub(super) fn is_pictograph(c: char) -> bool {
    matches!(u32::from(c), 0x2190..=0x2bff | 0xfe0f | 0xfffc | 0x1_f000..=0x1_faff)
}

/// What may follow an emoticon.
pub(super) fn closes_phrase(c: char) -> bool {
    matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | ')' | ']' | '}' | '>' | '"' | '\'' | '|')
        || (!c.is_ascii()
            && matches!(
                c.general_category(),
                GeneralCategory::ClosePunctuation
                    | GeneralCategory::FinalPunctuation
                    | GeneralCategory::OtherPunctuation
            ))
        || is_pictograph(c)
}

/// Whether a text holds more than ASCII signs and spaces: `-_-`, `^.^` and `*_*` do not.
/// Says how far it looked.
pub(super) fn find_substance(text: &str) -> Option<usize> {
    text.char_indices()
        .find(|(_, c)| c.is_ascii_alphanumeric() || (!c.is_ascii() && !is_space(*c)))
        .map(|(at, _)| at)
}

/// Characters that an address may hold as it is typed.
pub(super) fn is_url_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte)
}
