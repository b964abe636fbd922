//! `flow-unprotected`: each flow of the inventory goes by TLS or through an IPsec tunnel.

use std::net::IpAddr;

use super::broken_cipher::BrokenCipher;
use super::ipsec::{
    ALL_OF_IT, BETWEEN_DATACENTERS, Worth, algorithm, covers, is_gone, is_up, may_touch, not_up, part, unclear,
};
use super::plaintext_service::PlaintextService;
use super::tunnel_unencrypted::TunnelUnencrypted;
use super::{About, Clause, Context, Draft, Findings, NoParams, Rule, SWANCTL, Subject, TESTSSL};
use crate::evidence::{
    Attribute, Dossier, Exhibit, ExhibitView, Gap, GapReason, Role, StartTls, SubjectKind, Transport,
};
use crate::gathered::Gathered;
use crate::network::Network;
use crate::policy::ExpectedFlow;
use crate::report::Outcome;

/// See [`Rule::ABOUT`].
pub(super) struct FlowUnprotected;

impl Rule for FlowUnprotected {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "flow-unprotected",
        title: "flows by TLS or through a tunnel",
        checks: "Each flow of the inventory. By TLS: every endpoint in `anyOf` was shown to the end, TLS begins with the first \
                 byte of the connection, and no broken suite is accepted; where TLS is started by a command, or the port is \
                 one of a protocol that begins in the clear, it stays unknown. By IPsec: a tunnel that is up, encrypts, \
                 carries data in both directions and covers both blocks of `between`, in a list that is there to its end; a \
                 tunnel in its way that encrypts nothing, or covers only a part, fails. One of the two is enough. The rule \
                 judges where a flow names its ends in `between`.",
        why: "Between data centers and partners data crosses lines of others; what neither TLS nor a tunnel protects is read there.",
        fix: &[
            ("any", "serve the flow by TLS from the first byte, and take nothing in the clear"),
            (
                "strongSwan",
                "local_ts and remote_ts of a child with esp_proposals = aes256gcm16-ecp384: the whole blocks of both ends",
            ),
        ],
        citations: &[
            BETWEEN_DATACENTERS,
            Clause {
                document: "RFC 4301",
                clause: "section 4.4.1: selectors decide which traffic is protected, bypassed or discarded",
                url: "https://www.rfc-editor.org/rfc/rfc4301#section-4.4.1",
                date: "2005-12",
            },
        ],
        effective: "2005-12-01",
        subjects: &[SubjectKind::InventoryFlow],
        decide_by: &[SWANCTL, TESTSSL],
    };

    fn check(_: &NoParams, context: &Context, subject: &Subject<'_>, findings: &mut Findings) {
        let Subject::Flow(flow) = *subject else { return };
        let mut means: Vec<Draft> = Vec::new();
        means.extend(flow.ends().map(|(one, other)| through_a_tunnel(context, &one, &other)));
        if !flow.any_of.is_empty() {
            means.push(by_tls(context, flow));
        }
        let draft = either(means, &flow.name);
        findings.add(
            draft.required("TLS from the first byte at every endpoint, or a tunnel around both ends that encrypts"),
        );
    }
}

/// One way of protection is enough; where none is shown and one may be there, nothing is decided.
fn either(means: Vec<Draft>, name: &str) -> Draft {
    let said = means.iter().map(|draft| draft.summary.clone()).gathered().join(" ");
    let mut decided: Option<Draft> = None;
    for draft in means {
        decided = Some(match decided {
            None => draft,
            Some(known) if known.outcome == Outcome::Pass => known,
            Some(_) if draft.outcome == Outcome::Pass => draft,
            Some(mut known) => {
                known.outcome = if draft.outcome == known.outcome { known.outcome } else { Outcome::Unknown };
                known.gaps.extend(draft.gaps);
                known.evidence.extend(draft.evidence);
                known.basis = known.basis.max(draft.basis);
                known
            }
        });
    }
    let Some(draft) = decided else {
        return Draft::not_applicable(format!("The flow `{name}` names neither endpoints nor ends."));
    };
    let summary = match draft.outcome {
        Outcome::Pass => format!("The flow `{name}` is protected. {}", draft.summary),
        Outcome::Unknown => format!("Whether the flow `{name}` is protected is not known. {said}"),
        Outcome::Fail | Outcome::NotApplicable => format!("The flow `{name}` is not protected. {said}"),
    };
    Draft { summary, ..draft }
}

fn by_tls(context: &Context<'_>, flow: &ExpectedFlow) -> Draft {
    let mut gaps: Vec<Gap> = Vec::new();
    let mut drafts: Vec<Draft> = Vec::new();
    let unseen = context.merged.unseen_addresses();
    for endpoint in &flow.any_of {
        let is_it = |dossier: &&Dossier<'_>| dossier.key.role == Role::Server && flow.is_at(endpoint, dossier);
        let before = drafts.len();
        // The suites of a service are listed for who sends its name.
        let dossiers = context.merged.dossiers.iter().filter(|dossier| !dossier.is_sibling_without_server_name);
        for dossier in dossiers.filter(is_it) {
            gaps.extend(dossier.unfinished().cloned());
            gaps.extend(may_be_clear(dossier));
            gaps.extend(may_be_another(dossier));
            gaps.extend(elsewhere(dossier, &unseen));
            let subject = Subject::Endpoint(dossier);
            let mut found = Findings::default();
            PlaintextService::check(&NoParams {}, context, &subject, &mut found);
            BrokenCipher::check(&NoParams {}, context, &subject, &mut found);
            drafts.append(&mut found.drafts);
        }
        if drafts.len() == before {
            gaps.push(Gap::new(GapReason::NotAttempted, format!("`{endpoint}` was not shown")));
        }
    }
    together(
        "TLS protects it from the first byte.",
        "TLS does not protect it",
        "That TLS protects it is not shown.",
        drafts,
        gaps,
    )
}

/// Why data may go in the clear where TLS answers: no scan tries to speak without it.
fn may_be_clear(dossier: &Dossier<'_>) -> Option<Gap> {
    let key = dossier.key;
    let detail = match key.transport {
        Transport::Direct if StartTls::of_port(key.port).is_none() && key.port != 80 => return None,
        Transport::Direct => {
            format!("{key} is a port of a protocol that begins in the clear, which may be taken as well")
        }
        Transport::StartTls(_) => format!("{key} begins in the clear, and nothing shows that it insists on TLS"),
        Transport::Unstated => format!("the reports do not say whether TLS begins with the first byte at {key}"),
    };
    Some(Gap::new(GapReason::NotAttempted, detail))
}

/// Why a service may be another one than its host's: what answers depends on the server name that was sent.
fn may_be_another(dossier: &Dossier<'_>) -> Option<Gap> {
    let key = dossier.key;
    let host = key.host.as_deref().filter(|host| host.parse::<IpAddr>().is_err())?;
    (!key.server_name.is(host))
        .then(|| Gap::new(GapReason::NotAttempted, format!("{key} was not asked for by the name `{host}`")))
}

/// Why a host may have services that were not seen.
fn elsewhere(dossier: &Dossier<'_>, unseen: &[String]) -> Option<Gap> {
    let service = format!("{}:{} ", dossier.key.host.as_deref()?, dossier.key.port);
    let line = unseen.iter().find(|line| line.starts_with(&service))?;
    Some(Gap::new(GapReason::NotAttempted, line.clone()))
}

fn through_a_tunnel(context: &Context<'_>, one: &Network, other: &Network) -> Draft {
    let is_tunnel = |view: &&ExhibitView<'_>| view.exhibit.kind == SubjectKind::Tunnel;
    let all: Vec<&ExhibitView<'_>> = context.exhibits.iter().filter(is_tunnel).gathered();
    let mut gaps: Vec<Gap> = Vec::new();
    let mut drafts: Vec<Draft> = Vec::new();
    let mut is_covered = false;
    let mut parts = 0_u32;
    for view in &all {
        let tunnel = view.exhibit;
        gaps.extend(view.scan.completion.gap().cloned());
        let touches = may_touch(tunnel, one, other);
        if touches == Some(false) || is_gone(tunnel) {
            continue;
        }
        if !is_up(tunnel) {
            gaps.push(not_up(tunnel));
            continue;
        }
        if touches.is_none() {
            gaps.push(unclear(tunnel));
            continue;
        }
        let is_whole = covers(tunnel, one, other);
        is_covered |= is_whole;
        let mut found = Findings::default();
        TunnelUnencrypted::check(&NoParams {}, context, &Subject::Exhibit(view), &mut found);
        drafts.append(&mut found.drafts);
        drafts.extend(weak(tunnel));
        if is_whole {
            drafts.push(used(tunnel));
        } else {
            parts = parts.saturating_add(part(tunnel, one, other));
            drafts.push(cited(Draft::not_applicable(format!("{} covers a part of it.", tunnel.name)), tunnel));
        }
    }
    if !is_covered {
        let only = drafts.iter_mut().find(|draft| draft.outcome == Outcome::NotApplicable);
        match only {
            // What else is there may take the rest.
            Some(_) if !gaps.is_empty() => {}
            Some(_) if parts >= ALL_OF_IT => {
                gaps.push(Gap::new(GapReason::Unsupported, "several selectors may cover it only together"));
            }
            Some(only) => only.outcome = Outcome::Fail,
            None => gaps.push(Gap::new(GapReason::NotAttempted, "no tunnel around both ends was shown that is up")),
        }
    }
    let pass = format!("It goes through a tunnel between {one} and {other}.");
    together(&pass, "No tunnel protects it", "That a tunnel protects it is not shown.", drafts, gaps)
}

/// An algorithm of the tunnel that does not protect, or that nobody here knows.
fn weak(tunnel: &Exhibit) -> Option<Draft> {
    let mut unknown = None;
    for fact in tunnel.facts(Attribute::Algorithm) {
        match algorithm(&fact.value) {
            Some((_, Worth::Weak(why))) => {
                let draft = Draft::fail(format!("The tunnel uses {} ({why}).", fact.value));
                return Some(draft.cite(&fact.words, &fact.value).basis(fact.basis));
            }
            Some(_) => {}
            None => {
                let gap = Gap::new(GapReason::Unsupported, format!("`{}` is not judged", fact.value));
                unknown = Some(Draft::unknown("", vec![gap.at(fact.words.iter().copied())]));
            }
        }
    }
    unknown
}

/// Whether data was seen to go both ways: it may go around a tunnel that carries none.
fn used(tunnel: &Exhibit) -> Draft {
    let sides = [(Attribute::BytesIn, "nothing was seen to come"), (Attribute::BytesOut, "nothing was seen to go")];
    let mut gaps: Vec<Gap> = Vec::new();
    for (side, nothing) in sides {
        match tunnel.fact(side).map(|fact| (fact, fact.value.parse::<u64>())) {
            Some((_, Ok(1..))) => {}
            Some((fact, _)) => {
                let detail = format!("{nothing} through {}", tunnel.name);
                gaps.push(Gap::new(GapReason::NotAttempted, detail).at(fact.words.iter().copied()));
            }
            None => gaps.push(tunnel.gap(side)),
        }
    }
    let draft = if gaps.is_empty() { Draft::pass("") } else { Draft::unknown("", gaps) };
    cited(draft, tunnel)
}

fn cited(draft: Draft, tunnel: &Exhibit) -> Draft {
    use Attribute::{BytesIn, BytesOut, LocalSelector, RemoteSelector};
    let facts = [LocalSelector, RemoteSelector, BytesIn, BytesOut].into_iter().flat_map(|side| tunnel.facts(side));
    facts.fold(draft, |draft, fact| draft.cite(&fact.words, &fact.value).basis(fact.basis))
}

/// What several findings and gaps come to: the worst of them.
fn together(pass: &str, fail: &str, unknown: &str, drafts: Vec<Draft>, mut gaps: Vec<Gap>) -> Draft {
    let failed: Vec<&Draft> = drafts.iter().filter(|draft| draft.outcome == Outcome::Fail).gathered();
    let mut answer = match failed.first() {
        Some(_) => {
            let said: Vec<String> = failed.iter().map(|draft| draft.summary.clone()).gathered();
            Draft::fail(format!("{fail}: {}", said.join(" ")))
        }
        None => Draft::pass(pass),
    };
    let has_failed = !failed.is_empty();
    let mut has_passed = false;
    for draft in drafts {
        has_passed |= draft.outcome == Outcome::Pass;
        if has_failed && draft.outcome != Outcome::Fail {
            continue;
        }
        answer.evidence.extend(draft.evidence);
        answer.basis = answer.basis.max(draft.basis);
        if draft.outcome == Outcome::Unknown {
            gaps.extend(draft.gaps);
        }
    }
    if !has_failed && (!gaps.is_empty() || !has_passed) {
        return Draft { evidence: answer.evidence, basis: answer.basis, ..Draft::unknown(unknown, gaps) };
    }
    answer
}
