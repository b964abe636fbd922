//! What the rules about groups share: which accepted groups offend, and whether all of them are known.

use super::suites::{Judged, Used};
use crate::evidence::{Basis, Dossier, Gap, GapReason, Offers, contradiction, offers};
use crate::gathered::Gathered;
use crate::iana::{GroupInfo, GroupKind, NamedGroup};
use crate::source::Span;

/// X25519 has 255 bits of field and the strength of P-256 ([RFC 7748 §7](https://www.rfc-editor.org/rfc/rfc7748#section-7)).
const X25519_COUNTS_AS: u16 = 256;

/// Sorts the accepted groups. `offence` says what is wrong with a group, if anything is.
pub(super) fn judge_groups(dossier: &Dossier<'_>, offence: &dyn Fn(&GroupInfo) -> Option<String>) -> Judged {
    let offers = offers(dossier.sightings.iter().map(|sighting| &sighting.endpoint.groups));
    let name = |group: &NamedGroup| group.name().into_owned();
    let is_grease = |group: &NamedGroup| group.is_grease();
    judge_offers("group", offers, &name, &is_grease, &|group| group.info().map(offence))
}

/// Sorts what was accepted of one kind. `offence` is absent where nobody registered it.
pub(super) fn judge_offers<T>(
    what: &'static str,
    offers: Offers<T>,
    name: &dyn Fn(&T) -> String,
    is_grease: &dyn Fn(&T) -> bool,
    offence: &dyn Fn(&T) -> Option<Option<String>>,
) -> Judged {
    let contradicted: Vec<(String, Vec<Span>)> = offers
        .contradicted()
        .map(|offered| (name(&offered.value), offered.words.iter().chain(&offered.denied).copied().gathered()))
        .gathered();
    // What was left out of the offers does not matter where this rule has nothing against it.
    let is_harmless = |value: &T| matches!(offence(value), Some(None));
    let directed = offers.directed.filter(|(_, unasked)| unasked.iter().all(is_harmless)).map(|(fact, _)| fact);
    let (complete_by, mut gaps) = match offers.complete.or(directed) {
        Some(fact) if fact.basis == Basis::ToolSays => {
            let detail = format!("only the scanner says that there is no other {what}");
            (fact.words, vec![Gap::new(GapReason::Unsupported, detail)])
        }
        Some(fact) => (fact.words, Vec::new()),
        None => (Vec::new(), offers.gaps),
    };
    gaps.extend(contradiction("", &contradicted));
    let mut judged = Judged::new(what, complete_by, gaps);
    for offered in offers.accepted.into_iter().filter(|offered| !is_grease(&offered.value)) {
        let offence = offence(&offered.value);
        let name = name(&offered.value);
        judged.add(Used { name, words: offered.words, basis: offered.basis, denied: offered.denied }, offence);
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
