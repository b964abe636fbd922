//! `scan`: looks at live services, and writes what it saw as evidence.
//!
//! The handshakes are our own bytes up to where a key would be needed (`codec`), so that everything can be offered that a
//! library no longer speaks. What was offered and answered stands in a journal, connection by connection, and every fact
//! cites its lines.

mod ahead;
mod authorities;
mod certificates;
pub mod codec;
mod connect;
mod describe;
mod directed;
mod enumerate;
mod exchange;
mod features;
mod handshake;
mod journal;
mod known;
mod look;
mod many;
mod names;
mod offers;
mod published;
mod report;
pub mod starttls;
mod suites;
mod survey;
mod targets;
mod text;

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use intransit::diagnostic::{Code, Diagnostic};
use intransit::evidence::{Evidence, StartTls, Subject};
use intransit::pki::parse_host;
use intransit::{Input, evaluate, read};
use tokio::task::LocalSet;

use self::authorities::{Authorities, Reached, Visit};
use self::directed::Directing;
use self::look::{Manner, Seen};
use self::many::pace::Pace;
use self::many::{Done, Finished, Output};
use self::names::Names;
use self::names::dnssec::Anchors;
use self::published::Published;
use self::targets::{Defaults, M365, MX, Targets, m365};
use crate::arguments::{EVIDENCE, Scan as Arguments, TEXT};
use crate::check::{self, BEFORE_1970, written};
use crate::exit::Exit;
use crate::terminal;

/// Scans the targets and prints what was asked for.
pub(crate) fn run(arguments: &Arguments) -> Exit {
    // A mistake in the policy is not found out behind the scan.
    let directing = match directing(arguments) {
        Ok(directing) => directing,
        Err(diagnostics) => {
            terminal::diagnose(&diagnostics, None);
            return Exit::Unusable;
        }
    };
    let prepared =
        targets(arguments).and_then(|targets| Ok((targets, manner(arguments, directing)?, output(arguments)?)));
    let (targets, manner, (output, finished)) = match prepared {
        Ok(prepared) => prepared,
        Err(problems) => {
            for problem in problems {
                terminal::complain(&format!("error: {problem}\n"));
            }
            return Exit::Unusable;
        }
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            terminal::complain(&format!("error: cannot start: {error}\n"));
            return Exit::Unusable;
        }
    };
    if arguments.targets.iter().any(|word| word == M365) {
        m365::retired().iter().for_each(|line| terminal::complain(&format!("note: {line}\n")));
    }
    let (is_evidence, explains) = (arguments.format == EVIDENCE, arguments.explain);
    let look = |service: targets::Service| {
        let manner = Arc::clone(&manner);
        async move {
            let name = service.name();
            let seen = match check::clock_time() {
                Some(started) => Arc::clone(&manner).look(service, started).await,
                None => return Done::failed(name, BEFORE_1970),
            };
            let notes = notes(&seen, &name, explains);
            let document = seen.evidence.to_document(&[]) + "\n";
            let text = (!is_evidence).then(|| {
                terminal::printable(
                    &(text::text(&seen.evidence, &seen.remarks)
                        + &addresses(&seen.visits)
                        + &published(&seen.published)),
                )
            });
            Done { name, document, text, notes, class: Some(seen.class) }
        }
    };
    let kept = output.kept();
    let exit = LocalSet::new().block_on(&runtime, many::run(targets, finished, arguments.at_a_time, output, look));
    // A name is still being resolved, perhaps, or a line read: nobody waits for either.
    runtime.shutdown_background();
    let Some(kept) = kept else { return exit };
    let kept = std::mem::take(&mut *kept.lock().unwrap_or_else(PoisonError::into_inner));
    if kept.is_empty() {
        return exit;
    }
    // What could not be looked at does not keep the rest from being judged, but from being enough.
    match (judge(arguments, &kept), exit) {
        (judged, Exit::Success) | (judged @ Exit::NonCompliant, _) => judged,
        _ => Exit::Unusable,
    }
}

/// What came of the addresses inside of the certificates, in lines.
fn addresses(visits: &[Visit]) -> String {
    let lines: String = visits.iter().map(|visit| format!("    {visit}\n")).collect();
    if lines.is_empty() { lines } else { format!("  addresses of the CAs\n{lines}") }
}

/// What is published about the hosts, in lines.
fn published(found: &[Published]) -> String {
    let lines: String = found.iter().map(|one| format!("    {}\n", one.line())).collect();
    if lines.is_empty() { lines } else { format!("  published, with what DNSSEC proves\n{lines}") }
}

/// What there is to say on standard error.
fn notes(seen: &Seen, name: &str, explains: bool) -> String {
    let mut notes = String::new();
    if explains {
        notes.push_str(&format!("{}\n{}", seen.name, seen.journal.text()));
    }
    for problem in &seen.problems {
        notes.push_str(&format!("warning: {problem}\n"));
    }
    for visit in &seen.visits {
        if let Reached::No(why) = &visit.reached {
            notes.push_str(&format!("warning: {name}: {} does not answer: {why}\n", visit.url));
        }
    }
    notes
}

fn targets(arguments: &Arguments) -> Result<Targets, Vec<String>> {
    let starttls = match arguments.starttls.as_deref() {
        None => None,
        Some(name) => Some(protocol(name).map_err(|problem| vec![problem])?),
    };
    let mut words = arguments.targets.clone();
    words.extend(arguments.mx.iter().map(|domain| format!("{MX}{domain}")));
    if arguments.tenant.is_some() && !words.iter().any(|word| word == M365) {
        return Err(vec![format!("--tenant is for the target `{M365}`")]);
    }
    let defaults = Defaults { starttls, tenant: arguments.tenant.as_deref() };
    Targets::new(&words, &arguments.input, defaults)
}

fn protocol(name: &str) -> Result<StartTls, String> {
    if targets::is_direct(name) {
        let problem = format!("`{name}` is TLS from the first byte: leave out --starttls, or write HOST:PORT/{name}");
        return Err(problem);
    }
    let named = StartTls::from_name(name);
    let spoken = starttls::PROTOCOLS.iter().map(|(protocol, _)| *protocol);
    spoken.clone().find(|protocol| Some(*protocol) == named).ok_or_else(|| {
        let names: Vec<&str> = spoken.map(StartTls::name).collect();
        format!("expected one of {} in --starttls, found `{name}`", names.join(", "))
    })
}

/// The policy that says what is asked, unless everything is.
fn directing(arguments: &Arguments) -> Result<Option<Directing>, Vec<Diagnostic>> {
    if !arguments.check && arguments.policy.is_none() {
        return Ok(None);
    }
    let terms = check::scan_terms(arguments)?;
    Ok((!arguments.full).then(|| Directing::new(terms.policy, terms.clock)))
}

fn manner(arguments: &Arguments, directing: Option<Directing>) -> Result<Arc<Manner>, Vec<String>> {
    let server_name = match arguments.server_name.as_deref() {
        None => None,
        Some("") => Some(String::new()),
        Some(name) => Some(server_name(name).map_err(|problem| vec![problem])?),
    };
    let resolver = arguments.resolver.as_deref().map(resolver).transpose().map_err(|problem| vec![problem])?;
    let anchors = anchors(arguments).map_err(|problem| vec![problem])?;
    let deadline = arguments.deadline.map(Duration::from_secs);
    let authorities = || Authorities::new(deadline.unwrap_or(look::DEADLINE), arguments.allow_private);
    Ok(Arc::new(Manner {
        server_name,
        deadline,
        lanes: arguments.lanes,
        connections: arguments.connections,
        is_ipv4: (arguments.ipv4 || arguments.ipv6).then_some(arguments.ipv4),
        allow_private: arguments.allow_private,
        authorities: arguments.ca_addresses.then(authorities),
        enforced: arguments.enforced,
        dns: arguments.dns,
        policy_roots: check::policy_roots(arguments).map_err(|problem| vec![problem])?,
        directing,
        names: Names::new(resolver, anchors),
        pace: Pace::new(arguments.rate),
    }))
}

fn server_name(name: &str) -> Result<String, String> {
    let host = parse_host(name)?.to_string();
    if host.parse::<IpAddr>().is_ok() {
        return Err(format!(
            "expected a DNS name as the server name, found `{name}`: addresses are never sent (RFC 6066)"
        ));
    }
    Ok(host)
}

fn resolver(word: &str) -> Result<SocketAddr, String> {
    const DNS_PORT: u16 = 53;
    let address = word.trim_matches(['[', ']']).parse::<IpAddr>().map(|address| SocketAddr::new(address, DNS_PORT));
    address.or_else(|_| word.parse()).map_err(|_| {
        format!("expected the address of a DNS server, such as 192.0.2.53 or [2001:db8::53]:53, found `{word}`")
    })
}

/// What DNSSEC is validated from.
fn anchors(arguments: &Arguments) -> Result<Anchors, String> {
    let Some(word) = &arguments.trust_anchor else { return Ok(Anchors::default()) };
    let file = word.to_string_lossy();
    let text = std::fs::read_to_string(word).map_err(|error| format!("cannot read `{file}`: {error}"))?;
    Anchors::read(&text).map_err(|why| format!("`{file}`: {why}"))
}

/// Where results go, and what is there already.
fn output(arguments: &Arguments) -> Result<(Output, Finished), Vec<String>> {
    if !arguments.check && !arguments.dns && !arguments.roots.is_empty() {
        return Err(vec!["`--roots` is what chains are judged by; add --check".to_owned()]);
    }
    if !arguments.check && ![TEXT, EVIDENCE].contains(&arguments.format.as_str()) {
        return Err(vec![format!("`{}` is how a report is written; add --check", arguments.format)]);
    }
    let save = arguments.save.as_ref().map(Path::new);
    let journal = arguments.resume.as_ref().map(Path::new);
    Output::new(save, journal, arguments.check).map_err(|problem| vec![problem])
}

/// Judges what was seen, read back from the documents that are the evidence.
fn judge(arguments: &Arguments, kept: &[(String, String)]) -> Exit {
    let terms = match check::scan_terms(arguments) {
        Ok(terms) => terms,
        Err(diagnostics) => {
            terminal::diagnose(&diagnostics, None);
            return Exit::Unusable;
        }
    };
    let document: String = kept.iter().map(|(_, document)| document.as_str()).collect();
    // As `check` would read them: one file, or one input for each target.
    let inputs: Vec<(String, &str)> = match &arguments.save {
        Some(file) => vec![(file.to_string_lossy().into_owned(), document.as_str())],
        None => kept.iter().map(|(name, document)| (format!("scan of {name}"), document.as_str())).collect(),
    };
    let inputs: Vec<Input<'_>> = inputs.iter().map(|(name, text)| Input::new(name, text.as_bytes())).collect();
    let reading = read(&inputs);
    if reading.evidence.scans.is_empty() {
        let lost = Diagnostic::error(Code::EmptyInput, "the evidence of the scan cannot be read back");
        terminal::diagnose(&[lost], None);
        return Exit::Unusable;
    }
    let mut report = evaluate(&reading.evidence, &terms.policy, terms.clock, reading.diagnostics);
    if arguments.save.is_none() {
        "# the evidence was not kept: scan with --save FILE, and check FILE".clone_into(&mut report.reproduce);
    }
    let exit = report.verdict.into();
    if arguments.format == EVIDENCE {
        return terminal::print(&document, exit);
    }
    let unreached = unreached(&reading.evidence);
    if arguments.format != TEXT || unreached.is_empty() {
        return terminal::print(&written(&report, &arguments.format), exit);
    }
    // Every rule would say the same of what was not reached.
    let lines: String = unreached.iter().map(|(label, why)| format!("not reached: {label}: {why}\n")).collect();
    report.findings.retain(|finding| !unreached.iter().any(|(label, _)| *label == finding.subject.label));
    let rest = match report.findings.is_empty() {
        true => format!("{}\n", report.headline),
        false => written(&report, &arguments.format),
    };
    terminal::print(&(terminal::printable(&lines) + &rest), exit)
}

/// The services that nothing at all is known of, and why.
fn unreached(evidence: &Evidence) -> Vec<(String, String)> {
    let endpoints = evidence.scans.iter().flat_map(|scan| &scan.subjects).filter_map(|subject| match subject {
        Subject::Endpoint(endpoint) => Some(endpoint),
        _ => None,
    });
    let unseen = endpoints.filter(|endpoint| endpoint.versions.accepted.is_empty() && endpoint.chains.is_empty());
    let why = unseen.filter_map(|endpoint| Some((endpoint.key.to_string(), endpoint.tls.gap()?.detail.clone())));
    why.collect()
}
