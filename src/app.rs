//! What every verb is handed first: the store, the clock, the configuration, who is present.

use std::sync::{Arc, OnceLock};

use governor::{DefaultKeyedRateLimiter, Quota};
use std::num::NonZeroU32;

use crate::change::Change;
use crate::clock::Clock;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::file::Desk;
use crate::metrics::{Kind, Requests};
use crate::presence::Presence;
use crate::store::Store;
use crate::typing::Typing;

/// The whole running program.
pub struct App {
    /// What was set.
    pub config: Config,
    /// What time it is.
    pub clock: Clock,
    /// The file.
    pub store: Store<Change>,
    /// Who has which room open.
    pub presence: Presence,
    /// Who is about to say something.
    pub typing: Typing,
    /// How often somebody may do what costs others something.
    pub pace: Pace,
    /// What is being uploaded.
    pub desk: Desk,
    /// What requests leave behind, in numbers.
    pub requests: Requests,
    live: Arc<OnceLock<Live>>,
}

type Live = Box<dyn Fn(Vec<Change>) + Send + Sync>;

/// One [`App`] for all who serve requests.
pub type Shared = Arc<App>;

impl App {
    /// Opens the file. Changes are heard by nobody until [`App::go_live`].
    pub fn open(config: Config, clock: Clock) -> Result<Shared> {
        let live: Arc<OnceLock<Live>> = Arc::default();
        let listener = Arc::clone(&live);
        let requests = Requests::default();
        let counted = requests.changes.clone();
        let store = Store::open(&config.file, move |changes: Vec<Change>| {
            for change in &changes {
                counted.get_or_create(&Kind { kind: change.kind() }).inc();
            }
            if let Some(live) = listener.get() {
                live(changes);
            }
        })?;
        let pace = Pace::new(config.limits);
        let (presence, typing, desk) = Default::default();
        Ok(Arc::new(Self { config, clock, store, presence, typing, pace, desk, requests, live }))
    }

    /// Says who hears of committed changes; the first call counts.
    pub fn go_live(&self, live: impl Fn(Vec<Change>) + Send + Sync + 'static) {
        let _ = self.live.set(Box::new(live));
    }
}

/// Rate limits, by key; generic cell rates by the `governor` crate.
pub struct Pace {
    on: bool,
    posts: DefaultKeyedRateLimiter<i64>,
    uploads: DefaultKeyedRateLimiter<i64>,
    logins: DefaultKeyedRateLimiter<String>,
    signals: DefaultKeyedRateLimiter<i64>,
}

const fn per(n: u32) -> NonZeroU32 {
    match NonZeroU32::new(n) {
        Some(n) => n,
        None => NonZeroU32::MIN,
    }
}

impl Pace {
    fn new(on: bool) -> Self {
        Self {
            on,
            // What a person types and pastes at their fastest.
            posts: DefaultKeyedRateLimiter::keyed(Quota::per_second(per(5)).allow_burst(per(20))),
            uploads: DefaultKeyedRateLimiter::keyed(
                Quota::per_minute(per(10)).allow_burst(per(20)),
            ),
            // For one name, right or wrong; the address is not asked, so nobody hides behind many.
            logins: DefaultKeyedRateLimiter::keyed(Quota::per_minute(per(10)).allow_burst(per(20))),
            // What windows tell by themselves, of all the windows of one person.
            signals: DefaultKeyedRateLimiter::keyed(Quota::per_second(per(2)).allow_burst(per(30))),
        }
    }

    /// One more message by this account.
    pub fn post(&self, account: i64) -> Result<()> {
        if self.on && self.posts.check_key(&account).is_err() {
            return Err(Error::TooFast { seconds: 1 });
        }
        Ok(())
    }

    /// One more upload by this account.
    pub fn upload(&self, account: i64) -> Result<()> {
        if self.on && self.uploads.check_key(&account).is_err() {
            return Err(Error::TooFast { seconds: 6 });
        }
        Ok(())
    }

    /// One more word from a window of this account about what is done in it.
    pub fn signal(&self, account: i64) -> Result<()> {
        if self.on && self.signals.check_key(&account).is_err() {
            return Err(Error::TooFast { seconds: 1 });
        }
        Ok(())
    }

    /// One more log-in attempt for this name.
    pub fn login(&self, name: &str) -> Result<()> {
        if self.on && self.logins.check_key(&name.to_owned()).is_err() {
            return Err(Error::TooFast { seconds: 6 });
        }
        Ok(())
    }

    /// Forgets keys that are fresh again; call it now and then.
    pub fn forget(&self) {
        self.posts.retain_recent();
        self.uploads.retain_recent();
        self.logins.retain_recent();
        self.signals.retain_recent();
    }
}
