//! `chain-incomplete`: the server sends its certificate with those of the issuing CAs, in order.

use super::answers::DISAGREE;
use super::certificates::{called, not_all_shown, other_chains, unreadable};
use super::{
    About, Clause, Context, Draft, Findings, NoParams, OPENSSL, OPENSSL_WITHOUT_NAME, PROBE_ROOTS, Rule, Subject,
    TESTSSL,
};
use crate::evaluate::sentence;
use crate::evidence::{Basis, CertificateView, Gap, GapReason, PresentedView, Rest, SubjectKind};
use crate::gathered::Gathered;
use crate::pki::ParsedCertificate;
use crate::pki::path::{ChainAnswer, EndKind, Failure, FailureKind, PathAnswer};
use crate::policy::Level;
use crate::report::Outcome;

/// See [`Rule::ABOUT`].
pub(super) struct ChainIncomplete;

const REQUIRED: &str = "the certificate, followed by those of its issuers";
/// How a chain without a service came to be here.
const SHOWN: &str = "shown";
/// More certificates than this are no chain, and comparing each with each would take long.
const MOST: usize = 32;

impl Rule for ChainIncomplete {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "chain-incomplete",
        title: "the issuers' certificates are sent",
        checks: "By names and key identifiers: whether the issuing CA's certificate follows the leaf, whether every certificate \
                 stands behind one that it issued, and whether all belong to the chain. A second finding says whether the \
                 chain reaches a root: where the root itself is not sent, which is usual, that takes a path whose every \
                 signature is verified. A paste does not show what a server sends: an order that no server may send is \
                 told of, as unknown.",
        why: "Clients that do not have the issuing CA's certificate cannot verify the leaf. Browsers may fetch it; mail systems, \
              Exchange Online among them, do not, and mail is deferred (450 4.4.317).",
        fix: &[
            ("nginx", "ssl_certificate names a file with the leaf and, behind it, the issuing CA's certificates"),
            (
                "Apache",
                "SSLCertificateFile with the leaf and, behind it, the issuing CA's certificates (2.4.8 or later)",
            ),
            ("Postfix", "smtpd_tls_chain_files: key, leaf, then the issuing CA's certificates"),
            (
                "Exchange / Schannel",
                "import the issuing CA's certificate into the machine's Intermediate Certification Authorities (certlm.msc)",
            ),
        ],
        citations: &[
            Clause {
                document: "RFC 5246",
                clause: "section 7.4.2: each certificate MUST certify the one before it; the root MAY be left out",
                url: "https://www.rfc-editor.org/rfc/rfc5246#section-7.4.2",
                date: "2008-08",
            },
            Clause {
                document: "RFC 8446",
                clause: "section 4.4.2: each certificate SHOULD certify the one before it",
                url: "https://www.rfc-editor.org/rfc/rfc8446#section-4.4.2",
                date: "2018-08",
            },
        ],
        effective: "2008-08-01",
        subjects: &[SubjectKind::Endpoint, SubjectKind::Chain],
        decide_by: &[TESTSSL, OPENSSL, OPENSSL_WITHOUT_NAME, PROBE_ROOTS],
    };

    fn check(_: &NoParams, context: &Context<'_>, subject: &Subject<'_>, findings: &mut Findings) {
        let how = if subject.endpoint().is_some() { "sent" } else { SHOWN };
        for (position, chain) in subject.chains().iter().enumerate() {
            let before = findings.drafts.len();
            judge(chain, how, context.proofs.get(position).and_then(Option::as_ref), findings);
            let Some(gap) = subject.endpoint().and_then(|dossier| dossier.contradicted_chain(chain)) else { continue };
            for draft in findings.drafts.iter_mut().skip(before) {
                contradict(draft, &gap);
            }
        }
        not_all_shown(other_chains(subject), REQUIRED, findings);
    }
}

/// Another report saw the certificate sent otherwise: a fail stays, a pass does not.
fn contradict(draft: &mut Draft, gap: &Gap) {
    if draft.outcome == Outcome::Pass {
        draft.outcome = Outcome::Unknown;
        draft.summary = "The reports disagree on what is sent with the certificate.".to_owned();
    } else if draft.outcome == Outcome::Fail {
        draft.summary.push_str(DISAGREE);
    }
    draft.gaps.push(gap.clone());
}

fn judge(chain: &PresentedView<'_>, how: &str, proof: Option<&ChainAnswer>, findings: &mut Findings) {
    let Some(leaf) = chain.leaf() else {
        let gap = Gap::new(GapReason::Truncated, "the chain has no certificate");
        findings.add(Draft::unknown("The chain is empty.", vec![gap]).required(REQUIRED));
        return;
    };
    let mut parsed: Vec<&ParsedCertificate> = Vec::new();
    for certificate in &chain.certificates {
        match certificate.decoded() {
            Some(decoded) => parsed.push(decoded),
            None => {
                findings
                    .add(unreadable(certificate, "whom it is for and who issued it").facet("sent").required(REQUIRED));
                return;
            }
        }
    }
    let unknown =
        |summary: &str, gap| Draft::unknown(summary, vec![gap]).certificate(leaf, "its chain").required(REQUIRED);
    if parsed.len() > MOST {
        let gap = Gap::new(
            GapReason::Unsupported,
            format!("{} certificates were sent; at most {MOST} are compared", parsed.len()),
        );
        findings.add(unknown("The chain has too many certificates to compare.", gap).facet("sent"));
        return;
    }
    let whole = Links::of(&parsed);
    let who = called(leaf);
    if whole.is_self_issued.first() == Some(&true) {
        let text = sentence(&format!("{who} is self-issued: it has no issuer whose certificate could be sent"));
        findings.add(Draft::not_applicable(text).certificate(leaf, "self-issued").facet("sent").required(REQUIRED));
        return;
    }
    if let Some(gap) = chain.gap() {
        findings.add(unknown("Whether the issuers' certificates are sent is not known.", gap.clone()).facet("sent"));
        return;
    }
    let draft = issued_by_a_root(chain, leaf, proof).unwrap_or_else(|| sent(chain, leaf, &whole, how));
    findings.add(draft.facet("sent").required(REQUIRED));
    if how == SHOWN {
        findings.drafts.extend(pasted_order(chain, leaf));
    }
    if whole.reached.iter().filter(|reached| **reached).count() > 1 {
        findings
            .add(to_the_root(chain, leaf, &whole, proof).facet("to-the-root").required("a chain that reaches a root"));
    }
}

/// Who may have issued whom in a chain, by names and key identifiers.
struct Links {
    /// Whether each is connected with the leaf by issuers.
    reached: Vec<bool>,
    /// Whether one that stands before it may have been issued by it.
    in_order: Vec<bool>,
    is_self_issued: Vec<bool>,
}

impl Links {
    fn of(chain: &[&ParsedCertificate]) -> Self {
        let mut reached: Vec<bool> = (0..chain.len()).map(|position| position == 0).gathered();
        let mut grown = true;
        while grown {
            grown = false;
            for (position, issuer) in chain.iter().enumerate() {
                let mut below = chain.iter().zip(&reached).filter(|(_, reached)| **reached);
                if reached.get(position) == Some(&false) && below.any(|(issued, _)| issued.issued_by_name(issuer)) {
                    grown = true;
                    if let Some(one) = reached.get_mut(position) {
                        *one = true;
                    }
                }
            }
        }
        let in_order = chain.iter().enumerate().map(|(position, issuer)| {
            position == 0 || chain.iter().take(position).any(|issued| issued.issued_by_name(issuer))
        });
        let is_self_issued = chain.iter().map(|one| one.issued_by_name(one));
        Self { in_order: in_order.gathered(), is_self_issued: is_self_issued.gathered(), reached }
    }
}

fn sent(chain: &PresentedView<'_>, leaf: &CertificateView<'_>, links: &Links, how: &str) -> Draft {
    let who = called(leaf);
    let wrong = |flags: &[bool]| -> Vec<&CertificateView<'_>> {
        chain.certificates.iter().zip(flags).filter(|(_, flag)| !**flag).map(|(certificate, _)| certificate).gathered()
    };
    let names = |certificates: &[&CertificateView<'_>]| -> String {
        let names: Vec<String> = certificates.iter().map(|certificate| called(certificate)).gathered();
        names.join(", ")
    };
    let cite = |draft: Draft, certificates: &[&CertificateView<'_>], observed: &str| {
        let basis = match &chain.presented.rest {
            Rest::Complete(fact) => fact.basis.max(Basis::Computed),
            Rest::Gap(_) => Basis::Computed,
        };
        let draft = draft.certificate(leaf, "the leaf").basis(basis);
        certificates.iter().fold(draft, |draft, certificate| draft.cite(certificate.words(), observed))
    };
    let strays = wrong(&links.reached);
    if links.reached.iter().filter(|reached| **reached).count() < 2 {
        let text = format!("the issuing CA's certificate is not {how} with {who}: {}", wanted(leaf));
        return cite(Draft::fail(sentence(&text)), &strays, "not the issuer's");
    }
    if !strays.is_empty() {
        let text = format!("behind {who}, certificates are {how} that are not in its chain: {}", names(&strays));
        return cite(Draft::fail(sentence(&text)), &strays, "not in the chain");
    }
    let late = wrong(&links.in_order);
    if !late.is_empty() {
        let text = format!("the chain of {who} is in the wrong order: {} stands before what it issued", names(&late));
        return cite(Draft::fail(sentence(&text)), &late, "stands too early");
    }
    let others: Vec<&CertificateView<'_>> = chain.certificates.iter().skip(1).gathered();
    let order = if how == SHOWN { "" } else { "in order and " };
    let text = match others.len() {
        1 => format!("{who} is {how} with its issuing CA's certificate"),
        count => format!("{who} is {how} with {count} CA certificates, {order}without a gap between them"),
    };
    cite(Draft::pass(sentence(&text)), &others, "follows what it issued")
}

/// The leaf stands alone, and a root of the store itself has signed it: nothing is left out that has to be sent.
fn issued_by_a_root(
    chain: &PresentedView<'_>,
    leaf: &CertificateView<'_>,
    proof: Option<&ChainAnswer>,
) -> Option<Draft> {
    if chain.certificates.len() != 1 {
        return None;
    }
    let path = proof?.paths.iter().find(|path| is_whole(path) && path.certificates.len() == 1)?;
    let text =
        format!("{} is issued by the root CA `{}` itself, which need not be sent", called(leaf), path.ends_in.name);
    let draft = Draft::pass(sentence(&text)).certificate(leaf, "the leaf").basis(Basis::Computed);
    Some(draft.cite(leaf.words(), "issued by a root CA"))
}

/// Chains of a paste are laid out by names. Where the paste has another order, a server that is given the same file sends
/// them in that order.
fn pasted_order(chain: &PresentedView<'_>, leaf: &CertificateView<'_>) -> Option<Draft> {
    let place = |certificate: &CertificateView<'_>| {
        certificate.words().first().map(|span| (span.source, span.start)).unwrap_or_default()
    };
    let mut last = (0, 0);
    let mut early: Vec<&CertificateView<'_>> = Vec::new();
    for certificate in &chain.certificates {
        let here = place(certificate);
        if here < last && here.0 == last.0 {
            early.push(certificate);
        }
        last = here.max(last);
    }
    let names: Vec<String> = early.iter().map(|certificate| called(certificate)).gathered();
    if names.is_empty() {
        return None;
    }
    let text = format!(
        "{} is shown in another order than servers send: {} stands before what it issued. Servers send the leaf first, \
         then each issuing CA's certificate behind the one that it issued; whether a server sends these so is not known",
        sentence(&format!("the chain of {}", called(leaf))).trim_end_matches('.'),
        names.join(", ")
    );
    let gap = Gap::new(GapReason::NotAttempted, "a paste does not show what a server sends, nor in which order");
    let draft = Draft::unknown(sentence(&text), vec![gap]).level(Level::Warning);
    let draft = draft.certificate(leaf, "the leaf").facet("order").required("the leaf, then its issuers, in order");
    Some(early.iter().fold(draft, |draft, one| draft.cite(one.words(), "stands too early")))
}

/// Who issued the leaf and where its certificate can be had.
pub(super) fn wanted(leaf: &CertificateView<'_>) -> String {
    let Some(parsed) = leaf.decoded() else { return String::new() };
    let issuer = parsed.issuer.as_ref().map(ToString::to_string).unwrap_or_default();
    let access = parsed.extensions.authority_information_access.decoded();
    match access.and_then(|access| access.ca_issuers.first()) {
        Some(url) => format!("`{issuer}`, which the CA offers at {url}"),
        None => format!("`{issuer}`"),
    }
}

fn to_the_root(
    chain: &PresentedView<'_>,
    leaf: &CertificateView<'_>,
    links: &Links,
    proof: Option<&ChainAnswer>,
) -> Draft {
    let who = called(leaf);
    if let Some(path) = proof.and_then(|proof| proof.paths.iter().find(|path| is_whole(path))) {
        let text = format!("the chain of {who} reaches the root CA `{}`, which need not be sent", path.ends_in.name);
        return Draft::pass(sentence(&text)).certificate(leaf, "the leaf").basis(Basis::Computed);
    }
    let root = chain.certificates.iter().zip(&links.is_self_issued).zip(&links.reached);
    let root =
        root.filter(|((_, is_self_issued), reached)| **is_self_issued && **reached).map(|((root, _), _)| root).next();
    match root {
        Some(root) => {
            Draft::pass(sentence(&format!("the chain of {who} reaches {}, which need not be sent", called(root))))
                .certificate(leaf, "the leaf")
                .cite(root.words(), "self-issued")
                .basis(Basis::Computed)
        }
        None => {
            let gap = match proof {
                Some(proof) => {
                    let why = proof.nearest_miss.as_deref().unwrap_or("no path to a root was found");
                    Gap::new(GapReason::NotAttempted, why)
                }
                None => Gap::new(GapReason::NotStated, "no roots were chosen that clients are taken to have"),
            };
            let text = sentence(&format!(
                "whether a certificate is missing between the chain of {who} and a root is not known"
            ));
            Draft::unknown(text, vec![gap]).certificate(leaf, "its chain")
        }
    }
}

/// Whether every link up to a root of the store is there and signed, whatever else is wrong with the path.
fn is_whole(path: &PathAnswer) -> bool {
    use FailureKind::{AlgorithmWeak, NameChaining, SecondOpinion, SignatureBad, SignatureUnsupported, Unreadable};
    let breaks = |failure: &Failure| {
        matches!(
            failure.kind,
            AlgorithmWeak | NameChaining | SecondOpinion | SignatureBad | SignatureUnsupported | Unreadable
        )
    };
    path.ends_in.kind == EndKind::Root && !path.failures.iter().any(breaks)
}
