//! Proven chains: signatures, paths, trust stores.

mod limbo;
mod wycheproof;
