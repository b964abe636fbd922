//! Proven chains: every path from a certificate to a root, and for each path that fails the link that fails and why.
//!
//! Two judges look at a path: an explorer of our own, which explains ([RFC 5280 §6], host names by [RFC 9525]), and
//! rustls-webpki, which much of the field decides by. A path is trusted only where both accept it; where they differ,
//! the stricter one holds and the difference is stated. Revocation is the matter of `pki::revocation`.
//!
//! [RFC 5280 §6]: https://www.rfc-editor.org/rfc/rfc5280#section-6
//! [RFC 9525]: https://www.rfc-editor.org/rfc/rfc9525

mod advice;
mod answer;
mod constraints;
mod explore;
mod exported;
mod judge;
mod known;
pub mod removals;
pub mod store;
pub mod verify;
mod webpki;

pub use answer::{ChainAnswer, EndKind, Failure, FailureKind, ListedBy, PathAnswer, PathEnd, Purpose, StoreReference};
pub(crate) use constraints::has_dotted_constraint;
pub(crate) use explore::{MOST_EFFORT, prove_within};
pub use explore::{Question, prove};
pub use exported::{Listing, SUPPLIED};
pub use store::{Root, TrustStore};
