//! From what was found out to evidence: every fact cites the connections that show it, every gap says why.

use intransit::evidence::{
    Basis, Certificate, Completion, Der, Endpoint, EndpointKey, Enumerated, Fact, Flow, Gap, GapReason, Observed,
    Presented, Refusal, RefusalKind, Rest, Role, ServerName, SuiteList, TlsSupport, Transport,
};

use super::connect::{End, Exchange};
use super::enumerate::Found;
use super::enumerate::versions::State;
use super::journal::Written;
use super::starttls::NoStart;
use super::survey::Survey;

/// The endpoint, and why the scan of it is not at its end, if it is not.
pub(crate) fn endpoint(key: EndpointKey, survey: &Survey, journal: &Written) -> (Endpoint, Completion) {
    let maker = Maker { survey, journal };
    let tls = maker.tls();
    let not_yet = || Gap::new(GapReason::NotAttempted, "the probe does not test it");
    let completion = maker.completion(&tls);
    let endpoint = Endpoint {
        flow: Observed::Known(Fact::new(flow(&key), Basis::Computed, [])),
        key,
        tls,
        versions: maker.versions(),
        suites: maker.suites(),
        suite_classes: Vec::new(),
        groups: maker.groups(),
        signature_schemes: Enumerated { accepted: Vec::new(), refused: Vec::new(), rest: Rest::Gap(not_yet()) },
        chains: maker.chains(),
        chains_rest: Rest::Gap(not_yet()),
        client_certificate: Observed::NotObserved(not_yet()),
        dh_parameters: Vec::new(),
        secure_renegotiation: Observed::NotObserved(not_yet()),
        compression: Observed::NotObserved(not_yet()),
        attacks: Vec::new(),
    };
    (endpoint, completion)
}

/// What tells the endpoint from others.
pub(crate) fn key(host: &str, address: std::net::SocketAddr, transport: Transport, name: Option<&str>) -> EndpointKey {
    EndpointKey {
        host: Some(host.to_owned()),
        address: Some(address.ip().to_string()),
        port: address.port(),
        transport,
        server_name: name.map_or(ServerName::Omitted, |name| ServerName::Sent(name.to_owned())),
        role: Role::Server,
    }
}

fn flow(key: &EndpointKey) -> Flow {
    const SUBMISSION: u16 = 587;
    match key.transport {
        Transport::StartTls(protocol) if protocol.is_mail_transfer() && key.port != SUBMISSION => Flow::ServiceToOther,
        _ => Flow::ClientToService,
    }
}

struct Maker<'a> {
    survey: &'a Survey,
    journal: &'a Written,
}

impl Maker<'_> {
    fn wire<T>(&self, value: T, numbers: &[usize]) -> Fact<T> {
        Fact::new(value, Basis::Wire, self.journal.places(numbers))
    }

    fn tls(&self) -> Observed<TlsSupport> {
        let exchanges = &self.survey.exchanges;
        if let Some(answered) = exchanges.iter().find(|exchange| exchange.accepted().is_some()) {
            return Observed::Known(self.wire(TlsSupport::Available, &[answered.number]));
        }
        if let Some(answered) = exchanges.iter().find(|exchange| exchange.answer.ssl2.is_some()) {
            return Observed::Known(self.wire(TlsSupport::Available, &[answered.number]));
        }
        let numbers: Vec<usize> = exchanges.iter().map(|exchange| exchange.number).collect();
        if !exchanges.is_empty() && exchanges.iter().all(speaks_in_the_clear) {
            return Observed::Known(self.wire(TlsSupport::NotAvailable, &numbers));
        }
        let unadvertised = |exchange: &Exchange| matches!(exchange.end, End::NoStart(NoStart::NotAdvertised(_)));
        if !exchanges.is_empty() && exchanges.iter().all(unadvertised) {
            return Observed::Known(self.wire(TlsSupport::StartTlsNotAdvertised, &numbers));
        }
        let gap = self.survey.versions.states.iter().find_map(|(_, state)| match state {
            State::Unknown(gap) => Some(gap.clone()),
            _ => None,
        });
        Observed::NotObserved(gap.unwrap_or_else(|| Gap::new(GapReason::Failed, "no version was answered")))
    }

    fn completion(&self, tls: &Observed<TlsSupport>) -> Completion {
        let cut = self.survey.exchanges.iter().find_map(|exchange| match &exchange.end {
            End::NotTried(why) => Some(Gap::new(GapReason::Truncated, *why)),
            _ => None,
        });
        match (cut, tls) {
            (Some(gap), _) => Completion::Unfinished(gap),
            (None, Observed::NotObserved(gap)) => Completion::Unfinished(gap.clone()),
            (None, Observed::Known(fact)) => Completion::Finished(fact.words.clone()),
        }
    }

    fn versions(&self) -> Enumerated<intransit::iana::ProtocolVersion> {
        let mut list = Enumerated::unknown(GapReason::NotAttempted, "the probe offers SSL 2.0 to TLS 1.3");
        let mut gaps: Vec<Gap> = Vec::new();
        for (version, state) in &self.survey.versions.states {
            match state {
                State::Accepted(numbers) => list.accepted.push(self.wire(*version, numbers)),
                State::Refused(refused) => list.refused.push(Refusal {
                    offered: *version,
                    how: refused.how.clone(),
                    control: Observed::Known(self.wire(true, &refused.numbers)),
                    words: self.journal.places(&refused.numbers),
                }),
                State::Unknown(gap) => {
                    // One that stands for a version keeps the reason.
                    list.refused.push(Refusal {
                        offered: *version,
                        how: RefusalKind::ReportedAsNotOffered,
                        control: Observed::NotObserved(gap.clone()),
                        words: Vec::new(),
                    });
                    gaps.push(gap.clone());
                }
            }
        }
        if let Some(gap) = gaps.into_iter().next() {
            list.rest = Rest::Gap(gap);
        }
        list
    }

    fn list<T: Copy + PartialEq>(&self, found: &Found<T>, order: &[T]) -> Enumerated<T> {
        let mut accepted: Vec<Fact<T>> =
            found.accepted.iter().map(|(value, number)| self.wire(*value, &[*number])).collect();
        accepted.sort_by_key(|fact| order.iter().position(|value| *value == fact.value));
        let rest = match &found.rest {
            Ok(refused) => Rest::Complete(self.wire(true, &refused.numbers)),
            Err(gap) => Rest::Gap(gap.clone()),
        };
        Enumerated { accepted, refused: Vec::new(), rest }
    }

    fn suites(&self) -> Vec<SuiteList> {
        let list = |list: &super::survey::VersionSuites| SuiteList {
            version: Some(list.version),
            suites: self.list(&list.suites, &[]),
            preference: Observed::missing(GapReason::NotAttempted, "the probe does not test it"),
        };
        self.survey.suites.iter().map(list).collect()
    }

    fn groups(&self) -> Enumerated<intransit::iana::NamedGroup> {
        match &self.survey.groups_of_tls13 {
            Some(found) => self.list(found, &[]),
            None => Enumerated::unknown(GapReason::NotAttempted, "the probe does not test it"),
        }
    }

    fn chains(&self) -> Vec<Presented> {
        let mut chains: Vec<(&Vec<Vec<u8>>, Vec<usize>)> = Vec::new();
        for exchange in &self.survey.exchanges {
            let Some(sent) = exchange.answer.certificates.as_ref().filter(|sent| !sent.is_empty()) else { continue };
            match chains.iter_mut().find(|(known, _)| *known == sent) {
                Some((_, numbers)) => numbers.push(exchange.number),
                None => chains.push((sent, vec![exchange.number])),
            }
        }
        let presented = |(sent, numbers): (&Vec<Vec<u8>>, Vec<usize>)| Presented {
            certificates: sent
                .iter()
                .map(|bytes| Certificate::Der(self.wire(Der::new(bytes.clone()), &numbers)))
                .collect(),
            rest: Rest::Complete(self.wire(true, &numbers)),
            possession: Observed::missing(GapReason::ClientLimited, "the handshake was not completed"),
            tool_trust: Observed::missing(GapReason::NotAttempted, "the probe trusts nobody"),
        };
        chains.into_iter().map(presented).collect()
    }
}

/// Whether what came shows that the service talks, and not TLS.
fn speaks_in_the_clear(exchange: &Exchange) -> bool {
    let Some(super::codec::Problem::NotTls(bytes)) = &exchange.answer.problem else { return false };
    bytes.len() >= 4 && bytes.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace())
}
