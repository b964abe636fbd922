//! Targets that stand only in the words of an error.

use crate::evidence::{
    Basis, Endpoint, EndpointKey, Fact, Gap, GapReason, Observed, Role, ServerName, StartTls, TlsSupport, Transport,
};
use crate::formats::service::{address, host};
use crate::letters::beginning;
use crate::source::Span;

/// Why a target was not scanned, and what is known of it, if the error names it.
pub(super) fn read(message: &str, place: Span) -> (Gap, Option<Endpoint>) {
    let message = message.trim();
    let shown = beginning(message, 200);
    let gap = Gap::new(GapReason::Blocked, format!("sslscan says `{shown}`")).at([place]);
    let Some((name, numeric, port)) = target(message) else {
        return (Gap { reason: GapReason::Failed, ..gap }, None);
    };
    let protocol = without_starttls(message);
    let key = EndpointKey {
        host: host(name),
        address: numeric.or(Some(name)).and_then(address),
        port,
        transport: protocol.map_or(Transport::Unstated, Transport::StartTls),
        server_name: ServerName::Unstated,
        role: Role::Server,
    };
    let mut endpoint = Endpoint::unseen(key, &gap);
    if protocol.is_some() {
        endpoint.tls = Observed::Known(Fact::new(TlsSupport::StartTlsNotAdvertised, Basis::ToolSays, [place]));
    }
    (gap, Some(endpoint))
}

/// `… host 127.0.0.1 (127.0.0.1) on port 14499.` and `… service on 127.0.0.1 port 10026 did not …`.
fn target(message: &str) -> Option<(&str, Option<&str>, u16)> {
    let (before, after) = message.split_once(" on port ").or_else(|| message.split_once(" port "))?;
    let digits = after.split(|c: char| !c.is_ascii_digit()).next()?;
    let port = digits.parse().ok()?;
    let mut words = before.split_whitespace().rev();
    let last = words.next()?;
    let (name, numeric) = match last.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')) {
        Some(numeric) => (words.next()?, Some(numeric)),
        None => (last, None),
    };
    matches!(words.next(), Some("host" | "on" | "to" | "server")).then_some((name, numeric, port))
}

/// The protocol of `The SMTP service on … did not appear to support STARTTLS.`
fn without_starttls(message: &str) -> Option<StartTls> {
    let (name, _) = message.strip_prefix("The ")?.split_once(" service on ")?;
    message.ends_with("did not appear to support STARTTLS.").then(|| StartTls::from_name(name)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_found_in_errors() {
        for (message, expected) in [
            (
                "Could not open a connection to host a.test (192.0.2.1) on port 14499.",
                Some(("a.test", Some("192.0.2.1"), 14499)),
            ),
            (
                "The SMTP service on 192.0.2.1 port 10026 did not appear to support STARTTLS.",
                Some(("192.0.2.1", None, 10026)),
            ),
            ("The host a.test on port 25 did not appear to be an SMTP service.", Some(("a.test", None, 25))),
            ("Could not resolve hostname a.test.", None),
            ("Targets file targets.txt does not exist.", None),
            ("on port 99999999", None),
            ("", None),
        ] {
            assert_eq!(target(message), expected, "{message}");
        }
    }
}
