//! Reports that nobody has seen yet, of the shapes that the fixtures have: things of one kind are taken from all of them,
//! left out, doubled and shuffled, and words stand where other words of the same name stood.

use std::collections::BTreeMap;

use intransit::diagnostic::Code;
use intransit::evidence::{Certificate, Endpoint, Fact, Presented, Subject};
use intransit::iana::{CipherSuite, ProtocolVersion};
use intransit::source::Span;
use intransit::{Input, Reading, read_declared};
use proptest::prelude::*;

use crate::bodies::{declared, reading_holds};
use crate::grammar::{Grammar, Kind};
use crate::readers::{READERS, Reader, fixtures};

/// The longest fixture that reports are made of.
const LONGEST: usize = 30_000;

/// The texts that reports of a reader are made of.
fn texts(reader: &'static Reader) -> Vec<String> {
    let mine = fixtures().into_iter().filter(|fixture| std::ptr::eq(fixture.reader, reader));
    let text = |fixture: crate::readers::Fixture| String::from_utf8(crate::seeds::small(&fixture, LONGEST)).ok();
    mine.filter_map(text).collect()
}

/// One change to a report: which group, what with it, and by which measure.
#[derive(Debug, Clone)]
struct Step {
    group: prop::sample::Index,
    thing: prop::sample::Index,
    other: prop::sample::Index,
    how: u8,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = any::<(prop::sample::Index, prop::sample::Index, prop::sample::Index)>();
    let step = (step, 0u8..5).prop_map(|((group, thing, other), how)| Step { group, thing, other, how });
    prop::collection::vec(step, 0..12)
}

/// The report after one step; as it is where the step does not fit.
fn changed(grammar: Grammar, text: &str, others: &[String], step: &Step) -> String {
    let mut groups = grammar.groups(text);
    groups.retain(|group| group.kind != Kind::Parts && !group.ranges.is_empty());
    let Some(group) = groups.get(step.group.index(groups.len().max(1))) else { return text.to_owned() };
    let range = &group.ranges[step.thing.index(group.ranges.len())];
    match step.how {
        0 => grammar.without(text, range),
        1 if group.kind == Kind::List => grammar.twice(text, range),
        2 => {
            let mut order: Vec<usize> = (0..group.ranges.len()).collect();
            order.rotate_left(step.other.index(group.ranges.len()));
            grammar.arranged(text, group, &order)
        }
        // The same member, or an element of a list of the same name, as another report has it.
        _ => {
            let other = &others[step.other.index(others.len())];
            let name =
                |text: &str, range: &std::ops::Range<usize>| text[range.clone()].split(':').next().map(str::to_owned);
            let alike = grammar
                .groups(other)
                .into_iter()
                .filter(|there| there.name() == group.name() && there.kind == group.kind);
            let things = alike.flat_map(|there| there.ranges);
            let wanted = (group.kind == Kind::Members).then(|| name(text, range)).flatten();
            let things: Vec<_> = things.filter(|thing| wanted.is_none() || name(other, thing) == wanted).collect();
            match things.get(step.other.index(things.len().max(1))) {
                Some(thing) => format!("{}{}{}", &text[..range.start], &other[thing.clone()], &text[range.end..]),
                None => text.to_owned(),
            }
        }
    }
}

fn read_text(text: &str) -> Reading {
    read_declared(&[Input::new("report", text.as_bytes())], &declared())
}

fn endpoints(reading: &Reading) -> impl Iterator<Item = &Endpoint> {
    let subjects = reading.evidence.scans.iter().flat_map(|scan| &scan.subjects);
    subjects.filter_map(|subject| match subject {
        Subject::Endpoint(endpoint) => Some(endpoint.as_ref()),
        Subject::Chain(_) | Subject::Exhibit(_) | Subject::Revocation(_) => None,
    })
}

/// The words of a fact with what stands around them: the things that they stand in.
fn surroundings(grammar: Grammar, text: &str, span: Span) -> Vec<String> {
    let (start, end) = (span.start as usize, span.end as usize);
    let mut around: Vec<_> = grammar.groups(text).into_iter().flat_map(|group| group.ranges).collect();
    around.retain(|range| range.start <= start && end <= range.end);
    around.sort_by_key(std::ops::Range::len);
    let nearest = around.into_iter().take(8).map(|range| text[range].to_owned());
    std::iter::once(text[start..end].to_owned()).chain(nearest).collect()
}

fn is_said(grammar: Grammar, text: &str, words: &[Span], forms: &[String]) -> bool {
    let said = |around: &String| {
        let around = around.to_lowercase();
        forms.iter().any(|form| around.contains(&form.to_lowercase()))
    };
    words.iter().any(|span| surroundings(grammar, text, *span).iter().any(said))
}

/// How reports write a version.
fn version_forms(version: ProtocolVersion) -> Vec<String> {
    let name = version.to_string();
    let number = name.rsplit(' ').next().unwrap_or_default().to_owned();
    let compact = name.replace(' ', "");
    let underscored = name.replace([' ', '.'], "_");
    let short = number.trim_end_matches(".0");
    let kind = if name.starts_with("SSL") { "SSL" } else { "TLS" };
    vec![
        format!("{kind}v{number}"),
        format!("{kind}{}", number.replace('.', "")),
        format!("{kind}v{short}"),
        format!("{kind}{short}"),
        compact,
        underscored,
        format!("{kind}{}", short.replace('.', "_")),
        format!("{kind}v{}", number.replace('.', "_")),
        format!("\"{number}\""),
        format!("\"{short}\""),
        format!("{}", version.code()),
        name,
    ]
}

/// How reports write a suite.
fn suite_forms(suite: CipherSuite) -> Vec<String> {
    let mut forms =
        vec![suite.name().into_owned(), format!("x{:x}", suite.0), format!("x{:02x}", suite.0), suite.0.to_string()];
    forms.extend(suite.info().and_then(|info| info.openssl).map(str::to_owned));
    // nmap's names for suites of TLS 1.3.
    forms.push(suite.name().replacen("TLS_", "TLS_AKE_WITH_", 1));
    forms
}

/// Every fact of these endpoints stands where it says it does.
fn facts_are_said(grammar: Grammar, text: &str, reading: &Reading) {
    let said = |words: &[Span], forms: &[String], what: &str| {
        assert!(
            is_said(grammar, text, words, forms),
            "{what} is not said at {words:?}: {:?}",
            words.first().map(|span| surroundings(grammar, text, *span))
        );
    };
    for endpoint in endpoints(reading) {
        for fact in &endpoint.versions.accepted {
            said(&fact.words, &version_forms(fact.value), &fact.value.to_string());
        }
        for fact in endpoint.suites.iter().flat_map(|list| &list.suites.accepted) {
            said(&fact.words, &suite_forms(fact.value), &fact.value.name());
        }
        for fact in &endpoint.groups.accepted {
            let name = fact.value.name().into_owned();
            let forms = [
                name.clone(),
                name.replace("secp256r1", "prime256v1"),
                name.trim_start_matches(['x', 'X']).to_owned(),
                fact.value.0.to_string(),
                format!("x{:04x}", fact.value.0),
            ];
            said(&fact.words, &forms, &name);
        }
    }
}

/// How often each version, suite and certificate was read.
fn counted(reading: &Reading) -> BTreeMap<String, usize> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut count = |what: String| *counts.entry(what).or_default() += 1;
    let chain = |presented: &Presented, certificates: &mut Vec<String>| {
        for certificate in &presented.certificates {
            if let Certificate::Der(Fact { value, .. }) = certificate {
                certificates.push(value.sha256().to_owned());
            }
        }
    };
    let mut certificates = Vec::new();
    for endpoint in endpoints(reading) {
        endpoint.versions.accepted.iter().for_each(|fact| count(format!("{} {}", endpoint.key, fact.value)));
        let suites = endpoint.suites.iter().flat_map(|list| &list.suites.accepted);
        suites.for_each(|fact| count(format!("{} {}", endpoint.key, fact.value.name())));
        endpoint.chains.iter().for_each(|presented| chain(presented, &mut certificates));
    }
    for subject in reading.evidence.scans.iter().flat_map(|scan| &scan.subjects) {
        if let Subject::Chain(pasted) = subject {
            chain(&pasted.presented, &mut certificates);
        }
    }
    // Certificates that are pasted twice are one.
    certificates.sort_unstable();
    certificates.dedup();
    certificates.into_iter().for_each(count);
    counts
}

fn holds(reader: &'static Reader, cases: u32) {
    let texts = texts(reader);
    if texts.is_empty() {
        return;
    }
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases) };
    let made = || {
        (any::<prop::sample::Index>(), steps()).prop_map(|(from, steps)| {
            let text = texts[from.index(texts.len())].clone();
            steps.iter().fold(text, |text, step| changed(reader.grammar, &text, &texts, step))
        })
    };
    let mut runner = proptest::test_runner::TestRunner::new_with_rng(
        config,
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let outcome = runner.run(&(made(), made()), |(first, second)| {
        let (one, two) = (read_text(&first), read_text(&second));
        for (text, reading) in [(&first, &one), (&second, &two)] {
            reading_holds(reading);
            let again = read_text(text);
            prop_assert_eq!(&again.evidence, &reading.evidence, "read again, it is something else");
            prop_assert_eq!(&again.diagnostics, &reading.diagnostics);
            // Bodies of messages are blanked, and keys of sessions.
            let is_kept = |(given, kept): (u8, u8)| given == kept || kept == b'*';
            let is_blanked = reader.target == "mail_headers"
                || reading.diagnostics.iter().any(|one| one.code == Code::SessionKeysBlanked)
                    && text.bytes().zip(reading.texts[0].bytes()).all(is_kept);
            prop_assert!(reading.texts[0] == *text || is_blanked && reading.texts[0].len() == text.len());
            facts_are_said(reader.grammar, text, reading);
        }
        let both = counted(&read_text(&format!("{first}\n{second}")));
        let mut parts = counted(&one);
        for (what, count) in counted(&two) {
            let known = parts.entry(what.clone()).or_default();
            *known = if what.contains(' ') { *known + count } else { 1 };
        }
        for (what, count) in parts {
            prop_assert!(
                both.get(&what) >= Some(&count),
                "{} was read {} times, and together {:?}",
                what,
                count,
                both.get(&what)
            );
        }
        Ok(())
    });
    assert!(outcome.is_ok(), "{}: {}", reader.target, outcome.unwrap_err());
}

#[test]
fn what_is_read_is_said_every_time_and_not_lost_beside_others() {
    let cases = if std::env::var_os("EVERY_CHANGE").is_some() { 2000 } else { 12 };
    READERS.iter().for_each(|reader| holds(reader, cases));
}
