//! Small chains, made while the tests run.

use intransit::Timestamp;
use intransit::pki::path::{ChainAnswer, FailureKind, Purpose, Question, TrustStore, prove};
use intransit::pki::{ParsedCertificate, parse_host};

pub(crate) use crate::party::{HOST, Party, element};

pub(crate) fn at() -> Timestamp {
    "2026-11-22T10:00:00Z".parse().unwrap()
}

pub(crate) fn store(roots: impl IntoIterator<Item = ParsedCertificate>) -> TrustStore {
    TrustStore::of_certificates("test", at(), "made for this test", String::new(), roots)
}

/// Asks about a server.
pub(crate) fn ask(leaf: &ParsedCertificate, others: &[&ParsedCertificate], store: &TrustStore) -> ChainAnswer {
    let host = parse_host(HOST).unwrap();
    prove(&Question { leaf, others, store, at: at(), host: Some(&host), purpose: Purpose::Server })
}

/// The kinds of failures of the most promising path.
pub(crate) fn kinds(answer: &ChainAnswer) -> Vec<FailureKind> {
    answer.paths[0].failures.iter().map(|failure| failure.kind).collect()
}
