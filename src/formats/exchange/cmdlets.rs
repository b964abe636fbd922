//! What each cmdlet of Exchange shows, and which of it is kept.
//!
//! Parameters and their values are those of Microsoft's reference of New-OutboundConnector, New-InboundConnector,
//! New-SendConnector and New-ReceiveConnector (office-docs-powershell, 2026-05). A property that is not in these tables is
//! never kept: credentials stand among them.

use super::{Held, Item};
use crate::evidence::{Attribute, Basis, Exhibit, Fact, Gap, GapReason, Observed, Particular, SubjectKind};
use crate::gathered::Gathered;
use crate::letters::beginning;
use crate::source::Span;

/// A cmdlet and the objects that it shows.
pub(super) struct Cmdlet {
    pub(super) name: &'static str,
    kind: SubjectKind,
    /// What people call one of its objects.
    noun: &'static str,
    /// Properties that objects of other cmdlets do not have.
    marks: &'static [&'static str],
    /// Properties that are kept, besides the name.
    kept: &'static [(&'static str, Attribute, Form)],
}

/// What a property may hold.
#[derive(Clone, Copy)]
enum Form {
    Switch,
    /// One of these words, or nothing.
    Word(&'static [&'static str]),
    /// Several words in one text. Numbers stand for words that only Exchange knows.
    Words,
    Text,
    Texts,
    /// Texts of which none may be missing.
    List,
    /// Domains, also as `smtp:contoso.com;1`.
    Domains,
}

use Attribute as A;
use Form::{Domains, List, Switch, Text, Texts, Word, Words};

const TYPES: Form = Word(&["Partner", "OnPremises"]);
const LEVELS: Form = Word(&["EncryptionOnly", "CertificateValidation", "DomainValidation"]);

const STATUSES: &[&str] =
    &["Valid", "DateInvalid", "Invalid", "PendingRequest", "RevocationCheckFailure", "Revoked", "Unknown", "Untrusted"];

pub(super) static CMDLETS: &[Cmdlet] = &[
    Cmdlet {
        name: "Get-OutboundConnector",
        kind: SubjectKind::Connector,
        noun: "outbound connector",
        marks: &[
            "RecipientDomains",
            "TlsSettings",
            "UseMXRecord",
            "IsTransportRuleScoped",
            "RouteAllMessagesViaOnPremises",
            "AllAcceptedDomains",
            "MtaStsMode",
            "SenderRewritingEnabled",
        ],
        kept: &[
            ("Enabled", A::Enabled, Switch),
            ("TestMode", A::TestMode, Switch),
            ("IsTransportRuleScoped", A::RuleScoped, Switch),
            ("RouteAllMessagesViaOnPremises", A::ViaOwnServers, Switch),
            ("ConnectorType", A::ConnectorType, TYPES),
            ("RecipientDomains", A::PartnerDomain, Domains),
            ("TlsSettings", A::TlsLevel, LEVELS),
            ("TlsDomain", A::TlsDomain, Text),
            ("UseMXRecord", A::UsesMx, Switch),
            ("MtaStsMode", A::MtaStsMode, Word(&["Opportunistic", "None"])),
        ],
    },
    Cmdlet {
        name: "Get-InboundConnector",
        kind: SubjectKind::Connector,
        noun: "inbound connector",
        marks: &[
            "SenderDomains",
            "SenderIPAddresses",
            "RestrictDomainsToCertificate",
            "RestrictDomainsToIPAddresses",
            "TlsSenderCertificateName",
            "TreatMessagesAsInternal",
            "AssociatedAcceptedDomains",
            "EFSkipIPs",
            "EFSkipLastIP",
        ],
        kept: &[
            ("Enabled", A::Enabled, Switch),
            ("ConnectorType", A::ConnectorType, TYPES),
            ("SenderDomains", A::PartnerDomain, Domains),
            ("AssociatedAcceptedDomains", A::AcceptedDomain, Texts),
            ("RequireTls", A::RequireTls, Switch),
            ("RestrictDomainsToCertificate", A::RestrictToCertificate, Switch),
            ("TlsSenderCertificateName", A::CertificateName, Text),
        ],
    },
    Cmdlet {
        name: "Get-SendConnector",
        kind: SubjectKind::Connector,
        noun: "send connector",
        marks: &[
            "AddressSpaces",
            "TlsAuthLevel",
            "IgnoreSTARTTLS",
            "SourceTransportServers",
            "DNSRoutingEnabled",
            "SmartHostAuthMechanism",
            "IsSmtpConnector",
        ],
        kept: &[
            ("Enabled", A::Enabled, Switch),
            ("AddressSpaces", A::PartnerDomain, Domains),
            ("RequireTLS", A::RequireTls, Switch),
            ("IgnoreSTARTTLS", A::IgnoreStarttls, Switch),
            ("TlsAuthLevel", A::TlsLevel, LEVELS),
            ("TlsDomain", A::TlsDomain, Text),
            ("DNSRoutingEnabled", A::UsesMx, Switch),
            ("DomainSecureEnabled", A::DomainSecure, Switch),
            ("TlsCertificateName", A::CertificateName, Text),
            ("CloudServicesMailEnabled", A::CloudServices, Switch),
            ("SourceTransportServers", A::SourceServer, List),
        ],
    },
    Cmdlet {
        name: "Get-ReceiveConnector",
        kind: SubjectKind::Connector,
        noun: "receive connector",
        marks: &[
            "Bindings",
            "RemoteIPRanges",
            "AuthMechanism",
            "PermissionGroups",
            "TransportRole",
            "TlsDomainCapabilities",
            "SuppressXAnonymousTls",
        ],
        kept: &[
            ("Enabled", A::Enabled, Switch),
            ("RequireTLS", A::RequireTls, Switch),
            ("AuthMechanism", A::AuthMechanism, Words),
            ("DomainSecureEnabled", A::DomainSecure, Switch),
            ("TlsCertificateName", A::CertificateName, Text),
        ],
    },
    Cmdlet {
        name: "Get-TransportConfig",
        kind: SubjectKind::TransportConfig,
        noun: "transport configuration",
        marks: &[
            "TLSSendDomainSecureList",
            "TLSReceiveDomainSecureList",
            "AllowLegacyTLSClients",
            "SmtpClientAuthenticationDisabled",
            "InternalSMTPServers",
        ],
        kept: &[
            ("TLSSendDomainSecureList", A::SecureSendDomain, Domains),
            ("TLSReceiveDomainSecureList", A::SecureReceiveDomain, Domains),
            ("AllowLegacyTLSClients", A::AllowLegacyTls, Switch),
        ],
    },
    Cmdlet {
        name: "Get-ExchangeCertificate",
        kind: SubjectKind::ExchangeCertificate,
        noun: "Exchange certificate",
        marks: &["CertificateDomains", "RootCAType", "IsSelfSigned", "Services", "Thumbprint", "HasPrivateKey"],
        kept: &[
            ("Subject", A::CertificateSubject, Text),
            ("Issuer", A::CertificateIssuer, Text),
            ("CertificateDomains", A::CertificateDomain, Texts),
            ("NotAfter", A::CertificateEnd, Text),
            ("Services", A::CertificateServices, Words),
            ("Thumbprint", A::Thumbprint, Text),
            ("Status", A::Status, Word(STATUSES)),
            ("IsSelfSigned", A::SelfSigned, Switch),
            (
                "RootCAType",
                A::RootKind,
                Word(&["ThirdParty", "Enterprise", "Registry", "GroupPolicy", "None", "Unknown"]),
            ),
            ("Identity", A::StoredAt, Text),
        ],
    },
];

/// Properties that objects of several cmdlets have.
const COMMON: &[&str] = &[
    "Name",
    "Identity",
    "Enabled",
    "Comment",
    "ConnectorType",
    "ConnectorSource",
    "RunspaceId",
    "PSComputerName",
    "PSShowComputerName",
    "RequireTLS",
    "SmartHosts",
    "TlsDomain",
    "TestMode",
    "CloudServicesMailEnabled",
    "DomainSecureEnabled",
    "TlsCertificateName",
    "Fqdn",
    "Subject",
    "Issuer",
    "NotAfter",
    "FriendlyName",
    "AdminDisplayName",
    "Guid",
    "Server",
];

/// What a cmdlet calls the property that an attribute was read from.
pub(crate) fn property_of(cmdlet: &str, attribute: Attribute) -> &'static str {
    let cmdlet = CMDLETS.iter().find(|one| one.name == cmdlet);
    let mut kept = cmdlet.into_iter().flat_map(|one| one.kept);
    kept.find(|(_, known, _)| *known == attribute).map_or("Name", |(property, ..)| property)
}

fn is(one: &str) -> impl Fn(&&str) -> bool {
    move |other| other.eq_ignore_ascii_case(one)
}

/// Whether it is the name of a property of any of these objects.
pub(super) fn is_property(name: &str) -> bool {
    COMMON.iter().any(|known| is(name)(known))
        || CMDLETS.iter().any(|cmdlet| cmdlet.marks.iter().any(|known| is(name)(known)))
}

/// The cmdlet that shows objects with these properties; none where it may be one or the other.
pub(super) fn cmdlet_of<'a>(names: impl Iterator<Item = &'a str> + Clone) -> Option<&'static Cmdlet> {
    let score = |cmdlet: &Cmdlet| names.clone().filter(|name| cmdlet.marks.iter().any(|mark| is(name)(mark))).count();
    let mut best: Option<(usize, &Cmdlet)> = None;
    let mut is_tie = false;
    for cmdlet in CMDLETS {
        let score = score(cmdlet);
        match best {
            Some((most, _)) if score == most => is_tie = true,
            Some((most, _)) if score < most => {}
            _ if score == 0 => {}
            _ => (best, is_tie) = (Some((score, cmdlet)), false),
        }
    }
    best.filter(|_| !is_tie).map(|(_, cmdlet)| cmdlet)
}

/// What is known of one object.
pub(super) fn exhibit(cmdlet: &Cmdlet, item: &Item) -> Exhibit {
    let mut particulars = Vec::new();
    let mut know = |attribute, observed| particulars.push(Particular { attribute, observed });
    know(A::Cmdlet, known(cmdlet.name, item.words));
    let name = ["Name", "Identity", "FriendlyName", "Thumbprint", "Subject"];
    let name = name.iter().find_map(|name| item.property(name)?.only().filter(|(text, _)| !text.is_empty()));
    if let Some((text, words)) = name {
        know(A::ObjectName, known(beginning(text, MOST_OF_A_NAME), words));
    }
    let nameless = (name.is_none() && cmdlet.kind == SubjectKind::Connector).then(|| {
        let detail = "the connector has no name: a part of it was not exported, or was lost";
        Gap::new(GapReason::Truncated, detail).at([item.words])
    });
    let damage = item.damage.as_ref().or(nameless.as_ref());
    for (property, attribute, form) in cmdlet.kept {
        let Some(held) = item.property(property) else { continue };
        // What is damaged may be of another object; the domains only say whom it is about.
        match damage {
            Some(gap) if !matches!(form, Domains) => know(*attribute, Observed::NotObserved(gap.clone())),
            _ => values(held, *form, |observed| know(*attribute, observed)),
        }
        if let Some(gap) = damage.filter(|_| matches!(form, Domains)) {
            know(*attribute, Observed::NotObserved(gap.clone()));
        }
    }
    let name = match name {
        Some((text, _)) => format!("{} {}", cmdlet.noun, beginning(text, MOST_OF_A_NAME)),
        None => format!("{} without a name", cmdlet.noun),
    };
    Exhibit { kind: cmdlet.kind, name, particulars }
}

const MOST_OF_A_NAME: usize = 80;

fn known(text: impl Into<String>, words: Span) -> Observed<String> {
    Observed::Known(Fact::new(text.into(), Basis::Computed, [words]))
}

/// The values that a property holds, in its form.
fn values(held: &Held, form: Form, mut add: impl FnMut(Observed<String>)) {
    let unread = |reason, detail: String| Observed::NotObserved(Gap::new(reason, detail).at([held.words]));
    let not = |expected: &str, text: &str| {
        let detail = format!("expected {expected} in `{}`, found `{}`", held.name, beginning(text, MOST_OF_A_NAME));
        unread(GapReason::Unsupported, detail)
    };
    if let Some(gap) = &held.gap {
        add(Observed::NotObserved(gap.clone()));
    }
    if held.gap.is_some() && !matches!(form, Domains | List | Texts) {
        return;
    }
    if matches!(form, Domains | List) && !held.is_bounded && !held.values.is_empty() {
        let detail =
            format!("expected a list in braces in `{}`: without them it cannot be seen whether it was cut", held.name);
        return add(unread(GapReason::Truncated, detail));
    }
    if held.values.is_empty() && held.gap.is_none() {
        add(match form {
            Switch => not("`True` or `False`", ""),
            _ => known("", held.words),
        });
    }
    for (text, words) in &held.values {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let one = match form {
            Switch => ["true", "false"].iter().find(|word| is(text)(word)).map(|word| known(*word, *words)),
            Word(known_words) => known_words.iter().find(|word| is(text)(word)).map(|word| known(*word, *words)),
            Words if is_number => None,
            Domains => domain(text).map(|domain| known(domain, *words)),
            Words | Text | Texts | List => Some(known(text.clone(), *words)),
        };
        let is_one = matches!(form, Domains | List | Texts) || held.values.len() == 1;
        add(match one.filter(|_| is_one) {
            Some(observed) => observed,
            None if is_number => {
                let detail = format!(
                    "`{}` is the number {text}, and what it stands for is not documented: use `| Format-List`, or `ConvertTo-Json -EnumsAsStrings`",
                    held.name
                );
                unread(GapReason::Unsupported, detail)
            }
            None => match form {
                Switch => not("`True` or `False`", text),
                Word(words) => not(&words.iter().map(|word| format!("`{word}`")).gathered().join(" or "), text),
                _ => not("a domain", text),
            },
        });
    }
}

/// `contoso.com`, `*.contoso.com` or `*`, in lower case, from an address space.
fn domain(text: &str) -> Option<String> {
    let text = text.trim();
    let text = match text.split_once(':') {
        Some((kind, rest)) => kind.eq_ignore_ascii_case("smtp").then_some(rest)?,
        None => text,
    };
    let name = match text.split_once(';') {
        Some((name, cost)) => cost.bytes().all(|byte| byte.is_ascii_digit()).then_some(name)?,
        None => text,
    };
    let name = name.trim().trim_end_matches('.').to_ascii_lowercase();
    let host = name.strip_prefix("*.").unwrap_or(&name);
    (name == "*" || host.contains('.') && crate::pki::parse_host(host).is_ok()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_told_by_their_properties() {
        for (names, expected) in [
            ("Name Enabled TlsSettings", Some("Get-OutboundConnector")),
            ("Name Enabled senderdomains RequireTls", Some("Get-InboundConnector")),
            ("AddressSpaces RequireTLS", Some("Get-SendConnector")),
            ("Bindings RequireTLS", Some("Get-ReceiveConnector")),
            ("AllowLegacyTLSClients", Some("Get-TransportConfig")),
            ("Thumbprint Subject", Some("Get-ExchangeCertificate")),
            ("Name RequireTLS", None),
            ("TlsSettings SenderDomains", None),
            ("", None),
        ] {
            let found = cmdlet_of(names.split_whitespace()).map(|cmdlet| cmdlet.name);
            assert_eq!(found, expected, "{names}");
        }
    }

    #[test]
    fn domains_are_read_from_address_spaces() {
        for (text, expected) in [
            ("Contoso.com", Some("contoso.com")),
            ("smtp:*;1", Some("*")),
            ("SMTP:*.contoso.com;10", Some("*.contoso.com")),
            ("X400:c=US;1", None),
            ("contoso.com;x", None),
            ("contoso.com fabrikam.com", None),
            ("*.*", None),
            ("com", None),
            ("", None),
        ] {
            assert_eq!(domain(text).as_deref(), expected, "{text}");
        }
    }
}
