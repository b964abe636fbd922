//! Proven chains: signatures, paths, trust stores.

mod wycheproof;
