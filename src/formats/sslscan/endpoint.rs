//! From rows to evidence. sslscan says what it did not reach in the words of what is switched off, so that its
//! refusals need two controls: that the server answered, and that the scanner can speak the version at all.

use super::certificates;
use super::rows::Target;
use crate::diagnostic::{Code, Diagnostic};
use crate::evidence::{
    AttackTest, Basis, DhParameters, Endpoint, EndpointKey, Enumerated, Fact, Gap, GapReason, Observed, Preference,
    Refusal, RefusalKind, Rest, Role, SuiteList, TlsSupport, Transport,
};
use crate::gathered::Gathered;
use crate::iana::{NamedGroup, ProtocolVersion, SignatureScheme};
use crate::letters::beginning;
use crate::ordered::Set;
use crate::source::Span;

/// The versions that the scanner spoke with some target of the report.
pub(super) fn demonstrated(targets: &[Target]) -> Set<ProtocolVersion> {
    let enabled = |target: &Target| {
        let said = |version, expected| target.versions.iter().any(|row| row.0 == version && row.1 == expected);
        let plainly = move |version: &ProtocolVersion| said(*version, true) && !said(*version, false);
        ProtocolVersion::ALL.into_iter().filter(plainly).gathered()
    };
    targets.iter().flat_map(enabled).collect()
}

/// Everything that is known of a target.
pub(super) fn endpoint(
    target: &Target,
    demonstrated: &Set<ProtocolVersion>,
    library: Option<&(String, Span)>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Endpoint {
    let versions = versions(target, demonstrated, library, diagnostics);
    let (chains, chains_rest) = certificates::chains(target, diagnostics);
    let gap = Gap::new(GapReason::NotReportedByFormat, "sslscan does not say it");
    let key = EndpointKey {
        host: target.host.clone(),
        address: target.address.clone(),
        port: target.port,
        transport: Transport::Unstated,
        server_name: target.server_name.clone(),
        role: Role::Server,
    };
    let tls = match versions.accepted.first() {
        Some(fact) => Observed::Known(fact.map(TlsSupport::Available)),
        None => Observed::NotObserved(no_answer(library).at([target.place])),
    };
    let several = versions.accepted.len() > 1;
    Endpoint {
        tls,
        suites: suites(target, &versions, library),
        versions,
        groups: groups(target),
        signature_schemes: schemes(target),
        chains,
        chains_rest,
        dh_parameters: dh_parameters(target),
        secure_renegotiation: secure_renegotiation(target),
        compression: compression(target),
        attacks: attacks(target, several),
        features: Vec::new(),
        application_protocols: Vec::new(),
        ..Endpoint::unseen(key, &gap)
    }
}

/// Why the scan of a target did not come to its end, if it did not.
pub(super) fn unfinished(target: &Target, endpoint: &Endpoint) -> Option<Gap> {
    if let Some((message, place)) = target.errors.first() {
        let shown = beginning(message.trim(), 200);
        return Some(Gap::new(GapReason::Failed, format!("sslscan says `{shown}`")).at([*place]));
    }
    if let Some(detail) = target.cut {
        return Some(Gap::new(GapReason::Truncated, detail).at([target.place]));
    }
    endpoint.tls.gap().cloned()
}

fn no_answer(library: Option<&(String, Span)>) -> Gap {
    let name = library.map_or("OpenSSL", |(name, _)| name);
    let detail = format!(
        "sslscan reports every version as disabled, which it also does where its own {name} refuses to speak what the \
         server speaks, or where no TLS answers"
    );
    Gap::new(GapReason::ClientLimited, detail).at(library.map(|(_, place)| *place))
}

fn versions(
    target: &Target,
    demonstrated: &Set<ProtocolVersion>,
    library: Option<&(String, Span)>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Enumerated<ProtocolVersion> {
    let mut accepted: Vec<Fact<ProtocolVersion>> = Vec::new();
    let mut refused = Vec::new();
    for version in ProtocolVersion::ALL {
        let said = |expected: bool| {
            let rows =
                target.versions.iter().filter(move |(known, enabled, _)| *known == version && *enabled == expected);
            rows.map(|(.., place)| *place).next()
        };
        let used = target.suites.iter().find(|suite| suite.version == version).map(|suite| suite.place);
        match (said(true).or(used), said(false)) {
            (Some(place), None) => accepted.push(Fact::new(version, Basis::Wire, [place])),
            (None, Some(place)) => refused.push((version, place)),
            (Some(place), Some(other)) => {
                let message = format!("the report says both that {version} is offered and that it is not");
                diagnostics.push(Diagnostic::error(Code::ContradictoryInput, message).at(other));
                // What stands for the server is not believed.
                if version < ProtocolVersion::TLS1_2 {
                    accepted.push(Fact::new(version, Basis::ToolSays, [place]));
                }
            }
            (None, None) => {}
        }
    }
    let reached = accepted.iter().find(|fact| fact.basis == Basis::Wire).cloned();
    if reached.is_none() && !refused.is_empty() {
        let message = format!("{}: it proves nothing of the server", no_answer(library).detail);
        diagnostics.push(
            Diagnostic::warning(Code::LimitedScan, message)
                .at(target.place)
                .with_help("testssl.sh -p speaks every version by itself, whatever OpenSSL allows"),
        );
    }
    let control = |version: ProtocolVersion| match &reached {
        Some(fact) if demonstrated.contains(&version) => {
            Observed::Known(Fact::new(true, Basis::Computed, fact.words.clone()))
        }
        Some(_) => {
            let name = library.map_or("OpenSSL", |(name, _)| name);
            let detail = format!(
                "sslscan reports {version} as disabled, which it also does where its own {name} refuses to speak it: \
                 no target of the report shows that it can"
            );
            Observed::NotObserved(Gap::new(GapReason::ClientLimited, detail).at(library.map(|(_, place)| *place)))
        }
        None => Observed::NotObserved(no_answer(library)),
    };
    let refused = refused.into_iter().map(|(offered, place)| Refusal {
        offered,
        how: RefusalKind::ReportedAsNotOffered,
        control: control(offered),
        words: vec![place],
    });
    let refused = refused.gathered();
    let rest = Gap::new(GapReason::NotAttempted, "the report has no row for it (sslscan tests SSL 2.0 to TLS 1.3)");
    Enumerated { accepted, refused, unasked: Vec::new(), rest: Rest::Gap(rest.at([target.place])) }
}

fn suites(target: &Target, versions: &Enumerated<ProtocolVersion>, library: Option<&(String, Span)>) -> Vec<SuiteList> {
    // The suites of SSL 2.0 are of another kind, and none is listed.
    let listed = ProtocolVersion::ALL.into_iter().filter(|version| *version != ProtocolVersion::SSL2);
    listed
        .filter_map(|version| {
            let mut accepted: Vec<Fact<_>> = Vec::new();
            for row in target.suites.iter().filter(|row| row.version == version) {
                match accepted.iter_mut().find(|fact| fact.value == row.suite) {
                    Some(known) => known.words.push(row.place),
                    None => accepted.push(Fact::new(row.suite, Basis::Wire, [row.place])),
                }
            }
            let offered = versions.accepted.iter().find(|fact| fact.value == version);
            let words: Vec<Span> = offered.into_iter().flat_map(|fact| fact.words.iter().copied()).gathered();
            if accepted.is_empty() && offered.is_none() {
                return None;
            }
            let name = library.map_or("OpenSSL", |(name, _)| name);
            let gap = match target.unread_suites.first() {
            Some(place) => Gap::new(GapReason::Unsupported, "a suite was accepted that is not known here").at([*place]),
            None if version == ProtocolVersion::SSL3 => {
                Gap::new(GapReason::NotReportedByFormat, "sslscan does not list the suites of SSL 3.0").at(words)
            }
            None if accepted.is_empty() => Gap::new(
                GapReason::ClientLimited,
                format!(
                    "{version} is enabled and no suite of it is listed: no handshake was completed, as where a client \
                     certificate is required"
                ),
            )
            .at(words),
            None => Gap::new(
                GapReason::ClientLimited,
                format!(
                    "sslscan lists the suites of {version} that its own {name} agreed on, and not which others it tried"
                ),
            )
            .at(words),
        };
            Some(SuiteList {
                version: Some(version),
                suites: Enumerated { accepted, refused: Vec::new(), unasked: Vec::new(), rest: Rest::Gap(gap) },
                preference: Observed::<Preference>::missing(
                    GapReason::NotReportedByFormat,
                    "sslscan offers its suites in the order of its own OpenSSL and does not say who chooses",
                ),
            })
        })
        .gathered()
}

/// Each value once, with the places where it stands.
fn once<T: PartialEq + Copy>(values: impl Iterator<Item = (T, Span)>) -> Vec<Fact<T>> {
    let mut facts: Vec<Fact<T>> = Vec::new();
    for (value, place) in values {
        match facts.iter_mut().find(|fact| fact.value == value) {
            Some(known) => known.words.push(place),
            None => facts.push(Fact::new(value, Basis::Wire, [place])),
        }
    }
    facts
}

fn groups(target: &Target) -> Enumerated<NamedGroup> {
    let used = target.suites.iter().filter_map(|row| Some((row.group?, row.place)));
    let accepted = once(target.groups.iter().copied().chain(used));
    let detail = "sslscan does not say which groups were refused, and tries no post-quantum ones";
    Enumerated {
        accepted,
        refused: Vec::new(),
        unasked: Vec::new(),
        rest: Rest::Gap(Gap::new(GapReason::NotReportedByFormat, detail)),
    }
}

fn schemes(target: &Target) -> Enumerated<SignatureScheme> {
    let gap = match target.any_scheme {
        Some(place) => {
            let detail = "sslscan says that the server takes any signature algorithm, even one that nobody has";
            Gap::new(GapReason::Failed, detail).at([place])
        }
        None => Gap::new(GapReason::NotReportedByFormat, "sslscan does not say which signature schemes were refused"),
    };
    Enumerated {
        accepted: once(target.schemes.iter().copied()),
        refused: Vec::new(),
        unasked: Vec::new(),
        rest: Rest::Gap(gap),
    }
}

fn dh_parameters(target: &Target) -> Vec<Fact<DhParameters>> {
    let mut found: Vec<Fact<_>> = Vec::new();
    for row in &target.suites {
        let Some(parameters) = &row.dh else { continue };
        if !found.iter().any(|fact: &Fact<DhParameters>| fact.value == *parameters) {
            found.push(Fact::new(parameters.clone(), Basis::Wire, [row.place]));
        }
    }
    found
}

/// `supported` 0 says that a renegotiation did not work, not that secure renegotiation is not signalled.
fn secure_renegotiation(target: &Target) -> Observed<bool> {
    let insecure = target.renegotiation.iter().find(|(supported, secure, _)| *supported && !secure);
    let secure = target.renegotiation.iter().find(|(supported, secure, _)| *supported && *secure);
    match insecure.or(secure) {
        Some((_, secure, place)) => Observed::Known(Fact::new(*secure, Basis::ToolSays, [*place])),
        None => Observed::NotObserved(
            Gap::new(
                GapReason::NotReportedByFormat,
                "sslscan did not renegotiate, and says nothing of what the server signals",
            )
            .at(target.renegotiation.iter().map(|(.., place)| *place)),
        ),
    }
}

fn compression(target: &Target) -> Observed<bool> {
    let rows = || target.compression.iter();
    match rows().find(|(taken, _)| *taken).or_else(|| rows().next()) {
        Some((taken, place)) => Observed::Known(Fact::new(*taken, Basis::ToolSays, [*place])),
        None => Observed::NotObserved(
            Gap::new(
                GapReason::ClientLimited,
                "sslscan tests compression only where its own OpenSSL has it, and says nothing of it here",
            )
            .at(target.no_compression_test),
        ),
    }
}

/// `several` where more than one version answered: below the only one there is none to fall back to, and sslscan says
/// of it that the signal is not understood.
fn attacks(target: &Target, several: bool) -> Vec<AttackTest> {
    let mut tests = Vec::new();
    let rows = || target.heartbleed.iter();
    if let Some((vulnerable, place)) = rows().find(|(vulnerable, _)| *vulnerable).or_else(|| rows().next()) {
        tests.push(AttackTest {
            name: "Heartbleed".to_owned(),
            cve: vec!["CVE-2014-0160".to_owned()],
            vulnerable: Observed::Known(Fact::new(*vulnerable, Basis::ToolSays, [*place])),
        });
    }
    for (supported, place) in &target.fallback {
        tests.push(AttackTest {
            name: "downgrade without TLS_FALLBACK_SCSV".to_owned(),
            cve: Vec::new(),
            vulnerable: match supported {
                Some(false) if !several => Observed::NotObserved(
                    Gap::new(
                        GapReason::ClientLimited,
                        "sslscan reached one version only, so that there was none to fall back to",
                    )
                    .at([*place]),
                ),
                Some(supported) => Observed::Known(Fact::new(!supported, Basis::ToolSays, [*place])),
                None => Observed::NotObserved(
                    Gap::new(GapReason::Failed, "sslscan could not tell whether the signal is understood").at([*place]),
                ),
            },
        });
    }
    tests
}
