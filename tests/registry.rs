//! What every rule, pack, format and renderer must have before it may be registered.
#![expect(clippy::disallowed_methods, reason = "the packs and the cases are files")]

use std::collections::BTreeSet;
use std::path::Path;

use intransit::policy::{DEFAULT_PACK, PACKS, pack};
use intransit::render::RENDERERS;
use intransit::rules::{Entry, RULES};
use intransit::{FORMATS, Timestamp};
use serde_json::Value;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(ROOT).join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn files(folder: &str, ending: &str) -> BTreeSet<String> {
    let entries = std::fs::read_dir(Path::new(ROOT).join(folder)).unwrap();
    entries.filter_map(|entry| Some(entry.unwrap().file_name().to_str()?.strip_suffix(ending)?.to_owned())).collect()
}

fn is_kebab_case(id: &str) -> bool {
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    id.split('-').all(is_word) && !id.starts_with(|first: char| first.is_ascii_digit())
}

/// Each id once.
fn unique<'a>(ids: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    for id in ids {
        assert!(seen.insert(id.to_owned()), "`{id}` stands twice");
    }
    seen
}

#[test]
fn rules_have_ids_files_and_cases_of_the_same_name() {
    let ids = unique(RULES.iter().map(|entry| entry.about.id));
    assert!(ids.iter().all(|id| is_kebab_case(id)), "{ids:?}");
    let modules = files("src/rules", ".rs");
    for id in &ids {
        assert!(modules.contains(&id.replace('-', "_")), "{id} has no file of its name in src/rules");
    }
    assert_eq!(files("tests/cases/rules", ".case"), ids);
}

#[test]
fn rules_say_where_they_come_from_and_how_to_fix_what_they_find() {
    for Entry { about, .. } in RULES {
        let id = about.id;
        assert!(!about.citations.is_empty(), "{id} cites nothing");
        for clause in about.citations {
            assert!(clause.url.starts_with("https://"), "{id}: {}", clause.url);
            for words in [clause.document, clause.clause, clause.date] {
                assert!(!words.is_empty(), "{id} has a citation that says nothing");
            }
        }
        assert_eq!(about.effective.len(), "2026-11-22".len(), "{id}: {}", about.effective);
        assert!(about.effective.parse::<Timestamp>().is_ok(), "{id}: {}", about.effective);
        for words in [about.title, about.checks, about.why] {
            assert!(!words.is_empty(), "{id} has a text that says nothing");
        }
        assert!(!about.fix.is_empty(), "{id} has no fix");
        assert!(about.fix.iter().all(|(product, text)| !product.is_empty() && !text.is_empty()), "{id}");
        assert!(!about.subjects.is_empty(), "{id} speaks of nothing");
        assert!(!about.decide_by.is_empty(), "{id} names no command that would decide it");
    }
}

#[test]
fn rules_have_cases_of_every_kind() {
    for Entry { about, .. } in RULES {
        let text = read(&format!("tests/cases/rules/{}.case", about.id));
        let names: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        let kinds: BTreeSet<&str> = names.iter().filter_map(|name| Some(name.split_once(": ")?.0)).collect();
        // A reply of a mail server proves a failure, never a pass.
        let never_passes = about.id == "delivery-refused";
        let mut expected = BTreeSet::from(["boundary", "fail", "unknown"]);
        expected.extend((!never_passes).then_some("pass"));
        assert_eq!(kinds, expected, "{}", about.id);
        assert!(names.iter().all(|name| name.contains(": ")), "{}: {names:?}", about.id);
        unique(names.into_iter());
    }
}

#[test]
fn parameters_are_camel_case_and_their_defaults_are_taken() {
    for entry in RULES {
        let defaults = entry.defaults();
        let Value::Object(members) = serde_json::from_str(&defaults).unwrap() else { panic!("{defaults}") };
        for key in members.keys() {
            let plain = key.bytes().all(|b| b.is_ascii_alphanumeric()) && key.starts_with(|c: char| c.is_lowercase());
            assert!(plain, "{}: {key}", entry.about.id);
        }
        assert_eq!(serde_json::to_string(&members).unwrap(), defaults, "{}: not in the order of names", entry.about.id);
        assert!(entry.prepare(Some(&defaults)).is_ok(), "{}", entry.about.id);
    }
}

#[test]
fn packs_are_whole() {
    let ids = unique(PACKS.iter().map(|pack| pack.id));
    assert_eq!(files("src/policy/packs", ".json"), ids);
    assert!(pack(DEFAULT_PACK).is_some());
    for pack in PACKS {
        let policy = pack.policy().unwrap_or_else(|problems| panic!("{}: {problems:?}", pack.id));
        assert_eq!(format!("{}-{}", policy.reference.id, policy.reference.version), pack.id);
        assert!(policy.changes.is_empty(), "{} is its own base", pack.id);
        let document = pack.document();
        assert!(!document.sources.is_empty() && document.title.is_some(), "{}", pack.id);
        unique(document.rules.iter().map(|setting| setting.rule.as_str()));
        for setting in &document.rules {
            let source = setting.source.as_deref().unwrap_or_default();
            assert!(!source.is_empty(), "{}: `{}` does not say where it comes from", pack.id, setting.rule);
        }
    }
}

#[test]
fn formats_and_renderers_are_whole() {
    unique(FORMATS.iter().map(|format| format.id));
    for format in FORMATS {
        assert!(is_kebab_case(format.id) && !format.title.is_empty(), "{}", format.id);
        assert!(!format.commands.is_empty(), "{} names no command that makes it", format.id);
        assert!(!format.never_shows.is_empty(), "{} does not say what it never shows", format.id);
    }
    unique(RENDERERS.iter().map(|renderer| renderer.id));
}
