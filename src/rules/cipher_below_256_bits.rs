//! `cipher-below-256-bits`: every accepted suite encrypts with a key of the policy's size.

use serde::Serialize;

use super::{About, Clause, Context, Findings, Parameters, Rule, Subject, TESTSSL, cipher_bits};
use crate::evidence::SubjectKind;

use crate::settings::Members;
/// See [`Rule::ABOUT`].
pub(super) struct CipherBelow256Bits;

/// The smallest effective key, in bits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Params {
    minimum_bits: u16,
}

impl Parameters for Params {
    fn set(&mut self, members: &mut Members<'_, '_>) {
        members.set("minimumBits", &mut self.minimum_bits);
    }
}

impl Default for Params {
    fn default() -> Self {
        Self { minimum_bits: 256 }
    }
}

impl Rule for CipherBelow256Bits {
    type Params = Params;

    const ABOUT: About = About {
        id: "cipher-below-256-bits",
        title: "256-bit ciphers only",
        checks: "Whether a suite is accepted whose cipher has an effective key of less than 256 bits. AES-128 has 128; 3DES \
                 counts as 112.",
        why: "128 bits are beyond reach today. 256 keep that margin against a quantum computer, and are what \
              Microsoft's overview of Office 365 names.",
        fix: &[
            (
                "nginx",
                "ssl_ciphers ECDHE+AES256+AESGCM:ECDHE+CHACHA20; and, for TLS 1.3, ssl_conf_command Ciphersuites \
                 TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256;",
            ),
            (
                "Apache",
                "SSLCipherSuite ECDHE+AES256+AESGCM:ECDHE+CHACHA20 and SSLCipherSuite TLSv1.3 \
                 TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256",
            ),
            (
                "Exchange / Schannel",
                "Disable-TlsCipherSuite for each suite with AES_128, as Get-TlsCipherSuite lists them",
            ),
        ],
        citations: &[
            Clause {
                document: "Microsoft, Office 365 encryption for data in transit",
                clause: "TLS 1.2 with 256-bit cipher strength",
                url: "https://learn.microsoft.com/purview/office-365-encryption-in-transit",
                date: "undated",
            },
            Clause {
                document: "Microsoft, Technical reference details about encryption",
                clause: "ordered list of suites, which has AES-128 as well",
                url: "https://learn.microsoft.com/purview/technical-reference-details-about-encryption",
                date: "read 2021",
            },
        ],
        effective: "2018-08-02",
        subjects: &[SubjectKind::Endpoint],
        decide_by: &[TESTSSL],
    };

    fn check(params: &Params, _: &Context, subject: &Subject<'_>, findings: &mut Findings) {
        cipher_bits::check(params.minimum_bits, subject, findings);
    }
}
