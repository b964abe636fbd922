//! `scan`: looks at live services, and writes what it saw as evidence.
//!
//! The handshakes are our own bytes up to where a key would be needed (`codec`), so that everything can be offered that a
//! library no longer speaks. What was offered and answered stands in a journal, connection by connection, and every fact
//! cites its lines.

pub mod codec;
mod connect;
mod describe;
mod enumerate;
mod journal;
mod many;
mod names;
mod offers;
mod report;
mod starttls;
mod survey;
mod target;
mod targets;
mod text;

use std::sync::Arc;
use std::time::Duration;

use intransit::diagnostic::{Code, Diagnostic};
use intransit::evidence::{Basis, Evidence, Fact, Observed, Scan, StartTls, Subject, Transport};
use intransit::source::{Source, sha256_hex};
use intransit::{Input, Timestamp, Verdict, evaluate, read};

use self::connect::{Limits, Prober};
use self::journal::{Journal, Written};
use self::target::Target;
use crate::arguments::Scan as Arguments;
use crate::check::{self, written};
use crate::exit::Exit;
use crate::terminal;

/// Scans the targets and prints what was asked for.
pub(crate) fn run(arguments: &Arguments) -> Exit {
    let Some(targets) = targets(arguments) else { return Exit::Unusable };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            terminal::complain(&format!("error: cannot start: {error}\n"));
            return Exit::Unusable;
        }
    };
    let mut documents = Vec::new();
    for target in targets {
        let seen = runtime.block_on(look(&target, arguments));
        match seen {
            Ok(seen) => documents.push(seen),
            Err(message) => {
                terminal::complain(&format!("error: {message}\n"));
                return Exit::Unusable;
            }
        }
    }
    print(arguments, &documents)
}

/// One target, as it was seen.
struct Seen {
    name: String,
    evidence: Evidence,
    journal: Written,
}

fn targets(arguments: &Arguments) -> Option<Vec<Target>> {
    let starttls = match arguments.starttls.as_deref().map(StartTls::from_name) {
        Some(None) => {
            terminal::complain("error: expected a protocol that starts TLS by a command\n");
            return None;
        }
        Some(protocol) => protocol,
        None => None,
    };
    let mut targets = Vec::new();
    for word in &arguments.targets {
        match Target::read(word, starttls, arguments.server_name.as_deref()) {
            Ok(target) => targets.push(target),
            Err(message) => {
                terminal::complain(&format!("error: {message}\n"));
                return None;
            }
        }
    }
    Some(targets)
}

/// Scans every address of one target.
async fn look(target: &Target, arguments: &Arguments) -> Result<Seen, String> {
    let started = check::clock_time().ok_or("the clock of this machine stands before 1970")?;
    let addresses = target.addresses().await?;
    let journal = Arc::new(Journal::default());
    let deadline = Duration::from_secs(arguments.deadline);
    let is_mail = target.starttls.is_some_and(StartTls::is_mail);
    let lanes = arguments.lanes.unwrap_or(if is_mail { 2 } else { 8 });
    let limits = Limits { deadline, connection: deadline / 2, lanes, connections: arguments.connections };
    let mut surveys = Vec::new();
    for address in addresses {
        let prober = Prober::new(&target.host, address, target.starttls, limits, Arc::clone(&journal));
        let survey = survey::survey(&prober, target.server_name.as_deref()).await;
        surveys.push((address, target.server_name.as_deref(), survey));
    }
    let journal = journal.written();
    let text = journal.text();
    let name = format!("scan of {}", target.name());
    let mut evidence = Evidence::new(vec![Source {
        id: 0,
        name: name.clone(),
        sha256: sha256_hex(text.as_bytes()),
        bytes: u32::try_from(text.len()).unwrap_or(u32::MAX),
        unpacked_from: None,
    }]);
    for (address, server_name, survey) in &surveys {
        let transport = target.starttls.map_or(Transport::Direct, Transport::StartTls);
        let key = report::key(&target.host, *address, transport, *server_name);
        let (endpoint, completion) = report::endpoint(key, survey, &journal);
        evidence.scans.push(scan(started, completion, Subject::Endpoint(Box::new(endpoint))));
    }
    Ok(Seen { name, evidence, journal })
}

fn scan(started: Timestamp, completion: intransit::evidence::Completion, subject: Subject) -> Scan {
    Scan {
        source: 0,
        format: "intransit-evidence".to_owned(),
        tool: Some("intransit-probe".to_owned()),
        tool_version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        command: None,
        started: Observed::Known(Fact::new(started, Basis::Computed, [])),
        vantage: None,
        completion,
        subjects: vec![subject],
    }
}

fn print(arguments: &Arguments, documents: &[Seen]) -> Exit {
    if arguments.explain {
        for seen in documents {
            terminal::complain(&format!("{}\n{}", seen.name, seen.journal.text()));
        }
    }
    if arguments.check {
        return judge(arguments, documents);
    }
    if arguments.format.as_deref() == Some("evidence") {
        let lines: String = documents.iter().map(|seen| seen.evidence.to_document(&[]) + "\n").collect();
        return terminal::print(&lines, Exit::Success);
    }
    let text: String = documents.iter().map(|seen| text::text(&seen.evidence)).collect();
    terminal::print(&text, Exit::Success)
}

/// Judges what was seen, read back from the document that `--format evidence` writes.
fn judge(arguments: &Arguments, documents: &[Seen]) -> Exit {
    let terms = match check::scan_terms(arguments) {
        Ok(terms) => terms,
        Err(diagnostics) => {
            terminal::diagnose(&diagnostics, None);
            return Exit::Unusable;
        }
    };
    let texts: Vec<(String, String)> =
        documents.iter().map(|seen| (seen.name.clone(), seen.evidence.to_document(&[]) + "\n")).collect();
    let inputs: Vec<Input<'_>> = texts.iter().map(|(name, text)| Input::new(name, text.as_bytes())).collect();
    let reading = read(&inputs);
    if reading.evidence.scans.is_empty() {
        let lost = Diagnostic::error(Code::EmptyInput, "the evidence of the scan cannot be read back");
        terminal::diagnose(&[lost], None);
        return Exit::Unusable;
    }
    let report = evaluate(&reading.evidence, &terms.policy, terms.clock, reading.diagnostics);
    let verdict: Verdict = report.verdict;
    terminal::print(&written(&report, arguments.format.as_deref().unwrap_or("text")), verdict.into())
}
