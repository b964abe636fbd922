//! `no-forward-secrecy`: suites with forward secrecy are accepted, and no others.

use serde::Serialize;

use super::answers::DISAGREE;
use super::suites::judge_suites;
use super::{About, Clause, Context, Draft, Findings, Parameters, Rule, Subject, TESTSSL};
use crate::evidence::{Basis, SubjectKind, SuiteClass};
use crate::gathered::Gathered;
use crate::iana::SuiteInfo;
use crate::policy::Level;

use crate::settings::Members;
/// See [`Rule::ABOUT`].
pub(super) struct NoForwardSecrecy;

/// How much a suite without forward secrecy weighs where others have it. Where none has it, the rule's own level counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Params {
    every_suite: Level,
}

impl Parameters for Params {
    fn set(&mut self, members: &mut Members<'_, '_>) {
        members.set("everySuite", &mut self.every_suite);
    }
}

impl Default for Params {
    fn default() -> Self {
        Self { every_suite: Level::Error }
    }
}

impl Rule for NoForwardSecrecy {
    type Params = Params;

    const ABOUT: About = About {
        id: "no-forward-secrecy",
        title: "forward secrecy",
        checks: "Whether suites with an ephemeral key exchange (ECDHE, DHE, every suite of TLS 1.3) are accepted at all, \
                 and whether suites without one are accepted beside them.",
        why: "Without forward secrecy, whoever records the traffic today and gets the server's key later, by theft or by \
              court order, can read all of it.",
        fix: &[
            ("nginx", "ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;"),
            ("Apache", "SSLCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20"),
            ("Postfix", "smtpd_tls_exclude_ciphers = kRSA, kDHr, kDHd, kECDHr, kECDHe, kPSK, aNULL, eNULL, EXPORT"),
            (
                "Exchange / Schannel",
                "remove the suites that begin with TLS_RSA_ : Disable-TlsCipherSuite -Name TLS_RSA_WITH_AES_256_GCM_SHA384 \
                 and so on, as Get-TlsCipherSuite lists them",
            ),
        ],
        citations: &[
            Clause {
                document: "Microsoft, How Exchange Online uses TLS to secure email connections",
                clause: "between Exchange Online customers: secured using Forward Secrecy",
                url: "https://learn.microsoft.com/purview/exchange-online-uses-tls-to-secure-email-connections",
                date: "2018-08-02",
            },
            Clause {
                document: "RFC 9325",
                clause: "section 4.1: support and prefer forward secrecy; static RSA SHOULD NOT be negotiated",
                url: "https://www.rfc-editor.org/rfc/rfc9325#section-4.1",
                date: "2022-11",
            },
        ],
        effective: "2022-11-30",
        subjects: &[SubjectKind::Endpoint],
        decide_by: &[TESTSSL],
    };

    fn check(params: &Params, _: &Context, subject: &Subject<'_>, findings: &mut Findings) {
        let Some(dossier) = subject.endpoint() else { return };
        let judged = judge_suites(dossier, &|info: &SuiteInfo| {
            (!info.provides_forward_secrecy()).then(|| "no forward secrecy".to_owned())
        });

        let all = dossier.suites();
        let none_offered: Vec<_> = dossier.suite_class(SuiteClass::ForwardSecret).filter(|fact| !fact.value).gathered();
        let offered = if let (Some(used), Some(_)) = (judged.good.first(), none_offered.first()) {
            let text = format!("No suite with forward secrecy was found.{DISAGREE}");
            let fail = none_offered
                .iter()
                .fold(Draft::fail(text), |draft, fact| draft.cite(&fact.words, "no forward secrecy").basis(fact.basis));
            fail.cite(&used.words, &used.name)
        } else if let Some(used) = judged.good.iter().find(|used| used.denied.is_empty()) {
            Draft::pass(format!("Forward secrecy is offered, by {} for one.", used.name))
                .cite(&used.words, &used.name)
                .basis(used.basis)
        } else if all.gaps.is_empty() && judged.gaps.is_empty() {
            judged.cite_offending(
                Draft::fail("No accepted suite has forward secrecy.")
                    .cite(&judged.complete_by, "no other suite is accepted"),
            )
        } else if let Some(fact) = none_offered.first() {
            Draft::fail("The scanner found no suite with forward secrecy.")
                .cite(&fact.words, "no forward secrecy")
                .basis(Basis::ToolSays)
        } else {
            // A suite that was not asked for is one that may be offered.
            let gaps = if judged.gaps.is_empty() { &all.gaps } else { &judged.gaps };
            Draft::unknown("Whether forward secrecy is offered is not known.", gaps.clone())
        };
        findings.add(offered.facet("offered").required("suites with forward secrecy"));

        let every = if !judged.offending.is_empty() {
            judged
                .cite_offending(Draft::fail(format!(
                    "Suites without forward secrecy are accepted: {}.{}",
                    judged.offenders().replace(" (no forward secrecy)", ""),
                    judged.note()
                )))
                .gaps(judged.gaps)
        } else if judged.gaps.is_empty() {
            judged.cite_all(Draft::pass("Every accepted suite has forward secrecy."))
        } else {
            Draft::unknown("Whether suites without forward secrecy are accepted is not known.", judged.gaps)
        };
        findings.add(every.facet("every-suite").level(params.every_suite).required("no suite without forward secrecy"));
    }
}
