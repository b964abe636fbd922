//! A newer report takes the place of an older one, and only where the order is beyond doubt.

use intransit::Evidence;
use intransit::evidence::{Basis, Completion, Endpoint, Enumerated, Fact, Flow, Gap, GapReason, Observed, Rest};
use intransit::report::Outcome;

use super::joined::{joined, report, strict};
use super::{DIFFERENCES, endpoint, findings, known, pair, time, worst};

/// When and where a scan was made.
fn made(evidence: &mut Evidence, at: &str, basis: Basis, vantage: Option<&str>) {
    let scan = &mut evidence.scans[0];
    let words = match &scan.completion {
        Completion::Finished(words) => words.clone(),
        Completion::Unfinished(_) => Vec::new(),
    };
    scan.started = Observed::Known(Fact::new(time(at), basis, words));
    scan.vantage = vantage.map(str::to_owned);
}

const OLD: &str = "2026-11-01T08:00:00Z";
const NEW: &str = "2026-11-20T08:00:00Z";

#[test]
fn a_newer_report_supersedes_what_it_contradicts_and_says_so() {
    let policy = strict();
    for (name, change, rule, _) in DIFFERENCES {
        let (mut good, mut other) = pair(*change);
        made(&mut good, NEW, Basis::Wire, Some("here"));
        let alone = worst(&report(&good, &policy), rule);
        made(&mut other, OLD, Basis::Wire, Some("here"));
        for parts in [[&good, &other], [&other, &good]] {
            let report = report(&joined(&parts), &policy);
            assert_eq!(worst(&report, rule), alone, "{name}: {:#?}", findings(&report, rule));
            let said = report.diagnostics.iter().any(|remark| remark.message.contains("superseded"));
            assert!(said, "{name}: {:?}", report.diagnostics);
        }
        // The other way round nothing is cleared.
        made(&mut good, OLD, Basis::Wire, Some("here"));
        made(&mut other, NEW, Basis::Wire, Some("here"));
        let alone = worst(&report(&other, &policy), rule);
        assert_eq!(worst(&report(&joined(&[&good, &other]), &policy), rule), alone, "{name}");
    }
}

#[test]
fn no_doubtful_order_clears_a_fail() {
    let policy = strict();
    let (mut good, mut other) = pair(DIFFERENCES[0].1);
    let mut check =
        |name: &str, older: (&str, Basis, Option<&str>), newer: (&str, Basis, Option<&str>), cleared: bool| {
            made(&mut other, older.0, older.1, older.2);
            made(&mut good, newer.0, newer.1, newer.2);
            let expected = if cleared { Outcome::Pass } else { Outcome::Fail };
            let report = report(&joined(&[&other, &good]), &policy);
            assert_eq!(worst(&report, "obsolete-protocol"), Some(expected), "{name}");
            let finding = findings(&report, "obsolete-protocol")[0];
            let says =
                finding.evidence.iter().any(|cited| cited.observed.starts_with("superseded: TLS 1.0 is offered"));
            assert_eq!(says, cleared, "{name}: {finding:#?}");
        };
    let here = Some("here");
    check("in order", (OLD, Basis::Wire, here), (NEW, Basis::Wire, here), true);
    check("a day", ("2026-11-19T08:00:00Z", Basis::Wire, here), (NEW, Basis::Wire, here), true);
    check("less than a day", ("2026-11-19T08:00:01Z", Basis::Wire, here), (NEW, Basis::Wire, here), false);
    check("the same time", (NEW, Basis::Wire, here), (NEW, Basis::Wire, here), false);
    check("from nowhere", (OLD, Basis::Wire, None), (NEW, Basis::Wire, None), false);
    check("an empty place", (OLD, Basis::Wire, Some(" ")), (NEW, Basis::Wire, Some(" ")), false);
    check("from elsewhere", (OLD, Basis::Wire, Some("there")), (NEW, Basis::Wire, here), false);
    check("one place", (OLD, Basis::Wire, None), (NEW, Basis::Wire, here), false);
    check("declared older", (OLD, Basis::Declared, here), (NEW, Basis::Wire, here), false);
    check("declared newer", (OLD, Basis::Wire, here), (NEW, Basis::Declared, here), false);
    check("from the future", (OLD, Basis::Wire, here), ("2026-11-22T11:00:01Z", Basis::Wire, here), false);
    check("the fail is newer", (NEW, Basis::Wire, here), (OLD, Basis::Wire, here), false);

    good.scans[0].completion = Completion::Unfinished(Gap::new(GapReason::Truncated, "cut"));
    made(&mut other, OLD, Basis::Wire, here);
    good.scans[0].started = known(time(NEW), &[]);
    let unfinished = report(&joined(&[&other, &good]), &policy);
    assert_eq!(worst(&unfinished, "obsolete-protocol"), Some(Outcome::Fail));
}

#[test]
fn a_newer_report_that_knows_less_clears_nothing() {
    let policy = strict();
    for (name, change, rule, expected) in DIFFERENCES.iter().filter(|row| row.3 == Outcome::Fail) {
        let (good, mut other) = pair(*change);
        let mut silent = good.clone();
        let gap = || Gap::new(GapReason::NotAttempted, "not tried");
        let words = good.clone().scans.first_mut().map(|scan| endpoint(scan).versions.accepted[0].clone()).unwrap();
        let forged = endpoint(&mut silent.scans[0]);
        *forged = Endpoint {
            key: forged.key.clone(),
            flow: Observed::Known(Fact::new(Flow::ClientToService, Basis::Computed, [])),
            tls: Observed::NotObserved(gap()),
            versions: Enumerated {
                accepted: vec![words],
                refused: Vec::new(),
                unasked: Vec::new(),
                rest: Rest::Gap(gap()),
            },
            suites: Vec::new(),
            suite_classes: Vec::new(),
            groups: Enumerated {
                accepted: Vec::new(),
                refused: Vec::new(),
                unasked: Vec::new(),
                rest: Rest::Gap(gap()),
            },
            signature_schemes: Enumerated {
                accepted: Vec::new(),
                refused: Vec::new(),
                unasked: Vec::new(),
                rest: Rest::Gap(gap()),
            },
            chains: Vec::new(),
            chains_rest: Rest::Gap(gap()),
            client_certificate: Observed::NotObserved(gap()),
            dh_parameters: Vec::new(),
            secure_renegotiation: Observed::NotObserved(gap()),
            compression: Observed::NotObserved(gap()),
            attacks: Vec::new(),
            features: Vec::new(),
            application_protocols: Vec::new(),
        };
        made(&mut silent, NEW, Basis::Wire, Some("here"));
        made(&mut other, OLD, Basis::Wire, Some("here"));
        let merged = report(&joined(&[&other, &silent]), &policy);
        let tls13 = *rule == "tls13-missing";
        // The one thing that the silent report knows besides may be what differs.
        assert!(tls13 || worst(&merged, rule) == Some(*expected), "{name}: {:#?}", findings(&merged, rule));
        let dated = findings(&merged, rule).iter().any(|finding| {
            finding.outcome == Outcome::Fail
                && finding.evidence.iter().any(|cited| cited.observed.contains("as of 2026-11-01"))
        });
        assert!(tls13 || dated, "{name}: the age of an older fact is said");
    }
}

#[test]
fn age_counts_for_what_is_used() {
    let policy = strict();
    let (mut good, mut other) = pair(DIFFERENCES[0].1);
    made(&mut other, "2024-01-01T00:00:00Z", Basis::Wire, Some("here"));
    made(&mut good, NEW, Basis::Wire, Some("here"));
    let whole = report(&joined(&[&other, &good]), &policy);
    assert_eq!(worst(&whole, "evidence-too-old"), Some(Outcome::Pass));
    endpoint(&mut good.scans[0]).compression = Observed::missing(GapReason::NotAttempted, "not tried");
    let lacking = report(&joined(&[&other, &good]), &policy);
    assert_eq!(worst(&lacking, "evidence-too-old"), Some(Outcome::Unknown));
}
