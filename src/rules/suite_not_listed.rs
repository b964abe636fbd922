//! `suite-not-listed`: every accepted suite is one of the policy's.

use serde::Serialize;

use super::suites::judge_suites;
use super::{About, Clause, Context, Findings, Parameters, Rule, Subject, TESTSSL};
use crate::evidence::SubjectKind;
use crate::iana::CipherSuite;

use crate::settings::Members;
/// See [`Rule::ABOUT`].
pub(super) struct SuiteNotListed;

/// The suites that may be accepted, of every version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Params {
    listed: Vec<CipherSuite>,
}

impl Parameters for Params {
    fn set(&mut self, members: &mut Members<'_, '_>) {
        members.set("listed", &mut self.listed);
    }
}

impl Default for Params {
    /// The four of RFC 9325 for TLS 1.2, and those that RFC 8446 names first for TLS 1.3.
    fn default() -> Self {
        Self { listed: [0x1301, 0x1302, 0x1303, 0xC02B, 0xC02C, 0xC02F, 0xC030].map(CipherSuite).to_vec() }
    }
}

impl Rule for SuiteNotListed {
    type Params = Params;

    const ABOUT: About = About {
        id: "suite-not-listed",
        title: "no suite but the policy's",
        checks: "Whether a suite is accepted, in any version, that is not in the policy's list. Their order does not matter here.",
        why: "Every suite that is not needed is one more that can turn out weak, and one more that nobody reviewed.",
        fix: &[
            ("nginx", "ssl_ciphers with the OpenSSL names of the listed suites, joined by colons"),
            ("Apache", "SSLCipherSuite with the OpenSSL names of the listed suites, joined by colons"),
            ("Postfix", "tls_high_cipherlist with the listed suites and smtpd_tls_ciphers = high"),
            (
                "Exchange / Schannel",
                "Disable-TlsCipherSuite for each suite that is not listed, as Get-TlsCipherSuite lists them",
            ),
        ],
        citations: &[
            Clause {
                document: "RFC 9325",
                clause: "section 4.2: the four recommended suites for TLS 1.2",
                url: "https://www.rfc-editor.org/rfc/rfc9325#section-4.2",
                date: "2022-11",
            },
            Clause {
                document: "RFC 8446",
                clause: "section 9.1: suites that TLS 1.3 must or should implement",
                url: "https://www.rfc-editor.org/rfc/rfc8446#section-9.1",
                date: "2018-08",
            },
        ],
        effective: "2022-11-30",
        subjects: &[SubjectKind::Endpoint],
        decide_by: &[TESTSSL],
    };

    fn check(params: &Params, _: &Context, subject: &Subject<'_>, findings: &mut Findings) {
        let Some(dossier) = subject.endpoint() else { return };
        let judged = judge_suites(dossier, &|info| (!params.listed.contains(&info.suite())).then(String::new));
        let draft = judged.settled(
            "Suites are accepted that are not in the policy's list",
            "Every accepted suite is in the policy's list.",
            "Whether suites outside the policy's list are accepted is not known.",
        );
        findings.add(draft.required("no suite outside the policy's list"));
    }
}
