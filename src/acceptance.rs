//! Whether a client with this store accepts this chain on this date: each chosen store against each chain.
//!
//! A store of certificates is answered by its own verified paths. A listing of thumbprints has no certificates: a root
//! that another store verifies the chain with, or that the chain itself shows, is looked up in it, and where neither
//! is there it cannot say.

use crate::evidence::PresentedView;
use crate::gathered::Gathered;
use crate::pki::path::removals::{Removal, removal_of};
use crate::pki::path::{ChainAnswer, EndKind, FailureKind, ListedBy, PathAnswer, SUPPLIED, TrustStore};
use crate::report::{Acceptance, StoreAnswer};
use crate::rules::undecided;

/// What each store says of a chain; `proofs` has the answer of each store, in their order.
pub(crate) fn acceptances(
    chain: &PresentedView<'_>,
    is_service: bool,
    stores: &[&TrustStore],
    proofs: &[Option<&ChainAnswer>],
) -> Vec<StoreAnswer> {
    let ends: Vec<&PathAnswer> =
        proofs.iter().flatten().filter_map(|proof| proof.paths.iter().find(|path| path.trusted)).gathered();
    let answers = stores.iter().zip(proofs).map(|(store, proof)| match proof {
        Some(proof) => answer(chain, is_service, store, proof, &ends),
        None => StoreAnswer {
            store: store.name.clone(),
            acceptance: Acceptance::Unknown,
            words: "the certificate cannot be decoded".to_owned(),
            missing_root: None,
        },
    });
    answers.gathered()
}

fn answer(
    chain: &PresentedView<'_>,
    is_service: bool,
    store: &TrustStore,
    proof: &ChainAnswer,
    ends: &[&PathAnswer],
) -> StoreAnswer {
    let says = |acceptance, words: String, missing_root| StoreAnswer {
        store: store.name.clone(),
        acceptance,
        words,
        missing_root,
    };
    if let Some(path) = proof.paths.iter().find(|path| path.trusted) {
        let by = match path.ends_in.listed_by {
            None | Some(ListedBy::Sha256) => "",
            Some(ListedBy::Sha1) => ", which it lists by its SHA-1 thumbprint",
            Some(ListedBy::Sha1OfShown) => {
                ", which it lists by its SHA-1 thumbprint, and which only the chain itself shows"
            }
        };
        let words = format!("verified up to its root CA `{}`{by}", path.ends_in.name);
        return match &proof.host {
            Some(_) => says(Acceptance::Accepts, words, None),
            None => says(Acceptance::Unknown, format!("{words}; for which host is not stated"), None),
        };
    }
    if let Some(end) = proof.paths.first().filter(|path| path.ends_in.kind == EndKind::Root) {
        let why: Vec<&str> = end.failures.iter().map(|failure| failure.words.as_str()).gathered();
        let words = format!("it has the root CA `{}`, but {}", end.ends_in.name, why.join("; "));
        let acceptance =
            if undecided(chain, is_service, proof).is_some() { Acceptance::Unknown } else { Acceptance::Refuses };
        return says(acceptance, words, None);
    }
    let Missing { name, sha256, is_sure } = missing(store, proof, ends);
    let removal = name.as_deref().and_then(|name| removal_of(sha256.as_deref(), name));
    let then = removal.map(|removal| format!("; {}", removal.words(proof.at))).unwrap_or_default();
    if let Some(removal) = removal.filter(|removal| is_of_later_list(removal, store, proof)) {
        let words = format!("its list of {} lacks the root CA; {}", store.date.date(), removal.words(proof.at));
        return says(Acceptance::Unknown, words, name);
    }
    match name {
        Some(root) if is_sure && store.listing.as_ref().is_some_and(|listing| !listing.is_whole) => {
            let words = format!("it does not list the root CA `{root}`, but the listing is not known to be complete");
            says(Acceptance::Unknown, words, None)
        }
        Some(root) if is_sure => says(Acceptance::Refuses, format!("it lacks the root CA `{root}`{then}"), Some(root)),
        _ if store.listing.is_some() => {
            let words = format!(
                "the root CA is neither shown nor known from another store, and a listing has no certificates{then}"
            );
            says(Acceptance::Unknown, words, None)
        }
        _ => {
            let why = proof.nearest_miss.as_deref().unwrap_or("no path was found");
            match undecided(chain, is_service, proof) {
                Some(gap) => says(Acceptance::Unknown, format!("{}{then}", gap.detail), None),
                None => says(Acceptance::Refuses, format!("{why}{then}"), None),
            }
        }
    }
}

/// The root that is missing.
struct Missing {
    name: Option<String>,
    sha256: Option<String>,
    /// Whether the chain was seen to need it: another store verifies it so, or it was shown.
    is_sure: bool,
}

fn missing(store: &TrustStore, proof: &ChainAnswer, ends: &[&PathAnswer]) -> Missing {
    let lacks = |path: &&&PathAnswer| path.ends_in.sha256.as_ref().is_some_and(|sha256| store.root(sha256).is_none());
    if let Some(path) = ends.iter().find(lacks) {
        let sha256 = path.ends_in.sha256.clone();
        return Missing { name: Some(path.ends_in.name.clone()), sha256, is_sure: true };
    }
    let of = |kind| proof.paths.iter().find(|path| path.ends_in.kind == kind);
    if let Some(path) = of(EndKind::SelfIssued)
        && path.failures.iter().all(|failure| failure.kind == FailureKind::RootUntrusted)
    {
        let sha256 = path.certificates.last().cloned();
        return Missing { name: Some(path.ends_in.name.clone()), sha256, is_sure: true };
    }
    let name = of(EndKind::Missing).map(|path| path.ends_in.name.clone());
    Missing { name, sha256: None, is_sure: false }
}

/// Whether a shipped list, which is of its own day, lacks a root that it still had at the instant judged.
fn is_of_later_list(removal: &Removal, store: &TrustStore, proof: &ChainAnswer) -> bool {
    store.source != SUPPLIED && removal.store == store.name && removal.is_before(proof.at)
}

/// The removal that explains why no path to the root of a chain is trusted, where that is what keeps it from being so.
pub(crate) fn removal_behind(proof: &ChainAnswer) -> Option<&'static Removal> {
    let path = proof.paths.first()?;
    match path.ends_in.kind {
        EndKind::SelfIssued => removal_of(path.certificates.last().map(String::as_str), &path.ends_in.name),
        EndKind::Missing => removal_of(None, &path.ends_in.name),
        _ => None,
    }
}
