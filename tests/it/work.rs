//! What a refusal costs. A clock says little of that, and something else on each machine, so the
//! steps are counted that the file's own machine makes, on all connections: what may not be seen
//! costs what is not there does, however much is in it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Barrier};

use backchannel::error::Result;
use rusqlite::Connection;
use tokio::task::JoinSet;

use crate::routes::{ROWS, ask_at, path, streams};
use crate::world::{Ask, NOBODY, World, get};

/// Connections that read, of which each is counted once (`src/store/mod.rs`).
const N_READERS: usize = 4;
/// By how many steps what is hidden may differ: to find out that it is, its line is walked up, and
/// who is named on it is looked up. Each is a microsecond at most.
const APART: u64 = 400;

/// Steps that were made so far.
#[derive(Clone, Default)]
struct Steps(Arc<AtomicU64>);

impl Steps {
    async fn counted_in(w: &World) -> Self {
        let steps = Self::default();
        // Together, so that no connection is taken twice.
        let all = Arc::new(Barrier::new(N_READERS));
        let mut readers = JoinSet::new();
        for _ in 0..N_READERS {
            let (app, all, steps) = (w.app.clone(), all.clone(), steps.clone());
            readers.spawn(async move {
                let read = move |connection: &Connection| {
                    all.wait();
                    steps.count(connection)
                };
                app.store.read(read).await.unwrap();
            });
        }
        readers.join_all().await;
        w.app.store.look_up(|connection| steps.count(connection)).await.unwrap();
        let writer = steps.clone();
        w.app.store.write(move |tx| writer.count(tx)).await.unwrap();
        steps
    }

    fn count(&self, connection: &Connection) -> Result<()> {
        let steps = self.0.clone();
        let step = move || {
            steps.fetch_add(1, Ordering::Relaxed);
            false
        };
        Ok(connection.progress_handler(1, Some(step))?)
    }

    /// What the answer took, and its status. The second time: the first is for what is kept ready.
    async fn of(&self, w: &World, ask: impl Fn() -> Ask) -> (u64, u16) {
        w.ask(ask()).await;
        let before = self.0.load(Ordering::Relaxed);
        let status = w.ask(ask()).await.status;
        (self.0.load(Ordering::Relaxed) - before, status)
    }
}

/// What is asked, and the question after it: of what is there, or of what is not.
type Pair = (String, Box<dyn Fn(bool) -> Ask>);

/// A page with much in it that somebody could be made to wait for; its file and the page of its day.
async fn full(w: &World) -> (i64, String, String) {
    let above = w.page("alice", "Above", "").await;
    let page = w.child("alice", above, "Full", "{chat}").await;
    for n in 0..100 {
        w.post_in(page, "bob", &format!("what was said {n}")).await;
    }
    w.post_in(page, "bob", &"a paste\n".repeat(12)).await;
    for n in 0..10 {
        w.child("alice", page, &format!("Below {n}"), "").await;
        let body = format!("{{chat}} [Tea] {n}");
        assert_eq!(w.edit("alice", page, "Full", &body).await.status, 303);
    }
    let file = w.attach("alice", page, "plan.txt", b"plan").await;
    let day = w.get("alice", &format!("/rooms/{page}/transcripts/2026-11-22")).await.location();
    w.restrict("alice", above, "view", "alice").await;
    w.restrict("alice", page, "view", "alice").await;
    (page, file, day)
}

#[tokio::test]
async fn what_is_hidden_costs_what_is_not_there_does() {
    let w = World::new().await;
    let (there, file, day) = full(&w).await;
    let nowhere = 987_654;
    let mut pairs: Vec<Pair> = Vec::new();
    for row in ROWS {
        let at = |page| path(row.1, page, "/files/x/x");
        if at(there) != at(nowhere) && !row.1.starts_with("/settings/") {
            let (hidden, missing) = (at(there), at(nowhere));
            let ask = move |is_there| ask_at(*row, if is_there { &hidden } else { &missing });
            pairs.push((format!("{} {}", row.0, row.1), Box::new(ask)));
        }
    }
    let other = file.replace(file.split('/').nth(2).unwrap(), &"0".repeat(32));
    for (hidden, missing) in [
        (file, other),
        (day, format!("/pages/{nowhere}")),
        ("/display/TEAM/Full".into(), "/display/TEAM/None".into()),
        ("/display/TEAM/Below%205".into(), "/display/TEAM/Below%2055".into()),
    ] {
        let what = hidden.clone();
        let ask = move |is_there| get(if is_there { &hidden } else { &missing });
        pairs.push((what, Box::new(ask)));
    }
    let steps = Steps::counted_in(&w).await;
    let (mut n_compared, mut wrong) = (0, Vec::new());
    for (what, ask) in &pairs {
        for who in ["bob", "mallory", NOBODY] {
            // What the writer does by itself after a second may fall into one of them.
            for is_last in [false, false, true] {
                let (hidden, status) = steps.of(&w, || ask(true).by(who)).await;
                let (missing, same) = steps.of(&w, || ask(false).by(who)).await;
                assert_eq!(status, same, "{who}: {what}");
                if hidden.abs_diff(missing) <= APART {
                    break;
                }
                if is_last {
                    wrong.push(format!("{who}: {what}: {hidden} and {missing}"));
                }
            }
            n_compared += 1;
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(n_compared > 200, "{n_compared}");
    // For who may see it, there is much more to do: it would have been seen.
    let mut dear = Vec::new();
    for row in ROWS.iter().filter(|(method, route, ..)| *method == "GET" && !streams(route)) {
        let at = path(row.1, there, "/files/x/x");
        let (cost, _) = steps.of(&w, || ask_at(*row, &at).by("alice")).await;
        if cost > APART {
            dear.push((row.1, cost));
        }
    }
    assert!(dear.len() > 3, "{dear:?}");
}
