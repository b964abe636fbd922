//! `certificate-revoked`: no certificate of the chain is revoked.

use serde::Serialize;

use super::certificates::{called, not_all_shown, unreadable};
use super::{About, Clause, Context, Draft, Findings, OCSP_RESPONSE, PROBE_ROOTS, Parameters, Rule, Subject};
use crate::evaluate::sentence;
use crate::evidence::{Basis, CertificateView, Fact, Gap, GapReason, PresentedView, RevocationEvidence, SubjectKind};
use crate::gathered::Gathered;
use crate::ordered::Set;
use crate::pki::ParsedCertificate;
use crate::pki::path::PathAnswer;
use crate::pki::revocation::Standing;
use crate::revocations::{Proven, revoked_words};
use crate::settings::Members;
use crate::time::{SECONDS_PER_DAY, Timestamp};

/// See [`Rule::ABOUT`].
pub(super) struct CertificateRevoked;

/// Of which certificates of a chain it is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Params {
    issuing_cas: bool,
}

impl Parameters for Params {
    fn set(&mut self, members: &mut Members<'_, '_>) {
        members.set("issuingCas", &mut self.issuing_cas);
    }
}

impl Default for Params {
    fn default() -> Self {
        Self { issuing_cas: true }
    }
}

const REQUIRED: &str = "a fresh CRL or OCSP response, verified, that does not say that it is revoked";

impl Rule for CertificateRevoked {
    type Params = Params;

    const ABOUT: About = About {
        id: "certificate-revoked",
        title: "no revoked certificate",
        checks: "What CRLs and OCSP responses that were given beside the certificates prove of each certificate below the root \
                 CA; of the issuing CAs only with `issuingCas`. A list or response counts where the CA above the certificate, \
                 or a responder that it appointed, signed it. It passes only on a verified chain (`--roots`), by one that \
                 speaks of this certificate and is fresh at the instant judged. It fails where one says that the \
                 certificate is revoked, however old it is, since that is not taken back; a certificate on hold fails \
                 while the list is fresh. What is too old, from the future, unsigned, a part, a delta or an indirect list \
                 decides nothing, nor does the answer `unknown`. A scanner's `revoked` fails, its `not revoked` proves \
                 nothing. Certificates that are as short-lived as the Baseline Requirements define need none. Shipped \
                 policies ask at warning level: what people have at hand seldom carries lists or responses.",
        why: "The holder of a revoked certificate may have lost its key: clients that ask refuse the connection, and those that \
              do not ask may talk to somebody else.",
        fix: &[
            ("any", "get a new certificate with a new key, install it, and find out why the old one was revoked"),
            (
                "any",
                "where it is unknown: give the CRL, or an OCSP response in DER, together with the chain, and choose roots",
            ),
        ],
        citations: &[
            Clause {
                document: "RFC 5280",
                clause: "section 6.1.3 (a)(3): at the current time, the certificate is not revoked; section 6.3",
                url: "https://www.rfc-editor.org/rfc/rfc5280#section-6.1.3",
                date: "2008-05",
            },
            Clause {
                document: "RFC 6960",
                clause: "sections 3.2 and 4.2.2.2: acceptance of a response, authorized responders",
                url: "https://www.rfc-editor.org/rfc/rfc6960#section-3.2",
                date: "2013-06",
            },
            Clause {
                document: "CA/Browser Forum, Baseline Requirements for TLS Server Certificates 2.2.6",
                clause: "section 1.6.1: short-lived subscriber certificates",
                url: "https://cabforum.org/working-groups/server/baseline-requirements/documents/",
                date: "2026-03-31",
            },
            Clause {
                document: "Microsoft, How Exchange Online uses TLS to secure email connections",
                clause: "validating the certificate requires connecting to the endpoints of the CA",
                url: "https://learn.microsoft.com/purview/exchange-online-uses-tls-to-secure-email-connections",
                date: "2018-08-02",
            },
        ],
        effective: "2008-05-01",
        subjects: &[SubjectKind::Endpoint, SubjectKind::Chain],
        decide_by: &[OCSP_RESPONSE, PROBE_ROOTS],
    };

    fn check(params: &Params, context: &Context<'_>, subject: &Subject<'_>, findings: &mut Findings) {
        let mut seen: Set<(String, bool)> = Set::new();
        let beside = context.revocations.beside(subject);
        for (position, chain) in subject.chains().iter().enumerate() {
            let proof = context.proofs.get(position).and_then(Option::as_ref);
            let path = proof.and_then(|proof| proof.paths.iter().find(|path| path.is_proof()));
            for certificate in &chain.certificates {
                let Some(draft) = judged(params, context, chain, path, certificate, &beside) else { continue };
                let key = certificate.sha256.clone().filter(|_| certificate.parsed.is_some());
                if key.is_none_or(|sha256| seen.insert((sha256, path.is_some()))) {
                    findings.add(draft.required(REQUIRED));
                }
            }
        }
        not_all_shown(subject.certificate_gaps(), REQUIRED, findings);
    }
}

/// What is to be said of a certificate; nothing of root CAs, of those that are beside the path and not revoked, and of
/// issuing CAs that nobody asks for.
fn judged(
    params: &Params,
    context: &Context<'_>,
    chain: &PresentedView<'_>,
    path: Option<&PathAnswer>,
    certificate: &CertificateView<'_>,
    beside: &[&RevocationEvidence],
) -> Option<Draft> {
    let parsed = certificate.decoded();
    let self_issued = parsed.filter(|parsed| parsed.is_self_issued() == Some(true));
    let is_own = self_issued.is_some_and(|parsed| {
        let is_on_path = || path.is_some_and(|path| path.certificates.contains(&parsed.sha256));
        // One whose signature cannot be checked is on no verified path.
        let otherwise = || !is_on_path() && parsed.issued_by_name(parsed);
        context.revocations.is_self_signed(parsed).unwrap_or_else(otherwise)
    });
    if !certificate.is_leaf && (is_own || !params.issuing_cas) {
        return None;
    }
    if let Some(draft) = told(context, chain, certificate, beside) {
        return Some(draft);
    }
    let Some(parsed) = parsed else {
        return Some(unreadable(certificate, "whether it is revoked"));
    };
    let who = called(certificate);
    if is_own {
        let words = format!("{who} is self-signed: nobody else can revoke it");
        return Some(Draft::not_applicable(sentence(&words)).certificate(certificate, "it is self-signed"));
    }
    let place = path.and_then(|path| path.certificates.iter().position(|sha256| *sha256 == parsed.sha256));
    // What is in the store is trusted by itself.
    let is_anchor = path.is_some_and(|path| path.ends_in.sha256.as_ref() == Some(&parsed.sha256));
    let on_path = path.zip(place).and_then(|(path, place)| context.revocations.issuer_on(path, place, chain));
    let proven: Vec<Proven> = match &on_path {
        Some(issuer) => vec![context.revocations.prove(parsed, issuer)],
        None => {
            let issuers = context.revocations.issuers_by_signature(parsed);
            issuers.iter().map(|issuer| context.revocations.prove(parsed, issuer)).gathered()
        }
    };
    let against = |proven: &&Proven| matches!(proven.standing, Standing::Revoked(_) | Standing::Held(_));
    if let Some(found) = proven.iter().find(against) {
        return Some(fails(certificate, &who, found));
    }
    if is_anchor || path.is_some() && place.is_none() {
        return None;
    }
    if let Some(days) = short_lived(parsed).filter(|_| certificate.is_leaf) {
        let words = format!("{who} is valid for {days} days or less: it is short-lived and needs no revocation");
        return Some(Draft::not_applicable(sentence(&words)).certificate(certificate, "it is short-lived"));
    }
    let found = proven.into_iter().next();
    Some(match (found, on_path.is_some()) {
        (Some(Proven { standing: Standing::Good(until), by, words }), true) => {
            let draft = Draft::pass(sentence(&format!("{who} is not revoked, by {by} that holds until {until}")));
            let draft = draft.certificate(certificate, "its issuer says whether it is revoked");
            draft.cite(&words, &format!("{by}: not revoked")).basis(Basis::Computed)
        }
        (
            Some(Proven {
                standing: Standing::Lifted(why) | Standing::Doubted(why) | Standing::Undecided(why),
                by,
                words,
            }),
            _,
        ) => {
            let why = if by.is_empty() { why } else { format!("{by}: {why}") };
            let reason = if words.is_empty() { GapReason::NotAttempted } else { GapReason::Outdated };
            unknown(certificate, &who, Gap::new(reason, why).at(words))
        }
        (Some(Proven { by, words, .. }), false) => {
            let why =
                format!("the chain is not verified up to a chosen root CA, so that {by} of its issuer proves nothing");
            let reason = if context.revocations.has_roots() { GapReason::Failed } else { GapReason::NotStated };
            unknown(certificate, &who, Gap::new(reason, why).at(words))
        }
        (None, _) => {
            let why = "no CRL and no OCSP response of its issuer was given";
            unknown(certificate, &who, Gap::new(GapReason::NotAttempted, why))
        }
        (Some(_), true) => unknown(certificate, &who, Gap::new(GapReason::Unsupported, "it cannot be decided")),
    })
}

fn unknown(certificate: &CertificateView<'_>, who: &str, gap: Gap) -> Draft {
    let words = format!("whether {who} is revoked is not known");
    Draft::unknown(sentence(&words), vec![gap]).certificate(certificate, "whether it is revoked is not shown")
}

fn fails(certificate: &CertificateView<'_>, who: &str, proven: &Proven) -> Draft {
    let words = match &proven.standing {
        Standing::Held(revoked) => {
            format!("{who} is on hold {}, by {}; a hold may be lifted", revoked_words(revoked), proven.by)
        }
        Standing::Revoked(revoked) => format!("{who} is revoked {}, by {}", revoked_words(revoked), proven.by),
        _ => String::new(),
    };
    let draft = Draft::fail(sentence(&words)).certificate(certificate, "it is revoked");
    draft.cite(&proven.words, &format!("{}: revoked", proven.by)).basis(Basis::Computed)
}

/// What a tool says against it.
fn told(
    context: &Context<'_>,
    chain: &PresentedView<'_>,
    certificate: &CertificateView<'_>,
    beside: &[&RevocationEvidence],
) -> Option<Draft> {
    let serial = certificate.decoded().and_then(|parsed| parsed.serial.as_ref().ok());
    let mut facts: Vec<&Fact<bool>> = Vec::new();
    for said in beside {
        let RevocationEvidence::Reported(said) = said else { continue };
        let is_it = said.serial.as_ref().map_or(certificate.is_leaf, |fact| match serial {
            Some(serial) => fact.value == *serial,
            None => certificate.is_leaf,
        });
        facts.extend(said.revoked.as_ref().filter(|_| is_it));
    }
    facts.extend(serial.into_iter().flat_map(|serial| context.revocations.reported_of(serial)));
    let who = called(certificate);
    let draft = |words: String| Draft::fail(sentence(&words)).certificate(certificate, "it is revoked");
    if let Some(fact) = facts.into_iter().find(|fact| fact.value) {
        let words = format!("a tool reports that {who} is revoked");
        return Some(draft(words).cite(&fact.words, "revoked").basis(Basis::ToolSays));
    }
    let distrusted = chain.distrusted.filter(|_| certificate.is_leaf)?;
    let reason = &distrusted.value.reason;
    reason.to_ascii_lowercase().contains("revoked").then(|| {
        let words =
            format!("the scanner does not trust the chain of {who}, for a revoked certificate; it says {reason}");
        draft(words).cite(&distrusted.words, reason).basis(Basis::ToolSays)
    })
}

/// How many days a short-lived certificate has, if it is one: Baseline Requirements, section 1.6.1.
fn short_lived(parsed: &ParsedCertificate) -> Option<i64> {
    // 2024-03-15 and 2026-03-15, from midnight.
    let steps = [(1_710_460_800, 10), (1_773_532_800, 7)];
    let (Ok(begin), Ok(end)) = (&parsed.not_before, &parsed.not_after) else { return None };
    let (begin, end): (&Timestamp, &Timestamp) = (begin, end);
    let (_, days) = steps.into_iter().rev().find(|(from, _)| begin.unix() >= *from)?;
    // The last second belongs to the period.
    let seconds = end.unix().checked_sub(begin.unix())?.checked_add(1)?;
    (seconds <= days * SECONDS_PER_DAY).then_some(days)
}
