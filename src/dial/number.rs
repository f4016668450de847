//! Which numbers belong to the public network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Is it a number of the public network?
pub fn is_public(number: IpAddr) -> bool {
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
    use super::is_public;

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
}
