//! Writes the seeds of every target to `corpus/`.
#![expect(dead_code, reason = "the bodies are for the targets")]

#[path = "../src/bodies.rs"]
mod bodies;
#[path = "../src/grammar.rs"]
mod grammar;
#[path = "../src/readers.rs"]
mod readers;
#[path = "../src/seeds.rs"]
mod seeds;

fn main() -> std::io::Result<()> {
    for (target, seeds) in seeds::seeds() {
        let folder = format!("{}/corpus/{target}", env!("CARGO_MANIFEST_DIR"));
        std::fs::create_dir_all(&folder)?;
        for (position, seed) in seeds.iter().enumerate() {
            std::fs::write(format!("{folder}/seed-{position:03}"), seed)?;
        }
    }
    Ok(())
}
