//! What each chosen store says of each chain, for the report.

use super::Named;
use crate::acceptance::acceptances;
use crate::pki::path::{ChainAnswer, TrustStore};
use crate::report::ChainAcceptance;

/// The answers, each chain once: where there are several stores, or one that lists thumbprints only.
pub(super) fn chain_acceptances(subjects: &[Named<'_>], stores: &[&TrustStore]) -> Vec<ChainAcceptance> {
    let mut found: Vec<ChainAcceptance> = Vec::new();
    if stores.len() < 2 && !stores.iter().any(|store| store.listing.is_some()) {
        return found;
    }
    for named in subjects {
        for (position, chain) in named.subject.chains().iter().enumerate() {
            let Some(leaf) = chain.leaf().and_then(|leaf| leaf.sha256.clone()) else { continue };
            let mut proofs = vec![of_chain(&named.proofs, position)];
            proofs.extend(named.further_proofs.iter().map(|proofs| of_chain(proofs, position)));
            let is_service = named.subject.endpoint().is_some();
            let host = named.subject.host().map(|host| host.value);
            let one = ChainAcceptance { leaf, host, answers: acceptances(chain, is_service, stores, &proofs) };
            if !found.contains(&one) {
                found.push(one);
            }
        }
    }
    found
}

fn of_chain(proofs: &[Option<ChainAnswer>], position: usize) -> Option<&ChainAnswer> {
    proofs.get(position).and_then(Option::as_ref)
}
