//! Whether the addresses inside of certificates answer: revocation lists, OCSP responders, issuers' certificates.
//!
//! Where a firewall keeps clients from them, mail flow can suffer, as [How Exchange Online uses TLS] says. The addresses
//! are the peer's choice: nothing is gone to that only this machine can reach, redirects included, and what comes is
//! counted, not kept.
//!
//! [How Exchange Online uses TLS]: https://learn.microsoft.com/purview/exchange-online-uses-tls-to-secure-email-connections

mod fetch;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use intransit::evidence::{Certificate, Evidence, Subject};
use intransit::pki::ParsedCertificate;
use tokio::sync::OnceCell;
use tokio::time::{Duration, Instant, timeout_at};

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
}

impl fmt::Display for Visit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let purpose = match self.purpose {
            Purpose::Crl => "CRL",
            Purpose::Ocsp => "OCSP",
            Purpose::Issuer => "issuer",
        };
        let (word, why) = match &self.reached {
            Reached::Yes(why) => ("answers  ", why),
            Reached::No(why) => ("fails    ", why),
            Reached::NotAsked(why) => ("not asked", why),
        };
        write!(f, "{word} {purpose} {}: {why}", self.url)
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

/// The most addresses of one target, and the most answers that are remembered.
const MOST: usize = 32;
const REMEMBERED: usize = 4096;

impl Authorities {
    /// Those of one target may take so long.
    pub(crate) fn new(deadline: Duration, allow_private: bool) -> Self {
        Self { deadline, allow_private, known: Mutex::default() }
    }

    /// Asks the addresses inside of all certificates of the evidence.
    pub(crate) async fn visit(&self, names: &Names, evidence: &Evidence) -> Vec<Visit> {
        let mut visits = Vec::new();
        let until = Instant::now() + self.deadline;
        for (url, purpose) in addresses(evidence).into_iter().take(MOST) {
            let is_late = Instant::now() >= until;
            let reached = match timeout_at(until, self.came(names, &url)).await {
                Ok(Ok(came)) => judged(purpose, &came),
                Ok(Err(reached)) => reached,
                Err(_) if is_late => Reached::NotAsked("the time for this target was over".to_owned()),
                Err(_) => Reached::No("no whole answer in time".to_owned()),
            };
            visits.push(Visit { url, purpose, reached });
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

/// The addresses inside of the certificates, each once.
fn addresses(evidence: &Evidence) -> Vec<(String, Purpose)> {
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
        let came = |status, is_encoded| Came { status, bytes: 7, is_encoded };
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
        };
        assert_eq!(visit.to_string(), "fails     CRL http://a.test/: 404 with 7 bytes, which is not what it is for");
    }
}
