//! A paste: the link to the whole of it in the log, and the page that shows the whole.

use maud::{Markup, html};

use crate::message::Message;
use crate::room::Room;
use crate::view::layout::{self, Shell};
use crate::view::{asset, message, text};

/// Lines that are elements of their own, so that each is numbered also where it wraps. Beyond
/// this the numbers are one text beside the other: a browser has enough to do.
const N_ELEMENTS: i64 = 20_000;

/// Where the whole is.
pub fn address(of: &Message) -> String {
    format!("{}/paste", message::address(of))
}

/// What follows the first lines in the log.
pub fn more(message: &Message) -> Markup {
    html! { a .whole href=(address(message)) { (text::lines(message.n_lines)) } }
}

/// The whole paste.
pub fn page(shell: &Shell<'_>, room: &Room, message: &Message, whole: &str) -> Markup {
    let address = address(message);
    let title = text::paste_by(&message.author_display);
    let main = html! {
        div .paste {
            header .title {
                h1 {
                    (title)
                    time datetime=(message.at.to_string()) { (text::moment(message.local)) }
                }
                div .tools {
                    button #copy type="button" hidden data-done=(text::COPIED) { (text::COPY) }
                    label .switch { input #wrap type="checkbox" autocomplete="off"; (text::WRAP) }
                    a .button href={ (address) "?raw" } { (text::RAW) }
                    a .button href={ (address) "?download" } { (text::DOWNLOAD) }
                }
            }
            p .hint {
                a href=(message::address(message)) { (room.name) } ", " (text::lines(message.n_lines))
            }
            (lines(message, whole))
        }
        script nonce=(shell.nonce) defer src=(asset::url("paste.js")) {}
    };
    layout::page(shell, &title, &main)
}

fn lines(message: &Message, whole: &str) -> Markup {
    html! {
        div .whole tabindex="0" role="region" aria-label=(text::PASTE) {
            @if message.n_lines <= N_ELEMENTS {
                pre #paste .numbered { @for line in whole.split_inclusive('\n') { span { (line) } } }
            } @else {
                pre .numbers aria-hidden="true" { @for n in 1..=message.n_lines { (n) "\n" } }
                pre #paste { (whole) }
            }
        }
    }
}
