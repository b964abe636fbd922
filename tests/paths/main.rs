//! Proven chains: signatures, paths, trust stores.
#![expect(clippy::disallowed_methods, reason = "the ban on files, clocks and the environment is for the core")]

mod exported;
mod hostile;
mod limbo;
mod links;
mod made;
#[path = "../common/party.rs"]
mod party;
mod pkits;
mod post_quantum;
mod refused;
mod report;
#[path = "../common/session.rs"]
mod session;
mod store;
mod stores;
mod tlsa;
mod windows;
mod wycheproof;
