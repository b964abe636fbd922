//! `insecure-renegotiation`: secure renegotiation is signalled.

use super::answers::Feature;
use super::{About, Clause, Context, Findings, NoParams, OPENSSL_RENEGOTIATION, Rule, Subject, TESTSSL_ATTACKS};
use crate::evidence::SubjectKind;

/// See [`Rule::ABOUT`].
pub(super) struct InsecureRenegotiation;

const FEATURE: Feature = Feature {
    bad: false,
    fail: "Secure renegotiation is not signalled.",
    pass: "Secure renegotiation is signalled.",
    unknown: "Whether secure renegotiation is signalled is not known.",
    moot: "Only TLS 1.3 is accepted, which has no renegotiation.",
    missing: "whether secure renegotiation is signalled was not tested",
};

impl Rule for InsecureRenegotiation {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "insecure-renegotiation",
        title: "secure renegotiation",
        checks: "Whether the server signals renegotiation_info up to TLS 1.2. A scanner that found it missing fails the rule; one \
                 that says it is there does not pass it unless it shows the extension itself.",
        why: "Without it somebody in between puts words of their own before the client's, and the server takes both for one \
              session (CVE-2009-3555).",
        fix: &[
            ("nginx", "update OpenSSL to 0.9.8m or later; it is on by default"),
            ("Apache", "SSLInsecureRenegotiation off"),
            ("Postfix", "update OpenSSL; it is on by default"),
            ("Exchange / Schannel", "install the Windows updates since MS10-049; set AllowInsecureRenegoClients=0"),
        ],
        citations: &[
            Clause {
                document: "RFC 5746",
                clause: "section 3: renegotiation_info",
                url: "https://www.rfc-editor.org/rfc/rfc5746#section-3",
                date: "2010-02",
            },
            Clause {
                document: "RFC 9325",
                clause: "section 3.5: renegotiation_info MUST be implemented where TLS 1.2 is",
                url: "https://www.rfc-editor.org/rfc/rfc9325#section-3.5",
                date: "2022-11",
            },
        ],
        effective: "2022-11-30",
        subjects: &[SubjectKind::Endpoint],
        decide_by: &[TESTSSL_ATTACKS, OPENSSL_RENEGOTIATION],
    };

    fn check(_: &NoParams, _: &Context, subject: &Subject<'_>, findings: &mut Findings) {
        let Some(dossier) = subject.endpoint() else { return };
        let draft = FEATURE.judge(dossier, |endpoint| &endpoint.secure_renegotiation);
        findings.add(draft.required("renegotiation_info up to TLS 1.2"));
    }
}
