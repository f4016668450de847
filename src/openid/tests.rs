//! What a provider may name, and what is read of its claims.

use serde_json::json;

use super::*;
use crate::config::{Asked, Config, Followed, Secret, Settings};

fn set(issuer: &str) -> OpenId {
    OpenId {
        issuer: issuer.into(),
        address: Url::parse(issuer).unwrap(),
        site: Url::parse("https://chat.test").unwrap(),
        client: "chat".into(),
        secret: Some(Secret::from("s")),
        scopes: "openid".into(),
        name_claim: "preferred_username".into(),
        display_claim: "name".into(),
        groups_claim: "realm_access.roles".into(),
        groups: vec![
            Followed { claimed: "crew".into(), group: "crew".into() },
            Followed { claimed: "/org/board".into(), group: "board".into() },
        ],
        label: "ID".into(),
    }
}

#[test]
fn only_what_the_operator_named_may_be_near() {
    let provider = Provider::new(set("https://id.example.org/realm")).unwrap();
    let reach = |address: &str| provider.place(address).map(|(_, reach)| reach);
    assert_eq!(reach("https://id.example.org/token"), Some(Reach::Any));
    assert_eq!(reach("https://id.example.org:8443/token"), Some(Reach::Any));
    assert_eq!(reach("https://api.example.org/token"), Some(Reach::Public));
    assert_eq!(reach("https://127.0.0.1/token"), Some(Reach::Public));
    for odd in [
        "http://id.example.org/token",
        "http://127.0.0.1/token",
        "file:///etc/passwd",
        "https://me@id.example.org/token",
        "/token",
        "",
    ] {
        assert_eq!(reach(odd), None, "{odd}");
    }
    let here = Provider::new(set("http://127.0.0.1:9")).unwrap();
    let reach = |address: &str| here.place(address).map(|(_, reach)| reach);
    assert_eq!(reach("http://127.0.0.1:9/token"), Some(Reach::Local));
    assert_eq!(reach("http://10.0.0.1/token"), None);
    assert_eq!(reach("https://example.org/token"), None);
}

#[test]
fn claims_are_found_in_the_token_and_beside_it_and_no_other_group_counts() {
    let provider = Provider::new(set("https://id.example.org")).unwrap();
    let object = |value: Value| value.as_object().cloned().unwrap();
    let claims = object(json!({ "sub": "7", "name": "Ann" }));
    assert!(provider.lacks(&claims));
    let more = object(json!({ "name": "Bea", "preferred_username": "ann",
        "realm_access": { "roles": ["crew", "/org/board", "admins", 7] } }));
    let person = provider.read(&claims, &more);
    assert_eq!((person.name.as_str(), person.display.as_str()), ("ann", "Ann"));
    assert_eq!(person.groups, ["crew", "board"]);
    let odd = object(json!({ "sub": "7", "name": 1, "preferred_username": null,
        "realm_access": "crew" }));
    let person = provider.read(&odd, &Claims::new());
    assert_eq!((person.name.as_str(), person.groups.len()), ("", 0));
}

#[test]
fn nothing_is_set_without_an_issuer() {
    let settings = Settings::merge(Asked::default(), Asked::default(), |_| None);
    assert!(Config::checked(&settings).unwrap().openid.is_none());
}
