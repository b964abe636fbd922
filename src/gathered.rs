//! Lists from iterators, in little code.
//!
//! `collect` into a `Vec` is compiled at each of its places for its iterator: the first element by itself, a guess at the
//! size, growing. Where a list is short this is a loop that pushes.

/// Iterators whose elements become a list.
pub(crate) trait Gathered: Iterator + Sized {
    /// All elements in their order.
    fn gathered(self) -> Vec<Self::Item> {
        let mut all = Vec::new();
        for item in self {
            all.push(item);
        }
        all
    }
}

impl<I: Iterator> Gathered for I {}
