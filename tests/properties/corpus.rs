//! The fuzz targets on stable: each one over its seeds and over what becomes of them by small damage.
#![expect(clippy::disallowed_methods, reason = "a hang guard needs a clock, and the manifest is a file")]

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::bodies::run;
use crate::readers::{READERS, fixtures};
use crate::seeds::{seeds, targets};

/// Far beyond what a small input takes, however busy the machine is.
const LONGEST: Duration = Duration::from_secs(10);

/// As fuzzers do it, but the same every time.
fn damaged(seed: &[u8], turn: usize) -> Vec<u8> {
    const WORDS: [&[u8]; 8] = [b"\"", b"{", b"]", b"\\u0000", b"-----BEGIN", b"offered", b"\xff\xfe", b"4294967296"];
    let at = |salt: usize| (turn * 7919 + salt * 104_729 + seed.len() / 2) % (seed.len() + 1);
    let (low, high) = (at(1).min(at(2)), at(1).max(at(2)));
    let (before, between, after) = (&seed[..low], &seed[low..high], &seed[high..]);
    match turn % 6 {
        0 => seed.to_vec(),
        1 => before.to_vec(),
        2 => [before, after].concat(),
        3 => [before, WORDS[(turn / 6 + seed.len()) % WORDS.len()], between, after].concat(),
        4 => [before, between, &between[..between.len().min(2000)], after].concat(),
        _ => {
            let mut flipped = seed.to_vec();
            for salt in 3..8 {
                if let Some(byte) = flipped.get_mut(at(salt)) {
                    *byte ^= 1 << (salt % 8);
                }
            }
            flipped
        }
    }
}

#[test]
fn every_target_holds_over_its_seeds_and_their_damage() {
    for (target, seeds) in seeds() {
        assert!(!seeds.is_empty(), "{target} has no seeds");
        let thorough = std::env::var_os("EVERY_CHANGE").is_some();
        let step = if thorough { 1 } else { seeds.len().div_ceil(5) };
        for (position, seed) in seeds.iter().enumerate().step_by(step) {
            for turn in if thorough { 0..60 } else { position..position + 2 } {
                let started = Instant::now();
                run(target, &damaged(seed, turn));
                assert!(started.elapsed() < LONGEST, "{target}, seed {position}, turn {turn}: {:?}", started.elapsed());
            }
        }
    }
}

#[test]
fn bytes_that_are_nothing_hold_everywhere() {
    for target in targets() {
        for bytes in
            [b"".as_slice(), b"\0", b"\xff\xfe\0\0", b"\xef\xbb\xbf[", b"0\x80\0\0", b"[[[[{\"", b"\r\n=====\n"]
        {
            run(target, bytes);
        }
    }
}

#[test]
fn every_target_is_a_line_of_the_table_and_of_the_manifest() {
    let manifest = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/Cargo.toml")).unwrap();
    let bins = manifest.split("[[bin]]").skip(1);
    let named: BTreeSet<&str> = bins.filter_map(|bin| bin.split('"').nth(1)).collect();
    assert_eq!(named, targets().collect(), "fuzz/Cargo.toml and fuzz/src/readers.rs name the same targets");
}

#[test]
fn every_format_has_a_reader_with_fixtures() {
    let fixtures = fixtures();
    for reader in READERS {
        assert!(fixtures.iter().any(|fixture| std::ptr::eq(fixture.reader, reader)), "{} has none", reader.target);
    }
    let named: BTreeSet<&str> = READERS.iter().map(|reader| reader.format).collect();
    assert_eq!(named, intransit::FORMATS.iter().map(|format| format.id).collect());
    let told = |name: &str| fixtures.iter().any(|fixture| fixture.name == name);
    for folder in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/formats")).unwrap() {
        let folder = folder.unwrap();
        for file in std::fs::read_dir(folder.path()).unwrap() {
            let name = format!("formats/{}/{}", folder.file_name().display(), file.unwrap().file_name().display());
            let aside = name.ends_with(".md") || name.ends_with(".expected.json");
            // What these print for people is not read.
            let printed =
                ["nmap-", "sslyze-", "testssl-"].iter().any(|tool| name.starts_with(&format!("formats/{tool}")));
            let aside = aside || printed && name.ends_with(".txt");
            assert!(aside || told(&name), "{name} is the fixture of no reader");
        }
    }
}
