//! What is said when something cannot be done.

use maud::{Markup, html};

use crate::view::layout::{self, Shell};
use crate::view::text;
use crate::view::unsaved::{self, Unsaved};

/// An error as a whole page. `action` is a link that helps: address and label. `unsaved` is what was
/// written and is in no form of the answer.
pub fn page(
    shell: &Shell<'_>,
    status: u16,
    heading: &str,
    message: &str,
    action: Option<(&str, &str)>,
    unsaved: &Unsaved,
) -> Markup {
    let main = html! {
        section .sheet .trouble {
            p .code aria-hidden="true" { (status) }
            h1 { (heading) }
            p { (message) }
            (unsaved::field(unsaved, text::NOT_KEPT))
            @if let Some((address, label)) = action {
                p { a .button href=(address) { (label) } }
            }
        }
    };
    layout::page(shell, heading, &main)
}

/// An error as the answer to htmx, shown beside what was tried.
pub fn fragment(message: &str) -> Markup {
    html! { p .error { (message) } }
}

/// An error beside a form field; the field names it by `aria-describedby`.
pub fn beside(id: &str, message: &str) -> Markup {
    html! { p .error id=(id) { (message) } }
}
