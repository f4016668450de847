//! A whole server on a fresh file, the cast that every test knows, and verbs to tell stories with.
//!
//! alice manages (she administers), bob posts, carol only reads, robo is a bot that posts, mallory
//! has an account and sees nothing of it. The space TEAM has the page Tea with a room of the same
//! name. The clock stands until a test moves it.

mod ask;
mod listen;
mod push;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use backchannel::app::{App, Shared};
use backchannel::clock::Clock;
use backchannel::config::Config;
use backchannel::http::{self, Limits, Site};
use backchannel::id::PageId;
use backchannel::mandate::Mandate;
use backchannel::page::{self, PageDraft};
use backchannel::roster::{self, NewAccount};
use backchannel::session::{self, Origin};
use backchannel::space::{self, Rights};
use backchannel::{hub, sse};
use jiff::{Timestamp, ToSpan};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub use ask::{Answer, Ask, Door, client, delete, get, post};
pub use listen::{Event, Listener};
pub use push::{Browser, PushService};

/// Somebody who is not signed in.
pub const NOBODY: &str = "nobody";
/// Everybody's password.
pub const PASSWORD: &str = "open sesame";
/// When a world begins: a Sunday morning.
pub const START: &str = "2026-11-22T10:00:00Z";

const CAST: [(&str, &str); 5] = [
    ("alice", "Alice"),
    ("bob", "Bob"),
    ("carol", "Carol"),
    ("robo", "Robo"),
    ("mallory", "Mallory"),
];

/// A server with its file and its clock.
pub struct World {
    /// What is behind the door, for what people cannot do by it.
    pub app: Shared,
    /// The page with the room, and the room.
    pub tea: i64,
    /// `127.0.0.1:port`.
    pub address: String,
    folder: Folder,
    client: ask::Client,
    tokens: HashMap<String, String>,
    hub: hub::Hub,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

impl World {
    /// A fresh world.
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// A fresh world with other settings.
    pub async fn with(set: impl FnOnce(&mut Config)) -> Self {
        let template = template();
        let folder = Folder::fresh();
        std::fs::write(folder.file(), &template.file).unwrap();
        let tokens = template.tokens.clone();
        Self::open(folder, tokens, Clock::standing(START.parse().unwrap()), set).await
    }

    /// The server ends, and another one begins with the same file.
    pub async fn restart(self) -> Self {
        self.restart_after(|| {}).await
    }

    /// All streams end, as they do when the server is told to stop.
    pub async fn stop_streams(&self) {
        let hub = self.hub.clone();
        let stopped = backchannel::store::blocking(move || {
            hub.stop();
            Ok(())
        });
        stopped.await.unwrap();
    }

    async fn restart_after(self, meanwhile: impl FnOnce()) -> Self {
        self.stop_streams().await;
        let Self { app, folder, client, tokens, stop, serving, .. } = self;
        drop(client);
        let _ = stop.send(());
        serving.await.unwrap();
        app.store.close().await;
        meanwhile();
        let (config, clock) = (app.config.clone(), app.clock.clone());
        Self::open(folder, tokens, clock, |fresh| *fresh = config).await
    }

    /// The server ends, and another one begins with a copy of the file in its place.
    pub async fn restore(self, copy: &Path) -> Self {
        let file = self.file();
        let copy = copy.to_owned();
        self.restart_after(move || {
            for end in ["-wal", "-shm"] {
                let _ = std::fs::remove_file(format!("{}{end}", file.display()));
            }
            std::fs::rename(copy, file).unwrap();
        })
        .await
    }

    async fn open(
        folder: Folder,
        tokens: HashMap<String, String>,
        clock: Clock,
        set: impl FnOnce(&mut Config),
    ) -> Self {
        let mut config = Config { limits: false, ..Config::for_data(&folder.file()).unwrap() };
        set(&mut config);
        let limits = Limits { off: !config.limits, ..Limits::default() };
        let streams = if config.limits { hub::Config::default() } else { hub::Config::unlimited() };
        let app = App::open(config, clock).unwrap();
        let live = sse::start(&app, streams).unwrap();
        let hub = live.hub.clone();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let router = http::router(Site { app: app.clone(), live });
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(async move {
            let stopped = async { drop(stopped.await) };
            http::serve(listener, router, limits, stopped).await.unwrap();
        });
        let tea = template().tea;
        let client = ask::client();
        Self { app, tea, address, folder, client, tokens, hub, stop, serving }
    }

    /// The `SQLite` file.
    pub fn file(&self) -> PathBuf {
        self.folder.file()
    }

    // ---------------------------------------------------------------------------- asking

    /// Asks, as whoever and however the question says.
    pub async fn ask(&self, ask: Ask) -> Answer {
        ask.send(&self.client, &self.address, &self.tokens).await
    }

    /// A script's GET.
    pub async fn get(&self, who: &str, path: &str) -> Answer {
        self.ask(get(path).by(who)).await
    }

    /// A browser opens a page.
    pub async fn visit(&self, who: &str, path: &str) -> Answer {
        self.ask(get(path).by(who).browser()).await
    }

    /// A script's POST of a form.
    pub async fn form(&self, who: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.ask(post(path).by(who).form(fields)).await
    }

    /// The cookie's value of somebody's session.
    pub fn token(&self, who: &str) -> &str {
        &self.tokens[who]
    }

    /// Logs in anew, by the front door; the world uses the new session from then on.
    pub async fn log_in(&mut self, who: &str, password: &str) -> Answer {
        let answer = self.form(NOBODY, "/login", &[("name", who), ("password", password)]).await;
        if let Some(token) = answer.cookie("sid") {
            self.tokens.insert(who.into(), token);
        }
        answer
    }

    // ---------------------------------------------------------------------------- pages

    /// Makes a page in TEAM.
    pub async fn page(&self, who: &str, title: &str, body: &str) -> i64 {
        self.page_in(who, "TEAM", None, title, body).await
    }

    /// Makes a page below another in TEAM.
    pub async fn child(&self, who: &str, parent: i64, title: &str, body: &str) -> i64 {
        self.page_in(who, "TEAM", Some(parent), title, body).await
    }

    /// Makes a page.
    pub async fn page_in(
        &self,
        who: &str,
        space: &str,
        parent: Option<i64>,
        title: &str,
        body: &str,
    ) -> i64 {
        let parent = parent.map(|parent| parent.to_string()).unwrap_or_default();
        let fields = [("space", space), ("parent", &parent), ("title", title), ("body", body)];
        let made = self.form(who, "/pages", &fields).await;
        assert_eq!(made.status, 303, "{title} was not made: {}", made.body);
        made.location().strip_prefix("/pages/").unwrap().parse().unwrap()
    }

    /// Saves an edit that began from the present version.
    pub async fn edit(&self, who: &str, page: i64, title: &str, body: &str) -> Answer {
        let form = self.get(who, &format!("/pages/{page}/edit")).await;
        assert_eq!(form.status, 200, "{}", form.body);
        let version = form.value("input[name=version]");
        let fields = [("title", title), ("body", body), ("version", version.as_str())];
        self.form(who, &format!("/pages/{page}"), &fields).await
    }

    /// Says who may `view` or `edit` a page; empty: everybody whom the space lets in.
    pub async fn restrict(&self, who: &str, page: i64, operation: &str, subjects: &str) {
        let fields = [("operation", operation), ("subjects", subjects)];
        let done = self.form(who, &format!("/pages/{page}/restrictions"), &fields).await;
        assert_eq!(done.status, 303, "{}", done.body);
    }

    // ---------------------------------------------------------------------------- messages

    /// Posts in Tea; the new message's id.
    pub async fn post(&self, who: &str, body: &str) -> i64 {
        self.post_in(self.tea, who, body).await
    }

    /// Posts in a room; the new message's id.
    pub async fn post_in(&self, room: i64, who: &str, body: &str) -> i64 {
        let posted = self.send(room, who, body, &nonce()).await;
        assert_eq!(posted.status, 201, "“{body}” was not posted: {}", posted.body);
        posted.mid()
    }

    /// Sends a draft to a room.
    pub async fn send(&self, room: i64, who: &str, body: &str, nonce: &str) -> Answer {
        let path = format!("/rooms/{room}/messages");
        self.form(who, &path, &[("body", body), ("nonce", nonce)]).await
    }

    /// Removes a message of Tea.
    pub async fn remove(&self, who: &str, mid: i64) -> Answer {
        self.ask(delete(&format!("/rooms/{}/messages/{mid}", self.tea)).by(who)).await
    }

    /// The window of Tea.
    pub async fn window(&self, who: &str) -> Answer {
        self.get(who, &format!("/rooms/{}", self.tea)).await
    }

    /// The transcript page of a day of a room.
    pub async fn transcript(&self, who: &str, room: i64, day: &str) -> Answer {
        let to = self.get(who, &format!("/rooms/{room}/transcripts/{day}")).await;
        assert_eq!(to.status, 303, "{room} on {day}: {}", to.body);
        self.get(who, &to.location()).await
    }

    // ---------------------------------------------------------------------------- streams

    /// Opens the stream of Tea, from now on.
    pub async fn listen(&self, who: &str) -> Listener {
        self.listen_to(&format!("/rooms/{}/stream", self.tea), who, &[]).await
    }

    /// Opens the stream of Tea after a cursor.
    pub async fn listen_after(&self, who: &str, cursor: &str) -> Listener {
        self.listen_to(&format!("/rooms/{}/stream?after={cursor}", self.tea), who, &[]).await
    }

    /// Opens a stream.
    pub async fn listen_to(&self, path: &str, who: &str, headers: &[(&str, &str)]) -> Listener {
        let token = self.tokens.get(who).map(String::as_str);
        Listener::open(&self.address, path, token, headers).await
    }

    // ---------------------------------------------------------------------------- operating

    /// Replaces who may do what in TEAM.
    pub async fn rights(&self, view: &str, comment: &str, edit: &str) {
        let rights = Rights { view: view.into(), comment: comment.into(), edit: edit.into() };
        space::set_rights(&self.app, &Mandate::operator(), "TEAM", rights).await.unwrap();
    }

    /// Puts an account into groups.
    pub async fn groups(&self, who: &str, groups: &[&str]) {
        let groups = groups.iter().map(|group| (*group).into()).collect();
        roster::set_groups(&self.app, &Mandate::operator(), who, groups).await.unwrap();
    }

    /// All connections that pages are read by are busy, until what this gives is dropped.
    pub async fn hold_readers(&self) -> std::sync::mpsc::Sender<()> {
        let (hold, until) = std::sync::mpsc::channel::<()>();
        let until = Arc::new(Mutex::new(until));
        for _ in 0..4 {
            let (app, until) = (self.app.clone(), until.clone());
            let (enter, entered) = tokio::sync::oneshot::channel();
            tokio::spawn(async move {
                let wait = move |_: &rusqlite::Connection| {
                    let _ = enter.send(());
                    let _ = until.lock().unwrap().recv();
                    Ok(())
                };
                app.store.read(wait).await
            });
            entered.await.unwrap();
        }
        hold
    }

    /// Moves the clock on.
    pub fn pass(&self, minutes: i64) {
        self.app.clock.set(self.app.clock.now().checked_add(minutes.minutes()).unwrap());
    }

    /// Moves the clock on a little.
    pub fn pass_seconds(&self, seconds: i64) {
        self.app.clock.set(self.app.clock.now().checked_add(seconds.seconds()).unwrap());
    }

    /// Sets the clock.
    pub fn set_clock(&self, at: &str) {
        self.app.clock.set(at.parse().unwrap());
    }
}

/// A nonce that nobody had before.
pub fn nonce() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!("nonce-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A folder that goes when its test does; in memory where the machine has a place for that.
pub struct Folder(tempfile::TempDir);

impl Folder {
    pub fn fresh() -> Self {
        let memory = Path::new("/dev/shm");
        Self(
            if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }
                .unwrap(),
        )
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn file(&self) -> PathBuf {
        self.path().join("backchannel.db")
    }
}

/// The file that each world begins with: made once, since passwords take their time.
struct Template {
    file: Vec<u8>,
    tokens: HashMap<String, String>,
    tea: i64,
}

fn template() -> &'static Template {
    static TEMPLATE: OnceLock<Template> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let made = std::thread::spawn(|| {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(make_template())
        });
        made.join().unwrap()
    })
}

async fn make_template() -> Template {
    let folder = Folder::fresh();
    let config = Config { limits: false, ..Config::for_data(&folder.file()).unwrap() };
    let start: Timestamp = START.parse().unwrap();
    let app = App::open(config, Clock::standing(start)).unwrap();
    let mut tokens = HashMap::new();
    for (name, display) in CAST {
        let new = NewAccount {
            name: name.into(),
            display: display.into(),
            admin: name == "alice",
            groups: Vec::new(),
            password: PASSWORD.into(),
        };
        roster::add(&app, &Mandate::operator(), new).await.unwrap();
        let from = Origin::default();
        let token = session::log_in(&app, name, PASSWORD.into(), &from).await.unwrap();
        let token = token.session().unwrap().token;
        tokens.insert(name.into(), token);
    }
    let rights = Rights {
        view: "alice, bob, carol, robo".into(),
        comment: "alice, bob, robo".into(),
        edit: "alice, bob".into(),
    };
    space::add(&app, &Mandate::operator(), "TEAM", "The team", rights).await.unwrap();
    let draft = PageDraft { title: "Tea".into(), body: "{chat:Tea}".into() };
    let PageId(tea) =
        page::create_by(&app, &Mandate::operator(), "TEAM", None, draft).await.unwrap();
    app.store.close().await;
    Template { file: std::fs::read(folder.file()).unwrap(), tokens, tea }
}
