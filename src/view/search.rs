//! What was found, where it stands; and help where nothing was.

use maud::{Markup, html};

use crate::search::{DayHits, Line, PageHit, Piece, Results, Sort};
use crate::view::layout::{self, Scripts, Shell};
use crate::view::text;

/// The results for `q`; `None`: nothing was asked yet. `problem` says what is odd about the
/// query, beside the box.
pub fn show(
    shell: &Shell<'_>,
    q: &str,
    sort: Sort,
    results: Option<&Results>,
    problem: Option<&str>,
) -> Markup {
    let main = html! {
        section .results {
            h1 { (text::SEARCH) }
            // While one types, the answer is asked for and what was found is taken out of it.
            form .query role="search" aria-label=(text::RESULTS) action="/search"
                hx-get="/search" hx-trigger="input delay:300ms" hx-sync="this:replace"
                hx-select="#found" hx-target="#found" hx-swap="outerHTML" {
                div .row {
                    input type="search" name="q" value=(q) aria-label=(text::SEARCH_ALL) autofocus[q.is_empty()]
                        aria-describedby="search-help" autocomplete="off" spellcheck="false";
                    @if sort == Sort::Best { input type="hidden" name="sort" value="best"; }
                    button .primary { (text::SEARCH) }
                }
                p #search-help .hint { (text::SEARCH_HELP) }
                (help())
            }
            div #found {
                @if let Some(problem) = problem { p .error role="alert" { (problem) } }
                @if let Some(results) = results { (found(q, sort, results)) }
                @else if problem.is_none() { p .hint.nothing { (text::SEARCH_EMPTY) } }
            }
        }
    };
    let title =
        if q.is_empty() { text::SEARCH.to_string() } else { text::titled(q, &text::SEARCH) };
    layout::with_scripts(shell, &title, Scripts::Page, &main)
}

/// What can be typed into the box, beside it.
fn help() -> Markup {
    html! {
        details .operators {
            summary { (text::HELP_SEARCH) }
            (operators())
        }
    }
}

/// What can be typed, and what it means.
pub fn operators() -> Markup {
    let rows = [
        ("\"boot loader\"", text::HELP_PHRASE),
        ("boot*", text::HELP_PREFIX),
        ("-grub", text::HELP_NOT),
        ("from:bob", text::HELP_FROM),
        ("in:\"Night shift\"", text::HELP_IN),
        ("space:DEMO", text::HELP_SPACE),
        ("on:2026-11-22", text::HELP_ON),
        ("before:2026-11 after:2025", text::HELP_BEFORE),
        ("has:link", text::HELP_HAS),
        ("mentions:me", text::HELP_MENTIONS),
        ("is:pinned", text::HELP_PINNED),
    ];
    html! { dl { @for (typed, means) in rows { dt { code { (typed) } } dd { (means) } } } }
}

fn found(q: &str, sort: Sort, results: &Results) -> Markup {
    html! {
        @if results.days.is_empty() && results.pages.is_empty() {
            div .nothing role="status" {
                p { (text::NO_RESULTS) " “" (q) "”." }
                p .hint { (text::NO_RESULTS_HELP) }
            }
        } @else {
            div .summary {
                p .hint role="status" { (text::hits(results.pages.len(), results.n_hits, results.after.is_some())) }
                @if !results.days.is_empty() {
                    nav .sort aria-label=(text::SORT) {
                        (order(q, Sort::Newest, sort, text::NEWEST.say()))
                        (order(q, Sort::Best, sort, text::BEST.say()))
                    }
                }
            }
            @if !results.pages.is_empty() {
                ol .hits.pages aria-label=(text::PAGES) { @for page in &results.pages { (self::page(page)) } }
            }
            @for day in &results.days { (self::day(day)) }
            @if let Some(after) = &results.after {
                p { a .button rel="next" href=(address(q, sort, Some(after))) { (text::MORE_RESULTS) } }
            }
        }
    }
}

fn page(hit: &PageHit) -> Markup {
    html! {
        li {
            p .about { a .page href={ "/pages/" (hit.page) } { (hit.title) } " " span .space { (hit.space) } }
            p .line dir="auto" { (line(&hit.pieces)) }
        }
    }
}

/// One day of one room.
fn day(day: &DayHits) -> Markup {
    html! {
        section .day {
            h2 {
                a .room href={ "/pages/" (day.room) } { (day.room_name) } " "
                a .date href={ "/pages/" (day.transcript) } {
                    time datetime=(day.day.to_string()) { (text::day(day.day)) }
                }
            }
            @for excerpt in &day.excerpts {
                ol .hits { @for said in excerpt { (item(day, said)) } }
            }
        }
    }
}

fn item(day: &DayHits, said: &Line) -> Markup {
    let address = format!("/rooms/{}/messages/{}", day.room, said.mid);
    html! {
        li data-hit[said.hit] data-mid=(said.mid) {
            a .time href=(address) {
                time datetime=(said.local.to_string()) title=(text::moment(said.local)) { (text::time(said.local)) }
            }
            " " span .author class=(super::message::hue(&said.author_name)) { (said.author) } " "
            span .line dir="auto" {
                @if said.hit { a href=(address) { (line(&said.pieces)) } } @else { (line(&said.pieces)) }
            }
        }
    }
}

fn line(pieces: &[Piece]) -> Markup {
    html! {
        @for piece in pieces {
            @if piece.matched { mark { (piece.text) } } @else { (piece.text) }
        }
    }
}

fn order(q: &str, sort: Sort, chosen: Sort, label: &str) -> Markup {
    let current = (sort == chosen).then_some("true");
    html! { a href=(address(q, sort, None)) aria-current=[current] { (label) } }
}

fn address(q: &str, sort: Sort, after: Option<&str>) -> String {
    let escape =
        |text| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC);
    let sort = if sort == Sort::Best { "&sort=best" } else { "" };
    let after = after.map(|after| format!("&after={}", escape(after))).unwrap_or_default();
    format!("/search?q={}{sort}{after}", escape(q))
}
