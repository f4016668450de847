//! Browsers that let themselves be told of messages, and the key by which they know us.
//!
//! **Invariant:** a subscription ends with the session that made it. Its address is a secret of the
//! browser's: it is shown to nobody and stands in no log.

use std::fmt;

use rusqlite::{Connection, OptionalExtension, Row, named_params};
use url::Url;

use crate::account::Viewer;
use crate::app::App;
use crate::error::{Error, Result};
use crate::id::{AccountId, SubscriptionId};
use crate::push::{self, Endpoint, Keys, Signer};
use crate::session;

/// A browser that can be told.
#[derive(Clone)]
pub struct Subscription {
    /// Its id.
    pub id: SubscriptionId,
    /// Whose browser it is.
    pub account: AccountId,
    /// Where its push service takes parcels.
    pub endpoint: String,
    /// What parcels for it are encrypted with.
    pub keys: Keys,
    /// Where the push service finds who runs this server.
    pub contact: String,
}

/// A subscription as a browser sends it.
#[derive(Clone, Debug)]
pub struct NewSubscription {
    /// The address of its push service.
    pub endpoint: String,
    /// Its public key, in base64.
    pub p256dh: String,
    /// Its secret, in base64.
    pub auth: String,
}

/// Browsers of an account; the next takes the place of the one that was there longest.
pub const MOST: i64 = 20;

// ------------------------------------------------------------------------------------ verbs

/// Keeps a browser of the viewer's; the same browser once, for whoever subscribed last.
pub async fn subscribe(app: &App, viewer: &Viewer, new: NewSubscription) -> Result<()> {
    let account = viewer.account_id().ok_or(Error::LoginNeeded)?;
    let unfit = |why: push::Unfit| Error::invalid("endpoint", why.to_string());
    Endpoint::parse(&new.endpoint, app.config.push_local).map_err(unfit)?;
    let keys = Keys::parse(&new.p256dh, &new.auth)
        .ok_or_else(|| Error::invalid("p256dh", "These are not the keys of a browser."))?;
    let contact = contact(app.config.url.as_ref());
    let (viewer, now) = (viewer.clone(), app.clock.now());
    app.store
        .write(move |tx| {
            session::confirm(tx, &viewer, now)?;
            tx.prepare_cached(
                "insert into push_subscription (account, session, endpoint, point, secret, contact,
                                                created_at)
                 values (:account, :session, :endpoint, :point, :secret, :contact, :now)
                 on conflict (endpoint) do update set account = excluded.account,
                   session = excluded.session, point = excluded.point, secret = excluded.secret,
                   contact = excluded.contact, created_at = excluded.created_at",
            )?
            .execute(named_params! {
                ":account": account,
                ":session": viewer.session(),
                ":endpoint": new.endpoint,
                ":point": keys.point(),
                ":secret": keys.secret(),
                ":contact": contact,
                ":now": now.as_millisecond(),
            })?;
            tx.prepare_cached(
                "delete from push_subscription where account = :account and id not in (
                   select id from push_subscription where account = :account
                   order by created_at desc, id desc limit :most)",
            )?
            .execute(named_params! { ":account": account, ":most": MOST })?;
            Ok(())
        })
        .await
}

/// A browser that is gone, or that cannot be told where it says. One that came back meanwhile
/// under the same number stays.
pub async fn forget(app: &App, gone: &Subscription) -> Result<()> {
    let (id, endpoint) = (gone.id, gone.endpoint.clone());
    app.store
        .write(move |tx| {
            tx.execute(
                "delete from push_subscription where id = ?1 and endpoint = ?2",
                (id, &endpoint),
            )?;
            Ok(())
        })
        .await
}

/// Signs for this server, by the key that is made the first time somebody asks.
pub async fn signer(app: &App) -> Result<Signer> {
    if let Some(key) = app.store.look_up(select_key).await? {
        return Signer::from_kept(&key);
    }
    let new = push::new_key()?;
    let key: Vec<u8> = app
        .store
        .write(move |tx| {
            tx.execute("insert or ignore into push_key (id, key) values (1, ?1)", [&new])?;
            select_key(tx)?.ok_or_else(|| Error::broken("there is no key for notices"))
        })
        .await?;
    Signer::from_kept(&key)
}

// ------------------------------------------------------------------------------------ rules

/// Whom a push service can ask about what this server sends: the site, as the operator knows it.
/// What a browser calls it is anybody's word.
fn contact(site: Option<&Url>) -> String {
    match site {
        Some(site) if site.scheme() == "https" => site.origin().ascii_serialization(),
        // Not a site that others reach; push services want an address all the same.
        _ => {
            let host = site.and_then(Url::host_str).unwrap_or("localhost");
            format!("mailto:webmaster@{host}")
        }
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").field("id", &self.id).finish_non_exhaustive()
    }
}

// ------------------------------------------------------------------------------------ sql

fn select_key(connection: &Connection) -> Result<Option<Vec<u8>>> {
    let key = connection
        .prepare_cached("select key from push_key")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(key)
}

/// From the columns `id`, `account`, `endpoint`, `point`, `secret`, `contact`; `None` where the
/// keys are none.
pub(crate) fn from_row(row: &Row<'_>) -> rusqlite::Result<Option<Subscription>> {
    let (point, secret): (Vec<u8>, Vec<u8>) = (row.get("point")?, row.get("secret")?);
    let Some(keys) = Keys::from_bytes(&point, &secret) else { return Ok(None) };
    Ok(Some(Subscription {
        id: row.get("id")?,
        account: row.get("account")?,
        endpoint: row.get("endpoint")?,
        keys,
        contact: row.get("contact")?,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contact_is_the_site() {
        let of = |site: &str| contact(Url::parse(site).ok().as_ref());
        assert_eq!(of("https://chat.example.org"), "https://chat.example.org");
        assert_eq!(of("http://wiki.local:8080"), "mailto:webmaster@wiki.local");
        assert_eq!(of(""), "mailto:webmaster@localhost");
    }
}
