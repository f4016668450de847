//! Who is in a room, as its windows are told: streams and polls that come and go, windows that
//! are looked at or not, and the panels that say so.
//!
//! **Invariant:** a panel is rendered when something about it is another than was told, never
//! because time went by.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::time::sleep;

use super::{Live, same};
use crate::account::Viewer;
use crate::app::{App, Shared};
use crate::error::{Error, Result};
use crate::hub::{Event, Hub, Item};
use crate::id::{AccountId, RoomId};
use crate::permission::{Grant, View};
use crate::presence::{self, Window};
use crate::{status, view, vital};

/// How long somebody whose last window closed still counts as here: a reload is not a leaving.
const LINGER: Duration = Duration::from_secs(3);
/// So often we look whom the time has made away.
const LOOK: Duration = Duration::from_secs(2);

impl Live {
    /// A window of somebody polls: they are here. Dropping the answer ends it, with some patience.
    pub fn polls(
        &self,
        app: &Shared,
        room: RoomId,
        viewer: &Viewer,
        window: Window,
    ) -> Option<Polling> {
        let account = viewer.account_id()?;
        if app.presence.enter(room, account, window, app.clock.now()) {
            let _ = self.panels.send(room);
        }
        let (app, panels) = (Arc::clone(app), self.panels.clone());
        Some(Polling { app, panels, room, account, window })
    }

    /// A window of the viewer's is to be seen, or has been hidden for so many seconds.
    pub fn look(
        &self,
        app: &App,
        grant: &Grant<View>,
        window: Window,
        hidden_seconds: Option<u32>,
    ) -> Result<()> {
        if presence::look(app, grant, window, hidden_seconds)? {
            let _ = self.panels.send(grant.room());
        }
        Ok(())
    }
}

/// See [`Live::polls`].
pub struct Polling {
    app: Shared,
    panels: UnboundedSender<RoomId>,
    room: RoomId,
    account: AccountId,
    window: Window,
}

impl Drop for Polling {
    fn drop(&mut self) {
        let (app, panels) = (Arc::clone(&self.app), self.panels.clone());
        leave_later(app, panels, self.room, self.account, self.window);
    }
}

/// Hears from the hub which streams come and go.
pub(super) fn told(
    app: &Shared,
    panels: &UnboundedSender<RoomId>,
) -> impl Fn(Event) + Send + 'static + use<> {
    let (app, panels) = (Arc::downgrade(app), panels.clone());
    let runtime = tokio::runtime::Handle::current();
    // Whose stream it is that has a window of its own: a seat does not remember.
    let windows = RefCell::new(HashMap::new());
    move |event| {
        let (Event::Joined { subscriber, stream, .. } | Event::Left { subscriber, stream }) = event;
        let (room, account) = (RoomId(subscriber.room), AccountId(subscriber.account));
        let Some(app) = app.upgrade().filter(|_| subscriber.account != 0) else { return };
        let mut windows = windows.borrow_mut();
        match event {
            Event::Joined { mark, .. } => {
                if mark != 0 {
                    windows.insert(stream, Window(mark));
                }
                if app.presence.enter(room, account, Window(mark), app.clock.now()) {
                    let _ = panels.send(room);
                }
            }
            Event::Left { .. } => {
                let window = windows.remove(&stream).unwrap_or_default();
                let _here = runtime.enter();
                leave_later(app, panels.clone(), room, account, window);
            }
        }
    }
}

fn leave_later(
    app: Shared,
    panels: UnboundedSender<RoomId>,
    room: RoomId,
    account: AccountId,
    window: Window,
) {
    tokio::spawn(async move {
        tokio::time::sleep(LINGER).await;
        if app.presence.leave(room, account, window, app.clock.now()) {
            let _ = panels.send(room);
        }
    });
}

/// Tells of those who have become away.
pub(super) async fn look_at_the_time(app: Weak<App>, panels: UnboundedSender<RoomId>) {
    let mut ticks = tokio::time::interval(LOOK);
    loop {
        ticks.tick().await;
        let Some(app) = app.upgrade() else { return };
        for room in app.presence.turned(app.clock.now()) {
            let _ = panels.send(room);
        }
    }
}

/// So much later what could not be read is read again.
const AGAIN: Duration = Duration::from_secs(1);

/// Renders the panels of rooms where something about them has changed: one after the other, so
/// that an older state never follows a newer one.
pub(super) async fn keep_panels_fresh(
    app: Weak<App>,
    hub: Hub,
    mut rooms: UnboundedReceiver<RoomId>,
) {
    let mut due = HashSet::new();
    loop {
        if due.is_empty() {
            let Some(room) = rooms.recv().await else { return };
            due.insert(room);
        } else {
            sleep(AGAIN).await;
        }
        while let Ok(room) = rooms.try_recv() {
            due.insert(room);
        }
        let Some(app) = app.upgrade() else { return };
        for room in std::mem::take(&mut due) {
            // What panics for one room must not leave the others without.
            let done = vital::alone(refresh_panel(Arc::clone(&app), hub.clone(), room)).await;
            if done == Some(false) {
                due.insert(room);
            }
        }
    }
}

/// False where it should be tried again.
async fn refresh_panel(app: Shared, hub: Hub, room: RoomId) -> bool {
    let now = app.clock.now();
    let present = app.presence.present(room, now);
    let panel = app
        .store
        .read(move |connection| status::select_panel(connection, room, &present, now))
        .await;
    match panel {
        Ok(panel) => {
            let frame = same(&hub, None, None, || view::room::panel_frame(&panel));
            hub.publish(vec![Item::Frame { room: room.0, frame }]);
            true
        }
        Err(Error::NotFound) => true,
        Err(error) => {
            tracing::error!(%error, room = room.0, "a panel could not be read");
            !matches!(error, Error::Busy)
        }
    }
}
