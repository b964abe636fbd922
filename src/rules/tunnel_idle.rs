//! `tunnel-idle`: data goes through an IPsec tunnel in both directions.

use super::ipsec::{is_up, not_up, tunnel};
use super::{About, Clause, Context, Draft, Findings, NoParams, Rule, SWANCTL, Subject};
use crate::evidence::{Attribute, SubjectKind};

/// See [`Rule::ABOUT`].
pub(super) struct TunnelIdle;

impl Rule for TunnelIdle {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "tunnel-idle",
        title: "a tunnel that is used",
        checks: "The bytes that came and went through the tunnel since it was installed or rekeyed.",
        why: "A tunnel that is up and carries nothing protects nothing: the data may go around it, in the clear.",
        fix: &[
            (
                "any",
                "send something from one side to the other and list the associations again; a rekeyed tunnel counts from zero",
            ),
            ("any", "look at routes and policies: `ip route get ADDRESS`, `ip xfrm policy`"),
        ],
        citations: &[Clause {
            document: "RFC 4301",
            clause: "section 4.4.1: the policy database decides which traffic is protected, bypassed or discarded",
            url: "https://www.rfc-editor.org/rfc/rfc4301#section-4.4.1",
            date: "2005-12",
        }],
        effective: "2005-12-01",
        subjects: &[SubjectKind::Tunnel],
        decide_by: &[SWANCTL],
    };

    fn check(_: &NoParams, _: &Context, subject: &Subject<'_>, findings: &mut Findings) {
        let Some(tunnel) = tunnel(subject) else { return };
        let bytes = |attribute| tunnel.text(attribute).and_then(|text| text.parse::<u64>().ok());
        let unknown = |gap| Draft::unknown("Whether data goes through the tunnel is not known.", vec![gap]);
        let draft = match (bytes(Attribute::BytesIn), bytes(Attribute::BytesOut)) {
            _ if !is_up(tunnel) => unknown(not_up(tunnel)),
            (Some(0), Some(0)) => Draft::fail("Nothing went through the tunnel."),
            (Some(0), _) => Draft::fail("Nothing came through the tunnel."),
            (_, Some(0)) => Draft::fail("Nothing was sent through the tunnel."),
            (Some(came), Some(went)) => Draft::pass(format!("{came} bytes came through the tunnel, {went} went.")),
            (None, _) => unknown(tunnel.gap(Attribute::BytesIn)),
            (_, None) => unknown(tunnel.gap(Attribute::BytesOut)),
        };
        let facts = [Attribute::BytesIn, Attribute::BytesOut, Attribute::State, Attribute::IkeState].into_iter();
        let facts = facts.flat_map(|attribute| tunnel.facts(attribute));
        let draft = facts.fold(draft, |draft, fact| draft.cite(&fact.words, &fact.value).basis(fact.basis));
        findings.add(draft.required("data in both directions"));
    }
}
