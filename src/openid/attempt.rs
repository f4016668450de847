//! One attempt to log in by a provider, or to link an account with it, from the button to the way
//! back.
//!
//! **Invariant:** nothing is kept of it here. The browser carries one secret in a cookie, and what the
//! provider is told (state, nonce, and the challenge of the verifier) is worked out of that, so that
//! no stranger fills anything by beginning, and whoever reads an address learns none of the rest.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

/// How long the way there and back may take.
pub const HOLDS: SignedDuration = SignedDuration::from_mins(10);
/// Bytes of an address to go to afterwards; one that is longer is forgotten.
const LONGEST: usize = 1024;
/// Characters of the secret: 32 bytes in base64.
const SECRET: usize = 43;
/// Marks the cookie of an attempt that is to [link](Attempt::links).
const LINK: &str = "link";

/// What the browser carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    secret: String,
    /// Unix seconds.
    begun: i64,
    next: String,
    links: bool,
}

impl Attempt {
    /// A new one, which leads to `next` in the end.
    pub fn new(next: &str, now: Timestamp) -> Self {
        Self::begun(if next.len() > LONGEST { "/" } else { next }, false, now)
    }

    /// One that opens no session, but links the account of the session that it is begun in. It says
    /// other things to the provider than a log-in would that carries the same secret: neither can be
    /// made into the other on the way.
    pub fn to_link(now: Timestamp) -> Self {
        Self::begun("/", true, now)
    }

    fn begun(next: &str, links: bool, now: Timestamp) -> Self {
        let secret: [u8; 32] = rand::random();
        Self {
            secret: URL_SAFE_NO_PAD.encode(secret),
            begun: now.as_second(),
            next: next.to_owned(),
            links,
        }
    }

    /// As a cookie brings it back; nothing where it took too long.
    pub fn parse(cookie: &str, now: Timestamp) -> Option<Self> {
        let mut parts = cookie.split('.');
        let (begun, secret, next) = (parts.next()?, parts.next()?, parts.next()?);
        let begun: i64 = begun.parse().ok()?;
        let took = now.as_second().checked_sub(begun)?;
        let links = match parts.next() {
            None => false,
            Some(mark) if mark == LINK => true,
            Some(_) => return None,
        };
        let fits = parts.next().is_none()
            && secret.len() == SECRET
            && (0..=HOLDS.as_secs()).contains(&took);
        let next = String::from_utf8(URL_SAFE_NO_PAD.decode(next).ok()?).ok()?;
        fits.then(|| Self { secret: secret.to_owned(), begun, next, links })
    }

    /// As the cookie carries it.
    pub fn cookie(&self) -> String {
        let next = URL_SAFE_NO_PAD.encode(&self.next);
        let cookie = format!("{}.{}.{next}", self.begun, self.secret);
        if self.links { format!("{cookie}.{LINK}") } else { cookie }
    }

    /// Is it to link an account that is there, and not to log in?
    pub fn links(&self) -> bool {
        self.links
    }

    /// Where to go in the end, as the browser says: not yet looked at.
    pub fn next(&self) -> &str {
        &self.next
    }

    /// Is it this one that a browser comes back from?
    pub fn is_of(&self, state: &str) -> bool {
        self.state() == state
    }

    /// Names it for good.
    pub fn hash(&self) -> Vec<u8> {
        self.digest("attempt")
    }

    pub(super) fn state(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.digest("state"))
    }

    pub(super) fn nonce(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.digest("nonce"))
    }

    /// Of which the provider knows the [challenge](Self::challenge) alone, until the code is
    /// changed for a token (PKCE, RFC 7636).
    pub(super) fn verifier(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.digest("verifier"))
    }

    pub(super) fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.verifier()))
    }

    fn digest(&self, of: &str) -> Vec<u8> {
        let mut digest = Sha256::new();
        for part in [of, &self.begun.to_string(), &self.secret] {
            digest.update(part);
            digest.update(b".");
        }
        if self.links {
            digest.update(LINK);
        }
        digest.finalize().to_vec()
    }
}

#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_comes_back_as_it_went_within_ten_minutes() {
        let now: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let attempt = Attempt::new("/rooms/1?x=ä.b", now);
        let cookie = attempt.cookie();
        let later = |seconds| now + SignedDuration::from_secs(seconds);
        assert_eq!(Attempt::parse(&cookie, later(600)).as_ref(), Some(&attempt));
        assert!(Attempt::parse(&cookie, later(601)).is_none());
        assert!(Attempt::parse(&cookie, later(-1)).is_none());
        for odd in ["", "..", "1.2.3", &format!("{cookie}.x"), cookie.trim_start_matches('1')] {
            assert!(Attempt::parse(odd, now).is_none(), "{odd}");
        }
        assert_eq!(Attempt::new(&"/".repeat(5000), now).next(), "/");
    }

    #[test]
    fn a_log_in_is_not_made_into_a_link_on_the_way_nor_the_other_way_round() {
        let now: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let (link, log_in) = (Attempt::to_link(now), Attempt::new("/", now));
        assert_eq!(Attempt::parse(&link.cookie(), now).as_ref(), Some(&link));
        assert!(link.links() && !log_in.links());
        let cut = link.cookie().trim_end_matches(".link").to_owned();
        for (whole, forged) in [(&link, cut), (&log_in, format!("{}.link", log_in.cookie()))] {
            let forged = Attempt::parse(&forged, now).unwrap();
            assert_ne!(forged.links(), whole.links());
            assert!(!forged.is_of(&whole.state()));
            assert_ne!(forged.nonce(), whole.nonce());
            assert_ne!(forged.hash(), whole.hash());
        }
    }

    #[test]
    fn whatever_is_told_of_it_is_another_text_and_none_is_the_secret() {
        let now: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let (one, other) = (Attempt::new("/", now), Attempt::new("/", now));
        let mut told = vec![one.secret.clone(), other.secret.clone()];
        for attempt in [&one, &other] {
            told.extend([
                attempt.state(),
                attempt.nonce(),
                attempt.verifier(),
                attempt.challenge(),
            ]);
        }
        assert!(told.iter().all(|text| text.len() == 43), "{told:?}");
        let n_told = told.len();
        told.sort();
        told.dedup();
        assert_eq!(told.len(), n_told);
        assert!(one.is_of(&one.state()) && !one.is_of(&other.state()) && !one.is_of(""));
        // Whoever says that it began later has another state.
        let younger = Attempt { begun: one.begun + 1, ..one.clone() };
        assert!(!younger.is_of(&one.state()));
    }
}
