//! What cannot be seen does not show in a search: not in what is found, and not in how much is
//! looked at, which is counted here in steps of the index's walk, since no clock is exact enough.

use backchannel::admin::{self, Command};
use backchannel::id::RoomId;

use crate::world::World;

const QUESTIONS: [&str; 10] = [
    "grub",
    "gru",
    "grub boot",
    "\"boot loader\"",
    "grub -nothing",
    "from:bob grub",
    "from:ann",
    "has:link",
    "before:2027 grub",
    "grub in:Tea",
];

/// What carol is shown, and how many steps it took. A search has its time, so that on a machine that
/// is busy with other tests it is asked for again.
async fn asked(w: &World, q: &str, sort: &str) -> (String, u64) {
    let mut query = url::form_urlencoded::Serializer::new(String::from("/search?"));
    query.append_pair("q", q).append_pair("sort", sort);
    let path = query.finish();
    for _ in 0..20 {
        let before = steps(w).await;
        let answer = w.get("carol", &path).await;
        assert_eq!(answer.status, 200);
        if !answer.has("#found [role=alert]") {
            return (answer.source("#found"), steps(w).await - before);
        }
    }
    panic!("{q} takes too long");
}

async fn steps(w: &World) -> u64 {
    let metrics = w.get("alice", "/metrics").await.body;
    let name = "\nbackchannel_search_steps_sum ";
    let (_, rest) = metrics.split_once(name).expect("the meter");
    let sum: f64 = rest.lines().next().unwrap().parse().unwrap();
    format!("{sum:.0}").parse().unwrap()
}

async fn all(w: &World) -> Vec<(String, u64)> {
    let mut answers = Vec::new();
    for q in QUESTIONS {
        for sort in ["newest", "best"] {
            answers.push(asked(w, q, sort).await);
        }
    }
    answers
}

/// Rooms that carol sees, with something to find in each, and one that she does not.
async fn rooms(w: &World, n: usize) -> i64 {
    let secret = w.page("bob", "Secret", "{chat}").await;
    w.restrict("bob", secret, "view", "bob").await;
    for n in 1..n {
        let room = w.page("bob", &format!("Room {n}"), "{chat}").await;
        w.post_in(room, "bob", &format!("grub {n}, the boot loader https://example.org")).await;
    }
    w.post("bob", "grub, the boot loader https://example.org").await;
    w.pass(24 * 60);
    secret
}

/// So much is said on each of so many days where carol does not see it, later than what she sees.
async fn hide(w: &World, secret: i64, n: usize, n_days: usize) {
    let line = |n| {
        let minute = n / 50;
        format!("[10:{minute:02}] <ann> grub {n}, the boot loader https://example.org/{n}\n")
    };
    for day in 0..n_days {
        let command = Command::ImportIrc {
            room: RoomId(secret),
            zone: "UTC".into(),
            file_name: format!("2026-12-{:02}.txt", n_days + day),
            text: (0..n).map(line).collect(),
        };
        admin::run(&w.app, command).await.unwrap();
    }
}

#[tokio::test]
async fn who_sees_few_rooms_has_as_much_looked_at_whatever_is_said_elsewhere() {
    let w = World::new().await;
    let secret = rooms(&w, 4).await;
    let before = all(&w).await;
    assert!(before.iter().all(|(_, n_steps)| *n_steps > 0), "{before:?}");
    assert!(before[0].0.contains("the boot"), "{}", before[0].0);
    hide(&w, secret, 1500, 1).await;
    let after = all(&w).await;
    for (n, (before, after)) in before.iter().zip(&after).enumerate() {
        assert_eq!(before, after, "{}", QUESTIONS[n / 2]);
    }
    // What can be seen does count.
    w.post("bob", "grub again").await;
    assert!(asked(&w, "grub", "newest").await.1 > after[0].1);
}

#[tokio::test]
async fn who_sees_many_rooms_finds_the_same_and_steps_over_so_much_and_no_more() {
    let w = World::new().await;
    let secret = rooms(&w, 12).await;
    let before = all(&w).await;
    // More than the best are chosen from, and all of them newer.
    hide(&w, secret, 1500, 1).await;
    let some = all(&w).await;
    // More than the walk goes over.
    hide(&w, secret, 300, 8).await;
    let many = all(&w).await;
    for (n, (before, (some, many))) in before.iter().zip(some.iter().zip(&many)).enumerate() {
        let q = QUESTIONS[n / 2];
        assert_eq!(before.0, some.0, "{q}");
        assert_eq!(before.0, many.0, "{q}");
        assert!(some.1 <= before.1 + 12 * 1500, "{q}: {} and {} steps", before.1, some.1);
        // Then the rooms are asked for by name, and whatever else is hidden costs nothing more.
        let most = 21_000 + 2 * before.1;
        assert!(many.1 <= most, "{q}: {} and {} steps", before.1, many.1);
    }
    assert!(some[0].1 < many[0].1, "{} and {} steps", some[0].1, many[0].1);
}
