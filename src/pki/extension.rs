//! Extensions ([RFC 5280 §4.2]), each decoded by itself: one that is broken does not hide the others.
//!
//! Absent and undecodable are different answers: nothing may be concluded from what could not be read.
//!
//! [RFC 5280 §4.2]: https://www.rfc-editor.org/rfc/rfc5280#section-4.2

use std::net::IpAddr;

use x509_cert::ext::pkix;

use crate::gathered::Gathered;
use crate::source::hex;

use super::certificate::CertificateError;
use super::oid;
use super::tlv::{self, OCTET_STRING, SEQUENCE, Tlv};
use crate::time::Timestamp;
use values::{
    read_access, read_authority_key, read_crl_urls, read_features, read_name_constraints, read_names, read_policies,
    read_timestamps, told, typed,
};

mod values;

/// What is known of one extension.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Field<T> {
    /// The certificate does not have it.
    #[default]
    Absent,
    /// Its decoded value.
    Decoded(T),
    /// It is there, or may be there, and cannot be read: why.
    Undecodable(String),
}

impl<T> Field<T> {
    /// The decoded value.
    #[must_use]
    pub fn decoded(&self) -> Option<&T> {
        match self {
            Self::Decoded(value) => Some(value),
            Self::Absent | Self::Undecodable(_) => None,
        }
    }

    /// Whether the certificate certainly does not have it.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    fn doubt(&mut self, reason: &str) {
        if self.is_absent() {
            *self = Self::Undecodable(reason.to_owned());
        }
    }
}

/// One extension, for display.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// Dotted identifier.
    pub oid: String,
    /// Its name, if it is a known one.
    pub name: Option<&'static str>,
    /// Whether a reader that does not understand it must refuse the certificate.
    pub critical: bool,
    /// The bytes inside its OCTET STRING.
    pub value: Vec<u8>,
}

/// An extension, or a part of one, that cannot be decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtensionProblem {
    /// Dotted identifier; empty when the list of extensions itself is broken.
    pub oid: String,
    /// Its name, if it is a known one.
    pub name: Option<&'static str>,
    /// What was found and what was expected.
    pub message: String,
}

/// One entry of a subject alternative name ([RFC 5280 §4.2.1.6]).
///
/// [RFC 5280 §4.2.1.6]: https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.6
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GeneralName {
    /// dNSName, as it stands there.
    Dns(String),
    /// iPAddress of 4 or 16 bytes.
    Ip(IpAddr),
    /// rfc822Name.
    Email(String),
    /// uniformResourceIdentifier.
    Uri(String),
    /// directoryName, readable.
    Directory(String),
    /// Any other kind: what it is, and its bytes in hex.
    Other(String),
}

/// The subject alternative name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubjectAlternativeName {
    /// The entries that can be read, in encoded order.
    pub names: Vec<GeneralName>,
    /// How many entries cannot be read; the reasons are among the problems.
    pub unreadable: usize,
}

/// [RFC 5280 §4.2.1.9].
///
/// [RFC 5280 §4.2.1.9]: https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.9
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BasicConstraints {
    /// Whether the subject is a certification authority.
    pub ca: bool,
    /// How many CA certificates may follow.
    pub path_length: Option<u8>,
}

/// Where to ask about the issuer ([RFC 5280 §4.2.2.1]).
///
/// [RFC 5280 §4.2.2.1]: https://www.rfc-editor.org/rfc/rfc5280#section-4.2.2.1
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuthorityInformationAccess {
    /// OCSP responders.
    pub ocsp: Vec<String>,
    /// The issuer's certificate.
    pub ca_issuers: Vec<String>,
}

/// What a log of [RFC 6962 §3.2] promised of a certificate, by its own word.
///
/// [RFC 6962 §3.2]: https://www.rfc-editor.org/rfc/rfc6962#section-3.2
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCertificateTimestamp {
    /// SHA-256 of the log's key, lower-case hex.
    pub log: String,
    /// When it was submitted, in whole seconds.
    pub at: Timestamp,
    /// Hash and signature algorithm by their numbers in TLS 1.2 ([RFC 5246 §7.4.1.4.1]).
    ///
    /// [RFC 5246 §7.4.1.4.1]: https://www.rfc-editor.org/rfc/rfc5246#section-7.4.1.4.1
    pub algorithm: (u8, u8),
}

/// All extensions of a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Extensions {
    /// Every extension, in encoded order.
    pub list: Vec<Extension>,
    /// What could not be decoded.
    pub problems: Vec<ExtensionProblem>,
    /// Names that the certificate is for.
    pub subject_alternative_name: Field<SubjectAlternativeName>,
    /// CA or not.
    pub basic_constraints: Field<BasicConstraints>,
    /// What the key may do.
    pub key_usage: Field<pkix::KeyUsage>,
    /// Key purposes, dotted.
    pub extended_key_usage: Field<Vec<String>>,
    /// The issuer's key identifier, lower-case hex, if the extension has one.
    pub authority_key_identifier: Field<Option<String>>,
    /// The key's own identifier, lower-case hex.
    pub subject_key_identifier: Field<String>,
    /// Where revocation lists are: URLs.
    pub crl_distribution_points: Field<Vec<String>>,
    /// OCSP responders and the issuer's certificate.
    pub authority_information_access: Field<AuthorityInformationAccess>,
    /// Policies, dotted.
    pub certificate_policies: Field<Vec<String>>,
    /// Limits on the names of what is issued below; the path validation reads them.
    pub name_constraints: Field<()>,
    /// The signed certificate timestamps that are embedded ([RFC 6962 §3.3]). Nothing verifies them: no list of logs is
    /// bundled.
    ///
    /// [RFC 6962 §3.3]: https://www.rfc-editor.org/rfc/rfc6962#section-3.3
    pub signed_certificate_timestamps: Field<Vec<SignedCertificateTimestamp>>,
    /// TLS extensions that the server must answer with ([RFC 7633]); 5 is "OCSP must staple".
    ///
    /// [RFC 7633]: https://www.rfc-editor.org/rfc/rfc7633
    pub tls_features: Field<Vec<u32>>,
}

impl Extensions {
    /// Reads the contents of `extensions [3]`.
    pub(super) fn read(wrapper: &Tlv<'_>) -> Self {
        let mut read = Self::default();
        if let Err(error) = read.read_list(wrapper) {
            read.doubt(&error);
        }
        read
    }

    /// Extensions that may be there, but cannot be reached.
    pub(super) fn unreadable(error: &CertificateError) -> Self {
        let mut read = Self::default();
        read.doubt(error);
        read
    }

    /// Whether the extension is there and critical.
    #[must_use]
    pub fn is_critical(&self, oid: &str) -> bool {
        self.list.iter().any(|one| one.critical && one.oid == oid)
    }

    /// Whether the authority key identifier names the issuer's name or serial number: `authorityCertIssuer [1]` or
    /// `authorityCertSerialNumber [2]`.
    #[must_use]
    pub fn authority_names_issuer(&self) -> bool {
        let value = self.list.iter().find(|one| one.oid == oid::AUTHORITY_KEY_IDENTIFIER).map(|one| &one.value);
        let Some(Ok(fields)) = value.map(|value| tlv::only(value, "an identifier")) else { return false };
        let mut fields = fields.inside();
        let mut found = false;
        while let Ok(field) = fields.element("a field") {
            found |= matches!(field.tag, 0xA1 | 0x82);
        }
        found
    }

    /// Critical extensions that this reader does not decode.
    pub fn unknown_critical(&self) -> impl Iterator<Item = &Extension> {
        self.list.iter().filter(|one| one.critical && !DECODED.contains(&one.oid.as_str()))
    }

    /// Whether the server must staple an OCSP response; `None` when it cannot be told.
    #[must_use]
    pub fn must_staple(&self) -> Option<bool> {
        match &self.tls_features {
            Field::Absent => Some(false),
            Field::Decoded(features) => Some(features.contains(&5)),
            Field::Undecodable(_) => None,
        }
    }

    fn read_list(&mut self, wrapper: &Tlv<'_>) -> Result<(), CertificateError> {
        let mut outer = wrapper.inside();
        let mut list = outer.expect(SEQUENCE, "the extensions")?.inside();
        while !list.is_empty() {
            let mut fields = list.expect(SEQUENCE, "an extension")?.inside();
            let oid = oid::text(fields.expect(tlv::OID, "an extension's identifier")?.value);
            // BER writes TRUE as any byte but zero; what is doubtful counts as critical.
            let critical = fields
                .optional(0x01, "the critical flag")?
                .is_some_and(|flag| flag.value.iter().any(|byte| *byte != 0));
            let value = fields.expect(OCTET_STRING, "an extension's value")?;
            let name = oid::name(&oid);
            if let Err(message) = self.read_value(&oid, &value) {
                self.problems.push(ExtensionProblem { oid: oid.clone(), name, message });
            }
            self.list.push(Extension { oid, name, critical, value: value.value.to_vec() });
        }
        Ok(())
    }

    fn read_value(&mut self, oid: &str, value: &Tlv<'_>) -> Result<(), String> {
        let bytes = value.value;
        match oid {
            oid::SUBJECT_ALTERNATIVE_NAME => {
                let mut problems = Vec::new();
                let names = read_names(value, &mut problems);
                self.problems.extend(problems.into_iter().map(|message| ExtensionProblem {
                    oid: oid.to_owned(),
                    name: oid::name(oid),
                    message,
                }));
                put(&mut self.subject_alternative_name, names)
            }
            oid::BASIC_CONSTRAINTS => put(
                &mut self.basic_constraints,
                typed::<pkix::BasicConstraints>(bytes)
                    .map(|read| BasicConstraints { ca: read.ca, path_length: read.path_len_constraint }),
            ),
            oid::KEY_USAGE => put(&mut self.key_usage, typed(bytes)),
            oid::EXTENDED_KEY_USAGE => put(
                &mut self.extended_key_usage,
                typed::<pkix::ExtendedKeyUsage>(bytes).map(|read| read.0.into_iter().map(oid::of).gathered()),
            ),
            oid::AUTHORITY_KEY_IDENTIFIER => put(&mut self.authority_key_identifier, told(read_authority_key(value))),
            oid::SUBJECT_KEY_IDENTIFIER => put(
                &mut self.subject_key_identifier,
                typed::<pkix::SubjectKeyIdentifier>(bytes).map(|read| hex(read.0.as_bytes())),
            ),
            oid::CRL_DISTRIBUTION_POINTS => put(&mut self.crl_distribution_points, told(read_crl_urls(value))),
            oid::AUTHORITY_INFORMATION_ACCESS => put(&mut self.authority_information_access, told(read_access(value))),
            oid::CERTIFICATE_POLICIES => put(&mut self.certificate_policies, told(read_policies(value))),
            oid::NAME_CONSTRAINTS => put(&mut self.name_constraints, told(read_name_constraints(value))),
            oid::SCT_LIST => put(&mut self.signed_certificate_timestamps, read_timestamps(value)),
            oid::TLS_FEATURE => put(&mut self.tls_features, told(read_features(value))),
            _ => Ok(()),
        }
    }

    fn doubt(&mut self, error: &CertificateError) {
        let message = format!("the list of extensions cannot be read to its end: {error}");
        let reason = message.as_str();
        self.subject_alternative_name.doubt(reason);
        self.basic_constraints.doubt(reason);
        self.key_usage.doubt(reason);
        self.extended_key_usage.doubt(reason);
        self.authority_key_identifier.doubt(reason);
        self.subject_key_identifier.doubt(reason);
        self.crl_distribution_points.doubt(reason);
        self.authority_information_access.doubt(reason);
        self.certificate_policies.doubt(reason);
        self.name_constraints.doubt(reason);
        self.signed_certificate_timestamps.doubt(reason);
        self.tls_features.doubt(reason);
        self.problems.push(ExtensionProblem { oid: String::new(), name: None, message });
    }
}

const DECODED: &[&str] = &[
    oid::SUBJECT_ALTERNATIVE_NAME,
    oid::BASIC_CONSTRAINTS,
    oid::KEY_USAGE,
    oid::EXTENDED_KEY_USAGE,
    oid::AUTHORITY_KEY_IDENTIFIER,
    oid::SUBJECT_KEY_IDENTIFIER,
    oid::CRL_DISTRIBUTION_POINTS,
    oid::AUTHORITY_INFORMATION_ACCESS,
    oid::CERTIFICATE_POLICIES,
    oid::NAME_CONSTRAINTS,
    oid::SCT_LIST,
    oid::TLS_FEATURE,
];

fn put<T>(field: &mut Field<T>, found: Result<T, String>) -> Result<(), String> {
    let found = if field.is_absent() { found } else { Err("it stands in the certificate twice".to_owned()) };
    match found {
        Ok(value) => {
            *field = Field::Decoded(value);
            Ok(())
        }
        Err(reason) => {
            *field = Field::Undecodable(reason.clone());
            Err(reason)
        }
    }
}
