//! Where to begin: the spaces, and the rooms where something happened lately.

use jiff::civil::DateTime;
use maud::{Markup, html};

use crate::page::{PageLink, Space};
use crate::room::Room;
use crate::view::layout::{self, Scripts, Shell};
use crate::view::{room, text};

/// A room where something happened lately.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecentRoom {
    /// The room.
    pub room: Room,
    /// The page it stands on.
    pub page: PageLink,
    /// When (in the room's zone) and by whom (display name) the last message was.
    pub last: Option<(DateTime, String)>,
    /// How many people have it open now.
    pub n_present: usize,
}

/// The first page of the site.
pub fn show(
    shell: &Shell<'_>,
    spaces: &[Space],
    recent: &[RecentRoom],
    may_create: bool,
) -> Markup {
    let main = html! {
        div .home {
            header .title {
                h1 { (text::SITE) }
                @if may_create {
                    div .tools { a .button href="/pages/new" { (text::NEW_PAGE) } }
                }
            }
            section .recent aria-labelledby="recent" {
                h2 #recent { (text::RECENT) }
                @if recent.is_empty() { p .hint { (text::NO_RECENT) } }
                ul .rooms { @for recent in recent { (line(recent)) } }
            }
            section .spaces aria-labelledby="spaces" {
                h2 #spaces { (text::SPACES) }
                @if spaces.is_empty() { p .hint { (text::NO_SPACES) } }
                ul { @for space in spaces { (space_line(space)) } }
            }
        }
    };
    layout::with_scripts(shell, text::SITE, Scripts::Page, &main)
}

fn line(recent: &RecentRoom) -> Markup {
    html! {
        li {
            div .about {
                a .page href={ "/pages/" (recent.page.id) } { (recent.page.title) }
                @if recent.room.name != recent.page.title {
                    " " span .room { (recent.room.name) }
                }
                @if let Some((at, by)) = &recent.last {
                    p .hint {
                        (by) ", "
                        time datetime=(at.to_string()) title=(text::moment(*at)) {
                            (text::short_moment(*at))
                        }
                    }
                }
            }
            @if recent.n_present > 0 {
                span .present title=(text::PRESENT) {
                    (recent.n_present) span .spoken { " " (text::PRESENT) }
                }
            }
            (room::join(&recent.room, false))
        }
    }
}

fn space_line(space: &Space) -> Markup {
    html! {
        li {
            @if let Some(home) = space.home {
                a href={ "/pages/" (home) } { (space.name) }
            } @else {
                (space.name)
            }
            " " span .key { (space.key) }
        }
    }
}
