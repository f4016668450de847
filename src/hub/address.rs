//! How many connections one address has. Never an address in a log.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU64;

/// A count for each address, with one limit for all.
#[derive(Debug, Default)]
pub struct Addresses {
    limit: usize,
    uncounted: Vec<IpAddr>,
    counts: HashMap<NonZeroU64, usize>,
}

/// An address that was counted, to be given back; `None` was not counted.
pub type Counted = Option<NonZeroU64>;

impl Addresses {
    /// At most `limit` for each, save loopback and the `uncounted`.
    pub fn new(limit: usize, uncounted: Vec<IpAddr>) -> Self {
        let uncounted = uncounted.into_iter().map(|address| address.to_canonical()).collect();
        Self { limit, uncounted, counts: HashMap::new() }
    }

    /// Counts one more; `Err` when the address has as many as it may.
    #[expect(clippy::result_unit_err, reason = "there is one way to be refused")]
    pub fn take(&mut self, address: IpAddr) -> Result<Counted, ()> {
        let address = address.to_canonical();
        if address.is_loopback() || self.uncounted.contains(&address) {
            return Ok(None);
        }
        let Some(key) = key(address) else { return Ok(None) };
        let count = self.counts.entry(key).or_insert(0);
        if *count >= self.limit {
            return Err(());
        }
        *count += 1;
        Ok(Some(key))
    }

    /// One less.
    pub fn give(&mut self, counted: Counted) {
        if let Some(key) = counted
            && let Some(count) = self.counts.get_mut(&key)
        {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.counts.remove(&key);
            }
        }
    }
}

/// An IPv6 household has a /64: counted one by one, it would have 2^64 tries.
fn key(address: IpAddr) -> Counted {
    NonZeroU64::new(match address {
        IpAddr::V4(address) => u64::from(address.to_bits()),
        IpAddr::V6(address) => u64::try_from(address.to_bits() >> 64).unwrap_or(u64::MAX),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap_or(IpAddr::from([0, 0, 0, 0]))
    }

    #[test]
    fn an_address_has_its_limit_and_gets_it_back() {
        let mut addresses = Addresses::new(2, vec![ip("192.0.2.9")]);
        let first = addresses.take(ip("192.0.2.1"));
        assert!(first.is_ok_and(|counted| counted.is_some()));
        // The same address in its IPv6 dress is the same address.
        assert!(addresses.take(ip("::ffff:192.0.2.1")).is_ok());
        assert!(addresses.take(ip("192.0.2.1")).is_err());
        assert!(addresses.take(ip("192.0.2.2")).is_ok());
        addresses.give(first.unwrap_or(None));
        assert!(addresses.take(ip("192.0.2.1")).is_ok());
        for _ in 0..9 {
            assert_eq!(addresses.take(ip("192.0.2.9")), Ok(None));
            assert_eq!(addresses.take(ip("127.0.0.1")), Ok(None));
            assert_eq!(addresses.take(ip("::1")), Ok(None));
        }
    }

    #[test]
    fn an_ipv6_network_counts_as_one() {
        let mut addresses = Addresses::new(1, Vec::new());
        assert!(addresses.take(ip("2001:db8:0:1::1")).is_ok());
        assert!(addresses.take(ip("2001:db8:0:1:ffff::2")).is_err());
        assert!(addresses.take(ip("2001:db8:0:2::1")).is_ok());
    }
}
