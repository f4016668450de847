//! Handlers that panic, in the surroundings of all the others.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, and these handlers are there for it"
)]

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header;
use tower::ServiceExt;

use super::*;
use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::{hub, sse};

/// Whatever is done with it, it panics.
fn mine() -> crate::error::Result<()> {
    panic!("on purpose")
}

fn panics() -> Router<Site> {
    Router::new()
        .route("/panics/here", get(async || mine().unwrap()))
        .route(
            "/panics/reading",
            get(async |State(site): State<Site>| {
                site.app.store.read(|_| mine()).await.map_err(answer::Fault::from)
            }),
        )
        .route(
            "/panics/looking",
            get(async |State(site): State<Site>| {
                site.app.store.look_up(|_| mine()).await.map_err(answer::Fault::from)
            }),
        )
        .route(
            "/panics/writing",
            get(async |State(site): State<Site>| {
                site.app.store.write(|_| mine()).await.map_err(answer::Fault::from)
            }),
        )
        // With what others need in its hands.
        .route(
            "/panics/holding",
            get(async |State(site): State<Site>| {
                let held = site.live.hub.subscribe(1);
                mine().unwrap();
                drop(held);
            }),
        )
}

struct World {
    site: Site,
    router: Router,
    _folder: tempfile::TempDir,
}

fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    let config = Config { limits: false, ..Config::for_data(folder.path()).unwrap() };
    let app = App::open(config, Clock::real()).unwrap();
    let live = sse::start(&app, hub::Config::unlimited()).unwrap();
    let site = Site { app, live };
    World { router: router_with(site.clone(), panics()), site, _folder: folder }
}

impl World {
    async fn get(&self, path: &str, accept: &str) -> (StatusCode, String, bool) {
        let peer: SocketAddr = "127.0.0.1:1".parse().unwrap();
        let request =
            Request::get(path).header(header::ACCEPT, accept).extension(ConnectInfo(peer));
        let request = request.header(header::HOST, "localhost").body(Body::empty()).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let has_id = response.headers().contains_key("x-request-id");
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap(), has_id)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_that_panics_fails_its_request_and_no_other() {
    let w = world();
    // More often than there are threads and connections that read.
    for _ in 0..6 {
        for at in ["here", "reading", "looking", "writing", "holding"] {
            let path = format!("/panics/{at}");
            let (status, body, has_id) = w.get(&path, "text/html").await;
            assert_eq!((status, has_id), (StatusCode::INTERNAL_SERVER_ERROR, true), "{at}");
            assert!(body.contains("<html") && !body.contains("on purpose"), "{at}: {body}");
            let (status, body, _) = w.get(&path, "*/*").await;
            assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
            assert_eq!(body, "Something went wrong on the server.\n", "{at}");
        }
    }
    for path in ["/healthz", "/readyz", "/login"] {
        assert_eq!(w.get(path, "text/html").await.0, StatusCode::OK, "{path}");
    }
    assert!(w.site.app.store.write(|_| Ok(())).await.is_ok());
    assert!(!w.site.app.failed() && !w.site.live.hub.failed());
}

#[tokio::test]
async fn what_there_is_no_replacement_for_is_missed() {
    let w = world();
    assert_eq!(w.get("/healthz", "*/*").await.0, StatusCode::OK);
    let kept = w.site.app.keep(async { mine().unwrap() });
    assert!(kept.await.is_err());
    assert!(w.site.app.failed());
    assert_eq!(w.get("/healthz", "*/*").await.0, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_panic_that_is_nobody_elses_affair_stays_alone() {
    let n = std::sync::Arc::new(AtomicUsize::new(0));
    let counted = n.clone();
    let work = async move {
        counted.fetch_add(1, Ordering::SeqCst);
        mine().unwrap();
    };
    assert_eq!(crate::vital::alone(work).await, None);
    assert_eq!(crate::vital::alone(async { 7 }).await, Some(7));
    assert_eq!(n.load(Ordering::SeqCst), 1);
}
