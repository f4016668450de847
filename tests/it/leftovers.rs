//! What has outlived its use goes by itself: sessions, half log-ins, old lines of the audit lists.

use backchannel::admin::{self, Command};
use backchannel::retention;

use crate::world::{NOBODY, PASSWORD, World};

const DAY: i64 = 24 * 60;

/// Days pass, with upkeep on each of them.
async fn days_pass(w: &World, n: i64) {
    for _ in 0..n {
        w.pass(DAY);
        retention::sweep(&w.app).await;
    }
}

async fn expire(w: &World, dry_run: bool) -> String {
    admin::run(&w.app, Command::Expire { dry_run }).await.unwrap()
}

#[tokio::test]
async fn sessions_that_have_ended_do_not_stay_in_the_file() {
    let w = World::new().await;
    let n_sessions = w.count("session");
    assert!(n_sessions > 2);
    days_pass(&w, 10).await;
    assert_eq!(w.count("session"), n_sessions, "none has ended");
    assert_eq!(w.get("bob", "/settings").await.status, 200);
    days_pass(&w, 5).await;
    // bob's was used in between.
    assert_eq!(w.count("session"), 1);
    assert_eq!(w.get("bob", "/settings").await.status, 200);
    assert_eq!(w.get("carol", "/settings").await.status, 303);
    // However much it is used it ends after ninety days.
    for _ in 0..76 {
        days_pass(&w, 1).await;
        w.get("bob", "/settings").await;
    }
    assert_eq!(w.count("session"), 0);
}

#[tokio::test]
async fn a_secret_that_nobody_confirmed_and_a_half_log_in_go() {
    let w = World::new().await;
    let begun = w.form("bob", "/settings/code/begin", &[("current", PASSWORD)]).await;
    assert!(begun.status < 400, "{}", begun.body);
    let half = "insert into log_in_step (token_hash, account, expires_at)
        select x'00', account, expires_at - 7776000000 + 300000 from session limit 1";
    w.app.store.write(move |tx| Ok(tx.execute(half, [])?)).await.unwrap();
    retention::sweep(&w.app).await;
    assert_eq!((w.count("second_step"), w.count("log_in_step")), (1, 1));
    w.pass(16);
    retention::sweep(&w.app).await;
    assert_eq!((w.count("second_step"), w.count("log_in_step")), (0, 0));
}

#[tokio::test]
async fn the_audit_lists_are_kept_as_long_as_is_configured() {
    for (days, left) in [(30, 0), (0, 1)] {
        let w = World::with(|config| config.audit_days = days).await;
        w.form("alice", &format!("/rooms/{}/settings/slow", w.tea), &[("seconds", "5")]).await;
        w.form("alice", &format!("/admin/rooms/{}/lock", w.tea), &[]).await;
        let before = (w.count("audit"), w.count("journal"));
        assert!(before.0 > 0 && before.1 > 0, "{before:?}");
        days_pass(&w, 29).await;
        assert_eq!((w.count("audit"), w.count("journal")), before);
        days_pass(&w, 2).await;
        let after = (w.count("audit"), w.count("journal"));
        assert_eq!(after, (before.0 * left, before.1 * left), "{days} days");
    }
}

#[tokio::test]
async fn a_clock_that_jumps_ends_nothing_before_somebody_vouches_for_it() {
    let w = World::new().await;
    retention::sweep(&w.app).await;
    let n_sessions = w.count("session");
    w.pass(4000 * DAY);
    retention::sweep(&w.app).await;
    assert_eq!(w.count("session"), n_sessions);
    // Neither does somebody who logs in.
    let answer = w.form(NOBODY, "/login", &[("name", "bob"), ("password", PASSWORD)]).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert_eq!(w.count("session"), n_sessions + 1);
    let told = expire(&w, true).await;
    let ended = format!("{n_sessions} sessions that have ended");
    assert!(told.contains(&ended) && told.ends_with(" would be removed\n"), "{told}");
    assert_eq!(w.count("session"), n_sessions + 1, "it was only told");
    let told = expire(&w, false).await;
    assert!(told.contains(&ended), "{told}");
    assert_eq!(w.count("session"), 1);
    assert!(!expire(&w, true).await.contains("sessions"));
}
