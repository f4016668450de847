//! Who has which room open; memory only.
//!
//! **Invariant:** counts people, not windows. A person is here while at least one of their
//! windows streams or polls, and some seconds longer, so that a reload is not seen by others.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

use crate::account::{self, Viewer};
use crate::app::App;
use crate::error::{Error, Result};
use crate::id::{AccountId, PageId, RoomId};
use crate::permission;

/// Windows of each account in each room.
#[derive(Default)]
pub struct Presence {
    windows: Mutex<HashMap<RoomId, HashMap<AccountId, usize>>>,
}

impl Presence {
    /// One more window; true if the person was not here.
    pub fn enter(&self, room: RoomId, account: AccountId) -> bool {
        let mut rooms = self.windows.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let n_windows = rooms.entry(room).or_default().entry(account).or_default();
        *n_windows += 1;
        *n_windows == 1
    }

    /// One window less; true if the person is not here any more.
    pub fn leave(&self, room: RoomId, account: AccountId) -> bool {
        let mut rooms = self.windows.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let Some(people) = rooms.get_mut(&room) else { return false };
        let Some(n_windows) = people.get_mut(&account) else { return false };
        *n_windows = n_windows.saturating_sub(1);
        if *n_windows > 0 {
            return false;
        }
        people.remove(&account);
        if people.is_empty() {
            rooms.remove(&room);
        }
        true
    }

    /// Where somebody is.
    fn rooms(&self, account: AccountId) -> Vec<RoomId> {
        let rooms = self.windows.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let here = rooms.iter().filter(|(_, people)| people.contains_key(&account));
        here.map(|(room, _)| *room).collect()
    }

    /// Who is here.
    pub fn present(&self, room: RoomId) -> Vec<AccountId> {
        let rooms = self.windows.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        rooms.get(&room).map(|people| people.keys().copied().collect()).unwrap_or_default()
    }
}

/// Whether somebody is here, as far as it is the viewer's to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Badge {
    /// As shown.
    pub display: String,
    /// Has a room open that the viewer may see.
    pub here: bool,
}

/// Is the account with this name here? Only people who share a page that both may see are told;
/// to others there is no such account. A room that the viewer may not see tells nothing.
pub async fn badge(app: &App, viewer: &Viewer, name: &str) -> Result<Badge> {
    let viewer = viewer.account_id().ok_or(Error::LoginNeeded)?;
    let name = name.to_owned();
    let (account, visible) = app
        .store
        .read(move |connection| {
            let account = account::by_name(connection, &name)?.ok_or(Error::NotFound)?;
            let visible: HashSet<PageId> =
                permission::visible_pages(connection, Some(viewer))?.into_iter().collect();
            let theirs = permission::visible_pages(connection, Some(account.id))?;
            let shares = theirs.iter().any(|page| visible.contains(page));
            if account.disabled || !shares {
                return Err(Error::NotFound);
            }
            Ok((account, visible))
        })
        .await?;
    let here = app.presence.rooms(account.id).into_iter();
    let here = here.map(PageId::from).any(|page| visible.contains(&page));
    Ok(Badge { display: account.display, here })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_with_two_windows_is_here_until_both_are_closed() {
        let presence = Presence::default();
        let (room, bob) = (RoomId(1), AccountId(2));
        assert!(presence.enter(room, bob));
        assert!(!presence.enter(room, bob));
        assert!(!presence.leave(room, bob));
        assert_eq!(presence.present(room), [bob]);
        assert!(presence.leave(room, bob));
        assert!(presence.present(room).is_empty());
        assert!(!presence.leave(room, bob));
    }
}
