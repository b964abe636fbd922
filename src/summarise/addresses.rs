//! The addresses that certificates name for revocation lists, OCSP and issuers' certificates, by host and port.

use crate::evidence::Merged;
use crate::ordered::{Map, Set};
use crate::pki::ParsedCertificate;
use crate::report::{AddressUse, CaAddress};

/// Every host that the certificates of the evidence name, in the order of names.
pub(crate) fn ca_addresses(merged: &Merged<'_>) -> Vec<CaAddress> {
    let mut found: Map<(String, u16, String), CaAddress> = Map::new();
    let mut seen: Set<&str> = Set::new();
    let of_endpoints = merged.dossiers.iter().flat_map(|dossier| &dossier.chains);
    let chains = of_endpoints.chain(merged.chains.iter().map(|chain| &chain.presented));
    for parsed in chains.flat_map(|chain| &chain.certificates).filter_map(|certificate| certificate.decoded()) {
        if seen.insert(&parsed.sha256) {
            add(parsed, &mut found);
        }
    }
    let mut all: Vec<CaAddress> = Vec::new();
    all.extend(found.into_values());
    all
}

fn add(parsed: &ParsedCertificate, found: &mut Map<(String, u16, String), CaAddress>) {
    let lists = parsed.extensions.crl_distribution_points.decoded().map_or(&[][..], Vec::as_slice);
    let access = parsed.extensions.authority_information_access.decoded();
    let ocsp = access.map_or(&[][..], |access| &access.ocsp);
    let issuers = access.map_or(&[][..], |access| &access.ca_issuers);
    for (usage, urls) in [(AddressUse::Crl, lists), (AddressUse::Ocsp, ocsp), (AddressUse::CaIssuers, issuers)] {
        for url in urls {
            let Some((scheme, host, port)) = parts(url) else { continue };
            let key = (host.clone(), port, scheme.clone());
            let new = || CaAddress { scheme, host, port, uses: Vec::new(), urls: Vec::new(), certificates: Vec::new() };
            found.update(key, new, |known| {
                add_once(&mut known.uses, usage);
                if !known.urls.contains(url) {
                    known.urls.push(url.clone());
                }
                if known.certificates.last() != Some(&parsed.sha256) {
                    known.certificates.push(parsed.sha256.clone());
                }
            });
        }
    }
}

fn add_once(uses: &mut Vec<AddressUse>, usage: AddressUse) {
    if !uses.contains(&usage) {
        let place = uses.partition_point(|known| *known < usage);
        uses.insert(place, usage);
    }
}

/// Scheme, host and port of an address. Without a host, as directories of a domain are written, there is nothing to open.
fn parts(url: &str) -> Option<(String, String, u16)> {
    let (scheme, rest) = url.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let own = match scheme.as_str() {
        "http" => 80,
        "https" => 443,
        "ldap" => 389,
        "ldaps" => 636,
        "ftp" => 21,
        _ => return None,
    };
    let authority = rest.split(['/', '?', '#']).next()?;
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (host, port) = match authority.rsplit_once(':') {
        // The colons of an IPv6 address stand in brackets.
        Some((host, port)) if !port.contains(']') => (host, port.parse().ok()?),
        _ => (authority, own),
    };
    (!host.is_empty()).then(|| (scheme, host.to_ascii_lowercase(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_apart() {
        for (url, expected) in [
            ("http://crl.example.com/a.crl", "http crl.example.com 80"),
            ("HTTP://CRL.example.com", "http crl.example.com 80"),
            ("https://a.example:8443?b", "https a.example 8443"),
            ("http://user@a.example/x@y", "http a.example 80"),
            ("http://[2001:db8::1]/a", "http [2001:db8::1] 80"),
            ("http://[2001:db8::1]:81/a", "http [2001:db8::1] 81"),
            ("ldap://dc.example/CN=a", "ldap dc.example 389"),
            ("ldap:///CN=a", ""),
            ("file:///etc", ""),
            ("http://a:99999/", ""),
            ("crl.example.com", ""),
        ] {
            let found = parts(url).map(|(scheme, host, port)| format!("{scheme} {host} {port}"));
            assert_eq!(found.unwrap_or_default(), expected, "{url}");
        }
    }
}
