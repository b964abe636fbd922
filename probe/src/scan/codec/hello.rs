//! The ClientHello, with anything that a scanner wants to offer in it
//! ([RFC 8446 §4.1.2](https://www.rfc-editor.org/rfc/rfc8446#section-4.1.2)).

use intransit::iana::{CipherSuite, KeyExchange, NamedGroup, ProtocolVersion, SignatureScheme};

use super::cursor::{codes, put_vector};

/// What goes into `key_share` ([RFC 8446 §4.2.8](https://www.rfc-editor.org/rfc/rfc8446#section-4.2.8)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyShare {
    /// No such extension.
    Absent,
    /// No share: the server has to name a group in a HelloRetryRequest.
    Empty,
    /// A share for each elliptic curve of TLS 1.3 that is offered, with which no keys can be agreed on.
    Made,
}

/// What a client offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientHello {
    /// The version, or the newest one where `versions` has several.
    pub version: ProtocolVersion,
    /// What `supported_versions` lists; without any there is no such extension.
    pub versions: Vec<ProtocolVersion>,
    /// The suites, in this order.
    pub suites: Vec<CipherSuite>,
    /// The groups, in this order; without any there is no such extension.
    pub groups: Vec<NamedGroup>,
    /// The signature schemes, in this order; without any there is no such extension.
    pub schemes: Vec<SignatureScheme>,
    /// The name of the server; never an address ([RFC 6066 §3](https://www.rfc-editor.org/rfc/rfc6066#section-3)).
    pub server_name: Option<String>,
    /// The key shares.
    pub key_share: KeyShare,
    /// The compression methods.
    pub compression: Vec<u8>,
    /// The application protocols ([RFC 7301](https://www.rfc-editor.org/rfc/rfc7301)).
    pub application_protocols: Vec<String>,
    /// Whether there are extensions at all.
    pub has_extensions: bool,
}

const SERVER_NAME: u16 = 0;
const STATUS_REQUEST: u16 = 5;
const SUPPORTED_GROUPS: u16 = 10;
const POINT_FORMATS: u16 = 11;
/// [RFC 5054 §2.8.1](https://www.rfc-editor.org/rfc/rfc5054#section-2.8.1).
const SRP: u16 = 12;
const SIGNATURE_ALGORITHMS: u16 = 13;
pub(super) const APPLICATION_PROTOCOLS: u16 = 16;
const PADDING: u16 = 21;
/// [RFC 7366](https://www.rfc-editor.org/rfc/rfc7366).
pub const ENCRYPT_THEN_MAC: u16 = 22;
/// [RFC 7627](https://www.rfc-editor.org/rfc/rfc7627).
pub const EXTENDED_MASTER_SECRET: u16 = 23;
pub(super) const SUPPORTED_VERSIONS: u16 = 43;
const KEY_EXCHANGE_MODES: u16 = 45;
pub(super) const KEY_SHARE: u16 = 51;
/// [RFC 5746](https://www.rfc-editor.org/rfc/rfc5746).
pub const RENEGOTIATION_INFO: u16 = 0xFF01;

/// The same as an empty `renegotiation_info`, where there are no extensions.
const RENEGOTIATION_SIGNAL: CipherSuite = CipherSuite(0x00FF);

/// The generator of P-256: a public key whose private key is 1 (SEC 2, section 2.4.2).
const P256_GENERATOR: [u8; 65] = [
    0x04, 0x6B, 0x17, 0xD1, 0xF2, 0xE1, 0x2C, 0x42, 0x47, 0xF8, 0xBC, 0xE6, 0xE5, 0x63, 0xA4, 0x40, 0xF2, 0x77, 0x03,
    0x7D, 0x81, 0x2D, 0xEB, 0x33, 0xA0, 0xF4, 0xA1, 0x39, 0x45, 0xD8, 0x98, 0xC2, 0x96, 0x4F, 0xE3, 0x42, 0xE2, 0xFE,
    0x1A, 0x7F, 0x9B, 0x8E, 0xE7, 0xEB, 0x4A, 0x7C, 0x0F, 0x9E, 0x16, 0x2B, 0xCE, 0x33, 0x57, 0x6B, 0x31, 0x5E, 0xCE,
    0xCB, 0xB6, 0x40, 0x68, 0x37, 0xBF, 0x51, 0xF5,
];

/// That of P-384 (SEC 2, section 2.5.1).
const P384_GENERATOR: [u8; 97] = [
    0x04, 0xAA, 0x87, 0xCA, 0x22, 0xBE, 0x8B, 0x05, 0x37, 0x8E, 0xB1, 0xC7, 0x1E, 0xF3, 0x20, 0xAD, 0x74, 0x6E, 0x1D,
    0x3B, 0x62, 0x8B, 0xA7, 0x9B, 0x98, 0x59, 0xF7, 0x41, 0xE0, 0x82, 0x54, 0x2A, 0x38, 0x55, 0x02, 0xF2, 0x5D, 0xBF,
    0x55, 0x29, 0x6C, 0x3A, 0x54, 0x5E, 0x38, 0x72, 0x76, 0x0A, 0xB7, 0x36, 0x17, 0xDE, 0x4A, 0x96, 0x26, 0x2C, 0x6F,
    0x5D, 0x9E, 0x98, 0xBF, 0x92, 0x92, 0xDC, 0x29, 0xF8, 0xF4, 0x1D, 0xBD, 0x28, 0x9A, 0x14, 0x7C, 0xE9, 0xDA, 0x31,
    0x13, 0xB5, 0xF0, 0xB8, 0xC0, 0x0A, 0x60, 0xB1, 0xCE, 0x1D, 0x7E, 0x81, 0x9D, 0x7A, 0x43, 0x1D, 0x7C, 0x90, 0xEA,
    0x0E, 0x5F,
];

/// That of P-521 (SEC 2, section 2.6.1).
const P521_GENERATOR: [u8; 133] = [
    0x04, 0x00, 0xC6, 0x85, 0x8E, 0x06, 0xB7, 0x04, 0x04, 0xE9, 0xCD, 0x9E, 0x3E, 0xCB, 0x66, 0x23, 0x95, 0xB4, 0x42,
    0x9C, 0x64, 0x81, 0x39, 0x05, 0x3F, 0xB5, 0x21, 0xF8, 0x28, 0xAF, 0x60, 0x6B, 0x4D, 0x3D, 0xBA, 0xA1, 0x4B, 0x5E,
    0x77, 0xEF, 0xE7, 0x59, 0x28, 0xFE, 0x1D, 0xC1, 0x27, 0xA2, 0xFF, 0xA8, 0xDE, 0x33, 0x48, 0xB3, 0xC1, 0x85, 0x6A,
    0x42, 0x9B, 0xF9, 0x7E, 0x7E, 0x31, 0xC2, 0xE5, 0xBD, 0x66, 0x01, 0x18, 0x39, 0x29, 0x6A, 0x78, 0x9A, 0x3B, 0xC0,
    0x04, 0x5C, 0x8A, 0x5F, 0xB4, 0x2C, 0x7D, 0x1B, 0xD9, 0x98, 0xF5, 0x44, 0x49, 0x57, 0x9B, 0x44, 0x68, 0x17, 0xAF,
    0xBD, 0x17, 0x27, 0x3E, 0x66, 0x2C, 0x97, 0xEE, 0x72, 0x99, 0x5E, 0xF4, 0x26, 0x40, 0xC5, 0x50, 0xB9, 0x01, 0x3F,
    0xAD, 0x07, 0x61, 0x35, 0x3C, 0x70, 0x86, 0xA2, 0x72, 0xC2, 0x40, 0x88, 0xBE, 0x94, 0x76, 0x9F, 0xD1, 0x66, 0x50,
];

impl ClientHello {
    /// The hello as one record. `random` and `session` need not be secret: no key comes of them.
    #[must_use]
    pub fn encode(&self, random: &[u8; 32], session: &[u8; 32]) -> Vec<u8> {
        let mut body = self.body(random, session, 0);
        // A hello of 256 to 511 bytes makes some load balancers wait for ever (RFC 7685 section 4).
        const HEADER: usize = 4;
        if self.has_extensions && (256..512).contains(&(body.len() + HEADER)) {
            body = self.body(random, session, 512 - body.len());
        }
        let mut message = vec![1];
        put_vector(&mut message, 3, &body);
        let mut out = Vec::new();
        const MOST: usize = 1 << 14;
        for fragment in message.chunks(MOST) {
            out.push(22);
            out.extend(self.version.min(ProtocolVersion::TLS1_0).code().to_be_bytes());
            put_vector(&mut out, 2, fragment);
        }
        out
    }

    fn body(&self, random: &[u8; 32], session: &[u8; 32], padding: usize) -> Vec<u8> {
        let is_tls13 = self.version == ProtocolVersion::TLS1_3;
        let mut out = self.version.min(ProtocolVersion::TLS1_2).code().to_be_bytes().to_vec();
        out.extend(random);
        // Middleboxes take a session id for what they know (RFC 8446 appendix D.4).
        put_vector(&mut out, 1, if is_tls13 { session } else { &[] });
        let signal = (!self.has_extensions).then_some(RENEGOTIATION_SIGNAL);
        put_vector(&mut out, 2, &codes(self.suites.iter().chain(&signal).map(|suite| suite.0)));
        put_vector(&mut out, 1, &self.compression);
        if self.has_extensions {
            let mut extensions = self.extensions(random);
            if padding > 0 {
                put_extension(&mut extensions, PADDING, &vec![0; padding.saturating_sub(4)]);
            }
            put_vector(&mut out, 2, &extensions);
        }
        out
    }

    fn extensions(&self, random: &[u8; 32]) -> Vec<u8> {
        let mut out = Vec::new();
        if let Some(name) = &self.server_name {
            let mut entry = vec![0];
            put_vector(&mut entry, 2, name.as_bytes());
            put_listed(&mut out, SERVER_NAME, &entry);
        }
        put_extension(&mut out, STATUS_REQUEST, &[1, 0, 0, 0, 0]);
        if !self.groups.is_empty() {
            put_listed(&mut out, SUPPORTED_GROUPS, &codes(self.groups.iter().map(|group| group.0)));
            // Uncompressed, and both compressed forms (RFC 4492 section 5.1.2).
            put_extension(&mut out, POINT_FORMATS, &[3, 0, 1, 2]);
        }
        if self.versions.is_empty() && self.suites.iter().any(|suite| uses_password(*suite)) {
            // A server that has such a suite says that it knows nobody of this name.
            let mut identity = Vec::new();
            put_vector(&mut identity, 1, b"intransit");
            put_extension(&mut out, SRP, &identity);
        }
        if !self.schemes.is_empty() {
            put_listed(&mut out, SIGNATURE_ALGORITHMS, &codes(self.schemes.iter().map(|scheme| scheme.0)));
        }
        if !self.application_protocols.is_empty() {
            let mut names = Vec::new();
            for name in &self.application_protocols {
                put_vector(&mut names, 1, name.as_bytes());
            }
            put_listed(&mut out, APPLICATION_PROTOCOLS, &names);
        }
        put_extension(&mut out, ENCRYPT_THEN_MAC, &[]);
        put_extension(&mut out, EXTENDED_MASTER_SECRET, &[]);
        if !self.versions.is_empty() {
            let mut list = Vec::new();
            put_vector(&mut list, 1, &codes(self.versions.iter().map(|version| version.code())));
            put_extension(&mut out, SUPPORTED_VERSIONS, &list);
            put_extension(&mut out, KEY_EXCHANGE_MODES, &[1, 1]);
        }
        match self.key_share {
            KeyShare::Absent => {}
            KeyShare::Empty => put_listed(&mut out, KEY_SHARE, &[]),
            KeyShare::Made => {
                let mut shares = Vec::new();
                // Any bytes are a key of X25519 or X448. The order is that of the groups.
                let x448: Vec<u8> = random.iter().copied().cycle().take(56).collect();
                for group in &self.groups {
                    let share: &[u8] = match group.0 {
                        0x0017 => &P256_GENERATOR,
                        0x0018 => &P384_GENERATOR,
                        0x0019 => &P521_GENERATOR,
                        0x001D => random,
                        0x001E => &x448,
                        _ => continue,
                    };
                    put_extension(&mut shares, group.0, share);
                }
                put_listed(&mut out, KEY_SHARE, &shares);
            }
        }
        put_extension(&mut out, RENEGOTIATION_INFO, &[0]);
        out
    }
}

/// Whether a suite is only taken of a client that names its user.
fn uses_password(suite: CipherSuite) -> bool {
    suite.info().is_some_and(|info| info.key_exchange == KeyExchange::Srp)
}

/// A two-byte number, a two-byte length and the content: the form of an extension, and of a key share.
fn put_extension(out: &mut Vec<u8>, number: u16, content: &[u8]) {
    out.extend(number.to_be_bytes());
    put_vector(out, 2, content);
}

/// An extension that is one list behind its length in two bytes.
fn put_listed(out: &mut Vec<u8>, number: u16, list: &[u8]) {
    let mut content = Vec::new();
    put_vector(&mut content, 2, list);
    put_extension(out, number, &content);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello(suites: u16) -> ClientHello {
        ClientHello {
            version: ProtocolVersion::TLS1_2,
            versions: Vec::new(),
            suites: (0..suites).map(CipherSuite).collect(),
            groups: vec![NamedGroup(29)],
            schemes: vec![SignatureScheme(0x0403)],
            server_name: Some("a.test".to_owned()),
            key_share: KeyShare::Absent,
            compression: vec![0],
            application_protocols: Vec::new(),
            has_extensions: true,
        }
    }

    #[test]
    fn lengths_agree_and_no_hello_has_256_to_511_bytes() {
        for suites in 1..400 {
            let bytes = hello(suites).encode(&[7; 32], &[9; 32]);
            let record = usize::from(bytes[3]) << 8 | usize::from(bytes[4]);
            assert_eq!(record + 5, bytes.len());
            let message = usize::from(bytes[7]) << 8 | usize::from(bytes[8]);
            assert_eq!(message + 9, bytes.len());
            assert!(!(256..512).contains(&record), "{suites}: {record}");
        }
    }

    #[test]
    fn shares_are_of_the_length_that_their_groups_have_and_in_their_order() {
        let groups = [24, 29, 30, 25, 23, 256].map(NamedGroup).to_vec();
        let bytes = ClientHello { groups, key_share: KeyShare::Made, ..hello(2) }.encode(&[7; 32], &[9; 32]);
        let at = bytes.windows(5).position(|window| window == [0, 51, 1, 149, 1]).unwrap() + 6;
        let mut rest = &bytes[at..at + 403];
        let mut found = Vec::new();
        while let [_, group, _, length, behind @ ..] = rest {
            found.push((*group, *length));
            rest = &behind[usize::from(*length)..];
        }
        assert_eq!(found, [(24, 97), (29, 32), (30, 56), (25, 133), (23, 65)]);
    }

    #[test]
    fn a_hello_without_extensions_ends_behind_its_compression_methods() {
        let bare = ClientHello { has_extensions: false, version: ProtocolVersion::SSL3, ..hello(2) };
        let bytes = bare.encode(&[7; 32], &[9; 32]);
        assert_eq!(bytes[..11], [22, 3, 0, 0, 49, 1, 0, 0, 45, 3, 0]);
        assert_eq!(bytes[43..], [0, 0, 6, 0, 0, 0, 1, 0, 0xFF, 1, 0]);
    }
}
