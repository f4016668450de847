//! What was done to a room, as a list.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use crate::audit::{Act, Entry, N_AT_ONCE};
use crate::id::Mid;
use crate::page::{Page, PageLink};
use crate::room::Room;
use crate::view::layout::{self, Shell};
use crate::view::{page, text};

/// What was done to a room, the latest first.
pub fn show(shell: &Shell<'_>, page: &Page, room: &Room, entries: &[Entry]) -> Markup {
    let here = PageLink { id: page.id, title: page.title.clone() };
    let full = i64::try_from(entries.len()).unwrap_or(0) == N_AT_ONCE;
    let older = entries.last().filter(|_| full);
    let main = html! {
        section .sheet .audit {
            (page::crumbs(&page.space, &[here]))
            header .title { h1 { (text::AUDIT) " " bdi .room { (room.name) } } }
            p .hint { (text::AUDIT_HELP) }
            ol {
                @for entry in entries { (line(room, entry)) }
            }
            @if entries.is_empty() { p .hint { (text::AUDIT_EMPTY) } }
            @if let Some(last) = older {
                p { a .button href={ "/rooms/" (room.id) "/audit?before=" (last.id) } { (text::AUDIT_OLDER) } }
            }
        }
    };
    layout::page(shell, &text::of(&text::AUDIT, &room.name), &main)
}

/// An instant by the room's clock.
pub(super) fn moment(room: &Room, at: Timestamp) -> Markup {
    let zone = TimeZone::get(&room.zone).unwrap_or(TimeZone::UTC);
    let local = at.to_zoned(zone).datetime();
    html! {
        time datetime=(at.to_string()) title=(text::moment(local)) { (text::short_moment(local)) }
    }
}

fn link(room: &Room, mid: Mid) -> Markup {
    html! { a href={ "/rooms/" (room.id) "/messages/" (mid) } { (text::message(mid)) } }
}

fn line(room: &Room, entry: &Entry) -> Markup {
    let whom = entry.account.as_deref().unwrap_or(text::SOMEBODY_IMPORTED.say());
    html! {
        li {
            (moment(room, entry.at))
            span {
                strong { bdi { (by(entry)) } } " "
                @match &entry.act {
                    Act::Opened { name } => { (text::OPENED_ROOM) " “" bdi { (name) } "”" }
                    Act::Renamed { name } => { (text::RENAMED_ROOM) " “" bdi { (name) } "”" }
                    Act::Closed => (text::CLOSED_ROOM),
                    Act::Locked => (text::LOCKED_ROOM),
                    Act::Unlocked => (text::UNLOCKED_ROOM),
                    Act::Slowed { seconds } => { (text::SLOWED_ROOM) " " (text::pace(*seconds)) }
                    Act::Muted { until, .. } => {
                        (text::MUTED_WHOM) " " bdi { (whom) } " " (text::UNTIL) " " (moment(room, *until))
                    }
                    Act::Kept { days } => (text::set_kept(*days)),
                    Act::Expired { before, n_days, n_messages, n_files } => {
                        (text::expired(*before, *n_days, *n_messages, *n_files))
                    }
                    Act::Unmuted { .. } => { (text::UNMUTED_WHOM) " " bdi { (whom) } }
                    Act::Topic { topic } => {
                        @if topic.is_empty() { (text::NO_TOPIC_NOW) } @else {
                            (text::SET_TOPIC) " “" bdi { (topic) } "”"
                        }
                    }
                    Act::Pinned { mid } => { (text::PINNED_MESSAGE) " " (link(room, *mid)) }
                    Act::Unpinned { mid } => { (text::UNPINNED_MESSAGE) " " (link(room, *mid)) }
                    Act::Removed { mid, .. } => {
                        (text::REMOVED_MESSAGE) " " (link(room, *mid)) " " (text::REMOVED_OF) " " bdi { (whom) }
                    }
                }
            }
        }
    }
}

/// Who did it: what expires is removed by nobody.
fn by(entry: &Entry) -> &str {
    match entry.act {
        Act::Expired { .. } => text::RETENTION.say(),
        _ => entry.by.as_deref().unwrap_or(text::OPERATOR.say()),
    }
}
