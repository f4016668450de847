//! Rights are taken away while everybody writes, in each of the six ways: at once there is nothing
//! more to be had by any door.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use backchannel::mandate::Mandate;
use backchannel::roster;
use tokio::task::JoinSet;

use super::{block_on, fault, scale};
use crate::world::{Listener, World, nonce};

/// What carol loses her right by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Page,
    Ancestor,
    Space,
    Group,
    Account,
    Session,
}

const WAYS: [By; 6] = [By::Page, By::Ancestor, By::Space, By::Group, By::Account, By::Session];

/// In everything that is private.
const CANARY: &str = "Geheim";
/// Said when the right is gone.
const AFTER: &str = "nachher";

/// Carol's windows.
const N_WINDOWS: usize = 5;

#[test]
fn who_loses_the_right_under_load_has_nothing_more_by_any_door() {
    let (n_rounds, longest) = (scale(1, 10, 50), Duration::from_secs(scale(10, 1, 1)));
    fault("revocations under load", "50 of each kind, streams ended within 1 s", |_| {
        block_on(async {
            let (mut slowest, mut n_seen) = (Duration::ZERO, 0);
            for _ in 0..n_rounds {
                for by in WAYS {
                    let (took, n) = round(by).await;
                    assert!(took < longest, "by {by:?} the streams ended after {took:?}");
                    slowest = slowest.max(took);
                    n_seen += n;
                }
            }
            let n = n_rounds * WAYS.len();
            format!("{n} revocations, {n_seen} messages before, streams ended within {slowest:?}")
        })
    });
}

/// How long the last stream took to end, and how much carol's windows had shown until then.
async fn round(by: By) -> (Duration, usize) {
    let w = Arc::new(World::with(|config| config.push_local = true).await);
    let mut service = crate::world::PushService::open().await;
    let (top, tea) = (w.page("bob", "Top", "").await, w.tea);
    let to = w.child("bob", top, "Middle", "").await.to_string();
    assert_eq!(w.form("bob", &format!("/pages/{tea}/move"), &[("parent", &to)]).await.status, 303);
    assert_eq!(w.edit("alice", tea, CANARY, "Geheim {chat}").await.status, 303);
    let reader = if by == By::Group { "@crew" } else { "carol" };
    w.groups("carol", &["crew"]).await;
    let all = format!("alice, bob, robo, {reader}");
    w.rights(&all, &all, "alice, bob").await;
    w.post("bob", "Geheim singt").await;
    let paste = w.post("bob", &"Geheim\n".repeat(12)).await;
    let (file, _) = w.put("bob", "Geheim.txt", b"Geheim").await;
    let carol = w.told(&service, "carol", "all").await;
    let robo = w.told(&service, "robo", "mentions").await;

    let doors = doors(&w, paste, &file).await;
    for door in &doors {
        let answer = w.get("carol", door).await;
        assert!(answer.status < 400, "{door}: {} {}", answer.status, answer.body);
    }
    assert!(w.get("carol", "/").await.body.contains(CANARY));
    assert!(w.get("carol", "/search?q=singt").await.body.contains(CANARY));

    let mut windows = Vec::new();
    for _ in 0..N_WINDOWS {
        windows.push(w.listen("carol").await);
    }
    let cursor = w.window("carol").await.cursor();
    let load = Load::begin(&w).await;
    // They are in the middle of it: each has heard something.
    for window in &mut windows {
        window.next().await;
    }
    let polling = tokio::spawn({
        let (w, path) = (w.clone(), format!("/rooms/{tea}/poll?after={cursor}"));
        async move { w.get("carol", &path).await }
    });

    match by {
        By::Page => w.restrict("bob", tea, "view", "alice, bob, robo").await,
        By::Ancestor => w.restrict("bob", top, "view", "alice, bob, robo").await,
        By::Space => w.rights("alice, bob, robo", "alice, bob, robo", "alice, bob").await,
        By::Group => w.groups("carol", &[]).await,
        By::Account => roster::disable(&w.app, &Mandate::operator(), "carol").await.unwrap(),
        By::Session => assert_eq!(w.form("carol", "/logout", &[]).await.status, 303),
    }
    let gone = Instant::now();
    w.post("bob", &format!("{CANARY} {AFTER}")).await;
    let mut n_seen = 0;
    for window in &mut windows {
        n_seen += ends(window, by).await;
    }
    let took = gone.elapsed();

    // Answered before, or not at all any more.
    assert!(!polling.await.unwrap().body.contains(AFTER), "{by:?}");
    let refused = |status| matches!(status, 303 | 401 | 404);
    for door in doors {
        let answer = w.get("carol", &door).await;
        let to = answer.location();
        assert!(refused(answer.status) && !to.starts_with("/pages"), "{by:?} {door}: {to}");
        assert!(!answer.body.contains(CANARY), "{by:?} {door}: {}", answer.body);
    }
    for door in ["/", "/search?q=singt", "/changes", &format!("/search?q={AFTER}"), "/trash"] {
        let answer = w.get("carol", door).await;
        assert!(!answer.body.contains(CANARY), "{by:?} {door}: {}", answer.body);
    }
    let sent = w.send(tea, "carol", "Geheim?", &nonce()).await;
    assert!(matches!(sent.status, 401 | 404), "{by:?}: {}", sent.status);
    let put = w.upload("carol", "Geheim.txt", b"Geheim").await;
    assert!(matches!(put.status, 401 | 404), "{by:?}: {}", put.status);

    load.end().await;
    // Whoever may is told of the last message; carol has no window any more, and is told nothing.
    w.post("bob", "zuletzt, @robo und @carol").await;
    loop {
        let parcel = service.next().await;
        if parcel.path == robo.path {
            break;
        }
        // Of what was said while she was on her way in, she may have been told.
        let told = parcel.read_by(&carol)["body"].as_str().unwrap().to_owned();
        assert!(told.contains("weiter"), "{by:?}: {told}");
    }
    assert!(service.is_quiet(), "{by:?}: carol was told of something");
    (took, n_seen)
}

/// Everything about the room that is asked for by itself.
async fn doors(w: &World, paste: i64, file: &str) -> Vec<String> {
    let room = format!("/rooms/{}", w.tea);
    let day = w.get("carol", &format!("{room}/transcripts/2026-11-22")).await.location();
    let mut doors = vec![room.clone(), day, file.to_owned(), format!("/pages/{}", w.tea)];
    doors.push(format!("/pages/{}/history", w.tea));
    doors.push(format!("/display/TEAM/{CANARY}"));
    for end in [
        "status",
        "poll?after=x-0&tries=0",
        "messages?before=99",
        "messages/1",
        "messages/1/history",
        "messages/1/reactions",
        "transcripts/2026-11-22",
        "calendar",
        "plain",
        "files",
        "names?q=a",
    ] {
        doors.push(format!("{room}/{end}"));
    }
    doors.push(format!("{room}/messages/{paste}/paste"));
    doors
}

/// The window hears that it is over, and nothing that was said afterwards; how much it had shown.
async fn ends(window: &mut Listener, by: By) -> usize {
    let heard = window.rest().await;
    let (last, before) = heard.split_last().unwrap();
    assert_eq!(last.name.as_deref(), Some("ended"), "{by:?}: {last:?}");
    for event in before {
        assert!(!event.data.contains(AFTER), "{by:?}: {event:?}");
    }
    before.len()
}

/// Others write, search and look on meanwhile.
struct Load {
    stop: Arc<AtomicBool>,
    people: JoinSet<()>,
    _windows: Vec<Listener>,
}

impl Load {
    async fn begin(w: &Arc<World>) -> Self {
        let (stop, mut people, mut windows) =
            (Arc::new(AtomicBool::new(false)), JoinSet::new(), Vec::new());
        for _ in 0..20 {
            windows.push(w.listen("alice").await);
        }
        for name in ["alice", "bob"] {
            let (w, stop) = (w.clone(), stop.clone());
            people.spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    w.post(name, "Geheim singt weiter").await;
                }
            });
        }
        let (looking, until) = (w.clone(), stop.clone());
        people.spawn(async move {
            while !until.load(Ordering::Relaxed) {
                assert_eq!(looking.get("bob", "/search?q=singt").await.status, 200);
                assert_eq!(looking.window("bob").await.status, 200);
            }
        });
        Self { stop, people, _windows: windows }
    }

    async fn end(mut self) {
        self.stop.store(true, Ordering::Relaxed);
        while let Some(done) = self.people.join_next().await {
            done.unwrap();
        }
    }
}
