//! A message while its author rewrites it, and what it said before.

use maud::{Markup, html};

use crate::edit::History;
use crate::message::Message;
use crate::view::layout::{self, Shell};
use crate::view::{message, names, text};

/// The form, in the message's place in the log.
///
/// While it stands there, other changes of the message pass it by (`data-editing`): what the
/// author types is not lost to them, and what the form leaves behind is asked for anew.
pub fn form(message: &Message, source: &str) -> Markup {
    let address = message::address(message);
    let wrong = format!("wrong-{}", message.mid);
    let list = format!("names-{}", message.mid);
    let told = format!("target:#{wrong} swap:innerHTML select:.error");
    let inner = html! {
        form .rewrite method="post" target="_self" action=(address) hx-post=(address)
            hx-target="closest li" hx-swap="outerHTML" hx-config="timeout:20s"
            "hx-status:403"=(told) "hx-status:404"=(told) "hx-status:409"=(told)
            "hx-status:413"=(told) "hx-status:422"=(told) "hx-status:429"=(told)
            "hx-status:50x"=(told) {
            (names::list(message.room, &list))
            textarea name="body" rows="1" required autofocus aria-label=(text::EDIT_MESSAGE)
                aria-autocomplete="list" aria-controls=(list) enterkeyhint="done" dir="auto" { "\n" (source) }
            div #(wrong) role="alert" {}
            div .actions {
                button .primary { (text::SAVE) }
                button type="button" .cancel hx-get=(address) hx-target="closest li"
                    hx-swap="outerHTML" { (text::CANCEL) }
                span .hint { (text::EDIT_KEYS) }
            }
        }
    };
    message::element(message, true, &inner)
}

/// The form as a page, for browsers without scripts.
pub fn page(shell: &Shell<'_>, message: &Message, source: &str, error: Option<&str>) -> Markup {
    let room = format!("/rooms/{}", message.room);
    let main = html! {
        div .sheet {
            h1 { (text::EDIT_MESSAGE) }
            form .fields method="post" action=(message::address(message)) {
                div .field data-invalid[error.is_some()] {
                    @if let Some(error) = error { p .error role="alert" { (error) } }
                    textarea name="body" rows="8" required autofocus aria-label=(text::EDIT_MESSAGE)
                        dir="auto" { "\n" (source) }
                }
                div .actions {
                    button .primary { (text::SAVE) }
                    a .button href=(room) { (text::CANCEL) }
                }
            }
        }
    };
    layout::page(shell, text::EDIT_MESSAGE.say(), &main)
}

/// What a message ever said, the latest first.
pub fn history(shell: &Shell<'_>, history: &History) -> Markup {
    let History { message, versions, to_now, older } = history;
    let address = message::address(message);
    let latest = versions.last().filter(|_| *to_now).map(|last| last.version);
    let oldest = versions.first().filter(|_| *older).map(|first| first.version);
    let main = html! {
        div .sheet.history {
            h1 { (text::HISTORY) }
            p .hint {
                a href=(address) { (text::message_by(&message.author_display)) }
            }
            ol reversed {
                @for version in versions.iter().rev() {
                    li id={ "v" (version.version) } {
                        h2 { (text::short_moment(version.since)) }
                        pre dir="auto" { (version.text) @if version.cut { "…" } }
                        @if version.cut {
                            @let whole = if Some(version.version) == latest {
                                format!("{address}/paste")
                            } else {
                                format!("{address}/history?version={}", version.version)
                            };
                            a href=(whole) { (text::WHOLE) }
                        }
                    }
                }
            }
            @if let Some(oldest) = oldest {
                p {
                    a .button href={ (address) "/history?before=" (oldest) } { (text::VERSION_OLDER) }
                }
            }
        }
    };
    layout::page(shell, text::HISTORY.say(), &main)
}
