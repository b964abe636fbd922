//! A port: which service it is, and everything that the scripts say of it.

use super::{certificates, suites, vulnerabilities};
use crate::diagnostic::Diagnostic;
use crate::evidence::{
    Basis, Certificate, Endpoint, EndpointKey, Enumerated, Fact, Gap, GapReason, Observed, Presented, Rest, Role,
    ServerName, StartTls, TlsSupport, Transport,
};
use crate::formats::xml::Element;
use crate::gathered::Gathered;
use crate::iana::ProtocolVersion;
use crate::letters::beginning;
use crate::source::Span;

/// A TCP port of a host.
pub(super) struct Port<'d> {
    pub(super) element: Element<'d>,
    pub(super) host: String,
    pub(super) address: Option<String>,
    pub(super) number: u16,
}

impl<'d> Port<'d> {
    /// The scripts of this id.
    fn scripts(&self, id: &'static str) -> impl Iterator<Item = Element<'d>> {
        self.element.named("script").filter(move |script| script.has("id", id))
    }

    fn key(&self) -> EndpointKey {
        EndpointKey {
            host: Some(self.host.clone()),
            address: self.address.clone(),
            port: self.number,
            transport: self.transport(),
            server_name: ServerName::Unstated,
            role: Role::Server,
        }
    }

    /// nmap starts TLS by a command where the service, or else the port, is known to need it.
    fn transport(&self) -> Transport {
        let service = self.element.first("service");
        if service.is_some_and(|service| service.has("tunnel", "ssl")) {
            return Transport::Direct;
        }
        let by_port = StartTls::of_port(self.number);
        let Some(name) = service.and_then(|service| service.attribute("name")) else {
            return by_port.map_or(Transport::Direct, Transport::StartTls);
        };
        let by_name = match name.value.as_ref() {
            "submission" => Some(StartTls::Smtp),
            "xmpp-client" => Some(StartTls::Xmpp),
            // A name that ends in `s` is that of the service behind TLS.
            name => StartTls::from_name(name).filter(|protocol| protocol.name() == name || name == "postgresql"),
        };
        match (by_name, by_port) {
            (Some(protocol), _) => Transport::StartTls(protocol),
            (None, Some(_)) => Transport::Unstated,
            (None, None) => Transport::Direct,
        }
    }

    /// Why what is said of the port is not all that nmap had to say, if it is not.
    pub(super) fn unfinished(&self) -> Option<Gap> {
        if let Some(gap) = self.closed() {
            return Some(gap);
        }
        if !self.element.is_complete() {
            let gap = Gap::new(GapReason::Truncated, "a part of this port's report cannot be read");
            return Some(gap.at([self.element.opening()]));
        }
        self.failed("ssl-enum-ciphers")
    }

    fn closed(&self) -> Option<Gap> {
        let state = self.element.first("state").and_then(|state| state.attribute("state"));
        match state {
            Some(state) if state.value == "open" => None,
            Some(state) => {
                let found = beginning(&state.value, 40);
                Some(Gap::new(GapReason::Blocked, format!("nmap found the port `{found}`")).at([state.span]))
            }
            None => {
                let gap = Gap::new(GapReason::Truncated, "the report does not say whether the port is open");
                Some(gap.at([self.element.opening()]))
            }
        }
    }

    /// Why a script has no result, if it was run and has none.
    fn failed(&self, id: &'static str) -> Option<Gap> {
        self.scripts(id).find_map(|script| {
            let output = script.attribute("output").filter(|output| output.value.trim().starts_with("ERROR"))?;
            let said = beginning(output.value.trim(), 100);
            Some(Gap::new(GapReason::Failed, format!("`{id}` says `{said}`")).at([output.span]))
        })
    }

    /// The service.
    pub(super) fn endpoint(&self, diagnostics: &mut Vec<Diagnostic>) -> Endpoint {
        let key = self.key();
        let gap = self.closed().unwrap_or_else(|| {
            Gap::new(
                GapReason::NotAttempted,
                "nmap shows nothing of TLS on this port: the scripts were not run, or nothing answered them (a `+` before \
                 the name of a script runs it on every port)",
            )
            .at([self.element.opening()])
        });
        let mut found = suites::Found::default();
        for script in self.scripts("ssl-enum-ciphers") {
            suites::enumerated(script, &mut found, diagnostics);
        }
        for script in self.scripts("sslv2") {
            suites::ssl2(script, &mut found, diagnostics);
        }
        vulnerabilities::read(self.element, &mut found);
        let scripts: Vec<Element<'_>> = self.scripts("ssl-cert").gathered();
        let chains = certificates::chains(&scripts, diagnostics);
        if found.is_empty() && chains.is_empty() {
            let gap = self.failed("ssl-enum-ciphers").or_else(|| self.failed("ssl-cert")).unwrap_or(gap);
            let mut endpoint = Endpoint::unseen(key, &gap);
            if let Some(place) = self.without_starttls() {
                endpoint.tls = Observed::Known(Fact::new(TlsSupport::StartTlsNotAdvertised, Basis::ToolSays, [place]));
            }
            return endpoint;
        }
        let silent = Gap::new(GapReason::NotReportedByFormat, "nmap does not say it");
        let tls = match (found.versions.first(), leaf(&chains)) {
            (Some(fact), _) => Observed::Known(fact.map(TlsSupport::Available)),
            (None, Some(words)) => Observed::Known(Fact::new(TlsSupport::Available, Basis::Wire, words.to_vec())),
            (None, None) => Observed::NotObserved(gap),
        };
        let only = |detail: &str| Rest::Gap(Gap::new(GapReason::NotReportedByFormat, detail));
        let rest = match self.failed("ssl-enum-ciphers") {
            Some(gap) => Rest::Gap(gap),
            None => only("nmap lists the versions that answered, and says nothing of those that did not"),
        };
        let groups = "nmap shows the group that a suite was used with, and says nothing of the others";
        let one = "nmap shows the leaf of one chain, and the server may have others";
        Endpoint {
            tls,
            versions: Enumerated::<ProtocolVersion> {
                accepted: found.versions,
                refused: Vec::new(),
                unasked: Vec::new(),
                rest,
            },
            suites: found.suites,
            suite_classes: found.classes,
            groups: Enumerated { accepted: found.groups, refused: Vec::new(), unasked: Vec::new(), rest: only(groups) },
            chains,
            chains_rest: only(one),
            dh_parameters: found.dh_parameters,
            compression: suites::compression(found.compression),
            attacks: found.attacks,
            features: Vec::new(),
            application_protocols: Vec::new(),
            ..Endpoint::unseen(key, &silent)
        }
    }

    /// `smtp-commands` lists what the server answered to EHLO, and STARTTLS is not in it.
    fn without_starttls(&self) -> Option<Span> {
        const USUAL: [&str; 4] = ["SIZE", "8BITMIME", "PIPELINING", "ENHANCEDSTATUSCODES"];
        if !matches!(self.transport(), Transport::StartTls(StartTls::Smtp)) {
            return None;
        }
        self.scripts("smtp-commands").find_map(|script| {
            let output = script.attribute("output")?;
            let said = output.value.to_ascii_uppercase();
            let answered =
                said.split(',').skip(1).any(|word| USUAL.contains(&word.split_whitespace().next().unwrap_or("")));
            (answered && !said.contains("STARTTLS")).then_some(output.span)
        })
    }
}

/// Where a certificate was seen on the wire.
fn leaf(chains: &[Presented]) -> Option<&[Span]> {
    chains.iter().flat_map(|chain| &chain.certificates).find_map(|certificate| match certificate {
        Certificate::Der(fact) => Some(fact.words.as_slice()),
        Certificate::Reported(_) => None,
    })
}
