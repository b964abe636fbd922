//! What the rules about identities share: the policy's records of who stands behind which host.
//!
//! A record is chosen by the host that was asked for, never by what the certificate says of itself. Names prove
//! nothing: they pass only on a verified path to a root that a record pins by its key.

use serde::Serialize;

use super::{Context, Draft, Parameters, Subject};
use crate::evaluate::sentence;
use crate::evidence::{Basis, Fact, Gap, GapReason, PresentedView};
use crate::gathered::Gathered;
use crate::letters::lower_case;
use crate::pki::path::{ChainAnswer, PathAnswer};
use crate::policy::IdentityRecord;
use crate::settings::{Members, invalid};
use crate::time::Timestamp;

/// The parameters of a rule whose records are the policy's own.
#[derive(Debug, Default, Serialize)]
pub(super) struct WithoutRecords {}

impl Parameters for WithoutRecords {
    fn set(&mut self, members: &mut Members<'_, '_>) {
        if let Some(records) = members.value("records") {
            let message =
                "`records` stand in the policy's member `identities`, where all rules about identities find them";
            members.problems().push(invalid(message.to_owned()).at(records.span()));
        }
    }
}

/// Whether one of these names is of a list.
pub(super) fn has(names: &[&str], list: &[String]) -> bool {
    names.iter().any(|name| list.iter().any(|one| is_same(name, one)))
}

fn pins(record: &IdentityRecord, path: &PathAnswer) -> bool {
    let key = path.ends_in.spki_sha256.as_deref();
    key.is_some_and(|key| record.root_spki_sha256.iter().any(|pin| pin.is(key)))
}

/// The records for a host at an instant.
pub(super) struct Expected<'a> {
    /// The host.
    pub(super) host: String,
    /// What the host rests on.
    pub(super) basis: Basis,
    pub(super) records: Vec<&'a IdentityRecord>,
}

/// Chooses the records for the subject's host and side that `say` something of what is asked.
///
/// # Errors
/// An unknown finding where there is none: no host, no record, or none in force.
pub(super) fn expected<'a>(
    context: &Context<'a>,
    subject: &Subject<'_>,
    say: &dyn Fn(&IdentityRecord) -> bool,
    what: &str,
) -> Result<Expected<'a>, Box<Draft>> {
    let unknown = |reason, detail: String| {
        let summary = format!("Which {what} is expected is not known.");
        Box::new(Draft::unknown(summary, vec![Gap::new(reason, detail)]))
    };
    let Some(Fact { value: host, basis, .. }) = subject.host() else {
        return Err(unknown(GapReason::NotStated, "the host is not known, and records are chosen by it".to_owned()));
    };
    let of_host: Vec<&IdentityRecord> =
        context.identities.iter().filter(|record| record.is_for(&host, subject.role()) && say(record)).gathered();
    if of_host.is_empty() {
        return Err(unknown(
            GapReason::NotStated,
            format!("the policy has no record for `{host}` among its `identities`"),
        ));
    }
    let records: Vec<&IdentityRecord> = of_host.into_iter().filter(|record| record.is_in_force(context.at)).gathered();
    if records.is_empty() {
        let detail = format!("no record of the policy for `{host}` is in force on {}", context.at.date());
        return Err(unknown(GapReason::NotStated, detail));
    }
    Ok(Expected { host, basis, records })
}

/// ` (our list, last checked …)`, by the record that was checked last.
pub(super) fn checked<'a>(records: impl Iterator<Item = &'a IdentityRecord>) -> String {
    let last: Option<Timestamp> = records.filter_map(|record| record.last_checked).max();
    last.map(|last| format!(" (our list, last checked {})", last.date())).unwrap_or_default()
}

impl Expected<'_> {
    /// The values of one field, each once.
    pub(super) fn values(&self, field: impl Fn(&IdentityRecord) -> &[String]) -> Vec<&str> {
        let mut values: Vec<&str> = Vec::new();
        for value in self.records.iter().flat_map(|record| field(record)) {
            if !values.contains(&value.as_str()) {
                values.push(value);
            }
        }
        values
    }

    /// `the policy's list for … (our list, last checked …) has …`.
    pub(super) fn words(&self, values: &[&str]) -> String {
        let values: Vec<String> = values.iter().map(|value| format!("`{value}`")).gathered();
        let checked = checked(self.records.iter().copied());
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
    has_name: &dyn Fn(&IdentityRecord) -> bool,
    on_path: &dyn Fn(&IdentityRecord, &PathAnswer) -> bool,
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
    let records: Vec<&IdentityRecord> = expected.records.iter().copied().filter(|record| has_name(record)).gathered();
    let checked = checked(records.iter().copied());
    if records.iter().all(|record| record.root_spki_sha256.is_empty()) {
        return unknown(
            GapReason::NotStated,
            &format!("the policy's record pins no root by its key (`rootSpkiSha256`){checked}"),
        );
    }
    let pinned: Vec<(&IdentityRecord, &PathAnswer)> = records
        .iter()
        .flat_map(|record| trusted.iter().map(move |path| (*record, *path)))
        .filter(|(record, path)| pins(record, path))
        .gathered();
    if pinned.is_empty() && proof.stopped.is_none() {
        let roots: Vec<String> = trusted.iter().map(|path| format!("`{}`", path.ends_in.name)).collect();
        let roots = roots.join(", ");
        let text = format!(
            "{what}, but the verified path ends at the root CA {roots}, whose key the policy does not pin for it{checked}"
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
    let text = format!("{what}, on a verified path to the pinned root CA `{}`{checked}", path.ends_in.name);
    let draft = Draft::pass(sentence(&text)).certificate(leaf, observed).basis(Basis::Computed).basis(expected.basis);
    issuers.fold(draft, |draft, issuer| draft.cite(issuer.words(), "on the verified path"))
}
