//! Object identifiers: dotted text of any encoding, and the names that people know them by.
//!
//! Identifiers are kept as dotted text: real certificates have longer ones than fixed-size types hold.

use der::asn1::ObjectIdentifier;

use crate::source::hex;

/// `1.2.840.113549.1.1.11` from the contents of an OBJECT IDENTIFIER; contents that break [X.690] §8.19 give
/// `invalid:` and hex, which equals no identifier.
///
/// [X.690]: https://www.itu.int/rec/T-REC-X.690
#[must_use]
pub fn text(contents: &[u8]) -> String {
    dotted(contents).unwrap_or_else(|| format!("invalid:{}", hex(contents)))
}

/// The name of an identifier: of algorithms, attributes, extensions, key purposes, policies and access methods.
#[must_use]
pub fn name(oid: &str) -> Option<&'static str> {
    NAMES.iter().find(|(known, _)| *known == oid).map(|(_, name)| *name)
}

pub(super) fn of(oid: ObjectIdentifier) -> String {
    oid.to_string()
}

fn dotted(contents: &[u8]) -> Option<String> {
    let mut text = String::with_capacity(contents.len() * 4);
    let mut arc = 0u128;
    let mut inside = false;
    for byte in contents {
        if !inside && *byte == 0x80 {
            return None;
        }
        if arc >> 121 != 0 {
            return None;
        }
        arc = arc << 7 | u128::from(byte & 0x7F);
        inside = byte & 0x80 != 0;
        if !inside {
            if text.is_empty() {
                let (first, base) = match arc {
                    0..40 => ('0', 0),
                    40..80 => ('1', 40),
                    _ => ('2', 80),
                };
                text.push(first);
                arc -= base;
            }
            text.push('.');
            push_number(&mut text, arc);
            arc = 0;
        }
    }
    (!inside && !text.is_empty()).then_some(text)
}

/// Appends a number in decimal; those of registered identifiers have few digits, for which `u128` is slow.
fn push_number(text: &mut String, number: u128) {
    match u32::try_from(number) {
        Ok(small @ 0..10) => text.extend(char::from_digit(small, 10)),
        Ok(small) => text.push_str(&small.to_string()),
        Err(_) => text.push_str(&number.to_string()),
    }
}

pub(crate) const AUTHORITY_KEY_IDENTIFIER: &str = "2.5.29.35";
pub(crate) const SUBJECT_KEY_IDENTIFIER: &str = "2.5.29.14";
pub(crate) const KEY_USAGE: &str = "2.5.29.15";
pub(crate) const SUBJECT_ALTERNATIVE_NAME: &str = "2.5.29.17";
pub(crate) const BASIC_CONSTRAINTS: &str = "2.5.29.19";
pub(crate) const NAME_CONSTRAINTS: &str = "2.5.29.30";
pub(crate) const CRL_DISTRIBUTION_POINTS: &str = "2.5.29.31";
pub(crate) const CERTIFICATE_POLICIES: &str = "2.5.29.32";
pub(crate) const EXTENDED_KEY_USAGE: &str = "2.5.29.37";
pub(crate) const AUTHORITY_INFORMATION_ACCESS: &str = "1.3.6.1.5.5.7.1.1";
pub(crate) const TLS_FEATURE: &str = "1.3.6.1.5.5.7.1.24";
pub(crate) const SCT_LIST: &str = "1.3.6.1.4.1.11129.2.4.2";
pub(super) const OCSP: &str = "1.3.6.1.5.5.7.48.1";
pub(super) const CA_ISSUERS: &str = "1.3.6.1.5.5.7.48.2";
pub(super) const COMMON_NAME: &str = "2.5.4.3";
pub(super) const ORGANIZATION: &str = "2.5.4.10";
pub(super) const ORGANIZATIONAL_UNIT: &str = "2.5.4.11";

/// Attribute types have the short names of RFC 4514 §3 and OpenSSL.
const NAMES: &[(&str, &str)] = &[
    (COMMON_NAME, "CN"),
    ("2.5.4.4", "SN"),
    ("2.5.4.5", "serialNumber"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.9", "street"),
    (ORGANIZATION, "O"),
    (ORGANIZATIONAL_UNIT, "OU"),
    ("2.5.4.12", "title"),
    ("2.5.4.15", "businessCategory"),
    ("2.5.4.17", "postalCode"),
    ("2.5.4.42", "GN"),
    ("2.5.4.46", "dnQualifier"),
    ("2.5.4.97", "organizationIdentifier"),
    ("0.9.2342.19200300.100.1.1", "UID"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("1.2.840.113549.1.9.1", "emailAddress"),
    ("1.3.6.1.4.1.311.60.2.1.1", "jurisdictionL"),
    ("1.3.6.1.4.1.311.60.2.1.2", "jurisdictionST"),
    ("1.3.6.1.4.1.311.60.2.1.3", "jurisdictionC"),
    ("2.5.29.9", "subjectDirectoryAttributes"),
    (SUBJECT_KEY_IDENTIFIER, "subjectKeyIdentifier"),
    (KEY_USAGE, "keyUsage"),
    ("2.5.29.16", "privateKeyUsagePeriod"),
    (SUBJECT_ALTERNATIVE_NAME, "subjectAltName"),
    ("2.5.29.18", "issuerAltName"),
    (BASIC_CONSTRAINTS, "basicConstraints"),
    (NAME_CONSTRAINTS, "nameConstraints"),
    (CRL_DISTRIBUTION_POINTS, "cRLDistributionPoints"),
    (CERTIFICATE_POLICIES, "certificatePolicies"),
    ("2.5.29.33", "policyMappings"),
    (AUTHORITY_KEY_IDENTIFIER, "authorityKeyIdentifier"),
    ("2.5.29.36", "policyConstraints"),
    (EXTENDED_KEY_USAGE, "extKeyUsage"),
    ("2.5.29.46", "freshestCRL"),
    ("2.5.29.54", "inhibitAnyPolicy"),
    (AUTHORITY_INFORMATION_ACCESS, "authorityInfoAccess"),
    ("1.3.6.1.5.5.7.1.3", "qcStatements"),
    ("1.3.6.1.5.5.7.1.11", "subjectInfoAccess"),
    (TLS_FEATURE, "tlsFeature"),
    (SCT_LIST, "signedCertificateTimestampList"),
    ("1.3.6.1.4.1.11129.2.4.3", "precertificatePoison"),
    ("2.16.840.1.113730.1.1", "netscapeCertType"),
    ("2.16.840.1.113730.1.13", "netscapeComment"),
    ("1.3.6.1.4.1.311.20.2", "microsoftCertificateTemplateName"),
    ("1.3.6.1.4.1.311.21.1", "microsoftCaVersion"),
    ("1.3.6.1.4.1.311.21.7", "microsoftCertificateTemplate"),
    ("1.3.6.1.4.1.311.21.10", "microsoftApplicationPolicies"),
    ("2.5.29.37.0", "anyExtendedKeyUsage"),
    ("1.3.6.1.5.5.7.3.1", "serverAuth"),
    ("1.3.6.1.5.5.7.3.2", "clientAuth"),
    ("1.3.6.1.5.5.7.3.3", "codeSigning"),
    ("1.3.6.1.5.5.7.3.4", "emailProtection"),
    ("1.3.6.1.5.5.7.3.8", "timeStamping"),
    ("1.3.6.1.5.5.7.3.9", "OCSPSigning"),
    ("1.3.6.1.5.2.3.5", "pkInitKdc"),
    ("1.3.6.1.4.1.311.20.2.2", "microsoftSmartcardLogon"),
    ("2.5.29.32.0", "anyPolicy"),
    ("2.23.140.1.1", "extendedValidation"),
    ("2.23.140.1.2.1", "domainValidated"),
    ("2.23.140.1.2.2", "organizationValidated"),
    ("2.23.140.1.2.3", "individualValidated"),
    (OCSP, "ocsp"),
    (CA_ISSUERS, "caIssuers"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_dotted_and_broken_ones_stay_visible() {
        for (contents, dotted) in [
            (&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B][..], "1.2.840.113549.1.1.11"),
            (&[0x55, 0x1D, 0x11], "2.5.29.17"),
            (&[0x88, 0x37, 0x03], "2.999.3"),
            (&[], "invalid:"),
            (&[0x2A, 0x86], "invalid:2a86"),
            (&[0x2A, 0x80, 0x01], "invalid:2a8001"),
        ] {
            assert_eq!(text(contents), dotted);
        }
        assert!(text(&[0xFF; 40]).starts_with("invalid:"));
        assert_eq!(name("2.5.29.17"), Some("subjectAltName"));
        assert_eq!(name("1.2.3"), None);
    }
}
