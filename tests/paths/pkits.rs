//! NIST's Public Key Interoperability Test Suite, where it is at hand: `PKITS` names the folder that has `certs`, as
//! in the Python package `cryptography_vectors`. The name of an end entity says whether its path is valid. Every case
//! that is judged otherwise stands in `pkits-divergences.tsv`, with the reason; a line that is not true any more fails.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use intransit::pki::ParsedCertificate;
use intransit::pki::path::{ChainAnswer, Purpose, Question, TrustStore, prove};

const DIVERGENCES: &str = include_str!("pkits-divergences.tsv");
const ANCHOR: &str = "TrustAnchorRootCertificate.crt";

fn read(folder: &Path) -> BTreeMap<String, Result<ParsedCertificate, String>> {
    let files = fs::read_dir(folder.join("certs")).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let certificate = |path: &Path| ParsedCertificate::from_der(&fs::read(path).unwrap());
    files
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "crt"))
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, certificate(&path).map_err(|error| error.to_string()))
        })
        .collect()
}

/// Everything that may stand above a certificate, by names: no path needs more.
fn above<'a>(leaf: &ParsedCertificate, all: &[&'a ParsedCertificate]) -> Vec<&'a ParsedCertificate> {
    let mut names = vec![leaf.issuer.clone().unwrap()];
    let mut found: Vec<&ParsedCertificate> = Vec::new();
    let mut next = 0;
    while let Some(name) = names.get(next).cloned() {
        next += 1;
        for one in all.iter().filter(|one| one.subject.as_ref().is_ok_and(|subject| subject.same_as(&name))) {
            if found.iter().any(|known| known.sha256 == one.sha256) {
                continue;
            }
            found.push(one);
            let issuer = one.issuer.clone().unwrap();
            if !names.iter().any(|known| known.same_as(&issuer)) {
                names.push(issuer);
            }
        }
    }
    found
}

fn answer(leaf: &ParsedCertificate, all: &[&ParsedCertificate], store: &TrustStore) -> ChainAnswer {
    let at = "2026-11-22T00:00:00Z".parse().unwrap();
    prove(&Question { leaf, others: &above(leaf, all), store, at, host: None, purpose: Purpose::Server })
}

#[test]
fn every_divergence_is_known() {
    let Ok(folder) = std::env::var("PKITS") else {
        eprintln!("SKIPPED: PKITS is not at hand; name its folder in PKITS");
        return;
    };
    let files = read(Path::new(&folder));
    let anchor = files[ANCHOR].clone().unwrap();
    let at = "2011-01-01T00:00:00Z".parse().unwrap();
    let store = TrustStore::of_certificates("PKITS", at, "NIST", String::new(), vec![anchor]);
    let is_end = |name: &str| name.starts_with("Valid") || name.starts_with("Invalid");
    let issuers = files.iter().filter(|(name, _)| !is_end(name)).filter_map(|(_, found)| found.as_ref().ok());
    let all: Vec<&ParsedCertificate> = issuers.collect();
    let mut known: BTreeMap<&str, &str> = BTreeMap::new();
    for line in DIVERGENCES.lines().filter(|line| !line.starts_with('#')) {
        match line.split('\t').collect::<Vec<_>>()[..] {
            [file, how, reason] if !reason.is_empty() => known.insert(file, how),
            _ => panic!("expected file, how and reason, found {line}"),
        };
    }
    let (mut right, mut wrong, mut seen) = (0, Vec::new(), 0);
    for (name, found) in files.iter().filter(|(name, _)| is_end(name)) {
        let answer = found.as_ref().map(|leaf| answer(leaf, &all, &store));
        let trusted = answer.as_ref().is_ok_and(|answer| answer.trusted);
        let how = match (name.starts_with("Valid"), trusted) {
            (true, false) => "refused",
            (false, true) => "accepted",
            _ => "right",
        };
        seen += usize::from(known.contains_key(name.as_str()));
        if known.get(name.as_str()).copied().unwrap_or("right") == how {
            right += usize::from(how == "right");
        } else {
            let why = answer.map(|answer| answer.nearest_miss.unwrap_or_default()).unwrap_or_else(Clone::clone);
            wrong.push(format!("{name}\t{how}\t{why}"));
        }
    }
    println!("PKITS: {right} as NIST has them, {} otherwise, each listed", known.len());
    assert_eq!(seen, known.len(), "the list names files that are not there");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
