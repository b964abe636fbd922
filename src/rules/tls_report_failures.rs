//! `tls-report-failures`: senders report that their sessions with a domain succeeded.

use super::{About, Clause, Context, Draft, Findings, NoParams, Rule, Subject};
use crate::evidence::{Attribute, Basis, GapReason, SubjectKind};

/// See [`Rule::ABOUT`].
pub(super) struct TlsReportFailures;

impl Rule for TlsReportFailures {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "tls-report-failures",
        title: "no failed sessions in TLS reports",
        checks: "The sessions that a TLS report counts as failed, in its summary and in its details. Where the two do not \
                 agree, the worse one counts; a report without sessions proves nothing.",
        why: "A session that fails is mail that was not delivered, or that was delivered in the clear where no policy forbids \
              it. The report is often the first that the receiving side hears of it.",
        fix: &[
            (
                "any",
                "result-type says what failed: starttls-not-supported, certificate-expired, certificate-host-mismatch and so on",
            ),
            ("any", "check each mail server that `receiving-mx-hostname` names, from outside of the own network"),
        ],
        citations: &[Clause {
            document: "RFC 8460",
            clause: "sections 4.3 and 4.4: result types, and the counts of sessions",
            url: "https://www.rfc-editor.org/rfc/rfc8460#section-4.3",
            date: "2018-09",
        }],
        effective: "2018-09-01",
        subjects: &[SubjectKind::TlsReport],
        decide_by: &["dig TXT _smtp._tls.DOMAIN"],
    };

    fn check(_: &NoParams, _: &Context, subject: &Subject<'_>, findings: &mut Findings) {
        let Some(report) = subject.exhibit(SubjectKind::TlsReport) else { return };
        let number = |attribute| report.text(attribute).and_then(|text| text.parse::<u32>().ok());
        let (successful, failed) = (number(Attribute::Successful), number(Attribute::Failed));
        let kinds: Vec<&str> = report.facts(Attribute::Failure).map(|fact| fact.value.as_str()).collect();
        let contradiction = report.first_gap(Attribute::Failure).cloned();
        let draft = if failed.is_some_and(|failed| failed > 0) || !kinds.is_empty() {
            let count = failed.map_or_else(|| "some".to_owned(), |failed| failed.to_string());
            let kinds = if kinds.is_empty() { "no details".to_owned() } else { kinds.join(", ") };
            Draft::fail(format!("Of the sessions {count} failed: {kinds}."))
        } else if let (Some(successful @ 1..), Some(_), None) = (successful, failed, &contradiction) {
            Draft::pass(format!("All {successful} sessions succeeded."))
        } else {
            let gaps = match (successful, failed, contradiction) {
                (_, _, Some(gap)) => vec![gap],
                (_, None, _) => vec![report.gap(Attribute::Failed)],
                (None, ..) => vec![report.gap(Attribute::Successful)],
                (Some(_), ..) => {
                    vec![crate::evidence::Gap::new(GapReason::NotAttempted, "the report counts no session")]
                }
            };
            Draft::unknown("Whether sessions failed is not known.", gaps)
        };
        let counts = [Attribute::Failed, Attribute::Successful, Attribute::Failure].into_iter();
        let draft = counts
            .flat_map(|attribute| report.facts(attribute))
            .fold(draft, |draft, fact| draft.cite(&fact.words, &fact.value).basis(fact.basis.max(Basis::Wire)));
        findings.add(draft.required("no failed sessions"));
    }
}
