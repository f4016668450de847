//! Which addresses may be pushed to: a browser names them, so anybody can name any.
//!
//! **Invariant:** the judgement on a number is made on the very number that is connected to; a name
//! says nothing.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// Bytes of an address at most.
const LIMIT: usize = 2048;

/// An address that a push service gave to a browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    url: Url,
    /// By plain http, on this machine: for tests.
    local: bool,
}

/// Not an address to push to; says why, for who sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unfit(&'static str);

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Endpoint {
    /// Reads an address. Plain http is for loopback, and only where `local` says so.
    pub fn parse(text: &str, local: bool) -> Result<Self, Unfit> {
        if text.len() > LIMIT {
            return Err(Unfit("The address of the push service is too long."));
        }
        let url =
            Url::parse(text).map_err(|_| Unfit("This is not the address of a push service."))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Unfit("The address of a push service holds no password."));
        }
        let local = local && url.scheme() == "http";
        if url.scheme() != "https" && !local {
            return Err(Unfit("The address of a push service begins with https."));
        }
        let endpoint = Self { url, local };
        let numbered = match endpoint.url.host() {
            Some(Host::Domain(name)) if is_of_the_house(name) && !local => None,
            Some(Host::Domain(_)) => Some(true),
            Some(Host::Ipv4(number)) => Some(endpoint.allows(number.into())),
            Some(Host::Ipv6(number)) => Some(endpoint.allows(number.into())),
            None => None,
        };
        match numbered {
            Some(true) => Ok(endpoint),
            _ => Err(Unfit("A push service is on the public network; this address is not.")),
        }
    }

    /// May this number be connected to for it?
    pub(super) fn allows(&self, number: IpAddr) -> bool {
        if self.local { number.is_loopback() } else { is_public(number) }
    }

    /// Not encrypted: the push service is this machine.
    pub(super) fn is_plain(&self) -> bool {
        self.local
    }

    /// Name of the host, without brackets.
    pub(super) fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']')
    }

    /// Host and port, as the `Host` field has them.
    pub(super) fn authority(&self) -> &str {
        self.url.authority()
    }

    pub(super) fn port(&self) -> u16 {
        self.url.port_or_known_default().unwrap_or(443)
    }

    /// Path and query, as they are asked for.
    pub(super) fn path(&self) -> &str {
        &self.url[url::Position::BeforePath..url::Position::AfterQuery]
    }

    /// The same address under the rules of the public network.
    #[cfg(test)]
    pub(super) fn as_if_public(&self) -> Self {
        Self { local: false, ..self.clone() }
    }

    /// Scheme, host and port: what a token is made out to.
    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }
}

/// Names that mean a machine nearby; a number is judged when there is one.
fn is_of_the_house(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    let last = name.rsplit('.').next().unwrap_or_default();
    !name.contains('.') || matches!(last, "localhost" | "local" | "internal" | "lan" | "home")
}

/// Is it a number of the public network?
pub(super) fn is_public(number: IpAddr) -> bool {
    match number {
        IpAddr::V4(number) => is_public_v4(number),
        IpAddr::V6(number) => is_public_v6(number),
    }
}

// All that IANA lists as special, but for what is special and global.
fn is_public_v4(number: Ipv4Addr) -> bool {
    let [a, b, c, _] = number.octets();
    !(a == 0
        || number.is_private()
        || number.is_loopback()
        || number.is_link_local()
        || number.is_multicast()
        || number.is_documentation()
        || a == 100 && b & 0xc0 == 64
        || a == 192 && b == 0 && c == 0
        || a == 192 && b == 88 && c == 99
        || a == 198 && b & 0xfe == 18
        || a >= 240)
}

fn is_public_v6(number: Ipv6Addr) -> bool {
    let [a, b, ..] = number.segments();
    // What is another protocol's number inside is judged as that.
    if let Some(inside) = number.to_ipv4_mapped().or_else(|| translated(number)) {
        return is_public_v4(inside);
    }
    // Global unicast, without Teredo, benchmarks and the like (2001::/23), documentation, and 6to4,
    // which leads to whatever number is inside.
    a & 0xe000 == 0x2000
        && !(a == 0x2001 && (b & 0xfe00 == 0 || b == 0xdb8))
        && a != 0x2002
        && !(a == 0x3fff && b & 0xf000 == 0)
}

/// The number inside one of `64:ff9b::/96`, by which networks without IPv4 reach it.
fn translated(number: Ipv6Addr) -> Option<Ipv4Addr> {
    let [0x64, 0xff9b, 0, 0, 0, 0, high, low] = number.segments() else { return None };
    Some(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)))
}

#[cfg(test)]
mod tests {
    use super::{Endpoint, is_public};

    #[test]
    fn only_numbers_of_the_public_network_are_public() {
        for text in [
            "8.8.8.8",
            "100.63.0.1",
            "100.128.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.20.0.1",
            "223.255.255.254",
            "2600:1901::1",
            "2a00:1450::1",
            "::ffff:8.8.8.8",
            "64:ff9b::8.8.8.8",
        ] {
            assert!(text.parse().is_ok_and(is_public), "{text}");
        }
        for text in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.255.255",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::10.0.0.1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:2::1",
            "2001:10::1",
            "2001:20::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(text.parse().is_ok_and(|number| !is_public(number)), "{text}");
        }
    }

    #[test]
    fn an_endpoint_is_on_the_public_network_by_https() {
        let is = |text: &str| Endpoint::parse(text, false).is_ok();
        assert!(is("https://updates.push.services.mozilla.com/wpush/v2/gAAAA"));
        assert!(is("https://fcm.googleapis.com/fcm/send/abc:def?x=1"));
        assert!(is("https://push.example.org:8443/x") && is("https://8.8.8.8/"));
        for text in [
            "",
            "push",
            "http://push.example.org/",
            "ftp://push.example.org/",
            "file:///etc/passwd",
            "https://user:word@push.example.org/",
            "https://localhost/",
            "https://LOCALHOST./",
            "https://printer/",
            "https://db.internal/",
            "https://nas.local:5001/",
            "https://x.localhost/",
            "https://127.0.0.1/",
            "https://127.1/",
            "https://0x7f.1/",
            "https://2130706433/",
            "https://017700000001/",
            "https://10.1.2.3/",
            "https://169.254.169.254/latest/meta-data/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:a9fe:a9fe]/",
            "https://[fe80::1]/",
            "https://[fd00::1]/",
            "http://127.0.0.1:9/",
        ] {
            assert!(!is(text), "{text}");
        }
        assert!(!is(&format!("https://push.example.org/{}", "x".repeat(2048))));
    }

    #[test]
    fn plain_http_is_for_this_machine_and_only_where_it_is_allowed() {
        let is = |text: &str| Endpoint::parse(text, true).is_ok();
        assert!(is("http://127.0.0.1:9/x") && is("http://[::1]:9/x"));
        assert!(!is("http://10.0.0.1/") && !is("http://8.8.8.8/") && !is("https://127.0.0.1/"));
    }
}
