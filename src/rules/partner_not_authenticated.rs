//! `partner-not-authenticated`: forced TLS names the certificate that the partner must have.

use super::connectors::{Answer, Demand, Direction, cited, remedy, sum};
use super::{About, Clause, Context, Draft, Findings, NoParams, Rule, Subject};
use crate::evidence::{Attribute, SubjectKind};

/// See [`Rule::ABOUT`].
pub(super) struct PartnerNotAuthenticated;

impl Rule for PartnerNotAuthenticated {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "partner-not-authenticated",
        title: "the partner is known by its certificate",
        checks: "For each partner and direction, whether every connector that may take this mail demands a certificate of the \
                 partner: DomainValidation with a TlsDomain outbound, RequireTls and RestrictDomainsToCertificate with a \
                 TlsSenderCertificateName inbound. EncryptionOnly and RequireTls alone encrypt for anybody; \
                 CertificateValidation looks at the certificate, not at whose it is.",
        why: "An encrypted connection to the wrong server protects nothing: whoever redirects mail, by DNS or by routing, can \
              offer TLS with a certificate of their own.",
        fix: &[
            ("Exchange Online", "Set-OutboundConnector -TlsSettings DomainValidation -TlsDomain NAME"),
            (
                "Exchange Online",
                "Set-InboundConnector -RequireTls $true -RestrictDomainsToCertificate $true -TlsSenderCertificateName NAME",
            ),
            (
                "any",
                "the partner maintains its certificate, and says when its name changes: public CAs stop issuing for client \
                 authentication in 2027, which inbound certificates may need",
            ),
        ],
        citations: &[
            Clause {
                document: "Microsoft, How Exchange Online uses TLS to secure email connections",
                clause: "forced TLS inbound: the partner authenticates with a certificate",
                url: "https://learn.microsoft.com/purview/exchange-online-uses-tls-to-secure-email-connections",
                date: "2018-08-02",
            },
            Clause {
                document: "Microsoft, New-OutboundConnector",
                clause: "TlsSettings: EncryptionOnly, CertificateValidation, DomainValidation",
                url: "https://learn.microsoft.com/powershell/module/exchange/new-outboundconnector",
                date: "2026-05-18",
            },
            Clause {
                document: "Microsoft, New-InboundConnector",
                clause: "RestrictDomainsToCertificate: the subject must match TlsSenderCertificateName to use the connector",
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
        for direction in Direction::BOTH {
            let sum = sum(context, partner, direction, Demand::Partner);
            let way = format!("mail {} `{partner}`", direction.name());
            let draft = match &sum.answer {
                Answer::Yes => {
                    let attribute = match direction {
                        Direction::To => Attribute::TlsDomain,
                        Direction::From => Attribute::CertificateName,
                    };
                    let name =
                        sum.connectors.iter().find_map(|connector| connector.text(attribute)).unwrap_or_default();
                    // That another certificate is refused, Microsoft's pages say in two ways.
                    let reach = match direction {
                        Direction::To => "",
                        Direction::From => {
                            " Documented is that only it may use the connector; whether other mail of this domain is \
                             rejected is contested."
                        }
                    };
                    Draft::pass(format!("For {way} a certificate for `{name}` is demanded.{reach}"))
                }
                Answer::No(why) => Draft::fail(format!("The partner is not authenticated for {way}: {why}.")),
                Answer::Unknown(gap) => {
                    let words = format!("Whether the partner is authenticated for {way} is not determined.");
                    Draft::unknown(words, vec![gap.clone()])
                }
            };
            let required = remedy(partner, direction, &sum);
            findings.add(cited(draft, &sum.facts).facet(direction.name()).required(required));
        }
    }
}
