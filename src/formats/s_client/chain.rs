//! The chain of a session: what was sent, in its order, by the bytes that were printed.

use std::iter::Peekable;
use std::vec::IntoIter;

use super::line::Label;
use super::session::{Entry, Session};
use crate::diagnostic::{Code, Diagnostic};
use crate::evidence::{Basis, Certificate, Der, Fact, Gap, GapReason, Observed, Presented, Rest, ToolTrust};
use crate::formats::Sink;
use crate::formats::stated::{contradiction, shown};
use crate::pki::pem;

/// Gives each session its chains; certificates that are of none go to the others that were pasted.
pub(super) fn take<'t>(
    sessions: Vec<Session<'t>>,
    start: usize,
    end: usize,
    sink: &mut Sink<'_>,
) -> Vec<(Session<'t>, Vec<Presented>)> {
    let before = sink.certificates.len();
    sink.pem(start, end);
    let mut blocks = Blocks(sink.certificates.split_off(before).into_iter().peekable());
    let mut taken = Vec::new();
    for session in sessions {
        sink.certificates.extend(blocks.before(session.place.start as usize));
        if let Some((start, end)) = session.status {
            sink.certificates.extend(blocks.before(start));
            // Those of the responder are no chain of the service.
            drop(blocks.before(end));
        }
        let chains = if is_shown(&session) { chains(&session, &mut blocks, sink) } else { Vec::new() };
        sink.certificates.extend(blocks.before(session.end));
        taken.push((session, chains));
    }
    sink.certificates.extend(blocks.0);
    taken
}

/// What is left of the blocks, in order.
struct Blocks(Peekable<IntoIter<pem::Block>>);

impl Blocks {
    /// Takes those that begin before this byte.
    fn before(&mut self, end: usize) -> Vec<pem::Block> {
        std::iter::from_fn(|| self.0.next_if(|block| (block.span.start as usize) < end)).collect()
    }
}

/// Whether the handshake that showed certificates came to its end, and was not the continuation of another one.
fn is_shown(session: &Session<'_>) -> bool {
    let agreed = session.first(Label::New).is_some_and(|(words, _)| !words.contains("(NONE)"));
    agreed && !session.has(Label::Reused) && !session.has(Label::Error)
}

fn chains(session: &Session<'_>, blocks: &mut Blocks, sink: &mut Sink<'_>) -> Vec<Presented> {
    let ends = session.entries.iter().skip(1).map(|entry| entry.start);
    let chain_end = session.chain_end.or(session.leaf.map(|(start, _)| start)).unwrap_or(session.end);
    let ends: Vec<usize> = ends.chain([chain_end]).collect();
    let mut lost = false;
    let mut sent: Vec<(Option<pem::Block>, &Entry)> = Vec::new();
    for (entry, end) in session.entries.iter().zip(ends) {
        sink.certificates.extend(blocks.before(entry.start));
        let mut found = blocks.before(end).into_iter();
        let first = found.next();
        let others: Vec<_> = found.collect();
        let text = sink.source.text().get(entry.start..end).unwrap_or_default();
        lost |= !others.is_empty() || first.is_none() && text.contains("-----");
        sent.push((first, entry));
        sink.certificates.extend(others);
    }
    let mut leaf = None;
    if let Some((start, Some(end))) = session.leaf {
        sink.certificates.extend(blocks.before(start));
        let mut found = blocks.before(end).into_iter();
        leaf = found.next();
        sink.certificates.extend(found);
    }
    let mut chains = Vec::new();
    let mut leaf = match (leaf, sent.first_mut()) {
        (Some(leaf), Some((first @ None, _))) => {
            *first = Some(leaf);
            None
        }
        (Some(leaf), Some((Some(first), _))) if first.der == leaf.der => None,
        (leaf, _) => leaf,
    };
    if sent.is_empty() {
        let certificates: Vec<_> =
            leaf.take().into_iter().map(|block| shown(Der::new(block.der), block.span, sink.diagnostics)).collect();
        let gap = Gap::new(GapReason::Truncated, "the list of the certificates that were sent is not there");
        chains.extend((!certificates.is_empty()).then(|| presented(session, certificates, Rest::Gap(gap))));
        return chains;
    }
    let numbered = session.entries.iter().enumerate().all(|(at, entry)| entry.number == at);
    let is_whole = numbered && !lost && session.chain_end.is_some() && session.issuers == session.entries.len();
    let heading = session.first(Label::Chain).map(|(_, place)| place);
    let rest = if is_whole {
        Rest::Complete(Fact::new(true, Basis::Wire, heading))
    } else {
        let detail = "a part of the list of the certificates that were sent is missing or cannot be read";
        Rest::Gap(Gap::new(GapReason::Truncated, detail).at(heading))
    };
    let mut certificates = Vec::new();
    for (block, entry) in sent {
        match block {
            Some(block) => {
                let der = Der::new(block.der);
                let note = contradiction(&entry.described, &der);
                if note.is_some() {
                    let reported = Certificate::Reported(Box::new(entry.described.clone()));
                    let gap = Gap::new(GapReason::Unsupported, "what is said of a certificate contradicts its bytes");
                    chains.push(presented(session, vec![reported], Rest::Gap(gap)));
                }
                sink.diagnostics.extend(note);
                certificates.push(shown(der, block.span, sink.diagnostics));
            }
            None => certificates.push(Certificate::Reported(Box::new(entry.described.clone()))),
        }
    }
    chains.insert(0, presented(session, certificates, rest));
    if let Some(other) = leaf {
        let message = "the server's certificate is another one than the first that was sent; both are judged";
        sink.diagnostics.push(Diagnostic::error(Code::ContradictoryInput, message).at(other.span));
        let gap =
            Gap::new(GapReason::Unsupported, "the report shows two certificates as the server's").at([other.span]);
        let certificates = vec![shown(Der::new(other.der), other.span, sink.diagnostics)];
        chains.push(presented(session, certificates, Rest::Gap(gap)));
    }
    chains
}

fn presented(session: &Session<'_>, certificates: Vec<Certificate>, rest: Rest) -> Presented {
    Presented {
        certificates,
        rest,
        possession: match session.first(Label::Signature) {
            Some((_, place)) => Observed::Known(Fact::new(true, Basis::ToolSays, [place])),
            None => Observed::missing(GapReason::NotReportedByFormat, "no signature of the handshake was shown"),
        },
        tool_trust: trust(session),
    }
}

/// `OK` or `0 (ok)`; `unable to get local issuer certificate`, or `20 (unable to get local issuer certificate)`.
fn trust(session: &Session<'_>) -> Observed<ToolTrust> {
    let words = || session.all(Label::Verification);
    let is_fine = |words: &str| matches!(words, "OK" | "0 (ok)");
    match words().find(|(words, _)| !is_fine(words)).or_else(|| words().next()) {
        Some((said, place)) => {
            let trust = ToolTrust { trusted: is_fine(said), reason: format!("`{said}`") };
            Observed::Known(Fact::new(trust, Basis::ToolSays, [place]))
        }
        None => Observed::missing(GapReason::Truncated, "what the client thinks of the chain is not there"),
    }
}
