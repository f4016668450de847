//! A room from outside: the status table on its page and inside an iframe; and what its windows
//! are kept up to date with.

use maud::{Markup, html};

use crate::id::RoomId;
use crate::page::PageLink;
use crate::pin::Pin;
use crate::presence::State;
use crate::room::Room;
use crate::status::{ActiveDay, Panel, Participant, Status};
use crate::topic::Topic;
use crate::view::layout::{self, Scripts, Shell};
use crate::view::message::hue;
use crate::view::{file, text, topic};

pub use crate::view::popup::{
    Poll, Popup, alive, crowded, no_stream, polled, popup, stream, tries,
};

/// What the macro shows on a page. It fetches itself anew from time to time.
pub fn status_table(status: &Status) -> Markup {
    let room = &status.room;
    let heading = format!("status-{}", room.id);
    html! {
        section .status aria-labelledby=(heading) hx-get={ "/rooms/" (room.id) "/status" }
            hx-trigger="every 20s" hx-swap="outerHTML" {
            header {
                h2 id=(heading) { (room.name) }
                (join(room, true))
            }
            @if let Some(why) = text::shut(room) { p .hint { (why) } }
            @if let Some(topic) = &status.topic { div .topic hx-ignore dir="auto" { (about(topic)) } }
            table .facts {
                tbody {
                    tr {
                        th scope="row" { (text::STATUS_LAST) }
                        td { (last_activity(status)) }
                    }
                    tr {
                        th scope="row" { (text::STATUS_PARTICIPANTS) }
                        td { (participants(status)) }
                    }
                    tr {
                        th scope="row" { (text::STATUS_TRANSCRIPTS) }
                        td { (transcript_days(status)) }
                    }
                    tr {
                        th scope="row" { (text::FILES) }
                        td { (file::row(room.id, &status.files)) }
                    }
                }
            }
        }
    }
}

/// What a second macro of the same room shows on a page.
pub fn status_again(room: &Room) -> Markup {
    html! {
        p .notice {
            a href={ "#status-" (room.id) } { (text::shown_above(room)) }
        }
    }
}

/// What the macro shows where there is no room to be in: a preview, an old version, the trash. `hint` is
/// what it says of that ([`text::STATUS_STILL`]): no language is spoken where texts are read.
pub fn status_still(name: &str, hint: &str) -> Markup {
    html! {
        section .status aria-label=(name) {
            header { h2 { (name) } }
            p .hint { (hint) }
        }
    }
}

/// The status table as a document of its own, for an iframe.
pub fn status_document(shell: &Shell<'_>, status: &Status) -> Markup {
    iframe(shell, &status.room.name, &status_table(status))
}

/// What an iframe shows to somebody who may not see the room, or whom we do not know there:
/// nothing but the way in. It says the same of a room that does not exist.
pub fn status_sign_in(shell: &Shell<'_>, room: RoomId) -> Markup {
    let table = html! {
        section .status aria-labelledby="status" {
            header {
                h2 #status { (text::STATUS_ROOM) }
                (join_link(room, None, true))
            }
            p .hint { (text::STATUS_SIGN_IN) }
        }
    };
    iframe(shell, text::STATUS_ROOM.say(), &table)
}

/// The link that opens a room's window; `join.js` makes it a popup.
pub fn join(room: &Room, big: bool) -> Markup {
    join_link(room.id, Some(&room.name), big)
}

// Where several stand on one page, each is heard with the name of its room.
fn join_link(room: RoomId, name: Option<&str>, big: bool) -> Markup {
    let address = format!("/rooms/{room}");
    let label = name.map(|name| text::act_on(&text::STATUS_JOIN, name));
    html! {
        // The id keeps the focus on the link when the table is fetched anew.
        a .join.big[big] id={ "join-" (room) } href=(address) target={ "bc-room-" (room) } data-room=(room) aria-label=[label] {
            (text::STATUS_JOIN)
        }
        span .blocked hidden {
            (text::STATUS_BLOCKED) " "
            a href=(address) target="_blank" { (text::STATUS_BLOCKED_LINK) }
        }
    }
}

/// Brings the panels of a room's windows up to date: the first frame of each stream, and one
/// for each change of who is here. It carries no cursor.
pub fn panel_frame(panel: &Panel) -> Markup {
    html! {
        hx-partial hx-target="#people" hx-swap="innerHTML" { (people(&panel.present)) }
        hx-partial hx-target="#transcripts" hx-swap="innerHTML" {
            (transcripts(panel.room.id, &panel.transcripts))
        }
        hx-partial hx-target="#files-here" hx-swap="innerHTML" {
            (file::panel(panel.room.id, &panel.files))
        }
        hx-partial hx-target="#state" hx-swap="innerHTML" { (state(&panel.room, panel.first)) }
        (topic::everywhere(panel.topic.as_ref()))
        hx-partial hx-target="#pins" hx-swap="innerHTML" { (pins(panel.room.id, &panel.pins)) }
    }
}

/// What a window was built for: one that missed the word to load anew sees by this that it is not
/// so any more, or that what it shows is not kept any more. `first`: the place of the first message.
pub fn state(room: &Room, first: i64) -> Markup {
    html! {
        (room.open) " " (room.locked) " " (room.slow_seconds) " " (room.name)
        data #first value=(first) {}
    }
}

/// What a room is about.
pub fn about(topic: &Topic) -> Markup {
    html! {
        @match &topic.html {
            Some(html) => (html),
            None => p { (topic.body) },
        }
    }
}

/// The messages that a room keeps in sight; nothing where there are none.
pub fn pins(room: RoomId, pins: &[Pin]) -> Markup {
    html! {
        @if !pins.is_empty() {
            ul { @for pin in pins { (pin_line(room, pin)) } }
        }
    }
}

fn pin_line(room: RoomId, pin: &Pin) -> Markup {
    let address = format!("/rooms/{room}/messages/{}", pin.mid);
    let unpin = format!("{address}/unpin");
    html! {
        li class=(hue(&pin.author_name)) {
            // A script follows it within the log, where the message is there.
            a href=(address) data-mid=(pin.mid) {
                span .author { (pin.author_display) } " "
                span .line dir="auto" { (pin.line) }
            }
            // One rendering for all: the window of a moderator has a rule that shows it.
            form .unpin method="post" target="_self" action=(unpin) hx-post=(unpin) hx-swap="none" {
                button .plain { (text::UNPIN) }
            }
        }
    }
}

/// Who is in a room.
pub fn people(people: &[Participant]) -> Markup {
    html! {
        @if people.is_empty() { p .hint { (text::NOBODY_HERE) } }
        ul {
            @for person in people {
                li class=(hue(&person.name)) title=(person.name) data-away[person.state == State::Away] {
                    bdi { (person.display) } (away(person.state))
                }
            }
        }
    }
}

/// The word beside somebody who does not look.
pub(super) fn away(state: State) -> Markup {
    html! { @if state == State::Away { " " span .away { "(" (text::AWAY) ")" } } }
}

/// The days of a room, newest first.
pub fn transcripts(room: RoomId, days: &[ActiveDay]) -> Markup {
    html! {
        @if days.is_empty() { p .hint { (text::STATUS_NO_TRANSCRIPTS) } }
        ul { (day_links(room, days)) }
    }
}

/// Days of a room as links, with how much was said on each. The year is said where it is
/// not this one.
fn day_links(room: RoomId, days: &[ActiveDay]) -> Markup {
    html! {
        @for ActiveDay { day, n_messages, this_year } in days {
            li {
                a href={ "/rooms/" (room) "/transcripts/" (day.to_string()) }
                    title={ (text::day(*day)) ", " (text::messages(*n_messages)) } {
                    time datetime=(day.to_string()) {
                        @if *this_year { (text::short_day(*day)) }
                        @else { (text::short_day_and_year(*day)) }
                    }
                }
            }
        }
    }
}

/// A link from a room to its page, which must not take the place of the room's window.
pub fn page_link(page: &PageLink) -> Markup {
    html! {
        a href={ "/pages/" (page.id) } target={ "bc-page-" (page.id) } title=(text::PAGE_OF_ROOM) { (page.title) }
    }
}

/// [`page_link`] where the room's name stands beside it: one name is not said twice.
pub fn page_link_beside(room: &Room, page: &PageLink) -> Markup {
    html! {
        @if room.name == page.title {
            a href={ "/pages/" (page.id) } target={ "bc-page-" (page.id) } { (text::PAGE_OF_ROOM) }
        } @else {
            (page_link(page))
        }
    }
}

fn last_activity(status: &Status) -> Markup {
    html! {
        @if let Some((at, by)) = &status.last_activity {
            time datetime=(at.to_string()) title=(text::moment(*at)) { (text::short_moment(*at)) }
            " " span .by { (by) }
        } @else {
            span .hint { (text::STATUS_NEVER) }
        }
    }
}

fn participants(status: &Status) -> Markup {
    let more = status.n_participants.saturating_sub(status.participants.len());
    html! {
        @if status.participants.is_empty() { span .hint { (text::STATUS_NOBODY) } }
        ul .people {
            @for person in &status.participants {
                li data-present[person.state == State::Here] data-away[person.state == State::Away]
                    class=(hue(&person.name)) {
                    bdi { (person.display) }
                    @if person.state == State::Here { span .spoken { " (" (text::PRESENT) ")" } }
                    (away(person.state))
                }
            }
            @if more > 0 { li .hint { (text::and_more(i64::try_from(more).unwrap_or(i64::MAX))) } }
        }
    }
}

fn transcript_days(status: &Status) -> Markup {
    let room = status.room.id;
    let more = status.n_transcripts - i64::try_from(status.transcripts.len()).unwrap_or(0);
    html! {
        @if status.transcripts.is_empty() { span .hint { (text::STATUS_NO_TRANSCRIPTS) } }
        ul .days {
            (day_links(room, &status.transcripts))
            @if more > 0 { li .hint { (text::and_more(more)) } }
        }
    }
}

/// Ways to take all of a room away.
pub fn take_away(room: RoomId) -> Markup {
    let address = format!("/rooms/{room}/export");
    html! {
        p .take {
            (text::TAKE_AWAY) ": "
            a href={ (address) "/html" } download target="_self" { (text::TAKE_PAGE) } " · "
            a href={ (address) "/txt" } download target="_self" { (text::TAKE_TEXT) } " · "
            a href={ (address) "/jsonl" } download target="_self" title=(text::TAKE_DATA_HELP) { (text::TAKE_DATA) }
        }
    }
}

fn iframe(shell: &Shell<'_>, title: &str, table: &Markup) -> Markup {
    let head = html! {
        // A frame has no other way back: its links open beside the page around it.
        base target="_blank";
        noscript { meta http-equiv="refresh" content="20"; }
    };
    let body = html! { main { h1 .spoken { (title) } (table) } };
    layout::document(shell, title, "frame", Scripts::Page, &head, &body)
}
