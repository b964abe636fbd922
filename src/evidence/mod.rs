//! What was observed, without judgement: sources, scans and their subjects.
//!
//! Evidence is never merged on the wire: each scan keeps what it saw, and [`merge`] lays the scans of one
//! endpoint side by side when it is judged. What is neither a service nor certificates is an [`Exhibit`] of its kind.

use serde::{Deserialize, Serialize};

use crate::source::{Source, Span};
use crate::time::Timestamp;

mod beside;
mod certificate;
mod endpoint;
mod endpoint_key;
mod exhibit;
mod lists;
mod merge;
mod observed;
mod revocation;
mod sealed;
mod suites;
mod supersede;
mod unseen;
mod view;

pub use certificate::{Certificate, Der, Presented, ReportedCertificate, ToolTrust};
pub use endpoint::{
    AttackTest, ClassOffer, ClientCertificate, DhParameters, Endpoint, Feature, FeatureName, Preference, SuiteClass,
    SuiteList, TlsSupport,
};
pub use endpoint_key::{EndpointKey, Flow, Role, ServerName, StartTls, Transport};
pub(crate) use endpoint_key::{UNNAMED, WITHOUT_PORT};
pub use exhibit::{Attribute, Exhibit, ExhibitView, Particular};
pub(crate) use lists::contradiction;
pub use lists::{Offered, Offers, offers};
pub use merge::{Dossier, Merged, Offer, Sighting, View, merge};
pub use observed::{
    Basis, Enumerated, Fact, Gap, GapReason, Membership, NOT_ASKED, Observed, Refusal, RefusalKind, Rest,
};
pub use revocation::{Fetch, ReportedRevocation, Revocation, RevocationEvidence};
pub(crate) use sealed::{SEAL, check_seal};
pub use suites::{Directed, SuiteUse, Suites};
pub use supersede::Superseded;
pub use view::{CertificateView, ChainView, PresentedView};

/// The version of the Evidence schema that this build writes.
pub const SCHEMA_VERSION: u32 = 1;

/// Everything that was read from one set of inputs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Evidence {
    /// Version of this schema.
    pub schema_version: u32,
    /// The inputs, as supplied.
    pub sources: Vec<Source>,
    /// One entry for each run of a tool, or for each pasted set of certificates.
    pub scans: Vec<Scan>,
}

impl Evidence {
    /// Nothing, of these sources.
    #[must_use]
    pub fn new(sources: Vec<Source>) -> Self {
        Self { schema_version: SCHEMA_VERSION, sources, scans: Vec::new() }
    }
}

/// One run of a tool against its targets, or one pasted set of certificates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Scan {
    /// The source that it stands in.
    pub source: u32,
    /// Id of the format, as in the table of readers.
    pub format: String,
    /// The tool's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// Its version, as it prints it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_version: Option<String>,
    /// The command line, if the report has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// When it was taken: the start of the scan.
    pub started: Observed<Timestamp>,
    /// From where, in the tool's or the user's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vantage: Option<String>,
    /// Whether the scan came to its end.
    pub completion: Completion,
    /// What it speaks of.
    pub subjects: Vec<Subject>,
}

/// Whether a scan came to its end. Only a finished scan can take part in a compliant verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Completion {
    /// The report says so, or the evidence is not a scan and is there whole.
    Finished(Vec<Span>),
    /// It did not: what it did not reach is unknown.
    Unfinished(Gap),
}

impl Completion {
    /// Why the scan is not known to be finished.
    #[must_use]
    pub const fn gap(&self) -> Option<&Gap> {
        match self {
            Self::Finished(_) => None,
            Self::Unfinished(gap) => Some(gap),
        }
    }
}

/// What evidence can be about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Subject {
    /// A service at an address and port.
    Endpoint(Box<Endpoint>),
    /// Certificates without a service, as they are pasted.
    Chain(Box<Chain>),
    /// Anything else, which is known by named facts.
    Exhibit(Box<Exhibit>),
    /// What was said of the revocation of certificates; it is judged with the certificates that it speaks of.
    Revocation(Box<Revocation>),
}

/// The kinds of [`Subject`], as a policy names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum SubjectKind {
    /// A service at an address and port.
    Endpoint,
    /// Certificates without a service.
    Chain,
    /// One way of a message from one host to the next, as the receiving one recorded it.
    MailHop,
    /// What a sender of mail reports of its sessions with a domain, under one policy.
    TlsReport,
    /// The policy that a domain serves for MTA-STS.
    MtaStsPolicy,
    /// The records of one name and type.
    DnsRecord,
    /// An IPsec tunnel: a pair of security associations that carry data.
    Tunnel,
    /// A connector of Exchange, as its settings are exported.
    Connector,
    /// The transport configuration of an Exchange organization.
    TransportConfig,
    /// A certificate as Exchange lists it.
    ExchangeCertificate,
    /// What a mail server replied to a delivery that failed.
    SmtpReply,
    /// A domain that mail is exchanged with: what connectors and settings come to for it.
    MailPartner,
    /// A flow that the inventory names.
    InventoryFlow,
}

impl SubjectKind {
    pub(crate) const ALL: [Self; 13] = [
        Self::Endpoint,
        Self::Chain,
        Self::MailHop,
        Self::TlsReport,
        Self::MtaStsPolicy,
        Self::DnsRecord,
        Self::Tunnel,
        Self::Connector,
        Self::TransportConfig,
        Self::ExchangeCertificate,
        Self::SmtpReply,
        Self::MailPartner,
        Self::InventoryFlow,
    ];
    /// Those that stand in a scan: all but the last two.
    pub(crate) const SHOWN: &'static [Self] = match &Self::ALL {
        [shown @ .., Self::MailPartner, Self::InventoryFlow] => shown,
        _ => &[],
    };
    /// Those of an [`Exhibit`]: all of these but the first two.
    pub(crate) const EXHIBITS: &'static [Self] = match Self::SHOWN {
        [Self::Endpoint, Self::Chain, exhibits @ ..] => exhibits,
        _ => &[],
    };

    /// The word that policies use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Endpoint => "endpoint",
            Self::Chain => "chain",
            Self::MailHop => "mailHop",
            Self::TlsReport => "tlsReport",
            Self::MtaStsPolicy => "mtaStsPolicy",
            Self::DnsRecord => "dnsRecord",
            Self::Tunnel => "tunnel",
            Self::Connector => "connector",
            Self::TransportConfig => "transportConfig",
            Self::ExchangeCertificate => "exchangeCertificate",
            Self::SmtpReply => "smtpReply",
            Self::MailPartner => "mailPartner",
            Self::InventoryFlow => "inventoryFlow",
        }
    }

    /// Whether it is about mail.
    pub(crate) const fn is_of_mail(self) -> bool {
        matches!(
            self,
            Self::MailHop
                | Self::TlsReport
                | Self::MtaStsPolicy
                | Self::Connector
                | Self::SmtpReply
                | Self::MailPartner
        )
    }

    /// Whether it only serves to judge others.
    pub(crate) const fn is_background(self) -> bool {
        matches!(self, Self::TransportConfig | Self::ExchangeCertificate)
    }

    /// The shipped pack that judges it.
    pub(crate) const fn pack(self) -> &'static str {
        match self {
            Self::Endpoint | Self::Chain => crate::policy::DEFAULT_PACK,
            Self::MailHop => "mail-in-transit-1.0",
            Self::TlsReport | Self::MtaStsPolicy | Self::DnsRecord => "mta-sts-1.0",
            Self::Tunnel | Self::InventoryFlow => "ipsec-baseline-1.0",
            Self::Connector
            | Self::TransportConfig
            | Self::ExchangeCertificate
            | Self::SmtpReply
            | Self::MailPartner => "m365-forced-tls-1.0",
        }
    }

    /// What people call it, with its article.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Endpoint => "an endpoint",
            Self::Chain => "a certificate chain",
            Self::MailHop => "a mail hop",
            Self::TlsReport => "a TLS report",
            Self::MtaStsPolicy => "an MTA-STS policy",
            Self::DnsRecord => "a DNS answer",
            Self::Tunnel => "an IPsec tunnel",
            Self::Connector => "a connector",
            Self::TransportConfig => "a transport configuration",
            Self::ExchangeCertificate => "an Exchange certificate",
            Self::SmtpReply => "a reply of a mail server",
            Self::MailPartner => "a mail partner",
            Self::InventoryFlow => "a flow of the inventory",
        }
    }
}

/// Certificates without a service: nobody has seen who serves them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Chain {
    /// The host that they are said to be for.
    pub host: Observed<String>,
    /// The certificates, leaf first.
    pub presented: Presented,
}
