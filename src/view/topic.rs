//! What a room is about, changed in its window: a form in the info panel.

use maud::{Markup, html};

use crate::id::RoomId;
use crate::topic::{LIMIT, Topic};
use crate::view::{error, room, text};

/// The way to the form, and the place where it will stand. Without scripts the room's settings
/// have the same form.
pub fn opener(room: RoomId) -> Markup {
    html! {
        div #topic-edit {
            a .opener href={ "/rooms/" (room) "/settings" } target="_self" hx-get={ "/rooms/" (room) "/topic" }
                hx-target="#topic-form" hx-swap="innerHTML" "hx-status:401"="target:#signin swap:innerHTML" {
                (text::EDIT_TOPIC)
            }
            div #topic-form data-unsent=(text::UNSAVED) {}
        }
    }
}

/// The form, with what was typed and what was wrong about it.
pub fn form(room: RoomId, typed: &str, wrong: Option<&str>) -> Markup {
    let address = format!("/rooms/{room}/topic");
    html! {
        form .field method="post" target="_self" action=(address) hx-post=(address) hx-target="#topic-form"
            hx-swap="innerHTML" "hx-status:401"="target:#signin swap:innerHTML"
            "hx-status:422"="target:#topic-form swap:innerHTML"
            "hx-status:403"="target:#topic-error swap:innerHTML select:.error"
            "hx-status:404"="target:#topic-error swap:innerHTML select:.error"
            "hx-status:50x"="target:#topic-error swap:innerHTML select:.error" {
            input name="topic" value=(typed) maxlength=(LIMIT) autocomplete="off" dir="auto" autofocus
                enterkeyhint="done" aria-label=(text::TOPIC)
                aria-describedby="topic-error topic-help" aria-invalid=[wrong.map(|_| "true")];
            div #topic-error role="alert" { @if let Some(wrong) = wrong { (error::fragment(wrong)) } }
            div .actions {
                button .primary { (text::SAVE) }
                button .cancel type="button" { (text::CANCEL) }
            }
            p .hint #topic-help { (text::TOPIC_HELP) }
        }
    }
}

/// What the form is answered with: it goes, and the topic is there before the stream tells.
pub fn saved(topic: Option<&Topic>) -> Markup {
    html! {
        (everywhere(topic))
        hx-partial hx-target="#topic-form" hx-swap="innerHTML" {}
    }
}

/// Brings both places where a window shows the topic up to date.
pub fn everywhere(topic: Option<&Topic>) -> Markup {
    let about = html! { @if let Some(topic) = topic { (room::about(topic)) } };
    html! {
        hx-partial hx-target="#topic" hx-swap="innerHTML" { (about) }
        hx-partial hx-target="#topic-here" hx-swap="innerHTML" { (about) }
    }
}
