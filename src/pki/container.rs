//! Files that hold private keys, known by their first bytes: refused wherever one is taken for certificates, with the
//! command that writes the certificates alone.

use super::oid;
use super::tlv::{INTEGER, OCTET_STRING, OID, SEQUENCE};

/// A kind of file that holds private keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyContainer {
    /// What it is.
    pub what: &'static str,
    /// The command that writes certificates without keys; `FILE` stands for the file.
    pub instead: &'static str,
}

const PKCS12: KeyContainer = KeyContainer {
    what: "a password-protected bundle with a private key (PKCS #12, .pfx or .p12)",
    instead: "openssl pkcs12 -in FILE -nokeys -out certificates.pem",
};
const JAVA: KeyContainer = KeyContainer {
    what: "a Java key store (JKS or JCEKS), which may hold private keys",
    instead: "keytool -list -rfc -keystore FILE > certificates.pem",
};
const PKCS8: KeyContainer = key("a private key (PKCS #8)");
const ENCRYPTED: KeyContainer = key("an encrypted private key (PKCS #8)");
const PKCS1: KeyContainer = key("a private key (RSA or DSA)");
const SEC1: KeyContainer = key("a private key (elliptic curve)");
const OPENSSH: KeyContainer = key("a private key (OpenSSH)");
const PUTTY: KeyContainer = key("a private key (PuTTY, .ppk)");
const PVK: KeyContainer = key("a private key (Microsoft, .pvk)");

const fn key(what: &'static str) -> KeyContainer {
    KeyContainer { what, instead: "openssl s_client -connect HOST:443 -servername HOST -showcerts </dev/null" }
}

/// What these bytes are, if a private key may be in them.
#[must_use]
pub fn key_container(bytes: &[u8]) -> Option<KeyContainer> {
    const MAGIC: &[(&[u8], KeyContainer)] = &[
        (b"\xFE\xED\xFE\xED", JAVA),
        (b"\xCE\xCE\xCE\xCE", JAVA),
        (b"openssh-key-v1\0", OPENSSH),
        (b"PuTTY-User-Key-File-", PUTTY),
        (b"\x1E\xF1\xB5\xB0", PVK),
    ];
    if let Some((_, found)) = MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Some(*found);
    }
    let inside = behind_header(SEQUENCE, bytes)?;
    match inside {
        [INTEGER, 1, 3, SEQUENCE, ..] => Some(PKCS12),
        [INTEGER, 1, 0, INTEGER, ..] => Some(PKCS1),
        [INTEGER, 1, 0 | 1, rest @ ..] => match rest {
            [OCTET_STRING, ..] => Some(SEC1),
            _ => behind_header(SEQUENCE, rest).filter(|inner| inner.first() == Some(&OID)).map(|_| PKCS8),
        },
        _ => {
            let algorithm = behind_header(OID, behind_header(SEQUENCE, inside)?)?;
            let length = usize::from(*behind_header(SEQUENCE, inside)?.get(1)?);
            let algorithm = oid::text(algorithm.get(..length)?);
            // Password-based encryption: PKCS #5 and PKCS #12.
            let is_encrypted = ["1.2.840.113549.1.5.", "1.2.840.113549.1.12.1."];
            is_encrypted.iter().any(|family| algorithm.starts_with(family)).then_some(ENCRYPTED)
        }
    }
}

/// What stands behind the header of an element with this tag, whatever form its length has.
fn behind_header(tag: u8, bytes: &[u8]) -> Option<&[u8]> {
    let [first, length, rest @ ..] = bytes else { return None };
    if *first != tag {
        return None;
    }
    let octets = if *length <= 0x80 { 0 } else { usize::from(length & 0x7F) };
    rest.get(octets..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_known_and_certificates_are_not() {
        for (bytes, expected) in [
            (&b"\xFE\xED\xFE\xED\0\0\0\x02"[..], Some(JAVA)),
            (b"\xCE\xCE\xCE\xCE\0\0\0\x02", Some(JAVA)),
            (b"openssh-key-v1\0\0\0", Some(OPENSSH)),
            (b"PuTTY-User-Key-File-3: ssh-ed25519\r\n", Some(PUTTY)),
            (b"\x1E\xF1\xB5\xB0\0", Some(PVK)),
            (b"\x30\x82\x0A\x0F\x02\x01\x03\x30\x82\x09\xD5", Some(PKCS12)),
            (b"\x30\x80\x02\x01\x03\x30\x80\x06", Some(PKCS12)),
            (b"\x30\x82\x04\xBD\x02\x01\x00\x30\x0D\x06\x09", Some(PKCS8)),
            (b"\x30\x2E\x02\x01\x00\x30\x05\x06\x03\x2B\x65\x70", Some(PKCS8)),
            (b"\x30\x82\x04\xA4\x02\x01\x00\x02\x82\x01\x01", Some(PKCS1)),
            (b"\x30\x77\x02\x01\x01\x04\x20", Some(SEC1)),
            (b"\x30\x82\x05\x2D\x30\x57\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x05\x0D\x30", Some(ENCRYPTED)),
            (b"\x30\x82\x05\x2D\x30\x1C\x06\x0A\x2A\x86\x48\x86\xF7\x0D\x01\x0C\x01\x03\x30", Some(ENCRYPTED)),
            // A certificate, a public key, a list of certificates.
            (b"\x30\x82\x03\x00\x30\x82\x02\x00\xA0\x03\x02\x01\x02", None),
            (b"\x30\x59\x30\x13\x06\x07\x2A\x86\x48\xCE\x3D\x02\x01\x06\x08", None),
            (b"\x30\x82\x01\x22\x30\x0D\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01\x05", None),
            (b"\x30\x82\x03\x00\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02", None),
            (b"\x30", None),
            (b"", None),
        ] {
            assert_eq!(key_container(bytes), expected, "{bytes:02x?}");
        }
    }
}
