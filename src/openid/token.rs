//! What a provider signed: an ID token (OpenID Connect Core, 2 and 3.1.3.7), in a JSON Web Token.
//!
//! **Invariants:** which signatures there are stands here and not in the token: none that is empty,
//! none by a secret that two know. Only the provider's own keys count, never one that a token brings
//! along or leads to. Nothing of a token is believed before its signature was found right.
//!
//! All of the cryptography is `ring`'s, which TLS needs in any case. `openidconnect` would bring two
//! hundred crates, which is more than there are, and a second stack of elliptic curves and RSA.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters, RsaPublicKeyComponents,
    UnparsedPublicKey, VerificationAlgorithm,
};
use serde_json::{Map, Value};

/// What a token says.
pub type Claims = Map<String, Value>;

/// How far the provider's clock may be from ours, in seconds.
const APART: i64 = 60;
/// Keys of a provider that are looked at.
const N_KEYS: usize = 100;
/// Characters of a subject at most (OpenID Connect Core, 2).
const LONGEST_SUBJECT: usize = 255;

/// A key of the provider.
#[derive(Clone, Debug)]
pub struct Key {
    id: Option<String>,
    algorithm: Option<String>,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256(Vec<u8>),
    P384(Vec<u8>),
    Ed25519(Vec<u8>),
}

/// What a token has to be.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// Whose it is.
    pub issuer: &'a str,
    /// For whom it is.
    pub client: &'a str,
    /// Of which log-in it is.
    pub nonce: &'a str,
    /// When it has to hold.
    pub now: Timestamp,
}

/// Why a token is worth nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// None of the keys fits: the provider may have new ones.
    Key,
    /// Something else.
    Token(&'static str),
}

/// The keys in what a provider publishes (RFC 7517), as far as they can be of use.
pub fn keys(published: &Value) -> Vec<Key> {
    let listed = published.get("keys").and_then(Value::as_array);
    listed.into_iter().flatten().take(N_KEYS).filter_map(key).collect()
}

fn key(listed: &Value) -> Option<Key> {
    let text = |name: &str| listed.get(name).and_then(Value::as_str);
    let bytes = |name: &str| URL_SAFE_NO_PAD.decode(text(name)?.trim_end_matches('=')).ok();
    if text("use").is_some_and(|usage| usage != "sig") {
        return None;
    }
    let point = || Some([&[4][..], &bytes("x")?, &bytes("y")?].concat());
    let kind = match (text("kty")?, text("crv")) {
        ("RSA", _) => Kind::Rsa { n: number(bytes("n")?), e: number(bytes("e")?) },
        ("EC", Some("P-256")) => Kind::P256(point()?),
        ("EC", Some("P-384")) => Kind::P384(point()?),
        ("OKP", Some("Ed25519")) => Kind::Ed25519(bytes("x")?),
        _ => return None,
    };
    let owned = |name: &str| text(name).map(str::to_owned);
    Some(Key { id: owned("kid"), algorithm: owned("alg"), kind })
}

/// Without zeros before it, which some write.
fn number(bytes: Vec<u8>) -> Vec<u8> {
    bytes.into_iter().skip_while(|byte| *byte == 0).collect()
}

/// What a token says, if it is signed by one of the keys and is for us, now.
pub fn verify(token: &str, keys: &[Key], expected: &Expected<'_>) -> Result<Claims, Wrong> {
    let (signed, signature) = token.rsplit_once('.').ok_or(NO_TOKEN)?;
    let (head, body) = signed.split_once('.').ok_or(NO_TOKEN)?;
    let head = object(head)?;
    if head.contains_key("crit") {
        return Err(Wrong::Token("the token demands what is not known here"));
    }
    let text = |name: &str| head.get(name).and_then(Value::as_str);
    let algorithm = text("alg").ok_or(NO_TOKEN)?;
    if !ALGORITHMS.contains(&algorithm) {
        return Err(Wrong::Token("the token is signed in a way that proves nothing"));
    }
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| NO_TOKEN)?;
    let named = text("kid");
    let mut fitting = keys.iter().filter(|key| {
        named.is_none_or(|named| key.id.as_deref() == Some(named))
            && key.algorithm.as_deref().is_none_or(|only| only == algorithm)
            && key.takes(algorithm)
    });
    let mut fits = false;
    if !fitting.any(|key| {
        fits = true;
        key.has_signed(algorithm, signed.as_bytes(), &signature)
    }) {
        let forged = Wrong::Token("the token's signature is wrong");
        return Err(if fits && named.is_some() { forged } else { Wrong::Key });
    }
    let claims = object(body)?;
    check(&claims, expected).map_err(Wrong::Token)?;
    Ok(claims)
}

const NO_TOKEN: Wrong = Wrong::Token("this is no token");

const ALGORITHMS: [&str; 9] =
    ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"];

fn object(part: &str) -> Result<Claims, Wrong> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| NO_TOKEN)?;
    serde_json::from_slice(&bytes).map_err(|_| NO_TOKEN)
}

fn rsa(algorithm: &str) -> Option<&'static RsaParameters> {
    Some(match algorithm {
        "RS256" => &RSA_PKCS1_2048_8192_SHA256,
        "RS384" => &RSA_PKCS1_2048_8192_SHA384,
        "RS512" => &RSA_PKCS1_2048_8192_SHA512,
        "PS256" => &RSA_PSS_2048_8192_SHA256,
        "PS384" => &RSA_PSS_2048_8192_SHA384,
        "PS512" => &RSA_PSS_2048_8192_SHA512,
        _ => return None,
    })
}

impl Key {
    fn takes(&self, algorithm: &str) -> bool {
        match self.kind {
            Kind::Rsa { .. } => rsa(algorithm).is_some(),
            Kind::P256(_) => algorithm == "ES256",
            Kind::P384(_) => algorithm == "ES384",
            Kind::Ed25519(_) => algorithm == "EdDSA",
        }
    }

    fn has_signed(&self, algorithm: &str, signed: &[u8], signature: &[u8]) -> bool {
        let by = |kind: &'static dyn VerificationAlgorithm, point: &[u8]| {
            UnparsedPublicKey::new(kind, point).verify(signed, signature).is_ok()
        };
        match &self.kind {
            Kind::Rsa { n, e } => rsa(algorithm).is_some_and(|kind| {
                RsaPublicKeyComponents { n, e }.verify(kind, signed, signature).is_ok()
            }),
            Kind::P256(point) => by(&ECDSA_P256_SHA256_FIXED, point),
            Kind::P384(point) => by(&ECDSA_P384_SHA384_FIXED, point),
            Kind::Ed25519(point) => by(&ED25519, point),
        }
    }
}

/// In the order of OpenID Connect Core, 3.1.3.7.
fn check(claims: &Claims, expected: &Expected<'_>) -> Result<(), &'static str> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let at = |name: &str| claims.get(name).and_then(Value::as_i64);
    let now = expected.now.as_second();
    if text("iss") != Some(expected.issuer) {
        return Err("the token is of another issuer");
    }
    let client = Some(expected.client);
    let (for_us, alone) = match claims.get("aud") {
        Some(Value::Array(all)) => (all.iter().any(|one| one.as_str() == client), all.len() == 1),
        Some(Value::String(one)) => (one == expected.client, true),
        _ => (false, false),
    };
    // Where it is for others too, whoever asked for it has to be us.
    let asked_by_us = match claims.get("azp") {
        Some(by) => by.as_str() == client,
        None => alone,
    };
    if !for_us || !asked_by_us {
        return Err("the token is for somebody else");
    }
    if at("exp").is_none_or(|end| end.saturating_add(APART) <= now) {
        return Err("the token has expired");
    }
    let begins = [at("iat"), claims.get("nbf").map_or(Some(now), |_| at("nbf"))];
    if begins.iter().any(|begin| begin.is_none_or(|begin| begin.saturating_sub(APART) > now)) {
        return Err("the token is of the future");
    }
    if text("nonce") != Some(expected.nonce) {
        return Err("the token is of another log-in");
    }
    let subject = text("sub").unwrap_or_default();
    if subject.is_empty() || subject.len() > LONGEST_SUBJECT {
        return Err("the token is about nobody");
    }
    Ok(())
}

#[expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop"
)]
#[cfg(test)]
mod tests {
    use ring::rand::SystemRandom;
    use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn encode(part: impl AsRef<[u8]>) -> String {
        URL_SAFE_NO_PAD.encode(part)
    }

    struct Signing(EcdsaKeyPair);

    impl Signing {
        fn new() -> Self {
            let (kind, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
            let key = EcdsaKeyPair::generate_pkcs8(kind, &random).unwrap();
            Self(EcdsaKeyPair::from_pkcs8(kind, key.as_ref(), &random).unwrap())
        }

        fn published(&self, id: &str) -> Value {
            let point = self.0.public_key().as_ref();
            json!({ "kty": "EC", "crv": "P-256", "kid": id, "use": "sig",
                    "x": encode(&point[1..33]), "y": encode(&point[33..]) })
        }

        fn token(&self, head: &Value, claims: &Value) -> String {
            let signed = format!("{}.{}", encode(head.to_string()), encode(claims.to_string()));
            let signature = self.0.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
            format!("{signed}.{}", encode(signature))
        }
    }

    fn good() -> Value {
        json!({ "iss": "https://id.test", "aud": "chat", "sub": "7", "nonce": "n",
                "iat": NOW - 5, "exp": NOW + 60 })
    }

    fn with(name: &str, value: &Value) -> Value {
        let mut claims = good();
        claims[name] = value.clone();
        claims
    }

    fn read(token: &str, keys: &[Key]) -> Result<Claims, Wrong> {
        let now = Timestamp::from_second(NOW).unwrap();
        let expected = Expected { issuer: "https://id.test", client: "chat", nonce: "n", now };
        verify(token, keys, &expected)
    }

    #[test]
    fn a_token_of_the_provider_for_us_now_is_believed() {
        let signing = Signing::new();
        let keys = keys(&json!({ "keys": [signing.published("a")] }));
        let head = json!({ "alg": "ES256", "kid": "a" });
        assert_eq!(read(&signing.token(&head, &good()), &keys).unwrap()["sub"], "7");
        for (name, value) in [
            ("aud", json!(["chat"])),
            ("azp", json!("chat")),
            ("nbf", json!(NOW)),
            ("exp", json!(NOW - 59)),
            ("iat", json!(NOW + 60)),
        ] {
            let token = signing.token(&head, &with(name, &value));
            assert!(read(&token, &keys).is_ok(), "{name}: {value}");
        }
        let mut for_two = with("aud", &json!(["other", "chat"]));
        for_two["azp"] = json!("chat");
        assert!(read(&signing.token(&head, &for_two), &keys).is_ok());
        // Without a name of the key, each that fits is tried.
        assert!(read(&signing.token(&json!({ "alg": "ES256" }), &good()), &keys).is_ok());
    }

    #[test]
    fn what_is_not_for_us_or_not_now_is_not() {
        let signing = Signing::new();
        let keys = keys(&json!({ "keys": [signing.published("a")] }));
        let head = json!({ "alg": "ES256", "kid": "a" });
        for (name, value) in [
            ("iss", json!("https://id.test/")),
            ("iss", json!("https://evil.test")),
            ("iss", json!(null)),
            ("aud", json!("other")),
            ("aud", json!([])),
            ("aud", json!(["other", "chat"])),
            ("aud", json!({ "chat": 1 })),
            ("azp", json!("other")),
            ("azp", json!(null)),
            ("exp", json!(NOW - 60)),
            ("exp", json!("tomorrow")),
            ("exp", json!(null)),
            ("iat", json!(NOW + 61)),
            ("iat", json!(null)),
            ("nbf", json!(NOW + 61)),
            ("nbf", json!("soon")),
            ("nonce", json!("m")),
            ("nonce", json!(null)),
            ("sub", json!("")),
            ("sub", json!(7)),
            ("sub", json!("x".repeat(256))),
        ] {
            let token = signing.token(&head, &with(name, &value));
            assert!(matches!(read(&token, &keys), Err(Wrong::Token(_))), "{name}: {value}");
        }
    }

    #[test]
    fn only_a_key_of_the_provider_signs_and_only_in_ways_that_prove_something() {
        let (signing, other) = (Signing::new(), Signing::new());
        let published = signing.published("a");
        let keys = keys(&json!({ "keys": [published] }));
        let head = json!({ "alg": "ES256", "kid": "a" });
        let token = signing.token(&head, &good());
        let (signed, signature) = token.rsplit_once('.').unwrap();
        // Another key, also one that the token brings along, and one that is not known.
        let mut own = head.clone();
        own["jwk"] = other.published("a");
        own["jku"] = json!("https://evil.test/keys");
        for head in [&head, &own] {
            let forged = read(&other.token(head, &good()), &keys);
            assert_eq!(forged, Err(Wrong::Token("the token's signature is wrong")));
        }
        let unknown = signing.token(&json!({ "alg": "ES256", "kid": "b" }), &good());
        assert_eq!(read(&unknown, &keys), Err(Wrong::Key));
        assert_eq!(read(&token, &[]), Err(Wrong::Key));
        // No signature, one by what everybody knows, one in another key's way.
        for algorithm in ["none", "None", "NONE", "HS256", "HS512", "", "es256"] {
            let head = json!({ "alg": algorithm, "kid": "a" });
            let bare = format!("{}.{}", encode(head.to_string()), encode(good().to_string()));
            let point = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, published_point(&published));
            let known = encode(ring::hmac::sign(&point, bare.as_bytes()));
            for signature in ["", &known, signature] {
                let told = read(&format!("{bare}.{signature}"), &keys);
                assert!(matches!(told, Err(Wrong::Token(_))), "{algorithm}: {told:?}");
            }
        }
        let other_way = signing.token(&json!({ "alg": "RS256", "kid": "a" }), &good());
        assert_eq!(read(&other_way, &keys), Err(Wrong::Key));
        let demanding = json!({ "alg": "ES256", "kid": "a", "crit": ["b64"], "b64": false });
        assert!(read(&signing.token(&demanding, &good()), &keys).is_err());
        // Every bit counts.
        for at in 0..64 {
            let mut bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
            bytes[at] ^= 1;
            assert!(read(&format!("{signed}.{}", encode(bytes)), &keys).is_err());
        }
        for odd in ["", ".", "..", "a.b.c", &format!("{token}."), &format!(".{token}"), signed] {
            assert!(read(odd, &keys).is_err(), "{odd}");
        }
    }

    fn published_point(key: &Value) -> &[u8] {
        key["x"].as_str().unwrap().as_bytes()
    }

    #[test]
    fn keys_for_something_else_are_left_alone() {
        let seed = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let key = Ed25519KeyPair::from_pkcs8(seed.as_ref()).unwrap();
        let mut published = json!({ "kty": "OKP", "crv": "Ed25519",
                                    "x": encode(key.public_key()) });
        let head = encode(json!({ "alg": "EdDSA" }).to_string());
        let signed = format!("{head}.{}", encode(good().to_string()));
        let token = format!("{signed}.{}", encode(key.sign(signed.as_bytes())));
        let read_by = |key: &Value| read(&token, &keys(&json!({ "keys": [key] })));
        assert!(read_by(&published).is_ok());
        published["alg"] = json!("ES256");
        assert_eq!(read_by(&published), Err(Wrong::Key));
        published["alg"] = json!("EdDSA");
        published["use"] = json!("enc");
        assert_eq!(read_by(&published), Err(Wrong::Key));
        for odd in
            [json!(null), json!({ "keys": {} }), json!({ "keys": [1, {}, { "kty": "RSA" }] })]
        {
            assert!(keys(&odd).is_empty());
        }
    }
}
