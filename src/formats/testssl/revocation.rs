//! What is said of revocation: `OCSP_stapling`, which asks for a response in every run, and with `--phone-out`
//! `cert_ocspRevoked` and `cert_crlRevoked`.

use super::rows::Rows;
use crate::evidence::{Basis, Endpoint, Fact, ReportedRevocation, RevocationEvidence, Subject};
use crate::formats::revocation::{must_staple, subject};

/// Of several certificates of a server the id carries a number: `OCSP_stapling <cert#2>`.
fn number(id: &str) -> &str {
    id.split_once(' ').map_or("", |(_, number)| number)
}

/// What the rows say of the revocation of an endpoint's certificates.
pub(super) fn subjects(rows: &Rows<'_>, endpoint: &Endpoint) -> Vec<Subject> {
    let mut found = Vec::new();
    for (id, row) in rows.iter() {
        let name = id.split(' ').next().unwrap_or_default();
        if !matches!(name, "OCSP_stapling" | "cert_ocspRevoked" | "cert_crlRevoked") || row.is_untested() {
            continue;
        }
        let Some(finding) = row.finding() else { continue };
        let said = match name {
            "OCSP_stapling" if must_staple(endpoint) => {
                let is_stapled = finding.trim() != "not offered";
                RevocationEvidence::Stapled(Fact::new(is_stapled, Basis::Wire, [row.span()]))
            }
            "cert_ocspRevoked" | "cert_crlRevoked" if finding.trim() == "revoked" => {
                let mut serials = rows
                    .iter()
                    .filter(|(other, _)| other.starts_with("cert_serialNumber") && number(other) == number(id));
                let serial = serials.find_map(|(_, row)| {
                    let digits = row.finding()?.trim().to_ascii_lowercase();
                    let digits = digits.trim_start_matches('0').to_owned();
                    let padded = if digits.len().is_multiple_of(2) { digits } else { format!("0{digits}") };
                    (!padded.is_empty()).then(|| Fact::new(padded, Basis::ToolSays, [row.span()]))
                });
                RevocationEvidence::Reported(Box::new(ReportedRevocation {
                    serial,
                    revoked: Some(Fact::new(true, Basis::ToolSays, [row.span()])),
                    words: vec![row.span()],
                    ..ReportedRevocation::default()
                }))
            }
            _ => continue,
        };
        found.push(subject(Some(endpoint.key.clone()), said));
    }
    found
}
