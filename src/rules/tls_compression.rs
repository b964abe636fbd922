//! `tls-compression`: no TLS compression is accepted.

use super::answers::Feature;
use super::{About, Clause, Context, Findings, NoParams, Rule, Subject, TESTSSL_ATTACKS};
use crate::evidence::SubjectKind;

/// See [`Rule::ABOUT`].
pub(super) struct TlsCompression;

const FEATURE: Feature = Feature {
    bad: true,
    fail: "TLS compression is accepted.",
    pass: "TLS compression is not accepted.",
    unknown: "Whether TLS compression is accepted is not known.",
    moot: "Only TLS 1.3 is accepted, which has no compression.",
    missing: "whether TLS compression is accepted was not tested",
};

impl Rule for TlsCompression {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "tls-compression",
        title: "no TLS compression",
        checks: "Whether compression inside TLS is accepted up to TLS 1.2. A scanner that found it fails the rule; one that says \
                 that it is not there does not pass it unless it shows the server's answer. Compression by HTTP is another \
                 matter.",
        why: "The size of compressed data tells what is in it: whoever can add words of their own guesses cookies byte by byte \
              (CRIME, CVE-2012-4929).",
        fix: &[
            ("nginx", "update OpenSSL to 1.1.0 or later, which has compression off"),
            ("Apache", "SSLCompression off"),
            ("Postfix", "tls_ssl_options = NO_COMPRESSION"),
            ("Exchange / Schannel", "Schannel has no TLS compression"),
        ],
        citations: &[
            Clause {
                document: "RFC 9325",
                clause: "section 3.3: TLS compression SHOULD be disabled",
                url: "https://www.rfc-editor.org/rfc/rfc9325#section-3.3",
                date: "2022-11",
            },
            Clause {
                document: "RFC 7457",
                clause: "section 2.6: compression attacks",
                url: "https://www.rfc-editor.org/rfc/rfc7457#section-2.6",
                date: "2015-02",
            },
        ],
        effective: "2022-11-30",
        subjects: &[SubjectKind::Endpoint],
        decide_by: &[TESTSSL_ATTACKS],
    };

    fn check(_: &NoParams, _: &Context, subject: &Subject<'_>, findings: &mut Findings) {
        let Some(dossier) = subject.endpoint() else { return };
        let draft = FEATURE.judge(dossier, |endpoint| &endpoint.compression);
        findings.add(draft.required("no compression up to TLS 1.2"));
    }
}
