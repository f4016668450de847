//! Recent changes, watched pages, copies; and why somebody may see a page.

use crate::world::{Answer, NOBODY, World};

/// The titles in the list of changes, the latest first.
async fn changed(w: &World, who: &str, path: &str) -> Vec<String> {
    let answer = w.get(who, path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    answer.texts(".changes li .about > a")
}

#[tokio::test]
async fn changes_are_listed_as_far_as_one_may_see_them() {
    let w = World::new().await;
    w.pass(1);
    let plans = w.page("bob", "Plans", "one").await;
    w.pass(1);
    let secret = w.page("alice", "Secret", "x").await;
    w.pass(1);
    w.edit("alice", plans, "Plans for winter", "two").await;
    assert_eq!(
        changed(&w, "carol", "/changes").await,
        ["Plans for winter", "Secret", "Plans", "Tea"]
    );
    w.restrict("alice", secret, "view", "alice").await;
    assert_eq!(changed(&w, "carol", "/changes").await, ["Plans for winter", "Plans", "Tea"]);
    assert_eq!(changed(&w, "alice", "/changes?space=TEAM").await.len(), 4);
    // Whoever may not enter the space sees nothing of it, not even that it is there.
    assert!(changed(&w, "mallory", "/changes").await.is_empty());
    for key in ["TEAM", "NONE"] {
        assert_eq!(w.get("mallory", &format!("/changes?space={key}")).await.status, 404);
    }
    assert_eq!(w.get(NOBODY, "/changes").await.status, 303);
    assert_eq!(w.get("bob", "/changes?before=nonsense").await.status, 422);
    w.form("bob", &format!("/pages/{plans}/trash"), &[]).await;
    assert_eq!(changed(&w, "carol", "/changes").await, ["Tea"]);
}

#[tokio::test]
async fn a_long_list_goes_on_without_a_gap() {
    let w = World::new().await;
    for n in 0..60 {
        w.page("bob", &format!("Page {n:02}"), "").await;
    }
    let first = w.get("carol", "/changes").await;
    let older = first.attributes(".changes p > a.button", "href").remove(0);
    let mut titles = first.texts(".changes li .about > a");
    assert_eq!(titles.len(), 50);
    // What is saved meanwhile moves nothing.
    w.page("bob", "Another", "").await;
    titles.extend(changed(&w, "carol", &older).await);
    let expected: Vec<String> =
        (0..60).rev().map(|n| format!("Page {n:02}")).chain(["Tea".into()]).collect();
    assert_eq!(titles, expected);
}

#[tokio::test]
async fn what_is_hidden_leaves_no_trace_in_the_list_however_much_it_is() {
    let w = World::new().await;
    let secret = w.page("alice", "Secret", "x").await;
    w.restrict("alice", secret, "view", "alice").await;
    let many = "with recursive n (n) as (select 2 union all select n + 1 from n where n < 20000)
                insert into page_version (page, version, title, body, changed_at)
                select ?1, n, 'Secret', '', (select max(changed_at) from page_version) + n from n";
    w.app.store.write(move |tx| Ok(tx.execute(many, [secret])?)).await.unwrap();
    let older = |list: &Answer| list.attributes(".changes p > a.button", "href");
    // From the top, and from a place amid what is hidden.
    let amid = older(&w.get("alice", "/changes").await).remove(0);
    for path in ["/changes", &amid, "/changes?space=TEAM"] {
        let list = w.get("carol", path).await;
        assert_eq!(list.texts(".changes li .about > a"), ["Tea"], "{path}");
        assert!(older(&list).is_empty(), "{path}: {:?}", older(&list));
    }
}

#[tokio::test]
async fn who_watches_a_page_is_told_of_what_others_saved_until_they_look() {
    let w = World::new().await;
    let plans = w.page("bob", "Plans", "one").await;
    let news =
        async |who: &str| w.get(who, "/").await.texts("[aria-labelledby=watched] .about > a");
    let watch = format!("/pages/{plans}/watch");
    assert_eq!(w.form("carol", &watch, &[("watch", "yes")]).await.status, 303);
    assert_eq!(w.form("bob", &watch, &[("watch", "yes")]).await.status, 303);
    assert!(news("carol").await.is_empty());
    w.edit("bob", plans, "Plans", "two").await;
    w.edit("bob", plans, "Plans", "three").await;
    assert_eq!(news("carol").await, ["Plans"]);
    assert!(news("bob").await.is_empty(), "one is not told of what one saved oneself");
    let home = w.get("carol", "/").await;
    let difference = home.attributes("[aria-labelledby=watched] a.button", "href").remove(0);
    assert_eq!(difference, format!("/pages/{plans}/history/compare?from=1&to=3"));
    w.get("carol", &format!("/pages/{plans}")).await;
    assert!(news("carol").await.is_empty());
    // Without the right there is silence; without the watch too.
    w.edit("bob", plans, "Plans", "four").await;
    assert_eq!(news("carol").await, ["Plans"]);
    w.restrict("bob", plans, "view", "bob").await;
    assert!(news("carol").await.is_empty());
    w.restrict("bob", plans, "view", "").await;
    assert_eq!(news("carol").await, ["Plans"]);
    assert_eq!(w.form("carol", &watch, &[("watch", "no")]).await.status, 303);
    assert!(news("carol").await.is_empty());
}

#[tokio::test]
async fn news_of_pages_that_one_may_not_see_any_more_takes_no_place_of_what_one_may() {
    let w = World::new().await;
    w.page("bob", "Plans", "one").await;
    let board = w.page("bob", "Board", "").await;
    w.pass(1);
    for n in 0..110 {
        w.child("bob", board, &format!("Secret {n}"), "").await;
    }
    let watched = "insert into watch (account, page, seen, seen_file)
                   select account.id, page.id, 0, 0 from account, page
                   where account.name = 'carol' and (title = 'Plans' or title like 'Secret %')";
    w.app.store.write(move |tx| Ok(tx.execute(watched, [])?)).await.unwrap();
    let news = async || w.get("carol", "/").await.texts("[aria-labelledby=watched] .about > a");
    assert_eq!((news().await.len(), &*news().await[0]), (10, "Secret 109"));
    w.restrict("bob", board, "view", "bob").await;
    assert_eq!(news().await, ["Plans"]);
}

#[tokio::test]
async fn a_copied_page_has_a_new_and_empty_room() {
    let w = World::new().await;
    w.post("bob", "only in the first").await;
    let form = w.get("bob", &format!("/pages/new?copy={}", w.tea)).await;
    assert_eq!(form.status, 200);
    assert_eq!(form.value("#title"), "Copy of Tea");
    assert_eq!(form.texts("#body"), ["{chat:Tea}"]);
    let copy = w.page("bob", "Copy of Tea", "{chat:Tea}").await;
    assert_ne!(copy, w.tea);
    assert!(w.get("bob", &format!("/rooms/{copy}")).await.said().is_empty());
    assert_eq!(w.get("bob", &format!("/rooms/{}", w.tea)).await.said().len(), 1);
    // Nobody copies what they may not see.
    assert_eq!(w.get("mallory", &format!("/pages/new?copy={}", w.tea)).await.status, 404);
}

#[tokio::test]
async fn it_is_explained_why_somebody_may_see_a_page_or_not() {
    let w = World::new().await;
    w.groups("carol", &["staff"]).await;
    let above = w.page("alice", "Above", "").await;
    let below = w.child("alice", above, "Below", "{chat}").await;
    let verdicts = async |page: i64, name: &str| {
        let path = format!("/pages/{page}/restrictions?account={name}");
        let answer = w.get("alice", &path).await;
        assert_eq!(answer.status, 200);
        (answer.texts(".verdicts dt strong"), answer.texts(".verdicts dd"))
    };
    let (may, why) = verdicts(below, "bob").await;
    assert_eq!(may, ["Yes", "Yes", "Yes", "No"]);
    assert!(why[0].contains("The team") && why[0].contains("bob"), "{why:?}");
    let (may, why) = verdicts(below, "carol").await;
    assert_eq!(may, ["Yes", "No", "No", "No"], "{why:?}");
    assert_eq!(verdicts(below, "alice").await.0, ["Yes", "Yes", "Yes", "Yes"]);
    let (may, why) = verdicts(below, "mallory").await;
    assert_eq!(may, ["No", "No", "No", "No"]);
    assert!(why[0].contains("does not let this account"), "{why:?}");

    w.restrict("alice", above, "view", "alice, @staff").await;
    w.restrict("alice", below, "edit", "alice").await;
    let (may, why) = verdicts(below, "bob").await;
    assert_eq!(may, ["No", "No", "No", "No"]);
    assert!(why.iter().any(|why| why == "“Above” is restricted, and does not name this account."));
    let (may, why) = verdicts(below, "carol").await;
    assert_eq!(may[0], "Yes");
    assert!(why.iter().any(|why| why == "“Above” is restricted, and names @staff."), "{why:?}");
    // What is explained is what is so.
    let page = format!("/pages/{below}");
    assert_eq!(w.get("bob", &page).await.status, 404);
    assert_eq!(w.get("carol", &page).await.status, 200);
    assert!(
        w.get("alice", &format!("{page}/restrictions?account=nobody-here"))
            .await
            .body
            .contains("There is no account of this name.")
    );
    // Only to who may say who sees the page.
    assert_eq!(w.get("carol", &format!("{page}/restrictions?account=bob")).await.status, 403);
}
