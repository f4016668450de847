//! What a message answers: one line of it, in the log and over the box.
//!
//! **Invariant:** the line is read with the message that quotes it, and told anew to open windows
//! when it changes: nothing of a removed message stays behind in a reply.

use maud::{Markup, html};

use crate::id::RoomId;
use crate::message::{Message, Quote};
use crate::view::message::hue;
use crate::view::text;

/// The line over a reply.
pub fn quote(room: RoomId, quote: &Quote) -> Markup {
    line(room, quote, None)
}

/// For open windows: every line that quotes `message`, as it is now.
pub fn anew(message: &Message) -> Markup {
    let swap = format!("outerHTML:.of-{}", message.mid);
    html! { (line(message.room, &of(message), Some(&swap))) }
}

/// What stands over the box while its draft is to answer `message`.
pub fn reference(message: &Message) -> Markup {
    html! {
        input type="hidden" name="reply_to" value=(message.mid);
        span .spoken { (text::REPLY_TO) " " }
        (quote(message.room, &of(message)))
        a .cancel href={ "/rooms/" (message.room) } target="_self" title=(text::REPLY_CANCEL)
            aria-label=(text::REPLY_CANCEL) { "×" }
    }
}

/// The link that makes the draft an answer.
pub fn control(message: &Message) -> Markup {
    let (room, mid) = (message.room, message.mid);
    html! {
        a .reply href={ "/rooms/" (room) "?reply=" (mid) } target="_self"
            hx-get={ "/rooms/" (room) "/messages/" (mid) "/reply" } hx-target="#reply"
            hx-swap="innerHTML" { (text::REPLY) }
    }
}

fn line(room: RoomId, quote: &Quote, swap: Option<&str>) -> Markup {
    html! {
        // In the window of a room a script follows it within the log, where the message is there.
        a class={ "quote of-" (quote.mid) } href={ "/rooms/" (room) "/messages/" (quote.mid) }
            data-mid=(quote.mid) hx-swap-oob=[swap] dir="auto" {
            @if quote.removed {
                span .line { (text::REMOVED) }
            } @else {
                b class=(hue(&quote.author_name)) { (quote.author_display) }
                " "
                span .line { (quote.line) }
            }
        }
    }
}

fn of(message: &Message) -> Quote {
    Quote {
        mid: message.mid,
        author_name: message.author_name.clone(),
        author_display: message.author_display.clone(),
        line: message.line.clone(),
        removed: message.removed,
    }
}
