//! Rooms as one page that can be taken away: their days as they looked, nothing to be fetched.
//!
//! **Invariant:** without scripts, and without an address that is not in the page or on our site.

use jiff::civil::Date;
use maud::{DOCTYPE, Markup, html};

use crate::file::FileId;
use crate::language::spoken;
use crate::markup::Html;
use crate::message::Message;
use crate::record::Head;
use crate::view::{asset, message, text};

/// How the page begins. What links lead to is on the site at `url`.
pub fn begin(title: &str, url: Option<&str>) -> String {
    let style = asset::named("style.css").unwrap_or_default();
    let style = Html::from_stored(String::from_utf8_lossy(&style).into_owned());
    let markup = html! {
        (DOCTYPE)
        html lang=(spoken().code()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                @if let Some(url) = url { base href=(url); }
                style { (style) }
            }
            body .wiki.taken { main { h1 { (title) } } }
        }
    };
    // The rest comes in parts.
    let page = markup.into_string();
    page.split("</main>").next().unwrap_or_default().to_owned()
}

/// How all messages as data begin, which come last.
pub const DATA_BEGINS: &str = "<pre id=\"record\" hidden>";

/// Some of them.
pub fn data(lines: &str) -> String {
    html! { (lines) }.into_string()
}

/// How the page ends.
pub const END: &str = "</pre></main></body></html>\n";

/// How a room begins.
pub fn room(head: &Head) -> String {
    html! { h2 .room { (head.name) } p .hint { (head.space) " · " (head.page) " · " (head.zone) } }
        .into_string()
}

/// How a day of a room begins, with what was noted on it; its [`items`] and [`DAY_ENDS`] follow.
pub fn day(room: &Head, day: Date, notes: &[Html], is_empty: bool) -> String {
    let whole = html! {
        section aria-label={ (room.name) " - " (day) } {
            // Where nothing was said or nothing is left, no message carries the heading.
            @if is_empty { h3 .day { time datetime=(day.to_string()) { (text::day(day)) } } }
            @for notes in notes {
                section .notes { h4 { (text::NOTES) } div .body.prose dir="auto" { (notes) } }
            }
            ol .log {}
        }
    };
    let whole = whole.into_string();
    whole.strip_suffix(DAY_ENDS).unwrap_or(&whole).to_owned()
}

/// How it ends.
pub const DAY_ENDS: &str = "</ol></section>";

/// Messages of a day.
pub fn items(messages: &[Message]) -> String {
    html! { @for message in messages { (item(message)) } }.into_string()
}

fn item(message: &Message) -> Markup {
    let inner = html! {
        (message::body(message))
        @if message.edited && !message.removed { span .edited { (text::EDITED) } }
    };
    message::element(message, false, &inner)
}

/// A picture in a page, from its `src=` on: what is before it, which file it is, what is after.
pub fn next_picture(html: &str) -> Option<(&str, FileId, &str)> {
    let mut from = 0;
    loop {
        let (before, after) = html.get(from..)?.split_once(" src=\"/files/")?;
        let (address, rest) = after.split_once('"')?;
        let before = html.get(..from + before.len())?;
        match address.split('/').next().and_then(|id| id.parse().ok()) {
            Some(id) => return Some((before, id, rest)),
            None => from = html.len() - rest.len(),
        }
    }
}
