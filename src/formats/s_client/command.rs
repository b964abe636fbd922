//! The command line of `s_client`, where it stands above what it printed: only it says which target and version were
//! asked for.

use std::net::IpAddr;

use crate::evidence::{ServerName, StartTls, Transport};
use crate::formats::service::{address, host};
use crate::iana::ProtocolVersion;

/// A command as it was typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) text: String,
    pub(super) target: Option<Target>,
    /// The one version that was offered.
    pub(super) only: Option<ProtocolVersion>,
    /// Why what it prints is not read, if it is not.
    pub(super) foreign: Option<&'static str>,
}

/// What was connected to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// A name or an address.
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) transport: Transport,
    pub(super) server_name: Name,
    /// Whether another host stands in between.
    pub(super) is_proxied: bool,
}

/// What the options say of the server name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Name {
    Stated(ServerName),
    /// 1.1.1 and later send the name that is connected to, older ones send none.
    ByVersion(String),
}

/// The port of `s_client` where none is given.
const DEFAULT_PORT: u16 = 4433;

const SERVICES: [(&str, u16); 8] = [
    ("https", 443),
    ("smtp", 25),
    ("submission", 587),
    ("submissions", 465),
    ("imaps", 993),
    ("imap", 143),
    ("pop3s", 995),
    ("ldaps", 636),
];

/// Options without a value that may stand before the target.
const FLAGS: [&str; 14] = [
    "showcerts",
    "brief",
    "noservername",
    "status",
    "tlsextdebug",
    "quiet",
    "4",
    "6",
    "ign_eof",
    "no_ign_eof",
    "tls1",
    "tls1_1",
    "tls1_2",
    "tls1_3",
];

/// Whether a command of `s_client` stands in this line, or may stand in it.
pub(super) fn begins(line: &str) -> bool {
    occurrences(line).next().is_some()
}

/// What stands before and behind each word `s_client` of a line.
fn occurrences(line: &str) -> impl Iterator<Item = (&str, &str)> {
    line.match_indices("s_client").filter_map(move |(at, word)| {
        let (before, after) = (line.get(..at)?, line.get(at + word.len()..)?);
        let is_word = before.ends_with([' ', '\t', '>']) && after.starts_with([' ', '\t']);
        is_word.then_some((before, after))
    })
}

/// The command in a line, its continuations joined; none where there is not exactly one that is OpenSSL's.
pub(super) fn parse(line: &str) -> Option<Command> {
    let mut found = occurrences(line);
    let (before, words) = found.next()?;
    if found.next().is_some() || line.matches("s_client").count() > 1 {
        return None;
    }
    let program = before.split_whitespace().next_back()?.trim_matches(['"', '\'']);
    let name = program.rsplit(['/', '\\']).next()?.to_ascii_lowercase();
    name.starts_with("openssl").then(|| of(words))
}

fn of(rest: &str) -> Command {
    let mut words: Vec<&str> = Vec::new();
    for word in rest.split_whitespace() {
        if word.starts_with(['<', '>', '|', ';', '&', '#']) || word.starts_with("2>") {
            break;
        }
        let (word, ends) = word.split_once(';').map_or((word, false), |(word, _)| (word, true));
        words.push(word.trim_matches(['"', '\'']));
        if ends {
            break;
        }
    }
    let option = |word: &str| -> Option<String> {
        let name = word.strip_prefix('-')?;
        Some(name.strip_prefix('-').unwrap_or(name).to_owned())
    };
    let names: Vec<Option<String>> = words.iter().map(|word| option(word)).collect();
    let has = |name: &str| names.iter().any(|known| known.as_deref() == Some(name));
    let value = |name: &str| {
        let at = names.iter().rposition(|known| known.as_deref() == Some(name))?;
        words.get(at + 1).copied()
    };
    let starts = |start: &str| names.iter().flatten().any(|name| name.starts_with(start));
    let foreign = if starts("dtls") || starts("sctp") || starts("quic") {
        Some("the command asks for TLS over something else than TCP")
    } else if has("unix") {
        Some("the command asks a socket of this machine")
    } else {
        None
    };
    let positional = || {
        let (last, before) = words.split_last()?;
        let free = match before.last() {
            Some(before) => option(before).is_none_or(|name| FLAGS.contains(&name.as_str())),
            None => true,
        };
        (free && last.contains(':') && !last.starts_with('-')).then_some(*last)
    };
    let named = value("connect").or_else(positional);
    let place = match named {
        Some(text) => host_and_port(text),
        None => value("host").and_then(|name| {
            let port = value("port").map_or(Some(DEFAULT_PORT), port_of)?;
            Some((host(name).filter(|name| is_host(name))?, port))
        }),
    };
    let transport = match value("starttls") {
        Some(name) => Transport::StartTls(StartTls::from_name(name).unwrap_or(StartTls::Unnamed)),
        None if has("starttls") => Transport::StartTls(StartTls::Unnamed),
        None => Transport::Direct,
    };
    let target = place.filter(|_| foreign.is_none()).map(|(name, port)| {
        let server_name = match value("servername").filter(|_| !has("noservername")) {
            _ if has("noservername") => Name::Stated(ServerName::Omitted),
            Some(asked) => {
                Name::Stated(host(asked).filter(|name| is_host(name)).map_or(ServerName::Unstated, ServerName::Sent))
            }
            None if has("servername") => Name::Stated(ServerName::Unstated),
            None if name.parse::<IpAddr>().is_ok() => Name::Stated(ServerName::Omitted),
            // A name without a dot is none of the DNS to OpenSSL.
            None if !name.contains('.') => Name::Stated(ServerName::Unstated),
            None => Name::ByVersion(name.clone()),
        };
        Target { host: name, port, transport, server_name, is_proxied: has("proxy") }
    });
    let text: Vec<&str> = std::iter::once("openssl s_client").chain(words.iter().copied()).collect();
    // What a shell puts in their place may be other options.
    let is_plain =
        words.iter().all(|word| !word.contains(['$', '`', '{', '%', '!', '*', '@']) || word.contains("@SECLEVEL="));
    Command { text: text.join(" "), target, only: only(&names).filter(|_| is_plain), foreign }
}

/// The version that is offered alone. Bounds and exclusions leave it open which ones are.
fn only(names: &[Option<String>]) -> Option<ProtocolVersion> {
    const ONLY: [(&str, ProtocolVersion); 5] = [
        ("ssl3", ProtocolVersion::SSL3),
        ("tls1", ProtocolVersion::TLS1_0),
        ("tls1_1", ProtocolVersion::TLS1_1),
        ("tls1_2", ProtocolVersion::TLS1_2),
        ("tls1_3", ProtocolVersion::TLS1_3),
    ];
    let bounds = |name: &str| {
        matches!(name, "min_protocol" | "max_protocol" | "fallback_scsv")
            || name.strip_prefix("no_").is_some_and(|rest| rest.starts_with("tls") || rest.starts_with("ssl"))
    };
    let names = || names.iter().flatten().map(String::as_str);
    if names().any(bounds) {
        return None;
    }
    let mut found =
        names().filter_map(|name| ONLY.iter().find(|(known, _)| *known == name)).map(|(_, version)| *version);
    let first = found.next()?;
    found.all(|other| other == first).then_some(first)
}

/// `a.test:443`, `[2001:db8::1]:443`, `a.test:smtp`, `a.test`.
fn host_and_port(text: &str) -> Option<(String, u16)> {
    let (name, port) = match text.rsplit_once(':') {
        Some((name, port)) if !name.contains(':') || name.ends_with(']') => (name, port_of(port)?),
        Some(_) => return None,
        None => (text, DEFAULT_PORT),
    };
    Some((host(name).filter(|name| is_host(name))?, port))
}

fn port_of(text: &str) -> Option<u16> {
    let known = SERVICES.iter().find(|(name, _)| *name == text).map(|(_, port)| *port);
    known.or_else(|| text.parse().ok()).filter(|port| *port != 0)
}

/// Whether it is a name or an address, and no variable of a shell or placeholder.
fn is_host(name: &str) -> bool {
    address(name).is_some()
        || (!name.starts_with('-')
            && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_'))
            && !matches!(name, "host" | "hostname" | "server"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(line: &str) -> Option<String> {
        let target = parse(line)?.target?;
        Some(format!("{} {} {:?} {:?}", target.host, target.port, target.transport, target.server_name))
    }

    #[test]
    fn targets_are_read_from_commands() {
        let direct = "a.test 443 Direct ByVersion(\"a.test\")";
        for (line, expected) in [
            ("$ openssl s_client -connect a.test:443 </dev/null", Some(direct)),
            ("echo | openssl s_client a.test:443", Some(direct)),
            ("openssl s_client -showcerts A.test:443 2>&1 | grep x", Some(direct)),
            ("OpenSSL> s_client -host a.test -port https", Some(direct)),
            ("openssl s_client -connect \"a.test:443\";", Some(direct)),
            (
                "openssl s_client -connect a.test:443 -servername b.test",
                Some("a.test 443 Direct Stated(Sent(\"b.test\"))"),
            ),
            ("openssl s_client -connect a.test:443 -noservername", Some("a.test 443 Direct Stated(Omitted)")),
            ("openssl s_client -connect [::1]:25 -starttls smtp", Some("::1 25 StartTls(Smtp) Stated(Omitted)")),
            (
                "openssl s_client -connect a.test:25 -starttls magic",
                Some("a.test 25 StartTls(Unnamed) ByVersion(\"a.test\")"),
            ),
            ("openssl s_client -connect localhost:443", Some("localhost 443 Direct Stated(Unstated)")),
            ("openssl s_client -connect a.test", Some("a.test 4433 Direct ByVersion(\"a.test\")")),
            ("openssl s_client -servername a.test:443", None),
            ("openssl s_client -connect $HOST:443", None),
            ("openssl s_client -connect a.test:$p", None),
            ("openssl s_client -connect a.test:0", None),
            ("openssl s_client -connect a.test:443 -dtls1_2", None),
            ("openssl s_client -unix /run/x -connect a.test:443", None),
            ("openssl s_client -connect a.test:443; openssl s_client -connect b.test:443", None),
            ("openssl s_client", None),
            ("the s_client -connect a.test:443", None),
            ("> \"C:\\Program Files\\OpenSSL\\openssl.exe\" s_client -connect a.test:443", Some(direct)),
            ("/opt/openssl@3/bin/openssl s_client -connect a.test:443", Some(direct)),
            ("openssl s_server -accept 443", None),
        ] {
            assert_eq!(target(line).as_deref(), expected, "{line}");
        }
    }

    #[test]
    fn a_version_is_offered_alone_only_where_nothing_else_is_said() {
        for (options, expected) in [
            ("-tls1", Some(ProtocolVersion::TLS1_0)),
            ("-tls1_3 -tls1_3", Some(ProtocolVersion::TLS1_3)),
            ("-tls1 -cipher ALL:@SECLEVEL=0", Some(ProtocolVersion::TLS1_0)),
            ("-tls1 -tls1_1", None),
            ("-tls1 -no_tls1", None),
            ("-max_protocol TLSv1", None),
            ("-tls1 -min_protocol TLSv1", None),
            ("-$v", None),
            ("-tls1 $MORE", None),
            ("", None),
        ] {
            let line = format!("openssl s_client -connect a.test:443 {options}");
            assert_eq!(parse(&line).unwrap().only, expected, "{options}");
        }
    }
}
