//! What `-status` prints: that no OCSP response was sent, or what it says. Its bytes are not there.

use crate::evidence::{Basis, Endpoint, Fact, ReportedRevocation, RevocationEvidence, Subject};
use crate::formats::revocation::{must_staple, subject};
use crate::source::SourceText;

/// What stands between these two bytes says of the revocation of an endpoint's certificates.
pub(super) fn subjects(source: &SourceText, (start, end): (usize, usize), endpoint: &Endpoint) -> Vec<Subject> {
    let mut found = Vec::new();
    let mut at = start;
    for line in source.text().get(start..).unwrap_or_default().split_inclusive('\n') {
        // The first line is one of it, whatever comes behind.
        if at > start && at >= end {
            break;
        }
        let place = source.span(at, at + line.trim_end().len());
        let mut add = |said| found.push(subject(Some(endpoint.key.clone()), said));
        let words = line.trim().trim_start_matches(['>', ' ']);
        if let Some(rest) = words.strip_prefix("OCSP response:").filter(|_| must_staple(endpoint)) {
            let is_stapled = rest.trim() != "no response sent";
            add(RevocationEvidence::Stapled(Fact::new(is_stapled, Basis::Wire, [place])));
        } else if words == "Cert Status: revoked" {
            add(RevocationEvidence::Reported(Box::new(ReportedRevocation {
                revoked: Some(Fact::new(true, Basis::ToolSays, [place])),
                words: vec![place],
                ..ReportedRevocation::default()
            })));
        }
        at += line.len();
    }
    found
}
