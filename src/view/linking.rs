//! One's account, and the provider of log-ins with which it is linked or not.

use jiff::tz::TimeZone;
use maud::{Markup, html};

use crate::linking::State;
use crate::view::layout::{self, Shell};
use crate::view::second_step::{any_code, password};
use crate::view::text::Phrase;
use crate::view::{error, text};

/// What the page shows.
#[derive(Clone, Copy)]
pub struct Screen<'a> {
    /// How the provider is called.
    pub provider: &'a str,
    /// How it stands.
    pub state: State,
    /// IANA name of the zone that times are told in.
    pub zone: &'a str,
    /// What was just done.
    pub done: Option<Phrase>,
    /// What was wrong with what was just sent.
    pub wrong: Option<&'a str>,
}

/// How it stands, and what can be done about it.
pub fn own(shell: &Shell<'_>, screen: &Screen<'_>) -> Markup {
    let zone = TimeZone::get(screen.zone).unwrap_or(TimeZone::UTC);
    let state = screen.state;
    let provider = html! { bdi { (screen.provider) } };
    let main = html! {
        @if let Some(done) = screen.done { p .hint role="status" { (done) } }
        @if let Some(wrong) = screen.wrong { (error::fragment(wrong)) }
        @match state.since {
            None => {
                p { (text::LINKED_NOT) " " (provider) "." }
                p .hint { (text::LINKING_HELP) }
                @if state.has_password {
                    form .fields method="post" action="/settings/identity/link" {
                        (proof(state))
                        div .actions { button .primary { (text::LINK_WITH) " " (provider) } }
                    }
                }
            }
            Some(since) => {
                p {
                    (text::LINKED_WITH) " " (provider) ", " (text::SESSION_SINCE) " "
                    (text::moment(since.to_zoned(zone).datetime())) "."
                }
                p .hint { (text::LINKING_HELP) }
                @if state.has_password {
                    form .fields method="post" action="/settings/identity/unlink" {
                        p .hint { (text::UNLINK_HELP) }
                        (proof(state))
                        div .actions { button { (text::UNLINK) } }
                    }
                } @else {
                    p { (text::UNLINK_ONLY) }
                }
            }
        }
    };
    sheet(shell, &main)
}

/// The way to the provider, after the right password. No form leads there: a policy for where forms
/// lead would have to name the provider.
pub fn onwards(shell: &Shell<'_>, provider: &str, way: &str) -> Markup {
    let main = html! {
        p { (text::LINK_ONWARDS) }
        div .actions { a .button.primary href=(way) { (text::LINK_GO) " " bdi { (provider) } } }
    };
    sheet(shell, &main)
}

fn sheet(shell: &Shell<'_>, inner: &Markup) -> Markup {
    let main = html! {
        section .sheet.settings {
            p { a href="/settings" { (text::MY_SETTINGS) } }
            h1 { (text::LINKING) }
            (inner)
        }
    };
    layout::page(shell, text::LINKING.say(), &main)
}

fn proof(state: State) -> Markup {
    html! {
        (password("own", None))
        @if state.owes_code { (any_code("own", None)) }
    }
}
