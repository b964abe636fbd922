//! How a thing is known: facts with their basis and words, gaps with their reason, open-world lists.
//!
//! Nothing here judges. The one rule that these types enforce: what was not observed is a [`Gap`],
//! never a default, and a value that is not in a list is not thereby refused.

use serde::{Deserialize, Serialize};

use crate::gathered::Gathered;
use crate::source::Span;

/// What a fact rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Basis {
    /// The value itself was seen on the wire, by the probe or by the scanner that reports it.
    Wire,
    /// Derived by us from evidence, such as a key size from a certificate.
    Computed,
    /// A conclusion of the tool that we cannot check. It may fail a rule, never pass one.
    ToolSays,
    /// Stated by the person who supplied the evidence.
    Declared,
}

/// A value, what it rests on and the words that say so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fact<T> {
    /// The value.
    pub value: T,
    /// What it rests on.
    pub basis: Basis,
    /// Where it is said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<Span>,
}

impl<T> Fact<T> {
    /// A fact said by `words`.
    pub fn new(value: T, basis: Basis, words: impl IntoIterator<Item = Span>) -> Self {
        Self { value, basis, words: words.into_iter().gathered() }
    }

    /// The same words for another value.
    pub fn map<U>(&self, value: U) -> Fact<U> {
        Fact { value, basis: self.basis, words: self.words.clone() }
    }
}

/// Why a thing is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum GapReason {
    /// This format can never show it.
    NotReportedByFormat,
    /// The tool did not try, or nobody asked it to.
    NotAttempted,
    /// The report ends, or the scan was interrupted, before it.
    Truncated,
    /// The tool's own client could not have seen it.
    ClientLimited,
    /// Something in between, or the server's mood, kept the answer away: closed port, firewall, rate limit.
    Blocked,
    /// It is there, in a form that this version of intransit does not read.
    Unsupported,
    /// The tool tried and failed.
    Failed,
    /// It is there, and too old to speak of today, or from the future.
    Outdated,
    /// Only the person who supplies the evidence can say it, and did not.
    NotStated,
    /// One report says it, and another says the opposite.
    Contradicted,
}

impl GapReason {
    /// The reason in words for people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::NotReportedByFormat => "this format cannot show it",
            Self::NotAttempted => "it was not tested",
            Self::Truncated => "the report ends before it",
            Self::ClientLimited => "the scanner's own client could not have seen it",
            Self::Blocked => "the server declined, or did not answer",
            Self::Unsupported => "intransit cannot read or decide it yet",
            Self::Failed => "the test failed",
            Self::Outdated => "scan again",
            Self::NotStated => "state it",
            Self::Contradicted => "one of the reports is wrong, or they reached different servers",
        }
    }
}

/// A thing that is not known, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Gap {
    /// Why.
    pub reason: GapReason,
    /// What is missing, as a sentence without a full stop.
    pub detail: String,
    /// Where the input says so, if it does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<Span>,
}

impl Gap {
    /// A gap that no words stand for.
    pub fn new(reason: GapReason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into(), words: Vec::new() }
    }

    /// The same, with the words that say so.
    #[must_use]
    pub fn at(mut self, words: impl IntoIterator<Item = Span>) -> Self {
        self.words.extend(words);
        self
    }
}

/// A thing that was looked for: known, or not and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Observed<T> {
    /// It is known.
    Known(Fact<T>),
    /// It is not known.
    NotObserved(Gap),
}

impl<T> Observed<T> {
    /// The fact, if it is known.
    pub const fn fact(&self) -> Option<&Fact<T>> {
        match self {
            Self::Known(fact) => Some(fact),
            Self::NotObserved(_) => None,
        }
    }

    /// The value, if it is known.
    pub fn value(&self) -> Option<&T> {
        self.fact().map(|fact| &fact.value)
    }

    /// The gap, if it is not known.
    pub const fn gap(&self) -> Option<&Gap> {
        match self {
            Self::Known(_) => None,
            Self::NotObserved(gap) => Some(gap),
        }
    }

    /// Not known, for `reason`.
    pub fn missing(reason: GapReason, detail: impl Into<String>) -> Self {
        Self::NotObserved(Gap::new(reason, detail))
    }
}

/// How a server turned an offer down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum RefusalKind {
    /// The tool reports it as not offered, without saying how the server answered.
    ReportedAsNotOffered,
    /// The server answered with an older version instead.
    Downgraded,
    /// A TLS alert with this code ([RFC 8446 §6](https://www.rfc-editor.org/rfc/rfc8446#section-6)).
    Alert(u8),
    /// The connection was closed or reset without an alert.
    Closed,
}

/// An offer that was turned down, and whether the same server accepted another offer in the same scan:
/// without that control a refusal proves nothing, since a server that answers nobody refuses everything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Refusal<T> {
    /// What was offered.
    pub offered: T,
    /// How it was turned down.
    pub how: RefusalKind,
    /// Whether a control offer was accepted.
    pub control: Observed<bool>,
    /// Where it is said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<Span>,
}

/// What is known of the values that a list does not name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Rest {
    /// The tool tried every value that it knows: what is not named was not accepted.
    Complete(Fact<bool>),
    /// Nothing is known of the others.
    Gap(Gap),
}

/// Why a scan that was directed by a policy does not know something.
pub const NOT_ASKED: &str = "not asked: policy-directed scan";

/// An open-world list: what was accepted, what was refused, and what is known of the rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Enumerated<T> {
    /// Accepted, in the order in which the tool reports it.
    pub accepted: Vec<Fact<T>>,
    /// Refused.
    #[serde(default = "Vec::<Refusal<T>>::new", skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<Refusal<T>>,
    /// Left out of the offers, by a scan that asks only what a policy needs: whatever the rest is, it is not about these.
    #[serde(default = "Vec::<T>::new", skip_serializing_if = "Vec::is_empty")]
    pub unasked: Vec<T>,
    /// Everything else.
    pub rest: Rest,
}

/// What an [`Enumerated`] says of one value.
#[derive(Debug)]
pub enum Membership<'a, T> {
    /// It was accepted.
    Accepted(&'a Fact<T>),
    /// It was refused, by itself or because the list is complete; the words that say so.
    Refused(Vec<Span>),
    /// Not known.
    Unknown(Gap),
}

impl<T> Enumerated<T> {
    /// A list of which nothing is known.
    pub fn unknown(reason: GapReason, detail: impl Into<String>) -> Self {
        Self {
            accepted: Vec::new(),
            refused: Vec::new(),
            unasked: Vec::new(),
            rest: Rest::Gap(Gap::new(reason, detail)),
        }
    }

    /// Why the list is not complete; `None` when it is. A complete list of nothing is not believed:
    /// a server that accepts no value was not reached.
    #[must_use]
    pub fn gap(&self) -> Option<Gap> {
        match &self.rest {
            Rest::Gap(gap) => Some(gap.clone()),
            Rest::Complete(fact) if !fact.value || self.accepted.is_empty() => Some(
                Gap::new(GapReason::Failed, "the list is empty, so the server may not have answered at all")
                    .at(fact.words.iter().copied()),
            ),
            Rest::Complete(fact) if !self.unasked.is_empty() => {
                Some(Gap::new(GapReason::NotAttempted, NOT_ASKED).at(fact.words.iter().copied()))
            }
            Rest::Complete(_) => None,
        }
    }
}

impl<T: PartialEq> Enumerated<T> {
    /// Whether the list was made to its end, and this value was offered.
    fn is_complete_for(&self, value: &T) -> bool {
        matches!(&self.rest, Rest::Complete(fact) if fact.value)
            && !self.accepted.is_empty()
            && !self.unasked.contains(value)
    }

    /// What is known of `value`.
    pub fn membership(&self, value: &T) -> Membership<'_, T> {
        if let Some(fact) = self.accepted.iter().find(|fact| fact.value == *value) {
            return Membership::Accepted(fact);
        }
        if let Some(refusal) = self.refused.iter().find(|refusal| refusal.offered == *value) {
            return match &refusal.control {
                Observed::Known(control) if control.value => {
                    Membership::Refused(refusal.words.iter().chain(&control.words).copied().gathered())
                }
                Observed::Known(control) => Membership::Unknown(
                    Gap::new(
                        GapReason::Blocked,
                        "it was refused, but so was everything else: the server was not reached",
                    )
                    .at(refusal.words.iter().chain(&control.words).copied()),
                ),
                Observed::NotObserved(gap) => Membership::Unknown(gap.clone().at(refusal.words.iter().copied())),
            };
        }
        match (self.gap(), &self.rest) {
            (Some(_), Rest::Complete(fact)) if self.is_complete_for(value) => Membership::Refused(fact.words.clone()),
            (Some(gap), _) => Membership::Unknown(gap),
            (None, Rest::Gap(gap)) => Membership::Unknown(gap.clone()),
            (None, Rest::Complete(fact)) => Membership::Refused(fact.words.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(rest: Rest) -> Enumerated<u8> {
        let refusal =
            |offered, control| Refusal { offered, how: RefusalKind::ReportedAsNotOffered, control, words: Vec::new() };
        Enumerated {
            accepted: vec![Fact::new(1, Basis::Wire, [])],
            refused: vec![
                refusal(2, Observed::Known(Fact::new(true, Basis::Computed, []))),
                refusal(3, Observed::Known(Fact::new(false, Basis::Computed, []))),
                refusal(4, Observed::missing(GapReason::Truncated, "no control")),
            ],
            unasked: Vec::new(),
            rest,
        }
    }

    #[test]
    fn absence_is_refusal_only_in_a_complete_list() {
        let complete = list(Rest::Complete(Fact::new(true, Basis::Wire, [])));
        let open = list(Rest::Gap(Gap::new(GapReason::NotAttempted, "")));
        assert!(matches!(complete.membership(&1), Membership::Accepted(_)));
        assert!(matches!(complete.membership(&9), Membership::Refused(_)));
        assert!(matches!(open.membership(&9), Membership::Unknown(_)));
        let directed = Enumerated { unasked: vec![8], ..list(Rest::Complete(Fact::new(true, Basis::Wire, []))) };
        assert!(matches!(directed.membership(&9), Membership::Refused(_)));
        assert!(matches!(directed.membership(&8), Membership::Unknown(_)));
        assert_eq!(directed.gap().map(|gap| gap.reason), Some(GapReason::NotAttempted));
        for list in [complete, directed] {
            let empty = Enumerated { accepted: Vec::<Fact<u8>>::new(), ..list };
            assert!(matches!(empty.membership(&9), Membership::Unknown(_)));
        }
    }

    #[test]
    fn a_refusal_needs_its_control() {
        let list = list(Rest::Complete(Fact::new(true, Basis::Wire, [])));
        assert!(matches!(list.membership(&2), Membership::Refused(_)));
        assert!(matches!(list.membership(&3), Membership::Unknown(_)));
        assert!(matches!(list.membership(&4), Membership::Unknown(_)));
    }
}
