//! For a partner who sets up forced TLS: what identifies each certificate, as text and as Markdown.
//!
//! The attributes are those of Microsoft's "TLS certificate information for Exchange Online", with the hashes that make
//! them proof. `--sheet` reads both forms again and compares.

use std::fmt::Write as _;

use super::{markdown::escaped, printable};
use crate::gathered::Gathered;
use crate::pki::path::ChainAnswer;
use crate::report::{CertificateSummary, Report};
use crate::sheet::{Attribute, NOTHING};

const ABOUT: &str = "What identifies each certificate. Compare the SHA-256 values, and agree on them\nover another channel than the \
                     connection itself: names prove nothing.";
const NOT_PROVEN: &str = "(not proven)";

/// One certificate of a sheet.
struct Entry<'r> {
    leaf: &'r CertificateSummary,
    answer: Option<&'r ChainAnswer>,
    host: Option<&'r str>,
    services: Vec<&'r str>,
}

/// The sheet as text.
#[must_use]
pub fn sheet(report: &Report) -> String {
    let mut out = format!("Hand-off sheet\n\n{ABOUT}\n{}\n", made(report));
    let entries = entries(report);
    for (position, entry) in entries.iter().enumerate() {
        let _ = writeln!(out, "\nCertificate {} of {}\n", position + 1, entries.len());
        for (label, value) in rows(report, entry) {
            let label = format!("{label}:");
            let _ = writeln!(out, "{label:<36}{}", printable(&value).trim());
        }
    }
    out
}

/// The sheet as Markdown.
#[must_use]
pub fn sheet_markdown(report: &Report) -> String {
    let mut out = format!("# Hand-off sheet\n\n{ABOUT}\n\n{}\n", escaped(&made(report)));
    let entries = entries(report);
    for (position, entry) in entries.iter().enumerate() {
        let _ =
            writeln!(out, "\n## Certificate {} of {}\n\n| Attribute | Value |\n|---|---|", position + 1, entries.len());
        for (label, value) in rows(report, entry) {
            let _ = writeln!(out, "| {label} | {} |", escaped(value.trim()));
        }
    }
    out
}

fn made(report: &Report) -> String {
    let store = report.roots.as_ref();
    let roots = store.map_or_else(
        || "no roots were chosen, so no chain was verified".to_owned(),
        |store| format!("chains verified against the store {} of {}", store.name, store.date.date()),
    );
    let hash = &report.result_sha256;
    format!("Made by {} as at {}; {roots}; from the report with SHA-256 {hash}", report.generator, report.at)
}

fn entries(report: &Report) -> Vec<Entry<'_>> {
    let certificate = |sha256: &str| report.certificates.iter().find(|one| one.sha256 == sha256);
    let mut entries: Vec<Entry<'_>> = Vec::new();
    for answer in &report.chains {
        let host = answer.host.as_deref();
        let Some(leaf) = certificate(&answer.leaf) else { continue };
        if !entries.iter().any(|known| known.leaf.sha256 == answer.leaf && known.host == host) {
            entries.push(Entry { leaf, answer: Some(answer), host, services: Vec::new() });
        }
    }
    let mut chained: Vec<&str> = Vec::new();
    for endpoint in &report.endpoints {
        for sha256 in endpoint.chains.iter().filter_map(|chain| chain.first()) {
            chained.extend(endpoint.chains.iter().flatten().map(String::as_str));
            let Some(leaf) = certificate(sha256) else { continue };
            let is_entry = |known: &&mut Entry<'_>| {
                let names = |host: &str| endpoint.label.strip_prefix(host).is_some_and(|rest| rest.starts_with(':'));
                known.leaf.sha256 == *sha256 && known.host.is_none_or(names)
            };
            match entries.iter_mut().find(is_entry) {
                Some(known) => known.services.push(&endpoint.label),
                None => entries.push(Entry { leaf, answer: None, host: None, services: vec![&endpoint.label] }),
            }
        }
    }
    // Pasted chains that no roots were chosen for: a leaf is what nothing else names as its issuer.
    for leaf in report.certificates.iter().filter(|_| report.roots.is_none()) {
        let issued = |other: &CertificateSummary| other.sha256 != leaf.sha256 && other.issuer == leaf.subject;
        let known = chained.contains(&leaf.sha256.as_str()) || entries.iter().any(|one| one.leaf.sha256 == leaf.sha256);
        if !known && !leaf.subject.is_empty() && !report.certificates.iter().any(issued) {
            entries.push(Entry { leaf, answer: None, host: None, services: Vec::new() });
        }
    }
    entries
}

/// The rows of one certificate: how the sheet writes the attribute, and its value.
fn rows(report: &Report, entry: &Entry<'_>) -> Vec<(&'static str, String)> {
    use Attribute::{
        AlternativeNames, Certificate, Host, IssuingCa, KeyStrength, Name, Organization, OrganizationUnit, PublicKey,
        Root, RootCertificate, RootKey, ValidFrom, ValidUntil,
    };
    let Entry { leaf, answer, host, services } = entry;
    let path = answer.and_then(|answer| answer.paths.iter().find(|path| path.is_proof()));
    let list = |names: &[String]| if names.is_empty() { NOTHING.to_owned() } else { names.join(", ") };
    let or = |value: Option<String>, absent: &str| value.unwrap_or_else(|| absent.to_owned());
    let end = path.map(|path| &path.ends_in);
    let names: Vec<String> =
        leaf.names.iter().map(|name| name.strip_prefix("IP ").unwrap_or(name).to_owned()).gathered();
    let issuer = path.and_then(|path| path.certificates.get(1));
    let issuer = issuer.and_then(|sha256| report.certificates.iter().find(|one| one.sha256 == *sha256));
    let issuer = issuer.map_or(&leaf.issuer, |issuer| &issuer.subject);
    let time = |time: Option<crate::Timestamp>| time.map(|time| time.to_string());
    let mut rows = Vec::new();
    if !services.is_empty() {
        rows.push(("Service", services.join(", ")));
    }
    let attributes = [
        (Host, host.map(str::to_owned).unwrap_or_else(|| "(not stated)".to_owned())),
        (Root, or(end.map(|end| common_name(&end.name).to_owned()), NOT_PROVEN)),
        (RootCertificate, or(end.and_then(|end| end.sha256.clone()), NOT_PROVEN)),
        (RootKey, or(end.and_then(|end| end.spki_sha256.clone()), NOT_PROVEN)),
        (IssuingCa, common_name(issuer).to_owned()),
        (Name, list(&leaf.common_names)),
        (AlternativeNames, list(&names)),
        (Organization, list(&leaf.organizations)),
        (OrganizationUnit, list(&leaf.organizational_units)),
        (KeyStrength, leaf.key.clone()),
        (ValidFrom, or(time(leaf.not_before), NOTHING)),
        (ValidUntil, or(time(leaf.not_after), NOTHING)),
        (Certificate, leaf.sha256.clone()),
        (PublicKey, or(leaf.spki_sha256.clone(), NOTHING)),
    ];
    rows.extend(attributes.map(|(attribute, value)| (attribute.label(), value)));
    if let (None, Some(why)) = (path, answer.and_then(|answer| answer.nearest_miss.as_ref())) {
        rows.push(("Not proven because", why.clone()));
    }
    rows
}

/// The common name in a distinguished name as reports write it; the whole of it where it has none.
fn common_name(name: &str) -> &str {
    name.split(", ").find_map(|part| part.strip_prefix("CN=")).unwrap_or(name)
}
