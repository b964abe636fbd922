//! What the rules about MTA-STS share: the records that belong to a policy.

use super::Context;
use crate::evidence::{Attribute, Exhibit, ExhibitView, Gap, GapReason, SubjectKind};
use crate::gathered::Gathered;
use crate::ordered::Map;

/// Answers of DNS by name, with their type, and policies by domain, which have none.
#[derive(Debug)]
pub(crate) struct Names<'a>(Map<&'a str, Vec<(&'a str, &'a ExhibitView<'a>)>>);

impl<'a> Names<'a> {
    /// Those of these exhibits.
    pub(crate) fn of(exhibits: &'a [ExhibitView<'a>]) -> Self {
        let mut names: Map<&str, Vec<(&str, &ExhibitView<'_>)>> = Map::new();
        for view in exhibits {
            let text = |attribute| view.exhibit.text(attribute);
            let named = match view.exhibit.kind {
                SubjectKind::DnsRecord => text(Attribute::Owner).zip(text(Attribute::RecordType)),
                SubjectKind::MtaStsPolicy => text(Attribute::Domain).map(|domain| (domain, "")),
                _ => None,
            };
            if let Some((name, kind)) = named {
                names.update(name, Vec::new, |views| views.push((kind, view)));
            }
        }
        Self(names)
    }

    /// The answers for a name and type; the policies of a domain, which have no type.
    pub(crate) fn named(&self, name: &str, kind: &str) -> impl Iterator<Item = &'a ExhibitView<'a>> {
        let views = self.0.get(name).into_iter().flatten();
        views.filter(move |(known, _)| *known == kind).map(|(_, view)| *view)
    }
}

/// What is published of a name and type.
pub(crate) enum Published<'a> {
    /// This answer, which is there to the end.
    Whole(&'a Exhibit),
    /// Nothing that could be relied on, and why.
    Unknown(Gap),
}

/// The answer for a name and type, if one was shown. Where several differ, none is relied on.
pub(crate) fn published<'a>(names: &Names<'a>, owner: &str, kind: &str) -> Published<'a> {
    let mut found = names.named(owner, kind);
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

/// Of each record of MTA-STS in an answer, whether it announces a policy ([RFC 8461 §3.1](https://www.rfc-editor.org/rfc/rfc8461#section-3.1)).
pub(crate) fn announcements(record: &Exhibit) -> Vec<bool> {
    let announces = |text: &str| {
        let mut parts = text.split(';').map(str::trim);
        let is_id = |id: &str| (1..=32).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        parts.next() == Some("v=STSv1") && parts.find_map(|part| part.strip_prefix("id=")).is_some_and(is_id)
    };
    let texts = record.facts(Attribute::Data).map(|fact| fact.value.as_str());
    texts.filter(|text| text.starts_with("v=STSv1")).map(announces).gathered()
}

/// Whether a policy of this domain was shown.
pub(super) fn has_policy(context: &Context<'_>, domain: &str) -> bool {
    context.names.named(domain, "").next().is_some()
}
