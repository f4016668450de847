//! One room to one window: hand-over to the hub, resume, frames; the panels are in `people`.
//!
//! A subscriber first subscribes, then reads what it missed, then is handed to the hub with the seq
//! that it has seen: no gap, no double. Each change is rendered once, when it was committed, and
//! its bytes are shared by all windows; nothing in a frame depends on who reads, but for the
//! sound, which is one of three renderings: none, a beep, and another one for who is named.
//!
//! **Invariant:** data on the wire has no CR (it would end a line), ids are cursors, event names
//! are constants. A message is rendered into a frame here and nowhere else.

mod connections;
mod openings;
mod people;
mod typing;

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, StatusCode, Version, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use maud::Markup;
use memchr::memchr2;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::account::Viewer;
use crate::app::{App, Shared};
use crate::change::{Change, Cursor};
use crate::error::{Error, Result};
use crate::hub::{Frame, Hub, Item, Renderings, Subscriber, TakeOver};
use crate::id::{AccountId, RoomId, SessionId};
use crate::language::{self, LANGUAGES, Language};
use crate::message::Message;
use crate::permission::{self, Grant, View};
use crate::presence::Window;
use crate::session;
use crate::setting;
use crate::view::message::Sound;
use crate::{announce, hub, view};

use connections::Connections;
pub use connections::HeldConnection;
use openings::Openings;
pub use people::Polling;

/// The live side of the program: the hub, and who keeps the panels fresh.
#[derive(Clone)]
pub struct Live {
    /// Carries frames to open windows.
    pub hub: Hub,
    panels: UnboundedSender<RoomId>,
    openings: Arc<Openings>,
    connections: Arc<Connections>,
}

/// Starts the hub and lets it hear of every committed change.
pub fn start(app: &Shared, config: hub::Config) -> Result<Live> {
    let (panels, rooms) = unbounded_channel();
    // The app holds the hub. What the hub holds of the app is weak, or neither would ever end.
    let gate = Arc::downgrade(app);
    let clock = app.clock.clone();
    let hub = Hub::start(
        config,
        Box::new(move |subscriber| may_read(&*gate.upgrade()?, subscriber)),
        Box::new(people::told(app, &panels)),
        Box::new(move || event(None, &view::room::alive(clock.now().as_millisecond()))),
    )?;
    let announcer = announce::start(app)?;
    let publisher = hub.clone();
    let told = panels.clone();
    let epoch = app.store.epoch().to_owned();
    let typed = Arc::downgrade(app);
    app.go_live(move |changes| {
        let Some(app) = typed.upgrade() else { return };
        let mut items = Vec::with_capacity(changes.len());
        for change in changes {
            match change {
                Change::Posted(message, called) => {
                    announcer.hear(&app, &message, &called);
                    items.push(posted(&publisher, &epoch, &message, &called));
                    // In the same breath, or who has just spoken would seem to go on.
                    let spoke = message
                        .author
                        .and_then(|author| app.typing.spoke(message.room, author, app.clock.now()));
                    items.extend(spoke.map(|left| typing::item(&publisher, message.room, &left)));
                }
                Change::Touched(message) => items.push(touched(&publisher, &epoch, &message)),
                Change::Reload(room) => {
                    app.typing.stop_all(room);
                    items.push(Item::Reload { room: room.0 });
                }
                Change::ReloadFor(room, account) => {
                    items.push(Item::ReloadFor { room: room.0, account: account.0 });
                }
                Change::Rights => items.push(Item::Recheck),
                Change::Panel(room) => drop(told.send(room)),
            }
        }
        publisher.publish(items);
    });
    app.keep(people::keep_panels_fresh(Arc::downgrade(app), hub.clone(), rooms));
    app.keep(people::look_at_the_time(Arc::downgrade(app), panels.clone()));
    app.keep(typing::look_at_the_time(Arc::downgrade(app), hub.clone()));
    let connections = Arc::new(Connections::new(app.config.limits));
    Ok(Live { hub, panels, openings: Arc::default(), connections })
}

/// Opens a room's stream: the answer takes the connection away from the server and gives it to
/// the hub. `asked` is the cursor that the browser sent; `None`: from now on.
pub async fn open(
    app: &App,
    live: &Live,
    grant: &Grant<View>,
    (window, held): (Window, HeldConnection),
    asked: Option<Cursor>,
    version: Version,
) -> Result<Response> {
    let room = grant.room();
    // Before the read: what is committed after this is kept for the subscriber.
    let mut subscription = live.hub.subscribe(room.0);
    if held.is_counted() {
        subscription = subscription.with(held);
    }
    let opening = live.openings.of(app, room, asked, version).await?;
    let now = app.clock.now();
    let sound = app
        .store
        .look_up(|connection| {
            grant.confirm(connection, now)?;
            match grant.viewer().account_id() {
                Some(account) => setting::sound(connection, account),
                None => Ok(true),
            }
        })
        .await?;
    let subscriber = subscriber(grant.viewer(), room, sound);
    let hub = live.hub.clone();
    let mark = TakeOver::new(move |socket| {
        hub.adopt(subscription, socket, subscriber, opening.first, opening.seen.0, window.0);
    });
    let mut response = (StatusCode::OK, stream_headers()).into_response();
    response.extensions_mut().insert(mark);
    Ok(response)
}

/// The answer to a window that can hold no connection: a stream that ends at once, and makes the window
/// ask by itself.
pub fn crowded() -> Response {
    let body =
        [event(None, &view::room::crowded()), event(None, &view::room::no_stream())].concat();
    (StatusCode::OK, stream_headers(), body).into_response()
}

// ------------------------------------------------------------------------------------ frames

/// The languages but the first that somebody reads in.
fn others(hub: &Hub) -> impl Iterator<Item = Language> {
    LANGUAGES.into_iter().skip(1).take_while(|language| hub.is_read_in(language.number()))
}

/// A frame that is the same for all who read one language.
fn same(hub: &Hub, seq: Option<i64>, id: Option<&str>, render: impl Fn() -> Markup) -> Frame {
    let rendered = |language| language::within(language, || event(id, &render()));
    let also = others(hub).map(|language| Renderings::same(rendered(language))).collect();
    Frame { also, ..Frame::same(seq, rendered(Language::default())) }
}

fn posted(hub: &Hub, epoch: &str, message: &Message, called: &[AccountId]) -> Item {
    let cursor = Cursor { epoch: epoch.into(), seq: message.seq }.to_string();
    let mut called: Vec<i64> = called.iter().map(|account| account.0).collect();
    called.sort_unstable();
    let rendered = |language| {
        let quiet = language::within(language, || view::message::frame(message, &cursor));
        let heard = |sound| event(Some(&cursor), &view::message::heard(&quiet, sound));
        let loud = heard(Sound::Beep);
        let calling = if called.is_empty() { loud.clone() } else { heard(Sound::Chime) };
        Renderings { loud, quiet: event(Some(&cursor), &quiet), calling }
    };
    let Renderings { loud, quiet, calling } = rendered(Language::default());
    let also = others(hub).map(rendered).collect();
    Item::Frame {
        room: message.room.0,
        frame: Frame {
            seq: Some(message.seq.0),
            author: message.author.map_or(0, |author| author.0),
            called,
            loud,
            quiet,
            calling,
            also,
        },
    }
}

fn touched(hub: &Hub, epoch: &str, message: &Message) -> Item {
    let cursor = Cursor { epoch: epoch.into(), seq: message.seq }.to_string();
    let render = || view::message::touched_frame(message, &cursor);
    let frame = same(hub, Some(message.seq.0), Some(&cursor), render);
    Item::Frame { room: message.room.0, frame }
}

/// One Server-Sent Event: each line of the fragment is a line of data.
fn event(id: Option<&str>, fragment: &Markup) -> Bytes {
    let html = &fragment.0;
    let mut event = String::with_capacity(html.len() + 64);
    if let Some(id) = id {
        event.push_str("id: ");
        event.push_str(id);
        event.push('\n');
    }
    event.push_str("data: ");
    let mut rest = html.as_str();
    // (`str::split` looks at each character, which took a tenth of all that a message costs.)
    while let Some((line, next)) =
        memchr2(b'\n', b'\r', rest.as_bytes()).and_then(|end| rest.split_at_checked(end))
    {
        event.push_str(line);
        event.push_str("\ndata: ");
        rest = next.get(1..).unwrap_or_default();
    }
    event.push_str(rest);
    event.push_str("\n\n");
    event.into()
}

/// The head of a stream's answer. The hub's sockets know no HTTP, so it is written by hand.
///
/// HTTP/1.0 knows no chunks, and an nginx that is not told otherwise asks by it. It gets the same
/// bytes: to who reads events, the length before a chunk is a field that nobody knows, and the
/// end of line behind it an empty line like any other.
fn head(version: Version) -> String {
    let mut head = String::from(if version == Version::HTTP_10 {
        "HTTP/1.0 200 OK\r\nconnection: close\r\n"
    } else {
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n"
    });
    for (name, value) in &stream_headers() {
        head.push_str(name.as_str());
        head.push_str(": ");
        head.push_str(value.to_str().unwrap_or_default());
        head.push_str("\r\n");
    }
    head.push_str("\r\n");
    head
}

fn stream_headers() -> HeaderMap {
    HeaderMap::from_iter([
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        // Proxies hold back and compress what they are not told to leave alone.
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-store, no-transform")),
        (header::HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
        // Nothing, said aloud: a Caddy with `encode` asks for no more before it compresses.
        (header::CONTENT_ENCODING, HeaderValue::from_static("identity")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
        ),
        (
            header::HeaderName::from_static("cross-origin-resource-policy"),
            HeaderValue::from_static("same-origin"),
        ),
    ])
}

// ------------------------------------------------------------------------------------ subscribers

fn subscriber(viewer: &Viewer, room: RoomId, sound: bool) -> Subscriber {
    Subscriber {
        room: room.0,
        account: viewer.account_id().map_or(0, |account| account.0),
        session: viewer.session().map_or(0, |session| session.0),
        sound,
        language: language::spoken().number(),
    }
}

/// The hub's question, of what is committed: may this subscriber go on? `None` where the file cannot
/// be read now.
fn may_read(app: &App, subscriber: &Subscriber) -> Option<bool> {
    let now = app.clock.now();
    let answer = app.store.look_up_here(|connection| {
        if subscriber.session != 0
            && !session::is_good(connection, SessionId(subscriber.session), now)?
        {
            return Ok(false);
        }
        let account = (subscriber.account != 0).then_some(AccountId(subscriber.account));
        permission::is_visible(connection, account, RoomId(subscriber.room).into())
    });
    let tell = |error: &Error| {
        tracing::error!(%error, room = subscriber.room, "a subscriber's right could not be checked");
    };
    answer.inspect_err(tell).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_keeps_every_line_of_its_fragment_and_no_cr() {
        let event = event(Some("e-7"), &maud::html! { pre { "a\nb\r\nid: 9\n\ndata: x" } });
        let text = std::str::from_utf8(&event).unwrap_or_default();
        assert!(!text.contains('\r'));
        assert!(text.starts_with("id: e-7\ndata: <pre>a\ndata: b\n"));
        assert_eq!(text.lines().filter(|line| line.starts_with("id:")).count(), 1);
        assert_eq!(text.matches("\n\n").count(), 1);
    }
}
