//! `bench`: runs what stands in `benches/`: `*.rs` by cargo, `*.mjs` by node, after one build.

use crate::build;
use crate::process::{Outcome, cargo, files, program, root, run};

/// Runs every benchmark; figures go to standard output.
pub(crate) fn bench() -> Outcome<()> {
    build::build()?;
    let folder = root().join("benches");
    for file in files(&folder, ".mjs")? {
        run(&mut program("node", &[&file.to_string_lossy()]))?;
    }
    for file in files(&folder, ".rs")? {
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        run(&mut cargo(&["bench", "--locked", "--package", "intransit", "--bench", &name]))?;
    }
    Ok(())
}
