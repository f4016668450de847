//! A whole server without a socket, asked as anybody asks it: for the targets that come in by the
//! front door. Bob asks; what alice wrote where he may not look must never come back to him.

#![allow(dead_code, reason = "each target has its own copy, and none needs all of it")]

use std::sync::OnceLock;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode, request};
use backchannel::app::{App, Shared};
use backchannel::clock::Clock;
use backchannel::config::Config;
use backchannel::draft::Draft;
use backchannel::http::{self, Site};
use backchannel::id::PageId;
use backchannel::mandate::Mandate;
use backchannel::page::{self, PageDraft};
use backchannel::permission::{self, Post};
use backchannel::roster::{self, NewAccount};
use backchannel::session::{self, Origin};
use backchannel::space::{self, Rights};
use backchannel::{first_admin, hub, message, sse};
use http_body_util::BodyExt;
use tower::ServiceExt;

/// In all that bob may not see.
pub const CANARY: &str = "kanarienvogel";

pub struct Stage {
    runtime: tokio::runtime::Runtime,
    router: Router,
    app: Shared,
    /// The cookie of bob's session.
    cookie: String,
    /// A page with a room that bob may write in.
    room: PageId,
}

/// Made once for all inputs.
pub fn stage() -> &'static Stage {
    static STAGE: OnceLock<Stage> = OnceLock::new();
    STAGE.get_or_init(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (router, app, cookie, room) = runtime.block_on(set_up());
        Stage { runtime, router, app, cookie, room }
    })
}

async fn set_up() -> (Router, Shared, String, PageId) {
    let folder = std::env::temp_dir().join(format!("stage-{}/", std::process::id()));
    let mut config = Config::for_data(&folder).unwrap();
    config.limits = false;
    // So that a long run fills no disk.
    (config.files_limit, config.files_limit_per_day) = (1 << 30, 1 << 30);
    let clock = Clock::standing("2026-11-22T10:00:00Z".parse().unwrap());
    let app = App::open(config, clock).unwrap();
    let live = sse::start(&app, hub::Config::unlimited()).unwrap();
    // Nobody administers, so its link holds.
    first_admin::invite(&app).await.unwrap().unwrap();
    let by = Mandate::operator();
    let only = || "alice".to_owned();
    let closed = Rights { view: only(), comment: only(), edit: only() };
    for name in ["alice", "bob"] {
        let (display, password) = (String::new(), "open sesame".into());
        let groups = Vec::new();
        let new = NewAccount { name: name.into(), display, admin: false, groups, password };
        roster::add(&app, &by, new).await.unwrap();
    }
    space::add(&app, &by, "OPEN", "Open", Rights::default()).await.unwrap();
    space::add(&app, &by, "SHUT", CANARY, closed).await.unwrap();
    let draft = |title: &str, body: &str| PageDraft { title: title.into(), body: body.into() };
    let body = "{chat} h1. Tea\nsee [Tea|https://tea.test]";
    let room = page::create_by(&app, &by, "OPEN", None, draft("Tea", body)).await.unwrap();
    let body = format!("{{chat}} tea {CANARY}");
    let shut = page::create_by(&app, &by, "SHUT", None, draft(CANARY, &body)).await.unwrap();
    speak(&app, "alice", shut, &format!("{CANARY} tea, https://tea.test and `code`, @bob")).await;
    let cookie = speak(&app, "bob", room, "two words of tea, https://tea.test and `code`").await;
    speak(&app, "bob", room, "@bob 茶 ☕ Straße").await;
    let router = http::router(Site { app: app.clone(), live });
    (router, app, cookie, room)
}

/// Says something; the cookie of who said it.
async fn speak(app: &App, who: &str, page: PageId, body: &str) -> String {
    let opened = session::log_in(app, who, "open sesame".into(), &Origin::default()).await;
    let token = opened.and_then(session::Opened::session).unwrap().token;
    let viewer = session::viewer(app, &token).await.unwrap();
    let grant = permission::may::<Post>(app, &viewer, page).await.unwrap();
    let draft = Draft { body: body.into(), nonce: body.into() };
    message::post(app, &grant, draft).await.unwrap();
    format!("sid={token}")
}

impl Stage {
    /// An address, with `ROOM` for the page with the room, `EPOCH` for what begins its cursors, and
    /// `IT` for what is given.
    pub fn address(&self, pattern: &str, it: &[u8]) -> String {
        let it = encoded(it).replace(&encoded(b"EPOCH"), self.app.store.epoch());
        pattern.replace("ROOM", &self.room.to_string()).replace("IT", &it)
    }

    /// As bob.
    pub fn by_bob(&self, request: request::Builder) -> request::Builder {
        request.header("cookie", &self.cookie)
    }

    /// Goes on beside what is asked.
    pub fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.runtime.spawn(work);
    }

    /// The answer. It is never a fault of ours, and tells nothing that is not for bob.
    pub fn ask(&self, request: request::Builder, body: Body) -> (StatusCode, HeaderMap) {
        let peer = ConnectInfo(std::net::SocketAddr::from(([127, 0, 0, 1], 1)));
        let request = request.header("host", "localhost").extension(peer);
        let request: Request<Body> = request.body(body).unwrap();
        let uri = request.uri().clone();
        self.runtime.block_on(async {
            let (head, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
            let told = body.collect().await.unwrap().to_bytes();
            let told = String::from_utf8_lossy(&told).to_lowercase();
            assert_ne!(head.status, StatusCode::INTERNAL_SERVER_ERROR, "{uri}");
            assert!(!told.contains(CANARY), "{uri}: {told}");
            (head.status, head.headers)
        })
    }
}

/// As it stands in an address.
pub fn encoded(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("%{byte:02X}")).collect()
}
