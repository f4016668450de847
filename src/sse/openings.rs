//! What a window is given when its stream opens: the panels as they are, and what it missed.
//!
//! Nothing of it depends on who reads but the language (and of the head,
//! but the version of HTTP), so those who come at the same moment with
//! the same cursor, as all do after a restart, are given the same bytes. Whoever comes joins a
//! read that waits for its turn, and never one that has begun: it might not hold what was
//! committed before they subscribed. One that has begun is waited for by the next of its kind, so
//! that all who come meanwhile share that one: the more there are, the more share.
//!
//! **Invariant:** the reader's right is asked for after the read, never before it alone: a right
//! that ended in between would let through what was said after its end.

use std::collections::HashMap;
use std::collections::hash_map::{Entry, RandomState};
use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::Version;
use bytes::Bytes;
use tokio::sync::OnceCell;

use super::{event, head};
use crate::app::App;
use crate::change::Cursor;
use crate::error::{Error, Result};
use crate::hub;
use crate::id::{RoomId, Seq};
use crate::language::{self, Language};
use crate::log::{self, Since};
use crate::{status, view};

/// What a stream begins with, ready for the wire.
#[derive(Clone)]
pub(super) struct Opening {
    /// The head of the answer, and the first chunk.
    pub(super) first: Bytes,
    /// Everything up to here is in it.
    pub(super) seen: Seq,
}

/// Reads that have not begun, and the turns of those that have.
pub(super) struct Openings {
    due: Mutex<HashMap<Key, Arc<Due>>>,
    /// Reads of one kind have one turn; by chance, some kinds share theirs.
    turns: [Turn; N_TURNS],
    kinds: RandomState,
}

type Turn = tokio::sync::Mutex<()>;

/// Several times as many as can read at once.
const N_TURNS: usize = 32;

type Key = (RoomId, Language, Option<Cursor>, Version);
type Due = OnceCell<std::result::Result<Opening, Arc<Error>>>;

impl Default for Openings {
    fn default() -> Self {
        let turns = std::array::from_fn(|_| Turn::default());
        Self { due: Mutex::default(), turns, kinds: RandomState::default() }
    }
}

impl Openings {
    /// The opening of a room for a window that has seen what is up to `asked`, by a read that
    /// begins after this was called.
    pub(super) async fn of(
        self: &Arc<Self>,
        app: &App,
        room: RoomId,
        asked: Option<Cursor>,
        version: Version,
    ) -> Result<Opening> {
        let key = (room, language::spoken(), asked, version);
        let due = match self.due().entry(key.clone()) {
            Entry::Occupied(joined) => Arc::clone(joined.get()),
            Entry::Vacant(free) => Arc::clone(free.insert(Arc::default())),
        };
        let mine = Arc::clone(&due);
        let read = async move || {
            let listed = Listed { openings: Arc::clone(self), key, due: mine };
            let _turn = self.turn(&listed.key).await;
            self.read(app, listed).await.map_err(Arc::new)
        };
        match due.get_or_init(read).await {
            Ok(opening) => Ok(opening.clone()),
            Err(error) => Err(match **error {
                Error::NotFound => Error::NotFound,
                Error::Busy => Error::Busy,
                _ => Error::broken(Arc::clone(error)),
            }),
        }
    }

    async fn read(&self, app: &App, listed: Listed) -> Result<Opening> {
        let (room, _, asked, version) = listed.key.clone();
        let epoch = app.store.epoch().to_owned();
        let now = app.clock.now();
        let present = app.presence.present(room, now);
        let cursor = asked.clone();
        let (since, panel) = app
            .store
            .read(move |connection| {
                // The snapshot begins with the first statement: nobody joins any more.
                drop(listed);
                let since = log::since(connection, &epoch, room, cursor.as_ref())?;
                Ok((since, status::select_panel(connection, room, &present, now)?))
            })
            .await?;
        let typing = view::typing::frame(&app.typing.now(room, now));
        let panel = view::room::panel_frame(&panel);
        // By this the window knows that nothing holds the stream back.
        let well = maud::html! { (view::room::alive(now.as_millisecond())) (view::room::tries(0)) };
        let mut body = event(None, &maud::html! { (panel) (typing) (well) }).to_vec();
        let seen = match since {
            Since::Changes(log) => {
                let after = asked.map(|cursor| cursor.seq);
                for message in &log.messages {
                    let at = Cursor { epoch: log.cursor.epoch.clone(), seq: message.seq };
                    let at = at.to_string();
                    let one = std::slice::from_ref(message);
                    let frame = view::message::replay(one, after, &at);
                    body.extend_from_slice(&event(Some(&at), &frame));
                }
                log.cursor.seq
            }
            Since::TooFar(cursor) => {
                body.extend_from_slice(hub::RELOAD);
                cursor.seq
            }
        };
        let mut first = head(version).into_bytes();
        first.extend_from_slice(format!("{:x}\r\n", body.len()).as_bytes());
        first.extend_from_slice(&body);
        first.extend_from_slice(b"\r\n");
        Ok(Opening { first: first.into(), seen })
    }

    /// Nobody else reads the same meanwhile.
    async fn turn(&self, key: &Key) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        let kind = self.kinds.hash_one(key) % N_TURNS as u64;
        Some(self.turns.get(usize::try_from(kind).ok()?)?.lock().await)
    }

    fn due(&self) -> std::sync::MutexGuard<'_, HashMap<Key, Arc<Due>>> {
        self.due.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A read that has not begun. It comes off the list when it begins, and also when it never will.
struct Listed {
    openings: Arc<Openings>,
    key: Key,
    due: Arc<Due>,
}

impl Drop for Listed {
    fn drop(&mut self) {
        let mut due = self.openings.due();
        // Another may stand there by now.
        if due.get(&self.key).is_some_and(|listed| Arc::ptr_eq(listed, &self.due)) {
            due.remove(&self.key);
        }
    }
}
