//! What the rules about certificates share: every certificate once, then what was not shown.

use super::{Draft, Findings, Subject};
use crate::evidence::{CertificateView, Dossier, Gap, GapReason};

/// Judges each certificate of `subject` once, then says what keeps them from being all that there are.
pub(super) fn each_certificate(
    subject: &Subject<'_>,
    required: &str,
    findings: &mut Findings,
    judge: &dyn Fn(&CertificateView<'_>) -> Draft,
) {
    let mut seen: Vec<&str> = Vec::new();
    for certificate in subject.chains().iter().flat_map(|chain| &chain.certificates) {
        if let Some(hash) = certificate.sha256.as_deref() {
            if certificate.parsed.is_some() && seen.contains(&hash) {
                continue;
            }
            seen.push(hash);
        }
        findings.add(judge(certificate).required(required));
    }
    not_all_shown(subject.certificate_gaps(), required, findings);
}

/// Judges the leaf of each chain of `subject`, then says what keeps the chains from being all that there are.
/// `required` stands where `judge` does not say it.
pub(super) fn each_leaf(
    subject: &Subject<'_>,
    required: &str,
    findings: &mut Findings,
    judge: &dyn Fn(&CertificateView<'_>) -> Draft,
) {
    for leaf in subject.chains().iter().filter_map(|chain| chain.leaf()) {
        let draft = judge(leaf);
        findings.add(if draft.required.is_empty() { draft.required(required) } else { draft });
    }
    not_all_shown(other_chains(subject), required, findings);
}

/// What keeps the chains from being all that there are.
pub(super) fn other_chains(subject: &Subject<'_>) -> Vec<Gap> {
    let mut gaps = subject.endpoint().map(Dossier::chain_gaps).unwrap_or_default();
    if subject.chains().is_empty() && gaps.is_empty() {
        gaps.push(Gap::new(GapReason::NotAttempted, "no certificate was shown"));
    }
    gaps
}

/// Says that certificates may be missing, if they may.
pub(super) fn not_all_shown(gaps: Vec<Gap>, required: &str, findings: &mut Findings) {
    if !gaps.is_empty() {
        findings.add(
            Draft::unknown("Not every certificate of this service was shown.", gaps)
                .required(required)
                .facet("not-shown"),
        );
    }
}

/// An answer for a certificate whose bytes cannot be read or are not there.
pub(super) fn unreadable(certificate: &CertificateView<'_>, what: &str) -> Draft {
    let (summary, gap) = match certificate.parsed {
        Some(Err(error)) => (
            format!("The certificate cannot be decoded, so {what} is not known."),
            Gap::new(GapReason::Unsupported, error.to_string()),
        ),
        Some(Ok(_)) => (
            format!("The part of the certificate that holds {what} cannot be decoded."),
            Gap::new(GapReason::Unsupported, format!("{what} cannot be decoded")),
        ),
        None => (
            format!("Only a tool's description of the certificate is there; {what} is not proven."),
            Gap::new(GapReason::NotReportedByFormat, "the bytes of the certificate were not shown"),
        ),
    };
    Draft::unknown(summary, vec![gap.at(certificate.words().iter().copied())]).certificate(certificate, what)
}

/// What a certificate is called in a sentence: its role and its common name.
pub(super) fn called(certificate: &CertificateView<'_>) -> String {
    let role = if certificate.is_leaf { "the certificate" } else { "the CA certificate" };
    let name =
        certificate.decoded().and_then(|parsed| parsed.common_names().first().map(|name| format!("{role} `{name}`")));
    name.unwrap_or_else(|| role.to_owned())
}
