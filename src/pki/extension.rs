//! Extensions ([RFC 5280 §4.2]), each decoded by itself: one that is broken does not hide the others.
//!
//! Absent and undecodable are different answers: nothing may be concluded from what could not be read.
//!
//! [RFC 5280 §4.2]: https://www.rfc-editor.org/rfc/rfc5280#section-4.2

use std::net::IpAddr;

use der::Decode;
use x509_cert::ext::pkix;

use crate::gathered::Gathered;
use crate::source::hex;

use super::certificate::CertificateError;
use super::distinguished_name::DistinguishedName;
use super::oid;
use super::tlv::{self, INTEGER, OCTET_STRING, SEQUENCE, Tlv, Walker};

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
    /// How many signed certificate timestamps are embedded ([RFC 6962 §3.3]).
    ///
    /// [RFC 6962 §3.3]: https://www.rfc-editor.org/rfc/rfc6962#section-3.3
    pub signed_certificate_timestamps: Field<usize>,
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
            oid::SCT_LIST => put(&mut self.signed_certificate_timestamps, count_timestamps(value)),
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

fn typed<'a, T: Decode<'a>>(bytes: &'a [u8]) -> Result<T, String>
where
    T::Error: std::fmt::Display,
{
    T::from_der(bytes).map_err(|error| error.to_string())
}

fn read_names(value: &Tlv<'_>, problems: &mut Vec<String>) -> Result<SubjectAlternativeName, String> {
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

fn told<T>(read: Result<T, CertificateError>) -> Result<T, String> {
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
fn read_authority_key(value: &Tlv<'_>) -> Result<Option<String>, CertificateError> {
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
fn read_crl_urls(value: &Tlv<'_>) -> Result<Vec<String>, CertificateError> {
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

fn read_access(value: &Tlv<'_>) -> Result<AuthorityInformationAccess, CertificateError> {
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

fn read_policies(value: &Tlv<'_>) -> Result<Vec<String>, CertificateError> {
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
fn read_name_constraints(value: &Tlv<'_>) -> Result<(), CertificateError> {
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

/// Counts the entries of `SignedCertificateTimestampList`: two bytes of length, then entries with two bytes each.
fn count_timestamps(value: &Tlv<'_>) -> Result<usize, String> {
    let error = || "the list of certificate timestamps is cut short or too long".to_owned();
    let list = value.inside().expect(OCTET_STRING, "certificate timestamps").map_err(|error| error.to_string())?;
    let (length, mut entries) = split_length(list.value).ok_or_else(error)?;
    if length != entries.len() {
        return Err(error());
    }
    let mut count = 0;
    while !entries.is_empty() {
        let (length, rest) = split_length(entries).ok_or_else(error)?;
        entries = rest.get(length..).ok_or_else(error)?;
        count += 1;
    }
    Ok(count)
}

fn split_length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    match bytes {
        [high, low, rest @ ..] => Some((usize::from(u16::from_be_bytes([*high, *low])), rest)),
        _ => None,
    }
}

fn read_features(value: &Tlv<'_>) -> Result<Vec<u32>, CertificateError> {
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
