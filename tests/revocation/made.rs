//! Certificates, CRLs and OCSP responses, made while the tests run.

use intransit::Timestamp;
use intransit::pki::ParsedCertificate;
use rcgen::{
    BasicConstraints, CertificateParams, CrlDistributionPoint, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SigningKey, date_time_ymd,
};

pub(crate) const HOST: &str = "mail.example.com";
pub(crate) const POINT: &str = "http://crl.example.com/1.crl";

/// A certificate to be, with its key.
pub(crate) struct Party {
    pub(crate) params: CertificateParams,
    pub(crate) key: KeyPair,
}

impl Party {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.not_before = date_time_ymd(2026, 1, 1);
        params.not_after = date_time_ymd(2027, 1, 1);
        params.use_authority_key_identifier_extension = true;
        Self { params, key: KeyPair::generate().unwrap() }
    }

    pub(crate) fn authority(name: &str) -> Self {
        let mut party = Self::new(name);
        party.params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        party.params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        party
    }

    pub(crate) fn server() -> Self {
        let mut party = Self::new(HOST);
        party.params.subject_alt_names = vec![rcgen::SanType::DnsName(HOST.try_into().unwrap())];
        party.params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        party.params.crl_distribution_points = vec![CrlDistributionPoint { uris: vec![POINT.to_owned()] }];
        party.params.serial_number = Some(vec![0x01, 0x80, 0x02].into());
        party
    }

    pub(crate) fn responder(name: &str) -> Self {
        let mut party = Self::new(name);
        party.params.extended_key_usages = vec![ExtendedKeyUsagePurpose::OcspSigning];
        party.params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        party
    }

    pub(crate) fn by(&self, issuer: &Self) -> ParsedCertificate {
        let issuer = Issuer::from_params(&issuer.params, &issuer.key);
        ParsedCertificate::from_der(self.params.signed_by(&self.key, &issuer).unwrap().der()).unwrap()
    }

    pub(crate) fn by_itself(&self) -> ParsedCertificate {
        ParsedCertificate::from_der(self.params.self_signed(&self.key).unwrap().der()).unwrap()
    }
}

pub(crate) fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn at() -> Timestamp {
    time("2026-11-22T10:00:00Z")
}

/// An element of DER.
pub(crate) fn element(tag: u8, contents: &[&[u8]]) -> Vec<u8> {
    let contents = contents.concat();
    let length = u32::try_from(contents.len()).unwrap().to_be_bytes();
    let header = match contents.len() {
        0..=0x7F => vec![tag, length[3]],
        0x80..=0xFF => vec![tag, 0x81, length[3]],
        0x100..=0xFFFF => vec![tag, 0x82, length[2], length[3]],
        _ => vec![tag, 0x83, length[1], length[2], length[3]],
    };
    [header, contents].concat()
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

impl List<'_> {
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
        let name = &self.issuer.subject.as_ref().unwrap().der;
        let key = key_octets(self.issuer);
        let id = sequence(&[
            &sequence(&[&[6, 5, 0x2B, 0x0E, 3, 2, 0x1A], &[5, 0]]),
            &element(4, &[&sha1(name)]),
            &element(4, &[&sha1(&key)]),
            &element(2, &[&self.serial]),
        ]);
        let next = self.next.map(|day| element(0xA0, &[&instant(0x18, day)])).unwrap_or_default();
        let single = sequence(&[&id, &self.status, &instant(0x18, self.made), &next]);
        let responder = element(0xA1, &[&self.responder.subject.as_ref().unwrap().der]);
        let listed =
            if self.extensions.is_empty() { Vec::new() } else { element(0xA1, &[&sequence(&[&self.extensions])]) };
        let data = sequence(&[&responder, &instant(0x18, self.made), &sequence(&[&single]), &listed]);
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
