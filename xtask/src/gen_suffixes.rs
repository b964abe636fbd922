//! `gen-suffixes LIST`: `src/pki/public_suffixes.txt`, from a copy of <https://publicsuffix.org/list/public_suffix_list.dat>.
//! Its form is described in `src/pki/public_suffix.rs`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const TABLE: &str = "src/pki/public_suffixes.txt";

/// The labels below a name.
#[derive(Default)]
struct Node {
    below: BTreeMap<String, Node>,
    is_rule: bool,
}

/// Writes the table below `root`, the repository's.
///
/// # Errors
///
/// Where the list cannot be read, has no ICANN part or a rule that is no name, or the table cannot be written.
pub(crate) fn run(root: &Path, list: &str) -> Result<(), String> {
    let text = fs::read_to_string(list).map_err(|error| format!("{list}: {error}"))?;
    let path = root.join(TABLE);
    fs::write(&path, generate(&text)?).map_err(|error| format!("{}: {error}", path.display()))
}

/// The table of a list.
fn generate(list: &str) -> Result<String, String> {
    let (_, icann) = list.split_once("===BEGIN ICANN DOMAINS===").ok_or("expected `===BEGIN ICANN DOMAINS===`")?;
    let (icann, _) = icann.split_once("// ===END ICANN DOMAINS===").ok_or("expected `===END ICANN DOMAINS===`")?;
    let mut top = Node::default();
    for rule in icann.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")) {
        let (mark, name) = rule.strip_prefix('!').map_or(("", rule), |name| ("!", name));
        let name = name.strip_prefix("*.").map_or((name, false), |name| (name, true));
        let ascii = idna::domain_to_ascii(name.0).map_err(|error| format!("`{rule}`: {error}"))?;
        let labels: Vec<&str> = name.1.then_some("*").into_iter().chain(ascii.split('.')).collect();
        let mut node = &mut top;
        for (depth, label) in labels.iter().rev().enumerate() {
            let mark = if depth + 1 == labels.len() { mark } else { "" };
            node = node.below.entry(format!("{mark}{label}")).or_default();
        }
        node.is_rule = true;
    }
    let lines = top.below.iter().filter(|(_, node)| !node.below.is_empty());
    Ok(lines.map(|(name, node)| format!("{name} {}\n", written(node))).collect())
}

fn written(node: &Node) -> String {
    let items = node.below.iter().map(|(label, node)| {
        let dot = if node.is_rule { "" } else { "." };
        let inside = if node.below.is_empty() { String::new() } else { format!("({})", written(node)) };
        format!("{label}{dot}{inside}")
    });
    items.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_become_lines() {
        let list = "// VERSION: x\n// ===BEGIN ICANN DOMAINS===\n\n// uk\nuk\nco.uk\n*.sch.uk\n*.ck\n!www.ck\nde\n公司.cn\n\
            act.edu.au\nedu.au\n// ===END ICANN DOMAINS===\nblogspot.co.uk\n";
        let expected = "au edu(act)\nck !www *\ncn xn--55qx5d\nuk co sch.(*)\n";
        assert_eq!(generate(list).unwrap(), expected);
        assert!(generate("com\n").unwrap_err().contains("BEGIN ICANN"));
    }
}
