//! How often somebody may do what costs others something.
//!
//! **Invariant:** what is refused is told when it may be tried again; what was counted is forgotten as soon as
//! it makes no difference any more.

use std::net::IpAddr;
use std::num::NonZeroU32;

use governor::{DefaultKeyedRateLimiter, Quota};

use crate::account;
use crate::error::{Error, Result};
use crate::id::AccountId;

/// KiB of text that an account may have kept in a second, for as long as it likes: a gigabyte a day, about
/// what it may upload.
const TEXT: u32 = 16;
/// And at once: sixteen of the longest. A page of a megabyte of words that are all different keeps the writer
/// for more than a second, which is what the index takes for it.
const TEXT_AT_ONCE: u32 = 16 << 10;

/// Rate limits, by key; generic cell rates by the `governor` crate.
pub struct RateLimits {
    on: bool,
    posts: DefaultKeyedRateLimiter<i64>,
    texts: DefaultKeyedRateLimiter<i64>,
    uploads: DefaultKeyedRateLimiter<i64>,
    logins: LogIns,
    ways: DefaultKeyedRateLimiter<IpAddr>,
    codes: DefaultKeyedRateLimiter<(i64, Option<Vec<u8>>)>,
    searches: DefaultKeyedRateLimiter<String>,
    exports: DefaultKeyedRateLimiter<String>,
    signals: DefaultKeyedRateLimiter<i64>,
    acts: DefaultKeyedRateLimiter<i64>,
    polls: DefaultKeyedRateLimiter<i64>,
}

/// Tries to log in, each counted in three ways; see [`RateLimits::log_in`].
struct LogIns {
    known: DefaultKeyedRateLimiter<Vec<u8>>,
    here: DefaultKeyedRateLimiter<(String, Option<IpAddr>)>,
    address: DefaultKeyedRateLimiter<IpAddr>,
    name: DefaultKeyedRateLimiter<String>,
}

const fn per(n: u32) -> NonZeroU32 {
    match NonZeroU32::new(n) {
        Some(n) => n,
        None => NonZeroU32::MIN,
    }
}

/// An account or, without one, a network.
fn who(account: Option<i64>, address: Option<IpAddr>) -> Option<String> {
    match (account, address) {
        (Some(account), _) => Some(account.to_string()),
        (None, address) => address.map(|address| format!("at {address}")),
    }
}

/// Generic over the key, so that the table below reads.
fn keyed<K: std::hash::Hash + Eq + Clone>(quota: Quota) -> DefaultKeyedRateLimiter<K> {
    DefaultKeyedRateLimiter::keyed(quota)
}

impl RateLimits {
    /// Counts nothing where not `on`, for measurements.
    pub fn new(on: bool) -> Self {
        Self {
            on,
            // What a person types and pastes at their fastest.
            posts: DefaultKeyedRateLimiter::keyed(Quota::per_second(per(5)).allow_burst(per(20))),
            texts: keyed(Quota::per_second(per(TEXT)).allow_burst(per(TEXT_AT_ONCE))),
            uploads: DefaultKeyedRateLimiter::keyed(
                Quota::per_minute(per(10)).allow_burst(per(20)),
            ),
            logins: LogIns {
                known: keyed(Quota::per_minute(per(10)).allow_burst(per(20))),
                here: keyed(Quota::per_minute(per(5)).allow_burst(per(10))),
                address: keyed(Quota::per_minute(per(20)).allow_burst(per(60))),
                name: keyed(Quota::per_minute(per(20)).allow_burst(per(100))),
            },
            // As often as a place may try passwords; each asks the provider something.
            ways: keyed(Quota::per_minute(per(20)).allow_burst(per(60))),
            codes: keyed(Quota::per_hour(per(10)).allow_burst(per(10))),
            searches: keyed(Quota::per_second(per(5)).allow_burst(per(30))),
            exports: keyed(Quota::per_minute(per(6)).allow_burst(per(6))),
            // What windows tell by themselves, of all the windows of one person.
            signals: DefaultKeyedRateLimiter::keyed(Quota::per_second(per(2)).allow_burst(per(30))),
            // Above what any of the narrower ones lets through; each act is a write.
            acts: keyed(Quota::per_second(per(10)).allow_burst(per(100))),
            // A window polls again as soon as something happened.
            polls: keyed(Quota::per_second(per(10)).allow_burst(per(100))),
        }
    }

    /// One more message by this account.
    pub fn post(&self, account: i64) -> Result<()> {
        if self.on && self.posts.check_key(&account).is_err() {
            return Err(Error::TooFast { seconds: 1 });
        }
        Ok(())
    }

    /// So many bytes more of text that is kept: messages, pages, and what they said before. Little text
    /// costs no more than its request.
    pub fn text(&self, account: Option<AccountId>, n_bytes: usize) -> Result<()> {
        let kib = u32::try_from(n_bytes >> 10).unwrap_or(u32::MAX).min(TEXT_AT_ONCE);
        let Some((account, n)) = account.zip(NonZeroU32::new(kib)) else { return Ok(()) };
        if self.on && !matches!(self.texts.check_key_n(&account.0, n), Ok(Ok(()))) {
            return Err(Error::TooFast { seconds: u64::from(kib.div_ceil(TEXT)) });
        }
        Ok(())
    }

    /// One more upload by this account.
    pub fn upload(&self, account: i64) -> Result<()> {
        if self.on && self.uploads.check_key(&account).is_err() {
            return Err(Error::TooFast { seconds: 6 });
        }
        Ok(())
    }

    /// One more word from a window of this account about what is done in it.
    pub fn signal(&self, account: i64) -> Result<()> {
        if self.on && self.signals.check_key(&account).is_err() {
            return Err(Error::TooFast { seconds: 1 });
        }
        Ok(())
    }

    /// One more try to log in by this name from this network, right or wrong: few for one name
    /// from one place, more for a place (many people may share it) and for a name (whoever
    /// guesses may be in many places).
    pub fn log_in(&self, name: &str, address: Option<IpAddr>) -> Result<()> {
        if !self.on {
            return Ok(());
        }
        // No key is kept that is longer than a name, and none of somebody whose turn it is not.
        let name = if name.chars().count() > account::LONGEST_NAME { "" } else { name };
        let logins = &self.logins;
        let fine = address.is_none_or(|address| logins.address.check_key(&address).is_ok())
            && logins.here.check_key(&(name.to_owned(), address)).is_ok()
            && logins.name.check_key(&name.to_owned()).is_ok();
        if fine { Ok(()) } else { Err(Error::TooFast { seconds: 12 }) }
    }

    /// The same from a browser that the account is known in.
    pub fn log_in_where_known(&self, device: &[u8]) -> Result<()> {
        if self.on && self.logins.known.check_key(&device.to_vec()).is_err() {
            return Err(Error::TooFast { seconds: 6 });
        }
        Ok(())
    }

    /// One more step of a log-in by the provider from this network.
    pub fn way(&self, address: Option<IpAddr>) -> Result<()> {
        match address {
            Some(address) if self.on && self.ways.check_key(&address).is_err() => {
                Err(Error::TooFast { seconds: 3 })
            }
            _ => Ok(()),
        }
    }

    /// One more try to change one's password, which asks for the old one.
    pub fn change_password(&self, account: i64) -> Result<()> {
        self.log_in_where_known(&account.to_le_bytes())
    }

    /// One more code of this account, from a browser that it is known in or, without one, from any
    /// other. Of a million codes three hold at a time: so few tries a day find none.
    pub fn code(&self, account: i64, device: Option<Vec<u8>>) -> Result<()> {
        if self.on && self.codes.check_key(&(account, device)).is_err() {
            return Err(Error::TooFast { seconds: 360 });
        }
        Ok(())
    }

    /// One more request by this account that changes something, whatever it is.
    pub fn act(&self, account: i64) -> Result<()> {
        if self.on && self.acts.check_key(&account).is_err() {
            return Err(Error::TooFast { seconds: 1 });
        }
        Ok(())
    }

    /// One more long-poll by this account, which holds a connection for as long as it waits.
    pub fn poll(&self, account: i64) -> Result<()> {
        if self.on && self.polls.check_key(&account).is_err() {
            return Err(Error::TooFast { seconds: 2 });
        }
        Ok(())
    }

    /// One more search by this account or, without one, from this network.
    pub fn search(&self, account: Option<i64>, address: Option<IpAddr>) -> Result<()> {
        match who(account, address) {
            Some(key) if self.on && self.searches.check_key(&key).is_err() => {
                Err(Error::TooFast { seconds: 1 })
            }
            _ => Ok(()),
        }
    }

    /// One more room taken away by this account or, without one, from this network.
    pub fn export(&self, account: Option<i64>, address: Option<IpAddr>) -> Result<()> {
        match who(account, address) {
            Some(key) if self.on && self.exports.check_key(&key).is_err() => {
                Err(Error::TooFast { seconds: 10 })
            }
            _ => Ok(()),
        }
    }

    /// Forgets keys that are fresh again; call it now and then.
    pub fn forget(&self) {
        self.posts.retain_recent();
        self.texts.retain_recent();
        self.uploads.retain_recent();
        self.ways.retain_recent();
        self.codes.retain_recent();
        self.logins.known.retain_recent();
        self.logins.here.retain_recent();
        self.logins.address.retain_recent();
        self.logins.name.retain_recent();
        self.searches.retain_recent();
        self.exports.retain_recent();
        self.signals.retain_recent();
        self.acts.retain_recent();
        self.polls.retain_recent();
    }
}

#[cfg(test)]
mod tests {
    use super::RateLimits;
    use crate::id::AccountId;

    #[test]
    fn of_text_that_is_kept_there_is_so_much_for_each_account() {
        let limits = RateLimits::new(true);
        let long = |account| limits.text(Some(AccountId(account)), 1 << 20).is_ok();
        assert_eq!((0..100).filter(|_| long(1)).count(), 16);
        assert!(long(2) && limits.text(Some(AccountId(1)), 1000).is_ok());
        // One that is longer than anything that may be kept at once is not refused for ever.
        assert!(limits.text(Some(AccountId(3)), usize::MAX).is_ok());
    }

    #[test]
    fn names_that_are_too_long_to_be_one_are_counted_as_one() {
        let limits = RateLimits::new(true);
        let name = |n: usize| format!("{}{n}", "x".repeat(10_000));
        assert!((0..20).any(|n| limits.log_in(&name(n), None).is_err()), "each has its own count");
        assert!(limits.log_in("bob", None).is_ok());
        let limits = RateLimits::new(false);
        assert!((0..200).all(|_| limits.log_in("bob", None).is_ok()));
    }
}
