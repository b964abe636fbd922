//! The chains of a target: PEM in one line, blanks for line ends in 3.0, `\n` in 3.3.

use super::rows::{Row, Rows};
use crate::diagnostic::{Code, Diagnostic};
use crate::evidence::{
    Basis, Certificate, Der, Fact, Gap, GapReason, Observed, Presented, ReportedCertificate, Rest, ToolTrust,
};
use crate::formats::certificates::note_problems;
use crate::gathered::Gathered;
use crate::ordered::{Map, Set};
use crate::pki::name::{Host, NameMatch, match_host, parse_host};
use crate::pki::pem;
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

/// The chains of the target that was asked as `host`, and whether these are all that it has.
pub(super) fn chains(rows: &Rows<'_>, host: Option<&str>, diagnostics: &mut Vec<Diagnostic>) -> (Vec<Presented>, Rest) {
    let mut groups: Map<u32, Group<'_>> = Map::new();
    let mut doubt = None;
    for (id, row) in rows.iter() {
        if !id.starts_with("cert") && !id.starts_with("intermediate_cert") {
            continue;
        }
        let (base, numbers) = numbered(id);
        let is_certificate = base == "cert" || base.starts_with("cert_") || base == "certs_countServer";
        if !is_certificate && base != "intermediate_cert" {
            continue;
        }
        if numbers.iter().any(|number| number_of(&[number], "cert#").or_else(|| number_of(&[number], "#")).is_none()) {
            let message = format!("found the id `{}`; expected the number of a certificate", id.escape_debug());
            diagnostics.push(Diagnostic::error(Code::UnknownValue, message).at(row.span()));
            doubt = doubt.or(Some(Gap::new(GapReason::Unsupported, NUMBERS).at([row.span()])));
        }
        let leaf = number_of(&numbers, "cert#").unwrap_or(1);
        if base == "intermediate_cert" {
            let position = number_of(&numbers, "#").unwrap_or(1);
            groups.update(leaf, Group::default, |group| group.intermediates.push((position, row)));
        } else if base != "cert_numbers" {
            groups.update(leaf, Group::default, |group| group.rows.push((base.to_owned(), row)));
        }
    }
    let mut shown: Vec<Presented> = Vec::new();
    for group in groups.values() {
        let first = presented(group, diagnostics);
        let (others, unread) = repeated(group, first.as_ref(), diagnostics);
        let presented: Vec<Presented> = first.into_iter().chain(others).gathered();
        let contradiction = contradiction(group, &presented, host, diagnostics);
        doubt = doubt.or(unread).or(contradiction);
        shown.extend(presented);
    }
    let rest = doubt.map_or_else(|| all_shown(rows, shown.len()), Rest::Gap);
    (shown, rest)
}

const NUMBERS: &str = "an entry is of a certificate whose number cannot be read";

/// Whether as many certificates are shown as the server is said to have.
fn all_shown(rows: &Rows<'_>, shown: usize) -> Rest {
    let mut counts: Map<Option<usize>, Row<'_>> = Map::new();
    for row in rows.all("cert_numbers") {
        let count = row.finding().filter(|_| !row.is_untested()).and_then(|count| count.trim().parse().ok());
        counts.update(count, || row, |_| ());
    }
    let gap = |reason, detail: String| Rest::Gap(Gap::new(reason, detail).at(counts.values().map(|row| row.span())));
    match (counts.first(), counts.len()) {
        (None, _) if shown == 0 => {
            gap(GapReason::NotAttempted, "the report has no certificates (testssl.sh -S shows them)".to_owned())
        }
        (None, _) => {
            gap(GapReason::Truncated, "the report does not say how many certificates the server has".to_owned())
        }
        (_, 2..) => {
            gap(GapReason::Unsupported, "the report says in two ways how many certificates the server has".to_owned())
        }
        (Some((None, _)), _) => {
            gap(GapReason::Unsupported, "how many certificates the server has is not a number".to_owned())
        }
        (Some((Some(count), row)), _) if *count == shown && shown > 0 => {
            Rest::Complete(Fact::new(true, Basis::Wire, [row.span()]))
        }
        (Some((Some(count), _)), _) => {
            gap(GapReason::Truncated, format!("the server has {count} certificates, and the report shows {shown}"))
        }
    }
}

/// `cert_keySize <cert#2>` is `cert_keySize` and `cert#2`.
fn numbered(id: &str) -> (&str, Vec<&str>) {
    let mut parts = id.split('<');
    let base = parts.next().unwrap_or_default().trim();
    (base, parts.map(|part| part.trim().trim_end_matches('>')).gathered())
}

fn number_of(numbers: &[&str], prefix: &str) -> Option<u32> {
    numbers.iter().find_map(|number| number.strip_prefix(prefix)?.parse().ok())
}

fn presented(group: &Group<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Presented> {
    let leaf = match group.row("cert").and_then(|row| decoded(row, diagnostics)) {
        Some(certificate) => certificate,
        None => reported(group)?,
    };
    let mut certificates = vec![leaf];
    let (intermediates, lost) = intermediates(group, diagnostics);
    let listed = intermediates.len() + 1;
    certificates.extend(intermediates);
    let counts: Map<Option<usize>, Row<'_>> = group
        .rows
        .iter()
        .filter(|(id, _)| id == "certs_countServer")
        .map(|(_, row)| {
            let count = row.finding().filter(|_| !row.is_untested()).and_then(|count| count.trim().parse().ok());
            (count, *row)
        })
        .collect();
    let rest = match counts.first() {
        _ if lost => Rest::Gap(Gap::new(GapReason::Unsupported, "an intermediate certificate cannot be decoded")),
        _ if counts.len() > 1 => Rest::Gap(
            Gap::new(GapReason::Unsupported, "the report says in two ways how many certificates the server sends")
                .at(counts.values().map(|row| row.span())),
        ),
        Some((Some(count), row)) if *count == listed => Rest::Complete(Fact::new(true, Basis::Wire, [row.span()])),
        Some((Some(count), row)) => {
            let reason = if listed == 1 { GapReason::NotReportedByFormat } else { GapReason::Truncated };
            Rest::Gap(
                Gap::new(reason, format!("the server sends {count} certificates, and the report has {listed} of them"))
                    .at([row.span()]),
            )
        }
        _ => {
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

/// The intermediates in their order, and whether one was lost: not to be decoded, or another one in the same place.
fn intermediates(group: &Group<'_>, diagnostics: &mut Vec<Diagnostic>) -> (Vec<Certificate>, bool) {
    let mut by_position: Map<u32, Certificate> = Map::new();
    let mut lost = false;
    for (position, row) in &group.intermediates {
        match (decoded(*row, diagnostics), by_position.get(position)) {
            (Some(Certificate::Der(new)), Some(Certificate::Der(known))) => lost |= new.value != known.value,
            (Some(certificate), _) => by_position.insert(*position, certificate),
            (None, _) => lost = true,
        }
    }
    (by_position.into_values().gathered(), lost)
}

/// Leaves that stand under the same id as another: the file holds several scans of the target. Also why there may be
/// leaves that cannot be read.
fn repeated(
    group: &Group<'_>,
    first: Option<&Presented>,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Vec<Presented>, Option<Gap>) {
    let mut known: Set<String> = first.into_iter().filter_map(leaf).map(|leaf| leaf.sha256().to_owned()).collect();
    let mut others: Vec<Presented> = Vec::new();
    let unreadable = |row: Row<'_>| Gap::new(GapReason::Unsupported, "a certificate cannot be read").at([row.span()]);
    let leaves = group.rows.iter().filter(|(id, _)| id == "cert");
    // The first one was decoded, and said so, with the chain.
    let mut unread = group.row("cert").filter(|_| first.and_then(leaf).is_none()).map(unreadable);
    for (_, row) in leaves.skip(1) {
        let Some(Certificate::Der(leaf)) = decoded(*row, diagnostics) else {
            unread = unread.or(Some(unreadable(*row)));
            continue;
        };
        if !known.insert(leaf.value.sha256().to_owned()) {
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
    (others, unread)
}

/// A chain's leaf, where its bytes are there.
fn leaf(presented: &Presented) -> Option<&Der> {
    match presented.certificates.first()? {
        Certificate::Der(fact) => Some(&fact.value),
        Certificate::Reported(_) => None,
    }
}

fn decoded(row: Row<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Certificate> {
    let Some(text) = row.finding() else {
        let message = format!("`{}`: expected a PEM certificate, found no text", row.id());
        diagnostics.push(Diagnostic::error(Code::InvalidPem, message).at(row.span()));
        return None;
    };
    match pem::decode_text(&text) {
        Ok(der) => {
            let der = Der::new(der);
            match der.parsed() {
                Ok(parsed) => note_problems(parsed, row.span(), diagnostics),
                Err(error) => diagnostics.push(
                    Diagnostic::error(
                        Code::InvalidCertificate,
                        format!("the certificate in `{}` cannot be read: {error}", row.id()),
                    )
                    .at(row.span()),
                ),
            }
            Some(Certificate::Der(Fact::new(der, Basis::Wire, [row.span()])))
        }
        Err(message) => {
            diagnostics.push(Diagnostic::error(Code::InvalidPem, format!("`{}`: {message}", row.id())).at(row.span()));
            None
        }
    }
}

/// Why the certificates that are shown may not be those that the report speaks of.
fn contradiction(
    group: &Group<'_>,
    shown: &[Presented],
    host: Option<&str>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Gap> {
    let leaves: Vec<&Der> = shown.iter().filter_map(leaf).gathered();
    if leaves.is_empty() {
        return None;
    }
    let computed: Set<String> = leaves.iter().map(|leaf| leaf.sha256().to_owned()).collect();
    let mut contradictions: Vec<(String, Row<'_>)> = Vec::new();
    let all = |id: &'static str| group.rows.iter().filter(move |(known, _)| known == id).map(|(_, row)| *row);
    for row in all("cert_fingerprintSHA256") {
        let stated = row.finding().filter(|_| !row.is_untested()).unwrap_or_default();
        let stated = stated.trim();
        let is_shown = computed.contains(&stated.replace(':', "").to_ascii_lowercase());
        if !stated.is_empty() && !is_shown && contradictions.is_empty() {
            let found = computed.iter().next().map(String::as_str).unwrap_or_default();
            contradictions.push((
                format!("the report states the fingerprint {stated}, but the certificate in it has {found}"),
                row,
            ));
        }
    }
    // testssl.sh compares names only: of an address it says the same whatever the certificate names.
    let host = host.and_then(|host| parse_host(host).ok()).filter(|host| matches!(host, Host::Dns(_)));
    let denied = all("cert_trust").find(|row| {
        row.finding()
            .is_some_and(|finding| finding.trim().to_ascii_lowercase().starts_with("certificate does not match"))
    });
    if let (Some(host), Some(row)) = (host, denied) {
        let names_host = |leaf: &&Der| {
            leaf.parsed().is_ok_and(|parsed| matches!(match_host(&host, parsed), NameMatch::Matches { .. }))
        };
        if leaves.iter().all(names_host) {
            let message = "testssl.sh says that the certificate does not match, but the certificate names the host";
            contradictions.push((message.to_owned(), row));
        }
    }
    let first = contradictions.first().map(|(_, row)| {
        Gap::new(GapReason::Unsupported, "the report speaks of another certificate than the one in it").at([row.span()])
    });
    for (message, row) in contradictions {
        diagnostics.push(Diagnostic::warning(Code::ContradictoryInput, message).at(row.span()));
    }
    first
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
        words: group.rows.iter().map(|(_, row)| row.span()).take(1).gathered(),
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
