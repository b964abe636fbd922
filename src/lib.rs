//! *Is everything we run encrypted in transit, and can we prove it?*
//!
//! intransit reads what people have, judges it by a policy, and says for every rule what its answer rests on.
//! Data goes one way; each arrow is one verb of this crate:
//!
//! ```text
//! bytes ─▶ read ─▶ Evidence ─▶ (merge) ─▶ evaluate(Policy, at, now) ─▶ Report ─▶ render
//! ```
//!
//! The core does no I/O, reads no clock and draws no randomness: time is an argument. What was not shown is
//! *unknown*, never *pass*.
//!
//! ```
//! use intransit::{Clock, Input, Timestamp, evaluate, policy, read, render};
//!
//! let reading = read(&[Input::new("report.json", b"[]")]);
//! let policy = policy::pack("baseline-1.0").unwrap().policy().unwrap();
//! let now: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
//! let report = evaluate(&reading.evidence, &policy, Clock { at: now, now }, reading.diagnostics);
//! assert!(render::text(&report, &render::TextOptions::default()).starts_with("? Not proven"));
//! ```

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]
#![deny(clippy::disallowed_methods)]

mod acceptance;
pub mod check;
pub mod diagnostic;
mod evaluate;
pub mod evidence;
pub mod formats;
mod gathered;
pub mod iana;
mod json_text;
mod letters;
mod mail_flow;
mod network;
mod ordered;
pub mod pki;
pub mod policy;
mod proofs;
pub mod record;
pub mod render;
pub mod report;
mod reproduce;
mod revocations;
pub mod rules;
mod search;
mod settings;
pub mod sheet;
pub mod source;
mod summarise;
mod terms;
pub mod time;
#[cfg(target_arch = "wasm32")]
pub mod wasm;

pub use check::{Catalogue, CheckOptions, catalogue, check};
pub use diagnostic::Diagnostic;
pub use evaluate::{Clock, evaluate};
pub use evidence::Evidence;
pub use formats::{Declared, FORMATS, Format, Input, Reading, read, read_declared};
pub use policy::Policy;
pub use render::{RENDERERS, Renderer};
pub use report::{Outcome, Report, Verdict};
pub use reproduce::STANDARD_INPUT;
pub use terms::Terms;
pub use time::Timestamp;
