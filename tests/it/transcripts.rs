//! Days: which one a message is on, and the page that shows it.

use crate::world::{NOBODY, World};

#[tokio::test]
async fn the_first_message_of_a_day_makes_its_page() {
    let w = World::new().await;
    let day = format!("/rooms/{}/transcripts/2026-11-22", w.tea);
    assert_eq!(w.get("carol", &day).await.status, 404);
    w.listen("bob").await;
    w.send(w.tea, "bob", "", "n").await;
    assert_eq!(w.get("carol", &day).await.status, 404, "nobody has said anything");
    w.post("bob", "hello").await;
    let page = w.get("carol", &day).await.location();
    assert!(page.starts_with("/pages/"), "{page}");
    w.post("alice", "hello bob").await;
    assert_eq!(w.get("carol", &day).await.location(), page);
    assert_eq!(w.get("carol", &page).await.said(), ["hello", "hello bob"]);
}

#[tokio::test]
async fn it_is_a_child_page_of_the_room_s_page() {
    let w = World::new().await;
    w.post("bob", "hello").await;
    let day = w.transcript("carol", w.tea, "2026-11-22").await;
    assert_eq!(day.texts("nav.crumbs li"), ["The team", "Tea"]);
    let title = "Tea - 2026-11-22";
    assert!(day.text("title").starts_with(title), "{}", day.text("title"));
    assert_eq!(day.text("nav.tree a[aria-current=page]"), title);
    let page = w.visit("carol", &format!("/pages/{}", w.tea)).await;
    assert_eq!(page.texts("nav.tree li[data-kind=transcript] a"), [title]);
    let to = w.get("carol", "/display/TEAM/Tea%20-%202026-11-22").await;
    assert_eq!(page.attributes("nav.tree li[data-kind=transcript] a", "href"), [to.location()]);
}

#[tokio::test]
async fn a_title_that_is_taken_gets_a_number() {
    let w = World::new().await;
    let taken = w.page("bob", "Tea - 2026-11-22", "by hand").await;
    w.post("bob", "hello").await;
    let day = w.transcript("carol", w.tea, "2026-11-22").await;
    assert_eq!(day.text("nav.tree a[aria-current=page]"), "Tea - 2026-11-22 (2)");
    assert_eq!(w.get("carol", &format!("/pages/{taken}")).await.text(".body"), "by hand");
}

#[tokio::test]
async fn a_new_name_of_the_room_shows_on_days_to_come() {
    let w = World::new().await;
    w.post("bob", "hello").await;
    w.edit("bob", w.tea, "Tea", "{chat:Coffee}").await;
    w.post("bob", "still the same day").await;
    w.pass(24 * 60);
    w.post("bob", "tomorrow").await;
    let day = w.transcript("carol", w.tea, "2026-11-23").await;
    assert_eq!(
        day.texts("nav.tree li[data-kind=transcript] a"),
        ["Coffee - 2026-11-23", "Tea - 2026-11-22"]
    );
}

#[tokio::test]
async fn what_is_no_day_or_a_quiet_one_is_not_found() {
    let w = World::new().await;
    w.post("bob", "hello").await;
    for odd in ["2026-11-21", "2026-11-23", "2026-02-30", "x", "99999999-01-01", "2026-11-22x"] {
        let path = format!("/rooms/{}/transcripts/{odd}", w.tea);
        assert_eq!(w.get("carol", &path).await.status, 404, "{odd}");
        assert_eq!(w.get(NOBODY, &path).await.status, 303, "{odd}");
    }
}

#[tokio::test]
async fn a_day_begins_at_midnight_in_the_room_s_zone() {
    let w = World::with(|config| config.zone = "Europe/Berlin".into()).await;
    let room = w.page("bob", "Berlin", "{chat}").await;
    w.set_clock("2026-11-22T22:59:59.999Z");
    w.post_in(room, "bob", "late").await;
    w.set_clock("2026-11-22T23:00:00Z");
    w.post_in(room, "bob", "early").await;
    assert_eq!(w.transcript("bob", room, "2026-11-22").await.said(), ["late"]);
    let early = w.transcript("bob", room, "2026-11-23").await;
    assert_eq!(early.said(), ["early"]);
    assert_eq!(early.text("li time[title]"), "00:00");
    assert_eq!(early.attributes("li time[title]", "datetime"), ["2026-11-22T23:00:00Z"]);
}

#[tokio::test]
async fn the_days_of_23_and_of_25_hours_are_whole() {
    let w = World::with(|config| config.zone = "Europe/Berlin".into()).await;
    w.set_clock("2026-03-28T12:00:00Z");
    let room = w.page("bob", "Berlin", "{chat}").await;
    for (day, length, first, last) in [
        ("2026-03-29", 23, "2026-03-28T23:00:00Z", "2026-03-29T21:59:59Z"),
        ("2026-10-25", 25, "2026-10-24T22:00:00Z", "2026-10-25T22:59:59Z"),
    ] {
        w.set_clock(first);
        w.app.clock.set(w.app.clock.now() - jiff::SignedDuration::from_secs(1));
        w.post_in(room, "bob", "the day before").await;
        w.set_clock(first);
        for hour in 0..length {
            w.post_in(room, "bob", &hour.to_string()).await;
            w.pass(60);
        }
        w.set_clock(last);
        w.post_in(room, "bob", "last").await;
        w.pass(1);
        w.post_in(room, "bob", "the day after").await;
        let mut all: Vec<_> = (0..length).map(|hour| hour.to_string()).collect();
        all.push("last".into());
        assert_eq!(w.transcript("bob", room, day).await.said(), all, "{day}");
    }
}

#[tokio::test]
async fn the_hour_that_comes_twice_is_in_order() {
    let w = World::with(|config| config.zone = "Europe/Berlin".into()).await;
    w.set_clock("2026-10-25T00:30:00Z");
    let room = w.page("bob", "Berlin", "{chat}").await;
    w.post_in(room, "bob", "first").await;
    w.pass(60);
    w.post_in(room, "bob", "second").await;
    let day = w.transcript("bob", room, "2026-10-25").await;
    assert_eq!(day.said(), ["first", "second"]);
    assert_eq!(day.texts("li time[title]"), ["02:30", "02:30"]);
}

#[tokio::test]
async fn previous_and_next_skip_quiet_days() {
    let w = World::new().await;
    w.post("bob", "one").await;
    w.pass(3 * 24 * 60);
    w.post("bob", "two").await;
    w.pass(10 * 24 * 60);
    w.post("bob", "three").await;
    let link = |day: &str| format!("/rooms/{}/transcripts/{day}", w.tea);
    let links = async |day| {
        let page = w.transcript("carol", w.tea, day).await;
        let mut links = page.attributes("nav.days a[rel=prev]", "href");
        links.extend(page.attributes("nav.days a[rel=next]", "href"));
        links.dedup();
        links
    };
    assert_eq!(links("2026-11-22").await, [link("2026-11-25")]);
    assert_eq!(links("2026-11-25").await, [link("2026-11-22"), link("2026-12-05")]);
    assert_eq!(links("2026-12-05").await, [link("2026-11-25")]);
}

#[tokio::test]
async fn a_conversation_looks_as_it_did_in_the_room() {
    let w = World::new().await;
    w.post("bob", "one *strong* [Tea] :)").await;
    w.post("bob", "two\nlines").await;
    let removed = w.post("alice", "three").await;
    w.post("robo", "/me beeps").await;
    w.remove("alice", removed).await;
    let (window, day) = (w.window("carol").await, w.transcript("carol", w.tea, "2026-11-22").await);
    assert_eq!(window.said().len(), 4);
    for mid in window.mids() {
        assert_eq!(window.source(&format!("li#m{mid}")), day.source(&format!("li#m{mid}")));
    }
}

#[tokio::test]
async fn the_room_s_own_page_decides_who_may_read_its_days() {
    let w = World::new().await;
    let room = w.page("bob", "Plans", "{chat}").await;
    w.post_in(room, "bob", "hello").await;
    let day = w.get("carol", &format!("/rooms/{room}/transcripts/2026-11-22")).await.location();
    assert_eq!(w.get("carol", &day).await.status, 200);
    w.restrict("bob", room, "view", "bob").await;
    assert_eq!(w.get("carol", &day).await.status, 404);
    assert_eq!(w.get("carol", "/display/TEAM/Plans%20-%202026-11-22").await.status, 404);
    assert_eq!(w.get("bob", &day).await.status, 200);
    // Wherever the tree says that it stands, even beside its room.
    let id: i64 = day.strip_prefix("/pages/").unwrap().parse().unwrap();
    let astray = "update page set parent = null where id = ?1";
    w.app.store.write(move |tx| Ok(tx.execute(astray, [id])?)).await.unwrap();
    assert_eq!(w.get("carol", &day).await.status, 404);
    assert_eq!(w.get("bob", &day).await.status, 200);
    let tree = async |who| {
        let shown = w.visit(who, &format!("/pages/{}", w.tea)).await;
        shown.texts("nav.tree li a")
    };
    assert!(!tree("carol").await.iter().any(|title| title.contains("Plans")));
    assert!(w.get("carol", "/search?q=hello").await.texts("ol.hits li[data-hit]").is_empty());
    assert_eq!(w.get("bob", "/search?q=hello").await.texts("ol.hits li[data-hit]").len(), 1);
}

#[tokio::test]
async fn the_page_of_a_day_cannot_be_locked_away_for_ever() {
    let w = World::new().await;
    w.post("bob", "hello").await;
    let day = w.get("carol", &format!("/rooms/{}/transcripts/2026-11-22", w.tea)).await.location();
    let id: i64 = day.strip_prefix("/pages/").unwrap().parse().unwrap();
    let path = format!("{day}/restrictions");
    w.restrict("bob", id, "view", "bob").await;
    for who in ["alice", "carol"] {
        assert_eq!(w.get(who, &day).await.status, 404, "{who}");
        assert_eq!(w.window(who).await.said(), ["hello"], "the room shows what was said");
    }
    // Who administers need not see it to give it back; nobody else may even ask.
    assert_eq!(w.get("carol", &path).await.status, 404);
    assert_eq!(w.get("mallory", &path).await.status, 404);
    assert_eq!(w.visit("alice", &path).await.value("input#view"), "bob");
    w.restrict("alice", id, "view", "").await;
    for who in ["alice", "carol"] {
        assert_eq!(w.get(who, &day).await.status, 200, "{who}");
    }
}

#[tokio::test]
async fn days_go_with_their_room_into_the_trash_and_back() {
    let w = World::new().await;
    w.post("bob", "hello").await;
    let day = w.get("carol", &format!("/rooms/{}/transcripts/2026-11-22", w.tea)).await.location();
    w.form("bob", &format!("/pages/{}/trash", w.tea), &[]).await;
    assert_eq!(w.get("carol", &day).await.status, 404);
    w.form("bob", &format!("/pages/{}/restore", w.tea), &[]).await;
    assert_eq!(w.get("carol", &day).await.said(), ["hello"]);
}

#[tokio::test]
async fn nobody_edits_moves_or_trashes_a_conversation() {
    let w = World::new().await;
    w.post("bob", "hello").await;
    let day = w.get("bob", &format!("/rooms/{}/transcripts/2026-11-22", w.tea)).await.location();
    let top = w.page("bob", "Top", "").await.to_string();
    for who in ["alice", "bob"] {
        assert_eq!(w.form(who, &format!("{day}/trash"), &[]).await.status, 403, "{who}");
        let moved = w.form(who, &format!("{day}/move"), &[("parent", &top)]).await;
        assert_eq!(moved.status, 403, "{who}");
    }
    // What can be written there are notes, beside it.
    let edit = [("title", "Mine"), ("body", "mine"), ("version", "1")];
    assert_eq!(w.form("bob", &day, &edit).await.status, 303);
    let page = w.get("carol", &day).await;
    assert_eq!((page.said(), page.text(".notes .body").as_str()), (vec!["hello".into()], "mine"));
    assert!(page.text("h1").starts_with("Tea "));
}

#[tokio::test]
async fn no_page_can_be_put_below_a_day() {
    let w = World::new().await;
    w.post("bob", "hello").await;
    let day = w.get("bob", &format!("/rooms/{}/transcripts/2026-11-22", w.tea)).await.location();
    let day = day.strip_prefix("/pages/").unwrap().to_owned();
    let page = w.page("bob", "Top", "").await;
    let moved = w.form("bob", &format!("/pages/{page}/move"), &[("parent", &day)]).await;
    assert_eq!(moved.status, 422);
    let fields = [("space", "TEAM"), ("parent", &day), ("title", "New"), ("body", "")];
    assert_eq!(w.form("bob", "/pages", &fields).await.status, 422);
}

#[tokio::test]
async fn today_s_page_keeps_up_and_a_past_day_s_stands_still() {
    let w = World::new().await;
    w.post("bob", "hello").await;
    let asks = "div.conversation[hx-get][hx-trigger]";
    assert!(w.transcript("carol", w.tea, "2026-11-22").await.has(asks));
    w.pass(24 * 60);
    assert!(!w.transcript("carol", w.tea, "2026-11-22").await.has(asks));
}

#[tokio::test]
async fn a_day_of_which_everything_was_removed_says_so() {
    let w = World::new().await;
    let mid = w.post("bob", "hello").await;
    w.remove("bob", mid).await;
    let day = w.transcript("carol", w.tea, "2026-11-22").await;
    assert_eq!(day.text("p.hint:not([id]):last-of-type"), "Every message of this day was removed.");
    assert!(day.has("h2.day"));
}

#[tokio::test]
async fn the_panel_hears_of_a_new_day() {
    let w = World::new().await;
    let mut carol = w.listen("carol").await;
    w.post("bob", "hello").await;
    loop {
        let frame = carol.frame().await;
        if frame.is_panel() && frame.has("[hx-target='#transcripts'] time") {
            break;
        }
    }
}
