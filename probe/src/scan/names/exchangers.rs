//! Who takes a domain's mail ([RFC 5321 §5.1](https://www.rfc-editor.org/rfc/rfc5321#section-5.1)).

use std::collections::BTreeSet;
use std::net::IpAddr;

use hickory_resolver::proto::rr::{RData, RecordType};
use intransit::pki::parse_host;

use super::{Names, absolute, said};

/// The exchangers of a domain.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Exchangers {
    /// Each host once, the preferred ones first.
    pub(crate) exchangers: Vec<Exchanger>,
    /// What of the answer cannot be used.
    pub(crate) missing: Option<String>,
}

/// The most exchangers of one domain that are looked at.
const MOST: usize = 32;

/// A host that takes mail.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Exchanger {
    /// Lower ones are tried first.
    pub(crate) preference: u16,
    /// Its name, in lower case.
    pub(crate) host: String,
}

impl Names {
    /// The exchangers of a domain, the preferred ones first: the domain itself where it has none of its own.
    ///
    /// # Errors
    /// One sentence, when they are not known, or when the domain takes no mail.
    pub(crate) async fn exchangers(&self, domain: &str) -> Result<Exchangers, String> {
        let failed = |why: String| format!("who takes the mail of `{domain}` is not known: {why}");
        let validator = self.validator.as_ref().map_err(|why| failed(why.clone()))?;
        let records = match validator.look_up(absolute(domain)?, RecordType::MX).await {
            Ok(records) => records,
            // An alias or an address is enough to be sent mail.
            Err(error) if error.is_no_records_found() && !error.is_nx_domain() => {
                let itself = Exchanger { preference: 0, host: domain.to_owned() };
                return Ok(Exchangers { exchangers: vec![itself], missing: None });
            }
            Err(error) => return Err(failed(said(&error))),
        };
        let mut exchangers: Vec<Exchanger> = Vec::new();
        let mut missing = Vec::new();
        for record in &records {
            let RData::MX(mx) = &record.data else { continue };
            if mx.exchange.is_root() {
                // RFC 7505: it says that there is none.
                return Err(format!("`{domain}` takes no mail: its MX record is `.`"));
            }
            let name = mx.exchange.to_ascii();
            match parse_host(&name).map(|host| host.to_string()) {
                Ok(host) if host.parse::<IpAddr>().is_err() => {
                    exchangers.push(Exchanger { preference: mx.preference, host });
                }
                _ => missing.push(format!("an exchanger is `{name}`, which is no name of a host")),
            }
        }
        exchangers.sort();
        let mut hosts = BTreeSet::new();
        exchangers.retain(|one| hosts.insert(one.host.clone()));
        if exchangers.len() > MOST {
            missing.push(format!("only {MOST} of {} exchangers are looked at", exchangers.len()));
            exchangers.truncate(MOST);
        }
        let missing = (!missing.is_empty()).then(|| missing.join("; "));
        if exchangers.is_empty() {
            return Err(failed(missing.unwrap_or_else(|| "the answer has no MX record".to_owned())));
        }
        Ok(Exchangers { exchangers, missing })
    }
}

#[cfg(test)]
mod tests {
    use super::super::dnssec::Anchors;
    use super::super::responder::{Answers, respond};
    use super::*;

    #[test]
    fn exchangers_are_found() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let names = Names::new(
                Some(respond(&[
                    ("two.test.", Answers::Records(&["MX 20 B.test.", "MX 10 a.test.", "MX 30 a.test."])),
                    ("null.test.", Answers::Records(&["MX 0 ."])),
                    ("plain.test.", Answers::Records(&["A 192.0.2.1"])),
                    ("odd.test.", Answers::Records(&["MX 0 192.0.2.1."])),
                    ("half.test.", Answers::Records(&["MX 0 192.0.2.1.", "MX 1 a.test."])),
                    ("broken.test.", Answers::Failure),
                ])),
                Anchors::default(),
            );
            let hosts = async |domain| -> Result<Vec<String>, String> {
                Ok(names.exchangers(domain).await?.exchangers.into_iter().map(|one| one.host).collect())
            };
            assert_eq!(hosts("two.test").await.unwrap(), ["a.test", "b.test"]);
            assert_eq!(hosts("plain.test").await.unwrap(), ["plain.test"]);
            let half = names.exchangers("half.test").await.unwrap();
            assert_eq!((half.exchangers.len(), half.missing.is_some()), (1, true));
            for (domain, why) in [
                ("null.test", "`null.test` takes no mail: its MX record is `.`"),
                ("nowhere.test", "who takes the mail of `nowhere.test` is not known: no such name"),
                ("broken.test", "who takes the mail of `broken.test` is not known: "),
                ("odd.test", "an exchanger is `192.0.2.1.`"),
            ] {
                let problem = hosts(domain).await.unwrap_err();
                assert!(problem.contains(why), "{problem}");
            }
        });
    }
}
