//! The room without scripts: a page with a log that never ends and a box beside it.
//!
//! **Invariant:** the page works where frames are not shown: what stands inside them is the
//! latest of the conversation and the same form. What was said is never moved or taken away by
//! what comes later in the log, only hidden by a rule of the document's own nonce.

use maud::{Markup, html};

use crate::id::{RoomId, Seq};
use crate::message::Message;
use crate::page::PageLink;
use crate::status::{Panel, Participant};
use crate::view::layout::{self, Scripts, Shell};
use crate::view::unsaved::{self, Unsaved};
use crate::view::{file, message, reaction, reply, room, text};

/// What the page shows.
#[derive(Clone, Copy)]
pub struct Plain<'a> {
    /// The page that the room stands on.
    pub page: &'a PageLink,
    /// The room, who is here, its days.
    pub panel: &'a Panel,
    /// The latest, for browsers without frames.
    pub messages: &'a [Message],
    /// The box.
    pub composer: Composer<'a>,
}

/// The box to write in, or why there is none.
#[derive(Clone, Copy)]
pub struct Composer<'a> {
    /// The room.
    pub room: RoomId,
    /// Why it takes no messages from anybody.
    pub shut: Option<&'a str>,
    /// The viewer may post.
    pub may_post: bool,
    /// A fresh id for the draft.
    pub nonce: &'a str,
    /// What was typed, when it comes back with an error.
    pub draft: &'a str,
    /// Why it came back.
    pub error: Option<&'a str>,
    /// For several lines.
    pub large: bool,
}

/// The page: the log and the box in frames, so that the one goes on while the other is sent.
pub fn page(shell: &Shell<'_>, plain: &Plain<'_>) -> Markup {
    let room = &plain.panel.room;
    let body = html! {
        a .skip href="#write" { (text::SKIP_TO_BOX) }
        header .room {
            h1 { (room.name) }
            p .page { (room::page_link_beside(room, plain.page)) }
            details .menu {
                summary .button { (text::INFO) }
                div {
                    a href={ (address(room.id)) "/log" } target="log" { (text::PLAIN_RELOAD) }
                    " "
                    a href={ "/rooms/" (room.id) } { (text::PLAIN_WITH_SCRIPTS) }
                    h2 { (text::TRANSCRIPTS) }
                    (room::transcripts(room.id, &plain.panel.transcripts))
                    a href={ "/rooms/" (room.id) "/calendar" } { (text::CALENDAR) }
                    a href="/help/formatting" { (text::FORMATTING) }
                    " "
                    a href="/help" { (text::HELP) }
                    h2 { (text::FILES) }
                    (file::panel(room.id, &plain.panel.files))
                    p .hint { (text::zone(room)) }
                }
            }
        }
        main {
            iframe .log name="log" src={ (address(room.id)) "/log" } title=(text::CONVERSATION) {
                p { (text::PEOPLE_HERE) ": " (names(&plain.panel.present)) }
                dl { @for message in plain.messages { (line(message)) } }
            }
            iframe #write src={ (address(room.id)) "/compose" } title=(text::COMPOSE) {
                p { a href=(address(room.id)) { (text::PLAIN_RELOAD) } }
                (form(shell, &plain.composer, true))
            }
        }
    };
    layout::document(shell, &room.name, "plain", Scripts::None, &html! {}, &body)
}

/// A document in two halves: what comes in between is sent as it happens.
pub struct Open {
    /// Up to the end of the list's last item.
    pub begin: String,
    /// What closes it.
    pub end: String,
}

/// The log as far as it goes.
pub fn log(shell: &Shell<'_>, panel: &Panel, messages: &[Message], may_react: bool) -> Open {
    let room = &panel.room;
    let head = html! {
        base target="_blank";
        @if let Some(account) = shell.viewer.account() {
            (message::own_chips(shell.nonce, &account.name))
        }
    };
    let body = html! {
        @if may_react { (reaction::form(room.id)) }
        div #scroll role="region" aria-label=(text::CONVERSATION) tabindex="0" {
            div {
                h1 .spoken { (room.name) }
                @if let Some(first) = messages.first() {
                    p .hint {
                        a href={ "/rooms/" (room.id) "/transcripts/" (first.day.to_string()) } {
                            (text::PLAIN_OLDER)
                        }
                    }
                }
                div role="log" aria-live="polite" aria-relevant="additions" aria-label=(room.name) {
                    ol #log .log {
                        @for message in messages { (message::item(message)) }
                        (here(&panel.present))
                        (beat(room.id))
                    }
                }
            }
        }
    };
    let whole = layout::document(shell, &room.name, "plain-log", Scripts::None, &head, &body);
    // Nothing but closing tags stands after the list.
    let whole = whole.into_string();
    let (begin, end) = whole.rsplit_once("</ol>").unwrap_or((&whole, ""));
    Open { begin: begin.to_owned(), end: format!("</ol>{end}") }
}

/// What happened since `seen`, for the end of the log. What was shown before cannot be changed
/// any more: it is hidden, and said anew.
pub fn more(nonce: &str, messages: &[Message], seen: Seq) -> Markup {
    html! {
        @for message in messages {
            @if message.mid.0 > seen.0 {
                (message::item(message))
            } @else if message.reworded.is_some_and(|reworded| reworded.0 > seen.0) {
                (touched(nonce, message))
            } @else {
                (reacted(nonce, message))
            }
        }
    }
}

/// Who is here. The newest of these is shown, at the top.
pub fn here(people: &[Participant]) -> Markup {
    html! {
        li .here aria-live="off" { b { (text::PEOPLE_HERE) ":" } " " (names(people)) }
    }
}

/// Says that the connection is lost, but is not seen before some time without a newer one. A
/// document whose connection breaks cannot say it any more, nor load itself anew.
pub fn beat(room: RoomId) -> Markup {
    html! {
        li .beat {
            (text::PLAIN_LOST) " "
            a href={ (address(room)) "/log" } target="_self" { (text::PLAIN_RELOAD) }
        }
    }
}

/// The last word of a log that its reader may not read on.
pub fn shut(room: RoomId) -> Markup {
    html! { li .last-word { (ended(room)) } }
}

/// The last word of a log that is to be loaded anew, by itself after some seconds.
pub fn again(room: RoomId, seconds: u32) -> Markup {
    html! {
        li .last-word {
            a href={ (address(room)) "/log" } target="_self" { (text::PLAIN_RELOAD) }
            meta http-equiv="refresh" content=(seconds);
        }
    }
}

/// The box, as a document for its frame.
pub fn compose(shell: &Shell<'_>, composer: &Composer<'_>) -> Markup {
    let body = html! { main { h1 .spoken { (text::COMPOSE) } (form(shell, composer, false)) } };
    let head = html! { base target="_self"; };
    layout::document(shell, text::COMPOSE.say(), "plain-box", Scripts::None, &head, &body)
}

/// What a frame shows to somebody who may not see the room: the same whether there is one.
pub fn refused(shell: &Shell<'_>, room: RoomId, draft: &str) -> Markup {
    let body = html! {
        main .last-word {
            // Before the way in, which leads away from it; the frame is low.
            (unsaved::field(&Unsaved::message(draft), text::LOGIN_KEPT))
            (ended(room))
        }
    };
    layout::document(shell, text::ENDED.say(), "plain-box", Scripts::None, &html! {}, &body)
}

/// What a frame shows when something went wrong.
pub fn trouble(shell: &Shell<'_>, message: &str, draft: &str) -> Markup {
    let body = html! {
        main .last-word {
            p .error { (message) }
            (unsaved::field(&Unsaved::message(draft), text::NOT_KEPT))
            p { a href=(shell.path) { (text::PLAIN_RELOAD) } }
        }
    };
    layout::document(shell, text::COMPOSE.say(), "plain-box", Scripts::None, &html! {}, &body)
}

fn form(shell: &Shell<'_>, composer: &Composer<'_>, whole: bool) -> Markup {
    let address = format!("{}/compose", address(composer.room));
    let invalid = composer.error.map(|_| "true");
    let unsaved = unsaved::field(&Unsaved::message(composer.draft), text::NOT_KEPT);
    html! {
        @if let Some(why) = composer.shut {
            p .reader { (why) }
            (unsaved)
        } @else if shell.viewer.account().is_none() {
            p .reader {
                a .button href=(layout::login_address(&self::address(composer.room))) target="_top" {
                    (text::LOG_IN_TO_WRITE)
                }
            }
        } @else if !composer.may_post {
            p .reader { (text::READ_ONLY) }
            (unsaved)
        } @else {
            form #composer method="post" action=(address) {
                @if let Some(error) = composer.error {
                    p #error .error role="alert" { (error) }
                }
                input type="hidden" name="nonce" value=(composer.nonce);
                @if whole { input type="hidden" name="whole" value="1"; }
                // Enter sends from an input alone; several lines want a box of their own.
                @if composer.large {
                    textarea #text name="body" rows="3" required autofocus dir="auto"
                        aria-label=(text::COMPOSE) aria-invalid=[invalid]
                        aria-describedby=[composer.error.map(|_| "error")] { "\n" (composer.draft) }
                } @else {
                    input #text name="body" value=(composer.draft) required autofocus autocomplete="off"
                        dir="auto" aria-label=(text::COMPOSE) placeholder=(text::COMPOSE_HINT)
                        aria-invalid=[invalid] aria-describedby=[composer.error.map(|_| "error")];
                }
                button .primary { (text::SEND) }
                a .hint href={ "/rooms/" (composer.room) "/files" } target="_top" { (text::ATTACH) }
                @if whole {
                } @else if composer.large {
                    a .hint href={ (address) "#text" } { (text::PLAIN_ONE_LINE) }
                } @else {
                    a .hint href={ (address) "?lines=several#text" } { (text::PLAIN_SEVERAL_LINES) }
                }
            }
        }
    }
}

/// A message where nothing is told apart by looks: no tile, no controls.
fn line(message: &Message) -> Markup {
    let quote = message.quote.as_ref().filter(|_| !message.removed);
    html! {
        dt {
            b { bdi { (message.author_display) } } " " (text::short_moment(message.local))
            @if message.edited && !message.removed {
                " (" a href={ (message::address(message)) "/history" } { (text::EDITED) } ")"
            }
        }
        @if let Some(quote) = quote { dd { "> " (reply::quote(message.room, quote)) } }
        dd { (message::said(message)) }
    }
}

fn touched(nonce: &str, message: &Message) -> Markup {
    let (mid, seq) = (message.mid, message.seq);
    let at = text::time(message.local);
    html! {
        li .note id={ "n" (seq) } data-of=(mid) {
            style nonce=(nonce) {
                ".of-" (mid) ",#m" (mid) " :not(.day,.day *),li[data-of='" (mid) "']:not(#n" (seq) "){display:none}"
            }
            @if message.removed {
                (text::plain_removed(&message.author_display, &at))
            } @else {
                p { (text::plain_edited(&message.author_display, &at)) }
                (message::body(message))
                (reaction::chips(message))
            }
        }
    }
}

/// The reactions to a message that stands further up, in place of those that stood there.
fn reacted(nonce: &str, message: &Message) -> Markup {
    let (mid, seq) = (message.mid, message.seq);
    let at = text::time(message.local);
    html! {
        li .note.reacted aria-live="off" id={ "n" (seq) } data-of=(mid) {
            style nonce=(nonce) {
                // No `>`: it would be escaped, and a style is not read as text is.
                "#m" (mid) " .reactions,.note[data-of='" (mid) "']:not(#n" (seq) ") .reactions,\
                 .reacted[data-of='" (mid) "']:not(#n" (seq) "){display:none}"
            }
            (text::plain_reacted(&message.author_display, &at, !message.reactions.is_empty())) " "
            (reaction::chips(message))
        }
    }
}

fn names(people: &[Participant]) -> Markup {
    html! {
        @if people.is_empty() { (text::NOBODY_HERE) }
        @for (i, person) in people.iter().enumerate() {
            @if i > 0 { ", " }
            bdi { (person.display) } (room::away(person.state))
        }
    }
}

fn ended(room: RoomId) -> Markup {
    html! {
        p { strong { (text::ENDED) } }
        p { (text::PLAIN_ENDED_HELP) }
        p { a .button href=(layout::login_address(&address(room))) target="_top" { (text::LOG_IN_AGAIN) } }
    }
}

fn address(room: RoomId) -> String {
    format!("/rooms/{room}/plain")
}
