//! Help pages.

use maud::{Markup, html};

use crate::markup::Html;
use crate::view::layout::{self, Shell};
use crate::view::text::Phrase;
use crate::view::{keys, search, text};

/// A section of the help.
#[derive(Clone, Copy, Debug)]
pub struct Section {
    /// Where the page's list leads.
    pub id: &'static str,
    /// Its heading.
    pub heading: Phrase,
    /// In the wiki's own notation; may be empty.
    pub prose: &'static str,
}

/// What the help tells, in its order, in the language that is spoken.
pub fn sections() -> [Section; 6] {
    let section = |id, heading, prose: Option<Phrase>| Section {
        id,
        heading,
        prose: prose.map_or("", Phrase::say),
    };
    [
        section("rooms", text::HELP_ROOMS, Some(text::HELP_ROOMS_TEXT)),
        section("writing", text::HELP_WRITING, Some(text::HELP_WRITING_TEXT)),
        section("keys", text::HELP_KEYS, None),
        section("search", text::HELP_FIND, Some(text::HELP_FIND_TEXT)),
        section("authors", text::HELP_AUTHORS, Some(text::HELP_AUTHORS_TEXT)),
        section("administrators", text::HELP_ADMINS, Some(text::HELP_ADMINS_TEXT)),
    ]
}

/// The help: each section with its prose, and what else belongs to it.
pub fn show(shell: &Shell<'_>, sections: &[(Section, Html)]) -> Markup {
    let main = html! {
        article .page.sheet.help-page {
            header .title {
                h1 { (text::HELP) }
                div .tools { a .button href="/help/formatting" { (text::FORMATTING) } }
            }
            nav .choices aria-label=(text::HELP) {
                @for (section, _) in sections { a href={ "#" (section.id) } { (section.heading) } }
            }
            @for (section, prose) in sections {
                section aria-labelledby=(section.id) {
                    h2 id=(section.id) { (section.heading) }
                    @if !section.prose.is_empty() { div .body.prose { (prose) } }
                    @match section.id {
                        "keys" => div .operators { (keys::list()) },
                        "search" => div .operators { (search::operators()) },
                        _ => {}
                    }
                }
            }
        }
    };
    layout::page(shell, &text::HELP, &main)
}

/// How text is written: the notation, each example beside its source.
pub fn formatting(shell: &Shell<'_>, notation: &Html) -> Markup {
    let main = html! {
        article .page.sheet {
            header .title {
                h1 { (text::FORMATTING_TITLE) }
                div .tools { a .button href="/help" { (text::HELP) } }
            }
            div .body.prose { (notation) }
        }
    };
    layout::page(shell, text::FORMATTING_TITLE.say(), &main)
}
