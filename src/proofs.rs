//! What the chosen roots say of every chain of a subject, found once for all the rules that ask.

use crate::evidence::{PresentedView, Role};
use crate::gathered::Gathered;
use crate::pki::parse_host;
use crate::pki::path::{ChainAnswer, Purpose, Question, TrustStore, prove_within};
use crate::rules::Subject;
use crate::time::Timestamp;

/// The answer for each chain, in their order: none without roots, or where the leaf cannot be decoded. A chain is taken
/// as it was shown: what another scan saw does not complete it. `effort` is what is left for the chains of the report.
pub(crate) fn proofs(
    subject: &Subject<'_>,
    roots: Option<&TrustStore>,
    at: Timestamp,
    effort: &mut usize,
) -> Vec<Option<ChainAnswer>> {
    let Some(store) = roots else { return Vec::new() };
    let host = subject.host().and_then(|host| parse_host(&host.value).ok());
    let purpose = match subject.role() {
        Role::Client => Purpose::Client,
        Role::Server => Purpose::Server,
    };
    let answer = |chain: &PresentedView<'_>| {
        let leaf = chain.leaf()?.decoded()?;
        let others: Vec<_> =
            chain.certificates.iter().filter(|one| !one.is_leaf).filter_map(|one| one.decoded()).collect();
        let extended =
            store.listing.as_ref().and_then(|_| store.with_shown(&others.iter().copied().chain([leaf]).gathered()));
        let store = extended.as_ref().unwrap_or(store);
        Some(prove_within(&Question { leaf, others: &others, store, at, host: host.as_ref(), purpose }, effort))
    };
    subject.chains().iter().map(answer).collect()
}
