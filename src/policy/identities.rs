//! Whom the policy expects behind a host: a record for each host, side and time.
//!
//! A record is chosen by the host that was asked for, never by what a certificate says of itself. Windows may overlap:
//! certificates change while both are in use.

use std::fmt;
use std::str::FromStr;

use crate::diagnostic::Diagnostic;
use crate::evidence::Role;
use crate::formats::json::Value;
use crate::letters::lower_case;
use crate::pki::is_same_host;
use crate::settings::{Setting, object};
use crate::time::{SECONDS_PER_DAY, Timestamp};

/// What is expected of the certificates of some hosts for some time.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename_all = "camelCase", deny_unknown_fields))]
pub struct IdentityRecord {
    /// A host, or `*.` and a domain for the names with one more label.
    pub host: String,
    /// Whose certificates it speaks of; a server's where it is not given.
    #[cfg_attr(feature = "schema", schemars(default = "server"))]
    pub role: Role,
    /// First day.
    pub from: Option<Timestamp>,
    /// Last day, which still counts.
    pub until: Option<Timestamp>,
    /// When somebody last saw that it is true.
    pub last_checked: Option<Timestamp>,
    /// Common names of issuing and root CAs, as the certificates have them.
    #[cfg_attr(feature = "schema", schemars(default))]
    pub issuers: Vec<String>,
    /// Organizations of the leaf.
    #[cfg_attr(feature = "schema", schemars(default))]
    pub organizations: Vec<String>,
    /// SHA-256 of the SubjectPublicKeyInfo of the roots that vouch for these names.
    #[cfg_attr(feature = "schema", schemars(default))]
    pub root_spki_sha256: Vec<Pin>,
    /// SHA-256 of the SubjectPublicKeyInfo of the leaf.
    #[cfg_attr(feature = "schema", schemars(default))]
    pub spki_sha256: Vec<Pin>,
    /// SHA-256 of the leaf.
    #[cfg_attr(feature = "schema", schemars(default))]
    pub certificate_sha256: Vec<Pin>,
    /// Where it is said.
    pub source: Option<String>,
}

#[cfg(feature = "schema")]
fn server() -> Role {
    Role::Server
}

/// A SHA-256 of a key or a certificate, lower-case hex.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Pin(String);

impl Pin {
    /// Whether it is this one, in lower-case hex.
    #[must_use]
    pub fn is(&self, sha256: &str) -> bool {
        self.0 == sha256
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Hex in any case, with colons as OpenSSL prints fingerprints or without.
impl FromStr for Pin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = lower_case(&text.trim().replace(':', ""));
        if digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(Self(digits));
        }
        Err(format!("expected a SHA-256 as 64 hex digits, found `{text}`"))
    }
}

impl Setting for IdentityRecord {
    fn read(value: Value<'_>, problems: &mut Vec<Diagnostic>) -> Option<Self> {
        object(Some(value), problems, |members| {
            let host = members.required("host");
            Some(Self {
                role: members.optional("role").unwrap_or(Role::Server),
                from: members.optional("from"),
                until: members.optional("until"),
                last_checked: members.optional("lastChecked"),
                issuers: members.or_default("issuers"),
                organizations: members.or_default("organizations"),
                root_spki_sha256: members.or_default("rootSpkiSha256"),
                spki_sha256: members.or_default("spkiSha256"),
                certificate_sha256: members.or_default("certificateSha256"),
                source: members.optional("source"),
                host: host?,
            })
        })
    }
}

impl IdentityRecord {
    /// What is wrong with it, if anything is.
    pub(super) fn problem(&self) -> Option<String> {
        let host = &self.host;
        let says_nothing = self.issuers.is_empty()
            && self.organizations.is_empty()
            && self.spki_sha256.is_empty()
            && self.certificate_sha256.is_empty();
        if says_nothing {
            return Some(format!(
                "the identity of `{host}` expects nothing; expected `issuers`, `organizations`, `spkiSha256` or \
                 `certificateSha256`"
            ));
        }
        let pattern = host.strip_prefix("*.").unwrap_or(host);
        if pattern.is_empty() || pattern.contains('*') {
            return Some(format!("an identity names `{host}`; expected a host, or `*.` and a domain"));
        }
        let (from, until) = (self.from?, self.until?);
        (from > until).then(|| format!("the identity of `{host}` ends on {}, before it begins", until.date()))
    }

    /// Whether it is for this side of this host.
    pub(crate) fn is_for(&self, host: &str, role: Role) -> bool {
        self.role == role
            && match self.host.strip_prefix("*.") {
                Some(domain) => host.split_once('.').is_some_and(|(_, rest)| is_same_host(rest, domain)),
                None => is_same_host(host, &self.host),
            }
    }

    pub(crate) fn is_in_force(&self, at: Timestamp) -> bool {
        let begun = self.from.is_none_or(|from| from <= at);
        // A time of day in `until` does not lengthen its day.
        let day = |time: Timestamp| time.unix().div_euclid(SECONDS_PER_DAY);
        let ended = self.until.is_some_and(|until| day(at) > day(until));
        begun && !ended
    }
}
