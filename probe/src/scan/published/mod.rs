//! What a domain publishes about its encryption: TLSA records of its mail servers ([RFC 7672]), MTA-STS ([RFC 8461]),
//! where reports go ([RFC 8460]), who may issue certificates ([RFC 8659]). The records stand in the evidence as those that
//! `dig` prints, each with what [`super::names::dnssec`] says of it; so do the addresses of the hosts and every alias, on
//! which TLSA records rest ([RFC 7672] section 2.2.2).
//!
//! [RFC 7672]: https://www.rfc-editor.org/rfc/rfc7672
//! [RFC 8461]: https://www.rfc-editor.org/rfc/rfc8461
//! [RFC 8460]: https://www.rfc-editor.org/rfc/rfc8460
//! [RFC 8659]: https://www.rfc-editor.org/rfc/rfc8659

#[cfg(test)]
mod https;
mod policy;

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use hickory_resolver::proto::rr::RecordType;
use intransit::Timestamp;
use intransit::evidence::{
    Attribute, Basis, Completion, Exhibit, Fact, Gap, GapReason, Observed, Particular, Scan, Subject, SubjectKind,
};
use intransit::pki::path::TrustStore;
use intransit::source::Span;
use tokio::time::{Instant, timeout_at};

use super::journal::{Journal, Written};
use super::look;
use super::names::Names;
use super::names::dnssec::{Alias, Validation};
use super::names::records::Answered;

/// One thing that was asked for.
#[derive(Debug)]
pub(crate) struct Published {
    what: What,
    /// Its line in the journal.
    number: usize,
}

#[derive(Debug)]
enum What {
    Records {
        owner: String,
        kind: RecordType,
        answer: Result<Answered, String>,
    },
    /// An alias that was followed, with its target.
    Alias {
        owner: String,
        target: String,
        validation: Validation,
    },
    /// The text of the policy that a domain serves.
    Policy {
        domain: String,
        text: Result<String, String>,
    },
}

/// Who asks.
pub(crate) struct Asker<'a> {
    pub(crate) names: &'a Names,
    pub(crate) journal: &'a Journal,
    pub(crate) allow_private: bool,
    pub(crate) deadline: Duration,
    /// Below whose roots a policy is fetched.
    pub(crate) roots: &'a TrustStore,
}

/// Questions that are under way at a time.
const AT_A_TIME: usize = 8;

/// What a domain of mail publishes, where it is one, and these hosts at this port.
pub(crate) async fn ask(asker: Asker<'_>, domain: Option<&str>, hosts: &[String], port: u16) -> Vec<Published> {
    let until = Instant::now() + asker.deadline;
    let mut questions = Vec::new();
    if let Some(domain) = domain {
        questions.push((domain.to_owned(), RecordType::MX));
        questions.push((format!("_mta-sts.{domain}"), RecordType::TXT));
        questions.push((format!("_smtp._tls.{domain}"), RecordType::TXT));
        questions.push((domain.to_owned(), RecordType::CAA));
    }
    for host in hosts.iter().filter(|host| host.parse::<std::net::IpAddr>().is_err()) {
        questions.push((format!("_{port}._tcp.{host}"), RecordType::TLSA));
        questions.push((host.clone(), RecordType::A));
        questions.push((host.clone(), RecordType::AAAA));
        questions.push((host.clone(), RecordType::CAA));
    }
    let mut asked = BTreeSet::new();
    questions.retain(|(owner, kind)| asked.insert((owner.clone(), u16::from(*kind))));
    let asker = &asker;
    let answers = stream::iter(questions).map(async |(owner, kind)| {
        let offered = format!("DNS: {kind} of {owner}");
        let number = asker.journal.begin(&offered);
        let answer = timeout_at(until, asker.names.records(&owner, kind)).await;
        let answer = answer.unwrap_or_else(|_| Err("the time for it was over".to_owned()));
        let words = match &answer {
            Ok(answered) => words(answered),
            Err(why) => why.clone(),
        };
        asker.journal.end(number, &offered, &words);
        (What::Records { owner, kind, answer }, number)
    });
    let mut found = Vec::new();
    let mut aliases = BTreeSet::new();
    for (what, number) in answers.buffered(AT_A_TIME).collect::<Vec<_>>().await {
        if let What::Records { answer: Ok(answer), .. } = &what {
            for alias in answer.aliases.iter().filter(|alias| aliases.insert(alias.owner.clone())) {
                let (owner, target) = (alias.owner.clone(), alias.target.clone());
                found.push(Published {
                    what: What::Alias { owner, target, validation: alias.validation.clone() },
                    number,
                });
            }
        }
        found.push(Published { what, number });
    }
    if let Some(domain) = domain.filter(|_| found.iter().any(Published::is_mta_sts)) {
        let offered = format!("GET {}", policy::address(domain));
        let number = asker.journal.begin(&offered);
        let fetched = policy::fetch(asker.names, domain, asker.roots, asker.allow_private);
        let text = timeout_at(until, fetched).await.unwrap_or_else(|_| Err("no whole answer in time".to_owned()));
        let words = text.as_ref().map_or_else(Clone::clone, |text| text.lines().collect::<Vec<_>>().join("; "));
        asker.journal.end(number, &offered, &words);
        found.push(Published { what: What::Policy { domain: domain.to_owned(), text }, number });
    }
    found
}

/// What was answered, in one line.
fn words(answered: &Answered) -> String {
    let alias = |alias: &Alias| format!("{} is an alias of {} ({})", alias.owner, alias.target, alias.validation);
    let mut words: Vec<String> = answered.aliases.iter().map(alias).collect();
    words.push(answered.status.to_owned());
    words.extend(answered.data.iter().cloned());
    words.push(format!("DNSSEC: {}", answered.validation));
    words.join("; ")
}

impl Published {
    /// Whether it says that there is a policy to fetch.
    fn is_mta_sts(&self) -> bool {
        match &self.what {
            What::Records { owner, kind: RecordType::TXT, answer: Ok(answer) } => {
                owner.starts_with("_mta-sts.") && answer.data.iter().any(|text| text.starts_with("v=STSv1"))
            }
            _ => false,
        }
    }

    /// What came of it, in one line.
    pub(crate) fn line(&self) -> String {
        let (what, came) = match &self.what {
            What::Records { owner, kind, answer: Ok(answer) } => {
                let data = if answer.data.is_empty() { "none".to_owned() } else { answer.data.join("; ") };
                (format!("{kind} of {owner}"), format!("{data} ({})", answer.validation))
            }
            What::Records { owner, kind, answer: Err(why) } => {
                (format!("{kind} of {owner}"), format!("not known: {why}"))
            }
            What::Alias { owner, target, validation } => {
                (format!("{} of {owner}", RecordType::CNAME), format!("{target} ({validation})"))
            }
            What::Policy { domain, text: Ok(text) } => {
                (format!("MTA-STS policy of {domain}"), text.lines().collect::<Vec<_>>().join("; "))
            }
            What::Policy { domain, text: Err(why) } => {
                (format!("MTA-STS policy of {domain}"), format!("not known: {why}"))
            }
        };
        format!("{what}: {came}")
    }

    fn exhibit(&self, words: &[Span]) -> Exhibit {
        let fact = |value: &str| Observed::Known(Fact::new(value.to_owned(), Basis::Wire, words.iter().copied()));
        let know = |attribute, value: &str| Particular { attribute, observed: fact(value) };
        let miss = |attribute, why: &str| {
            let gap = Gap::new(GapReason::Failed, why).at(words.iter().copied());
            Particular { attribute, observed: Observed::NotObserved(gap) }
        };
        match &self.what {
            What::Records { owner, kind, answer } => {
                let mut particulars =
                    vec![know(Attribute::Owner, owner), know(Attribute::RecordType, &kind.to_string())];
                match answer {
                    Ok(answer) => {
                        particulars.push(know(Attribute::Status, answer.status));
                        particulars.extend(answer.data.iter().map(|data| know(Attribute::Data, data)));
                        particulars.push(validated(&answer.validation, words));
                    }
                    Err(why) => particulars.push(miss(Attribute::Status, why)),
                }
                let name = format!("{kind} records of {owner}");
                Exhibit { kind: SubjectKind::DnsRecord, name, particulars }
            }
            What::Alias { owner, target, validation } => {
                let kind = RecordType::CNAME;
                let particulars = vec![
                    know(Attribute::Owner, owner),
                    know(Attribute::RecordType, &kind.to_string()),
                    know(Attribute::Status, "NOERROR"),
                    know(Attribute::Data, &format!("{target}.")),
                    validated(validation, words),
                ];
                Exhibit { kind: SubjectKind::DnsRecord, name: format!("{kind} records of {owner}"), particulars }
            }
            What::Policy { domain, text } => {
                let mut particulars = vec![know(Attribute::Domain, domain)];
                match text {
                    Ok(text) => particulars.extend(policy::pairs(text).map(|(name, value)| know(name, &value))),
                    Err(why) => particulars.push(miss(Attribute::Mode, why)),
                }
                let name = format!("MTA-STS policy of {domain}");
                Exhibit { kind: SubjectKind::MtaStsPolicy, name, particulars }
            }
        }
    }

    /// Why it is not known, if it is not.
    fn problem(&self) -> Option<&str> {
        match &self.what {
            What::Records { answer, .. } => answer.as_ref().err().map(String::as_str),
            What::Alias { .. } => None,
            What::Policy { text, .. } => text.as_ref().err().map(String::as_str),
        }
    }
}

/// What DNSSEC says of an answer: what was not found out is a gap.
fn validated(validation: &Validation, words: &[Span]) -> Particular {
    let words = words.iter().copied();
    let observed = match validation {
        Validation::Indeterminate(why) => Observed::NotObserved(Gap::new(GapReason::Failed, why.clone()).at(words)),
        Validation::Secure(_) => Observed::Known(Fact::new(validation.word().to_owned(), Basis::Computed, words)),
        _ => Observed::Known(Fact::new(validation.to_string(), Basis::Computed, words)),
    };
    Particular { attribute: Attribute::Validation, observed }
}

/// Each answer as a scan of its own, as each answer of `dig` is.
pub(crate) fn scans(found: &[Published], journal: &Written, started: Timestamp) -> Vec<Scan> {
    let scan = |one: &Published| {
        let words = journal.places(&[one.number]);
        let completion = match one.problem() {
            None => Completion::Finished(words.clone()),
            Some(why) => Completion::Unfinished(Gap::new(GapReason::Failed, why).at(words.iter().copied())),
        };
        look::scan(journal, started, completion, vec![Subject::Exhibit(Box::new(one.exhibit(&words)))])
    };
    found.iter().map(scan).collect()
}
