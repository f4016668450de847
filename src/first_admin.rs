//! The first who administers: made once, by whoever was given the link that the start prints.
//!
//! **Invariant:** the link opens nothing as soon as anybody administers, by whatever way they came
//! to it; and there is no password that was there before somebody chose it.

use std::sync::OnceLock;

use sha2::{Digest, Sha256};

use crate::account;
use crate::app::App;
use crate::error::{Error, Result};
use crate::id::AccountId;
use crate::mandate::Mandate;
use crate::roster::{self, NewAccount};
use crate::space::{self, Rights};

/// The space that begins a wiki where the form asks for one.
const KEY: &str = "WIKI";

/// The invitation of this run of the program; memory only, the next start makes another one.
#[derive(Default)]
pub struct Invitation(OnceLock<Vec<u8>>);

/// Makes the link's token; nothing where somebody administers already.
pub async fn invite(app: &App) -> Result<Option<String>> {
    if app.store.read(account::some_administer).await? {
        return Ok(None);
    }
    let token = format!("{:032x}", rand::random::<u128>());
    let kept = app.invitation.0.set(hash(&token)).is_ok();
    Ok(kept.then_some(token))
}

/// Is it the link, and does it still hold? Then: is there no space yet?
pub async fn open(app: &App, token: &str) -> Result<bool> {
    // Of hashes: how long the comparison takes says nothing about the token.
    if app.invitation.0.get().is_none_or(|kept| *kept != hash(token)) {
        return Err(Error::NotFound);
    }
    app.store
        .read(|connection| {
            if account::some_administer(connection)? {
                return Err(Error::NotFound);
            }
            space::is_none(connection)
        })
        .await
}

/// Makes the account, and the first space if it got a name.
pub async fn accept(app: &App, token: &str, new: NewAccount, space: &str) -> Result<AccountId> {
    let asks_space = open(app, token).await?;
    let account = roster::add_first(app, new).await?;
    if asks_space && !space.trim().is_empty() {
        space::add(app, &Mandate::operator(), KEY, space, Rights::default()).await?;
    }
    Ok(account)
}

fn hash(token: &str) -> Vec<u8> {
    Sha256::digest(token).to_vec()
}
