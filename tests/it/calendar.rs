//! A month of a room at a glance.

use crate::world::{NOBODY, World, get};

fn path(w: &World, month: &str) -> String {
    format!("/rooms/{}/calendar{month}", w.tea)
}

#[tokio::test]
async fn a_month_shows_how_much_was_said_on_each_day() {
    let w = World::new().await;
    w.set_clock("2026-09-30T12:00:00Z");
    w.post("bob", "one").await;
    w.set_clock("2026-11-02T12:00:00Z");
    for n in 0..12 {
        w.post("bob", &format!("line {n}")).await;
    }
    w.set_clock("2026-11-29T12:00:00Z");
    let gone = w.post("bob", "gone").await;
    w.post("bob", "stays").await;
    w.remove("bob", gone).await;
    // Without a month: that of the latest day.
    let month = w.visit("carol", &path(&w, "")).await;
    assert_eq!(month.texts(".months strong"), ["November 2026"]);
    assert_eq!(month.texts(".month td a"), ["2", "29"]);
    assert_eq!(month.texts(".month td[data-level='2'] a"), ["2"]);
    assert!(month.body.contains("Monday, 2 November 2026, 12 messages"), "{}", month.body);
    assert!(month.body.contains("Sunday, 29 November 2026, 1 message"), "{}", month.body);
    assert_eq!(month.texts(".month tbody tr").len(), 6, "Sunday the first to Monday the 30th");
    let days: Vec<String> =
        month.texts(".month td").into_iter().filter(|day| !day.is_empty()).collect();
    assert_eq!(days, (1..=30).map(|day| day.to_string()).collect::<Vec<_>>());
    // The month before is the one with something in it; after it there is none.
    assert!(month.has("a[href$='?month=2026-09']"), "{}", month.body);
    assert!(!month.has("a[href$='?month=2026-12']"), "{}", month.body);
    let before = w.visit("carol", &path(&w, "?month=2026-09")).await;
    assert_eq!(before.texts(".month td a"), ["30"]);
    assert!(before.has("a[href$='?month=2026-11']"), "{}", before.body);
}

#[tokio::test]
async fn the_panel_gets_the_month_alone() {
    let w = World::new().await;
    w.post("bob", "hello").await;
    let part = w.ask(get(&path(&w, "?month=2026-11")).by("carol").htmx()).await;
    assert_eq!(part.status, 200);
    assert!(part.body.starts_with("<nav"), "{}", part.body);
    assert!(w.visit("carol", &path(&w, "")).await.has("h1"));
}

#[tokio::test]
async fn a_month_is_seen_by_who_sees_the_room() {
    let w = World::new().await;
    assert_eq!(w.visit("carol", &path(&w, "")).await.status, 200);
    assert_eq!(w.visit("mallory", &path(&w, "")).await.status, 404);
    assert_eq!(w.visit(NOBODY, &path(&w, "")).await.status, 303);
    for odd in ["2026", "2026-13", "2026-11-01", "x", "-026-11", "2026-1"] {
        let answer = w.visit("carol", &path(&w, &format!("?month={odd}"))).await;
        assert_eq!(answer.status, 422, "{odd}");
    }
    for far in ["0000-01", "9999-12"] {
        let answer = w.visit("carol", &path(&w, &format!("?month={far}"))).await;
        assert_eq!(answer.status, 200, "{far}");
    }
}

#[tokio::test]
async fn the_notation_is_shown_beside_what_it_gives() {
    let w = World::new().await;
    let help = w.visit(NOBODY, "/help/formatting").await;
    assert_eq!(help.status, 200);
    assert!(help.body.contains("<strong>strong</strong>"), "{}", help.body);
    let window = w.window("carol").await;
    assert!(window.has("a[href='/help/formatting']") && window.has("#panel a[href='/help']"));
}
