//! Protocol versions, cipher suites and groups.
//!
//! sslyze has a command for each version, makes one connection for each suite that its OpenSSL knows, and sorts the
//! suites into accepted and rejected; the version is supported where one was accepted. So a version is refused, and a
//! list complete, only if every suite was tried and answered: a suite that is in neither list was lost, and one that
//! timed out was not answered, though sslyze lists it as rejected.

use std::borrow::Cow;

use super::command::{Commands, Completed};
use crate::diagnostic::{Code, Diagnostic};
use crate::evidence::{
    Basis, ClassOffer, DhParameters, Enumerated, Fact, Gap, GapReason, Observed, Preference, Refusal, RefusalKind,
    Rest, SuiteClass, SuiteList,
};
use crate::formats::json;
use crate::formats::service::whole;
use crate::gathered::Gathered;
use crate::iana::{CipherSuite, NamedGroup, ProtocolVersion};
use crate::ordered::Set;
use crate::source::Span;

/// The command of each version, and how many suites the versions 5 and 6 of sslyze try with it.
const VERSIONS: [(&str, ProtocolVersion, usize); 6] = [
    ("ssl_2_0_cipher_suites", ProtocolVersion::SSL2, 7),
    ("ssl_3_0_cipher_suites", ProtocolVersion::SSL3, 80),
    ("tls_1_0_cipher_suites", ProtocolVersion::TLS1_0, 80),
    ("tls_1_1_cipher_suites", ProtocolVersion::TLS1_1, 80),
    ("tls_1_2_cipher_suites", ProtocolVersion::TLS1_2, 156),
    ("tls_1_3_cipher_suites", ProtocolVersion::TLS1_3, 5),
];

/// What the commands for the versions found.
pub(super) struct Found {
    pub(super) versions: Enumerated<ProtocolVersion>,
    pub(super) suites: Vec<SuiteList>,
    pub(super) classes: Vec<ClassOffer>,
    pub(super) groups: Enumerated<NamedGroup>,
    pub(super) dh_parameters: Vec<Fact<DhParameters>>,
}

/// Reads the commands for the versions and for the curves.
pub(super) fn found(commands: Commands<'_>, diagnostics: &mut Vec<Diagnostic>) -> Found {
    let mut accepted: Vec<Fact<ProtocolVersion>> = Vec::new();
    let mut refused: Vec<Refusal<ProtocolVersion>> = Vec::new();
    let mut gaps: Vec<Gap> = Vec::new();
    let mut found = Found {
        versions: Enumerated::unknown(GapReason::NotAttempted, "sslyze tries SSL 2.0 to TLS 1.3"),
        suites: Vec::new(),
        classes: Vec::new(),
        groups: curves(commands),
        dh_parameters: Vec::new(),
    };
    for (command, version, expected) in VERSIONS {
        let completed = match commands.completed(command) {
            Ok(completed) => completed,
            Err(gap) => {
                gaps.push(gap);
                continue;
            }
        };
        let tested = Tested::of(completed, version, expected);
        tested.note(command, diagnostics);
        if let Some(words) = tested.acceptance() {
            accepted.push(Fact::new(version, Basis::Wire, [words]));
            if version == ProtocolVersion::SSL2 {
                found.classes.extend(tested.classes());
            } else {
                found.suites.push(tested.list(version, diagnostics));
            }
            tested.ephemeral_keys(&mut found);
        } else {
            let control = match &tested.gap {
                Some(gap) => Observed::NotObserved(gap.clone()),
                None => Observed::Known(Fact::new(true, Basis::Computed, [])),
            };
            refused.push(Refusal { offered: version, how: tested.how(), control, words: vec![tested.words] });
        }
    }
    let reached = accepted.first();
    for refusal in &mut refused {
        match (&mut refusal.control, reached) {
            (Observed::Known(control), Some(fact)) => control.words.clone_from(&fact.words),
            (control @ Observed::Known(_), None) => {
                *control = Observed::missing(
                    GapReason::Blocked,
                    "no version was accepted in this scan, so the refusals may mean that no TLS server was reached",
                );
            }
            (Observed::NotObserved(_), _) => {}
        }
    }
    found.versions.accepted = accepted;
    found.versions.refused = refused;
    if let Some(gap) = joined(gaps) {
        found.versions.rest = Rest::Gap(gap);
    }
    found
}

/// All gaps as one.
fn joined(gaps: Vec<Gap>) -> Option<Gap> {
    let mut gaps = gaps.into_iter();
    let mut all = gaps.next()?;
    for gap in gaps {
        all.detail = format!("{}; {}", all.detail, gap.detail);
        all.words.extend(gap.words);
    }
    Some(all)
}

/// What one command for a version found.
struct Tested<'d> {
    accepted: Vec<Entry<'d>>,
    messages: Set<Cow<'d, str>>,
    /// `is_tls_version_supported`, which 3 and 4 do not have.
    says: Option<(bool, Span)>,
    /// Where the command says that it was completed.
    words: Span,
    /// Why the lists are not all that sslyze tries.
    gap: Option<Gap>,
}

/// An accepted suite.
struct Entry<'d> {
    value: json::Value<'d>,
    name: Option<(Cow<'d, str>, Span)>,
}

impl<'d> Tested<'d> {
    fn of(completed: Completed<'d>, version: ProtocolVersion, expected: usize) -> Self {
        let result = completed.result;
        let list = |key| result.get(key).filter(|list| list.kind() == json::Kind::Array);
        let lists = (list("accepted_cipher_suites"), list("rejected_cipher_suites"));
        let accepted: Vec<Entry<'d>> = lists
            .0
            .into_iter()
            .flat_map(json::Value::elements)
            .map(|value| Entry { value, name: name(value) })
            .gathered();
        let mut names: Set<Cow<'d, str>> =
            accepted.iter().filter_map(|entry| entry.name.as_ref().map(|(name, _)| name.clone())).collect();
        let mut messages = Set::new();
        let mut silent = 0_usize;
        for entry in lists.1.into_iter().flat_map(json::Value::elements) {
            names.extend(name(entry).map(|(name, _)| name));
            match entry.get("error_message").and_then(whole).and_then(json::Value::as_str) {
                Some(message) if !message.contains("timed out") => {
                    messages.insert(message);
                }
                _ => silent += 1,
            }
        }
        let version_used = result.get("tls_version_used").and_then(whole).and_then(json::Value::as_str);
        let other = version_used.filter(|name| ProtocolVersion::from_name(name) != Some(version));
        let gap = |reason, detail: String| Some(Gap::new(reason, detail).at([completed.words]));
        let gap = if lists.0.is_none() || lists.1.is_none() || !result.is_complete() {
            gap(GapReason::Truncated, format!("the suites that were tried with {version} are not all there"))
        } else if let Some(other) = other {
            gap(GapReason::Unsupported, format!("the result for {version} says that it is of `{other}`"))
        } else if names.len() < expected {
            let detail = format!("sslyze tries {expected} suites with {version}, and the report has {}", names.len());
            gap(GapReason::Truncated, detail)
        } else if silent > 0 {
            let detail = format!("the server did not answer to {silent} of the suites that were tried with {version}");
            gap(GapReason::Blocked, detail)
        } else {
            None
        };
        let says = completed.flag("is_tls_version_supported");
        Self { accepted, messages, says, words: says.map_or(completed.words, |(_, words)| words), gap }
    }

    /// Where it is said that the version was accepted.
    fn acceptance(&self) -> Option<Span> {
        match (self.says, self.accepted.first()) {
            (Some((true, words)), _) => Some(words),
            (_, Some(entry)) => Some(entry.name.as_ref().map_or_else(|| entry.value.span(), |(_, span)| *span)),
            (_, None) => None,
        }
    }

    fn note(&self, command: &str, diagnostics: &mut Vec<Diagnostic>) {
        if let Some((says, words)) = self.says.filter(|(says, _)| *says == self.accepted.is_empty()) {
            let listed = if self.accepted.is_empty() { "no accepted suite" } else { "accepted suites" };
            diagnostics.push(
                Diagnostic::warning(
                    Code::ContradictoryInput,
                    format!(
                        "`{command}` says `is_tls_version_supported: {says}` and lists {listed}; the worse is kept"
                    ),
                )
                .at(words),
            );
        }
    }

    fn list(&self, version: ProtocolVersion, diagnostics: &mut Vec<Diagnostic>) -> SuiteList {
        let mut accepted = Vec::new();
        let mut unknown = None;
        for entry in &self.accepted {
            let suite = entry
                .name
                .as_ref()
                .and_then(|(name, span)| Some(Fact::new(CipherSuite::from_name(name)?, Basis::Wire, [*span])));
            match (suite, &entry.name) {
                (Some(fact), _) => accepted.push(fact),
                (None, Some((name, span))) => {
                    unknown = Some(*span);
                    diagnostics.push(
                        Diagnostic::warning(
                            Code::UnknownValue,
                            format!("`{name}` is the name of no cipher suite that is known here"),
                        )
                        .at(*span),
                    );
                }
                (None, None) => unknown = Some(entry.value.span()),
            }
        }
        let rest = match (&self.gap, unknown) {
            (Some(gap), _) => Rest::Gap(gap.clone()),
            (None, Some(span)) => {
                Rest::Gap(Gap::new(GapReason::Unsupported, "a suite was accepted that is not known here").at([span]))
            }
            (None, None) => Rest::Complete(Fact::new(true, Basis::Wire, [self.words])),
        };
        SuiteList {
            version: Some(version),
            suites: Enumerated { accepted, refused: Vec::new(), unasked: Vec::new(), rest },
            preference: Observed::<Preference>::missing(
                GapReason::NotReportedByFormat,
                "sslyze sorts the suites by name and does not say who chooses",
            ),
        }
    }

    /// The kinds of the suites of SSL 2.0, which are not those of the later versions.
    fn classes(&self) -> Vec<ClassOffer> {
        let named = self.accepted.iter().filter_map(|entry| entry.name.as_ref());
        named
            .flat_map(|(name, span)| SuiteClass::of_ssl2(name).map(|class| (class, *span)))
            .map(|(class, span)| ClassOffer { class, offered: Fact::new(true, Basis::ToolSays, [span]) })
            .gathered()
    }

    /// Groups and Diffie-Hellman parameters that the server used.
    fn ephemeral_keys(&self, found: &mut Found) {
        for entry in &self.accepted {
            let Some(key) = entry.value.get("ephemeral_key").and_then(whole) else { continue };
            let text = |name| key.get(name).and_then(json::Value::as_str);
            if let Some(group) = text("curve_name").and_then(|name| NamedGroup::from_name(&name)) {
                if !found.groups.accepted.iter().any(|fact| fact.value == group) {
                    found.groups.accepted.push(Fact::new(group, Basis::Wire, [key.span()]));
                    found.groups.refused.retain(|refusal| refusal.offered != group);
                }
            } else if text("type_name").is_some_and(|kind| kind == "DH") {
                let Some(bits) = key.get("size").and_then(json::Value::as_u32) else { continue };
                if !found.dh_parameters.iter().any(|fact| fact.value.bits == bits) {
                    found.dh_parameters.push(Fact::new(DhParameters { bits, name: None }, Basis::Wire, [key.span()]));
                }
            }
        }
    }

    fn how(&self) -> RefusalKind {
        const ALERTS: [(&str, u8); 4] = [
            ("TLS alert: handshake failure", 40),
            ("TLS alert: protocol version", 70),
            ("TLS alert: insufficient security", 71),
            ("TLS alert: Internal error", 80),
        ];
        const CLOSED: [&str; 3] = [
            "Server interrupted the TLS handshake",
            "Server closed the connection during the TLS handshake",
            "Server rejected the connection",
        ];
        let mut messages = self.messages.iter().map(|message| message.trim());
        match (messages.next(), messages.next()) {
            (Some(message), None) if CLOSED.contains(&message) => RefusalKind::Closed,
            (Some(message), None) => ALERTS
                .iter()
                .find(|(words, _)| *words == message)
                .map_or(RefusalKind::ReportedAsNotOffered, |(_, alert)| RefusalKind::Alert(*alert)),
            _ => RefusalKind::ReportedAsNotOffered,
        }
    }
}

/// The name of the suite of an entry, by the registry.
fn name(entry: json::Value<'_>) -> Option<(Cow<'_, str>, Span)> {
    let name = entry.get("cipher_suite")?.get("name").and_then(whole)?;
    Some((name.as_str()?, name.span()))
}

/// The curves that were tried by themselves.
fn curves(commands: Commands<'_>) -> Enumerated<NamedGroup> {
    let completed = match commands.completed("elliptic_curves") {
        Ok(completed) => completed,
        Err(gap) => return Enumerated::unseen(&gap),
    };
    let named = |list: &str| -> Vec<Fact<NamedGroup>> {
        let curves = completed.result.get(list).into_iter().flat_map(json::Value::elements);
        curves
            .filter_map(|curve| {
                let name = whole(curve.get("name")?)?;
                Some(Fact::new(NamedGroup::from_name(&name.as_str()?)?, Basis::Wire, [name.span()]))
            })
            .gathered()
    };
    let accepted = named("supported_curves");
    // sslyze 6.3 calls P-384, P-521 and X448 rejected by a GnuTLS server that takes them from `openssl s_client -groups`.
    let control = Observed::missing(
        GapReason::NotReportedByFormat,
        "sslyze calls curves rejected that a server takes from other clients",
    );
    let refused = named("rejected_curves")
        .into_iter()
        .map(|fact| Refusal {
            offered: fact.value,
            how: RefusalKind::ReportedAsNotOffered,
            control: control.clone(),
            words: fact.words,
        })
        .gathered();
    let rest = Gap::new(
        GapReason::NotReportedByFormat,
        "sslyze tries elliptic curves, no finite-field and no post-quantum groups",
    );
    Enumerated { accepted, refused, unasked: Vec::new(), rest: Rest::Gap(rest) }
}
