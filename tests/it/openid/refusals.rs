//! What nobody is let in by: forged tokens, ways back that are somebody else's, providers that fail.

use serde_json::json;
use url::Url;

use super::hostile::{self, CLIENT, SigningKey, encode};
use super::{Begun, CANARY, claims, come, head, refused, world};
use crate::process;
use crate::world::{NOBODY, PASSWORD, get};

#[tokio::test]
async fn no_token_is_believed_that_is_forged_or_old_or_for_somebody_else() {
    let provider = hostile::Provider::open().await;
    let w = world(&provider.issuer).await;
    let now = w.app.clock.now().as_second();
    assert_eq!(come(&w, &provider, |_| {}).await.status, 303, "a good one would do");
    for (name, value) in [
        ("iss", json!("https://evil.example")),
        ("aud", json!("somebody else")),
        ("azp", json!("somebody else")),
        ("exp", json!(now - 61)),
        ("iat", json!(now + 3600)),
        ("nonce", json!("another")),
        ("nonce", json!(null)),
        ("sub", json!(null)),
    ] {
        let answer = come(&w, &provider, |claims| claims[name] = value.clone()).await;
        refused(&answer, 403, "cannot be trusted");
    }
    let public = provider.key.published()["x"].as_str().unwrap().to_owned();
    for (head, signed_by) in [
        (json!({ "alg": "none" }), None),
        (json!({ "alg": "HS256", "kid": "k" }), Some(public)),
        (json!({ "alg": "RS256", "kid": "k" }), Some("x".into())),
    ] {
        let begun = Begun::of(&w, "/").await;
        let claims = claims(&provider, &w, &begun.told("nonce"));
        let signed = format!("{}.{}", encode(head.to_string()), encode(claims.to_string()));
        let signature = signed_by.map(|by: String| {
            let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, by.as_bytes());
            encode(ring::hmac::sign(&key, signed.as_bytes()))
        });
        provider.gives(&format!("{signed}.{}", signature.unwrap_or_default()));
        refused(&begun.back_well(&w).await, 403, "cannot be trusted");
    }
    let other = SigningKey::new();
    for named in ["k", "new"] {
        let begun = Begun::of(&w, "/").await;
        let claims = claims(&provider, &w, &begun.told("nonce"));
        let mut head = json!({ "alg": "ES256", "kid": named });
        head["jwk"] = other.published();
        provider.gives(&other.token(&head, &claims));
        refused(&begun.back_well(&w).await, 403, "cannot be trusted");
    }
    for junk in ["", "a.b.c", &"x".repeat(100_000)] {
        let begun = Begun::of(&w, "/").await;
        provider.gives(junk);
        refused(&begun.back_well(&w).await, 403, "cannot be trusted");
    }
}

#[tokio::test]
async fn a_way_back_is_taken_once_in_time_by_the_browser_that_went() {
    let provider = hostile::Provider::open().await;
    let w = world(&provider.issuer).await;
    let give = |begun: &Begun| {
        let claims = claims(&provider, &w, &begun.told("nonce"));
        provider.gives(&provider.key.token(&head(), &claims));
    };
    let (one, other) = (Begun::of(&w, "/").await, Begun::of(&w, "/").await);
    provider.was_asked();
    for state in ["", "canary", &other.told("state")] {
        refused(&one.back(&w, &[("state", state), ("code", "c")]).await, 403, "Begin again");
    }
    let bare = format!("/login/oidc/callback?state={}&code=c", one.told("state"));
    refused(&w.visit(NOBODY, &bare).await, 403, "Begin again");
    for odd in ["x", "1.2.3", "....."] {
        let ask = get(&bare).browser().header("cookie", &format!("oidc={odd}"));
        refused(&w.ask(ask).await, 403, "Begin again");
    }
    refused(&one.back(&w, &[("state", &one.told("state"))]).await, 403, "Begin again");
    assert_eq!(provider.was_asked(), [""; 0], "nothing of that was worth a question");

    // The provider takes every code, also twice; here it is enough once.
    give(&one);
    let asked = one.back_well(&w).await;
    assert_eq!((asked.status, asked.location().as_str()), (303, "/"));
    let gone = asked.headers.get_all("set-cookie").iter();
    let gone: Vec<_> = gone.filter_map(|line| line.to_str().ok()).collect();
    assert!(gone.iter().any(|line| line.starts_with("oidc=;")), "{gone:?}");
    refused(&one.back_well(&w).await, 403, "was used already");
    let verifier = provider.was_asked().into_iter().find(|asked| asked.starts_with("POST /token"));
    assert!(verifier.unwrap().contains("code_verifier="));

    w.pass(11);
    give(&other);
    refused(&other.back_well(&w).await, 403, "took too long");
    // Of another issuer, who says so.
    let begun = Begun::of(&w, "/").await;
    give(&begun);
    let state = begun.told("state");
    let iss = [("state", state.as_str()), ("code", "c"), ("iss", "https://evil.example")];
    refused(&begun.back(&w, &iss).await, 403, "cannot be trusted");
    for (error, told) in [
        ("access_denied", "broken off"),
        ("server_error", "let nobody in"),
        ("canary <b>", "let nobody in"),
    ] {
        refused(&begun.back(&w, &[("state", &state), ("error", error)]).await, 403, told);
    }
}

#[tokio::test]
async fn a_provider_that_fails_is_told_in_a_page_and_only_its_own_places_are_asked() {
    let provider = hostile::Provider::open().await;
    let elsewhere = hostile::Provider::open().await;
    let place = "/.well-known/openid-configuration";
    let other = |name: &str, address: String| json!({ name: address });
    let moved = format!("HTTP/1.1 302 There\r\nlocation: {}/\r\n\r\n", elsewhere.issuer);
    let moved = moved.as_str();
    let endless = "HTTP/1.1 200 OK\r\ncontent-length: 9000000\r\n\r\n".to_owned();
    let long = format!("{endless}{}", "x".repeat(300 << 10));
    // Before the way: what it says of itself.
    for (raw, status) in [
        ("HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n", 503),
        ("HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n", 403),
        ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}", 403),
        ("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ncana", 403),
        ("nonsense\r\n\r\n", 503),
        (moved, 403),
        (long.as_str(), 503),
        // Silence: as long as it is waited for.
        ("", 503),
    ] {
        provider.says_raw(place, raw);
        let w = world(&provider.issuer).await;
        let sent = w.ask(get("/login/oidc").browser()).await;
        refused(&sent, status, "");
        assert!(sent.cookie("oidc").is_none());
    }
    for about in [
        json!({ "issuer": format!("{}/", provider.issuer) }),
        json!({ "issuer": "https://evil.example" }),
        json!({ "code_challenge_methods_supported": ["plain"] }),
        other("authorization_endpoint", "http://evil.example/".into()),
        other("authorization_endpoint", "javascript:alert(1)".into()),
    ] {
        provider.says_of_itself(&about);
        let w = world(&provider.issuer).await;
        refused(&w.ask(get("/login/oidc").browser()).await, 403, "cannot be trusted");
    }
    // After it: where tokens and keys are.
    for about in [
        other(
            "token_endpoint",
            format!("{}/token", elsewhere.issuer.replace("127.0.0.1", "127.0.0.2")),
        ),
        other("token_endpoint", elsewhere.issuer.replace("127.0.0.1", "localhost")),
        other("jwks_uri", "file:///etc/passwd".into()),
        other("jwks_uri", "https://169.254.169.254/".into()),
    ] {
        provider.says_of_itself(&about);
        let w = world(&provider.issuer).await;
        refused(&come(&w, &provider, |_| {}).await, 403, "cannot be trusted");
    }
    provider.says_of_itself(&json!({}));
    for (path, raw, status) in [
        ("/token", "HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n", 503),
        ("/token", "HTTP/1.1 400 No\r\ncontent-length: 6\r\n\r\ncanary", 403),
        ("/token", moved, 403),
        ("/keys", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]", 403),
        ("/keys", moved, 403),
    ] {
        let w = world(&provider.issuer).await;
        let begun = Begun::of(&w, "/").await;
        let claims = claims(&provider, &w, &begun.told("nonce"));
        provider.gives(&provider.key.token(&head(), &claims));
        provider.says_raw(path, raw);
        refused(&begun.back_well(&w).await, status, "");
    }
    assert_eq!(elsewhere.was_asked(), [""; 0], "nobody else was asked");
    // Nobody there at all; in the language of who asks.
    let w = world("http://127.0.0.1:1").await;
    let ask = get("/login/oidc").browser().header("accept-language", "de");
    refused(&w.ask(ask).await, 503, "Der Anmeldedienst antwortet nicht.");
    let body = w.form(NOBODY, "/login", &[("name", "bob"), ("password", PASSWORD)]).await;
    assert_eq!(body.status, 303, "by their password people get in all the same");
}

#[tokio::test]
async fn the_log_says_why_nobody_was_let_in_and_nothing_of_theirs() {
    let provider = hostile::Provider::open().await;
    let surroundings = [
        ("BACKCHANNEL_URL", "http://localhost"),
        ("BACKCHANNEL_OPENID_ISSUER", &*provider.issuer),
        ("BACKCHANNEL_OPENID_CLIENT", CLIENT),
        ("BACKCHANNEL_OPENID_SECRET", "canary-secret"),
        ("BACKCHANNEL_LOG", "trace"),
    ];
    let surroundings = surroundings.map(|(name, value)| (name.into(), value.into())).to_vec();
    let server = process::Server::start_in(process::folder(), surroundings);
    let visitor = server.visitor();
    let answer = visitor.get("/login/oidc?next=/canary").await;
    assert_eq!(answer.status, 303);
    let way = Url::parse(&answer.location.unwrap()).unwrap();
    let state = way.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    for query in ["state=canary&code=canary", "error=canary&error_description=canary"] {
        let answer = visitor.get(&format!("/login/oidc/callback?{query}")).await;
        assert_eq!(answer.status, 403);
    }
    server.terminate();
    let log = std::fs::read_to_string(server.folder().join("log")).unwrap();
    assert!(log.contains("the provider let nobody in"), "{log}");
    for secret in [CANARY, &state] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}
