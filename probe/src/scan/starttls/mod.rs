//! From a plain conversation to TLS: one file for each application protocol.
//!
//! Each of them says what to send, what to expect and what a refusal means, over a [`Wire`] that bounds what the server
//! may say. A server that is busy (421, 454, `TRYLATER`) has not said that it has no TLS.

mod ftp;
mod imap;
mod ldap;
mod mysql;
mod nntp;
mod pop3;
mod postgres;
mod reply;
#[cfg(test)]
mod script;
mod sieve;
mod smtp;
mod wire;
mod xmpp;

use std::net::IpAddr;

use intransit::evidence::StartTls;

pub(crate) use wire::Stream;
use wire::Wire;

/// The protocols that can be asked for TLS, and the port where each of them is spoken.
pub(crate) const PROTOCOLS: &[(StartTls, u16)] = &[
    (StartTls::Smtp, 25),
    (StartTls::Lmtp, 24),
    (StartTls::Imap, 143),
    (StartTls::Pop3, 110),
    (StartTls::Sieve, 4190),
    (StartTls::Ftp, 21),
    (StartTls::Nntp, 119),
    (StartTls::Ldap, 389),
    (StartTls::Xmpp, 5222),
    (StartTls::XmppServer, 5269),
    (StartTls::Postgres, 5432),
    (StartTls::Mysql, 3306),
];

/// Why TLS does not start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NoStart {
    /// The server lists what it can do, and this is not there; or it says that it does not know such a request.
    NotAdvertised(String),
    /// It knows the request, and says no for good.
    Refused(String),
    /// It says no for now, or says something else; nothing follows from it.
    Inconclusive(String),
    /// It closed or reset the connection.
    Lost(String),
}

impl NoStart {
    /// What happened, in words.
    pub(crate) fn words(&self) -> &str {
        match self {
            Self::NotAdvertised(words) | Self::Refused(words) | Self::Inconclusive(words) | Self::Lost(words) => words,
        }
    }
}

type Step<T = ()> = Result<T, NoStart>;

/// Who talks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ends<'a> {
    /// The host as it was asked for.
    pub(crate) host: &'a str,
    /// Our address, where it is known.
    pub(crate) ourselves: Option<IpAddr>,
}

/// Asks a service for TLS; the next byte on the connection belongs to it.
///
/// # Errors
/// Why TLS does not start. It ends only with the stream or with what a server may say: deadlines are the caller's.
pub(crate) async fn start(protocol: StartTls, ends: Ends<'_>, stream: &mut dyn Stream) -> Step {
    let mut wire = Wire::new(stream);
    let wire = &mut wire;
    match protocol {
        StartTls::Smtp => smtp::start(wire, "EHLO", ends).await,
        StartTls::Lmtp => smtp::start(wire, "LHLO", ends).await,
        StartTls::Imap => imap::start(wire).await,
        StartTls::Pop3 => pop3::start(wire).await,
        StartTls::Sieve => sieve::start(wire).await,
        StartTls::Ftp => ftp::start(wire).await,
        StartTls::Nntp => nntp::start(wire).await,
        StartTls::Ldap => ldap::start(wire).await,
        StartTls::Xmpp => xmpp::start(wire, "jabber:client", ends.host).await,
        StartTls::XmppServer => xmpp::start(wire, "jabber:server", ends.host).await,
        StartTls::Postgres => postgres::start(wire).await,
        StartTls::Mysql => mysql::start(wire).await,
        StartTls::Telnet | StartTls::Irc | StartTls::Unnamed => {
            return inconclusive(format!("STARTTLS of `{}` is not spoken here", protocol.name()));
        }
    }?;
    // Whoever is in the middle could put words in front of the encrypted ones.
    if wire.is_empty() { Ok(()) } else { inconclusive("the server sent more behind its consent to start TLS") }
}

/// Whether a message can begin before TLS on a connection to a server of SMTP, and what it said.
///
/// # Errors
/// Why its answer does not tell.
pub(crate) async fn begins_in_clear(ends: Ends<'_>, stream: &mut dyn Stream) -> Step<(bool, String)> {
    smtp::begins_in_clear(&mut Wire::new(stream), ends).await
}

fn inconclusive<T>(words: impl Into<String>) -> Step<T> {
    Err(NoStart::Inconclusive(words.into()))
}

/// What a server said, for messages: the beginning of it, in one line.
fn shown(said: &str) -> String {
    said.chars().take(80).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Whether this is an address: it is then no name that XMPP or TLS would take.
fn is_address(host: &str) -> bool {
    host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::script::{converse, seeded};
    use super::*;

    #[test]
    fn every_protocol_has_the_port_of_the_registry() {
        for (protocol, port) in PROTOCOLS {
            assert_eq!(StartTls::of_port(*port), Some(*protocol));
        }
    }

    #[test]
    fn whatever_a_server_says_ends() {
        let greetings: [&[u8]; 9] = [
            b"220 a\r\n250-b\r\n250 STARTTLS\r\n220 c\r\n",
            b"* OK\r\n* CAPABILITY STARTTLS\r\n1 OK\r\n2 OK\r\n",
            b"+OK\r\n+OK\r\nSTLS\r\n.\r\n+OK\r\n",
            b"\"STARTTLS\"\r\n\"A\" {3}\r\nabc\r\nOK\r\nOK\r\n",
            b"200 a\r\n101 b\r\nSTARTTLS\r\n.\r\n382 c\r\n",
            &[0x30, 12, 2, 1, 1, 0x78, 7, 10, 1, 0, 4, 0, 4, 0],
            b"<?xml version='1.0'?><stream:stream a='>'><stream:features><starttls/></stream:features><proceed/>",
            b"S",
            &[0xFF, 0xFF, 0xFF, 0, 10, b'8', 0],
        ];
        let mut random = seeded(7);
        for (protocol, _) in PROTOCOLS {
            for greeting in greetings {
                for length in 0..=greeting.len() {
                    let mut bytes = greeting[..length].to_vec();
                    let _ = converse(*protocol, &[("", &bytes)]);
                    if length > 0 {
                        bytes[random() as usize % length] ^= (random() % 255) as u8 + 1;
                        let _ = converse(*protocol, &[("", &bytes)]);
                    }
                }
            }
            // A server that never stops talking is given up.
            for endless in [b'\n', b'2', b'<', 0x30, b'*'] {
                let (started, _) = converse(*protocol, &[("", &vec![endless; 200_000])]);
                assert!(started.is_err(), "{protocol:?} {endless}");
            }
        }
    }
}
