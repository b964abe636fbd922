//! `tunnel-weak`: the algorithms of an IPsec tunnel, and of the association that manages it, are up to date.

use super::ipsec::{Purpose, Worth, algorithm, is_up, not_up, tunnel};
use super::{About, Clause, Context, Draft, Findings, NoParams, Rule, SWANCTL, Subject};
use crate::evidence::{Attribute, Exhibit, Fact, Gap, GapReason, SubjectKind};
use crate::gathered::Gathered;
use crate::policy::Level;

/// See [`Rule::ABOUT`].
pub(super) struct TunnelWeak;

impl Rule for TunnelWeak {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "tunnel-weak",
        title: "current algorithms for IPsec",
        checks: "Every algorithm that the tunnel and its IKE association use, against RFC 8221 (ESP), RFC 8247 (IKEv2) and \
                 RFC 9395 (what is deprecated, IKEv1 among it). HMAC with SHA-1 is on its way out and weighs as a should-fix. \
                 An algorithm that these documents do not name leaves the rule unknown.",
        why: "The key exchange of the association protects everything that goes through its tunnels: who breaks a group of \
              1024 bits reads what was recorded, whatever the tunnel's own cipher is.",
        fix: &[
            ("strongSwan", "version = 2, proposals = aes256gcm16-prfsha384-ecp384, esp_proposals = aes256gcm16-ecp384"),
            ("libreswan", "ikev2=insist, ike=aes_gcm256-sha2_384-dh20, esp=aes_gcm256"),
            (
                "Azure",
                "a custom policy with ikeEncryption AES256, ikeIntegrity SHA384, dhGroup ECP384: the default offers DHGroup2",
            ),
        ],
        citations: &[
            Clause {
                document: "RFC 8221",
                clause: "sections 5 and 6: encryption and authentication algorithms of ESP",
                url: "https://www.rfc-editor.org/rfc/rfc8221#section-5",
                date: "2017-10",
            },
            Clause {
                document: "RFC 8247",
                clause: "section 2: algorithms of IKEv2; groups 1, 2, 5 and 22 to 24",
                url: "https://www.rfc-editor.org/rfc/rfc8247#section-2",
                date: "2017-09",
            },
            Clause {
                document: "RFC 9395",
                clause: "sections 3 and 4: IKEv1 and old algorithms are deprecated",
                url: "https://www.rfc-editor.org/rfc/rfc9395#section-3",
                date: "2023-04",
            },
        ],
        effective: "2023-04-01",
        subjects: &[SubjectKind::Tunnel],
        decide_by: &[SWANCTL],
    };

    fn check(_: &NoParams, _: &Context, subject: &Subject<'_>, findings: &mut Findings) {
        let Some(tunnel) = tunnel(subject) else { return };
        let mut weak: Vec<(String, &Fact<String>)> = Vec::new();
        let mut ageing = Vec::new();
        let mut gaps = Vec::new();
        if let Some(version) = tunnel.fact(Attribute::IkeVersion) {
            match version.value.trim_start_matches("IKEv") {
                "2" => {}
                "1" => weak.push(("IKEv1 (RFC 9395: deprecated)".to_owned(), version)),
                _ => gaps.push(Gap::new(GapReason::Unsupported, "a version of IKE that intransit does not know")),
            }
        } else {
            gaps.push(Gap::new(GapReason::NotReportedByFormat, "the version of IKE was not shown"));
        }
        for fact in all(tunnel) {
            match algorithm(&fact.value) {
                Some((_, Worth::Good)) => {}
                Some((_, Worth::Weak(why))) => weak.push((format!("{} ({why})", fact.value), fact)),
                Some((_, Worth::Ageing(why))) => ageing.push((format!("{} ({why})", fact.value), fact)),
                None => {
                    let gap = Gap::new(GapReason::Unsupported, format!("`{}` is not judged", fact.value));
                    gaps.push(gap.at(fact.words.iter().copied()));
                }
            }
        }
        for (attribute, what) in [(Attribute::IkeAlgorithm, "its association"), (Attribute::Algorithm, "the tunnel")] {
            gaps.extend(incomplete(tunnel, attribute, what));
        }
        if !is_up(tunnel) {
            gaps.push(not_up(tunnel));
        }
        let named =
            |list: &[(String, &Fact<String>)]| list.iter().map(|(words, _)| words.clone()).gathered().join(", ");
        let draft = if !weak.is_empty() {
            let draft = Draft::fail(format!("The tunnel uses {}.", named(&weak)));
            weak.iter().fold(draft, |draft, (words, fact)| draft.cite(&fact.words, words).basis(fact.basis))
        } else if !gaps.is_empty() {
            Draft::unknown("Whether the tunnel's algorithms are current is not known.", gaps)
        } else if !ageing.is_empty() {
            let draft = Draft::fail(format!("The tunnel uses {}.", named(&ageing))).level(Level::Warning);
            ageing.iter().fold(draft, |draft, (words, fact)| draft.cite(&fact.words, words).basis(fact.basis))
        } else {
            let facts = all(tunnel).chain(tunnel.facts(Attribute::IkeVersion)).chain(tunnel.facts(Attribute::State));
            let facts = facts.chain(tunnel.facts(Attribute::IkeState));
            facts.fold(Draft::pass("The tunnel and its association use current algorithms."), |draft, fact| {
                draft.cite(&fact.words, &fact.value).basis(fact.basis)
            })
        };
        findings.add(draft.required("algorithms that RFC 8221, RFC 8247 and RFC 9395 do not rule out"));
    }
}

fn all(tunnel: &Exhibit) -> impl Iterator<Item = &Fact<String>> {
    [Attribute::IkeAlgorithm, Attribute::Algorithm].into_iter().flat_map(|attribute| tunnel.facts(attribute))
}

/// What is missing for the algorithms to be a whole set.
fn incomplete(tunnel: &Exhibit, attribute: Attribute, what: &str) -> Option<Gap> {
    let purposes: Vec<Purpose> =
        tunnel.facts(attribute).filter_map(|fact| algorithm(&fact.value)).map(|(purpose, _)| purpose).gathered();
    let has = |purpose| purposes.contains(&purpose);
    let missing = if !has(Purpose::Cipher) && !has(Purpose::Aead) && !has(Purpose::Null) {
        "a cipher"
    } else if !has(Purpose::Aead) && !has(Purpose::Integrity) {
        "protection of integrity"
    } else if attribute == Attribute::IkeAlgorithm && !has(Purpose::Group) {
        "a group for key exchange"
    } else if attribute == Attribute::IkeAlgorithm && !has(Purpose::Prf) {
        "a function that derives keys"
    } else {
        return None;
    };
    Some(Gap::new(GapReason::NotReportedByFormat, format!("{what} names no algorithm for {missing}")))
}
