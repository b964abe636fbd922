//! Departures from the profiles of [RFC 5280 §4] and the CA/B Forum's [Baseline Requirements §7.1.2] that common clients
//! let pass. They make no path untrusted; they are told.
//!
//! [RFC 5280 §4]: https://www.rfc-editor.org/rfc/rfc5280#section-4
//! [Baseline Requirements §7.1.2]: https://cabforum.org/working-groups/server/baseline-requirements/requirements/

use crate::pki::certificate::ParsedCertificate;
use crate::pki::extension::{Field, GeneralName};
use crate::pki::name::parse_host;
use crate::pki::oid;

use super::answer::{Departure, Purpose};
use super::constraints::Constraints;
use super::judge::{MOST_EXTENSIONS, called, shortened};
use super::store::Root;

/// What departs from the profiles in a path, from the leaf upwards.
pub(super) fn departures(path: &[&ParsedCertificate], root: Option<&Root>, purpose: Purpose) -> Vec<Departure> {
    let mut departures = Vec::new();
    for (position, certificate) in path.iter().enumerate() {
        let who = called(certificate);
        let role = if position == 0 { Role::Leaf(purpose) } else { Role::Issuer };
        let words =
            words(certificate, role).into_iter().take(MOST_WORDS).map(|words| format!("{who} {}", shortened(&words)));
        departures.extend(words.map(|words| Departure { certificate: certificate.sha256.clone(), words }));
    }
    if let Some(certificate) = root.and_then(|root| root.certificate.as_ref()) {
        let who = called(certificate);
        let words = words(certificate, Role::Root)
            .into_iter()
            .take(MOST_WORDS)
            .map(|words| format!("{who} {}", shortened(&words)));
        departures.extend(words.map(|words| Departure { certificate: certificate.sha256.clone(), words }));
    }
    departures
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Leaf(Purpose),
    Issuer,
    Root,
}

fn words(certificate: &ParsedCertificate, role: Role) -> Vec<String> {
    let extensions = &certificate.extensions;
    if extensions.list.len() > MOST_EXTENSIONS {
        return vec![format!("has more than {MOST_EXTENSIONS} extensions")];
    }
    let mut words: Vec<String> =
        certificate.tolerated.iter().map(|note| format!("is not well formed: {note}")).collect();
    let problems = extensions.problems.iter().filter(|one| !extensions.is_critical(&one.oid));
    words.extend(
        problems.map(|one| {
            format!("has an extension {} that cannot be read: {}", one.name.unwrap_or(&one.oid), one.message)
        }),
    );
    let mut when = |fact: bool, text: &str| {
        if fact {
            words.push(text.to_owned());
        }
    };
    let is_self_issued = certificate.is_self_issued() == Some(true);
    let authority = &extensions.authority_key_identifier;
    let no_authority = authority.decoded().is_none_or(Option::is_none);
    when(no_authority && !is_self_issued, "has no authority key identifier");
    when(!authority.is_absent() && no_authority && is_self_issued, "has an authority key identifier without a key");
    when(
        matches!((authority, &extensions.subject_key_identifier), (Field::Decoded(Some(a)), Field::Decoded(b)) if a != b)
            && role == Role::Root,
        "is self-issued, and its two key identifiers differ",
    );
    when(
        role == Role::Root && names_issuer(certificate),
        "is a root, and its authority key identifier names an issuer",
    );
    when(extensions.is_critical(oid::AUTHORITY_KEY_IDENTIFIER), "has a critical authority key identifier");
    when(extensions.is_critical(oid::SUBJECT_KEY_IDENTIFIER), "has a critical subject key identifier");
    when(extensions.is_critical(oid::AUTHORITY_INFORMATION_ACCESS), "has critical access to its authority");
    when(certificate.issuer.as_ref().is_ok_and(|name| name.is_empty()), "has an empty issuer");
    let no_subject = certificate.subject.as_ref().is_ok_and(|name| name.is_empty());
    match role {
        Role::Leaf(purpose) => leaf(certificate, purpose, no_subject, &mut when),
        Role::Issuer | Role::Root => issuer(certificate, role, no_subject, &mut when),
    }
    if let Ok(key) = &certificate.key
        && let Some(bits) = key.bits.filter(|bits| bits % 8 != 0 && key.exponent.is_some())
    {
        words.push(format!("has an RSA key of {bits} bits, which is no multiple of 8"));
    }
    words
}

fn leaf(certificate: &ParsedCertificate, purpose: Purpose, no_subject: bool, when: &mut impl FnMut(bool, &str)) {
    let extensions = &certificate.extensions;
    let purposes = extensions.extended_key_usage.decoded();
    when(extensions.extended_key_usage.is_absent(), "names no purposes");
    when(purposes.is_some_and(|all| all.iter().any(|one| one == "2.5.29.37.0")), "is for any purpose");
    when(extensions.is_critical(oid::EXTENDED_KEY_USAGE), "has critical purposes");
    let signs = extensions.key_usage.decoded().is_some_and(|usage| usage.key_cert_sign());
    when(signs, "is no CA's, and its key may sign certificates");
    when(!extensions.name_constraints.is_absent(), "is no CA's and has name constraints");
    let critical = extensions.is_critical(oid::SUBJECT_ALTERNATIVE_NAME);
    let has_names = !extensions.subject_alternative_name.is_absent();
    when(has_names && critical && !no_subject, "has a critical subject alternative name beside a subject");
    when(has_names && !critical && no_subject, "has no subject, and its alternative name is not critical");
    let names: Vec<String> = certificate.names().filter_map(shown).collect();
    for name in certificate.common_names().into_iter().take(MOST_NAMES) {
        when(
            purpose == Purpose::Server && !names.iter().any(|one| one == name),
            &format!("has the common name `{}`, which is not among its alternative names", name.escape_debug()),
        );
    }
    for name in certificate.dns_names().take(MOST_NAMES) {
        let host = name.strip_prefix("*.").unwrap_or(name);
        let is_host = parse_host(host).is_ok_and(|host| matches!(host, crate::pki::Host::Dns(_)));
        let shown = name.escape_debug();
        when(!is_host || !host.contains('.'), &format!("has the DNS name `{shown}`, which is no host's"));
        when(host.contains('_'), &format!("has the DNS name `{shown}` with an underscore"));
    }
}

fn issuer(certificate: &ParsedCertificate, role: Role, no_subject: bool, when: &mut impl FnMut(bool, &str)) {
    let extensions = &certificate.extensions;
    when(no_subject, "is a CA's and has an empty subject");
    when(extensions.subject_key_identifier.is_absent(), "is a CA's and has no subject key identifier");
    when(extensions.basic_constraints.is_absent(), "is a root without basic constraints");
    let critical = extensions.is_critical(oid::BASIC_CONSTRAINTS) || extensions.basic_constraints.is_absent();
    when(!critical, "has basic constraints that are not critical");
    when(extensions.key_usage.is_absent(), "is a CA's and does not say what its key may do");
    let purposes = !extensions.extended_key_usage.is_absent();
    when(role == Role::Root && purposes, "is a root that names purposes");
    let constraints = !extensions.name_constraints.is_absent();
    when(constraints && !extensions.is_critical(oid::NAME_CONSTRAINTS), "has name constraints that are not critical");
    let own = extensions.list.iter().find(|one| one.oid == oid::NAME_CONSTRAINTS).map(|one| one.value.as_slice());
    let dotted = own.and_then(|own| Constraints::read(own).ok()).is_some_and(|read| read.has_leading_dot());
    when(dotted, "has a DNS name constraint with a leading dot");
    let policies = extensions.list.iter().any(|one| one.oid == POLICY_CONSTRAINTS && !one.critical);
    when(policies, "has policy constraints that are not critical");
}

/// Names of a certificate that are looked at.
const MOST_NAMES: usize = 100;
/// Departures of a certificate that are told.
const MOST_WORDS: usize = 20;
const POLICY_CONSTRAINTS: &str = "2.5.29.36";

fn shown(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::Dns(name) | GeneralName::Email(name) => Some(name.clone()),
        GeneralName::Ip(address) => Some(address.to_string()),
        _ => None,
    }
}

/// `authorityCertIssuer [1]` or `authorityCertSerialNumber [2]` stand in it.
fn names_issuer(certificate: &ParsedCertificate) -> bool {
    let list = &certificate.extensions.list;
    let value = list.iter().find(|one| one.oid == oid::AUTHORITY_KEY_IDENTIFIER).map(|one| one.value.as_slice());
    let Some(Ok(fields)) = value.map(|value| crate::pki::tlv::only(value, "an identifier")) else { return false };
    let mut fields = fields.inside();
    let mut found = false;
    while let Ok(field) = fields.element("a field") {
        found |= matches!(field.tag, 0xA1 | 0x82);
    }
    found
}
