//! What stands behind the findings: exceptions, attestations, what was seen, the rules, and how to repeat all of it.

use std::fmt::Write as _;

use super::{Quote, Sentence, Words, cell, clause, instant, quoted_cell, rows, section, table};
use crate::diagnostic::Severity;
use crate::gathered::Gathered;
use crate::render::{acceptance_words, addresses, chain_words, place};
use crate::report::{CertificateSummary, EndpointSummary, Report, WaiverState};

pub(super) fn sections(out: &mut String, report: &Report) {
    exceptions(out, report);
    attestations(out, report);
    endpoints(out, report);
    stores(out, report);
    certificates(out, report);
    ca_addresses(out, report);
    rules(out, report);
    diagnostics(out, report);
    reproduction(out, report);
}

fn exceptions(out: &mut String, report: &Report) {
    let applied: Vec<_> =
        report.findings.iter().filter_map(|finding| Some((finding, finding.exception.as_ref()?))).gathered();
    if applied.is_empty() {
        return;
    }
    section(out, "Exceptions");
    out.push_str("<p>Names of people stand here as the policy states them.</p>\n");
    let rows = applied.into_iter().map(|(finding, exception)| {
        let waiver = &exception.waiver;
        let state = match exception.state {
            WaiverState::Accepted => "holds",
            WaiverState::Expired => "has ended",
            WaiverState::NotYetGranted => "has not begun",
        };
        vec![
            format!("{}<br /><small>{state}</small>", cell(&waiver.id)),
            format!("{}<br /><small>{}</small>", quoted_cell(&waiver.rule), quoted_cell(&finding.subject.label)),
            cell(&waiver.reason),
            cell(&waiver.approver),
            cell(&waiver.owner),
            format!("{} to {}", instant(waiver.granted), instant(waiver.expires)),
        ]
    });
    table(out, &["Exception", "Rule and subject", "Reason", "Approved by", "Owner", "Runs"], rows);
    out.push_str("</section>\n");
}

fn attestations(out: &mut String, report: &Report) {
    if report.attestations.is_empty() {
        return;
    }
    section(out, "Attestations");
    out.push_str("<p>What no connection shows. These are the supplier's statements; nothing here was checked.</p>\n");
    let rows = report.attestations.iter().map(|attestation| {
        let ended = if report.now >= attestation.expires { " (ended)" } else { "" };
        vec![
            cell(&attestation.id),
            cell(&attestation.statement),
            format!("{}, {}", cell(&attestation.document), instant(attestation.date)),
            cell(&attestation.owner),
            format!("{}{ended}", instant(attestation.expires)),
        ]
    });
    table(out, &["Attestation", "Statement", "Document", "Stated by", "Until"], rows);
    out.push_str("</section>\n");
}

fn endpoints(out: &mut String, report: &Report) {
    if report.endpoints.is_empty() {
        return;
    }
    section(out, "Services, as they were shown");
    for endpoint in &report.endpoints {
        let _ = writeln!(out, "<h3>{}</h3>", Quote(&endpoint.label));
        let mut facts = vec![("Protocol versions", versions(endpoint)), ("Suites accepted", suites(endpoint))];
        if let Some(flow) = endpoint.flow {
            facts.insert(0, ("Flow", flow.words().to_owned()));
        }
        for chain in &endpoint.chains {
            let hashes = chain.iter().map(|hash| if hash.is_empty() { "not known" } else { hash.as_str() });
            let hashes: Vec<String> = hashes.map(quoted_cell).gathered();
            facts.push(("Chain, leaf first", hashes.join("<br />")));
        }
        rows(out, &facts);
    }
    out.push_str("</section>\n");
}

fn versions(endpoint: &EndpointSummary) -> String {
    let versions: Vec<String> = endpoint
        .versions
        .iter()
        .map(|version| {
            let offered = match version.offered {
                Some(true) => "offered",
                Some(false) => "not offered",
                None => "not known",
            };
            cell(&format!("{} {offered}", version.version))
        })
        .gathered();
    versions.join(", ")
}

fn suites(endpoint: &EndpointSummary) -> String {
    let suites: Vec<String> = endpoint
        .suites
        .iter()
        .map(|suite| {
            let version = suite.version.map(|version| format!(" ({version})")).unwrap_or_default();
            format!("{}{}", quoted_cell(&suite.name), cell(&version))
        })
        .gathered();
    let rest = if endpoint.suites_complete { "no other" } else { "others are not ruled out" };
    if suites.is_empty() { rest.to_owned() } else { format!("{}<br />{rest}", suites.join("<br />")) }
}

fn stores(out: &mut String, report: &Report) {
    if report.acceptances.is_empty() {
        return;
    }
    section(out, "Stores, and the chains that they accept");
    let rows = report.acceptances.iter().flat_map(|chain| chain.answers.iter().map(move |answer| (chain, answer)));
    let rows = rows.map(|(chain, answer)| {
        let (sign, word) = acceptance_words(answer.acceptance);
        vec![cell(&chain_words(report, chain)), cell(&answer.store), format!("{sign} {word}"), cell(&answer.words)]
    });
    table(out, &["Chain", "Store", "Answer", "Why"], rows);
    out.push_str("</section>\n");
}

fn certificates(out: &mut String, report: &Report) {
    if report.certificates.is_empty() {
        return;
    }
    section(out, "Certificates");
    for certificate in &report.certificates {
        let _ = writeln!(out, "<h3>{}</h3>", Words(&certificate.subject));
        rows(out, &certificate_rows(report, certificate));
    }
    out.push_str("</section>\n");
}

fn ca_addresses(out: &mut String, report: &Report) {
    if report.ca_addresses.is_empty() {
        return;
    }
    section(out, addresses::HEADING);
    for words in addresses::PROCEDURES {
        let _ = writeln!(out, "<p>{}</p>", Words(words));
    }
    let rows = report.ca_addresses.iter().map(|address| {
        let urls: Vec<String> = address.urls.iter().map(|url| quoted_cell(url)).gathered();
        vec![
            quoted_cell(&address.host),
            cell(&format!("{} {}", address.scheme, address.port)),
            cell(&addresses::purpose(report, address)),
            urls.join("<br />"),
        ]
    });
    table(out, &["Host", "Scheme and port", "For", "Addresses"], rows);
    out.push_str("</section>\n");
}

fn certificate_rows(report: &Report, certificate: &CertificateSummary) -> Vec<(&'static str, String)> {
    let known = |words: Option<String>| words.unwrap_or_else(|| "not known".to_owned());
    let mut facts = vec![
        ("SHA-256", quoted_cell(&certificate.sha256)),
        ("Issuer", cell(&certificate.issuer)),
        ("Serial number", known(certificate.serial.as_deref().map(quoted_cell))),
        (
            "Valid",
            format!("{} to {}", known(certificate.not_before.map(instant)), known(certificate.not_after.map(instant))),
        ),
        ("Key", cell(&certificate.key)),
        ("Signature", cell(&certificate.signature_algorithm)),
    ];
    if !certificate.names.is_empty() {
        let names: Vec<String> = certificate.names.iter().map(|name| quoted_cell(name)).gathered();
        facts.push(("Names", names.join(", ")));
    }
    facts.extend(certificate.problems.iter().map(|problem| ("Problem", cell(problem))));
    let places: Vec<String> = certificate.words.iter().map(|span| cell(&place(report, *span))).gathered();
    if !places.is_empty() {
        facts.push(("Stands in", places.join(", ")));
    }
    facts
}

fn rules(out: &mut String, report: &Report) {
    section(out, "Rules that were applied");
    let rows = report.rules.iter().map(|rule| {
        let clauses: Vec<String> = rule
            .citations
            .iter()
            .map(|citation| clause(&citation.document, &citation.clause, &citation.url))
            .gathered();
        vec![
            format!("{}<br />{}", quoted_cell(&rule.id), cell(&rule.title)),
            cell(&rule.checks),
            format!("{}<br /><small>in force since {}</small>", clauses.join("<br />"), cell(&rule.effective)),
        ]
    });
    table(out, &["Rule", "What it checks", "Clauses"], rows);
    out.push_str("</section>\n");
}

fn diagnostics(out: &mut String, report: &Report) {
    if report.diagnostics.is_empty() {
        return;
    }
    section(out, "About the input");
    let rows = report.diagnostics.iter().map(|diagnostic| {
        let weight = match diagnostic.severity {
            Severity::Info => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        let place = diagnostic.span.map(|span| place(report, span)).unwrap_or_default();
        let help = diagnostic.help.as_ref().map(|help| format!("<br /><small>{}</small>", cell(help)));
        vec![weight.to_owned(), format!("{}{}", Sentence(&diagnostic.message), help.unwrap_or_default()), cell(&place)]
    });
    table(out, &["Weight", "Remark", "Place"], rows);
    out.push_str("</section>\n");
}

fn reproduction(out: &mut String, report: &Report) {
    section(out, "To repeat this evaluation");
    let _ = writeln!(
        out,
        "<p>With {}, the inputs above and the policy above, this command gives the same result, whose SHA-256 stands \
         in <code>resultSha256</code>:</p>\n<pre>{}</pre>\n<p>SHA-256 of the result: {}</p>",
        Words(&report.generator),
        Words(&report.reproduce),
        Quote(&report.result_sha256)
    );
    out.push_str("<p>It is taken of the report as JSON without its last two members, <code>reproduce</code> and \
        <code>resultSha256</code>, in the order of the schema and without white space outside of strings.</p>\n</section>\n");
}
