//! What somebody chose for themselves, and where they are logged in.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use crate::id::SessionId;
use crate::language::{LANGUAGES, Language};
use crate::session::Session;
use crate::view::layout::{self, Shell};
use crate::view::text::Phrase;
use crate::view::{error, text};

/// What the page of one's own settings shows.
#[derive(Clone, Copy)]
pub struct Screen<'a> {
    /// The language, `None` as the browser asks.
    pub chosen: Option<Language>,
    /// Sounds are on.
    pub sound: bool,
    /// How whoever else vouches for people is called.
    pub provider: Option<&'a str>,
    /// Where one is logged in, the latest first.
    pub sessions: &'a [Session],
    /// The one that this is.
    pub here: Option<SessionId>,
    /// IANA name of the zone that times are told in.
    pub zone: &'a str,
    /// What was just done.
    pub done: Option<Phrase>,
    /// The field that was wrong as just sent, and why.
    pub wrong: Option<(&'a str, &'a str)>,
}

/// The page of one's own settings.
pub fn settings(shell: &Shell<'_>, screen: &Screen<'_>) -> Markup {
    let main = html! {
        section .sheet.settings {
            h1 { (text::MY_SETTINGS) }
            @if let Some(done) = screen.done { p .hint role="status" { (done) } }
            (language(screen.chosen))
            (sound(screen.sound))
            (password(screen.wrong))
            section aria-labelledby="second-step" {
                h2 #second-step { (text::SECOND_STEP) }
                p .hint { (text::SECOND_STEP_HELP) }
                p { a href="/settings/code" { (text::SECOND_STEP_CHANGE) } }
            }
            @if let Some(provider) = screen.provider {
                section aria-labelledby="identity" {
                    h2 #identity { (text::LOG_IN_WITH) " " bdi { (provider) } }
                    p .hint { (text::LINKING_HELP) }
                    p { a href="/settings/identity" { (text::LINKING_CHANGE) } }
                }
            }
            (sessions(screen))
        }
    };
    layout::page(shell, &text::MY_SETTINGS, &main)
}

fn language(chosen: Option<Language>) -> Markup {
    html! {
        form .fields method="post" action="/settings/language" {
            h2 #language-heading { (text::LANGUAGE) }
            p #language-help .hint { (text::LANGUAGE_HELP) }
            div .row {
                select name="language" aria-labelledby="language-heading"
                    aria-describedby="language-help" {
                    option value="" selected[chosen.is_none()] { (text::LANGUAGE_OF_BROWSER) }
                    @for language in LANGUAGES {
                        option value=(language.code()) lang=(language.code())
                            selected[chosen == Some(language)] { (language.name()) }
                    }
                }
                button { (text::SAVE) }
            }
        }
    }
}

fn sound(on: bool) -> Markup {
    let (state, next, act) = if on {
        (text::SOUND_IS_ON, "off", text::TURN_OFF)
    } else {
        (text::SOUND_IS_OFF, "on", text::TURN_ON)
    };
    html! {
        form .fields method="post" action="/settings/sound" {
            h2 { (text::SOUND) }
            input type="hidden" name="sound" value=(next);
            input type="hidden" name="next" value="/settings";
            div .row.between { p { (state) } button { (act) } }
        }
    }
}

fn password(wrong: Option<(&str, &str)>) -> Markup {
    let beside = |field: &str| wrong.filter(|(wrong, _)| *wrong == field).map(|(_, why)| why);
    html! {
        form .fields method="post" action="/settings/password" {
            h2 { (text::PASSWORD_CHANGE) }
            label { (text::PASSWORD_CURRENT)
                input type="password" name="current" required autocomplete="current-password"
                    aria-invalid=[beside("current").map(|_| "true")];
            }
            @if let Some(why) = beside("current") { (error::fragment(why)) }
            label { (text::PASSWORD_NEW)
                input type="password" name="password" required autocomplete="new-password"
                    minlength="8" aria-describedby="password-help"
                    aria-invalid=[beside("password").map(|_| "true")];
            }
            @if let Some(why) = beside("password") { (error::fragment(why)) }
            p #password-help .hint { (text::PASSWORD_HELP) }
            div .actions { button { (text::PASSWORD_CHANGE) } }
        }
    }
}

fn sessions(screen: &Screen<'_>) -> Markup {
    let zone = TimeZone::get(screen.zone).unwrap_or(TimeZone::UTC);
    let at = |instant: Timestamp| text::moment(instant.to_zoned(zone.clone()).datetime());
    html! {
        section #sessions aria-labelledby="sessions-heading" {
            h2 #sessions-heading { (text::SESSIONS) }
            ul .rows {
                @for session in screen.sessions {
                    li .row.between {
                        span {
                            @if session.agent.is_empty() { (text::SESSION_UNKNOWN) } @else { (session.agent) }
                            @if Some(session.id) == screen.here { " " strong { "(" (text::SESSION_HERE) ")" } }
                            " " br;
                            span .hint {
                                (text::SESSION_SINCE) " " (at(session.since)) ", "
                                (text::SESSION_SEEN) " " (at(session.seen))
                            }
                        }
                        @if Some(session.id) != screen.here {
                            (layout::button(&format!("/settings/sessions/{}/end", session.id), &text::LOG_OUT))
                        }
                    }
                }
            }
            @if screen.sessions.len() > 1 {
                (layout::button("/settings/sessions/end", &text::SESSIONS_END))
            }
        }
    }
}
