//! What `openssl s_client` prints, of 1.1.1 to 3.6: as copied from a terminal, commands and prompts around it, several
//! sessions one behind another.
//!
//! What surprises: a failed handshake prints `Verification: OK` and `Verify return code: 0 (ok)`; the version in `New,
//! TLSv1.0, Cipher is …` is the one that the suite was made for, not the one that was negotiated; what goes to standard
//! error may stand before `CONNECTED` or behind it; TLS 1.3 has no renegotiation and reads `IS NOT supported`.

mod chain;
mod command;
mod endpoint;
mod line;
mod revocation;
mod session;

use self::endpoint::Sighted;
use self::line::label;
use super::Sink;
use crate::diagnostic::{Code, Diagnostic};
use crate::evidence::{Scan, Subject};
use crate::gathered::Gathered;

pub(super) const ID: &str = "openssl-s-client";
pub(super) const COMMANDS: &[&str] = &[
    "openssl s_client -connect HOST:443 -servername HOST -showcerts </dev/null",
    "openssl s_client -connect HOST:25 -starttls smtp -servername HOST -showcerts </dev/null",
];
pub(super) const NEVER_SHOWS: &[&str] = &[
    "what else the server accepts: one connection shows one version, suite, group and chain",
    "that a version is refused, unless the command is there, the server's alert says so, and another session succeeded",
    "the target, unless the command is there; the time, unless the session's start time is",
    "certificates other than the leaf without `-showcerts`, and none with `-brief` or after a failed handshake",
    "compression that OpenSSL does not offer, and what the server answers to known attacks",
];

/// Whether a line is one that `s_client` prints, or a command that starts it.
pub(super) fn starts(line: &str) -> bool {
    command::begins(line) || label(line::unquoted(line)).is_some_and(|(label, _)| label.is_telling())
}

/// Whether a session is there, and not only certificates that were copied from one.
pub(super) fn recognises(text: &str) -> bool {
    text.lines().any(|line| label(line::unquoted(line)).is_some_and(|(label, words)| label.is_of_session(words)))
}

/// Reads the sessions between two bytes of the source; certificates that are of none go to the others that were pasted.
pub(super) fn read(start: usize, end: usize, sink: &mut Sink<'_>) {
    let (sessions, left_out) = session::split(sink.source, start, end);
    if let Some(place) = left_out {
        sink.note(
            Diagnostic::error(Code::InputTooLarge, "too many sessions; from here on they were not read").at(place),
        );
    }
    let sightings = chain::take(sessions, start, end, sink);
    let keys: Vec<_> = sightings.iter().map(|(session, chains)| Sighted::of(session, chains, sink)).gathered();
    for (at, (session, _)) in sightings.iter().enumerate() {
        let Some(sighted) = keys.get(at) else { continue };
        if session.is_ambiguous {
            let message =
                "several commands stand before this session, or one that is of several: its target is not known";
            sink.note(Diagnostic::warning(Code::LimitedScan, message).at(session.place));
        }
        let (endpoint, completion) = sighted.endpoint(session, &keys);
        let status = session.status.map(|place| revocation::subjects(sink.source, place, &endpoint));
        let mut subjects = status.unwrap_or_default();
        subjects.insert(0, Subject::Endpoint(Box::new(endpoint)));
        sink.scans.push(Scan {
            source: sink.source.id(),
            format: ID.to_owned(),
            tool: Some("openssl s_client".to_owned()),
            tool_version: None,
            command: session.command.as_ref().map(|command| command.text.clone()),
            started: sighted.started.clone(),
            vantage: None,
            completion,
            subjects,
        });
    }
}
