//! Who types, as the windows are told: a frame without an id, the same for all of them.

use std::sync::Weak;
use std::time::Duration;

use super::{Live, same};
use crate::app::App;
use crate::error::Result;
use crate::hub::{Hub, Item};
use crate::id::RoomId;
use crate::permission::{Grant, Post};
use crate::typing::{self, Typist};
use crate::view;

/// So often we look who has fallen silent.
const LOOK: Duration = Duration::from_millis(500);

impl Live {
    /// The viewer types, or has emptied the box.
    pub async fn types(&self, app: &App, grant: &Grant<Post>, on: bool) -> Result<()> {
        let done = if on { typing::begin(app, grant).await } else { typing::end(app, grant) };
        publish_due(app, &self.hub);
        done
    }
}

/// Tells of those who have fallen silent, and of what came too soon after the last word.
pub(super) async fn look_at_the_time(app: Weak<App>, hub: Hub) {
    let mut ticks = tokio::time::interval(LOOK);
    loop {
        ticks.tick().await;
        let Some(app) = app.upgrade() else { return };
        publish_due(&app, &hub);
    }
}

fn publish_due(app: &App, hub: &Hub) {
    app.typing.tell_due(app.clock.now(), |due| {
        hub.publish(due.into_iter().map(|(room, typists)| item(hub, room, &typists)).collect());
    });
}

pub(super) fn item(hub: &Hub, room: RoomId, typists: &[Typist]) -> Item {
    let frame = same(hub, None, None, || view::typing::frame(typists));
    Item::Frame { room: room.0, frame }
}
