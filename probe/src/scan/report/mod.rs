//! From what was found out to evidence: every fact cites the connections that show it, every gap says why.

mod chains;
mod features;
mod unseen;

use std::net::SocketAddr;

use intransit::evidence::{
    Basis, ClassOffer, Completion, DhParameters, Endpoint, EndpointKey, Enumerated, Fact, Gap, GapReason, Observed,
    Refusal, RefusalKind, Rest, Role, ServerName, Subject, SuiteClass, SuiteList, TlsSupport, Transport,
};
use intransit::iana::{CipherSuite, KeyExchange, NamedGroup, ProtocolVersion, SignatureScheme};

use crate::scan::codec::key_exchange::bits;
use crate::scan::codec::{Problem, hello, primes, ssl2};
use crate::scan::connect::{End, Exchange};
use crate::scan::enumerate::Found;
use crate::scan::enumerate::versions::State;
use crate::scan::journal::Written;
use crate::scan::starttls::NoStart;
use crate::scan::survey::{Survey, VersionSuites};

pub(crate) use unseen::unseen;

/// The endpoint with what was said of the revocation of its certificates, and whether the scan came to its end.
pub(crate) fn subjects(key: EndpointKey, survey: &Survey, journal: &Written) -> (Vec<Subject>, Completion) {
    let maker = Maker { survey, journal };
    let revocations = maker.revocations(&key);
    let tls = maker.tls();
    let completion = maker.completion(&tls);
    let endpoint = Endpoint {
        flow: key.flow(),
        key,
        tls,
        versions: maker.versions(),
        suites: maker.survey.suites.iter().map(|list| maker.suites(list)).collect(),
        suite_classes: maker.ssl2_classes(),
        groups: maker.groups(),
        signature_schemes: maker.schemes(),
        chains: maker.chains(),
        chains_rest: maker.chains_rest(),
        client_certificate: maker.client_certificate(),
        dh_parameters: maker.dh_parameters(),
        secure_renegotiation: maker.secure_renegotiation(),
        compression: maker.compression(),
        attacks: Vec::new(),
        features: maker.features(),
        application_protocols: maker.application_protocols(),
    };
    let endpoint = Subject::Endpoint(Box::new(endpoint));
    ([endpoint].into_iter().chain(revocations).collect(), completion)
}

/// What tells the endpoint from others.
pub(crate) fn key(host: &str, address: SocketAddr, transport: Transport, name: Option<&str>) -> EndpointKey {
    EndpointKey {
        host: Some(host.to_owned()),
        address: Some(address.ip().to_string()),
        port: address.port(),
        transport,
        server_name: name.map_or(ServerName::Omitted, |name| ServerName::Sent(name.to_owned())),
        role: Role::Server,
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
        let answered = |exchange: &&Exchange| exchange.accepted().is_some() || exchange.answer.ssl2.is_some();
        if let Some(answered) = exchanges.iter().find(answered) {
            return Observed::Known(self.wire(TlsSupport::Available, &[answered.number]));
        }
        if let Some(shaken) = self.shaken().find(|shaken| !shaken.certificates.is_empty()) {
            return Observed::Known(self.wire(TlsSupport::Available, &[shaken.number]));
        }
        let numbers: Vec<usize> = exchanges.iter().map(|exchange| exchange.number).collect();
        if exchanges.iter().any(greets) {
            let detail =
                "the service talks first, as one does where TLS starts by a command: name its protocol in --starttls";
            return Observed::NotObserved(Gap::new(GapReason::Failed, detail).at(self.journal.places(&numbers)));
        }
        if !exchanges.is_empty() && exchanges.iter().all(speaks_in_the_clear) {
            return Observed::Known(self.wire(TlsSupport::NotAvailable, &numbers));
        }
        let unadvertised = |exchange: &Exchange| matches!(exchange.end, End::NoStart(NoStart::NotAdvertised(_)));
        if !exchanges.is_empty() && exchanges.iter().all(unadvertised) {
            return Observed::Known(self.wire(TlsSupport::StartTlsNotAdvertised, &numbers));
        }
        let gap = self.survey.versions.first_unknown();
        Observed::NotObserved(gap.unwrap_or_else(|| Gap::new(GapReason::Failed, "no version was answered")))
    }

    fn completion(&self, tls: &Observed<TlsSupport>) -> Completion {
        let cut = self.survey.cut.map(|why| Gap::new(GapReason::Truncated, why));
        match (cut, tls) {
            (Some(gap), _) => Completion::Unfinished(gap),
            (None, Observed::NotObserved(gap)) => Completion::Unfinished(gap.clone()),
            (None, Observed::Known(fact)) => Completion::Finished(fact.words.clone()),
        }
    }

    fn versions(&self) -> Enumerated<ProtocolVersion> {
        let mut list = Enumerated::unknown(GapReason::NotAttempted, "the probe offers SSL 2.0 to TLS 1.3");
        for (version, state) in &self.survey.versions.states {
            match state {
                State::Accepted(numbers) => list.accepted.push(self.wire(*version, numbers)),
                State::Refused(refused) => list.refused.push(Refusal {
                    offered: *version,
                    how: refused.how.clone(),
                    control: Observed::Known(self.wire(true, &refused.numbers)),
                    words: self.journal.places(&refused.numbers),
                }),
                // A refusal without its control keeps the reason beside the version.
                State::Unknown(gap) => list.refused.push(Refusal {
                    offered: *version,
                    how: RefusalKind::ReportedAsNotOffered,
                    control: Observed::NotObserved(gap.clone()),
                    words: Vec::new(),
                }),
            }
        }
        list
    }

    fn list<T: Copy>(&self, found: &Found<T>) -> Enumerated<T> {
        let accepted = found.accepted.iter().map(|(value, number)| self.wire(*value, &[*number])).collect();
        let rest = match &found.rest {
            Ok(refused) => Rest::Complete(self.wire(true, &refused.numbers)),
            Err(gap) => Rest::Gap(gap.clone()),
        };
        Enumerated { accepted, refused: Vec::new(), unasked: found.unasked.clone(), rest }
    }

    fn suites(&self, list: &VersionSuites) -> SuiteList {
        let mut suites = self.list(&list.suites);
        let order = &list.preferred.order;
        suites.accepted.sort_by_key(|fact| (order.iter().position(|suite| *suite == fact.value), fact.value));
        let preference = match &list.preferred.preference {
            Ok((preference, numbers)) => Observed::Known(self.wire(*preference, numbers)),
            Err(gap) => Observed::NotObserved(gap.clone()),
        };
        SuiteList { version: Some(list.version), suites, preference }
    }

    /// The suites of SSL 2.0 are of another kind; what they are too weak in can be said.
    fn ssl2_classes(&self) -> Vec<ClassOffer> {
        let mut offers: Vec<ClassOffer> = Vec::new();
        for exchange in &self.survey.exchanges {
            for kind in exchange.answer.ssl2.iter().flat_map(|hello| &hello.kinds) {
                let name = ssl2::KINDS.iter().find(|(known, _)| known == kind).map_or("", |(_, name)| *name);
                for class in SuiteClass::of_ssl2(name) {
                    if !offers.iter().any(|offer| offer.class == class) {
                        let offered = self.wire(true, &[exchange.number]);
                        offers.push(ClassOffer { class, offered });
                    }
                }
            }
        }
        offers
    }

    /// The groups of all versions; to the end only where those of TLS 1.3 and of its elders are.
    fn groups(&self) -> Enumerated<NamedGroup> {
        let survey = self.survey;
        let mut list =
            Enumerated::unknown(GapReason::NotAttempted, "no version was found whose groups can be asked for");
        let mut numbers = Vec::new();
        let mut gap = None;
        for found in [&survey.groups_of_tls13, &survey.groups_of_older, &survey.groups_of_primes].into_iter().flatten()
        {
            for (group, number) in &found.accepted {
                if !list.accepted.iter().any(|fact| fact.value == *group) {
                    list.accepted.push(self.wire(*group, &[*number]));
                }
            }
            match &found.rest {
                Ok(refused) => numbers.extend(&refused.numbers),
                Err(reason) => gap = gap.or(Some(reason.clone())),
            }
            list.unasked.extend(&found.unasked);
        }
        // Left out with one version, a group may have been asked for with another: of that one alone it is known.
        list.unasked.sort_unstable();
        list.unasked.dedup();
        list.unasked.retain(|group| !list.accepted.iter().any(|fact| fact.value == *group));
        // Suites that nobody listed may have groups of their own.
        gap = gap.or_else(|| survey.suites.iter().find_map(|suites| suites.suites.rest.clone().err()));
        gap = gap.or_else(|| survey.versions.first_unknown()).or_else(|| self.unasked_groups());
        list.rest = match gap {
            Some(gap) => Rest::Gap(gap),
            None => Rest::Complete(self.wire(true, &numbers)),
        };
        list
    }

    /// Where an older version has suites over groups that the newest, which was asked, has not.
    fn unasked_groups(&self) -> Option<Gap> {
        let uses = |kinds: &[KeyExchange]| {
            let older = self.survey.suites.iter().filter(|list| list.version != ProtocolVersion::TLS1_3);
            // A suite that was not asked for may be taken, and over any group.
            let is_of = |suite: &CipherSuite| suite.info().is_some_and(|info| kinds.contains(&info.key_exchange));
            let mut lists = older.map(|list| &list.suites);
            lists.any(|list| list.accepted.iter().any(|(suite, _)| is_of(suite)) || list.unasked.iter().any(is_of))
        };
        let curves = uses(&[KeyExchange::Ecdhe, KeyExchange::EcdhePsk]) && self.survey.groups_of_older.is_none();
        let primes = uses(&[KeyExchange::Dhe, KeyExchange::DhePsk]) && self.survey.groups_of_primes.is_none();
        let detail =
            "the newest version before TLS 1.3 has no suite whose groups could be asked for, and an older one has";
        (curves || primes).then(|| Gap::new(GapReason::NotAttempted, detail))
    }

    fn schemes(&self) -> Enumerated<SignatureScheme> {
        let mut list = match &self.survey.schemes {
            Some(found) => self.list(found),
            None => Enumerated::unknown(GapReason::NotAttempted, "no suite of TLS 1.2 shows a signature scheme"),
        };
        let is_on = |(version, state): &(ProtocolVersion, State)| {
            *version == ProtocolVersion::TLS1_3 && !matches!(state, State::Refused(_))
        };
        if self.survey.versions.states.iter().any(is_on) {
            let detail = "the schemes of TLS 1.3 are encrypted, and not enumerated by the probe";
            list.rest = Rest::Gap(Gap::new(GapReason::ClientLimited, detail));
        }
        list
    }

    fn dh_parameters(&self) -> Vec<Fact<DhParameters>> {
        let mut found: Vec<(DhParameters, Vec<usize>)> = Vec::new();
        for exchange in &self.survey.exchanges {
            let exchanged = exchange.accepted().and(exchange.answer.exchanged.as_ref());
            let Some(prime) = exchanged.and_then(|exchanged| exchanged.prime.as_ref()) else { continue };
            let parameters = DhParameters { bits: bits(prime), name: primes::name(prime).map(str::to_owned) };
            match found.iter_mut().find(|(known, _)| *known == parameters) {
                Some((_, numbers)) => numbers.push(exchange.number),
                None => found.push((parameters, vec![exchange.number])),
            }
        }
        found.into_iter().map(|(parameters, numbers)| self.wire(parameters, &numbers)).collect()
    }

    /// One answer without the extension is enough to know that it is not signalled everywhere.
    fn secure_renegotiation(&self) -> Observed<bool> {
        let mut signalled = Vec::new();
        for exchange in &self.survey.exchanges {
            let answered = exchange.accepted().filter(|hello| hello.version < ProtocolVersion::TLS1_3);
            match answered.map(|answered| answered.has(hello::RENEGOTIATION_INFO)) {
                Some(true) => signalled.push(exchange.number),
                Some(false) => return Observed::Known(self.wire(false, &[exchange.number])),
                None => {}
            }
        }
        if signalled.is_empty() {
            return Observed::missing(GapReason::NotAttempted, "no version before TLS 1.3 was answered");
        }
        Observed::Known(self.wire(true, &signalled))
    }

    fn compression(&self) -> Observed<bool> {
        let mut numbers = Vec::new();
        let mut gap = None;
        for asked in &self.survey.compression {
            match asked {
                Ok((true, number)) => return Observed::Known(self.wire(true, &[*number])),
                Ok((false, number)) => numbers.push(*number),
                Err(reason) => gap = gap.or(Some(reason.clone())),
            }
        }
        let none = || Gap::new(GapReason::NotAttempted, "no version before TLS 1.3 was answered");
        match gap.or_else(|| numbers.is_empty().then(none)) {
            Some(gap) => Observed::NotObserved(gap),
            None => Observed::Known(self.wire(false, &numbers)),
        }
    }
}

/// Whether what came begins as SMTP, FTP, NNTP, IMAP, ManageSieve or POP3 begin.
fn greets(exchange: &Exchange) -> bool {
    const GREETINGS: [&[u8]; 7] = [b"220 ", b"220-", b"200 ", b"201 ", b"* OK", b"+OK", b"\"IMPLEMENTATION\""];
    let Some(Problem::NotTls(bytes)) = &exchange.answer.problem else { return false };
    GREETINGS.iter().any(|greeting| bytes.starts_with(greeting))
}

/// Whether what came shows that the service talks, and not TLS.
fn speaks_in_the_clear(exchange: &Exchange) -> bool {
    let Some(Problem::NotTls(bytes)) = &exchange.answer.problem else { return false };
    bytes.len() >= 4 && bytes.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace())
}
