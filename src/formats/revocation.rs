//! CRLs and OCSP responses, pasted or in a file: PEM or DER, beside certificates or alone.
//!
//! `X509 CRL` is the label of [RFC 7468 §6]; OCSP responses have none of their own, and tools write several. What a block
//! is, its bytes say.
//!
//! [RFC 7468 §6]: https://www.rfc-editor.org/rfc/rfc7468#section-6

use crate::diagnostic::{Code, Diagnostic};
use crate::evidence::{
    Basis, Certificate, Completion, Der, Endpoint, EndpointKey, Fact, Observed, Revocation, RevocationEvidence, Scan,
    Subject,
};
use crate::pki::revocation::{Statement, StatementKind};
use crate::source::Span;
use crate::time::Timestamp;

pub(super) const ID: &str = "revocation";
pub(super) const COMMANDS: &[&str] = &[
    "curl -O http://CRL-ADDRESS",
    "openssl ocsp -issuer ISSUER.pem -cert CERTIFICATE.pem -url http://OCSP-ADDRESS -respout response.der",
];
pub(super) const NEVER_SHOWS: &[&str] =
    &["who serves the certificates that it speaks of", "what happened after it was made"];

/// More than this of one input is not read: the largest lists of public CAs have some 10 MB.
const MOST_BYTES: usize = 64 << 20;
const MOST_STATEMENTS: usize = 1000;

/// What signed bytes say, if they are a CRL or an OCSP response.
pub(super) fn shown(bytes: &[u8], place: Span, diagnostics: &mut Vec<Diagnostic>) -> Option<RevocationEvidence> {
    let kind = StatementKind::of(bytes)?;
    if let Err(error) = Statement::read(kind, bytes) {
        let message = format!("{} cannot be read: {error}", kind.words());
        diagnostics.push(Diagnostic::error(Code::InvalidCertificate, message).at(place));
    }
    let fact = Fact::new(Der::new(bytes.to_vec()), Basis::Wire, [place]);
    Some(match kind {
        StatementKind::Crl => RevocationEvidence::Crl(fact),
        StatementKind::Ocsp => RevocationEvidence::OcspResponse(fact),
    })
}

/// What is known of revocation, for a service or by itself.
pub(super) fn subject(endpoint: Option<EndpointKey>, said: RevocationEvidence) -> Subject {
    Subject::Revocation(Box::new(Revocation { endpoint, said }))
}

/// Whether a certificate of the service demands that an OCSP response comes with it
/// ([RFC 7633](https://www.rfc-editor.org/rfc/rfc7633)): of others, whether one came decides nothing.
pub(super) fn must_staple(endpoint: &Endpoint) -> bool {
    let mut leaves = endpoint.chains.iter().filter_map(|chain| chain.certificates.first());
    leaves.any(|leaf| match leaf {
        Certificate::Der(fact) => fact.value.parsed().is_ok_and(|parsed| parsed.extensions.must_staple() == Some(true)),
        Certificate::Reported(_) => false,
    })
}

/// Collects what one input has of them.
#[derive(Default)]
pub(crate) struct Collected {
    subjects: Vec<Subject>,
    bytes: usize,
    is_full: bool,
}

impl Collected {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.subjects.len()
    }

    /// Takes bytes that are a CRL or an OCSP response; whether they are.
    pub(super) fn take(&mut self, bytes: &[u8], place: Span, diagnostics: &mut Vec<Diagnostic>) -> bool {
        if self.bytes + bytes.len() > MOST_BYTES || self.subjects.len() == MOST_STATEMENTS {
            let is_one = StatementKind::of(bytes).is_some();
            if is_one && !std::mem::replace(&mut self.is_full, true) {
                let message = format!(
                    "more than {} MiB or {MOST_STATEMENTS} pieces of CRLs and OCSP responses: the rest was not read",
                    MOST_BYTES >> 20
                );
                diagnostics.push(Diagnostic::error(Code::InputTooLarge, message).at(place));
            }
            return is_one;
        }
        let Some(said) = shown(bytes, place, diagnostics) else { return false };
        self.bytes += bytes.len();
        self.subjects.push(subject(None, said));
        true
    }

    /// The scan that they make, if there are any.
    pub(super) fn into_scan(self, source: u32, started: Observed<Timestamp>, scans: &mut Vec<Scan>) {
        if self.subjects.is_empty() {
            return;
        }
        scans.push(Scan {
            source,
            format: ID.to_owned(),
            tool: None,
            tool_version: None,
            command: None,
            started,
            vantage: None,
            completion: Completion::Finished(Vec::new()),
            subjects: self.subjects,
        });
    }
}
