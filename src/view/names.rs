//! The names that the box offers after an `@`.

use maud::{Markup, html};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::id::RoomId;
use crate::mention::Named;
use crate::view::message::hue;
use crate::view::text;

/// What stands in the address of an account as it is.
const IN_HREF: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'_').remove(b'-');

/// The rules of one viewer's window that mark where the viewer is named.
pub fn marks(nonce: &str, viewer: &str) -> Markup {
    // As the markup writes it. Encoded, it holds nothing that could end a selector.
    let href = format!("/accounts/{}", utf8_percent_encode(viewer, IN_HREF));
    html! {
        style nonce=(nonce) {
            ".mention[href='" (href) "']{background:var(--mark)}"
            "li:has(.mention[href='" (href) "']){box-shadow:inset 3px 0 var(--named)}"
        }
    }
}

/// The list over a box; a script asks it to look, and says for what.
pub fn list(room: RoomId, id: &str) -> Markup {
    html! {
        ul #(id) .names role="listbox" aria-label=(text::NAMES) hidden hx-get={ "/rooms/" (room) "/names" }
            hx-trigger="look" hx-swap="innerHTML" hx-sync="this:replace" {}
    }
}

/// What is in it.
pub fn options(names: &[Named]) -> Markup {
    html! {
        @for (n, named) in names.iter().enumerate() {
            li id={ "name-" (n) } role="option" aria-selected=(n == 0) data-name=(named.name) {
                b class=(hue(&named.name)) { bdi { (named.display) } }
                " "
                span { "@" (named.name) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::marks;

    #[test]
    fn a_name_is_marked_by_its_address() {
        let rule = marks("R", "jürgen").into_string();
        assert!(rule.starts_with("<style nonce=\"R\">.mention[href='/accounts/j%C3%BCrgen']{"));
        assert!(!marks("R", "x']{}</style>").into_string().contains("']{}"));
    }
}
