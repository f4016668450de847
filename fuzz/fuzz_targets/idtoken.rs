//! Any token of a provider of log-ins, any claims that it has signed, any keys that it publishes, any
//! cookie of a browser on its way there. Nobody is vouched for but by its own key, for us, now.

#![no_main]

use std::sync::LazyLock;

use backchannel::openid::Attempt;
use backchannel::openid::token::{self, Expected, Key};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::json;

static SIGNING: LazyLock<EcdsaKeyPair> = LazyLock::new(|| {
    let (kind, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
    let key = EcdsaKeyPair::generate_pkcs8(kind, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(kind, key.as_ref(), &random).unwrap()
});
static KEYS: LazyLock<Vec<Key>> = LazyLock::new(|| {
    let point = SIGNING.public_key().as_ref();
    token::keys(&json!({ "keys": [{ "kty": "EC", "crv": "P-256", "kid": "k",
        "x": encode(&point[1..33]), "y": encode(&point[33..]) }] }))
});

fn encode(part: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(part)
}

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let now = Timestamp::from_second(1_800_000_000).unwrap();
    let expected = Expected { issuer: "i", client: "c", nonce: "n", now };
    let (head, claims) = text.split_once('\n').unwrap_or((r#"{"alg":"ES256"}"#, &text));
    let bare = format!("{}.{}", encode(head), encode(claims));
    for unsigned in [&*text, &format!("{bare}."), &format!("{bare}.{}", encode(claims))] {
        assert!(token::verify(unsigned, &KEYS, &expected).is_err(), "nobody has signed it");
    }
    let signature = SIGNING.sign(&SystemRandom::new(), bare.as_bytes()).unwrap();
    let signed = format!("{bare}.{}", encode(signature));
    if let Ok(claims) = token::verify(&signed, &KEYS, &expected) {
        assert!(claims["iss"] == "i" && claims["nonce"] == "n", "{text}");
        assert!(claims["aud"] == "c" || claims["aud"].to_string().contains("\"c\""), "{text}");
        assert!(claims["exp"].as_i64().unwrap() > now.as_second() - 60, "{text}");
        assert!(!claims["sub"].as_str().unwrap().is_empty(), "{text}");
    }
    if let Ok(published) = serde_json::from_slice(bytes) {
        let _ = token::verify(&signed, &token::keys(&published), &expected);
    }
    if let Some(attempt) = Attempt::parse(&text, now) {
        assert_eq!(Attempt::parse(&attempt.cookie(), now), Some(attempt));
    }
});
