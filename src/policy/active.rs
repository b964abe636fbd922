//! A rule as a policy sets it, and whether that setting is for a subject.

use crate::evidence::{Flow, Role};
use crate::gathered::Gathered;
use crate::rules::{Entry, Judge};

use super::Level;

/// A rule that is on, with its parameters read.
pub(crate) struct ActiveRule {
    pub(crate) entry: &'static Entry,
    pub(crate) level: Level,
    /// The flow that it is for; every flow that has no setting of its own where it is none.
    pub(crate) flow: Option<Flow>,
    /// The side that it is for; both where it is none.
    pub(crate) role: Option<Role>,
    pub(crate) judge: Box<dyn Judge>,
}

/// Whether a setting is for a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Applies {
    Yes,
    /// What the setting names of the subject is not known.
    Possibly,
    No,
}

impl ActiveRule {
    /// Whether it judges subjects of `flow` and `role`: another setting may name more of them.
    pub(crate) fn applies(&self, flow: Option<Flow>, role: Option<Role>, rules: &[Self]) -> Applies {
        let goes_before = |other: &Self| {
            other.rank() > self.rank()
                && std::ptr::eq(other.entry, self.entry)
                && other.names(flow, role) == Applies::Yes
        };
        let own = self.names(flow, role);
        if own != Applies::No && rules.iter().any(goes_before) { Applies::No } else { own }
    }

    /// Whether it is for one flow or one side only.
    pub(crate) const fn is_special(&self) -> bool {
        self.flow.is_some() || self.role.is_some()
    }

    /// What the subject has to be for it, in words: `belongs to `…` and is a client`.
    pub(crate) fn condition(&self) -> String {
        let flow = self.flow.map(|flow| format!("belongs to `{}`", flow.words()));
        let role = self.role.map(|role| format!("is a {}", role.name()));
        flow.into_iter().chain(role).gathered().join(" and ")
    }

    fn names(&self, flow: Option<Flow>, role: Option<Role>) -> Applies {
        match (of_kind(self.flow, flow), of_kind(self.role, role)) {
            (Applies::No, _) | (_, Applies::No) => Applies::No,
            (Applies::Yes, Applies::Yes) => Applies::Yes,
            _ => Applies::Possibly,
        }
    }

    const fn rank(&self) -> u8 {
        2 * self.flow.is_some() as u8 + self.role.is_some() as u8
    }
}

fn of_kind<T: PartialEq>(wanted: Option<T>, known: Option<T>) -> Applies {
    match (wanted, known) {
        (None, _) => Applies::Yes,
        (Some(_), None) => Applies::Possibly,
        (wanted, known) => {
            if wanted == known {
                Applies::Yes
            } else {
                Applies::No
            }
        }
    }
}
