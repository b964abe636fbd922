//! Certificates, pasted or in a file: PEM in any wrapping, or DER.
//!
//! A paste has no order: chains are laid out by issuer and subject names and key identifiers. That linkage
//! is for display and for finding the leaf; only verified signatures will make it proof.

use std::collections::BTreeMap;

use super::{Declared, Input, collected};
use crate::diagnostic::{Code, Diagnostic};
use crate::evidence::{
    Basis, Certificate, Chain, Completion, Der, Fact, GapReason, Observed, Presented, Rest, Scan, Subject,
};
use crate::pki::{ParsedCertificate, pem};
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
    der: Vec<u8>,
    span: Span,
    parsed: Option<ParsedCertificate>,
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
    let mut rest = input.bytes;
    while !rest.is_empty() {
        let length = match ParsedCertificate::length_in(rest) {
            Ok(length) => length,
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
        match ParsedCertificate::from_der(der) {
            Ok(parsed) => {
                note_problems(&parsed, place, diagnostics);
                found.push(Found { der: der.to_vec(), span: place, parsed: Some(parsed) });
            }
            Err(error) => diagnostics.push(
                Diagnostic::error(
                    Code::InvalidCertificate,
                    format!("`{}` is DER, but no certificate: {error}", input.name),
                )
                .at(place),
            ),
        }
    }
    lay_out(&source, found, declared, scans);
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
        let parsed = match ParsedCertificate::from_der(&block.der) {
            Ok(parsed) => {
                note_problems(&parsed, block.span, diagnostics);
                Some(parsed)
            }
            Err(error) => {
                let message = format!("the certificate cannot be read: {error}");
                diagnostics.push(Diagnostic::error(Code::InvalidCertificate, message).at(block.span));
                None
            }
        };
        found.push(Found { der: block.der, span: block.span, parsed });
    }
    lay_out(source, found, declared, scans);
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

fn lay_out(source: &SourceText, found: Vec<Found>, declared: &Declared, scans: &mut Vec<Scan>) {
    let mut unique: Vec<(Found, Vec<Span>)> = Vec::new();
    let mut places: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
    for certificate in found {
        match places.get(&certificate.der) {
            Some(at) => {
                if let Some((_, spans)) = unique.get_mut(*at) {
                    spans.push(certificate.span);
                }
            }
            None => {
                places.insert(certificate.der.clone(), unique.len());
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
    let subjects = chains
        .into_iter()
        .map(|members| {
            let certificates: Vec<Certificate> = members
                .iter()
                .filter_map(|at| unique.get(*at))
                .map(|(certificate, spans)| {
                    Certificate::Der(Fact::new(Der(certificate.der.clone()), Basis::Wire, spans.iter().copied()))
                })
                .collect();
            Subject::Chain(Box::new(Chain {
                host: host.clone(),
                presented: Presented {
                    certificates,
                    rest: Rest::Complete(Fact::new(true, Basis::Declared, [])),
                    possession: Observed::missing(GapReason::NotReportedByFormat, "no handshake was shown"),
                    tool_trust: Observed::missing(GapReason::NotReportedByFormat, "no tool judged it"),
                },
            }))
        })
        .collect();
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

/// Chains by position, leaf first, in the order in which their leaves stand in the input. Every certificate is in at
/// least one.
fn chains_of(certificates: &[(Found, Vec<Span>)]) -> Vec<Vec<usize>> {
    let parsed = |at: usize| certificates.get(at).and_then(|(found, _)| found.parsed.as_ref());
    let mut by_subject: BTreeMap<Vec<u8>, Vec<usize>> = BTreeMap::new();
    for at in 0..certificates.len() {
        if let Some(subject) = parsed(at).and_then(|parsed| Some(&parsed.subject.as_ref().ok()?.der)) {
            by_subject.entry(subject.to_vec()).or_default().push(at);
        }
    }
    let issuers = |at: usize| -> Vec<usize> {
        let Some(child) = parsed(at) else { return Vec::new() };
        let named = child.issuer.as_ref().ok().and_then(|issuer| by_subject.get(&issuer.der));
        named
            .into_iter()
            .flatten()
            .copied()
            .filter(|issuer| *issuer != at && parsed(*issuer).is_some_and(|issuer| child.issued_by_name(issuer)))
            .collect()
    };
    let mut has_child = vec![false; certificates.len()];
    for at in 0..certificates.len() {
        if parsed(at).and_then(ParsedCertificate::is_self_issued) == Some(true) {
            continue;
        }
        for issuer in issuers(at) {
            if let Some(flag) = has_child.get_mut(issuer) {
                *flag = true;
            }
        }
    }
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
        while parsed(at).and_then(ParsedCertificate::is_self_issued) != Some(true) && chain.len() < MAX_CHAIN {
            let Some(next) = issuers(at).into_iter().find(|issuer| !chain.contains(issuer)) else { break };
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

/// The longest chain that is followed: more than any client takes.
const MAX_CHAIN: usize = 32;
