//! Encryption for one browser: RFC 8291, in one record of RFC 8188.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral};
use ring::hkdf::{HKDF_SHA256, KeyType, Salt};
use ring::rand::SystemRandom;

use crate::error::{Error, Result};

/// Bytes of a public key: a point of the curve, not compressed.
const POINT: usize = 65;
/// Bytes of the secret that goes with it.
const SECRET: usize = 16;
/// Bytes of a record; ours is always shorter.
const RECORD: u32 = 4096;
/// What is carried is filled up to a multiple of this: its length tells little of a message.
const STEP: usize = 512;
/// Bytes that fit, far below what push services take.
const LIMIT: usize = 3000;

/// What a browser lets others encrypt for it with.
#[derive(Clone, PartialEq, Eq)]
pub struct Keys {
    point: [u8; POINT],
    secret: [u8; SECRET],
}

impl Keys {
    /// As a browser writes them, in base64; `None` where they are none.
    pub fn parse(p256dh: &str, auth: &str) -> Option<Self> {
        let read = |text: &str| URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok();
        Self::from_bytes(&read(p256dh)?, &read(auth)?)
    }

    /// As they are kept; `None` where they are none.
    pub fn from_bytes(point: &[u8], secret: &[u8]) -> Option<Self> {
        let keys = Self { point: point.try_into().ok()?, secret: secret.try_into().ok()? };
        // Is it a point of the curve?
        keys.agree().is_ok().then_some(keys)
    }

    /// The public key.
    pub fn point(&self) -> &[u8] {
        &self.point
    }

    /// The secret.
    pub fn secret(&self) -> &[u8] {
        &self.secret
    }

    /// Encrypts `text`, for this browser alone.
    pub fn seal(&self, text: &[u8]) -> Result<Vec<u8>> {
        if text.len() > LIMIT {
            return Err(Error::TooLong { limit: LIMIT });
        }
        let (ours, shared) = self.agree()?;
        let filled = (text.len() + 1).next_multiple_of(STEP).max(STEP);
        self.seal_with(&rand::random(), &ours, &shared, text, filled - text.len() - 1)
    }

    /// A key for this once: its public half, and what it has in common with theirs.
    fn agree(&self) -> Result<(Vec<u8>, Vec<u8>)> {
        let key =
            EphemeralPrivateKey::generate(&ECDH_P256, &SystemRandom::new()).map_err(broken)?;
        let ours = key.compute_public_key().map_err(broken)?.as_ref().to_vec();
        let theirs = UnparsedPublicKey::new(&ECDH_P256, &self.point);
        let shared = agree_ephemeral(key, &theirs, <[u8]>::to_vec).map_err(broken)?;
        Ok((ours, shared))
    }

    fn seal_with(
        &self,
        salt: &[u8; 16],
        ours: &[u8],
        shared: &[u8],
        text: &[u8],
        n_filling: usize,
    ) -> Result<Vec<u8>> {
        let mut input = [0; 32];
        derive(&self.secret, shared, &[b"WebPush: info\0", &self.point, ours], &mut input)?;
        let (mut key, mut nonce) = ([0; 16], [0; 12]);
        derive(salt, &input, &[b"Content-Encoding: aes128gcm\0"], &mut key)?;
        derive(salt, &input, &[b"Content-Encoding: nonce\0"], &mut nonce)?;
        let mut record = [text, &[2]].concat();
        record.resize(record.len() + n_filling, 0);
        let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key).map_err(broken)?);
        let nonce = Nonce::assume_unique_for_key(nonce);
        key.seal_in_place_append_tag(nonce, Aad::empty(), &mut record).map_err(broken)?;
        let n_ours = u8::try_from(ours.len()).map_err(Error::broken)?;
        Ok([salt, &RECORD.to_be_bytes()[..], &[n_ours], ours, &record].concat())
    }
}

struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

fn derive(salt: &[u8], input: &[u8], info: &[&[u8]], output: &mut [u8]) -> Result<()> {
    let key = Salt::new(HKDF_SHA256, salt).extract(input);
    let made = key.expand(info, Length(output.len())).map_err(broken)?;
    made.fill(output).map_err(broken)
}

fn broken(_: ring::error::Unspecified) -> Error {
    Error::broken("a notice could not be encrypted")
}

#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(text: &str) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(text).unwrap()
    }

    const POINT: &str = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH\
                         6SRpkNtoIAiw4";

    #[test]
    fn the_example_of_rfc_8291_comes_out_as_it_stands_there() {
        let keys = Keys::parse(POINT, "BTBZMqHH6r4Tts7J_aSIgg").unwrap();
        let salt: [u8; 16] = bytes("DGv6ra1nlYgDCS1FRnbzlw").try_into().unwrap();
        let ours = bytes(
            "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8",
        );
        let shared = bytes("kyrL1jIIOHEzg3sM2ZWRHDRB62YACZhhSlknJ672kSs");
        let text = b"When I grow up, I want to be a watermelon";
        let sealed = keys.seal_with(&salt, &ours, &shared, text, 0).unwrap();
        assert_eq!(
            URL_SAFE_NO_PAD.encode(sealed),
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocIn\
             mYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNW\
             QexSgSxsj_Qulcy4a-fN"
        );
    }

    #[test]
    fn what_is_no_key_of_a_browser_is_not_taken_for_one() {
        let secret = "BTBZMqHH6r4Tts7J_aSIgg";
        let off_the_curve = POINT.replace("BCVxsr7N", "BCVxsr7M");
        for (point, secret) in [
            ("", secret),
            (POINT, ""),
            (POINT, "BTBZMqHH6r4Tts7J_aSIggAA"),
            (&POINT[4..], secret),
            ("!", secret),
            (&off_the_curve, secret),
        ] {
            assert!(Keys::parse(point, secret).is_none(), "{point} {secret}");
        }
    }

    #[test]
    fn the_length_of_what_is_sealed_tells_little() {
        let keys = Keys::parse(POINT, "BTBZMqHH6r4Tts7J_aSIgg").unwrap();
        let n = |n: usize| keys.seal(&vec![b'x'; n]).unwrap().len();
        assert_eq!((n(0), n(511)), (86 + 512 + 16, 86 + 512 + 16));
        assert_eq!(n(512), 86 + 1024 + 16);
        assert!(keys.seal(&[0; 3001]).is_err() && n(3000) <= 4096);
    }
}
