//! `hop-unknown`: one of the own hosts recorded the hop, and no hop between two of them is missing.

use super::hops::{Said, cited, hop, settle};
use super::{About, Clause, Context, Findings, NoParams, OWN_HOSTS, Rule, Subject};
use crate::evidence::{Attribute, Gap, GapReason, SubjectKind};

/// See [`Rule::ABOUT`].
pub(super) struct HopUnknown;

impl Rule for HopUnknown {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "hop-unknown",
        title: "every own hop on record",
        checks: "Whether the line of each hop was written by a host of the policy's `ownHosts`, as the line above it shows, \
                 whether it says how the message was received, and whether the own host that it came from left a line as \
                 well. What a sender calls itself counts for nothing; its address, and the name that the receiver checked, do.",
        why: "Everybody on the way can write `Received` lines. A line below the first foreign one may be invented, and a hop \
              without a line may have been in the clear.",
        fix: &[
            (
                "any",
                "name the mail hosts that you trust in the policy's `ownHosts`, with the addresses that they send from",
            ),
            (
                "any",
                "have every own relay write its `Received` line: no header_checks or content filter that removes it",
            ),
        ],
        citations: &[
            Clause {
                document: "RFC 5321",
                clause: "section 4.4: a server that relays prepends its own line and must not change or delete earlier ones",
                url: "https://www.rfc-editor.org/rfc/rfc5321#section-4.4",
                date: "2008-10",
            },
            Clause {
                document: "RFC 5321",
                clause: "section 7.6: information in trace fields",
                url: "https://www.rfc-editor.org/rfc/rfc5321#section-7.6",
                date: "2008-10",
            },
        ],
        effective: "2008-10-01",
        subjects: &[SubjectKind::MailHop],
        decide_by: &[OWN_HOSTS],
    };

    fn check(_: &NoParams, context: &Context, subject: &Subject<'_>, findings: &mut Findings) {
        let Some(hop) = hop(subject) else { return };
        let by = hop.text(Attribute::By).unwrap_or("nobody");
        let said = if hop.fact(Attribute::Encryption).is_none() {
            Said::Nothing("How the message was received is not on record.".to_owned(), hop.gap(Attribute::Encryption))
        } else if context.standing.lacks_line_below {
            let from =
                [Attribute::FromName, Attribute::FromAddress].map(|one| hop.text(one).unwrap_or_default()).join(" ");
            let detail =
                format!("it came from `{}`, one of the own hosts, and no line of that host stands below", from.trim());
            Said::Nothing(
                "How the message came to the own host before is not on record.".to_owned(),
                Gap::new(GapReason::Truncated, detail),
            )
        } else if hop.fact(Attribute::FromAddress).is_none() && hop.text(Attribute::Encryption) != Some("local") {
            let detail =
                "the line does not state the sender's address, so that it may be an own host whose line is missing";
            let gap = Gap::new(GapReason::NotReportedByFormat, detail);
            Said::Nothing("From where the message came is not on record.".to_owned(), gap)
        } else if context.standing.is_edge {
            Said::Holds(format!("`{by}` recorded the hop; it came from outside of the own hosts."))
        } else {
            Said::Holds(format!("`{by}` recorded the hop."))
        };
        let draft = [Attribute::From, Attribute::FromName, Attribute::FromAddress, Attribute::Encryption]
            .into_iter()
            .fold(settle(context, hop, Attribute::By, said), |draft, attribute| cited(draft, hop, attribute));
        let draft = if context.standing.is_edge { draft.facet("edge") } else { draft };
        findings.add(draft.required("a line by one of the own hosts"));
    }
}
