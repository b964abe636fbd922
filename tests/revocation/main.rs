//! CRLs and OCSP responses: what they prove of a certificate, as input and in reports.
#![expect(clippy::disallowed_methods, reason = "the ban on files, clocks and the environment is for the core")]

mod made;
#[path = "../common/party.rs"]
mod party;
mod pkits;
mod proves;
mod reports;
