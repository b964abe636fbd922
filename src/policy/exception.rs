//! Accepted exceptions and attestations: the exception process of the first source document.
//!
//! An exception names one rule and one subject exactly, with a reason, an owner, an approver and an end at most a
//! year off. It marks a fail as accepted; it never touches an unknown, and once it has ended the fail counts again.

use serde::{Deserialize, Serialize};

use crate::diagnostic::Diagnostic;
use crate::evidence::{UNNAMED, WITHOUT_PORT};
use crate::formats::json::Value;
use crate::gathered::Gathered;
use crate::ordered::Map;
use crate::report::{AppliedWaiver, Finding, Outcome, WaiverState};
use crate::settings::{Setting, object};
use crate::time::{SECONDS_PER_DAY, Timestamp};

/// The longest time that an exception may run, in days: a year, with its leap day.
pub const MAX_WAIVER_DAYS: i64 = 366;

/// What subjects are called whose input does not name them.
const OF_ANYBODY: &[&str] = &[
    "IPsec policy",
    "no IPsec policy",
    "MTA-STS policy of a domain that is not named",
    "certificates",
    "chain of an unnamed certificate",
];

/// An accepted exception.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Waiver {
    /// Its id, unique in the policy.
    pub id: String,
    /// Id of the rule.
    pub rule: String,
    /// The part of the rule, such as `every-suite`; required where the finding has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facet: Option<String>,
    /// The subject as findings name it, such as `mail.example.com:25 (192.0.2.1) STARTTLS smtp`.
    pub subject: String,
    /// SHA-256 of the certificate, lower-case hex; required where the finding is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
    /// Why it is accepted.
    pub reason: String,
    /// Who has to mend it.
    pub owner: String,
    /// Who accepted it.
    pub approver: String,
    /// Since when.
    pub granted: Timestamp,
    /// Until when: at most a year behind `granted`.
    pub expires: Timestamp,
}

/// What no wire shows, as somebody vouches for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Attestation {
    /// Its id, unique in the policy.
    pub id: String,
    /// What is vouched for, such as `cryptographic module validated to FIPS 140-3, certificate 0000`.
    pub statement: String,
    /// The document that says so.
    pub document: String,
    /// The date of the document.
    pub date: Timestamp,
    /// Who vouches.
    pub owner: String,
    /// Until when.
    pub expires: Timestamp,
}

impl Waiver {
    /// What is wrong with it, if anything is.
    pub(super) fn problem(&self) -> Option<String> {
        let empty = [
            ("rule", &self.rule),
            ("subject", &self.subject),
            ("reason", &self.reason),
            ("owner", &self.owner),
            ("approver", &self.approver),
        ]
        .into_iter()
        .find(|(_, text)| text.trim().is_empty());
        if let Some((key, _)) = empty {
            return Some(format!("waiver `{}` has no {key}", self.id));
        }
        if self.subject.contains('*') {
            return Some(format!(
                "waiver `{}` names `{}`; expected one subject, without wildcards",
                self.id, self.subject
            ));
        }
        if self.subject == UNNAMED || self.subject.contains(WITHOUT_PORT) {
            return Some(format!(
                "waiver `{}` names `{}`, which any service may be; expected one whose host and port are known",
                self.id, self.subject
            ));
        }
        let is_of_anybody = OF_ANYBODY.contains(&self.subject.as_str()) || self.subject.ends_with(" without a name");
        if is_of_anybody && self.certificate.is_none() {
            return Some(format!(
                "waiver `{}` names `{}`, which anybody's may be called; expected a subject with a name of its own",
                self.id, self.subject
            ));
        }
        let seconds = self.expires.unix().saturating_sub(self.granted.unix());
        if seconds <= 0 {
            return Some(format!("waiver `{}` ends on {}, before it was granted", self.id, self.expires));
        }
        (seconds > MAX_WAIVER_DAYS * SECONDS_PER_DAY).then(|| {
            format!("waiver `{}` runs for {} days; at most a year is allowed", self.id, seconds / SECONDS_PER_DAY)
        })
    }

    /// Whether it names what this finding is about.
    fn names(&self, finding: &Finding) -> bool {
        finding.outcome == Outcome::Fail
            && self.rule == finding.rule
            && self.facet == finding.facet
            && self.subject == finding.subject.label
            && self.certificate.as_deref().map(str::to_ascii_lowercase) == finding.subject.certificate
    }
}

impl Setting for Waiver {
    fn read(value: Value<'_>, problems: &mut Vec<Diagnostic>) -> Option<Self> {
        object(Some(value), problems, |members| {
            let (id, rule, facet) = (members.required("id"), members.required("rule"), members.optional("facet"));
            let (subject, certificate) = (members.required("subject"), members.optional("certificate"));
            let (reason, owner) = (members.required("reason"), members.required("owner"));
            let approver = members.required("approver");
            let (granted, expires) = (members.required("granted"), members.required("expires"));
            Some(Self {
                id: id?,
                rule: rule?,
                facet,
                subject: subject?,
                certificate,
                reason: reason?,
                owner: owner?,
                approver: approver?,
                granted: granted?,
                expires: expires?,
            })
        })
    }
}

impl Setting for Attestation {
    fn read(value: Value<'_>, problems: &mut Vec<Diagnostic>) -> Option<Self> {
        object(Some(value), problems, |members| {
            let (id, statement) = (members.required("id"), members.required("statement"));
            let (document, date) = (members.required("document"), members.required("date"));
            let (owner, expires) = (members.required("owner"), members.required("expires"));
            Some(Self {
                id: id?,
                statement: statement?,
                document: document?,
                date: date?,
                owner: owner?,
                expires: expires?,
            })
        })
    }
}

/// The ids that stand twice: a report names an exception and an attestation by its id.
pub(super) fn ids_twice<'a>(what: &str, ids: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut counts = Map::new();
    for id in ids {
        counts.count(id);
    }
    let repeated = counts.iter().flat_map(|(id, count)| (1..*count).map(move |_| id));
    repeated.map(|id| format!("{what} `{id}` stands there twice; expected an id for each")).gathered()
}

/// Marks the fails that an exception names. Returns what there is to say about exceptions that did not apply: one whose
/// subject several subjects of the report are called (`is_shared`), or that may mean any of several fails, accepts none.
pub(crate) fn apply(
    waivers: &[Waiver],
    now: Timestamp,
    is_shared: impl Fn(&str) -> bool,
    findings: &mut [Finding],
) -> Vec<String> {
    let mut notes = Vec::new();
    for waiver in waivers {
        let meant = findings.iter().filter(|finding| waiver.names(finding)).count();
        let several = if meant == 0 {
            notes.push(format!("exception `{}` applies to nothing that failed", waiver.id));
            continue;
        } else if is_shared(&waiver.subject) {
            Some(format!("several subjects of this report are called `{}`", waiver.subject))
        } else if meant > 1 && waiver.certificate.is_none() {
            Some(format!("`{}` fails {meant} times here", waiver.rule))
        } else {
            None
        };
        if let Some(several) = several {
            notes.push(format!(
                "exception `{}` applies to nothing, since {several}, and which one it accepts is not told: judge them in \
                 reports of their own",
                waiver.id
            ));
            continue;
        }
        let state = if now < waiver.granted {
            WaiverState::NotYetGranted
        } else if now >= waiver.expires {
            WaiverState::Expired
        } else {
            WaiverState::Accepted
        };
        // Of several exceptions for one fail, one that holds goes before those that do not.
        for finding in findings.iter_mut().filter(|finding| waiver.names(finding) && !finding.is_accepted()) {
            finding.exception = Some(AppliedWaiver { state, waiver: waiver.clone() });
        }
    }
    notes
}
