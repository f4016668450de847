//! Reactions: the chips under a message, and the picker.
//!
//! **Invariant:** the same chips for all readers. They do something where the document holds the
//! form `#react`, that is, for who may react; whose they are stands in an attribute, which the
//! window of an account has one rule for.

use maud::{Markup, html};

use crate::id::RoomId;
use crate::message::Message;
use crate::reaction::Reaction;
use crate::view::layout::{self, Shell};
use crate::view::{message, text};

/// What is chosen most.
const USUAL: [&str; 8] = ["👍", "❤\u{fe0f}", "😂", "🎉", "😮", "😢", "🙏", "👀"];
/// Names that a chip tells.
const N_NAMES: usize = 20;

/// The row under a message; empty where nobody reacted.
pub fn chips(message: &Message) -> Markup {
    html! {
        // Nobody wants to hear who likes what while others speak.
        div .reactions aria-live="off" {
            @for reaction in &message.reactions { (chip(message, reaction)) }
        }
    }
}

/// For open windows: the row as it is now, where the message is shown and `which` applies to it.
pub fn anew(message: &Message, which: &str) -> Markup {
    html! {
        hx-partial hx-target={ "#m" (message.mid) (which) " > .reactions" } hx-swap="outerHTML" {
            (chips(message))
        }
    }
}

/// The link that opens the picker; without scripts a page.
pub fn control(message: &Message) -> Markup {
    let address = address(message);
    html! {
        a .react href=(address) target="_self" hx-get=(address) hx-target="#picker" hx-swap="innerHTML"
            title=(text::REACT) aria-label=(text::REACT) { "☺\u{fe0e}" }
    }
}

/// The form of all chips of a document, for who may react.
pub fn form(room: RoomId) -> Markup {
    let address = format!("/rooms/{room}/reactions");
    html! {
        form #react method="post" target="_self" action=(address) hx-post=(address) hx-swap="none"
            hx-sync="this:queue all" hx-config="timeout:20s" hidden
            "hx-status:401"="target:#signin swap:innerHTML"
            "hx-status:403"="target:#error swap:innerHTML select:.error"
            "hx-status:404"="target:#error swap:innerHTML select:.error"
            "hx-status:409"="target:#error swap:innerHTML select:.error"
            "hx-status:429"="target:#error swap:innerHTML select:.error"
            "hx-status:50x"="target:#error swap:innerHTML select:.error" {}
    }
}

/// Where the picker is put.
pub fn popover() -> Markup {
    html! { div #picker popover="auto" role="dialog" aria-label=(text::REACT) {} }
}

/// The usual ones, and a field for any other. `viewer` is the account that chooses.
pub fn picker(message: &Message, viewer: &str) -> Markup {
    let address = address(message);
    html! {
        div .usual {
            @for (n, emoji) in USUAL.into_iter().enumerate() {
                button form="react" name="chip" value=(value(message, emoji)) autofocus[n == 0]
                    aria-pressed=(is_by(message, emoji, viewer).to_string()) { (emoji) }
            }
        }
        form .row method="post" target="_self" action=(address) hx-post=(address) hx-swap="none"
            "hx-status:401"="target:#signin swap:innerHTML"
            "hx-status:403"="target:#picker-wrong swap:innerHTML select:.error"
            "hx-status:404"="target:#picker-wrong swap:innerHTML select:.error"
            "hx-status:409"="target:#picker-wrong swap:innerHTML select:.error"
            "hx-status:422"="target:#picker-wrong swap:innerHTML select:.error"
            "hx-status:429"="target:#picker-wrong swap:innerHTML select:.error"
            "hx-status:50x"="target:#picker-wrong swap:innerHTML select:.error" {
            input name="emoji" required maxlength="64" autocomplete="off"
                aria-label=(text::OTHER_EMOJI) placeholder=(text::OTHER_EMOJI)
                aria-describedby="picker-wrong";
            button { (text::REACT) }
        }
        div #picker-wrong role="alert" {}
    }
}

/// Who reacted, and the picker for who may, as a page: for browsers without scripts.
pub fn page(shell: &Shell<'_>, message: &Message, may_react: bool) -> Markup {
    let viewer = shell.viewer.account().map_or("", |account| account.name.as_str());
    let main = html! {
        div .sheet.reacting {
            h1 { (text::REACTIONS) }
            p .hint { a href=(message::address(message)) { (text::message_by(&message.author_display)) } }
            (message::body(message))
            @if message.reactions.is_empty() { p .hint { (text::NO_REACTIONS) } }
            ul {
                @for reaction in &message.reactions { li { (reaction.emoji) " " (names(reaction)) } }
            }
            @if may_react { (form(message.room)) (picker(message, viewer)) }
        }
    };
    layout::page(shell, text::REACTIONS.say(), &main)
}

fn chip(message: &Message, reaction: &Reaction) -> Markup {
    // Somebody of whom only a name came, with history, is nobody's account.
    let by: Vec<&str> = reaction.by.iter().filter_map(|reader| reader.name.as_deref()).collect();
    html! {
        // The id keeps the focus on the chip when the row is put anew.
        button .chip form="react" name="chip" value=(value(message, &reaction.emoji))
            id={ "m" (message.mid) "-" (reaction.emoji) } data-by=(by.join(" ")) {
            (reaction.emoji) " " span .n { (reaction.by.len()) } " "
            span .who { (names(reaction)) span .you { " (" (text::YOU_TOO) ")" } }
        }
    }
}

fn names(reaction: &Reaction) -> Markup {
    let more = reaction.by.len().saturating_sub(N_NAMES);
    html! {
        @for (n, reader) in reaction.by.iter().take(N_NAMES).enumerate() {
            @if n > 0 { ", " }
            bdi { (reader.display) }
        }
        @if more > 0 { " " (text::and_more(i64::try_from(more).unwrap_or(i64::MAX))) }
    }
}

/// One field says which message and which emoji.
fn value(message: &Message, emoji: &str) -> String {
    format!("{} {emoji}", message.mid)
}

fn is_by(message: &Message, emoji: &str, viewer: &str) -> bool {
    let this = message.reactions.iter().find(|reaction| reaction.emoji == emoji);
    this.is_some_and(|reaction| {
        reaction.by.iter().any(|reader| reader.name.as_deref() == Some(viewer))
    })
}

fn address(message: &Message) -> String {
    format!("{}/reactions", message::address(message))
}
