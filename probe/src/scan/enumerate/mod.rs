//! What a server accepts, found out by offering and taking away.
//!
//! Nothing is off because it was not chosen. A refusal counts only between two hellos of the same shape that the server
//! answered; everything else is a gap with its reason.

mod control;
pub(crate) mod elimination;
pub(crate) mod groups;
mod narrow;
pub(crate) mod preference;
pub(crate) mod schemes;
pub(crate) mod shown;
pub(crate) mod versions;

use intransit::evidence::{Gap, RefusalKind};

/// What was refused, and the connections that show it, controls included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) how: RefusalKind,
    pub(crate) numbers: Vec<usize>,
}

/// A list that was made by taking away.
#[derive(Debug)]
pub(crate) struct Found<T> {
    /// Each value once, with the connection that chose it.
    pub(crate) accepted: Vec<(T, usize)>,
    /// What was not offered, as nothing hangs on it.
    pub(crate) unasked: Vec<T>,
    /// The refusal of all the others, or why it is not known that there are no others.
    pub(crate) rest: Result<Refused, Gap>,
    /// Whether some were chosen of a part of what was left.
    pub(crate) was_narrowed: bool,
}

impl<T: PartialEq> Found<T> {
    pub(crate) fn unknown(gap: Gap) -> Self {
        Self { accepted: Vec::new(), unasked: Vec::new(), rest: Err(gap), was_narrowed: false }
    }

    /// Notes what of `all` was not offered.
    pub(crate) fn leave_out(&mut self, all: Vec<T>, asked: &[T]) {
        let is_left = |value: &T| !asked.contains(value) && !self.accepted.iter().any(|(known, _)| known == value);
        self.unasked = all.into_iter().filter(is_left).collect();
    }

    pub(crate) fn add(&mut self, value: T, number: usize) {
        if !self.accepted.iter().any(|(known, _)| *known == value) {
            self.accepted.push((value, number));
        }
    }
}
