//! What is neither a service nor certificates: a mail hop, and whatever else is known by a few named facts.
//!
//! All of these have one shape, so that evidence, reports and rules need no code of their own for each. What an
//! attribute holds is said at [`Attribute`]; a rule takes anything else for unknown.

use serde::{Deserialize, Serialize};

use super::observed::{Fact, Gap, GapReason, Observed};
use super::{Scan, SubjectKind};
use crate::source::Span;

/// A thing that is known by named facts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Exhibit {
    /// What kind of thing it is: neither an endpoint nor a chain.
    pub kind: SubjectKind,
    /// Its name for people.
    pub name: String,
    /// What is known of it, and what is not and why. What has several values stands there several times.
    pub particulars: Vec<Particular>,
}

/// One thing that is known of an exhibit, or is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Particular {
    /// What it is.
    pub attribute: Attribute,
    /// Its value in the form of the attribute.
    pub observed: Observed<String>,
}

/// Declares the attributes with the names that they have in JSON.
macro_rules! attributes {
    ($($(#[$doc:meta])* $name:ident = $word:literal),* $(,)?) => {
        /// What can be known of an exhibit. The values are texts.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
        #[serde(rename_all = "camelCase")]
        pub enum Attribute {
            $($(#[$doc])* $name,)*
        }

        impl Attribute {
            /// Every attribute with its name.
            pub(crate) const NAMED: &'static [(&'static str, Self)] = &[$(($word, Self::$name)),*];
        }
    };
}

attributes! {
    /// Mail hop: what the sender called itself.
    From = "from",
    /// Mail hop: the host name of the sender's address, where the receiver checked it in both directions.
    FromName = "fromName",
    /// Mail hop: the address of the sender.
    FromAddress = "fromAddress",
    /// Mail hop: the host that received, and that wrote the line.
    By = "by",
    /// Mail hop: how it was received, as the receiver calls it, such as `ESMTPS`
    /// ([RFC 3848](https://www.rfc-editor.org/rfc/rfc3848)). Tunnel: `ESP` or `AH`.
    Protocol = "protocol",
    /// `tls`; `none` for clear text; `local` where no network was between.
    Encryption = "encryption",
    /// The version of TLS, such as `TLS 1.2`.
    Version = "version",
    /// The cipher suite as the report calls it.
    Cipher = "cipher",
    /// Mail hop: when its line was written, RFC 3339.
    Received = "received",
    /// TLS report, MTA-STS policy: the domain in lower case.
    Domain = "domain",
    /// TLS report: `sts`, `tlsa` or `no-policy-found`.
    PolicyType = "policyType",
    /// TLS report: sessions that succeeded, a number.
    Successful = "successful",
    /// TLS report: sessions that failed, a number.
    Failed = "failed",
    /// TLS report: a kind of failure in words.
    Failure = "failure",
    /// MTA-STS policy: `enforce`, `testing` or `none`.
    Mode = "mode",
    /// MTA-STS policy: a pattern of names of mail servers.
    Mx = "mx",
    /// MTA-STS policy: how long it may be kept, in seconds.
    MaximumAge = "maximumAge",
    /// DNS answer: the name that was asked for, in lower case, without the dot at its end.
    Owner = "owner",
    /// DNS answer: the type that was asked for, such as `MX`.
    RecordType = "recordType",
    /// DNS answer: the status, such as `NOERROR`. Exchange certificate: what Exchange makes of it, such as `Valid`.
    Status = "status",
    /// DNS answer: the data of one record, as in a zone file; of TXT the text, of TLSA three numbers and lower-case hex.
    Data = "data",
    /// DNS answer: `delv` where that tool validated it up to its trust anchor, `ad` where a resolver says that it did; what
    /// the probe found by validating it itself: `secure`, or `insecure` or `bogus` with a colon and why.
    Validation = "validation",
    /// Tunnel: the version of IKE, `2` or `IKEv2`.
    IkeVersion = "ikeVersion",
    /// Tunnel: the state of the association that manages it, `ESTABLISHED` where it is.
    IkeState = "ikeState",
    /// Tunnel: its own state: `INSTALLED` where it carries data, as IKE says; `KERNEL` where the kernel has policies and
    /// associations for both directions, whoever manages them.
    State = "state",
    /// Tunnel: an algorithm of IKE, as strongSwan calls it, with the bits of its key: `AES_CBC-256`.
    IkeAlgorithm = "ikeAlgorithm",
    /// Tunnel: an algorithm of its own, called likewise; the group with which it was rekeyed is one.
    Algorithm = "algorithm",
    /// Tunnel: bytes that came through.
    BytesIn = "bytesIn",
    /// Tunnel: bytes that were sent through.
    BytesOut = "bytesOut",
    /// Tunnel: addresses on this side, such as `10.1.0.0/24` or `10.1.0.1/32[tcp/https]`.
    LocalSelector = "localSelector",
    /// Tunnel: addresses on the other side.
    RemoteSelector = "remoteSelector",
    /// Tunnel: `yes` where it took the place of an earlier one of the same association.
    Rekeyed = "rekeyed",
    /// Tunnel: `none` where a setting says that it is keyed without a key exchange of its own.
    OwnKeyExchange = "ownKeyExchange",
    /// Tunnel: how long an association of it lives, in seconds.
    Lifetime = "lifetime",
    /// Tunnel: `yes` where an association of it counts packets with 64 bits.
    ExtendedSequenceNumbers = "extendedSequenceNumbers",
    /// Exchange: the cmdlet that shows such objects, such as `Get-OutboundConnector`.
    Cmdlet = "cmdlet",
    /// Exchange: the object's name. Here and below, what is blank is an empty text, and switches are `true` or `false`.
    ObjectName = "objectName",
    /// Connector: whether it is in use.
    Enabled = "enabled",
    /// Outbound connector: whether it is only tried out.
    TestMode = "testMode",
    /// Outbound connector: whether it takes only what a transport rule sends its way.
    RuleScoped = "ruleScoped",
    /// Outbound connector: whether all mail goes by way of own servers first.
    ViaOwnServers = "viaOwnServers",
    /// Connector: `Partner` or `OnPremises`.
    ConnectorType = "connectorType",
    /// Connector: a domain at the other end, in lower case: `contoso.com`, `*.contoso.com` or `*`.
    PartnerDomain = "partnerDomain",
    /// Inbound connector: an own domain that it is limited to.
    AcceptedDomain = "acceptedDomain",
    /// Outbound or send connector: `EncryptionOnly`, `CertificateValidation` or `DomainValidation`.
    TlsLevel = "tlsLevel",
    /// Outbound or send connector: the name that the other end's certificate must carry.
    TlsDomain = "tlsDomain",
    /// Outbound or send connector: whether it goes where the MX records of the domain say.
    UsesMx = "usesMx",
    /// Inbound, send or receive connector: whether it insists on TLS.
    RequireTls = "requireTls",
    /// Send connector: whether it never starts TLS.
    IgnoreStarttls = "ignoreStarttls",
    /// Send or receive connector: whether domains of the lists of secure domains need TLS with certificates on both sides.
    DomainSecure = "domainSecure",
    /// Receive connector: what it offers, such as `Tls, BasicAuth`.
    AuthMechanism = "authMechanism",
    /// Inbound connector: whether the sender must show the certificate that is named.
    RestrictToCertificate = "restrictToCertificate",
    /// Send connector: whether it is for mail between own servers and Exchange Online, with the headers of both kept.
    CloudServices = "cloudServices",
    /// Send connector: a server of those that send by it.
    SourceServer = "sourceServer",
    /// Connector: the certificate to use or to expect, a domain or `<I>issuer<S>subject`.
    CertificateName = "certificateName",
    /// Outbound connector: `Opportunistic` or `None`.
    MtaStsMode = "mtaStsMode",
    /// Exchange certificate: the subject as Exchange writes it.
    CertificateSubject = "certificateSubject",
    /// Exchange certificate: the issuer as Exchange writes it.
    CertificateIssuer = "certificateIssuer",
    /// Exchange certificate: a name that it is for.
    CertificateDomain = "certificateDomain",
    /// Exchange certificate: its end; as it stands there where the form of the date is that of a locale.
    CertificateEnd = "certificateEnd",
    /// Exchange certificate: the services that it is bound to, such as `IIS, SMTP`.
    CertificateServices = "certificateServices",
    /// Exchange certificate: SHA-1 of its bytes.
    Thumbprint = "thumbprint",
    /// Exchange certificate: whether it is signed with its own key.
    SelfSigned = "selfSigned",
    /// Exchange certificate: what kind of root Windows finds above it, such as `ThirdParty`.
    RootKind = "rootKind",
    /// Exchange certificate: the server that has it, a backslash and the thumbprint.
    StoredAt = "storedAt",
    /// Transport configuration: a domain to which only TLS with certificates on both sides is used.
    SecureSendDomain = "secureSendDomain",
    /// Transport configuration: a domain from which only TLS with certificates on both sides is taken.
    SecureReceiveDomain = "secureReceiveDomain",
    /// Transport configuration: whether clients may use TLS 1.0 and 1.1 at the legacy endpoint.
    AllowLegacyTls = "allowLegacyTls",
    /// Reply of a mail server: its codes, such as `450 4.4.317`.
    ReplyCode = "replyCode",
    /// Reply of a mail server: its text on one line, the lines that it is quoted in included.
    ReplyText = "replyText",
    /// Reply of a mail server: the server that delivery was tried at, in lower case.
    Server = "server",
}

impl Exhibit {
    /// All values of an attribute that are known.
    pub fn facts(&self, attribute: Attribute) -> impl Iterator<Item = &Fact<String>> {
        self.particulars.iter().filter(move |one| one.attribute == attribute).filter_map(|one| one.observed.fact())
    }

    /// The first value of an attribute that is known.
    #[must_use]
    pub fn fact(&self, attribute: Attribute) -> Option<&Fact<String>> {
        self.facts(attribute).next()
    }

    /// The same without what it rests on.
    #[must_use]
    pub fn text(&self, attribute: Attribute) -> Option<&str> {
        self.fact(attribute).map(|fact| fact.value.as_str())
    }

    /// Why an attribute, or one of its values, is not known; none where nothing is missing.
    #[must_use]
    pub fn first_gap(&self, attribute: Attribute) -> Option<&Gap> {
        let of_it = self.particulars.iter().filter(|one| one.attribute == attribute);
        of_it.filter_map(|one| one.observed.gap()).next()
    }

    /// Why an attribute is not known.
    #[must_use]
    pub fn gap(&self, attribute: Attribute) -> Gap {
        let silent = || Gap::new(GapReason::NotReportedByFormat, "the input does not say it");
        self.first_gap(attribute).cloned().unwrap_or_else(silent)
    }

    /// The words of everything that is known of it.
    pub fn words(&self) -> impl Iterator<Item = Span> {
        self.particulars.iter().filter_map(|one| one.observed.fact()).flat_map(|fact| fact.words.iter().copied())
    }
}

/// An exhibit with the scan that it stands in.
#[derive(Debug, Clone, Copy)]
pub struct ExhibitView<'a> {
    /// The scan.
    pub scan: &'a Scan,
    /// The exhibit.
    pub exhibit: &'a Exhibit,
}
