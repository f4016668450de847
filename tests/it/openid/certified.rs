//! Log-ins by a certified provider.

use backchannel::config::{OpenId, Secret};
use serde_json::json;

use super::real::{self, Does};
use super::{Begun, groups_of, name_of, refused, see, world, world_with};
use crate::world::NOBODY;

#[tokio::test]
async fn somebody_logs_in_by_a_certified_provider_and_is_the_same_ever_after() {
    if real::is_skipped() {
        return;
    }
    let mut provider = real::Provider::start();
    let w = world(&provider.issuer).await;
    w.groups("bob", &["board", "crew"]).await;
    w.rights("alice, @crew", "alice, @crew", "alice").await;
    let tea = format!("/rooms/{}", w.tea);
    provider.knows(
        "7",
        &json!({ "name": "Dora Example", "preferred_username": "dora",
                         "groups": ["crew", "admins"] }),
    );
    let page = w.visit(NOBODY, &format!("/login?next={tea}")).await;
    let button = page.attributes(".login a.button", "href");
    assert_eq!(button, [format!("/login/oidc?next={}", tea.replace('/', "%2F"))]);
    assert_eq!(page.text(".login a.button"), "Log in with Example ID");

    let begun = Begun::of(&w, &tea).await;
    assert_eq!(begun.told("code_challenge_method"), "S256");
    let home = real::go(begun.way.as_str(), "7", Does::LogsIn).await;
    assert_eq!(home.host_str(), Some("chat.localhost"));
    let back = &home[url::Position::BeforePath..];
    let opened = begun.back_to(&w, back).await;
    assert_eq!((opened.status, opened.location()), (303, tea.clone()), "{}", opened.body);
    let room = see(&w, &opened, &tea).await;
    assert_eq!(room.status, 200);
    assert_eq!(name_of(&w, &opened).await, "dora");
    assert_eq!(see(&w, &opened, "/accounts/dora").await.text("h1"), "Dora Example");
    // Only what is followed counts, and nobody gets to administer by a claim.
    assert_eq!(groups_of(&w, "dora").await, "crew");
    assert_eq!(see(&w, &opened, "/admin").await.status, 404);

    // The same way back leads nowhere a second time.
    refused(&begun.back_to(&w, back).await, 403, "was used already");

    // Another name there, other groups; here one more was given by hand.
    w.groups("dora", &["crew", "choir"]).await;
    provider.knows(
        "7",
        &json!({ "name": "Dora Married", "preferred_username": "alice",
                         "groups": ["board"] }),
    );
    let begun = Begun::of(&w, "/").await;
    let home = real::go(begun.way.as_str(), "7", Does::LogsIn).await;
    let opened = begun.back_to(&w, &home[url::Position::BeforePath..]).await;
    assert_eq!(name_of(&w, &opened).await, "dora");
    assert_eq!(groups_of(&w, "dora").await, "board, choir");
    assert_eq!(see(&w, &opened, &tea).await.status, 404);
    assert_eq!(groups_of(&w, "bob").await, "board, crew", "who was put there stays");
}

#[tokio::test]
async fn whoever_gives_up_at_a_certified_provider_is_told_so() {
    if real::is_skipped() {
        return;
    }
    let provider = real::Provider::start();
    let w = world(&provider.issuer).await;
    let begun = Begun::of(&w, "/").await;
    let home = real::go(begun.way.as_str(), "7", Does::GivesUp).await;
    let back = begun.back_to(&w, &home[url::Position::BeforePath..]).await;
    refused(&back, 403, "The log-in was broken off.");
}

#[tokio::test]
async fn a_client_without_a_secret_and_a_curve_will_do_at_a_certified_provider() {
    if real::is_skipped() {
        return;
    }
    let mut provider = real::Provider::start();
    let open = |set: &mut OpenId| {
        set.client = "open".into();
        set.secret = None;
    };
    let w = world_with(&provider.issuer, open).await;
    provider.knows("8", &json!({ "preferred_username": "erik@example.org" }));
    let begun = Begun::of(&w, "/").await;
    let home = real::go(begun.way.as_str(), "8", Does::LogsIn).await;
    let opened = begun.back_to(&w, &home[url::Position::BeforePath..]).await;
    assert_eq!(name_of(&w, &opened).await, "erik");
    // A wrong secret is the operator's affair, and a page for who wants in.
    let wrong = |set: &mut OpenId| set.secret = Some(Secret::from("wrong"));
    let w = world_with(&provider.issuer, wrong).await;
    let begun = Begun::of(&w, "/").await;
    let home = real::go(begun.way.as_str(), "8", Does::LogsIn).await;
    let back = begun.back_to(&w, &home[url::Position::BeforePath..]).await;
    refused(&back, 403, "The log-in service let nobody in.");
}
