//! `cipher-order-not-enforced`: up to TLS 1.2 the server, not the client, chooses the suite.

use super::answers::DISAGREE;
use super::suites::{ORDERED_VERSIONS, lists_of};
use super::{About, Clause, Context, Draft, Findings, NoParams, Rule, Subject, TESTSSL};
use crate::evidence::{Dossier, Fact, Gap, GapReason, Offer, Preference, SubjectKind, View};
use crate::iana::{CipherSuite, ProtocolVersion};
use crate::source::Span;

/// See [`Rule::ABOUT`].
pub(super) struct CipherOrderNotEnforced;

impl Rule for CipherOrderNotEnforced {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "cipher-order-not-enforced",
        title: "the server chooses the suite",
        checks: "For each version from SSL 3.0 to TLS 1.2 that is offered: whether the server follows its own order of suites. \
                 A version with a single suite has no order; SSL 2.0 and TLS 1.3 are not judged.",
        why: "An old client may put a weak suite first. A server that follows it gives both a weaker connection than they \
              could have.",
        fix: &[
            ("nginx", "ssl_prefer_server_ciphers on;"),
            ("Apache", "SSLHonorCipherOrder on"),
            ("Postfix", "tls_preempt_cipherlist = yes"),
            ("Exchange / Schannel", "Schannel follows its own order; set it by group policy, SSL Cipher Suite Order"),
        ],
        citations: &[
            Clause {
                document: "Microsoft, Technical reference details about encryption",
                clause: "Office 365 tries its suites from the top of the list to the bottom",
                url: "https://learn.microsoft.com/purview/technical-reference-details-about-encryption",
                date: "read 2021",
            },
            Clause {
                document: "RFC 9325",
                clause: "section 4.2.1: servers prefer the recommended suites over weaker ones",
                url: "https://www.rfc-editor.org/rfc/rfc9325#section-4.2.1",
                date: "2022-11",
            },
        ],
        effective: "2022-11-30",
        subjects: &[SubjectKind::Endpoint],
        decide_by: &[TESTSSL],
    };

    fn check(_: &NoParams, _: &Context, subject: &Subject<'_>, findings: &mut Findings) {
        let Some(dossier) = subject.endpoint() else { return };
        let mut by_client: Vec<(ProtocolVersion, &Fact<Preference>)> = Vec::new();
        let mut by_server: Vec<(ProtocolVersion, &Fact<Preference>)> = Vec::new();
        let mut contradicted: Vec<(ProtocolVersion, &Fact<Preference>)> = Vec::new();
        let mut moot: Vec<Span> = Vec::new();
        let mut gaps = Vec::new();
        for version in ORDERED_VERSIONS {
            match order_of(dossier, version) {
                Order::Client(facts) => {
                    for fact in facts {
                        let side = if fact.value == Preference::Client { &mut by_client } else { &mut contradicted };
                        side.push((version, fact));
                    }
                }
                Order::Server(facts) => by_server.extend(facts.into_iter().map(|fact| (version, fact))),
                Order::None(words) => moot.extend(words),
                Order::Unknown(missing) => gaps.extend(missing),
            }
        }
        let cited = |draft: Draft, facts: &[(ProtocolVersion, &Fact<Preference>)], who: &str| {
            facts.iter().fold(draft, |draft, (version, fact)| {
                draft.cite(&fact.words, &format!("{version}: the {who} chooses")).basis(fact.basis)
            })
        };
        let draft = if !by_client.is_empty() {
            let mut versions: Vec<String> = by_client.iter().map(|(version, _)| version.to_string()).collect();
            versions.dedup();
            let note = if contradicted.is_empty() { "" } else { DISAGREE };
            let text = format!("The client chooses the suite in {}.{note}", versions.join(", "));
            cited(cited(Draft::fail(text), &by_client, "client"), &contradicted, "server").gaps(gaps)
        } else if !gaps.is_empty() {
            Draft::unknown("Whether the server chooses the suite is not known.", gaps)
        } else if !by_server.is_empty() {
            cited(Draft::pass("The server chooses the suite in every version that has an order."), &by_server, "server")
        } else {
            Draft::not_applicable("No version up to TLS 1.2 has more than one suite, so there is no order.")
                .cite(&moot, "refused, or one suite")
        };
        findings.add(draft.required("the server's order of suites up to TLS 1.2"));
    }
}

enum Order<'a> {
    /// The client chooses; facts that say otherwise stand among them.
    Client(Vec<&'a Fact<Preference>>),
    Server(Vec<&'a Fact<Preference>>),
    /// There is none to have.
    None(Vec<Span>),
    Unknown(Vec<Gap>),
}

fn order_of<'a>(dossier: &'a Dossier<'a>, version: ProtocolVersion) -> Order<'a> {
    let lists = lists_of(dossier, version);
    let known: Vec<&Fact<Preference>> = lists.iter().filter_map(|list| list.preference.fact()).collect();
    let offered: Vec<CipherSuite> =
        lists.iter().flat_map(|list| &list.suites.accepted).map(|fact| fact.value).collect();
    match dossier.version(version) {
        View::Agreed(fact) if fact.value == Offer::Refused && offered.is_empty() => return Order::None(fact.words),
        View::Missing(gaps) if offered.is_empty() => {
            let named = |gap: Gap| Gap { detail: format!("{version}: {}", gap.detail), ..gap };
            return Order::Unknown(gaps.into_iter().map(named).collect());
        }
        _ => {}
    }
    let only_one = offered.first().is_some_and(|first| offered.iter().all(|suite| suite == first));
    if only_one && lists.iter().any(|list| list.suites.gap().is_none()) {
        return Order::None(
            lists.iter().flat_map(|list| &list.suites.accepted).flat_map(|fact| fact.words.clone()).collect(),
        );
    }
    if known.iter().any(|fact| fact.value == Preference::Client) {
        return Order::Client(known);
    }
    if !known.is_empty() {
        return Order::Server(known);
    }
    let mut gaps: Vec<Gap> = lists.iter().filter_map(|list| list.preference.gap().cloned()).collect();
    if gaps.is_empty() {
        gaps.push(Gap::new(GapReason::NotAttempted, format!("who chooses the suite in {version} was not tested")));
    }
    Order::Unknown(gaps)
}
