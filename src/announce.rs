//! Word of a new message to who is not there to see it.
//!
//! **Invariants:** nobody who posts waits for this: what cannot be queued is dropped, and told in
//! the log. Whether somebody is to be told is asked right before each attempt to do it. No push
//! service, however slow, keeps others from being told: an account has so many places, and no more.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::{OnceCell, Semaphore};

use crate::app::{App, Shared};
use crate::draft::Kind;
use crate::error::Result;
use crate::id::AccountId;
use crate::message::Message;
use crate::notice::{self, Due, News};
use crate::push::{Endpoint, Outcome, Parcel, Pusher, Signer};
use crate::subscription::{self, Subscription};
use crate::view::text::isolated;
use crate::vital;

/// Messages that wait to be looked at.
const N_QUEUED: usize = 256;
/// Parcels that are on their way or wait to be tried again.
const N_AT_ONCE: usize = 512;
/// Those of one account.
const N_EACH: usize = 24;
/// Connections at once.
const N_CONNECTIONS: usize = 64;
/// Attempts after the first.
const N_AGAIN: u32 = 3;
/// Who asks for more patience than this is not asked again.
const LONGEST: Duration = Duration::from_mins(5);
/// How long a push service keeps a notice for a browser that is not running.
const KEEP: Duration = Duration::from_hours(24);
/// Characters of a name that are shown.
const NAME: usize = 100;

/// Hears of new messages.
#[derive(Clone)]
pub struct Announcer {
    queue: Sender<News>,
}

/// What those who send have in common.
struct Desk {
    pusher: Pusher,
    signer: OnceCell<Signer>,
    connections: Semaphore,
    places: Mutex<HashMap<AccountId, usize>>,
}

/// Starts to hear and to tell.
pub fn start(app: &Shared) -> Result<Announcer> {
    notice::recall(app)?;
    let (queue, news) = channel(N_QUEUED);
    let desk = Desk {
        pusher: Pusher::new()?,
        signer: OnceCell::new(),
        connections: Semaphore::new(N_CONNECTIONS),
        places: Mutex::default(),
    };
    app.keep(announce(Arc::downgrade(app), Arc::new(desk), news));
    Ok(Announcer { queue })
}

impl Announcer {
    /// Hears of a message that was committed. Never waits. Of most rooms nobody is told: that must
    /// not take a look at the file for each message.
    pub fn hear(&self, app: &App, message: &Message, called: &[AccountId]) {
        if !app.wanted.has(message.room) {
            return;
        }
        let news = News { room: message.room, mid: message.mid, called: called.to_vec() };
        if self.queue.try_send(news).is_err() {
            tracing::warn!(room = message.room.0, "too much is said: nobody is told of a message");
        }
    }
}

async fn announce(app: Weak<App>, desk: Arc<Desk>, mut news: Receiver<News>) {
    while let Some(news) = news.recv().await {
        let Some(app) = app.upgrade() else { return };
        let (asked, about) = (Arc::clone(&app), news.clone());
        // A panic is about one message: others are told of theirs.
        let due = async move { notice::due(&asked, &about, None).await };
        match vital::alone(due).await.unwrap_or(Ok(None)) {
            Ok(Some(due)) => {
                for browser in &due.to {
                    let Some(place) = Place::take(&desk, browser.account) else {
                        tracing::warn!(browser = browser.id.0, "too many notices: one is dropped");
                        continue;
                    };
                    let weak = Arc::downgrade(&app);
                    tokio::spawn(tell(weak, place, news.clone(), due.clone(), browser.clone()));
                }
            }
            Ok(None) => {}
            Err(error) => tracing::error!(%error, room = news.room.0, "nobody could be told"),
        }
    }
}

/// Tells one browser, in several attempts where it takes them.
async fn tell(weak: Weak<App>, place: Place, news: News, mut due: Due, mut browser: Subscription) {
    let desk = &place.desk;
    for n_before in 0..=N_AGAIN {
        let Some(app) = weak.upgrade() else { return };
        let (backoff, only) = (app.config.push_backoff, Some(browser.id));
        let called = news.called.contains(&browser.account);
        let after = match send(&app, desk, &due, &browser, called).await {
            Ok(Outcome::Taken) => return,
            Ok(Outcome::Gone) => return forget(&app, &browser, "is gone").await,
            Ok(Outcome::Forbidden) => {
                return forget(&app, &browser, "names no public address").await;
            }
            Ok(Outcome::Refused(status)) => {
                return tracing::warn!(browser = browser.id.0, status, "a notice was refused");
            }
            Ok(Outcome::Later(after)) => after.unwrap_or_default(),
            Err(error) => {
                return tracing::error!(%error, browser = browser.id.0, "a notice was not sent");
            }
        };
        if n_before == N_AGAIN || after > LONGEST {
            return tracing::warn!(browser = browser.id.0, "a push service takes no notice");
        }
        drop(app);
        tokio::time::sleep(after.max(backoff * 4_u32.pow(n_before))).await;
        let Some(app) = weak.upgrade() else { return };
        // It may have been seen, removed or forbidden meanwhile.
        match notice::due(&app, &news, only).await {
            Ok(Some(again)) => due = again,
            Ok(None) => return,
            Err(error) => return tracing::error!(%error, "nobody could be told"),
        }
        if let [same] = due.to.as_slice() {
            browser = same.clone();
        }
    }
}

async fn send(
    app: &App,
    desk: &Desk,
    due: &Due,
    browser: &Subscription,
    called: bool,
) -> Result<Outcome> {
    let Ok(endpoint) = Endpoint::parse(&browser.endpoint, app.config.push_local) else {
        return Ok(Outcome::Forbidden);
    };
    let signer = desk.signer.get_or_try_init(|| subscription::signer(app)).await?;
    let parcel = Parcel {
        body: browser.keys.seal(text(due).as_bytes())?,
        authorization: signer.authorization(
            &endpoint.origin(),
            &browser.contact,
            app.clock.now(),
        )?,
        keep: KEEP,
        topic: topic(&due.message),
        urgent: called,
    };
    let Ok(_connection) = desk.connections.acquire().await else {
        return Ok(Outcome::Later(None));
    };
    Ok(desk.pusher.push(&endpoint, parcel).await)
}

async fn forget(app: &App, browser: &Subscription, why: &'static str) {
    tracing::info!(
        browser = browser.id.0,
        account = browser.account.0,
        why,
        "a browser is forgotten"
    );
    if let Err(error) = subscription::forget(app, browser).await {
        tracing::error!(%error, browser = browser.id.0, "a browser could not be forgotten");
    }
}

/// One for a room: a newer notice takes the place of an older one.
fn topic(message: &Message) -> String {
    format!("room-{}", message.room)
}

/// What the service worker shows: names and what was said, and no words of ours.
fn text(due: &Due) -> String {
    let message = &due.message;
    let cut = |name: &str| name.chars().take(NAME).collect::<String>();
    let author = cut(&message.author_display);
    let said = match message.kind {
        _ if message.line.is_empty() => author,
        Kind::Action => format!("{} {}", isolated(&author), message.line),
        Kind::Said | Kind::Paste => format!("{}: {}", isolated(&author), message.line),
    };
    serde_json::json!({
        "title": cut(&due.room_name),
        "body": said,
        "tag": topic(message),
        "path": format!("/rooms/{}", message.room),
    })
    .to_string()
}

/// A place among those who are being told something, given back when that is over.
struct Place {
    desk: Arc<Desk>,
    account: AccountId,
}

impl Place {
    fn take(desk: &Arc<Desk>, account: AccountId) -> Option<Self> {
        let mut places = desk.places.lock().unwrap_or_else(PoisonError::into_inner);
        if places.values().sum::<usize>() >= N_AT_ONCE {
            return None;
        }
        let taken = places.entry(account).or_default();
        if *taken >= N_EACH {
            return None;
        }
        *taken += 1;
        Some(Self { desk: Arc::clone(desk), account })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut places = self.desk.places.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = places.get_mut(&self.account) {
            *taken -= 1;
            if *taken == 0 {
                places.remove(&self.account);
            }
        }
    }
}
