//! What the rules share that ask several things of a certificate by itself: tables of demands.
//!
//! A certificate that meets them all passes once; each demand that it does not meet fails by itself, as a facet, so that
//! an exception for one accepts no other.

use super::certificates::{called, not_all_shown, other_chains, unreadable};
use super::{Clause, Context, Draft, Findings, Subject};
use crate::evaluate::sentence;
use crate::evidence::{Basis, CertificateView, Gap, GapReason, Role};
use crate::gathered::Gathered;
use crate::letters::beginning;
use crate::ordered::Set;
use crate::pki::ParsedCertificate;
use crate::policy::Level;
use crate::time::Timestamp;

/// One thing that is asked of a certificate.
pub(super) struct Demand {
    /// Its name among the facets of the rule.
    pub(super) facet: &'static str,
    /// The first notBefore that it is for, in seconds since 1970; all where it is none.
    pub(super) since: Option<i64>,
    /// What it weighs at most.
    pub(super) level: Level,
    /// How a certificate answers.
    pub(super) test: fn(&ParsedCertificate) -> Answer,
}

/// What a certificate says to a demand.
pub(super) enum Answer {
    /// It does what is asked.
    Meets,
    /// What it does instead, as words behind its name.
    Departs(String),
    /// Of one that calls itself its own issuer: this where its own key signed it, and that where another did.
    BySigner { itself: Box<Self>, another: Box<Self> },
    /// It is not told from its bytes: what, and why.
    Open(&'static str, String),
    /// No certificate can show it: what, as words behind "whether it", and why.
    Unshown(&'static str, String),
}

/// The certificates that are asked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// Those of servers. A CA's or a client's is none.
    Servers,
    /// Those above the leaves.
    Issuers,
    /// All.
    All,
}

impl Demand {
    pub(super) const fn new(facet: &'static str, test: fn(&ParsedCertificate) -> Answer) -> Self {
        Self { facet, since: None, level: Level::Error, test }
    }

    /// One for certificates that are valid from this instant on.
    pub(super) const fn since(self, unix: i64) -> Self {
        Self { since: Some(unix), ..self }
    }

    /// One that should be met.
    pub(super) const fn should(self) -> Self {
        Self { level: Level::Warning, ..self }
    }
}

impl Answer {
    /// What departs, if it does.
    pub(super) fn unless(meets: bool, words: &str) -> Self {
        if meets { Self::Meets } else { Self::Departs(words.to_owned()) }
    }

    /// The same of what others sign; what signed itself meets it.
    pub(super) fn unless_self_signed(self, certificate: &ParsedCertificate) -> Self {
        match self {
            Self::Meets => Self::Meets,
            answer if certificate.is_self_issued() == Some(true) => {
                Self::BySigner { itself: Box::new(Self::Meets), another: Box::new(answer) }
            }
            answer => answer,
        }
    }
}

/// Asks every certificate once, then says what keeps them from being all that there are. `all` says of one that meets
/// every demand that it does, behind its name.
pub(super) fn each_demand(
    context: &Context<'_>,
    subject: &Subject<'_>,
    whose: Whose,
    demands: &[Demand],
    required: &str,
    all: &str,
    findings: &mut Findings,
) {
    let mut seen: Set<&str> = Set::new();
    let mut count = 0;
    for certificate in subject.chains().iter().flat_map(|chain| &chain.certificates) {
        let bytes = certificate.sha256.as_deref().filter(|_| certificate.parsed.is_some());
        let is_asked = match whose {
            Whose::All => true,
            Whose::Servers => certificate.is_leaf,
            Whose::Issuers => !certificate.is_leaf,
        };
        if !is_asked || bytes.is_some_and(|hash| !seen.insert(hash)) {
            continue;
        }
        count += 1;
        for draft in asked(context, certificate, subject.role(), whose, demands, all) {
            findings.add(draft.required(required));
        }
    }
    let gaps = if whose == Whose::Servers { other_chains(subject) } else { subject.certificate_gaps() };
    if count == 0 && gaps.is_empty() {
        findings.add(Draft::not_applicable("No CA certificate was shown.").required(required));
    }
    not_all_shown(gaps, required, findings);
}

fn asked(
    context: &Context<'_>,
    certificate: &CertificateView<'_>,
    role: Role,
    whose: Whose,
    demands: &[Demand],
    all: &str,
) -> Vec<Draft> {
    let Some(parsed) = certificate.decoded() else { return vec![unreadable(certificate, "what it says")] };
    let who = called(certificate);
    let another = match (whose, role, parsed.is_ca()) {
        (Whose::Servers, Role::Client, _) => Some("a client's"),
        (Whose::Servers, Role::Server, Some(true)) => Some("a CA's"),
        (Whose::Servers, Role::Server, None) => return vec![unreadable(certificate, "whether it is a CA")],
        _ => None,
    };
    if let Some(another) = another {
        let summary = sentence(&format!("{who} is {another}; this is asked of servers"));
        return vec![Draft::not_applicable(summary).certificate(certificate, another)];
    }
    let mut drafts = Vec::new();
    for demand in demands {
        match in_force(demand, parsed) {
            Some(true) => {}
            Some(false) => continue,
            None => {
                drafts.push(unreadable(certificate, "its first day").facet(demand.facet).level(demand.level));
                continue;
            }
        }
        let answer = match (demand.test)(parsed) {
            Answer::BySigner { itself, another } => match context.revocations.is_self_signed(parsed) {
                Some(true) => *itself,
                Some(false) => *another,
                None => Answer::Open("whether it signed itself", "its signature cannot be checked".to_owned()),
            },
            answer => answer,
        };
        let draft = match answer {
            Answer::Meets | Answer::BySigner { .. } => continue,
            Answer::Departs(words) => {
                Draft::fail(sentence(&format!("{who} {words}"))).certificate(certificate, &words).basis(Basis::Computed)
            }
            Answer::Open(what, why) => open(certificate, what, why),
            Answer::Unshown(what, why) => {
                let gap = Gap::new(GapReason::NotReportedByFormat, why).at(certificate.words().iter().copied());
                let summary = sentence(&format!("{who} does not show whether it {what}"));
                Draft::unknown(summary, vec![gap]).certificate(certificate, what)
            }
        };
        drafts.push(draft.facet(demand.facet).level(demand.level));
    }
    if drafts.is_empty() {
        let pass = Draft::pass(sentence(&format!("{who} {all}"))).certificate(certificate, all);
        drafts.push(pass.basis(Basis::Computed));
    }
    drafts
}

/// Whether it is for certificates of this one's age; nothing where that is not known.
fn in_force(demand: &Demand, certificate: &ParsedCertificate) -> Option<bool> {
    let Some(since) = demand.since.map(Timestamp::from_unix) else { return Some(true) };
    certificate.not_before.as_ref().ok().map(|begin| *begin >= since)
}

fn open(certificate: &CertificateView<'_>, what: &str, why: String) -> Draft {
    let mut draft = unreadable(certificate, what);
    for gap in &mut draft.gaps {
        gap.detail.clone_from(&why);
    }
    draft
}

/// A clause of the CA/Browser Forum's requirements.
pub(super) const fn baseline(clause: &'static str) -> Clause {
    Clause {
        document: "CA/Browser Forum Baseline Requirements 2.2.6",
        clause,
        url: "https://cabforum.org/working-groups/server/baseline-requirements/documents/",
        date: "2026-03-31",
    }
}

/// A clause of RFC 5280.
pub(super) const fn rfc5280(clause: &'static str) -> Clause {
    Clause { document: "RFC 5280", clause, url: "https://www.rfc-editor.org/rfc/rfc5280", date: "2008-05" }
}

/// Words of somebody else's in a sentence: not all of them, nor any at any length.
pub(super) fn listed(words: &[&str]) -> String {
    const MOST: usize = 6;
    const LONGEST: usize = 260;
    let shown = words.iter().take(MOST);
    let shown = shown.map(|word| format!("`{}`", beginning(word, LONGEST).escape_debug())).gathered();
    let more = words.len().saturating_sub(shown.len());
    if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
}
