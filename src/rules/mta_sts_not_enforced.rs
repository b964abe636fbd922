//! `mta-sts-not-enforced`: the domain publishes a policy that senders have to keep.

use super::mta_sts::{Published, announcements, has_policy, published};
use super::{About, Clause, Context, Draft, Findings, NoParams, Rule, Subject};
use crate::evidence::{Attribute, Exhibit, Gap, GapReason, SubjectKind};

/// See [`Rule::ABOUT`].
pub(super) struct MtaStsNotEnforced;

impl Rule for MtaStsNotEnforced {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "mta-sts-not-enforced",
        title: "an MTA-STS policy in mode enforce",
        checks: "The mode of the policy file, that it names mail servers and a maximum age, and that the TXT record below \
                 `_mta-sts` tells senders of it. The record as `dig` prints it and the file have to be shown together.",
        why: "Without a policy that is enforced, whoever strips STARTTLS from the answer of the mail server reads the mail: \
              senders fall back to the clear.",
        fix: &[
            (
                "any",
                "serve `mode: enforce` at https://mta-sts.DOMAIN/.well-known/mta-sts.txt, after weeks of `mode: testing`",
            ),
            ("any", "publish _mta-sts.DOMAIN TXT \"v=STSv1; id=…\" and change the id with every change of the policy"),
        ],
        citations: &[
            Clause {
                document: "RFC 8461",
                clause: "section 5: in `testing` and `none` senders deliver where validation fails",
                url: "https://www.rfc-editor.org/rfc/rfc8461#section-5",
                date: "2018-09",
            },
            Clause {
                document: "RFC 8461",
                clause: "section 3.1: without exactly one TXT record that begins with v=STSv1 senders assume no policy",
                url: "https://www.rfc-editor.org/rfc/rfc8461#section-3.1",
                date: "2018-09",
            },
        ],
        effective: "2018-09-01",
        subjects: &[SubjectKind::MtaStsPolicy, SubjectKind::DnsRecord],
        decide_by: &["dig TXT _mta-sts.DOMAIN", "curl -sv https://mta-sts.DOMAIN/.well-known/mta-sts.txt"],
    };

    fn check(_: &NoParams, context: &Context, subject: &Subject<'_>, findings: &mut Findings) {
        let required = "mode enforce, and the record that announces the policy";
        if let Some(record) = subject.exhibit(SubjectKind::DnsRecord) {
            let domain = record.text(Attribute::Owner).and_then(|owner| owner.strip_prefix("_mta-sts."));
            if let Some(domain) = domain.filter(|domain| !has_policy(context, domain)) {
                let gap = Gap::new(GapReason::NotAttempted, format!("the policy file of `{domain}` was not shown"));
                findings.add(Draft::unknown("Whether MTA-STS is enforced is not known.", vec![gap]).required(required));
            }
            return;
        }
        let Some(policy) = subject.exhibit(SubjectKind::MtaStsPolicy) else { return };
        let unknown = |gap| Draft::unknown("Whether MTA-STS is enforced is not known.", vec![gap]);
        let missing = |what: &str| Gap::new(GapReason::Truncated, format!("the policy has no {what}"));
        // RFC 8461 section 3.2: of fields that stand there twice the first one counts.
        let mode = policy.fact(Attribute::Mode);
        let age = policy.text(Attribute::MaximumAge).and_then(|age| age.parse::<u32>().ok());
        let draft = match mode.map(|mode| mode.value.as_str()) {
            Some(weak @ ("testing" | "none")) => Draft::fail(format!("The policy is not enforced: `mode: {weak}`.")),
            Some("enforce") if policy.fact(Attribute::Mx).is_none() => unknown(missing("`mx`")),
            Some("enforce") if age.is_none_or(|age| age == 0) => unknown(missing("`max_age` above 0")),
            Some("enforce") => announced(context, policy),
            Some(_) => unknown(Gap::new(
                GapReason::Unsupported,
                "the policy's mode is none of RFC 8461, whose words have their case",
            )),
            None => unknown(missing("`mode`")),
        };
        let facts = [Attribute::Mode, Attribute::MaximumAge, Attribute::Domain].into_iter();
        let facts = facts.filter_map(|attribute| policy.fact(attribute));
        let draft = facts.fold(draft, |draft, fact| draft.cite(&fact.words, &fact.value).basis(fact.basis));
        findings.add(draft.required(required));
    }
}

/// The answer for a policy in mode enforce: whether senders are told of it.
fn announced(context: &Context<'_>, policy: &Exhibit) -> Draft {
    let unknown = |gap| Draft::unknown("Whether senders are told of the policy is not known.", vec![gap]);
    let Some(domain) = policy.text(Attribute::Domain) else { return unknown(policy.gap(Attribute::Domain)) };
    let owner = format!("_mta-sts.{domain}");
    let record = match published(context.names, &owner, "TXT") {
        Published::Whole(record) => record,
        Published::Unknown(gap) => return unknown(gap),
    };
    let draft = match announcements(record).as_slice() {
        [true] => Draft::pass("The policy is enforced, and its record tells senders of it."),
        [false] => Draft::fail(format!(
            "The record at `{owner}` has no `id=` with 1 to 32 letters and digits: senders do not look for the policy."
        )),
        [] => Draft::fail(format!("`{owner}` has no record of MTA-STS: senders do not look for the policy.")),
        _ => Draft::fail(format!("`{owner}` has several records of MTA-STS: senders assume no policy.")),
    };
    let facts =
        record.facts(Attribute::Owner).chain(record.facts(Attribute::Status)).chain(record.facts(Attribute::Data));
    facts.fold(draft, |draft, fact| draft.cite(&fact.words, &fact.value).basis(fact.basis))
}
