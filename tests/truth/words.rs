//! What was read from one input, as a text for people: everything but the places. Gaps are numbered and stand below.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use intransit::Reading;
use intransit::diagnostic::Diagnostic;
use intransit::evidence::{
    Basis, Certificate, Completion, Endpoint, EndpointKey, Enumerated, Fact, Gap, Membership, Observed, Presented,
    Rest, Scan, ServerName, Subject, Transport,
};
use intransit::iana::ProtocolVersion;
use serde::Serialize;

/// The word that a value has in JSON.
pub(crate) fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value).unwrap() {
        serde_json::Value::String(word) => word,
        other => other.to_string(),
    }
}

pub(crate) fn reading(name: &str, reading: &Reading) -> String {
    let mut page = Page { text: format!("# {name}\n"), gaps: Vec::new() };
    for scan in &reading.evidence.scans {
        page.scan(scan);
    }
    page.text.push_str("\ndiagnostics\n");
    for Diagnostic { severity, message, help, .. } in &reading.diagnostics {
        let _ = writeln!(page.text, "  {}: {message}", word(severity));
        if let Some(help) = help {
            let _ = writeln!(page.text, "    {help}");
        }
    }
    if reading.diagnostics.is_empty() {
        page.text.push_str("  none\n");
    }
    if !page.gaps.is_empty() {
        page.text.push_str("\nwhy things are not known\n");
    }
    for (position, gap) in page.gaps.iter().enumerate() {
        let _ = writeln!(page.text, "  [{}] {gap}", position + 1);
    }
    page.text
}

struct Page {
    text: String,
    gaps: Vec<String>,
}

impl Page {
    fn line(&mut self, what: &str, said: &str) {
        let _ = writeln!(self.text, "  {what:<24}{said}");
    }

    fn gap(&mut self, gap: &Gap) -> String {
        let words = format!("{}: {}", word(&gap.reason), gap.detail);
        let number = self.gaps.iter().position(|known| *known == words).unwrap_or_else(|| {
            self.gaps.push(words);
            self.gaps.len() - 1
        });
        format!("not known [{}]", number + 1)
    }

    fn observed<T>(&mut self, observed: &Observed<T>, show: impl Fn(&T) -> String) -> String {
        match observed {
            Observed::Known(known) => fact(known, show),
            Observed::NotObserved(gap) => self.gap(gap),
        }
    }

    fn rest(&mut self, rest: &Rest, all: &str) -> String {
        match rest {
            Rest::Complete(known) => fact(known, |whole| if *whole { all.to_owned() } else { "nothing".to_owned() }),
            Rest::Gap(gap) => self.gap(gap),
        }
    }

    fn scan(&mut self, scan: &Scan) {
        let tool = [scan.tool.as_deref(), scan.tool_version.as_deref()].into_iter().flatten().collect::<Vec<_>>();
        let _ = writeln!(self.text, "\nscan of {}, format {}", tool.join(" "), scan.format);
        self.line("command", scan.command.as_deref().unwrap_or("not in the report"));
        let started = self.observed(&scan.started, ToString::to_string);
        self.line("started", &started);
        let completion = match &scan.completion {
            Completion::Finished(_) => "finished".to_owned(),
            Completion::Unfinished(gap) => self.gap(gap),
        };
        self.line("came to its end", &completion);
        for subject in &scan.subjects {
            match subject {
                Subject::Endpoint(endpoint) => self.endpoint(endpoint),
                Subject::Chain(chain) => self.presented(&chain.presented),
                Subject::Revocation(revocation) => self.line("revocation", &format!("{:?}", revocation.said)),
            }
        }
    }

    fn endpoint(&mut self, endpoint: &Endpoint) {
        let _ = writeln!(self.text, "\nendpoint {}", endpoint.key);
        self.line("key", &key(&endpoint.key));
        let flow = self.observed(&endpoint.flow, word);
        self.line("flow", &flow);
        let tls = self.observed(&endpoint.tls, word);
        self.line("tls", &tls);
        self.versions(&endpoint.versions);
        for list in &endpoint.suites {
            let version = list.version.map_or_else(|| "of any version".to_owned(), |version| version.to_string());
            self.enumerated(&format!("suites {version}"), &list.suites, true);
            let preference = self.observed(&list.preference, word);
            self.line("  preference", &preference);
        }
        if endpoint.suites.is_empty() {
            self.line("suites", "no list");
        }
        for offer in &endpoint.suite_classes {
            let offered = fact(&offer.offered, |offered| yes(*offered, "offered"));
            self.line(&format!("class {}", word(&offer.class)), &offered);
        }
        self.enumerated("groups", &endpoint.groups, false);
        self.enumerated("signature schemes", &endpoint.signature_schemes, false);
        for parameters in &endpoint.dh_parameters {
            let named = |name: &Option<String>| name.as_ref().map_or_else(String::new, |name| format!(", {name}"));
            self.line("dh", &fact(parameters, |dh| format!("{} bits{}", dh.bits, named(&dh.name))));
        }
        for chain in &endpoint.chains {
            self.presented(chain);
        }
        let others = self.rest(&endpoint.chains_rest, "none");
        self.line("other chains", &others);
        let client = self.observed(&endpoint.client_certificate, word);
        self.line("client certificate", &client);
        let renegotiation = self.observed(&endpoint.secure_renegotiation, |is| yes(*is, "signalled"));
        self.line("secure renegotiation", &renegotiation);
        let compression = self.observed(&endpoint.compression, |is| yes(*is, "taken"));
        self.line("compression", &compression);
        for test in &endpoint.attacks {
            let found = self.observed(&test.vulnerable, |is| yes(*is, "vulnerable"));
            self.line("attack", &format!("{}: {found}", test.name));
        }
    }

    fn versions(&mut self, versions: &Enumerated<ProtocolVersion>) {
        for version in ProtocolVersion::ALL {
            let said = match versions.membership(&version) {
                Membership::Accepted(known) => fact(known, |_| "accepted".to_owned()),
                Membership::Refused(words) if words.is_empty() => "refused (no words)".to_owned(),
                Membership::Refused(_) => "refused".to_owned(),
                Membership::Unknown(gap) => self.gap(&gap),
            };
            self.line(&version.to_string(), &said);
        }
        let others = self.rest(&versions.rest, "none");
        self.line("other versions", &others);
    }

    /// A list in its order. What was refused stands by its number, or by name where it is little.
    fn enumerated<T: PartialEq + ToString>(&mut self, what: &str, list: &Enumerated<T>, numbered: bool) {
        let complete = match list.gap() {
            Some(gap) => self.gap(&gap),
            None => self.rest(&list.rest, "complete"),
        };
        self.line(what, &complete);
        for (position, accepted) in list.accepted.iter().enumerate() {
            let place = if numbered { format!("{:>3} ", position + 1) } else { String::new() };
            let _ = writeln!(self.text, "    {place}{}", fact(accepted, ToString::to_string));
        }
        let mut refused: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for refusal in &list.refused {
            let said = match list.membership(&refusal.offered) {
                Membership::Accepted(_) => "refused, although accepted".to_owned(),
                Membership::Refused(_) => "refused".to_owned(),
                Membership::Unknown(gap) => format!("tried, {}", self.gap(&gap)),
            };
            refused.entry(said).or_default().push(refusal.offered.to_string());
        }
        for (said, values) in refused {
            let values = if values.len() > 8 { values.len().to_string() } else { values.join(" ") };
            let _ = writeln!(self.text, "    {said}: {values}");
        }
    }

    fn presented(&mut self, chain: &Presented) {
        let rest = self.rest(&chain.rest, "all that was sent");
        self.line("chain", &rest);
        for shown in &chain.certificates {
            let _ = writeln!(self.text, "    {}", certificate(shown));
        }
        let possession = self.observed(&chain.possession, |is| yes(*is, "proven"));
        self.line("  possession", &possession);
        let trust =
            self.observed(&chain.tool_trust, |trust| format!("{}: {}", yes(trust.trusted, "trusted"), trust.reason));
        self.line("  trust", &trust);
    }
}

/// Nothing where the value was seen, else what it rests on.
fn basis(basis: Basis) -> &'static str {
    match basis {
        Basis::Wire => "",
        Basis::Computed => " (computed)",
        Basis::ToolSays => " (the tool says)",
        Basis::Declared => " (declared)",
    }
}

fn fact<T>(fact: &Fact<T>, show: impl Fn(&T) -> String) -> String {
    format!("{}{}", show(&fact.value), basis(fact.basis))
}

fn yes(is: bool, what: &str) -> String {
    if is { what.to_owned() } else { format!("not {what}") }
}

fn key(key: &EndpointKey) -> String {
    let transport = match key.transport {
        Transport::Direct => "TLS from the first byte".to_owned(),
        Transport::StartTls(protocol) => format!("STARTTLS by {}", protocol.name()),
        Transport::Unstated => "how TLS starts is not stated".to_owned(),
    };
    let name = match &key.server_name {
        ServerName::Sent(name) => format!("server name {name}"),
        ServerName::Omitted => "no server name".to_owned(),
        ServerName::Unstated => "server name not stated".to_owned(),
    };
    let (host, address) = (key.host.as_deref().unwrap_or("not known"), key.address.as_deref().unwrap_or("not known"));
    format!("host {host}, address {address}, port {}, {transport}, {name}, {}", key.port, word(&key.role))
}

fn certificate(shown: &Certificate) -> String {
    match shown {
        Certificate::Der(der) => match der.value.parsed() {
            Ok(parsed) => {
                let key = parsed.key.as_ref().map_or_else(ToString::to_string, ToString::to_string);
                let subject = parsed.subject.as_ref().map_or_else(ToString::to_string, ToString::to_string);
                format!("{subject}; {key}; sha256 {:.16}", der.value.sha256())
            }
            Err(error) => format!("not decoded: {error}"),
        },
        Certificate::Reported(said) => format!(
            "only described: {}; {} {}; until {}",
            said.common_name.as_ref().map_or("?", |name| &name.value),
            said.key_algorithm.as_ref().map_or("?", |name| &name.value),
            said.key_bits.as_ref().map_or(0, |bits| bits.value),
            said.not_after.as_ref().map_or_else(|| "?".to_owned(), |time| time.value.to_string()),
        ),
    }
}
