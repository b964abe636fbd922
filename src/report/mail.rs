//! What would become of mail, in the words of a report: predictions, which are no findings and prove no delivery.

use serde::{Deserialize, Serialize};

use super::{Citation, Cited};

/// What would become of a message on one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum MailOutcome {
    /// Delivered by TLS, to somebody whose certificate was checked by name.
    DeliveredVerified,
    /// Delivered by TLS, to whoever answers.
    DeliveredEncrypted,
    /// Delivered in clear text.
    DeliveredInClear,
    /// Not delivered: delayed and then returned, or refused.
    Returned,
    /// Neither what was shown nor what is documented tells.
    NotDetermined,
}

/// What a prediction rests on at its weakest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum MailBasis {
    /// A reply of a mail server shows the same.
    Observed,
    /// The vendor's documents or a standard say so.
    Documented,
    /// Drawn from other statements, or remembered.
    Inferred,
}

/// Which way mail goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum MailDirection {
    /// To the domain.
    To,
    /// From the domain.
    From,
}

/// What would become of mail between the own servers and one server of a domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MailPrediction {
    /// The domain, in lower case.
    pub domain: String,
    /// Which way mail goes.
    pub direction: MailDirection,
    /// The server of the domain that was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// What would become of it.
    pub outcome: MailOutcome,
    /// What that rests on; absent where it is not determined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<MailBasis>,
    /// Where it is not determined: what would become of it if nothing that is missing stood against it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provided: Option<MailOutcome>,
    /// The prediction in one or two sentences, with its reasons.
    pub summary: String,
    /// The settings and facts that it rests on.
    pub evidence: Vec<Cited>,
    /// What was not shown of this connection.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// Indices into the sources of the forecast.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<u32>,
}

/// Predictions of mail flow, where settings and servers were shown together. They change no verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MailForecast {
    /// What predictions are and are not.
    pub statement: String,
    /// What no prediction knows.
    pub unknown: Vec<String>,
    /// By domain, each direction and server.
    pub predictions: Vec<MailPrediction>,
    /// Domains and directions that were left out because there are too many.
    #[serde(default, skip_serializing_if = "is_none")]
    pub left_out: u32,
    /// The documents that predictions refer to.
    pub sources: Vec<Citation>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
const fn is_none(count: &u32) -> bool {
    *count == 0
}

impl MailOutcome {
    /// What becomes of the message, behind "would".
    #[must_use]
    pub const fn words(self, direction: MailDirection) -> &'static str {
        match (self, direction) {
            (Self::DeliveredVerified, _) => "be delivered encrypted and verified",
            (Self::DeliveredEncrypted, _) => "be delivered encrypted, unverified",
            (Self::DeliveredInClear, _) => "be delivered in clear text",
            (Self::Returned, MailDirection::To) => "be delayed, then returned",
            (Self::Returned, MailDirection::From) => "be refused",
            (Self::NotDetermined, _) => "fare in a way that is not determined",
        }
    }
}

impl MailBasis {
    /// The word for people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Observed => "observed",
            Self::Documented => "documented",
            Self::Inferred => "inferred",
        }
    }
}
