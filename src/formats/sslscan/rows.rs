//! What one target's report says, row by row, whichever form it was written in.

use crate::evidence::{Der, DhParameters, ReportedCertificate, ServerName};
use crate::iana::{CipherSuite, NamedGroup, ProtocolVersion, SignatureScheme};
use crate::source::Span;

/// A target that was scanned.
#[derive(Debug)]
pub(super) struct Target {
    /// As it was asked for.
    pub(super) host: Option<String>,
    /// The address that answered; only the printed form has it.
    pub(super) address: Option<String>,
    pub(super) port: u16,
    pub(super) server_name: ServerName,
    /// Where the target is named.
    pub(super) place: Span,
    /// Why its report is not there to the end, if it is not.
    pub(super) cut: Option<&'static str>,
    /// Each version, and whether it is enabled.
    pub(super) versions: Vec<(ProtocolVersion, bool, Span)>,
    pub(super) suites: Vec<Suite>,
    /// A row of the suites that could not be read.
    pub(super) unread_suites: Vec<Span>,
    pub(super) groups: Vec<(NamedGroup, Span)>,
    pub(super) schemes: Vec<(SignatureScheme, Span)>,
    /// Where it says that every scheme was accepted, even one that nobody has.
    pub(super) any_scheme: Option<Span>,
    /// Whether renegotiation worked, and whether it was the secure one.
    pub(super) renegotiation: Vec<(bool, bool, Span)>,
    pub(super) compression: Vec<(bool, Span)>,
    /// Where it says that the scanner could not test compression.
    pub(super) no_compression_test: Option<Span>,
    /// Whether the fallback signal is understood; none where that could not be told.
    pub(super) fallback: Vec<(Option<bool>, Span)>,
    pub(super) heartbleed: Vec<(bool, Span)>,
    /// Certificates by their bytes, in order.
    pub(super) shown: Vec<(Der, Span)>,
    /// Certificates as the scanner describes them.
    pub(super) described: Vec<ReportedCertificate>,
    /// A certificate that could not be read.
    pub(super) unread_certificate: Option<Span>,
    /// What went wrong.
    pub(super) errors: Vec<(String, Span)>,
}

/// An accepted suite.
#[derive(Debug)]
pub(super) struct Suite {
    pub(super) version: ProtocolVersion,
    pub(super) suite: CipherSuite,
    pub(super) group: Option<NamedGroup>,
    pub(super) dh: Option<DhParameters>,
    pub(super) place: Span,
}

impl Target {
    /// A target of which nothing is said yet.
    pub(super) fn new(host: Option<String>, port: u16, server_name: ServerName, place: Span) -> Self {
        Self {
            host,
            address: None,
            port,
            server_name,
            place,
            cut: None,
            versions: Vec::new(),
            suites: Vec::new(),
            unread_suites: Vec::new(),
            groups: Vec::new(),
            schemes: Vec::new(),
            any_scheme: None,
            renegotiation: Vec::new(),
            compression: Vec::new(),
            no_compression_test: None,
            fallback: Vec::new(),
            heartbleed: Vec::new(),
            shown: Vec::new(),
            described: Vec::new(),
            unread_certificate: None,
            errors: Vec::new(),
        }
    }
}

/// Bits of Diffie-Hellman parameters, as sslscan counts them.
pub(super) fn dh(bits: Option<u32>) -> Option<DhParameters> {
    bits.map(|bits| DhParameters { bits, name: None })
}

/// A group by the name that sslscan has for the curve of a handshake: `25519`, `448`, `P-256`, `brainpoolP256r1`.
pub(super) fn curve(name: &str) -> Option<NamedGroup> {
    NamedGroup::from_name(name)
}
