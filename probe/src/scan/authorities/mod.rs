//! Whether the addresses inside of certificates answer: revocation lists, OCSP responders, issuers' certificates.
//!
//! Where a firewall keeps clients from them, mail flow can suffer, as [How Exchange Online uses TLS] says. The addresses
//! are the peer's choice: nothing is gone to that only this machine can reach, redirects included. Lists that are not long
//! become evidence; of the rest it is only counted what comes.
//!
//! [How Exchange Online uses TLS]: https://learn.microsoft.com/purview/exchange-online-uses-tls-to-secure-email-connections

mod fetch;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use intransit::Timestamp;
use intransit::evidence::{
    Basis, Certificate, Completion, Der, Evidence, Fact, Fetch, ReportedRevocation, Revocation, RevocationEvidence,
    Scan, Subject,
};
use intransit::pki::ParsedCertificate;
use tokio::sync::OnceCell;
use tokio::time::{Duration, Instant, timeout_at};

use super::journal::{Journal, Written};
use super::look;
use super::names::Names;
pub(crate) use fetch::Came;

/// What an address is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Purpose {
    /// A certificate revocation list.
    Crl,
    /// An OCSP responder.
    Ocsp,
    /// The issuer's certificate.
    Issuer,
}

/// Whether an address answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reached {
    /// It does, and with what.
    Yes(String),
    /// It does not, or not with what it is for, and how.
    No(String),
    /// It was not asked, and why.
    NotAsked(String),
}

/// One address, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Visit {
    pub(crate) url: String,
    pub(crate) purpose: Purpose,
    pub(crate) reached: Reached,
    /// The list itself, where one came.
    list: Option<Arc<[u8]>>,
    /// Its line in the journal.
    number: usize,
}

impl Reached {
    /// What came, or why nothing did.
    pub(crate) fn words(&self) -> &str {
        match self {
            Self::Yes(words) | Self::No(words) | Self::NotAsked(words) => words,
        }
    }
}

impl fmt::Display for Visit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let purpose = match self.purpose {
            Purpose::Crl => "CRL",
            Purpose::Ocsp => "OCSP",
            Purpose::Issuer => "issuer",
        };
        let word = match &self.reached {
            Reached::Yes(_) => "answers  ",
            Reached::No(_) => "fails    ",
            Reached::NotAsked(_) => "not asked",
        };
        write!(f, "{word} {purpose} {}: {}", self.url, self.reached.words())
    }
}

/// What came of one address, for everybody who asks.
type Answer = Arc<OnceCell<Result<Came, Reached>>>;

/// Asks each address once, however many certificates name it.
pub(crate) struct Authorities {
    deadline: Duration,
    allow_private: bool,
    known: Mutex<HashMap<String, Answer>>,
}

/// The most addresses of one target.
const MOST: usize = 32;
/// The most answers that are remembered: each may hold a list.
const REMEMBERED: usize = 128;
/// The most bytes of lists in one document.
const MOST_LIST_BYTES: usize = 6 * 1024 * 1024;

impl Authorities {
    /// Those of one target may take so long.
    pub(crate) fn new(deadline: Duration, allow_private: bool) -> Self {
        Self { deadline, allow_private, known: Mutex::default() }
    }

    /// Asks these addresses, each a line of the journal.
    pub(crate) async fn visit(&self, names: &Names, urls: Vec<(String, Purpose)>, journal: &Journal) -> Vec<Visit> {
        let mut visits = Vec::new();
        let until = Instant::now() + self.deadline;
        for (url, purpose) in urls.into_iter().take(MOST) {
            let offered = format!("address inside of a certificate: GET {url}");
            let number = journal.begin(&offered);
            let is_late = Instant::now() >= until;
            let came = match timeout_at(until, self.came(names, &url)).await {
                Ok(came) => came,
                Err(_) if is_late => Err(Reached::NotAsked("the time for this target was over".to_owned())),
                Err(_) => Err(Reached::No("no whole answer in time".to_owned())),
            };
            let list = came.as_ref().ok().filter(|came| purpose == Purpose::Crl && came.status == 200);
            let list = list.and_then(|came| came.body.clone());
            let reached = came.map_or_else(|reached| reached, |came| judged(purpose, &came));
            let visit = Visit { url, purpose, reached, list, number };
            journal.end(number, &offered, visit.reached.words());
            visits.push(visit);
        }
        visits
    }

    async fn came(&self, names: &Names, url: &str) -> Result<Came, Reached> {
        let cell = {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            if known.len() >= REMEMBERED {
                known.clear();
            }
            Arc::clone(known.entry(url.to_owned()).or_default())
        };
        cell.get_or_init(|| fetch::fetch(names, url, self.allow_private)).await.clone()
    }
}

/// What the addresses answered, as a scan of its own: what is signed proves by itself, the rest is our word.
pub(crate) fn scan(visits: &[Visit], journal: &Written, started: Timestamp) -> Option<Scan> {
    let all: Vec<usize> = visits.iter().map(|visit| visit.number).collect();
    all.first()?;
    let subject = |said| Subject::Revocation(Box::new(Revocation { endpoint: None, said }));
    let fetch = |visit: &Visit| Fetch {
        url: visit.url.clone(),
        outcome: Fact::new(visit.reached.words().to_owned(), Basis::ToolSays, journal.places(&[visit.number])),
        usable: match visit.reached {
            Reached::Yes(_) if visit.purpose == Purpose::Ocsp => None,
            Reached::Yes(_) => Some(true),
            Reached::No(_) => Some(false),
            Reached::NotAsked(_) => None,
        },
    };
    let reported = ReportedRevocation {
        fetches: visits.iter().map(fetch).collect(),
        words: journal.places(&all),
        ..ReportedRevocation::default()
    };
    let mut subjects = vec![subject(RevocationEvidence::Reported(Box::new(reported)))];
    let mut room = MOST_LIST_BYTES;
    for visit in visits {
        let Some(list) = &visit.list else { continue };
        let Some(left) = room.checked_sub(list.len()) else { continue };
        room = left;
        let fact = Fact::new(Der::new(list.to_vec()), Basis::Wire, journal.places(&[visit.number]));
        subjects.push(subject(RevocationEvidence::Crl(fact)));
    }
    Some(look::scan(journal, started, Completion::Finished(journal.places(&all)), subjects))
}

/// The addresses inside of the certificates, each once.
pub(crate) fn addresses(evidence: &Evidence) -> Vec<(String, Purpose)> {
    let mut found = Vec::new();
    let mut seen: Vec<&[u8]> = Vec::new();
    for subject in evidence.scans.iter().flat_map(|scan| &scan.subjects) {
        let Subject::Endpoint(endpoint) = subject else { continue };
        for certificate in endpoint.chains.iter().flat_map(|chain| &chain.certificates) {
            let Certificate::Der(fact) = certificate else { continue };
            let bytes = fact.value.bytes();
            if seen.contains(&bytes) {
                continue;
            }
            seen.push(bytes);
            let Ok(parsed) = ParsedCertificate::from_der(bytes) else { continue };
            let extensions = &parsed.extensions;
            let mut add = |urls: &[String], purpose| {
                found.extend(urls.iter().map(|url| (url.clone(), purpose)));
            };
            if let Some(urls) = extensions.crl_distribution_points.decoded() {
                add(urls, Purpose::Crl);
            }
            if let Some(access) = extensions.authority_information_access.decoded() {
                add(&access.ocsp, Purpose::Ocsp);
                add(&access.ca_issuers, Purpose::Issuer);
            }
        }
    }
    let mut unique: Vec<(String, Purpose)> = Vec::new();
    for one in found {
        if !unique.contains(&one) {
            unique.push(one);
        }
    }
    unique
}

/// What an answer means for what the address is for.
fn judged(purpose: Purpose, came: &Came) -> Reached {
    let words = format!("{} with {} bytes", came.status, came.bytes);
    match purpose {
        // A responder without a question may answer as it likes.
        Purpose::Ocsp => Reached::Yes(words),
        Purpose::Crl | Purpose::Issuer if came.status == 200 && came.is_encoded => Reached::Yes(words),
        Purpose::Crl | Purpose::Issuer => Reached::No(format!("{words}, which is not what it is for")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_to_be_what_the_address_is_for() {
        let came = |status, is_encoded| Came { status, bytes: 7, is_encoded, body: None };
        for (purpose, came, expected) in [
            (Purpose::Crl, came(200, true), true),
            (Purpose::Crl, came(404, true), false),
            (Purpose::Issuer, came(200, false), false),
            (Purpose::Ocsp, came(405, false), true),
        ] {
            assert_eq!(matches!(judged(purpose, &came), Reached::Yes(_)), expected, "{purpose:?} {came:?}");
        }
        let visit = Visit {
            url: "http://a.test/".to_owned(),
            purpose: Purpose::Crl,
            reached: judged(Purpose::Crl, &came(404, false)),
            list: None,
            number: 0,
        };
        assert_eq!(visit.to_string(), "fails     CRL http://a.test/: 404 with 7 bytes, which is not what it is for");
    }
}
