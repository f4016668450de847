//! Pages: made, edited, moved, trashed; their tree and their links.

use backchannel::error::Error;
use backchannel::mandate::Mandate;
use backchannel::page::{self, PageDraft};
use backchannel::{roster, session};

use crate::world::{NOBODY, World, post};

#[tokio::test]
async fn a_new_page_is_there() {
    let w = World::new().await;
    let form = w.visit("bob", "/pages/new?space=TEAM").await;
    assert_eq!(form.texts("select#space option[selected]"), ["The team"]);
    let page = w.page("bob", "  Plans   for 2027 ", "h2. Soon\r\n*bold*").await;
    let shown = w.visit("carol", &format!("/pages/{page}")).await;
    assert_eq!(shown.text("header.title h1"), "Plans for 2027");
    assert_eq!(shown.text(".body strong"), "bold");
    assert!(shown.text("footer.about").starts_with("Last edited by Bob on 22 Nov 2026"));
}

#[tokio::test]
async fn a_page_needs_a_title_and_nothing_typed_is_lost() {
    let w = World::new().await;
    let long = "x".repeat(201);
    for title in ["", "  ", long.as_str()] {
        let fields = [("space", "TEAM"), ("title", title), ("body", "my *text*")];
        let refused = w.form("bob", "/pages", &fields).await;
        assert_eq!(refused.status, 422, "{title}");
        assert!(refused.has("#title-error"), "{}", refused.body);
        assert_eq!(refused.text("textarea#body"), "my *text*");
    }
}

#[tokio::test]
async fn a_title_that_is_taken_is_said_beside_its_field() {
    let w = World::new().await;
    let fields = [("space", "TEAM"), ("title", "TEA"), ("body", "my text")];
    let refused = w.form("bob", "/pages", &fields).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text("#title-error").contains("has this title"), "{}", refused.body);
    assert_eq!(refused.value("input#title"), "TEA");
    assert_eq!(refused.text("textarea#body"), "my text");
    let other = w.page("bob", "Coffee", "").await;
    let refused = w.edit("bob", other, "tea", "my text").await;
    assert_eq!(refused.status, 422);
    assert!(refused.has("#title-error"));
    // A page may change the case of its own title.
    assert_eq!(w.edit("bob", other, "COFFEE", "").await.status, 303);
}

#[tokio::test]
async fn the_same_title_may_stand_in_another_space() {
    let w = World::new().await;
    add_space(&w, "OPS", "everyone").await;
    let tea = w.page_in("bob", "OPS", None, "Tea", "").await;
    assert_eq!(w.get("bob", "/display/OPS/Tea").await.location(), format!("/pages/{tea}"));
    assert_eq!(w.get("bob", "/display/TEAM/Tea").await.location(), format!("/pages/{}", w.tea));
}

#[tokio::test]
async fn a_space_that_is_not_there_is_refused() {
    let w = World::new().await;
    let fields = [("space", "NONE"), ("title", "x"), ("body", "y")];
    assert_eq!(w.form("bob", "/pages", &fields).await.status, 422);
    assert_eq!(w.form("mallory", "/pages", &fields).await.status, 403);
    assert_eq!(w.form(NOBODY, "/pages", &fields).await.status, 401);
}

#[tokio::test]
async fn who_may_not_make_a_page_takes_no_turn_of_those_who_save_long_ones() {
    let w = World::new().await;
    let long = "a ".repeat(1 << 16);
    let viewer = session::viewer(&w.app, w.token("alice")).await.unwrap();
    let mandate = Mandate::of(&viewer).unwrap();
    roster::give_admin(&w.app, &Mandate::operator(), "bob").await.unwrap();
    roster::take_admin(&w.app, &Mandate::operator(), "alice").await.unwrap();
    // Somebody saves a long text all the while.
    let (turn, ()) = w.app.texts.prepare(long.clone(), |_| ()).await.unwrap();
    let fields = [("space", "TEAM"), ("title", "x"), ("body", &*long)];
    for (who, status) in [(NOBODY, 401), ("mallory", 403), ("carol", 403)] {
        assert_eq!(w.form(who, "/pages", &fields).await.status, status, "{who}");
    }
    let draft = PageDraft { title: "x".into(), body: long.clone() };
    let by = page::create_by(&w.app, &mandate, "TEAM", None, draft).await;
    assert!(matches!(by, Err(Error::NotFound)), "{by:?}");
    drop(turn);
    assert_eq!(w.form("bob", "/pages", &fields).await.status, 303);
}

#[tokio::test]
async fn an_edit_shows_and_counts() {
    let w = World::new().await;
    let page = w.page("bob", "Plans", "one").await;
    assert_eq!(w.edit("alice", page, "Plans", "two").await.status, 303);
    let shown = w.visit("carol", &format!("/pages/{page}")).await;
    assert_eq!(shown.text(".body"), "two");
    assert!(shown.text("footer.about").starts_with("Last edited by Alice"));
    let form = w.get("bob", &format!("/pages/{page}/edit")).await;
    assert_eq!(form.value("input[name=version]"), "2");
}

#[tokio::test]
async fn of_two_edits_at_once_the_second_is_asked_and_both_texts_are_kept() {
    let w = World::new().await;
    let page = w.page("bob", "Plans", "one").await;
    let path = format!("/pages/{page}");
    assert_eq!(w.edit("alice", page, "Plans", "alice's text").await.status, 303);
    // What is no version is none that anybody can have begun from.
    let odd = [("title", "Plans"), ("body", "x"), ("version", "abc")];
    assert_eq!(w.form("bob", &path, &odd).await.status, 409);
    let mine = [("title", "Plans"), ("body", "bob's text"), ("version", "1")];
    let stale = w.form("bob", &path, &mine).await;
    assert_eq!(stale.status, 409);
    assert_eq!(stale.text("textarea#theirs"), "alice's text");
    assert_eq!(stale.text("textarea#body"), "bob's text");
    assert_eq!(w.visit("bob", &path).await.text(".body"), "alice's text");
    // Saved again from what was shown, it goes through.
    let version = stale.value("input[name=version]");
    let mine = [("title", "Plans"), ("body", "both"), ("version", version.as_str())];
    assert_eq!(w.form("bob", &path, &mine).await.status, 303);
    assert_eq!(w.visit("bob", &path).await.text(".body"), "both");
}

#[tokio::test]
async fn display_resolves_a_title_however_it_is_written() {
    let w = World::new().await;
    let page = w.page("bob", "Größe & Maß/2", "").await;
    let title = "Gr%C3%B6%C3%9Fe%20%26%20Ma%C3%9F%2F2";
    for path in [format!("/display/TEAM/{title}"), format!("/display/team/{title}")] {
        let to = w.get("carol", &path).await;
        assert_eq!((to.status, to.location()), (303, format!("/pages/{page}")), "{path}");
    }
    assert_eq!(w.get("carol", "/display/TEAM/None").await.status, 404);
}

#[tokio::test]
async fn a_renamed_page_is_found_by_its_new_title_and_by_the_old_one() {
    let w = World::new().await;
    let page = w.page("bob", "Old", "").await;
    w.edit("bob", page, "New", "").await;
    assert_eq!(w.get("bob", "/display/TEAM/New").await.location(), format!("/pages/{page}"));
    assert_eq!(w.get("bob", "/display/TEAM/Old").await.location(), format!("/pages/{page}"));
    assert_eq!(w.get("mallory", "/display/TEAM/Old").await.status, 404);
    // What is called so now comes first.
    let other = w.page("bob", "Old", "").await;
    assert_eq!(w.get("bob", "/display/TEAM/Old").await.location(), format!("/pages/{other}"));
    // For whoever may see it: to all others nothing shows that there is one.
    w.restrict("bob", other, "view", "bob").await;
    assert_eq!(w.get("carol", "/display/TEAM/Old").await.location(), format!("/pages/{page}"));
    assert_eq!(w.get("bob", "/display/TEAM/Old").await.location(), format!("/pages/{other}"));
    assert_eq!(w.get("mallory", "/display/TEAM/Old").await.status, 404);
}

#[tokio::test]
async fn links_follow_a_rename_where_they_were_posted() {
    let w = World::new().await;
    let page = w.page("bob", "Old", "").await;
    w.post("bob", "see [Old]").await;
    w.edit("bob", page, "New", "").await;
    let window = w.window("carol").await;
    assert_eq!(window.attributes("li .body a", "href"), [format!("/pages/{page}")]);
}

#[tokio::test]
async fn the_tree_is_in_the_order_of_reading_and_shows_what_one_may_see() {
    let w = World::new().await;
    let b = w.page("bob", "Bees", "").await;
    let a = w.page("bob", "ants", "").await;
    w.child("bob", b, "Worker", "").await;
    w.child("bob", b, "Drone", "").await;
    let shown = w.visit("carol", &format!("/pages/{a}")).await;
    assert_eq!(shown.texts("nav.tree li a"), ["ants", "Bees", "Drone", "Worker", "Tea"]);
    assert_eq!(shown.text("nav.tree a[aria-current=page]"), "ants");
    assert_eq!(shown.texts("nav.tree li.depth-1 a"), ["Drone", "Worker"]);
    w.restrict("bob", b, "view", "bob").await;
    let shown = w.visit("carol", &format!("/pages/{a}")).await;
    assert_eq!(shown.texts("nav.tree li a"), ["ants", "Tea"]);
}

#[tokio::test]
async fn of_a_large_space_the_tree_shows_what_stands_around_the_page() {
    let w = World::new().await;
    let mut pages = Vec::new();
    for n in 0..299 {
        pages.push(w.page("bob", &format!("Page {n:03}"), "").await);
    }
    let tree = async |page: i64| w.visit("carol", &format!("/pages/{page}")).await;
    // All of it as long as that is no more than people can look through.
    let whole = tree(pages[0]).await;
    assert_eq!(whole.texts("nav.tree li a").len(), 300);
    assert!(!whole.has("nav.tree .hint") && !whole.has("form.move input[name=title]"));
    let below = w.child("bob", pages[200], "Below", "").await;
    w.child("bob", pages[10], "Elsewhere", "").await;
    for (page, first, last) in [(pages[200], 150, 250), (below, 150, 250), (pages[3], 0, 53)] {
        let shown = tree(page).await;
        let titles = shown.texts("nav.tree li.depth-0 a");
        let expected: Vec<_> = (first..=last).map(|n| format!("Page {n:03}")).collect();
        assert_eq!(titles, expected);
        assert!(shown.text("nav.tree .hint").contains("many pages"));
        assert_eq!(shown.texts("nav.tree a[aria-current=page]").len(), 1);
        let deeper = shown.texts("nav.tree li.depth-1 a");
        assert_eq!(deeper, if page == pages[3] { vec![] } else { vec!["Below"] });
    }
    // A page that cannot be chosen is named.
    let path = format!("/pages/{below}/move");
    assert!(w.visit("bob", &format!("/pages/{below}")).await.has("form.move input[name=title]"));
    let named = |title| [("parent", ""), ("title", title)];
    assert_eq!(w.form("bob", &path, &named("Page 999")).await.status, 422);
    assert_eq!(w.form("bob", &path, &named("page 010")).await.status, 303);
    assert_eq!(tree(below).await.texts("nav.tree li.depth-1 a"), ["Below", "Elsewhere"]);
}

#[tokio::test]
async fn the_crumbs_lead_from_the_top_of_the_space() {
    let w = World::new().await;
    let top = w.page("bob", "Top", "").await;
    let middle = w.child("bob", top, "Middle", "").await;
    let leaf = w.child("bob", middle, "Leaf", "").await;
    let shown = w.visit("carol", &format!("/pages/{leaf}")).await;
    assert_eq!(shown.texts("nav.crumbs li"), ["The team", "Top", "Middle"]);
    assert_eq!(shown.attributes("nav.crumbs li a", "href")[2], format!("/pages/{middle}"));
}

#[tokio::test]
async fn a_page_moves_with_all_that_is_below_it() {
    let w = World::new().await;
    let (one, two) = (w.page("bob", "One", "").await, w.page("bob", "Two", "").await);
    let child = w.child("bob", one, "Child", "").await;
    assert_eq!(move_to(&w, "bob", one, &two.to_string()).await, 303);
    let shown = w.visit("bob", &format!("/pages/{child}")).await;
    assert_eq!(shown.texts("nav.crumbs li"), ["The team", "Two", "One"]);
    assert_eq!(move_to(&w, "bob", one, "").await, 303);
    let shown = w.visit("bob", &format!("/pages/{child}")).await;
    assert_eq!(shown.texts("nav.crumbs li"), ["The team", "One"]);
}

#[tokio::test]
async fn a_page_cannot_stand_below_itself_or_in_another_space() {
    let w = World::new().await;
    let one = w.page("bob", "One", "").await;
    let child = w.child("bob", one, "Child", "").await;
    add_space(&w, "OPS", "everyone").await;
    let elsewhere = w.page_in("bob", "OPS", None, "Elsewhere", "").await;
    for parent in [one, child, elsewhere] {
        assert_eq!(move_to(&w, "bob", one, &parent.to_string()).await, 422, "{parent}");
    }
    assert_eq!(move_to(&w, "bob", one, "x").await, 422);
    assert_eq!(move_to(&w, "bob", one, "987654").await, 404);
    assert_eq!(move_to(&w, "carol", one, "").await, 403);
    let shown = w.visit("bob", &format!("/pages/{child}")).await;
    assert_eq!(shown.texts("nav.crumbs li"), ["The team", "One"]);
}

#[tokio::test]
async fn a_trashed_page_is_gone_with_what_is_below_it() {
    let w = World::new().await;
    let top = w.page("bob", "Top", "").await;
    let room = w.child("bob", top, "Leaf", "{chat}").await;
    w.post_in(room, "bob", "in a hidden place").await;
    let ways = [
        format!("/pages/{top}"),
        format!("/pages/{room}"),
        format!("/rooms/{room}"),
        format!("/rooms/{room}/status"),
        "/display/TEAM/Leaf".to_owned(),
    ];
    for way in &ways {
        assert_ne!(w.get("bob", way).await.status, 404, "{way}");
    }
    let gone = w.form("bob", &format!("/pages/{top}/trash"), &[]).await;
    assert_eq!((gone.status, gone.location().as_str()), (303, "/"));
    for way in &ways {
        assert_eq!(w.get("bob", way).await.status, 404, "{way}");
    }
    assert!(w.get("bob", "/search?q=hidden").await.texts("ol.hits li").is_empty());
}

#[tokio::test]
async fn restoring_brings_the_same_room_back() {
    let w = World::new().await;
    w.post("bob", "before").await;
    let path = format!("/pages/{}", w.tea);
    w.form("bob", &format!("{path}/trash"), &[]).await;
    assert_eq!(w.get("carol", &path).await.status, 404);
    assert_eq!(w.form("carol", &format!("{path}/restore"), &[]).await.status, 403);
    assert_eq!(w.form("mallory", &format!("{path}/restore"), &[]).await.status, 404);
    let back = w.form("bob", &format!("{path}/restore"), &[]).await;
    assert_eq!((back.status, back.location()), (303, path));
    w.post("bob", "after").await;
    assert_eq!(w.window("carol").await.said(), ["before", "after"]);
}

#[tokio::test]
async fn a_page_whose_title_was_taken_meanwhile_stays_in_the_trash() {
    let w = World::new().await;
    w.form("bob", &format!("/pages/{}/trash", w.tea), &[]).await;
    let other = w.page("bob", "Tea", "").await;
    assert_eq!(w.form("bob", &format!("/pages/{}/restore", w.tea), &[]).await.status, 422);
    w.edit("bob", other, "Other tea", "").await;
    assert_eq!(w.form("bob", &format!("/pages/{}/restore", w.tea), &[]).await.status, 303);
}

#[tokio::test]
async fn a_button_inserts_the_chat_without_saving() {
    let w = World::new().await;
    let fields = [("space", "TEAM"), ("title", "New"), ("body", "Hi"), ("insert", "chat")];
    let form = w.form("bob", "/pages", &fields).await;
    assert_eq!(form.status, 200);
    assert_eq!(form.text("textarea#body"), "Hi {chat}");
    assert_eq!(w.get("bob", "/display/TEAM/New").await.status, 404);
    let page = w.page("bob", "Plans", "one").await;
    let fields = [("title", "Plans"), ("body", "one"), ("version", "1"), ("insert", "chat")];
    let form = w.form("bob", &format!("/pages/{page}"), &fields).await;
    assert_eq!((form.status, form.text("textarea#body")), (200, "one {chat}".into()));
    assert_eq!(w.get("bob", &format!("/rooms/{page}")).await.status, 404);
}

#[tokio::test]
async fn a_browser_is_asked_before_a_room_closes() {
    let w = World::new().await;
    let path = format!("/pages/{}", w.tea);
    let edit = [("title", "Tea"), ("body", "no chat"), ("version", "1")];
    let asked = w.ask(post(&path).by("bob").browser().form(&edit)).await;
    assert_eq!(asked.status, 200);
    assert!(asked.text("form [role=alert] strong").contains("Tea"), "{}", asked.body);
    assert_eq!(asked.text("textarea#body"), "no chat");
    w.post("bob", "still open").await;
    let confirmed = [edit.as_slice(), &[("confirm", "close")]].concat();
    let saved = w.ask(post(&path).by("bob").browser().form(&confirmed)).await;
    assert_eq!(saved.status, 303);
    assert_eq!(w.send(w.tea, "bob", "closed", "n").await.status, 409);
}

#[tokio::test]
async fn a_page_that_has_no_room_is_saved_without_a_question() {
    let w = World::new().await;
    let page = w.page("bob", "Plans", "one").await;
    let edit = [("title", "Plans"), ("body", "two"), ("version", "1")];
    let saved = w.ask(post(&format!("/pages/{page}")).by("bob").browser().form(&edit)).await;
    assert_eq!(saved.status, 303);
}

#[tokio::test]
async fn links_of_a_page_are_resolved_for_its_reader() {
    let w = World::new().await;
    let secret = w.page("bob", "Secret", "").await;
    let page = w.page("bob", "Links", "[Secret] and [Tea]").await;
    let links = async |who| {
        let shown = w.visit(who, &format!("/pages/{page}")).await;
        shown.attributes(".body a[href^='/pages/']", "href")
    };
    let both = vec![format!("/pages/{secret}"), format!("/pages/{}", w.tea)];
    assert_eq!(links("carol").await, both);
    w.restrict("bob", secret, "view", "bob").await;
    assert_eq!(links("bob").await, both);
    assert_eq!(links("carol").await, both[1..]);
}

#[tokio::test]
async fn links_of_a_message_are_resolved_for_its_author() {
    let w = World::new().await;
    let secret = w.page("bob", "Secret", "").await;
    w.restrict("bob", secret, "view", "bob").await;
    w.post("bob", "[Secret]").await;
    w.post("robo", "[Secret]").await;
    w.post("robo", "[No such page]").await;
    let window = w.window("carol").await;
    assert_eq!(window.attributes("li .body a", "href"), [format!("/pages/{secret}")]);
    // What the author may not see is written as what is not there.
    assert_eq!(window.said()[1..], ["[Secret]", "[No such page]"]);
    assert_eq!(w.get("carol", &format!("/pages/{secret}")).await.status, 404);
}

#[tokio::test]
async fn the_front_page_leads_into_the_spaces() {
    let w = World::new().await;
    let home = w.visit("carol", "/").await;
    assert!(home.has(&format!("a[href='/pages/{}']", w.tea)), "{}", home.body);
    assert!(home.has(&format!("a[href='/rooms/{}']", w.tea)), "{}", home.body);
}

async fn add_space(w: &World, key: &str, who: &str) {
    let rights =
        backchannel::space::Rights { view: who.into(), comment: who.into(), edit: who.into() };
    backchannel::space::add(&w.app, &backchannel::mandate::Mandate::operator(), key, key, rights)
        .await
        .unwrap();
}

async fn move_to(w: &World, who: &str, page: i64, parent: &str) -> u16 {
    w.form(who, &format!("/pages/{page}/move"), &[("parent", parent)]).await.status
}
