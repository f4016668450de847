//! From where a request really comes.
//!
//! **Invariant:** what a header says is believed only of a proxy that the configuration names, and
//! only the last that such a proxy has not named itself: everybody can write the rest.

use std::net::{IpAddr, Ipv6Addr};

use axum::http::{HeaderMap, HeaderName, HeaderValue};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The network that asks (IPv6: the /64 of a household), `None` for this machine itself.
pub(super) fn of(peer: IpAddr, headers: &HeaderMap, proxies: &[IpAddr]) -> Option<IpAddr> {
    let is_proxy = |address: &IpAddr| proxies.iter().any(|proxy| proxy.to_canonical() == *address);
    let mut address = peer.to_canonical();
    // By bytes: a proxy writes its word behind what came, whatever that is, and must be heard.
    let lines = headers.get_all(X_FORWARDED_FOR).iter().map(HeaderValue::as_bytes);
    let named: Vec<&str> = lines
        .flat_map(|line| line.split(|byte| *byte == b','))
        .map(|name| str::from_utf8(name).unwrap_or_default().trim())
        .collect();
    for name in named.iter().rev() {
        match name.parse::<IpAddr>() {
            Ok(before) if is_proxy(&address) => address = before.to_canonical(),
            _ => break,
        }
    }
    match address {
        address if address.is_loopback() => None,
        IpAddr::V4(_) => Some(address),
        IpAddr::V6(v6) => {
            Some(IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_proxies_are_believed() {
        let ip = |text: &str| text.parse().unwrap_or(IpAddr::from([0, 0, 0, 0]));
        let (proxy, stranger) = (ip("10.0.0.1"), ip("192.0.2.7"));
        for (peer, forwarded, found) in [
            (stranger, "198.51.100.1", Some("192.0.2.7")),
            (proxy, "198.51.100.1", Some("198.51.100.1")),
            // What the client wrote stands before what the proxy added.
            (proxy, "127.0.0.1, 198.51.100.1", Some("198.51.100.1")),
            (proxy, "198.51.100.1, 10.0.0.1", Some("198.51.100.1")),
            (proxy, "nonsense", Some("10.0.0.1")),
            (proxy, "", Some("10.0.0.1")),
            (ip("127.0.0.1"), "198.51.100.1", None),
            (ip("2001:db8:1:2:3::4"), "", Some("2001:db8:1:2::")),
            (ip("::ffff:192.0.2.7"), "", Some("192.0.2.7")),
        ] {
            let mut headers = HeaderMap::new();
            headers.extend(forwarded.parse().map(|value| (X_FORWARDED_FOR, value)));
            assert_eq!(of(peer, &headers, &[proxy]), found.map(ip), "{peer} {forwarded}");
        }
        let mut headers = HeaderMap::new();
        let odd = HeaderValue::from_bytes(b"\xff, 198.51.100.1");
        headers.extend(odd.map(|value| (X_FORWARDED_FOR, value)));
        assert_eq!(of(proxy, &headers, &[proxy]), Some(ip("198.51.100.1")));
    }
}
