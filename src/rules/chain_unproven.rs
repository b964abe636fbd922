//! `chain-unproven`: the chain leads to a root CA that is trusted.

use super::certificates::{called, not_all_shown, other_chains};
use super::{
    About, Clause, Context, Draft, Findings, NoParams, OPENSSL, OPENSSL_WITHOUT_NAME, PROBE_ROOTS, Rule, Subject,
    TESTSSL,
};
use crate::acceptance::removal_behind;
use crate::evaluate::sentence;
use crate::evidence::{Basis, CertificateView, Fact, Gap, GapReason, PresentedView, SubjectKind, ToolTrust};
use crate::pki::path::{ChainAnswer, EndKind, Failure, FailureKind, ListedBy, PathAnswer, SUPPLIED};

/// See [`Rule::ABOUT`].
pub(super) struct ChainUnproven;

const REQUIRED: &str = "a verified chain to a trusted root CA";

impl Rule for ChainUnproven {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "chain-unproven",
        title: "a verified chain to a trusted root CA",
        checks: "Whether the chain, as it was shown, is verified up to a root CA of the store that was chosen (`--roots`): \
                 signatures, names, validity, CA and key usage, purposes, name constraints, critical extensions and the host, \
                 by two implementations that must agree. Revocation is the matter of certificate-revoked. Without chosen roots only what is \
                 self-signed or what a scanner found untrusted fails, and the rest is unknown: a scanner's own `ok` proves \
                 nothing here.",
        why: "Encryption to a server that nobody vouches for may be encryption to whoever sits in between.",
        fix: &[
            ("any", "use a certificate of a public CA and install the issuing CA's certificate with it, leaf first"),
            ("nginx", "ssl_certificate must name a file with the leaf and, behind it, the issuing CA's certificates"),
            ("Postfix", "smtpd_tls_chain_files: key, leaf, then the issuing CA's certificates"),
        ],
        citations: &[
            Clause {
                document: "RFC 5280",
                clause: "section 6: certification path validation",
                url: "https://www.rfc-editor.org/rfc/rfc5280#section-6",
                date: "2008-05",
            },
            Clause {
                document: "Microsoft, How Exchange Online uses TLS to secure email connections",
                clause: "forced TLS: the partner authenticates with a certificate",
                url: "https://learn.microsoft.com/purview/exchange-online-uses-tls-to-secure-email-connections",
                date: "2018-08-02",
            },
        ],
        effective: "2008-05-01",
        subjects: &[SubjectKind::Endpoint, SubjectKind::Chain],
        decide_by: &[TESTSSL, OPENSSL, OPENSSL_WITHOUT_NAME, PROBE_ROOTS],
    };

    fn check(_: &NoParams, context: &Context<'_>, subject: &Subject<'_>, findings: &mut Findings) {
        let host = subject.host();
        for (position, chain) in subject.chains().iter().enumerate() {
            let proof = context.proofs.get(position).and_then(Option::as_ref);
            let draft = judged(chain, subject.endpoint().is_some(), proof, host.as_ref());
            findings.add(draft.required(REQUIRED));
        }
        not_all_shown(other_chains(subject), REQUIRED, findings);
    }
}

fn judged(
    chain: &PresentedView<'_>,
    is_service: bool,
    proof: Option<&ChainAnswer>,
    host: Option<&Fact<String>>,
) -> Draft {
    let Some(leaf) = chain.leaf() else {
        return Draft::unknown(
            "The chain is empty.",
            vec![Gap::new(GapReason::Truncated, "the chain has no certificate")],
        );
    };
    let distrusted = chain.distrusted;
    let self_signed = leaf.decoded().is_some_and(|parsed| parsed.is_self_issued() == Some(true));
    let self_issued_ca = self_signed && leaf.decoded().is_some_and(|parsed| parsed.is_ca() == Some(true));
    // A root CA is for no host; a certificate that names one serves it.
    let names_hosts = leaf.decoded().is_some_and(|parsed| parsed.names().next().is_some());
    let who = called(leaf);
    let path = proof.and_then(|proof| proof.paths.iter().find(|path| path.trusted));
    // The scanner has roots of its own, and may have seen less than the chain.
    let open = proof.and_then(|proof| undecided(chain, is_service, proof));
    if let (Some(fact), None, None) = (distrusted, path, &open) {
        let draft = Draft::fail(sentence(&format!(
            "the scanner does not trust the chain of {who}; it says {}",
            fact.value.reason
        )))
        .certificate(leaf, "its chain is not trusted")
        .cite(&fact.words, &fact.value.reason)
        .basis(Basis::ToolSays);
        return if self_signed { draft.cite(leaf.words(), "it is self-signed") } else { draft };
    }
    if let (Some(proof), Some(path)) = (proof, path) {
        return proven(chain, leaf, proof, path, distrusted, host);
    }
    if self_signed && (is_service || names_hosts || !self_issued_ca) {
        return Draft::fail(sentence(&format!("{who} is self-signed: nobody vouches for it")))
            .certificate(leaf, "subject and issuer are the same")
            .basis(Basis::Computed);
    }
    let gap = match proof {
        _ if self_issued_ca => Gap::new(
            GapReason::Unsupported,
            "it is self-signed: a root CA's certificate by itself says nothing about a service",
        ),
        Some(proof) => match open {
            Some(gap) => gap,
            None => {
                let why = proof.nearest_miss.as_deref().unwrap_or("no path was found");
                let then = removal_behind(proof).map(|removal| format!("; {}", removal.words(proof.at)));
                let then = then.unwrap_or_default();
                let found = sentence(&format!("the chain of {who} is not verified: {why}{then}"));
                return Draft::fail([&[found], proof.advice.as_slice()].concat().join(" "))
                    .certificate(leaf, "no path to a trusted root CA")
                    .basis(Basis::Computed);
            }
        },
        None if leaf.decoded().is_none() => Gap::new(GapReason::Unsupported, "the certificate cannot be decoded"),
        None => Gap::new(GapReason::NotStated, "no roots were chosen to verify the chain against"),
    };
    Draft::unknown(sentence(&format!("that the chain of {who} leads to a trusted root CA is not proven")), vec![gap])
        .certificate(leaf, "its chain is not verified")
}

/// A path is verified; it counts for the host that it was verified for.
fn proven(
    chain: &PresentedView<'_>,
    leaf: &CertificateView<'_>,
    proof: &ChainAnswer,
    path: &PathAnswer,
    distrusted: Option<&Fact<ToolTrust>>,
    host: Option<&Fact<String>>,
) -> Draft {
    let (store, root) = (&proof.store, &path.ends_in.name);
    let verified = format!(
        "the chain of {} is verified up to the root CA `{root}` of the store `{}` of {}",
        called(leaf),
        store.name,
        store.date.date()
    );
    let unknown = |gap| Draft::unknown(sentence(&verified), vec![gap]).certificate(leaf, "its chain is verified");
    let (Some(name), Some(fact)) = (&proof.host, host) else {
        let gap = Gap::new(GapReason::NotStated, "the host is not known, and a chain is verified for one");
        return unknown(gap);
    };
    if path.ends_in.listed_by == Some(ListedBy::Sha1OfShown) {
        let detail = "the store lists the root CA by its SHA-1 thumbprint only, and no store that was chosen has its \
                      certificate; choose one that has it as well";
        return unknown(Gap::new(GapReason::NotStated, detail));
    }
    if let Some(fact) = distrusted {
        let detail = format!("the scanner, with its own roots, does not trust it: it says {}", fact.value.reason);
        return unknown(Gap::new(GapReason::Contradicted, detail).at(fact.words.iter().copied()));
    }
    let issuers = chain
        .certificates
        .iter()
        .filter(|one| !one.is_leaf && one.sha256.as_ref().is_some_and(|sha256| path.certificates.contains(sha256)));
    let draft = Draft::pass(sentence(&format!("{verified}, for `{name}`")))
        .certificate(leaf, "its chain is verified")
        .basis(Basis::Computed)
        .basis(fact.basis);
    issuers.fold(draft, |draft, issuer| draft.cite(issuer.words(), "on the verified path"))
}

/// Why the failures of the paths do not show that the chain is bad, if they do not.
pub(crate) fn undecided(chain: &PresentedView<'_>, is_service: bool, proof: &ChainAnswer) -> Option<Gap> {
    use FailureKind::{IssuerMissing, SecondOpinion, SignatureBad, SignatureUnsupported, Unreadable};
    // A list is of its own day: at another one the store may have had a root that it lacks now.
    if let Some(removal) = removal_behind(proof)
        && proof.store.source != SUPPLIED
        && proof.store.name == removal.store
        && removal.is_before(proof.at)
    {
        let words = format!("the list of {} lacks the root CA; {}", proof.store.date.date(), removal.words(proof.at));
        return Some(Gap::new(GapReason::NotStated, words));
    }
    if let Some(stopped) = &proof.stopped {
        return Some(Gap::new(GapReason::Unsupported, stopped.clone()));
    }
    // A paste need not be all that a service sends.
    let may_go_on = !is_service || chain.gap().is_some();
    let is_open = |path: &PathAnswer, failure: &Failure| match failure.kind {
        SecondOpinion | SignatureUnsupported | Unreadable => true,
        IssuerMissing => may_go_on,
        // Above what was shown only the store was asked: the issuer may be another CA of the same name.
        SignatureBad => may_go_on && path.ends_in.kind == EndKind::Root,
        _ => false,
    };
    let is_open_path = |path: &&PathAnswer| {
        path.ends_in.kind == EndKind::TooLong || path.failures.iter().all(|failure| is_open(path, failure))
    };
    let path = proof.paths.iter().find(is_open_path)?;
    let words: Vec<&str> = path.failures.iter().map(|failure| failure.words.as_str()).collect();
    let is_namesake = path.failures.iter().any(|failure| failure.kind == SignatureBad);
    let is_missing = is_namesake || path.failures.iter().any(|failure| failure.kind == IssuerMissing);
    let reason = if is_missing { GapReason::NotAttempted } else { GapReason::Unsupported };
    let note = if is_namesake { "; another CA of that name may have, and was not shown" } else { "" };
    Some(Gap::new(reason, words.join("; ") + note))
}
