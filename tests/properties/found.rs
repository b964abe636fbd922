//! What the properties found, each with its smallest change: evidence that was believed without what it rests on.

use intransit::report::{Finding, Report};
use intransit::{Clock, Input, Outcome, Verdict, evaluate, read_declared};

use crate::bodies::{NOW, declared, every_rule, policy_of, setting};
use crate::readers::fixtures;

fn text(name: &str) -> String {
    let fixture = fixtures().into_iter().find(|fixture| fixture.name == format!("formats/{name}.json")).unwrap();
    String::from_utf8(fixture.bytes).unwrap()
}

fn judged(text: &str) -> Report {
    let reading = read_declared(&[Input::new("report.json", text.as_bytes())], &declared());
    let now = NOW.parse().unwrap();
    evaluate(&reading.evidence, &every_rule(), Clock { at: now, now }, reading.diagnostics)
}

fn finding<'a>(report: &'a Report, rule: &str, facet: Option<&str>) -> &'a Finding {
    let mut of_rule =
        report.findings.iter().filter(|finding| finding.rule == rule && finding.facet.as_deref() == facet);
    of_rule.next().unwrap_or_else(|| panic!("{rule} {facet:?}"))
}

/// The one place of `from` in the text, and the text with `to` there.
fn replaced(text: &str, from: &str, to: &str) -> String {
    assert_eq!(text.matches(from).count(), 1, "{from}");
    text.replace(from, to)
}

fn words<'a>(finding: &'a Finding, text: &'a str) -> impl Iterator<Item = &'a str> {
    finding.evidence.iter().map(|cited| &text[cited.span.start as usize..cited.span.end as usize])
}

#[test]
fn what_rests_on_the_options_of_a_scan_cites_its_command() {
    let text = text("testssl-3.0.8/modern-pretty");
    for misspelt in ["--sslnative", "--ssl-nativd", "--gast"] {
        let text = text.replace(" --warnings", &format!(" {misspelt} --warnings"));
        let report = judged(&text);
        for (rule, facet) in [("obsolete-protocol", None), ("no-forward-secrecy", Some("every-suite"))] {
            let finding = finding(&report, rule, facet);
            assert_eq!(finding.outcome, Outcome::Pass, "{rule}");
            assert!(words(finding, &text).any(|words| words.contains(misspelt)), "{rule}: {:?}", finding.evidence);
        }
    }
}

#[test]
fn simulated_clients_that_are_not_all_there_leave_lists_open() {
    let text = text("ssllabs-v3/simulated-client-differs");
    let last = text.rfind("\"errorCode\": 0").unwrap();
    let damaged = |from: &str, to: &str| {
        let at = last + text[last..].find(from).unwrap();
        format!("{}{to}{}", &text[..at], &text[at + from.len()..])
    };
    for text in [
        replaced(&text, "\"sims\"", "\"simt\""),
        text.replacen("\"results\": [", "\"result\": [", 1),
        damaged("errorCode", "errorBode"),
        damaged("protocolId", "protocolI"),
        damaged("suiteId", "suiteIe"),
    ] {
        assert_eq!(finding(&judged(&text), "obsolete-protocol", None).outcome, Outcome::Unknown, "{text}");
    }
    let text = damaged("\"errorCode\": 0", "\"errorCode\": 1");
    let report = judged(&text);
    let finding = finding(&report, "obsolete-protocol", None);
    assert_eq!(finding.outcome, Outcome::Pass);
    assert!(words(finding, &text).any(|words| words.contains("\"errorCode\": 1")), "{:?}", finding.evidence);
}

#[test]
fn what_rests_on_the_engine_cites_it() {
    let text = text("ssllabs-v3/engine-before-tls13");
    let at = text.find("\"engineVersion\"").unwrap();
    let value = text[at..].split('"').nth(3).unwrap();
    let newer = replaced(&text, &format!("\"{value}\""), "\"9.9.9\"");
    let report = judged(&newer);
    let finding = finding(&report, "no-forward-secrecy", Some("every-suite"));
    assert_eq!(finding.outcome, Outcome::Pass);
    assert!(words(finding, &newer).any(|words| words == "\"9.9.9\""), "{:?}", finding.evidence);
}

#[test]
fn a_chain_that_does_not_say_for_which_clients_it_is_belongs_to_none() {
    let text = text("ssllabs-v3/without-server-name");
    let report = judged(&replaced(&text, "\"noSni\": true", "\"noSnh\": true"));
    let passes = report.findings.iter().filter(|finding| finding.outcome == Outcome::Pass);
    let of_the_other =
        |finding: &&Finding| finding.subject.certificate.as_deref().is_some_and(|hash| hash.starts_with("c251065c"));
    assert_eq!(passes.filter(of_the_other).count(), 0);
}

#[test]
fn targets_that_were_not_reached_must_be_told_of() {
    let whole = text("sslyze-5.2.0/go");
    let text = replaced(&whole, "\"invalid_server_strings\"", "\"invalid_server_string\"");
    let policy = policy_of("paper", &["certificate-expired", "evidence-too-old"].map(setting));
    let now = NOW.parse().unwrap();
    for (text, expected) in [(&whole, Verdict::Compliant), (&text, Verdict::Indeterminate)] {
        let reading = read_declared(&[Input::new("report.json", text.as_bytes())], &declared());
        let report = evaluate(&reading.evidence, &policy, Clock { at: now, now }, reading.diagnostics);
        assert_eq!(report.verdict, expected, "{:?}", report.reasons);
    }
}
