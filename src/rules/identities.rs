//! What `issuer-unexpected` and `organization-unexpected` share: a policy's records of who issues for which host.
//!
//! A record is chosen by the host that was asked for, never by what the certificate says of itself. Names prove
//! nothing: these rules pass only on a verified path to a root that a record pins by its key.

use serde::Serialize;

use super::{Draft, Parameters};
use crate::diagnostic::Diagnostic;
use crate::evaluate::sentence;
use crate::evidence::{Basis, Fact, Gap, GapReason, PresentedView};
use crate::formats::json::Value;
use crate::gathered::Gathered;
use crate::letters::lower_case;
use crate::pki::path::{ChainAnswer, PathAnswer};
use crate::settings::{Members, Setting, object};
use crate::time::{SECONDS_PER_DAY, Timestamp};

/// The records. Several may be in force at once: certificates change while both are in use.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Params {
    pub(super) records: Vec<Record>,
}

impl Parameters for Params {
    fn set(&mut self, members: &mut Members<'_, '_>) {
        members.set("records", &mut self.records);
    }
}

/// What is expected of the certificates of some hosts for some time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Record {
    /// First day.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<Timestamp>,
    /// A host, or `*.` and a domain for the names with one more label.
    host: String,
    /// Common names of issuing and root CAs, as the certificates have them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) issuers: Vec<String>,
    /// When it was last seen to be true.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_observed: Option<Timestamp>,
    /// Organizations of the leaf.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) organizations: Vec<String>,
    /// SHA-256 of the roots' SubjectPublicKeyInfo, lower-case hex.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) root_spki_sha256: Vec<String>,
    /// Where it is said.
    #[serde(skip_serializing_if = "String::is_empty")]
    source: String,
    /// Last day, which still counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
}

impl Setting for Record {
    fn read(value: Value<'_>, problems: &mut Vec<Diagnostic>) -> Option<Self> {
        object(Some(value), problems, |members| {
            Some(Self {
                from: members.optional("from"),
                host: members.or_default("host"),
                issuers: members.or_default("issuers"),
                last_observed: members.optional("lastObserved"),
                organizations: members.or_default("organizations"),
                root_spki_sha256: members.or_default("rootSpkiSha256"),
                source: members.or_default("source"),
                until: members.optional("until"),
            })
        })
    }
}

impl Record {
    /// Whether one of these names is of a list of its own.
    pub(super) fn has(names: &[&str], own: &[String]) -> bool {
        names.iter().any(|name| own.iter().any(|own| is_same(name, own)))
    }

    fn pins(&self, path: &PathAnswer) -> bool {
        let key = path.ends_in.spki_sha256.as_deref();
        key.is_some_and(|key| self.root_spki_sha256.iter().any(|pin| is_same(pin, key)))
    }

    fn is_for(&self, host: &str) -> bool {
        let (host, pattern) = (host.trim_end_matches('.'), self.host.as_str());
        match pattern.strip_prefix("*.") {
            Some(domain) => host.split_once('.').is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(domain)),
            None => host.eq_ignore_ascii_case(pattern),
        }
    }

    fn is_in_force(&self, at: Timestamp) -> bool {
        let begun = self.from.is_none_or(|from| from <= at);
        // A time of day in `until` does not lengthen its day.
        let day = |time: Timestamp| time.unix().div_euclid(SECONDS_PER_DAY);
        let ended = self.until.is_some_and(|until| day(at) > day(until));
        begun && !ended
    }
}

/// The records for a host at an instant.
pub(super) struct Expected<'a> {
    /// The host.
    pub(super) host: &'a str,
    /// What the host rests on.
    basis: Basis,
    records: Vec<&'a Record>,
}

/// Chooses the records for a host that say something by `field`.
///
/// # Errors
/// An unknown finding where there is none: no host, no record, or none in force.
pub(super) fn expected<'a>(
    records: &'a [Record],
    host: Option<&'a Fact<String>>,
    at: Timestamp,
    field: impl Fn(&Record) -> &[String],
    what: &str,
) -> Result<Expected<'a>, Box<Draft>> {
    let unknown = |reason, detail: String| {
        let summary = format!("Which {what} is expected is not known.");
        Box::new(Draft::unknown(summary, vec![Gap::new(reason, detail)]))
    };
    let Some(host) = host else {
        return Err(unknown(GapReason::NotStated, "the host is not known, and records are chosen by it".to_owned()));
    };
    let (host, basis) = (host.value.as_str(), host.basis);
    let of_host: Vec<&Record> =
        records.iter().filter(|record| record.is_for(host) && !field(record).is_empty()).gathered();
    if of_host.is_empty() {
        return Err(unknown(GapReason::NotAttempted, format!("the policy has no record for `{host}`")));
    }
    let records: Vec<&Record> = of_host.into_iter().filter(|record| record.is_in_force(at)).gathered();
    if records.is_empty() {
        let detail = format!("no record of the policy for `{host}` is in force on {}", at.date());
        return Err(unknown(GapReason::NotAttempted, detail));
    }
    Ok(Expected { host, basis, records })
}

impl Expected<'_> {
    /// The values of one field, each once.
    pub(super) fn values(&self, field: impl Fn(&Record) -> &[String]) -> Vec<&str> {
        let mut values: Vec<&str> = Vec::new();
        for value in self.records.iter().flat_map(|record| field(record)) {
            if !values.contains(&value.as_str()) {
                values.push(value);
            }
        }
        values
    }

    /// `the policy's list for … , last checked …, has …`.
    pub(super) fn words(&self, values: &[&str]) -> String {
        let last = self.records.iter().filter_map(|record| record.last_observed).max();
        let checked = last.map(|last| format!(" (last checked on {})", last.date())).unwrap_or_default();
        let values: Vec<String> = values.iter().map(|value| format!("`{value}`")).gathered();
        format!("the policy's list for `{}`{checked} has {}", self.host, values.join(", "))
    }
}

/// Whether two names are the same but for case and white space around them.
pub(super) fn is_same(a: &str, b: &str) -> bool {
    lower_case(a.trim()) == lower_case(b.trim())
}

/// A sentence about the name that is most like an expected one without being it.
pub(super) fn near_miss(found: &[&str], expected: &[&str]) -> String {
    const CLOSE_ENOUGH: f64 = 0.7;
    let pairs = found.iter().flat_map(|found| expected.iter().map(move |expected| (*found, *expected)));
    let likeness = |a: &str, b: &str| strsim::normalized_damerau_levenshtein(&lower_case(a), &lower_case(b));
    let best = pairs
        .map(|(found, expected)| (likeness(found, expected), found, expected))
        .filter(|(likeness, ..)| *likeness >= CLOSE_ENOUGH)
        .max_by(|(a, ..), (b, ..)| a.total_cmp(b));
    best.map(|(_, found, expected)| format!(" `{found}` is like `{expected}`, but another name.")).unwrap_or_default()
}

/// What a matching name is worth: it passes on a verified path, for the host, to a root whose key is pinned by a record
/// that has the name: the root of another record vouches for other names. `has_name` says whether a record has a name
/// that was shown, `on_path` whether one of its names is of that path.
pub(super) fn matched(
    expected: &Expected<'_>,
    chain: &PresentedView<'_>,
    proof: Option<&ChainAnswer>,
    what: &str,
    observed: &str,
    has_name: &dyn Fn(&Record) -> bool,
    on_path: &dyn Fn(&Record, &PathAnswer) -> bool,
) -> Draft {
    let Some(leaf) = chain.leaf() else { return Draft::unknown("The chain is empty.", Vec::new()) };
    let unknown = |reason, why: &str| {
        let summary = sentence(&format!("{what}, which proves nothing yet"));
        Draft::unknown(summary, vec![Gap::new(reason, why)]).certificate(leaf, observed)
    };
    let Some(proof) = proof else {
        return unknown(
            GapReason::NotStated,
            "a name proves nothing, and no roots were chosen to verify the chain against",
        );
    };
    let trusted: Vec<&PathAnswer> = proof.paths.iter().filter(|path| path.is_proof()).collect();
    if trusted.is_empty() || proof.host.is_none() {
        let why = proof.nearest_miss.as_deref().unwrap_or("the chain is not verified for the host");
        return unknown(GapReason::Unsupported, why);
    }
    let records: Vec<&Record> = expected.records.iter().copied().filter(|record| has_name(record)).gathered();
    if records.iter().all(|record| record.root_spki_sha256.is_empty()) {
        return unknown(GapReason::NotStated, "the policy's record pins no root by its key (`rootSpkiSha256`)");
    }
    let pinned: Vec<(&Record, &PathAnswer)> = records
        .iter()
        .flat_map(|record| trusted.iter().map(move |path| (*record, *path)))
        .filter(|(record, path)| record.pins(path))
        .gathered();
    if pinned.is_empty() && proof.stopped.is_none() {
        let roots: Vec<String> = trusted.iter().map(|path| format!("`{}`", path.ends_in.name)).collect();
        let roots = roots.join(", ");
        let text = format!(
            "{what}, but the verified path ends at the root CA {roots}, whose key the policy does not pin for it"
        );
        return Draft::fail(format!("{} The list may be out of date.", sentence(&text)))
            .certificate(leaf, observed)
            .basis(Basis::Computed);
    }
    let Some((_, path)) = pinned.into_iter().find(|(record, path)| on_path(record, path)) else {
        return unknown(GapReason::Unsupported, "the name is not on a verified path to a pinned root");
    };
    let issuers = chain
        .certificates
        .iter()
        .filter(|one| !one.is_leaf && one.sha256.as_ref().is_some_and(|sha256| path.certificates.contains(sha256)));
    let text = format!("{what}, on a verified path to the pinned root CA `{}`", path.ends_in.name);
    let draft = Draft::pass(sentence(&text)).certificate(leaf, observed).basis(Basis::Computed).basis(expected.basis);
    issuers.fold(draft, |draft, issuer| draft.cite(issuer.words(), "on the verified path"))
}
