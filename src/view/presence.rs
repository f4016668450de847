//! The badge that says whether somebody is here.

use maud::{Markup, html};

use crate::presence::{Badge, State};
use crate::view::layout::{self, Shell};
use crate::view::text;

/// In words.
pub fn words(badge: &Badge) -> String {
    text::is_here(&badge.display, badge.state)
}

/// Who somebody is, as a page: where a mention leads.
pub fn page(shell: &Shell<'_>, badge: &Badge) -> Markup {
    let main = html! {
        section .sheet .account {
            h1 { bdi { (badge.display) } }
            p { (words(badge)) }
        }
    };
    layout::page(shell, &badge.display, &main)
}

/// As a picture: a dot and a word on a ground of its own, readable on light and on dark.
pub fn badge(badge: &Badge) -> Markup {
    let (word, width) = match badge.state {
        State::Here => (text::PRESENT, 76),
        State::Away => (text::AWAY, 54),
        State::Gone => (text::ABSENT, 72),
    };
    html! {
        svg xmlns="http://www.w3.org/2000/svg" width=(width) height="20" role="img" aria-label=(words(badge)) {
            title { (words(badge)) }
            rect width=(width) height="20" rx="10" fill="#f4f6f7" {}
            @match badge.state {
                State::Here => circle cx="11" cy="10" r="4" fill="#2c8a4b" {},
                State::Away => {
                    circle cx="11" cy="10" r="3.2" fill="none" stroke="#2c8a4b" stroke-width="1.6" {}
                }
                State::Gone => {
                    circle cx="11" cy="10" r="3.2" fill="none" stroke="#57626a" stroke-width="1.6" {}
                }
            }
            text x="20" y="14" font-family="system-ui,sans-serif" font-size="11" fill="#1b2226" { (word) }
        }
    }
}
