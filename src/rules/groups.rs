//! What the rules about groups share: which accepted groups offend, and whether all of them are known.

use super::suites::{Judged, Used};
use crate::evidence::{Dossier, Gap, GapReason, Rest};
use crate::iana::{GroupInfo, GroupKind};

/// X25519 has 255 bits of field and the strength of P-256 ([RFC 7748 §7](https://www.rfc-editor.org/rfc/rfc7748#section-7)).
const X25519_COUNTS_AS: u16 = 256;

/// Sorts the accepted groups. `offence` says what is wrong with a group, if anything is.
pub(super) fn judge_groups(dossier: &Dossier<'_>, offence: &dyn Fn(&GroupInfo) -> Option<String>) -> Judged {
    let lists: Vec<_> = dossier.sightings.iter().map(|sighting| &sighting.endpoint.groups).collect();
    let complete = lists.iter().find(|list| list.gap().is_none()).and_then(|list| match &list.rest {
        Rest::Complete(fact) => Some(fact),
        Rest::Gap(_) => None,
    });
    let mut judged = match complete {
        Some(fact) => Judged::new("group", fact.words.clone(), Vec::new()),
        None => Judged::new("group", Vec::new(), lists.iter().filter_map(|list| list.gap()).collect()),
    };
    if let Some(fact) = complete
        && fact.basis == crate::evidence::Basis::ToolSays
    {
        judged.gaps.push(Gap::new(GapReason::Unsupported, "only the scanner says that there is no other group"));
    }
    for fact in lists.iter().flat_map(|list| &list.accepted).filter(|fact| !fact.value.is_grease()) {
        let used = Used { name: fact.value.name().into_owned(), words: fact.words.clone(), basis: fact.basis };
        judged.add(used, fact.value.info().map(offence));
    }
    judged.not_empty();
    judged
}

/// Bits of a group's curve, X25519 counted as 256; `None` where it has no curve of known size.
pub(super) const fn curve_bits(kind: GroupKind) -> Option<u16> {
    match kind.field_bits() {
        Some(255) => Some(X25519_COUNTS_AS),
        bits => bits,
    }
}
