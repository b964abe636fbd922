//! Where a host is: by the system's resolver, or by a resolver that is named; and who takes a domain's mail.
//!
//! MX records are asked of a DNS server, since systems resolve addresses only. What a peer chose to be sent to is not
//! gone to before [`reach::refused`] has looked at the address.

pub(crate) mod dnssec;
mod exchangers;
pub(crate) mod reach;
pub(crate) mod records;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ProtocolConfig, ResolverOpts, ServerOrderingStrategy,
};
use hickory_resolver::net::NetError;
use hickory_resolver::proto::rr::{Name, RecordType};
use hickory_resolver::system_conf::read_system_conf;

use self::dnssec::{Anchors, Validator};

/// The most addresses of one host that are looked at.
const MOST_ADDRESSES: usize = 16;

/// How long one question may take, and how often it is asked.
const TIMEOUT: Duration = Duration::from_secs(2);
const ATTEMPTS: usize = 2;

/// Answers what a name stands for.
pub(crate) struct Names {
    /// Whether a server was named; otherwise the system is asked for addresses.
    is_named: bool,
    /// Whom to ask for records, or why nobody can be asked.
    validator: Result<Validator, String>,
}

/// The addresses of a host.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Addresses {
    /// Each once.
    pub(crate) addresses: Vec<IpAddr>,
    /// Why there may be more.
    pub(crate) missing: Option<String>,
}

impl Names {
    /// Asks the system, or this server alone; what is signed is proven from these keys.
    pub(crate) fn new(server: Option<SocketAddr>, anchors: Anchors) -> Self {
        let found = server.map_or_else(of_system, |server| Ok(of_server(server)));
        let validator = found
            .and_then(|(servers, options)| Validator::new(servers, options, anchors).map_err(|error| said(&error)));
        Self { is_named: server.is_some(), validator }
    }

    /// The addresses of a host; those of an address are itself.
    ///
    /// # Errors
    /// One sentence, when there is none.
    pub(crate) async fn addresses(&self, host: &str) -> Result<Addresses, String> {
        if let Ok(address) = host.parse() {
            return Ok(Addresses { addresses: vec![address], missing: None });
        }
        let none = |why: String| format!("`{host}` has no address: {why}");
        let mut missing = Vec::new();
        let mut found = Vec::new();
        if self.is_named && !is_this_machine(host) {
            let validator = self.validator.as_ref().map_err(Clone::clone)?;
            let name = absolute(host)?;
            let (v4, v6) =
                tokio::join!(validator.look_up(name.clone(), RecordType::A), validator.look_up(name, RecordType::AAAA));
            for (kind, answer) in [("A", v4), ("AAAA", v6)] {
                match answer {
                    Ok(records) => found.extend(records.iter().filter_map(|record| record.data.ip_addr())),
                    Err(error) if error.is_no_records_found() && !error.is_nx_domain() => {}
                    Err(error) => missing.push(format!("{kind}: {}", said(&error))),
                }
            }
        } else {
            let answer = tokio::net::lookup_host((host, 0)).await;
            found.extend(answer.map_err(|error| none(error.to_string()))?.map(|address| address.ip()));
        }
        let mut addresses: Vec<IpAddr> = Vec::new();
        for address in found {
            if addresses.len() == MOST_ADDRESSES {
                missing.push(format!("only {MOST_ADDRESSES} addresses of a host are looked at"));
                break;
            }
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        let missing = (!missing.is_empty()).then(|| missing.join("; "));
        if addresses.is_empty() {
            return Err(none(missing.unwrap_or_else(|| "no such record".to_owned())));
        }
        Ok(Addresses { addresses, missing })
    }
}

/// No server is asked for these ([RFC 6761 §6.3](https://www.rfc-editor.org/rfc/rfc6761#section-6.3)).
fn is_this_machine(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    host == "localhost" || host.ends_with(".localhost")
}

fn of_system() -> Result<(Vec<NameServerConfig>, ResolverOpts), String> {
    let (config, mut options) = read_system_conf().map_err(|error| error.to_string())?;
    usual(&mut options);
    Ok((config.name_servers().to_vec(), options))
}

fn of_server(server: SocketAddr) -> (Vec<NameServerConfig>, ResolverOpts) {
    let transport = |protocol| {
        let mut connection = ConnectionConfig::new(protocol);
        connection.port = server.port();
        connection
    };
    let connections = vec![transport(ProtocolConfig::Udp), transport(ProtocolConfig::Tcp)];
    let mut options = ResolverOpts::default();
    usual(&mut options);
    (vec![NameServerConfig::new(server.ip(), true, connections)], options)
}

fn usual(options: &mut ResolverOpts) {
    options.timeout = TIMEOUT;
    options.attempts = ATTEMPTS;
    options.server_ordering_strategy = ServerOrderingStrategy::UserProvidedOrder;
    // More at a time than this library takes by itself: it would call the server busy.
    options.max_active_requests = 1024;
}

/// A name that no search list is applied to.
fn absolute(host: &str) -> Result<Name, String> {
    let name = Name::from_ascii(format!("{}.", host.trim_end_matches('.')));
    name.map_err(|error| format!("`{host}` is no name of the DNS: {error}"))
}

/// Why there is no answer; what the library says of the question is left out.
fn said(error: &NetError) -> String {
    if error.is_nx_domain() {
        "no such name".to_owned()
    } else if error.is_no_records_found() {
        "no such record".to_owned()
    } else if matches!(error, NetError::Timeout) {
        "the resolver does not answer".to_owned()
    } else {
        error.to_string()
    }
}

#[cfg(test)]
mod responder;

#[cfg(test)]
mod tests {
    use super::responder::{Answers, respond};
    use super::*;

    fn run<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
    }

    #[test]
    fn addresses_are_found() {
        run(async {
            let names = Names::new(
                Some(respond(&[
                    (
                        "both.test.",
                        Answers::Records(&["A 192.0.2.1", "A 192.0.2.2", "AAAA 2001:db8::1", "A 192.0.2.1"]),
                    ),
                    ("v4.test.", Answers::Records(&["A 192.0.2.7"])),
                    ("mail.test.", Answers::Records(&["MX 10 mx.test."])),
                    ("broken.test.", Answers::Failure),
                ])),
                Anchors::default(),
            );
            let found = names.addresses("both.test").await.unwrap();
            let mut addresses: Vec<String> = found.addresses.iter().map(ToString::to_string).collect();
            addresses.sort();
            assert_eq!(
                (addresses, found.missing),
                (vec!["192.0.2.1".into(), "192.0.2.2".into(), "2001:db8::1".into()], None)
            );
            let found = names.addresses("V4.test.").await.unwrap();
            assert_eq!((found.addresses, found.missing), (vec!["192.0.2.7".parse().unwrap()], None));
            for (host, why) in [
                ("mail.test", "`mail.test` has no address: no such record"),
                ("nowhere.test", "`nowhere.test` has no address: A: no such name; AAAA: no such name"),
                ("broken.test", "`broken.test` has no address: A: "),
                ("a..b", "is no name of the DNS"),
            ] {
                let problem = names.addresses(host).await.unwrap_err();
                assert!(problem.contains(why), "{problem}");
            }
            assert_eq!(
                names.addresses("2001:db8::9").await.unwrap().addresses,
                ["2001:db8::9".parse::<IpAddr>().unwrap()]
            );
        });
    }

    #[test]
    fn a_server_that_answers_half_says_so() {
        run(async {
            let names = Names::new(Some(respond(&[("half.test.", Answers::OnlyV4("192.0.2.1"))])), Anchors::default());
            let found = names.addresses("half.test").await.unwrap();
            assert_eq!(found.addresses, ["192.0.2.1".parse::<IpAddr>().unwrap()]);
            assert!(found.missing.is_some_and(|why| why.starts_with("AAAA: ")));
        });
    }

    #[test]
    fn the_system_knows_this_machine() {
        let found = run(Names::new(None, Anchors::default()).addresses("localhost")).unwrap();
        assert!(found.addresses.iter().all(IpAddr::is_loopback), "{found:?}");
    }
}
