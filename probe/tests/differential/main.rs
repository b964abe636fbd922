//! `scan` beside other scanners on the same servers: the same versions, suites and, where the other one shows them, groups.
//!
//! Servers and scanners are those that are installed: `openssl`, `nginx`, `gnutls-serv`, `postfix` (as root), `dovecot`,
//! Python with tlslite-ng (`TLSLITE_PYTHON` names the interpreter, otherwise `python3`), Node with post-quantum groups
//! (`NODE_POST_QUANTUM`, otherwise `node`); `sslscan`, `nmap`, `sslyze`, and `testssl` or `testssl.sh`, found by PATH or by
//! `SSLSCAN`, `NMAP`, `SSLYZE` and `TESTSSL`. What is not there is said in a line that begins with SKIPPED. Each
//! difference has its reason in `explained.rs`; a reason that nothing needs any more fails as well.

#![expect(clippy::disallowed_methods, reason = "the ban on sockets, files and clocks is for the core")]

mod explained;
mod peers;
#[path = "../real/mod.rs"]
mod real;
mod servers;

use std::collections::BTreeSet;
use std::process::Command;

use explained::{EXPLAINED, Side};
use peers::{PEERS, Peer};
use real::PROBE;
use serde_json::Value;
use servers::Server;

/// What a scan says is on: `TLSv1.2`, `TLSv1.2 TLS_…`, `group x25519`.
pub(crate) type Facts = BTreeSet<String>;

/// Every value that some endpoint of these documents accepts.
pub(crate) fn facts(scans: &Value) -> Facts {
    let mut facts = Facts::new();
    let subjects = scans.as_array().unwrap().iter().flat_map(|scan| scan["subjects"].as_array().unwrap());
    for endpoint in subjects.map(|subject| &subject["endpoint"]).filter(|endpoint| endpoint.is_object()) {
        facts.extend(values(&endpoint["versions"]).map(str::to_owned));
        for list in endpoint["suites"].as_array().into_iter().flatten() {
            let version = list["version"].as_str().unwrap();
            facts.extend(values(&list["suites"]).map(|suite| format!("{version} {suite}")));
        }
        facts.extend(values(&endpoint["groups"]).map(|group| format!("group {group}")));
    }
    facts
}

fn values(list: &Value) -> impl Iterator<Item = &str> {
    list["accepted"].as_array().into_iter().flatten().filter_map(|fact| fact["value"].as_str())
}

/// What the probe says, asserted to be all there is.
fn own(server: &Server) -> Facts {
    let target = format!("127.0.0.1:{}/{}", server.port(), server.starttls.unwrap_or("tls"));
    let words = ["scan", &target, "--server-name", "localhost", "--deadline", "60", "--rate", "2000"];
    let output = Command::new(PROBE).args(words).args(["--format", "evidence", "--explain"]).output().unwrap();
    let journal = String::from_utf8_lossy(&output.stderr);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let endpoint = &document["scans"][0]["subjects"][0]["endpoint"];
    for list in endpoint["suites"].as_array().unwrap() {
        assert!(list["suites"]["rest"]["complete"].is_object(), "{}: {list}\n{journal}", server.name);
    }
    let groups = &endpoint["groups"];
    assert!(
        groups["rest"]["complete"].is_object() || groups["accepted"].is_null(),
        "{}: {groups}\n{journal}",
        server.name
    );
    facts(&Value::Array(vec![document["scans"][0].clone()]))
}

/// Compares on one server with every scanner that is there.
fn compare(server: Option<Server>) {
    let Some(server) = server else { return };
    let ours = own(&server);
    for truth in server.truth {
        assert!(ours.contains(*truth), "{}: {truth} is on, and was not found in {ours:#?}", server.name);
    }
    let mut problems = Vec::new();
    for peer in PEERS {
        match peer.look(&server) {
            Ok(Some((version, theirs))) => problems.extend(unexplained(&server, peer, &version, &ours, &theirs)),
            Ok(None) => {}
            Err(why) => eprintln!("SKIPPED: {} on {}: {why}", peer.name, server.name),
        }
    }
    assert!(problems.is_empty(), "{}:\n{}", server.name, problems.join("\n"));
}

fn unexplained(server: &Server, peer: &Peer, version: &str, ours: &Facts, theirs: &Facts) -> Vec<String> {
    assert!(!theirs.is_empty(), "{} found nothing on {}", peer.name, server.name);
    let shows_groups = theirs.iter().any(|fact| fact.starts_with("group "));
    let is_compared = |fact: &&String| shows_groups || !fact.starts_with("group ");
    let differences: Vec<(Side, &String)> = ours
        .difference(theirs)
        .filter(is_compared)
        .map(|fact| (Side::Ours, fact))
        .chain(theirs.difference(ours).map(|fact| (Side::Theirs, fact)))
        .collect();
    let mine: Vec<_> =
        EXPLAINED.iter().filter(|one| one.peer == peer.name && one.servers.contains(&server.name)).collect();
    let mut problems = Vec::new();
    for (side, fact) in &differences {
        if !mine.iter().any(|one| one.explains(*side, fact)) {
            problems.push(format!("{} {version}: {side:?} alone: {fact}", peer.name));
        }
    }
    for one in mine.into_iter().filter(|one| version.starts_with(one.version)) {
        for pattern in one.facts {
            if !differences.iter().any(|(side, fact)| one.side == *side && explained::matches(pattern, fact)) {
                problems.push(format!("{}: nothing needs the explanation of `{pattern}` any more", peer.name));
            }
        }
    }
    problems
}

#[test]
fn openssl_of_today() {
    compare(servers::openssl_of_today());
}

#[test]
fn openssl_with_everything() {
    compare(servers::openssl_with_everything());
}

#[test]
fn openssl_of_tls13_alone() {
    compare(servers::openssl_of_tls13_alone());
}

#[test]
fn nginx() {
    compare(servers::nginx());
}

#[test]
fn gnutls() {
    compare(servers::gnutls());
}

#[test]
fn postfix() {
    compare(servers::postfix());
}

#[test]
fn dovecot() {
    compare(servers::dovecot());
}

#[test]
fn tlslite() {
    compare(servers::tlslite());
}

#[test]
fn post_quantum() {
    compare(servers::post_quantum());
}
