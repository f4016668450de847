//! What a page said before: its versions, one of them, two compared.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use crate::difference::{Difference, Fate, Line};
use crate::history::{Compared, N_AT_ONCE, Saved};
use crate::markup::Html;
use crate::page::{Page, PageLink};
use crate::page_file::Acted;
use crate::view::layout::{self, Shell};
use crate::view::{page, page_file, text};

/// The versions of a page, the newest first.
pub fn list(
    shell: &Shell<'_>,
    page: &Page,
    versions: &[Saved],
    acts: &[Acted],
    may_edit: bool,
) -> Markup {
    let address = format!("/pages/{}/history", page.id);
    let full = i64::try_from(versions.len()).unwrap_or(0) == N_AT_ONCE;
    let older = versions.last().filter(|last| full && last.version > 1);
    let main = html! {
        section .sheet .versions {
            (head(page, &text::PAGE_HISTORY, None))
            // One form: the radio buttons of two columns say which versions are compared.
            form method="get" action={ (address) "/compare" } {
                @if versions.len() > 1 {
                    div .notice {
                        p .hint { (text::PAGE_HISTORY_HELP) }
                        button { (text::COMPARE) }
                    }
                }
                ol {
                    @for (n, saved) in versions.iter().enumerate() {
                        li {
                            @if versions.len() > 1 {
                                span .choice {
                                    (choice("from", saved.version, n == 1))
                                    (choice("to", saved.version, n == 0))
                                }
                            }
                            span .about {
                                a href={ (address) "/" (saved.version) } { (text::version(saved.version)) }
                                @if saved.version == page.version { " " span .hint { (text::VERSION_NOW) } }
                                p .hint { (moment(saved.at)) ", " (text::saved_by(saved.by.as_deref())) }
                                @if saved.title != page.title { p .hint { "“" (saved.title) "”" } }
                            }
                            @if saved.version > 1 {
                                a .button href={ (address) "/compare?from=" (saved.version - 1) "&to=" (saved.version) } {
                                    (text::COMPARED)
                                }
                            }
                        }
                    }
                }
            }
            @if may_edit && page.version > 1 { p .hint { (text::VERSION_RESTORE_HELP) } }
            @if let Some(last) = older {
                p { a .button href={ (address) "?before=" (last.version) } { (text::VERSION_OLDER) } }
            }
            (page_file::acts(acts))
        }
    };
    layout::page(shell, &text::titled(&page.title, &text::PAGE_HISTORY), &main)
}

/// One version, as it was read then; what its names stand for is of now. `now` is the page's own.
pub fn show(shell: &Shell<'_>, then: &Page, now: i64, body: &Html, may_edit: bool) -> Markup {
    let main = html! {
        section .sheet .version {
            (head(then, &then.title, Some(then.version)))
            div .notice {
                p {
                    strong { (text::version(then.version)) } ", " (moment(then.changed_at)) ", "
                    (text::saved_by(then.changed_by.as_deref()))
                }
                a .button href={ "/pages/" (then.id) } { (text::VERSION_TO_NOW) }
                @if may_edit && then.version != now { (restore(then, now)) }
            }
            div .body.prose dir="auto" { (body) }
        }
    };
    layout::page(shell, &text::titled(&then.title, &text::version(then.version)), &main)
}

/// What is different between two versions.
pub fn compare(shell: &Shell<'_>, compared: &Compared) -> Markup {
    let Compared { page, old, new, difference } = compared;
    let main = html! {
        section .sheet .compared {
            (head(page, &text::COMPARED, None))
            div .sides {
                @for saved in [old, new] {
                    p {
                        a href={ "/pages/" (page.id) "/history/" (saved.version) } { (text::version(saved.version)) }
                        " " span .hint { (moment(saved.at)) ", " (text::saved_by(saved.by.as_deref())) }
                    }
                }
            }
            @if old.title != new.title {
                p { (text::RENAMED_FROM) " " del { (old.title) } " → " ins { (new.title) } }
            }
            @if difference.stretches.is_empty() { p .hint { (text::SAME_TEXT) } }
            (stretches(difference))
        }
    };
    layout::page(shell, &text::titled(&page.title, &text::COMPARED), &main)
}

/// The changed stretches of a text.
pub(super) fn stretches(difference: &Difference) -> Markup {
    html! {
        @for (n, stretch) in difference.stretches.iter().enumerate() {
            @if n > 0 { p .hint.skipped { "⋯" span .spoken { (text::SKIPPED) } } }
            div .difference dir="auto" { @for one in stretch { (line(one)) } }
        }
        @if difference.cut { p .hint { (text::DIFFERENCE_CUT) } }
    }
}

fn line(line: &Line) -> Markup {
    let parts = html! {
        @for (marked, part) in &line.parts { @if *marked { mark { (part) } } @else { (part) } }
    };
    html! {
        @match line.fate {
            Fate::Kept => p { (parts) },
            Fate::Gone => del { span .spoken { (text::LINE_GONE) " " } (parts) },
            Fate::New => ins { span .spoken { (text::LINE_NEW) " " } (parts) },
        }
    }
}

fn choice(name: &str, version: i64, chosen: bool) -> Markup {
    let label = if name == "from" { text::VERSION_FROM } else { text::VERSION_TO };
    html! {
        input type="radio" name=(name) value=(version) checked[chosen] title=(label)
            aria-label={ (label) ": " (text::version(version)) };
    }
}

fn restore(then: &Page, now: i64) -> Markup {
    html! {
        form .one method="post" action={ "/pages/" (then.id) "/history/" (then.version) "/restore" } {
            input type="hidden" name="version" value=(now);
            button title=(text::VERSION_RESTORE_HELP) { (text::VERSION_RESTORE) }
        }
    }
}

fn head(page: &Page, heading: &str, version: Option<i64>) -> Markup {
    let here = PageLink { id: page.id, title: page.title.clone() };
    let history = PageLink { id: page.id, title: text::PAGE_HISTORY.to_string() };
    html! {
        (page::crumbs(&page.space, &[here]))
        @if version.is_some() {
            p .hint { a href={ "/pages/" (history.id) "/history" } { (history.title) } }
        }
        h1 { (heading) }
    }
}

/// An instant where no room says whose clock counts: UTC.
pub(super) fn moment(at: Timestamp) -> Markup {
    let local = at.to_zoned(TimeZone::UTC).datetime();
    html! {
        time datetime=(at.to_string()) title=(text::moment(local)) { (text::short_moment(local)) }
    }
}
