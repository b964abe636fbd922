//! The chains of a target: PEM in one line, blanks for line ends in 3.0, `\n` in 3.3.

use std::collections::BTreeMap;

use super::rows::{Row, Rows};
use crate::diagnostic::{Code, Diagnostic};
use crate::evidence::{
    Basis, Certificate, Der, Fact, Gap, GapReason, Observed, Presented, ReportedCertificate, Rest, ToolTrust,
};
use crate::formats::certificates::note_problems;
use crate::pki::{ParsedCertificate, pem};
use crate::source::sha256_hex;
use crate::time::Timestamp;

/// Everything that is said of one of the server's certificates.
#[derive(Default)]
struct Group<'d> {
    rows: Vec<(String, Row<'d>)>,
    intermediates: Vec<(u32, Row<'d>)>,
}

impl<'d> Group<'d> {
    fn row(&self, id: &str) -> Option<Row<'d>> {
        self.rows.iter().find(|(known, _)| known == id).map(|(_, row)| *row)
    }

    /// A finding that speaks of the server, not of the scan.
    fn finding(&self, id: &str) -> Option<(String, Row<'d>)> {
        let row = self.row(id).filter(|row| !row.is_untested())?;
        Some((row.finding()?.trim().to_owned(), row))
    }
}

/// The chains, and whether these are all that the server has.
pub(super) fn chains(rows: &Rows<'_>, diagnostics: &mut Vec<Diagnostic>) -> (Vec<Presented>, Rest) {
    let mut groups: BTreeMap<u32, Group<'_>> = BTreeMap::new();
    for (id, row) in rows.iter() {
        let (base, numbers) = numbered(id);
        let leaf = number_of(&numbers, "cert#").unwrap_or(1);
        if base == "intermediate_cert" {
            let position = number_of(&numbers, "#").unwrap_or(1);
            groups.entry(leaf).or_default().intermediates.push((position, row));
        } else if base != "cert_numbers" && (base == "cert" || base.starts_with("cert_") || base == "certs_countServer")
        {
            groups.entry(leaf).or_default().rows.push((base.to_owned(), row));
        }
    }
    let mut shown: Vec<Presented> = Vec::new();
    for group in groups.values() {
        let first = presented(group, diagnostics);
        let others = repeated(group, first.as_ref(), diagnostics);
        shown.extend(first.into_iter().chain(others));
    }
    let rest = match rows.first("cert_numbers").filter(|row| !row.is_untested()) {
        Some(row) => match row.finding().and_then(|count| count.trim().parse::<usize>().ok()) {
            Some(count) if count == shown.len() && count > 0 => {
                Rest::Complete(Fact::new(true, Basis::Wire, [row.span()]))
            }
            Some(count) => Rest::Gap(
                Gap::new(
                    GapReason::Truncated,
                    format!("the server has {count} certificates, and the report shows {}", shown.len()),
                )
                .at([row.span()]),
            ),
            None => Rest::Gap(
                Gap::new(GapReason::Unsupported, "how many certificates the server has is not a number")
                    .at([row.span()]),
            ),
        },
        None if shown.is_empty() => {
            Rest::Gap(Gap::new(GapReason::NotAttempted, "the report has no certificates (testssl.sh -S shows them)"))
        }
        None => {
            Rest::Gap(Gap::new(GapReason::Truncated, "the report does not say how many certificates the server has"))
        }
    };
    (shown, rest)
}

/// `cert_keySize <cert#2>` is `cert_keySize` and `cert#2`.
fn numbered(id: &str) -> (&str, Vec<&str>) {
    let mut parts = id.split('<');
    let base = parts.next().unwrap_or_default().trim();
    (base, parts.map(|part| part.trim().trim_end_matches('>')).collect())
}

fn number_of(numbers: &[&str], prefix: &str) -> Option<u32> {
    numbers.iter().find_map(|number| number.strip_prefix(prefix)?.parse().ok())
}

fn presented(group: &Group<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Presented> {
    let leaf = match group.row("cert").and_then(|row| decoded(row, diagnostics)) {
        Some(certificate) => {
            check_fingerprint(group, &certificate, diagnostics);
            certificate
        }
        None => reported(group)?,
    };
    let mut certificates = vec![leaf];
    let mut intermediates = group.intermediates.clone();
    intermediates.sort_by_key(|(position, _)| *position);
    let sent = group.finding("certs_countServer").and_then(|(count, row)| Some((count.parse::<usize>().ok()?, row)));
    let listed = intermediates.len() + 1;
    let mut lost = false;
    for (_, row) in &intermediates {
        match decoded(*row, diagnostics) {
            Some(certificate) => certificates.push(certificate),
            None => lost = true,
        }
    }
    let rest = match sent {
        _ if lost => Rest::Gap(Gap::new(GapReason::Unsupported, "an intermediate certificate cannot be decoded")),
        Some((count, row)) if count == listed => Rest::Complete(Fact::new(true, Basis::Wire, [row.span()])),
        Some((count, row)) => {
            let reason = if intermediates.is_empty() { GapReason::NotReportedByFormat } else { GapReason::Truncated };
            Rest::Gap(
                Gap::new(reason, format!("the server sends {count} certificates, and the report has {listed} of them"))
                    .at([row.span()]),
            )
        }
        None => {
            Rest::Gap(Gap::new(GapReason::Truncated, "the report does not say how many certificates the server sends"))
        }
    };
    Some(Presented {
        certificates,
        rest,
        possession: Observed::missing(
            GapReason::NotReportedByFormat,
            "testssl.sh does not say that the handshake was verified",
        ),
        tool_trust: trust(group),
    })
}

/// Leaves that stand under the same id as another: the file holds several scans of the target.
fn repeated(group: &Group<'_>, first: Option<&Presented>, diagnostics: &mut Vec<Diagnostic>) -> Vec<Presented> {
    let known = first.and_then(|presented| presented.certificates.first());
    let mut others: Vec<Presented> = Vec::new();
    for (_, row) in group.rows.iter().filter(|(id, _)| id == "cert").skip(1) {
        let Some(Certificate::Der(leaf)) = decoded(*row, diagnostics) else { continue };
        if matches!(known, Some(Certificate::Der(first)) if first.value == leaf.value) {
            continue;
        }
        let gap =
            Gap::new(GapReason::Unsupported, "the report has several scans of this target, mixed").at([row.span()]);
        others.push(Presented {
            certificates: vec![Certificate::Der(leaf)],
            rest: Rest::Gap(gap.clone()),
            possession: Observed::NotObserved(gap.clone()),
            tool_trust: Observed::NotObserved(gap),
        });
    }
    others
}

fn decoded(row: Row<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Certificate> {
    let text = row.finding()?;
    match pem::decode_text(&text) {
        Ok(der) => {
            match ParsedCertificate::from_der(&der) {
                Ok(parsed) => note_problems(&parsed, row.span(), diagnostics),
                Err(error) => diagnostics.push(
                    Diagnostic::error(
                        Code::InvalidCertificate,
                        format!("the certificate in `{}` cannot be read: {error}", row.id()),
                    )
                    .at(row.span()),
                ),
            }
            Some(Certificate::Der(Fact::new(Der(der), Basis::Wire, [row.span()])))
        }
        Err(message) => {
            diagnostics.push(Diagnostic::error(Code::InvalidPem, format!("`{}`: {message}", row.id())).at(row.span()));
            None
        }
    }
}

fn check_fingerprint(group: &Group<'_>, certificate: &Certificate, diagnostics: &mut Vec<Diagnostic>) {
    let Certificate::Der(fact) = certificate else { return };
    let Some((stated, row)) = group.finding("cert_fingerprintSHA256") else { return };
    let computed = sha256_hex(&fact.value.0);
    if !stated.replace(':', "").eq_ignore_ascii_case(&computed) {
        diagnostics.push(
            Diagnostic::warning(
                Code::ContradictoryInput,
                format!("the report states the fingerprint {stated}, but the certificate in it has {computed}"),
            )
            .at(row.span()),
        );
    }
}

/// What is said of a certificate whose bytes are not there; nothing if nothing is.
fn reported(group: &Group<'_>) -> Option<Certificate> {
    let fact = |(value, row): (String, Row<'_>)| Fact::new(value, Basis::ToolSays, [row.span()]);
    let key = group.finding("cert_keySize");
    let mut reported = ReportedCertificate {
        sha256: group
            .finding("cert_fingerprintSHA256")
            .map(|(hash, row)| fact((hash.replace(':', "").to_ascii_lowercase(), row))),
        common_name: group.finding("cert_commonName").map(fact),
        words: group.rows.iter().map(|(_, row)| row.span()).take(1).collect(),
        ..ReportedCertificate::default()
    };
    if let Some((text, row)) = key {
        // "RSA 2048 bits (exponent is 65537)", "EC 256 bits"
        let mut words = text.split_whitespace();
        reported.key_algorithm = words.next().map(|family| Fact::new(family.to_owned(), Basis::ToolSays, [row.span()]));
        reported.key_bits =
            words.next().and_then(|bits| bits.parse().ok()).map(|bits| Fact::new(bits, Basis::ToolSays, [row.span()]));
    }
    if let Some((text, row)) = group.finding("cert_notAfter") {
        // "2027-12-23 22:48", in UTC, seconds cut off: the end of that minute is meant by none.
        reported.not_after = format!("{}:59Z", text.replacen(' ', "T", 1))
            .parse::<Timestamp>()
            .ok()
            .map(|end| Fact::new(end, Basis::ToolSays, [row.span()]));
    }
    if let Some((text, row)) = group.finding("cert_trust") {
        let names = match text.as_str() {
            text if text.starts_with("certificate does not match") => Some(false),
            text if text.starts_with("Ok via") => Some(true),
            _ => None,
        };
        reported.names_host = names.map(|value| Fact::new(value, Basis::ToolSays, [row.span()]));
    }
    let says_something = reported.key_bits.is_some()
        || reported.common_name.is_some()
        || reported.not_after.is_some()
        || reported.sha256.is_some();
    says_something.then(|| Certificate::Reported(Box::new(reported)))
}

fn trust(group: &Group<'_>) -> Observed<ToolTrust> {
    let Some((reason, row)) = group.finding("cert_chain_of_trust") else {
        return Observed::missing(GapReason::NotAttempted, "whether the scanner trusts the chain is not stated");
    };
    let trusted = match reason.as_str() {
        text if text.starts_with("passed") => true,
        text if text.contains("failed") => false,
        _ => {
            return Observed::NotObserved(
                Gap::new(GapReason::Unsupported, format!("testssl.sh says `{reason}` of its trust")).at([row.span()]),
            );
        }
    };
    Observed::Known(Fact::new(
        ToolTrust { trusted, reason: format!("`{}`", reason.trim_end_matches('.')) },
        Basis::ToolSays,
        [row.span()],
    ))
}
