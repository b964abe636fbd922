//! Certificates, pasted or in a file: PEM in any wrapping, or DER.
//!
//! A paste has no order: chains are laid out by issuer and subject names and key identifiers. That linkage
//! is for display and for finding the leaf; only verified signatures will make it proof.

use super::{Declared, Input, collected, foreign, revocation};
use crate::diagnostic::{Code, Diagnostic};
use crate::evidence::{
    Basis, Certificate, Chain, Completion, Der, Fact, Gap, GapReason, Observed, Presented, Rest, Scan, Subject,
};
use crate::gathered::Gathered;
use crate::ordered::{Map, Set};
use crate::pki::{ParsedCertificate, pem, pkcs7};
use crate::source::{SourceText, Span};

pub(super) const ID: &str = "certificates";
pub(super) const COMMANDS: &[&str] = &[
    "openssl s_client -connect HOST:443 -servername HOST -showcerts </dev/null",
    "openssl s_client -connect HOST:25 -starttls smtp -servername HOST -showcerts </dev/null",
];
pub(super) const NEVER_SHOWS: &[&str] = &[
    "protocol versions, cipher suites and groups of any service",
    "who serves the certificates, and whether the server has others",
    "when they were collected",
];

/// A certificate with its place.
struct Found {
    der: Der,
    span: Span,
}

/// Reads a file of one or more certificates in DER.
pub(super) fn read_der(
    id: u32,
    input: &Input<'_>,
    declared: &Declared,
    scans: &mut Vec<Scan>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let source = SourceText::new(id, String::new());
    let place = source.span(0, 0);
    let mut found = Vec::new();
    let mut revocations = revocation::Collected::default();
    let mut rest = input.bytes;
    while !rest.is_empty() {
        let length = match ParsedCertificate::length_in(rest) {
            Ok(length) => length,
            Err(error) if foreign::is_pkcs7(rest) => {
                // Key stores are often written with lengths that DER does not allow.
                diagnostics.push(unread(input.name, rest, &error.to_string()).at(place));
                break;
            }
            Err(error) => {
                let at = input.bytes.len() - rest.len();
                diagnostics.push(
                    Diagnostic::error(Code::InvalidCertificate, format!("`{}` at byte {at}: {error}", input.name))
                        .at(place),
                );
                break;
            }
        };
        let (der, behind) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        rest = behind;
        if revocations.take(der, place, diagnostics) {
            continue;
        }
        if foreign::is_pkcs7(der) {
            for der in in_pkcs7(der, &format!("`{}`", input.name), place, diagnostics) {
                found.push(Found { der: noted(der, place, diagnostics), span: place });
            }
            continue;
        }
        let der = Der::new(der.to_vec());
        match der.parsed() {
            Ok(parsed) => {
                note_problems(parsed, place, diagnostics);
                found.push(Found { der, span: place });
            }
            Err(error) => diagnostics.push(unread(input.name, der.bytes(), &error.to_string()).at(place)),
        }
    }
    lay_out(&source, found, declared, scans);
    revocations.into_scan(id, collected(declared, "a CRL or an OCSP response"), scans);
}

fn unread(name: &str, der: &[u8], error: &str) -> Diagnostic {
    if foreign::is_pkcs7(der) {
        return unread_pkcs7(&format!("`{name}`"), error);
    }
    Diagnostic::error(Code::InvalidCertificate, format!("`{name}` is DER, but no certificate: {error}"))
}

fn unread_pkcs7(what: &str, error: &str) -> Diagnostic {
    let message = format!("{what} is PKCS #7 that cannot be read: {error}");
    Diagnostic::error(Code::InvalidCertificate, message).with_help("openssl pkcs7 -inform DER -in FILE -print_certs")
}

/// The certificates of a PKCS #7 message that is called so.
pub(super) fn in_pkcs7(der: &[u8], what: &str, place: Span, diagnostics: &mut Vec<Diagnostic>) -> Vec<Vec<u8>> {
    match pkcs7::certificates(der) {
        Ok((certificates, others)) => {
            if others > 0 || certificates.is_empty() {
                let message = format!(
                    "{what} has {} certificates and {others} entries of other kinds, which are not judged",
                    certificates.len()
                );
                diagnostics.push(Diagnostic::error(Code::InvalidCertificate, message).at(place));
            }
            certificates.into_iter().map(<[u8]>::to_vec).gathered()
        }
        Err(error) => {
            diagnostics.push(unread_pkcs7(what, &error).at(place));
            Vec::new()
        }
    }
}

/// Lays out the certificates of one input as chains.
pub(super) fn into_scan(
    source: &SourceText,
    blocks: Vec<pem::Block>,
    declared: &Declared,
    scans: &mut Vec<Scan>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut found = Vec::new();
    for block in blocks {
        found.push(Found { der: noted(block.der, block.span, diagnostics), span: block.span });
    }
    lay_out(source, found, declared, scans);
}

/// A certificate, with what of it could not be read said.
fn noted(der: Vec<u8>, place: Span, diagnostics: &mut Vec<Diagnostic>) -> Der {
    let der = Der::new(der);
    match der.parsed() {
        Ok(parsed) => note_problems(parsed, place, diagnostics),
        Err(error) => {
            let message = format!("the certificate cannot be read: {error}");
            diagnostics.push(Diagnostic::error(Code::InvalidCertificate, message).at(place));
        }
    }
    der
}

/// Says what of a certificate could not be decoded.
pub(super) fn note_problems(parsed: &ParsedCertificate, place: Span, diagnostics: &mut Vec<Diagnostic>) {
    for problem in &parsed.extensions.problems {
        diagnostics.push(
            Diagnostic::warning(
                Code::InvalidExtension,
                format!("{}: {}", problem.name.unwrap_or(&problem.oid), problem.message),
            )
            .at(place),
        );
    }
    for reason in &parsed.tolerated {
        diagnostics.push(Diagnostic::info(Code::InvalidCertificate, reason.clone()).at(place));
    }
}

/// More places than this are not kept of one certificate.
const MAX_PLACES: usize = 3;

fn lay_out(source: &SourceText, found: Vec<Found>, declared: &Declared, scans: &mut Vec<Scan>) {
    let mut unique: Vec<(Found, Vec<Span>)> = Vec::new();
    let mut places: Map<String, usize> = Map::new();
    for certificate in found {
        match places.get(certificate.der.sha256()) {
            Some(at) => {
                if let Some((_, spans)) = unique.get_mut(*at)
                    && spans.len() < MAX_PLACES
                {
                    spans.push(certificate.span);
                }
            }
            None => {
                places.insert(certificate.der.sha256().to_owned(), unique.len());
                let span = certificate.span;
                unique.push((certificate, vec![span]));
            }
        }
    }
    if unique.is_empty() {
        return;
    }
    let chains = chains_of(&unique);
    let host = match &declared.host {
        Some(host) => Observed::Known(Fact::new(host.clone(), Basis::Declared, [])),
        None => Observed::missing(GapReason::NotReportedByFormat, "certificates do not say which host serves them"),
    };
    let mut repeats = Repeats::of(&unique);
    let subjects = chains
        .into_iter()
        .map(|members| {
            let length = members.len();
            let certificates: Vec<Certificate> = members
                .into_iter()
                .filter(|at| repeats.takes(*at))
                .filter_map(|at| unique.get(at))
                .map(|(certificate, spans)| {
                    Certificate::Der(Fact::new(certificate.der.clone(), Basis::Wire, spans.iter().copied()))
                })
                .gathered();
            let rest = if certificates.len() == length {
                Rest::Complete(Fact::new(true, Basis::Declared, []))
            } else {
                Rest::Gap(Gap::new(
                    GapReason::Unsupported,
                    "the input has too many chains of the same authorities: they stand in the first chains alone",
                ))
            };
            Subject::Chain(Box::new(Chain {
                host: host.clone(),
                presented: Presented {
                    certificates,
                    rest,
                    possession: Observed::missing(GapReason::NotReportedByFormat, "no handshake was shown"),
                    tool_trust: Observed::missing(GapReason::NotReportedByFormat, "no tool judged it"),
                },
            }))
        })
        .gathered();
    scans.push(Scan {
        source: source.id(),
        format: ID.to_owned(),
        tool: None,
        tool_version: None,
        command: None,
        started: collected(declared, "a pasted certificate"),
        vantage: None,
        completion: Completion::Finished(Vec::new()),
        subjects,
    });
}

/// How often certificates may be repeated in further chains, so that the evidence stays in proportion to the input.
struct Repeats {
    sizes: Vec<usize>,
    seen: Vec<bool>,
    number: usize,
    bytes: usize,
}

impl Repeats {
    fn of(unique: &[(Found, Vec<Span>)]) -> Self {
        // Room for two authorities above each leaf of a real bundle; what is judged of each costs far more than its bytes.
        const NUMBER: usize = 256;
        const SHARE: usize = 256;
        const BYTES: usize = 1 << 20;
        let sizes: Vec<usize> = unique.iter().map(|(found, _)| found.der.bytes().len()).gathered();
        let total: usize = sizes.iter().sum();
        Self { seen: vec![false; sizes.len()], number: NUMBER + total / SHARE, bytes: BYTES + 4 * total, sizes }
    }

    /// Whether this one may stand in one more chain; the first time it always may.
    fn takes(&mut self, at: usize) -> bool {
        let (Some(seen), Some(size)) = (self.seen.get_mut(at), self.sizes.get(at)) else { return false };
        if !std::mem::replace(seen, true) {
            return true;
        }
        let (Some(number), Some(bytes)) = (self.number.checked_sub(1), self.bytes.checked_sub(*size)) else {
            return false;
        };
        (self.number, self.bytes) = (number, bytes);
        true
    }
}

/// The certificates of one subject name.
#[derive(Default)]
struct Named<'a> {
    all: Vec<usize>,
    /// By subject key identifier; under `None` those that any authority key identifier fits.
    by_key: Map<Option<&'a [u8]>, Vec<usize>>,
}

/// Who may have issued what, by subject name and key identifier as [`ParsedCertificate::issued_by_name`] compares them.
struct Issuers<'a> {
    certificates: &'a [(Found, Vec<Span>)],
    by_subject: Map<&'a [u8], Named<'a>>,
}

impl<'a> Issuers<'a> {
    fn of(certificates: &'a [(Found, Vec<Span>)]) -> Self {
        let mut by_subject: Map<&[u8], Named<'_>> = Map::new();
        for (at, (found, _)) in certificates.iter().enumerate() {
            let Ok(parsed) = found.der.parsed() else { continue };
            let Ok(subject) = &parsed.subject else { continue };
            let key = parsed.extensions.subject_key_identifier.decoded();
            by_subject.update(&subject.der, Named::default, |named| {
                named.all.push(at);
                named.by_key.update(key.map(AsRef::as_ref), Vec::new, |group| group.push(at));
            });
        }
        Self { certificates, by_subject }
    }

    fn parsed(&self, at: usize) -> Option<&'a ParsedCertificate> {
        self.certificates.get(at).and_then(|(found, _)| found.der.parsed().ok())
    }

    fn is_self_issued(&self, at: usize) -> bool {
        self.parsed(at).and_then(ParsedCertificate::is_self_issued) == Some(true)
    }

    /// The name and the key identifier that the issuer must have.
    fn wanted(&self, at: usize) -> Option<(&'a [u8], Option<&'a [u8]>)> {
        let parsed = self.parsed(at)?;
        let issuer = parsed.issuer.as_ref().ok().filter(|issuer| !issuer.is_empty())?;
        let key = parsed.extensions.authority_key_identifier.decoded().and_then(Option::as_ref);
        Some((&issuer.der, key.map(AsRef::as_ref)))
    }

    /// Candidates, in the order of the input; those with the wanted key identifier first.
    fn candidates(&self, name: &'a [u8], key: Option<&'a [u8]>) -> impl Iterator<Item = usize> {
        let named = self.by_subject.get(name);
        let all = named.filter(|_| key.is_none()).map(|named| &named.all);
        let keyed = named.filter(|_| key.is_some()).map(|named| &named.by_key);
        let exact = keyed.and_then(|groups| groups.get(&key));
        let open = keyed.and_then(|groups| groups.get(&None));
        [all, exact, open].into_iter().flatten().flatten().copied()
    }

    /// Which ones may have issued another one.
    fn with_children(&self) -> Vec<bool> {
        let mut wanted = Set::new();
        for at in (0..self.certificates.len()).filter(|at| !self.is_self_issued(*at)) {
            wanted.extend(self.wanted(at));
        }
        let mut flags = vec![false; self.certificates.len()];
        for &(name, key) in wanted.iter() {
            // Where any key fits, or none is named, a group is walked through once for each key that is wanted of it.
            for at in self.candidates(name, key).take(MAX_WALK) {
                if let Some(flag) = flags.get_mut(at) {
                    *flag = true;
                }
            }
        }
        flags
    }

    /// The next one up, that is not in the chain yet.
    fn above(&self, at: usize, chain: &[usize]) -> Option<usize> {
        let (name, key) = self.wanted(at)?;
        self.candidates(name, key).find(|issuer| !chain.contains(issuer))
    }
}

/// Chains by position, leaf first, in the order in which their leaves stand in the input. Every certificate is in at
/// least one.
fn chains_of(certificates: &[(Found, Vec<Span>)]) -> Vec<Vec<usize>> {
    let issuers = Issuers::of(certificates);
    let has_child = issuers.with_children();
    let mut placed = vec![false; certificates.len()];
    let mut chains = Vec::new();
    let leaves_first = (0..certificates.len())
        .filter(|at| has_child.get(*at) == Some(&false))
        .chain((0..certificates.len()).filter(|at| has_child.get(*at) == Some(&true)));
    for leaf in leaves_first {
        if placed.get(leaf) != Some(&false) {
            continue;
        }
        let mut chain = vec![leaf];
        let mut at = leaf;
        while !issuers.is_self_issued(at) && chain.len() < MAX_CHAIN {
            let Some(next) = issuers.above(at, &chain) else { break };
            chain.push(next);
            at = next;
        }
        for at in &chain {
            if let Some(flag) = placed.get_mut(*at) {
                *flag = true;
            }
        }
        chains.push(chain);
    }
    chains
}

/// More candidates than this are not marked for one name and key: those beyond it begin chains of their own.
const MAX_WALK: usize = 256;

/// The longest chain that is followed: more than any client takes.
const MAX_CHAIN: usize = 32;
