//! The keys of a room's window, as a list behind `?`.

use maud::{Markup, html};

use crate::view::text;
use crate::view::text::Phrase;

/// Each row: the keys, and what they do.
const KEYS: [(&[&str], Phrase); 9] = [
    (&["Enter"], text::KEY_SEND),
    (&["Shift", "Enter"], text::KEY_LINE),
    (&["↑"], text::KEY_EDIT),
    (&["Esc"], text::KEY_ESCAPE),
    (&["Tab"], text::KEY_TAB),
    (&["Shift", "Tab"], text::KEY_BACK),
    (&["PgUp", "PgDn"], text::KEY_SCROLL),
    (&["End"], text::KEY_END),
    (&["?"], text::KEY_KEYS),
];

/// The list, closed.
pub fn dialog() -> Markup {
    html! {
        dialog #keys .keys aria-labelledby="keys-heading" closedby="any" {
            h2 #keys-heading { (text::KEYS) }
            (list())
            form method="dialog" { button { (text::CLOSE) } }
        }
    }
}

/// The keys, and what they do.
pub fn list() -> Markup {
    html! {
        dl {
            @for (keys, does) in KEYS {
                dt { @for key in keys { kbd { (key) } " " } }
                dd { (does) }
            }
        }
    }
}

/// What opens the list.
pub fn opener() -> Markup {
    html! {
        button .plain type="button" commandfor="keys" command="show-modal" aria-keyshortcuts="?" {
            (text::KEYS) " " kbd { "?" }
        }
    }
}
