//! `test`: everything that CI holds, cheapest first, with one count at the end.
//!
//! A step's output is shown when it fails. Format and lints count as one test each, as does the build; a runner that
//! fails without saying how many tests did counts as one failure.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crate::process::{Outcome, cargo, files, is_installed, line, program, root, target_dir};
use crate::tally::Tally;
use crate::{build, chromium, page, wasm};

const LONGEST_LINE: usize = 1000;

/// Runs all steps; the last line is `N passed, N failed`.
pub(crate) fn test() -> Outcome<()> {
    let mut sum = Tally::default();
    sum += check("format", cargo(&["fmt", "--all", "--check", "--", "--color=never"]));
    let lints = ["clippy", "--locked", "--quiet"];
    sum += check("lints", with(&lints, &["--workspace", "--all-targets", "--", "-D", "warnings"]));
    sum += native();
    sum += built();
    let target = ["--package", "intransit", "--lib", "--target", "wasm32-unknown-unknown", "--", "-D", "warnings"];
    sum += check("lints of the WebAssembly", with(&lints, &target));
    sum += check("types of the page", page::type_check());
    let chromium = chromium::find();
    sum += node_tests("package", "tests/js", chromium.as_deref())?;
    sum += browser_tests(chromium.as_deref())?;
    println!("{} passed, {} failed", sum.passed, sum.failed);
    if sum.failed == 0 { Ok(()) } else { std::process::exit(1) }
}

fn native() -> Tally {
    let options = ["--workspace", "--locked", "--no-fail-fast"];
    if !is_installed("cargo-nextest", "--version") {
        return run("native tests", with(&["test"], &options));
    }
    // nextest runs no documentation tests.
    // What a test says of itself is shown, as some say that they were left out.
    let nextest = ["nextest", "run", "--no-tests=pass", "--success-output=immediate"];
    let mut sum = run("native tests", with(&nextest, &options));
    sum += run("documentation tests", with(&["test", "--doc"], &options));
    sum
}

fn built() -> Tally {
    let started = Instant::now();
    announce("build");
    // The WebAssembly target comes first, so that a missing one is told apart from code that does not compile.
    let outcome = wasm::ensure_target().and_then(|()| build::build());
    let tally = Tally::one(outcome.is_ok());
    conclude(tally, started, outcome.err());
    tally
}

fn browser_tests(chromium: Option<&Path>) -> Outcome<Tally> {
    if chromium.is_some() {
        return node_tests("browser", "tests/browser", chromium);
    }
    announce("browser tests");
    let on_ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty());
    let tally = Tally { failed: on_ci.into(), skipped: (!on_ci).into(), passed: 0 };
    println!("NOT RUN: no Chromium; install it, or name it in the variable CHROMIUM");
    Ok(tally)
}

fn node_tests(name: &str, folder: &str, chromium: Option<&Path>) -> Outcome<Tally> {
    // Named one by one: node 20 takes a folder, node 22 does not.
    let files = files(&root().join(folder), ".test.mjs")?;
    // By itself node leaves a core idle, of which there may be two.
    let mut command = program("node", &["--test", "--test-reporter=spec", "--test-concurrency=2"]);
    command.args(files.iter().map(|file| file.strip_prefix(root()).unwrap_or(Path::new(file))));
    command.envs(chromium.map(|path| ("CHROMIUM", path)));
    // The native tests have built it.
    command.env("INTRANSIT_PROBE", target_dir().join("debug/intransit-probe"));
    Ok(run(&format!("{name} tests"), command))
}

fn with(first: &[&str], second: &[&str]) -> Command {
    cargo(&[first, second].concat())
}

/// Runs a command that is one test.
fn check(name: &str, command: Command) -> Tally {
    step(name, command, |_, succeeded| Tally::one(succeeded))
}

/// Runs a test runner.
fn run(name: &str, command: Command) -> Tally {
    step(name, command, |printed, succeeded| {
        let mut tally = Tally::read(printed);
        if !succeeded && tally.failed == 0 {
            tally.failed = 1;
        }
        tally
    })
}

fn step(name: &str, mut command: Command, count: impl Fn(&str, bool) -> Tally) -> Tally {
    let started = Instant::now();
    announce(name);
    // Closing lines are read: no colours in them, and no second test runner's settings from outside.
    command.env("CARGO_TERM_COLOR", "never").env("NO_COLOR", "1").env_remove("FORCE_COLOR");
    command.env_remove("NODE_TEST_CONTEXT");
    let mut left_out = Vec::new();
    let (tally, message) = match command.output() {
        Ok(output) => {
            let mut printed = String::from_utf8_lossy(&output.stdout).into_owned();
            printed.push_str(&String::from_utf8_lossy(&output.stderr));
            let tally = count(&printed, output.status.success());
            left_out = left_out_of(&printed);
            (tally, (tally.failed > 0).then(|| shortened(&printed)))
        }
        Err(error) => (Tally::one(false), Some(format!("cannot start it: {error}"))),
    };
    let message = message.map(|message| format!("$ {}\n{}", line(&command), message.trim_end()));
    conclude(tally, started, message);
    left_out.iter().for_each(|line| println!("  {line}"));
    tally
}

/// What tests said of themselves that they could not do here, each once.
fn left_out_of(printed: &str) -> Vec<String> {
    let mut lines: Vec<String> =
        printed.lines().map(str::trim).filter(|line| line.starts_with("SKIPPED: ")).map(str::to_owned).collect();
    lines.sort();
    lines.dedup();
    lines
}

/// The text with its longest lines cut: a bundle with WebAssembly in it is one line of a megabyte.
fn shortened(text: &str) -> String {
    let lines = text.lines().map(|line| match line.char_indices().nth(LONGEST_LINE) {
        Some((at, _)) => format!("{} … ({} bytes more)\n", &line[..at], line.len() - at),
        None => format!("{line}\n"),
    });
    lines.collect()
}

fn announce(name: &str) {
    print!("{name} … ");
    // Only the terminal's view of it: a line that appears late is no failure.
    let _ = std::io::stdout().flush();
}

fn conclude(tally: Tally, started: Instant, message: Option<String>) {
    let word = if tally.failed == 0 { "ok" } else { "FAILED" };
    let seconds = started.elapsed().as_secs_f32();
    println!("{word}: {} of {}, {seconds:.1} s", tally.passed, tally.passed + tally.failed);
    if tally.skipped > 0 {
        println!("  {} skipped", tally.skipped);
    }
    if let Some(message) = message {
        println!("{message}");
    }
}
