//! What each shipped policy says of each report: nothing that is not so, and nothing without its reason.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use intransit::diagnostic::Severity;
use intransit::policy::PACKS;
use intransit::report::{Finding, Outcome, Report, Verdict};
use intransit::{CheckOptions, Input, check};

use super::servers::{SERVERS, Server, server};
use super::words::word;
use super::{ROOT, hold, names, text};

const NOW: &str = "2026-11-22T10:00:00Z";

/// Later than every run, for the reports that do not say when they were made.
const COLLECTED: &str = "2026-11-22T06:00:00Z";

/// The report, or nothing where the input is not read.
pub(crate) fn judge(name: &str, pack: &str) -> Option<Report> {
    let options = CheckOptions {
        at: NOW.to_owned(),
        now: NOW.to_owned(),
        collected: Some(COLLECTED.to_owned()),
        policy: Some(pack.to_owned()),
        ..CheckOptions::default()
    };
    let judged = check(&[Input::new("report", text(name).as_bytes())], &options);
    judged.map_err(|why| assert!(why.iter().any(|why| why.severity == Severity::Error), "{name}")).ok()
}

/// One finding of one report, with what it is truly about.
pub(crate) struct Said {
    pub(crate) report: String,
    pub(crate) pack: &'static str,
    pub(crate) server: &'static Server,
    /// The host that was asked for, where the report says it.
    pub(crate) host: String,
    /// The short name of the certificate, where it is about one.
    pub(crate) certificate: Option<&'static str>,
    pub(crate) finding: Finding,
}

impl Said {
    /// `rule/facet`
    fn claim(&self) -> String {
        let facet = self.finding.facet.as_ref().map(|facet| format!("/{facet}"));
        format!("{}{}", self.finding.rule, facet.unwrap_or_default())
    }

    /// Whether a name in the table is about this.
    fn is_about(&self, who: &str) -> bool {
        let at = |certificate: &str| who == certificate || who == format!("{certificate}@{}", self.server.name);
        who == "*"
            || match self.certificate {
                Some(certificate) => at(certificate) || who == format!("{certificate}@{}", self.host),
                None => who == self.server.name,
            }
    }
}

/// The table's name of a certificate.
pub(crate) fn short(hash: &str) -> &'static str {
    let known =
        [("1c83", "rsa"), ("c259", "ec"), ("62d3", "ca"), ("c251", "weak"), ("84c4", "own"), ("56ac", "own-root")];
    known.into_iter().find(|(start, _)| hash.starts_with(start)).unwrap_or_else(|| panic!("{hash}")).1
}

/// The host and the port in the name of an endpoint; 0 where it has none.
fn place(label: &str) -> (&str, u16) {
    let bare = label.strip_prefix('[').and_then(|inner| inner.split_once("]:"));
    let (host, behind) = bare.or_else(|| label.split_once(':')).unwrap_or(("", ""));
    (host, behind.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap_or(0))
}

/// A report, a pack and the verdict.
type Judged = (String, &'static str, Verdict);

/// Everything that is said by every pack of every report, and the verdicts.
fn everything() -> (Vec<Said>, Vec<Judged>) {
    let (mut all, mut verdicts) = (Vec::new(), Vec::new());
    for name in names() {
        for pack in PACKS {
            let Some(report) = judge(&name, pack.id) else { continue };
            verdicts.push((name.clone(), pack.id, report.verdict));
            for finding in report.findings {
                // What is about no endpoint is about a certificate that stands in a text by itself.
                let Some(index) = finding.subject.endpoint else { continue };
                let (host, port) = place(&report.endpoints[index as usize].label);
                all.push(Said {
                    report: name.clone(),
                    pack: pack.id,
                    server: server(&name, port),
                    host: host.to_owned(),
                    certificate: finding.subject.certificate.as_deref().map(short),
                    finding,
                });
            }
        }
    }
    (all, verdicts)
}

/// A line of the table: what is so of whom, and why.
pub(crate) struct Line {
    claim: String,
    packs: BTreeSet<&'static str>,
    /// `holds`, `fails`, `moot` or `true`.
    how: String,
    who: Vec<String>,
}

pub(crate) fn table() -> Vec<Line> {
    let text = std::fs::read_to_string(format!("{ROOT}/truth/rules.txt")).unwrap();
    let mut lines = Vec::new();
    let (mut claim, mut packs) = (String::new(), BTreeSet::new());
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with("# ") && *line != "#") {
        if let Some(head) = line.strip_prefix("## ") {
            let mut words = head.split(' ');
            claim = words.next().unwrap().to_owned();
            let how = words.next();
            let named: BTreeSet<&str> = words.collect();
            let taken = |pack: &&str| match how {
                None => true,
                Some("in") => named.contains(pack),
                Some("except") => !named.contains(pack),
                Some(other) => panic!("{line}: {other}"),
            };
            packs = PACKS.iter().map(|pack| pack.id).filter(taken).collect();
            assert!(named.iter().all(|name| PACKS.iter().any(|pack| pack.id == *name)), "{line}");
            continue;
        }
        let (names, why) = line.split_once(": ").unwrap_or_else(|| panic!("{line}: expected a reason"));
        assert!(why.len() > 3, "{line}");
        let mut words = names.split(' ').map(str::to_owned);
        let how = words.next().unwrap();
        assert!(["holds", "fails", "moot", "true"].contains(&how.as_str()), "{line}");
        lines.push(Line { claim: claim.clone(), packs: packs.clone(), how, who: words.collect() });
    }
    assert!(lines.len() > 60, "{}", lines.len());
    lines
}

/// What is truly so, in the table's word; nothing where it does not say.
pub(crate) fn truth<'t>(table: &'t [Line], said: &Said) -> Option<&'t str> {
    let claim = said.claim();
    let mine = table.iter().filter(|line| line.claim == claim && line.packs.contains(said.pack));
    let lines: Vec<&str> =
        mine.filter(|line| line.who.iter().any(|who| said.is_about(who))).map(|line| line.how.as_str()).collect();
    assert!(lines.len() <= 1, "{claim} of {}: {lines:?}", said.server.name);
    lines.first().copied()
}

/// Judging everything takes seconds, so it is done once.
#[test]
fn every_verdict_is_as_the_servers_deserve() {
    let table = table();
    let (all, verdicts) = everything();
    nothing_passes_or_fails_that_is_not_so(&table, &all, &verdicts);
    every_line_of_the_table_is_said_by_some_report(&table, &all);
    where_one_scanner_decides_and_another_does_not_a_gap_says_why(&table, &all);
    the_tables_are_as_they_were(&table, &all, &verdicts);
}

fn nothing_passes_or_fails_that_is_not_so(table: &[Line], all: &[Said], verdicts: &[Judged]) {
    let mut wrong = BTreeSet::new();
    for said in all {
        let expected = match said.finding.outcome {
            Outcome::Pass => "holds",
            Outcome::Fail => "fails",
            Outcome::NotApplicable => "moot",
            Outcome::Unknown => continue,
        };
        let truly = truth(table, said);
        if truly != Some(expected) {
            let about = said.certificate.unwrap_or_default();
            wrong.insert(format!(
                "{} by {}, {} {about}: {expected} by its words, {} in truth: {}",
                said.report,
                said.pack,
                said.server.name,
                truly.unwrap_or("not known"),
                said.finding.summary
            ));
        }
    }
    for (name, pack, verdict) in verdicts {
        // Every one of the servers lacks something in every pack, or the report does not show enough.
        if *verdict == Verdict::Compliant {
            wrong.insert(format!("{name} by {pack} is compliant"));
        }
    }
    assert!(wrong.is_empty(), "{} are wrong\n{}", wrong.len(), wrong.into_iter().collect::<Vec<_>>().join("\n"));
}

fn every_line_of_the_table_is_said_by_some_report(table: &[Line], all: &[Said]) {
    let mut unsaid = Vec::new();
    for line in table {
        let expected = match line.how.as_str() {
            "holds" => Outcome::Pass,
            "fails" => Outcome::Fail,
            "moot" => Outcome::NotApplicable,
            _ => continue,
        };
        for who in &line.who {
            let is_said = |said: &Said| {
                said.finding.outcome == expected
                    && line.packs.contains(said.pack)
                    && said.claim() == line.claim
                    && said.is_about(who)
            };
            if !all.iter().any(is_said) {
                unsaid.push(format!("{} {} {who}", line.claim, line.how));
            }
        }
    }
    assert!(unsaid.is_empty(), "{}", unsaid.join("\n"));
}

/// What the reports of one server say of one thing.
#[derive(Default)]
struct Row {
    /// `P`, `F`, `?`, `-`, by report.
    cells: BTreeMap<String, BTreeSet<char>>,
    /// Why it is not known, by report.
    gaps: BTreeMap<String, BTreeSet<String>>,
    truth: BTreeSet<String>,
}

impl Row {
    fn decided(&self) -> bool {
        self.cells.values().any(|cell| cell.contains(&'P') || cell.contains(&'F'))
    }
}

fn mark(outcome: Outcome) -> char {
    match outcome {
        Outcome::Pass => 'P',
        Outcome::Fail => 'F',
        Outcome::Unknown => '?',
        Outcome::NotApplicable => '-',
    }
}

/// The rows of a server by pack and by what they are about.
fn rows(all: &[Said], table: &[Line], server: &Server) -> Rows {
    let mut rows = Rows::new();
    for said in all.iter().filter(|said| said.server.name == server.name) {
        let about = format!("{} {}", said.claim(), said.certificate.unwrap_or_default()).trim_end().to_owned();
        let row = rows.entry((said.pack, about)).or_default();
        row.cells.entry(said.report.clone()).or_default().insert(mark(said.finding.outcome));
        row.truth.extend(truth(table, said).map(str::to_owned));
        for gap in &said.finding.gaps {
            let why = format!("{}: {}", word(&gap.reason), gap.detail);
            row.gaps.entry(said.report.clone()).or_default().insert(why);
        }
    }
    rows
}

/// Attacks apart: `known-vulnerability` never passes, and says how many attacks a scanner tried, not which it did not.
fn where_one_scanner_decides_and_another_does_not_a_gap_says_why(table: &[Line], all: &[Said]) {
    let mut silent = BTreeSet::new();
    for server in SERVERS {
        let rows = rows(all, table, server);
        let reports: BTreeSet<&String> =
            all.iter().filter(|said| said.server.name == server.name).map(|said| &said.report).collect();
        for ((pack, about), row) in rows.iter().filter(|(_, row)| row.decided()) {
            if about.starts_with("known-vulnerability/") || about == "known-vulnerability" {
                continue;
            }
            let rule = about.split(['/', ' ']).next().unwrap();
            let outcomes: BTreeSet<char> = row.cells.values().flatten().copied().collect();
            // The same thing is not passed by one report and failed by another.
            if outcomes.contains(&'P') && outcomes.contains(&'F') {
                silent.insert(format!("{} {about}: {:?}", server.name, row.cells));
            }
            for report in &reports {
                if row.cells.get(*report).is_some_and(|cell| !cell.contains(&'?')) {
                    continue;
                }
                // Not known here, or not spoken of: then the rule says of this report what is missing.
                let of_rule =
                    rows.iter().filter(|((of, about), _)| of == pack && about.split(['/', ' ']).next() == Some(rule));
                let has_gap = of_rule.into_iter().any(|(_, row)| {
                    row.gaps.get(*report).is_some_and(|gaps| gaps.first().is_some_and(|gap| gap.len() > 20))
                });
                if !has_gap {
                    silent.insert(format!("{} {about}: nothing from {report}", server.name));
                }
            }
        }
    }
    assert!(silent.is_empty(), "{}", silent.into_iter().collect::<Vec<_>>().join("\n"));
}

/// Server × rule × report, for people.
fn the_tables_are_as_they_were(table: &[Line], all: &[Said], verdicts: &[Judged]) {
    let mut changed = Vec::new();
    for server in SERVERS {
        let rows = rows(all, table, server);
        let of_server = all.iter().filter(|said| said.server.name == server.name).map(|said| &said.report);
        let reports: Vec<&String> = of_server.collect::<BTreeSet<_>>().into_iter().collect();
        let mut text = format!("# {}: {}\n\nreports\n", server.name, server.is);
        for (report, letter) in reports.iter().zip('a'..) {
            let _ = writeln!(text, "  {letter} {report}");
        }
        text.push_str("\nverdicts of the whole reports: n not compliant, i indeterminate\n");
        for pack in PACKS {
            let of = |name: &String| verdicts.iter().find(|(known, by, _)| known == name && *by == pack.id).unwrap().2;
            let cells: String = reports.iter().map(|report| word(&of(report)).remove(0)).collect();
            let _ = writeln!(text, "  {:<61} {cells}", pack.id);
        }
        text.push_str(
            "\nP passes, F fails, ? is not known, - does not apply, . says nothing; x says several of these\n",
        );
        text.push_str("behind the rule stands what is so: `holds`, `fails`, `moot`; `true`, though nothing shows it\n");
        text.push_str(&marks(&rows, &reports));
        text.push_str(&reasons(&rows, &reports));
        changed.extend(hold(&format!("truth/{}.txt", server.name), &text));
    }
    assert!(changed.is_empty(), "look at them, then UPDATE_SNAPSHOTS=1\n{}", changed.join("\n"));
}

type Rows = BTreeMap<(&'static str, String), Row>;

/// A line for each thing, and where packs differ on it one for each answer, with the packs that give it.
fn marks(rows: &Rows, reports: &[&String]) -> String {
    let mut alike: BTreeMap<(&str, String), Vec<&str>> = BTreeMap::new();
    for ((pack, about), row) in rows {
        let cell = |report: &&String| match row.cells.get(*report).map(|cell| (cell.len(), cell.first())) {
            None | Some((_, None)) => '.',
            Some((1, Some(mark))) => *mark,
            Some(_) => 'x',
        };
        let cells: String = reports.iter().map(cell).collect();
        let truly = row.truth.iter().cloned().collect::<Vec<_>>().join(" ");
        alike.entry((about, format!("{truly:<6} {cells}"))).or_default().push(pack);
    }
    let mut text = String::new();
    for ((about, cells), packs) in &alike {
        let several = alike.keys().filter(|(other, _)| other == about).count() > 1;
        let packs = if several { format!("  {}", packs.join(" ")) } else { String::new() };
        let _ = writeln!(text, "  {about:<54} {cells}{packs}");
    }
    text
}

/// Why some reports do not know what others do.
fn reasons(rows: &Rows, reports: &[&String]) -> String {
    let mut gaps: Vec<&String> = Vec::new();
    let mut lines: BTreeSet<(&str, String)> = BTreeSet::new();
    for ((_, about), row) in rows.iter().filter(|(_, row)| row.decided()) {
        let mut by_gaps: BTreeMap<String, String> = BTreeMap::new();
        for (report, letter) in reports.iter().zip('a'..) {
            let unknown = row.cells.get(*report).is_some_and(|cell| cell.contains(&'?'));
            let Some(own) = row.gaps.get(*report).filter(|_| unknown) else { continue };
            let mut numbers = String::new();
            for gap in own {
                let known = gaps.iter().position(|known| *known == gap);
                let number = known.unwrap_or_else(|| {
                    gaps.push(gap);
                    gaps.len() - 1
                });
                let _ = write!(numbers, " [{}]", number + 1);
            }
            by_gaps.entry(numbers).or_default().push(letter);
        }
        lines.extend(by_gaps.into_iter().map(|(numbers, letters)| (about.as_str(), format!("{letters}:{numbers}"))));
    }
    let mut text = String::from("\nwhy some do not know what others do\n");
    for (about, line) in lines {
        let _ = writeln!(text, "  {about:<54} {line}");
    }
    for (position, gap) in gaps.iter().enumerate() {
        let _ = writeln!(text, "  [{}] {gap}", position + 1);
    }
    text
}
