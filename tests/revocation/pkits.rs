//! NIST's Public Key Interoperability Test Suite, where it is at hand: `PKITS` names the folder that has `certs` and
//! `crls`. All lists are given at once, with each end entity and what may stand above it. Its name says whether its path
//! is valid, revocation included. No invalid one may pass; a valid one that is not proven stands in [`UNDECIDED`] with
//! the reason.

use std::fs;
use std::path::Path;

use intransit::pki::ParsedCertificate;
use intransit::pki::path::TrustStore;
use intransit::{Clock, Input, Outcome, Policy, evaluate, read};

use super::made::time;

const NOW: &str = "2026-11-22T00:00:00Z";

/// Parts of the names of valid cases whose lists decide nothing here, and why.
const UNDECIDED: &[(&str, &str)] = &[
    ("BasicSelfIssued", "the list is signed by another key of the CA, which its self-issued certificate vouches for"),
    ("SeparateCertificateandCRLKeys", "the list is signed by another key of the CA"),
    ("indirectCRL", "indirect lists are not used"),
    ("cRLIssuer", "lists of another issuer are not used"),
    ("distributionPointTest", "names relative to the issuer are not compared"),
    ("onlySomeReasons", "lists for some reasons each are not put together"),
    ("deltaCRLTest5", "a list of changes lifts a hold, which leaves it undecided"),
];

fn files(folder: &str, ending: &str) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(Path::new(folder)).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let paths =
        entries.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|it| it == ending));
    let mut all: Vec<_> = paths
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap()))
        .collect();
    all.sort();
    all
}

/// What is said of an end entity: whether its chain is verified, and the outcomes for its certificates.
fn judged(leaf: &[u8], above: &[u8], lists: &[(String, Vec<u8>)], policy: &Policy) -> (bool, Vec<(Outcome, String)>) {
    let chain = [leaf, above].concat();
    let mut inputs = vec![Input::new("chain.der", &chain)];
    inputs.extend(lists.iter().map(|(name, bytes)| Input::new(name, bytes)));
    let reading = read(&inputs);
    let leaf = ParsedCertificate::from_der(leaf).unwrap().sha256;
    let now = time(NOW);
    let report = evaluate(&reading.evidence, policy, Clock { at: now, now }, Vec::new());
    let Some(answer) = report.chains.iter().find(|answer| answer.leaf == leaf) else { return (false, Vec::new()) };
    let path = answer.paths.iter().find(|path| path.trusted);
    let on_path = |hash: &Option<String>| {
        path.is_some_and(|path| hash.as_ref().is_some_and(|hash| path.certificates.contains(hash)))
    };
    let label = report.findings.iter().find(|one| one.subject.certificate.as_ref() == Some(&leaf));
    let label = label.map(|one| one.subject.label.clone());
    let own = report.findings.iter().filter(|one| Some(&one.subject.label) == label.as_ref());
    let own = own.filter(|one| on_path(&one.subject.certificate));
    let said = |one: &intransit::report::Finding| {
        let gap = one.gaps.first().map(|gap| gap.detail.clone());
        (one.outcome, gap.unwrap_or_else(|| one.summary.clone()))
    };
    (answer.trusted, own.map(said).collect())
}

#[test]
fn nothing_revoked_passes() {
    let Ok(folder) = std::env::var("PKITS") else {
        eprintln!("SKIPPED: PKITS is not at hand; name its folder in PKITS");
        return;
    };
    let certificates = files(&format!("{folder}/certs"), "crt");
    let lists = files(&format!("{folder}/crls"), "crl");
    let is_end = |name: &str| name.starts_with("Valid") || name.starts_with("Invalid");
    let anchor = certificates.iter().find(|(name, _)| name == "TrustAnchorRootCertificate.crt").unwrap();
    let anchor = ParsedCertificate::from_der(&anchor.1).unwrap();
    let rule = r#"{"id":"pkits","version":"1","rules":[{"rule":"certificate-revoked","level":"error"}]}"#;
    let mut policy = Policy::from_json("pkits", rule).unwrap();
    policy.roots = Some(TrustStore::of_certificates("PKITS", time(NOW), "NIST", String::new(), vec![anchor]));
    let parsed = |bytes: &[u8]| ParsedCertificate::from_der(bytes).ok();
    let issuers: Vec<(ParsedCertificate, &[u8])> = certificates
        .iter()
        .filter(|(name, _)| !is_end(name))
        .filter_map(|(_, bytes)| Some((parsed(bytes)?, bytes.as_slice())))
        .collect();
    let (mut proven, mut refused, mut wrong) = (0, 0, Vec::new());
    for (name, bytes) in certificates.iter().filter(|(name, _)| is_end(name)) {
        let Some(leaf) = parsed(bytes) else { continue };
        let mut above: Vec<u8> = Vec::new();
        let mut names = vec![leaf.issuer.clone().unwrap()];
        let mut next = 0;
        while let Some(name) = names.get(next).cloned() {
            next += 1;
            for (issuer, der) in
                issuers.iter().filter(|(one, _)| one.subject.as_ref().is_ok_and(|it| it.same_as(&name)))
            {
                above.extend_from_slice(der);
                let higher = issuer.issuer.clone().unwrap();
                if !names.iter().any(|known| known.same_as(&higher)) {
                    names.push(higher);
                }
            }
        }
        let (trusted, said) = judged(bytes, &above, &lists, &policy);
        let passes = trusted && !said.is_empty() && said.iter().all(|(outcome, _)| *outcome == Outcome::Pass);
        let why = || format!("{name}: {said:?}");
        match name.starts_with("Valid") {
            false if passes => wrong.push(format!("accepted {}", why())),
            false => refused += 1,
            true if passes => proven += 1,
            true if said.iter().any(|(outcome, _)| *outcome == Outcome::Fail) => {
                wrong.push(format!("failed {}", why()))
            }
            true if !trusted || UNDECIDED.iter().any(|(part, _)| name.contains(part)) => {}
            true => wrong.push(format!("undecided {}", why())),
        }
    }
    println!("PKITS with its lists: {proven} valid ones proven, {refused} invalid ones refused");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
