//! Every word that people read, in one place and in every language, and how dates and counts are
//! said. What a person reads is in the language that is [spoken](crate::language::spoken) while
//! it is rendered.

mod admin_words;
mod help_words;
mod linking_words;
mod phrase;
mod phrases;
mod retention_words;
mod second_step_words;
mod template_words;
#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
#[cfg(test)]
mod tests;
mod trouble;
mod wiki_words;
mod words;

pub use admin_words::*;
pub use help_words::*;
pub use linking_words::*;
pub use phrase::{Phrase, isolated};
pub use phrases::*;
pub use retention_words::*;
pub use second_step_words::*;
pub use template_words::*;
pub use trouble::*;
pub use wiki_words::*;
pub use words::*;
