//! The extensions of a certificate in words ([RFC 5280 §4.2]); what is not decoded stands as hex.
//!
//! [RFC 5280 §4.2]: https://www.rfc-editor.org/rfc/rfc5280#section-4.2

use x509_cert::ext::pkix::KeyUsages;

use crate::gathered::Gathered;
use crate::pki::extension::{BasicConstraints, Extension, Extensions, SignedCertificateTimestamp};
use crate::pki::oid;
use crate::report::ExtensionSummary;
use crate::source::hex;

/// Number of the TLS extension `status_request` ([RFC 6066 §8](https://www.rfc-editor.org/rfc/rfc6066#section-8)).
const STATUS_REQUEST: u32 = 5;

/// All of them, in encoded order.
pub(super) fn summaries(extensions: &Extensions) -> Vec<ExtensionSummary> {
    extensions.list.iter().map(|extension| summary(extension, extensions)).gathered()
}

fn summary(extension: &Extension, extensions: &Extensions) -> ExtensionSummary {
    let says = says(&extension.oid, extensions).unwrap_or_default();
    ExtensionSummary {
        oid: extension.oid.clone(),
        name: extension.name.map(str::to_owned),
        critical: extension.critical,
        hex: says.is_empty().then(|| hex(&extension.value)),
        says,
    }
}

fn says(id: &str, extensions: &Extensions) -> Option<Vec<String>> {
    Some(match id {
        oid::SUBJECT_ALTERNATIVE_NAME => {
            let names = extensions.subject_alternative_name.decoded()?;
            names.names.iter().map(super::name_words).gathered()
        }
        oid::BASIC_CONSTRAINTS => vec![constraints(*extensions.basic_constraints.decoded()?)],
        oid::KEY_USAGE => {
            extensions.key_usage.decoded()?.0.into_iter().map(|usage| usage_word(usage).to_owned()).gathered()
        }
        oid::EXTENDED_KEY_USAGE => extensions.extended_key_usage.decoded()?.iter().map(|id| named(id)).gathered(),
        oid::AUTHORITY_KEY_IDENTIFIER => extensions.authority_key_identifier.decoded()?.iter().cloned().gathered(),
        oid::SUBJECT_KEY_IDENTIFIER => vec![extensions.subject_key_identifier.decoded()?.clone()],
        oid::CRL_DISTRIBUTION_POINTS => extensions.crl_distribution_points.decoded()?.clone(),
        oid::AUTHORITY_INFORMATION_ACCESS => {
            let access = extensions.authority_information_access.decoded()?;
            let ocsp = access.ocsp.iter().map(|url| format!("OCSP {url}"));
            ocsp.chain(access.ca_issuers.iter().map(|url| format!("issuer's certificate {url}"))).gathered()
        }
        oid::CERTIFICATE_POLICIES => extensions.certificate_policies.decoded()?.iter().map(|id| named(id)).gathered(),
        oid::SCT_LIST => {
            let timestamps = extensions.signed_certificate_timestamps.decoded()?;
            let count = format!("{} embedded, not verified", timestamps.len());
            std::iter::once(count).chain(timestamps.iter().map(timestamp)).gathered()
        }
        oid::TLS_FEATURE => extensions.tls_features.decoded()?.iter().map(|number| feature(*number)).gathered(),
        _ => return None,
    })
}

/// `2026-01-02T03:04:05Z by the log 0123…, ECDSA with SHA-256`.
fn timestamp(timestamp: &SignedCertificateTimestamp) -> String {
    let algorithm = match timestamp.algorithm {
        (4, 3) => "ECDSA with SHA-256".to_owned(),
        (4, 1) => "RSA with SHA-256".to_owned(),
        (hash, kind) => format!("hash {hash}, signature {kind}"),
    };
    format!("{} by the log {}, {algorithm}", timestamp.at, timestamp.log)
}

fn constraints(constraints: BasicConstraints) -> String {
    match (constraints.ca, constraints.path_length) {
        (false, _) => "no certification authority".to_owned(),
        (true, None) => "certification authority".to_owned(),
        (true, Some(length)) => format!("certification authority, at most {length} more below it"),
    }
}

/// Its name where it has one, else the dotted identifier.
fn named(id: &str) -> String {
    oid::name(id).unwrap_or(id).to_owned()
}

fn feature(number: u32) -> String {
    match number {
        STATUS_REQUEST => "status_request: the server must staple an OCSP response".to_owned(),
        number => format!("TLS extension {number}"),
    }
}

/// The names of [RFC 5280 §4.2.1.3](https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.3).
const fn usage_word(usage: KeyUsages) -> &'static str {
    match usage {
        KeyUsages::DigitalSignature => "digitalSignature",
        KeyUsages::NonRepudiation => "nonRepudiation",
        KeyUsages::KeyEncipherment => "keyEncipherment",
        KeyUsages::DataEncipherment => "dataEncipherment",
        KeyUsages::KeyAgreement => "keyAgreement",
        KeyUsages::KeyCertSign => "keyCertSign",
        KeyUsages::CRLSign => "cRLSign",
        KeyUsages::EncipherOnly => "encipherOnly",
        KeyUsages::DecipherOnly => "decipherOnly",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::extension::Field;

    fn one(id: &str, value: &[u8], extensions: Extensions) -> ExtensionSummary {
        let extension = Extension { oid: id.to_owned(), name: oid::name(id), critical: true, value: value.to_vec() };
        summary(&extension, &extensions)
    }

    #[test]
    fn says_what_is_decoded() {
        let extensions = || Extensions {
            basic_constraints: Field::Decoded(BasicConstraints { ca: true, path_length: Some(0) }),
            tls_features: Field::Decoded(vec![5, 17]),
            extended_key_usage: Field::Decoded(vec!["1.3.6.1.5.5.7.3.1".to_owned(), "1.2.3".to_owned()]),
            ..Extensions::default()
        };
        for (id, expected) in [
            (oid::BASIC_CONSTRAINTS, vec!["certification authority, at most 0 more below it"]),
            (oid::TLS_FEATURE, vec!["status_request: the server must staple an OCSP response", "TLS extension 17"]),
            (oid::EXTENDED_KEY_USAGE, vec!["serverAuth", "1.2.3"]),
        ] {
            let found = one(id, &[1], extensions());
            assert_eq!((found.says, found.hex), (expected.into_iter().map(str::to_owned).collect(), None), "{id}");
        }
    }

    #[test]
    fn what_is_not_decoded_stands_as_hex() {
        let broken = Extensions { key_usage: Field::Undecodable("why".to_owned()), ..Extensions::default() };
        for (id, extensions) in [
            ("1.2.3.4", Extensions::default()),
            (oid::KEY_USAGE, broken),
            (oid::NAME_CONSTRAINTS, Extensions::default()),
        ] {
            let found = one(id, &[0x30, 0], extensions);
            assert_eq!((found.says, found.hex.as_deref()), (Vec::new(), Some("3000")), "{id}");
        }
    }
}
