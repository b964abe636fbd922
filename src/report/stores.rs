//! What each of several trust stores says of a chain, in the words of a report.

use serde::{Deserialize, Serialize};

/// Whether a client that trusts a store accepts a chain as it was shown, at the instant judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Acceptance {
    /// A path is verified up to a root of the store, for the host.
    Accepts,
    /// None is.
    Refuses,
    /// The store, or what was shown, cannot say.
    Unknown,
}

/// What one store says of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StoreAnswer {
    /// The store's name.
    pub store: String,
    /// The answer.
    pub acceptance: Acceptance,
    /// Why, in words.
    pub words: String,
    /// The subject of the root that the chain needs and the store lacks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing_root: Option<String>,
}

/// What all chosen stores say of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChainAcceptance {
    /// SHA-256 of the leaf, lower-case hex.
    pub leaf: String,
    /// The host that it was to be for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// One answer for each store, in the order in which they were chosen.
    pub answers: Vec<StoreAnswer>,
}
