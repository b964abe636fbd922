//! One word: `host`, `host:port`, `host:port/protocol`, an address, a network or a range of addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use intransit::evidence::StartTls;
use intransit::pki::parse_host;

use super::super::starttls::PROTOCOLS;
use super::{MX, Service};

/// The protocols whose TLS comes with the first byte, by the names of the registry of ports. Those of one letter more
/// than a protocol with STARTTLS are not taken for it.
const DIRECT: &[(&str, u16)] = &[
    ("tls", 443),
    ("https", 443),
    ("smtps", 465),
    ("submissions", 465),
    ("imaps", 993),
    ("pop3s", 995),
    ("sips", 5061),
    ("ldaps", 636),
    ("ftps", 990),
    ("nntps", 563),
    ("xmpps", 5223),
];

const SUBMISSION: (&str, u16) = ("submission", 587);
const MAIL: (StartTls, u16) = (StartTls::Smtp, 25);
const HTTPS_PORT: u16 = 443;

/// The most addresses that one word stands for: those of an IPv4 network of 8 bits.
const MOST: u64 = 1 << 24;

/// One word, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    hosts: Hosts,
    port: u16,
    /// How TLS starts, if the word says it.
    protocol: Option<Option<StartTls>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Hosts {
    Name(String),
    /// Those that take the mail of this domain.
    Exchangers(String),
    V4 {
        first: u32,
        count: u64,
    },
    V6 {
        first: u128,
        count: u64,
    },
}

impl Word {
    /// Reads it.
    ///
    /// # Errors
    /// One sentence: what was expected, what was found.
    pub(crate) fn read(word: &str) -> Result<Self, String> {
        if let Some(domain) = word.strip_prefix(MX) {
            let domain = parse_host(domain)?.to_string();
            if domain.parse::<IpAddr>().is_ok() {
                return Err(format!("expected a domain behind `{MX}`, found `{domain}`"));
            }
            let (smtp, port) = MAIL;
            return Ok(Self { hosts: Hosts::Exchangers(domain), port, protocol: Some(Some(smtp)) });
        }
        let (rest, protocol) = match word.rsplit_once('/') {
            _ if word.contains("://") => return Self::of_address(word),
            // Digits behind the slash are a network's.
            Some((rest, name)) if !name.starts_with(|c: char| c.is_ascii_digit()) => (rest, Some(protocol(name)?)),
            _ => (word, None),
        };
        let (hosts, port) = split(rest).ok_or_else(|| expected(word))?;
        let port = match (port, protocol) {
            (Some(port), _) => port
                .parse()
                .ok()
                .filter(|number| *number != 0 && !port.starts_with('+'))
                .ok_or_else(|| format!("expected a port from 1 to 65535, found `{}`", shown(port)))?,
            (None, Some((_, usual))) => usual,
            (None, None) => HTTPS_PORT,
        };
        Ok(Self { hosts: Hosts::read(hosts)?, port, protocol: protocol.map(|(protocol, _)| protocol) })
    }

    /// The service behind a web address; what stands behind its host and port names no other one.
    fn of_address(word: &str) -> Result<Self, String> {
        let place = word.strip_prefix("https://").map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
        match place {
            Some(place) if !place.contains('@') => Self::read(&format!("{place}/https")),
            _ => Err(format!("expected HOST:PORT or `https://HOST`, found `{}`", shown(word))),
        }
    }

    /// One service at this place.
    pub(super) fn at(host: &str, port: u16, starttls: Option<StartTls>) -> Self {
        Self { hosts: Hosts::Name(host.to_owned()), port, protocol: Some(starttls) }
    }

    /// How many services it stands for.
    pub(crate) const fn count(&self) -> u64 {
        match self.hosts {
            Hosts::Name(_) | Hosts::Exchangers(_) => 1,
            Hosts::V4 { count, .. } | Hosts::V6 { count, .. } => count,
        }
    }

    /// The services, one after the other. Where the word does not say how TLS starts, `starttls` does, and otherwise
    /// the port.
    pub(crate) fn walk(self, starttls: Option<StartTls>) -> Walk {
        let starttls = match self.protocol {
            Some(said) => said,
            None => starttls.or_else(|| StartTls::of_port(self.port)),
        };
        Walk { hosts: self.hosts, port: self.port, starttls, at: 0 }
    }
}

/// The services of one word.
pub(crate) struct Walk {
    hosts: Hosts,
    port: u16,
    starttls: Option<StartTls>,
    at: u64,
}

impl Iterator for Walk {
    type Item = Service;

    fn next(&mut self) -> Option<Service> {
        let host = match &self.hosts {
            Hosts::Name(name) | Hosts::Exchangers(name) => (self.at == 0).then(|| name.clone())?,
            Hosts::V4 { first, count } => {
                let offset = u32::try_from(self.at).ok().filter(|_| self.at < *count)?;
                Ipv4Addr::from(first.wrapping_add(offset)).to_string()
            }
            Hosts::V6 { first, count } => {
                (self.at < *count).then(|| Ipv6Addr::from(first.wrapping_add(u128::from(self.at))).to_string())?
            }
        };
        self.at += 1;
        let by_exchangers = matches!(self.hosts, Hosts::Exchangers(_));
        Some(Service { host, by_exchangers, port: self.port, starttls: self.starttls })
    }
}

impl Hosts {
    fn read(text: &str) -> Result<Self, String> {
        if let Some((address, bits)) = text.split_once('/') {
            return Self::network(address, bits)
                .ok_or_else(|| format!("expected a network such as 192.0.2.0/24, found `{}`", shown(text)))?;
        }
        if let Some((first, last)) = text.split_once('-')
            && let Ok(first) = first.parse()
        {
            return Self::range(first, last)
                .ok_or_else(|| format!("expected a range such as 192.0.2.1-20, found `{}`", shown(text)))?;
        }
        if let Ok(address) = text.parse() {
            return Ok(match address {
                IpAddr::V4(address) => Self::V4 { first: address.into(), count: 1 },
                IpAddr::V6(address) => Self::V6 { first: address.into(), count: 1 },
            });
        }
        Ok(Self::Name(parse_host(text)?.to_string()))
    }

    /// What is set behind the network's bits is left out.
    fn network(address: &str, bits: &str) -> Option<Result<Self, String>> {
        let is_number = !bits.is_empty() && bits.bytes().all(|byte| byte.is_ascii_digit());
        let bits: u32 = bits.parse().ok().filter(|_| is_number)?;
        let address: IpAddr = address.parse().ok()?;
        let free = (if address.is_ipv4() { 32_u32 } else { 128 }).checked_sub(bits)?;
        let Some(count) = 1_u64.checked_shl(free).filter(|count| *count <= MOST) else {
            return Some(Err(format!("expected at most {MOST} addresses in one network, found `{address}/{bits}`")));
        };
        Some(Ok(match address {
            IpAddr::V4(address) => Self::V4 { first: u32::from(address) & !low_bits_v4(free), count },
            IpAddr::V6(address) => Self::V6 { first: u128::from(address) & !(u128::from(count) - 1), count },
        }))
    }

    /// From an address to another one, or to one that ends with this number.
    fn range(first: Ipv4Addr, last: &str) -> Option<Result<Self, String>> {
        let [a, b, c, _] = first.octets();
        let last = match last.parse::<Ipv4Addr>() {
            Ok(last) => last,
            Err(_) => Ipv4Addr::new(a, b, c, last.parse().ok()?),
        };
        let (first, last) = (u32::from(first), u32::from(last));
        let count = u64::from(last.checked_sub(first)?) + 1;
        if count > MOST {
            return Some(Err(format!("expected at most {MOST} addresses in one range, found {count}")));
        }
        Some(Ok(Self::V4 { first, count }))
    }
}

fn low_bits_v4(free: u32) -> u32 {
    1_u32.checked_shl(free).map_or(u32::MAX, |bit| bit - 1)
}

/// The host or network, and the port.
fn split(word: &str) -> Option<(&str, Option<&str>)> {
    if let Some(rest) = word.strip_prefix('[') {
        let (host, rest) = rest.split_once(']')?;
        // Only what has colons needs brackets.
        host.contains(':').then_some(())?;
        return match rest {
            "" => Some((host, None)),
            _ => Some((host, Some(rest.strip_prefix(':')?))),
        };
    }
    match word.split_once(':') {
        Some((_, rest)) if rest.contains(':') => Some((word, None)),
        Some((host, port)) => Some((host, Some(port))),
        None => Some((word, None)),
    }
}

/// Whether TLS begins with the first byte of what this names.
pub(crate) fn is_direct(name: &str) -> bool {
    DIRECT.iter().any(|(direct, _)| *direct == name)
}

/// How TLS starts by this name, and the usual port.
fn protocol(name: &str) -> Result<(Option<StartTls>, u16), String> {
    let name = name.to_ascii_lowercase();
    if name == SUBMISSION.0 {
        return Ok((Some(StartTls::Smtp), SUBMISSION.1));
    }
    if let Some((_, port)) = DIRECT.iter().find(|(direct, _)| *direct == name) {
        return Ok((None, *port));
    }
    let found = PROTOCOLS.iter().find(|(protocol, _)| protocol.name() == name);
    found.map(|(protocol, port)| (Some(*protocol), *port)).ok_or_else(|| {
        let names: Vec<&str> = PROTOCOLS.iter().map(|(protocol, _)| protocol.name()).collect();
        format!("expected `tls` or a protocol ({}) behind the slash, found `{}`", names.join(", "), shown(&name))
    })
}

fn expected(word: &str) -> String {
    format!("expected HOST, HOST:PORT, HOST:PORT/PROTOCOL, mx:DOMAIN or a network, found `{}`", shown(word))
}

fn shown(word: &str) -> String {
    word.chars().take(80).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(word: &str) -> Vec<String> {
        Word::read(word).unwrap().walk(None).map(|service| service.name()).collect()
    }

    #[test]
    fn words_are_read() {
        for (word, expected) in [
            ("Example.COM", "example.com:443/tls"),
            ("bücher.example.", "xn--bcher-kva.example:443/tls"),
            ("example.com:8443", "example.com:8443/tls"),
            ("mx.test:25", "mx.test:25/smtp"),
            ("mx.test/smtp", "mx.test:25/smtp"),
            ("mx.test/submission", "mx.test:587/smtp"),
            ("mx.test:2525/smtp", "mx.test:2525/smtp"),
            ("mx.test:25/tls", "mx.test:25/tls"),
            ("mx.test/imaps", "mx.test:993/tls"),
            ("mx.test/imap", "mx.test:143/imap"),
            ("db.test:5432", "db.test:5432/postgres"),
            ("192.0.2.1", "192.0.2.1:443/tls"),
            ("2001:db8:0::1", "[2001:db8::1]:443/tls"),
            ("[2001:db8::1]:25", "[2001:db8::1]:25/smtp"),
            ("[2001:db8::1]:25/tls", "[2001:db8::1]:25/tls"),
            ("192.0.2.7/32", "192.0.2.7:443/tls"),
            ("mx:Example.COM.", "mx:example.com"),
            ("https://a.test/x?y:z", "a.test:443/tls"),
            ("https://[2001:db8::1]:8443", "[2001:db8::1]:8443/tls"),
        ] {
            assert_eq!(names(word), [expected], "{word}");
            assert_eq!(names(expected), [expected], "{expected}");
        }
    }

    #[test]
    fn networks_and_ranges_are_walked() {
        for (word, count, first, last) in [
            ("192.0.2.9/30", 4, "192.0.2.8:443/tls", "192.0.2.11:443/tls"),
            ("192.0.2.0/24:25", 256, "192.0.2.0:25/smtp", "192.0.2.255:25/smtp"),
            ("192.0.2.0/30:2525/smtp", 4, "192.0.2.0:2525/smtp", "192.0.2.3:2525/smtp"),
            ("192.0.2.0/30/imap", 4, "192.0.2.0:143/imap", "192.0.2.3:143/imap"),
            ("192.0.2.1-20", 20, "192.0.2.1:443/tls", "192.0.2.20:443/tls"),
            ("192.0.2.255-192.0.3.1:993", 3, "192.0.2.255:993/tls", "192.0.3.1:993/tls"),
            ("2001:db8::ff/120", 256, "[2001:db8::]:443/tls", "[2001:db8::ff]:443/tls"),
            ("[2001:db8::/126]:25", 4, "[2001:db8::]:25/smtp", "[2001:db8::3]:25/smtp"),
            ("255.255.255.255/32", 1, "255.255.255.255:443/tls", "255.255.255.255:443/tls"),
        ] {
            let names = names(word);
            assert_eq!((names.len(), names[0].as_str(), names[count - 1].as_str()), (count, first, last), "{word}");
            assert_eq!(Word::read(word).unwrap().count(), count as u64);
        }
    }

    #[test]
    fn what_is_no_target_is_said() {
        for (word, why) in [
            ("", "expected a host name or address"),
            (":443", "expected a host name or address"),
            ("a:0", "expected a port from 1 to 65535, found `0`"),
            ("a:+1", "expected a port"),
            ("a:x", "expected a port from 1 to 65535, found `x`"),
            ("a:70000", "expected a port"),
            ("ldap://a.test/", "expected HOST:PORT or `https://HOST`"),
            ("https://me@a.test/", "expected HOST:PORT or `https://HOST`"),
            ("a/b", "expected `tls` or a protocol (smtp, "),
            ("a/telnet", "behind the slash, found `telnet`"),
            ("a..b", "1 to 63"),
            ("mx:", "expected a host name"),
            ("mx:192.0.2.1", "expected a domain behind `mx:`"),
            ("[::1", "expected HOST, HOST:PORT"),
            ("[a.test]:1", "expected HOST, HOST:PORT"),
            ("[::1]x", "expected HOST, HOST:PORT"),
            ("192.0.2.0/33", "expected a network such as"),
            ("192.0.2.0/x4", "expected `tls` or a protocol"),
            ("a.test/24", "expected a network such as"),
            ("192.0.2.20-1", "expected a range such as"),
            ("192.0.2.1-256", "expected a range such as"),
            ("0.0.0.0/0", "at most 16777216 addresses in one network"),
            ("2001:db8::/64", "at most 16777216 addresses in one network"),
            ("10.0.0.0-12.0.0.0", "at most 16777216 addresses in one range"),
        ] {
            let problem = Word::read(word).unwrap_err();
            assert!(problem.contains(why), "{word}: {problem}");
        }
    }
}
