//! Who may see, write and change: the space, the pages above, the page.

use crate::world::{Answer, NOBODY, World, delete, get, post};

#[tokio::test]
async fn a_space_lets_in_whom_it_names() {
    let w = World::new().await;
    let path = format!("/pages/{}", w.tea);
    for who in ["alice", "bob", "carol", "robo"] {
        assert_eq!(w.get(who, &path).await.status, 200, "{who}");
    }
    assert_eq!(w.get("mallory", &path).await.status, 404);
    assert_eq!(w.visit(NOBODY, &path).await.status, 303);
}

#[tokio::test]
async fn a_restriction_holds_for_everything_below() {
    let w = World::new().await;
    let (top, middle, leaf) = line(&w).await;
    for page in [top, middle, leaf] {
        assert_eq!(w.get("carol", &format!("/pages/{page}")).await.status, 200);
    }
    w.restrict("bob", top, "view", "bob").await;
    for page in [top, middle, leaf] {
        assert_eq!(w.get("carol", &format!("/pages/{page}")).await.status, 404);
        assert_eq!(w.get("bob", &format!("/pages/{page}")).await.status, 200);
    }
}

#[tokio::test]
async fn being_named_on_a_child_does_not_help_whom_a_page_above_excludes() {
    let w = World::new().await;
    let (top, _, leaf) = line(&w).await;
    w.restrict("bob", leaf, "view", "bob, carol").await;
    assert_eq!(w.get("carol", &format!("/pages/{leaf}")).await.status, 200);
    w.restrict("bob", top, "view", "bob").await;
    assert_eq!(w.get("carol", &format!("/pages/{leaf}")).await.status, 404);
}

#[tokio::test]
async fn a_restriction_takes_away_and_never_gives() {
    let w = World::new().await;
    let page = w.page("bob", "Named", "{chat}").await;
    w.restrict("bob", page, "view", "bob, mallory").await;
    assert_eq!(w.get("bob", &format!("/pages/{page}")).await.status, 200);
    assert_eq!(w.get("mallory", &format!("/pages/{page}")).await.status, 404);
}

#[tokio::test]
async fn lifting_a_restriction_lets_everybody_in_again() {
    let w = World::new().await;
    let path = format!("/pages/{}", w.tea);
    w.restrict("bob", w.tea, "view", "bob").await;
    assert_eq!(w.get("carol", &path).await.status, 404);
    w.restrict("bob", w.tea, "view", "").await;
    assert_eq!(w.get("carol", &path).await.status, 200);
}

#[tokio::test]
async fn edit_restrictions_are_not_inherited() {
    let w = World::new().await;
    let (top, middle, _) = line(&w).await;
    assert_eq!(w.edit("alice", top, "Top", "by alice").await.status, 303);
    w.restrict("bob", top, "edit", "bob").await;
    assert_eq!(w.get("alice", &format!("/pages/{top}/edit")).await.status, 403);
    let fields = [("title", "Top"), ("body", "no"), ("version", "2")];
    let refused = w.form("alice", &format!("/pages/{top}"), &fields).await;
    assert_eq!(refused.status, 403);
    assert_eq!(w.edit("alice", middle, "Middle", "by alice").await.status, 303);
    assert_eq!(w.edit("bob", top, "Top", "by bob").await.status, 303);
    // Seeing is another matter.
    assert_eq!(w.get("alice", &format!("/pages/{top}")).await.status, 200);
}

#[tokio::test]
async fn who_may_not_edit_in_the_space_may_not_edit_a_page_that_names_them() {
    let w = World::new().await;
    w.restrict("bob", w.tea, "edit", "bob, carol").await;
    assert_eq!(w.get("bob", &format!("/pages/{}/edit", w.tea)).await.status, 200);
    assert_eq!(w.get("carol", &format!("/pages/{}/edit", w.tea)).await.status, 403);
    let fields = [("space", "TEAM"), ("title", "New"), ("body", "")];
    assert_eq!(w.form("carol", "/pages", &fields).await.status, 403);
}

#[tokio::test]
async fn groups_are_let_in_by_name() {
    let w = World::new().await;
    let path = format!("/pages/{}", w.tea);
    w.groups("mallory", &["crew"]).await;
    assert_eq!(w.get("mallory", &path).await.status, 404);
    w.rights("alice, bob, @crew", "@crew", "alice, bob").await;
    assert_eq!(w.get("mallory", &path).await.status, 200);
    w.post("mallory", "at last").await;
    w.groups("alice", &["crew", "board"]).await;
    w.restrict("bob", w.tea, "view", "bob, @board").await;
    assert_eq!(w.get("alice", &path).await.status, 200);
    assert_eq!(w.get("mallory", &path).await.status, 404);
}

#[tokio::test]
async fn a_name_that_nobody_has_is_refused_and_changes_nothing() {
    let w = World::new().await;
    w.restrict("bob", w.tea, "view", "bob, carol").await;
    for odd in ["bob, eve", "@nobody", "anyone"] {
        let fields = [("operation", "view"), ("subjects", odd)];
        let path = format!("/pages/{}/restrictions", w.tea);
        let refused = w.form("bob", &path, &fields).await;
        assert_eq!(refused.status, 422, "{odd}");
        assert!(refused.has("#view-error"), "{}", refused.body);
        assert_eq!(refused.value("input#view"), odd);
        assert_eq!(w.get("bob", &path).await.value("input#view"), "bob, carol");
    }
}

#[tokio::test]
async fn who_administers_may_restrict_a_page_that_is_locked_away() {
    let w = World::new().await;
    w.restrict("bob", w.tea, "view", "bob").await;
    let path = format!("/pages/{}", w.tea);
    assert_eq!(w.get("alice", &path).await.status, 404);
    w.restrict("alice", w.tea, "view", "alice, bob").await;
    assert_eq!(w.get("alice", &path).await.status, 200);
}

#[tokio::test]
async fn only_who_may_edit_a_page_may_restrict_it() {
    let w = World::new().await;
    let path = format!("/pages/{}/restrictions", w.tea);
    let fields = [("operation", "view"), ("subjects", "carol")];
    for (who, status) in [("carol", 403), ("mallory", 404), (NOBODY, 401)] {
        assert_eq!(w.form(who, &path, &fields).await.status, status, "{who}");
    }
    assert_eq!(w.get("bob", &path).await.value("input#view"), "");
}

#[tokio::test]
async fn the_screen_names_the_pages_above_that_restrict_too() {
    let w = World::new().await;
    let (top, _, leaf) = line(&w).await;
    w.restrict("bob", top, "view", "alice, bob").await;
    let screen = w.get("bob", &format!("/pages/{leaf}/restrictions")).await;
    assert_eq!(screen.texts("section.restrictions > ul li"), ["Top: alice, bob"]);
    assert!(w.get("bob", &format!("/pages/{leaf}")).await.has("span.restricted"));
}

#[tokio::test]
async fn missing_and_forbidden_look_alike_byte_for_byte() {
    let w = World::new().await;
    // Ids of so many digits that they stand for nothing else in an answer.
    let far = "update sqlite_sequence set seq = 123456 where name = 'page'";
    w.app.store.write(|tx| Ok(tx.execute(far, [])?)).await.unwrap();
    let room = w.page("bob", "Secret", "{chat}").await;
    let mid = w.post_in(room, "bob", "hello").await;
    assert_eq!(seen_by_bob(&w, room, mid).await, [200, 200, 200, 303]);
    let (secret, none) = (room.to_string(), "987654".to_string());
    w.restrict("bob", room, "view", "bob").await;
    for path in PATHS {
        for how in [How::Script, How::Browser, How::Htmx] {
            for who in ["mallory", "carol", NOBODY] {
                let forbidden = ask(&w, who, &how, path, &secret).await;
                let missing = ask(&w, who, &how, path, &none).await;
                let (status, alike) = (forbidden.status, told(&forbidden, &secret));
                assert_eq!(alike, told(&missing, &none), "{who} {how:?} {path}");
                let right = if who == NOBODY { matches!(status, 303 | 401) } else { status == 404 };
                assert!(right, "{who} {how:?} {path}: {status}");
            }
        }
    }
}

const PATHS: [&str; 17] = [
    "/pages/ID",
    "/pages/ID/edit",
    "/pages/ID/restrictions",
    "/rooms/ID",
    "/rooms/ID/status",
    "/rooms/ID/stream",
    "/rooms/ID/poll",
    "/rooms/ID/messages?before=1",
    "/rooms/ID/messages/1",
    "/rooms/ID/transcripts/2026-11-22",
    "POST /rooms/ID/messages",
    "POST /pages/ID",
    "POST /pages/ID/trash",
    "POST /pages/ID/restore",
    "POST /pages/ID/move",
    "POST /pages/ID/restrictions",
    "DELETE /rooms/ID/messages/1",
];

/// Enough for any of the forms.
const FIELDS: [(&str, &str); 7] = [
    ("body", "x"),
    ("nonce", "n"),
    ("title", "x"),
    ("version", "1"),
    ("parent", ""),
    ("operation", "view"),
    ("subjects", ""),
];

#[derive(Debug)]
enum How {
    Script,
    Browser,
    Htmx,
}

async fn ask(w: &World, who: &str, how: &How, path: &str, id: &str) -> Answer {
    let path = path.replace("ID", id);
    let ask = match path.split_once(' ') {
        Some(("POST", path)) => post(path).form(&FIELDS),
        Some((_, path)) => delete(path),
        None => get(&path),
    };
    let ask = match how {
        How::Script => ask,
        How::Browser => ask.browser(),
        How::Htmx => ask.htmx(),
    };
    w.ask(ask.by(who)).await
}

/// All that an answer tells: its status, headers and body, but for what was asked and what is
/// different in each answer.
pub fn told(answer: &Answer, id: &str) -> (u16, Vec<(String, String)>, String) {
    let policy = answer.header("content-security-policy");
    let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next());
    let clean = |text: &str| text.replace(nonce.unwrap_or("\0"), "NONCE").replace(id, "ID");
    let mut headers: Vec<_> = answer
        .headers
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "date" | "content-length" | "x-request-id"))
        .map(|(name, value)| (name.to_string(), clean(value.to_str().unwrap())))
        .collect();
    headers.sort();
    (answer.status, headers, clean(&answer.body))
}

async fn seen_by_bob(w: &World, id: i64, mid: i64) -> [u16; 4] {
    let room = format!("/rooms/{id}");
    let paths = [
        format!("/pages/{id}"),
        room.clone(),
        format!("{room}/status"),
        format!("{room}/messages/{mid}"),
    ];
    let mut statuses = [0; 4];
    for (status, path) in statuses.iter_mut().zip(&paths) {
        *status = w.get("bob", path).await.status;
    }
    statuses
}

#[tokio::test]
async fn a_title_is_not_to_be_guessed() {
    let w = World::new().await;
    assert_eq!(w.get("bob", "/display/TEAM/Tea").await.status, 303);
    for path in ["/display/TEAM/Tea", "/display/TEAM/None", "/display/NONE/Tea"] {
        assert_eq!(w.get("mallory", path).await.status, 404, "{path}");
        let sent = w.visit(NOBODY, path).await;
        assert_eq!((sent.status, sent.location().starts_with("/login?")), (303, true), "{path}");
    }
}

#[tokio::test]
async fn a_space_that_anyone_may_view_is_open_to_who_is_not_signed_in() {
    let w = World::new().await;
    w.rights("anyone", "everyone", "bob").await;
    w.post("bob", "hello").await;
    assert_eq!(w.visit(NOBODY, "/").await.status, 200);
    assert_eq!(w.visit(NOBODY, &format!("/pages/{}", w.tea)).await.status, 200);
    let window = w.visit(NOBODY, &format!("/rooms/{}", w.tea)).await;
    assert_eq!(window.said(), ["hello"]);
    assert!(window.has("p.reader a[href^='/login']") && !window.has("form#composer"));
    assert_eq!(w.get(NOBODY, "/search?q=hello").await.texts("ol.hits li[data-hit]").len(), 1);
    let mut nobody = w.listen(NOBODY).await;
    w.post("mallory", "and me").await;
    assert_eq!(nobody.next().await.said(), ["and me"]);
    // Writing is for accounts.
    assert_eq!(w.send(w.tea, NOBODY, "x", "n").await.status, 401);
    assert_eq!(w.visit(NOBODY, &format!("/pages/{}/edit", w.tea)).await.status, 303);
}

#[tokio::test]
async fn what_is_open_to_anyone_can_still_be_restricted() {
    let w = World::new().await;
    w.rights("anyone", "everyone", "bob").await;
    let path = format!("/pages/{}", w.tea);
    assert_eq!(w.visit(NOBODY, &path).await.status, 200);
    w.restrict("bob", w.tea, "view", "everyone").await;
    assert_eq!(w.visit(NOBODY, &path).await.status, 303);
    assert_eq!(w.visit("mallory", &path).await.status, 200);
}

#[tokio::test]
async fn writing_is_asked_for_apart_from_reading() {
    let w = World::new().await;
    w.rights("alice, bob, carol", "carol, mallory", "bob").await;
    w.post("carol", "now I may").await;
    assert_eq!(w.send(w.tea, "alice", "but I may not", "n").await.status, 403);
    // Without the right to read, the right to write is nothing.
    assert_eq!(w.send(w.tea, "mallory", "may I?", "n").await.status, 404);
}

#[tokio::test]
async fn the_front_page_shows_only_what_one_may_see() {
    let w = World::new().await;
    w.page_in("bob", "TEAM", None, "Coffee", "{chat}").await;
    let home = w.visit("carol", "/").await;
    assert!(home.body.contains("The team") && home.body.contains("Coffee"), "{}", home.body);
    let home = w.visit("mallory", "/").await;
    assert_eq!(home.status, 200);
    assert!(!home.body.contains("The team") && !home.body.contains("Coffee"), "{}", home.body);
    w.restrict("bob", w.tea, "view", "bob").await;
    let home = w.visit("carol", "/").await;
    assert!(home.body.contains("Coffee") && !home.body.contains("Tea"), "{}", home.body);
}

/// Three pages, one below the other.
async fn line(w: &World) -> (i64, i64, i64) {
    let top = w.page("bob", "Top", "").await;
    let middle = w.child("bob", top, "Middle", "").await;
    (top, middle, w.child("bob", middle, "Leaf", "{chat}").await)
}
