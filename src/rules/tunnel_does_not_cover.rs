//! `tunnel-does-not-cover`: the flows that must be protected lie wholly inside of one tunnel's selectors.

use serde::Serialize;

use super::ipsec::{
    ALL_OF_IT, BETWEEN_DATACENTERS, covers, is_gone, is_up, may_touch, not_up, part, touches, tunnel, unclear,
};
use super::{About, Clause, Context, Draft, Findings, Parameters, Rule, SWANCTL, Subject};
use crate::diagnostic::Diagnostic;
use crate::evidence::{Attribute, Exhibit, ExhibitView, Gap, GapReason, SubjectKind};
use crate::formats::json::Value;
use crate::network::Network;
use crate::settings::{Members, Setting, unexpected};

/// See [`Rule::ABOUT`].
pub(super) struct TunnelDoesNotCover;

/// The flows that must be covered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(super) struct Params {
    flows: Vec<Between>,
}

/// Two blocks of addresses, as `10.1.0.0/24 10.2.0.0/24`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Between(Network, Network);

impl Serialize for Between {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{} {}", self.0, self.1))
    }
}

impl Setting for Between {
    fn read(value: Value<'_>, problems: &mut Vec<Diagnostic>) -> Option<Self> {
        let text = value.as_str().unwrap_or_default();
        let between = text
            .split_once(' ')
            .and_then(|(one, other)| Some(Self(Network::parse(one)?, Network::parse(other.trim())?)));
        if between.is_none() {
            unexpected("two blocks of addresses such as `10.1.0.0/24 10.2.0.0/24`", value, problems);
        }
        between
    }
}

impl Parameters for Params {
    fn set(&mut self, members: &mut Members<'_, '_>) {
        members.set("flows", &mut self.flows);
    }
}

impl Rule for TunnelDoesNotCover {
    type Params = Params;

    const ABOUT: About = About {
        id: "tunnel-does-not-cover",
        title: "tunnels for all that must go through one",
        checks: "Each flow of `flows`, two blocks of addresses, against the selectors of the tunnels that are installed. A tunnel \
                 for a part of a flow, or for some ports only, does not cover it; where several might together, or a list \
                 is not there to its end, it is unknown. Without `flows` there is nothing to compare.",
        why: "What no selector covers leaves in the clear, beside a tunnel that is up.",
        fix: &[
            ("strongSwan", "local_ts and remote_ts of the child: the whole subnets of both sides"),
            ("any", "a policy that discards what is not covered, instead of letting it pass"),
        ],
        citations: &[
            BETWEEN_DATACENTERS,
            Clause {
                document: "RFC 4301",
                clause: "section 4.4.1: selectors decide which traffic is protected",
                url: "https://www.rfc-editor.org/rfc/rfc4301#section-4.4.1",
                date: "2005-12",
            },
        ],
        effective: "2005-12-01",
        subjects: &[SubjectKind::Tunnel],
        decide_by: &[SWANCTL],
    };

    fn check(params: &Params, context: &Context, subject: &Subject<'_>, findings: &mut Findings) {
        let Some(tunnel) = tunnel(subject) else { return };
        let required = "every flow inside of a tunnel's selectors";
        let up = || {
            let exhibits = context.exhibits.iter().map(|view| view.exhibit);
            exhibits.filter(|one| one.kind == SubjectKind::Tunnel && is_up(one))
        };
        let is_first = context.exhibits.iter().find(|view| view.exhibit.kind == SubjectKind::Tunnel);
        let is_first = is_first.is_some_and(|first| std::ptr::eq(first.exhibit, tunnel));
        if params.flows.is_empty() {
            let words = "The policy names no flows that must go through a tunnel.";
            findings.add(Draft::not_applicable(words).required(required));
        }
        for Between(one, other) in &params.flows {
            let name = format!("{one} ↔ {other}");
            let covers = |tunnel: &Exhibit| covers(tunnel, one, other);
            let touches = |tunnel: &Exhibit| touches(tunnel, one, other);
            let draft = if is_up(tunnel) && covers(tunnel) {
                Draft::pass(format!("{name} goes through the tunnel."))
            } else if up().any(covers) {
                continue;
            } else if is_up(tunnel) && touches(tunnel) {
                let gaps = rest(context.exhibits, one, other);
                let words = format!("{name} goes through the tunnel only in part");
                match gaps.is_empty() {
                    true => Draft::fail(format!("{words}.")),
                    false => {
                        Draft::unknown(format!("{words}; whether the rest does through others is not known."), gaps)
                    }
                }
            } else if is_first && !up().any(touches) {
                let gap = Gap::new(GapReason::NotAttempted, format!("no tunnel for {name} was shown that is up"));
                Draft::unknown(format!("Whether {name} is protected is not known."), vec![gap])
            } else {
                continue;
            };
            let facts = [Attribute::LocalSelector, Attribute::RemoteSelector, Attribute::State, Attribute::IkeState];
            let facts = facts.into_iter().flat_map(|attribute| tunnel.facts(attribute));
            let draft = facts.fold(draft, |draft, fact| draft.cite(&fact.words, &fact.value).basis(fact.basis));
            findings.add(draft.required(required));
        }
    }
}

/// Why what one tunnel leaves of a flow may go through others.
fn rest(exhibits: &[ExhibitView<'_>], one: &Network, other: &Network) -> Vec<Gap> {
    let mut gaps: Vec<Gap> = Vec::new();
    let mut parts = 0_u32;
    for view in exhibits.iter().filter(|view| view.exhibit.kind == SubjectKind::Tunnel) {
        let tunnel = view.exhibit;
        gaps.extend(view.scan.completion.gap().cloned());
        match may_touch(tunnel, one, other) {
            Some(false) => {}
            _ if is_gone(tunnel) => {}
            _ if !is_up(tunnel) => gaps.push(not_up(tunnel)),
            None => gaps.push(unclear(tunnel)),
            Some(true) => parts = parts.saturating_add(part(tunnel, one, other)),
        }
    }
    if parts >= ALL_OF_IT {
        gaps.push(Gap::new(GapReason::Unsupported, "several selectors may cover it only together"));
    }
    gaps
}
