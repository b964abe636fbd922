//! The developer's verbs, which are CI's verbs: `cargo xtask <verb>`.
#![expect(clippy::disallowed_methods, reason = "the ban on files, clocks and the environment is for the core")]

mod arrange;
mod bench;
mod build;
mod chromium;
mod gen_docs;
mod gen_iana;
mod gen_roots;
mod gen_suffixes;
mod new_rule;
mod node;
mod package;
mod page;
mod process;
mod tally;
mod test;
mod wasm;

use std::process::ExitCode;

use process::{Outcome, root};

/// One verb: its name, its arguments' names, what it does, in words and in code.
struct Verb {
    name: &'static str,
    arguments: &'static [&'static str],
    about: &'static str,
    run: fn(&[String]) -> Outcome<()>,
}

const VERBS: &[Verb] = &[
    Verb {
        name: "build",
        arguments: &[],
        about: "the npm package (dist/pkg), the page for a server (dist/www) and as one file (dist/intransit.html)",
        run: |_| build::build(),
    },
    Verb { name: "start", arguments: &[], about: "build, then serve and open the page", run: |_| build::start() },
    Verb {
        name: "test",
        arguments: &[],
        about: "format, lints, native tests, build, package tests, browser tests",
        run: |_| test::test(),
    },
    Verb {
        name: "bench",
        arguments: &["[NAME]"],
        about: "build, then measure it beside what it is compared with, in benches/; `probe` alone needs no page",
        run: |arguments| bench::bench(arguments.first().map(String::as_str)),
    },
    Verb {
        name: "gen-docs",
        arguments: &[],
        about: "the table of rules in README.md, their pages in docs/rules, and schemas/",
        run: |_| gen_docs::run(root()),
    },
    Verb {
        name: "gen-iana",
        arguments: &[],
        about: "the tables of src/iana, from data/iana",
        run: |_| gen_iana::run(root()),
    },
    Verb {
        name: "gen-roots",
        arguments: &[],
        about: "the table of Mozilla's roots in src/pki/path, from the crates that carry them",
        run: |_| gen_roots::run(root()),
    },
    Verb {
        name: "gen-suffixes",
        arguments: &["LIST"],
        about: "the table of public suffixes in src/pki, from a copy of the list of publicsuffix.org",
        run: |arguments| gen_suffixes::run(root(), &arguments[0]),
    },
    Verb {
        name: "new-rule",
        arguments: &["ID"],
        about: "a rule's file, its cases and its line in the table, for example `new-rule rsa-key-short`",
        run: |arguments| new_rule::scaffold(root(), &arguments[0]),
    },
    Verb {
        name: "help",
        arguments: &[],
        about: "these lines",
        run: |_| {
            print!("{}", help());
            Ok(())
        },
    },
];

/// Exits with 0 when all went well, 1 when something failed, 2 when the command line is wrong.
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (name, rest) = arguments.split_first().map_or(("help", &[][..]), |(name, rest)| (name.as_str(), rest));
    let Some(verb) = VERBS.iter().find(|verb| verb.name == name.trim_start_matches('-')) else {
        eprint!("expected a verb, found `{name}`\n\n{}", help());
        return ExitCode::from(2);
    };
    let needed = verb.arguments.iter().filter(|name| !name.starts_with('[')).count();
    if !(needed..=verb.arguments.len()).contains(&rest.len()) {
        eprintln!("expected `cargo xtask {}`, found {} argument(s)", usage(verb), rest.len());
        return ExitCode::from(2);
    }
    match (verb.run)(rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn help() -> String {
    let lines = VERBS.iter().map(|verb| format!("  {:<12} {}\n", usage(verb), verb.about));
    format!("cargo xtask <verb>\n\n{}", lines.collect::<String>())
}

fn usage(verb: &Verb) -> String {
    let words = std::iter::once(verb.name).chain(verb.arguments.iter().copied());
    words.collect::<Vec<_>>().join(" ")
}
