//! The words that a fact cites say the fact.

use intransit::evidence::{Certificate, Endpoint, Fact, Subject};
use intransit::iana::{CipherSuite, ProtocolVersion};

use super::read::{reading, text};
use super::{citations, names};

/// The text under the first of the words of a fact.
fn said<'t, T>(text: &'t str, fact: &Fact<T>) -> &'t str {
    let words = fact.words.first().expect("a fact cites words");
    &text[words.start as usize..words.end as usize]
}

fn is_version(words: &str, version: ProtocolVersion) -> bool {
    let name = version.to_string();
    let (family, number) = name.split_once(' ').unwrap();
    let short = number.strip_suffix(".0").unwrap_or(number);
    let family = family.to_ascii_lowercase();
    // nmap's key, sslscan's line, its row, its suites.
    [
        format!("{family}v{number}"),
        format!("{family}v{short}"),
        format!("type=\"{family}\" version=\"{number}\" enabled=\"1\""),
        format!("type=\"{family}\" version=\"{short}\" enabled=\"1\""),
    ]
    .iter()
    .any(|form| words.to_ascii_lowercase().contains(form.as_str()))
        && !words.contains("disabled")
}

fn is_suite(words: &str, suite: CipherSuite) -> bool {
    words.contains(&format!("id=\"0x{:04X}\"", suite.0))
        || words.split_whitespace().any(|word| CipherSuite::from_name(word) == Some(suite))
}

fn check(name: &str, text: &str, endpoint: &Endpoint) {
    for fact in &endpoint.versions.accepted {
        assert!(is_version(said(text, fact), fact.value), "{name}: {} `{}`", fact.value, said(text, fact));
    }
    for refusal in &endpoint.versions.refused {
        let words = &text[refusal.words[0].start as usize..refusal.words[0].end as usize];
        assert!(words.contains("disabled") || words.contains("enabled=\"0\""), "{name}: `{words}`");
    }
    for fact in endpoint.suites.iter().flat_map(|list| &list.suites.accepted) {
        assert!(is_suite(said(text, fact), fact.value), "{name}: {} `{}`", fact.value, said(text, fact));
    }
    for fact in &endpoint.groups.accepted {
        let words = said(text, fact).to_ascii_lowercase();
        let short = fact.value.name().to_ascii_lowercase();
        let code = format!("id=\"0x{:04x}\"", fact.value.0);
        let known = words.contains(&short) || words.contains(&code) || words.contains("curve");
        assert!(known || words.contains("p-256"), "{name}: {} `{words}`", fact.value);
    }
    for fact in &endpoint.dh_parameters {
        assert!(said(text, fact).contains(&fact.value.bits.to_string()), "{name}: `{}`", said(text, fact));
    }
    for certificate in endpoint.chains.iter().flat_map(|chain| &chain.certificates) {
        match certificate {
            Certificate::Der(fact) => assert!(said(text, fact).contains("BEGIN CERTIFICATE"), "{name}"),
            Certificate::Reported(described) => {
                let bits = described.key_bits.as_ref().unwrap();
                let words = said(text, bits);
                assert!(words.contains(&bits.value.to_string()) || words.contains("prime256v1"), "{name}: `{words}`");
                let common_name = described.common_name.as_ref().unwrap();
                assert!(said(text, common_name).contains(&common_name.value), "{name}");
            }
        }
    }
    for test in &endpoint.attacks {
        let Some(fact) = test.vulnerable.fact() else { continue };
        let words = said(text, fact).to_ascii_lowercase();
        let known = ["vulnerable", "sweet32", "cve-2014-3566", "fallback"].iter().any(|word| words.contains(word));
        assert!(known, "{name}: {} `{words}`", test.name);
    }
}

#[test]
fn facts_stand_in_the_words_that_they_cite() {
    for name in names() {
        let text = text(&name);
        let reading = reading(&text);
        assert_eq!(reading.texts[0], text, "{name}");
        for subject in reading.evidence.scans.iter().flat_map(|scan| &scan.subjects) {
            let Subject::Endpoint(endpoint) = subject else { panic!("{name}") };
            check(&name, &text, endpoint);
        }
    }
}

#[test]
fn every_finding_cites_words_that_are_there() {
    citations::hold(&names());
}
