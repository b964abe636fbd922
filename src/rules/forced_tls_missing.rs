//! `forced-tls-missing`: mail to and from a partner is encrypted, or not delivered.

use super::connectors::{Answer, Demand, Direction, cited, name_of, remedy, sum};
use super::{About, Clause, Context, Draft, Findings, NoParams, Rule, Subject};
use crate::evidence::{Attribute, SubjectKind};

/// See [`Rule::ABOUT`].
pub(super) struct ForcedTlsMissing;

impl Rule for ForcedTlsMissing {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "forced-tls-missing",
        title: "TLS is forced with the partner, both ways",
        checks: "For each partner of the policy, or each domain that a connector names, and for each direction: whether every \
                 connector that may take this mail demands TLS. Outbound: TlsSettings, or RequireTLS of a send connector. \
                 Inbound: RequireTls of a Partner connector. Connectors that are disabled or in test mode count for nothing; \
                 what only a transport rule sends to a connector is unknown, and so is a smart host that no certificate \
                 of the partner vouches for.",
        why: "Without a connector TLS is opportunistic: where the other end offers none, or somebody in between takes the offer \
              away, mail goes in clear text, and nobody notices. One connector secures one direction.",
        fix: &[
            (
                "Exchange Online",
                "New-OutboundConnector -Name 'To PARTNER' -ConnectorType Partner -RecipientDomains PARTNER -UseMXRecord $true \
                 -TlsSettings DomainValidation -TlsDomain NAME; New-InboundConnector -Name 'From PARTNER' -ConnectorType Partner \
                 -SenderDomains PARTNER -RequireTls $true -RestrictDomainsToCertificate $true -TlsSenderCertificateName NAME",
            ),
            ("Exchange Server", "Set-SendConnector -RequireTLS $true -TlsAuthLevel DomainValidation -TlsDomain NAME"),
            (
                "any",
                "ask the partner for the name in the certificate of its mail servers, and for the same from its side",
            ),
        ],
        citations: &[
            Clause {
                document: "Microsoft, How Exchange Online uses TLS to secure email connections",
                clause: "forced TLS: mail is not delivered unless the connection is secure; several connectors for both directions",
                url: "https://learn.microsoft.com/purview/exchange-online-uses-tls-to-secure-email-connections",
                date: "2018-08-02",
            },
            Clause {
                document: "Microsoft, New-OutboundConnector",
                clause: "TlsSettings, TestMode, IsTransportRuleScoped",
                url: "https://learn.microsoft.com/powershell/module/exchange/new-outboundconnector",
                date: "2026-05-18",
            },
            Clause {
                document: "Microsoft, New-InboundConnector",
                clause: "RequireTls: messages that are not sent over TLS are rejected; Partner connectors only",
                url: "https://learn.microsoft.com/powershell/module/exchange/new-inboundconnector",
                date: "2026-05-15",
            },
        ],
        effective: "2018-08-02",
        subjects: &[SubjectKind::MailPartner],
        decide_by: &["Get-OutboundConnector | Format-List", "Get-InboundConnector | Format-List"],
    };

    fn check(_: &NoParams, context: &Context, subject: &Subject<'_>, findings: &mut Findings) {
        let Subject::Partner(partner) = *subject else { return };
        let sums = Direction::BOTH.map(|direction| (direction, sum(context, partner, direction, Demand::Encryption)));
        let is_forced = |wanted: Direction| {
            sums.iter().any(|(direction, sum)| *direction == wanted && matches!(sum.answer, Answer::Yes))
        };
        let (to, from) = (is_forced(Direction::To), is_forced(Direction::From));
        for (direction, sum) in &sums {
            let way = format!("mail {} `{partner}`", direction.name());
            let draft = match &sum.answer {
                Answer::Yes => Draft::pass(format!("Forced TLS is set for {way}: {}.", levels(&sum.connectors))),
                Answer::No(why) => {
                    let other = match direction {
                        Direction::To => from,
                        Direction::From => to,
                    };
                    let half = if other { " Only the other direction is secured." } else { "" };
                    Draft::fail(format!("Forced TLS is missing for {way}: {why}.{half}"))
                }
                Answer::Unknown(gap) => {
                    Draft::unknown(format!("Whether TLS is forced for {way} is not determined."), vec![gap.clone()])
                }
            };
            let required = remedy(partner, *direction, sum);
            findings.add(cited(draft, &sum.facts).facet(direction.name()).required(required));
        }
    }
}

/// More connectors than these are counted.
const MOST_NAMED: usize = 10;

/// "`To Contoso` (DomainValidation, mail.contoso.com)".
fn levels(connectors: &[&crate::evidence::Exhibit]) -> String {
    let mut words = String::new();
    for (position, connector) in connectors.iter().enumerate() {
        if position == MOST_NAMED {
            words.push_str(&format!(", and {} more", connectors.len() - MOST_NAMED));
            break;
        }
        let name = name_of(connector);
        let level = connector.text(Attribute::TlsLevel).filter(|level| !level.is_empty()).unwrap_or("TLS required");
        if !words.is_empty() {
            words.push_str(", ");
        }
        words.push_str(&format!("`{name}` ({level})"));
    }
    words
}
