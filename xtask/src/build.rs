//! `build` and `start`: everything in `dist/`, and the page in a browser.

use crate::process::{Outcome, cargo, root, run};
use crate::{node, package, page};

/// Builds the npm package and both pages.
pub(crate) fn build() -> Outcome<()> {
    node::ensure_packages()?;
    let dist = root().join("dist");
    if dist.is_dir() {
        // What an earlier version of the build wrote would be published with the package.
        std::fs::remove_dir_all(&dist).map_err(|error| format!("cannot empty `{}`: {error}", dist.display()))?;
    }
    package::build()?;
    page::build()
}

/// Builds everything, then the probe with the page inside it, and lets it serve the page and open a browser.
pub(crate) fn start() -> Outcome<()> {
    build()?;
    let package = ["run", "--locked", "--package", "intransit-probe", "--features", "page"];
    run(cargo(&package).args(["--", "serve", "--open"]))
}
