//! A day of a room as a page: the conversation looks as the room looked.

use maud::{Markup, html};

use crate::id::{Mid, PageId};
use crate::log::Part;
use crate::marks::Minute;
use crate::markup::Html;
use crate::minutes::Line;
use crate::page::{Page, PageLink};
use crate::record::Records;
use crate::room::Room;
use crate::transcript::Transcript;
use crate::tree::Tree;
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
    pub tree: &'a Tree,
    /// Which day of which room.
    pub transcript: &'a Transcript,
    /// The room.
    pub room: &'a Room,
    /// The day, or a part of it.
    pub part: &'a Part,
    /// What people noted beside the conversation; `None`: nothing.
    pub notes: Option<&'a Html>,
    /// The reader may write that.
    pub may_edit: bool,
    /// What the day came to.
    pub minutes: &'a [Line],
    /// The messages of this part as data; `None`: nobody would look at them.
    pub records: Option<&'a Records>,
    /// The day is not over: the page keeps up with the room.
    pub live: bool,
}

/// A day of a room.
pub fn show(shell: &Shell<'_>, screen: &Screen<'_>) -> Markup {
    let day = screen.transcript.day;
    // The page asks for itself and takes the log out of it and what stands beside it, by morphing: a
    // selection and the highlighted message stay.
    let itself = screen.live.then(|| format!("/pages/{}", screen.page.id));
    let address = format!("/rooms/{}/transcripts/{day}", screen.transcript.room);
    let main = html! {
        (page::crumbs(&screen.page.space, screen.crumbs))
        header .title {
            h1 { (screen.room.name) " " time datetime=(day.to_string()) { (text::day(day)) } }
            div .tools {
                @if screen.may_edit && screen.notes.is_none() {
                    a .button href={ "/pages/" (screen.page.id) "/edit" } { (text::WRITE_NOTES) }
                }
                (room::join(screen.room, false))
            }
        }
        (days(screen.transcript, text::DAYS.say()))
        div #beside { (notes(screen)) (minutes(screen)) }
        (parts(screen))
        @if screen.live { p .hint.live { (text::LIVE) } }
        div .conversation hx-get=[itself.as_deref()] hx-trigger=[screen.live.then_some("every 15s")]
            hx-select="#log" hx-target="#log" hx-swap="outerMorph" hx-select-oob="#beside:outerMorph" {
            ol #log .log { @for message in &screen.part.messages { (message::item(message)) } }
        }
        @if screen.part.messages.is_empty() { p .hint { (text::EXPIRED_DAY) } }
        @else if screen.part.messages.iter().all(|message| message.removed) { p .hint { (text::EMPTY_DAY) } }
        (parts(screen))
        (days(screen.transcript, text::TRANSCRIPTS.say()))
        (file::lightbox())
        footer .about {
            (text::zone(screen.room)) " · "
            a href={ (address) ".txt" } { (text::AS_TEXT) } " · "
            a href={ (address) ".json" } { (text::AS_JSON) }
        }
        // For programs; src/record.rs says what it is.
        @if let Some(records) = screen.records { pre #record hidden { (records.to_lines()) } }
    };
    page::beside_tree(shell, screen.page, screen.tree, Scripts::Transcript, &main)
}

/// Where a message stands, in its page or in a part of it.
pub fn place(page: PageId, part: Option<i64>, mid: Mid) -> String {
    match part {
        None => format!("/pages/{page}#m{mid}"),
        Some(part) => format!("/pages/{page}?part={part}#m{mid}"),
    }
}

/// What people wrote beside the conversation.
fn notes(screen: &Screen<'_>) -> Markup {
    let address = format!("/pages/{}", screen.page.id);
    html! {
        @if let Some(notes) = screen.notes {
            section .notes aria-labelledby="notes" {
                header {
                    h2 #notes { (text::NOTES) }
                    @if screen.may_edit {
                        a href={ (address) "/edit" } { (text::EDIT) }
                    }
                    a href={ (address) "/history" } { (text::PAGE_HISTORY) }
                }
                div .body.prose dir="auto" { (notes) }
            }
        }
    }
}

/// The lines that people marked as worth keeping.
fn minutes(screen: &Screen<'_>) -> Markup {
    html! {
        @if !screen.minutes.is_empty() {
            section .minutes aria-labelledby="minutes" {
                h2 #minutes { (text::MINUTES) }
                ul {
                    @for line in screen.minutes {
                        @let (name, kind) = match line.kind {
                            Minute::Topic => ("topic", text::MINUTE_TOPIC),
                            Minute::Info => ("info", text::MINUTE_INFO),
                            Minute::Action => ("action", text::MINUTE_ACTION),
                            Minute::Agreed => ("agreed", text::MINUTE_AGREED),
                            Minute::Link => ("link", text::MINUTE_LINK),
                        };
                        li data-kind=(name) {
                            span .kind { (kind) } " "
                            a dir="auto" href={ "/rooms/" (screen.transcript.room) "/messages/" (line.mid) } { (line.text) } " "
                            span .by { bdi { (line.author) } ", " (text::time(line.local)) }
                        }
                    }
                }
            }
        }
    }
}

/// The way to another part of a long day, and to a time.
fn parts(screen: &Screen<'_>) -> Markup {
    let Part { part, n_parts, .. } = *screen.part;
    let link = |part: i64| format!("/pages/{}?part={part}", screen.page.id);
    html! {
        @if n_parts > 1 {
            nav .parts aria-label=(text::PARTS) {
                @if part > 1 { a rel="prev" href=(link(part - 1)) { "← " (text::EARLIER) } }
                span aria-current="page" { (text::part(part, n_parts)) }
                @if part < n_parts { a rel="next" href=(link(part + 1)) { (text::LATER) " →" } }
                form .jump action={ "/pages/" (screen.page.id) } {
                    label { span { (text::JUMP) } input type="time" name="at" required; }
                    button { (text::GO) }
                }
            }
        }
    }
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
            a .month href={ "/rooms/" (transcript.room) "/calendar?month=" (transcript.day.strftime("%Y-%m")) } {
                (text::CALENDAR)
            }
            @if let Some(day) = transcript.next {
                a rel="next" href=(link(day)) title=(text::NEXT_DAY) { (near(day)) " →" }
            }
        }
    }
}
