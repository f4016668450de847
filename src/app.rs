//! What every verb is handed first: the store, the clock, the configuration, who is present.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::cache::Cache;
use crate::change::Change;
use crate::clock::Clock;
use crate::config::Config;
use crate::error::Result;
use crate::file::Uploads;
use crate::first_admin::Invitation;
use crate::linking::Linking;
use crate::metrics::{Kind, Requests};
use crate::notice::Wanted;
use crate::openid::Provider;
use crate::presence::Presence;
use crate::rate_limit::RateLimits;
use crate::sight::Sight;
use crate::store::Store;
use crate::texts::Texts;
use crate::typing::Typing;
use crate::vital::Vital;

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
    /// Where somebody may want to be told of what is said.
    pub wanted: Wanted,
    /// Where the texts of pages are read.
    pub texts: Texts,
    /// Who comes with a session and where they may read and write, as far as it was asked for.
    pub cache: Cache,
    /// What each account sees, as far as it was asked for.
    pub sight: Arc<Sight>,
    /// Who was given it may make the first account.
    pub invitation: Invitation,
    /// Who is on the way to link an account.
    pub linking: Linking,
    /// How often somebody may do what costs others something.
    pub rate_limits: RateLimits,
    /// Who else may say who somebody is.
    pub provider: Option<Provider>,
    /// What is being uploaded.
    pub uploads: Uploads,
    /// How many may take a room away at a time.
    pub exports: Arc<Semaphore>,
    /// Turns of those who take a day by itself.
    pub days: Arc<Semaphore>,
    /// What requests leave behind, in numbers.
    pub requests: Requests,
    live: Arc<OnceLock<Live>>,
    failed: Arc<AtomicBool>,
}

/// Exports at a time: each reads for as long as somebody takes it.
const EXPORTS: usize = 4;
/// Days by themselves at a time: each has some megabytes in memory for as long as somebody takes it.
const DAYS: usize = 64;

type Live = Box<dyn Fn(Vec<Change>) + Send + Sync>;

/// One [`App`] for all who serve requests.
pub type Shared = Arc<App>;

impl App {
    /// Opens the file. Changes are heard by nobody until [`App::go_live`].
    pub fn open(config: Config, clock: Clock) -> Result<Shared> {
        config.make_folder()?;
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
        let rate_limits = RateLimits::new(config.limits);
        let provider = config.openid.clone().map(Provider::new).transpose()?;
        let (presence, typing, wanted, texts, cache) = Default::default();
        let (sight, invitation, linking, uploads) = Default::default();
        Ok(Arc::new(Self {
            config,
            clock,
            store,
            presence,
            typing,
            wanted,
            texts,
            cache,
            sight,
            invitation,
            linking,
            rate_limits,
            provider,
            uploads,
            exports: Arc::new(Semaphore::new(EXPORTS)),
            days: Arc::new(Semaphore::new(DAYS)),
            requests,
            live,
            failed: Arc::default(),
        }))
    }

    /// Begins what the program does of itself for as long as it runs, and cannot do without.
    pub fn keep(&self, task: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
        let vital = Vital::by(&self.failed);
        tokio::spawn(async move {
            let _vital = vital;
            task.await;
        })
    }

    /// True after a panic of what is [kept](App::keep), or when the file takes no writes any more:
    /// the process should end and begin again.
    pub fn failed(&self) -> bool {
        self.store.failed() || self.failed.load(Ordering::SeqCst)
    }

    /// Says who hears of committed changes; the first call counts.
    pub fn go_live(&self, live: impl Fn(Vec<Change>) + Send + Sync + 'static) {
        let _ = self.live.set(Box::new(live));
    }
}
