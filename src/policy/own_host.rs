//! The mail hosts whose word counts: what stands in a message's headers is only as true as the host that wrote it.

use std::fmt;
use std::net::IpAddr;

use crate::network::Network;
use crate::pki::{Host, parse_host};

/// A host, or several, that the author of a policy vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OwnHost {
    /// This name, in A-labels and lower case.
    Name(String),
    /// Every name that ends so, the dot before it included.
    Suffix(String),
    /// These addresses.
    Network(Network),
}

impl fmt::Display for OwnHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Suffix(suffix) => write!(f, "*{suffix}"),
            Self::Network(network) => network.fmt(f),
        }
    }
}

impl OwnHost {
    /// From `mx.example.net`, `*.example.net`, an address or a block of addresses.
    ///
    /// # Errors
    /// What was expected.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if let Some(network) = Network::parse(text) {
            return Ok(Self::Network(network));
        }
        let (name, is_suffix) = match text.strip_prefix("*.") {
            Some(rest) => (rest, true),
            None => (text, false),
        };
        // A top-level domain with everybody in it is nobody's own.
        let name = match parse_host(name) {
            Ok(Host::Dns(name)) if !is_suffix || name.contains('.') => name,
            _ => {
                return Err(format!(
                    "`ownHosts` has `{text}`; expected a host such as `mx.example.net`, `*.example.net` or `192.0.2.0/24`"
                ));
            }
        };
        Ok(if is_suffix { Self::Suffix(format!(".{name}")) } else { Self::Name(name) })
    }

    /// Whether this name is one of them.
    pub(crate) fn has_name(&self, name: &str) -> bool {
        let name = match parse_host(name) {
            Ok(Host::Dns(name)) => name,
            _ => return false,
        };
        match self {
            Self::Name(own) => name == *own,
            Self::Suffix(suffix) => name.ends_with(suffix.as_str()),
            Self::Network(_) => false,
        }
    }

    /// Whether this address is one of them.
    pub(crate) fn has_address(&self, address: IpAddr) -> bool {
        matches!(self, Self::Network(network) if network.has(address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_hosts_are_named_wholly() {
        for (own, name, expected) in [
            ("mx.example.net", "MX.example.net.", true),
            ("mx.example.net", "amx.example.net", false),
            ("*.example.net", "mx.example.net", true),
            ("*.example.net", "a.b.example.net", true),
            ("*.example.net", "example.net", false),
            ("*.example.net", "badexample.net", false),
            ("192.0.2.1", "192.0.2.1", false),
            ("*.bücher.example", "mx.xn--bcher-kva.example", true),
        ] {
            assert_eq!(OwnHost::parse(own).unwrap().has_name(name), expected, "{name} of {own}");
        }
        assert!(OwnHost::parse("192.0.2.0/24").unwrap().has_address("192.0.2.9".parse().unwrap()));
        for text in ["", "*", "*.net", "*.", "a b", "192.0.2.0/40", "mx.*.net"] {
            assert!(OwnHost::parse(text).is_err(), "{text}");
        }
    }
}
