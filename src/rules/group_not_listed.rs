//! `group-not-listed`: every accepted group is one of the policy's.

use serde::Serialize;

use super::groups::judge_groups;
use super::{About, Clause, Context, Findings, Parameters, Rule, Subject, TESTSSL};
use crate::evidence::SubjectKind;
use crate::iana::NamedGroup;

use crate::settings::Members;
/// See [`Rule::ABOUT`].
pub(super) struct GroupNotListed;

/// The groups that may be accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Params {
    listed: Vec<NamedGroup>,
}

impl Parameters for Params {
    fn set(&mut self, members: &mut Members<'_, '_>) {
        members.set("listed", &mut self.listed);
    }
}

impl Default for Params {
    /// X25519MLKEM768, X25519, P-256 and P-384, as Mozilla's guidelines 6.0 have them.
    fn default() -> Self {
        Self { listed: [0x11EC, 29, 23, 24].map(NamedGroup).to_vec() }
    }
}

impl Rule for GroupNotListed {
    type Params = Params;

    const ABOUT: About = About {
        id: "group-not-listed",
        title: "no group but the policy's",
        checks: "Whether a group for key exchange (a curve, a finite field, a post-quantum key encapsulation) is accepted that is \
                 not in the policy's list. It takes a report that says that there are no others.",
        why: "Every group that is not needed is one more whose implementation can be wrong.",
        fix: &[
            ("nginx", "ssl_ecdh_curve X25519MLKEM768:X25519:prime256v1:secp384r1; (the first takes OpenSSL 3.5)"),
            ("Apache", "SSLOpenSSLConfCmd Groups X25519:prime256v1:secp384r1"),
            ("Postfix", "tls_eecdh_auto_curves = X25519 prime256v1 secp384r1"),
            (
                "Exchange / Schannel",
                "Disable-TlsEccCurve for each curve that is not listed, as Get-TlsEccCurve lists them",
            ),
        ],
        citations: &[Clause {
            document: "Mozilla, Server Side TLS guidelines",
            clause: "version 6.0, tls_curves",
            url: "https://ssl-config.mozilla.org/guidelines/6.0.json",
            date: "2026-04-06",
        }],
        effective: "2026-04-06",
        subjects: &[SubjectKind::Endpoint],
        decide_by: &[TESTSSL],
    };

    fn check(params: &Params, _: &Context, subject: &Subject<'_>, findings: &mut Findings) {
        let Some(dossier) = subject.endpoint() else { return };
        let judged = judge_groups(dossier, &|info| (!params.listed.contains(&NamedGroup(info.code))).then(String::new));
        let draft = judged.settled(
            "Groups are accepted that are not in the policy's list",
            "Every accepted group is in the policy's list.",
            "Whether groups outside the policy's list are accepted is not known.",
        );
        findings.add(draft.required("no group outside the policy's list"));
    }
}
