//! What one statement proves of one certificate.

use crate::pki::certificate::ParsedCertificate;
use crate::pki::distinguished_name::DistinguishedName;
use crate::pki::extension::Field;
use crate::pki::key::KeyInfo;
use crate::pki::oid;
use crate::pki::path::verify::{Verification, public_key_octets, verify};
use crate::time::Timestamp;

use super::crl::{Crl, named_points};
use super::ocsp::{OcspResponse, Single, Status};
use super::{Revoked, Signed, Statement, serial_of};

/// The CA that issued the certificate: on a verified path, or by the signature of the certificate itself.
#[derive(Debug, Clone, Copy)]
pub struct Issuer<'a> {
    /// Its name.
    pub name: &'a DistinguishedName,
    /// Its key.
    pub key: &'a KeyInfo,
    /// Its certificate, where it is there.
    pub certificate: Option<&'a ParsedCertificate>,
}

/// What a statement proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What it proves.
    pub standing: Standing,
    /// When it was made.
    pub made: Option<Timestamp>,
}

/// How a certificate stands by a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Not revoked, by a statement that holds until then.
    Good(Timestamp),
    /// Revoked for good, at the instant judged. That holds even where the statement is too old.
    Revoked(Revoked),
    /// On hold, at the instant judged, by a statement that is not too old.
    Held(Revoked),
    /// No longer on hold, by a list of changes: why.
    Lifted(String),
    /// It is, was or will be revoked or on hold, but not by this statement at the instant judged: why.
    Doubted(String),
    /// Nothing: why.
    Undecided(String),
}

const ISSUER: &str = "the issuing CA";
const OCSP_SIGNING: &str = "1.3.6.1.5.5.7.3.9";

/// Whether a statement may be about a certificate with this issuer.
#[must_use]
pub fn concerns(statement: &Statement<'_>, certificate: &ParsedCertificate, issuer: &Issuer<'_>) -> bool {
    match statement {
        Statement::Crl(crl) => crl.issuer.same_as(issuer.name),
        Statement::Ocsp(response) => single(response, certificate, issuer).is_some(),
    }
}

/// How much work it is to ask a statement, in bytes that are gone through; a signature counts as many.
#[must_use]
pub fn cost(statement: &Statement<'_>) -> usize {
    const SIGNATURE: usize = 1 << 17;
    match statement {
        Statement::Crl(crl) => SIGNATURE + 2 * crl.size(),
        Statement::Ocsp(response) => (1 + response.certificates.len()) * SIGNATURE + response.signed.message.len(),
    }
}

/// What a statement that [`concerns`] a certificate proves of it at an instant.
#[must_use]
pub fn ask(statement: &Statement<'_>, certificate: &ParsedCertificate, issuer: &Issuer<'_>, at: Timestamp) -> Answer {
    let (asked, made) = match statement {
        Statement::Crl(crl) => (ask_crl(crl, certificate, issuer, at), Some(crl.this_update)),
        Statement::Ocsp(response) => {
            let made = single(response, certificate, issuer).map(|single| single.this_update);
            (ask_ocsp(response, certificate, issuer, at), made)
        }
    };
    let begin = certificate.not_before.as_ref().ok();
    let standing = match (asked, made.zip(begin)) {
        // Not to be in it means nothing.
        (Ok(Standing::Good(_)), Some((made, begin))) if made < *begin => Standing::Undecided(format!(
            "it was made at {made}, before the first day of the certificate, which it cannot know"
        )),
        (asked, _) => asked.unwrap_or_else(Standing::Undecided),
    };
    Answer { standing, made }
}

fn ask_crl(
    crl: &Crl<'_>,
    certificate: &ParsedCertificate,
    issuer: &Issuer<'_>,
    at: Timestamp,
) -> Result<Standing, String> {
    if let Some(why) = &crl.scope.unusable {
        return Err(why.clone());
    }
    if let Some(Field::Decoded(usage)) = issuer.certificate.map(|issuer| &issuer.extensions.key_usage)
        && !usage.crl_sign()
    {
        return Err("the key usage of the issuing CA does not allow it to sign CRLs".to_owned());
    }
    if let Some(Field::Undecodable(why)) = issuer.certificate.map(|issuer| &issuer.extensions.key_usage) {
        return Err(format!("the key usage of the issuing CA cannot be read: {why}"));
    }
    crl.signed.verified_by(issuer.key, ISSUER)?;
    let serial = serial_of(certificate).ok_or("the serial number of the certificate cannot be read")?;
    let fresh = freshness(crl.this_update, crl.next_update, at);
    if let Some(revoked) = crl.entry(serial)? {
        return standing(revoked, fresh, at);
    }
    let until = fresh?;
    let is_ca = certificate.is_ca().ok_or("whether the certificate is a CA's cannot be read")?;
    let scope = &crl.scope;
    let narrow = [
        (scope.is_delta, "it is a delta list: it speaks of changes of another list only"),
        (scope.some_reasons, "it speaks of some reasons of revocation only"),
        (scope.only_attributes, "it speaks of attribute certificates only"),
        (scope.only_users && is_ca, "it speaks of certificates of subscribers only, and this one is a CA's"),
        (scope.only_cas && !is_ca, "it speaks of certificates of CAs only"),
    ];
    if let Some((_, why)) = narrow.into_iter().find(|(applies, _)| *applies) {
        return Err(why.to_owned());
    }
    points(crl, certificate)?;
    Ok(Standing::Good(until))
}

/// Whether a list that is divided by distribution points is the part for this certificate
/// ([RFC 5280 §6.3.3](https://www.rfc-editor.org/rfc/rfc5280#section-6.3.3) (b)).
fn points(crl: &Crl<'_>, certificate: &ParsedCertificate) -> Result<(), String> {
    let value = certificate.extensions.list.iter().find(|one| one.oid == oid::CRL_DISTRIBUTION_POINTS);
    let own = value.map(|one| named_points(&one.value)).transpose();
    let own = own.map_err(|error| format!("the distribution points of the certificate cannot be read: {error}"))?;
    let own = match own {
        Some(None) => return Err("the certificate names lists by reasons, or of another issuer".to_owned()),
        Some(Some(names)) => names,
        None => Vec::new(),
    };
    match &crl.scope.points {
        Some(names) if !names.iter().any(|name| own.contains(name)) => {
            Err("it is one part of a divided list, and not the one that the certificate names".to_owned())
        }
        _ => Ok(()),
    }
}

fn ask_ocsp(
    response: &OcspResponse<'_>,
    certificate: &ParsedCertificate,
    issuer: &Issuer<'_>,
    at: Timestamp,
) -> Result<Standing, String> {
    let single = single(response, certificate, issuer).ok_or("it is about other certificates")?;
    if let Some(why) = response.unusable.as_ref().or(single.unusable.as_ref()) {
        return Err(why.clone());
    }
    signed_by_responder(response, issuer, at)?;
    let fresh = freshness(single.this_update, single.next_update, at);
    match &single.status {
        Status::Good => fresh.map(Standing::Good),
        Status::Revoked(revoked) => standing(revoked.clone(), fresh, at),
        Status::Unknown => Err("the responder answers `unknown`: it does not know the certificate".to_owned()),
    }
}

fn single<'a, 'b>(
    response: &'b OcspResponse<'a>,
    certificate: &ParsedCertificate,
    issuer: &Issuer<'_>,
) -> Option<&'b Single<'a>> {
    let serial = serial_of(certificate)?;
    let key = public_key_octets(&issuer.key.spki)?;
    let name = &certificate.issuer.as_ref().ok()?.der;
    // Of several answers about one certificate the worst counts.
    response.singles.iter().filter(|single| single.is_of(serial, name, key)).max_by_key(|single| match single.status {
        Status::Good => 0,
        Status::Unknown => 1,
        Status::Revoked(_) => 2,
    })
}

/// Whether the issuing CA signed the response, or a responder that it appointed
/// ([RFC 6960 §4.2.2.2](https://www.rfc-editor.org/rfc/rfc6960#section-4.2.2.2)).
fn signed_by_responder(response: &OcspResponse<'_>, issuer: &Issuer<'_>, at: Timestamp) -> Result<(), String> {
    let is_responder = |name: &DistinguishedName, key: &KeyInfo| {
        public_key_octets(&key.spki).is_some_and(|octets| response.responder.is(name, octets))
    };
    if is_responder(issuer.name, issuer.key) {
        return response.signed.verified_by(issuer.key, ISSUER);
    }
    let mut why = "it does not carry the certificate of the responder that signed it".to_owned();
    for one in &response.certificates {
        let (Ok(name), Ok(key)) = (&one.subject, &one.key) else { continue };
        if !is_responder(name, key) {
            continue;
        }
        match appointed(one, issuer, at).and_then(|()| response.signed.verified_by(key, "its responder")) {
            Ok(()) => return Ok(()),
            Err(reason) => why = reason,
        }
    }
    Err(why)
}

/// Whether a responder's certificate is one that the CA issued for this purpose, and is valid.
fn appointed(one: &ParsedCertificate, issuer: &Issuer<'_>, at: Timestamp) -> Result<(), String> {
    let check = |holds: bool, why: &str| if holds { Ok(()) } else { Err(format!("the responder's certificate {why}")) };
    let named = one.issuer.as_ref().is_ok_and(|name| name.same_as(issuer.name));
    check(named, "was not issued by the CA that issued the certificate")?;
    let (Ok(algorithm), Some(signature)) = (&one.signature_algorithm, one.signature_bytes()) else {
        return Err("the responder's certificate cannot be read".to_owned());
    };
    let own = Signed { message: one.tbs_bytes(), algorithm: algorithm.clone(), signature };
    own.verified_by(issuer.key, ISSUER).map_err(|why| format!("the responder's certificate: {why}"))?;
    check(one.algorithms_agree, "names two signature algorithms")?;
    let purposes = one.extensions.extended_key_usage.decoded();
    let may_answer = purposes.is_some_and(|purposes| purposes.iter().any(|purpose| purpose == OCSP_SIGNING));
    check(may_answer, "does not have the key purpose OCSPSigning")?;
    let valid = matches!((&one.not_before, &one.not_after), (Ok(begin), Ok(end)) if *begin <= at && at <= *end);
    check(valid, "is not valid at the instant judged")?;
    let usage = match &one.extensions.key_usage {
        Field::Absent => true,
        Field::Decoded(usage) => usage.digital_signature() || usage.non_repudiation(),
        Field::Undecodable(_) => false,
    };
    check(usage, "has a key that may not sign responses")?;
    let readable = one.extensions.problems.is_empty() && one.extensions.unknown_critical().next().is_none();
    check(readable, "has an extension that cannot be read or is critical and not known")
}

fn standing(revoked: Revoked, fresh: Result<Timestamp, String>, at: Timestamp) -> Result<Standing, String> {
    use super::Reason::{CertificateHold, RemoveFromCrl};
    let Revoked { since, reason } = &revoked;
    if *since > at {
        let words = format!("it says that the certificate is revoked from {since} on ({})", reason.name());
        return Ok(Standing::Doubted(words));
    }
    match reason {
        RemoveFromCrl => Ok(Standing::Lifted("it says that the certificate was taken off the list".to_owned())),
        CertificateHold => match fresh {
            Ok(_) => Ok(Standing::Held(revoked)),
            Err(why) => Ok(Standing::Doubted(format!("it says that the certificate is on hold since {since}; {why}"))),
        },
        _ => Ok(Standing::Revoked(revoked)),
    }
}

/// Until when a statement holds, if it holds at the instant.
fn freshness(made: Timestamp, next: Option<Timestamp>, at: Timestamp) -> Result<Timestamp, String> {
    match next {
        _ if made > at => Err(format!("it is from the future: it was made at {made}")),
        None => Err("it does not say when the next one is due, so that its age cannot be judged".to_owned()),
        Some(next) if next < at => Err(format!("it is too old: the next one was due at {next}")),
        Some(next) => Ok(next),
    }
}

impl Signed<'_> {
    fn verified_by(&self, key: &KeyInfo, whose: &str) -> Result<(), String> {
        match verify(&self.algorithm, key, self.message, self.signature) {
            Verification::Good => Ok(()),
            Verification::Bad => Err(format!("its signature was not made by the key of {whose}")),
            Verification::Unsupported(why) => Err(why),
        }
    }
}
