//! The window of a room: conversation, who is here, the box to write in.
//!
//! **Invariant:** everything that is kept up to date by the stream, and the stream itself, stands
//! inside `#room`: what listens there outlives the replacement of any part. `#log` itself is
//! never replaced, since the stream found it once.

use maud::{Markup, html};

use crate::id::{Mid, RoomId};
use crate::message::Message;
use crate::notice::What;
use crate::page::PageLink;
use crate::room::Room;
use crate::status::Panel;
use crate::view::layout::{self, Scripts, Shell};
use crate::view::unsaved::{self, Unsaved};
use crate::view::{
    calendar, file, keys, message, names, notice, reaction, reply, room, text, topic, typing,
};

/// The longest silence of a stream before the window asks by itself, and how it then asks.
const WATCHDOG: &str = "load delay:25s, htmx:sse:after:message from:#room delay:25s, again, \
     later from:#room delay:1s, htmx:error delay:2s, htmx:response:error delay:2s";

/// A stream that comes back soon, stays open in a hidden window and gives up no more than it must.
/// Each window comes back after another time (800 ms, up to six tenths more or less), so that after
/// a restart they do not come all at once.
const STREAM: &str = "sse.pauseOnBackground:false sse.reconnectDelay:800ms \
     sse.reconnectJitter:0.6 sse.reconnectMaxDelay:5s sse.connectTimeout:10s timeout:10s";

/// What a room's window shows when it opens.
#[derive(Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each shows or hides one thing of its own")]
pub struct Popup<'a> {
    /// The page that the room stands on.
    pub page: &'a PageLink,
    /// Up to where `messages` were read.
    pub cursor: &'a str,
    /// The latest, in order.
    pub messages: &'a [Message],
    /// The first of them, or before them, that the viewer has not seen.
    pub first_unread: Option<Mid>,
    /// The room, who is here, its days.
    pub panel: &'a Panel,
    /// The reader wants to hear when somebody writes.
    pub sound: bool,
    /// What the reader is told of while elsewhere; for who is signed in.
    pub notices: Option<What>,
    /// The viewer may post.
    pub may_post: bool,
    /// The viewer moderates the room.
    pub moderates: bool,
    /// The viewer may edit the page.
    pub may_edit: bool,
    /// Bytes of a file at most.
    pub file_limit: u64,
    /// A fresh id for the draft.
    pub nonce: &'a str,
    /// The message that the draft is to answer.
    pub reply: Option<&'a Message>,
    /// What was typed, when a plain form comes back with an error.
    pub draft: &'a str,
    /// Why it came back.
    pub error: Option<&'a str>,
    /// What keeps the viewer from writing just now, and until when.
    pub silenced: Option<&'a str>,
}

/// The window of a room.
pub fn popup(shell: &Shell<'_>, popup: &Popup<'_>) -> Markup {
    let room = &popup.panel.room;
    let viewer = shell.viewer.account().map(|account| account.name.as_str());
    let head = html! {
        // What people link to opens beside the room, not in its place.
        base target="_blank";
        @if let Some(name) = viewer {
            (own_controls(shell.nonce, name))
            (message::own_chips(shell.nonce, name))
            (names::marks(shell.nonce, name))
        }
        @if popup.moderates { (all_controls(shell.nonce, viewer.unwrap_or_default())) }
    };
    let body = html! {
        @if popup.may_post && room.open { a .skip href="#box" target="_self" { (text::SKIP_TO_BOX) } }
        div #room data-author=[viewer] data-shut[text::shut(room).is_some()] {
            header .room {
                h1 #room-name { (room.name) }
                p .page { (room::page_link_beside(room, popup.page)) }
                button .panel-opener type="button" popovertarget="panel" { (text::INFO) }
                div #topic .topic hx-ignore dir="auto" {
                    @if let Some(topic) = &popup.panel.topic { (room::about(topic)) }
                }
            }
            main {
                noscript {
                    p .hint {
                        (text::WITHOUT_SCRIPT) " "
                        a href={ "/rooms/" (room.id) "/plain" } target="_self" { (text::PLAIN) }
                    }
                }
                div #notice role="alert" hidden { (ended(room.id)) }
                (conversation(popup))
                (watchdog(popup))
                (typing::line(&[]))
                @if popup.may_post && text::shut(room).is_none() { (composer(shell, popup)) } @else { (reader(shell, popup)) }
            }
            (panel(shell, popup))
            div #state hidden { (room::state(room, popup.panel.first)) }
            (keys::dialog())
            @if popup.may_post && text::shut(room).is_none() {
                (reaction::form(room.id))
                (reaction::popover())
            }
            div #signin {}
            div #beep hidden {}
            (file::lightbox())
            (stream(room.id, popup.cursor))
            @if viewer.is_some() { (read(room.id)) }
        }
    };
    layout::document(shell, &room.name, "popup", Scripts::Room, &head, &body)
}

/// The element that holds the stream. The watchdog puts a new one in its place when it is dead.
pub fn stream(room: RoomId, cursor: &str) -> Markup {
    html! {
        div #stream hx-sse:connect={ "/rooms/" (room) "/stream?after=" (cursor) } hx-sse:close="ended"
            hx-target="#log" hx-swap="upsert key:data-position" hx-config=(STREAM) {}
    }
}

/// In place of a stream, where there is no connection to hold for one; a poll puts one there when there
/// is.
pub fn no_stream() -> Markup {
    html! { hx-partial hx-target="#stream" hx-swap="outerHTML" { div #stream {} } }
}

/// How far this window has shown the log to its reader; sent by room.js now and then.
fn read(room: RoomId) -> Markup {
    html! {
        form #read hx-post={ "/rooms/" (room) "/read" } hx-trigger="read" hx-swap="none" hidden {
            input type="hidden" name="seq";
        }
    }
}

/// What a long-poll is answered with.
pub struct Poll<'a> {
    /// The room as it is now.
    pub room: &'a Room,
    /// The place of its first message.
    pub first: i64,
    /// From [`message::replay`], which carries the new cursor; or of [`message::last`] alone.
    pub changes: Markup,
    /// The cursor that `changes` reaches.
    pub cursor: &'a str,
    /// The value of `tries` to come: one more than was sent, or 0 where the stream is well.
    pub tries: u32,
    /// The stream seems to be dead: begin a new one.
    pub renew: bool,
}

/// The answer to a long-poll: the same fragments as the stream's, and the poll's own fields.
pub fn polled(poll: &Poll<'_>) -> Markup {
    html! {
        (poll.changes)
        (tries(poll.tries))
        hx-partial hx-target="#state" hx-swap="innerHTML" { (room::state(poll.room, poll.first)) }
        @if poll.renew {
            hx-partial hx-target="#stream" hx-swap="outerHTML" { (stream(poll.room.id, poll.cursor)) }
        }
    }
}

/// The field that counts polls without a living stream.
pub fn tries(n: u32) -> Markup {
    html! { input #tries type="hidden" name="tries" value=(n) hx-swap-oob="true"; }
}

/// A heartbeat: the field that tells when the server was last heard by the stream.
pub fn alive(now_ms: i64) -> Markup {
    html! { input #alive type="hidden" name="alive" value=(now_ms) hx-swap-oob="true"; }
}

/// In place of a heartbeat: there is no connection for a stream, and the window is to ask by itself.
pub fn crowded() -> Markup {
    html! { input #alive type="hidden" name="alive" value="0" data-crowded hx-swap-oob="true"; }
}

fn conversation(popup: &Popup<'_>) -> Markup {
    let room = popup.panel.room.id;
    let before = popup.messages.first().map_or(0, |message| message.mid.0);
    html! {
        // The only child of a reversed column stays at its bottom when it grows, and stays in
        // place for a reader who has scrolled up.
        div #scroll role="region" aria-label=(text::CONVERSATION) tabindex="0"
            "hx-status:401:inherited"="target:#signin swap:innerHTML"
            "hx-status:403:inherited"="target:#error swap:innerHTML select:.error"
            "hx-status:404:inherited"="target:#error swap:innerHTML select:.error"
            "hx-status:409:inherited"="target:#error swap:innerHTML select:.error"
            "hx-status:429:inherited"="target:#error swap:innerHTML select:.error" {
            div {
                div #older hx-get={ "/rooms/" (room) "/messages?before=" (before) } hx-trigger="intersect"
                    hx-target="#log" hx-swap="afterbegin" hx-sync="this:drop" {}
                // The role is not the list's own: its items would be items of no list.
                div role="log" aria-live="polite" aria-relevant="additions" aria-labelledby="room-name" {
                    ol #log .log data-unread=(text::UNREAD_LINE) data-first=[popup.first_unread] {
                        @for message in popup.messages { (message::item(message)) }
                    }
                }
                div .empty { p { (text::EMPTY_ROOM) } p { (text::EMPTY_ROOM_HELP) } }
                (unsent(room))
            }
        }
        button #jump type="button" hidden { span {} " " (text::NEW_BELOW) }
    }
}

/// Messages that are on their way for longer than a moment, or did not get through: room.js
/// makes lines of the template. Each sends itself again, the same text with the same nonce.
fn unsent(room: RoomId) -> Markup {
    let address = format!("/rooms/{room}/messages");
    html! {
        ol #pending aria-label=(text::UNSENT_LIST) data-sending=(text::SENDING) data-unsent=(text::NOT_SENT)
            "hx-status:413:inherited"="target:#error swap:innerHTML select:.error"
            "hx-status:422:inherited"="target:#error swap:innerHTML select:.error"
            "hx-status:429:inherited"="target:#told swap:innerHTML select:.error"
            "hx-status:50x:inherited"="target:#told swap:innerHTML select:.error" {}
        template #unsent {
            li {
                form method="post" target="_self" action=(address) hx-post=(address) hx-swap="none"
                    hx-sync="#composer:queue all" hx-config="timeout:20s" {
                    input type="hidden" name="body";
                    input type="hidden" name="nonce";
                    input type="hidden" name="reply_to";
                    p dir="auto" {}
                    span .why {}
                    span .actions {
                        button { (text::TRY_AGAIN) }
                        button .back type="button" { (text::EDIT) }
                        button .discard type="button" { (text::DISCARD) }
                    }
                }
            }
        }
    }
}

fn watchdog(popup: &Popup<'_>) -> Markup {
    let poll = format!("/rooms/{}/poll", popup.panel.room.id);
    html! {
        form #dog hx-get=(poll) hx-target="#log" hx-swap="upsert key:data-position swapEmpty:false"
            hx-config="timeout:30s" hx-trigger=(WATCHDOG) {
            input #last type="hidden" name="after" value=(popup.cursor);
            input #tries type="hidden" name="tries" value="0";
            input #alive type="hidden" name="alive" value="0";
        }
        p #offline role="status" { (text::OFFLINE) }
    }
}

fn composer(shell: &Shell<'_>, popup: &Popup<'_>) -> Markup {
    let address = format!("/rooms/{}/messages", popup.panel.room.id);
    let draft = shell.draft(&format!("room:{}", popup.panel.room.id));
    html! {
        // All sends are queued: the box is empty as soon as one is on its way.
        form #composer method="post" target="_self" action=(address) hx-post=(address) hx-swap="none"
            data-draft=(draft) hx-sync="this:queue all" hx-config="timeout:20s"
            "hx-status:401"="target:#signin swap:innerHTML"
            "hx-status:403"="target:#error swap:innerHTML select:.error"
            "hx-status:409"="target:#error swap:innerHTML select:.error"
            "hx-status:413"="target:#error swap:innerHTML select:.error"
            "hx-status:422"="target:#error swap:innerHTML select:.error"
            "hx-status:429"="target:#told swap:innerHTML select:.error"
            "hx-status:50x"="target:#told swap:innerHTML select:.error" {
            div #error role="alert" data-unsent=(text::UNSENT) data-unreached=(text::UNREACHED) {
                @if let Some(error) = popup.error { p .error { (error) } }
            }
            // What is seen on the line of a message that was not sent is said here, once.
            div #told .spoken role="status" data-unsent=(text::NOT_SENT_HELP) {}
            @if popup.panel.room.slow_seconds > 0 && !popup.moderates {
                p .slow.hint { (text::slow(popup.panel.room.slow_seconds)) }
            }
            @if let Some(silenced) = popup.silenced { p .muted role="status" { (silenced) } }
            div #reply { @if let Some(message) = popup.reply { (reply::reference(message)) } }
            input type="hidden" name="nonce" value=(popup.nonce);
            (file::progress(popup.file_limit))
            (file::attach(popup.panel.room.id))
            (names::list(popup.panel.room.id, "names"))
            textarea #box name="body" rows="1" required autofocus aria-label=(text::COMPOSE)
                aria-autocomplete="list" aria-controls="names"
                placeholder=(text::COMPOSE_HINT) enterkeyhint="send" dir="auto" { "\n" (popup.draft) }
            button .primary { (text::SEND) }
        }
    }
}

fn reader(shell: &Shell<'_>, popup: &Popup<'_>) -> Markup {
    html! {
        p .reader {
            @if let Some(why) = text::shut(&popup.panel.room) {
                (why)
            } @else if shell.viewer.account().is_none() {
                a .button href=(layout::login_address(shell.path)) target="_self" { (text::LOG_IN_TO_WRITE) }
            } @else {
                (text::READ_ONLY)
            }
        }
        (unsaved::field(&Unsaved::message(popup.draft), text::NOT_KEPT))
    }
}

fn panel(shell: &Shell<'_>, popup: &Popup<'_>) -> Markup {
    let room = &popup.panel.room;
    let (value, state) =
        if popup.sound { ("off", text::SOUND_ON) } else { ("on", text::SOUND_OFF) };
    html! {
        // A popover where there is no place beside the conversation, else always shown.
        aside #panel popover="auto" aria-label=(text::ROOM_INFO) {
            button .close type="button" popovertarget="panel" popovertargetaction="hide" { (text::CLOSE) }
            section aria-labelledby="people-heading" hidden[!room.open] {
                h2 #people-heading { (text::PEOPLE_HERE) }
                div #people .people { (room::people(&popup.panel.present)) }
            }
            section aria-labelledby="topic-heading" {
                h2 #topic-heading { (text::TOPIC) }
                div #topic-here .topic hx-ignore dir="auto" {
                    @if let Some(topic) = &popup.panel.topic { (room::about(topic)) }
                }
                @if popup.may_edit { (topic::opener(room.id)) }
            }
            section aria-labelledby="files-heading" {
                h2 #files-heading { (text::FILES) }
                div #files-here { (file::panel(room.id, &popup.panel.files)) }
            }
            section aria-labelledby="pins-heading" {
                h2 #pins-heading { (text::PINNED) }
                div #pins { (room::pins(room.id, &popup.panel.pins)) }
            }
            section .grow aria-labelledby="transcripts-heading" {
                h2 #transcripts-heading { (text::TRANSCRIPTS) }
                // Before the days, which may be many.
                (calendar::opener(room.id))
                div #transcripts { (room::transcripts(room.id, &popup.panel.transcripts)) }
                (room::take_away(room.id))
            }
            section aria-labelledby="settings-heading" {
                h2 #settings-heading { (text::SETTINGS) }
                // What is chosen is kept with the account.
                @if shell.viewer.account().is_some() {
                    form .sound method="post" target="_self" action="/settings/sound" {
                        input type="hidden" name="next" value={ "/rooms/" (room.id) };
                        button name="sound" value=(value) role="switch" title=(text::SOUND_HELP)
                            aria-checked=(popup.sound.to_string()) {
                            (text::SOUND) " " span { (state) }
                        }
                    }
                }
                @if let Some(chosen) = popup.notices { (notice::choice(room.id, chosen)) }
                (for_keepers(popup))
                ul .help {
                    li .page { (room::page_link_beside(room, popup.page)) }
                    li { (keys::opener()) }
                    li { a href="/help/formatting" { (text::FORMATTING) } }
                    li { a href="/help" { (text::HELP) } }
                }
                p .hint { (text::zone(room)) }
            }
        }
    }
}

fn for_keepers(popup: &Popup<'_>) -> Markup {
    let address = format!("/rooms/{}", popup.panel.room.id);
    html! {
        @if popup.moderates || popup.may_edit {
            ul .keepers {
                li { a href={ (address) "/settings" } { (text::ROOM_SETTINGS) } }
                @if popup.may_edit { li { a href={ (address) "/audit" } { (text::AUDIT) } } }
            }
        }
    }
}

fn ended(room: RoomId) -> Markup {
    html! {
        h2 { (text::ENDED) }
        p { (text::ENDED_HELP) }
        textarea #kept rows="3" readonly hidden aria-label=(text::COMPOSE) dir="auto" {}
        p {
            a .button href=(layout::login_address(&format!("/rooms/{room}"))) target="_self" {
                (text::LOG_IN_AGAIN)
            }
        }
    }
}

/// What makes a window the viewer's own: it shows the controls on the viewer's messages, and of
/// those who type all but the viewer. Account names hold letters, digits, `.`, `_` and `-` only; a name that holds
/// anything else gets no rule.
fn own_controls(nonce: &str, name: &str) -> Markup {
    html! {
        @if message::is_plain(name) {
            style nonce=(nonce) {
                "li[data-author='" (name) "'] .own{display:inline}"
                "#typing:has([data-without='" (name) "']) .all{display:none}"
                "#typing [data-without='" (name) "']{display:block}"
            }
        }
    }
}

/// The rules that make a window a moderator's: it shows what may be done to anybody's message,
/// and what only its author may not on others'.
fn all_controls(nonce: &str, name: &str) -> Markup {
    html! {
        @if message::is_plain(name) {
            style nonce=(nonce) {
                ".own{display:inline}li:not([data-author='" (name) "']) .edit{display:none}\
                 .pin,.unpin{display:inline}"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::own_controls;

    #[test]
    fn only_a_plain_name_gets_a_rule() {
        let rules = own_controls("R", "a.b_c-1").into_string();
        assert_eq!(
            rules,
            "<style nonce=\"R\">li[data-author='a.b_c-1'] .own{display:inline}\
             #typing:has([data-without='a.b_c-1']) .all{display:none}\
             #typing [data-without='a.b_c-1']{display:block}</style>"
        );
        assert_eq!(own_controls("R", "x']{}</style>").into_string(), "");
    }
}
