//! The npm package in `dist/pkg`: one ES module with the WebAssembly inside it, its types, the `.wasm` beside it, and
//! the command `intransit`.
//!
//! Base64 and a synchronous start are the only combination that loads unconfigured in Node, Deno, Vite, webpack and
//! esbuild. The types are the Rust types' own; `tsc` derives the wrapper's from its code.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::node;
use crate::process::{Outcome, read, root, run, write};
use crate::wasm;

/// The types that the package has besides its functions'. Named ones stand before a core's type of the same name.
const REEXPORTS: &str = "\
export type { CheckOptions, Input, NamedInput } from \"./options.js\";
export type * from \"./bindings.js\";
";

/// Builds `dist/pkg`.
pub(crate) fn build() -> Outcome<()> {
    let folder = root().join("dist/pkg");
    wasm::generate(&folder)?;
    let generated = folder.join("bindings_bg.wasm");
    let bytes = std::fs::read(&generated).map_err(|error| format!("cannot read the WebAssembly: {error}"))?;
    write(&folder.join("wasm-base64.js"), embedded(&bytes))?;
    std::fs::rename(&generated, folder.join("intransit.wasm"))
        .and_then(|()| std::fs::rename(folder.join("bindings_bg.wasm.d.ts"), folder.join("intransit.wasm.d.ts")))
        .map_err(|error| format!("cannot tidy `{}`: {error}", folder.display()))?;
    let bindings = folder.join("bindings.d.ts");
    write(&bindings, without_initialisers(&read(&bindings)?)?)?;
    for name in ["intransit.js", "options.d.ts", "cli.js"] {
        write(&folder.join(name), read(&root().join("src/npm").join(name))?)?;
    }
    declare(&folder)
}

fn embedded(bytes: &[u8]) -> String {
    let text = STANDARD.encode(bytes);
    format!("/** The core's WebAssembly. @type {{string}} */\nconst wasm = \"{text}\";\nexport default wasm;\n")
}

/// The bindings' declarations without what programs for Node, or for older libraries, have no types for: the part on
/// loading needs the DOM's, and `Symbol.dispose` those of ES2026.
fn without_initialisers(declarations: &str) -> Outcome<String> {
    let (kept, _) = declarations
        .split_once("export type InitInput")
        .ok_or("expected `export type InitInput` in bindings.d.ts: wasm-bindgen has changed its output")?;
    let kept: String =
        kept.lines().filter(|line| !line.contains("[Symbol.dispose]")).flat_map(|line| [line, "\n"]).collect();
    Ok(format!("{kept}/** Starts the core. */\nexport function initSync(module: {{ module: object }}): unknown;\n"))
}

fn declare(folder: &Path) -> Outcome<()> {
    let module = folder.join("intransit.js");
    let module = module.to_string_lossy();
    run(&mut node::tool(
        "tsc",
        &[
            "--ignoreConfig",
            "--allowJs",
            "--checkJs",
            "--strict",
            "--declaration",
            "--emitDeclarationOnly",
            "--target",
            "es2022",
            "--module",
            "nodenext",
            "--lib",
            "es2022,dom",
            "--types",
            "",
            &module,
        ],
    ))?;
    let declarations = folder.join("intransit.d.ts");
    let written = read(&declarations)?;
    write(&declarations, written + REEXPORTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations_lose_what_needs_the_dom() {
        let declarations =
            "export type Report = 1;\n    [Symbol.dispose](): void;\nexport type InitInput = RequestInfo;\n";
        let kept = without_initialisers(declarations).unwrap();
        assert!(kept.starts_with("export type Report = 1;\n"), "{kept}");
        assert!(!kept.contains("RequestInfo") && !kept.contains("dispose"), "{kept}");
        assert!(without_initialisers("export type Report = 1;").is_err());
    }
}
