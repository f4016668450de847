//! What was found, and help where nothing was.

use maud::{Markup, html};

use crate::search::{Found, Hit, Piece, Results, Sort};
use crate::view::layout::{self, Shell};
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
            form .query role="search" aria-label=(text::RESULTS) action="/search" {
                div .row {
                    input type="search" name="q" value=(q) aria-label=(text::SEARCH_ALL) autofocus[q.is_empty()]
                        aria-describedby="search-help" autocomplete="off" spellcheck="false";
                    @if sort == Sort::Best { input type="hidden" name="sort" value="best"; }
                    button .primary { (text::SEARCH) }
                }
                @if let Some(problem) = problem { p .error role="alert" { (problem) } }
                p #search-help .hint { (text::SEARCH_HELP) }
            }
            @if let Some(results) = results { (found(q, sort, results)) }
            @else { p .hint.nothing { (text::SEARCH_EMPTY) } }
        }
    };
    let title =
        if q.is_empty() { text::SEARCH.to_string() } else { format!("{q} - {}", text::SEARCH) };
    layout::page(shell, &title, &main)
}

fn found(q: &str, sort: Sort, results: &Results) -> Markup {
    html! {
        @if results.hits.is_empty() {
            div .nothing {
                p { (text::NO_RESULTS) " “" (q) "”." }
                p .hint { (text::NO_RESULTS_HELP) }
            }
        } @else {
            nav .sort aria-label=(text::SORT) {
                (order(q, Sort::Newest, sort, text::NEWEST.say()))
                (order(q, Sort::Best, sort, text::BEST.say()))
            }
            ol .hits { @for hit in &results.hits { li { (self::hit(hit)) } } }
            @if let Some(after) = &results.after {
                p { a .button rel="next" href=(address(q, sort, Some(after))) { (text::MORE_RESULTS) } }
            }
        }
    }
}

fn hit(hit: &Hit) -> Markup {
    html! {
        @match &hit.found {
            Found::Message { room, room_name, mid, author, local, transcript } => {
                p .about {
                    span .author class=(super::message::hue(author)) { (author) } " "
                    a href={ "/pages/" (transcript) "#m" (mid) } {
                        time datetime=(local.to_string()) title=(text::moment(*local)) { (text::short_moment(*local)) }
                    }
                    " " a .room href={ "/pages/" (room) } { (room_name) }
                }
                p .line dir="auto" { a href={ "/pages/" (transcript) "#m" (mid) } { (line(&hit.line)) } }
            }
            Found::Page { page, title, space } => {
                p .about { a .page href={ "/pages/" (page) } { (title) } " " span .room { (space) } }
                p .line dir="auto" { (line(&hit.line)) }
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
