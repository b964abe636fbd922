//! `scan`: looks at live services, and writes what it saw as evidence.
//!
//! The handshakes are our own bytes up to where a key would be needed (`codec`), so that everything can be offered that a
//! library no longer speaks. What was offered and answered stands in a journal, connection by connection, and every fact
//! cites its lines.

mod certificates;
pub mod codec;
mod connect;
mod describe;
mod enumerate;
mod features;
mod handshake;
mod journal;
mod offers;
mod report;
mod starttls;
mod survey;
mod target;
mod text;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use intransit::diagnostic::{Code, Diagnostic};
use intransit::evidence::{Basis, Evidence, Fact, Observed, Scan, StartTls, Subject, Transport};
use intransit::source::{Source, sha256_hex};
use intransit::{Input, Timestamp, evaluate, read};

use self::connect::{Limits, Prober};
use self::journal::{Journal, Written};
use self::target::Target;
use crate::arguments::{EVIDENCE, Scan as Arguments};
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
    // A look-up that has no answer may still be waited for elsewhere.
    runtime.shutdown_background();
    print(arguments, &documents)
}

/// One target, as it was seen.
struct Seen {
    name: String,
    evidence: Evidence,
    journal: Written,
    /// What else there is to say of each scan, one line each.
    remarks: Vec<Vec<String>>,
}

fn targets(arguments: &Arguments) -> Option<Vec<Target>> {
    let starttls = match arguments.starttls.as_deref().map(starttls::named) {
        Some(None) => {
            let known: Vec<&str> = starttls::PROTOCOLS.iter().map(|protocol| protocol.name()).collect();
            terminal::complain(&format!("error: expected one of {} in --starttls\n", known.join(", ")));
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
    let journal = Arc::new(Journal::default());
    // Mail servers take few connections at a time, and each takes longer.
    let is_mail = target.starttls.is_some_and(StartTls::is_mail);
    let deadline = Duration::from_secs(arguments.deadline.unwrap_or(if is_mail { 30 } else { 10 }));
    let lanes = arguments.lanes.unwrap_or(if is_mail { 2 } else { 8 });
    let limits = Limits { deadline, connection: deadline / 2, lanes, connections: arguments.connections };
    let mut tasks = Vec::new();
    let is_asked_for =
        |address: &SocketAddr| !(arguments.ipv4 && address.is_ipv6() || arguments.ipv6 && address.is_ipv4());
    let addresses: Vec<SocketAddr> = target.addresses(deadline).await?.into_iter().filter(is_asked_for).collect();
    if addresses.is_empty() {
        return Err(format!("`{}` has no address of that kind", target.host));
    }
    for address in addresses {
        let prober = Prober::new(address, target.starttls, limits, Arc::clone(&journal));
        let server_name = target.server_name.clone();
        let task = tokio::spawn(async move {
            let (named, unnamed) = survey::surveys(&prober, server_name.as_deref()).await;
            let unnamed = unnamed.map(|survey| (None, survey));
            [(server_name, named)].into_iter().chain(unnamed).collect::<Vec<_>>()
        });
        tasks.push((address, task));
    }
    let mut surveys = Vec::new();
    for (address, task) in tasks {
        let done = task.await.map_err(|_| format!("the scan of {address} broke off"))?;
        surveys.extend(done.into_iter().map(|(name, survey)| (address, name, survey)));
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
        let key = report::key(&target.host, *address, transport, server_name.as_deref());
        let (subjects, completion) = report::subjects(key, survey, &journal);
        evidence.scans.push(scan(&journal, started, completion, subjects));
    }
    let remarks = surveys.into_iter().map(|(.., survey)| survey.remarks).collect();
    Ok(Seen { name, evidence, journal, remarks })
}

fn scan(
    journal: &Written,
    started: Timestamp,
    completion: intransit::evidence::Completion,
    subjects: Vec<Subject>,
) -> Scan {
    Scan {
        source: 0,
        format: "intransit-evidence".to_owned(),
        tool: Some("intransit-probe".to_owned()),
        tool_version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        command: None,
        started: Observed::Known(Fact::new(started, Basis::Computed, journal.places(&[0]))),
        vantage: None,
        completion,
        subjects,
    }
}

fn print(arguments: &Arguments, seen: &[Seen]) -> Exit {
    if arguments.explain {
        for one in seen {
            terminal::complain(&format!("{}\n{}", one.name, one.journal.text()));
        }
    }
    let document: String = seen.iter().map(|one| one.evidence.to_document(&[]) + "\n").collect();
    if let Some(file) = &arguments.save
        && let Err(error) = std::fs::write(file, &document)
    {
        terminal::complain(&format!("error: cannot write `{}`: {error}\n", file.to_string_lossy()));
        return Exit::Unusable;
    }
    match arguments.format.as_str() {
        _ if arguments.check => judge(arguments, seen, &document),
        EVIDENCE => terminal::print(&document, Exit::Success),
        "text" => {
            let text: String = seen.iter().map(|one| text::text(&one.evidence, &one.remarks)).collect();
            terminal::print(&terminal::printable(&text), Exit::Success)
        }
        other => {
            terminal::complain(&format!("error: `{other}` is how a report is written; add --check\n"));
            Exit::Unusable
        }
    }
}

/// Judges what was seen, read back from the document that is evidence.
fn judge(arguments: &Arguments, seen: &[Seen], document: &str) -> Exit {
    let terms = match check::scan_terms(arguments) {
        Ok(terms) => terms,
        Err(diagnostics) => {
            terminal::diagnose(&diagnostics, None);
            return Exit::Unusable;
        }
    };
    let names: Vec<&str> = seen.iter().map(|one| one.name.as_str()).collect();
    let name = arguments.save.as_ref().map_or_else(|| names.join(", "), |file| file.to_string_lossy().into_owned());
    let reading = read(&[Input::new(&name, document.as_bytes())]);
    if reading.evidence.scans.is_empty() {
        let lost = Diagnostic::error(Code::EmptyInput, "the evidence of the scan cannot be read back");
        terminal::diagnose(&[lost], None);
        return Exit::Unusable;
    }
    let report = evaluate(&reading.evidence, &terms.policy, terms.clock, reading.diagnostics);
    let exit = report.verdict.into();
    if arguments.format == EVIDENCE {
        return terminal::print(document, exit);
    }
    terminal::print(&written(&report, &arguments.format), exit)
}
