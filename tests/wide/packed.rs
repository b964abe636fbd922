//! Compressed inputs: what comes out is read as if it had been supplied, and what is damaged or too much is said.

use intransit::diagnostic::{Code, Severity};
use intransit::source::sha256_hex;
use intransit::{CheckOptions, Input, Reading, Verdict, check, read};
use miniz_oxide::deflate::compress_to_vec;

use super::facts;
use super::read::{self, NOW, endpoints, text};

fn packed(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/cases/formats/packed/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn reading(name: &str, bytes: &[u8]) -> Reading {
    read(&[Input::new(name, bytes)])
}

fn errors(reading: &Reading) -> Vec<Code> {
    let errors = reading.diagnostics.iter().filter(|note| note.severity == Severity::Error);
    errors.map(|note| note.code).collect()
}

fn said(reading: &Reading) -> Vec<String> {
    endpoints(&reading.evidence).map(facts).collect()
}

/// A gzip file of these compressed bytes, with a checksum that may be wrong.
fn gzip(content: &[u8], crc: [u8; 4]) -> Vec<u8> {
    let mut file = vec![0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3];
    file.extend(compress_to_vec(content, 6));
    file.extend(crc);
    file.extend(u32::try_from(content.len()).unwrap().to_le_bytes());
    file
}

#[test]
fn members_are_inputs_of_their_own() {
    let plain = read::reading(&text("tlsx/modern.jsonl"));
    for (name, members) in [
        ("tlsx.jsonl.gz", &["tlsx.jsonl.gz/tlsx.jsonl"][..]),
        ("reports.zip", &["reports.zip/scans/tlsx.jsonl", "reports.zip/scans/zgrab2.jsonl"]),
    ] {
        let bytes = packed(name);
        let reading = read(&[Input::new(name, &bytes), Input::new("plain", text("tlsx/modern.jsonl").as_bytes())]);
        assert_eq!(errors(&reading), [], "{name}");
        let sources = &reading.evidence.sources;
        assert_eq!((sources[0].name.as_str(), &sources[0].sha256), (name, &sha256_hex(&bytes)));
        assert_eq!(sources[1].name, "plain", "inputs keep their positions");
        let names: Vec<&str> = sources[2..].iter().map(|source| source.name.as_str()).collect();
        assert_eq!(names, members);
        assert!(sources[2..].iter().all(|source| source.unpacked_from == Some(0)));
        assert_eq!(sources[2].sha256, sha256_hex(text("tlsx/modern.jsonl").as_bytes()));
        assert_eq!(reading.texts.len(), sources.len());
        assert_eq!(reading.texts[2], text("tlsx/modern.jsonl"));
        assert_eq!(said(&reading)[1], said(&plain)[0]);
    }
    let joined = reading("two-streams.jsonl.gz", &packed("two-streams.jsonl.gz"));
    assert_eq!(errors(&joined), []);
    assert_eq!(joined.evidence.scans.len(), 2);
}

#[test]
fn the_command_names_the_archive_and_nothing_is_missing_for_it() {
    let options = CheckOptions { at: NOW.to_owned(), now: NOW.to_owned(), ..CheckOptions::default() };
    let report = check(&[Input::new("reports.zip", &packed("reports.zip"))], &options).unwrap();
    assert!(report.reproduce.ends_with(" reports.zip"), "{}", report.reproduce);
    assert!(!report.scope.not_shown.iter().any(|line| line.contains("reports.zip")), "{:?}", report.scope.not_shown);
    assert_ne!(report.verdict, Verdict::Compliant);
}

#[test]
fn archives_in_archives_are_not_followed() {
    let reading = reading("nested.zip", &packed("nested.zip"));
    assert_eq!(errors(&reading), [Code::BinaryInput]);
    assert_eq!(reading.evidence.scans.len(), 1, "the other member is read");
}

#[test]
fn bombs_are_refused() {
    let zeros = vec![b' '; 40 << 20];
    let bomb = gzip(&zeros, [0; 4]);
    assert!(bomb.len() < 64 << 10);
    let found = reading("bomb.gz", &bomb);
    assert_eq!(errors(&found), [Code::InputTooLarge]);
    assert!(found.evidence.scans.is_empty());
}

#[test]
fn what_is_damaged_is_said_and_what_can_be_read_is_read() {
    let content = text("tlsx/modern.jsonl");
    let wrong = gzip(content.as_bytes(), [1, 2, 3, 4]);
    let found = reading("wrong.gz", &wrong);
    assert_eq!(errors(&found), [Code::BinaryInput]);
    assert_eq!(found.evidence.scans.len(), 1);
    for name in ["tlsx.jsonl.gz", "two-streams.jsonl.gz", "reports.zip"] {
        let bytes = packed(name);
        let whole = said(&reading(name, &bytes));
        for at in (3..bytes.len()).step_by(41) {
            let cut = reading(name, &bytes[..at]);
            // Between two streams of gzip nothing says that another was to come.
            let lost = said(&cut) != whole && !name.starts_with("two");
            assert!(!errors(&cut).is_empty() || !lost && said(&cut).len() <= whole.len(), "{name} cut at {at}");
        }
        for at in (0..bytes.len()).step_by(29) {
            let mut changed = bytes.clone();
            changed[at] ^= 0x55;
            let found = reading(name, &changed);
            assert!(!errors(&found).is_empty() || said(&found) == whole, "{name} changed at {at}");
        }
    }
}

#[test]
fn what_stands_in_no_directory_of_an_archive_is_told_of() {
    // The end of the second one leads to the directory of the first one.
    let joined = [packed("reports.zip"), packed("reports.zip")].concat();
    assert_eq!(errors(&reading("joined.zip", &joined)), [Code::BinaryInput]);
    assert!(errors(&reading("reports.zip", &packed("reports.zip"))).is_empty());
}

#[test]
fn empty_and_strange_archives_are_errors() {
    let empty_zip = [&b"PK\x05\x06"[..], &[0; 18]].concat();
    for (bytes, expected) in [
        (&empty_zip[..], Code::EmptyInput),
        (b"PK\x03\x04", Code::TruncatedInput),
        (b"\x1F\x8B\x08", Code::TruncatedInput),
        (b"\x1F\x8B\x08\x00\x00\x00\x00\x00\x00\x03\xFF\xFF", Code::BinaryInput),
    ] {
        let found = reading("strange", bytes);
        assert!(errors(&found).contains(&expected), "{bytes:?}: {:?}", found.diagnostics);
        assert!(found.evidence.scans.is_empty());
    }
}
