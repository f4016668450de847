//! What somebody wrote and the server did not take, in the answer that says so.
//!
//! **Invariant:** where there is no box to write on in, what was written stands here, to be copied.

use maud::{Markup, html};

use crate::view::text;
use crate::view::text::Phrase;

/// What somebody wrote.
#[derive(Clone, Debug, Default)]
pub struct Unsaved {
    /// Of a page.
    pub title: String,
    /// As typed.
    pub body: String,
}

impl Unsaved {
    /// A message.
    pub fn message(body: &str) -> Self {
        Self { title: String::new(), body: body.to_owned() }
    }

    fn is_empty(&self) -> bool {
        self.title.is_empty() && self.body.is_empty()
    }
}

/// It, to be copied. `told` says what became of it.
pub fn field(unsaved: &Unsaved, told: Phrase) -> Markup {
    html! {
        @if !unsaved.is_empty() {
            div .field.unsaved {
                label for="unsaved" { (told) }
                @if !unsaved.title.is_empty() {
                    input readonly value=(unsaved.title) aria-label=(text::FIELD_TITLE) dir="auto";
                }
                // The parser drops one line end right after the tag.
                textarea #unsaved rows="6" readonly dir="auto" { "\n" (unsaved.body) }
            }
        }
    }
}
