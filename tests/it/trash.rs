//! The trash: listed, restored, deleted for good.

use backchannel::admin::{self, Command};
use backchannel::purge;

use crate::world::{NOBODY, World};

#[tokio::test]
async fn the_trash_lists_what_one_may_bring_back() {
    let w = World::new().await;
    let top = w.page("bob", "Top", "").await;
    w.child("bob", top, "Leaf", "").await;
    assert!(w.visit("bob", "/trash").await.texts(".trash li").is_empty());
    w.form("bob", &format!("/pages/{top}/trash"), &[]).await;
    for who in ["bob", "alice"] {
        let listed = w.visit(who, "/trash").await;
        assert_eq!(listed.texts(".trash li strong"), ["Top"], "{who}");
        assert!(listed.text(".trash .about > .hint").contains("Bob, 1 page below it"));
    }
    // carol only reads, mallory may not even do that.
    for who in ["carol", "mallory"] {
        assert!(w.visit(who, "/trash").await.texts(".trash li").is_empty(), "{who}");
    }
    assert_eq!(w.visit(NOBODY, "/trash").await.status, 303);
    assert_eq!(w.form("bob", &format!("/pages/{top}/restore"), &[]).await.status, 303);
    assert!(w.visit("bob", "/trash").await.texts(".trash li").is_empty());
}

#[tokio::test]
async fn what_stands_above_is_restored_first() {
    let w = World::new().await;
    let top = w.page("bob", "Top", "").await;
    let leaf = w.child("bob", top, "Leaf", "").await;
    for page in [leaf, top] {
        assert_eq!(w.form("bob", &format!("/pages/{page}/trash"), &[]).await.status, 303);
    }
    let listed = w.visit("bob", "/trash").await;
    assert!(listed.text(".trash ol").contains("It stands below “Top”"), "{}", listed.body);
    for who in ["bob", "alice"] {
        let refused = w.form(who, &format!("/pages/{leaf}/restore"), &[]).await;
        assert_eq!(refused.status, 409, "{who}");
        assert!(refused.body.contains("“Top”"), "{}", refused.body);
    }
    assert_eq!(w.form("mallory", &format!("/pages/{leaf}/restore"), &[]).await.status, 404);
    for page in [top, leaf] {
        assert_eq!(w.form("bob", &format!("/pages/{page}/restore"), &[]).await.status, 303);
        assert_eq!(w.get("carol", &format!("/pages/{page}")).await.status, 200);
    }
}

#[tokio::test]
async fn a_subtree_moves_only_where_it_fits() {
    let w = World::new().await;
    let mut deep = w.page("bob", "Level 1", "").await;
    for n in 2..=38 {
        deep = w.child("bob", deep, &format!("Level {n}"), "").await;
    }
    let top = w.page("bob", "Top", "").await;
    let middle = w.child("bob", top, "Middle", "").await;
    w.child("bob", middle, "Leaf", "").await;
    let under = deep.to_string();
    let under = [("parent", under.as_str())];
    assert_eq!(w.form("bob", &format!("/pages/{top}/move"), &under).await.status, 422);
    assert_eq!(w.form("bob", &format!("/pages/{middle}/move"), &under).await.status, 303);
}

#[tokio::test]
async fn what_is_deleted_for_good_is_in_no_byte_of_the_file() {
    let w = World::new().await;
    let stays = w.page("bob", "What stays", "{chat}").await;
    w.post_in(stays, "bob", "it stays").await;
    w.edit("bob", w.tea, "Tea", "{chat:Tea} aboutxylophones").await;
    w.edit("bob", w.tea, "Zeppelins", "{chat:Tea} aboutxylophones again").await;
    w.child("bob", w.tea, "Below the zeppelins", "xylophones below").await;
    for n in 0..250 {
        w.post("bob", &format!("talkedofxylophones {n}")).await;
    }
    let (file, _) = w.put("bob", "xylophones.txt", &b"fullofxylophones ".repeat(40_000)).await;
    w.form("bob", &format!("/rooms/{}/topic", w.tea), &[("body", "thexylophones")]).await;
    let path = format!("/pages/{}/purge", w.tea);
    let sure = [("confirm", "yes")];
    // Only what is in the trash goes.
    assert_eq!(w.form("alice", &path, &sure).await.status, 404);
    w.form("bob", &format!("/pages/{}/trash", w.tea), &[]).await;
    for (who, status) in [("bob", 403), ("carol", 403), ("mallory", 404), (NOBODY, 401)] {
        assert_eq!(w.form(who, &path, &sure).await.status, status, "{who}");
    }
    assert_eq!(w.form("alice", &path, &[]).await.status, 422);
    assert!(w.holds("talkedofxylophones") && w.holds("fullofxylophones") && w.holds("zeppelin"));
    assert_eq!(w.form("alice", &path, &sure).await.status, 303);
    assert_eq!(w.form("alice", &format!("/pages/{}/restore", w.tea), &[]).await.status, 404);
    purge::sweep(&w.app).await;
    assert!(w.visit("alice", "/trash").await.texts(".trash li").is_empty());
    assert_eq!(w.get("alice", &file).await.status, 404);
    w.forgets("xylophones").await;
    w.forgets("zeppelin").await;
    admin::run(&w.app, Command::Check).await.unwrap();
    assert_eq!(w.get("carol", &format!("/rooms/{stays}")).await.said(), ["it stays"]);
}

#[tokio::test]
async fn what_broke_off_goes_on_after_a_restart() {
    let w = World::new().await;
    w.post("bob", "talkedofxylophones").await;
    w.form("bob", &format!("/pages/{}/trash", w.tea), &[]).await;
    let alice = backchannel::session::viewer(&w.app, w.token("alice")).await.unwrap();
    purge::begin(&w.app, &alice, backchannel::id::PageId(w.tea)).await.unwrap();
    let w = w.restart().await;
    assert!(w.holds("talkedofxylophones"));
    assert!(w.visit("alice", "/trash").await.texts(".trash li").is_empty());
    purge::sweep(&w.app).await;
    w.forgets("talkedofxylophones").await;
}
