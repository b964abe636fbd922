//! The certificates of a target: by their bytes with `--show-certificate`, else as sslscan describes them.

use super::rows::Target;
use crate::diagnostic::Diagnostic;
use crate::evidence::{Certificate, Gap, GapReason, Observed, Presented, Rest};
use crate::formats::stated::{contradiction, shown};
use crate::gathered::Gathered;

/// The chains that were shown. There may be others: sslscan takes the certificate of one handshake.
pub(super) fn chains(target: &Target, diagnostics: &mut Vec<Diagnostic>) -> (Vec<Presented>, Rest) {
    let mut chains = Vec::new();
    if !target.shown.is_empty() {
        let certificates = target.shown.iter().map(|(der, place)| shown(der.clone(), *place, diagnostics)).gathered();
        chains.push(presented(certificates));
    }
    let leaf = target.shown.first();
    for described in &target.described {
        let note = leaf.map(|(der, _)| contradiction(described, der));
        if note == Some(None) {
            continue;
        }
        diagnostics.extend(note.flatten());
        chains.push(presented(vec![Certificate::Reported(Box::new(described.clone()))]));
    }
    let rest = match target.unread_certificate {
        Some(place) => Gap::new(GapReason::Truncated, "a certificate in the report cannot be read").at([place]),
        None => Gap::new(
            GapReason::NotReportedByFormat,
            "sslscan shows the certificate of one handshake, and the server may have others",
        ),
    };
    (chains, Rest::Gap(rest))
}

fn presented(certificates: Vec<Certificate>) -> Presented {
    Presented {
        certificates,
        rest: Rest::Gap(Gap::new(
            GapReason::NotReportedByFormat,
            "sslscan does not say whether the server sent more certificates (before 2.1.4 it shows the leaf only)",
        )),
        possession: Observed::missing(
            GapReason::NotReportedByFormat,
            "sslscan does not say that the handshake was verified",
        ),
        tool_trust: Observed::missing(GapReason::NotAttempted, "whether the scanner trusts the chain is not stated"),
    }
}
