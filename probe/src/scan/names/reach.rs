//! Where a peer may send us: not into the networks around us. The peer chooses MX hosts, redirects and the addresses
//! inside of certificates, and could point any of them at what only this machine can reach.
//!
//! Networks: the IANA registries of special-purpose addresses (RFC 6890).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What an address is reserved for, with the number of its leading bits that say so.
type Reserved<T> = (T, u32, &'static str);

const V4: &[Reserved<Ipv4Addr>] = &[
    (Ipv4Addr::new(0, 0, 0, 0), 8, "this network"),
    (Ipv4Addr::new(10, 0, 0, 0), 8, "private use"),
    (Ipv4Addr::new(100, 64, 0, 0), 10, "shared address space"),
    (Ipv4Addr::new(127, 0, 0, 0), 8, "loopback"),
    (Ipv4Addr::new(169, 254, 0, 0), 16, "link-local use"),
    (Ipv4Addr::new(172, 16, 0, 0), 12, "private use"),
    (Ipv4Addr::new(192, 0, 0, 0), 24, "protocol assignments"),
    (Ipv4Addr::new(192, 0, 2, 0), 24, "documentation"),
    (Ipv4Addr::new(192, 168, 0, 0), 16, "private use"),
    (Ipv4Addr::new(198, 18, 0, 0), 15, "benchmarking"),
    (Ipv4Addr::new(198, 51, 100, 0), 24, "documentation"),
    (Ipv4Addr::new(203, 0, 113, 0), 24, "documentation"),
    (Ipv4Addr::new(224, 0, 0, 0), 4, MULTICAST),
    (Ipv4Addr::new(240, 0, 0, 0), 4, RESERVED),
];

const V6: &[Reserved<Ipv6Addr>] = &[
    (Ipv6Addr::UNSPECIFIED, 128, UNSPECIFIED),
    (Ipv6Addr::LOCALHOST, 128, "loopback"),
    (Ipv6Addr::new(0x64, 0xFF9B, 1, 0, 0, 0, 0, 0), 48, "local translation"),
    (Ipv6Addr::new(0x100, 0, 0, 0, 0, 0, 0, 0), 64, "discarding"),
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23, "protocol assignments"),
    (Ipv6Addr::new(0x2001, 0xDB8, 0, 0, 0, 0, 0, 0), 32, "documentation"),
    (Ipv6Addr::new(0x3FFF, 0, 0, 0, 0, 0, 0, 0), 20, "documentation"),
    (Ipv6Addr::new(0x5F00, 0, 0, 0, 0, 0, 0, 0), 16, "segment routing"),
    (Ipv6Addr::new(0xFC00, 0, 0, 0, 0, 0, 0, 0), 7, "private use"),
    (Ipv6Addr::new(0xFE80, 0, 0, 0, 0, 0, 0, 0), 10, "link-local use"),
    (Ipv6Addr::new(0xFEC0, 0, 0, 0, 0, 0, 0, 0), 10, "private use"),
    (Ipv6Addr::new(0xFF00, 0, 0, 0, 0, 0, 0, 0), 8, MULTICAST),
];

const MULTICAST: &str = "multicast";
const RESERVED: &str = "future use";
const UNSPECIFIED: &str = "no address";

/// Why this address is not gone to, if it is not. What is no address of one host never is.
pub(crate) fn refused(address: IpAddr, allow_private: bool) -> Option<String> {
    let what = reserved_for(address)?;
    let is_never = address.is_unspecified() || [MULTICAST, RESERVED, UNSPECIFIED].contains(&what);
    if is_never {
        return Some(format!("{address} is reserved for {what}"));
    }
    (!allow_private).then(|| format!("{address} is reserved for {what}: `--allow-private` goes there all the same"))
}

fn reserved_for(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => {
            let bits = u32::from(address);
            let (_, _, what) = V4.iter().find(|(network, length, _)| {
                let shift = 32 - length;
                bits >> shift == u32::from(*network) >> shift
            })?;
            Some(what)
        }
        IpAddr::V6(address) => {
            if let Some(inner) = inner(address) {
                return reserved_for(IpAddr::V4(inner));
            }
            let bits = u128::from(address);
            let (_, _, what) = V6.iter().find(|(network, length, _)| {
                let shift = 128 - length;
                bits >> shift == u128::from(*network) >> shift
            })?;
            Some(what)
        }
    }
}

/// The IPv4 address that this one leads to: mapped (RFC 4291), translated (RFC 6052), by 6to4 (RFC 3056), or compatible.
fn inner(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let of = |high: u16, low: u16| Ipv4Addr::from(u32::from(high) << 16 | u32::from(low));
    match [a, b, c, d, e, f] {
        [0, 0, 0, 0, 0, 0xFFFF] | [0x64, 0xFF9B, 0, 0, 0, 0] => Some(of(g, h)),
        [0, 0, 0, 0, 0, 0] if g != 0 => Some(of(g, h)),
        [0x2002, ..] => Some(of(b, c)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_we_can_reach_is_refused() {
        for (address, expected) in [
            ("127.0.0.1", "loopback"),
            ("127.255.255.255", "loopback"),
            ("10.1.2.3", "private use"),
            ("172.31.255.255", "private use"),
            ("192.168.0.1", "private use"),
            ("100.127.0.1", "shared"),
            ("169.254.169.254", "link-local"),
            ("198.19.0.1", "benchmarking"),
            ("192.0.2.1", "documentation"),
            ("::1", "loopback"),
            ("::ffff:127.0.0.1", "loopback"),
            ("::127.0.0.1", "loopback"),
            ("64:ff9b::10.0.0.1", "private use"),
            ("2002:7f00:1::", "loopback"),
            ("fd00::1", "private use"),
            ("fe80::1", "link-local"),
            ("2001:db8::1", "documentation"),
            ("2001::1", "protocol"),
        ] {
            let address = address.parse().unwrap();
            assert!(refused(address, false).is_some_and(|why| why.contains(expected)), "{address}");
            assert_eq!(refused(address, true), None, "{address}");
        }
    }

    #[test]
    fn some_are_never_gone_to_and_the_rest_is() {
        for address in ["0.0.0.0", "224.0.0.1", "255.255.255.255", "240.0.0.1", "::", "ff02::1", "::ffff:224.0.0.1"] {
            assert!(refused(address.parse().unwrap(), true).is_some(), "{address}");
        }
        for address in
            ["8.8.8.8", "172.32.0.1", "172.15.255.255", "100.128.0.1", "2a00::1", "2606:4700::1", "2002:808::1"]
        {
            assert_eq!(refused(address.parse().unwrap(), false), None, "{address}");
        }
    }
}
