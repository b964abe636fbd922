//! What the rules about MTA-STS share: the records that belong to a policy.

use super::Context;
use crate::evidence::{Attribute, Exhibit, ExhibitView, Gap, GapReason, SubjectKind};

/// What is published of a name and type.
pub(super) enum Published<'a> {
    /// This answer, which is there to the end.
    Whole(&'a Exhibit),
    /// Nothing that could be relied on, and why.
    Unknown(Gap),
}

/// The answer for a name and type, if one was shown. Where several differ, none is relied on.
pub(super) fn published<'a>(context: &Context<'a>, owner: &str, kind: &str) -> Published<'a> {
    let is_it = |view: &&ExhibitView<'a>| {
        view.exhibit.kind == SubjectKind::DnsRecord
            && view.exhibit.text(Attribute::Owner) == Some(owner)
            && view.exhibit.text(Attribute::RecordType) == Some(kind)
    };
    let mut found = context.exhibits.iter().filter(is_it);
    let Some(first) = found.next() else {
        return Published::Unknown(Gap::new(
            GapReason::NotAttempted,
            format!("the {kind} records of `{owner}` were not shown"),
        ));
    };
    let data = |exhibit: &'a Exhibit| exhibit.facts(Attribute::Data).map(|fact| &fact.value);
    let differs = |other: &ExhibitView<'a>| {
        data(other.exhibit).any(|one| !data(first.exhibit).any(|known| known == one))
            || data(first.exhibit).any(|one| !data(other.exhibit).any(|known| known == one))
    };
    if found.any(differs) {
        let detail = format!("the answers for the {kind} records of `{owner}` differ");
        return Published::Unknown(Gap::new(GapReason::Contradicted, detail).at(first.exhibit.words()));
    }
    match first.scan.completion.gap().or_else(|| first.exhibit.first_gap(Attribute::Data)) {
        Some(gap) => Published::Unknown(gap.clone()),
        None => Published::Whole(first.exhibit),
    }
}

/// Whether a policy of this domain was shown.
pub(super) fn has_policy(context: &Context<'_>, domain: &str) -> bool {
    let mut exhibits = context.exhibits.iter().map(|view| view.exhibit);
    exhibits.any(|one| one.kind == SubjectKind::MtaStsPolicy && one.text(Attribute::Domain) == Some(domain))
}
