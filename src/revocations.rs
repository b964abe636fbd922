//! What the CRLs and OCSP responses of the evidence prove of its certificates: each read once, and asked once about each
//! certificate, with one effort for all.

use std::cell::{Cell, RefCell};

use crate::evidence::{ChainView, Der, Fact, Fetch, Merged, PresentedView, Revocation, RevocationEvidence, Scan};
use crate::gathered::Gathered;
use crate::ordered::{Map, Set};
use crate::pki::ParsedCertificate;
use crate::pki::path::verify::{Verification, verify};
use crate::pki::path::{PathAnswer, TrustStore};
use crate::pki::revocation::{Answer, Issuer, Revoked, Standing, Statement, StatementKind, ask, concerns, cost};
use crate::rules::Subject;
use crate::source::Span;
use crate::time::Timestamp;

/// What all questions may take together, in bytes that are gone through; a signature counts as 128 KiB. The largest lists
/// of public CAs have some 10 MB.
const MOST_EFFORT: usize = 1 << 28;
const SIGNATURE: usize = 1 << 17;
const MOST_OWN_SIGNATURES: usize = 1 << 13;
/// Whether a statement is about a certificate.
const COMPARISON: usize = 1 << 6;
/// More of them are not looked at where no path is verified: each certificate is compared with each.
const MOST_AUTHORITIES: usize = 1000;
/// Issuers of one name whose key is tried.
const MOST_ISSUERS: usize = 4;

/// The statements of the evidence.
#[derive(Debug)]
pub(crate) struct Revocations<'a> {
    signed: Vec<Signed<'a>>,
    all: &'a [(&'a Scan, &'a Revocation)],
    roots: Option<&'a TrustStore>,
    /// The certificates of CAs in all of the evidence, each once.
    authorities: Vec<&'a ParsedCertificate>,
    at: Timestamp,
    effort: Cell<usize>,
    /// How many certificates may still be asked whether they signed themselves.
    own_signatures: Cell<usize>,
    /// By statement, certificate and key of the issuer.
    asked: RefCell<Map<(usize, String, String), Answer>>,
}

/// A signed statement with its place.
#[derive(Debug)]
struct Signed<'a> {
    kind: StatementKind,
    statement: Statement<'a>,
    words: Vec<Span>,
}

/// What is proven of a certificate.
#[derive(Debug)]
pub(crate) struct Proven {
    /// How it stands.
    pub(crate) standing: Standing,
    /// The kind of statement that says so.
    pub(crate) by: &'static str,
    /// Where that statement is.
    pub(crate) words: Vec<Span>,
}

impl<'a> Revocations<'a> {
    /// Reads the statements of the evidence, each once; what cannot be read was said by its reader.
    pub(crate) fn of(merged: &'a Merged<'a>, roots: Option<&'a TrustStore>, at: Timestamp) -> Self {
        let mut signed: Vec<Signed<'a>> = Vec::new();
        let mut seen: Set<&str> = Set::new();
        for (_, revocation) in &merged.revocations {
            let (kind, fact) = match &revocation.said {
                RevocationEvidence::Crl(fact) => (StatementKind::Crl, fact),
                RevocationEvidence::OcspResponse(fact) => (StatementKind::Ocsp, fact),
                RevocationEvidence::Stapled(_) | RevocationEvidence::Reported(_) => continue,
            };
            if let (true, Ok(statement)) = (seen.insert(fact.value.sha256()), Statement::read(kind, fact.value.bytes()))
            {
                signed.push(Signed { kind, statement, words: fact.words.clone() });
            }
        }
        let authorities = if signed.is_empty() { Vec::new() } else { authorities(merged) };
        let (effort, own_signatures) = (Cell::new(MOST_EFFORT), Cell::new(MOST_OWN_SIGNATURES));
        let asked = RefCell::new(Map::new());
        Self { signed, all: &merged.revocations, roots, authorities, at, effort, own_signatures, asked }
    }

    /// What was said of the services and certificates of a subject in particular.
    pub(crate) fn beside(&self, subject: &Subject<'a>) -> Vec<&'a RevocationEvidence> {
        let is_beside = |(scan, revocation): &&(&Scan, &Revocation)| match subject {
            Subject::Endpoint(dossier) => revocation.endpoint.as_ref().is_some_and(|key| {
                let mut sightings = dossier.sightings.iter();
                sightings.any(|sighting| !sighting.is_replaced && sighting.endpoint.key == *key)
            }),
            Subject::Chain(ChainView { scan: own, .. }) => revocation.endpoint.is_none() && std::ptr::eq(*own, *scan),
            Subject::Exhibit(_) | Subject::Partner(_) | Subject::Flow(_) => false,
        };
        self.all.iter().filter(is_beside).map(|(_, revocation)| &revocation.said).gathered()
    }

    /// What tools say of the addresses that they asked.
    pub(crate) fn fetches(&self) -> Vec<&'a Fetch> {
        let mut all = Vec::new();
        for (_, revocation) in self.all {
            if let RevocationEvidence::Reported(said) = &revocation.said {
                all.extend(&said.fetches);
            }
        }
        all
    }

    /// What tools say of the certificate with this serial number (lower-case hex), whichever scan it stands in.
    pub(crate) fn reported_of(&self, serial: &str) -> impl Iterator<Item = &'a Fact<bool>> {
        // Shorter ones several CAs have given.
        const UNIQUE: usize = 16;
        let is_unique = serial.len() >= UNIQUE;
        self.all.iter().filter_map(move |(_, revocation)| match &revocation.said {
            RevocationEvidence::Reported(said)
                if is_unique && said.serial.as_ref().is_some_and(|fact| fact.value == serial) =>
            {
                said.revoked.as_ref()
            }
            _ => None,
        })
    }

    /// The CA above the certificate at this place of a verified path.
    pub(crate) fn issuer_on<'b>(
        &'b self,
        path: &PathAnswer,
        position: usize,
        chain: &PresentedView<'b>,
    ) -> Option<Issuer<'b>> {
        if let Some(above) = path.certificates.get(position + 1) {
            let mut shown = chain.certificates.iter().filter(|one| one.sha256.as_ref() == Some(above));
            return of_certificate(shown.find_map(|one| one.decoded())?);
        }
        let root = self.roots?.root(path.ends_in.sha256.as_ref()?)?;
        Some(Issuer { name: &root.subject, key: &root.key, certificate: root.certificate.as_ref() })
    }

    /// Whether roots were chosen.
    pub(crate) const fn has_roots(&self) -> bool {
        self.roots.is_some()
    }

    /// The CAs whose key made the certificate's signature, on no verified path: of whichever input they are.
    pub(crate) fn issuers_by_signature<'b>(&'b self, certificate: &ParsedCertificate) -> Vec<Issuer<'b>> {
        if self.signed.is_empty() {
            return Vec::new();
        }
        let (Ok(name), Ok(algorithm), Some(signature)) =
            (&certificate.issuer, &certificate.signature_algorithm, certificate.signature_bytes())
        else {
            return Vec::new();
        };
        let shown = self.authorities.iter().filter_map(|one| of_certificate(one));
        let roots = self.roots.into_iter().flat_map(|store| &store.roots);
        let roots =
            roots.map(|root| Issuer { name: &root.subject, key: &root.key, certificate: root.certificate.as_ref() });
        let named = shown.chain(roots).filter(|issuer| issuer.name.same_as(name)).take(MOST_ISSUERS);
        let made = |issuer: &Issuer<'_>| {
            self.spend(SIGNATURE)
                && verify(algorithm, issuer.key, certificate.tbs_bytes(), signature) == Verification::Good
        };
        named.filter(made).gathered()
    }

    /// Whether a certificate that calls itself its own issuer was signed by its own key: names alone are anybody's.
    /// Nothing where that cannot be checked.
    pub(crate) fn is_self_signed(&self, certificate: &ParsedCertificate) -> Option<bool> {
        let (Ok(key), Ok(algorithm), Some(signature)) =
            (&certificate.key, &certificate.signature_algorithm, certificate.signature_bytes())
        else {
            return None;
        };
        let left = self.own_signatures.get().checked_sub(1)?;
        self.own_signatures.set(left);
        match verify(algorithm, key, certificate.tbs_bytes(), signature) {
            Verification::Good => Some(true),
            Verification::Bad => Some(false),
            Verification::Unsupported(_) => None,
        }
    }

    /// Whether a response that a service sent is good for its certificate.
    pub(crate) fn is_good_staple(&self, response: &Fact<Der>, certificate: &ParsedCertificate) -> bool {
        let Ok(statement) = Statement::read(StatementKind::Ocsp, response.value.bytes()) else { return false };
        let issuers = self.issuers_by_signature(certificate);
        issuers.iter().any(|issuer| {
            self.spend(cost(&statement))
                && matches!(ask(&statement, certificate, issuer, self.at).standing, Standing::Good(_))
        })
    }

    /// What the statements prove of a certificate of this issuer, all together.
    pub(crate) fn prove(&self, certificate: &ParsedCertificate, issuer: &Issuer<'_>) -> Proven {
        let mut answers: Vec<(Answer, &Signed<'a>)> = Vec::new();
        for (position, signed) in self.signed.iter().enumerate() {
            if let Some(answer) = self.ask(position, &signed.statement, certificate, issuer) {
                answers.push((answer, signed));
            }
        }
        let proven = |(answer, signed): &(Answer, &Signed<'a>)| Proven {
            standing: answer.standing.clone(),
            by: signed.kind.words(),
            words: signed.words.clone(),
        };
        if let Some(revoked) = answers.iter().find(|(answer, _)| matches!(answer.standing, Standing::Revoked(_))) {
            return proven(revoked);
        }
        // Of the good ones the newest: a hold that it does not know of may be over.
        let good = answers.iter().filter(|(answer, _)| matches!(answer.standing, Standing::Good(_)));
        let good = good.max_by_key(|(answer, _)| answer.made);
        let newest = good.and_then(|(answer, _)| answer.made);
        let lifted = answers.iter().filter(|(answer, _)| matches!(answer.standing, Standing::Lifted(_)));
        let lifted = lifted.map(|(answer, _)| answer.made).max();
        let is_against = |(answer, _): &&(Answer, &Signed<'a>)| match answer.standing {
            Standing::Held(_) => answer.made >= newest && lifted.is_none_or(|lifted| answer.made > lifted),
            Standing::Doubted(_) => answer.made >= newest,
            _ => false,
        };
        let against = answers.iter().filter(is_against);
        let worst = against.max_by_key(|(answer, _)| matches!(answer.standing, Standing::Held(_)));
        if let Some(found) = worst.or(good) {
            return proven(found);
        }
        let mut why: Vec<String> = Vec::new();
        let mut words = Vec::new();
        for (answer, signed) in &answers {
            if let Standing::Undecided(reason) | Standing::Lifted(reason) = &answer.standing {
                let reason = format!("{}: {reason}", signed.kind.words());
                words.extend(&signed.words);
                if !why.contains(&reason) {
                    why.push(reason);
                }
            }
        }
        const MOST_REASONS: usize = 5;
        why.truncate(MOST_REASONS);
        let why = match (why.is_empty(), self.signed.len()) {
            (false, _) => why.join("; "),
            (true, 0) => "no CRL and no OCSP response was given".to_owned(),
            (true, _) => "none of the CRLs and OCSP responses that were given speaks of it".to_owned(),
        };
        Proven { standing: Standing::Undecided(why), by: "", words }
    }

    /// What a statement says of a certificate, if it is about it.
    fn ask(
        &self,
        position: usize,
        statement: &Statement<'_>,
        certificate: &ParsedCertificate,
        issuer: &Issuer<'_>,
    ) -> Option<Answer> {
        let stopped = || {
            let why = "there are too many and too large ones to look at all of them".to_owned();
            Some(Answer { standing: Standing::Doubted(why), made: Some(self.at) })
        };
        if !self.spend(COMPARISON) {
            return stopped();
        }
        if !concerns(statement, certificate, issuer) {
            return None;
        }
        let key = (position, certificate.sha256.clone(), issuer.key.spki_sha256.clone());
        if let Some(known) = self.asked.borrow().get(&key) {
            return Some(known.clone());
        }
        if !self.spend(cost(statement)) {
            return stopped();
        }
        let answer = ask(statement, certificate, issuer, self.at);
        self.asked.borrow_mut().insert(key, answer.clone());
        Some(answer)
    }

    fn spend(&self, effort: usize) -> bool {
        let left = self.effort.get().checked_sub(effort);
        self.effort.set(left.unwrap_or_default());
        left.is_some()
    }
}

/// The certificates of CAs that were shown, each once.
fn authorities<'a>(merged: &'a Merged<'a>) -> Vec<&'a ParsedCertificate> {
    let mut found = Vec::new();
    let mut seen: Set<&str> = Set::new();
    let of_endpoints = merged.dossiers.iter().flat_map(|dossier| &dossier.chains);
    let chains = of_endpoints.chain(merged.chains.iter().map(|chain| &chain.presented));
    for parsed in chains.flat_map(|chain| &chain.certificates).filter_map(|one| one.decoded()) {
        if found.len() < MOST_AUTHORITIES && parsed.is_ca() == Some(true) && seen.insert(&parsed.sha256) {
            found.push(parsed);
        }
    }
    found
}

/// In words: since when, and why.
pub(crate) fn revoked_words(revoked: &Revoked) -> String {
    format!("since {} ({})", revoked.since, revoked.reason.name())
}

fn of_certificate(certificate: &ParsedCertificate) -> Option<Issuer<'_>> {
    let (name, key) = (certificate.subject.as_ref().ok()?, certificate.key.as_ref().ok()?);
    Some(Issuer { name, key, certificate: Some(certificate) })
}
