//! The addresses that the policy calls its own: ranges of IPv4 and IPv6.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use crate::diagnostic::Diagnostic;
use crate::formats::json::Value;
use crate::network::Network;
use crate::settings::{Setting, object};
use crate::time::Timestamp;

/// Ranges of one source.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields))]
pub struct OwnedAddresses {
    /// The ranges, such as `13.107.6.152/31` or `2603:1006::/40`; an address without a length is a range of one.
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    pub ranges: Vec<AddressRange>,
    /// Who says so.
    pub source: String,
    /// As of when.
    pub date: Timestamp,
}

/// All addresses that begin with the same bits ([RFC 4632], [RFC 4291 §2.3]).
///
/// [RFC 4632]: https://www.rfc-editor.org/rfc/rfc4632
/// [RFC 4291 §2.3]: https://www.rfc-editor.org/rfc/rfc4291#section-2.3
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressRange(Network);

impl AddressRange {
    /// Whether the address is in it.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.has(address)
    }
}

impl fmt::Display for AddressRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for AddressRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let range = Network::parse(text)
            .ok_or_else(|| format!("expected addresses such as `192.0.2.0/24` or `2001:db8::/32`, found `{text}`"))?;
        if range.length() == 0 {
            return Err(format!("`{text}` is every address there is"));
        }
        let first = text.split('/').next().and_then(|address| address.parse::<IpAddr>().ok());
        if first.map(|address| address.to_canonical()) != Some(range.first()) {
            return Err(format!(
                "`{text}` has bits behind its {} fixed ones; expected the first address",
                range.length()
            ));
        }
        Ok(Self(range))
    }
}

impl Setting for OwnedAddresses {
    fn read(value: Value<'_>, problems: &mut Vec<Diagnostic>) -> Option<Self> {
        object(Some(value), problems, |members| {
            let (ranges, source) = (members.required("ranges"), members.required("source"));
            let date = members.required("date");
            Some(Self { ranges: ranges?, source: source?, date: date? })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_have_their_first_and_last_address_and_no_other() {
        for (range, inside, outside) in [
            ("192.0.2.0/24", vec!["192.0.2.0", "192.0.2.255"], vec!["192.0.1.255", "192.0.3.0", "::c000:200"]),
            ("192.0.2.1", vec!["192.0.2.1"], vec!["192.0.2.0", "192.0.2.2"]),
            ("128.0.0.0/1", vec!["128.0.0.0", "255.255.255.255"], vec!["127.255.255.255"]),
            ("2001:db8::/32", vec!["2001:db8::", "2001:db8:ffff::ffff"], vec!["2001:db9::", "32.1.13.184"]),
            ("8000::/1", vec!["8000::", "ffff::1"], vec!["7fff::1"]),
            ("::1", vec!["::1"], vec!["::", "::2", "0.0.0.1"]),
        ] {
            let range: AddressRange = range.parse().unwrap();
            let has = |address: &&str| range.contains(address.parse().unwrap());
            assert!(inside.iter().all(has) && !outside.iter().any(has), "{range}");
        }
        for (text, why) in [
            ("192.0.2.1/24", "bits behind"),
            ("192.0.2.0/33", "expected addresses"),
            ("192.0.2/24", "expected addresses"),
            ("2001:db8::/129", "expected addresses"),
            ("0.0.0.0/0", "every address"),
            ("::/0", "every address"),
            ("", "expected addresses"),
            ("192.0.2.0/-1", "expected addresses"),
        ] {
            assert!(text.parse::<AddressRange>().unwrap_err().contains(why), "{text}");
        }
    }
}
