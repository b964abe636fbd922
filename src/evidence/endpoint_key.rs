//! What tells one service from another: where it is, how TLS starts there, by which name it was asked, and which side of the
//! connection and which flow it is.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// How TLS starts on the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Transport {
    /// With the first byte.
    Direct,
    /// After a command of the application protocol.
    StartTls(StartTls),
    /// The report does not say.
    Unstated,
}

/// The application protocols with a command that starts TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum StartTls {
    /// [RFC 3207](https://www.rfc-editor.org/rfc/rfc3207).
    Smtp,
    /// [RFC 2033](https://www.rfc-editor.org/rfc/rfc2033) with RFC 3207.
    Lmtp,
    /// [RFC 2595](https://www.rfc-editor.org/rfc/rfc2595).
    Imap,
    /// [RFC 2595](https://www.rfc-editor.org/rfc/rfc2595).
    Pop3,
    /// [RFC 4217](https://www.rfc-editor.org/rfc/rfc4217).
    Ftp,
    /// [RFC 4511 §4.14](https://www.rfc-editor.org/rfc/rfc4511#section-4.14).
    Ldap,
    /// [RFC 6120](https://www.rfc-editor.org/rfc/rfc6120), client to server.
    Xmpp,
    /// [RFC 6120](https://www.rfc-editor.org/rfc/rfc6120), server to server.
    XmppServer,
    /// [RFC 4642](https://www.rfc-editor.org/rfc/rfc4642).
    Nntp,
    /// [RFC 5804](https://www.rfc-editor.org/rfc/rfc5804).
    Sieve,
    /// The SSLRequest message of PostgreSQL.
    Postgres,
    /// The SSL request of MySQL.
    Mysql,
    /// The START_TLS option of Telnet.
    Telnet,
    /// The STARTTLS command of IRC.
    Irc,
    /// One that the report does not name.
    Unnamed,
}

impl StartTls {
    /// The name that testssl.sh's `-t` and `openssl s_client -starttls` take.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Smtp => "smtp",
            Self::Lmtp => "lmtp",
            Self::Imap => "imap",
            Self::Pop3 => "pop3",
            Self::Ftp => "ftp",
            Self::Ldap => "ldap",
            Self::Xmpp => "xmpp",
            Self::XmppServer => "xmpp-server",
            Self::Nntp => "nntp",
            Self::Sieve => "sieve",
            Self::Postgres => "postgres",
            Self::Mysql => "mysql",
            Self::Telnet => "telnet",
            Self::Irc => "irc",
            Self::Unnamed => "PROTOCOL",
        }
    }

    /// The protocol of this name, a final `s` (as testssl.sh allows) ignored.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        const ALL: [StartTls; 14] = [
            StartTls::Smtp,
            StartTls::Lmtp,
            StartTls::Imap,
            StartTls::Pop3,
            StartTls::Ftp,
            StartTls::Ldap,
            StartTls::Xmpp,
            StartTls::XmppServer,
            StartTls::Nntp,
            StartTls::Sieve,
            StartTls::Postgres,
            StartTls::Mysql,
            StartTls::Telnet,
            StartTls::Irc,
        ];
        let name = name.trim().to_ascii_lowercase();
        let name = if name == "postgresql" { "postgres" } else { name.as_str() };
        let bare = name.strip_suffix('s').unwrap_or(name);
        ALL.into_iter().find(|protocol| protocol.name() == name || protocol.name() == bare)
    }

    /// The protocol that IANA assigns to this port, where TLS starts by a command there.
    #[must_use]
    pub const fn of_port(port: u16) -> Option<Self> {
        Some(match port {
            21 => Self::Ftp,
            25 | 587 => Self::Smtp,
            24 => Self::Lmtp,
            110 => Self::Pop3,
            119 => Self::Nntp,
            143 => Self::Imap,
            389 => Self::Ldap,
            3306 => Self::Mysql,
            4190 => Self::Sieve,
            5222 => Self::Xmpp,
            5269 => Self::XmppServer,
            5432 => Self::Postgres,
            _ => return None,
        })
    }

    /// Whether mail arrives this way from other mail systems, whose clients may leave out the server name.
    #[must_use]
    pub const fn is_mail_transfer(self) -> bool {
        matches!(self, Self::Smtp | Self::Lmtp | Self::Unnamed)
    }

    /// Whether it is a protocol of mail servers.
    #[must_use]
    pub const fn is_mail(self) -> bool {
        matches!(self, Self::Smtp | Self::Lmtp | Self::Imap | Self::Pop3 | Self::Sieve)
    }
}

/// What the client sent as server_name ([RFC 6066 §3](https://www.rfc-editor.org/rfc/rfc6066#section-3)).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum ServerName {
    /// This name.
    Sent(String),
    /// None.
    Omitted,
    /// The report does not say.
    Unstated,
}

impl ServerName {
    /// Whether the name of this host was sent.
    #[must_use]
    pub fn is(&self, host: &str) -> bool {
        let plain = |name: &str| name.trim_end_matches('.').to_ascii_lowercase();
        matches!(self, Self::Sent(name) if plain(name) == plain(host))
    }
}

/// Which side of the connection was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// The one that accepts connections.
    Server,
    /// The one that opens them.
    Client,
}

impl Role {
    pub(crate) const ALL: [Self; 2] = [Self::Server, Self::Client];

    /// The word that policies use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Client => "client",
        }
    }
}

/// The flows of data in transit that the first source document tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Flow {
    /// Clients ↔ service.
    ClientToService,
    /// Inside the service.
    InsideService,
    /// Service ↔ other mail systems.
    ServiceToOther,
}

impl Flow {
    pub(crate) const ALL: [Self; 3] = [Self::ClientToService, Self::InsideService, Self::ServiceToOther];

    /// The word that policies and inventories use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClientToService => "clientToService",
            Self::InsideService => "insideService",
            Self::ServiceToOther => "serviceToOther",
        }
    }

    /// The flow of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|flow| flow.name() == name)
    }

    /// The flow in words for people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::ClientToService => "clients ↔ service",
            Self::InsideService => "inside the service",
            Self::ServiceToOther => "service ↔ other mail systems",
        }
    }
}

/// What tells one endpoint from another. Two scans of equal keys speak of the same thing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EndpointKey {
    /// The host as it was asked for: a DNS name in lower case, or an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The address that answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The TCP port; 0 where the report does not say it, and then nor that two sightings are of the same service.
    pub port: u16,
    /// How TLS starts.
    pub transport: Transport,
    /// What was sent as server_name.
    pub server_name: ServerName,
    /// Which side was looked at.
    pub role: Role,
}

/// What a service is called whose host and port the report does not say: several of this name may be several services.
pub(crate) const UNNAMED: &str = "a service that is not named";

/// What stands behind the host where the port is not said.
pub(crate) const WITHOUT_PORT: &str = " (port not stated)";

impl fmt::Display for EndpointKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.host, &self.address) {
            (Some(host), _) | (None, Some(host)) if !self.is_stated() => {
                write!(f, "{}{WITHOUT_PORT}", bracketed(host))?;
            }
            (None, None) if !self.is_stated() => f.write_str(UNNAMED)?,
            (Some(host), Some(address)) if host != address => {
                write!(f, "{}:{} ({address})", bracketed(host), self.port)?;
            }
            (Some(host), _) | (None, Some(host)) => write!(f, "{}:{}", bracketed(host), self.port)?,
            (None, None) => write!(f, "port {}", self.port)?,
        }
        match self.transport {
            Transport::StartTls(StartTls::Unnamed) => f.write_str(" STARTTLS")?,
            Transport::StartTls(protocol) => write!(f, " STARTTLS {}", protocol.name())?,
            Transport::Direct | Transport::Unstated => {}
        }
        let host = self.host.as_deref().map(|host| host.trim_end_matches('.'));
        match &self.server_name {
            ServerName::Sent(name)
                if !host.is_some_and(|host| host.eq_ignore_ascii_case(name.trim_end_matches('.'))) =>
            {
                write!(f, " as {name}")
            }
            ServerName::Omitted if host.is_some_and(|host| host.parse::<IpAddr>().is_err()) => {
                f.write_str(" without server name")
            }
            ServerName::Sent(_) | ServerName::Omitted | ServerName::Unstated => Ok(()),
        }
    }
}

/// An IPv6 address in brackets, everything else as it is.
fn bracketed(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}

impl EndpointKey {
    /// Whether the report says which port it is, and with it which service.
    #[must_use]
    pub const fn is_stated(&self) -> bool {
        self.port != 0
    }

    /// `host:port` as a command line takes it; the address where the host is not known.
    #[must_use]
    pub fn target(&self) -> String {
        if !self.is_stated() {
            let host = self.host.as_ref().or(self.address.as_ref());
            return format!("{}:PORT", host.map_or_else(|| "HOST".to_owned(), |host| bracketed(host)));
        }
        let host = self.host.as_ref().or(self.address.as_ref());
        host.map_or_else(|| format!("HOST:{}", self.port), |host| format!("{}:{}", bracketed(host), self.port))
    }
}
