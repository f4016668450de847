//! Logging in: a page of its own, and a dialog over a room whose session has ended.

use maud::{Markup, html};

use crate::view::layout::{self, Shell};
use crate::view::unsaved::{self, Unsaved};
use crate::view::{second_step, text};

/// The accounts that `--demo` makes, and their password.
const DEMO: (&[&str], &str) = (&["alice", "bob", "carol"], "demo");

/// How one comes in, besides by a password.
#[derive(Clone, Copy)]
pub struct Ways<'a> {
    /// How whoever else vouches for people is called.
    pub provider: Option<&'a str>,
    /// By the accounts of the demo, which are told.
    pub demo: bool,
}

/// The log-in page. `name` is what was typed before, `error` what was wrong with it.
pub fn form(
    shell: &Shell<'_>,
    next: &str,
    name: &str,
    error: Option<&str>,
    ways: Ways<'_>,
) -> Markup {
    let main = html! {
        section .sheet .login {
            h1 { (text::LOGIN_TITLE) }
            @if let Some(error) = error {
                p .error role="alert" { (error) }
            }
            (by_provider(next, ways.provider))
            (fields(next, name))
            @if ways.demo {
                p .hint {
                    (text::LOGIN_DEMO) " "
                    @for (i, name) in DEMO.0.iter().enumerate() {
                        @if i > 0 { ", " }
                        code { (name) }
                    }
                    ", " (text::LOGIN_DEMO_PASSWORD) " " code { (DEMO.1) } "."
                }
            }
        }
    };
    layout::page(shell, text::LOGIN_TITLE.say(), &main)
}

/// Where the code is typed that is asked for after the password.
pub fn code(shell: &Shell<'_>, next: &str, error: Option<&str>) -> Markup {
    let main = html! {
        section .sheet .login {
            h1 { (text::LOGIN_CODE_TITLE) }
            @if let Some(error) = error {
                p .error role="alert" { (error) }
            }
            form .fields method="post" action="/login/code" target="_self" {
                input type="hidden" name="next" value=(next);
                label { (text::LOGIN_CODE) (second_step::code(second_step::LONGEST)) }
                p .hint { (text::LOGIN_CODE_HELP) }
                div .actions { button .primary { (text::LOG_IN) } }
            }
        }
    };
    layout::page(shell, text::LOGIN_CODE_TITLE.say(), &main)
}

/// What a room's window is answered with 401: it lies over the room and leads back to it. The
/// draft is not part of it; `room.js` keeps that across the log-in.
pub fn dialog(next: &str, provider: Option<&str>) -> Markup {
    html! {
        dialog #login .login open aria-labelledby="login-heading" {
            h2 #login-heading { (text::LOGIN_EXPIRED) }
            p { (text::LOGIN_EXPIRED_HELP) }
            (by_provider(next, provider))
            (fields(next, ""))
            button .close type="button" commandfor="login" command="close" { (text::CANCEL) }
        }
    }
}

/// The log-in page for somebody whose session ended while they wrote: the text is shown, to be
/// copied, since it could not be posted.
pub fn kept(shell: &Shell<'_>, next: &str, unsaved: &Unsaved, provider: Option<&str>) -> Markup {
    let main = html! {
        section .sheet .login {
            h1 { (text::LOGIN_EXPIRED) }
            (by_provider(next, provider))
            (fields(next, ""))
            (unsaved::field(unsaved, text::LOGIN_KEPT))
        }
    };
    layout::page(shell, text::LOGIN_EXPIRED.say(), &main)
}

/// A link and no form: a policy for where forms lead would have to name the provider.
fn by_provider(next: &str, provider: Option<&str>) -> Markup {
    html! {
        @if let Some(provider) = provider {
            div .actions {
                a .button href=(layout::provider_address(next)) target="_self" {
                    (text::LOG_IN_WITH) " " bdi { (provider) }
                }
            }
        }
    }
}

fn fields(next: &str, name: &str) -> Markup {
    html! {
        form .fields method="post" action="/login" target="_self" {
            input type="hidden" name="next" value=(next);
            label { (text::LOGIN_NAME)
                input name="name" value=(name) required autofocus[name.is_empty()]
                    autocomplete="username" autocapitalize="none" spellcheck="false";
            }
            label { (text::LOGIN_PASSWORD)
                input type="password" name="password" required autofocus[!name.is_empty()]
                    autocomplete="current-password";
            }
            div .actions { button .primary { (text::LOG_IN) } }
        }
    }
}
