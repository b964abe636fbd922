//! What is to be scanned: a host, a port, how TLS starts there and the name to ask for.

use std::net::{IpAddr, SocketAddr};

use intransit::evidence::StartTls;

/// One service by its name.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// A DNS name in lower case, or an address in its usual spelling.
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) starttls: Option<StartTls>,
    /// What is sent as server_name: never an address.
    pub(crate) server_name: Option<String>,
}

impl Target {
    /// Reads `host`, `host:port`, `[address]:port`. Port 443 where none is given; at a port that IANA assigns to a
    /// protocol which starts TLS by a command, that protocol.
    ///
    /// # Errors
    /// One sentence.
    pub(crate) fn read(word: &str, starttls: Option<StartTls>, server_name: Option<&str>) -> Result<Self, String> {
        let invalid = || format!("expected `HOST:PORT`, found `{word}`");
        let (host, port) = split(word).ok_or_else(invalid)?;
        let port = match port {
            Some(digits) => digits.parse().ok().filter(|port| *port != 0).ok_or_else(invalid)?,
            None => 443,
        };
        let address = host.parse::<IpAddr>().ok();
        let host = match address {
            Some(address) => address.to_string(),
            None => dns_name(host).ok_or_else(invalid)?,
        };
        let server_name = match server_name {
            Some("") => None,
            Some(name) => Some(dns_name(name).filter(|name| name.parse::<IpAddr>().is_err()).ok_or_else(|| {
                format!("expected a DNS name as the server name, found `{name}`: addresses are never sent (RFC 6066)")
            })?),
            None => address.is_none().then(|| host.clone()),
        };
        Ok(Self { host, port, starttls: starttls.or_else(|| StartTls::of_port(port)), server_name })
    }

    /// `host:port`.
    pub(crate) fn name(&self) -> String {
        let is_v6 = self.host.contains(':');
        if is_v6 { format!("[{}]:{}", self.host, self.port) } else { format!("{}:{}", self.host, self.port) }
    }

    /// Where it is.
    ///
    /// # Errors
    /// One sentence, when its name has no address.
    pub(crate) async fn addresses(&self) -> Result<Vec<SocketAddr>, String> {
        const MOST: usize = 16;
        let found = tokio::net::lookup_host((self.host.as_str(), self.port)).await;
        let found = found.map_err(|error| format!("`{}` has no address: {error}", self.host))?;
        let mut addresses: Vec<SocketAddr> = Vec::new();
        for address in found.take(MOST) {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        Ok(addresses)
    }
}

fn split(word: &str) -> Option<(&str, Option<&str>)> {
    if let Some(rest) = word.strip_prefix('[') {
        let (host, rest) = rest.split_once(']')?;
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

/// A name of letters, digits, hyphens, underscores and dots, in lower case without its final dot.
fn dns_name(name: &str) -> Option<String> {
    const MOST: usize = 253;
    let name = name.strip_suffix('.').unwrap_or(name);
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() < 64
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    (name.len() <= MOST && name.split('.').all(is_label)).then(|| name.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_read() {
        for (word, name, server_name) in [
            ("Example.com", "example.com:443", Some("example.com")),
            ("example.com.:25", "example.com:25", Some("example.com")),
            ("127.0.0.1:8443", "127.0.0.1:8443", None),
            ("[::1]:8443", "[::1]:8443", None),
            ("2001:db8:0::1", "[2001:db8::1]:443", None),
            ("[::1]", "[::1]:443", None),
        ] {
            let target = Target::read(word, None, None).unwrap();
            assert_eq!((target.name().as_str(), target.server_name.as_deref()), (name, server_name), "{word}");
        }
        for word in ["", ":443", "a:0", "a:x", "a:70000", "a b", "a..b", "[::1", "https://a", "a/b", "ü.test"] {
            assert!(Target::read(word, None, None).is_err(), "{word}");
        }
        assert_eq!(Target::read("mx.test:25", None, None).unwrap().starttls, Some(StartTls::Smtp));
        let named = |name| Target::read("127.0.0.1", None, Some(name)).map(|target| target.server_name);
        assert_eq!(named("b.test"), Ok(Some("b.test".to_owned())));
        assert!(named("127.0.0.1").is_err());
        assert_eq!(named(""), Ok(None));
    }
}
