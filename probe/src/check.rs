//! `check`: files in, report out, and an exit code for pipelines.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use intransit::diagnostic::{Code, Diagnostic};
use intransit::pki::path::TrustStore;
use intransit::pki::path::store::MOZILLA_ID;
use intransit::policy::{DEFAULT_PACK, ExpectedFlow, PACKS, pack, read_inventory};
use intransit::render::{TextOptions, render, text};
use intransit::sheet::Sheet;
use intransit::{Clock, Declared, Input, Policy, Report, Terms, Timestamp, Verdict, evaluate, read_declared};

use crate::arguments::{Check, Scan};
use crate::exit::Exit;
use crate::input::{self, Problem, STANDARD_INPUT, Supplied, read, read_bytes, read_setting};
use crate::{stream, system_roots, terminal};

pub(crate) const BEFORE_1970: &str = "the clock of this machine stands before 1970";

/// Judges the files and prints the report.
pub(crate) fn run(arguments: &Check) -> Exit {
    let terms = match terms(arguments) {
        Ok(terms) => terms,
        Err(diagnostics) => {
            terminal::diagnose(&diagnostics, None);
            return Exit::Unusable;
        }
    };
    if !names_standard_input_once(&arguments.files) {
        return Exit::Unusable;
    }
    if arguments.stream {
        return stream::run(arguments, terms);
    }
    let Terms { policy, declared, clock } = terms;
    let (supplied, unopened) = supplied(&arguments.files);
    terminal::diagnose(&unopened, None);
    let inputs: Vec<Input<'_>> = supplied.iter().map(|one| Input::new(&one.name, &one.bytes)).collect();
    let mut reading = read_declared(&inputs, &declared);
    if reading.evidence.scans.is_empty() {
        terminal::diagnose(&reading.diagnostics, Some(&reading.evidence));
        return Exit::Unusable;
    }
    // In the report an unopened file keeps the verdict from being compliant, as any other part that was not read.
    let any_unopened = !unopened.is_empty();
    reading.diagnostics.extend(unopened);
    let report = evaluate(&reading.evidence, &policy, clock, reading.diagnostics);
    let exit = match report.verdict {
        Verdict::NonCompliant => Exit::NonCompliant,
        _ if any_unopened => Exit::Unusable,
        verdict => verdict.into(),
    };
    terminal::print(&written(&report, &arguments.format), exit)
}

fn terms(arguments: &Check) -> Result<Terms, Vec<Diagnostic>> {
    let mut policy = policy(Path::new(&arguments.policy))?;
    let clock = clock(arguments)?;
    policy.expect_flows(inventory(arguments)?);
    policy.inventory_name = arguments.inventory.as_ref().map(|word| word.to_string_lossy().into_owned());
    choose_stores(&mut policy, &arguments.roots, clock)?;
    policy.believe(&arguments.own_host)?;
    if let Some(sheet) = sheet(arguments)? {
        policy.compare_with(sheet);
    }
    let declared = Declared::new(arguments.collected, arguments.host.as_deref()).map_err(|problem| vec![problem])?;
    Ok(Terms { policy, declared, clock })
}

/// What a live scan is judged by: now.
pub(crate) fn scan_terms(arguments: &Scan) -> Result<Terms, Vec<Diagnostic>> {
    let mut policy = policy(Path::new(arguments.policy.as_deref().unwrap_or(OsStr::new(DEFAULT_PACK))))?;
    let now = clock_time().ok_or_else(|| vec![Diagnostic::error(Code::InvalidOption, BEFORE_1970)])?;
    let clock = Clock { at: now, now };
    choose_stores(&mut policy, &arguments.roots, clock)?;
    Ok(Terms { policy, declared: Declared::default(), clock })
}

/// The first of the chosen stores, for the hosts of MTA-STS; otherwise what browsers trust, which is the same everywhere.
pub(crate) fn policy_roots(arguments: &Scan) -> Result<TrustStore, String> {
    let Some(word) = arguments.roots.first() else { return Ok(TrustStore::mozilla()) };
    let now = clock_time().ok_or(BEFORE_1970)?;
    store(word, Clock { at: now, now })
}

/// The shipped policy of this id, or the one in this file.
fn policy(word: &Path) -> Result<Policy, Vec<Diagnostic>> {
    let name = word.to_string_lossy();
    if let Some(pack) = pack(&name) {
        return pack.policy();
    }
    let text = read_setting(word, &input::POLICY).map_err(|problem| {
        let known: Vec<String> = PACKS.iter().map(|pack| format!("`{}`", pack.id)).collect();
        let known = known.join(", ");
        let message = match problem {
            Problem::Absent(_) => {
                format!("there is no policy `{name}` and no such file; expected one of {known}, or a policy file")
            }
            Problem::Other(words) => format!("{words}, or one of {known}"),
        };
        vec![Diagnostic::error(Code::InvalidPolicy, message)]
    })?;
    Policy::from_json(&name, &text)
}

/// The flows of the inventory's file.
fn inventory(arguments: &Check) -> Result<Vec<ExpectedFlow>, Vec<Diagnostic>> {
    let Some(word) = &arguments.inventory else { return Ok(Vec::new()) };
    let text = read_setting(Path::new(word), &input::INVENTORY)
        .map_err(|problem| vec![Diagnostic::error(Code::InvalidOption, problem.to_string())])?;
    read_inventory(&text)
}

/// Gives a policy the stores, in the order in which they are named.
fn choose_stores(policy: &mut Policy, words: &[OsString], clock: Clock) -> Result<(), Vec<Diagnostic>> {
    let invalid = |message: String| Diagnostic::error(Code::InvalidOption, message);
    let mut stores = Vec::new();
    let mut problems = Vec::new();
    for word in words {
        match store(word, clock) {
            Ok(store) => stores.push(store),
            Err(message) => problems.push(invalid(message)),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    policy.choose_stores(stores).map_err(|message| vec![invalid(message)])
}

/// The shipped roots of this id, those of the operating system, or those in this file.
fn store(word: &OsStr, clock: Clock) -> Result<TrustStore, String> {
    if word == MOZILLA_ID {
        return Ok(TrustStore::mozilla());
    }
    if word == system_roots::ID {
        return system_roots::load(clock.now);
    }
    let bytes = read_bytes(Path::new(word), &input::ROOTS).map_err(|problem| problem.to_string())?;
    let mut store = TrustStore::read(&word.to_string_lossy(), &bytes, clock.now)?;
    if store.id == system_roots::ID {
        store.id = format!("./{}", store.id);
    }
    Ok(store)
}

/// The hand-off sheet in the file that is named.
fn sheet(arguments: &Check) -> Result<Option<Sheet>, Vec<Diagnostic>> {
    let Some(word) = &arguments.sheet else { return Ok(None) };
    let text = read_setting(Path::new(word), &input::SHEET)
        .map_err(|problem| vec![Diagnostic::error(Code::InvalidOption, problem.to_string())])?;
    Sheet::read(&word.to_string_lossy(), &text).map(Some)
}

fn clock(arguments: &Check) -> Result<Clock, Vec<Diagnostic>> {
    let now = arguments.now.or_else(clock_time).ok_or_else(|| {
        vec![Diagnostic::error(Code::InvalidOption, format!("{BEFORE_1970}; expected the time in --now"))]
    })?;
    Ok(Clock { at: arguments.at.unwrap_or(now), now })
}

/// The clock of this machine.
pub(crate) fn clock_time() -> Option<Timestamp> {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(elapsed.as_secs()).ok().map(Timestamp::from_unix)
}

/// Whether standard input is named once at most; says so where it is not.
pub(crate) fn names_standard_input_once(files: &[OsString]) -> bool {
    let is_once = files.iter().filter(|word| *word == STANDARD_INPUT).count() <= 1;
    if !is_once {
        terminal::complain("error: standard input can be read once; expected one `-`\n");
    }
    is_once
}

/// What could be opened, and why the rest could not.
pub(crate) fn supplied(files: &[OsString]) -> (Vec<Supplied>, Vec<Diagnostic>) {
    let mut supplied = Vec::new();
    let mut unopened = Vec::new();
    for word in files {
        match read(word) {
            Ok(one) => supplied.push(one),
            Err(message) => unopened.push(Diagnostic::error(Code::UnrecognisedInput, message)),
        }
    }
    (supplied, unopened)
}

pub(crate) fn written(report: &Report, format: &str) -> String {
    match format {
        "text" => text(report, &TextOptions { colour: terminal::takes_colour() }),
        "json" | "sarif" => terminal::printable_json(&render(report, format).unwrap_or_default()),
        // The other outputs keep characters that steer a terminal out by themselves.
        other => render(report, other).unwrap_or_default(),
    }
}
