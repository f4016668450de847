//! Rooms, of whichever page.

use maud::{Markup, html};

use super::{finder, frame};
use crate::room::{Listed, N_AT_ONCE};
use crate::view::layout::{self, Shell};
use crate::view::text;

const AREA: &str = "/admin/rooms";

/// Rooms by the titles of their pages, as far as they hold `q`.
pub fn rooms(shell: &Shell<'_>, q: &str, listed: &[Listed]) -> Markup {
    let full = i64::try_from(listed.len()).unwrap_or(0) == N_AT_ONCE;
    let main = html! {
        section {
            p .hint { (text::ADMIN_ROOMS_HELP) }
            (finder(AREA, text::ADMIN_FIND_ROOM, q))
            @if listed.is_empty() {
                p .hint { (if q.is_empty() { text::ROOMS_NONE } else { text::ADMIN_FOUND_NONE }) }
            }
            ol .listed { @for one in listed { (line(one)) } }
            @if let Some(last) = listed.last().filter(|_| full) {
                form action=(AREA) {
                    input type="hidden" name="q" value=(q);
                    button name="after" value=(last.room.id) { (text::ADMIN_MORE) }
                }
            }
        }
    };
    frame(shell, AREA, "settings", &text::ADMIN_ROOMS, &main)
}

fn line(one: &Listed) -> Markup {
    let room = &one.room;
    let state = match (room.open, room.locked) {
        (false, _) => text::ROOM_STATE_CLOSED,
        (true, true) => text::ROOM_STATE_LOCKED,
        (true, false) => text::ROOM_STATE_OPEN,
    };
    let here = format!("{AREA}/{}", room.id);
    html! {
        li {
            div .about {
                a href={ "/pages/" (room.id) } { bdi { (one.title) } } " "
                span .hint { (one.space) }
                @if room.name != one.title { " " span .hint { "“" bdi { (room.name) } "”" } }
                p .hint {
                    (state) ". " (text::kept(one.keep_days))
                    @if let Some(day) = &one.last_day { " " (text::STATUS_LAST) ": " (day) }
                }
            }
            a .button href={ "/rooms/" (room.id) "/settings" } aria-label=(text::settings_of(&one.title)) {
                (text::SETTINGS)
            }
            @if room.locked {
                (layout::button(&format!("{here}/unlock"), &text::ROOM_UNLOCK_IT))
            } @else {
                (layout::button(&format!("{here}/lock"), &text::ROOM_LOCK_IT))
            }
        }
    }
}
