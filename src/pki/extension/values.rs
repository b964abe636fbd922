//! The values of extensions, decoded one by one.

use std::net::IpAddr;

use der::Decode;

use super::{AuthorityInformationAccess, GeneralName, SignedCertificateTimestamp, SubjectAlternativeName};
use crate::pki::certificate::CertificateError;
use crate::pki::distinguished_name::DistinguishedName;
use crate::pki::oid;
use crate::pki::tlv::{self, INTEGER, OCTET_STRING, SEQUENCE, Tlv, Walker};
use crate::source::hex;
use crate::time::Timestamp;

pub(super) fn typed<'a, T: Decode<'a>>(bytes: &'a [u8]) -> Result<T, String>
where
    T::Error: std::fmt::Display,
{
    T::from_der(bytes).map_err(|error| error.to_string())
}

pub(super) fn read_names(value: &Tlv<'_>, problems: &mut Vec<String>) -> Result<SubjectAlternativeName, String> {
    let mut outer = value.inside();
    let list = outer.expect(SEQUENCE, "names").map_err(|error| error.to_string())?;
    if !outer.is_empty() {
        return Err(format!("bytes stand behind the names at byte {}", outer.offset()));
    }
    let mut entries = list.inside();
    let mut read = SubjectAlternativeName { names: Vec::new(), unreadable: 0 };
    while !entries.is_empty() {
        let entry = entries.element("a name").map_err(|error| error.to_string())?;
        match read_name(&entry) {
            Ok(name) => read.names.push(name),
            Err(problem) => {
                read.unreadable += 1;
                problems.push(problem);
            }
        }
    }
    Ok(read)
}

fn read_name(entry: &Tlv<'_>) -> Result<GeneralName, String> {
    let ascii = |kind: &str| match std::str::from_utf8(entry.value) {
        Ok(text) if text.is_ascii() => Ok(text.to_owned()),
        _ => Err(format!("the {kind} `{}` is not ASCII", String::from_utf8_lossy(entry.value).escape_debug())),
    };
    match entry.tag {
        0x81 => ascii("rfc822Name").map(GeneralName::Email),
        0x82 => ascii("dNSName").map(GeneralName::Dns),
        0x86 => ascii("uniformResourceIdentifier").map(GeneralName::Uri),
        0x87 => ip(entry.value)
            .map(GeneralName::Ip)
            .ok_or_else(|| format!("an iPAddress has 4 or 16 bytes, found {}", entry.value.len())),
        0xA4 => {
            let mut notes = Vec::new();
            let name = entry.inside().expect(SEQUENCE, "a directory name");
            name.and_then(|name| DistinguishedName::read(&name, &mut notes))
                .map(|name| GeneralName::Directory(name.to_string()))
                .map_err(|error| error.to_string())
        }
        0x88 => Ok(GeneralName::Other(format!("registeredID {}", oid::text(entry.value)))),
        0xA0 | 0xA3 | 0xA5 => {
            let kind = match entry.tag {
                0xA0 => "otherName",
                0xA3 => "x400Address",
                _ => "ediPartyName",
            };
            Ok(GeneralName::Other(format!("{kind} {}", hex(entry.value))))
        }
        other => Err(format!("expected a GeneralName, found {}", tlv::tag_name(other))),
    }
}

fn ip(octets: &[u8]) -> Option<IpAddr> {
    <[u8; 4]>::try_from(octets).map(IpAddr::from).or_else(|_| <[u8; 16]>::try_from(octets).map(IpAddr::from)).ok()
}

pub(super) fn told<T>(read: Result<T, CertificateError>) -> Result<T, String> {
    read.map_err(|error| error.to_string())
}

/// The one SEQUENCE that an extension's value is.
fn sequence<'a>(value: &Tlv<'a>, what: &str) -> Result<Walker<'a>, CertificateError> {
    let mut outer = value.inside();
    let list = outer.expect(SEQUENCE, what)?.inside();
    end(&outer, what)?;
    Ok(list)
}

/// Nothing may stand behind what was read.
fn end(walker: &Walker<'_>, what: &str) -> Result<(), CertificateError> {
    if walker.is_empty() {
        return Ok(());
    }
    Err(CertificateError { offset: walker.offset(), message: format!("expected the end of {what}, found more bytes") })
}

/// A URL, if that is what the GeneralName is.
fn url(name: &Tlv<'_>) -> Result<Option<String>, CertificateError> {
    match read_name(name) {
        Ok(GeneralName::Uri(url)) => Ok(Some(url)),
        Ok(_) => Ok(None),
        Err(message) => Err(CertificateError { offset: name.start, message }),
    }
}

/// [RFC 5280 §4.2.1.1]: `keyIdentifier [0]`, `authorityCertIssuer [1]`, `authorityCertSerialNumber [2]`.
///
/// [RFC 5280 §4.2.1.1]: https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.1
pub(super) fn read_authority_key(value: &Tlv<'_>) -> Result<Option<String>, CertificateError> {
    let mut fields = sequence(value, "the authority key identifier")?;
    let identifier = fields.optional(0x80, "the key identifier")?;
    if let Some(issuer) = fields.optional(0xA1, "the issuer's names")? {
        let mut names = issuer.inside();
        while !names.is_empty() {
            url(&names.element("a name")?)?;
        }
    }
    fields.optional(0x82, "the issuer's serial number")?;
    end(&fields, "the authority key identifier")?;
    Ok(identifier.map(|identifier| hex(identifier.value)))
}

/// [RFC 5280 §4.2.1.13]: the URLs of `fullName [0]` of `distributionPoint [0]` of each point.
///
/// [RFC 5280 §4.2.1.13]: https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.13
pub(super) fn read_crl_urls(value: &Tlv<'_>) -> Result<Vec<String>, CertificateError> {
    let mut points = sequence(value, "the distribution points")?;
    let mut urls = Vec::new();
    while !points.is_empty() {
        let mut point = points.expect(SEQUENCE, "a distribution point")?.inside();
        if let Some(place) = point.optional(0xA0, "a distribution point's name")? {
            let mut forms = place.inside();
            let form = forms.element("a distribution point's name")?;
            end(&forms, "a distribution point's name")?;
            let mut names = form.inside();
            while form.tag == 0xA0 && !names.is_empty() {
                urls.extend(url(&names.element("a name")?)?);
            }
        }
        point.optional(0x81, "the reasons")?;
        point.optional(0xA2, "the issuer of the list")?;
        end(&point, "a distribution point")?;
    }
    Ok(urls)
}

pub(super) fn read_access(value: &Tlv<'_>) -> Result<AuthorityInformationAccess, CertificateError> {
    let mut descriptions = sequence(value, "the access descriptions")?;
    let mut access = AuthorityInformationAccess::default();
    while !descriptions.is_empty() {
        let mut description = descriptions.expect(SEQUENCE, "an access description")?.inside();
        let method = oid::text(description.expect(tlv::OID, "an access method")?.value);
        let url = url(&description.element("an access location")?)?;
        end(&description, "an access description")?;
        match method.as_str() {
            oid::OCSP => access.ocsp.extend(url),
            oid::CA_ISSUERS => access.ca_issuers.extend(url),
            _ => {}
        }
    }
    Ok(access)
}

pub(super) fn read_policies(value: &Tlv<'_>) -> Result<Vec<String>, CertificateError> {
    let mut list = sequence(value, "the certificate policies")?;
    let mut policies = Vec::new();
    while !list.is_empty() {
        let mut policy = list.expect(SEQUENCE, "a certificate policy")?.inside();
        policies.push(oid::text(policy.expect(tlv::OID, "a policy's identifier")?.value));
        policy.optional(SEQUENCE, "a policy's qualifiers")?;
        end(&policy, "a certificate policy")?;
    }
    Ok(policies)
}

/// [RFC 5280 §4.2.1.10]: `permittedSubtrees [0]`, `excludedSubtrees [1]`, one of them at least.
///
/// [RFC 5280 §4.2.1.10]: https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.10
pub(super) fn read_name_constraints(value: &Tlv<'_>) -> Result<(), CertificateError> {
    let mut fields = sequence(value, "the name constraints")?;
    for tag in [0xA0, 0xA1] {
        let Some(subtrees) = fields.optional(tag, "subtrees")? else { continue };
        let mut subtrees = subtrees.inside();
        while !subtrees.is_empty() {
            subtrees.expect(SEQUENCE, "a subtree")?.inside().element("a subtree's name")?;
        }
    }
    end(&fields, "the name constraints")
}

/// Reads a `SignedCertificateTimestampList`: two bytes of length, then entries with two bytes each.
pub(super) fn read_timestamps(value: &Tlv<'_>) -> Result<Vec<SignedCertificateTimestamp>, String> {
    let error = || "the list of certificate timestamps is cut short or too long".to_owned();
    let list = value.inside().expect(OCTET_STRING, "certificate timestamps").map_err(|error| error.to_string())?;
    let (length, mut entries) = split_length(list.value).ok_or_else(error)?;
    if length != entries.len() {
        return Err(error());
    }
    let mut timestamps = Vec::new();
    while !entries.is_empty() {
        let (length, rest) = split_length(entries).ok_or_else(error)?;
        let (entry, behind) = rest.split_at_checked(length).ok_or_else(error)?;
        timestamps.push(timestamp(entry).ok_or("a certificate timestamp is not of version 1, or cut short")?);
        entries = behind;
    }
    Ok(timestamps)
}

/// Version, log, milliseconds, extensions, hash and signature algorithm, signature.
fn timestamp(entry: &[u8]) -> Option<SignedCertificateTimestamp> {
    let (log, rest) = entry.strip_prefix(&[0])?.split_at_checked(32)?;
    let (time, rest) = rest.split_first_chunk::<8>()?;
    let (length, rest) = split_length(rest)?;
    let (algorithm, signature) = rest.get(length..)?.split_first_chunk::<2>()?;
    let (length, signature) = split_length(signature)?;
    const LAST: i64 = 253_402_300_799;
    let seconds = i64::try_from(u64::from_be_bytes(*time) / 1000).ok().filter(|seconds| *seconds <= LAST)?;
    let [hash, kind] = *algorithm;
    let at = Timestamp::from_unix(seconds);
    (length == signature.len()).then(|| SignedCertificateTimestamp { log: hex(log), at, algorithm: (hash, kind) })
}

fn split_length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    match bytes {
        [high, low, rest @ ..] => Some((usize::from(u16::from_be_bytes([*high, *low])), rest)),
        _ => None,
    }
}

pub(super) fn read_features(value: &Tlv<'_>) -> Result<Vec<u32>, CertificateError> {
    let mut list: Walker<'_> = value.inside().expect(SEQUENCE, "TLS features")?.inside();
    let mut features = Vec::new();
    while !list.is_empty() {
        let feature = list.expect(INTEGER, "a TLS feature")?;
        let number = tlv::magnitude(feature.value).and_then(tlv::to_u64).and_then(|n| u32::try_from(n).ok());
        let error = || CertificateError { offset: feature.start, message: "a TLS feature is out of range".to_owned() };
        features.push(number.ok_or_else(error)?);
    }
    Ok(features)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_read_to_the_last_byte_or_not_at_all() {
        let entry = [&[0][..], &[7; 32], &1_795_000_000_123_u64.to_be_bytes(), &[0, 0, 4, 3, 0, 2, 9, 9]].concat();
        let listed = |entry: &[u8]| {
            let prefixed = [&u16::try_from(entry.len()).unwrap().to_be_bytes()[..], entry].concat();
            let list = [&u16::try_from(prefixed.len()).unwrap().to_be_bytes()[..], &prefixed].concat();
            let value = [&[4, u8::try_from(list.len()).unwrap()][..], &list].concat();
            let raw = [&[4, u8::try_from(value.len()).unwrap()][..], &value].concat();
            read_timestamps(&Walker::new(&raw, 0).element("").unwrap())
        };
        let read = listed(&entry).unwrap();
        assert_eq!((read[0].at, read[0].algorithm), (Timestamp::from_unix(1_795_000_000), (4, 3)));
        assert_eq!(read[0].log, "07".repeat(32));
        for cut in 0..entry.len() {
            assert!(listed(&entry[..cut]).is_err(), "{cut}");
        }
        assert!(listed(&[&entry[..], &[0]].concat()).is_err());
        assert!(listed(&[&[1], &entry[1..]].concat()).is_err(), "another version");
    }
}
