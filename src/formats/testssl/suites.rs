//! Cipher suites, groups and signature schemes.
//!
//! 3.2 and later write an entry for each suite (`cipher-tls1_2_xc030`) and, behind them, a list by version
//! (`cipherorder_…`, `supportedciphers_…`); 3.0 writes the list alone. A version is complete when its list is there
//! and, where there are entries, names the same suites: a report from which an entry was lost is not complete.

use std::borrow::Cow;

use super::rows::{Row, Rows, words};
use super::run::Run;
use crate::diagnostic::{Code, Diagnostic};
use crate::evidence::{
    Basis, ClassOffer, Enumerated, Fact, Gap, GapReason, Observed, Preference, Rest, SuiteClass, SuiteList,
};
use crate::gathered::Gathered;
use crate::iana::{CipherSuite, NamedGroup, ProtocolVersion, SignatureScheme};
use crate::ordered::{Map, Set};

/// How a version is spelt in the ids of entries and of lists.
const VERSIONS: [(&str, &str, ProtocolVersion); 5] = [
    ("ssl3", "SSLv3", ProtocolVersion::SSL3),
    ("tls1", "TLSv1", ProtocolVersion::TLS1_0),
    ("tls1_1", "TLSv1_1", ProtocolVersion::TLS1_1),
    ("tls1_2", "TLSv1_2", ProtocolVersion::TLS1_2),
    ("tls1_3", "TLSv1_3", ProtocolVersion::TLS1_3),
];

/// What entries have for a version that do not tell it.
const ANY_VERSION: &str = "";

/// The suites by version, and those of which the version is not told.
pub(super) fn suites(run: &Run, rows: &Rows<'_>, diagnostics: &mut Vec<Diagnostic>) -> Vec<SuiteList> {
    let entries = Entries::of(rows, diagnostics);
    let mut lists = Vec::new();
    for (in_entries, in_lists, version) in VERSIONS {
        let listed: Vec<Row<'_>> = ["cipherorder", "supportedciphers"]
            .into_iter()
            .flat_map(|kind| rows.all(&format!("{kind}_{in_lists}")).gathered())
            .gathered();
        let preference = preference(rows, in_entries);
        if listed.is_empty() && entries.of_version(in_entries).is_empty() {
            continue;
        }
        let suites = of_version(run, &entries, in_entries, &listed, diagnostics);
        lists.push(SuiteList { version: Some(version), suites, preference });
    }
    let mut of_any_version = Suites::default();
    for (suite, row) in entries.of_version(ANY_VERSION) {
        of_any_version.push(Fact::new(*suite, Basis::Wire, [row.span()]));
    }
    for id in ["FS_ciphers", "PFS_ciphers"] {
        for row in rows.all(id).filter(|row| !row.is_untested()) {
            named(row, diagnostics).into_iter().flatten().for_each(|fact| of_any_version.push(fact));
        }
    }
    let of_any_version = of_any_version.facts;
    if !of_any_version.is_empty() {
        lists.push(SuiteList {
            version: None,
            suites: Enumerated {
                accepted: of_any_version,
                refused: Vec::new(),
                unasked: Vec::new(),
                rest: Rest::Gap(Gap::new(GapReason::NotReportedByFormat, "this list does not tell the versions apart")),
            },
            preference: Observed::missing(GapReason::NotReportedByFormat, "this list has no order"),
        });
    }
    lists
}

/// Suites, each once, with all the words that name it.
#[derive(Default)]
struct Suites {
    facts: Vec<Fact<CipherSuite>>,
    positions: Map<CipherSuite, usize>,
}

impl Suites {
    fn push(&mut self, fact: Fact<CipherSuite>) {
        let position = self.positions.update(fact.value, || self.facts.len(), |position| *position);
        match self.facts.get_mut(position) {
            Some(known) => known.words.extend(fact.words),
            None => self.facts.push(fact),
        }
    }
}

/// The entries for single suites.
#[derive(Default)]
struct Entries<'d> {
    by_version: Map<&'static str, Vec<(CipherSuite, Row<'d>)>>,
    /// Versions of which an entry cannot be trusted, and why.
    doubtful: Map<&'static str, &'static str>,
}

const UNREAD: &str = "an entry for a single suite cannot be read, and may be of this version";
const UNTESTED: &str = "an entry for a single suite of this version was not tested, or was cut off";
const CONTRADICTORY: &str = "an entry of this version stands for one suite and names another";

impl<'d> Entries<'d> {
    fn of(rows: &Rows<'d>, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let mut entries = Self::default();
        for (id, row) in rows.iter() {
            // `-e` tries every suite without telling the versions apart: `cipher_xc030`.
            if !id.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("cipher")) {
                continue;
            }
            let is_lower = !id.bytes().any(|byte| byte.is_ascii_uppercase());
            let lower = if is_lower { Cow::Borrowed(id) } else { Cow::Owned(id.to_ascii_lowercase()) };
            let with_version = lower.strip_prefix("cipher-").map(|rest| rest.rsplit_once("_x").unwrap_or((rest, "")));
            let without = || Some((ANY_VERSION, lower.strip_prefix("cipher_x")?));
            let Some((version, code)) = with_version.or_else(without) else { continue };
            if version == "ssl2" && is_lower {
                continue;
            }
            let names = VERSIONS.iter().map(|(known, ..)| *known).chain([ANY_VERSION]);
            let known = names.into_iter().find(|known| *known == version).filter(|_| is_lower);
            let suite = u16::from_str_radix(code, 16).ok().map(CipherSuite);
            let well_formed = known.filter(|version| version.is_empty() == id.starts_with("cipher_x"));
            let version = well_formed.unwrap_or(ANY_VERSION);
            if well_formed.is_none() || suite.is_none() {
                entries.doubtful.insert(version, UNREAD);
                diagnostics.push(
                    Diagnostic::warning(
                        Code::UnknownValue,
                        format!("found the id `{id}`; expected `cipher-`, a version, and a code point behind `_x`"),
                    )
                    .at(row.span()),
                );
            }
            let Some(suite) = suite else { continue };
            let finding = row.finding();
            let Some(finding) = finding.filter(|_| !row.is_untested()) else {
                entries.doubtful.insert(version, UNTESTED);
                continue;
            };
            if finding.contains("not a/v") {
                continue;
            }
            entries.push(version, suite, row);
            let mut others: Set<CipherSuite> = Set::new();
            let mut names_it = false;
            for (_, _, word) in words(&finding) {
                if suite.info().is_some_and(|info| info.is_called(word)) {
                    names_it = true;
                } else if let Some(other) = CipherSuite::from_name(word) {
                    // Another spelling of the suite itself.
                    names_it |= other == suite;
                    others.extend(Some(other).filter(|other| *other != suite));
                }
            }
            if !names_it && suite.info().is_some() || others.len() > 0 {
                entries.doubtful.insert(version, CONTRADICTORY);
                diagnostics.push(
                    Diagnostic::warning(
                        Code::ContradictoryInput,
                        format!(
                            "the id `{id}` stands for {}, and its finding names another suite or none",
                            suite.name()
                        ),
                    )
                    .at(row.span()),
                );
                for &other in others.iter() {
                    entries.push(version, other, row);
                }
            }
        }
        entries
    }

    fn push(&mut self, version: &'static str, suite: CipherSuite, row: Row<'d>) {
        self.by_version.update(version, Vec::new, |entries| entries.push((suite, row)));
    }

    /// Whether the report has entries for the suites of single versions, as 3.2 and later write them.
    fn have_versions(&self) -> bool {
        self.by_version.keys().any(|version| *version != ANY_VERSION)
    }

    fn of_version(&self, version: &'static str) -> &[(CipherSuite, Row<'d>)] {
        self.by_version.get(&version).map_or(&[], Vec::as_slice)
    }

    /// Why the entries of a version cannot be trusted. An entry of unknown version may be of this one.
    fn doubt(&self, version: &'static str) -> Option<&'static str> {
        self.doubtful.get(&version).or_else(|| self.doubtful.get(&ANY_VERSION)).copied()
    }
}

fn of_version(
    run: &Run,
    entries: &Entries<'_>,
    version: &'static str,
    listed: &[Row<'_>],
    diagnostics: &mut Vec<Diagnostic>,
) -> Enumerated<CipherSuite> {
    let mut suites = Suites::default();
    let mut all_known = true;
    for row in listed.iter().filter(|row| !row.is_untested()) {
        for suite in named(*row, diagnostics) {
            match suite {
                Some(fact) => suites.push(fact),
                None => all_known = false,
            }
        }
    }
    let own = entries.of_version(version);
    let in_list: Set<CipherSuite> = suites.positions.keys().copied().collect();
    let in_entries: Set<CipherSuite> = own.iter().map(|(suite, _)| *suite).collect();
    for (suite, row) in own {
        suites.push(Fact::new(*suite, Basis::Wire, [row.span()]));
    }
    let accepted = suites.facts;
    let gap = |reason, detail: &str| Rest::Gap(Gap::new(reason, detail).at(listed.iter().map(|row| row.span())));
    // A list of one in a report that does not carry its command may be the first suite only, as --fast writes it.
    let may_be_first_only = run.fast || (run.command.is_none() && !entries.have_versions() && in_list.len() == 1);
    // Signalling values are offered and never chosen: a list of them alone does not show that the server answered.
    let has_suite = in_list.iter().any(|suite| !suite.is_signalling() && !suite.is_grease());
    let rest = if let Some((reason, detail)) = run.limited {
        gap(reason, detail)
    } else if may_be_first_only {
        gap(GapReason::ClientLimited, "the scan may have stopped at the first suite (--fast)")
    } else if listed.is_empty() || listed.iter().any(|row| row.finding().is_none()) {
        gap(GapReason::Truncated, "the list that closes the entries of this version is not there")
    } else if listed.iter().any(|row| row.is_untested()) {
        gap(GapReason::Failed, "the suites of this version were not tested, or not all of them")
    } else if !all_known {
        gap(GapReason::Unsupported, "the list names suites that are not known here")
    } else if !has_suite {
        gap(GapReason::Failed, "the list names no suite that a server can choose")
    } else if let Some(doubt) = entries.doubt(version) {
        gap(GapReason::Unsupported, doubt)
    } else if entries.have_versions() && !in_list.iter().eq(in_entries.iter()) {
        gap(GapReason::Truncated, "the list and the single entries of this version do not name the same suites")
    } else {
        let words = listed.iter().map(|row| row.span()).chain(run.unlimited.iter().copied());
        Rest::Complete(Fact::new(true, Basis::Wire, words))
    };
    Enumerated { accepted, refused: Vec::new(), unasked: Vec::new(), rest }
}

/// The suites that a finding names; `None` for a name that nobody knows.
fn named(row: Row<'_>, diagnostics: &mut Vec<Diagnostic>) -> Vec<Option<Fact<CipherSuite>>> {
    let finding = row.finding().unwrap_or_default();
    words(&finding)
        .map(|(start, end, name)| match CipherSuite::from_name(name) {
            Some(suite) => Some(Fact::new(suite, Basis::Wire, [row.words(start, end)])),
            None => {
                diagnostics.push(
                    Diagnostic::warning(
                        Code::UnknownValue,
                        format!("`{name}` is the name of no cipher suite that is known here"),
                    )
                    .at(row.words(start, end)),
                );
                None
            }
        })
        .gathered()
}

fn preference(rows: &Rows<'_>, version: &str) -> Observed<Preference> {
    let row = rows.first(&format!("cipher_order-{version}")).or_else(|| rows.first("cipher_order"));
    let Some(row) = row.filter(|row| !row.is_untested()) else {
        return Observed::missing(GapReason::NotAttempted, "who chooses the suite was not tested (testssl.sh -P)");
    };
    let finding = row.finding().unwrap_or_default();
    let known = match finding.trim() {
        "server" | "server -- TLS 1.3 client determined" => Some(Preference::Server),
        text if text.starts_with("server -- server prioritizes ChaCha") => Some(Preference::ServerExceptChaCha20),
        text if text == "client" || text.starts_with("NOT a cipher order configured") => Some(Preference::Client),
        _ => None,
    };
    match known {
        Some(preference) => Observed::Known(Fact::new(preference, Basis::ToolSays, [row.span()])),
        None => Observed::NotObserved(
            Gap::new(GapReason::Unsupported, format!("testssl.sh says `{finding}`")).at([row.span()]),
        ),
    }
}

/// Kinds of suites that were tested as a whole.
pub(super) fn classes(rows: &Rows<'_>) -> Vec<ClassOffer> {
    const IDS: [(&str, SuiteClass); 7] = [
        ("cipherlist_NULL", SuiteClass::Null),
        ("cipherlist_aNULL", SuiteClass::Anonymous),
        ("cipherlist_EXPORT", SuiteClass::Export),
        ("cipherlist_LOW", SuiteClass::Low),
        ("cipherlist_3DES_IDEA", SuiteClass::TripleDesOrIdea),
        ("FS", SuiteClass::ForwardSecret),
        ("PFS", SuiteClass::ForwardSecret),
    ];
    let mut offers = Vec::new();
    for (id, class) in IDS {
        for row in rows.all(id) {
            let finding = row.finding().unwrap_or_default().trim().to_ascii_lowercase();
            let offered = match finding.as_str() {
                text if text.starts_with("offered") => true,
                // A test that was not made can show an offer, never that there is none.
                _ if row.is_untested() => continue,
                text if text.starts_with("not offered") || text.starts_with("no ciphers supporting") => false,
                _ => continue,
            };
            offers.push(ClassOffer { class, offered: Fact::new(offered, Basis::ToolSays, [row.span()]) });
        }
    }
    offers
}

/// Groups for key exchange. testssl.sh says which it found, never that there are no others.
pub(super) fn groups(rows: &Rows<'_>) -> Enumerated<NamedGroup> {
    const IDS: [&str; 4] = ["FS_KEMs", "FS_ECDHE_curves", "PFS_ECDHE_curves", "DH_groups"];
    let mut list = Enumerated::unknown(
        GapReason::NotReportedByFormat,
        "testssl.sh names the groups that it found, not those it tried",
    );
    list.accepted = IDS.iter().flat_map(|id| values(rows, id, NamedGroup::from_name)).gathered();
    list
}

/// Signature schemes of the server.
pub(super) fn signature_schemes(rows: &Rows<'_>) -> Enumerated<SignatureScheme> {
    const IDS: [&str; 2] = ["FS_TLS12_sig_algs", "FS_TLS13_sig_algs"];
    let mut list = Enumerated::unknown(
        GapReason::NotReportedByFormat,
        "testssl.sh names the schemes that it found, not those it tried",
    );
    list.accepted = IDS.iter().flat_map(|id| values(rows, id, SignatureScheme::from_name)).gathered();
    list
}

fn values<T>(rows: &Rows<'_>, id: &str, from_name: impl Fn(&str) -> Option<T>) -> Vec<Fact<T>> {
    let mut facts = Vec::new();
    for row in rows.all(id).filter(|row| !row.is_untested()) {
        let finding = row.finding().unwrap_or_default();
        for (start, end, word) in words(&finding) {
            if let Some(value) = from_name(word) {
                facts.push(Fact::new(value, Basis::Wire, [row.words(start, end)]));
            }
        }
    }
    facts
}
