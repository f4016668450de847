//! The screen where a room is set up and kept civil.

use maud::{Markup, html};

use crate::moderation::Mute;
use crate::page::{Page, PageLink};
use crate::retention::Kept;
use crate::room::Room;
use crate::status::Participant;
use crate::topic::LIMIT;
use crate::view::layout::{self, Shell};
use crate::view::text::Phrase;
use crate::view::{audit, error, page, retention, text};

/// What the settings of a room show.
#[derive(Clone, Copy)]
pub struct Screen<'a> {
    /// The page that the room stands on.
    pub page: &'a Page,
    /// The room.
    pub room: &'a Room,
    /// For who moderates.
    pub moderation: Option<Moderation<'a>>,
    /// What the room is about, as typed; for who may edit the page.
    pub topic: Option<&'a str>,
    /// The field that was wrong as just sent, and why.
    pub wrong: Option<(&'a str, &'a str)>,
}

/// What only who moderates sees.
#[derive(Clone, Copy)]
pub struct Moderation<'a> {
    /// Who is muted.
    pub muted: &'a [Mute],
    /// Names to choose from.
    pub people: &'a [Participant],
    /// How long the room keeps what was said.
    pub kept: Kept,
    /// Who was to be muted, as just sent, where that was wrong.
    pub whom: &'a str,
}

/// Paces to choose from, in seconds.
const PACES: [i64; 8] = [0, 5, 10, 30, 60, 300, 900, 3600];
/// How long a mute may last, in minutes.
const SILENCES: [(i64, Phrase); 5] = [
    (10, text::TEN_MINUTES),
    (60, text::ONE_HOUR),
    (60 * 24, text::ONE_DAY),
    (60 * 24 * 7, text::ONE_WEEK),
    (60 * 24 * 30, text::THIRTY_DAYS),
];

/// The settings of a room.
pub fn show(shell: &Shell<'_>, screen: &Screen<'_>) -> Markup {
    let room = screen.room;
    let wrong_days = screen.wrong.filter(|(field, _)| *field == "days").map(|(_, why)| why);
    let here = PageLink { id: screen.page.id, title: screen.page.title.clone() };
    let main = html! {
        section .sheet .settings {
            (page::crumbs(&screen.page.space, &[here]))
            header .title {
                h1 { (text::ROOM_SETTINGS) " " bdi .room { (room.name) } }
                div .tools {
                    @if screen.topic.is_some() {
                        a .button href={ "/rooms/" (room.id) "/audit" } { (text::AUDIT) }
                    }
                }
            }
            @if let Some(topic) = screen.topic { (topic_field(room, topic, screen.wrong)) }
            @if let Some(moderation) = screen.moderation {
                (lock(room))
                (slow(room, screen.wrong))
                (mute(room, moderation, screen.wrong))
                (retention::of_room(room, moderation.kept, wrong_days))
            }
        }
    };
    layout::page(shell, &text::of(&text::ROOM_SETTINGS, &room.name), &main)
}

fn topic_field(room: &Room, topic: &str, wrong: Option<(&str, &str)>) -> Markup {
    html! {
        section aria-labelledby="topic" {
            h2 #topic { (text::TOPIC) }
            form .field method="post" action={ "/rooms/" (room.id) "/topic" } {
                div .row {
                    input .wide name="topic" value=(topic) maxlength=(LIMIT) autocomplete="off" dir="auto"
                        aria-labelledby="topic" aria-describedby="topic-help";
                    button { (text::SAVE) }
                }
                (beside("topic", wrong))
                p .hint #topic-help { (text::TOPIC_HELP) }
            }
        }
    }
}

fn lock(room: &Room) -> Markup {
    let (state, act, label) = if room.locked {
        (text::LOCKED, "unlock", text::UNLOCK)
    } else {
        (text::UNLOCKED, "lock", text::LOCK)
    };
    html! {
        section aria-labelledby="lock" {
            h2 #lock { (text::LOCK_HEADING) }
            div .row.between {
                p { (state) }
                (layout::button(&format!("/rooms/{}/settings/{act}", room.id), &label))
            }
        }
    }
}

fn slow(room: &Room, wrong: Option<(&str, &str)>) -> Markup {
    let now = room.slow_seconds;
    let other = (!PACES.contains(&now)).then_some(now);
    html! {
        section aria-labelledby="slow" {
            h2 #slow { (text::SLOW_MODE) }
            form .field method="post" action={ "/rooms/" (room.id) "/settings/slow" } {
                label for="seconds" { (text::SLOW_LABEL) }
                div .row {
                    select #seconds name="seconds" aria-describedby="slow-help" {
                        @for pace in PACES.into_iter().chain(other) {
                            option value=(pace) selected[pace == now] { (text::pace(pace)) }
                        }
                    }
                    button { (text::SAVE) }
                }
                (beside("seconds", wrong))
                p .hint #slow-help { (text::SLOW_HELP) }
            }
        }
    }
}

fn mute(room: &Room, moderation: Moderation<'_>, wrong: Option<(&str, &str)>) -> Markup {
    html! {
        section aria-labelledby="mute" {
            h2 #mute { (text::MUTE_HEADING) }
            @if !moderation.muted.is_empty() {
                ul .muted { @for muted in moderation.muted { (muted_line(room, muted)) } }
            }
            form .field method="post" action={ "/rooms/" (room.id) "/settings/mute" } {
                div .row {
                    label .field { (text::MUTE_WHOM)
                        input name="account" value=(moderation.whom) required list="people" autocomplete="off"
                            autocapitalize="none" spellcheck="false" aria-describedby="mute-help";
                    }
                    label .field { (text::MUTE_FOR)
                        select name="minutes" {
                            @for (minutes, label) in SILENCES { option value=(minutes) { (label) } }
                        }
                    }
                    button { (text::MUTE) }
                }
                datalist #people {
                    @for person in moderation.people { option value=(person.name) { (person.display) } }
                }
                (beside("account", wrong))
                (beside("minutes", wrong))
                p .hint #mute-help { (text::MUTE_HELP) }
            }
        }
    }
}

fn muted_line(room: &Room, muted: &Mute) -> Markup {
    html! {
        li .row.between {
            span {
                strong { bdi { (muted.display) } } " "
                span .hint { (text::UNTIL) " " (audit::moment(room, muted.until)) }
            }
            form .one method="post" action={ "/rooms/" (room.id) "/settings/unmute" } {
                button name="account" value=(muted.name) { (text::UNMUTE) }
            }
        }
    }
}

fn beside(field: &str, wrong: Option<(&str, &str)>) -> Markup {
    html! {
        @if let Some((_, message)) = wrong.filter(|(wrong, _)| *wrong == field) {
            (error::beside(&format!("{field}-error"), message))
        }
    }
}
