//! Where to begin: the spaces, and the rooms where something happened lately.

use maud::{Markup, html};

use crate::first_use::FirstUse;
use crate::space::Space;
use crate::status::Recent;
use crate::view::history::moment;
use crate::view::layout::{self, Scripts, Shell};
use crate::view::{room, text};
use crate::watch::News;

/// The first page of the site.
pub fn show(
    shell: &Shell<'_>,
    spaces: &[Space],
    recent: &[Recent],
    first_uses: &[FirstUse],
    news: &[News],
    may_create: bool,
) -> Markup {
    let main = html! {
        div .home {
            header .title {
                h1 { (text::SITE) }
                div .tools {
                    a .button href="/changes" { (text::CHANGES) }
                    @if may_create {
                        a .button href="/trash" { (text::TRASH_TITLE) }
                        a .button href="/pages/new" { (text::NEW_PAGE) }
                    }
                    @if shell.viewer.is_admin() { a .button href="/admin" { (text::ADMIN) } }
                }
            }
            @for first in first_uses { (notice(first)) }
            @if !news.is_empty() { (watched(news)) }
            section .recent aria-labelledby="recent" {
                h2 #recent { (text::RECENT) }
                @if recent.is_empty() { p .hint { (text::NO_RECENT) } }
                ul .rooms { @for recent in recent { (line(recent)) } }
            }
            section .spaces aria-labelledby="spaces" {
                h2 #spaces { (text::SPACES) }
                @if spaces.is_empty() { p .hint { (text::NO_SPACES) } }
                ul { @for space in spaces { (space_line(space, shell.viewer.is_admin())) } }
            }
        }
    };
    layout::with_scripts(shell, text::SITE.say(), Scripts::Page, &main)
}

fn notice(first: &FirstUse) -> Markup {
    html! {
        div .notice role="status" {
            p {
                strong { bdi { (first.by) } } " " (text::BEGAN_TO_TALK) " "
                a href={ "/pages/" (first.page.id) } { (first.page.title) } "."
            }
            (layout::button(&format!("/rooms/{}/first-use", first.page.id), text::DISMISS.say()))
        }
    }
}

fn watched(news: &[News]) -> Markup {
    html! {
        section .changes aria-labelledby="watched" {
            h2 #watched { (text::WATCHED) }
            ul {
                @for news in news {
                    li {
                        div .about {
                            a href={ "/pages/" (news.page.id) } { (news.page.title) }
                            p .hint { (moment(news.at)) ", " (text::saved_by(news.by.as_deref())) }
                        }
                        @if news.seen < news.version {
                            a .button href={
                                "/pages/" (news.page.id) "/history/compare?from=" (news.seen) "&to=" (news.version)
                            } { (text::CHANGES_DIFFERENCE) }
                        } @else {
                            a .button href={ "/pages/" (news.page.id) "#page_files" } { (text::FILES) }
                        }
                    }
                }
            }
        }
    }
}

fn line(recent: &Recent) -> Markup {
    html! {
        li {
            div .about {
                a .page href={ "/pages/" (recent.room.id) } { (recent.title) }
                @if recent.room.name != recent.title {
                    " " bdi .room { (recent.room.name) }
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
            @if recent.n_unread > 0 {
                span .unread { (text::unread(recent.n_unread)) span .spoken { " " (text::UNREAD) } }
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

fn space_line(space: &Space, administers: bool) -> Markup {
    html! {
        li {
            @if let Some(home) = space.home {
                a href={ "/pages/" (home) } { (space.name) }
            } @else {
                (space.name)
            }
            " " span .key { (space.key) }
            @if administers {
                " " a .quiet href={ "/spaces/" (space.key) "/retention" } { (text::KEEP) }
            }
        }
    }
}
