//! The cases of `tests/cases/rules`: what each rule says of small inputs. Their form is in `tests/cases/README.md`.
#![expect(clippy::disallowed_methods, reason = "the cases are files")]

#[path = "common/session.rs"]
mod session;

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use intransit::check::SuppliedStore;
use intransit::evidence::{Role, Subject};
use intransit::pki::sha1::sha1_hex;
use intransit::pki::{ParsedCertificate, pem};
use intransit::report::{Finding, Outcome};
use intransit::rules::RULES;
use intransit::source::SourceText;
use intransit::{CheckOptions, Input, check, read};
use serde_json::{Value, json};

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases");

/// One case, as its lines say.
#[derive(Debug, Default)]
struct Case {
    name: String,
    params: Option<Value>,
    identities: Option<Value>,
    owned: Option<Value>,
    days: Option<u32>,
    at: Option<String>,
    now: Option<String>,
    host: Option<String>,
    collected: Option<String>,
    roots: Option<String>,
    stores: Vec<SuppliedStore>,
    sheet: String,
    pem: String,
    target: Option<String>,
    starttls: Option<String>,
    role: Option<String>,
    taken: Option<String>,
    options: String,
    rows: Vec<Value>,
    expects: Option<String>,
    own: Vec<String>,
    partners: Vec<String>,
    inventory: Vec<Value>,
    text: String,
    expected: Vec<(String, String)>,
}

#[test]
fn every_rule_says_what_its_cases_expect() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for entry in RULES {
        let id = entry.about.id;
        let path = Path::new(CASES).join("rules").join(format!("{id}.case"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for case in cases(&text) {
            count += 1;
            wrong.extend(mistakes(id, &case).into_iter().map(|words| format!("{id}, {}: {words}", case.name)));
        }
    }
    assert!(count > RULES.len() * 4 - 1);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn cases(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines().map(str::trim_end).filter(|line| !line.is_empty()) {
        if let Some(name) = line.strip_prefix("## ") {
            cases.push(Case { name: name.to_owned(), ..Case::default() });
        } else if !line.starts_with('#') {
            let case = cases.last_mut().unwrap_or_else(|| panic!("expected `## KIND: name` before `{line}`"));
            case.read(line);
        }
    }
    cases
}

impl Case {
    fn read(&mut self, line: &str) {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = rest.trim();
        let own = || Some(rest.to_owned());
        match word {
            "params" => self.params = Some(serde_json::from_str(rest).unwrap()),
            "identities" => self.identities = Some(serde_json::from_str(rest).unwrap()),
            "owned" => self.owned = Some(serde_json::from_str(rest).unwrap()),
            "days" => self.days = Some(rest.parse().unwrap()),
            "at" => self.at = own(),
            "now" => self.now = own(),
            "host" => self.host = own(),
            "collected" => self.collected = own(),
            "roots" => self.roots = Some(if rest == "mozilla" { rest.to_owned() } else { pki(rest) }),
            "store" => {
                let text = if rest == "mozilla" { rest.to_owned() } else { pki(rest) };
                self.stores.push(SuppliedStore { name: own(), text: Some(text), base64: None });
            }
            "thumbprints" => {
                let (name, file) = rest.split_once(' ').unwrap();
                let text = sha1_hex(&certificate(file).der);
                self.stores.push(SuppliedStore { name: Some(name.to_owned()), text: Some(text), base64: None });
            }
            "sheet" => self.sheet.push_str(&format!("{}\n", with_hashes(rest))),
            "pem" => self.pem.push_str(&pki(rest)),
            "target" => self.target = own(),
            "starttls" => self.starttls = own(),
            "role" => self.role = own(),
            "taken" => self.taken = own(),
            "options" => self.options = rest.to_owned(),
            "|" => self.rows.push(row(rest)),
            "expects" => self.expects = own(),
            "own" => self.own = rest.split(' ').map(str::to_owned).collect(),
            "partners" => self.partners = rest.split(' ').map(str::to_owned).collect(),
            "session" => {
                let (target, files) = rest.split_once(' ').unwrap();
                let chain: Vec<ParsedCertificate> = files.split(' ').map(certificate).collect();
                let starttls = if target.ends_with(":25") { "-starttls smtp" } else { "" };
                self.text.push_str(&session::session(target, starttls, &chain.iter().collect::<Vec<_>>()));
            }
            "flow" => self.inventory.push(serde_json::from_str(rest).unwrap()),
            "file" => self.text.push_str(&fixture(rest)),
            ">" => self.text.push_str(&format!("{}\n", line.get(2..).unwrap_or_default())),
            "=" => {
                let (outcome, words) = rest.split_once(' ').unwrap_or((rest, ""));
                self.expected.push((outcome.to_owned(), words.to_owned()));
            }
            _ => panic!("{}: expected a line as tests/cases/README.md lists them, found `{line}`", self.name),
        }
    }

    /// The text that is judged.
    fn input(&self) -> String {
        if !self.text.is_empty() {
            return format!("{}{}", self.text, self.pem);
        }
        assert!(self.pem.is_empty() != self.rows.is_empty(), "{}: expected certificates or entries", self.name);
        if !self.pem.is_empty() {
            return self.pem.clone();
        }
        let target = self.target.as_deref().unwrap_or("mail.example.com:443");
        let (host, port) = target.rsplit_once(':').unwrap();
        let starttls = self.starttls.as_ref().map(|protocol| format!("-t {protocol} ")).unwrap_or_default();
        let mut report = json!({
            "Invocation": format!("testssl.sh {} {starttls}{target}", self.options),
            "version": "3.2",
            "openssl": "OpenSSL",
            "scanResult": [{
                "targetHost": host,
                "ip": "192.0.2.1",
                "port": port,
                "service": self.starttls.as_deref().unwrap_or("HTTP"),
                "entries": self.rows,
            }],
            "scanTime": 9,
        });
        let taken = self.taken.as_deref().unwrap_or("2026-11-22T09:00:00Z");
        if taken != "never" {
            let taken: intransit::Timestamp = taken.parse().unwrap();
            report["startTime"] = json!(taken.unix().to_string());
        }
        serde_json::to_string_pretty(&report).unwrap()
    }

    fn policy(&self, rule: &str) -> String {
        let expects = if self.pem.is_empty() { "endpoint" } else { "chain" };
        let expects = self.expects.as_deref().unwrap_or(expects);
        let mut setting = json!({ "rule": rule, "level": "error" });
        if let Some(params) = &self.params {
            setting["params"] = params.clone();
        }
        let days = self.days.unwrap_or(30);
        let mut policy = json!({
            "id": "case",
            "version": "1",
            "expects": [expects],
            "maxEvidenceAgeDays": days,
            "ownHosts": self.own,
            "partners": self.partners,
            "inventory": self.inventory,
            "rules": [setting],
        });
        for (member, given) in [("identities", &self.identities), ("ownedAddresses", &self.owned)] {
            if let Some(given) = given {
                policy[member] = given.clone();
            }
        }
        policy.to_string()
    }
}

/// The first certificate of a file.
fn certificate(file: &str) -> ParsedCertificate {
    let source = SourceText::new(0, pki(file));
    let blocks = pem::scan(&source, 0, source.text().len(), &mut Vec::new());
    ParsedCertificate::from_der(&blocks[0].der).unwrap()
}

/// A line of a sheet with the hashes that it asks for: `@sha256:FILE` of a certificate, `@spki:FILE` of its key.
fn with_hashes(line: &str) -> String {
    match line.split_once('@') {
        Some((before, hash)) => match hash.split_once(':').unwrap() {
            ("sha256", file) => format!("{before}{}", certificate(file).sha256),
            ("spki", file) => format!("{before}{}", certificate(file).key.unwrap().spki_sha256),
            (other, _) => panic!("expected `@sha256:` or `@spki:`, found `{other}`"),
        },
        None => line.to_owned(),
    }
}

fn pki(file: &str) -> String {
    let path: PathBuf = Path::new(CASES).join("pki").join(file);
    if file.ends_with(".der") {
        let der = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let lines: String = STANDARD
            .encode(der)
            .as_bytes()
            .chunks(64)
            .map(|line| format!("{}\n", str::from_utf8(line).unwrap()))
            .collect();
        return format!("-----BEGIN CERTIFICATE-----\n{lines}-----END CERTIFICATE-----\n");
    }
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn fixture(file: &str) -> String {
    let path: PathBuf = Path::new(CASES).join("formats").join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// `| id | finding` or `| id | SEVERITY | finding`.
fn row(text: &str) -> Value {
    let cells: Vec<&str> = text.split(" | ").map(str::trim).collect();
    let (id, severity, finding) = match cells[..] {
        [id, finding] => (id, "INFO", finding),
        [id, severity, finding] => (id, severity, finding),
        _ => panic!("expected `id | finding` or `id | SEVERITY | finding`, found `{text}`"),
    };
    let finding = match finding.strip_prefix('@') {
        Some(file) => pki(file).split_inclusive("-----END CERTIFICATE-----").next().unwrap().to_owned(),
        None => finding.to_owned(),
    };
    json!({ "id": id, "severity": severity, "finding": finding })
}

fn mistakes(rule: &str, case: &Case) -> Vec<String> {
    let input = case.input();
    let noon = || "2026-11-22T10:00:00Z".to_owned();
    let options = CheckOptions {
        at: case.at.clone().unwrap_or_else(noon),
        now: case.now.clone().unwrap_or_else(noon),
        policy: Some(case.policy(rule)),
        host: case.host.clone(),
        collected: case.collected.clone(),
        roots: case.roots.clone(),
        stores: case.stores.clone(),
        sheet: Some(case.sheet.clone()).filter(|sheet| !sheet.is_empty()),
        ..CheckOptions::default()
    };
    let input = match case.role.as_deref() {
        Some("client") => of_a_client(&input),
        Some(role) => panic!("{}: expected `client`, found `{role}`", case.name),
        None => input,
    };
    let report = match check(&[Input::new("case", input.as_bytes())], &options) {
        Ok(report) => report,
        Err(problems) => return problems.iter().map(ToString::to_string).collect(),
    };
    // Stores and sheets bring rules of their own with them.
    let mut left: Vec<&Finding> = report.findings.iter().filter(|finding| finding.rule == rule).collect();
    let mut wrong = Vec::new();
    for (outcome, words) in &case.expected {
        let found = left.iter().position(|finding| named(finding) == *outcome && says(finding, words));
        match found {
            Some(position) => drop(left.remove(position)),
            None => wrong.push(format!("expected {outcome} `{words}`")),
        }
    }
    let gaps = |finding: &Finding| finding.gaps.iter().map(|gap| gap.detail.clone()).collect::<Vec<_>>().join("; ");
    wrong
        .extend(left.iter().map(|finding| format!("found {} `{}` {}", named(finding), finding.summary, gaps(finding))));
    wrong
}

/// The report as evidence, of the side that opened the connection.
fn of_a_client(report: &str) -> String {
    let mut reading = read(&[Input::new("case", report.as_bytes())]);
    for subject in reading.evidence.scans.iter_mut().flat_map(|scan| &mut scan.subjects) {
        if let Subject::Endpoint(endpoint) = subject {
            endpoint.key.role = Role::Client;
        }
    }
    reading.evidence.to_document(&reading.diagnostics)
}

fn named(finding: &Finding) -> String {
    let outcome = match finding.outcome {
        Outcome::Pass => "pass",
        Outcome::Fail => "fail",
        Outcome::Unknown => "unknown",
        Outcome::NotApplicable => "not-applicable",
    };
    let facet = finding.facet.as_ref().map(|facet| format!("/{facet}")).unwrap_or_default();
    format!("{outcome}{facet}")
}

fn says(finding: &Finding, words: &str) -> bool {
    finding.summary.contains(words) || finding.gaps.iter().any(|gap| gap.detail.contains(words))
}
