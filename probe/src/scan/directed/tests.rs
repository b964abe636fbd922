//! Against made-up servers: what a directed scan decides, a whole scan decides alike.

use std::time::Duration;

use intransit::evidence::{Evidence, Transport};
use intransit::policy::pack;
use intransit::report::Finding;
use intransit::source::Source;
use intransit::{Outcome, Report, Timestamp, Verdict, evaluate};

use super::*;
use crate::scan::connect::Limits;
use crate::scan::journal::Journal;
use crate::scan::many::pace::Pace;
use crate::scan::{look, report, survey};
use fake::{Config, Fake, Hello, Reply};

#[expect(dead_code, reason = "other tests use the rest of it")]
#[expect(clippy::disallowed_methods, reason = "the ban on sockets, files and clocks is for the core")]
#[path = "../../../tests/fake/mod.rs"]
mod fake;

const NOW: Timestamp = Timestamp::from_unix(1_795_000_000);

/// Rules that servers without cryptography can meet.
const OF_SERVICES: &str = r#"{"id": "services", "version": "1", "title": "services", "rules": [
    {"rule": "obsolete-protocol", "level": "error"}, {"rule": "no-forward-secrecy", "level": "error"},
    {"rule": "broken-cipher", "level": "error"}, {"rule": "dh-group-short", "level": "error"},
    {"rule": "insecure-renegotiation", "level": "error"}, {"rule": "evidence-too-old", "level": "error"}]}"#;

fn policies() -> Vec<Policy> {
    let packs = ["m365-in-transit-strict-1.0", "mozilla-intermediate-5.8"];
    let mut policies: Vec<Policy> = packs.iter().map(|id| pack(id).unwrap().policy().unwrap()).collect();
    policies.push(Policy::from_json("services", OF_SERVICES).unwrap());
    policies
}

/// Looks at a server, and says how many connections that took and what was offered.
async fn seen(server: &Fake, needs: Option<&Needs>, name: Option<&str>) -> (Evidence, usize, String) {
    let before = server.connections();
    let journal = Arc::new(Journal::default());
    let gate = Pace::new(10_000).gate(server.address.ip());
    let limits = Limits {
        deadline: Duration::from_secs(8),
        connection: Duration::from_secs(2),
        lanes: 8,
        ahead: 8,
        connections: 1000,
    };
    let prober = Prober::new("a.test", server.address, None, gate, limits, Arc::clone(&journal));
    let (named, unnamed) = match needs {
        Some(needs) => surveys(&prober, name, needs).await,
        None => survey::surveys(&prober, name).await,
    };
    let written = journal.written();
    let source = Source { id: 0, name: String::new(), sha256: String::new(), bytes: 1, unpacked_from: None };
    let mut evidence = Evidence::new(vec![source]);
    for (name, survey) in [(name, Some(named)), (None, unnamed)] {
        let Some(survey) = survey else { continue };
        let key = report::key("a.test", server.address, Transport::Direct, name);
        let (subjects, completion) = report::subjects(key, &survey, &written);
        evidence.scans.push(look::scan(&written, NOW, completion, subjects));
    }
    (evidence, server.connections() - before, written.text().to_owned())
}

fn judged(evidence: &Evidence, policy: &Policy) -> Report {
    evaluate(evidence, policy, Clock { at: NOW, now: NOW }, Vec::new())
}

fn same<'a>(report: &'a Report, finding: &Finding) -> Option<&'a Finding> {
    let is_same = |other: &&Finding| {
        (&other.rule, &other.facet, &other.subject.label, &other.subject.certificate)
            == (&finding.rule, &finding.facet, &finding.subject.label, &finding.subject.certificate)
    };
    report.findings.iter().find(is_same)
}

/// Where a server has no moods, both decide alike; where it has, the directed scan passes nothing that the whole one
/// fails.
async fn compare(what: &str, server: Fake, policies: &[(Policy, Needs)], name: Option<&str>, is_steady: bool) {
    let (whole, _, full_journal) = seen(&server, None, name).await;
    for (policy, needs) in policies {
        let (directed, connections, journal) = seen(&server, Some(needs), name).await;
        let (full, part) = (judged(&whole, policy), judged(&directed, policy));
        let told = || format!("{what}, {}:\n{journal}\nand whole:\n{full_journal}", policy.name);
        if part.verdict == Verdict::Compliant {
            assert_eq!(full.verdict, Verdict::Compliant, "{}", told());
        }
        if full.verdict == Verdict::Compliant && is_steady {
            assert_eq!(part.verdict, Verdict::Compliant, "{}", told());
            // Offers that fail inside the server are taken apart.
            assert!(connections <= 24 || what == "internal errors", "{connections} connections: {}", told());
        }
        for finding in part.findings.iter().filter(|finding| finding.outcome != Outcome::Unknown) {
            let Some(other) = same(&full, finding) else { continue };
            let is_alike = finding.outcome == other.outcome;
            let is_worse = finding.outcome == Outcome::Pass && other.outcome == Outcome::Fail;
            assert!(if is_steady { is_alike } else { !is_worse }, "{finding:?} against {other:?}: {}", told());
        }
        // What fails in the whole picture and stops the verdict is found.
        for finding in full.findings.iter().filter(|finding| finding.outcome == Outcome::Fail && is_steady) {
            let found = same(&part, finding).map(|found| found.outcome);
            let is_error = finding.level == intransit::policy::Level::Error;
            assert!(!is_error || found.is_none_or(|found| found == Outcome::Fail), "{finding:?}: {}", told());
        }
    }
}

type Server = (&'static str, Box<dyn Fn(usize, &Hello) -> Reply + Send + Sync>);

fn configured(name: &'static str, config: Config) -> Server {
    (name, Box::new(move |_, hello| config.reply(hello)))
}

/// The ECDSA certificate for those who take it.
fn two_certificates((rsa, ecdsa): &(Config, Config), hello: &Hello) -> Reply {
    let takes_ecdsa = ecdsa.suites.iter().any(|suite| hello.suites.contains(suite)) && hello.version == 0x0303;
    if takes_ecdsa { ecdsa.reply(hello) } else { rsa.reply(hello) }
}

fn servers() -> Vec<Server> {
    let usual = Config { versions: vec![0x0303], suites: vec![0xC030, 0xC02F], ..Config::default() };
    let with = |versions: &[u16], suites: &[u16]| Config {
        versions: versions.to_vec(),
        suites: suites.to_vec(),
        ..Config::default()
    };
    let short = usual.clone();
    let broken = usual.clone();
    let rsa = with(&[0x0303], &[0xC030, 0xC02F]);
    let ecdsa = Config { certificate: fake::certificate_of("ec-p-256.pem"), ..with(&[0x0303], &[0xC02C, 0xC02B]) };
    let both = (rsa.clone(), ecdsa.clone());
    let weak = (Config { suites: vec![0xC030, 0x009D, 0x002F], ..rsa }, ecdsa);
    let (modern, none) = (usual.clone(), with(&[0x0301], &[0x002F]));
    let old = with(&[0x0300, 0x0301, 0x0302, 0x0303], &[0xC014, 0x002F, 0x000A, 0x0005]);
    vec![
        configured("good", usual.clone()),
        configured("alert 40 for versions", Config { version_alert: 40, ..usual.clone() }),
        configured("the default", Config::default()),
        configured("TLS 1.3 alone", with(&[0x0304], &[])),
        configured("weak suites of TLS 1.3", Config { suites_of_tls13: vec![0x1301, 0xC0B4], ..Config::default() }),
        configured("RSA key transport", with(&[0x0303], &[0xC030, 0x009D, 0x002F])),
        configured("nothing but bad suites", with(&[0x0303], &[0x0005, 0x000A])),
        configured("RC4 last", with(&[0x0303], &[0xC02F, 0xC030, 0x0005])),
        configured("unregistered", with(&[0x0303], &[0xC030, 0xFF85])),
        configured("weak groups", Config { groups: vec![0x001D, 0x0001], ..usual.clone() }),
        configured("old versions", old.clone()),
        configured("the client's order", Config { follows_client: true, ..old }),
        configured("TLS 1.0 beside TLS 1.2", with(&[0x0301, 0x0303], &[0xC030, 0xC014])),
        configured("SSL 3.0 alone", with(&[0x0300], &[0x002F])),
        ("two certificates", Box::new(move |_, hello| two_certificates(&both, hello))),
        ("two certificates, and weak suites", Box::new(move |_, hello| two_certificates(&weak, hello))),
        (
            "short lists",
            Box::new(move |_, hello| match hello.suites.len() > 128 {
                true => Reply::Close,
                false => short.reply(hello),
            }),
        ),
        (
            "internal errors",
            Box::new(move |_, hello| {
                let is_old = hello.version < 0x0303 && hello.versions.is_empty() && !hello.is_ssl2;
                match is_old && hello.suites.contains(&0xC014) {
                    true => Reply::Alert(80),
                    false => broken.reply(hello),
                }
            }),
        ),
        (
            "another service without a name",
            Box::new(move |_, hello| match &hello.server_name {
                Some(_) => modern.reply(hello),
                None => none.reply(hello),
            }),
        ),
        ("nobody", Box::new(|_, _| Reply::Alert(40))),
        ("garbage", Box::new(|_, _| Reply::Bytes(b"HTTP/1.1 400\r\n\r\n".to_vec()))),
    ]
}

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}

fn directing() -> Vec<(Policy, Needs)> {
    let key = report::key("a.test", ([127, 0, 0, 1], 443).into(), Transport::Direct, Some("a.test"));
    let needs = |policy: &Policy| Needs::of(policy, Clock { at: NOW, now: NOW }, &key);
    policies()
        .into_iter()
        .map(|policy| {
            let needs = needs(&policy);
            (policy, needs)
        })
        .collect()
}

#[test]
fn what_a_directed_scan_decides_a_whole_one_decides_alike() {
    run(async {
        let policies = directing();
        for (what, reply) in servers() {
            let named = what.contains("name").then_some("a.test");
            compare(what, Fake::start(reply), &policies, named, true).await;
        }
    });
}

#[test]
fn a_server_that_stops_answering_passes_nothing() {
    let policies = directing();
    let old = Config { versions: vec![0x0301, 0x0302, 0x0303], suites: vec![0xC030, 0xC014], ..Config::default() };
    // The time is for waiting, not for computing.
    std::thread::scope(|scope| {
        for reply in [Reply::Close, Reply::Alert(40), Reply::Alert(80)] {
            let (policies, old) = (&policies, &old);
            scope.spawn(move || {
                run(async {
                    for last in (0..20).step_by(2) {
                        stops_answering(last, old, &reply, &policies[last % policies.len()]).await;
                    }
                });
            });
        }
    });
}

async fn stops_answering(last: usize, config: &Config, reply: &Reply, (policy, needs): &(Policy, Needs)) {
    let (config, reply) = (config.clone(), reply.clone());
    let server = Fake::start(move |number, hello| if number < last { config.reply(hello) } else { reply.clone() });
    let (evidence, _, journal) = seen(&server, Some(needs), None).await;
    let report = judged(&evidence, policy);
    assert_ne!(report.verdict, Verdict::Compliant, "{last}: {journal}");
    let passes = |rule: &str| report.findings.iter().any(|one| one.rule == rule && one.outcome == Outcome::Pass);
    assert!(!passes("obsolete-protocol"), "{last}: {journal}");
}
