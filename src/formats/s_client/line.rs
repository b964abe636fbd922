//! The lines that `s_client` prints, by how they begin.

/// What a line speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Label {
    /// The address that is tried, since 3.2.
    Connecting,
    Connected,
    /// The same with `-brief`, behind the handshake.
    Established,
    ConnectFailed,
    /// `depth=`, `verify …`: what the client thought of the chain on the way.
    Verifying,
    NoServerName,
    NoStartTls,
    /// A stapled OCSP response, with the certificates of who signed it.
    Status,
    Chain,
    Leaf,
    NoCertificate,
    Read,
    New,
    Reused,
    Version,
    BriefSuite,
    SessionSuite,
    Group,
    Digest,
    Signature,
    Verification,
    Renegotiation,
    RenegotiationExtension,
    Compression,
    Requested,
    StartTime,
    Ticket,
    /// The next connection, with the session of the one before.
    Reconnect,
    /// What the program says of its options.
    Usage,
    /// What OpenSSL's error queue held.
    Error,
    /// The same behind the handshake.
    LateError,
}

use Label as L;

const LABELS: [(&str, Label); 39] = [
    ("Connecting to ", L::Connecting),
    ("CONNECTED(", L::Connected),
    ("CONNECTION ESTABLISHED", L::Established),
    ("connect:errno=", L::ConnectFailed),
    ("depth=", L::Verifying),
    ("verify error:num=", L::Verifying),
    ("verify return:", L::Verifying),
    ("Can't use SSL_get_servername", L::NoServerName),
    ("Didn't find STARTTLS in server response", L::NoStartTls),
    ("OCSP response:", L::Status),
    ("Certificate chain", L::Chain),
    ("Server certificate", L::Leaf),
    ("no peer certificate available", L::NoCertificate),
    ("SSL handshake has read ", L::Read),
    ("New, ", L::New),
    ("Reused, ", L::Reused),
    ("Protocol version: ", L::Version),
    ("Protocol  : ", L::Version),
    ("Protocol: ", L::Version),
    ("Ciphersuite: ", L::BriefSuite),
    ("Cipher    : ", L::SessionSuite),
    ("Server Temp Key: ", L::Group),
    ("Peer Temp Key: ", L::Group),
    ("Negotiated TLS1.3 group: ", L::Group),
    ("Peer signing digest: ", L::Digest),
    ("Hash used: ", L::Digest),
    ("Peer signature type: ", L::Signature),
    ("Signature type: ", L::Signature),
    ("Verification: ", L::Verification),
    ("Verification error: ", L::Verification),
    ("Verify return code: ", L::Verification),
    ("Secure Renegotiation IS ", L::Renegotiation),
    ("TLS server extension \"renegotiation info\" (id=65281)", L::RenegotiationExtension),
    ("Compression: ", L::Compression),
    ("Acceptable client certificate CA names", L::Requested),
    ("Start Time: ", L::StartTime),
    ("Post-Handshake New Session Ticket arrived", L::Ticket),
    ("drop connection and then reconnect", L::Reconnect),
    ("s_client: ", L::Usage),
];
/// Two more that say the same as the names of authorities.
const REQUESTED: [&str; 2] = ["Requested Signature Algorithms: ", "Client Certificate Types: "];

impl Label {
    /// Whether nothing else writes such a line.
    pub(super) const fn is_telling(self) -> bool {
        !matches!(
            self,
            L::Version | L::SessionSuite | L::Compression | L::StartTime | L::Signature | L::BriefSuite | L::Digest
        )
    }

    /// Whether a line with these words stands in a session, and in nothing that is copied out of one.
    pub(super) fn is_of_session(self, words: &str) -> bool {
        match self {
            L::Connected | L::Established | L::ConnectFailed | L::NoCertificate | L::Read => true,
            L::New | L::Reused => words.contains(", Cipher is "),
            _ => false,
        }
    }

    /// Whether it stands once in a session, so that another one begins where it stands again.
    pub(super) const fn is_landmark(self) -> bool {
        matches!(
            self,
            L::Connecting
                | L::Connected
                | L::Established
                | L::Chain
                | L::Leaf
                | L::NoCertificate
                | L::Read
                | L::New
                | L::Reused
                | L::BriefSuite
        )
    }
}

/// A line without its indentation and what mails put before it.
pub(super) fn unquoted(line: &str) -> &str {
    line.trim_end().trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '>' | '|'))
}

/// What a line speaks of, and its words behind that.
pub(super) fn label(line: &str) -> Option<(Label, &str)> {
    if let Some((label, words)) = LABELS.iter().find_map(|(start, label)| Some((*label, line.strip_prefix(start)?))) {
        return Some((label, words));
    }
    if REQUESTED.iter().any(|start| line.starts_with(start)) {
        return Some((L::Requested, ""));
    }
    // `80CB850AB07F0000:error:0A00010B:SSL routines:…`; up to 1.1.1 the first number is decimal.
    let (thread, words) = line.split_once(":error:")?;
    (!thread.is_empty() && thread.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some((L::Error, words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_known_by_how_they_begin() {
        for (line, expected) in [
            ("CONNECTED(00000003)", Some((L::Connected, "00000003)"))),
            (
                "New, TLSv1.3, Cipher is TLS_AES_256_GCM_SHA384",
                Some((L::New, "TLSv1.3, Cipher is TLS_AES_256_GCM_SHA384")),
            ),
            ("Protocol  : TLSv1", Some((L::Version, "TLSv1"))),
            ("80CB:error:0A00010B:SSL routines::wrong", Some((L::Error, "0A00010B:SSL routines::wrong"))),
            ("an:error:is no thread", None),
            (":error:", None),
            ("Protocol", None),
            ("Connected to 192.0.2.1", None),
        ] {
            assert_eq!(label(line), expected, "{line}");
        }
    }
}
