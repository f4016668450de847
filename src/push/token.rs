//! Who sends: RFC 8292. A push service sees that the same server pushes to whom it was named to.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};

use crate::error::{Error, Result};

/// How long a token holds; at most a day is allowed.
const HOLDS: jiff::SignedDuration = jiff::SignedDuration::from_hours(12);

/// Signs for this server.
pub struct Signer {
    key: EcdsaKeyPair,
}

/// A new key, as it is kept.
pub fn new_key() -> Result<Vec<u8>> {
    let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
    Ok(key.map_err(broken)?.as_ref().to_vec())
}

impl Signer {
    /// From a key as it is kept.
    pub fn from_kept(key: &[u8]) -> Result<Self> {
        let random = SystemRandom::new();
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key, &random);
        Ok(Self { key: key.map_err(broken)? })
    }

    /// The public half, which browsers tell their push service.
    pub fn public(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.key.public_key())
    }

    /// The field `Authorization` for a push service: made out to its origin, with an address at
    /// which who runs this server is found.
    pub fn authorization(&self, origin: &str, contact: &str, now: Timestamp) -> Result<String> {
        let ends = now.saturating_add(HOLDS).map_err(Error::broken)?.as_second();
        let claims = serde_json::json!({ "aud": origin, "exp": ends, "sub": contact });
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let signed =
            format!("{}.{}", part(r#"{"typ":"JWT","alg":"ES256"}"#), part(&claims.to_string()));
        let signature = self.key.sign(&SystemRandom::new(), signed.as_bytes()).map_err(broken)?;
        let signature = URL_SAFE_NO_PAD.encode(signature);
        Ok(format!("vapid t={signed}.{signature}, k={}", self.public()))
    }
}

fn broken(_: impl std::fmt::Display) -> Error {
    Error::broken("the key for notices cannot be used")
}
