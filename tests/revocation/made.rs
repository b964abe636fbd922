//! Certificates, CRLs and OCSP responses, made while the tests run.

use intransit::Timestamp;
use intransit::pki::ParsedCertificate;
use rcgen::{CrlDistributionPoint, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose, SigningKey};

pub(crate) use crate::party::{Party, element};

pub(crate) const POINT: &str = "http://crl.example.com/1.crl";

/// A server whose certificate names a list.
pub(crate) fn server() -> Party {
    let mut party = Party::server();
    party.params.crl_distribution_points = vec![CrlDistributionPoint { uris: vec![POINT.to_owned()] }];
    party.params.serial_number = Some(vec![0x01, 0x80, 0x02].into());
    party
}

/// A responder of OCSP.
pub(crate) fn ocsp_responder(name: &str) -> Party {
    let mut party = Party::new(name);
    party.params.extended_key_usages = vec![ExtendedKeyUsagePurpose::OcspSigning];
    party.params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    party
}

pub(crate) fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn at() -> Timestamp {
    time("2026-11-22T10:00:00Z")
}

pub(crate) fn sequence(contents: &[&[u8]]) -> Vec<u8> {
    element(0x30, contents)
}

/// `20261122100000Z`.
fn instant(tag: u8, day: &str) -> Vec<u8> {
    let digits = day.replace('-', "");
    let date = if tag == 0x17 { &digits[2..] } else { &digits };
    element(tag, &[format!("{date}000000Z").as_bytes()])
}

pub(crate) fn extension(oid: &[u8], critical: bool, value: &[u8]) -> Vec<u8> {
    let flag: &[u8] = if critical { &[1, 1, 0xFF] } else { &[] };
    sequence(&[&element(6, &[oid]), flag, &element(4, &[value])])
}

pub(crate) const DELTA: &[u8] = &[0x55, 0x1D, 27];
pub(crate) const POINTS: &[u8] = &[0x55, 0x1D, 28];
pub(crate) const UNKNOWN: &[u8] = &[0x55, 0x1D, 99];
const REASON: &[u8] = &[0x55, 0x1D, 21];
const ECDSA_SHA256: &[u8] = &[0x30, 10, 6, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 2];

fn signed(tbs: &[u8], key: &KeyPair, behind: &[u8]) -> Vec<u8> {
    let signature = element(3, &[&[0], &key.sign(tbs).unwrap()]);
    sequence(&[tbs, ECDSA_SHA256, &signature, behind])
}

/// Serial number, day, reason, another extension.
pub(crate) type Entry<'a> = (Vec<u8>, &'a str, Option<u8>, Vec<u8>);

/// A list to be.
pub(crate) struct List<'a> {
    pub(crate) issuer: &'a ParsedCertificate,
    pub(crate) key: &'a KeyPair,
    pub(crate) made: &'a str,
    pub(crate) next: Option<&'a str>,
    pub(crate) entries: Vec<Entry<'a>>,
    pub(crate) extensions: Vec<u8>,
}

impl<'a> List<'a> {
    /// A fresh list without entries.
    pub(crate) const fn of(issuer: &'a ParsedCertificate, key: &'a KeyPair) -> Self {
        let (made, next) = ("2026-11-20", Some("2026-11-25"));
        Self { issuer, key, made, next, entries: Vec::new(), extensions: Vec::new() }
    }

    pub(crate) fn der(&self) -> Vec<u8> {
        let entry = |(serial, day, reason, more): &Entry<'_>| {
            let reason = reason.map(|code| extension(REASON, false, &[10, 1, code])).unwrap_or_default();
            let listed = [reason, more.clone()].concat();
            let listed = if listed.is_empty() { Vec::new() } else { sequence(&[&listed]) };
            sequence(&[&element(2, &[serial]), &instant(0x17, day), &listed])
        };
        let entries = self.entries.iter().map(entry).collect::<Vec<_>>().concat();
        let entries = if entries.is_empty() { entries } else { sequence(&[&entries]) };
        let next = self.next.map(|day| instant(0x17, day)).unwrap_or_default();
        let listed =
            if self.extensions.is_empty() { Vec::new() } else { element(0xA0, &[&sequence(&[&self.extensions])]) };
        let name = &self.issuer.subject.as_ref().unwrap().der;
        let made = instant(0x17, self.made);
        signed(&sequence(&[&[2, 1, 1], ECDSA_SHA256, name, &made, &next, &entries, &listed]), self.key, &[])
    }
}

/// A response to be.
pub(crate) struct Response<'a> {
    pub(crate) issuer: &'a ParsedCertificate,
    pub(crate) serial: Vec<u8>,
    /// The element of the status.
    pub(crate) status: Vec<u8>,
    pub(crate) made: &'a str,
    pub(crate) next: Option<&'a str>,
    /// Whose name the responder has.
    pub(crate) responder: &'a ParsedCertificate,
    pub(crate) key: &'a KeyPair,
    pub(crate) carries: Option<&'a ParsedCertificate>,
    pub(crate) extensions: Vec<u8>,
}

pub(crate) fn revoked(day: &str, reason: Option<u8>) -> Vec<u8> {
    let reason = reason.map(|code| element(0xA0, &[&[10, 1, code]])).unwrap_or_default();
    element(0xA1, &[&instant(0x18, day), &reason])
}

impl Response<'_> {
    pub(crate) fn der(&self) -> Vec<u8> {
        self.with(std::slice::from_ref(&self.status))
    }

    /// With several answers about the one certificate.
    pub(crate) fn with(&self, statuses: &[Vec<u8>]) -> Vec<u8> {
        let name = &self.issuer.subject.as_ref().unwrap().der;
        let key = key_octets(self.issuer);
        let id = sequence(&[
            &sequence(&[&[6, 5, 0x2B, 0x0E, 3, 2, 0x1A], &[5, 0]]),
            &element(4, &[&sha1(name)]),
            &element(4, &[&sha1(&key)]),
            &element(2, &[&self.serial]),
        ]);
        let next = self.next.map(|day| element(0xA0, &[&instant(0x18, day)])).unwrap_or_default();
        let single = |status: &Vec<u8>| sequence(&[&id, status, &instant(0x18, self.made), &next]);
        let singles: Vec<u8> = statuses.iter().flat_map(single).collect();
        let responder = element(0xA1, &[&self.responder.subject.as_ref().unwrap().der]);
        let listed =
            if self.extensions.is_empty() { Vec::new() } else { element(0xA1, &[&sequence(&[&self.extensions])]) };
        let data = sequence(&[&responder, &instant(0x18, self.made), &sequence(&[&singles]), &listed]);
        let carried = self.carries.map(|one| element(0xA0, &[&sequence(&[&one.der])])).unwrap_or_default();
        let basic = signed(&data, self.key, &carried);
        let kind = [6, 9, 0x2B, 6, 1, 5, 5, 7, 0x30, 1, 1];
        let bytes = sequence(&[&kind, &element(4, &[&basic])]);
        sequence(&[&[10, 1, 0], &element(0xA0, &[&bytes])])
    }
}

/// The contents of the BIT STRING of a P-256 key.
fn key_octets(certificate: &ParsedCertificate) -> Vec<u8> {
    let spki = &certificate.key.as_ref().unwrap().spki;
    spki[spki.len() - 65..].to_vec()
}

fn sha1(bytes: &[u8]) -> Vec<u8> {
    ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref().to_vec()
}
