//! The right ends between the question whether one may and the act: each write asks once more, in
//! its own transaction, and does nothing; and so does what reads messages, on its own snapshot.

use backchannel::draft::Draft;
use backchannel::error::{Error, Result};
use backchannel::file;
use backchannel::id::{Mid, PageId, RoomId, Seq};
use backchannel::mandate::Mandate;
use backchannel::notice::{self, What};
use backchannel::page::{self, PageDraft};
use backchannel::permission::{self, Edit, Grant, Moderate, Post, View};
use backchannel::session::Origin;
use backchannel::upload::Upload;
use backchannel::{
    edit, first_use, log, message, moderation, pin, react, read_mark, retention, roster, session,
    topic, tree, typing, watch,
};

use jiff::civil::Time;
use jiff::tz::TimeZone;

use crate::cross_site::everything;
use crate::world::{PASSWORD, World, nonce};

/// What bob was given when he asked, as a handler holds it while a request is on its way.
struct Grants {
    view: Grant<View>,
    post: Grant<Post>,
    edit: Grant<Edit>,
    moderate: Grant<Moderate>,
}

impl Grants {
    async fn ask(w: &World) -> Self {
        let viewer = session::viewer(&w.app, w.token("bob")).await.unwrap();
        let room = RoomId(w.tea);
        Self {
            view: permission::may(&w.app, &viewer, room).await.unwrap(),
            post: permission::may(&w.app, &viewer, room).await.unwrap(),
            edit: permission::may(&w.app, &viewer, room).await.unwrap(),
            moderate: permission::may(&w.app, &viewer, room).await.unwrap(),
        }
    }
}

/// A world where bob may do everything in Tea, said two things there, and has a page above it.
async fn world() -> (World, i64) {
    let w = World::new().await;
    roster::give_admin(&w.app, &Mandate::operator(), "bob").await.unwrap();
    w.post("bob", "one").await;
    w.post("bob", "two").await;
    let top = w.page("bob", "Top", "").await;
    (w, top)
}

/// Everything that is done to a page and its room by whoever may, and what came of it.
async fn deeds(w: &World, top: i64, bob: &Grants) -> Vec<(&'static str, Result<()>)> {
    let app = &w.app;
    let draft = || Draft { body: "late".into(), nonce: nonce() };
    let text = PageDraft { title: "Tea".into(), body: "late {chat:Tea}".into() };
    vec![
        ("post", message::post(app, &bob.post, draft()).await.map(drop)),
        ("reply", message::reply(app, &bob.post, draft(), Some(Mid(1))).await.map(drop)),
        ("edit", edit::edit(app, &bob.post, Mid(1), "late").await.map(drop)),
        ("react", react::add(app, &bob.post, Mid(1), "\u{1f44d}").await.map(drop)),
        ("type", typing::begin(app, &bob.post).await),
        ("pin", pin::pin(app, &bob.moderate, Mid(2)).await),
        ("unpin", pin::unpin(app, &bob.moderate, Mid(2)).await),
        ("topic", topic::set(app, &bob.edit, "late").await),
        ("slow", moderation::set_slow(app, &bob.moderate, 5).await),
        ("mute", moderation::mute(app, &bob.moderate, "robo", 5).await),
        ("unmute", moderation::unmute(app, &bob.moderate, "robo").await),
        ("keep", retention::set_in_room(app, &bob.moderate, Some(30)).await),
        ("lock", moderation::lock(app, &bob.moderate).await),
        ("unlock", moderation::unlock(app, &bob.moderate).await),
        ("mark", read_mark::set(app, &bob.view, Seq(99)).await),
        ("notice", notice::set(app, &bob.view, What::All).await),
        ("watch", watch::set(app, &bob.view, true).await),
        ("dismiss", first_use::dismiss(app, &bob.view).await),
        ("remove", message::remove(app, &bob.view, Mid(2)).await.map(drop)),
        ("save", page::edit(app, &bob.edit, text, 1).await),
        ("move", tree::move_to(app, &bob.edit, Some(PageId(top))).await),
        ("trash", tree::trash(app, &bob.edit).await),
    ]
}

#[tokio::test]
async fn whoever_may_does_all_of_it() {
    let (w, top) = world().await;
    let bob = Grants::ask(&w).await;
    for (deed, done) in deeds(&w, top, &bob).await {
        assert!(done.is_ok(), "{deed}: {done:?}");
    }
}

#[tokio::test]
async fn a_right_that_ends_while_a_request_is_on_its_way_ends_the_request() {
    let (w, top) = world().await;
    let bob = Grants::ask(&w).await;
    w.rights("alice, carol", "alice", "alice").await;
    let before = everything(&w).await;
    for (deed, done) in deeds(&w, top, &bob).await.into_iter().chain(reads(&w, &bob).await) {
        assert!(matches!(done, Err(Error::NotFound)), "{deed}: {done:?}");
    }
    assert!(everything(&w).await == before, "something was done all the same");
    assert!(w.app.typing.now(RoomId(w.tea), w.app.clock.now()).is_empty());
}

/// All by which what was said is read.
async fn reads(w: &World, bob: &Grants) -> Vec<(&'static str, Result<()>)> {
    let (app, view) = (&w.app, &bob.view);
    let day = w.app.clock.now().to_zoned(TimeZone::UTC).date();
    vec![
        ("the room", log::latest(app, view).await.map(drop)),
        ("what is older", log::older(app, view, Mid(2)).await.map(drop)),
        ("a day", log::of_day(app, view, day, None, true).await.map(drop)),
        ("a place", log::place(app, view, Mid(1)).await.map(drop)),
        ("a time", log::at(app, view, day, Time::midnight()).await.map(drop)),
        ("what is new", log::since_now(app, view, None).await.map(drop)),
        ("a message", message::show(app, view, Mid(1)).await.map(drop)),
        ("a paste", message::paste(app, view, Mid(1)).await.map(drop)),
        ("what it said", edit::history(app, view, Mid(1), None).await.map(drop)),
        ("the page", page::show(app, view).await.map(drop)),
    ]
}

#[tokio::test]
async fn so_does_a_session() {
    let (w, top) = world().await;
    let bob = Grants::ask(&w).await;
    assert_eq!(w.form("bob", "/logout", &[]).await.status, 303);
    let before = everything(&w).await;
    for (deed, done) in deeds(&w, top, &bob).await.into_iter().chain(reads(&w, &bob).await) {
        assert!(matches!(done, Err(Error::LoginNeeded)), "{deed}: {done:?}");
    }
    assert!(everything(&w).await == before, "something was done all the same");
}

#[tokio::test]
async fn the_next_session_does_not_answer_for_one_that_has_ended() {
    let (mut w, top) = world().await;
    assert_eq!(w.log_in("bob", PASSWORD).await.status, 303);
    let bob = Grants::ask(&w).await;
    let mut window = w.listen("bob").await;
    let viewer = session::viewer(&w.app, w.token("bob")).await.unwrap();
    let origin = Origin::default();
    session::log_out(&w.app, &viewer).await.unwrap();
    session::log_in(&w.app, "carol", PASSWORD.into(), &origin).await.unwrap().session().unwrap();
    let before = everything(&w).await;
    for (deed, done) in deeds(&w, top, &bob).await {
        assert!(matches!(done, Err(Error::LoginNeeded)), "{deed}: {done:?}");
    }
    assert!(everything(&w).await == before, "something was done all the same");
    window.is_ended().await;
}

#[tokio::test]
async fn an_upload_that_has_begun_ends_with_the_right() {
    let w = World::new().await;
    let viewer = session::viewer(&w.app, w.token("bob")).await.unwrap();
    let grant: Grant<Post> = permission::may(&w.app, &viewer, RoomId(w.tea)).await.unwrap();
    // More than what waits before it is stored: a part of it is there by then.
    let bytes = vec![7; 1 << 20];
    for lost_before_the_end in [false, true] {
        w.rights("alice, bob, carol", "alice, bob", "alice, bob").await;
        let mut upload = Upload::to_room(&w.app, &grant).await.unwrap();
        upload.start("plan.bin").unwrap();
        upload.push(&bytes).await.unwrap();
        upload.push(&bytes).await.unwrap();
        assert_eq!(w.count("file"), 1);
        if lost_before_the_end {
            w.rights("alice, carol", "alice", "alice").await;
            assert!(matches!(upload.finish().await, Err(Error::NotFound)));
            drop(upload);
        } else {
            upload.finish().await.unwrap();
            w.rights("alice, carol", "alice", "alice").await;
            let posted = upload.post("n", "", None).await;
            assert!(matches!(posted, Err(Error::NotFound)), "{posted:?}");
        }
        file::sweep(&w.app).await;
        assert_eq!((w.count("file"), w.count("file_chunk")), (0, 0), "nothing of it is kept");
    }
    assert!(w.window("alice").await.said().is_empty());
}
