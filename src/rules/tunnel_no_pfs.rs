//! `tunnel-no-pfs`: an IPsec tunnel is rekeyed with a key exchange of its own.

use super::ipsec::{Purpose, algorithm, is_up, not_up, tunnel};
use super::{About, Clause, Context, Draft, Findings, NoParams, Rule, SWANCTL_REKEY, Subject};
use crate::evidence::{Attribute, Gap, GapReason, SubjectKind};

/// See [`Rule::ABOUT`].
pub(super) struct TunnelNoPfs;

impl Rule for TunnelNoPfs {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "tunnel-no-pfs",
        title: "forward secrecy for each tunnel",
        checks: "Whether the tunnel shows a group of its own. The child that IKEv2 makes together with the association never \
                 shows one, whatever is configured; the one that takes its place at the first rekeying does, so that only \
                 then a missing group means that there is none.",
        why: "Without a key exchange of its own every tunnel hangs on the secret of the association: who gets that one reads all \
              tunnels that came from it.",
        fix: &[
            ("strongSwan", "a group in esp_proposals, such as aes256gcm16-ecp384"),
            ("libreswan", "pfs=yes, which is the default"),
            ("Azure", "pfsGroup ECP384 in place of None"),
        ],
        citations: &[Clause {
            document: "RFC 7296",
            clause: "section 1.3: CREATE_CHILD_SA may carry a key exchange of its own, for forward secrecy",
            url: "https://www.rfc-editor.org/rfc/rfc7296#section-1.3",
            date: "2014-10",
        }],
        effective: "2014-10-01",
        subjects: &[SubjectKind::Tunnel],
        decide_by: &[SWANCTL_REKEY],
    };

    fn check(_: &NoParams, _: &Context, subject: &Subject<'_>, findings: &mut Findings) {
        let Some(tunnel) = tunnel(subject) else { return };
        let is_group = |name: &str| algorithm(name).is_some_and(|(purpose, _)| purpose == Purpose::Group);
        let group = tunnel.facts(Attribute::Algorithm).find(|fact| is_group(&fact.value));
        let strange = tunnel.facts(Attribute::Algorithm).find(|fact| algorithm(&fact.value).is_none());
        let is_ikev1 = tunnel.text(Attribute::IkeVersion).is_some_and(|version| version.ends_with('1'));
        let is_rekeyed = tunnel.text(Attribute::Rekeyed) == Some("yes");
        let unknown =
            |gap| Draft::unknown("Whether the tunnel has forward secrecy of its own is not known.", vec![gap]);
        let without = tunnel.fact(Attribute::OwnKeyExchange).filter(|fact| fact.value == "none");
        let draft = match (group, strange) {
            (None, _) if without.is_some() => {
                Draft::fail("Tunnels are set to be keyed without a key exchange of their own.")
            }
            _ if !is_up(tunnel) => unknown(not_up(tunnel)),
            (Some(group), _) => Draft::pass(format!("The tunnel was keyed with {}.", group.value)),
            (None, Some(strange)) => {
                let detail = format!("`{}` may be a group that intransit does not know", strange.value);
                unknown(Gap::new(GapReason::Unsupported, detail))
            }
            (None, None) if is_rekeyed => Draft::fail("The tunnel was rekeyed without a key exchange of its own."),
            (None, None) if is_ikev1 => Draft::fail("The tunnel was keyed without a key exchange of its own."),
            (None, None) if tunnel.fact(Attribute::IkeVersion).is_none() => {
                unknown(Gap::new(GapReason::NotReportedByFormat, "the list does not say how the tunnel was keyed"))
            }
            (None, None) => {
                let detail = "the child that comes with its association never shows a group: rekey it and list again";
                unknown(Gap::new(GapReason::NotAttempted, detail))
            }
        };
        let facts = [
            Attribute::OwnKeyExchange,
            Attribute::Algorithm,
            Attribute::Rekeyed,
            Attribute::IkeVersion,
            Attribute::State,
            Attribute::IkeState,
        ];
        let facts = facts.into_iter().flat_map(|attribute| tunnel.facts(attribute));
        let draft = facts.fold(draft, |draft, fact| draft.cite(&fact.words, &fact.value).basis(fact.basis));
        findings.add(draft.required("a group for the tunnel itself"));
    }
}
