//! Missing evidence is unknown: whatever is taken away from a report, nothing passes that did not pass before; and
//! whatever becomes of one bit, what passes because of it cites it, or, of what was compressed, stands beside an error.
//!
//! Every fixture of every reader is deleted from, cut, said twice and turned round, and has bits flipped. What is alike
//! is sampled to keep this short. `EVERY_CHANGE=1` leaves no deletion, doubling and order out, cuts at every line and
//! every few bytes, and flips a bit in every byte, of what is long in every few.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use intransit::diagnostic::Severity;
use intransit::evidence::{Basis, SubjectKind};
use intransit::formats::json;
use intransit::policy::PACKS;
use intransit::report::{Cited, Finding, FindingSubject};
use intransit::source::SourceText;
use intransit::{Clock, Input, Outcome, Policy, Verdict, evaluate, read_declared};

use crate::bodies::{NOW, declared, every_rule, policy_of, setting};
use crate::grammar::{Grammar, Group, Kind};
use crate::readers::{Fixture, fixtures};

/// Every rule at error level; the rules about the wire alone, those about a certificate alone, those about mail with own
/// hosts and those about mail domains and tunnels, by which fixtures are compliant; and every shipped pack.
fn policies() -> Vec<Policy> {
    let wire = ["obsolete-protocol", "no-forward-secrecy", "broken-cipher", "evidence-too-old"].map(setting);
    let paper = ["certificate-expired", "rsa-key-short", "weak-signature", "evidence-too-old"].map(setting);
    let mail = r#"{"id":"mail","version":"1","extends":"mail-in-transit-1.0",
        "ownHosts":["*.example.net","*.example.org","*.example.com","*.example.info","*.example.edu","192.0.2.0/24"]}"#;
    let mail = Policy::from_json("mail", mail).unwrap();
    let flows = r#"{"rule":"tunnel-does-not-cover","level":"error","params":{"flows":["10.1.0.0/24 10.2.0.0/24"]}}"#;
    let tunnels = ["tunnel-unencrypted", "tunnel-weak", "tunnel-idle", "tunnel-no-pfs"].map(setting).join(",");
    let sites = r#"[{"name":"sites","between":["10.1.0.0/24","10.2.0.0/24"]}]"#;
    let others = format!(
        r#"{{"id":"others","version":"1","extends":"mta-sts-1.0","expects":[],"inventory":{sites},"rules":[{tunnels},{flows}]}}"#
    );
    let others = Policy::from_json("others", &others).unwrap();
    let own = [every_rule(), policy_of("wire", &wire), policy_of("paper", &paper), mail, others];
    own.into_iter().chain(PACKS.iter().map(|pack| pack.policy().unwrap())).collect()
}

/// Those of [`policies`] that are no packs.
const OWN: usize = 5;

/// What one policy makes of a text.
struct Answer {
    verdict: Verdict,
    /// Whether all of it was read.
    whole: bool,
    /// The subjects.
    labels: BTreeSet<String>,
    /// The certificates, by hash.
    certificates: BTreeSet<String>,
    passes: Vec<Pass>,
}

/// A finding that passed: what of which rule, about what, and by which bytes of the text.
struct Pass {
    what: String,
    subject: FindingSubject,
    words: Vec<Range<usize>>,
    /// It cites what was unpacked from the input: which bytes of the input made that, no span can say.
    is_unpacked: bool,
    /// It rests on what the supplier states, of which no byte is in the text.
    is_declared: bool,
}

impl Pass {
    fn with_subject(&self) -> String {
        format!("{} at {}", self.what, self.subject.label)
    }

    /// A certificate in DER has no text: its span is empty, and means all of it.
    fn cites(&self, at: usize) -> bool {
        self.words.iter().any(|words| words.contains(&at) || *words == (0..0))
    }

    /// Whether it passed before. Of a subject that was not there before, whether it passed for another: a name that was
    /// changed is another subject, with the same words. What is left of a chain is a chain of its own, and what is left
    /// of a report that is none any more is another report: nothing was said of them before, and only the verdict must
    /// not be better for them.
    fn was_there(&self, before: &Answer, after: &Answer) -> bool {
        if before.labels.contains(&self.subject.label) {
            return before.passes.iter().any(|pass| pass.with_subject() == self.with_subject());
        }
        let is_known = self.subject.certificate.as_ref().is_some_and(|hash| before.certificates.contains(hash));
        before.passes.iter().any(|pass| pass.what == self.what)
            || self.is_declared
            || self.subject.kind == SubjectKind::Chain && is_known
            || !after.whole
    }
}

fn answers<'a>(bytes: &[u8], policies: impl IntoIterator<Item = &'a Policy>) -> Vec<Answer> {
    let reading = read_declared(&[Input::new("report", bytes)], &declared());
    let now = NOW.parse().unwrap();
    let answer = |policy: &Policy| {
        let report = evaluate(&reading.evidence, policy, Clock { at: now, now }, reading.diagnostics.clone());
        let labels = report.findings.iter().map(|finding| finding.subject.label.clone()).collect();
        let certificates = report.certificates.iter().map(|certificate| certificate.sha256.clone()).collect();
        let whole = !report.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
        let passed = report.findings.into_iter().filter(|finding| finding.outcome == Outcome::Pass);
        let is_unpacked = |cited: &Cited| cited.span.source != 0;
        let words = |cited: &Cited| cited.span.start as usize..cited.span.end as usize;
        let pass = |finding: Finding| Pass {
            what: format!("{} {:?} {:?}", finding.rule, finding.facet, finding.subject.certificate),
            is_declared: finding.evidence.is_empty() && finding.basis == Some(Basis::Declared),
            is_unpacked: finding.evidence.iter().any(is_unpacked),
            words: finding.evidence.iter().filter(|cited| !is_unpacked(cited)).map(words).collect(),
            subject: finding.subject,
        };
        Answer { verdict: report.verdict, whole, labels, certificates, passes: passed.map(pass).collect() }
    };
    policies.into_iter().map(answer).collect()
}

/// A changed text, and what was done to it.
struct Change {
    what: String,
    bytes: Vec<u8>,
    kind: Done,
}

#[derive(Clone, Copy, PartialEq)]
enum Done {
    /// Something that was said is not there any more.
    Lost,
    /// The end is not there any more; whether that can be seen.
    Cut { visibly: bool },
    /// The same is said, in another order or twice.
    Same,
    /// A bit of the byte at this offset is another one.
    Flipped(usize),
}

/// What is wrong with the answers to a changed text.
fn wrong(change: &Change, before: &[Answer], judges: &[(usize, &Policy)]) -> Vec<String> {
    let mut wrong = Vec::new();
    let after = answers(&change.bytes, judges.iter().map(|(_, policy)| *policy));
    for (after, (position, policy)) in after.iter().zip(judges) {
        let before = &before[*position];
        let mut say = |words: String| wrong.push(format!("{}, by {}: {words}", change.what, policy.reference.id));
        let mut cited = false;
        for pass in &after.passes {
            if pass.was_there(before, after) {
                continue;
            }
            match change.kind {
                Done::Flipped(at) if pass.cites(at) => cited = true,
                // Its checksum tells of every flipped bit; the verdict must not be better for what was made of it.
                Done::Flipped(_) if pass.is_unpacked && !after.whole => {}
                _ => say(format!("{} passes now", pass.with_subject())),
            }
        }
        let compliant = after.verdict == Verdict::Compliant;
        if compliant && before.verdict != Verdict::Compliant && !cited
            || compliant && change.kind == (Done::Cut { visibly: true })
        {
            say("the verdict is compliant".to_owned());
        }
        if change.kind == Done::Same && after.verdict != before.verdict {
            say(format!("the verdict is {:?} and was {:?}", after.verdict, before.verdict));
        }
    }
    wrong
}

/// The fixtures; what they would be if the scanner had been told to look less hard, as one option says; and each
/// service of a report of several by itself, without what no reader looks at.
fn reports() -> Vec<Fixture> {
    let mut reports = Vec::new();
    for fixture in fixtures() {
        let Ok(text) = String::from_utf8(fixture.bytes.clone()) else {
            reports.push(fixture);
            continue;
        };
        let named = |name: &str, text: String| Fixture {
            reader: fixture.reader,
            name: format!("{} {name}", fixture.name),
            bytes: text.into_bytes(),
        };
        match fixture.reader.target {
            "sslyze" => {
                let services = of_path(&text, "/server_scan_results").ranges.len();
                reports
                    .extend((0..services).map(|service| named(&format!("service {service}"), alone(&text, service))));
            }
            "testssl_pretty" if fixture.name.ends_with("3.0.8/modern-pretty.json") => {
                let limited = ["--ssl-native", "--fast"];
                reports.extend(
                    limited.map(|option| named(option, text.replace(" --warnings", &format!(" {option} --warnings")))),
                );
                reports.push(fixture);
            }
            _ => reports.push(fixture),
        }
    }
    reports
}

fn of_path(text: &str, path: &str) -> Group {
    Grammar::Json.groups(text).into_iter().find(|group| group.path == path).unwrap()
}

/// A report of sslyze with one of its services.
fn alone(text: &str, service: usize) -> String {
    let list = of_path(text, "/server_scan_results");
    let mut others = list.ranges;
    others.remove(service);
    let text = Grammar::Json.without_all(text, others);
    // A certificate is there as PEM; the chains that were built from it say nothing that is read.
    const READ: [&str; 2] = ["\"as_pem\"", "\"fingerprint_sha256\""];
    let groups = Grammar::Json.groups(&text);
    let is_read = |range: &Range<usize>| READ.iter().any(|name| text[range.clone()].starts_with(name));
    let certificates = groups.iter().filter(|group| group.kind == Kind::Members && group.ranges.iter().any(is_read));
    let mut unread: Vec<Range<usize>> =
        certificates.flat_map(|group| group.ranges.iter().filter(|range| !is_read(range)).cloned()).collect();
    let built = groups.iter().filter(|group| group.name() == "verified_certificate_chain" && group.kind == Kind::List);
    unread.extend(built.flat_map(|group| group.ranges.clone()));
    Grammar::Json.without_all(&text, unread)
}

/// The changes of a fixture, made one after another: all of them at once would not fit.
type Changes<'a> = Box<dyn Iterator<Item = Change> + 'a>;

fn check(changes_of: impl Fn(&Fixture) -> Changes<'_> + Sync) {
    let policies = policies();
    let fixtures = reports();
    let before: Vec<Vec<Answer>> = fixtures.iter().map(|fixture| answers(&fixture.bytes, &policies)).collect();
    for kind in ["testssl", "certificates", "sslyze", "ssllabs"] {
        let of_kind = fixtures.iter().zip(&before).filter(|(fixture, _)| fixture.reader.target.starts_with(kind));
        let passes = of_kind.flat_map(|(_, answers)| answers).map(|answer| answer.passes.len()).sum::<usize>();
        assert!(passes > 100, "of {kind}, nothing could be lost");
    }
    assert!(before.iter().flatten().any(|answer| answer.verdict == Verdict::Compliant), "nothing could be lost");
    let next = AtomicUsize::new(0);
    let made = AtomicUsize::new(0);
    // Longest first, so that no thread is left alone with one; the changes of one fixture at a time are kept.
    let mut turns: Vec<usize> = (0..fixtures.len()).collect();
    turns.sort_by_key(|at| std::cmp::Reverse(fixtures[*at].bytes.len()));
    let work = || {
        let mut found = Vec::new();
        while let Some(at) = turns.get(next.fetch_add(1, Ordering::Relaxed)) {
            for (turn, change) in changes_of(&fixtures[*at]).enumerate() {
                made.fetch_add(1, Ordering::Relaxed);
                let wrong = wrong(&change, &before[*at], &judges(&policies, at + turn));
                found.extend(wrong.into_iter().map(|words| format!("{}: {words}", fixtures[*at].name)));
            }
        }
        found
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let found: Vec<String> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    let made = made.into_inner();
    assert!(made > fixtures.len());
    println!("{made} changes of {} fixtures", fixtures.len());
    assert!(found.is_empty(), "{} of {made} changes:\n{}", found.len(), found.join("\n"));
}

/// The policies that judge a change, with their positions: that of every rule, now and then the others.
fn judges(policies: &[Policy], turn: usize) -> Vec<(usize, &Policy)> {
    let chosen = |position: usize| position < OWN || turn.is_multiple_of(8) && position == OWN + turn / 8 % PACKS.len();
    policies.iter().enumerate().filter(|(position, _)| chosen(*position)).collect()
}

fn every_change() -> bool {
    std::env::var_os("EVERY_CHANGE").is_some()
}

/// As many of them, evenly, as `bytes` bytes of changed texts allow; `thorough` times as many where nothing is left out.
fn sampled<T>(changes: Vec<T>, fixture: &Fixture, bytes: usize, thorough: Option<usize>) -> impl Iterator<Item = T> {
    let bytes = match (every_change(), thorough) {
        (true, None) => usize::MAX,
        (true, Some(times)) => bytes * times,
        (false, _) => bytes,
    };
    let allowed = (bytes / fixture.bytes.len().max(500)).max(4);
    let step = changes.len().div_ceil(allowed).max(1);
    // Where it begins differs from fixture to fixture.
    let start = fixture.name.bytes().map(usize::from).sum::<usize>() % step;
    changes.into_iter().skip(start).step_by(step)
}

fn text(fixture: &Fixture) -> &str {
    std::str::from_utf8(&fixture.bytes).unwrap_or("")
}

fn groups(fixture: &Fixture) -> Vec<Group> {
    fixture.reader.grammar.groups(text(fixture))
}

/// Clients of an API write names in a case of their own.
fn is_one_of(group: &Group, names: &[&str]) -> bool {
    names.iter().any(|name| name.eq_ignore_ascii_case(group.name()))
}

/// Each thing of these groups: the group's path and its position in it.
fn things(groups: &[Group]) -> Vec<(String, Range<usize>)> {
    let of = |group: &Group| {
        let path = group.path.clone();
        let ranges = group.ranges.clone().into_iter().enumerate();
        ranges.map(move |(position, range)| (format!("{path}/{position}"), range)).collect::<Vec<_>>()
    };
    groups.iter().flat_map(of).collect()
}

fn holds(fixture: &Fixture, changed: String) -> Vec<u8> {
    if fixture.reader.grammar == Grammar::Json {
        let source = SourceText::new(0, changed.clone());
        assert!(json::parse(&source, 0).is_intact(), "a test that breaks JSON: {changed}");
    }
    changed.into_bytes()
}

#[test]
fn without_a_thing_nothing_new_passes() {
    check(|fixture| {
        let mut groups = groups(fixture);
        groups.retain(|group| group.kind == Kind::Members || !is_one_of(group, fixture.reader.countless));
        let (lists, members): (Vec<_>, Vec<_>) = groups.into_iter().partition(|group| group.kind == Kind::List);
        let things =
            sampled(things(&lists), fixture, 400_000, None).chain(sampled(things(&members), fixture, 150_000, None));
        let without = move |(path, range)| Change {
            what: format!("without {path}"),
            bytes: holds(fixture, fixture.reader.grammar.without(text(fixture), &range)),
            kind: Done::Lost,
        };
        Box::new(things.map(without))
    });
}

#[test]
fn cut_off_nothing_new_passes() {
    const STEP: usize = 13;
    check(|fixture| {
        let bytes = &fixture.bytes;
        let is_end = |(at, byte): (usize, &u8)| (*byte == b'\n').then_some(at);
        let line_ends: Vec<usize> = bytes.iter().enumerate().filter_map(is_end).collect();
        let within_lines: Vec<usize> = (0..bytes.len()).step_by(STEP).collect();
        let cuts: BTreeSet<usize> = sampled(within_lines, fixture, 100_000, Some(100))
            .chain(sampled(line_ends, fixture, 100_000, Some(100)))
            .collect();
        let visibly = matches!(fixture.reader.grammar, Grammar::Json | Grammar::Xml);
        let within = cuts.into_iter().filter(|at| *at < bytes.trim_ascii_end().len());
        Box::new(within.map(move |at| Change {
            what: format!("cut at {at}"),
            bytes: bytes[..at].to_vec(),
            kind: Done::Cut { visibly },
        }))
    });
}

#[test]
fn said_twice_or_backwards_is_the_same() {
    check(|fixture| {
        let grammar = fixture.reader.grammar;
        let (text, mut groups) = (text(fixture), groups(fixture));
        groups.retain(|group| group.kind != Kind::Parts);
        groups.retain(|group| group.kind != Kind::List || !is_one_of(group, fixture.reader.ordered));
        let lists: Vec<Group> = groups.iter().filter(|group| group.kind == Kind::List).cloned().collect();
        let twice = sampled(things(&lists), fixture, 150_000, None).map(move |(path, range)| Change {
            what: format!("{path} twice"),
            bytes: holds(fixture, grammar.twice(text, &range)),
            kind: Done::Same,
        });
        groups.retain(|group| group.ranges.len() > 1);
        let backwards = sampled(groups, fixture, 150_000, None).map(move |group| {
            let order: Vec<usize> = (0..group.ranges.len()).rev().collect();
            Change {
                what: format!("`{}` backwards", group.path),
                bytes: holds(fixture, grammar.arranged(text, &group, &order)),
                kind: Done::Same,
            }
        });
        Box::new(twice.chain(backwards))
    });
}

#[test]
fn what_passes_for_a_flipped_bit_cites_it() {
    check(|fixture| {
        let places = (0..fixture.bytes.len()).collect();
        let flipped = move |at: usize| {
            let mut bytes = fixture.bytes.clone();
            let bit = (at / 3 + fixture.name.len()) % 8;
            bytes[at] ^= 1 << bit;
            let what = format!("with bit {bit} of byte {at} flipped");
            Change { what, bytes, kind: Done::Flipped(at) }
        };
        Box::new(sampled(places, fixture, 120_000, Some(3000)).map(flipped))
    });
}
