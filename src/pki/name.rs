//! Host names, and whether a certificate is for one: [RFC 9525], over the subject alternative name of [RFC 5280].
//!
//! The common name never matches: RFC 9525 §2 took it away, and browsers stopped looking at it in 2017. It is only
//! named where it would explain a surprise. `*.co.uk` matches as any wildcard does: what it is worth, a rule says.
//!
//! [RFC 9525]: https://www.rfc-editor.org/rfc/rfc9525
//! [RFC 5280]: https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.6

use crate::gathered::Gathered;
use crate::letters::beginning;
use std::fmt;
use std::net::IpAddr;

use super::certificate::ParsedCertificate;
use super::extension::{Field, GeneralName};

/// A host as a client asks for it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Host {
    /// A DNS name: A-labels, lower case, no trailing dot.
    Dns(String),
    /// An address.
    Ip(IpAddr),
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) => f.write_str(name),
            Self::Ip(address) => write!(f, "{address}"),
        }
    }
}

/// Whether a certificate is for a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NameMatch {
    /// It is.
    Matches {
        /// The name that matched, as the certificate has it.
        name: String,
    },
    /// It is not.
    Mismatch {
        /// The DNS names and addresses of the certificate, as it has them.
        presented: Vec<String>,
        /// What comes close, and why it does not count.
        near_miss: Option<String>,
    },
    /// The certificate has no subject alternative name, so that it is for no host.
    NoNames {
        /// What comes close, and why it does not count.
        near_miss: Option<String>,
    },
    /// Nothing readable matches, and not everything could be read: it cannot be told.
    Unreadable {
        /// What could not be read.
        reason: String,
    },
}

/// Reads a host: a DNS name (U-labels are converted by [UTS #46]), an IPv4 address, or an IPv6 address with or
/// without brackets.
///
/// # Errors
/// What was expected and what was found.
///
/// [UTS #46]: https://www.unicode.org/reports/tr46/
pub fn parse_host(text: &str) -> Result<Host, String> {
    let trimmed = text.trim();
    let shown = beginning(trimmed, 80);
    let error = |why: &str| Err(format!("expected a host name or address, found `{}`: {why}", shown.escape_debug()));
    if let Some(inner) = trimmed.strip_prefix('[') {
        let address = inner.strip_suffix(']').and_then(|inner| inner.parse().ok());
        return address
            .map_or_else(|| error("not an IPv6 address in brackets"), |address| Ok(Host::Ip(IpAddr::V6(address))));
    }
    if let Ok(address) = trimmed.parse::<IpAddr>() {
        return Ok(Host::Ip(address));
    }
    match trimmed {
        "" => return error("nothing"),
        _ if trimmed.contains("://") => return error("a URL"),
        _ if trimmed.contains('%') => return error("an address with a zone, or an escape"),
        _ if trimmed.contains(':') => return error("a port, or a broken IPv6 address"),
        // Converting costs more than linear time in places; no name that DNS can carry is this long.
        _ if trimmed.len() > 4 * LONGEST_NAME => return error("longer than a DNS name can be"),
        _ => {}
    }
    let ascii = match to_ascii(trimmed) {
        Some(ascii) => ascii,
        None => return error("not a valid internationalised name"),
    };
    let name = ascii.strip_suffix('.').unwrap_or(&ascii);
    if let Err(why) = check_name(name) {
        return error(why);
    }
    // The WHATWG URL standard calls such a host an IPv4 address, and this one did not parse as one.
    if name.rsplit('.').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit())) {
        return error("not an IPv4 address");
    }
    Ok(Host::Dns(name.to_owned()))
}

/// Whether two hosts, as people and tools write them, are one: U-labels and A-labels, in any case, with the dot of the
/// root or without.
pub(crate) fn is_same_host(one: &str, other: &str) -> bool {
    let (one, other) = (one.trim().trim_end_matches('.'), other.trim().trim_end_matches('.'));
    if one.eq_ignore_ascii_case(other) {
        return true;
    }
    if one.is_ascii() && other.is_ascii() {
        return matches!((one.parse::<IpAddr>(), other.parse::<IpAddr>()), (Ok(one), Ok(other)) if one == other);
    }
    matches!((parse_host(one), parse_host(other)), (Ok(one), Ok(other)) if one == other)
}

/// Compares a host with the subject alternative name of a certificate ([RFC 9525 §6]).
///
/// [RFC 9525 §6]: https://www.rfc-editor.org/rfc/rfc9525#section-6
#[must_use]
pub fn match_host(host: &Host, certificate: &ParsedCertificate) -> NameMatch {
    let near_common_name = || common_name(host, certificate);
    let names = match &certificate.extensions.subject_alternative_name {
        Field::Absent => return NameMatch::NoNames { near_miss: near_common_name() },
        Field::Undecodable(reason) => return NameMatch::Unreadable { reason: reason.clone() },
        Field::Decoded(names) => names,
    };
    let mut near_miss = None;
    for name in &names.names {
        match compare(host, name) {
            Ok(true) => return NameMatch::Matches { name: presented(name).unwrap_or_default() },
            Ok(false) => {}
            Err(why) => near_miss = near_miss.or(Some(why)),
        }
    }
    if names.unreadable > 0 {
        return NameMatch::Unreadable {
            reason: format!("{} entries of the subject alternative name cannot be read", names.unreadable),
        };
    }
    NameMatch::Mismatch {
        presented: names.names.iter().filter_map(presented).gathered(),
        near_miss: near_miss.or_else(near_common_name),
    }
}

const LONGEST_NAME: usize = 253;
const LONGEST_LABEL: usize = 63;

fn to_ascii(name: &str) -> Option<String> {
    // The converter rejects no underscore, which names of services and of old hosts have.
    if name.is_ascii() && !name.to_ascii_lowercase().contains("xn--") {
        return Some(name.to_ascii_lowercase());
    }
    // What a URL would take for something else than a part of a host.
    if name.bytes().any(|byte| byte.is_ascii() && !byte.is_ascii_alphanumeric() && !b"-._".contains(&byte)) {
        return None;
    }
    mapped(name)
}

#[cfg(not(target_arch = "wasm32"))]
fn mapped(name: &str) -> Option<String> {
    idna::domain_to_ascii(name).ok()
}

/// The platform has the tables already: a URL's host is mapped by the same UTS #46.
#[cfg(target_arch = "wasm32")]
fn mapped(name: &str) -> Option<String> {
    crate::wasm::host_of_url(&format!("http://{name}/"))
}

/// Letters, digits, hyphens and underscores, in labels of 1 to 63 bytes.
fn check_name(name: &str) -> Result<(), &'static str> {
    if name.is_empty() || name.len() > LONGEST_NAME {
        return Err("a DNS name has 1 to 253 bytes");
    }
    for label in name.split('.') {
        if label.is_empty() || label.len() > LONGEST_LABEL {
            return Err("a label has 1 to 63 bytes");
        }
        if !label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_') {
            return Err("a label has letters, digits and hyphens");
        }
        if label.starts_with('-') || label.ends_with('-') {
            return Err("a label neither starts nor ends with a hyphen");
        }
    }
    Ok(())
}

/// Whether an entry is for the host; an error says why one that comes close is not.
fn compare(host: &Host, name: &GeneralName) -> Result<bool, String> {
    match (host, name) {
        (Host::Ip(address), GeneralName::Ip(found)) => Ok(address == found),
        (Host::Ip(address), GeneralName::Dns(found)) if found.parse() == Ok(*address) => {
            Err(format!("`{found}` stands there as a DNS name; an address counts only as an iPAddress"))
        }
        (Host::Dns(host), GeneralName::Dns(pattern)) => compare_dns(host, pattern),
        _ => Ok(false),
    }
}

fn compare_dns(host: &str, pattern: &str) -> Result<bool, String> {
    let wanted = pattern.to_ascii_lowercase();
    if let Some(parent) = wanted.strip_prefix("*.") {
        return compare_wildcard(host, pattern, parent);
    }
    if wanted.contains('*') {
        return match partial_matches(host, &wanted) {
            true => Err(format!("`{pattern}`: a wildcard counts only as the whole left-most label")),
            false => Ok(false),
        };
    }
    if wanted == host {
        return check_name(&wanted).map(|()| true).map_err(|why| format!("`{pattern}` is no DNS name: {why}"));
    }
    if wanted.strip_suffix('.') == Some(host) {
        return Err(format!("`{pattern}` ends with a dot, which a certificate's name must not"));
    }
    if wanted.strip_prefix("www.") == Some(host) {
        return Err(format!("`{pattern}` does not cover the name without `www.`"));
    }
    if host.strip_prefix("www.") == Some(wanted.as_str()) {
        return Err(format!("`{pattern}` does not cover the name with `www.`"));
    }
    Ok(false)
}

fn compare_wildcard(host: &str, pattern: &str, parent: &str) -> Result<bool, String> {
    if host == parent {
        return Err(format!("`{pattern}` does not cover `{parent}` itself"));
    }
    let Some(covered) = host.strip_suffix(parent).and_then(|rest| rest.strip_suffix('.')) else { return Ok(false) };
    if !parent.contains('.') {
        return Err(format!("`{pattern}` is too wide: clients want at least two labels behind the wildcard"));
    }
    if let Err(why) = check_name(parent) {
        return Err(format!("`{pattern}` is no DNS name: {why}"));
    }
    if covered.contains('.') {
        return Err(format!("`{pattern}` covers one label only"));
    }
    Ok(!covered.is_empty())
}

/// Whether a pattern with `*` anywhere would match if `*` stood for any part of one label.
fn partial_matches(host: &str, pattern: &str) -> bool {
    let mut host_labels = host.split('.');
    let all = pattern.split('.').all(|pattern| {
        host_labels.next().is_some_and(|label| match pattern.split_once('*') {
            None => label == pattern,
            Some((front, back)) => {
                label.len() >= front.len() + back.len() && label.starts_with(front) && label.ends_with(back)
            }
        })
    });
    all && host_labels.next().is_none()
}

fn presented(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::Dns(name) => Some(name.clone()),
        GeneralName::Ip(address) => Some(address.to_string()),
        _ => None,
    }
}

fn common_name(host: &Host, certificate: &ParsedCertificate) -> Option<String> {
    let matching = |name: &&str| match host {
        Host::Dns(host) => compare_dns(host, name) == Ok(true),
        Host::Ip(address) => name.parse() == Ok(*address),
    };
    let name = certificate.common_names().into_iter().find(matching)?;
    Some(format!("only the common name `{name}` matches, which clients ignore (RFC 9525; browsers since 2017)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_one_however_they_are_written() {
        for (one, other, same) in [
            ("mail.example.com", "MAIL.example.com.", true),
            ("m\u{fc}nchen.example", "xn--mnchen-3ya.example", true),
            ("M\u{dc}NCHEN.example.", "XN--MNCHEN-3YA.EXAMPLE", true),
            ("2001:db8::1", "2001:DB8:0::1", true),
            ("m\u{fc}nchen.example", "munchen.example", false),
            ("mail.example.com", "mail.example", false),
            ("192.0.2.1", "192.0.2.10", false),
            ("\u{fc}:443", "\u{fc}", false),
        ] {
            assert_eq!(is_same_host(one, other), same, "{one} {other}");
        }
    }

    #[test]
    fn hosts_are_normalised() {
        for (text, expected) in [
            ("Mail.Example.COM.", "mail.example.com"),
            (" localhost ", "localhost"),
            ("_sip.example.com", "_sip.example.com"),
            ("Bücher.example", "xn--bcher-kva.example"),
            ("bu\u{308}cher.example", "xn--bcher-kva.example"),
            ("XN--bcher-KVA.example", "xn--bcher-kva.example"),
            ("faß.de", "xn--fa-hia.de"),
            ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
            ("192.0.2.1", "192.0.2.1"),
            ("[2001:DB8::1]", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"),
        ] {
            assert_eq!(parse_host(text).unwrap().to_string(), expected);
        }
        for (text, why) in [
            ("", "nothing"),
            (".", "1 to 253"),
            ("https://example.com", "a URL"),
            ("example.com:443", "a port"),
            ("fe80::1%eth0", "a zone"),
            ("[192.0.2.1]", "in brackets"),
            ("1.2.3", "not an IPv4 address"),
            ("192.0.2.256", "not an IPv4 address"),
            ("a..b", "1 to 63 bytes"),
            ("a b", "letters, digits"),
            ("-a.example", "hyphen"),
            ("*.example.com", "letters, digits"),
            ("xn--a.example", "internationalised"),
            ("a\0.example", "letters, digits"),
        ] {
            let error = parse_host(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
        assert!(parse_host(&"é".repeat(100_000)).is_err());
    }

    #[test]
    fn wildcards_and_near_misses() {
        let yes = Ok(true);
        let no = Ok(false);
        let near = |text: &str| Err(text.to_owned());
        for (host, pattern, expected) in [
            ("mail.example.com", "mail.example.com", yes.clone()),
            ("mail.example.com", "MAIL.Example.com", yes.clone()),
            ("mail.example.com", "*.example.com", yes.clone()),
            ("xn--bcher-kva.example.com", "*.example.com", yes),
            ("mail.example.org", "*.example.com", no.clone()),
            ("mailexample.com", "*.example.com", no.clone()),
            ("mail.example.com", "www.example.com", no.clone()),
            ("mail.example.com", "", no.clone()),
            ("mail.example.com", "*", no.clone()),
            ("mail.example.com", "**.example.org", no),
            ("a.b.example.com", "*.example.com", near("`*.example.com` covers one label only")),
            ("example.com", "*.example.com", near("`*.example.com` does not cover `example.com` itself")),
            ("example.com", "www.example.com", near("`www.example.com` does not cover the name without `www.`")),
            ("www.example.com", "example.com", near("`example.com` does not cover the name with `www.`")),
            ("example.com", "*.com", near("`*.com` is too wide: clients want at least two labels behind the wildcard")),
            (
                "foo.example.com",
                "f*o.example.com",
                near("`f*o.example.com`: a wildcard counts only as the whole left-most label"),
            ),
            (
                "a.b.example.com",
                "a.*.example.com",
                near("`a.*.example.com`: a wildcard counts only as the whole left-most label"),
            ),
            (
                "example.com",
                "example.com.",
                near("`example.com.` ends with a dot, which a certificate's name must not"),
            ),
        ] {
            assert_eq!(compare_dns(host, pattern), expected, "{host} {pattern}");
        }
    }
}
