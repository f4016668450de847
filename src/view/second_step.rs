//! The second step at log-in, as one sets it up: a picture for an app, and codes to keep.

use jiff::tz::TimeZone;
use maud::{Markup, html};
use qrcodegen::{QrCode, QrCodeEcc};

use crate::second_step::{Secret, State};
use crate::view::layout::{self, Shell};
use crate::view::{error, text};

/// What was wrong with one of the page's forms as just sent.
#[derive(Clone, Copy)]
pub struct Wrong<'a> {
    /// Which form: `set-up`, `recovery` or `off`.
    pub form: &'a str,
    /// The field, where it is one field's fault.
    pub field: Option<&'a str>,
    /// What is told.
    pub told: &'a str,
}

/// How it stands, and what can be done about it.
pub fn own(shell: &Shell<'_>, state: State, zone: &str, wrong: Option<Wrong<'_>>) -> Markup {
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    let beside = |form: &str, field: &str| {
        wrong
            .filter(|wrong| wrong.form == form && wrong.field == Some(field))
            .map(|wrong| wrong.told)
    };
    let has = |form| (form == "set-up") == matches!(state, State::Off);
    let main = html! {
        // Of a form that is not here any more, too: another window was faster.
        @if let Some(wrong) = wrong.filter(|wrong| wrong.field.is_none() || !has(wrong.form)) {
            (error::fragment(wrong.told))
        }
        p { (text::SECOND_STEP_HELP) }
        @match state {
            State::Off => {
                p { (text::SECOND_STEP_IS_OFF) }
                form .fields method="post" action="/settings/code/begin" {
                    (password("set-up", beside("set-up", "current")))
                    div .actions { button .primary { (text::SECOND_STEP_SET_UP) } }
                }
            }
            State::On { since, n_codes } => {
                p {
                    (text::SECOND_STEP_SINCE) " " (text::moment(since.to_zoned(zone).datetime())) ". "
                    (text::recovery_codes_left(n_codes))
                }
                form .fields method="post" action="/settings/code/recovery" {
                    h2 { (text::RECOVERY_NEW) }
                    p .hint { (text::RECOVERY_NEW_HELP) }
                    (password("recovery", beside("recovery", "current")))
                    (any_code("recovery", beside("recovery", "code")))
                    div .actions { button { (text::RECOVERY_NEW) } }
                }
                form .fields method="post" action="/settings/code/off" {
                    h2 { (text::SECOND_STEP_TURN_OFF) }
                    p .hint { (text::SECOND_STEP_OFF_HELP) }
                    (password("off", beside("off", "current")))
                    (any_code("off", beside("off", "code")))
                    div .actions { button { (text::SECOND_STEP_TURN_OFF) } }
                }
            }
        }
    };
    sheet(shell, &main)
}

/// The secret, once, and the place for the first code.
pub fn set_up(shell: &Shell<'_>, secret: &Secret) -> Markup {
    let main = html! {
        p { (text::SECOND_STEP_SCAN) }
        (qr(&secret.url))
        p { (text::SECOND_STEP_KEY) " " code .key { (spaced(&secret.text)) } }
        (first_code(None))
    };
    sheet(shell, &main)
}

/// The place for the first code, after a wrong one. The secret is not told again.
pub fn again(shell: &Shell<'_>, wrong: &str) -> Markup {
    sheet(shell, &first_code(Some(wrong)))
}

/// The recovery codes, once.
pub fn codes(shell: &Shell<'_>, codes: &[String]) -> Markup {
    let main = html! {
        p role="status" { (text::SECOND_STEP_IS_ON) }
        h2 { (text::RECOVERY) }
        p { (text::RECOVERY_HELP) }
        ol .codes { @for recovery in codes { li { code { (recovery) } } } }
        p { a href="/settings/code" { (text::RECOVERY_KEPT) } }
    };
    sheet(shell, &main)
}

fn sheet(shell: &Shell<'_>, inner: &Markup) -> Markup {
    let main = html! {
        section .sheet.settings {
            p { a href="/settings" { (text::MY_SETTINGS) } }
            h1 { (text::SECOND_STEP) }
            (inner)
        }
    };
    layout::page(shell, text::SECOND_STEP.say(), &main)
}

fn first_code(wrong: Option<&str>) -> Markup {
    html! {
        form .fields method="post" action="/settings/code/confirm" {
            label { (text::LOGIN_CODE) (code(10)) }
            @if let Some(wrong) = wrong { (error::fragment(wrong)) }
            p .hint { (text::SECOND_STEP_OTHERS) }
            div .actions { button .primary { (text::SECOND_STEP_TURN_ON) } }
        }
    }
}

/// Characters of a recovery code, however it is typed.
pub const LONGEST: usize = 40;

/// The field that a code is typed into, or filled in by the browser.
pub fn code(longest: usize) -> Markup {
    let digits = (longest < LONGEST).then_some("numeric");
    html! {
        input name="code" required autofocus autocomplete="one-time-code" inputmode=[digits]
            autocapitalize="none" spellcheck="false" maxlength=(longest);
    }
}

/// The field of the password that the account has; `of` tells it from others on the page.
pub fn password(of: &str, wrong: Option<&str>) -> Markup {
    let id = format!("password-{of}");
    let error = format!("{id}-error");
    html! {
        label for=(id) { (text::PASSWORD_CURRENT) }
        input id=(id) type="password" name="current" required autocomplete="current-password"
            aria-invalid=[wrong.map(|_| "true")] aria-describedby=[wrong.map(|_| &error)];
        @if let Some(wrong) = wrong { (error::beside(&error, wrong)) }
    }
}

/// The field beside it of a code of the app, or of a recovery code.
pub fn any_code(of: &str, wrong: Option<&str>) -> Markup {
    let id = format!("code-{of}");
    let (help, error) = (format!("{id}-help"), format!("{id}-error"));
    let described = if wrong.is_some() { format!("{error} {help}") } else { help.clone() };
    html! {
        label for=(id) { (text::LOGIN_CODE) }
        input id=(id) name="code" required autocomplete="one-time-code" autocapitalize="none"
            spellcheck="false" maxlength=(LONGEST) aria-invalid=[wrong.map(|_| "true")]
            aria-describedby=(described);
        @if let Some(wrong) = wrong { (error::beside(&error, wrong)) }
        p .hint id=(help) { (text::LOGIN_CODE_HELP) }
    }
}

/// In fours, as one reads it.
fn spaced(secret: &str) -> String {
    let mut spaced = String::new();
    for (n, letter) in secret.chars().enumerate() {
        if n > 0 && n % 4 == 0 {
            spaced.push(' ');
        }
        spaced.push(letter);
    }
    spaced
}

/// Light modules around it: apps find the code by them (ISO/IEC 18004, 6.3.8).
const QUIET: i32 = 4;

/// Drawn by the page itself: nothing is asked for, and no script runs.
fn qr(url: &str) -> Markup {
    let Ok(drawn) = QrCode::encode_text(url, QrCodeEcc::Medium) else { return html! {} };
    let size = drawn.size();
    let mut path = String::new();
    for y in 0..size {
        for x in (0..size).filter(|x| drawn.get_module(*x, y)) {
            use std::fmt::Write;
            let _ = write!(path, "M{} {}h1v1h-1z", x + QUIET, y + QUIET);
        }
    }
    let whole = size + 2 * QUIET;
    html! {
        svg .qr viewBox={ "0 0 " (whole) " " (whole) } role="img" aria-label=(text::SECOND_STEP_QR)
            shape-rendering="crispEdges" {
            path fill="#fff" d={ "M0 0h" (whole) "v" (whole) "h-" (whole) "z" } {}
            path fill="#000" d=(path) {}
        }
    }
}
