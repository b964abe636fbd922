//! `certificate-lifetime-long`: leaves are issued for no longer than the policy allows at their date of issue.

use serde::Serialize;

use super::certificates::{called, each_leaf, unreadable};
use super::{
    About, Clause, Context, Draft, Findings, OPENSSL, OPENSSL_WITHOUT_NAME, Parameters, Rule, Subject, TESTSSL,
};
use crate::diagnostic::Diagnostic;
use crate::evaluate::sentence;
use crate::evidence::{Basis, CertificateView, Gap, GapReason, SubjectKind};
use crate::time::{SECONDS_PER_DAY, Timestamp};

use crate::formats::json::Value;
use crate::settings::{Members, Setting, object};
/// See [`Rule::ABOUT`].
pub(super) struct CertificateLifetimeLong;

/// The longest lifetimes, by the date from which a certificate is valid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Params {
    steps: Vec<Step>,
}

impl Parameters for Params {
    fn set(&mut self, members: &mut Members<'_, '_>) {
        members.set("steps", &mut self.steps);
    }
}

/// A limit and when it begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Step {
    /// The first notBefore that it holds for; all earlier ones where it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<Timestamp>,
    maximum_days: u32,
}

impl Setting for Step {
    fn read(value: Value<'_>, problems: &mut Vec<Diagnostic>) -> Option<Self> {
        object(Some(value), problems, |members| {
            let (from, maximum_days) = (members.optional("from"), members.required("maximumDays"));
            Some(Self { from, maximum_days: maximum_days? })
        })
    }
}

impl Default for Params {
    /// The steps of the Baseline Requirements: 2026-03-15, 2027-03-15, 2029-03-15.
    fn default() -> Self {
        let from = |unix, maximum_days| Step { from: Some(Timestamp::from_unix(unix)), maximum_days };
        let steps = vec![
            Step { from: None, maximum_days: 398 },
            from(1_773_532_800, 200),
            from(1_805_068_800, 100),
            from(1_868_227_200, 47),
        ];
        Self { steps }
    }
}

impl Rule for CertificateLifetimeLong {
    type Params = Params;

    const ABOUT: About = About {
        id: "certificate-lifetime-long",
        title: "certificates of limited lifetime",
        checks: "From notBefore to notAfter of every leaf, both inclusive, in days of 86,400 seconds; any excess counts as another \
                 day. The limit is that of the date of notBefore. CA certificates are not judged.",
        why: "What a certificate vouches for changes: domains are sold and keys are stolen. The longer it lives, the longer it \
              vouches for what is no longer true.",
        fix: &[("any", "have certificates issued for the allowed time and renew them automatically (RFC 8555)")],
        citations: &[Clause {
            document: "CA/Browser Forum Baseline Requirements 2.2.6",
            clause: "section 6.3.2: 398 days, 200 from 2026-03-15, 100 from 2027-03-15, 47 from 2029-03-15",
            url: "https://cabforum.org/working-groups/server/baseline-requirements/documents/",
            date: "2026-03-31",
        }],
        effective: "2026-03-15",
        subjects: &[SubjectKind::Endpoint, SubjectKind::Chain],
        decide_by: &[TESTSSL, OPENSSL, OPENSSL_WITHOUT_NAME],
    };

    fn check(params: &Params, _: &Context, subject: &Subject<'_>, findings: &mut Findings) {
        each_leaf(subject, "a certificate of limited lifetime", findings, &|leaf| judged(params, leaf));
    }
}

fn judged(params: &Params, leaf: &CertificateView<'_>) -> Draft {
    let Some(parsed) = leaf.decoded() else { return unreadable(leaf, "its lifetime") };
    let (Ok(start), Ok(end)) = (&parsed.not_before, &parsed.not_after) else { return unreadable(leaf, "its lifetime") };
    match parsed.is_ca() {
        Some(true) => {
            return Draft::not_applicable("A CA certificate is not limited like those of services.")
                .certificate(leaf, "a CA certificate");
        }
        Some(false) => {}
        None => return unreadable(leaf, "whether it is a CA"),
    }
    let step =
        params.steps.iter().filter(|step| step.from.is_none_or(|from| from <= *start)).max_by_key(|step| step.from);
    let Some(step) = step else {
        let detail = format!("the policy has no limit for certificates from {}", start.date());
        return Draft::unknown(
            "How long the certificate may live is not known.",
            vec![Gap::new(GapReason::Unsupported, detail)],
        )
        .certificate(leaf, &format!("begins {start}"));
    };
    // The last second counts, and a part of a day is a day.
    let seconds = end.unix().saturating_sub(start.unix()).saturating_add(1).max(0);
    let days = seconds.saturating_add(SECONDS_PER_DAY - 1) / SECONDS_PER_DAY;
    let most = step.maximum_days;
    let who = called(leaf);
    let draft = if days > i64::from(most) {
        let since = start.date();
        Draft::fail(sentence(&format!(
            "{who} is issued for {days} days; {most} are allowed for certificates of {since}"
        )))
    } else {
        Draft::pass(sentence(&format!("{who} is issued for {days} days; {most} are allowed")))
    };
    draft
        .required(format!("a lifetime of at most {most} days"))
        .certificate(leaf, &format!("from {start} to {end}"))
        .basis(Basis::Computed)
}
