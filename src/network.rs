//! Blocks of IP addresses: `192.0.2.0/24`, `2001:db8::/32`, or one address.

use std::fmt;
use std::net::IpAddr;

/// A block of addresses ([RFC 4632 §3.1](https://www.rfc-editor.org/rfc/rfc4632#section-3.1)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Network {
    /// The first address as a number, bits below the prefix zero.
    bits: u128,
    /// Bits of the prefix, counted from the top of the number.
    prefix: u32,
    is_v6: bool,
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first(), self.length())
    }
}

impl Network {
    /// From an address with or without `/` and the length of a prefix.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length.parse::<u32>().ok()?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let (bits, width, is_v6) = number(address);
        // The length of an IPv4 address that is written as an IPv6 one counts from the top of that.
        let length = match length {
            Some(length) if address.is_ipv6() && !is_v6 => length.checked_sub(96)?,
            length => length.unwrap_or(width),
        };
        // A v4 address stands in the low 32 bits.
        let prefix = (length <= width).then_some(128 - width + length)?;
        Some(Self { bits: bits & mask(prefix), prefix, is_v6 })
    }

    /// Its first address.
    pub(crate) fn first(&self) -> IpAddr {
        match self.is_v6 {
            true => IpAddr::from(self.bits.to_be_bytes()),
            false => IpAddr::from(u32::try_from(self.bits).unwrap_or_default().to_be_bytes()),
        }
    }

    /// How many bits all of its addresses begin with.
    pub(crate) const fn length(&self) -> u32 {
        self.prefix - if self.is_v6 { 0 } else { 96 }
    }

    /// Whether all of the other block is in it.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        self.is_v6 == other.is_v6 && self.prefix <= other.prefix && other.bits & mask(self.prefix) == self.bits
    }

    /// Whether the address is in it.
    pub(crate) fn has(&self, address: IpAddr) -> bool {
        let (bits, _, is_v6) = number(address);
        is_v6 == self.is_v6 && bits & mask(self.prefix) == self.bits
    }
}

fn number(address: IpAddr) -> (u128, u32, bool) {
    match address.to_canonical() {
        IpAddr::V4(address) => (u128::from(address.to_bits()), 32, false),
        IpAddr::V6(address) => (address.to_bits(), 128, true),
    }
}

/// As many ones at the top.
fn mask(prefix: u32) -> u128 {
    u128::MAX.checked_shl(128 - prefix).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_in_their_blocks_and_in_no_others() {
        for (block, address, expected) in [
            ("192.0.2.0/24", "192.0.2.255", true),
            ("192.0.2.0/24", "192.0.3.0", false),
            ("192.0.2.77/24", "192.0.2.1", true),
            ("192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("::/0", "203.0.113.9", false),
            ("::ffff:192.0.2.1", "192.0.2.1", true),
            ("::ffff:192.0.2.0/120", "192.0.2.9", true),
            ("::ffff:192.0.2.0/120", "192.0.3.9", false),
            ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
        ] {
            let network = Network::parse(block).unwrap();
            assert_eq!(network.has(address.parse().unwrap()), expected, "{address} in {block}");
            assert_eq!(Network::parse(&network.to_string()), Some(network));
        }
        for (block, other, expected) in [
            ("192.0.2.0/24", "192.0.2.128/25", true),
            ("192.0.2.128/25", "192.0.2.0/24", false),
            ("192.0.2.0/24", "192.0.2.0/24", true),
            ("0.0.0.0/0", "2001:db8::/32", false),
        ] {
            let [block, other] = [block, other].map(|text| Network::parse(text).unwrap());
            assert_eq!(block.covers(&other), expected, "{other} in {block}");
        }
        for text in ["", "192.0.2.0/33", "192.0.2/24", "::/129", "a.example/24", "192.0.2.0/-1", "::ffff:192.0.2.0/24"]
        {
            assert_eq!(Network::parse(text), None, "{text}");
        }
    }
}
