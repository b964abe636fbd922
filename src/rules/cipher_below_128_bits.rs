//! `cipher-below-128-bits`: every accepted suite encrypts with a key of 128 bits or more.

use serde::Serialize;

use super::{About, Clause, Context, Findings, Parameters, Rule, Subject, TESTSSL, cipher_bits};
use crate::evidence::SubjectKind;

use crate::settings::Members;
/// See [`Rule::ABOUT`].
pub(super) struct CipherBelow128Bits;

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
        Self { minimum_bits: 128 }
    }
}

impl Rule for CipherBelow128Bits {
    type Params = Params;

    const ABOUT: About = About {
        id: "cipher-below-128-bits",
        title: "ciphers of 128 bits or more",
        checks: "Whether a suite is accepted whose cipher has an effective key of less than 128 bits: NULL, export suites, \
                 DES, and 3DES, which counts as 112.",
        why: "112 bits are near the reach of a well-funded attacker who keeps recordings, and 56 bits are searched in days.",
        fix: &[
            ("nginx", "ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;"),
            ("Apache", "SSLCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20"),
            ("Postfix", "smtpd_tls_exclude_ciphers = aNULL, eNULL, EXPORT, LOW, 3DES, DES"),
            ("Exchange / Schannel", "Disable-TlsCipherSuite -Name TLS_RSA_WITH_3DES_EDE_CBC_SHA"),
        ],
        citations: &[
            Clause {
                document: "RFC 9325",
                clause: "section 4.1: suites below 112 bits MUST NOT, below 128 bits SHOULD NOT be negotiated",
                url: "https://www.rfc-editor.org/rfc/rfc9325#section-4.1",
                date: "2022-11",
            },
            Clause {
                document: "Microsoft, Technical reference details about encryption",
                clause: "every suite of the ordered list has 128 bits or more; 3DES is not supported since 2018-10-31",
                url: "https://learn.microsoft.com/purview/technical-reference-details-about-encryption",
                date: "read 2021",
            },
        ],
        effective: "2022-11-30",
        subjects: &[SubjectKind::Endpoint],
        decide_by: &[TESTSSL],
    };

    fn check(params: &Params, _: &Context, subject: &Subject<'_>, findings: &mut Findings) {
        cipher_bits::check(params.minimum_bits, subject, findings);
    }
}
