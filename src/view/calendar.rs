//! A month of a room: its days, and how much was said on each.

use jiff::civil::Date;
use maud::{Markup, html};

use crate::calendar::Month;
use crate::id::RoomId;
use crate::page::PageLink;
use crate::view::layout::{self, Scripts, Shell};
use crate::view::{room, text};

/// In the panel: a button, and the month that opens by it; fetched when it is opened first.
pub fn opener(room: RoomId) -> Markup {
    html! {
        button .plain type="button" popovertarget="calendar" { (text::CALENDAR) }
        div #calendar popover="auto" hx-get=(address(room)) hx-trigger="toggle once" hx-swap="innerHTML" {
            a href=(address(room)) { (text::CALENDAR) }
        }
    }
}

/// The month as a page of its own.
pub fn page(shell: &Shell<'_>, shown: &Month, of: &PageLink) -> Markup {
    let main = html! {
        article .page.sheet {
            header .title {
                h1 { (shown.room.name) ": " (text::CALENDAR) }
                div .tools { (room::join(&shown.room, false)) }
            }
            p { (room::page_link(of)) }
            div #calendar { (month(shown)) }
            footer .about { (room::take_away(shown.room.id)) p { (text::zone(&shown.room)) } }
        }
    };
    let title = text::titled(&shown.room.name, &text::CALENDAR);
    layout::with_scripts(shell, &title, Scripts::Page, &main)
}

/// One month, and the way to those beside it.
pub fn month(shown: &Month) -> Markup {
    html! {
        nav .months aria-label=(text::MONTHS) {
            (beside(shown, shown.previous, text::PREVIOUS_MONTH.say(), "←"))
            strong aria-live="polite" { (text::month(shown.first)) }
            (beside(shown, shown.next, text::NEXT_MONTH.say(), "→"))
        }
        table .month aria-label=(text::month(shown.first)) {
            thead {
                tr {
                    @for day in text::weekdays() { th scope="col" { abbr title=(day.1) { (day.0) } } }
                }
            }
            tbody {
                @for week in shown.weeks() {
                    tr { @for day in week { (cell(shown, day)) } }
                }
            }
        }
    }
}

fn cell(shown: &Month, day: Option<Date>) -> Markup {
    let today = |day: Date| (day == shown.today).then_some("date");
    html! {
        @match day.map(|day| (day, shown.n_messages(day))) {
            None => td {},
            Some((day, None)) => td aria-current=[today(day)] { span { (day.day()) } },
            Some((day, Some(n_messages))) => {
                @let label = format!("{}, {}", text::day(day), text::messages(n_messages));
                td aria-current=[today(day)] data-level=(level(n_messages)) {
                    a href={ "/rooms/" (shown.room.id) "/transcripts/" (day.to_string()) }
                        title=(label) aria-label=(label) { (day.day()) }
                }
            }
        }
    }
}

fn beside(shown: &Month, month: Option<Date>, label: &str, arrow: &str) -> Markup {
    let address =
        month.map(|month| format!("{}?month={}", address(shown.room.id), month.strftime("%Y-%m")));
    html! {
        @if let Some(address) = address {
            a .button href=(address) target="_self" hx-get=(address) hx-target="#calendar" hx-swap="innerHTML"
                title=(label) aria-label=(label) { (arrow) }
        } @else {
            span .button aria-hidden="true" { (arrow) }
        }
    }
}

/// How much that was, in four steps.
fn level(n_messages: i64) -> u8 {
    match n_messages {
        ..=9 => 1,
        10..=49 => 2,
        50..=199 => 3,
        _ => 4,
    }
}

fn address(room: RoomId) -> String {
    format!("/rooms/{room}/calendar")
}
