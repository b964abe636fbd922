//! The exit codes: what a pipeline branches on.

use std::process::ExitCode;

use intransit::Verdict;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: compliant, or done what was asked for.
    Success,
    /// 1: the verdict is non-compliant.
    NonCompliant,
    /// 2: the command line, the policy or an input cannot be used.
    Unusable,
    /// 3: the verdict is indeterminate.
    Indeterminate,
}

impl From<Verdict> for Exit {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Compliant => Self::Success,
            Verdict::NonCompliant => Self::NonCompliant,
            Verdict::Indeterminate => Self::Indeterminate,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Success => 0,
            Exit::NonCompliant => 1,
            Exit::Unusable => 2,
            Exit::Indeterminate => 3,
        })
    }
}
