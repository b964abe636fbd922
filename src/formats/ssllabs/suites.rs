//! Protocol versions, cipher suites and groups.
//!
//! SSL Labs tries every version from SSL 2.0 on and lists what was accepted, so what is not listed was refused, but
//! only in an assessment that is over, and TLS 1.3 only where the engine knows it. Lists are held against the rest of
//! the report: what a simulated client was given must stand in them.

use super::{field, flag, list, number, text};
use crate::diagnostic::{Code, Diagnostic};
use crate::evidence::{
    Basis, ClassOffer, DhParameters, Enumerated, Fact, Gap, GapReason, Observed, Preference, Refusal, RefusalKind,
    Rest, SuiteClass, SuiteList,
};
use crate::formats::json;
use crate::formats::service::whole;
use crate::gathered::Gathered;
use crate::iana::{CipherSuite, NamedGroup, ProtocolVersion};
use crate::ordered::{Map, Set};
use crate::source::Span;

/// What an endpoint accepts.
pub(super) struct Found {
    pub(super) versions: Enumerated<ProtocolVersion>,
    pub(super) suites: Vec<SuiteList>,
    pub(super) classes: Vec<ClassOffer>,
    pub(super) groups: Enumerated<NamedGroup>,
    pub(super) dh_parameters: Vec<Fact<DhParameters>>,
    /// Suites of clients that do not send the server name, where these differ.
    pub(super) without_server_name: Vec<SuiteList>,
}

/// Reads versions, suites and groups.
pub(super) fn found(
    details: json::Value<'_>,
    engine: Option<&Fact<String>>,
    unfinished: Option<&Gap>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Found {
    let listed = Listed::of(details, diagnostics);
    let simulated = simulated(details, &listed);
    let missing = unfinished.cloned().or_else(|| listed.contradiction(details));
    let mut lists = Vec::new();
    let mut classes = Vec::new();
    for entry in &listed.entries {
        if entry.version == Some(ProtocolVersion::SSL2) {
            classes.extend(entry.classes());
        } else {
            let gap = missing.clone().or_else(|| simulated.suites.get(&entry.version).cloned());
            lists.push(entry.list(details, simulated.shown.clone().and_then(|words| gap.map_or(Ok(words), Err))));
        }
    }
    let differing =
        Gap::new(GapReason::NotReportedByFormat, "only suites that differ are listed without a server name");
    let without_server_name = listed.without.iter().map(|entry| entry.list(details, Err(differing.clone())));
    let without_server_name = without_server_name.filter(|list| !list.suites.accepted.is_empty()).gathered();
    let versions = versions(details, &listed, engine, unfinished, &simulated);
    Found {
        versions,
        suites: lists,
        classes,
        groups: groups(details, &listed),
        dh_parameters: dh_parameters(details, &listed),
        without_server_name,
    }
}

/// The suites as the report lists them.
struct Listed<'d> {
    entries: Vec<Entry<'d>>,
    without: Vec<Entry<'d>>,
}

/// The suites of one version, or of all of them in v2.
struct Entry<'d> {
    value: json::Value<'d>,
    version: Option<ProtocolVersion>,
    /// Where the version is said.
    words: Span,
    suites: Vec<(json::Value<'d>, Option<Fact<CipherSuite>>)>,
}

impl<'d> Listed<'d> {
    fn of(details: json::Value<'d>, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let mut read = |name| -> Vec<Entry<'d>> {
            let Some(value) = field(details, name) else { return Vec::new() };
            let entries = match value.kind() {
                json::Kind::Array => value.elements().gathered(),
                json::Kind::Object => vec![value],
                _ => Vec::new(),
            };
            let entries = entries.into_iter().filter(|entry| list(*entry, "list").is_some());
            entries.map(|entry| Entry::of(entry, diagnostics)).gathered()
        };
        Self { entries: read("suites"), without: read("noSniSuites") }
    }

    fn suites(&self) -> impl Iterator<Item = (json::Value<'d>, Option<&Fact<CipherSuite>>)> {
        self.entries.iter().flat_map(|entry| &entry.suites).map(|(value, suite)| (*value, suite.as_ref()))
    }

    /// A flag of the report that speaks of suites which no list names.
    fn contradiction(&self, details: json::Value<'_>) -> Option<Gap> {
        let any = |is: fn(&crate::iana::SuiteInfo) -> bool| {
            let all = self.suites().chain(
                self.without.iter().flat_map(|entry| &entry.suites).map(|(value, suite)| (*value, suite.as_ref())),
            );
            all.into_iter().filter_map(|(_, suite)| suite?.value.info()).any(is)
        };
        let ssl2 = self.entries.iter().any(|entry| entry.version == Some(ProtocolVersion::SSL2));
        let said = |name| flag(details, name).filter(|(said, _)| *said).map(|(_, words)| words);
        let primes = list(details, "dhPrimes").filter(|primes| primes.elements().next().is_some());
        let gap = |words, detail: &str| Some(Gap::new(GapReason::Truncated, detail.to_owned()).at([words]));
        match (said("supportsRc4"), said("freak"), primes.map(json::Value::span)) {
            (Some(words), ..) if !ssl2 && !any(|info| info.uses_rc4()) => {
                gap(words, "the report says that RC4 is accepted, and no list names such a suite")
            }
            (_, Some(words), _) if !any(|info| info.is_export()) => {
                gap(words, "the report says that an export suite is accepted, and no list names one")
            }
            (.., Some(words)) if !any(|info| info.name.starts_with("TLS_DHE_") || info.name.starts_with("TLS_DH_")) => {
                gap(words, "the report has primes of Diffie-Hellman, and no list names such a suite")
            }
            _ => None,
        }
    }
}

impl<'d> Entry<'d> {
    fn of(value: json::Value<'d>, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let protocol = field(value, "protocol");
        let version = protocol.and_then(json::Value::as_u32).and_then(version_of_id);
        let suites = list(value, "list").into_iter().flat_map(json::Value::elements);
        let is_ssl2 = version == Some(ProtocolVersion::SSL2);
        let suites = suites.map(|suite| (suite, if is_ssl2 { None } else { code(suite, diagnostics) }));
        Self { value, version, words: protocol.unwrap_or(value).span(), suites: suites.gathered() }
    }

    /// Complete by its own words and by those that it was held against, unless there is a gap.
    fn list(&self, details: json::Value<'_>, held_against: Result<Span, Gap>) -> SuiteList {
        let unknown = self.suites.iter().find(|(_, suite)| suite.is_none());
        let gap = held_against.as_ref().err().cloned().or_else(|| {
            let gap = |reason, detail: &str, words| Some(Gap::new(reason, detail).at([words]));
            match unknown {
                _ if !self.value.is_complete() => {
                    gap(GapReason::Truncated, "a part of the list cannot be read", self.value.span())
                }
                Some((suite, _)) => gap(GapReason::Unsupported, "a suite is not known here", suite.span()),
                None => None,
            }
        });
        let rest = match gap {
            Some(gap) => Rest::Gap(gap),
            None => Rest::Complete(Fact::new(true, Basis::Wire, [self.words].into_iter().chain(held_against.ok()))),
        };
        let accepted = self.suites.iter().filter_map(|(_, suite)| suite.clone()).gathered();
        SuiteList {
            version: self.version,
            suites: Enumerated { accepted, refused: Vec::new(), unasked: Vec::new(), rest },
            preference: self.preference(details),
        }
    }

    fn preference(&self, details: json::Value<'_>) -> Observed<Preference> {
        let chacha = flag(self.value, "chaCha20Preference").or_else(|| flag(details, "chaCha20Preference"));
        match (flag(self.value, "preference"), chacha) {
            (Some((true, words)), Some((true, more))) => {
                Observed::Known(Fact::new(Preference::ServerExceptChaCha20, Basis::ToolSays, [words, more]))
            }
            (Some((server, words)), _) => {
                let who = if server { Preference::Server } else { Preference::Client };
                Observed::Known(Fact::new(who, Basis::ToolSays, [words]))
            }
            (None, _) => Observed::missing(GapReason::Failed, "SSL Labs could not find out who chooses the suite"),
        }
    }

    /// The kinds of the suites of SSL 2.0.
    fn classes(&self) -> Vec<ClassOffer> {
        let named = self.suites.iter().filter_map(|(suite, _)| Some((text(*suite, "name")?, suite.span())));
        let named: Vec<(String, Span)> = named.gathered();
        named
            .iter()
            .flat_map(|(name, span)| SuiteClass::of_ssl2(name).map(|class| (class, *span)))
            .map(|(class, span)| ClassOffer { class, offered: Fact::new(true, Basis::ToolSays, [span]) })
            .gathered()
    }
}

/// 771 is 0x0303, TLS 1.2; SSL 2.0 is 512, 0x0200.
fn version_of_id(id: u32) -> Option<ProtocolVersion> {
    const SSL2: u32 = 0x0200;
    match id {
        SSL2 => Some(ProtocolVersion::SSL2),
        _ => u16::try_from(id).ok().map(ProtocolVersion).filter(|version| version.is_known()),
    }
}

/// The suite by its number; by its name where there is none.
fn code(suite: json::Value<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Fact<CipherSuite>> {
    let id = field(suite, "id");
    let by_id = id.and_then(json::Value::as_u32).and_then(|id| u16::try_from(id).ok()).map(CipherSuite);
    let name = text(suite, "name");
    let by_name = name.as_deref().and_then(CipherSuite::from_name);
    let place = id.unwrap_or(suite).span();
    if let (Some(by_id), Some(by_name), Some(name)) = (by_id, by_name, &name)
        && by_id != by_name
    {
        diagnostics.push(
            Diagnostic::warning(Code::ContradictoryInput, format!("the suite {by_id} is called `{name}`")).at(place),
        );
        return None;
    }
    by_id.or(by_name).map(|suite| Fact::new(suite, Basis::Wire, [place]))
}

/// What simulated clients were given that the lists do not have.
struct Simulated {
    /// Where they stand; why they cannot be held against the lists otherwise.
    shown: Result<Span, Gap>,
    versions: Map<ProtocolVersion, Gap>,
    suites: Map<Option<ProtocolVersion>, Gap>,
}

fn simulated(details: json::Value<'_>, listed: &Listed<'_>) -> Simulated {
    let mut known: Map<Option<ProtocolVersion>, Set<CipherSuite>> = Map::new();
    for entry in listed.entries.iter().chain(&listed.without) {
        let suites = entry.suites.iter().filter_map(|(_, suite)| suite.as_ref()).map(|fact| fact.value);
        known.update(entry.version, Set::new, |known| known.extend(suites));
    }
    let results = field(details, "sims").and_then(|sims| list(sims, "results"));
    let missing = |words: Span| {
        Gap::new(
            GapReason::Truncated,
            "what simulated clients were given, which is held against the lists, is not all there",
        )
        .at([words])
    };
    let shown = results.map(json::Value::span).ok_or_else(|| missing(details.span()));
    let mut found = Simulated { shown, versions: Map::new(), suites: Map::new() };
    for result in results.into_iter().flat_map(json::Value::elements) {
        let code = number(result, "errorCode");
        let is_told = ["protocolId", "suiteId"].into_iter().all(|name| number(result, name).is_some());
        if !result.is_complete() || code.is_none_or(|(code, _)| code == 0 && !is_told) {
            found.shown = Err(missing(result.span()));
        }
        let worked = code.is_some_and(|(code, _)| code == 0);
        let id = |name| field(result, name).and_then(json::Value::as_u32);
        let version = id("protocolId").and_then(version_of_id);
        let suite = id("suiteId").and_then(|id| u16::try_from(id).ok()).filter(|id| *id != 0).map(CipherSuite);
        let (true, Some(version), Some(suite)) = (worked, version, suite) else { continue };
        let gap = |detail: String| Gap::new(GapReason::Truncated, detail).at([result.span()]);
        let unlisted = || gap(format!("a simulated client got {version}, which is not listed as accepted"));
        found.versions.update(version, unlisted, |_| ());
        // In v2 all versions share one list.
        let list = if known.contains_key(&Some(version)) { Some(version) } else { None };
        if !known.get(&list).is_some_and(|suites| suites.contains(&suite)) {
            let unlisted = || gap(format!("a simulated client got {suite} with {version}, which is not listed"));
            found.suites.update(list, unlisted, |_| ());
        }
    }
    found
}

fn versions(
    details: json::Value<'_>,
    listed: &Listed<'_>,
    engine: Option<&Fact<String>>,
    unfinished: Option<&Gap>,
    simulated: &Simulated,
) -> Enumerated<ProtocolVersion> {
    let protocols = list(details, "protocols");
    let mut accepted: Vec<Fact<ProtocolVersion>> = Vec::new();
    let mut lost = protocols.is_none_or(|list| !list.is_complete());
    for protocol in protocols.into_iter().flat_map(json::Value::elements) {
        let id = field(protocol, "id");
        let by_name = || {
            let name = format!("{} {}", text(protocol, "name")?, text(protocol, "version")?);
            ProtocolVersion::from_name(&name)
        };
        match id.and_then(json::Value::as_u32).and_then(version_of_id).or_else(by_name) {
            Some(version) => accepted.push(Fact::new(version, Basis::Wire, [id.unwrap_or(protocol).span()])),
            None => lost = true,
        }
    }
    for entry in &listed.entries {
        if let Some(version) = entry.version.filter(|_| !entry.suites.is_empty())
            && !accepted.iter().any(|fact| fact.value == version)
        {
            accepted.push(Fact::new(version, Basis::Wire, [entry.words]));
        }
    }
    let place: Vec<Span> = protocols.map(json::Value::span).into_iter().gathered();
    let gap = |reason, detail: &str| Observed::NotObserved(Gap::new(reason, detail).at(place.iter().copied()));
    let refused =
        ProtocolVersion::ALL.into_iter().filter(|version| !accepted.iter().any(|fact| fact.value == *version));
    let refused = refused.map(|offered| {
        let control = match (unfinished.or(simulated.versions.get(&offered)), &simulated.shown, accepted.first()) {
            (Some(gap), ..) | (None, Err(gap), _) => Observed::NotObserved(gap.clone()),
            _ if lost => gap(GapReason::Unsupported, "an accepted version is not known here"),
            (.., None) => gap(GapReason::Blocked, "no version was accepted"),
            _ if offered == ProtocolVersion::TLS1_3 && !knows_tls13(engine.map(|engine| engine.value.as_str())) => {
                gap(GapReason::ClientLimited, "this engine of SSL Labs may not know TLS 1.3")
            }
            (None, Ok(simulated), Some(fact)) => {
                let engine = engine.filter(|_| offered == ProtocolVersion::TLS1_3).map(|engine| &engine.words);
                let words = fact.words.iter().chain(engine.into_iter().flatten()).copied().chain([*simulated]);
                Observed::Known(Fact::new(true, Basis::Computed, words))
            }
        };
        Refusal { offered, how: RefusalKind::ReportedAsNotOffered, control, words: place.clone() }
    });
    let refused = refused.gathered();
    let rest = Gap::new(GapReason::NotAttempted, "SSL Labs tries SSL 2.0 to TLS 1.3");
    Enumerated { accepted, refused, unasked: Vec::new(), rest: Rest::Gap(rest) }
}

/// Engines learnt TLS 1.3 as RFC 8446 has it in the course of 1.32; 2.x have it for certain.
fn knows_tls13(engine: Option<&str>) -> bool {
    const FIRST: (u32, u32) = (1, 33);
    let Some(engine) = engine else { return false };
    let mut parts = engine.split('.').map(|part| part.trim().parse::<u32>().ok());
    match (parts.next().flatten(), parts.next().flatten()) {
        (Some(major), Some(minor)) => (major, minor) >= FIRST,
        _ => false,
    }
}

fn groups(details: json::Value<'_>, listed: &Listed<'_>) -> Enumerated<NamedGroup> {
    let mut found = Enumerated::unknown(
        GapReason::NotReportedByFormat,
        "SSL Labs names the groups that it found, not those it tried",
    );
    let named = field(details, "namedGroups").and_then(|groups| list(groups, "list"));
    let named = named.into_iter().flat_map(json::Value::elements).map(|group| (group, "id", "name"));
    let used = listed.suites().map(|(suite, _)| (suite, "namedGroupId", "namedGroupName"));
    for (value, id, name) in named.chain(used) {
        let by_id = field(value, id).and_then(json::Value::as_u32).and_then(|id| u16::try_from(id).ok());
        let by_id = by_id.filter(|id| *id != 0).map(NamedGroup);
        let group = by_id.or_else(|| NamedGroup::from_name(&text(value, name)?));
        if let Some(group) = group.filter(|group| !found.accepted.iter().any(|fact| fact.value == *group)) {
            found.accepted.push(Fact::new(group, Basis::Wire, [value.span()]));
        }
    }
    found
}

/// The primes of the suites. Where one of them may be short, longer ones do not stand for all.
fn dh_parameters(details: json::Value<'_>, listed: &Listed<'_>) -> Vec<Fact<DhParameters>> {
    let primes = list(details, "dhPrimes").into_iter().flat_map(json::Value::elements);
    let primes = primes.filter_map(|prime| u32::try_from(prime.as_str()?.trim().len()).ok()?.checked_mul(4)).gathered();
    let mut found: Vec<Fact<DhParameters>> = Vec::new();
    let mut shortest_unsure = u32::MAX;
    for (suite, _) in listed.suites() {
        match Prime::of(suite, &primes) {
            Some(Prime::Unsure(bits)) => shortest_unsure = shortest_unsure.min(bits),
            Some(Prime::Known(bits)) if !found.iter().any(|fact| fact.value.bits == bits) => {
                found.push(Fact::new(DhParameters { bits, name: None }, Basis::Wire, [suite.span()]));
            }
            _ => {}
        }
    }
    found.retain(|fact| fact.value.bits < shortest_unsure);
    found
}

/// The bits of a prime.
enum Prime {
    Known(u32),
    /// So many, or eight times as many.
    Unsure(u32),
}

impl Prime {
    /// `dhP` counts bytes. So does `dhBits`, in spite of its name, in what the APIs answer, while their documents have
    /// it in bits: from 512 on both are possible, up to the 10,000 bits at which OpenSSL ends.
    fn of(suite: json::Value<'_>, primes: &[u32]) -> Option<Self> {
        const LEAST: u32 = 512;
        const MOST: u32 = 10_000;
        let number = |name| field(suite, name).and_then(whole).and_then(json::Value::as_u32).filter(|bits| *bits > 0);
        let is_dh = text(suite, "kxType").is_some_and(|kind| kind == "DH");
        let strengths = [number("dhStrength"), number("kxStrength").filter(|_| is_dh)];
        let counted = number("dhP").map(|bytes| bytes.saturating_mul(8));
        // Of values that contradict each other the worst counts.
        let exact = strengths.into_iter().chain([counted]).flatten().min();
        let Some(said) = number("dhBits") else { return exact.map(Self::Known) };
        let as_bytes = said.saturating_mul(8);
        let readings: &[u32] = match said {
            ..LEAST => &[as_bytes],
            _ if as_bytes <= MOST => &[said, as_bytes],
            _ => &[said],
        };
        Some(match (exact, readings) {
            (Some(exact), _) if readings.contains(&exact) => Self::Known(exact),
            (Some(exact), _) => Self::Known(readings.iter().fold(exact, |least, reading| least.min(*reading))),
            (None, [one]) => Self::Known(*one),
            (None, _) => match readings.iter().find(|reading| primes.contains(reading)) {
                Some(bits) => Self::Known(*bits),
                None => Self::Unsure(said),
            },
        })
    }
}
