//! `new-rule ID`: a rule's file, its cases, and its two lines in `src/rules/mod.rs`.
//!
//! The texts are `xtask/templates/rule.rs` and `rule.case`; `@ID@` and `@NAME@` are filled in.

use std::path::Path;

use crate::process::{Outcome, read, write};

const RULE: &str = include_str!("../templates/rule.rs");
const CASES: &str = include_str!("../templates/rule.case");
const TABLE: &str = "RULES: &[";

/// Writes a new rule into the tree under `root`; nothing is written unless all of it can be.
///
/// # Errors
/// When the id is not in kebab case, the rule exists, or `src/rules/mod.rs` has no table.
pub(crate) fn scaffold(root: &Path, id: &str) -> Outcome<()> {
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    if !id.split('-').all(is_word) || id.starts_with(|first: char| first.is_ascii_digit()) {
        return Err(format!("expected an id such as `rsa-key-short`, found `{id}`"));
    }
    let module = id.replace('-', "_");
    let name: String = id.split('-').map(capitalised).collect();
    let rule = root.join("src/rules").join(format!("{module}.rs"));
    let cases = root.join("tests/cases/rules").join(format!("{id}.case"));
    let table = root.join("src/rules/mod.rs");
    if let Some(existing) = [&rule, &cases].into_iter().find(|path| path.exists()) {
        return Err(format!("expected a new rule, found `{}`", existing.display()));
    }
    let registered = register(&read(&table)?, &module, &name)?;
    let fill = |template: &str| template.replace("@ID@", id).replace("@NAME@", &name);
    write(&rule, fill(RULE))?;
    write(&cases, fill(CASES))?;
    write(&table, registered)?;
    println!("{}\n{}\n{}", rule.display(), cases.display(), table.display());
    Ok(())
}

/// The rules' module with `mod module;` among its modules and an entry at the end of its table.
fn register(text: &str, module: &str, name: &str) -> Outcome<String> {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let start = lines.iter().position(|line| line.contains(TABLE));
    let end = start.and_then(|start| lines.iter().skip(start).position(|line| line == "];").map(|at| start + at));
    let end = end.ok_or_else(|| format!("expected `{TABLE}` and, on a line of its own, `];` in src/rules/mod.rs"))?;
    lines.insert(end, format!("    entry::<{module}::{name}>(),"));
    let declaration = format!("mod {module};");
    let after = lines.iter().rposition(|line| line.starts_with("mod ") && *line < declaration);
    let first = lines.iter().position(|line| line.starts_with("mod "));
    let at = after.map(|at| at + 1).or(first).ok_or("expected a line `mod …;` in src/rules/mod.rs")?;
    lines.insert(at, declaration);
    Ok(lines.join("\n") + "\n")
}

fn capitalised(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    first.to_ascii_uppercase() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODULE: &str = "//! Rules.\n\nmod expired;\nmod weak_hash;\n\npub static RULES: &[Entry] = &[\n    \
                          entry::<expired::Expired>(),\n];\n";

    #[test]
    fn writes_the_rule_its_cases_and_its_lines() {
        let root = std::env::temp_dir().join(format!("new-rule-{}", std::process::id()));
        write(&root.join("src/rules/mod.rs"), MODULE).unwrap();
        scaffold(&root, "rsa-key-short").unwrap();
        let rule = read(&root.join("src/rules/rsa_key_short.rs")).unwrap();
        assert!(rule.contains("pub(super) struct RsaKeyShort;") && !rule.contains('@'), "{rule}");
        assert!(read(&root.join("tests/cases/rules/rsa-key-short.case")).unwrap().contains("rsa-key-short"));
        let table = read(&root.join("src/rules/mod.rs")).unwrap();
        assert!(table.contains("mod expired;\nmod rsa_key_short;\nmod weak_hash;\n"), "{table}");
        assert!(table.contains("    entry::<rsa_key_short::RsaKeyShort>(),\n];\n"), "{table}");
        assert!(scaffold(&root, "rsa-key-short").unwrap_err().contains("expected a new rule"));
        std::fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn refuses_ids_that_are_not_kebab_case() {
        for id in ["", "RsaKey", "rsa_key", "-rsa", "rsa--key", "../rsa", "1rsa"] {
            assert!(scaffold(Path::new("/nonexistent"), id).unwrap_err().contains("expected an id"), "{id}");
        }
    }

    #[test]
    fn a_module_without_a_table_is_refused() {
        assert!(register("mod expired;\n", "x", "X").is_err());
    }
}
