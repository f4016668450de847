//! Help pages: the same for everybody.

use std::sync::LazyLock;

use maud::Markup;

use super::visit::Visit;
use crate::markup::{self, Html, Mode, Unresolved};
use crate::view;

/// Rendered once: it is a text of ours.
static NOTATION: LazyLock<Html> =
    LazyLock::new(|| markup::render(&markup::parse(markup::NOTATION, Mode::Page), &Unresolved));

pub(super) async fn show(visit: Visit) -> Markup {
    let sections = view::help::sections().map(|section| {
        let prose = markup::parse(section.prose, Mode::Page);
        (section, markup::render(&prose, &Unresolved))
    });
    view::help::show(&visit.shell(), &sections)
}

pub(super) async fn formatting(visit: Visit) -> Markup {
    view::help::formatting(&visit.shell(), &NOTATION)
}
