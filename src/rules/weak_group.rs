//! `weak-group`: no curve below the policy's size is accepted for key exchange.

use serde::Serialize;

use super::groups::{curve_bits, judge_groups};
use super::suites::no_suite_with;
use super::{About, Clause, Context, Draft, Findings, Parameters, Rule, Subject, TESTSSL};
use crate::evidence::SubjectKind;
use crate::iana::{GroupKind, KeyExchange};

use crate::settings::Members;
/// See [`Rule::ABOUT`].
pub(super) struct WeakGroup;

/// The smallest curve, in bits of its field; X25519 counts as 256.
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
        Self { minimum_bits: 224 }
    }
}

/// The key exchanges that use a curve of the list of groups.
const WITH_CURVES: [KeyExchange; 3] = [KeyExchange::Ecdhe, KeyExchange::EcdhePsk, KeyExchange::Tls13];

impl Rule for WeakGroup {
    type Params = Params;

    const ABOUT: About = About {
        id: "weak-group",
        title: "curves of 224 bits or more",
        checks: "The curves that are accepted for key exchange, and curves that the peer may describe itself. X25519 counts as \
                 256 bits; finite fields are the matter of dh-group-short. Pass takes a report that says that there are no \
                 others.",
        why: "Half of a curve's bits is its strength: sect163k1 has 81 bits, which is within reach, and opens the session \
              however strong its cipher is.",
        fix: &[
            ("nginx", "ssl_ecdh_curve X25519:prime256v1:secp384r1;"),
            ("Apache", "SSLOpenSSLConfCmd Groups X25519:prime256v1:secp384r1"),
            ("Postfix", "tls_eecdh_auto_curves = X25519 prime256v1 secp384r1"),
            ("Exchange / Schannel", "Disable-TlsEccCurve for each short curve, as Get-TlsEccCurve lists them"),
        ],
        citations: &[
            Clause {
                document: "RFC 9325",
                clause: "section 4.5: curves of less than 224 bits MUST NOT be used for key agreement",
                url: "https://www.rfc-editor.org/rfc/rfc9325#section-4.5",
                date: "2022-11",
            },
            Clause {
                document: "RFC 8422",
                clause: "section 5.1.1: curves that the peer describes itself MUST NOT be used",
                url: "https://www.rfc-editor.org/rfc/rfc8422#section-5.1.1",
                date: "2018-08",
            },
        ],
        effective: "2022-11-30",
        subjects: &[SubjectKind::Endpoint],
        decide_by: &[TESTSSL],
    };

    fn check(params: &Params, _: &Context, subject: &Subject<'_>, findings: &mut Findings) {
        let Some(dossier) = subject.endpoint() else { return };
        let minimum = params.minimum_bits;
        let judged = judge_groups(dossier, &|info| match (info.kind, curve_bits(info.kind)) {
            (GroupKind::Explicit, _) => Some("described by the peer".to_owned()),
            (_, Some(bits)) if bits < minimum => Some(format!("{bits} bits")),
            _ => None,
        });
        let unused = judged.offending.is_empty().then(|| no_suite_with(dossier, &WITH_CURVES)).flatten();
        let draft = match unused {
            Some(words) => Draft::not_applicable("No accepted suite agrees on keys over a curve.")
                .cite(&words, "no suite with ephemeral elliptic-curve Diffie-Hellman"),
            None => judged.settled(
                &format!("Curves below {minimum} bits are accepted"),
                &format!("Every accepted curve has at least {minimum} bits."),
                &format!("Whether curves below {minimum} bits are accepted is not known."),
            ),
        };
        findings.add(draft.required(format!("curves of at least {minimum} bits")));
    }
}
