//! How long rooms keep what was said: where it is set, and what would go.

use maud::{Markup, html};

use crate::page::{Page, PageLink};
use crate::retention::{Due, Kept, LONGEST_DAYS};
use crate::room::Room;
use crate::space::Space;
use crate::view::layout::{self, Shell};
use crate::view::{error, page, text};

/// The part of a room's settings.
pub fn of_room(room: &Room, kept: Kept, wrong: Option<&str>) -> Markup {
    html! {
        section aria-labelledby="keep" {
            h2 #keep { (text::KEEP) }
            p { (text::kept(kept.days())) @if kept.own.is_none() { " " span .hint { (text::KEEP_AS_SPACE) } } }
            form .field method="post" action={ "/rooms/" (room.id) "/settings/keep" } {
                (field(kept.own, wrong))
                p .hint #days-help { (text::KEEP_ROOM_HELP) " " (text::KEEP_HELP) }
            }
        }
    }
}

/// Where it is set for all rooms of a space.
pub fn of_space(
    shell: &Shell<'_>,
    space: &Space,
    days: Option<i64>,
    wrong: Option<&str>,
) -> Markup {
    let main = html! {
        section .sheet .settings {
            (page::crumbs(space, &[]))
            header .title { h1 { (text::KEEP) " " bdi .room { (space.name) } } }
            section {
                p { (text::kept(days)) }
                form .field method="post" action={ "/spaces/" (space.key) "/retention" } {
                    (field(days, wrong))
                    p .hint #days-help { (text::KEEP_SPACE_HELP) " " (text::KEEP_HELP) }
                }
            }
        }
    };
    layout::page(shell, &text::of(&text::KEEP, &space.name), &main)
}

fn field(days: Option<i64>, wrong: Option<&str>) -> Markup {
    html! {
        label for="days" { (text::KEEP_DAYS) }
        div .row {
            input #days type="number" name="days" value=[days] min="1" max=(LONGEST_DAYS)
                placeholder=(text::KEEP_UNSET) aria-describedby="days-help";
            button { (text::SAVE) }
        }
        @if let Some(wrong) = wrong { (error::beside("days-error", wrong)) }
    }
}

/// What goes if a room keeps for so long, before it does.
pub fn sure_of_room(
    shell: &Shell<'_>,
    page: &Page,
    room: &Room,
    days: Option<i64>,
    due: &Due,
) -> Markup {
    let here = PageLink { id: page.id, title: page.title.clone() };
    let back = format!("/rooms/{}/settings", room.id);
    let main = html! {
        (page::crumbs(&page.space, &[here]))
        header .title { h1 { (text::KEEP) " " bdi .room { (room.name) } } }
        (sure(&format!("{back}/keep"), &back, days, std::slice::from_ref(due)))
    };
    in_sheet(shell, &room.name, &main)
}

/// The same of a space, room by room.
pub fn sure_of_space(shell: &Shell<'_>, space: &Space, days: Option<i64>, due: &[Due]) -> Markup {
    let back = format!("/spaces/{}/retention", space.key);
    let main = html! {
        (page::crumbs(space, &[]))
        header .title { h1 { (text::KEEP) " " bdi .room { (space.name) } } }
        (sure(&back, &back, days, due))
    };
    in_sheet(shell, &space.name, &main)
}

fn in_sheet(shell: &Shell<'_>, name: &str, main: &Markup) -> Markup {
    let main = html! { section .sheet .settings { (main) } };
    layout::page(shell, &text::of(&text::KEEP, name), &main)
}

fn sure(action: &str, back: &str, days: Option<i64>, due: &[Due]) -> Markup {
    html! {
        section .expiring {
            p { strong { (text::kept(days)) } " " (text::KEEP_IF) }
            ul { @for due in due { (line(due)) } }
            p .warning { (text::KEEP_WARNING) }
            form .field method="post" action=(action) {
                input type="hidden" name="days" value=(days.map(|days| days.to_string()).unwrap_or_default());
                div .actions {
                    button .danger name="confirm" value="yes" { (text::KEEP_SURE) }
                    a .button href=(back) { (text::CANCEL) }
                }
            }
        }
    }
}

fn line(due: &Due) -> Markup {
    html! { li { a href={ "/pages/" (due.room) } { (due.name) } " " span { (text::due(due)) } } }
}
