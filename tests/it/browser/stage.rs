//! Where a test plays: a server, and people with browsers.

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::person::Person;
use crate::process::{Rooms, Server};

/// How many tests have browsers open at a time.
const AT_ONCE: usize = 2;
/// How long something that should happen may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// A furnished wiki, and who looks at it.
pub struct Stage {
    pub server: Server,
    /// alice and bob write in it, carol reads.
    pub room: i64,
    /// Anyone reads it.
    pub open: i64,
    people: Mutex<Vec<Arc<Person>>>,
}

/// Plays a test. At its end nobody's browser may have complained.
pub fn play(test: impl AsyncFnOnce(&Stage)) {
    play_on(Server::furnished, test);
}

/// The same on a server with limits and with more variables in its environment.
pub fn play_with(surroundings: &[(&str, &str)], test: impl AsyncFnOnce(&Stage)) {
    play_on(|| Server::furnished_with(surroundings), test);
}

fn play_on(furnished: impl FnOnce() -> (Server, Rooms), test: impl AsyncFnOnce(&Stage)) {
    if std::env::var_os("BACKCHANNEL_NO_BROWSER").is_some() {
        let test = std::thread::current();
        let name = test.name().unwrap_or_default();
        // Past the test runner, which shows what is printed by a test that failed only.
        let _ = writeln!(std::io::stderr(), "SKIPPED without a browser: {name}");
        return;
    }
    let _turn = Turn::take();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (server, Rooms { room, open }) = furnished();
    let stage = Stage { server, room, open, people: Mutex::default() };
    let outcome = catch_unwind(AssertUnwindSafe(|| runtime.block_on(test(&stage))));
    let complaints = runtime.block_on(async {
        let mut complaints = Vec::new();
        for person in stage.everybody() {
            if outcome.is_err() {
                person.tell_of_failure().await;
            }
            complaints.extend(person.leave().await);
        }
        complaints
    });
    if let Err(panic) = outcome {
        eprintln!("The browsers said: {complaints:#?}");
        drop(stage);
        resume_unwind(panic);
    }
    assert!(complaints.is_empty(), "a browser complained: {complaints:#?}");
}

impl Stage {
    /// Somebody with a new browser, not signed in.
    pub async fn stranger(&self, name: &'static str) -> Arc<Person> {
        self.stranger_at(name, self.origin()).await
    }

    /// The same, who reaches the server by another way.
    pub async fn stranger_at(&self, name: &'static str, origin: String) -> Arc<Person> {
        let person = Arc::new(Person::arrive(name, origin, self.room).await);
        self.people.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&person));
        person
    }

    /// Somebody whose browser runs no scripts, signed in.
    pub async fn without_scripts(&self, name: &'static str) -> Arc<Person> {
        let profile = tempfile::TempDir::new().unwrap();
        let browser = super::driver::open_without_scripts(profile.path()).await;
        let person = Arc::new(Person::at(browser, profile, name, self.origin(), self.room));
        self.people.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&person));
        person.log_in("/").await;
        person
    }

    /// Somebody of the cast, signed in.
    pub async fn person(&self, name: &'static str) -> Arc<Person> {
        let person = self.stranger(name).await;
        person.log_in("/").await;
        person
    }

    /// Somebody of the cast in the room's window.
    pub async fn in_room(&self, name: &'static str) -> Arc<Person> {
        self.in_room_by(name, self.origin()).await
    }

    /// The same, who reaches the server by another way.
    pub async fn in_room_by(&self, name: &'static str, origin: String) -> Arc<Person> {
        let person = self.stranger_at(name, origin).await;
        person.log_in(&format!("/rooms/{}", self.room)).await;
        person
    }

    /// How a browser names the server.
    pub fn origin(&self) -> String {
        format!("http://{}", self.server.address())
    }

    fn everybody(&self) -> Vec<Arc<Person>> {
        self.people.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Asks until the answer is yes.
pub async fn until(what: &str, ask: impl AsyncFnMut() -> bool) {
    until_within(PATIENCE, what, ask).await;
}

/// The same, for what may take longer.
pub async fn until_within(patience: Duration, what: &str, mut ask: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !ask().await {
        assert!(begun.elapsed() < patience, "waited for {patience:?}: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Where pictures for people to look at go.
pub fn screens() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("screens");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Browsers are hungry: more of them at once only make each other late.
struct Turn;

static TAKEN: Mutex<usize> = Mutex::new(0);
static FREED: Condvar = Condvar::new();

impl Turn {
    fn take() -> Self {
        let taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken = FREED
            .wait_while(taken, |taken| *taken >= AT_ONCE)
            .unwrap_or_else(PoisonError::into_inner);
        *taken += 1;
        Self
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *TAKEN.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        FREED.notify_one();
    }
}
