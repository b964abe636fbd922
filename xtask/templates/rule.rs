//! # @ID@
//!
//! What it checks, in one sentence.
//!
//! **Why it matters.** What could happen, to whom.
//!
//! **How to fix it.** The setting, the command.
//!
//! **Sources.** The clause, linked.

use crate::rules::{About, Context, Findings, Rule};

/// @ID@.
pub struct @NAME@;

/// What a policy can set.
pub struct Params {}

impl Rule for @NAME@ {
    type Params = Params;

    const ABOUT: About = About { id: "@ID@", title: "", sources: &[] };

    fn check(_params: &Params, _context: &Context, _findings: &mut Findings) {}
}
