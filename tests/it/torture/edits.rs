//! Messages are edited and removed while readers are away and servers are killed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

use hyper::{Method, StatusCode};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::states::{Act, By, State, States, Window};
use super::trial::{cursor, seq};
use super::wire::Wire;
use super::{block_on, fault, scale};
use crate::process::Server;
use crate::visitor::{Visitor, mids};

/// What all who take part know.
#[derive(Default)]
struct Known {
    /// Nobody writes any more when this is set.
    stop: AtomicBool,
    n_acts: AtomicUsize,
    n_cuts: AtomicUsize,
    n_reloads: AtomicUsize,
    /// The room's last change, once nobody writes; before that 0.
    last: AtomicI64,
}

/// How long a reader waits for more when the last change was made, and how often it asks again.
const PATIENCE: Duration = Duration::from_secs(5);
const N_ASKED: usize = 20;

#[test]
fn what_was_edited_and_removed_while_a_reader_was_away_is_shown_as_it_is() {
    let (n_acts, n_kills) = (scale(450, 10_000, 60_000), scale(3, 20, 100));
    fault("edits, removals, absences", "every window as the file has it", |mut random| {
        block_on(async {
            let (server, rooms) = Server::furnished();
            let (room, known) = (rooms.room, Arc::new(Known::default()));
            let carol = server.log_in("carol").await;
            let mut readers = JoinSet::new();
            for n in 0..8 {
                let random = StdRng::seed_from_u64(random.random());
                let reader = format!("reader {n}");
                // Half of them are away so long that they have to load anew.
                let away = if n % 2 == 0 { 150 } else { 2_500 };
                readers.spawn(read(carol.clone(), room, reader, away, random, known.clone()));
            }
            let mut writers = JoinSet::new();
            for (n, name) in ["alice", "bob", "alice", "bob", "alice", "bob"].iter().enumerate() {
                let visitor = server.log_in(name).await;
                let random = StdRng::seed_from_u64(random.random());
                writers.spawn(write(visitor, room, n, random, known.clone()));
            }
            for kill in 1..=n_kills {
                while known.n_acts.load(Ordering::Relaxed) < n_acts * kill / n_kills {
                    sleep(Duration::from_millis(5)).await;
                }
                server.restart();
            }
            known.stop.store(true, Ordering::Relaxed);
            let mut states = States::default();
            while let Some(acts) = writers.join_next().await {
                states.acts.extend(acts.unwrap());
            }
            let page = carol.get(&format!("/rooms/{room}")).await.body;
            known.last.store(seq(&cursor(&page)), Ordering::Relaxed);
            states.stored = stored(&carol, room, &page).await;
            while let Some(window) = readers.join_next().await {
                states.windows.push(window.unwrap());
            }
            let faults = states.check();
            let some = faults.len().min(5);
            assert!(faults.is_empty(), "{} faults: {:?}", faults.len(), &faults[..some]);
            server.run(&["check"], "");
            let n_removed =
                states.stored.values().filter(|state| **state == State::Removed).count();
            let n_edited = states.acts.iter().filter(|act| act.made > State::Version(0)).count();
            let n_steps: usize = states.windows.iter().map(|window| window.steps.len()).sum();
            let n_cuts = known.n_cuts.load(Ordering::Relaxed);
            let n_reloads = known.n_reloads.load(Ordering::Relaxed);
            assert!(
                n_removed > n_acts / 50 && n_edited > n_acts / 10 && n_cuts > n_acts / 50,
                "too little: {n_removed} removed, {n_edited} edited, {n_cuts} cuts"
            );
            assert!(n_reloads > 0 || scale(true, false, false), "nobody was away for long");
            format!(
                "{} messages, {n_edited} edits and removals ({n_removed} are removed), {n_kills} \
                 kills, 8 readers cut {n_cuts} times, {n_reloads} loaded anew, {n_steps} shown: \
                 nothing wrong",
                states.stored.len()
            )
        })
    });
}

/// Posts, edits and removes, each until it is acknowledged: an edit is the same one when it comes
/// again, as a draft is.
async fn write(
    visitor: Visitor,
    room: i64,
    writer: usize,
    mut random: StdRng,
    known: Arc<Known>,
) -> Vec<Act> {
    let path = format!("/rooms/{room}/messages");
    let mut acts = Vec::new();
    let mut own: Vec<(i64, u32)> = Vec::new();
    for count in 0.. {
        if known.stop.load(Ordering::Relaxed) {
            break;
        }
        let (body, nonce) =
            (|version| format!("v{version} {writer}-{count}"), format!("{writer}-{count}"));
        let what = if own.is_empty() { 0 } else { random.random_range(0..10) };
        if what < 4 {
            let fields = [("body", body(0)), ("nonce", nonce)];
            let answer = until_done(&visitor, &Method::POST, &path, &fields).await;
            own.push((mids(&answer)[0], 0));
            acts.push(Act { mid: mids(&answer)[0], made: State::Version(0) });
        } else {
            let which = random.random_range(own.len().saturating_sub(12)..own.len());
            let (mid, version) = own[which];
            let path = format!("{path}/{mid}");
            if what == 9 {
                own.remove(which);
                until_done(&visitor, &Method::DELETE, &path, &[]).await;
                acts.push(Act { mid, made: State::Removed });
            } else {
                own[which].1 += 1;
                let fields = [("body", body(version + 1))];
                until_done(&visitor, &Method::POST, &path, &fields).await;
                acts.push(Act { mid, made: State::Version(version + 1) });
            }
        }
        known.n_acts.fetch_add(1, Ordering::Relaxed);
    }
    acts
}

async fn until_done(
    visitor: &Visitor,
    method: &Method,
    path: &str,
    fields: &[(&str, String)],
) -> String {
    let fields: Vec<(&str, &str)> =
        fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    loop {
        let asked = visitor.ask(method.clone(), path, &fields);
        match timeout(Duration::from_secs(8), asked).await {
            Ok(Ok(answer)) if answer.status.is_success() => return answer.body,
            Ok(Ok(answer)) if answer.status != StatusCode::SERVICE_UNAVAILABLE => {
                panic!("{method} {path}: {} {}", answer.status, answer.body)
            }
            _ => sleep(Duration::from_millis(10)).await,
        }
    }
}

/// Follows the room in pieces, with absences, until it has seen the last change. Once that was made it
/// waits for it, as a browser does: on a busy machine what it is behind by is seconds in coming, and who
/// lets go after a tenth of one never has it. What does not come for so long will never come.
async fn read(
    visitor: Visitor,
    room: i64,
    reader: String,
    away: u64,
    mut random: StdRng,
    known: Arc<Known>,
) -> Window {
    let mut window = Window { reader, ..Window::default() };
    let mut at = load(&visitor, room, &mut window).await;
    let mut n_asked = 0;
    loop {
        let last = known.last.load(Ordering::Relaxed);
        n_asked += usize::from(last != 0);
        if last != 0 && seq(&at) >= last || n_asked > N_ASKED {
            return window;
        }
        let path = format!("/rooms/{room}/stream?after={at}");
        // Killed, just now.
        let Ok(mut wire) = Wire::open(&visitor, &path, "", None).await else {
            sleep(Duration::from_millis(10)).await;
            continue;
        };
        let (mut limit, patience) = match last {
            0 => (random.random_range(1..60_000), Duration::from_millis(100)),
            _ => (usize::MAX, PATIENCE),
        };
        let mut reload = false;
        while limit > 0 && !reload && (last == 0 || seq(&at) < last) {
            let n = wire.take(limit, patience).await;
            if n == 0 {
                break;
            }
            limit -= n;
            for event in wire.events() {
                assert_ne!(event.name, "ended");
                reload |= event.name == "reload";
                if let (Some(id), false) = (event.id, reload) {
                    window.apply(&event.data);
                    at = id;
                }
            }
        }
        wire.cut(random.random_bool(0.5));
        known.n_cuts.fetch_add(1, Ordering::Relaxed);
        if reload {
            known.n_reloads.fetch_add(1, Ordering::Relaxed);
            at = load(&visitor, room, &mut window).await;
        } else if last == 0 && random.random_bool(0.3) {
            sleep(Duration::from_millis(random.random_range(0..away))).await;
        }
    }
}

/// Shows the page; the cursor from which its stream goes on.
async fn load(visitor: &Visitor, room: i64, window: &mut Window) -> String {
    let page = until_done(visitor, &Method::GET, &format!("/rooms/{room}"), &[]).await;
    let items = items(&page);
    window.steps.extend(items.iter().map(|item| (By::Page, item.mid, item.state)));
    window.shown = items.into_iter().map(|item| (item.mid, item.state)).collect();
    cursor(&page)
}

impl Window {
    /// What a browser does with an event's data.
    fn apply(&mut self, data: &str) {
        for Item { mid, state, replaces } in items(data) {
            // What is not shown is not replaced.
            if replaces && !self.shown.contains_key(&mid) {
                continue;
            }
            self.shown.insert(mid, state);
            self.steps.push((By::Change, mid, state));
        }
    }
}

/// A message in a piece of HTML.
struct Item {
    mid: i64,
    state: State,
    /// It takes the place of the one that is there.
    replaces: bool,
}

fn items(html: &str) -> Vec<Item> {
    let mut parts = html.split("<li id=\"m");
    let mut before = parts.next().unwrap_or_default();
    let mut items = Vec::new();
    for part in parts {
        let (mid, rest) = part.split_once('"').unwrap();
        let replaces = before.rsplit_once("<hx-partial").is_some_and(|(_, partial)| {
            partial.contains(&format!("hx-target=\"#m{mid}")) && partial.ends_with('>')
        });
        let state = if rest.split('>').next().unwrap().contains("data-removed") {
            State::Removed
        } else {
            let said = rest.split("class=\"body").nth(1).and_then(|rest| rest.split_once('>'));
            let text = said.unwrap().1.split("</div>").next().unwrap();
            let version = text.split('v').nth(1).and_then(|rest| rest.split(' ').next());
            State::Version(version.unwrap().parse().unwrap())
        };
        items.push(Item { mid: mid.parse().unwrap(), state, replaces });
        before = part;
    }
    items
}

/// The whole room, from its page back to the beginning.
async fn stored(visitor: &Visitor, room: i64, page: &str) -> BTreeMap<i64, State> {
    let mut stored = BTreeMap::new();
    let mut part = items(page);
    while let Some(first) = part.first().map(|item| item.mid) {
        stored.extend(part.iter().map(|item| (item.mid, item.state)));
        let path = format!("/rooms/{room}/messages?before={first}");
        part = items(&visitor.get(&path).await.body);
    }
    stored
}
