//! Certificates that are made while the tests run.

use intransit::pki::ParsedCertificate;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};

pub(crate) const HOST: &str = "mail.example.com";

/// A certificate to be, with its key.
pub(crate) struct Party {
    pub(crate) params: CertificateParams,
    pub(crate) key: KeyPair,
}

impl Party {
    /// Somebody with a key and a year.
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.not_before = date_time_ymd(2026, 1, 1);
        params.not_after = date_time_ymd(2027, 1, 1);
        params.use_authority_key_identifier_extension = true;
        Self { params, key: KeyPair::generate().unwrap() }
    }

    /// A certification authority.
    pub(crate) fn authority(name: &str) -> Self {
        let mut party = Self::new(name);
        party.params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        party.params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        party
    }

    /// A server.
    pub(crate) fn server() -> Self {
        let mut party = Self::new(HOST);
        party.params.subject_alt_names = vec![rcgen::SanType::DnsName(HOST.try_into().unwrap())];
        party.params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        party
    }

    pub(crate) fn by(&self, issuer: &Self) -> ParsedCertificate {
        let issuer = Issuer::from_params(&issuer.params, &issuer.key);
        let made = self.params.signed_by(&self.key, &issuer).unwrap();
        ParsedCertificate::from_der(made.der()).unwrap()
    }

    pub(crate) fn by_itself(&self) -> ParsedCertificate {
        ParsedCertificate::from_der(self.params.self_signed(&self.key).unwrap().der()).unwrap()
    }
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
