//! Scans, endpoints and certificates in the words of a report.

use crate::evidence::{Basis, DhParameters, Dossier, Merged, Observed, Offer, RevocationEvidence, Scan, Subject, View};
use crate::gathered::Gathered;
use crate::iana::ProtocolVersion;
use crate::ordered::Map;
use crate::pki::extension::GeneralName;
use crate::pki::{KeyAlgorithm, KeyInfo, ParsedCertificate};
use crate::report::{
    CertificateSummary, EndpointSummary, GroupSummary, ScanSummary, SuiteListSummary, SuiteSummary, VersionSummary,
};

mod addresses;
mod extensions;

pub(crate) use addresses::ca_addresses;

pub(crate) fn scan_summary(scan: &Scan) -> ScanSummary {
    // What was said of the revocation of a service's certificates is no target of its own.
    let is_target = |subject: &&Subject| match subject {
        Subject::Revocation(revocation) => revocation.endpoint.is_none(),
        Subject::Endpoint(_) | Subject::Chain(_) | Subject::Exhibit(_) => true,
    };
    let subjects: Vec<String> = scan
        .subjects
        .iter()
        .filter(is_target)
        .map(|subject| match subject {
            Subject::Endpoint(endpoint) => endpoint.key.to_string(),
            Subject::Chain(chain) => match chain.presented.certificates.len() {
                1 => "a chain of 1 certificate".to_owned(),
                count => format!("a chain of {count} certificates"),
            },
            Subject::Exhibit(exhibit) => exhibit.name.clone(),
            Subject::Revocation(revocation) => revocation_words(&revocation.said).to_owned(),
        })
        .gathered();
    let tool = match (&scan.tool, &scan.tool_version) {
        (Some(tool), Some(version)) => format!("{tool} {version}"),
        (Some(tool), None) => tool.clone(),
        (None, _) => crate::formats::title(&scan.format).to_owned(),
    };
    let count = match subjects.len() {
        1 => "1 target".to_owned(),
        count => format!("{count} targets"),
    };
    let when = match &scan.started {
        Observed::Known(fact) if fact.basis == Basis::Declared => {
            format!("taken {} (declared)", fact.value)
        }
        Observed::Known(fact) => format!("taken {}", fact.value),
        Observed::NotObserved(_) => "time not stated".to_owned(),
    };
    let end = scan.completion.gap().map(|gap| format!("; not finished: {}", gap.detail)).unwrap_or_default();
    ScanSummary {
        source: scan.source,
        format: scan.format.clone(),
        recognised: format!("{tool}, {count}, {when}{end}"),
        tool: scan.tool.clone(),
        tool_version: scan.tool_version.clone(),
        command: scan.command.clone(),
        vantage: scan.vantage.clone(),
        started: scan.started.clone(),
        completion: scan.completion.clone(),
        subjects,
    }
}

const fn revocation_words(said: &RevocationEvidence) -> &'static str {
    match said {
        RevocationEvidence::Crl(_) => "a CRL",
        RevocationEvidence::OcspResponse(_) => "an OCSP response",
        RevocationEvidence::Stapled(_) => "whether an OCSP response is stapled",
        RevocationEvidence::Reported(_) => "a tool's word on revocation",
    }
}

pub(crate) fn endpoint_summary(dossier: &Dossier<'_>) -> EndpointSummary {
    let suites = dossier.suites();
    let versions = [
        ProtocolVersion::SSL2,
        ProtocolVersion::SSL3,
        ProtocolVersion::TLS1_0,
        ProtocolVersion::TLS1_1,
        ProtocolVersion::TLS1_2,
        ProtocolVersion::TLS1_3,
    ];
    EndpointSummary {
        label: dossier.key.to_string(),
        flow: dossier.flow(),
        versions: versions
            .into_iter()
            .map(|version| VersionSummary {
                version,
                offered: match dossier.version(version) {
                    View::Agreed(fact) => Some(fact.value == Offer::Accepted),
                    View::Disagreed(_) => Some(true),
                    View::Missing(_) => None,
                },
            })
            .gathered(),
        suites: suites
            .accepted
            .iter()
            .map(|used| SuiteSummary {
                name: used.suite.name().to_string(),
                version: used.version,
                key_bits: used.suite.info().map(|info| info.key_bits),
                forward_secrecy: used.suite.info().map(|info| info.provides_forward_secrecy()),
                span: used.words.first().copied(),
            })
            .gathered(),
        suites_complete: suites.gaps.is_empty(),
        suite_lists: versions.into_iter().filter_map(|version| suite_list(dossier, version)).gathered(),
        groups: groups(dossier),
        groups_complete: dossier.sightings.iter().any(|sighting| sighting.endpoint.groups.gap().is_none()),
        dh_parameters: dh_parameters(dossier),
        chains: dossier
            .chains
            .iter()
            .map(|chain| {
                chain.certificates.iter().map(|certificate| certificate.sha256.clone().unwrap_or_default()).gathered()
            })
            .gathered(),
    }
}

/// What is known of the suites of `version`, if any report lists them.
fn suite_list(dossier: &Dossier<'_>, version: ProtocolVersion) -> Option<SuiteListSummary> {
    let lists = dossier.sightings.iter().flat_map(|sighting| &sighting.endpoint.suites);
    let lists: Vec<_> = lists.filter(|list| list.version == Some(version)).gathered();
    let preference = match lists.as_slice() {
        [] => return None,
        [list] => list.preference.value().copied(),
        // Each of them has an order of its own.
        _ => None,
    };
    let complete = lists.iter().any(|list| list.suites.gap().is_none());
    Some(SuiteListSummary { version, complete, preference })
}

fn groups(dossier: &Dossier<'_>) -> Vec<GroupSummary> {
    let mut groups: Vec<GroupSummary> = Vec::new();
    for fact in dossier.sightings.iter().flat_map(|sighting| &sighting.endpoint.groups.accepted) {
        let name = fact.value.name().to_string();
        if !groups.iter().any(|known| known.name == name) {
            groups.push(GroupSummary { name, span: fact.words.first().copied() });
        }
    }
    groups
}

fn dh_parameters(dossier: &Dossier<'_>) -> Vec<DhParameters> {
    let mut all: Vec<DhParameters> = Vec::new();
    for fact in dossier.sightings.iter().flat_map(|sighting| &sighting.endpoint.dh_parameters) {
        if !all.contains(&fact.value) {
            all.push(fact.value.clone());
        }
    }
    all
}

pub(crate) fn certificate_summaries(merged: &Merged<'_>) -> Vec<CertificateSummary> {
    let mut summaries: Vec<CertificateSummary> = Vec::new();
    let mut index: Map<&str, usize> = Map::new();
    let of_endpoints = merged.dossiers.iter().flat_map(|dossier| &dossier.chains);
    let chains = of_endpoints.chain(merged.chains.iter().map(|chain| &chain.presented));
    for certificate in chains.flat_map(|chain| &chain.certificates) {
        let Some(sha256) = &certificate.sha256 else { continue };
        if let Some(known) = index.get(sha256.as_str()).and_then(|at| summaries.get_mut(*at)) {
            known.words.extend(certificate.words());
            continue;
        }
        index.insert(sha256, summaries.len());
        let mut summary = CertificateSummary {
            sha256: sha256.clone(),
            subject: String::new(),
            issuer: String::new(),
            serial: None,
            not_before: None,
            not_after: None,
            common_names: Vec::new(),
            organizations: Vec::new(),
            organizational_units: Vec::new(),
            key: String::new(),
            spki_sha256: None,
            signature_algorithm: String::new(),
            names: Vec::new(),
            extensions: Vec::new(),
            problems: Vec::new(),
            words: certificate.words().to_vec(),
        };
        match certificate.parsed {
            Some(Ok(parsed)) => describe(parsed, &mut summary),
            Some(Err(error)) => summary.problems.push(error.to_string()),
            None => summary.problems.push("only a tool's description of it was shown, not its bytes".to_owned()),
        }
        summaries.push(summary);
    }
    summaries
}

fn describe(parsed: &ParsedCertificate, summary: &mut CertificateSummary) {
    let unreadable = |reason: &String| format!("not readable: {reason}");
    summary.subject = parsed.subject.as_ref().map_or_else(unreadable, ToString::to_string);
    summary.issuer = parsed.issuer.as_ref().map_or_else(unreadable, ToString::to_string);
    summary.serial = parsed.serial.as_ref().ok().cloned();
    summary.not_before = parsed.not_before.as_ref().ok().copied();
    summary.not_after = parsed.not_after.as_ref().ok().copied();
    let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).gathered();
    summary.common_names = owned(parsed.common_names());
    summary.organizations = owned(parsed.organizations());
    summary.organizational_units = owned(parsed.organizational_units());
    summary.spki_sha256 = parsed.key.as_ref().ok().map(|key| key.spki_sha256.clone());
    summary.key = parsed.key.as_ref().map_or_else(unreadable, key_words);
    summary.signature_algorithm = parsed.signature_algorithm.as_ref().map_or_else(unreadable, ToString::to_string);
    summary.names = parsed.names().map(name_words).gathered();
    summary.extensions = extensions::summaries(&parsed.extensions);
    summary.problems.extend(parsed.extensions.problems.iter().map(|problem| {
        let name = problem.name.unwrap_or(&problem.oid);
        format!("{name}: {}", problem.message)
    }));
    summary.problems.extend(parsed.tolerated.iter().cloned());
}

/// `RSA 2048 bits`, `EC P-256`.
fn key_words(key: &KeyInfo) -> String {
    let unit = match key.algorithm {
        KeyAlgorithm::Rsa | KeyAlgorithm::RsaPss | KeyAlgorithm::Dsa if key.bits.is_some() => " bits",
        _ => "",
    };
    let problem = key.problem.as_ref().map(|problem| format!(" ({problem})")).unwrap_or_default();
    format!("{key}{unit}{problem}")
}

fn name_words(name: &GeneralName) -> String {
    match name {
        GeneralName::Dns(name) => name.clone(),
        GeneralName::Ip(address) => format!("IP {address}"),
        GeneralName::Email(address) => format!("email {address}"),
        GeneralName::Uri(uri) => format!("URI {uri}"),
        GeneralName::Directory(name) => format!("directory {name}"),
        GeneralName::Other(other) => other.clone(),
    }
}
