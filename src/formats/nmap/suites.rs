//! Versions and suites: `ssl-enum-ciphers` and `sslv2`, in tables and in the words of `output`, which must agree.

use super::{elems, listed, tables};
use crate::diagnostic::{Code, Diagnostic};
use crate::evidence::{
    AttackTest, Basis, ClassOffer, DhParameters, Enumerated, Fact, Gap, GapReason, Observed, Preference, Rest,
    SuiteClass, SuiteList,
};
use crate::formats::xml::{Element, Text};
use crate::gathered::Gathered;
use crate::iana::{CipherSuite, NamedGroup, ProtocolVersion};
use crate::letters::beginning;
use crate::ordered::Set;
use crate::source::Span;

/// More suites than any server has; where there are more, the two forms do not agree.
const MAX_PAIRS: usize = 4096;
/// More unknown names than this are not listed.
const MAX_UNKNOWN: usize = 20;

/// What the scripts of one port found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) versions: Vec<Fact<ProtocolVersion>>,
    pub(super) suites: Vec<SuiteList>,
    pub(super) classes: Vec<ClassOffer>,
    pub(super) groups: Vec<Fact<NamedGroup>>,
    pub(super) dh_parameters: Vec<Fact<DhParameters>>,
    /// Whether a method of compression was taken.
    pub(super) compression: Vec<Fact<bool>>,
    pub(super) attacks: Vec<AttackTest>,
}

impl Found {
    /// Whether nothing at all was said.
    pub(super) fn is_empty(&self) -> bool {
        self.versions.is_empty() && self.suites.is_empty() && self.attacks.is_empty() && self.dh_parameters.is_empty()
    }

    fn accept(&mut self, version: ProtocolVersion, place: Span) {
        if !self.versions.iter().any(|fact| fact.value == version) {
            self.versions.push(Fact::new(version, Basis::Wire, [place]));
        }
    }

    pub(super) fn use_dh(&mut self, bits: u32, name: Option<String>, place: Span) {
        if !self.dh_parameters.iter().any(|fact| fact.value.bits == bits && (fact.value.name == name || name.is_none()))
        {
            self.dh_parameters.push(Fact::new(DhParameters { bits, name }, Basis::Wire, [place]));
        }
    }
}

/// Reads `ssl-enum-ciphers`.
pub(super) fn enumerated(script: Element<'_>, found: &mut Found, diagnostics: &mut Vec<Diagnostic>) {
    let mut tabled: Set<(String, String)> = Set::new();
    for list in script.named("table") {
        let Some(key) = list.attribute("key") else { continue };
        let Some(version) = ProtocolVersion::from_name(&key.value) else {
            let message = format!("`{}` is the name of no version that is known here", key.value);
            diagnostics.push(Diagnostic::error(Code::UnknownValue, message).at(key.span));
            continue;
        };
        version_of(list, version, &key, &mut tabled, found, diagnostics);
    }
    let Some(output) = script.attribute("output") else { return };
    let printed = printed(&output.value);
    let missing = printed.iter().find(|pair| !tabled.contains(*pair));
    let added = tabled.iter().find(|pair| !printed.contains(*pair));
    if let Some((version, suite)) = missing.or(added) {
        let message =
            format!("`{version}` with `{suite}` stands only in one of the two forms of this result; both are judged");
        diagnostics.push(Diagnostic::error(Code::ContradictoryInput, message).at(script.opening()));
    }
    for version in ProtocolVersion::ALL {
        let only_printed = printed
            .iter()
            .filter(|pair| !tabled.contains(*pair) && ProtocolVersion::from_name(&pair.0) == Some(version));
        let accepted: Vec<_> = only_printed
            .filter_map(|(_, suite)| Some(Fact::new(CipherSuite::from_name(suite)?, Basis::ToolSays, [output.span])))
            .gathered();
        if !accepted.is_empty() {
            found.accept(version, output.span);
            found.suites.push(list_of(version, accepted, None, output.span, unstated()));
        }
    }
}

fn version_of(
    list: Element<'_>,
    version: ProtocolVersion,
    key: &Text<'_>,
    tabled: &mut Set<(String, String)>,
    found: &mut Found,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut accepted: Vec<Fact<CipherSuite>> = Vec::new();
    let (mut unread, mut unknown) = (None, 0);
    for row in tables(list, "ciphers").flat_map(|ciphers| ciphers.named("table")) {
        let mut is_named = false;
        for name in elems(row, "name") {
            is_named = true;
            tabled.insert((key.value.to_string(), name.value.to_string()));
            match CipherSuite::from_name(&name.value) {
                Some(suite) => accepted.push(Fact::new(suite, Basis::Wire, [name.span])),
                None => {
                    unread = Some(name.span);
                    if unknown < MAX_UNKNOWN {
                        let message = format!("`{}` is the name of no cipher suite that is known here", name.value);
                        diagnostics.push(Diagnostic::warning(Code::UnknownValue, message).at(name.span));
                    }
                    unknown += 1;
                }
            }
        }
        if !is_named {
            unread = Some(row.span());
        }
        for exchange in elems(row, "kex_info") {
            key_exchange(&exchange, found);
        }
    }
    // A version without a suite is one that nothing was agreed on in.
    let first = accepted.first().and_then(|fact| fact.words.first().copied()).or(unread);
    if first.is_some() {
        found.accept(version, key.span);
    }
    compressors(list, found);
    warnings(list, found);
    found.suites.push(list_of(version, accepted, unread, key.span, preference(list)));
}

fn list_of(
    version: ProtocolVersion,
    accepted: Vec<Fact<CipherSuite>>,
    unread: Option<Span>,
    place: Span,
    preference: Observed<Preference>,
) -> SuiteList {
    let gap = match unread {
        Some(place) => Gap::new(GapReason::Unsupported, "a suite was accepted that is not known here").at([place]),
        None => Gap::new(
            GapReason::NotReportedByFormat,
            format!(
                "nmap lists the suites of {version} that were accepted: an attempt that failed, or a suite that it does \
                 not know, looks the same as a refusal"
            ),
        )
        .at([place]),
    };
    SuiteList {
        version: Some(version),
        suites: Enumerated { accepted, refused: Vec::new(), unasked: Vec::new(), rest: Rest::Gap(gap) },
        preference,
    }
}

fn unstated() -> Observed<Preference> {
    Observed::missing(GapReason::NotAttempted, "who chooses the suite is not said")
}

/// `server`, `client` or `indeterminate`. nmap does not look whether ChaCha20 is an exception.
fn preference(list: Element<'_>) -> Observed<Preference> {
    let mut said = elems(list, "cipher preference");
    let Some(first) = said.next() else { return unstated() };
    let agreed = said.all(|other| other.value == first.value);
    match first.value.as_ref() {
        "server" if agreed => Observed::Known(Fact::new(Preference::Server, Basis::ToolSays, [first.span])),
        "client" if agreed => Observed::Known(Fact::new(Preference::Client, Basis::ToolSays, [first.span])),
        _ => {
            let why = elems(list, "cipher preference error").next();
            let why = why.map(|why| format!(": {}", beginning(&why.value, 98))).unwrap_or_default();
            Observed::NotObserved(
                Gap::new(GapReason::Failed, format!("nmap could not tell who chooses the suite{why}")).at([first.span]),
            )
        }
    }
}

/// `ecdh_x25519`, `secp256r1`, `dh 1024`, `rsa 2048`; of export suites, `rsa 64` counts bytes.
fn key_exchange(exchange: &Text<'_>, found: &mut Found) {
    if let Some(bits) = exchange.value.strip_prefix("dh ").and_then(|bits| bits.parse().ok()) {
        found.use_dh(bits, None, exchange.span);
    } else if let Some(group) = NamedGroup::from_name(&exchange.value)
        && !found.groups.iter().any(|fact| fact.value == group)
    {
        found.groups.push(Fact::new(group, Basis::Wire, [exchange.span]));
    }
}

fn compressors(list: Element<'_>, found: &mut Found) {
    for name in listed(list, "compressors") {
        found.compression.push(Fact::new(name.value != "NULL", Basis::ToolSays, [name.span]));
    }
}

/// Whether compression was taken in any version.
pub(super) fn compression(said: Vec<Fact<bool>>) -> Observed<bool> {
    let worse = said.iter().find(|fact| fact.value).cloned();
    match worse.or_else(|| said.into_iter().next()) {
        Some(fact) => Observed::Known(fact),
        None => Observed::missing(GapReason::NotAttempted, "nmap lists no method of compression"),
    }
}

/// What nmap warns of and calls an attack. The other warnings say again what the suites say.
fn warnings(list: Element<'_>, found: &mut Found) {
    const ATTACKS: [(&str, &str, &str); 2] =
        [("SWEET32", "SWEET32", "CVE-2016-2183"), ("CVE-2014-3566", "POODLE", "CVE-2014-3566")];
    for text in listed(list, "warnings") {
        let Some((_, name, cve)) = ATTACKS.iter().find(|(words, ..)| text.value.contains(words)) else { continue };
        if !found.attacks.iter().any(|test| test.name == *name) {
            found.attacks.push(AttackTest {
                name: (*name).to_owned(),
                cve: vec![(*cve).to_owned()],
                vulnerable: Observed::Known(Fact::new(true, Basis::ToolSays, [text.span])),
            });
        }
    }
}

/// Reads `sslv2`.
pub(super) fn ssl2(script: Element<'_>, found: &mut Found, diagnostics: &mut Vec<Diagnostic>) {
    const SUPPORTED: &str = "SSLv2 supported";
    let said = script.named("elem").filter_map(Element::text).find(|text| text.value == SUPPORTED);
    let output = script.attribute("output").filter(|output| output.value.contains(SUPPORTED));
    let names: Vec<Text<'_>> = listed(script, "ciphers").filter(|name| name.value != "none").gathered();
    let place = said.or(output).map(|text| text.span).or_else(|| names.first().map(|name| name.span));
    match place {
        Some(place) => found.accept(ProtocolVersion::SSL2, place),
        None => {
            let message = "what `sslv2` says is not known here; expected `SSLv2 supported`";
            diagnostics.push(Diagnostic::warning(Code::UnknownValue, message).at(script.opening()));
        }
    }
    for name in names {
        for class in SuiteClass::of_ssl2(&name.value) {
            found.classes.push(ClassOffer { class, offered: Fact::new(true, Basis::ToolSays, [name.span]) });
        }
    }
}

/// The versions and suites of the printed form: `  TLSv1.2: `, `    ciphers: `, `      NAME (kex) - A`.
fn printed(output: &str) -> Set<(String, String)> {
    let mut pairs = Set::new();
    let (mut version, mut in_suites) = ("", false);
    for line in output.lines() {
        if pairs.len() >= MAX_PAIRS {
            break;
        }
        let words = line.trim();
        match line.len() - line.trim_start().len() {
            0..=3 => version = words.strip_suffix(':').unwrap_or_default(),
            4..=5 => in_suites = words == "ciphers:",
            _ if in_suites && !version.is_empty() => {
                let name = words.split_whitespace().next().unwrap_or_default();
                pairs.insert((version.to_owned(), name.to_owned()));
            }
            _ => {}
        }
    }
    pairs
}
