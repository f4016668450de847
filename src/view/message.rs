//! A message, wherever it is shown, and what a stream's frame holds for it.
//!
//! **Invariant:** one rendering serves the live log, the history and the transcript. Whose
//! message it is stands in an attribute; the window of a room has one rule that shows an author
//! the own controls.

use maud::{Markup, html};

use crate::draft::Kind;
use crate::id::Seq;
use crate::markup::Wide;
use crate::message::Message;
use crate::view::{asset, paste, reaction, reply, text};

/// How many colours authors have.
const HUES: u32 = 12;

/// Where a message is found for good.
pub fn address(message: &Message) -> String {
    format!("/rooms/{}/messages/{}", message.room, message.mid)
}

/// A message as an element of the log.
pub fn item(message: &Message) -> Markup {
    let address = address(message);
    let inner = html! {
        (body(message))
        @if message.edited && !message.removed {
            a .edited href={ (address) "/history" } title=(text::HISTORY) { (text::EDITED) }
        }
        @if !message.removed {
            span .controls {
                (reaction::control(message))
                (reply::control(message))
                @if message.author.is_some() {
                    span .own {
                        a .edit href={ (address) "/edit" } target="_self" hx-get={ (address) "/edit" }
                            hx-target="closest li" hx-swap="outerHTML" { (text::EDIT) }
                        button .pin.plain type="button" hx-post={ (address) "/pin" } hx-swap="none" {
                            (text::PIN)
                        }
                        button .remove.plain type="button" hx-delete=(address) hx-target="closest li"
                            hx-swap="outerHTML" hx-confirm=(text::REMOVE_CONFIRM) { (text::REMOVE) }
                    }
                }
            }
        }
    };
    element(message, false, &inner)
}

/// What a message says.
pub fn body(message: &Message) -> Markup {
    html! {
        // htmx looks for nothing in what people wrote.
        div .body hx-ignore dir="auto" { (said(message)) }
    }
}

/// The same without an element of its own.
pub fn said(message: &Message) -> Markup {
    html! {
        @if message.removed {
            (text::REMOVED)
        } @else if message.cut {
            p { (message.line) " " a href={ (address(message)) "/history" } { (text::WHOLE) } }
        } @else {
            (message.html.reachable(wide()))
        }
        @if message.kind == Kind::Paste && !message.removed { (paste::more(message)) }
    }
}

/// What blocks are called that may be wider than the window.
pub fn wide() -> Wide {
    Wide { code: text::CODE.say(), table: text::TABLE.say() }
}

/// The element of a message: who and when, then `inner`.
pub(super) fn element(message: &Message, editing: bool, inner: &Markup) -> Markup {
    let kind = match message.kind {
        Kind::Said => None,
        Kind::Action => Some("action"),
        Kind::Paste => Some("paste"),
    };
    html! {
        li id={ "m" (message.mid) } class=(hue(&message.author_name))
            data-author=(message.author_name) data-position=(message.position)
            data-kind=[kind] data-removed[message.removed] data-continues[message.continues]
            data-editing[editing] {
            // The heading is part of the day's first message, so that one that comes late is
            // put in order together with it.
            @if message.opens_day {
                h2 .day { time datetime=(message.day.to_string()) { (text::day(message.day)) } }
            }
            span .initial aria-hidden="true" { (initial(&message.author_display)) }
            span .author { (message.author_display) }
            " "
            a .permalink href=(address(message)) {
                time datetime=(message.at.to_string()) title=(text::moment(message.local)) {
                    (text::time(message.local))
                }
            }
            @if let Some(quote) = message.quote.as_ref().filter(|_| !message.removed) {
                (reply::quote(message.room, quote))
            }
            (inner)
            @if !message.removed { (reaction::chips(message)) }
        }
    }
}

/// What a new message sounds like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sound {
    /// Somebody wrote.
    Beep,
    /// Somebody wrote the reader's name.
    Chime,
}

/// The stream event for a new message, without a sound.
pub fn frame(message: &Message, cursor: &str) -> Markup {
    html! { (item(message)) (last(cursor)) }
}

/// The same for those who hear a sound.
pub fn heard(frame: &Markup, sound: Sound) -> Markup {
    html! { (frame) (play(sound)) }
}

/// One stream event for a message that was edited, removed or reacted to: nothing where it is not
/// shown.
pub fn touched_frame(message: &Message, cursor: &str) -> Markup {
    html! { (touched(message, Seq(message.seq.0 - 1))) (last(cursor)) }
}

/// What a reader missed since `after`; everything is new to one who has seen nothing. The same
/// fragments serve the stream and the long-poll.
pub fn replay(messages: &[Message], after: Option<Seq>, cursor: &str) -> Markup {
    html! {
        @for message in messages {
            @match after {
                Some(seen) if message.mid.0 <= seen.0 => (touched(message, seen)),
                _ => (item(message)),
            }
        }
        (last(cursor))
    }
}

/// The answer to the author's own post. It does not move the cursor: others may have written
/// in between, and those come by the stream.
pub fn sent(message: &Message) -> Markup {
    html! {
        hx-partial hx-target="#log"
            hx-swap="upsert key:data-position scroll:bottom scrollTarget:#scroll" {
            (item(message))
        }
    }
}

/// Older history, in order, for the top of the log.
pub fn older(messages: &[Message]) -> Markup {
    html! { @for message in messages { (item(message)) } }
}

/// The field that carries how far this window has read.
pub fn last(cursor: &str) -> Markup {
    html! { input #last type="hidden" name="after" value=(cursor) hx-swap-oob="true"; }
}

/// The class that gives an author a colour: by name, so that it is the same everywhere.
pub fn hue(name: &str) -> String {
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0193)
    });
    // The high bits: the low ones of this hash say little about short names.
    format!("hue-{}", (hash >> 16) % HUES)
}

/// The rule that makes the chips which the viewer chose the viewer's own.
pub fn own_chips(nonce: &str, name: &str) -> Markup {
    html! {
        @if is_plain(name) {
            style nonce=(nonce) {
                ".chip[data-by~='" (name) "']{background:var(--tint);border-color:var(--accent)}\
                 .chip[data-by~='" (name) "'] .you{display:inline}"
            }
        }
    }
}

/// Holds nothing that could end a selector.
pub(super) fn is_plain(name: &str) -> bool {
    name.chars().all(|c| c.is_alphanumeric() || "._-".contains(c))
}

fn touched(message: &Message, seen: Seq) -> Markup {
    // What it says is as it was: nobody is made to read or hear it again.
    if message.reworded.is_none_or(|reworded| reworded.0 <= seen.0) {
        return reaction::anew(message, "");
    }
    // Somebody who rewrites it goes on; but not with what was removed.
    let but = if message.removed { "" } else { ":not([data-editing])" };
    html! {
        hx-partial hx-target={ "#m" (message.mid) (but) } hx-swap="outerHTML" { (item(message)) }
        // And the row under the form of who goes on.
        @if !message.removed { (reaction::anew(message, "[data-editing]")) }
        (reply::anew(message))
    }
}

// A new element each time: one that is there already would play once only.
fn play(sound: Sound) -> Markup {
    let name = match sound {
        Sound::Beep => "beep.wav",
        Sound::Chime => "chime.wav",
    };
    html! {
        hx-partial hx-target="#beep" hx-swap="innerHTML" {
            audio autoplay src=(asset::url(name)) {}
        }
    }
}

/// What stands in an author's tile.
pub fn initial(display: &str) -> String {
    display
        .chars()
        .find(|c| c.is_alphanumeric())
        .map_or_else(String::new, |c| c.to_uppercase().collect())
}

#[cfg(test)]
mod tests {
    use super::{item, replay};
    use crate::draft::Kind;
    use crate::id::{Mid, RoomId, Seq};
    use crate::markup::Html;
    use crate::message::Message;

    fn message(mid: i64, seq: i64) -> Message {
        let local = jiff::civil::date(2026, 11, 22).at(9, 5, 7, 0);
        Message {
            room: RoomId(5),
            mid: Mid(mid),
            seq: Seq(seq),
            position: mid,
            kind: Kind::Said,
            author: None,
            author_name: "b'o\"b".into(),
            author_display: "<Bob>".into(),
            at: jiff::Timestamp::UNIX_EPOCH,
            local,
            day: local.date(),
            opens_day: false,
            continues: false,
            html: Html::from_stored("<p>hello</p>".into()),
            cut: false,
            n_lines: 0,
            quote: None,
            line: String::new(),
            edited: false,
            removed: false,
            reworded: (seq > mid).then_some(Seq(seq)),
            reactions: Vec::new(),
        }
    }

    #[test]
    fn names_are_escaped_and_bodies_are_not() {
        let html = item(&message(7, 7)).into_string();
        assert!(html.contains(r#"data-author="b'o&quot;b""#), "{html}");
        assert!(html.contains("&lt;Bob&gt;") && html.contains("<p>hello</p>"), "{html}");
    }

    #[test]
    fn a_removed_message_shows_nothing_of_its_body() {
        let removed = Message { removed: true, ..message(7, 9) };
        let html = item(&removed).into_string();
        assert!(html.contains("data-removed") && !html.contains("hello"), "{html}");
    }

    #[test]
    fn a_replay_puts_in_what_is_new_and_replaces_what_was_touched() {
        let messages = [message(3, 9), message(8, 8)];
        let html = replay(&messages, Some(Seq(7)), "e-9").into_string();
        assert_eq!(
            html.matches(
                "<hx-partial hx-target=\"#m3:not([data-editing])\" hx-swap=\"outerHTML\">"
            )
            .count(),
            1
        );
        assert!(!html.contains("hx-target=\"#m8\""), "{html}");
        assert!(html.ends_with(
            r#"<input id="last" type="hidden" name="after" value="e-9" hx-swap-oob="true">"#
        ));
    }
}
