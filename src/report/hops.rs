//! The way of a message, hop by hop, as its headers tell it.

use serde::{Deserialize, Serialize};

use crate::source::Span;

/// Whose word a hop is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum HopStanding {
    /// One of the own hosts wrote its line, and it came through them.
    Recorded,
    /// Others wrote it, or can have.
    Claimed,
    /// Nobody said which hosts are the own ones, or the line names no host that wrote it.
    Unknown,
}

/// What is known of the connection of a hop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum HopLock {
    /// It was encrypted.
    Closed,
    /// It was in the clear, or encrypted with what anybody breaks.
    Open,
    /// The line does not say, or contradicts itself.
    Unknown,
    /// No network lay between.
    Local,
}

/// One hop as its line tells it. The hops of a message stand together, the last one first, as its lines do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HopSummary {
    /// Index into the scans of the report: the message.
    pub scan: u32,
    /// Its name for people.
    pub label: String,
    /// The sender: the name or else the address that the receiver saw, else what it called itself, in backticks.
    pub from: String,
    /// The host that received, and wrote the line, as it calls itself.
    pub by: String,
    /// Whose word all of this is.
    pub standing: HopStanding,
    /// Whether an own host sent it that wrote no line of its own.
    #[serde(default)]
    pub lacks_line_below: bool,
    /// Whether it was encrypted.
    pub lock: HopLock,
    /// The same in a sentence.
    pub words: String,
    /// The version of TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The suite as the line calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cipher: Option<String>,
    /// When the line was written, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<String>,
    /// Where the line stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
}
