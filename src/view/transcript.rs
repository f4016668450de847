//! A day of a room as a page: the conversation looks as the room looked.

use maud::{Markup, html};

use crate::message::Message;
use crate::page::{Page, PageLink};
use crate::room::Room;
use crate::transcript::Transcript;
use crate::tree::TreeLine;
use crate::view::layout::{Scripts, Shell};
use crate::view::{file, message, page, room, text};

/// What a transcript's page shows.
#[derive(Clone, Copy)]
pub struct Screen<'a> {
    /// The transcript's page.
    pub page: &'a Page,
    /// The pages above it, from the top; the last is the room's.
    pub crumbs: &'a [PageLink],
    /// The tree of its space.
    pub tree: &'a [TreeLine],
    /// Which day of which room.
    pub transcript: &'a Transcript,
    /// The room.
    pub room: &'a Room,
    /// All of the day, in order.
    pub messages: &'a [Message],
    /// The day is not over: the page keeps up with the room.
    pub live: bool,
}

/// A day of a room.
pub fn show(shell: &Shell<'_>, screen: &Screen<'_>) -> Markup {
    let day = screen.transcript.day;
    // The page asks for itself and takes the log out of it, by morphing: a selection and the
    // highlighted message stay.
    let itself = screen.live.then(|| format!("/pages/{}", screen.page.id));
    let main = html! {
        (page::crumbs(&screen.page.space, screen.crumbs))
        header .title {
            h1 { (screen.room.name) " " time datetime=(day.to_string()) { (text::day(day)) } }
            div .tools { (room::join(screen.room, false)) }
        }
        (days(screen.transcript, text::DAYS.say()))
        @if screen.live { p .hint.live { (text::LIVE) } }
        div .conversation hx-get=[itself.as_deref()] hx-trigger=[screen.live.then_some("every 15s")]
            hx-select="#log" hx-target="#log" hx-swap="outerMorph" {
            ol #log .log { @for message in screen.messages { (message::item(message)) } }
        }
        @if screen.messages.iter().all(|message| message.removed) { p .hint { (text::EMPTY_DAY) } }
        (days(screen.transcript, text::TRANSCRIPTS.say()))
        (file::lightbox())
        footer .about { (text::zone(screen.room)) }
    };
    page::beside_tree(shell, screen.page, screen.tree, Scripts::Transcript, &main)
}

fn days(transcript: &Transcript, label: &str) -> Markup {
    let link = |day: jiff::civil::Date| format!("/rooms/{}/transcripts/{day}", transcript.room);
    let near = |day: jiff::civil::Date| {
        if day.year() == transcript.day.year() {
            text::short_day(day)
        } else {
            text::short_day_and_year(day)
        }
    };
    html! {
        nav .days aria-label=(label) {
            @if let Some(day) = transcript.previous {
                a rel="prev" href=(link(day)) title=(text::PREVIOUS_DAY) { "← " (near(day)) }
            }
            @if let Some(day) = transcript.next {
                a rel="next" href=(link(day)) title=(text::NEXT_DAY) { (near(day)) " →" }
            }
        }
    }
}
