//! sslscan 2.0 to 2.2: XML (`--xml`) and what it prints.
//!
//! What surprises: a version that the scanner's own OpenSSL refuses to speak is reported as disabled, with exit 0;
//! suites are offered by OpenSSL in its own order, so that `preferred` says nothing of the server; a failed handshake,
//! as where a client certificate is required, leaves the suites out; SSL 2.0 and 3.0 suites are never listed; `bits`
//! of an elliptic curve are its strength, those of X25519 are 253; errors may name the only target there is.

mod certificates;
mod endpoint;
mod problem;
mod rows;
mod text;
mod xml;

use self::rows::Target;
use super::Sink;
use crate::evidence::{Completion, Gap, GapReason, Scan, Subject};
use crate::source::Span;

pub(super) use self::text::{read as read_text, recognises as recognises_text, starts as starts_text};
pub(super) use self::xml::{read as read_xml, recognises as recognises_xml};

pub(super) const ID: &str = "sslscan";
pub(super) const COMMANDS: &[&str] = &[
    "sslscan --show-certificate --xml=report.xml HOST:443",
    "sslscan --starttls-smtp --show-certificate --xml=report.xml HOST:25",
];
pub(super) const NEVER_SHOWS: &[&str] = &[
    "that a version is off, unless the same report shows that the scanner's OpenSSL can speak it",
    "every suite that is accepted: it lists those that its OpenSSL agreed on, and none of SSL 2.0 and SSL 3.0",
    "who chooses the cipher suite, and in which order",
    "post-quantum groups, and whether a client certificate is asked for",
    "the server's other chains, and before 2.1.4 more than the leaf of one",
    "whether STARTTLS was used, unless it failed; the time of the scan; in the printed form, targets that were cut off",
];

/// The scans of one report.
struct Report<'s, 'a> {
    sink: &'s mut Sink<'a>,
    version: Option<String>,
    /// What it says of its own OpenSSL, in the printed form.
    library: Option<(String, Span)>,
}

impl Report<'_, '_> {
    /// Adds the scans of these targets, and of the errors that stand beside them.
    fn add(&mut self, targets: &[Target], errors: &[(String, Span)]) {
        let demonstrated = endpoint::demonstrated(targets);
        for target in targets {
            let endpoint = endpoint::endpoint(target, &demonstrated, self.library.as_ref(), self.sink.diagnostics);
            let completion = match endpoint::unfinished(target, &endpoint) {
                Some(gap) => Completion::Unfinished(gap),
                None => Completion::Finished(vec![target.place]),
            };
            self.push(completion, vec![Subject::Endpoint(Box::new(endpoint))]);
        }
        for (message, place) in errors {
            let (gap, endpoint) = problem::read(message, *place);
            let subjects = endpoint.map(|endpoint| Subject::Endpoint(Box::new(endpoint))).into_iter().collect();
            self.push(Completion::Unfinished(gap), subjects);
        }
    }

    /// A scan of nothing, for this reason.
    fn nothing(&mut self, reason: GapReason, detail: &str, place: Span) {
        self.push(Completion::Unfinished(Gap::new(reason, detail).at([place])), Vec::new());
    }

    fn push(&mut self, completion: Completion, subjects: Vec<Subject>) {
        self.sink.scans.push(Scan {
            source: self.sink.source.id(),
            format: ID.to_owned(),
            tool: Some("sslscan".to_owned()),
            tool_version: self.version.clone(),
            command: None,
            started: self.sink.collected("a report of sslscan"),
            vantage: None,
            completion,
            subjects,
        });
    }
}
