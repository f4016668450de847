//! What was saved lately on the pages of the wiki.

use jiff::tz::TimeZone;
use maud::{Markup, html};

use crate::recent::{Changed, Stretch, What};
use crate::space::Space;
use crate::view::history::moment;
use crate::view::layout::{self, Shell};
use crate::view::text;

/// A stretch of the recent changes, by day; of one space, where `chosen` is its key.
pub fn list(
    shell: &Shell<'_>,
    stretch: &Stretch,
    spaces: &[Space],
    chosen: Option<&str>,
) -> Markup {
    let day = |changed: &Changed| changed.at.to_zoned(TimeZone::UTC).date();
    let main = html! {
        section .sheet .changes {
            h1 { (text::CHANGES) }
            @if spaces.len() > 1 { (choice(spaces, chosen)) }
            @if stretch.changes.is_empty() && stretch.older.is_none() {
                p .hint { (text::CHANGES_EMPTY) }
            }
            @for changes in stretch.changes.chunk_by(|a, b| day(a) == day(b)) {
                @if let Some(first) = changes.first() { h2 { (text::day(day(first))) } }
                ul { @for changed in changes { (line(changed, chosen.is_none())) } }
            }
            @if let Some(older) = stretch.older {
                p { a .button href=(address(chosen, Some(&older.to_string()))) { (text::CHANGES_OLDER) } }
            }
        }
    };
    layout::page(shell, text::CHANGES.say(), &main)
}

fn choice(spaces: &[Space], chosen: Option<&str>) -> Markup {
    let current = |yes: bool| yes.then_some("page");
    html! {
        nav .choices aria-label=(text::SPACES) {
            a href=(address(None, None)) aria-current=[current(chosen.is_none())] {
                (text::CHANGES_ALL_SPACES)
            }
            @for space in spaces {
                a href=(address(Some(&space.key), None))
                    aria-current=[current(chosen == Some(&space.key))] { (space.name) }
            }
        }
    }
}

fn line(changed: &Changed, with_space: bool) -> Markup {
    let address = format!("/pages/{}", changed.page);
    html! {
        li {
            div .about {
                a href=(address) { (changed.title) }
                @if let What::File(act, name) = &changed.what { p { (text::file_act(*act, name)) } }
                p .hint {
                    (moment(changed.at)) ", " (text::saved_by(changed.by.as_deref()))
                    @if with_space { " · " (changed.space) }
                }
            }
            @match changed.what {
                What::Saved(1) => span .key { (text::CHANGES_NEW_PAGE) },
                What::Saved(version) => {
                    a .button href={ (address) "/history/compare?from=" (version - 1) "&to=" (version) } {
                        (text::CHANGES_DIFFERENCE)
                    }
                }
                What::File(..) => a .button href={ (address) "#page_files" } { (text::FILES) },
            }
        }
    }
}

fn address(space: Option<&str>, before: Option<&str>) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(space.map(|key| ("space", key)));
    query.extend_pairs(before.map(|place| ("before", place)));
    match query.finish().as_str() {
        "" => "/changes".into(),
        query => format!("/changes?{query}"),
    }
}
