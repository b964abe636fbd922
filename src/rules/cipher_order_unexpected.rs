//! `cipher-order-unexpected`: up to TLS 1.2 the suites are those of the policy's list, in its order.

use serde::Serialize;

use super::suites::{ORDERED_VERSIONS, lists_of};
use super::{About, Clause, Context, Draft, Findings, Parameters, Rule, Subject, TESTSSL};
use crate::evidence::{Dossier, Fact, Gap, GapReason, Offer, Preference, SubjectKind, SuiteList, View};
use crate::iana::{CipherSuite, ProtocolVersion};

use crate::settings::Members;
/// See [`Rule::ABOUT`].
pub(super) struct CipherOrderUnexpected;

/// The suites in the order that is expected, best first. Suites of TLS 1.3 need not be named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Params {
    order: Vec<CipherSuite>,
}

impl Parameters for Params {
    fn set(&mut self, members: &mut Members<'_, '_>) {
        members.set("order", &mut self.order);
    }
}

impl Default for Params {
    /// Microsoft's ordered list for TLS 1.2.
    fn default() -> Self {
        Self { order: [0xC030, 0xC02F, 0xC028, 0xC027, 0xC014, 0xC013, 0x009D, 0x009C].map(CipherSuite).to_vec() }
    }
}

const REQUIRED: &str = "no suite but the policy's, in its order";

impl Rule for CipherOrderUnexpected {
    type Params = Params;

    const ABOUT: About = About {
        id: "cipher-order-unexpected",
        title: "the policy's suites in the policy's order",
        checks: "For each version from SSL 3.0 to TLS 1.2 that is offered: whether every accepted suite is in the policy's list, \
                 and whether the server prefers them in the same order. It takes a complete list and a server that chooses. \
                 Suites of TLS 1.3 are never unexpected.",
        why: "The order decides what two ends that share several suites use. A list that differs from what was agreed on was \
              changed by somebody, or belongs to another service.",
        fix: &[
            ("nginx", "ssl_prefer_server_ciphers on; and ssl_ciphers with the suites in the policy's order"),
            ("Apache", "SSLHonorCipherOrder on and SSLCipherSuite with the suites in the policy's order"),
            ("Postfix", "tls_preempt_cipherlist = yes and tls_high_cipherlist with the suites in the policy's order"),
            ("Exchange / Schannel", "group policy: SSL Configuration Settings, SSL Cipher Suite Order"),
        ],
        citations: &[Clause {
            document: "Microsoft, Technical reference details about encryption",
            clause: "TLS cipher suites supported by Office 365, in order",
            url: "https://learn.microsoft.com/purview/technical-reference-details-about-encryption",
            date: "read 2021",
        }],
        effective: "2018-10-31",
        subjects: &[SubjectKind::Endpoint],
        decide_by: &[TESTSSL],
    };

    fn check(params: &Params, _: &Context, subject: &Subject<'_>, findings: &mut Findings) {
        let Some(dossier) = subject.endpoint() else { return };
        let mut wrong: Vec<String> = Vec::new();
        let mut gaps = Vec::new();
        let mut fail = Draft::fail("");
        let mut pass = Draft::pass("");
        let mut any = false;
        for version in ORDERED_VERSIONS {
            let compared = compare(dossier, version, &params.order);
            any |= compared.is_offered;
            for (sentence, suite) in compared.wrong {
                fail = fail.cite(&suite.words, &sentence).basis(suite.basis);
                if !wrong.contains(&sentence) {
                    wrong.push(sentence);
                }
            }
            for (fact, observed) in compared.shown {
                pass = pass.cite(&fact.words, &observed).basis(fact.basis);
            }
            gaps.extend(compared.gaps);
        }
        let draft = if !wrong.is_empty() {
            fail.summary = format!("The suites differ from the policy's list: {}.", wrong.join("; "));
            fail.gaps(gaps)
        } else if !gaps.is_empty() {
            Draft::unknown("Whether the suites are the policy's in its order is not known.", gaps)
        } else if any {
            pass.summary = "The suites up to TLS 1.2 are the policy's, in its order.".to_owned();
            pass
        } else {
            Draft::not_applicable("No version up to TLS 1.2 is offered.")
        };
        findings.add(draft.required(REQUIRED));
    }
}

/// One version's suites against the list.
#[derive(Default)]
struct Compared<'a> {
    is_offered: bool,
    wrong: Vec<(String, &'a Fact<CipherSuite>)>,
    shown: Vec<(Fact<()>, String)>,
    gaps: Vec<Gap>,
}

fn compare<'a>(dossier: &'a Dossier<'a>, version: ProtocolVersion, order: &[CipherSuite]) -> Compared<'a> {
    let lists = lists_of(dossier, version);
    let mut compared = Compared::default();
    for fact in lists.iter().flat_map(|list| &list.suites.accepted).filter(|fact| is_unlisted(fact.value, order)) {
        compared.wrong.push((format!("{} is not in it", fact.value.name()), fact));
    }
    match dossier.version(version) {
        View::Agreed(fact)
            if fact.value == Offer::Refused && lists.iter().all(|list| list.suites.accepted.is_empty()) =>
        {
            return compared;
        }
        View::Missing(gaps) if lists.is_empty() => {
            let named = |gap: Gap| Gap { detail: format!("{version}: {}", gap.detail), ..gap };
            compared.gaps.extend(gaps.into_iter().map(named));
            return compared;
        }
        _ => compared.is_offered = true,
    }
    let complete: Vec<&SuiteList> = lists.iter().copied().filter(|list| list.suites.gap().is_none()).collect();
    if complete.is_empty() {
        compared.gaps.push(
            lists.iter().find_map(|list| list.suites.gap()).unwrap_or_else(|| {
                Gap::new(GapReason::NotAttempted, format!("the suites of {version} were not listed"))
            }),
        );
    } else {
        in_order(&complete, version, order, &mut compared);
    }
    compared.gaps.extend(dossier.suites().contradicted(version));
    compared
}

fn is_unlisted(suite: CipherSuite, order: &[CipherSuite]) -> bool {
    !suite.is_signalling() && !suite.is_grease() && !order.contains(&suite)
}

/// Compares the order of complete lists. One that does not say who chooses is completed by another that does.
fn in_order<'a>(lists: &[&'a SuiteList], version: ProtocolVersion, order: &[CipherSuite], compared: &mut Compared<'a>) {
    for fact in lists.iter().flat_map(|list| &list.suites.accepted) {
        compared.shown.push((fact.map(()), format!("{version}: {}", fact.value.name())));
    }
    if lists.iter().all(|list| list.suites.accepted.len() < 2) {
        return;
    }
    for fact in lists.iter().filter_map(|list| list.preference.fact()) {
        if fact.value == Preference::Server {
            compared.shown.push((fact.map(()), format!("{version}: the server chooses")));
        } else {
            let detail =
                format!("{version}: the client has a say in the choice, so the server has no order to compare");
            compared.gaps.push(Gap::new(GapReason::Unsupported, detail).at(fact.words.iter().copied()));
        }
    }
    if lists.iter().all(|list| list.preference.fact().is_none()) {
        compared.gaps.extend(lists.iter().filter_map(|list| list.preference.gap().cloned()));
    }
    let position = |fact: &Fact<CipherSuite>| order.iter().position(|suite| *suite == fact.value);
    for list in lists.iter().filter(|list| list.preference.value() == Some(&Preference::Server)) {
        let listed: Vec<_> = list.suites.accepted.iter().filter_map(|fact| Some((position(fact)?, fact))).collect();
        for pair in listed.windows(2) {
            if let [(before, first), (after, second)] = pair
                && before > after
            {
                let sentence = format!("{} comes before {}", first.value.name(), second.value.name());
                compared.wrong.push((sentence, first));
            }
        }
    }
}
