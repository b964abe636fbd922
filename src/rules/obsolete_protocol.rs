//! `obsolete-protocol`: no version below the policy's minimum is offered.

use serde::Serialize;

use super::{About, Clause, Context, Draft, Findings, Parameters, Rule, Subject, TESTSSL};
use crate::evaluate::alternatives;
use crate::evidence::{Offer, SubjectKind, View};
use crate::iana::ProtocolVersion;

use crate::settings::Members;
/// See [`Rule::ABOUT`].
pub(super) struct ObsoleteProtocol;

/// The lowest version that may be offered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Params {
    minimum: ProtocolVersion,
}

impl Parameters for Params {
    fn set(&mut self, members: &mut Members<'_, '_>) {
        members.set("minimum", &mut self.minimum);
    }
}

impl Default for Params {
    fn default() -> Self {
        Self { minimum: ProtocolVersion::TLS1_2 }
    }
}

const VERSIONS: [ProtocolVersion; 5] = [
    ProtocolVersion::SSL2,
    ProtocolVersion::SSL3,
    ProtocolVersion::TLS1_0,
    ProtocolVersion::TLS1_1,
    ProtocolVersion::TLS1_2,
];

/// The settings of the rule are those for its own minimum.
const NEWER: &str = " Leave TLS 1.2 out of the settings named here as well.";

impl Rule for ObsoleteProtocol {
    type Params = Params;

    const ABOUT: About = About {
        id: "obsolete-protocol",
        title: "TLS 1.2 or later only",
        checks: "Whether SSL 2.0, SSL 3.0, TLS 1.0 or TLS 1.1 is offered. Each must have been refused by a server that \
                 accepted another version in the same scan.",
        why: "Someone between the two ends can make both use the oldest version that they share, and read or change what \
              is sent: SSL 3.0 falls to POODLE, TLS 1.0 and 1.1 rest on MD5 and SHA-1.",
        fix: &[
            ("nginx", "ssl_protocols TLSv1.2 TLSv1.3;"),
            ("Apache", "SSLProtocol -all +TLSv1.2 +TLSv1.3"),
            ("Postfix", "smtpd_tls_protocols = >=TLSv1.2 and smtpd_tls_mandatory_protocols = >=TLSv1.2"),
            ("Dovecot", "ssl_min_protocol = TLSv1.2"),
            (
                "Exchange / Schannel",
                "set Enabled=0 and DisabledByDefault=1 under HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\\
                 SCHANNEL\\Protocols\\TLS 1.0\\Server and TLS 1.1\\Server, then restart",
            ),
        ],
        citations: &[
            Clause {
                document: "RFC 8996",
                clause: "sections 4 and 5: TLS 1.0 and TLS 1.1 MUST NOT be used",
                url: "https://www.rfc-editor.org/rfc/rfc8996#section-4",
                date: "2021-03",
            },
            Clause {
                document: "RFC 9325",
                clause: "section 3.1.1",
                url: "https://www.rfc-editor.org/rfc/rfc9325#section-3.1.1",
                date: "2022-11",
            },
            Clause {
                document: "Microsoft, How Exchange Online uses TLS to secure email connections",
                clause: "TLS basics: TLS 1.0 and 1.1 are deprecated",
                url: "https://learn.microsoft.com/purview/exchange-online-uses-tls-to-secure-email-connections",
                date: "2018-08-02",
            },
        ],
        effective: "2021-03-23",
        subjects: &[SubjectKind::Endpoint],
        decide_by: &[TESTSSL],
    };

    fn check(params: &Params, _: &Context, subject: &Subject<'_>, findings: &mut Findings) {
        let Some(dossier) = subject.endpoint() else { return };
        let required = format!("{} or later", params.minimum);
        let mut offered = Vec::new();
        let mut disagreed = Vec::new();
        let mut unknown = Vec::new();
        let mut gaps = Vec::new();
        let mut evidence = Draft::pass("");
        for version in VERSIONS.into_iter().filter(|version| *version < params.minimum) {
            match dossier.version(version) {
                View::Agreed(fact) => {
                    let seen = if fact.value == Offer::Accepted { "offered" } else { "refused" };
                    if fact.value == Offer::Accepted {
                        offered.push(version.to_string());
                    }
                    evidence = evidence.cite(&fact.words, &format!("{version} is {seen}")).basis(fact.basis);
                }
                View::Disagreed(sides) => {
                    offered.push(version.to_string());
                    disagreed.push(version.to_string());
                    for side in sides {
                        let seen = if side.value == Offer::Accepted { "offered" } else { "refused" };
                        evidence = evidence.cite(&side.words, &format!("{version} is {seen}")).basis(side.basis);
                    }
                }
                View::Missing(missing) => {
                    unknown.push(version.to_string());
                    gaps.extend(missing);
                }
            }
        }
        let draft = if !offered.is_empty() {
            let verb = if offered.len() == 1 { "is" } else { "are" };
            let note = if disagreed.is_empty() {
                String::new()
            } else {
                format!(" The reports disagree on {}; the worse answer is kept.", disagreed.join(", "))
            };
            let settings = if params.minimum > ProtocolVersion::TLS1_2 { NEWER } else { "" };
            let keep = |cited: &crate::report::Cited| {
                cited.observed.ends_with("offered")
                    || disagreed.iter().any(|version| cited.observed.starts_with(version))
            };
            evidence.evidence.retain(keep);
            Draft {
                gaps,
                ..Draft::fail(format!("{} {verb} offered; {required} is required.{settings}{note}", offered.join(", ")))
            }
        } else if unknown.is_empty() {
            Draft::pass(format!("Nothing below {} is offered.", params.minimum))
        } else {
            evidence.evidence.clear();
            Draft::unknown(format!("Whether {} is offered is not known.", alternatives(&unknown)), gaps)
        };
        findings.add(Draft { evidence: evidence.evidence, basis: evidence.basis, ..draft }.required(required));
    }
}
