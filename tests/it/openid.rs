//! Log-in by a provider of OpenID Connect: a certified one, and one that says what it likes.

mod certified;
pub mod hostile;
mod linking;
mod real;
mod refusals;

use backchannel::config::{Followed, OpenId, Secret};
use backchannel::mandate::Mandate;
use backchannel::{roster, session};
use jiff::Timestamp;
use serde_json::{Value, json};
use url::Url;

use crate::world::{Answer, NOBODY, World, get, post};
use hostile::{CLIENT, encode};

const SITE: &str = "http://chat.localhost/";
/// In everything that a provider or a browser says.
const CANARY: &str = "canary";

fn set(issuer: &str) -> OpenId {
    OpenId {
        issuer: issuer.into(),
        address: Url::parse(issuer).unwrap(),
        site: Url::parse(SITE).unwrap(),
        client: CLIENT.into(),
        secret: Some(Secret::from("a secret: 100% + more")),
        scopes: "openid profile groups".into(),
        name_claim: "preferred_username".into(),
        display_claim: "name".into(),
        groups_claim: "groups".into(),
        groups: ["crew", "board"]
            .map(|name| Followed { claimed: name.into(), group: name.into() })
            .into(),
        label: "Example ID".into(),
    }
}

async fn world(issuer: &str) -> World {
    world_with(issuer, |_| {}).await
}

async fn world_with(issuer: &str, change: impl FnOnce(&mut OpenId)) -> World {
    let mut openid = set(issuer);
    change(&mut openid);
    let w = World::with(|config| {
        config.url = Some(Url::parse(SITE).unwrap());
        config.openid = Some(openid);
    })
    .await;
    // The certified provider lives in the present.
    w.app.clock.set(Timestamp::now());
    w
}

/// A browser that pressed the button.
struct Begun {
    way: Url,
    cookie: String,
}

impl Begun {
    async fn of(w: &World, next: &str) -> Self {
        let sent = w.ask(get(&format!("/login/oidc?next={next}")).browser()).await;
        assert_eq!(sent.status, 303, "{}", sent.body);
        let cookie = sent.cookie("oidc").expect("a cookie");
        Self { way: Url::parse(&sent.location()).unwrap(), cookie }
    }

    fn told(&self, name: &str) -> String {
        let found = self.way.query_pairs().find(|(key, _)| key == name);
        found.unwrap_or_else(|| panic!("no {name} in {}", self.way)).1.into_owned()
    }

    /// Back from there, with these in the address.
    async fn back(&self, w: &World, fields: &[(&str, &str)]) -> Answer {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let query = query.extend_pairs(fields).finish();
        self.back_to(w, &format!("/login/oidc/callback?{query}")).await
    }

    async fn back_to(&self, w: &World, path: &str) -> Answer {
        let cookie = format!("oidc={}", self.cookie);
        w.ask(get(path).browser().header("cookie", &cookie)).await
    }

    /// Back with a code, as if all were well.
    async fn back_well(&self, w: &World) -> Answer {
        self.back(w, &[("state", &self.told("state")), ("code", "canary-code")]).await
    }
}

/// What somebody sees who has this session.
async fn see(w: &World, opened: &Answer, path: &str) -> Answer {
    let cookie = format!("sid={}", opened.cookie("sid").expect("a session"));
    w.ask(get(path).browser().header("cookie", &cookie)).await
}

/// Who that is.
async fn name_of(w: &World, opened: &Answer) -> String {
    let token = opened.cookie("sid").unwrap_or_else(|| panic!("{} {}", opened.status, opened.body));
    let viewer = session::viewer(&w.app, &token).await.unwrap();
    viewer.account().unwrap().name.clone()
}

async fn groups_of(w: &World, name: &str) -> String {
    roster::show(&w.app, &Mandate::operator(), name).await.unwrap().groups
}

/// Nobody came in, and was told so in a page.
fn refused(answer: &Answer, status: u16, told: &str) {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert!(answer.text("[role=alert]").contains(told), "{}", answer.body);
    assert!(answer.cookie("sid").is_none() && !answer.body.contains(CANARY), "{}", answer.body);
    assert!(answer.has("form[action='/login']"), "the password is still a way");
}

fn claims(provider: &hostile::Provider, w: &World, nonce: &str) -> Value {
    let now = w.app.clock.now().as_second();
    json!({ "iss": provider.issuer, "aud": CLIENT, "sub": "canary-7", "nonce": nonce, "iat": now,
            "exp": now + 300, "name": "Dora", "preferred_username": "dora", "groups": ["crew"] })
}

pub fn head() -> Value {
    json!({ "alg": "ES256", "kid": "k" })
}

/// Somebody logs in at a provider that says this of them.
async fn come(w: &World, provider: &hostile::Provider, change: impl Fn(&mut Value)) -> Answer {
    let begun = Begun::of(w, "/").await;
    let mut claims = claims(provider, w, &begun.told("nonce"));
    change(&mut claims);
    provider.gives(&provider.key.token(&head(), &claims));
    begun.back_well(w).await
}

#[tokio::test]
async fn it_leads_to_own_paths_alone_and_the_cookie_is_this_host_s() {
    let provider = hostile::Provider::open().await;
    let w = world(&provider.issuer).await;
    for (next, leads) in [
        ("/rooms/1%3Fx%3D1", "/rooms/1?x=1"),
        ("//evil.example", "/"),
        ("/%5Cevil.example", "/"),
        ("https://evil.example", "/"),
        ("/a%0d%0ab", "/"),
    ] {
        let begun = Begun::of(&w, next).await;
        provider.gives(&provider.key.token(&head(), &claims(&provider, &w, &begun.told("nonce"))));
        assert_eq!(begun.back_well(&w).await.location(), leads, "{next}");
    }
    // Whoever writes the cookie themselves is led no further.
    let begun = Begun::of(&w, "/").await;
    let mut parts: Vec<&str> = begun.cookie.split('.').collect();
    let elsewhere = encode("//evil.example");
    parts[2] = &elsewhere;
    let begun = Begun { way: begun.way.clone(), cookie: parts.join(".") };
    provider.gives(&provider.key.token(&head(), &claims(&provider, &w, &begun.told("nonce"))));
    assert_eq!(begun.back_well(&w).await.location(), "/");

    let openid = OpenId { site: Url::parse("https://chat.test").unwrap(), ..set(&provider.issuer) };
    let w = World::with(|config| {
        config.url = Some(Url::parse("https://chat.test").unwrap());
        config.openid = Some(openid);
    })
    .await;
    let sent = w.ask(get("/login/oidc").browser()).await;
    let cookie = sent.header("set-cookie");
    assert!(cookie.starts_with("__Host-oidc="), "{cookie}");
    for part in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/"] {
        assert!(cookie.contains(part), "{part} in {cookie}");
    }
    let way = Url::parse(&sent.location()).unwrap();
    let told: std::collections::HashMap<_, _> = way.query_pairs().collect();
    assert_eq!(told["redirect_uri"], "https://chat.test/login/oidc/callback");
    assert_eq!((&*told["kind"], &*told["response_type"]), ("chat", "code"));
    assert!(!sent.location().contains(cookie.split('.').nth(1).unwrap()), "the secret stays");
}

#[tokio::test]
async fn nobody_takes_over_an_account_by_its_name() {
    let provider = hostile::Provider::open().await;
    let w = world(&provider.issuer).await;
    let named = |subject: &'static str, name: &'static str| {
        move |claims: &mut Value| {
            claims["sub"] = json!(subject);
            claims["preferred_username"] = json!(name);
            claims["email"] = json!("bob@example.org");
        }
    };
    for (subject, name, made) in [
        ("1", "bob", "bob-2"),
        ("2", "b\u{3bf}b", "b\u{3bf}b-3"),
        ("3", "BOB@example.org", "BOB-4"),
        ("4", "everyone", "everyone-2"),
        ("5", "<b>", "b"),
        ("1", "carol", "bob-2"),
    ] {
        let opened = come(&w, &provider, named(subject, name)).await;
        assert_eq!(name_of(&w, &opened).await, made, "{name}");
        assert_eq!(see(&w, &opened, "/admin").await.status, 404);
    }
    assert_eq!(w.visit("bob", "/settings").await.status, 200);
    // By a password nobody gets in, as long as there is none.
    let form = [("name", "bob-2"), ("password", "")];
    assert_eq!(w.ask(post("/login").form(&form)).await.status, 401);
    // What was done is told to who administers.
    let told = w.get("alice", "/admin/audit").await.body;
    assert!(told.contains("logged in by the provider for the first time"), "{told}");
}

#[tokio::test]
async fn who_is_shut_out_here_stays_out() {
    let provider = hostile::Provider::open().await;
    let w = world(&provider.issuer).await;
    let opened = come(&w, &provider, |_| {}).await;
    assert_eq!(name_of(&w, &opened).await, "dora");
    roster::disable(&w.app, &Mandate::operator(), "dora").await.unwrap();
    assert_eq!(see(&w, &opened, "/settings").await.status, 303, "the session is gone");
    refused(&come(&w, &provider, |_| {}).await, 403, "not let in any more");
    roster::enable(&w.app, &Mandate::operator(), "dora").await.unwrap();
    assert_eq!(come(&w, &provider, |_| {}).await.status, 303);
}

#[tokio::test]
async fn groups_of_the_claim_come_and_go_and_those_given_by_hand_stay() {
    let provider = hostile::Provider::open().await;
    let w = world(&provider.issuer).await;
    w.groups("carol", &["crew"]).await;
    let with = |groups: Value| move |claims: &mut Value| claims["groups"] = groups.clone();
    for (claimed, has) in [
        (json!(["crew", "board", "others"]), "board, crew"),
        (json!("crew"), "crew"),
        (json!(["others", 7, null]), ""),
        (json!({ "crew": true }), ""),
        (json!(["crew"]), "crew"),
    ] {
        come(&w, &provider, with(claimed.clone())).await;
        assert_eq!(groups_of(&w, "dora").await, has, "{claimed}");
    }
    // Somebody sets the members by hand: what was claimed is still the provider's to take.
    w.form("alice", "/admin/groups/crew", &[("members", "carol, dora")]).await;
    w.form("alice", "/admin/groups/board", &[("members", "dora")]).await;
    come(&w, &provider, with(json!([]))).await;
    assert_eq!(groups_of(&w, "dora").await, "board");
    assert_eq!(groups_of(&w, "carol").await, "crew");
    // Taken out by hand, and claimed again.
    come(&w, &provider, with(json!(["crew"]))).await;
    w.groups("dora", &[]).await;
    assert_eq!(groups_of(&w, "dora").await, "");
    come(&w, &provider, with(json!(["crew"]))).await;
    assert_eq!(groups_of(&w, "dora").await, "crew");
}

#[tokio::test]
async fn what_the_token_lacks_is_asked_for_and_told_of_nobody_else() {
    let provider = hostile::Provider::open().await;
    let w = world(&provider.issuer).await;
    let bare = |claims: &mut Value| {
        for name in ["name", "preferred_username", "groups"] {
            claims.as_object_mut().unwrap().remove(name);
        }
    };
    let mut more = json!({ "sub": "canary-7", "preferred_username": "erik", "groups": ["crew"] });
    provider.says("/userinfo", 200, &more);
    let opened = come(&w, &provider, bare).await;
    assert_eq!(name_of(&w, &opened).await, "erik");
    assert_eq!(groups_of(&w, "erik").await, "crew");
    let asked = provider.was_asked();
    let asked = asked.iter().find(|asked| asked.starts_with("GET /userinfo")).unwrap();
    assert!(asked.contains("authorization: Bearer canary-access\r\n"), "{asked}");
    more["sub"] = json!("somebody else");
    provider.says("/userinfo", 200, &more);
    refused(&come(&w, &provider, bare).await, 403, "cannot be trusted");
    provider.says("/userinfo", 500, &json!({}));
    refused(&come(&w, &provider, bare).await, 503, "does not answer");
    assert_eq!(groups_of(&w, "erik").await, "crew");
}

#[tokio::test]
async fn without_a_provider_there_is_no_way_to_it() {
    let w = World::new().await;
    assert!(!w.visit(NOBODY, "/login").await.has("a[href^='/login/oidc']"));
    for path in ["/login/oidc", "/login/oidc/callback?state=x&code=y"] {
        assert_eq!(w.visit(NOBODY, path).await.status, 404);
    }
}
