//! Help pages.

use maud::{Markup, html};

use crate::markup::Html;
use crate::view::layout::{self, Shell};
use crate::view::text;

/// How text is written: the notation, each example beside its source.
pub fn formatting(shell: &Shell<'_>, notation: &Html) -> Markup {
    let main = html! {
        article .page.sheet {
            header .title { h1 { (text::FORMATTING_TITLE) } }
            div .body.prose { (notation) }
        }
    };
    layout::page(shell, text::FORMATTING_TITLE.say(), &main)
}
