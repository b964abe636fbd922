//! Evidence × policy → report.
//!
//! The verdict is `nonCompliant` if an error-level finding fails; `compliant` only if at least one passed, none
//! failed or is unknown, every expected kind of subject was shown, and every subject comes from a scan that
//! finished; `indeterminate` otherwise. Nothing judged is never compliant.

use crate::diagnostic::Diagnostic;
use crate::evidence::{CertificateView, Dossier, Evidence, Flow, Merged, Role, SubjectKind, Transport, merge};
use crate::gathered::Gathered;
use crate::letters::{beginning, capitalised};
use crate::ordered::by_key;
use crate::pki::path::{ChainAnswer, MOST_EFFORT, TrustStore};
use crate::policy::{ActiveRule, Applies, Level, Policy, apply};
use crate::proofs::proofs;
use crate::report::{
    Finding, FlowSummary, Report, RuleSummary, SCHEMA_VERSION, SCOPE_STATEMENT, Scope, Tally, Verdict,
};
use crate::reproduce;
use crate::revocations::Revocations;
use crate::rules::{Context, MOST_PARTNERS, Names, Standing, Subject, partners, standings};
use crate::summarise::{ca_addresses, certificate_summaries, endpoint_summary, scan_summary};
use crate::time::Timestamp;

mod exhibits;
mod findings;
mod mail;
mod reports;
mod stores;
mod verdict;

use exhibits::{hop_summaries, name_properties, notes_on};
use findings::{absent, beside_accepted, if_so, judge, make_ids_unique};
pub(crate) use reports::superseded;
use stores::chain_acceptances;
pub(crate) use verdict::headline;
use verdict::{not_shown, reasons, tally, verdict};

/// Program name and version, as reports carry it.
pub(crate) const GENERATOR: &str = concat!("intransit ", env!("CARGO_PKG_VERSION"));

/// When to judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// The instant that certificates are judged at.
    pub at: Timestamp,
    /// The instant of judging: the age of evidence counts from here.
    pub now: Timestamp,
}

/// Judges evidence by a policy. `diagnostics` are what the reader had to say; they go into the report.
///
/// ```
/// use intransit::{evaluate, policy, read, Clock, Input, Timestamp};
///
/// let reading = read(&[Input::new("paste", b"nothing to see")]);
/// let policy = policy::pack(policy::DEFAULT_PACK).unwrap().policy().unwrap();
/// let now = Timestamp::from_unix(1_795_000_000);
/// let report = evaluate(&reading.evidence, &policy, Clock { at: now, now }, reading.diagnostics);
/// assert_eq!(report.verdict, intransit::Verdict::Indeterminate);
/// ```
#[must_use]
pub fn evaluate(evidence: &Evidence, policy: &Policy, clock: Clock, diagnostics: Vec<Diagnostic>) -> Report {
    evaluate_with_json(evidence, policy, clock, diagnostics).0
}

/// The report with its JSON, which is written for its hash.
pub(crate) fn evaluate_with_json(
    evidence: &Evidence,
    policy: &Policy,
    clock: Clock,
    mut diagnostics: Vec<Diagnostic>,
) -> (Report, String) {
    let merged = merge(evidence, clock.now);
    let judged = judge_all(evidence, &merged, policy, clock, &diagnostics, true);
    let Judged { verdict, tally, subjects, findings, mut notes, inventory, not_shown } = judged;
    notes.extend(merged.notes());
    diagnostics.extend(superseded(&merged, evidence));
    let mut chains: Vec<ChainAnswer> = Vec::new();
    for chain in subjects.iter().flat_map(|named| named.proofs.iter().flatten()) {
        if !chains.contains(chain) {
            chains.push(chain.clone());
        }
    }
    let mail_forecast = mail::forecast(&merged, policy, &subjects, &findings, clock);
    let stores: Vec<&TrustStore> = policy.roots.iter().chain(&policy.further_roots).gathered();
    let accepted = chain_acceptances(&subjects, &stores);
    let mut report = Report {
        schema_version: SCHEMA_VERSION,
        generator: GENERATOR.to_owned(),
        policy: policy.reference.clone(),
        changed_settings: policy.changes.clone(),
        attestations: policy.attestations.clone(),
        notes,
        at: clock.at,
        now: clock.now,
        verdict,
        headline: headline(verdict, policy, tally, clock),
        reasons: reasons(verdict, &findings, &not_shown, &subjects),
        tally,
        scope: Scope {
            statement: SCOPE_STATEMENT.to_owned(),
            expected: policy.expects.clone(),
            shown: subjects.iter().map(|named| named.label.clone()).gathered(),
            not_shown,
            inventory,
        },
        sources: evidence.sources.clone(),
        scans: evidence.scans.iter().map(scan_summary).gathered(),
        rules: policy.entries().map(|entry| for_services(entry.about.summary(), &merged)).gathered(),
        findings,
        endpoints: merged.dossiers.iter().map(endpoint_summary).gathered(),
        hops: hop_summaries(&subjects, evidence),
        certificates: certificate_summaries(&merged),
        roots: policy.roots.as_ref().map(TrustStore::reference),
        stores: if accepted.is_empty() { Vec::new() } else { stores.iter().map(|store| store.reference()).gathered() },
        acceptances: accepted,
        chains,
        ca_addresses: ca_addresses(&merged),
        mail_forecast,
        diagnostics,
        reproduce: reproduce::command(evidence, policy, clock),
        result_sha256: String::new(),
    };
    let json = reproduce::seal(&mut report);
    (report, json)
}

/// What was decided, before it is put into words for a report or a line.
pub(crate) struct Judged<'a> {
    pub(crate) verdict: Verdict,
    pub(crate) tally: Tally,
    pub(crate) subjects: Vec<Named<'a>>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) notes: Vec<String>,
    pub(crate) inventory: Vec<FlowSummary>,
    pub(crate) not_shown: Vec<String>,
}

/// Judges every subject by every rule. The commands that would decide what is unknown are made where somebody reads
/// them: `with_commands`.
pub(crate) fn judge_all<'a>(
    evidence: &Evidence,
    merged: &'a Merged<'a>,
    policy: &'a Policy,
    clock: Clock,
    diagnostics: &[Diagnostic],
    with_commands: bool,
) -> Judged<'a> {
    let mut subjects = subjects(merged, policy, clock.at);
    let revocations = Revocations::of(merged, policy.roots.as_ref(), clock.at);
    let missing: Vec<SubjectKind> = policy
        .expects
        .iter()
        .copied()
        .filter(|kind| !subjects.iter().any(|named| named.subject.kind() == *kind))
        .gathered();

    let names = Names::of(&merged.exhibits);
    let mut findings = Vec::new();
    for rule in &policy.rules {
        for named in &subjects {
            let context = Context {
                at: clock.at,
                now: clock.now,
                max_evidence_age_days: policy.max_evidence_age_days,
                proofs: &named.proofs,
                standing: named.standing,
                exhibits: &merged.exhibits,
                names: &names,
                merged,
                roots: policy.roots.as_ref(),
                further_roots: &policy.further_roots,
                further_proofs: &named.further_proofs,
                sheet: policy.sheet.as_ref(),
                revocations: &revocations,
                identities: &policy.identities,
                owned_addresses: &policy.owned_addresses,
            };
            let applies = rule.applies(named.flow, named.role, &policy.rules);
            let before = findings.len();
            if applies != Applies::No {
                judge(rule, &context, named, with_commands, &mut findings);
            }
            if applies == Applies::Possibly {
                let possible = findings.split_off(before);
                let condition = rule.condition();
                findings.extend(possible.into_iter().filter_map(|finding| if_so(finding, &condition)));
            }
        }
        for kind in &missing {
            if rule.level != Level::Off && !rule.is_special() && rule.entry.about.subjects.contains(kind) {
                findings.push(absent(rule, *kind));
            }
        }
    }
    name_properties(&mut findings, &merged.exhibits);
    make_ids_unique(&mut findings);
    let is_shared = |label: &str| subjects.iter().filter(|named| named.label == label).nth(1).is_some();
    let mut notes = apply(&policy.waivers, clock.now, is_shared, &mut findings);
    beside_accepted(&mut findings, &subjects, &policy.rules, with_commands);
    // What the inventory expects is nothing that was shown.
    subjects.retain(|named| {
        (!named.is_aside() || named.is_mail_transfer()) && named.subject.kind() != SubjectKind::InventoryFlow
    });
    let ended = policy.attestations.iter().filter(|attestation| clock.now >= attestation.expires);
    notes.extend(notes_on(&subjects, policy));
    let stores = policy.roots.iter().chain(&policy.further_roots);
    notes.extend(stores.flat_map(|roots| &roots.left_out).cloned());
    notes.extend(ended.map(|attestation| format!("attestation `{}` ended on {}", attestation.id, attestation.expires)));
    findings = by_key(findings, |finding| (finding.outcome, finding.is_accepted(), finding.level));

    let tally = tally(&findings);
    let inventory: Vec<FlowSummary> = policy.inventory.iter().map(|flow| flow.summary(merged)).gathered();
    let mut not_shown = not_shown(evidence, &inventory, &missing, merged, diagnostics);
    if partners(&merged.exhibits, &policy.partners).len() > MOST_PARTNERS {
        not_shown.push(format!("the connectors name more partners than are judged, which are {MOST_PARTNERS}"));
    }
    if let Some(sheet) = &policy.sheet {
        let hosts: Vec<String> =
            subjects.iter().filter_map(|named| named.subject.host()).map(|host| host.value).gathered();
        notes.push(format!("compared with the sheet `{}` (SHA-256 {})", sheet.name, sheet.sha256));
        let besides = sheet.hosts_besides(&hosts);
        not_shown.extend(besides.into_iter().map(|host| format!("the host `{host}` of the sheet `{}`", sheet.name)));
    }
    let verdict = verdict(&findings, &not_shown);
    Judged { verdict, tally, subjects, findings, notes, inventory, not_shown }
}

/// A subject with the name that findings give it.
pub(crate) struct Named<'a> {
    subject: Subject<'a>,
    pub(crate) label: String,
    endpoint: Option<u32>,
    flow: Option<Flow>,
    standing: Standing<'a>,
    role: Option<Role>,
    pub(crate) proofs: Vec<Option<ChainAnswer>>,
    /// What each further store has for the chains.
    further_proofs: Vec<Vec<Option<ChainAnswer>>>,
}

impl Named<'_> {
    /// Whether it is a service asked without a server name, beside the same one asked by name: with that one its
    /// versions and suites were judged, so that here only what fails them counts.
    fn is_aside(&self) -> bool {
        self.subject.endpoint().is_some_and(|dossier| dossier.is_sibling_without_server_name)
    }

    fn is_mail_transfer(&self) -> bool {
        self.subject.endpoint().is_some_and(Dossier::is_mail_transfer)
    }
}

fn subjects<'a>(merged: &'a Merged<'a>, policy: &'a Policy, at: Timestamp) -> Vec<Named<'a>> {
    let roots = policy.roots.as_ref();
    let mut effort = MOST_EFFORT;
    let mut efforts: Vec<usize> = policy.further_roots.iter().map(|_| MOST_EFFORT).gathered();
    let mut further = |subject: &Subject<'_>| {
        let stores = policy.further_roots.iter().zip(&mut efforts);
        let proofs = stores.map(|(store, effort)| proofs(subject, Some(store), at, effort));
        proofs.collect::<Vec<_>>()
    };
    let mut named: Vec<Named<'a>> = Vec::new();
    for (position, dossier) in merged.dossiers.iter().enumerate() {
        let subject = Subject::Endpoint(dossier);
        named.push(Named {
            proofs: proofs(&subject, roots, at, &mut effort),
            further_proofs: further(&subject),
            subject,
            label: dossier.key.to_string(),
            endpoint: u32::try_from(position).ok(),
            flow: dossier.flow(),
            standing: Standing::default(),
            role: Some(dossier.key.role),
        });
    }
    for chain in &merged.chains {
        let leaf = chain.presented.leaf().map(certificate_label);
        let subject = Subject::Chain(chain);
        named.push(Named {
            proofs: proofs(&subject, roots, at, &mut effort),
            further_proofs: further(&subject),
            subject,
            label: leaf.map_or_else(|| "certificates".to_owned(), |leaf| format!("chain of {leaf}")),
            endpoint: None,
            flow: None,
            role: None,
            standing: Standing::default(),
        });
    }
    let standings = standings(&merged.exhibits, &policy.own_hosts);
    for (view, standing) in merged.exhibits.iter().zip(standings) {
        named.push(Named {
            subject: Subject::Exhibit(view),
            label: view.exhibit.name.clone(),
            endpoint: None,
            flow: None,
            role: None,
            standing,
            proofs: Vec::new(),
            further_proofs: Vec::new(),
        });
    }
    for partner in partners(&merged.exhibits, &policy.partners).into_iter().take(MOST_PARTNERS) {
        named.push(Named {
            subject: Subject::Partner(partner),
            label: partner.to_owned(),
            endpoint: None,
            flow: None,
            role: None,
            standing: Standing::default(),
            proofs: Vec::new(),
            further_proofs: Vec::new(),
        });
    }
    let judges_flows =
        |rule: &ActiveRule| rule.level != Level::Off && rule.entry.about.subjects.contains(&SubjectKind::InventoryFlow);
    for flow in policy.inventory.iter().filter(|_| policy.rules.iter().any(judges_flows)) {
        named.push(Named {
            subject: Subject::Flow(flow),
            label: format!("flow {}", beginning(&flow.name, 80)),
            endpoint: None,
            flow: flow.flow,
            role: None,
            standing: Standing::default(),
            proofs: Vec::new(),
            further_proofs: Vec::new(),
        });
    }
    named
}

/// What people call a certificate: its common name or first name, and the start of its hash.
fn certificate_label(certificate: &CertificateView<'_>) -> String {
    let name = certificate.decoded().and_then(|parsed| {
        let common_name = parsed.common_names().first().map(|name| (*name).to_owned());
        common_name.or_else(|| parsed.dns_names().next().map(str::to_owned))
    });
    let hash = certificate.sha256.as_deref().map(|hash| beginning(hash, 8));
    match (name, hash) {
        (Some(name), Some(hash)) => format!("{name} ({hash})"),
        (None, Some(hash)) => hash.to_owned(),
        (Some(name), None) => name,
        (None, None) => "an unnamed certificate".to_owned(),
    }
}

/// The rule with the fixes for what was shown first: a mail server is not mended in nginx.
fn for_services(mut rule: RuleSummary, merged: &Merged<'_>) -> RuleSummary {
    const WEB: [&str; 2] = ["nginx", "Apache"];
    let is_mail = |dossier: &Dossier<'_>| match dossier.key.transport {
        Transport::StartTls(protocol) => protocol.is_mail(),
        Transport::Direct | Transport::Unstated => matches!(dossier.key.port, 25 | 465 | 587 | 993 | 995),
    };
    if !merged.dossiers.is_empty() && merged.dossiers.iter().all(is_mail) {
        let others = rule.fix.iter().any(|fix| !WEB.contains(&fix.product.as_str()));
        if others {
            rule.fix.retain(|fix| !WEB.contains(&fix.product.as_str()));
        }
    }
    rule
}

/// The same words as a sentence; a host or a quotation at its start keeps its case.
pub(crate) fn sentence(words: &str) -> String {
    let first_word = words.split_whitespace().next().unwrap_or_default();
    let as_it_is = first_word.contains(['.', ':', '`', '/']);
    let words = words.trim_end_matches('.');
    if as_it_is { format!("{words}.") } else { capitalised(words) + "." }
}

/// "a", "a or b", "a, b or c".
pub(crate) fn alternatives(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}
