//! What somebody tried who wanted in, or wanted others out.

use backchannel::mandate::Mandate;
use backchannel::roster;
use backchannel::session::{self, Origin};

use crate::world::{PASSWORD, World};

#[tokio::test]
async fn an_old_password_opens_no_session_after_it_was_changed() {
    let w = World::new().await;
    let origin = Origin::default();
    // All of them have read the old hash before the new one is there, and compare it later: two
    // passwords are worked on at a time, in the order in which they came.
    let log_in = || session::log_in(&w.app, "bob", PASSWORD.into(), &origin);
    let mandate = Mandate::operator();
    let change = roster::set_password(&w.app, &mandate, "bob", "quite another".into());
    let (.., changed, second, third, fourth, fifth) =
        tokio::join!(log_in(), log_in(), change, log_in(), log_in(), log_in(), log_in());
    changed.unwrap();
    for opened in [second, third, fourth, fifth].into_iter().flatten() {
        let viewer = session::viewer(&w.app, &opened.session().unwrap().token).await.unwrap();
        assert!(viewer.account().is_none(), "the old password has opened a session");
    }
}

#[tokio::test]
async fn the_trash_does_not_count_what_is_others() {
    let w = World::new().await;
    let top = w.page("bob", "Top", "").await;
    w.child("bob", top, "Seen", "").await;
    let secret = w.child("alice", top, "Kanarienvogel", "").await;
    w.restrict("alice", secret, "view", "alice").await;
    assert_eq!(w.form("bob", &format!("/pages/{top}/trash"), &[]).await.status, 303);
    let of = |list: Vec<String>| list.join(" ");
    let (bob, alice) = (w.visit("bob", "/trash").await, w.visit("alice", "/trash").await);
    let (bob, alice) = (of(bob.texts(".trash li")), of(alice.texts(".trash li")));
    assert!(bob.contains('1') && alice.contains('2'), "{bob} / {alice}");
    assert!(alice.contains("Top") && !bob.contains(" 2 "), "{bob} / {alice}");
}

#[tokio::test]
async fn whoever_writes_without_end_is_told_to_wait() {
    let w = World::with(|config| config.limits = true).await;
    let sound = [("sound", "on"), ("next", "/")];
    let mut refused = None;
    for _ in 0..2000 {
        let answer = w.form("bob", "/settings/sound", &sound).await;
        if answer.status != 303 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("nobody said stop");
    assert_eq!(refused.status, 429, "{}", refused.body);
    assert!(refused.headers.contains_key("retry-after"));
    assert_eq!(w.form("alice", "/settings/sound", &sound).await.status, 303);
}
