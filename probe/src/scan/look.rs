//! One target: where it is, what every address of it answers, and all of that as evidence.
//!
//! Whatever happens there is a document: what could not be found or reached stands in it as not known.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use intransit::Timestamp;
use intransit::evidence::{
    Basis, Completion, Evidence, Fact, Gap, GapReason, Observed, Scan, StartTls, Subject, TlsSupport, Transport,
};
use intransit::pki::path::TrustStore;
use intransit::source::{Source, sha256_hex};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::authorities::{self, Authorities, Visit};
use super::connect::{Limits, Prober};
use super::directed::{self, Directing};
use super::journal::{Journal, Written};
use super::many::Class;
use super::many::pace::Pace;
use super::names::{Names, reach};
use super::published::{self, Published};
use super::report;
use super::survey::{self, Survey};
use super::targets::Service;

/// How targets are looked at.
pub(crate) struct Manner {
    /// What is sent as server_name in the place of the host; empty for none.
    pub(crate) server_name: Option<String>,
    /// How long each address may take; otherwise as long as is usual.
    pub(crate) deadline: Option<Duration>,
    /// Connections at a time to one address; otherwise as many as are usual.
    pub(crate) lanes: Option<usize>,
    /// Connections in all to one address.
    pub(crate) connections: usize,
    /// Whether only IPv4, or only IPv6, is asked for.
    pub(crate) is_ipv4: Option<bool>,
    /// Whether exchangers at private addresses are gone to.
    pub(crate) allow_private: bool,
    /// Who asks the addresses inside of certificates, if anybody does.
    pub(crate) authorities: Option<Authorities>,
    /// Whether it is asked what is published about the hosts.
    pub(crate) dns: bool,
    /// The roots below which hosts of policies have their certificates.
    pub(crate) policy_roots: TrustStore,
    /// Whether servers of SMTP are asked to take a message before TLS.
    pub(crate) enforced: bool,
    /// The policy that says what is asked, if one does.
    pub(crate) directing: Option<Directing>,
    pub(crate) names: Names,
    pub(crate) pace: Pace,
}

/// How long one address may take.
pub(crate) const DEADLINE: Duration = Duration::from_secs(10);
const MAIL_DEADLINE: Duration = Duration::from_secs(30);

/// Connections at a time to one address: more of them hardly make a scan shorter, and some mail servers take more than
/// two for an attack.
const LANES: usize = 8;
const MAIL_LANES: usize = 2;

/// Connections beside them that are opened ahead to a distant server, unless somebody said how many it may be.
const AHEAD: usize = 8;

/// One target, as it was seen.
pub(crate) struct Seen {
    /// What the journal is called.
    pub(crate) name: String,
    pub(crate) evidence: Evidence,
    pub(crate) journal: Written,
    pub(crate) class: Class,
    /// What else there is to say of each scan of the evidence, one line each.
    pub(crate) remarks: Vec<Vec<String>>,
    /// What came of the addresses inside of its certificates.
    pub(crate) visits: Vec<Visit>,
    /// What is published about its hosts.
    pub(crate) published: Vec<Published>,
    /// Why nothing of it was reached, or not all.
    pub(crate) problems: Vec<String>,
}

/// A host of the target, and what keeps it from being seen whole.
#[derive(Debug, Default)]
struct Place {
    addresses: Vec<IpAddr>,
    missing: Vec<String>,
    /// Addresses that are not gone to, and why.
    refused: Vec<(IpAddr, String)>,
}

/// What one address answered, with and without the server name.
struct Answered {
    host: String,
    address: SocketAddr,
    surveys: Vec<(Option<String>, Survey)>,
}

impl Manner {
    /// Looks at every address of one target, all of them at a time, each within its limits.
    pub(crate) async fn look(self: Arc<Self>, service: Service, started: Timestamp) -> Seen {
        let journal = Arc::new(Journal::default());
        let resolved = timeout(self.limits(&service).deadline, self.places(&service)).await;
        let (places, mut missing) = resolved
            .unwrap_or_else(|_| (BTreeMap::new(), vec![format!("`{}` was not resolved in time", service.host)]));
        let mut running = JoinSet::new();
        for (host, place) in &places {
            for address in &place.addresses {
                let address = SocketAddr::new(*address, service.port);
                let (manner, host, journal) = (Arc::clone(&self), host.clone(), Arc::clone(&journal));
                running.spawn_local(manner.ask(host, address, service.clone(), journal));
            }
        }
        let mut answered = Vec::new();
        while let Some(ended) = running.join_next().await {
            match ended {
                Ok(one) => answered.push(one),
                // The document says that something is missing, whatever it was.
                Err(_) => missing.push("intransit failed on an address, which is a fault of its own".to_owned()),
            }
        }
        answered.sort_by(|one, other| (&one.host, one.address).cmp(&(&other.host, other.address)));
        let mut found = Found { service: &service, started, places, missing, answered };
        let visits = match &self.authorities {
            Some(authorities) => {
                let addresses = authorities::addresses(&found.evidence(&journal.written()));
                authorities.visit(&self.names, addresses, &journal).await
            }
            None => Vec::new(),
        };
        let published = match self.dns {
            true => {
                let (names, deadline) = (&self.names, self.limits(&service).deadline);
                let (allow_private, roots) = (self.allow_private, &self.policy_roots);
                let asker = published::Asker { names, journal: &journal, allow_private, deadline, roots };
                let domain = service.by_exchangers.then_some(service.host.as_str());
                let hosts: Vec<String> = found.places.keys().cloned().collect();
                published::ask(asker, domain, &hosts, service.port).await
            }
            false => Vec::new(),
        };
        let journal = journal.written();
        let mut evidence = found.evidence(&journal);
        evidence.scans.extend(published::scans(&published, &journal, started));
        if let Some(scan) = authorities::scan(&visits, &journal, started) {
            evidence.scans.push(scan);
        }
        let surveys = found.answered.iter_mut().flat_map(|one| &mut one.surveys);
        let remarks = surveys.map(|(_, survey)| std::mem::take(&mut survey.remarks)).collect();
        let class = if found.answered.is_empty() { Class::Nowhere } else { class(&evidence) };
        let problems = found.problems();
        Seen { name: found.name(), evidence, journal, class, remarks, visits, published, problems }
    }

    /// Mail servers take few connections at a time, and each takes longer.
    fn limits(&self, service: &Service) -> Limits {
        let is_mail = service.starttls.is_some_and(StartTls::is_mail);
        let (usual, lanes) = if is_mail { (MAIL_DEADLINE, MAIL_LANES) } else { (DEADLINE, LANES) };
        let deadline = self.deadline.unwrap_or(usual);
        let ahead = if is_mail || self.lanes.is_some() { 0 } else { AHEAD };
        let lanes = self.lanes.unwrap_or(lanes);
        // One connection that hangs leaves time for others.
        Limits { deadline, connection: deadline / 2, lanes, ahead, connections: self.connections }
    }

    /// The hosts of the target and where they are; what is missing of the hosts.
    async fn places(&self, service: &Service) -> (BTreeMap<String, Place>, Vec<String>) {
        let mut places = BTreeMap::new();
        if !service.by_exchangers {
            places.insert(service.host.clone(), self.place(&service.host, false).await);
            return (places, Vec::new());
        }
        let found = match self.names.exchangers(&service.host).await {
            Ok(found) => found,
            Err(why) => return (places, vec![why]),
        };
        for one in found.exchangers {
            let place = self.place(&one.host, true).await;
            places.insert(one.host, place);
        }
        (places, found.missing.into_iter().collect())
    }

    /// Where a host is; a host that a peer chose may not be everywhere.
    async fn place(&self, host: &str, is_chosen_by_peer: bool) -> Place {
        let found = match self.names.addresses(host).await {
            Ok(found) => found,
            Err(why) => return Place { missing: vec![why], ..Place::default() },
        };
        let mut place = Place { missing: found.missing.into_iter().collect(), ..Place::default() };
        for address in found.addresses {
            let is_left_out = self.is_ipv4.is_some_and(|is_ipv4| address.is_ipv4() != is_ipv4);
            match reach::refused(address, self.allow_private).filter(|_| is_chosen_by_peer) {
                // It is an address of the host all the same, which was not seen.
                _ if is_left_out => place.refused.push((address, format!("{address} was left out, as asked"))),
                Some(why) => place.refused.push((address, why)),
                None => place.addresses.push(address),
            }
        }
        place
    }

    /// Asks one address.
    async fn ask(
        self: Arc<Self>,
        host: String,
        address: SocketAddr,
        service: Service,
        journal: Arc<Journal>,
    ) -> Answered {
        let gate = self.pace.gate(address.ip());
        let _turn = gate.turn().await;
        let own = (host.parse::<IpAddr>().is_err()).then(|| host.clone());
        let server_name = match &self.server_name {
            Some(name) => Some(name.clone()).filter(|name| !name.is_empty()),
            None => own,
        };
        // Before the time of the target runs.
        let transport = service.starttls.map_or(Transport::Direct, Transport::StartTls);
        let directing = self.directing.as_ref().map(|directing| {
            let key = report::key(&host, address, transport, server_name.as_deref());
            (directing, directing.needs(&key))
        });
        let prober = Prober::new(&host, address, service.starttls, gate, self.limits(&service), journal);
        let (mut named, unnamed) = match directing {
            None => Box::pin(survey::surveys(&prober, server_name.as_deref())).await,
            Some((directing, needs)) => {
                let (mut named, unnamed) = Box::pin(directed::surveys(&prober, server_name.as_deref(), &needs)).await;
                named.remarks.push(directing.remark());
                (named, unnamed)
            }
        };
        if self.enforced && service.starttls == Some(StartTls::Smtp) {
            named.clear_mail = Some(prober.mail_in_clear().await);
        }
        prober.close();
        let unnamed = unnamed.map(|survey| (None, survey));
        let surveys = [(server_name, named)].into_iter().chain(unnamed).collect();
        Answered { host, address, surveys }
    }
}

/// Everything that was found out about a target.
struct Found<'a> {
    service: &'a Service,
    started: Timestamp,
    places: BTreeMap<String, Place>,
    missing: Vec<String>,
    answered: Vec<Answered>,
}

impl Found<'_> {
    fn name(&self) -> String {
        format!("scan of {}", self.service.name())
    }

    /// What is missing and what was left out, in words.
    fn problems(&self) -> Vec<String> {
        let mut problems = self.missing.clone();
        for (host, place) in &self.places {
            problems.extend(place.missing.iter().cloned());
            problems.extend(place.refused.iter().map(|(_, why)| format!("`{host}`: {why}")));
        }
        problems
    }

    fn evidence(&self, journal: &Written) -> Evidence {
        let text = journal.text();
        let mut evidence = Evidence::new(vec![Source {
            id: 0,
            name: self.name(),
            sha256: sha256_hex(text.as_bytes()),
            bytes: u32::try_from(text.len()).unwrap_or(u32::MAX),
            unpacked_from: None,
        }]);
        for one in &self.answered {
            for (server_name, survey) in &one.surveys {
                let key = report::key(&one.host, one.address, self.transport(), server_name.as_deref());
                let (subjects, completion) = report::subjects(key, survey, journal);
                // Who has not seen the whole host has not finished.
                let missing = self.places.get(&one.host).and_then(|place| place.missing.first());
                let completion = match (completion, missing.or(self.missing.first())) {
                    (Completion::Finished(_), Some(why)) => Completion::Unfinished(not_reached(why)),
                    (completion, _) => completion,
                };
                evidence.scans.push(scan(journal, self.started, completion, subjects));
            }
        }
        for (host, place) in &self.places {
            for (address, why) in &place.refused {
                let gap = Gap::new(GapReason::NotAttempted, why.clone());
                evidence.scans.push(self.unseen(journal, host, Some(*address), gap));
            }
            let is_nowhere = place.addresses.is_empty() && place.refused.is_empty();
            if let Some(why) = place.missing.first().filter(|_| is_nowhere) {
                evidence.scans.push(self.unseen(journal, host, None, not_reached(why)));
            }
        }
        if let Some(why) = self.missing.first().filter(|_| evidence.scans.is_empty()) {
            evidence.scans.push(self.unseen(journal, &self.service.host, None, not_reached(why)));
        }
        evidence
    }

    fn transport(&self) -> Transport {
        self.service.starttls.map_or(Transport::Direct, Transport::StartTls)
    }

    fn unseen(&self, journal: &Written, host: &str, address: Option<IpAddr>, gap: Gap) -> Scan {
        let endpoint = report::unseen(host, address, self.service.port, self.transport(), &gap);
        let subjects = vec![Subject::Endpoint(Box::new(endpoint))];
        scan(journal, self.started, Completion::Unfinished(gap), subjects)
    }
}

/// A scan of our own that began at this time.
pub(crate) fn scan(journal: &Written, started: Timestamp, completion: Completion, subjects: Vec<Subject>) -> Scan {
    Scan {
        source: 0,
        format: "intransit-evidence".to_owned(),
        tool: Some("intransit-probe".to_owned()),
        tool_version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        command: None,
        started: Observed::Known(Fact::new(started, Basis::Computed, journal.places(&[0]))),
        vantage: None,
        completion,
        subjects,
    }
}

fn not_reached(why: &str) -> Gap {
    Gap::new(GapReason::Failed, why)
}

/// The worst of all addresses.
fn class(evidence: &Evidence) -> Class {
    let mut class = Class::Encrypted;
    for subject in evidence.scans.iter().flat_map(|scan| &scan.subjects) {
        let Subject::Endpoint(endpoint) = subject else { continue };
        match &endpoint.tls {
            Observed::Known(fact) if fact.value == TlsSupport::Available => {}
            Observed::Known(_) => return Class::Plain,
            Observed::NotObserved(_) => class = Class::Unknown,
        }
    }
    class
}
