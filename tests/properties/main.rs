//! What holds for every reader, whatever it is given. The readers are the lines of `fuzz/src/readers.rs`.

#[path = "../../fuzz/src/bodies.rs"]
mod bodies;
mod corpus;
mod deletion;
mod found;
mod generated;
#[path = "../../fuzz/src/grammar.rs"]
mod grammar;
#[path = "../../fuzz/src/readers.rs"]
mod readers;
#[path = "../../fuzz/src/seeds.rs"]
mod seeds;
